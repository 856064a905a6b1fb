//! Claims and service levels once the system is known, and the settings that claims vary.

use super::Loader;
use super::open::kind_name;
use crate::component::{Assembly, Part, Place, Severity, SystemSpec, View};
use crate::record::Anchor;
use crate::scenario::check::Checked;
use crate::scenario::claims::{Claim, ClaimSpan, Earliest, Resolver, Shut};
use crate::scenario::code::Code;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::edit;
use crate::scenario::leave_out::leave_out;
use crate::scenario::node::Node;
use crate::scenario::parse::parse;
use crate::scenario::slos::Slo;
use crate::scenario::source::Source;
use crate::scenario::spec::ScenarioSpec;
use crate::timeline::FaultSpec;
use crate::units::Instant;

/// Claims and service levels whose names are found.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) claims: Vec<Claim>,
    pub(super) slos: Vec<Slo>,
    /// Alerts that can never fire.
    pub(super) silent: Vec<String>,
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

    /// Finds the names in claims and service levels.
    pub(super) fn judged(
        &mut self,
        spec: &ScenarioSpec,
        system: &SystemSpec,
        checked: &Checked,
        assembly: &Assembly,
    ) -> Judged {
        let faults = spec.faults.iter().map(FaultSpec::label).collect();
        let steps = spec.runbook.iter().map(|step| step.name.clone()).collect();
        let databases = system.deployment.databases.iter();
        let schemas = databases.flat_map(|(database, spec)| {
            spec.schemas.iter().map(move |schema| (schema.clone(), database.clone()))
        });
        let (schemas, left_out) = (schemas.collect(), self.left_out.clone());
        let resolver = Resolver { assembly, faults, steps, schemas, left_out };
        let silent = self.silent(assembly);
        self.untold(assembly);
        let earliest = Earliest { assembly, silent: &silent };
        let end = Instant::START + spec.duration;
        let mut judged = Judged::default();
        for wanted in &checked.claims {
            if resolver.is_left_out(wanted) {
                continue;
            }
            match resolver.claim(wanted) {
                Ok(claim) => {
                    self.sweep(&claim);
                    if let ClaimSpan::After(anchor) = &claim.span
                        && let Some(shut) = earliest.shut(anchor, end)
                    {
                        self.shut(&claim.name, anchor, shut, end);
                    }
                    judged.claims.push(claim);
                }
                Err(unknown) => {
                    self.report(Part::Scenario, &unknown.place, Code::Claim, &unknown.cause, &unknown.remedy);
                }
            }
        }
        let clients = |name: &str| {
            assembly.operations.iter().position(|known| known.view == View::Client && known.name == name)
        };
        let slos = checked.slos.iter();
        judged.slos = slos.filter_map(|slo| slo.spec.complete(clients(&slo.operation)?)).collect();
        judged.silent = silent;
        judged
    }

    /// Reports a claim whose window never opens.
    fn shut(&mut self, name: &str, anchor: &Anchor, shut: Shut, end: Instant) {
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
        // Without steps that were left out it may well be that nothing comes about.
        let severity = if self.left_out.is_empty() { severity } else { Severity::Warning };
        let cause = format!("the window of the claim never opens: {why}");
        let remedy = match key {
            "delay" => "shorten `delay`, or make `duration` longer",
            _ => "measure it after something else, or leave the claim out",
        };
        let Some(document) = self.documents.get(&Part::Scenario) else { return };
        let mark = document.kept().follow(place.key(key).steps()).mark();
        let source = &self.sources[document.source];
        let diagnostic = Diagnostic::at(source, mark, Code::Claim, &cause, remedy);
        self.diagnostics.push(Diagnostic { severity, ..diagnostic });
    }

    /// Whether the setting that a claim varies can be there.
    fn sweep(&mut self, claim: &Claim) {
        let Some(sweep) = &claim.sweep else { return };
        if !self.left_out.is_empty() && sweep.path.starts_with("scenario.runbook.") {
            // It counts steps as they are written.
            return;
        }
        let told = edit::part_of(&sweep.path).and_then(|(part, keys)| match self.documents.get(&part) {
            Some(document) => edit::find(&document.node, &keys),
            None => Err(format!("the scenario has no {}", kind_name(part))),
        });
        if let Err(cause) = told {
            let place = Place::default().key("claims").key(&claim.name).key("sweep").key("path");
            let remedy = "write the file and the keys that lead to the setting, like `deployment.pools.order.maximum-pool-size`";
            self.report(Part::Scenario, &place, Code::Setting, &cause, remedy);
        }
    }
}
