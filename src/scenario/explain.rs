//! Every resolved value and where it comes from.

use serde::Serialize;

use super::diagnostic::Diagnostics;
use super::load::{Document, Loaded};
use super::node::{Kind, Node, ScalarValue};
use super::parse::parse;
use super::source::Source;
use super::timeouts::{TimeoutPath, timeout_paths};
use crate::component::{Part, PlaceStep, SystemSpec};

/// What a scenario comes down to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// Every value: of the scenario, then of the deployment, then of the operations.
    pub values: Vec<Resolved>,
    /// The hierarchy of time-outs of every loaded operation.
    pub timeouts: Vec<TimeoutPath>,
    /// The compiled steps of every operation, if there is a plan.
    pub steps: Vec<CompiledSteps>,
    /// The steps of the runbook with everything filled in, if there is a plan.
    pub runbook: Vec<String>,
    /// The places of components whose numbers have no source.
    pub assumed: Vec<String>,
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The file whose value it is.
    pub part: Part,
    /// Its place, such as `pools.order.connection-timeout`.
    pub path: String,
    /// The value with its unit.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A line of a file.
    Written {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: u32,
    },
    /// The documented default.
    Default,
    /// Worked out from other values.
    Computed,
    /// What a preset stands for.
    Preset {
        /// The preset, such as `class core`.
        preset: String,
    },
    /// An option of the command line.
    CommandLine,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Written { file, line } => write!(f, "{file}:{line}"),
            Origin::Default => f.write_str("default"),
            Origin::Computed => f.write_str("computed"),
            Origin::Preset { preset } => f.write_str(preset),
            Origin::CommandLine => f.write_str("command line"),
        }
    }
}

/// The compiled steps of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompiledSteps {
    /// The operation.
    pub operation: String,
    /// Its steps, one a line.
    pub steps: Vec<String>,
}

/// Explains what was loaded, as far as it could be read.
pub fn explain(loaded: &Loaded) -> Explanation {
    let mut explanation = Explanation::default();
    if let Some(scenario) = &loaded.scenario {
        let mut scenario = scenario.clone();
        if let Some(system) = &loaded.system {
            // Clients may have time-outs that a preset gave them.
            scenario.clients.clone_from(&system.clients);
        }
        values(loaded, Part::Scenario, &scenario, &mut explanation.values);
        beside_the_file(loaded, &mut explanation.values);
    }
    if let Some(system) = &loaded.system {
        let mut deployment = system.deployment.clone();
        if let Some(scenario) = &loaded.scenario {
            // The scenario's own stations are among its values.
            deployment.stations.retain(|name, _| !scenario.stations.contains_key(name));
        }
        values(loaded, Part::Deployment, &deployment, &mut explanation.values);
        values(loaded, Part::Operations, &system.operations, &mut explanation.values);
        of_the_variant(&mut explanation.values);
        of_presets(system, &mut explanation.values);
        explanation.timeouts = timeout_paths(system);
        explanation.assumed = super::sourced::sourced(system).1;
    }
    if let (Some(plan), Some(system)) = (&loaded.plan, &loaded.system) {
        explanation.runbook = plan.assembly.runbook_steps();
        for (module, spec) in &system.operations.modules {
            for operation in spec.operations.keys() {
                let operation = format!("{module}.{operation}");
                if let Some(steps) = plan.assembly.steps_of(&operation) {
                    explanation.steps.push(CompiledSteps { operation, steps });
                }
            }
        }
    }
    explanation
}

/// What the command line changed and what the plan worked out.
fn beside_the_file(loaded: &Loaded, values: &mut Vec<Resolved>) {
    let mut set = |path: &str, value: String, origin: Origin| {
        let resolved = Resolved { part: Part::Scenario, path: path.to_owned(), value, origin };
        match values.iter().position(|value| value.path == path) {
            Some(index) => values[index] = resolved,
            None => values.push(resolved),
        }
    };
    if let Some(deployment) = &loaded.overrides.deployment {
        set("deployment", deployment.clone(), Origin::CommandLine);
    }
    if let Some(seed) = loaded.overrides.seed {
        set("seed", seed.to_string(), Origin::CommandLine);
    }
    if let Some(replications) = loaded.overrides.replications {
        set("replications", replications.to_string(), Origin::CommandLine);
    }
    let (Some(scenario), Some(plan)) = (&loaded.scenario, &loaded.plan) else { return };
    if loaded.overrides.calm.is_some() && plan.calm > 0 {
        set("alerts.calm", plan.calm.to_string(), Origin::CommandLine);
    } else if plan.calm > 0 && scenario.alerts.as_ref().is_some_and(|alerts| alerts.calm.is_none()) {
        set("alerts.calm", plan.calm.to_string(), Origin::Computed);
    }
    if scenario.interval.is_none() {
        set("interval", plan.interval.to_string(), Origin::Computed);
    }
    for window in &plan.windows {
        let written = scenario.windows.get(&window.name);
        if window.implied {
            set(&format!("windows.{}.from", window.name), window.from.to_string(), Origin::Computed);
        }
        if written.is_none_or(|window| window.to.is_none()) {
            set(&format!("windows.{}.to", window.name), window.to.to_string(), Origin::Computed);
        }
    }
}

/// Gives what a scenario's variant changed its origin there.
fn of_the_variant(values: &mut [Resolved]) {
    let variant: Vec<(String, Origin)> = values
        .iter()
        .filter(|value| value.part == Part::Scenario && matches!(value.origin, Origin::Written { .. }))
        .filter_map(|value| Some((value.path.strip_prefix("variant.")?.to_owned(), value.origin.clone())))
        .collect();
    for value in values.iter_mut() {
        let changed = variant.iter().find(|(path, _)| match (value.part, path.split_once('.')) {
            (Part::Deployment, Some(("pools", key))) => {
                value.path.starts_with("pools.") && value.path.rsplit('.').next() == Some(key)
            }
            (Part::Deployment, Some(("caches", key))) => value.path == format!("caches.{key}"),
            (Part::Operations, Some(("leaks", leak))) => {
                let (operation, _) = leak.rsplit_once('.').unwrap_or((leak, ""));
                let own = operation.split_once('.').is_some_and(|(module, name)| {
                    value.path.starts_with(&format!("modules.{module}.operations.{name}"))
                });
                own && value.path.contains(".leak.") && !matches!(value.origin, Origin::Written { .. })
            }
            _ => false,
        });
        if let Some((_, origin)) = changed {
            value.origin = origin.clone();
        }
    }
}

/// Gives what presets filled in its origin there.
fn of_presets(system: &SystemSpec, values: &mut [Resolved]) {
    let filled = system.filled.iter().map(|filled| (filled.part, filled.setting.to_string(), &filled.name));
    let filled: Vec<_> = filled.collect();
    for value in values.iter_mut().filter(|value| value.origin == Origin::Default) {
        let is_its = |(part, setting, _): &&(Part, String, &String)| {
            let below = value.path.strip_prefix(setting.as_str());
            *part == value.part && below.is_some_and(|below| below.is_empty() || below.starts_with('.'))
        };
        if let Some((_, _, preset)) = filled.iter().find(is_its) {
            value.origin = Origin::Preset { preset: (*preset).clone() };
        }
    }
}

/// The values of one file: its settings are written out with all defaults, read back as a tree, and compared
/// with the tree of the file.
fn values<T: Serialize>(loaded: &Loaded, part: Part, spec: &T, found: &mut Vec<Resolved>) {
    let Ok(text) = serde_saphyr::to_string(spec) else { return };
    let resolved = Source::new(String::new(), text);
    let Some(tree) = parse(&resolved, &mut Diagnostics::default()) else { return };
    let document = loaded.documents.get(&part);
    let written = document.and_then(|document| Some((document, loaded.sources.get(document.source)?)));
    let mut walk = Walk { part, written, steps: Vec::new(), found };
    walk.node(&tree);
}

struct Walk<'a> {
    part: Part,
    written: Option<(&'a Document, &'a Source)>,
    steps: Vec<PlaceStep>,
    found: &'a mut Vec<Resolved>,
}

impl Walk<'_> {
    fn node(&mut self, node: &Node) {
        match &node.kind {
            Kind::Map(entries) => {
                for entry in entries {
                    self.below(PlaceStep::Key(entry.key.clone()), &entry.value);
                }
            }
            Kind::Seq(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.below(PlaceStep::Index(index), item);
                }
            }
            Kind::Scalar(scalar) if scalar.value == ScalarValue::Null => {}
            Kind::Scalar(scalar) => {
                let origin = self.origin();
                let mut path = crate::component::Place::default();
                for step in &self.steps {
                    path = match step {
                        PlaceStep::Key(key) => path.key(key),
                        PlaceStep::Index(index) => path.index(*index),
                    };
                }
                let (part, path, value) = (self.part, path.to_string(), scalar.text.clone());
                self.found.push(Resolved { part, path, value, origin });
            }
        }
    }

    fn below(&mut self, step: PlaceStep, node: &Node) {
        self.steps.push(step);
        self.node(node);
        self.steps.pop();
    }

    /// A value is written if the file has it, or has a short form of it: a single value where the long form is
    /// a mapping.
    fn origin(&self) -> Origin {
        let Some((document, source)) = self.written else { return Origin::Default };
        let followed = document.node.follow(&self.steps);
        match followed.node.kind {
            Kind::Scalar(_) => {
                Origin::Written { file: source.path().to_owned(), line: source.line(followed.node.mark) }
            }
            Kind::Map(_) | Kind::Seq(_) => Origin::Default,
        }
    }
}
