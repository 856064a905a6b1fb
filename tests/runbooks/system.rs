//! The system that runbooks are tried on, and what is looked at.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use brownout::experiment::{OperationResults, Options, Results, StationResults, TimelineResult, replicate};
use brownout::record::{Cause, HappeningKind};
use brownout::scenario::{Overrides, load, render};

const OPERATIONS: &str = "
modules:
  web:
    operations:
      page: [{delay: 10ms}]
  db:
    operations:
      ask: [{read: {table: rows}}]
      note: [{write: {table: rows, key: row}}]
      aside: [{cached: {cache: aside, key: row, on-miss: [{effect: missed}, {read: {table: rows}}]}}]
      lenient: [{cached: {cache: aside, key: row, on-error: skip, on-miss: [{effect: missed}]}}]
      kept: [{get: {cache: kept, key: row}}]
      loose: [{get: {cache: kept, key: row, on-error: skip}}]
      count: [{increment: {cache: kept, limit: 100, on-error: skip}}]
      guarded: [{lock-key: {cache: kept, key: row, ttl: 1m, on-error: skip, steps: [{effect: guarded}]}}]
      switched:
        - when: {flag: plain, then: [{effect: plain}, {delay: 1s}], else: [{delay: 10ms}, {effect: fancy}]}
      paid: [{request: bank}]
schemas: {main: [rows]}
keys: {row: {count: 10, popularity: uniform}}
flags: {plain: {}}
";

/// The deployment of most runs.
pub(crate) const DEPLOYMENT: &str = "
operations: operations.yaml
gateways: {edge: {routes: [web.page]}}
processes:
  web: {modules: [web], cores: 4, replicas: 2, start-up: 5s}
  db: {modules: [db], cores: 4}
databases: {mysql: {cores: 4, schemas: [main], statement: 1ms}}
pools: {db: {to: mysql, maximum-pool-size: 8, connection-timeout: 2s}}
caches: {redis: {holds: [kept, aside], command: 1ms}}
externals: {bank: {latency: {constant: 100ms}, timeout: 3s}}
links: {default: {latency: 100us}}
";

const RULES: &str = "
groups:
  - name: all
    interval: 10s
    rules:
      - {alert: CacheDown, expr: redis_up == 0, labels: {severity: page}}
      - {alert: Busy, expr: redis_up == 0, labels: {severity: none}}
";

const ALERTMANAGER: &str = "
route:
  receiver: nobody
  routes: [{matchers: [severity=\"page\"], receiver: people, group_wait: 0s}]
receivers: [{name: nobody}, {name: people, webhook_configs: [{url: 'http://example.org'}]}]
";

/// Runs a scenario of ten minutes with 20 requests of an operation a second; `about` holds faults and runbook.
pub(crate) fn run(operation: &str, about: &str) -> Results {
    run_text(&format!(
        "deployment: deployment.yaml\nduration: 10m\nreplications: 5\n\
         load: {{{operation}: {{deterministic: {{rate: 20/s}}}}}}\n{about}\n"
    ))
}

/// Runs a scenario over the system.
pub(crate) fn run_text(scenario: &str) -> Results {
    let plan = match plan(scenario, DEPLOYMENT) {
        Ok(plan) => plan,
        Err(mistakes) => panic!("{mistakes}"),
    };
    replicate(&plan, &Options::default(), &|_| {}, &AtomicBool::new(false)).expect("the books balance")
}

/// Runs a scenario over another deployment.
pub(crate) fn run_on(deployment: &str, scenario: &str) -> Results {
    let plan = plan(scenario, deployment).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    replicate(&plan, &Options::default(), &|_| {}, &AtomicBool::new(false)).expect("the books balance")
}

fn plan(scenario: &str, deployment: &str) -> Result<brownout::scenario::Plan, String> {
    let files = |path: &Path| match path.to_string_lossy().as_ref() {
        "scenario.yaml" => Ok(scenario.as_bytes().to_vec()),
        "deployment.yaml" => Ok(deployment.as_bytes().to_vec()),
        "operations.yaml" => Ok(OPERATIONS.as_bytes().to_vec()),
        "rules.yaml" => Ok(RULES.as_bytes().to_vec()),
        "alertmanager.yaml" => Ok(ALERTMANAGER.as_bytes().to_vec()),
        _ => Err("no such file".to_owned()),
    };
    let loaded = load(Path::new("scenario.yaml"), &Overrides::default(), &files);
    loaded.plan.ok_or_else(|| render(&loaded.diagnostics, false, 100))
}

/// Rules that look at the cache every ten seconds, and people who are told at once.
pub(crate) const WATCHED: &str =
    "alerts: {rules: [rules.yaml], alertmanager: alertmanager.yaml, scrape-interval: 10s}";

pub(crate) fn operation<'r>(results: &'r Results, window: &str, name: &str) -> &'r OperationResults {
    let window = results.windows.iter().find(|it| it.name == window).expect("the window is there");
    window.operations.iter().find(|it| it.name.name == name).expect("the operation is there")
}

pub(crate) fn station<'r>(results: &'r Results, window: &str, component: &str) -> &'r StationResults {
    let window = results.windows.iter().find(|it| it.name == window).expect("the window is there");
    window.stations.iter().find(|it| it.name.component == component).expect("the station is there")
}

/// The share of requests that fail with a cause in a window.
pub(crate) fn share(results: &Results, window: &str, name: &str, cause: Cause) -> f64 {
    let causes = &operation(results, window, name).causes;
    causes.iter().find(|(of, _)| *of == cause).map_or(0.0, |(_, share)| share.mean)
}

pub(crate) fn effect(results: &Results, name: &str) -> f64 {
    results.effects.iter().find(|effect| effect.name == name).expect("it is counted").count.mean
}

pub(crate) fn happened<'r>(results: &'r Results, kind: HappeningKind, subject: &str) -> &'r TimelineResult {
    let found = results.timeline.iter().find(|it| it.kind == kind && it.subject == subject);
    found.unwrap_or_else(|| panic!("no {kind:?} of {subject} in {:?}", results.timeline))
}

#[track_caller]
pub(crate) fn is_about(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{value} is not {expected} ± {tolerance}");
}
