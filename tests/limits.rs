//! What keeps a run from taking the machine with it: whole scenarios that would grow without end.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use brownout::experiment::{Options, Warning, replicate, run_once};
use brownout::record::{Ending, RunRecord};
use brownout::scenario::{Overrides, Plan, load};
use brownout::units::{Instant, Span};

const OPERATIONS: &str = "
modules:
  m:
    operations:
      cached: [{cached: {cache: c, key: row, ttl: 24h, on-miss: []}}]
      once: [{once: {key: row, remember: 24h}}]
      ranked: [{rank-update: {cache: c, member: row}}]
      counted: [{increment: {cache: c, key: row}}]
      taken: [{take: {stock: coupon, key: row}}]
      endless: [{repeat: {times: 1000000, steps: [{repeat: {times: 1000000, steps: [{effect: done}]}}]}}]
      slow: [{delay: 24h}]
      work: [{cpu: {exponential: {mean: 10ms}}}]
      published: [{publish: {topic: t}}]
      consumed: []
keys: {row: {count: 1000000000000, popularity: uniform}}
stocks: {coupon: {amount: 1}}
";
const DEPLOYMENT: &str = "
operations: operations.yaml
processes: {p: {modules: [m], cores: 1, style: event-loop}}
caches: {redis: {holds: [c], command: 0s}}
logs:
  kafka:
    append: 0s
    producer: {linger: 0s}
    topics: {t: {partitions: 1, consumers: {group: g, operation: m.consumed, auto-commit-interval: 1d}}}
";

fn plan(scenario: &str) -> Plan {
    let files = |path: &Path| match path.file_name().and_then(|name| name.to_str()) {
        Some("operations.yaml") => Ok(OPERATIONS.into()),
        Some("deployment.yaml") => Ok(DEPLOYMENT.into()),
        _ => Ok(format!("deployment: deployment.yaml\n{scenario}").into_bytes()),
    };
    let loaded = load(Path::new("scenario.yaml"), &Overrides::default(), &files);
    assert!(loaded.plan.is_some(), "{:#?}", loaded.diagnostics);
    loaded.plan.expect("a plan")
}

fn run(scenario: &str) -> RunRecord {
    run_once(&plan(scenario), Span::ZERO, 0).expect("the books balance")
}

#[test]
fn what_stays_has_a_limit_of_all_together() {
    // A second brings a thousand keys, and no two of them are the same.
    // So does one with as many records of which none is committed.
    for operation in ["cached", "once", "ranked", "counted", "taken", "published"] {
        let load = format!("duration: 60s\nload: {{m.{operation}: {{deterministic: {{rate: 1000/s}}}}}}\n");
        let Ending::EntryLimit(at) = run(&format!("{load}limits: {{entries: 2000}}")).ending else {
            panic!("{operation} grows without end");
        };
        let until = at.since(Instant::START).as_secs_f64();
        assert!((1.9..2.2).contains(&until), "{operation}: {until}");
        assert_eq!(
            run(&format!("{load}limits: {{entries: 200000}}")).ending,
            Ending::Completed,
            "{operation}"
        );
    }
    let both = "duration: 60s
load: {m.cached: {deterministic: {rate: 1000/s}}, m.once: {deterministic: {rate: 1000/s}}}
limits: {entries: 2000}";
    let Ending::EntryLimit(at) = run(both).ending else { panic!("it grows without end") };
    assert!((0.9..1.1).contains(&at.since(Instant::START).as_secs_f64()), "{at:?}");
}

#[test]
fn a_loop_without_time_ends_and_is_told_before_anything_else() {
    let plan = plan("duration: 10s\nreplications: 2\nload: {m.endless: {deterministic: {rate: 1/s}}}");
    let stop = AtomicBool::new(false);
    let results = replicate(&plan, &Options::default(), &|_| {}, &stop).expect("results");
    let warned = results
        .warnings
        .iter()
        .any(|warning| matches!(warning, Warning::LimitReached { runs: 2, limit: "at-once", .. }));
    assert!(warned, "{:?}", results.warnings);
    let summary = brownout::report::terminal::summary(&results, &Default::default());
    let told = summary.lines().nth(2).unwrap_or_default();
    assert!(told.contains("Cut short: 2 of 2 runs reached `limits: {at-once}`"), "{summary}");
    assert!(!summary.contains("Nothing is at its limit"), "{summary}");
}

#[test]
fn those_who_come_at_one_instant_stop_at_the_limit_in_flight() {
    let record = run(
        "duration: 10s\nload: {m.slow: {batches: {rate: 1/s, size: 1000000}}}\nlimits: {in-flight: 1000}",
    );
    assert!(matches!(record.ending, Ending::InFlightLimit(_)), "{:?}", record.ending);
    assert_eq!((record.in_flight_max, record.requests), (1_000, 1_001));
}

/// One core serves 100 a second. The instant from which more come is read off the stages.
#[test]
fn what_comes_faster_than_it_is_served_is_said_whenever_that_begins() {
    let said = |stages: &str| -> Option<f64> {
        let text = format!("duration: 10m\nreplications: 3\nload: {{m.work: {{stages: [{stages}]}}}}\n");
        let results = replicate(&plan(&text), &Options::default(), &|_| {}, &AtomicBool::new(false));
        results.expect("the books balance").warnings.iter().find_map(|warning| match warning {
            Warning::Growing { station, since_s, .. } if station == "p cores" => Some(*since_s),
            // It grew from the beginning.
            Warning::Unstable { station, .. } if station == "p cores" => Some(0.0),
            _ => None,
        })
    };
    for (stages, since) in [
        ("{hold: 10m, rate: 130/s}", 0.0),
        ("{hold: 3m, rate: 30/s}, {hold: 7m, rate: 300/s}", 180.0),
        ("{hold: 8m, rate: 30/s}, {hold: 2m, rate: 130/s}", 480.0),
        ("{hold: 1m, rate: 20/s}, {ramp-to: 200/s, over: 9m}", 300.0),
    ] {
        let said = said(stages).unwrap_or_else(|| panic!("nothing is said of {stages}"));
        assert!((said - since).abs() <= 20.0, "{stages}: from {said} s on");
    }
    for stages in [
        "{hold: 10m, rate: 80/s}",
        "{hold: 2m, rate: 300/s}, {hold: 8m, rate: 10/s}",
        "{hold: 2m, rate: 10/s}, {hold: 2m, rate: 300/s}, {hold: 6m, rate: 90/s}",
    ] {
        assert_eq!(said(stages), None, "{stages}");
    }
}

#[test]
fn a_surge_that_begins_late_is_not_waited_for() {
    // Fifty thousand million customers would come before it begins.
    let surge = "duration: 100.001s
load: {m.slow: {rate: 10/s}}
faults: [{at: 100s, for: 1ms, surge: all, factor: 50000001}]
limits: {in-flight: 20000}";
    let record = run(surge);
    let Ending::InFlightLimit(at) = record.ending else { panic!("{:?}", record.ending) };
    assert!((100.0..100.001).contains(&at.since(Instant::START).as_secs_f64()), "{at:?}");
}

#[test]
fn a_run_that_is_stopped_gives_nothing_even_before_its_first_event_is_over() {
    let plan = plan(
        "duration: 10s\nwarm-up: mser5\nload: {m.endless: {deterministic: {rate: 1/s}}}\nlimits: {at-once: 100000000000}",
    );
    let stop = AtomicBool::new(true);
    assert!(replicate(&plan, &Options::default(), &|_| {}, &stop).is_err());
}

#[test]
fn there_are_no_more_policies_than_there_are_numbers_for() {
    // 66 calls of a thousand replicas each: more than 16 bits can tell apart.
    let calls: Vec<String> = (0..66).map(|call| format!("far.do{call}")).collect();
    let all =
        |each: &dyn Fn(&str) -> String| calls.iter().map(|call| each(call)).collect::<Vec<_>>().join(", ");
    let far = (0..66).map(|call| format!("do{call}: []")).collect::<Vec<_>>().join(", ");
    let operations = format!(
        "modules: {{m: {{operations: {{go: [{}]}}}}, far: {{operations: {{{far}}}}}}}",
        all(&|call| format!("{{call: {call}}}")),
    );
    let mistakes = |policy: &str| -> Vec<String> {
        let deployment = format!(
            "{{operations: operations.yaml, processes: {{p: {{modules: [m], cores: 1, style: event-loop, replicas: 1000}}, \
             far: {{modules: [far], cores: 1, style: event-loop}}}}, calls: {{{}}}}}",
            all(&|call| format!("{call}: {{{policy}}}")),
        );
        let files = |path: &Path| match path.file_name().and_then(|name| name.to_str()) {
            Some("operations.yaml") => Ok(operations.clone().into_bytes()),
            Some("deployment.yaml") => Ok(deployment.clone().into_bytes()),
            _ => Ok(b"{deployment: deployment.yaml, duration: 1s, load: {m.go: {rate: 1/s}}}".to_vec()),
        };
        let loaded = load(Path::new("scenario.yaml"), &Overrides::default(), &files);
        loaded.diagnostics.into_iter().filter(|it| it.is_error()).map(|it| it.cause).collect()
    };
    for (policy, what) in [
        ("rate-limiter: {}", "rate limiters"),
        ("adaptive-throttling: {}", "throttles"),
        ("concurrency-limit: {aimd: {}}", "limits of concurrency"),
        ("retry: {budget: {aws-standard: {}}}", "retry budgets"),
        (
            "thread-pool-bulkhead: {core-thread-pool-size: 1, max-thread-pool-size: 1}",
            "pools of threads for calls",
        ),
    ] {
        assert_eq!(mistakes(policy), [format!("the system has 66000 {what}, more than 65000")]);
    }
    assert!(mistakes("max-concurrent-calls: 1").is_empty());
}
