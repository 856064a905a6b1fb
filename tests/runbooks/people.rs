//! When people take a step, and whether it works.

use brownout::experiment::Warning;
use brownout::record::HappeningKind;

use super::system::{WATCHED, happened, is_about, run_text};

fn steps(replications: u32, runbook: &str) -> brownout::experiment::Results {
    run_text(&format!(
        "deployment: deployment.yaml\nduration: 1h\nreplications: {replications}\n\
         load: {{web.page: {{deterministic: {{rate: 1/m}}}}}}\nrunbook:\n{runbook}\n"
    ))
}

#[test]
fn a_step_that_works_half_the_time_is_followed_by_another_half_the_time() {
    let results = steps(
        400,
        "  - {name: a, when: {at: 1m}, works: 50%, otherwise: b}
  - {name: b, people: 1m}
  - {name: c, when: {after: a}}
  - {name: d, when: {failed: a}}",
    );
    let runs = |kind, subject| f64::from(happened(&results, kind, subject).runs);
    // 400 fair coins: four standard deviations are 40.
    let worked = runs(HappeningKind::StepDone, "a");
    is_about(worked, 200.0, 40.0);
    is_about(runs(HappeningKind::StepFailed, "a"), 400.0 - worked, 0.0);
    is_about(runs(HappeningKind::StepDone, "b"), 400.0 - worked, 0.0);
    is_about(runs(HappeningKind::StepDone, "d"), 400.0 - worked, 0.0);
    is_about(runs(HappeningKind::StepDone, "c"), worked, 0.0);
    is_about(happened(&results, HappeningKind::StepDone, "b").median_s, 120.0, 0.0);
}

#[test]
fn a_condition_has_to_hold_and_nobody_has_to_be_told() {
    let run = |alerts: &str| {
        run_text(&format!(
            "deployment: deployment.yaml\nduration: 10m\nreplications: 4\n{alerts}\n\
             load: {{web.page: {{deterministic: {{rate: 1/s}}}}}}\n\
             faults: [{{at: 1m, for: 30s, crash: redis}}, {{at: 4m, for: 5m, crash: redis}}]\n\
             runbook:\n  - {{name: brief, when: {{condition: {{expr: redis_up == 0}}}}}}\n\
             \x20 - {{name: lasting, when: {{condition: {{expr: redis_up == 0, for: 1m}}}}, people: 10s}}\n\
             \x20 - {{name: never, when: {{condition: {{expr: redis_up == 2}}}}}}\n"
        ))
    };
    // The first outage is over before it has held for a minute; scrapes and evaluations are 10 s apart.
    let watched = run(&WATCHED.replace('}', ", evaluation-interval: 10s}"));
    is_about(happened(&watched, HappeningKind::StepDone, "brief").median_s, 70.0, 10.0);
    let lasting = happened(&watched, HappeningKind::StepBegan, "lasting");
    is_about(lasting.first_s, 310.0, 10.0);
    is_about(happened(&watched, HappeningKind::StepDone, "lasting").first_s, lasting.first_s + 10.0, 1e-6);
    let is_it = |subject: &str| watched.timeline.iter().any(|it| it.subject.contains(subject));
    assert!(!is_it("never") && !is_it("redis_up"), "{:?}", watched.timeline);
    assert_eq!(watched.alerts.len(), 2);
    // Without rules, somebody looks every minute.
    let alone = run("");
    is_about(happened(&alone, HappeningKind::StepBegan, "lasting").median_s, 360.0, 60.0);
    assert!(alone.alerts.is_empty());
}

#[test]
fn a_change_of_one_step_leaves_the_others_as_they_were() {
    let times = |first: &str| {
        let text = format!(
            "  - {{name: a, when: {{at: 1m}}, people: {first}}}
  - {{name: b, when: {{at: 1m}}, people: {{exponential: {{mean: 5m}}}}}}"
        );
        let results = steps(40, &text);
        let of = happened(&results, HappeningKind::StepDone, "b");
        (of.first_s, of.median_s, of.last_s)
    };
    let exponential = times("{exponential: {mean: 5m}}");
    assert_eq!(exponential, times("2m"));
    // The median of 40 exponential times: 5 min × ln 2, within about four of its standard deviations of 0.8 min.
    is_about(exponential.1, 60.0 + 300.0 * std::f64::consts::LN_2, 190.0);
}

#[test]
fn a_fault_follows_when_people_have_ended_the_one_before() {
    let run = |restart: &str| {
        run_text(&format!(
            "deployment: deployment.yaml\nduration: 20m\nreplications: 20\n\
             load: {{web.page: {{deterministic: {{rate: 1/m}}}}}}\n\
             faults:\n\
             \x20 - {{name: outage, at: 1m, crash: redis}}\n\
             \x20 - {{name: flood, after: outage, at: 30s, for: 2m, slow: bank, factor: 3}}\n\
             \x20 - {{name: last, after: flood, crash: mysql}}\n\
             runbook:\n{restart}\n"
        ))
    };
    let results =
        run("  - {name: restart, when: {at: 2m}, people: {uniform: {from: 1m, to: 9m}}, works: 50%, \
                       do: {restart: {component: redis}}}");
    let of = |kind, subject| happened(&results, kind, subject);
    let ended = of(HappeningKind::FaultEnded, "outage");
    let (flood, over) = (of(HappeningKind::FaultBegan, "flood"), of(HappeningKind::FaultEnded, "flood"));
    let last = of(HappeningKind::FaultBegan, "last");
    // In about half of the runs it works, at another time in each.
    assert!((1..20).contains(&ended.runs), "{ended:?}");
    assert!(ended.last_s > ended.first_s + 30.0, "{ended:?}");
    for (it, later_s) in [(flood, 30.0), (over, 150.0), (last, 150.0)] {
        assert_eq!(it.runs, ended.runs);
        is_about(it.first_s, ended.first_s + later_s, 1e-6);
        is_about(it.last_s, ended.last_s + later_s, 1e-6);
    }
    // In the others it never begins, and that is said.
    let never = |fault: &str, after: &str, runs| Warning::NeverBegan {
        fault: fault.to_owned(),
        after: after.to_owned(),
        runs,
    };
    let failed = 20 - ended.runs;
    for warning in [never("flood", "outage", failed), never("last", "flood", failed)] {
        assert!(results.warnings.contains(&warning), "{:?}", results.warnings);
    }
    // Where nobody can end it, it begins in none; `check` tells it before, see tests/files/invalid/faults.yaml.
    let alone = run("  - {name: look, when: {at: 2m}}");
    assert!(alone.warnings.contains(&never("flood", "outage", 20)), "{:?}", alone.warnings);
}
