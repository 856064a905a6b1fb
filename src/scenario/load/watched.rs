//! Rules and Alertmanager configurations that a scenario names.

use std::path::{Path, PathBuf};

use super::{Blind, Loader};
use crate::component::{Part, Place};
use crate::scenario::code::Code;
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
