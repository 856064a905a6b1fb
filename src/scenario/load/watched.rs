//! Rules and Alertmanager configurations that a scenario names.

use std::path::{Path, PathBuf};

use super::{Blind, Loader};
use crate::component::{Part, Place, Severity};
use crate::scenario::check::MOST_REPLICATIONS;
use crate::scenario::code::Code;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::files::beside;
use crate::scenario::spec::ScenarioSpec;
use crate::scenario::watching::{ReadFiles, read_alertmanager, read_rules};
use crate::timeline::{Settings, WatchPlan};

impl Loader<'_> {
    /// Reads the rules of a scenario, and its Alertmanager's configuration: what can be read of them, and what is then not known
    /// of alerts.
    pub(super) fn watch(&mut self, scenario: Option<&ScenarioSpec>) -> Option<WatchPlan> {
        if self.gaps.get(&Part::Scenario).is_some_and(|gaps| gaps.lacks(&["alerts"])) {
            self.blind = Blind { rules: true, alertmanager: true };
        }
        let spec = scenario?.alerts.as_ref()?;
        let at = Place::default().key("alerts");
        for (key, interval) in
            [("scrape-interval", spec.scrape_interval), ("evaluation-interval", spec.evaluation_interval)]
        {
            if interval.is_zero() {
                let remedy = "write a time, like `15s`";
                self.report(Part::Scenario, &at.key(key), Code::Range, "the interval is zero", remedy);
            }
        }
        let scenario_path = self.documents.get(&Part::Scenario)?.path.clone();
        let paths: Vec<PathBuf> = spec.rules.iter().map(|path| beside(&scenario_path, path)).collect();
        let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
        let rules = read_rules(&paths, self.files);
        let rules = self.take_in(rules, &|path| {
            let index = paths.iter().position(|known| known.to_string_lossy() == path)?;
            Some(at.key("rules").index(index))
        });
        self.blind.rules |= rules.is_none();
        let config = spec.alertmanager.as_ref().and_then(|path| {
            let config = read_alertmanager(&beside(&scenario_path, path), self.files);
            let config = self.take_in(config, &|_| Some(at.key("alertmanager")));
            self.blind.alertmanager |= config.is_none();
            config
        });
        Some(WatchPlan {
            rules: rules.unwrap_or_default(),
            conditions: Vec::new(),
            alertmanager: config,
            scrape_interval: spec.scrape_interval,
            settings: Settings { evaluation_interval: spec.evaluation_interval, ..Settings::default() },
        })
    }

    /// Tells of runs in calm that cannot be, or would say what the others do.
    pub(super) fn check_calm(&mut self, scenario: Option<&ScenarioSpec>) {
        let Some(spec) = scenario else { return };
        let at = Place::default().key("alerts").key("calm");
        let written = spec.alerts.as_ref().and_then(|alerts| alerts.calm);
        if let Some(number) = written.filter(|number| *number > MOST_REPLICATIONS) {
            let cause = format!("{number} runs in calm cannot be run");
            let remedy = format!("write a number from 0 to {MOST_REPLICATIONS}");
            self.report(Part::Scenario, &at, Code::Range, &cause, &remedy);
        }
        let gaps = self.gaps.get(&Part::Scenario);
        let is_read = |key: &str| gaps.is_none_or(|gaps| !gaps.lacks(&[key]));
        let cause = if spec.alerts.is_none() && is_read("alerts") {
            "the scenario has no alerts that could fire in calm"
        } else if spec.faults.is_empty() && is_read("faults") {
            "the scenario has no fault to leave out: its runs say themselves what fires"
        } else {
            return;
        };
        let mut warning = match (self.overrides.calm, written, self.documents.get(&Part::Scenario)) {
            (Some(1..), ..) => Diagnostic::of_file("--calm", Code::Unused, cause, "leave it out"),
            (None, Some(1..), Some(document)) => {
                let mark = document.kept().follow(at.steps()).mark();
                let source = &self.sources[document.source];
                Diagnostic::at(source, mark, Code::Unused, cause, "remove `calm`")
            }
            _ => return,
        };
        warning.severity = Severity::Warning;
        self.diagnostics.push(warning);
    }

    /// Takes in what was read of files that are not ours. What is wrong with a file as a whole is told where the scenario
    /// names it.
    fn take_in<T>(&mut self, read: ReadFiles<T>, named: &dyn Fn(&str) -> Option<Place>) -> Option<T> {
        for diagnostic in read.diagnostics {
            let of_file =
                [Code::Unreadable, Code::TooLarge].iter().any(|code| code.number() == diagnostic.code);
            match named(&diagnostic.file).filter(|_| of_file && diagnostic.line == 0) {
                Some(place) => {
                    let code = if diagnostic.code == Code::TooLarge.number() {
                        Code::TooLarge
                    } else {
                        Code::Unreadable
                    };
                    self.report(Part::Scenario, &place, code, &diagnostic.cause, &diagnostic.remedy);
                }
                None => self.diagnostics.push(diagnostic),
            }
        }
        self.sources.extend(read.sources);
        read.value
    }
}
