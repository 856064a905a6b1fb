//! The cache: stampedes and their cures, locks that expire, counters, sorted sets, memory.

use brownout::component::View;
use brownout::record::Cause;

use crate::rehearsal::{Rehearsal, Run, near};

const REDIS: &str =
    "{operations: operations.yaml, processes: {p: {modules: [m], cores: 1, style: event-loop}},
  caches: {redis: {holds: [c, d], command: 0s, expire-key: 0s}}}";

/// Runs one operation against one cache server.
#[track_caller]
fn run(steps: &str, load: &str, duration: &str) -> Run {
    let operations = format!(
        "{{keys: {{row: {{count: 1000, popularity: uniform}}, one: {{count: 1, popularity: uniform}}}},
          stocks: {{coupon: {{amount: 50}}}}, modules: {{m: {{operations: {{go: [{steps}]}}}}}}}}"
    );
    let scenario = format!("{{deployment: deployment.yaml, duration: {duration}, load: {{m.go: {load}}}}}");
    Rehearsal { operations: &operations, deployment: REDIS, scenario: &scenario }.run()
}

/// A hot entry that takes 200 ms to fetch; STAMPEDE-1 of tests/theory/oracles.csv.
fn stampede(cure: &str) -> Run {
    let steps =
        format!("{{cached: {{cache: c, ttl: 60s, {cure} on-miss: [{{effect: fetch}}, {{delay: 200ms}}]}}}}");
    run(&steps, "{rate: 500/s}", "1800s")
}

#[test]
fn without_a_cure_everybody_who_misses_fetches() {
    // 30 expiries; at each 1 + 500/s × 200 ms = 101 fetches, Poisson but for the first.
    let fetches = stampede("").effect("fetch") as f64;
    near(fetches / 30.0, 101.0, 4.0 * (100.0_f64 / 30.0).sqrt());
}

#[test]
fn single_flight_fetches_once_and_the_others_wait_half_as_long_on_average() {
    let run = stampede("single-flight: true,");
    assert_eq!(run.effect("fetch"), 30);
    let whole = run.operation("m.go", View::Client);
    // In each of 30 flights one waits 200 ms and 100 others 100 ms on average; everybody else no time.
    let waited = whole.latency.mean_secs().expect("somebody was served") * whole.served as f64;
    near(waited / (30.0 * (0.2 + 100.0 * 0.1)), 1.0, 0.08);
    assert_eq!(whole.failures(), 0);
}

#[test]
fn those_who_wait_for_a_fetch_share_its_failure() {
    let steps =
        "{cached: {cache: c, single-flight: true, on-miss: [{effect: fetch}, {delay: 1s}, {fail: error}]}}";
    let run = run(steps, "{rate: 100/s}", "100s");
    let whole = run.operation("m.go", View::Client);
    // A fetch a second fails all who came meanwhile: nothing is ever stored.
    assert_eq!(whole.failed[Cause::Error as usize], whole.ended());
    near(run.effect("fetch") as f64, 99.0, 2.0);
}

#[test]
fn a_stale_entry_is_served_while_one_renews_it() {
    let run = stampede("stale: 30s,");
    // Nobody waits after the first fetch, for which 101 requests wait or fetch themselves.
    let first = run.effect("fetch") - run.operation("renew c", View::Background).offered;
    near(first as f64, 101.0, 40.0);
    assert!(run.operation("renew c", View::Background).offered >= 29);
    let whole = run.operation("m.go", View::Client);
    let waited = whole.latency.mean_secs().expect("somebody was served") * whole.served as f64;
    near(waited, 0.2 * first as f64, 0.01);
    // When nobody asks in the grace time, the next one has to wait again.
    let rare = "{cached: {cache: c, ttl: 10s, stale: 5s, on-miss: [{effect: fetch}, {delay: 200ms}]}}";
    let rare = self::run(rare, "{deterministic: {rate: 1/m}}", "100m");
    assert_eq!(rare.effect("fetch"), rare.operation("m.go", View::Client).offered);
}

#[test]
fn early_expiry_renews_with_the_published_probability() {
    // A fetch takes 2 s and an entry lives 10 s; somebody asks every 8 s: with 4 s left, early with probability
    // p = exp(−4/2), else the next one misses. The share that fetches is 1 ÷ (2 − p).
    let steps = "{cached: {cache: c, ttl: 10s, early-expiry: 100%, on-miss: [{effect: fetch}, {delay: 2s}]}}";
    let run = run(steps, "{renewal: {interarrival: 8s}}", "160000s");
    let share = run.effect("fetch") as f64 / run.operation("m.go", View::Client).offered as f64;
    near(share, 1.0 / (2.0 - (-2.0_f64).exp()), 0.01);
}

#[test]
fn lifetimes_spread_as_asked() {
    // Stored every 10 s and asked for 5 s and 10 s later: half of the lifetimes of 5 s ± 50 % last that long.
    let steps = "{cached: {cache: c, ttl: 5s, ttl-jitter: 50%, on-miss: [{effect: fetch}]}}, {delay: 5s},
      {choose: {branches: [{weight: 100%, steps: [{cached: {cache: c, on-miss: [{effect: gone}]}}]}]}},
      {delete: {cache: c}}";
    let run = run(steps, "{deterministic: {rate: 6/m}}", "100000s");
    near(run.effect("gone") as f64 / run.effect("fetch") as f64, 0.5, 0.02);
}

/// Work under a lock: 50 coupons are checked and taken in two steps.
fn locked(ttl: &str) -> Run {
    let steps = format!(
        "{{lock-key: {{cache: c, ttl: {ttl}, wait: 1h, pause: {{exponential: {{mean: 20ms}}}}, steps: [
          {{check: {{stock: coupon}}}}, {{delay: 100ms}}, {{take: {{stock: coupon, checked: false}}}}, {{effect: sold}}]}}}}"
    );
    run(&steps, "{rate: 7/s}", "300s")
}

#[test]
fn a_lock_that_lives_long_enough_excludes() {
    let run = locked("10s");
    assert_eq!((run.effect("sold"), run.effect("oversold-coupon")), (50, 0));
    assert_eq!((run.effect("lock-lost-c"), run.effect("lock-overlap-c")), (0, 0));
}

#[test]
fn a_lock_that_expires_under_its_holder_lets_others_in() {
    let run = locked("60ms");
    let (sold, oversold) = (run.effect("sold"), run.effect("oversold-coupon"));
    assert_eq!(sold, 50 + oversold);
    assert!(oversold > 0 && run.effect("lock-overlap-c") > 0);
    // Whoever sells holds the lock for 100 ms, so the lock is always gone; whoever is sold out frees it in time.
    assert_eq!(run.effect("lock-lost-c"), sold);
}

/// Somebody comes each second, and whoever has the lock keeps it for 9.5 s. It is free again at 10.5 s, and those of 9 s and
/// 10 s ask every 7 ms: the latter does so at 10.504 s, one millisecond earlier, and so on.
#[test]
fn a_lock_is_waited_for_as_long_as_asked() {
    let ends = |steps: &str| {
        let record = run(steps, "{deterministic: {rate: 1/s}}", "99500ms").operation("m.go", View::Client);
        assert_eq!(record.failures(), record.failed[Cause::LockTimeout as usize]);
        (record.offered, record.served, record.failures())
    };
    // Ten have had it by 96.032 s, and one has it then; those of 98 s and 99 s still wait.
    let steps = "{lock-key: {cache: c, ttl: 1m, wait: 2s, pause: 7ms, steps: [{delay: 9500ms}]}}";
    assert_eq!(ends(steps), (99, 10, 86));
    // Who does not wait gets it at 1 s, 11 s and so on; the one of 91 s still has it.
    let once = "{lock-key: {cache: c, ttl: 1m, steps: [{delay: 9500ms}]}}";
    assert_eq!(ends(once), (99, 9, 89));
}

#[test]
fn a_lock_is_free_on_every_way_out() {
    let steps = "{lock-key: {cache: c, ttl: 1h, steps: [{choose: {branches: [
      {weight: 50%, steps: [{fail: error}]},
      {weight: 50%, steps: [{attempt: {timeout: 10ms, steps: [{delay: 1s}]}}]}]}}]}}";
    let inside = run(steps, "{deterministic: {rate: 10/s}}", "60s").operation("m.go", View::Client);
    assert_eq!(inside.failed[Cause::LockTimeout as usize], 0);
    let steps = "{attempt: {timeout: 10ms, steps: [{lock-key: {cache: c, ttl: 1h, steps: [{delay: 1s}]}}]}}";
    let around = run(steps, "{deterministic: {rate: 10/s}}", "60s").operation("m.go", View::Client);
    assert_eq!(around.failed[Cause::LockTimeout as usize], 0);
    assert_eq!(around.failed[Cause::Timeout as usize], around.ended());
}

#[test]
fn a_counter_lets_as_many_through_as_its_limit() {
    let run = run("{increment: {cache: c, by: 2, limit: 100}}, {effect: in}", "{rate: 50/s}", "60s");
    assert_eq!(run.effect("in"), 50);
    let whole = run.operation("m.go", View::Client);
    assert_eq!(whole.failed[Cause::Declined as usize], whole.ended() - 50);
    let each_second = "{increment: {cache: c, limit: 3, ttl: 1s}}, {effect: in}";
    let each_second = self::run(each_second, "{deterministic: {rate: 10/s}}", "110s");
    // A second that starts with its first request: eleven requests, of which three pass.
    near(each_second.effect("in") as f64, 300.0, 3.0);
}

#[test]
fn a_read_of_a_sorted_set_takes_its_members_and_doublings() {
    let operations = "{keys: {row: {count: 64, popularity: uniform}}, modules: {m: {operations: {
      raise: [{rank-update: {cache: c, member: row}}], top: [{rank-read: {cache: c, top: 20}}]}}}}";
    let deployment =
        "{operations: operations.yaml, processes: {p: {modules: [m], cores: 1, style: event-loop}},
      caches: {redis: {holds: [c], command: 0s, commands: {
        zrange: {time: 100us, per-doubling: 10us, per-member: 1us}}}}}";
    let scenario = "{deployment: deployment.yaml, duration: 1000s, interval: 500s,
      load: {m.raise: {stages: [{hold: 100s, rate: 50/s}, {hold: 900s, rate: 0/s}]},
        m.top: {stages: [{hold: 200s, rate: 0/s}, {hold: 800s, rate: 1/s}]}}}";
    let run = Rehearsal { operations, deployment, scenario }.run();
    let top = run.operation("m.top", View::Client);
    // 64 members: six doublings, and 20 of them read.
    near(top.latency.mean_secs().expect("somebody was served") * 1e6, 100.0 + 60.0 + 20.0, 2.0);
}

#[test]
fn expired_entries_do_not_pile_up() {
    let operations = "{keys: {row: {count: 1000000000000, popularity: uniform}}, modules: {m: {operations: {
      go: [{cached: {cache: c, key: row, ttl: 2s, on-miss: []}}]}}}}";
    let scenario = "{deployment: deployment.yaml, duration: 100s, load: {m.go: {rate: 500/s}}}";
    let run = Rehearsal { operations, deployment: REDIS, scenario }.run();
    let (_, mean, most) = run.observed("redis", "", "keys");
    // Live ones are 500/s × 2 s = 1,000. A cycle ends when it finds two of twenty or fewer expired, which it does by
    // chance at a share of a quarter too: it leaves some 300 that have expired, and never more and more.
    assert!(mean > 1_100.0 && mean < 1_500.0 && most < 1_800.0, "{mean} {most}");
    let count = |metric| run.observed("redis", "", metric).0;
    assert_eq!(count("hits_per_s"), 0.0);
    near(count("misses_per_s") - count("expired_per_s"), mean, 300.0);
}

#[test]
fn a_mass_expiry_takes_its_time_in_the_loop() {
    let operations = "{keys: {row: {count: 1000000000000, popularity: uniform}}, modules: {m: {operations: {
      fill: [{set: {cache: c, key: row, ttl: 20s}}], ask: [{get: {cache: d}}]}}}}";
    let slow = REDIS.replace("expire-key: 0s", "expire-key: 5us, hz: 10");
    let scenario = "{deployment: deployment.yaml, duration: 60s, load: {
      m.fill: {stages: [{hold: 1s, rate: 50000/s}, {hold: 59s, rate: 0/s}]}, m.ask: {rate: 100/s}}}";
    let ask = |deployment| {
        let run = Rehearsal { operations, deployment, scenario }.run();
        run.operation("m.ask", View::Client).latency.max().expect("somebody was served").as_secs_f64()
    };
    // The cycle works at most a quarter of each tenth of a second at a time.
    assert!(ask(&slow) > 0.02 && ask(&slow) < 0.03, "{}", ask(&slow));
    assert_eq!(ask(REDIS), 0.0);
}

#[test]
fn memory_stays_within_its_limit_and_what_is_stored_is_accounted_for() {
    for policy in ["allkeys-lru", "allkeys-lfu", "volatile-ttl", "allkeys-random"] {
        let deployment = format!(
            "{{operations: operations.yaml, processes: {{p: {{modules: [m], cores: 1, style: event-loop}}}},
              caches: {{redis: {{holds: [c], command: 0s, memory: 100kB, policy: {policy}, entry-overhead: 24B}}}}}}"
        );
        let operations = "{keys: {row: {count: 1000, popularity: {zipf: 0.8}}}, modules: {m: {operations: {
          go: [{cached: {cache: c, key: row, size: 1000B, ttl: 1h, on-miss: [{effect: stored}]}}]}}}}";
        let scenario = "{deployment: deployment.yaml, duration: 1000s, load: {m.go: {rate: 100/s}}}";
        let run = Rehearsal { operations, deployment: &deployment, scenario }.run();
        let count = |metric| run.observed("redis", "", metric).0;
        let most = run.observed("redis", "", "memory_bytes").2;
        assert!(most > 99_000.0 && most <= 100_000.0 + 1_024.0, "{policy}: {most}");
        let gone = count("evicted_per_s") + count("expired_per_s");
        near(run.effect("stored") as f64 - gone, 98.0, 1.0);
        assert_eq!(
            count("hits_per_s") + count("misses_per_s"),
            run.operation("m.go", View::Client).served as f64
        );
    }
}

#[test]
fn each_kind_of_command_has_its_own_time() {
    let operations = "{keys: {one: {count: 1, popularity: uniform}}, modules: {m: {operations: {go: [{delete: {cache: c}}, {increment: {cache: c}},
      {rank-update: {cache: d, member: one}}, {lock-key: {cache: e, ttl: 1m, steps: [{effect: held}]}}, {get: {cache: c, size: 3KiB}}]}}}}";
    let deployment = "{operations: operations.yaml, processes: {p: {modules: [m], cores: 1, style: event-loop}},
      caches: {redis: {holds: [c, d, e], command: 1s, expire-key: 0s, commands: {del: {time: 1ms}, incr: {time: 2ms},
        zadd: {time: 4ms}, eval: {time: 8ms}, set: {time: 16ms}, get: {time: 32ms, per-kibibyte: 100ms}}}}}";
    let scenario =
        "{deployment: deployment.yaml, duration: 100s, load: {m.go: {deterministic: {rate: 1/s}}}}";
    let run = Rehearsal { operations, deployment, scenario }.run();
    let go = run.operation("m.go", View::Client);
    near(go.latency.mean_secs().expect("somebody was served") * 1e3, 63.0 + 300.0, 0.5);
}

#[test]
fn more_effort_for_expired_entries_takes_more_of_the_loop() {
    let operations = "{keys: {row: {count: 1000000000000, popularity: uniform}}, modules: {m: {operations: {
      fill: [{set: {cache: c, key: row, ttl: 20s}}], ask: [{get: {cache: d}}]}}}}";
    let slow = REDIS.replace("expire-key: 0s", "expire-key: 5us, hz: 10, active-expire-effort: 10");
    let scenario = "{deployment: deployment.yaml, duration: 60s, load: {
      m.fill: {stages: [{hold: 1s, rate: 50000/s}, {hold: 59s, rate: 0/s}]}, m.ask: {rate: 100/s}}}";
    let run = Rehearsal { operations, deployment: &slow, scenario }.run();
    let longest = run.operation("m.ask", View::Client).latency.max().expect("somebody was served");
    // (25 + 2 × 9) % of each tenth of a second.
    assert!(longest.as_secs_f64() > 0.035 && longest.as_secs_f64() < 0.048, "{longest}");
}

#[test]
fn use_counts_for_less_with_time_and_grows_as_slowly_as_it_is_told() {
    // A hundred entries fill the memory and are used 150 times each; then nobody asks for them any more, and fifty others
    // are asked for 150,000 times. As long as the old ones count for more, a new one goes with the next.
    let operations = "{keys: {old: {count: 100, popularity: uniform}, new: {count: 50, popularity: uniform}},
      modules: {m: {operations: {
        before: [{cached: {cache: c, key: old, size: 1000B, on-miss: []}}],
        after: [{cached: {cache: c, key: new, size: 1000B, on-miss: [{effect: missed}]}}]}}}}";
    let scenario = "{deployment: deployment.yaml, duration: 3300s, load: {
      m.before: {stages: [{hold: 300s, rate: 50/s}, {hold: 3000s, rate: 0/s}]},
      m.after: {stages: [{hold: 300s, rate: 0/s}, {hold: 3000s, rate: 50/s}]}}}";
    let missed = |keys: &str| {
        let deployment = format!(
            "{{operations: operations.yaml, processes: {{p: {{modules: [m], cores: 1, style: event-loop}}}},
              caches: {{redis: {{holds: [c], command: 0s, memory: 102400B, entry-overhead: 24B, policy: allkeys-lfu,
                maxmemory-samples: 64, {keys}}}}}}}"
        );
        let run = Rehearsal { operations, deployment: &deployment, scenario }.run();
        run.effect("missed") as f64 / run.operation("m.after", View::Client).ended() as f64
    };
    // Some six minutes of fifty.
    let by_default = missed("lfu-log-factor: 10, lfu-decay-time: 1m");
    assert!(by_default > 0.02 && by_default < 0.3, "{by_default}");
    let for_ever = missed("lfu-log-factor: 10, lfu-decay-time: 0s");
    assert!(for_ever > 0.7, "{for_ever}");
    let quickly = missed("lfu-log-factor: 0, lfu-decay-time: 1m");
    assert!(quickly > 0.7, "{quickly}");
}

#[test]
fn look_ups_that_nobody_answers_are_counted() {
    // Ten a second for 100 s; for 40 s of them nobody answers.
    let operations = "{keys: {one: {count: 1, popularity: uniform}}, modules: {m: {operations: {
      go: [{cached: {cache: c, key: one, on-miss: [{effect: stored}]}}]}}}}";
    let scenario =
        "{deployment: deployment.yaml, duration: 100s, load: {m.go: {deterministic: {rate: 10/s}}},
      faults: [{at: 30s, for: 40s, crash: redis}]}";
    let deployment = REDIS.replace("[c, d]", "[c]");
    let run = Rehearsal { operations, deployment: &deployment, scenario }.run();
    let count = |metric| run.observed("redis", "", metric).0;
    near(count("look_ups_per_s"), 1000.0, 1.0);
    near(count("hits_per_s") + count("misses_per_s"), 600.0, 1.0);
}
