//! The log: queues behind partitions, batches, polls, commits, and what a rebalance costs.

use brownout::component::{MemberChange, View, World};
use brownout::record::Cause;
use brownout::units::{Instant, Span};

use crate::rehearsal::{Rehearsal, Run, near};

struct Topic<'a> {
    log: &'a str,
    topic: &'a str,
    consumers: &'a str,
    work: &'a str,
    publish: &'a str,
    scenario: &'a str,
}

const TOPIC: Topic<'_> = Topic {
    log: "append: 0s, producer: {linger: 0s}",
    topic: "partitions: 1",
    consumers: "members: 1",
    work: "{effect: worked}",
    publish: "topic: t",
    scenario: "duration: 1000s, load: {m.go: {rate: 100/s}}",
};

impl Topic<'_> {
    #[track_caller]
    fn with<T>(&self, run: impl FnOnce(&Rehearsal<'_>) -> T) -> T {
        let Topic { log, topic, consumers, work, publish, scenario } = self;
        let operations = format!(
            "{{keys: {{row: {{count: 1000000, popularity: uniform}}}}, modules: {{m: {{operations: {{
              go: [{{publish: {{{publish}}}}}], work: [{work}]}}}}}}}}"
        );
        let deployment = format!(
            "{{operations: operations.yaml, processes: {{p: {{modules: [m], cores: 1, style: event-loop}}}},
              logs: {{kafka: {{{log}, topics: {{t: {{{topic},
                consumers: {{group: g, operation: m.work, {consumers}}}}}}}}}}}}}"
        );
        let scenario = format!("{{deployment: deployment.yaml, {scenario}}}");
        run(&Rehearsal { operations: &operations, deployment: &deployment, scenario: &scenario })
    }

    #[track_caller]
    fn run(&self) -> Run {
        let run = self.with(|rehearsal| rehearsal.run());
        balances(&run);
        run
    }

    #[track_caller]
    fn run_with(&self, plan: impl FnOnce(&mut World<'_>)) -> Run {
        let run = self.with(|rehearsal| rehearsal.run_with(plan));
        balances(&run);
        run
    }
}

/// What was delivered is what was produced, and what was delivered again; what was worked on or died in somebody's
/// hands has ended.
#[track_caller]
fn balances(run: &Run) {
    let count = |metric| run.observed("t", "", metric).0 as u64;
    let work = run.operation("m.work", View::Consumer);
    assert_eq!(work.offered, count("produced_per_s") + count("redelivered_per_s"));
    assert_eq!(run.effect("redelivered-t"), count("redelivered_per_s"));
    let died = work.ended() - count("consumed_per_s");
    assert!(died <= count("rebalances_per_s"), "{died}");
}

#[track_caller]
fn mean_ms(run: &Run, operation: &str, view: View) -> f64 {
    run.operation(operation, view).latency.mean_secs().expect("somebody was served") * 1e3
}

#[test]
fn the_lag_of_a_partition_is_the_queue_it_is() {
    let one = |work| Topic {
        consumers: "members: 1, max-poll-records: 1, commits: sync",
        work,
        scenario: "duration: 16000s, load: {m.go: {rate: 80/s}}",
        ..TOPIC
    };
    // M/M/1 at 80 %: 4 records, and the oldest is ρ·T = 0.8 × 50 ms old on average, nobody counting as 0.
    let run = one("{delay: {exponential: {mean: 10ms}}}").run();
    near(run.observed("t", "0", "lag_records").1, 4.0, 0.14);
    near(run.observed("t", "0", "lag_s").1, 0.040, 0.0016);
    near(mean_ms(&run, "m.work", View::Consumer), 50.0, 1.8);
    // M/D/1: ρ + ρ²/(2(1−ρ)) = 2.4 records; the oldest ρ(Wq + S/2) = 0.8 × (20 ms + 5 ms).
    let run = one("{delay: 10ms}").run();
    near(run.observed("t", "", "lag_records").1, 2.4, 0.06);
    near(run.observed("t", "0", "lag_s").1, 0.020, 0.0006);
}

#[test]
fn a_poll_takes_all_that_waits_and_a_commit_is_paid_once() {
    // Work takes no time and a commit 20 ms, exponential: a server of batches without a limit. A record waits for the
    // rest of a commit if it finds one: busy share (λ+μ)/μ² ÷ ((λ+μ)/μ² + 1/λ) = 6/7, times 20 ms.
    let consumers =
        "members: 1, commits: sync, commit: {exponential: {mean: 20ms}}, max-poll-records: 100000";
    let run = Topic { consumers, ..TOPIC }.run();
    near(mean_ms(&run, "m.work", View::Consumer), 20.0 * 6.0 / 7.0, 0.5);
    // One record a poll: M/M/1 with the commit as its service, of which a record waits for those before it.
    let consumers = "members: 1, commits: sync, commit: {exponential: {mean: 5ms}}, max-poll-records: 1";
    let run = Topic { consumers, scenario: "duration: 4000s, load: {m.go: {rate: 100/s}}", ..TOPIC }.run();
    near(mean_ms(&run, "m.work", View::Consumer), 5.0, 0.3);
}

#[test]
fn linger_adds_its_expected_delay() {
    // The first of a batch waits 50 ms, and λ·50 ms = 10 more come meanwhile and wait half as long on average.
    let log = "append: 2ms, producer: {linger: 50ms, batch-size: 1MB}";
    let run = Topic { log, scenario: "duration: 1000s, load: {m.go: {rate: 200/s}}", ..TOPIC }.run();
    near(mean_ms(&run, "m.go", View::Client), 2.0 + (50.0 + 10.0 * 25.0) / 11.0, 0.5);
    // Four records fill a batch: the first of four waits for three more, then two, one and none, at 10 ms each.
    let log = "append: 2ms, producer: {linger: 10s, batch-size: 4KiB}";
    let scenario = "duration: 1000s, load: {m.go: {deterministic: {rate: 100/s}}}";
    let run = Topic { log, scenario, ..TOPIC }.run();
    near(mean_ms(&run, "m.go", View::Client), 2.0 + 15.0, 0.01);
}

#[test]
fn a_publisher_waits_for_what_acks_asks_for() {
    let scenario = "duration: 100s, load: {m.go: {rate: 10/s}}";
    for (acks, linger, wanted) in [
        ("none", "0s", 0.0),
        ("leader", "0s", 3.0),
        ("all", "0s", 7.0),
        ("all", "5ms", 12.0),
        ("none", "5ms", 5.0),
    ] {
        let log = format!("append: 3ms, replication: 4ms, producer: {{acks: {acks}, linger: {linger}}}");
        let run = Topic { log: &log, scenario, ..TOPIC }.run();
        near(mean_ms(&run, "m.go", View::Client), wanted, 0.15);
        // A record can be read when all replicas have it, whoever was told before.
        near(run.observed("t", "", "produced_per_s").1, run.observed("t", "", "consumed_per_s").1, 0.1);
    }
}

#[test]
fn a_publisher_gives_up_after_the_delivery_time_out_and_its_record_is_written() {
    let log = "append: 4s, producer: {linger: 0s, delivery-timeout: 3s}";
    let run = Topic { log, scenario: "duration: 100s, load: {m.go: {rate: 1/s}}", ..TOPIC }.run();
    let go = run.operation("m.go", View::Client);
    assert_eq!(go.failures(), go.ended());
    assert_eq!(run.effect("worked"), 0, "the publisher's own task carries it");
    // Sent after 5 ms and written after 4 s more: of those of 1 s, 2 s and so on, the one of 95 s is the last.
    let log = "append: 4s, producer: {linger: 5ms, delivery-timeout: 3s}";
    let scenario = "duration: 99500ms, load: {m.go: {deterministic: {rate: 1/s}}}";
    let run = Topic { log, scenario, ..TOPIC }.run();
    let go = run.operation("m.go", View::Client);
    assert_eq!((go.served, go.failed[Cause::Timeout as usize], run.effect("worked")), (0, 96, 95));
}

#[test]
fn a_fetch_waits_for_enough_and_no_longer_than_it_may() {
    let scenario = "duration: 1000s, load: {m.go: {deterministic: {rate: 100/s}}}";
    let run = Topic { consumers: "members: 1, fetch-min-bytes: 10KiB", scenario, ..TOPIC }.run();
    near(mean_ms(&run, "m.work", View::Consumer), 45.0, 0.2);
    let run =
        Topic { consumers: "members: 1, fetch-min-bytes: 1MB, fetch-max-wait: 400ms", scenario, ..TOPIC }
            .run();
    // At 100/s, one comes with each answer and waits for the next: 400 ms, 390 ms and so on.
    near(mean_ms(&run, "m.work", View::Consumer), 205.0, 1.0);
}

#[test]
fn members_beyond_the_partitions_have_nothing_to_do() {
    let topic =
        Topic { topic: "partitions: 3", consumers: "members: 5", publish: "topic: t, key: row", ..TOPIC };
    let run = topic.run();
    let visits = |member: u16| -> u64 {
        let names = run.plan.assembly.stations.iter();
        let index = names.enumerate().find(|(_, name)| name.component == "t" && name.replica == member);
        let index = index.expect("a station of each member").0;
        run.record.stations[index].iter().map(|segment| segment.visits).sum()
    };
    assert!((0..3).all(|member| visits(member) > 30_000));
    assert_eq!(visits(3) + visits(4), 0);
}

#[test]
fn fewer_members_share_the_partitions() {
    let topic = Topic {
        topic: "partitions: 6",
        consumers: "members: 2",
        publish: "topic: t, key: row",
        work: "{delay: {exponential: {mean: 10ms}}}",
        scenario: "duration: 4000s, load: {m.go: {rate: 160/s}}",
        ..TOPIC
    };
    // Each member is an M/M/1 queue of half of the records.
    near(mean_ms(&topic.run(), "m.work", View::Consumer), 50.0, 4.0);
}

fn at(secs: u64) -> Instant {
    Instant::START + Span::from_secs(secs)
}

#[test]
fn a_crash_is_missed_after_the_session_and_what_was_not_committed_comes_again() {
    let topic = Topic {
        topic: "partitions: 2",
        consumers: "members: 2, auto-commit-interval: 5s",
        publish: "topic: t, key: row",
        work: "{delay: 2ms}, {effect: worked}",
        scenario: "duration: 300s, load: {m.go: {rate: 100/s}}",
        ..TOPIC
    };
    let run = topic.run_with(|world| {
        assert!(world.plan_member_change(at(100), "t", 0, MemberChange::Crashes));
        assert!(!world.plan_member_change(at(100), "t", 2, MemberChange::Crashes));
    });
    // Missed 42 to 45 s after the crash, and the other one hears of it up to 3 s later.
    let (_, _, oldest) = run.observed("t", "0", "lag_s");
    assert!((42.0..48.2).contains(&oldest), "{oldest}");
    // Up to five seconds of one partition's records were worked on and not committed.
    let again = run.effect("redelivered-t");
    assert!((1..=300).contains(&again), "{again}");
    assert_eq!(run.observed("t", "", "rebalances_per_s").0, 1.0);
    let (produced, worked) = (run.observed("t", "", "produced_per_s").0 as u64, run.effect("worked"));
    let open =
        run.operation("m.work", View::Consumer).offered - run.operation("m.work", View::Consumer).ended();
    // One was in the hands of the member that died, or none.
    assert!(produced + again - open - worked <= 1);
    // The other partition waits behind the backlog of 45 s × 50/s records of 2 ms that its member takes over.
    near(run.observed("t", "1", "lag_s").2, 4.5, 3.5);
}

#[test]
fn with_a_commit_after_each_record_at_most_one_comes_again() {
    let topic = Topic {
        consumers: "members: 2, commits: sync, max-poll-records: 1, session-timeout: 6s",
        work: "{delay: 5ms}",
        ..TOPIC
    };
    let run = topic.run_with(|world| {
        assert!(world.plan_member_change(at(100), "t", 0, MemberChange::Crashes));
    });
    assert!(run.effect("redelivered-t") <= 1);
    near(run.observed("t", "0", "lag_s").2, 6.0, 3.1);
}

#[test]
fn who_leaves_in_an_orderly_way_leaves_nothing_behind() {
    let topic = Topic { topic: "partitions: 4", consumers: "members: 2", work: "{delay: 2ms}", ..TOPIC };
    let run = topic.run_with(|world| {
        assert!(world.plan_member_change(at(100), "t", 0, MemberChange::Leaves));
        assert!(world.plan_member_change(at(500), "t", 0, MemberChange::Joins));
        assert!(world.plan_member_change(at(600), "t", 0, MemberChange::Joins), "it is there already");
    });
    assert_eq!(run.effect("redelivered-t"), 0);
    assert_eq!(run.observed("t", "", "rebalances_per_s").0, 2.0);
    // Eager: everybody stops until the other has heard of it, up to 3 s later.
    let oldest = (0..4).map(|p| run.observed("t", &p.to_string(), "lag_s").2).fold(0.0, f64::max);
    assert!((0.5..4.0).contains(&oldest), "{oldest}");
}

#[test]
fn work_beyond_the_poll_interval_is_delivered_again() {
    let topic = Topic {
        consumers: "members: 2, max-poll-interval: 30s, commits: sync",
        work: "{delay: 12s}, {effect: worked}",
        scenario: "duration: 2000s, load: {m.go: {deterministic: {rate: 4/m}}}",
        ..TOPIC
    };
    // Two or three at a time are too many for 30 s; a member that polls one by one has no trouble.
    let burst = Topic { scenario: "duration: 2000s, load: {m.go: {batches: {rate: 1/m, size: 5}}}", ..topic };
    let run = burst.run();
    assert!(run.effect("redelivered-t") > 5, "{}", run.effect("redelivered-t"));
    assert!(run.effect("worked") > run.observed("t", "", "produced_per_s").0 as u64 * 8 / 10);
    let consumers = "members: 2, max-poll-interval: 30s, commits: sync, max-poll-records: 1";
    let run = Topic { consumers, ..burst }.run();
    assert_eq!(run.effect("redelivered-t") + run.observed("t", "", "rebalances_per_s").0 as u64, 0);
}

#[test]
fn a_group_without_members_keeps_its_lag_until_one_comes() {
    let topic = Topic { scenario: "duration: 300s, load: {m.go: {rate: 20/s}}", ..TOPIC };
    let run = topic.run_with(|world| {
        assert!(world.plan_member_change(at(100), "t", 0, MemberChange::Leaves));
        assert!(world.plan_member_change(at(200), "t", 0, MemberChange::Joins));
    });
    near(run.observed("t", "", "lag_records").2, 2_000.0, 260.0);
    assert_eq!(run.operation("m.work", View::Consumer).failures(), 0);
    near(run.effect("worked") as f64, run.observed("t", "", "produced_per_s").0, 0.0);
}

#[test]
fn members_crash_and_start_again_with_the_replica_they_work_in() {
    let topic = Topic {
        consumers: "members: 1, auto-commit-interval: 5s",
        work: "{delay: 2ms}, {effect: worked}",
        scenario: "duration: 300s, load: {m.go: {rate: 100/s}}, faults: [{at: 103s, crash: p, for: 20s}]",
        ..TOPIC
    };
    let run = topic.run();
    // It is back before its session runs out, joins, and gets again what was not committed.
    let (produced, worked) = (run.observed("t", "", "produced_per_s").0 as u64, run.effect("worked"));
    let again = run.effect("redelivered-t");
    assert!((1..=600).contains(&again), "{again}");
    let work = run.operation("m.work", View::Consumer);
    assert!(produced + again - (work.offered - work.ended()) - worked <= 1);
    assert_eq!(run.observed("t", "", "rebalances_per_s").0, 1.0);
}

#[test]
fn a_crash_is_missed_the_more_exactly_the_more_often_members_are_heard_of() {
    let topic = Topic {
        topic: "partitions: 2",
        consumers: "members: 2, heartbeat-interval: 100ms, commits: sync, max-poll-records: 1",
        publish: "topic: t, key: row",
        work: "{delay: 2ms}, {effect: worked}",
        scenario: "duration: 300s, load: {m.go: {rate: 100/s}}",
        ..TOPIC
    };
    let run = topic.run_with(|world| {
        assert!(world.plan_member_change(at(100), "t", 0, MemberChange::Crashes));
    });
    // 44.9 to 45 s after the crash, and the other one hears of it up to 100 ms later.
    let (_, _, oldest) = run.observed("t", "0", "lag_s");
    assert!((44.8..45.4).contains(&oldest), "{oldest}");
}

#[test]
fn a_batch_takes_those_of_the_same_broker_with_it() {
    // One broker leads both partitions: a batch that is due after 100 ms takes all that has come, 20 a second. Two
    // brokers have a batch each, of 10 a second.
    let mean = |log| {
        let scenario = "duration: 2000s, load: {m.go: {rate: 20/s}}";
        let run =
            Topic { log, topic: "partitions: 2", publish: "topic: t, key: row", scenario, ..TOPIC }.run();
        mean_ms(&run, "m.go", View::Client)
    };
    let one = mean("append: 2ms, brokers: 1, producer: {linger: 100ms, batch-size: 1MB}");
    near(one, 2.0 + (100.0 + 2.0 * 50.0) / 3.0, 1.0);
    let two = mean("append: 2ms, brokers: 2, producer: {linger: 100ms, batch-size: 1MB}");
    near(two, 2.0 + (100.0 + 50.0) / 2.0, 1.0);
}

#[test]
fn larger_records_fill_a_batch_sooner() {
    // Two of 2 KiB: the first waits for the second, at 10 ms.
    let log = "append: 2ms, producer: {linger: 10s, batch-size: 4KiB}";
    let scenario = "duration: 100s, load: {m.go: {deterministic: {rate: 100/s}}}";
    let run = Topic { log, scenario, publish: "topic: t, size: 2KiB", ..TOPIC }.run();
    near(mean_ms(&run, "m.go", View::Client), 2.0 + 5.0, 0.01);
}

#[test]
fn a_member_that_waits_in_its_poll_commits_when_its_interval_is_over() {
    // One record a minute: it is committed 5 s after the poll that brought it, and not with the next.
    let topic = Topic {
        consumers: "members: 1, auto-commit-interval: 5s",
        scenario: "duration: 1000m, load: {m.go: {deterministic: {rate: 1/m}}}",
        ..TOPIC
    };
    near(topic.run().observed("t", "0", "lag_records").1, 5.0 / 60.0, 0.001);
    // A crash half a minute later delivers nothing again; one within the 5 s does.
    let crashed = |secs| {
        topic.run_with(|world| {
            assert!(world.plan_member_change(at(secs), "t", 0, MemberChange::Crashes));
            assert!(world.plan_member_change(at(secs + 60), "t", 0, MemberChange::Joins));
        })
    };
    assert_eq!(crashed(630).effect("redelivered-t"), 0);
    assert_eq!(crashed(603).effect("redelivered-t"), 1);
}

#[test]
fn records_that_a_crashed_producer_had_gathered_are_lost() {
    // Batches are kept for 10 s; the process goes down at 25 s, with about five seconds of records that nobody has sent.
    let topic = Topic {
        log: "append: 0s, producer: {linger: 10s, batch-size: 1MB}",
        scenario: "duration: 100s, load: {m.go: {rate: 10/s}}, faults: [{at: 25s, crash: p, for: 1s}]",
        ..TOPIC
    };
    let run = topic.run();
    let go = run.operation("m.go", View::Client);
    assert!(go.failures() > 20, "{}", go.failures());
    assert_eq!(run.observed("t", "", "produced_per_s").0 as u64, go.served);
}

/// Ways that a record's key may go; more than keys, so that each key has its own.
const WAYS: usize = 100;

/// A topic of four partitions whose publishers and consumers count the records of each of five keys, and whose consumers
/// look whether those of a key come in order.
fn counted(publish: &str, consumers: &str, change: impl FnOnce(&mut World<'_>)) -> Run {
    let by_key = |name: &str| {
        let branch = |way: usize| format!("{{weight: 1%, steps: [{{effect: {name}-{way}}}]}}");
        let branches: Vec<String> = (0..WAYS).map(branch).collect();
        format!("{{choose: {{by: few, branches: [{}]}}}}", branches.join(", "))
    };
    let (made, worked) = (by_key("made"), by_key("worked"));
    let operations = format!(
        "{{keys: {{few: {{count: 5, popularity: {{zipf: 0.5}}}}}}, modules: {{m: {{operations: {{
          go: [{{publish: {{{publish}}}}}, {made}],
          work: [{{delay: {{exponential: {{mean: 4ms}}}}}}, {worked}, {{in-order: {{effect: overtaken, key: few}}}}]}}}}}}}}"
    );
    let deployment = format!(
        "{{operations: operations.yaml, processes: {{p: {{modules: [m], cores: 1, style: event-loop}}}},
          logs: {{kafka: {{append: 0s, producer: {{linger: 0s}}, topics: {{t: {{partitions: 4,
            consumers: {{group: g, operation: m.work, {consumers}}}}}}}}}}}}}"
    );
    // All is quiet in the last ten seconds.
    let scenario = "{deployment: deployment.yaml, duration: 400s, load: {m.go: {stages: [{rate: 300/s, hold: 380s}, \
                    {ramp-to: 0/s, over: 0s}, {hold: 20s}]}}}";
    let files = Rehearsal { operations: &operations, deployment: &deployment, scenario };
    let run = files.run_until(change, Span::from_secs(10));
    balances(&run);
    run
}

/// Has both members leave.
fn all_leave(world: &mut World<'_>, secs: u64) {
    for member in 0..2 {
        assert!(world.plan_member_change(at(secs), "t", member, MemberChange::Leaves));
    }
}

/// An effect by the way that keys go.
fn by_way(run: &Run, name: &str) -> Vec<u64> {
    (0..WAYS).map(|way| run.effect(&format!("{name}-{way}"))).collect()
}

/// What was written and not committed when all is quiet: of each partition, and of all.
#[track_caller]
fn lags_at_the_end(run: &Run) -> ([u64; 4], u64) {
    let of = |part: &str| {
        let lag = run.at_the_end("t", part, "lag_records");
        near(lag, lag.round(), 1e-6);
        lag.round() as u64
    };
    let (parts, all) = ([0, 1, 2, 3].map(|partition| of(&partition.to_string())), of(""));
    assert_eq!(parts.iter().sum::<u64>(), all);
    (parts, all)
}

/// A key, by the ways that its records go.
struct Key {
    made: usize,
    worked: usize,
    partition: usize,
}

/// The keys that there are. As nobody reads, what lags behind in a partition is what was written to it, and there is one way
/// only to put the keys into partitions that gives these numbers. As everybody reads to the end, what was worked on is what
/// was made, key by key.
#[track_caller]
fn keys() -> Vec<Key> {
    let unread = counted("topic: t, key: few", "members: 2", |world| all_leave(world, 0));
    let ((lags, all), made) = (lags_at_the_end(&unread), by_way(&unread, "made"));
    assert_eq!(all, unread.observed("t", "", "produced_per_s").0 as u64);
    let ways: Vec<(usize, u64)> = made.into_iter().enumerate().filter(|(_, count)| *count > 0).collect();
    assert_eq!(ways.len(), 5, "{ways:?}");
    let partition = |number: usize, key: usize| number / 4_usize.pow(key as u32) % 4;
    let fits = (0..4_usize.pow(5)).filter(|number| {
        let mut sums = [0; 4];
        ways.iter().enumerate().for_each(|(key, (_, count))| sums[partition(*number, key)] += count);
        sums == lags
    });
    let fits: Vec<usize> = fits.collect();
    assert_eq!(fits.len(), 1, "{ways:?} in {lags:?}");
    let read = counted("topic: t, key: few", "members: 2", |_| {});
    assert_eq!(lags_at_the_end(&read), ([0; 4], 0));
    let worked = by_way(&read, "worked");
    let found = ways.iter().enumerate().map(|(key, (made, count))| {
        let mut same = worked.iter().enumerate().filter(|(_, worked)| *worked == count);
        let (Some((worked, _)), None) = (same.next(), same.next()) else { panic!("{count} in {worked:?}") };
        Key { made: *made, worked, partition: partition(fits[0], key) }
    });
    found.collect()
}

/// Two members, one of which crashes and comes back, then nobody: what was produced to each partition is what was consumed
/// and committed of it, and what lags behind; and each partition has been worked through in order.
#[test]
fn what_was_produced_is_consumed_in_order_or_lags_behind() {
    // Committed after each record, so that a crash takes nothing that was worked on: each record is worked on once.
    let consumers = "members: 2, commits: sync, max-poll-records: 1, session-timeout: 6s";
    let run = counted("topic: t, key: few", consumers, |world| {
        assert!(world.plan_member_change(at(100), "t", 0, MemberChange::Crashes));
        assert!(world.plan_member_change(at(150), "t", 0, MemberChange::Joins));
        all_leave(world, 370);
    });
    let ((lags, all), made, worked) = (lags_at_the_end(&run), by_way(&run, "made"), by_way(&run, "worked"));
    assert_eq!(run.observed("t", "", "produced_per_s").0 as u64, made.iter().sum::<u64>());
    let keys = keys();
    for (partition, lag) in lags.into_iter().enumerate() {
        let here = || keys.iter().filter(|key| key.partition == partition);
        let (made, worked) = (here().map(|key| made[key.made]), here().map(|key| worked[key.worked]));
        assert_eq!(made.sum::<u64>(), worked.sum::<u64>() + lag, "partition {partition}");
    }
    assert!(all > 1_000 && worked.iter().sum::<u64>() > 50_000, "{all}");
    // What waits at the end is what lags behind: nothing was worked on without a commit.
    let work = run.operation("m.work", View::Consumer);
    assert_eq!(work.offered - work.ended(), all);
    assert_eq!(run.effect("overtaken"), 0);
}

/// Commits now and then: a crash has records delivered again that were worked on, and each of them is counted.
#[test]
fn what_is_delivered_again_after_a_crash_is_consumed_twice_and_counted() {
    let consumers = "members: 2, auto-commit-interval: 5s, session-timeout: 6s";
    let run = counted("topic: t, key: few", consumers, |world| {
        assert!(world.plan_member_change(at(100), "t", 0, MemberChange::Crashes));
        all_leave(world, 370);
    });
    let (_, lag) = lags_at_the_end(&run);
    let count = |metric| run.observed("t", "", metric).0 as u64;
    let (produced, again) = (count("produced_per_s"), count("redelivered_per_s"));
    let worked = by_way(&run, "worked").iter().sum::<u64>();
    // One may have died in the hands of the member before it was worked on.
    let died = produced + again - worked - lag;
    assert!(again > 100 && died <= 1, "{again} again, {died} died");
    let work = run.operation("m.work", View::Consumer);
    assert_eq!(work.offered, produced + again);
    assert_eq!(work.offered - work.ended(), lag);
    // Whoever comes again comes after those that were worked on before.
    let overtaken = run.effect("overtaken");
    assert!((1..=again).contains(&overtaken), "{overtaken} of {again}");
}

/// Without a key, records of one customer go to any partition, and two members take them as they come: so the count of what
/// was overtaken would show a partition that is not kept in order.
#[test]
fn records_of_different_partitions_overtake_each_other() {
    let run = counted("topic: t", "members: 2", |_| {});
    assert!(run.effect("overtaken") > 1_000, "{}", run.effect("overtaken"));
}

/// Whoever is closed in an orderly way finishes the record in its hands and commits it.
#[test]
fn who_leaves_has_committed_the_record_that_it_had_in_its_hands() {
    let topic = Topic {
        work: "{delay: 2s}, {effect: worked}",
        scenario: "duration: 29s, load: {m.go: {deterministic: {rate: 0.1/s}}}",
        ..TOPIC
    };
    let run = topic.with(|rehearsal| {
        rehearsal.run_until(
            |world| assert!(world.plan_member_change(at(11), "t", 0, MemberChange::Leaves)),
            Span::from_secs(5),
        )
    });
    // Published at 10 s, worked on until 12 s; the one of 20 s is nobody's.
    assert_eq!((run.effect("worked"), run.observed("t", "", "produced_per_s").0 as u64), (1, 2));
    near(run.at_the_end("t", "0", "lag_records"), 1.0, 1e-9);
}
