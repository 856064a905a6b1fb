//! Claims and service levels once the system is known, and the settings that claims vary.

use std::collections::BTreeSet;
use std::path::Path;

use super::open::kind_name;
use super::{Assemble, Document, Loader, Look, Overrides};
use crate::component::{Assembly, Mistake, Names, Part, Place, Severity, SystemSpec, View};
use crate::record::Anchor;
use crate::scenario::check::{Checked, WantedClaim};
use crate::scenario::claims::{Claim, ClaimSpan, Earliest, Known, Resolver, Shut, UnknownName};
use crate::scenario::code::Code;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::edit;
use crate::scenario::files::{MOST_CSVS_BYTES, Reread};
use crate::scenario::leave_out::leave_out;
use crate::scenario::node::{Kind, Node};
use crate::scenario::parse::parse;
use crate::scenario::slos::Slo;
use crate::scenario::source::{Source, quoted};
use crate::scenario::spec::ScenarioSpec;
use crate::timeline::{WatchPlan, fault_labels};
use crate::units::Instant;

/// Most values of sweeps that a scenario is loaded with.
const MOST_VALUES: usize = 200;
/// The same of one that has mistakes.
const MOST_BESIDE: usize = 20;
/// Most mistakes that are told of one value of a sweep.
const MOST_OF_A_VALUE: usize = 5;

/// What components of a system are called, and what is in them.
fn components(system: &SystemSpec) -> BTreeSet<String> {
    let it = &system.deployment;
    let lists = [
        it.processes.keys().chain(it.gateways.keys()).collect::<Vec<_>>(),
        it.pools.keys().chain(it.databases.keys()).collect(),
        it.caches.keys().chain(it.caches.values().flat_map(|cache| &cache.holds)).collect(),
        it.logs.keys().chain(it.logs.values().flat_map(|log| log.topics.keys())).collect(),
        it.externals.keys().chain(it.stations.keys()).chain(it.links.keys()).collect(),
        it.databases.values().flat_map(|database| &database.schemas).collect(),
        system.operations.stocks.keys().chain(system.load.keys()).collect(),
        system.operations.effects.keys().collect(),
    ];
    lists.into_iter().flatten().cloned().collect()
}

/// Adds the effects that steps of a file name.
fn effects(node: &Node, into: &mut BTreeSet<String>) {
    match &node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                let name = entry.value.scalar().filter(|_| entry.key == "effect");
                into.extend(name.map(|name| name.text.clone()));
                effects(&entry.value, into);
            }
        }
        Kind::Seq(items) => items.iter().for_each(|item| effects(item, into)),
        Kind::Scalar(_) => {}
    }
}

/// Claims and service levels whose names are found.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) claims: Vec<Claim>,
    pub(super) slos: Vec<Slo>,
    /// Alerts that can never fire.
    pub(super) silent: Vec<String>,
    /// Alerts of which a part never has a value.
    pub(super) valueless: Vec<String>,
}

impl Loader<'_> {
    /// Puts other values in place of those of a file.
    pub(super) fn put(&mut self, part: Part, node: &mut Node) {
        for (path, text) in &self.overrides.set {
            let value = Source::new(path.clone(), text.clone());
            let told = match edit::part_of(path) {
                Ok((of, keys)) if of == part => match parse(&value, &mut self.diagnostics) {
                    Some(value) => edit::put(node, &keys, &value),
                    None => Ok(()),
                },
                // Told once, with the scenario, which is always read.
                Err(cause) if part == Part::Scenario => Err(cause),
                Ok(_) | Err(_) => Ok(()),
            };
            if let Err(cause) = told {
                let remedy = "write the keys that lead to the setting, joined by dots";
                self.diagnostics.push(Diagnostic::of_file(path, Code::Setting, &cause, remedy));
            }
        }
    }

    /// Takes the steps out of a scenario that the command line leaves out.
    pub(super) fn leave_out(&mut self, part: Part, node: &mut Node) {
        if part != Part::Scenario {
            return;
        }
        match leave_out(node, &self.overrides.without) {
            Ok(gone) => self.left_out = gone,
            Err(unknown) => {
                for (cause, remedy) in unknown {
                    self.diagnostics.push(Diagnostic::of_file(
                        "--without",
                        Code::UnknownName,
                        &cause,
                        &remedy,
                    ));
                }
            }
        }
    }

    /// Finds the names in claims and service levels. Of a system that could not be put together, names are
    /// missed only where nothing may have them.
    pub(super) fn judged(
        &mut self,
        spec: &ScenarioSpec,
        checked: &Checked,
        watch: Option<&WatchPlan>,
        system: &SystemSpec,
        assembly: &Result<Assembly, Names>,
    ) -> Judged {
        let alerts = (!self.blind.rules).then(|| watch.map(WatchPlan::alert_names).unwrap_or_default());
        let faults = fault_labels(&spec.faults);
        let steps = spec.runbook.iter().map(|step| step.name.clone()).collect();
        let databases = system.deployment.databases.iter();
        let schemas = databases.flat_map(|(database, spec)| {
            spec.schemas.iter().map(move |schema| (schema.clone(), database.clone()))
        });
        let (schemas, left_out) = (schemas.collect(), self.left_out.clone());
        let resolver =
            Resolver { known: self.known(system, assembly), faults, alerts, steps, schemas, left_out };
        let assembly = assembly.as_ref().ok();
        // Of what could not be read nobody knows what it would have shown.
        let whole = assembly.filter(|_| self.gaps.is_empty());
        let silent = whole.map(|assembly| self.silent(assembly)).unwrap_or_default();
        if let Some(assembly) = whole {
            self.untold(assembly);
            self.never_hold(spec, assembly);
        }
        let valueless = whole.map(|assembly| self.valueless(assembly, spec.duration)).unwrap_or_default();
        let earliest = Earliest::new(spec, watch.filter(|_| !self.blind.any()), assembly, &silent);
        let end = Instant::START + spec.duration;
        // What comes after a fault that begins too late never comes because of that fault, which is told of.
        let late = spec.faults.iter().filter_map(|fault| fault.at).filter(|at| *at >= spec.duration).min();
        let follows = |shut: &Shut| match shut {
            Shut::TooLate(from) => late.is_some_and(|at| from.since(Instant::START) >= at),
            Shut::Never(_) | Shut::Silent(_) => false,
        };
        let mut judged = Judged::default();
        for wanted in &checked.claims {
            if self.diagnostics.full() {
                break;
            }
            if resolver.is_left_out(wanted) {
                continue;
            }
            let span = resolver.span(wanted).unwrap_or_else(|unknown| {
                self.unknown_in_claim(&unknown);
                None
            });
            if let Some(ClaimSpan::After(anchor)) = &span
                && let Some(shut) = earliest.shut(anchor, end).filter(|shut| !follows(shut))
            {
                self.shut(&wanted.name, anchor, shut, end);
            }
            match resolver.claim(wanted, span.unwrap_or(ClaimSpan::Whole)) {
                Ok(claim) => judged.claims.extend(claim),
                Err(unknown) => self.unknown_in_claim(&unknown),
            }
            self.sweep(wanted);
        }
        if let Some(assembly) = assembly {
            let clients = |name: &str| {
                assembly.operations.iter().position(|known| known.view == View::Client && known.name == name)
            };
            let slos = checked.slos.iter();
            judged.slos = slos.filter_map(|slo| slo.spec.complete(clients(&slo.operation)?)).collect();
        }
        judged.silent = silent;
        judged.valueless = valueless;
        judged
    }

    /// What claims may name.
    fn known<'k>(&self, system: &'k SystemSpec, assembly: &'k Result<Assembly, Names>) -> Known<'k> {
        let perhaps = (assembly.is_err() || !self.gaps.is_empty()).then(|| {
            let mut perhaps = components(system);
            for gaps in self.gaps.values() {
                perhaps.extend(gaps.lost_names().cloned());
            }
            if let Some(operations) = self.documents.get(&Part::Operations) {
                effects(operations.kept(), &mut perhaps);
            }
            perhaps
        });
        match assembly {
            Ok(assembly) => Known {
                operations: &assembly.operations,
                stations: &assembly.stations,
                effects: &assembly.effects,
                observables: &assembly.observables,
                replicated: Some(assembly.replicated()),
                perhaps,
            },
            Err(names) => Known {
                operations: &names.operations,
                stations: &names.stations,
                effects: &names.effects,
                observables: &names.observables,
                replicated: None,
                perhaps,
            },
        }
    }

    fn unknown_in_claim(&mut self, unknown: &UnknownName) {
        let UnknownName { place, name, cause, remedy, meant } = unknown.clone();
        let meant = meant.map(|meant| (name, meant));
        let code = Code::Claim.number();
        self.tell_of(&Mistake { meant, ..Mistake::error(Part::Scenario, place, code, cause, remedy) });
    }

    /// Adds what is wrong with a scenario, unless it only follows from what could not be read.
    fn tell(&mut self, severity: Severity, place: &Place, code: Code, cause: &str, remedy: &str) {
        let mistake = Mistake {
            severity,
            ..Mistake::error(
                Part::Scenario,
                place.clone(),
                code.number(),
                cause.to_owned(),
                remedy.to_owned(),
            )
        };
        self.tell_of(&mistake);
    }

    fn tell_of(&mut self, mistake: &Mistake) {
        if self.diagnostics.takes(mistake.severity) && !self.only_follows(mistake) {
            let diagnostic = self.placed(mistake);
            self.diagnostics.push(diagnostic);
        }
    }

    /// Reports a claim whose window never opens.
    fn shut(&mut self, name: &str, anchor: &Anchor, shut: Shut, end: Instant) {
        // Whether it opens is not known where something is missing that could open it.
        let openers = ["duration", "faults", "alerts", "people", "runbook"];
        if self.gaps.get(&Part::Scenario).is_some_and(|gaps| gaps.lacks(&openers)) {
            return;
        }
        let place = Place::default().key("claims").key(name);
        let run = end.since(Instant::START);
        let (severity, key, why) = match shut {
            Shut::Never(why) => (Severity::Error, "after", why),
            Shut::Silent(why) => (Severity::Warning, "after", why),
            Shut::TooLate(from) => {
                let key = if anchor.delay.is_zero() { "after" } else { "delay" };
                let from = from.since(Instant::START);
                let lasts = anchor.lasts.map_or_else(String::new, |lasts| format!(" and takes {lasts}"));
                (
                    Severity::Error,
                    key,
                    format!("it begins at {from} at the earliest{lasts}, in a run of {run}"),
                )
            }
        };
        // Without steps that were left out it may well be that nothing comes about, and what a sweep tries may be just that.
        let is_as_written = self.left_out.is_empty() && self.overrides.set.is_empty();
        let severity = if is_as_written { severity } else { Severity::Warning };
        let cause = format!("the window of the claim never opens: {why}");
        let remedy = match key {
            "delay" => "shorten `delay`, or make `duration` longer",
            _ => "measure it after something else, or leave the claim out",
        };
        self.tell(severity, &place.key(key), Code::Claim, &cause, remedy);
    }

    /// Whether the setting that a claim varies can be there.
    fn sweep(&mut self, wanted: &WantedClaim) {
        let Some(sweep) = &wanted.spec.sweep else { return };
        if self.is_of_steps_left_out(&sweep.path) {
            return;
        }
        let told = edit::part_of(&sweep.path).and_then(|(part, keys)| match self.documents.get(&part) {
            Some(document) => edit::find(&document.node, &keys),
            // A file that could not be read is told of.
            None if self.is_named(part) => Ok(()),
            None => Err(format!("the scenario has no {}", kind_name(part))),
        });
        if let Err(cause) = told {
            let place = Place::default().key("claims").key(&wanted.name).key("sweep").key("path");
            let remedy = "write the file and the keys that lead to the setting, like `deployment.pools.order.maximum-pool-size`";
            self.tell(Severity::Error, &place, Code::Setting, &cause, remedy);
        }
    }

    /// Whether a path counts steps as they are written, of which some are left out.
    fn is_of_steps_left_out(&self, path: &str) -> bool {
        !self.left_out.is_empty() && path.starts_with("scenario.runbook.")
    }

    /// Whether a file of this kind is named, even if it could not be read.
    fn is_named(&self, part: Part) -> bool {
        let names = |document: &Document, key| document.node.get(key).is_some();
        match part {
            Part::Scenario => true,
            Part::Deployment => {
                let scenario = self.documents.get(&Part::Scenario);
                self.overrides.deployment.is_some() || scenario.is_some_and(|it| names(it, "deployment"))
            }
            Part::Operations => match self.documents.get(&Part::Deployment) {
                Some(deployment) => names(deployment, "operations"),
                None => self.is_named(Part::Deployment),
            },
        }
    }

    /// Loads the scenario with each value that a sweep tries, and tells what would be wrong with it where the value is written:
    /// otherwise it would come up when most of the runs are done. Of very many values, or of values with large CSVs, the first.
    pub(super) fn swept(&mut self, scenario: &Path, checked: &Checked, assemble: Assemble<'_>) {
        let mut tried: BTreeSet<(String, String)> = BTreeSet::new();
        let most = match self.csv_bytes.get() {
            // Beside other mistakes few are enough.
            0 if self.diagnostics.any_error() => MOST_BESIDE,
            0 => MOST_VALUES,
            bytes => (MOST_CSVS_BYTES / bytes).min(MOST_VALUES),
        };
        for wanted in &checked.claims {
            let Some(sweep) = &wanted.spec.sweep else { continue };
            if self.is_of_steps_left_out(&sweep.path) {
                continue;
            }
            for (index, value) in sweep.values.iter().enumerate() {
                let is_enough = self.diagnostics.full() || tried.len() >= most;
                if is_enough || !tried.insert((sweep.path.clone(), value.clone())) {
                    continue;
                }
                let set = vec![(sweep.path.clone(), value.clone())];
                let overrides = Overrides { set, ..self.overrides.clone() };
                let files = Reread { sources: &self.sources, files: self.files };
                let look = Look { mends: self.mends.clone(), at_sweeps: false };
                let loaded = super::load_with(scenario, &overrides, &files, assemble, look);
                let place = Place::default().key("claims").key(&wanted.name).key("sweep").key("values");
                // A path that leads nowhere is told where it is written.
                let is_path = |it: &Diagnostic| it.code == Code::Setting.number();
                let new = |it: &&Diagnostic| it.is_error() && !is_path(it) && !self.diagnostics.has(it);
                let errors: Vec<&Diagnostic> =
                    loaded.diagnostics.iter().filter(new).take(MOST_OF_A_VALUE).collect();
                for error in errors {
                    let cause = format!("with {} = {}: {}", sweep.path, quoted(value), error.cause);
                    let mistake = Mistake::error(
                        Part::Scenario,
                        place.index(index),
                        error.code,
                        cause,
                        error.remedy.clone(),
                    );
                    let diagnostic = self.placed(&mistake);
                    self.diagnostics.push(diagnostic);
                }
            }
        }
    }
}
