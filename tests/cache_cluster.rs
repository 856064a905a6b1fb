//! Masters that share the keys of a cache: what they serve, and what becomes of the keys of one that is gone. Worked out
//! by hand.

#[path = "support/rehearse.rs"]
mod rehearse;

use brownout::experiment::{OperationResults, Results, TimelineResult};
use brownout::record::{Cause, HappeningKind};
use rehearse::rehearse;

const OPERATIONS: &str = "
modules:
  app:
    operations:
      get: [{get: {cache: kept, key: row}}]
      one: [{get: {cache: kept}}]
      aside: [{cached: {cache: kept, key: ten, ttl: 1h, on-miss: [{effect: missed}]}}]
      count: [{increment: {cache: kept, limit: 4000}}, {effect: counted}]
keys: {row: {count: 100000, popularity: uniform}, ten: {count: 10, popularity: uniform}}
";

/// Runs ten minutes of a load; a fault begins at the third minute.
fn run(load_of: (&str, &str), cache: &str, fault: &str, windows: &str, replications: u32) -> Results {
    let (operation, how) = load_of;
    let deployment = format!(
        "operations: operations.yaml\nprocesses: {{app: {{modules: [app], cores: 4, style: event-loop}}}}\n\
         caches: {{redis: {{holds: [kept], {cache}}}}}\n"
    );
    let scenario = format!(
        "deployment: deployment.yaml\nduration: 10m\nreplications: {replications}\nload: {{{operation}: {{{how}}}}}\n\
         faults: [{{at: 3m, {fault}}}]\nwindows: {{{windows}}}\nrecovery: {{from: 8m}}\n"
    );
    rehearse(&[
        ("scenario.yaml", &scenario),
        ("deployment.yaml", &deployment),
        ("operations.yaml", OPERATIONS),
    ])
}

fn operation<'r>(results: &'r Results, window: &str) -> &'r OperationResults {
    let window = results.windows.iter().find(|it| it.name == window).expect("the window is there");
    window.operations.iter().find(|it| it.name.name.starts_with("app.")).expect("the operation is there")
}

/// Before the fault; until the first master can be suspected; the rest of the fault; after it.
const WINDOWS: &str = "before: {from: 0s, to: 3m}, suspected: {from: 180s, to: 195s}, \
                       later: {from: 205s, to: 480s}, after: {from: 490s, to: 10m}, fault: {from: 3m, to: 8m}";

fn faulty(cluster: &str, fault: &str, replications: u32) -> Results {
    let cache = format!("command: 100us, cluster: {{{cluster}}}");
    run(("app.get", "rate: 50/s"), &cache, fault, WINDOWS, replications)
}

/// The share of a window's requests that failed for a cause.
fn failed(results: &Results, window: &str, cause: Cause) -> f64 {
    let causes = &operation(results, window).causes;
    causes.iter().find(|(of, _)| *of == cause).map_or(0.0, |(_, share)| share.mean)
}

fn failed_over(results: &Results) -> Option<&TimelineResult> {
    results.timeline.iter().find(|entry| entry.kind == HappeningKind::FailedOver)
}

fn effect(results: &Results, name: &str) -> f64 {
    results.effects.iter().find(|it| it.name == name).expect("it is counted").count.mean
}

#[track_caller]
fn is_about(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{value} is not {expected} ± {tolerance}");
}

/// Both of the others have to suspect it: 15 s and the larger of two times of up to 7.5 s, 5 s on average. Then up to
/// 0.6 s for the reports, 0.5 to 1 s before the election, and 0.1 s: 21.15 s on average, 15.6 to 24.2 s at most.
#[test]
fn a_replica_takes_over_after_suspicion_majority_and_election() {
    let results = faulty("masters: 3, replicas: 1", "for: 5m, crash: redis, masters: 1", 60);
    let entry = failed_over(&results).expect("it is told");
    assert_eq!((entry.subject.as_str(), entry.runs), ("redis", 60));
    assert!(entry.first_s >= 195.6 && entry.last_s <= 204.2, "{entry:?}");
    // Its keys alone until then, a third; and all others while it has failed and nobody serves: 0.85 s.
    let third = 5_461.0 / 16_384.0;
    is_about(failed(&results, "suspected", Cause::Unavailable), third, 0.01);
    is_about(failed(&results, "suspected", Cause::Error), 0.0, 1e-9);
    is_about(failed(&results, "fault", Cause::Unavailable), third * 21.15 / 300.0, third * 0.8 / 300.0);
    is_about(failed(&results, "fault", Cause::Error), (1.0 - third) * 0.85 / 300.0, 0.06 / 300.0);
    is_about(operation(&results, "later").failed_share.mean, 0.0, 1e-9);
    is_about(operation(&results, "after").failed_share.mean, 0.0, 1e-9);
}

#[test]
fn without_full_coverage_the_other_masters_go_on() {
    let cluster = "masters: 3, replicas: 1, require-full-coverage: false, node-timeout: 5s, reports: 0s";
    let results = faulty(cluster, "for: 5m, crash: redis, masters: 1", 20);
    let entry = failed_over(&results).expect("it is told");
    assert!(entry.first_s >= 185.6 && entry.last_s <= 188.6, "{entry:?}");
    is_about(failed(&results, "fault", Cause::Error), 0.0, 1e-9);
    is_about(failed(&results, "fault", Cause::Unavailable), (5.0 + 5.0 / 3.0 + 0.85) / 900.0, 0.4 / 900.0);
}

/// A third has no master for the rest of the outage: all keys are refused, or those alone.
#[test]
fn without_replicas_its_slots_stay_uncovered() {
    let results = faulty("masters: 3", "for: 5m, crash: redis, masters: 1", 4);
    assert!(failed_over(&results).is_none());
    is_about(failed(&results, "later", Cause::Error), 2.0 / 3.0, 0.02);
    is_about(failed(&results, "later", Cause::Unavailable), 1.0 / 3.0, 0.02);
    is_about(operation(&results, "after").failed_share.mean, 0.0, 1e-9);
    let results = faulty("masters: 3, require-full-coverage: false", "for: 5m, crash: redis, masters: 1", 4);
    is_about(failed(&results, "later", Cause::Error), 0.0, 1e-9);
    is_about(failed(&results, "later", Cause::Unavailable), 1.0 / 3.0, 0.02);
}

/// Two of three are no majority's choice: nobody takes over, and the last one refuses, whatever `require-full-coverage`
/// says. It goes on refusing for 5 s when they are back.
#[test]
fn a_minority_neither_votes_nor_serves() {
    let cluster = "masters: 3, replicas: 2, require-full-coverage: false";
    let results = faulty(cluster, "for: 5m, crash: redis, masters: 2", 4);
    assert!(failed_over(&results).is_none());
    is_about(failed(&results, "suspected", Cause::Error), 0.0, 1e-9);
    is_about(failed(&results, "later", Cause::Error), 1.0 / 3.0, 0.02);
    is_about(failed(&results, "later", Cause::Unavailable), 2.0 / 3.0, 0.02);
    is_about(operation(&results, "after").failed_share.mean, 0.0, 1e-9);
    // Of five, two may go.
    let results = faulty("masters: 5, replicas: 1", "for: 5m, crash: redis, masters: 2", 4);
    let entry = failed_over(&results).expect("it is told");
    assert_eq!(entry.runs, 4);
    is_about(operation(&results, "later").failed_share.mean, 0.0, 1e-9);
}

#[test]
fn one_master_of_one_and_one_of_two_have_no_successor() {
    for (masters, share) in [(1, 1.0), (2, 0.5)] {
        let cluster = format!("masters: {masters}, replicas: 1, require-full-coverage: false");
        let results = faulty(&cluster, "for: 5m, crash: redis, masters: 1", 4);
        assert!(failed_over(&results).is_none());
        is_about(failed(&results, "suspected", Cause::Unavailable), share, 0.03);
        is_about(operation(&results, "later").failed_share.mean, 1.0, 1e-9);
        is_about(operation(&results, "after").failed_share.mean, 0.0, 1e-9);
    }
}

/// It is back 7.6 s after it went: it has failed by then, after 5 s and up to 2.5 s more, and the election goes on
/// whether it is back or not. Nothing is lost: the replica has everything, and so has its file.
#[test]
fn a_master_that_comes_back_too_late_is_replaced_all_the_same() {
    let cache = "command: 100us, persistence: {aof: {}}, load-per-gibibyte: 0s, \
                 cluster: {masters: 3, replicas: 1, node-timeout: 5s, reports: 0s}";
    let fault = "for: 7600ms, crash: redis, masters: 1";
    let results = run(("app.aside", "rate: 50/s"), cache, fault, WINDOWS, 12);
    let entry = failed_over(&results).expect("it is told");
    assert_eq!(entry.runs, 12);
    assert!(entry.first_s >= 185.6 && entry.last_s > 187.6 && entry.last_s <= 188.6, "{entry:?}");
    is_about(effect(&results, "missed"), 10.0, 1e-9);
    is_about(operation(&results, "after").failed_share.mean, 0.0, 1e-9);
    // One that is back before a majority suspects it is not replaced.
    let results =
        run(("app.aside", "rate: 50/s"), cache, "for: 4900ms, crash: redis, masters: 1", WINDOWS, 12);
    assert!(failed_over(&results).is_none());
}

/// A counter goes to 4,000 and refuses then. At the crash, it stands near 3,600 at 20 a second; the replica has it as it was
/// 10 s before: 200 are counted twice. The key is the first master's: CRC16 of `kept` is of slot 284.
#[test]
fn what_had_not_reached_the_replica_is_lost() {
    let cluster =
        |lag: &str| format!("command: 100us, replication-lag: {lag}, cluster: {{masters: 3, replicas: 1}}");
    let counted = |lag: &str| {
        let fault = "for: 5m, crash: redis, masters: 1";
        effect(&run(("app.count", "rate: 20/s"), &cluster(lag), fault, WINDOWS, 5), "counted")
    };
    is_about(counted("0s"), 4_000.0, 1e-9);
    is_about(counted("10s"), 4_200.0, 40.0);
}

/// Whoever asks a master that hangs waits for it, a third of all, and those that it did not answer in time fail.
#[test]
fn a_master_that_hangs_is_replaced_too() {
    let cache = "command: 100us, timeout: 1s, cluster: {masters: 3, replicas: 1}";
    let results = run(("app.get", "rate: 50/s"), cache, "for: 5m, hang: redis, masters: 1", WINDOWS, 8);
    let entry = failed_over(&results).expect("it is told");
    assert!(entry.first_s >= 195.6 && entry.last_s <= 204.2, "{entry:?}");
    is_about(failed(&results, "suspected", Cause::Timeout), 1.0 / 3.0, 0.03);
    is_about(operation(&results, "later").failed_share.mean, 0.0, 1e-9);
}

/// What is served a second by `masters` under 30 users who do not pause.
fn served(operation_of: &str, masters: &str) -> f64 {
    let cache = format!("command: {{exponential: {{mean: 10ms}}}}, {masters}");
    let fault = "for: 1s, errors: redis, share: 0%";
    let windows = "before: {from: 10s, to: 10m}";
    let load = (operation_of, "closed: {users: 30, think: 0s}");
    operation(&run(load, &cache, fault, windows, 4), "before").served_per_s.mean
}

/// A closed network of `n` equal queues of rate μ with `k` customers serves n·μ·k ÷ (k + n − 1) a second; a key that
/// everybody asks for keeps them all at one master.
#[test]
fn masters_share_uniform_keys_and_not_a_single_one() {
    is_about(served("app.get", ""), 100.0, 1.5);
    is_about(served("app.get", "cluster: {masters: 3, replicas: 1}"), 300.0 * 30.0 / 32.0, 4.0);
    is_about(served("app.get", "cluster: {masters: 6, replicas: 1}"), 600.0 * 30.0 / 35.0, 6.0);
    is_about(served("app.one", "cluster: {masters: 6, replicas: 1}"), 100.0, 1.5);
}

/// Reports take a minute, so a replica asks for votes 65.5 to 68.5 s after its master went silent. It does not stand if that
/// is more than `node-timeout` × (`replica-validity-factor` + 1) + 10 s: 65 s with 10, 70 s with 11; 0 is without a limit.
#[test]
fn a_replica_that_heard_from_its_master_too_long_ago_does_not_stand() {
    for (factor, stands) in [(10, false), (11, true), (0, true)] {
        let cluster = format!(
            "masters: 3, replicas: 1, node-timeout: 5s, reports: 60s, replica-validity-factor: {factor}"
        );
        let results = faulty(&cluster, "for: 5m, crash: redis, masters: 1", 4);
        assert_eq!(failed_over(&results).map(|entry| entry.runs), stands.then_some(4), "{factor}");
    }
}

#[test]
fn clients_ask_the_new_master_once_they_have_found_it() {
    let first = |discovery: &str| {
        let cache = format!("command: 100us, cluster: {{masters: 3, replicas: 1, discovery: {discovery}}}");
        let results = run(("app.get", "rate: 50/s"), &cache, "for: 5m, crash: redis, masters: 1", WINDOWS, 4);
        failed_over(&results).expect("it is told").first_s
    };
    is_about(first("5100ms") - first("100ms"), 5.0, 1e-6);
}
