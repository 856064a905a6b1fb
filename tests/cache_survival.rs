//! What a cache server has when it is back, and who serves meanwhile, worked out by hand.

#[path = "support/rehearse.rs"]
mod rehearse;

use brownout::component::effects::GoodEnd;
use brownout::experiment::{ClaimVerdict, OperationResults, Results};
use brownout::record::{Cause, HappeningKind};
use rehearse::rehearse;

const OPERATIONS: &str = "
modules:
  app:
    operations:
      aside: [{cached: {cache: kept, key: row, ttl: 1h, size: 1MiB, on-miss: [{effect: missed}]}}]
      set: [{set: {cache: kept, key: row}}]
      count: [{set: {cache: kept, key: row, ttl: 1s}}, {increment: {cache: kept, limit: 4000}}, {effect: counted}]
keys: {row: {count: 10, popularity: uniform}}
";

/// Runs ten minutes of 20 requests a second; the server goes down at the third minute.
fn run(operation: &str, cache: &str, fault: &str) -> Results {
    run_with(operation, cache, fault, "")
}

/// The same, with more in the scenario.
fn run_with(operation: &str, cache: &str, fault: &str, more: &str) -> Results {
    let deployment = format!(
        "operations: operations.yaml\nprocesses: {{app: {{modules: [app], cores: 4}}}}\n\
         caches: {{redis: {{holds: [kept], command: 1ms, {cache}}}}}\n"
    );
    let scenario = format!(
        "deployment: deployment.yaml\nduration: 10m\nreplications: 5\nload: {{{operation}: {{rate: 20/s}}}}\n\
         faults: [{{at: 3m, {fault}}}]\n{more}\n"
    );
    rehearse(&[
        ("scenario.yaml", &scenario),
        ("deployment.yaml", &deployment),
        ("operations.yaml", OPERATIONS),
    ])
}

fn operation<'r>(results: &'r Results, window: &str, name: &str) -> &'r OperationResults {
    let window = results.windows.iter().find(|it| it.name == window).expect("the window is there");
    window.operations.iter().find(|it| it.name.name == name).expect("the operation is there")
}

/// The share of a window's requests that were refused.
fn refused(results: &Results, window: &str, name: &str) -> f64 {
    let causes = &operation(results, window, name).causes;
    causes.iter().find(|(of, _)| *of == Cause::Unavailable).map_or(0.0, |(_, share)| share.mean)
}

/// Misses in a run: ten at first, and ten more if the server came back empty.
fn misses(results: &Results) -> f64 {
    results.effects.iter().find(|effect| effect.name == "missed").expect("misses are counted").count.mean
}

#[track_caller]
fn is_about(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{value} is not {expected} ± {tolerance}");
}

#[test]
fn without_persistence_it_comes_back_empty() {
    let results = run("app.aside", "load-per-gibibyte: 1m", "for: 1m, crash: redis");
    is_about(misses(&results), 20.0, 1e-9);
    // There is nothing to load.
    is_about(refused(&results, "fault", "app.aside"), 1.0, 1e-9);
    is_about(refused(&results, "after", "app.aside"), 0.0, 1e-9);
}

/// Ten entries of a MiB and some bytes are loaded in 10/1024 of what a GiB takes: at 1,024 s, 10 s of the 360 after the
/// fault.
#[test]
fn an_append_only_file_survives_the_server_and_takes_its_time_to_load() {
    let cache = "persistence: {aof: {}}, load-per-gibibyte: 1024s";
    let results = run("app.aside", cache, "for: 1m, crash: redis");
    is_about(misses(&results), 10.0, 1e-9);
    is_about(refused(&results, "after", "app.aside"), 10.0 / 360.0, 0.003);
}

/// What was written more than a second before the crash was flushed, even where the machine goes too.
#[test]
fn an_append_only_file_that_is_flushed_every_second_survives_the_machine() {
    let cache = "persistence: {aof: {fsync: everysec}}, load-per-gibibyte: 0s";
    let results = run("app.aside", cache, "for: 1m, crash: redis, host: true");
    is_about(misses(&results), 10.0, 1e-9);
}

#[test]
fn a_snapshot_brings_back_what_was_there_when_it_began() {
    let cache = |after: &str| {
        format!("persistence: {{rdb: {{save: [{{after: {after}, changes: 1}}]}}}}, load-per-gibibyte: 0s")
    };
    // All ten are there within a second or two, and in a snapshot of the second minute.
    is_about(misses(&run("app.aside", &cache("1m"), "for: 1m, crash: redis")), 10.0, 1e-9);
    // The first snapshot would have come after the crash.
    is_about(misses(&run("app.aside", &cache("4m"), "for: 1m, crash: redis")), 20.0, 1e-9);
}

/// The mean response time before the fault \[s].
fn mean_before_s(results: &Results, name: &str) -> f64 {
    operation(results, "before", name).latency.as_ref().expect("some were served").mean_s.mean
}

/// At 1,000 s a GiB, the one fork before the fault stops the loop for 9.77 s: 195 of 3,600 requests wait for half of it
/// on average, and for half of the 0.2 s that it takes to serve them all.
#[test]
fn a_fork_stops_the_loop() {
    let cache = "persistence: {rdb: {save: [{after: 1m, changes: 1}], fork-per-gibibyte: 1000s}}";
    let results = run("app.aside", cache, "for: 1s, errors: redis, share: 0%");
    let stands = 10_000.0 / 1024.0;
    let waiting = 20.0 * stands / 3_600.0;
    is_about(
        mean_before_s(&results, "app.aside"),
        0.001 + waiting * (stands + 20.0 * stands * 0.001) / 2.0,
        0.02,
    );
}

/// Silence from the third minute: the verdict after 5 s, then 0.7 to 1.4 s and a second more. So 7.05 s of the 300 are
/// lost, and nothing of what was stored.
#[test]
fn a_replica_takes_the_place_of_a_server_that_is_down() {
    let cache = "replicas: 1, sentinel: {down-after: 5s}";
    let results = run("app.aside", cache, "for: 5m, crash: redis");
    is_about(refused(&results, "fault", "app.aside"), 7.05 / 300.0, 0.25 / 300.0 + 0.002);
    is_about(refused(&results, "after", "app.aside"), 0.0, 1e-9);
    is_about(misses(&results), 10.0, 1e-9);
    let takes_over = results.timeline.iter().find(|entry| entry.kind == HappeningKind::FailedOver);
    let takes_over = takes_over.expect("it is told");
    assert_eq!((takes_over.subject.as_str(), takes_over.runs), ("redis", 5));
    assert!((186.7..=187.4).contains(&takes_over.median_s), "{}", takes_over.median_s);
}

/// A fault that ends before the Sentinels have come to their verdict leaves everything as it was.
#[test]
fn a_short_silence_is_nobodys_business() {
    let cache = "persistence: {aof: {}}, load-per-gibibyte: 0s, replicas: 1, sentinel: {down-after: 5s}";
    let results = run("app.aside", cache, "for: 4s, crash: redis");
    assert!(!results.timeline.iter().any(|entry| entry.kind == HappeningKind::FailedOver));
    is_about(misses(&results), 10.0, 1e-9);
}

/// A server that hangs is found out up to a second later; whoever asked it waits, and is served by the replica.
#[test]
fn a_server_that_hangs_is_replaced_too() {
    let cache = "replicas: 1, sentinel: {down-after: 5s, promotion: 1s, discovery: 1s}";
    let results = run("app.aside", cache, "for: 5m, hang: redis");
    let takes_over = results.timeline.iter().find(|entry| entry.kind == HappeningKind::FailedOver);
    let takes_over = takes_over.expect("it is told");
    assert!(takes_over.first_s > 187.0 && takes_over.last_s < 188.0, "{takes_over:?}");
    is_about(refused(&results, "fault", "app.aside"), 0.0, 1e-9);
}

/// With `always`, each write holds the loop for its own 1 ms and 4 ms more: an M/D/1 of ρ = 0.1.
#[test]
fn flushing_before_each_answer_holds_up_the_loop() {
    let cache = "persistence: {aof: {fsync: always, flush: 4ms}}";
    let results = run("app.set", cache, "for: 1s, errors: redis, share: 0%");
    is_about(mean_before_s(&results, "app.set"), 0.005 + 0.1 * 0.005 / (2.0 * 0.9), 0.000_05);
}

/// People who put the replica in its place ten seconds after the crash: nothing is lost but those ten seconds, and whoever
/// waits for the cache to be well is told then.
#[test]
fn people_fail_over_where_no_sentinel_does() {
    let steps = "runbook:\n  - {name: promote, when: {at: 190s}, do: {fail-over: redis}}\n  \
                 - {name: look, when: {recovered: redis}}\nclaims:\n  served: {says: a, expect: 'failed(app.aside) <= \
                 0%', after: failed-over(redis), for: 100s}\n";
    let results = run_with("app.aside", "replicas: 1", "for: 5m, crash: redis", steps);
    is_about(misses(&results), 10.0, 1e-9);
    let at = |kind, subject: &str| {
        let found = results.timeline.iter().find(|entry| entry.kind == kind && entry.subject == subject);
        found.unwrap_or_else(|| panic!("{kind:?} of {subject} is told")).median_s
    };
    is_about(at(HappeningKind::FailedOver, "redis"), 190.0, 1e-6);
    is_about(at(HappeningKind::StepBegan, "look"), 190.0, 1e-6);
    is_about(refused(&results, "fault", "app.aside"), 10.0 / 300.0, 0.003);
    let served = &results.claims[0];
    assert_eq!((&served.verdict, served.opened), (&ClaimVerdict::Supported, 5), "{served:?}");
}

/// The same where the machine goes with the server and only people bring both back.
#[test]
fn people_restart_a_server_whose_machine_is_gone() {
    let steps = "runbook: [{name: restart, when: {at: 190s}, do: {restart: {component: redis, takes: 5s}}}]\n\
                 windows: {before: {from: 0s, to: 3m}, later: {from: 200s, to: 10m}}\nrecovery: {from: 200s}\n";
    let results = run_with("app.aside", "persistence: {aof: {}}", "crash: redis, host: true", steps);
    is_about(refused(&results, "later", "app.aside"), 0.0, 1e-9);
}

/// A counter goes to 4,000 and refuses then; what the crash of the machine took from it is counted twice: on average half
/// of the 20 increments of the second since the last flush. That other entries expire while the server is down changes
/// nothing.
#[test]
fn what_was_not_flushed_is_lost_with_the_machine() {
    let counted = |fault: &str| {
        let results = run("app.count", "persistence: {aof: {}}, load-per-gibibyte: 0s", fault);
        results.effects.iter().find(|effect| effect.name == "counted").expect("it is counted").count.mean
    };
    is_about(counted("for: 1m, crash: redis"), 4_000.0, 1e-9);
    let lost = counted("for: 1m, crash: redis, host: true") - 4_000.0;
    assert!((1.0..=20.0).contains(&lost), "{lost}");
}

/// Loading takes 10 s, whatever else ends or begins meanwhile.
#[test]
fn another_fault_does_not_cut_loading_short() {
    let cache = "persistence: {aof: {}}, load-per-gibibyte: 1024s";
    let results =
        run("app.aside", cache, "for: 1m, crash: redis}, {at: 4m 2s, for: 1s, slow: redis, factor: 2");
    // The window after the faults begins at 4 min 3 s: 7 s of it are left to load in.
    is_about(refused(&results, "after", "app.aside"), 7.0 / 357.0, 0.003);
}

/// The only snapshot begins after 20 s and takes 10 s to write. A server that hangs meanwhile has its child finish it.
#[test]
fn snapshots_go_on_after_a_hang() {
    let cache = "persistence: {rdb: {save: [{after: 20s, changes: 1}], write-per-gibibyte: 1024s}}, load-per-gibibyte: 0s";
    let results = run("app.aside", cache, "for: 1m, crash: redis}, {at: 22s, for: 5s, hang: redis");
    is_about(misses(&results), 10.0, 1e-9);
}

fn lost(results: &Results) -> f64 {
    let effect =
        results.effects.iter().find(|effect| effect.name == "entries-lost-kept").expect("it is counted");
    assert_eq!(effect.good, Some(GoodEnd::Less));
    effect.count.mean
}

/// Ten entries are there when the server goes, and none of their hours is over. What comes back is not lost.
#[test]
fn entries_are_lost_before_their_time_with_the_server_that_had_them() {
    is_about(lost(&run("app.aside", "load-per-gibibyte: 1m", "for: 1m, crash: redis")), 10.0, 1e-9);
    is_about(lost(&run("app.aside", "persistence: {aof: {}}", "for: 1m, crash: redis")), 0.0, 1e-9);
    is_about(lost(&run("app.aside", "load-per-gibibyte: 1m", "flush: redis")), 10.0, 1e-9);
    is_about(lost(&run("app.aside", "load-per-gibibyte: 1m", "for: 1m, slow: redis, factor: 2")), 0.0, 1e-9);
}

/// None of the ten was in a snapshot before the crash, or all of them were.
#[test]
fn entries_that_no_snapshot_has_are_lost() {
    let after = |span: &str| {
        let cache =
            format!("persistence: {{rdb: {{save: [{{after: {span}, changes: 1}}]}}}}, load-per-gibibyte: 0s");
        lost(&run("app.aside", &cache, "for: 1m, crash: redis"))
    };
    is_about(after("4m"), 10.0, 1e-9);
    is_about(after("1m"), 0.0, 1e-9);
}

/// Each command by itself while the server is down: it fails, or is skipped.
#[test]
fn every_command_fails_or_is_skipped_while_the_server_is_down() {
    let failed = |step: &str, on_error: &str| {
        let step = step.replace("on-error: ?", &format!("on-error: {on_error}"));
        let operations = format!(
            "modules: {{app: {{operations: {{go: [{{{step}}}]}}}}}}\n\
             keys: {{row: {{count: 10, popularity: uniform}}}}\n"
        );
        let results = rehearse(&[
            (
                "scenario.yaml",
                "deployment: deployment.yaml\nduration: 10s\nreplications: 1\nload: {app.go: {rate: 20/s}}\n\
                 faults: [{at: 0s, for: 10s, crash: redis}]\n",
            ),
            (
                "deployment.yaml",
                "operations: operations.yaml\nprocesses: {app: {modules: [app], cores: 4}}\n\
                 caches: {redis: {holds: [kept], command: 1ms}}\n",
            ),
            ("operations.yaml", &operations),
        ]);
        let whole = &results.windows[0].operations;
        whole.iter().find(|it| it.name.name == "app.go").expect("it is there").failed_share.mean
    };
    for step in [
        "get: {cache: kept, key: row, size: 2KiB, on-error: ?}",
        "set: {cache: kept, key: row, size: 2KiB, on-error: ?}",
        "delete: {cache: kept, key: row, on-error: ?}",
        "increment: {cache: kept, key: row, by: 2, on-error: ?}",
        "rank-update: {cache: kept, key: row, member: row, size: 32B, on-error: ?}",
        "rank-read: {cache: kept, key: row, top: 3, on-error: ?}",
        "cached: {cache: kept, key: row, on-miss: [], on-error: ?}",
        "lock-key: {cache: kept, key: row, ttl: 1s, on-error: ?, steps: []}",
    ] {
        assert_eq!((failed(step, "fail"), failed(step, "skip")), (1.0, 0.0), "{step}");
    }
}

/// A thousand entries of 1 KiB do not fit into 100 KiB. Whoever may be evicted makes room; where nobody may, writes fail.
#[test]
fn a_full_server_evicts_or_refuses_as_its_policy_says() {
    let refused = |policy: &str, ttl: &str| {
        let operations = format!(
            "modules: {{app: {{operations: {{go: [{{set: {{cache: kept, key: row, {ttl}size: 1KiB}}}}]}}}}}}\n\
             keys: {{row: {{count: 1000, popularity: uniform}}}}\n"
        );
        let deployment = format!(
            "operations: operations.yaml\nprocesses: {{app: {{modules: [app], cores: 4}}}}\n\
             caches: {{redis: {{holds: [kept], command: 20us, memory: 100KiB, policy: {policy}}}}}\n"
        );
        let scenario =
            "deployment: deployment.yaml\nduration: 60s\nreplications: 1\nload: {app.go: {rate: 100/s}}\n";
        let results = rehearse(&[
            ("scenario.yaml", scenario),
            ("deployment.yaml", &deployment),
            ("operations.yaml", &operations),
        ]);
        let go =
            results.windows[0].operations.iter().find(|it| it.name.name == "app.go").expect("it is there");
        let share = go.causes.iter().find(|(cause, _)| *cause == Cause::OutOfMemory);
        share.map_or(0.0, |(_, share)| share.mean) > 0.5
    };
    for policy in ["allkeys-lru", "allkeys-lfu", "allkeys-random"] {
        assert!(!refused(policy, "") && !refused(policy, "ttl: 1h, "), "{policy}");
    }
    for policy in ["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"] {
        assert!(refused(policy, "") && !refused(policy, "ttl: 1h, "), "{policy}");
    }
    assert!(refused("noeviction", "") && refused("noeviction", "ttl: 1h, "));
}
