//! Runs without the fault and without people: which alerts fire for nothing, and what that leaves as it was.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use brownout::experiment::{AlertResult, CalmAlert, Options, Results, replicate, watch_calm};
use brownout::report::csv::CSV_FILES;
use brownout::scenario::{Loaded, Overrides, load, render};

const OPERATIONS: &str = "
modules: {web: {operations: {page: [{cpu: {exponential: {mean: 10ms}}}, {get: {cache: pages, on-error: skip}}]}}}
";

const DEPLOYMENT: &str = "
operations: operations.yaml
processes: {web: {modules: [web], cores: 2}}
caches: {redis: {holds: [pages], command: 100us}}
";

/// What only the fault brings about, what is there in calm too, and what only chance brings about now and then.
const RULES: &str = "
groups:
  - name: all
    interval: 10s
    rules:
      - {alert: Down, expr: redis_up == 0}
      - {alert: Visited, expr: 'rate(http_server_requests_seconds_count[1m]) > 5', for: 30s}
      - {alert: Crowded, expr: 'rate(http_server_requests_seconds_count[30s]) > 53.5'}
      - {alert: Silent, expr: node_load1 > 0}
";

const ALERTMANAGER: &str = "
route: {receiver: people, group_by: [alertname], group_wait: 0s, repeat_interval: 4m, group_interval: 1m}
receivers: [{name: people, webhook_configs: [{url: 'http://example.org'}]}]
";

/// The parts of a scenario that differ.
struct About {
    faults: &'static str,
    alerts: &'static str,
    rest: &'static str,
}

const REDIS: About = About {
    faults: "faults: [{name: gone, at: 6m, for: 2m, crash: redis}]",
    alerts: "alertmanager: am.yaml, calm: 4, ",
    rest: "warm-up: {for: 2m}\nrunbook: [{name: stop, when: {alert: Visited}, do: {pause: web.page}}]",
};

fn loaded(about: &About, overrides: &Overrides) -> Loaded {
    let About { faults, alerts, rest } = about;
    let scenario = format!(
        "deployment: deployment.yaml\nduration: 12m\nreplications: 3\nseed: 7\n\
         load: {{web.page: {{rate: 50/s}}}}\n\
         alerts: {{rules: [rules.yaml], {alerts}scrape-interval: 10s, evaluation-interval: 10s}}\n{faults}\n{rest}\n"
    );
    load(Path::new("scenario.yaml"), overrides, &|path: &Path| {
        let text = match path.to_string_lossy().as_ref() {
            "scenario.yaml" => scenario.as_str(),
            "deployment.yaml" => DEPLOYMENT,
            "operations.yaml" => OPERATIONS,
            "rules.yaml" => RULES,
            "am.yaml" => ALERTMANAGER,
            _ => return Err("no such file".to_owned()),
        };
        Ok(text.as_bytes().to_vec())
    })
}

/// The results of a scenario, without runs in calm and with them.
#[track_caller]
fn results(about: &About, overrides: &Overrides) -> [Results; 2] {
    let loaded = loaded(about, overrides);
    let plan = loaded.plan.unwrap_or_else(|| panic!("{}", render(&loaded.diagnostics, false, 100)));
    let stop = AtomicBool::new(false);
    let without = replicate(&plan, &Options::default(), &|_| {}, &stop).expect("the books balance");
    let mut with = without.clone();
    watch_calm(&plan, &mut with, &|_| {}, &stop).expect("the books balance");
    [without, with]
}

fn alert<'r>(results: &'r Results, name: &str) -> &'r AlertResult {
    results.alerts.iter().find(|alert| alert.name == name).expect("the rule is there")
}

fn calm(results: &Results, name: &str) -> CalmAlert {
    alert(results, name).calm.expect("it was looked at")
}

#[test]
fn what_fires_in_calm_pages_for_nothing_and_what_only_the_fault_fires_does_not() {
    let [without, with] = results(&REDIS, &Overrides::default());
    let runs = with.calm.expect("there are runs in calm");
    assert_eq!((runs.runs, runs.planned, runs.notifies), (4, 4, true));
    assert!((runs.looked_at.as_secs_f64() - 4.0 * 600.0).abs() < 1e-6, "{runs:?}");
    // The fault is not there, so nothing fires; four times ten minutes leave 3.69 pages open.
    let down = calm(&with, "Down");
    assert_eq!((alert(&with, "Down").fired, down.fired, down.pages_per_day.mean), (3, 0, 0.0));
    let most = 3.688_879 / (2400.0 / 86_400.0);
    assert!((down.pages_per_day.high - most).abs() < 1e-3 * most, "{down:?}");
    // Nobody pauses the page, so this one fires all the time. It is told of in the warm-up, and again at the first look later
    // than four minutes after: every five minutes, two times in the ten.
    let visited = calm(&with, "Visited");
    assert_eq!(
        (visited.fired, visited.pages_per_day.mean),
        (4, 2.0 * 4.0 * 86_400.0 / 2400.0),
        "{visited:?}"
    );
    assert!(visited.pages_per_day.low < visited.pages_per_day.mean, "{visited:?}");
    // What can never fire has no rate.
    assert!(alert(&with, "Silent").calm.is_none());
    // What the incident came to is the same to the last byte, but for what alerts do in calm.
    assert_eq!(without.fingerprint, with.fingerprint);
    for file in CSV_FILES.iter().filter(|file| file.name != "alerts.csv") {
        assert_eq!((file.write)(&without), (file.write)(&with), "{}", file.name);
    }
    let fields = |results: &Results, name: &str| {
        let file = CSV_FILES.iter().find(|file| file.name == "alerts.csv").expect("it is written");
        let text = String::from_utf8((file.write)(results)).expect("it is text");
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let heads = lines.next().expect("headers");
        let row = lines.find(|row| row[0] == name).expect("a row");
        heads.into_iter().zip(row).partition::<Vec<_>, _>(|(head, _)| head.contains("calm"))
    };
    for name in ["Down", "Visited", "Crowded", "Silent"] {
        let (of_calm, others) = fields(&with, name);
        assert_eq!(others, fields(&without, name).1, "{name}");
        assert_eq!(of_calm.len(), 5, "{of_calm:?}");
        assert!(fields(&without, name).0.iter().all(|(_, value)| value.is_empty()));
    }
    assert_eq!(fields(&with, "Silent").0[1].1, "");
}

/// What chance brings about: fewer pages than runs, on other seeds others, and as many on any number of threads.
#[test]
fn false_pages_by_chance_do_not_depend_on_threads() {
    let many = Overrides { calm: Some(12), ..Overrides::default() };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| results(&REDIS, &many))[1].clone()
    };
    let (one, four) = (on(1), on(4));
    assert_eq!(one.calm, four.calm);
    for name in ["Down", "Visited", "Crowded"] {
        assert_eq!(calm(&one, name), calm(&four, name), "{name}");
    }
    let crowded = calm(&one, "Crowded");
    assert!((1..12).contains(&crowded.fired), "{crowded:?}");
    assert!(crowded.pages_per_day.low > 0.0 || crowded.pages_per_day.mean < 100.0, "{crowded:?}");
}

/// Until the fault the run in calm is the incident's: a rule fires in the one if it does in the other.
#[test]
fn runs_in_calm_are_those_of_the_incident_until_the_fault() {
    const LATE: About = About {
        faults: "faults: [{name: gone, at: 718s, for: 1s, crash: redis}]",
        alerts: "calm: 3, ",
        rest: "",
    };
    let [_, with] = results(&LATE, &Overrides::default());
    for name in ["Visited", "Crowded"] {
        assert_eq!(calm(&with, name).fired, alert(&with, name).before, "{name}: {:?}", with.timeline);
    }
    // Nobody is told, so what fires counts: once in a run.
    let visited = calm(&with, "Visited");
    assert_eq!((visited.fired, visited.pages_per_day.mean), (3, 86_400.0 / 720.0), "{visited:?}");
    assert!(!with.calm.expect("there are runs in calm").notifies);
}

#[test]
fn there_are_as_many_runs_in_calm_as_are_asked_for() {
    let planned = |about: &About, overrides: &Overrides| {
        let loaded = loaded(about, overrides);
        let told: Vec<String> = loaded.diagnostics.iter().map(|it| it.cause.clone()).collect();
        (loaded.plan.map(|plan| plan.calm), told)
    };
    let by_itself = About { alerts: "", rest: "", ..REDIS };
    let calm = |calm| Overrides { calm: Some(calm), ..Overrides::default() };
    let runs = |replications| Overrides { replications: Some(replications), ..Overrides::default() };
    assert_eq!(planned(&by_itself, &runs(1)).0, Some(1));
    assert_eq!(planned(&by_itself, &runs(8)).0, Some(2));
    assert_eq!(planned(&by_itself, &runs(9)).0, Some(3));
    assert_eq!(planned(&REDIS, &runs(40)).0, Some(4));
    assert_eq!(planned(&REDIS, &calm(0)).0, Some(0));
    assert_eq!(planned(&REDIS, &calm(9)).0, Some(9));
    let too_many = About { alerts: "calm: 10001, ", ..REDIS };
    let (plan, told) = planned(&too_many, &Overrides::default());
    assert!(plan.is_none() && told.iter().any(|it| it.contains("10001 runs in calm")), "{told:?}");
    // Without a fault there is nothing to leave out.
    let faultless = About { faults: "", alerts: "calm: 2, ", rest: "" };
    let (plan, told) = planned(&faultless, &Overrides::default());
    assert_eq!(plan, Some(0));
    assert!(told.iter().any(|it| it.contains("no fault to leave out")), "{told:?}");
    let (_, told) = planned(&About { alerts: "", ..faultless }, &calm(2));
    assert!(told.iter().any(|it| it.contains("no fault to leave out")), "{told:?}");
    let (_, told) = planned(&About { alerts: "", ..faultless }, &calm(0));
    assert!(!told.iter().any(|it| it.contains("no fault to leave out")), "{told:?}");
}
