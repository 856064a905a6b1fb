//! The conditions that steps of a runbook wait for, read as the expressions of rules are.

use super::Loader;
use crate::component::{Part, Place};
use crate::scenario::spec::ScenarioSpec;
use crate::scenario::watching::expression;
use crate::timeline::alerts::Rules;
use crate::timeline::promql::Expression;
use crate::timeline::runbook::{ConditionSpec, TriggerSpec};
use crate::timeline::{Settings, WatchPlan, WatchedCondition};
use crate::units::Span;

impl Loader<'_> {
    /// Who watches: rules, and conditions of the runbook. Without rules, conditions are looked at every minute.
    pub(super) fn watched(&mut self, scenario: Option<&ScenarioSpec>) -> Option<WatchPlan> {
        let mut watch = self.watch(scenario);
        let runbook = scenario.map(|scenario| scenario.runbook.as_slice()).unwrap_or_default();
        for (index, step) in runbook.iter().enumerate() {
            let Some(TriggerSpec::Condition(ConditionSpec { expr, hold })) = &step.when else { continue };
            let place = Place::default().key("runbook").index(index).key("when").key("condition").key("expr");
            let Some(read) = self.condition(&place, expr) else { continue };
            // Without rules, or with rules that cannot be read, there is somebody to look at conditions all the same.
            let watch = watch.get_or_insert_with(|| WatchPlan {
                rules: Rules::default(),
                conditions: Vec::new(),
                alertmanager: None,
                scrape_interval: Span::from_secs(60),
                settings: Settings::default(),
            });
            let condition = WatchedCondition { expr: expr.clone(), hold: *hold, expression: read };
            if watch.condition(expr, *hold).is_none() {
                watch.conditions.push(condition);
            }
        }
        watch
    }

    /// Reads an expression, and reports what is wrong with it where it is.
    fn condition(&mut self, place: &Place, expr: &str) -> Option<Expression> {
        let document = self.documents.get(&Part::Scenario)?;
        let node = document.kept().follow(place.steps()).node;
        expression(&self.sources[document.source], node, expr, &mut self.diagnostics)
    }
}
