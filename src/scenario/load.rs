//! A scenario's files → a plan, or all their mistakes.

mod conditions;
mod csv;
mod heeded;
mod holds;
mod judged;
mod mended;
mod open;
mod silent;
mod slipped;
mod twice;
mod watched;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::heeded::heeded;
use self::judged::Judged;
use self::slipped::load_and_repair;
use super::check::{self, Checked};
use super::code::Code;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::files::{Files, stem};
use super::follows::{Suspect, follows};
use super::gaps::Gaps;
use super::leave_out::Without;
use super::mend::Mends;
use super::node::Node;
use super::plan::{Objective, Plan};
use super::slos::Prices;
use super::source::{Source, quoted};
use super::sourced::sourced;
use super::spec::ScenarioSpec;
use super::timeouts;
use crate::component::deployment::DeploymentSpec;
use crate::component::operations::OperationsSpec;
use crate::component::{
    self, Assembly, Mistake, Names, Part, Place, PlaceStep, SystemSpec, Unassembled, View,
};
use crate::random::{mix, name_hash};
use crate::timeline::WatchPlan;
use crate::units::Ratio;

/// What the command line says instead of the scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Another deployment: a path as seen by the caller, or the bare name of a neighbour of the scenario's own.
    pub deployment: Option<String>,
    /// Another seed.
    pub seed: Option<u64>,
    /// Another number of replications.
    pub replications: Option<u32>,
    /// Another number of runs in calm.
    pub calm: Option<u32>,
    /// Other values: places such as `deployment.pools.order.maximum-pool-size`, and what would be written there.
    pub set: Vec<(String, String)>,
    /// Steps of the runbook that nobody takes.
    pub without: Without,
}

/// What came of a scenario's files.
#[derive(Debug)]
pub struct Loaded {
    /// The plan, if there was no error.
    pub plan: Option<Plan>,
    /// All mistakes, by file and place.
    pub diagnostics: Vec<Diagnostic>,
    /// All texts that were read: scenario, deployment, operations.
    pub sources: Vec<Source>,
    /// Steps of the runbook that were left out: those of the overrides, and what cannot come about without them.
    pub left_out: Vec<String>,
    pub(super) documents: BTreeMap<Part, Document>,
    pub(super) scenario: Option<ScenarioSpec>,
    pub(super) system: Option<SystemSpec>,
    pub(super) overrides: Overrides,
}

impl Loaded {
    /// The system as its files describe it, if all could be read.
    pub fn system(&self) -> Option<&SystemSpec> {
        self.system.as_ref()
    }

    /// The scenario as its file describes it, if it could be read.
    pub fn scenario(&self) -> Option<&ScenarioSpec> {
        self.scenario.as_ref()
    }

    /// What is said of the scenario where an incident is needed, and it has none.
    pub fn no_incident(&self) -> Diagnostic {
        let path = self.sources.first().map_or("", Source::path);
        let name = quoted(&stem(Path::new(path)));
        let cause = format!("nothing to compare: {name} has neither a fault nor `recovery`");
        let remedy = "add `faults`, or `recovery` with its `baseline` and `from`";
        Diagnostic::of_file(path, Code::NoIncident, &cause, remedy)
    }
}

/// A file as a tree.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) path: PathBuf,
    /// Index of its text.
    pub(super) source: usize,
    /// As it is written.
    pub(super) node: Node,
    /// Without what could not be read, if that is anything.
    kept: Option<Node>,
}

impl Document {
    /// What was decoded, and what the places of mistakes lead through.
    fn kept(&self) -> &Node {
        self.kept.as_ref().unwrap_or(&self.node)
    }
}

/// What puts a system together.
pub(super) type Assemble<'a> = &'a dyn Fn(
    &SystemSpec,
    &dyn Fn(&str) -> Result<String, String>,
) -> Result<(Assembly, Vec<Mistake>), Unassembled>;

/// Loads a scenario with its deployment and operations, and puts the system together.
pub fn load(scenario: &Path, overrides: &Overrides, files: &dyn Files) -> Loaded {
    load_and_repair(scenario, overrides, files, &component::assemble)
}

/// How files are looked at once.
#[derive(Clone, Debug)]
pub(super) struct Look {
    /// What is known to have been meant by misspelt words.
    pub(super) mends: Mends,
    /// Whether the values of sweeps are tried.
    pub(super) at_sweeps: bool,
}

impl Default for Look {
    fn default() -> Look {
        Look { mends: Mends::default(), at_sweeps: true }
    }
}

/// Loads a scenario once, with another way to put a system together.
pub(super) fn load_with(
    scenario: &Path,
    overrides: &Overrides,
    files: &dyn Files,
    assemble: Assemble<'_>,
    Look { mends, at_sweeps }: Look,
) -> Loaded {
    let mut loader = Loader {
        files,
        sources: Vec::new(),
        documents: BTreeMap::new(),
        gaps: BTreeMap::new(),
        diagnostics: Diagnostics::default(),
        csv_hash: RefCell::new(0),
        csvs: RefCell::default(),
        csv_bytes: Cell::new(0),
        blind: Blind::default(),
        overrides,
        left_out: Vec::new(),
        mends,
    };
    let spec = loader.open::<ScenarioSpec>(Part::Scenario, scenario, None);
    let deployment = loader.deployment(spec.as_ref(), overrides);
    let operations = loader.operations(deployment.as_ref());
    for (part, is_read) in
        [(Part::Deployment, deployment.is_some()), (Part::Operations, operations.is_some())]
    {
        if !is_read {
            loader.gaps.entry(part).or_insert_with(Gaps::everything);
        }
    }
    let checked = loader.check(spec.as_ref(), overrides);
    let watch = loader.watched(spec.as_ref());
    loader.check_calm(spec.as_ref());
    // What could be read is checked without the rest.
    let (deployment, operations) = (deployment.unwrap_or_default(), operations.unwrap_or_default());
    let system = loader.system(spec.as_ref(), deployment, operations, watch.clone());
    let assembly = loader.assemble(&system, spec.as_ref(), assemble);
    let judged = match (&spec, &checked) {
        (Some(spec), Some(checked)) => loader.judged(spec, checked, watch.as_ref(), &system, &assembly),
        _ => Judged::default(),
    };
    if let Some(checked) = checked.as_ref().filter(|_| at_sweeps && overrides.set.is_empty()) {
        loader.swept(scenario, checked, assemble);
    }
    let plan = match (&spec, checked, assembly) {
        (Some(spec), Some(checked), Ok(assembly)) if !loader.diagnostics.any_error() => {
            loader.plan(spec, checked, judged, assembly, &system, overrides)
        }
        _ => None,
    };
    let Loader { sources, documents, diagnostics, gaps, left_out, .. } = loader;
    let plan = plan.filter(|_| !diagnostics.any_error());
    // What could be read of a broken file has been checked, and is of no other use.
    let whole = gaps.is_empty();
    let (spec, system) = (spec.filter(|_| whole), Some(system).filter(|_| whole));
    let told = diagnostics.into_sorted(&sources);
    Loaded {
        plan,
        diagnostics: heeded(&told, told.clone()),
        sources,
        left_out,
        documents,
        scenario: spec,
        system,
        overrides: overrides.clone(),
    }
}

/// The file that a mistake is in: plain stations are described in the deployment, or in the scenario.
fn part_of(mistake: &Mistake, in_scenario: impl Fn(&str) -> bool) -> Part {
    match mistake.place.steps() {
        [PlaceStep::Key(section), PlaceStep::Key(name), ..] if section == "stations" && in_scenario(name) => {
            Part::Scenario
        }
        _ => mistake.part,
    }
}

/// The percentage that was meant by a plain number, if a mistake is that so many times the whole are too much.
pub(super) fn percent_meant(written: &str, cause: &str) -> Option<String> {
    let is_plain = !written.ends_with('%');
    let as_read: Ratio = written.parse().ok().filter(|_| is_plain)?;
    let is_said = cause.split([' ', ':']).any(|word| word == as_read.to_string());
    (is_said && as_read > Ratio::ONE && as_read.as_fraction() <= 100.0).then(|| format!("{written}%"))
}

/// How many runs in calm there are: what is asked for, or one for each four replications.
fn calm_runs(spec: &ScenarioSpec, replications: u32, overrides: &Overrides, assembly: &Assembly) -> u32 {
    if assembly.alerts.is_empty() || assembly.first_fault().is_none() {
        return 0;
    }
    let written = spec.alerts.as_ref().and_then(|alerts| alerts.calm);
    overrides.calm.or(written).unwrap_or(replications.div_ceil(4))
}

/// So many mistakes of a system are looked at for whether they only follow from others: far fewer are shown.
const MOST_WEIGHED: usize = 5_000;

struct Loader<'a> {
    files: &'a dyn Files,
    sources: Vec<Source>,
    documents: BTreeMap<Part, Document>,
    /// What was left out of the files that have mistakes.
    gaps: BTreeMap<Part, Gaps>,
    diagnostics: Diagnostics,
    /// What the command line says instead.
    overrides: &'a Overrides,
    /// Steps of the runbook that are left out.
    left_out: Vec<String>,
    /// What is known to have been meant by misspelt words.
    mends: Mends,
    /// A hash over the CSVs that were read.
    csv_hash: RefCell<u64>,
    /// Where CSVs were found, and the code of what is wrong with those that could not be read, by their paths as typed.
    csvs: RefCell<BTreeMap<String, (PathBuf, Code)>>,
    /// How long the texts of CSVs are together \[bytes], each counted as often as it is used.
    csv_bytes: Cell<usize>,
    /// What is not known of alerts.
    blind: Blind,
}

/// What is not known of alerts, since a file could not be read.
#[derive(Clone, Copy, Debug, Default)]
struct Blind {
    /// Which there are.
    rules: bool,
    /// Whom they reach.
    alertmanager: bool,
}

impl Blind {
    fn any(self) -> bool {
        self.rules || self.alertmanager
    }

    /// Whether a mistake is only that a step of the runbook waits for an alert of which too little is known.
    fn hides(self, mistake: &Mistake) -> bool {
        let keys = mistake.place.keys();
        let of_alert = mistake.part == Part::Scenario
            && matches!(keys.as_slice(), ["runbook", "when", "alert" | "resolved", ..]);
        of_alert && (self.rules || (self.alertmanager && mistake.code == Code::Runbook.number()))
    }
}

impl Loader<'_> {
    fn check(&mut self, spec: Option<&ScenarioSpec>, overrides: &Overrides) -> Option<Checked> {
        let document = self.documents.get(&Part::Scenario)?;
        let (source, less) = (&self.sources[document.source], !self.left_out.is_empty());
        let from = check::From { node: document.kept(), source, gaps: &self.gaps, less };
        Some(check::check(spec?, overrides.replications, from, &mut self.diagnostics))
    }

    /// The whole system; a scenario's plain stations join those of its deployment.
    fn system(
        &mut self,
        scenario: Option<&ScenarioSpec>,
        mut deployment: DeploymentSpec,
        operations: OperationsSpec,
        watch: Option<WatchPlan>,
    ) -> SystemSpec {
        for (name, station) in scenario.into_iter().flat_map(|scenario| &scenario.stations) {
            if deployment.stations.insert(name.clone(), station.clone()).is_some() {
                let place = Place::default().key("stations").key(name);
                let cause = format!("the station {} is in the deployment too", quoted(name));
                self.report(Part::Scenario, &place, Code::StationTwice, &cause, "give it another name");
            }
        }
        // Without its question a system is still checked for what it is.
        let mut system = SystemSpec {
            operations,
            deployment,
            load: scenario.map(|scenario| scenario.load.clone()).unwrap_or_default(),
            clients: scenario.map(|scenario| scenario.clients.clone()).unwrap_or_default(),
            faults: scenario.map(|scenario| scenario.faults.clone()).unwrap_or_default(),
            watch,
            people: scenario.map(|scenario| scenario.people.clone()).unwrap_or_default(),
            runbook: scenario.map(|scenario| scenario.runbook.clone()).unwrap_or_default(),
            filled: Vec::new(),
        };
        let variant = scenario.and_then(|scenario| scenario.variant.as_ref());
        let mut mistakes = variant.map(|variant| variant.apply(&mut system)).unwrap_or_default();
        mistakes.extend(component::preset::expand_presets(&mut system));
        for mistake in mistakes {
            if self.diagnostics.takes(mistake.severity) && !self.only_follows(&mistake) {
                let diagnostic = self.placed(&mistake);
                self.diagnostics.push(diagnostic);
            }
        }
        system
    }

    fn report(&mut self, part: Part, place: &Place, code: Code, cause: &str, remedy: &str) {
        if let Some(document) = self.documents.get(&part) {
            let mark = document.kept().follow(place.steps()).mark();
            let source = &self.sources[document.source];
            self.diagnostics.push(Diagnostic::at(source, mark, code, cause, remedy));
        }
    }

    fn assemble(
        &mut self,
        system: &SystemSpec,
        scenario: Option<&ScenarioSpec>,
        assemble: Assemble<'_>,
    ) -> Result<Assembly, Names> {
        let read = |path: &str| self.csv(path);
        let (assembly, mut mistakes) = match assemble(system, &read) {
            Ok((assembly, warnings)) => (Ok(assembly), warnings),
            Err(Unassembled { mistakes, names }) => (Err(names), mistakes),
        };
        if !mistakes.iter().any(|mistake| mistake.code == Code::TimeoutOrder.number()) {
            mistakes.extend(timeouts::warnings(system));
        }
        let stations = scenario.map(|scenario| &scenario.stations);
        let in_scenario = |name: &str| stations.is_some_and(|all| all.contains_key(name));
        for mistake in mistakes.into_iter().take(MOST_WEIGHED) {
            if !self.diagnostics.takes(mistake.severity) {
                continue;
            }
            let mistake = Mistake { part: part_of(&mistake, in_scenario), ..mistake };
            let mistake = component::preset::where_written(mistake, &system.filled);
            let mistake = self.of_variant(mistake, scenario);
            if self.only_follows(&mistake) || self.blind.hides(&mistake) {
                continue;
            }
            if let Some(error) = &mistake.in_csv {
                self.tell_of_csv(&mistake, error);
                continue;
            }
            let diagnostic = self.placed(&mistake);
            self.diagnostics.push(diagnostic);
        }
        assembly
    }

    /// The mistake at the variant of the scenario, if it is about what that changes.
    fn of_variant(&self, mistake: Mistake, scenario: Option<&ScenarioSpec>) -> Mistake {
        let variant = scenario.and_then(|scenario| scenario.variant.as_ref());
        // A step that says itself what it forgets is not changed.
        let steps = mistake.place.steps();
        let is_written = self.documents.get(&mistake.part).is_some_and(|document| {
            mistake.part == Part::Operations && document.kept().follow(steps).taken == steps.len()
        });
        let variant = variant.filter(|_| !is_written);
        match variant.and_then(|variant| variant.where_written(mistake.part, &mistake.place)) {
            Some(place) => Mistake { part: Part::Scenario, place, ..mistake },
            None => mistake,
        }
    }

    /// Whether a mistake is there only because of what could not be read.
    fn only_follows(&self, mistake: &Mistake) -> bool {
        let Some(document) = self.documents.get(&mistake.part) else { return !self.gaps.is_empty() };
        let suspect = Suspect {
            part: mistake.part,
            place: mistake.place.steps(),
            code: mistake.code,
            severity: mistake.severity,
            cause: &mistake.cause,
            remedy: &mistake.remedy,
        };
        follows(suspect, document.kept(), &self.gaps)
    }

    /// A mistake of the system at its place in the files.
    fn placed(&self, mistake: &Mistake) -> Diagnostic {
        let document = self.documents.get(&mistake.part).or_else(|| self.documents.get(&Part::Scenario));
        let at = document.map(|document| (document, &self.sources[document.source]));
        let mut diagnostic = match at {
            Some((document, source)) => {
                let mark_of = |place: &Place| document.kept().follow(place.steps()).mark();
                let mark = mark_of(&mistake.place);
                let mut diagnostic =
                    Diagnostic::at(source, mark, Code::UnknownName, &mistake.cause, &mistake.remedy);
                if let Some((written, meant)) = &mistake.meant {
                    diagnostic = diagnostic.meaning(mark, written, Some(meant));
                }
                match &mistake.related {
                    Some((place, text)) => diagnostic.with_related(source, mark_of(place), text),
                    None => diagnostic,
                }
            }
            None => Diagnostic::of_file("", Code::UnknownName, &mistake.cause, &mistake.remedy),
        };
        if let Some(percent) = at.and_then(|(document, source)| {
            percent_meant(source.marked(document.kept().follow(mistake.place.steps()).mark()), &mistake.cause)
        }) {
            diagnostic.remedy = format!("did you mean `{percent}`? {}", diagnostic.remedy);
        }
        diagnostic.code = mistake.code;
        diagnostic.severity = mistake.severity;
        diagnostic
    }

    fn plan(
        &mut self,
        spec: &ScenarioSpec,
        checked: Checked,
        judged: Judged,
        assembly: Assembly,
        system: &SystemSpec,
        overrides: &Overrides,
    ) -> Option<Plan> {
        let mut objectives = Vec::with_capacity(checked.objectives.len());
        for wanted in checked.objectives {
            let known = assembly
                .operations
                .iter()
                .position(|known| known.view == View::Client && known.name == wanted.operation);
            let Some(operation) = known else {
                let place = Place::default().key("objectives").index(wanted.index).key("operation");
                let cause = format!("{} has no load from clients", quoted(&wanted.operation));
                self.report(Part::Scenario, &place, Code::UnknownOperation, &cause, "add it to `load`");
                continue;
            };
            objectives.push(Objective {
                operation,
                measure: wanted.measure,
                comparison: wanted.comparison,
                bound: wanted.bound,
                window: wanted.window,
                text: wanted.text,
            });
        }
        let texts = self.sources.iter().fold(0, |hash, source| mix(hash, name_hash(source.text())));
        let texts = overrides
            .set
            .iter()
            .fold(texts, |hash, (path, value)| mix(hash, mix(name_hash(path), name_hash(value))));
        let texts = match overrides.without.is_nothing() {
            true => texts,
            false => mix(texts, name_hash(&overrides.without.text())),
        };
        let (places, assumed) = sourced(system);
        let calm = calm_runs(spec, checked.replications, overrides, &assembly);
        Some(Plan {
            name: self
                .documents
                .get(&Part::Scenario)
                .map(|document| stem(&document.path))
                .unwrap_or_default(),
            deployment: self
                .documents
                .get(&Part::Deployment)
                .map(|document| stem(&document.path))
                .unwrap_or_default(),
            description: spec.description.clone(),
            assembly: Arc::new(assembly),
            duration: spec.duration,
            warm_up: checked.warm_up,
            is_cut_at_faults: spec.windows.is_empty() && !spec.faults.is_empty(),
            windows: checked.windows,
            recovery: checked.recovery,
            objectives,
            claims: judged.claims,
            silent: judged.silent,
            valueless: judged.valueless,
            calm,
            slos: judged.slos,
            prices: Prices::from(&spec.prices.clone().unwrap_or_default()),
            replications: checked.replications,
            seed: overrides.seed.unwrap_or(spec.seed),
            interval: checked.interval,
            limits: checked.limits,
            model_hash: mix(texts, *self.csv_hash.borrow()),
            assumed,
            sourced_of: places,
        })
    }
}
