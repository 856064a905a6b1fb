//! The answers in one table: recovery, objectives, effects, the bottleneck and warnings.

use super::table::{Row, Table};
use crate::experiment::Results;
use crate::report::bottleneck::what_limits;
use crate::report::incident::Language;
use crate::report::names::{measure_unit, operation_label, verdict_name};
use crate::report::stations::station_label;
use crate::report::warnings::warning_text;
use crate::stats::Estimate;

/// One row per answer. Rows are of different kinds, so each names its unit.
pub fn summary_csv(results: &Results) -> Vec<u8> {
    let mut answers = Answers {
        table: Table::new([
            "scenario",
            "deployment",
            "kind",
            "subject",
            "value",
            "value_low",
            "value_high",
            "unit",
            "verdict",
            "text",
        ]),
        scenario: &results.scenario,
        deployment: &results.deployment,
    };
    answers.number("replications", results.replications.into(), "runs");
    answers.number("duration", results.duration.as_secs_f64(), "s");
    answers.number("warm-up", results.warm_up.as_secs_f64(), "s");
    answers.number("requests", results.requests as f64, "requests");
    answers.number("handled-events", results.handled_events as f64, "events");
    bottleneck(&mut answers, results);
    recovery(&mut answers, results);
    for objective in &results.objectives {
        let text = &objective.objective.text;
        let unit = measure_unit(objective.objective.measure);
        answers.row("objective", text, objective.measured, unit, verdict_name(objective.verdict), "");
    }
    for effect in &results.effects {
        answers.row("effect", &effect.name, Some(effect.count), "per run", "", "");
    }
    for warning in &results.warnings {
        let warning = warning_text(warning, results.replications);
        answers.row("warning", &warning.code, None, "", "", &warning.text);
    }
    answers.table.finish()
}

fn bottleneck(answers: &mut Answers<'_>, results: &Results) {
    let Some(bottleneck) = &results.bottleneck else { return };
    let station = results
        .windows
        .get(bottleneck.window)
        .and_then(|window| window.stations.get(bottleneck.station))
        .map_or(String::new(), |station| station_label(&station.name));
    let since = bottleneck.first.since_s.map(point);
    let sentences = what_limits(results, Language::English).unwrap_or_default();
    answers.row("bottleneck", &station, since, "s", "", &sentences);
}

fn recovery(answers: &mut Answers<'_>, results: &Results) {
    let Some(recovery) = &results.recovery else { return };
    answers.row("collapse-probability", "", Some(recovery.collapse), "ratio", "", "");
    answers.row("recovery-probability", "", Some(recovery.probability), "ratio", "", "");
    answers.row("recovery-time", "", recovery.time_s, "s", "", "");
    if let Some((within, runs, verdict)) = recovery.within {
        let text = format!("recovers within {within}");
        answers.row("recovered-within", &text, Some(point(runs.into())), "runs", verdict_name(verdict), "");
    }
    for (operation, runs) in &recovery.by_operation {
        let label = operation_label(operation);
        answers.row("recovered-runs", &label, Some(point((*runs).into())), "runs", "", "");
    }
}

/// A value without an interval.
fn point(value: f64) -> Estimate {
    Estimate { mean: value, low: f64::NAN, high: f64::NAN, n: 1, confidence: f64::NAN }
}

struct Answers<'a> {
    table: Table,
    scenario: &'a str,
    deployment: &'a str,
}

impl Answers<'_> {
    fn number(&mut self, kind: &str, value: f64, unit: &str) {
        self.row(kind, "", Some(point(value)), unit, "", "");
    }

    fn row(
        &mut self,
        kind: &str,
        subject: &str,
        value: Option<Estimate>,
        unit: &str,
        verdict: &str,
        text: &str,
    ) {
        self.table.row(
            Row::default()
                .text(self.scenario)
                .text(self.deployment)
                .text(kind)
                .text(subject)
                .estimate(value, 1.0)
                .text(unit)
                .text(verdict)
                .text(text),
        );
    }
}
