//! Who watches a run, and how.

use super::alertmanager::Config;
use super::alerts::{Rule, Rules};
use super::promql::Expression;
use super::watch::Settings;
use crate::units::Span;

/// Rules, an Alertmanager behind them, and how often exporters are asked.
#[derive(Clone, Debug)]
pub struct WatchPlan {
    /// The rules.
    pub rules: Rules,
    /// Conditions that steps of a runbook wait for, each once.
    pub conditions: Vec<WatchedCondition>,
    /// Who is told of alerts; without it, nobody is.
    pub alertmanager: Option<Config>,
    /// Time between scrapes. Range: above 0. Source: Prometheus `scrape_interval`.
    pub scrape_interval: Span,
    /// What holds for all groups of rules.
    pub settings: Settings,
}

/// A condition that is looked at as an alert's is, and that nobody is told of.
#[derive(Clone, Debug)]
pub struct WatchedCondition {
    /// The expression as written.
    pub expr: String,
    /// How long it has to have elements.
    pub hold: Span,
    /// The expression.
    pub expression: Expression,
}

impl WatchPlan {
    /// The number of a condition.
    pub fn condition(&self, expr: &str, hold: Span) -> Option<u16> {
        let is_it = |condition: &WatchedCondition| condition.expr == expr && condition.hold == hold;
        self.conditions.iter().position(is_it).map(|index| index as u16)
    }

    /// Whether anybody may be told of an alert; `None` if there is no such alert.
    pub fn may_tell(&self, alert: &str) -> Option<bool> {
        let rules = self.rules.groups.iter().flat_map(|group| &group.rules);
        let named = rules.filter_map(|rule| match rule {
            Rule::Alert(rule) if rule.name == alert => Some(rule),
            Rule::Alert(_) | Rule::Record(_) => None,
        });
        let told = named.map(|rule| {
            let plain = rule.labels.iter().filter(|(_, value)| value.is_plain());
            let mut known: Vec<(String, String)> =
                plain.map(|(name, value)| (name.clone(), value.text().to_owned())).collect();
            known.push(("alertname".to_owned(), rule.name.clone()));
            self.alertmanager.as_ref().is_some_and(|config| config.may_tell(&known))
        });
        told.reduce(|one, other| one || other)
    }

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
