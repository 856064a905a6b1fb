//! What people do about caches, and what operations do without one.

use brownout::experiment::Results;
use brownout::record::{Cause, HappeningKind};

use super::system::{
    DEPLOYMENT, WATCHED, effect, happened, is_about, operation, run, run_on, run_text, share, station,
};

const WINDOWS: &str = "windows: {before: {from: 1m, to: 3m}, gone: {from: 3m, to: 5m}, helped: {from: 5m, to: 7m}, \
                       after: {from: 7m, to: 10m}}";

#[test]
fn a_bypass_moves_the_load_to_the_database() {
    let calm = run("db.aside", WINDOWS);
    // Ten keys, known after a while: the database sees nobody.
    is_about(station(&calm, "helped", "mysql").visits_per_s.mean, 0.0, 0.0);
    let runbook = "runbook: [{name: bypass, when: {at: 5m}, do: {bypass: redis}}, \
                   {name: restore, when: {at: 7m}, do: {restore: redis}}]";
    let faults = "faults: [{at: 3m, crash: redis}]";
    let results = run("db.aside", &format!("{faults}\n{WINDOWS}\n{runbook}"));
    is_about(share(&results, "gone", "db.aside", Cause::Unavailable), 1.0, 0.001);
    is_about(share(&results, "helped", "db.aside", Cause::Unavailable), 0.0, 0.001);
    is_about(share(&results, "after", "db.aside", Cause::Unavailable), 1.0, 0.001);
    // Each request asks the database: 20 a second.
    is_about(station(&results, "helped", "mysql").visits_per_s.mean, 20.0, 0.01);
    // Ten keys at first, and 20/s × 120 s.
    is_about(effect(&results, "missed"), 10.0 + 2_400.0, 1.0);
}

#[test]
fn nothing_is_stored_while_a_cache_is_bypassed() {
    let runbook = "runbook: [{name: bypass, when: {at: 0s}, do: {bypass: aside}}, \
                   {name: restore, when: {at: 5m}, do: {restore: aside}}]";
    let results = run("db.aside", &format!("{WINDOWS}\n{runbook}"));
    // 20/s × 300 s without the cache, and then ten keys that it does not know.
    is_about(effect(&results, "missed"), 6_000.0 + 10.0, 1.0);
}

#[test]
fn commands_of_a_bypassed_cache_do_what_they_do_on_an_error() {
    let runbook = "runbook: [{name: bypass, when: {at: 5m}, do: {bypass: redis}}]";
    let about = format!("{WINDOWS}\n{runbook}");
    let (kept, loose) = (run("db.kept", &about), run("db.loose", &about));
    is_about(share(&kept, "after", "db.kept", Cause::Unavailable), 1.0, 0.0);
    is_about(operation(&loose, "after", "db.loose").failed_share.mean, 0.0, 0.0);
    is_about(station(&loose, "after", "redis").visits_per_s.mean, 0.0, 0.0);
}

#[test]
fn whoever_skips_errors_goes_on_without_its_cache() {
    let about = format!("faults: [{{at: 3m, for: 2m, crash: redis}}]\n{WINDOWS}");
    for name in ["db.lenient", "db.loose", "db.count", "db.guarded"] {
        let results = run(name, &about);
        // Of what is in the loop at the moment of the crash, nothing is lost either.
        let causes = &operation(&results, "gone", name).causes;
        let failed =
            causes.iter().filter(|(cause, _)| *cause != Cause::Declined).map(|(_, share)| share.mean);
        is_about(failed.sum::<f64>(), 0.0, 0.0);
    }
    let results = run("db.lenient", &about);
    // Ten keys, every request of the two minutes, and ten keys that are lost.
    is_about(effect(&results, "missed"), 10.0 + 2_400.0 + 10.0, 1.0);
    // The limit of a hundred is an answer, and the counter is lost.
    let results = run("db.count", &about);
    is_about(share(&results, "before", "db.count", Cause::Declined), 1.0, 0.001);
    is_about(share(&results, "gone", "db.count", Cause::Declined), 0.0, 0.0);
    // A lock that cannot be taken is not waited for: everybody runs.
    is_about(effect(&run("db.guarded", &about), "guarded"), 12_000.0, 1.0);
}

#[test]
fn a_cache_is_cold_after_its_restart_and_whoever_waits_for_it_goes_on() {
    let runbook = "runbook:
  - {name: restart, when: {at: 5m}, do: {restart: {component: redis, takes: 30s}}}
  - {name: look, when: {recovered: redis}}";
    let results = run("db.aside", &format!("{WINDOWS}\n{runbook}"));
    // Down for 30 s of the two minutes; ten keys are missed before, and ten after.
    is_about(share(&results, "helped", "db.aside", Cause::Unavailable), 30.0 / 120.0, 0.001);
    is_about(effect(&results, "missed"), 20.0, 0.0);
    is_about(happened(&results, HappeningKind::StepDone, "look").median_s, 330.0, 0.0);
}

#[test]
fn a_restart_ends_a_crash_that_has_no_end_of_its_own() {
    let runbook = "runbook: [{name: restart, when: {at: 5m}, do: {restart: {component: redis, takes: 0s}}}]";
    let results =
        run("db.kept", &format!("faults: [{{name: gone, at: 3m, crash: redis}}]\n{WINDOWS}\n{runbook}"));
    is_about(share(&results, "gone", "db.kept", Cause::Unavailable), 1.0, 0.001);
    is_about(operation(&results, "helped", "db.kept").failed_share.mean, 0.0, 0.001);
    is_about(happened(&results, HappeningKind::FaultEnded, "gone").median_s, 300.0, 0.0);
}

#[test]
fn a_cache_is_warmed_at_the_rate_that_is_written() {
    // Hardly anybody asks for anything: two hundred keys are looked up in twenty seconds.
    let runbook = "runbook:
  - {name: restart, when: {at: 5m}, do: {restart: {component: redis, takes: 0s}}}
  - {name: warm, when: {after: restart}, people: 1m, do: {warm: {cache: aside, rate: 10/s, entries: 200}}}";
    let results = run_text(&format!(
        "deployment: deployment.yaml\nduration: 10m\nreplications: 5\n\
         load: {{db.loose: {{deterministic: {{rate: 1/s}}}}, db.aside: {{deterministic: {{rate: 1/h}}}}}}\n{WINDOWS}\n{runbook}"
    ));
    // Every one of the ten keys is missed once: that all are among 200 draws is all but sure (10 × 0.9²⁰⁰ < 1e-8).
    is_about(effect(&results, "missed"), 10.0, 0.0);
    let warmed = operation(&results, "helped", "warm aside");
    is_about(warmed.offered_per_s.mean, 200.0 / 120.0, 0.001);
}

#[test]
fn the_whole_way_from_an_alert_to_its_end() {
    let runbook = "people: {detect: 30s, identify: 20s, isolate: 10s, recover: 1m}
runbook:
  - {name: bypass, when: {alert: CacheDown}, phase: isolate, do: {bypass: redis}}
  - {name: restart, when: {after: bypass}, phase: recover, do: {restart: {component: redis, takes: 10s}}}
  - {name: restore, when: {recovered: redis}, do: {restore: redis}}
  - {name: close, when: {resolved: CacheDown}}";
    let about = format!("{WATCHED}\nfaults: [{{at: 3m, crash: redis}}]\n{WINDOWS}\n{runbook}");
    let results = run("db.aside", &about);
    // In every run: told, 30 s to take it on, 20 s to understand it, 10 s to bypass, a minute to restart it.
    let at = |kind, subject| happened(&results, kind, subject).first_s;
    let told = at(HappeningKind::Notified, "CacheDown");
    assert!((180.0..=200.0).contains(&told), "{told}");
    is_about(at(HappeningKind::Acknowledged, "CacheDown"), told + 30.0, 1e-6);
    is_about(at(HappeningKind::StepBegan, "bypass"), told + 30.0, 1e-6);
    is_about(at(HappeningKind::StepDone, "bypass"), told + 60.0, 1e-6);
    is_about(at(HappeningKind::StepDone, "restart"), told + 120.0, 1e-6);
    is_about(at(HappeningKind::StepDone, "restore"), told + 130.0, 1e-6);
    let resolved = at(HappeningKind::AlertResolved, "CacheDown");
    assert!((told + 130.0..=told + 150.0).contains(&resolved), "{resolved}");
    is_about(at(HappeningKind::StepDone, "close"), resolved, 1e-6);
    is_about(operation(&results, "after", "db.aside").failed_share.mean, 0.0, 0.0);
}

#[test]
fn a_replica_is_promoted_by_hand_with_what_it_has() {
    let deployment = DEPLOYMENT.replace("command: 1ms", "command: 1ms, replicas: 1, replication-lag: 1ms");
    let results = run_on(
        &deployment,
        &format!(
            "deployment: deployment.yaml\nduration: 10m\nreplications: 5\n\
             load: {{db.aside: {{deterministic: {{rate: 20/s}}}}}}\nfaults: [{{at: 3m, crash: redis}}]\n{WINDOWS}\nrunbook:
  - {{name: promote, when: {{at: 5m}}, do: {{fail-over: redis}}}}
  - {{name: look, when: {{recovered: redis}}}}
  - {{name: again, when: {{at: 6m}}, do: {{fail-over: redis}}}}"
        ),
    );
    is_about(share(&results, "gone", "db.aside", Cause::Unavailable), 1.0, 0.001);
    is_about(operation(&results, "helped", "db.aside").failed_share.mean, 0.0, 0.001);
    // The replica has what the cache had: ten keys are missed at first, and never again.
    is_about(effect(&results, "missed"), 10.0, 0.0);
    is_about(happened(&results, HappeningKind::StepDone, "look").median_s, 300.0, 0.0);
    // There is no second replica.
    is_about(happened(&results, HappeningKind::StepFailed, "again").median_s, 360.0, 0.0);
}

/// Runs the load of `run` on [`DEPLOYMENT`] with a second cache server.
fn switched(standby: &str, operation: &str, about: &str) -> Results {
    let own = "caches: {redis: {holds: [kept, aside], command: 1ms}}";
    let both = format!(
        "caches: {{redis: {{holds: [kept, aside], command: 1ms}}, spare: {{holds: [], command: 2ms, {standby}}}}}"
    );
    assert!(DEPLOYMENT.contains(own));
    run_on(
        &DEPLOYMENT.replace(own, &both),
        &format!(
            "deployment: deployment.yaml\nduration: 10m\nreplications: 5\n\
             load: {{{operation}: {{deterministic: {{rate: 20/s}}}}}}\n{about}\n"
        ),
    )
}

const SWITCH: &str = "runbook: [{name: switch, when: {at: 5m}, do: {switch: {cache: redis, to: spare}}}, \
                      {name: back, when: {at: 7m}, do: {switch: {cache: redis, to: redis}}}]";

#[test]
fn a_standby_takes_the_commands_and_is_empty() {
    let about = format!("faults: [{{at: 3m, for: 3m, crash: redis}}]\n{WINDOWS}\n{SWITCH}");
    let results = switched("", "db.aside", &about);
    is_about(share(&results, "gone", "db.aside", Cause::Unavailable), 1.0, 0.001);
    is_about(operation(&results, "helped", "db.aside").failed_share.mean, 0.0, 0.001);
    is_about(operation(&results, "after", "db.aside").failed_share.mean, 0.0, 0.001);
    // A look-up for each of 20 requests a second, and ten keys that are stored.
    let visits = |window, server| station(&results, window, server).visits_per_s.mean;
    is_about(visits("helped", "spare"), 20.0 + 10.0 / 120.0, 0.05);
    is_about(visits("helped", "redis") + visits("after", "spare"), 0.0, 0.01);
    // Ten keys that are not known at first, ten that the standby does not know, ten that are lost with the crash.
    is_about(effect(&results, "missed"), 30.0, 0.0);
}

/// What is known is what the replica had: all ten keys, and nothing has to be found again.
#[test]
fn a_standby_that_is_a_replica_has_what_it_copied() {
    let about = format!("faults: [{{at: 3m, for: 3m, crash: redis}}]\n{WINDOWS}\n{SWITCH}");
    let results = switched("replica-of: redis", "db.aside", &about);
    is_about(operation(&results, "helped", "db.aside").failed_share.mean, 0.0, 0.001);
    // The ten that are lost with the crash are missed when Redis is asked again.
    is_about(effect(&results, "missed"), 20.0, 0.0);
    // What was written in the four minutes before the crash has not reached it.
    let late = switched("replica-of: redis, replication-lag: 4m", "db.aside", &about);
    is_about(effect(&late, "missed"), 30.0, 0.0);
}

/// A counter is at its limit of a hundred when it is left; the standby begins anew, and the first one goes on.
#[test]
fn each_server_keeps_what_it_has() {
    let results = switched("", "db.count", &format!("{WINDOWS}\n{SWITCH}"));
    is_about(share(&results, "gone", "db.count", Cause::Declined), 1.0, 0.001);
    is_about(share(&results, "helped", "db.count", Cause::Declined), 1.0 - 100.0 / 2_400.0, 0.001);
    is_about(share(&results, "after", "db.count", Cause::Declined), 1.0, 0.001);
}

/// A cluster takes the keys of one server: all three loops have work, and everything is found again once.
#[test]
fn a_standby_may_be_a_cluster() {
    let spare = "cluster: {masters: 3, replicas: 1}";
    let results = switched(spare, "db.aside", &format!("{WINDOWS}\n{SWITCH}"));
    is_about(effect(&results, "missed"), 20.0, 0.0);
    let window = results.windows.iter().find(|window| window.name == "helped").expect("the window");
    let loops = window.stations.iter().filter(|station| station.name.component == "spare");
    let visits: Vec<f64> = loops.map(|station| station.visits_per_s.mean).collect();
    assert_eq!(visits.len(), 3);
    is_about(visits.iter().sum(), 20.0 + 10.0 / 120.0, 0.05);
    assert!(visits.iter().all(|visits| *visits > 2.0), "{visits:?}");
}
