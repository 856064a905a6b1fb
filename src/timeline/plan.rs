//! Who watches a run, and how.

use super::alertmanager::Config;
use super::alerts::{Rule, Rules};
use super::watch::Settings;
use crate::units::Span;

/// Rules, an Alertmanager behind them, and how often exporters are asked.
#[derive(Clone, Debug)]
pub struct WatchPlan {
    /// The rules.
    pub rules: Rules,
    /// Who is told of alerts; without it, nobody is.
    pub alertmanager: Option<Config>,
    /// Time between scrapes. Range: above 0. Source: Prometheus `scrape_interval`.
    pub scrape_interval: Span,
    /// What holds for all groups of rules.
    pub settings: Settings,
}

impl WatchPlan {
    /// The names of all alerts, in order, each once.
    pub fn alert_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for rule in self.rules.groups.iter().flat_map(|group| &group.rules) {
            if let Rule::Alert(alert) = rule
                && !names.contains(&alert.name)
            {
                names.push(alert.name.clone());
            }
        }
        names
    }
}
