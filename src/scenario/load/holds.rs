//! Conditions of a runbook that can never hold.

use super::Loader;
use super::silent::{missing, named};
use crate::component::{Assembly, Part, Place, Severity, series_of};
use crate::scenario::code::Code;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::source::Mark;
use crate::scenario::spec::ScenarioSpec;
use crate::scenario::watching::place;
use crate::timeline::runbook::{ConditionSpec, TriggerSpec};
use crate::timeline::{Lengths, matchers_in, unmet_condition, valueless};

impl Loader<'_> {
    /// Warns of conditions that can never hold in a system, as of alerts that can never fire.
    pub(super) fn never_hold(&mut self, spec: &ScenarioSpec, assembly: &Assembly) {
        let Some(watch) = &assembly.parts.watch else { return };
        let lengths = Lengths { scrape_interval: watch.scrape_interval, run: spec.duration };
        for (index, step) in spec.runbook.iter().enumerate() {
            let Some(TriggerSpec::Condition(ConditionSpec { expr, hold })) = &step.when else { continue };
            let known = watch.conditions.iter().find(|it| it.expr == *expr && it.hold == *hold);
            let Some(condition) = known else { continue };
            let of_replicas = matchers_in(&condition.expression, "instance");
            // Of replicas that nothing tells apart two tell as much as many.
            let tell_apart = |instance: &str| {
                let last = instance.bytes().rev().find(u8::is_ascii_digit);
                let is_odd = last.is_some_and(|digit| digit % 2 == 1);
                std::iter::once(is_odd).chain(of_replicas.iter().map(|it| it.fits(instance))).collect()
            };
            let series = series_of(assembly, tell_apart);
            let named = named(&series);
            let here = Place::default().key("runbook").index(index).key("when").key("condition");
            if *hold >= spec.duration {
                let cause = format!(
                    "`{}` can never begin: its condition has to hold for as long as the run",
                    step.name
                );
                let mark = self.marked(&here.clone().key("for"));
                self.warn_at(mark, Code::Runbook, &cause, "shorten `for`, or let the run last for longer");
            }
            let mark = self.marked(&here.clone().key("expr"));
            if let Some(unmet) = unmet_condition(&condition.expression, &watch.rules, &named) {
                let cause = format!("`{}` can never begin: {}", step.name, missing(&unmet));
                let remedy = "docs/watching.md lists what a run shows";
                self.warn_at(mark, Code::NoSuchSeries, &cause, remedy);
                continue;
            }
            for it in valueless(&condition.expression, &lengths, &named, &watch.rules) {
                let Some(document) = self.documents.get(&Part::Scenario) else { return };
                let here = here.clone().key("expr");
                let node = document.kept().follow(here.steps()).node;
                let mark = place(&self.sources[document.source], node, it.extent);
                let cause = format!("condition of `{}`: {}", step.name, it.cause);
                self.warn_at(mark, Code::Valueless, &cause, &it.remedy);
            }
        }
    }

    /// Where something stands in the scenario.
    fn marked(&self, place: &Place) -> Mark {
        let document = self.documents.get(&Part::Scenario);
        document.map(|document| document.kept().follow(place.steps()).mark()).unwrap_or_default()
    }

    fn warn_at(&mut self, mark: Mark, code: Code, cause: &str, remedy: &str) {
        let Some(document) = self.documents.get(&Part::Scenario) else { return };
        let diagnostic = Diagnostic::at(&self.sources[document.source], mark, code, cause, remedy);
        self.diagnostics.push(Diagnostic { severity: Severity::Warning, ..diagnostic });
    }
}
