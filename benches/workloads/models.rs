//! The workloads as models.

use std::path::Path;

use brownout::scenario::{Overrides, Plan, load};
use brownout::units::{Instant, Span};

pub(crate) const W1: &str = "W1";
pub(crate) const W2: &str = "W2";
pub(crate) const W3: &str = "W3";

const W1_SCENARIO: &str = "{duration: 60000s, load: {q: {rate: 80/s}},
  stations: {q: {servers: 1, service: {exponential: {mean: 10ms}}}}}";
const W2_SCENARIO: &str = "{duration: 3333s, load: {q: {rate: 1440/s}},
  stations: {q: {servers: 16, service: {exponential: {mean: 10ms}}}}}";
const W3_SCENARIO: &str = "{deployment: deployment.yaml, duration: 60000s, load: {m.go: {rate: 34/s}}}";
const W3_OPERATIONS: &str = "{modules: {m: {operations: {go: [{attempt: {
  timeout: 1s, retry: {max-attempts: 3, wait-duration: 100ms, backoff: {exponential: {multiplier: 2}}},
  steps: [{visit: gateway}, {visit: service}, {hold: {station: pool, steps: [{visit: db}]}}]}}]}}}}";
const W3_DEPLOYMENT: &str = "{operations: operations.yaml,
  processes: {p: {modules: [m], cores: 1, style: event-loop}},
  stations: {
    gateway: {servers: 64, service: {exponential: {mean: 10ms}}},
    service: {servers: 32, service: {exponential: {mean: 20ms}}},
    pool: {servers: 10},
    db: {servers: 4, service: {exponential: {mean: 100ms}}}}}";

/// A workload.
pub(crate) struct Model {
    pub(crate) name: &'static str,
    scenario: &'static str,
    deployment: Option<&'static str>,
    part: Part,
}

/// What of a scenario is run.
#[derive(Clone, Copy)]
enum Part {
    All,
    /// Without its windows and stages, so that the load stays what it is at first.
    Calm,
    /// Five seconds of calm, twenty of the surge, and five after it.
    EarlySurge,
}

const fn model(name: &'static str, scenario: &'static str, deployment: Option<&'static str>) -> Model {
    Model { name, scenario, deployment, part: Part::All }
}

const SURGE: &str = "scenarios/surge-x10.yaml";

pub(crate) const MODELS: [Model; 7] = [
    model("W1 M/M/1 at 80 %", "w1.yaml", None),
    model("W2 M/M/16 at 90 %", "w2.yaml", None),
    model("W3 three tiers, held pool", "w3.yaml", None),
    Model { part: Part::Calm, ..model("shop, services, calm", SURGE, None) },
    model("shop, services, surge", SURGE, None),
    Model { part: Part::Calm, ..model("shop, monolith, calm", SURGE, Some("monolith")) },
    model("shop, monolith, surge", SURGE, Some("monolith")),
];

/// Surges that come at once, so that they are short enough to count instructions of.
pub(crate) const EARLY: [Model; 2] = [
    Model { part: Part::EarlySurge, ..model("early surge, services", SURGE, None) },
    Model { part: Part::EarlySurge, ..model("early surge, monolith", SURGE, Some("monolith")) },
];

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let text = match path.to_string_lossy().as_ref() {
        "w1.yaml" => W1_SCENARIO,
        "w2.yaml" => W2_SCENARIO,
        "w3.yaml" => W3_SCENARIO,
        "deployment.yaml" => W3_DEPLOYMENT,
        "operations.yaml" => W3_OPERATIONS,
        _ => return std::fs::read(path).map_err(|error| error.to_string()),
    };
    Ok(text.as_bytes().to_vec())
}

fn planned(name: &str, overrides: &Overrides, files: &dyn Fn(&Path) -> Result<Vec<u8>, String>) -> Plan {
    let loaded = load(Path::new(name), overrides, &files);
    let causes: Vec<String> = loaded.diagnostics.into_iter().map(|d| d.cause).collect();
    loaded.plan.unwrap_or_else(|| panic!("{name}: {causes:?}"))
}

impl Model {
    pub(crate) fn plan(&self) -> Plan {
        let overrides = Overrides { deployment: self.deployment.map(str::to_owned), ..Overrides::default() };
        let plan = |read| planned(self.scenario, &overrides, read);
        // The surge of the scenario begins after five minutes and lasts as long.
        match self.part {
            Part::All => plan(&read),
            Part::Calm => shorten(plan(&read), 300.0 / 1320.0),
            Part::EarlySurge => shorten(plan(&read_early), 30.0 / 1320.0),
        }
    }
}

/// The same files, with stages of the surge that follow each other within seconds.
fn read_early(path: &Path) -> Result<Vec<u8>, String> {
    let text = String::from_utf8(read(path)?).map_err(|error| error.to_string())?;
    let early = text.replace("[{hold: 5m,", "[{hold: 5s,").replace(" {hold: 5m,", " {hold: 20s,");
    let surges = |text: &str, second: &str| text.matches(second).count();
    assert_eq!(surges(&early, " {hold: 20s,"), surges(&text, "[{hold: 5m,"), "stages of another length");
    Ok(early.into_bytes())
}

/// The same plan over a share of its time, without windows and what needs them.
pub(crate) fn shorten(mut plan: Plan, share: f64) -> Plan {
    if share >= 1.0 {
        return plan;
    }
    plan.duration = Span::from_nanos((plan.duration.as_nanos() as f64 * share) as u64);
    plan.windows.truncate(1);
    let end = Instant::START + plan.duration;
    plan.windows.iter_mut().for_each(|window| (window.from, window.to) = (Instant::START, end));
    plan.recovery = None;
    plan
}

/// Requests that all do nothing but wait, so that this many are in flight for most of the time; then no more come, and
/// all end. Ten times as many come in all, or `requests` if that is more.
pub(crate) fn crowd(present: u32, requests: u32) -> Plan {
    let rate = (present / 10).max(1);
    let secs = (requests / rate).max(100);
    let scenario = format!(
        "{{duration: {}s, load: {{q: {{stages: [{{hold: {secs}s, rate: {rate}/s}}, {{ramp-to: 0/s, over: 1ms}}]}}}},
          stations: {{q: {{service: {{exponential: {{mean: 10s}}}}}}}}}}",
        secs + 400
    );
    let files = |_: &Path| Ok(scenario.clone().into_bytes());
    planned("crowd.yaml", &Overrides::default(), &files)
}
