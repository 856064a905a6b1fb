//! Two processes, one of which calls the other; requests at given instants; and what came of them in words.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use brownout::component::{Metric, View};
use brownout::experiment::{Options, Results, replicate, run_once};
use brownout::record::{Cause, OperationRecord, RunRecord};
use brownout::scenario::{Loaded, Overrides, Plan, load};
use brownout::units::Span;

/// A system: process `shop` is asked, and `far` is what it calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    /// Operations of `shop`; unless it says otherwise `buy` is a call of `far.do`.
    pub(crate) shop: &'static str,
    /// Operations of `far`.
    pub(crate) far: &'static str,
    /// The rest of the operations.
    pub(crate) operations: &'static str,
    /// Policies of calls.
    pub(crate) calls: &'static str,
    /// The rest of the deployment.
    pub(crate) deployment: &'static str,
    /// The rest of the scenario.
    pub(crate) scenario: &'static str,
    /// A file of alerting rules.
    pub(crate) rules: &'static str,
    /// When requests of each operation come, if they come at instants.
    pub(crate) at: Vec<(&'static str, &'static [&'static str])>,
}

/// One run.
pub(crate) struct Run {
    pub(crate) plan: Plan,
    pub(crate) record: RunRecord,
}

impl Case {
    /// The plan, or what is wrong.
    pub(crate) fn load(&self) -> Loaded {
        load(Path::new("scenario.yaml"), &Overrides::default(), &|path: &Path| self.file(path))
    }

    #[track_caller]
    fn plan(&self) -> Plan {
        let loaded = self.load();
        let mistakes: Vec<&str> =
            loaded.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.cause.as_str()).collect();
        loaded.plan.unwrap_or_else(|| panic!("{mistakes:?}"))
    }

    /// Runs it once.
    #[track_caller]
    pub(crate) fn run(&self) -> Run {
        let plan = self.plan();
        let record = run_once(&plan, Span::ZERO, 0).expect("the books balance");
        Run { plan, record }
    }

    /// Runs it once and checks what came of the operations and which effects there were.
    #[track_caller]
    pub(crate) fn check(&self, expected: &str) -> Run {
        let run = self.run();
        assert_eq!(run.told(), expected);
        run
    }

    /// What its replications say together.
    #[track_caller]
    pub(crate) fn results(&self) -> Results {
        let stop = AtomicBool::new(false);
        replicate(&self.plan(), &Options::default(), &|_| {}, &stop).expect("the books balance")
    }

    /// The causes of all mistakes in it.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        self.load().diagnostics.into_iter().filter(|d| d.is_error()).map(|d| d.cause).collect()
    }

    fn file(&self, path: &Path) -> Result<Vec<u8>, String> {
        let path = path.to_string_lossy();
        if let Some(name) = path.strip_suffix(".csv") {
            let instants = self.at.iter().find(|(operation, _)| *operation == name).ok_or("no such file")?;
            return Ok(format!("at\n{}\n", instants.1.join("\n")).into_bytes());
        }
        let or = |text: &'static str, other: &'static str| if text.is_empty() { other } else { text };
        let text = match path.as_ref() {
            "scenario.yaml" => {
                let loads = self
                    .at
                    .iter()
                    .map(|(name, _)| format!("  shop.{name}: {{trace: {{csv: {name}.csv, column: at}}}}\n"));
                let load = if self.at.is_empty() { String::new() } else { "load:\n".to_owned() };
                let loads = loads.collect::<String>();
                let duration = if self.scenario.contains("\nduration:") { "" } else { "duration: 1m\n" };
                let runs = if self.scenario.contains("replications:") { "" } else { "replications: 1\n" };
                format!("deployment: deployment.yaml\n{duration}{runs}{load}{loads}{}", self.scenario)
            }
            "deployment.yaml" => {
                let processes = "processes:\n  shop: {modules: [shop], cores: 64, style: event-loop}\n  \
                                 far: {modules: [far], cores: 64, style: event-loop}\n";
                let processes = if self.deployment.contains("processes:") { "" } else { processes };
                let calls =
                    if self.calls.is_empty() { String::new() } else { format!("calls: {}\n", self.calls) };
                format!("operations: operations.yaml\n{processes}{calls}{}", self.deployment)
            }
            "operations.yaml" => format!(
                "modules:\n  shop: {{operations: {{{}}}}}\n  far: {{operations: {{{}}}}}\n{}",
                or(self.shop, "buy: [{call: far.do}]"),
                or(self.far, "do: []"),
                self.operations
            ),
            "rules.yaml" => self.rules.to_owned(),
            _ => return Err("no such file".to_owned()),
        };
        Ok(text.into_bytes())
    }
}

impl Run {
    /// An operation over the whole run.
    #[track_caller]
    pub(crate) fn operation(&self, name: &str, view: View) -> OperationRecord {
        let mut operations = self.plan.assembly.operations.iter();
        let index = operations.position(|operation| operation.name == name && operation.view == view);
        let mut whole = OperationRecord::default();
        for segment in &self.record.operations[index.unwrap_or_else(|| panic!("no operation {name}"))] {
            whole.merge(segment);
        }
        whole
    }

    /// How often an effect happened.
    #[track_caller]
    pub(crate) fn effect(&self, name: &str) -> u64 {
        let index = self.plan.assembly.effects.iter().position(|effect| effect == name);
        self.record.effects[index.unwrap_or_else(|| panic!("no effect {name}"))]
    }

    /// What a gateway's access log says of a route: `200 2, 503 1`.
    #[track_caller]
    pub(crate) fn log(&self, gateway: &str, route: &str) -> String {
        let names = self.plan.assembly.observables.iter().zip(&self.record.observed);
        let lines = names.filter_map(|(name, record)| {
            let Metric::Answers(status) = name.metric else { return None };
            let count: f64 = record.segments.iter().map(|segment| segment.total).sum();
            let here = name.component == gateway && name.part == route && count > 0.0;
            here.then(|| format!("{} {count}", status.code()))
        });
        lines.collect::<Vec<_>>().join(", ")
    }

    /// What came of clients' requests, and the effects: `buy served 2 in 15ms, 1 degraded, timeout 1 in 20ms; paid 2`.
    pub(crate) fn told(&self) -> String {
        let assembly = &self.plan.assembly;
        let clients = assembly.operations.iter().filter(|operation| operation.view == View::Client);
        let operations: Vec<String> = clients
            .map(|operation| {
                let record = self.operation(&operation.name, View::Client);
                format!("{} {}", operation.name.trim_start_matches("shop."), ended(&record))
            })
            .collect();
        let effects = assembly.effects.iter().zip(&self.record.effects).filter(|(_, count)| **count > 0);
        let effects: Vec<String> = effects.map(|(name, count)| format!("; {name} {count}")).collect();
        operations.join(", ") + &effects.concat()
    }
}

/// How requests ended.
fn ended(record: &OperationRecord) -> String {
    let ms = |mean: Option<f64>| (mean.unwrap_or(f64::NAN) * 1e6).round() / 1e3;
    let mut said = Vec::new();
    if record.served > 0 {
        said.push(format!("served {} in {}ms", record.served, ms(record.latency.mean_secs())));
    }
    if record.degraded() > 0 {
        said.push(format!("{} degraded", record.degraded()));
    }
    let failed = Cause::ALL.into_iter().filter(|cause| record.failed[*cause as usize] > 0);
    let failed: Vec<String> =
        failed.map(|cause| format!("{} {}", cause.name(), record.failed[cause as usize])).collect();
    if !failed.is_empty() {
        said.push(format!("{} in {}ms", failed.join(", "), ms(record.failed_latency.mean_secs())));
    }
    if said.is_empty() { "open".to_owned() } else { said.join(", ") }
}

/// Asserts that a value lies within a distance of another.
#[track_caller]
pub(crate) fn near(value: f64, wanted: f64, within: f64) {
    assert!((value - wanted).abs() <= within, "{value} is not within {within} of {wanted}");
}
