//! What the incident came to, and the claims.

use super::table::{Row, Table};
use crate::experiment::{BudgetResult, ClaimResult, ClaimVerdict, Outcomes, Results, SweepPoint};
use crate::report::names::unit_name;
use crate::scenario::Phase;
use crate::stats::Estimate;

/// One row per outcome of the incident; none without one.
pub fn outcomes_csv(results: &Results) -> Vec<u8> {
    let table = Table::new([
        "outcome",
        "subject",
        "value",
        "value_low",
        "value_high",
        "unit",
        "runs",
        "replications",
        "text",
    ]);
    let mut rows = Rows { table, replications: results.replications };
    if let Some(outcomes) = &results.outcomes {
        phases(&mut rows, results, outcomes);
        impact(&mut rows, outcomes);
        outcomes.budgets.iter().for_each(|budget| self::budget(&mut rows, budget));
        rows.number("core-hours", "", outcomes.core_hours, "core hours", "");
        let assumed = if outcomes.prices.is_assumed { "assumed price" } else { "" };
        rows.number("cost", "", outcomes.cost, &outcomes.prices.currency, assumed);
        for loss in &results.losses {
            let of = format!("of {}", loss.of);
            rows.estimate("lost-units", &loss.station, Some(loss.lost), "units", &of);
            if let Some(lasts_s) = Some(loss.lasts_s.unwrap_or(0.0)).filter(|lasts_s| lasts_s.is_finite()) {
                rows.number("lost-units-last-for", &loss.station, lasts_s, "s", "");
            }
        }
        for effect in &results.effects {
            rows.estimate("effect", &effect.name, Some(effect.count), "per run", "");
            let Some(beyond) = effect.beyond else { continue };
            let more = if beyond.is_more() { "more than in calm" } else { "" };
            rows.estimate("effect-beyond-calm", &effect.name, Some(beyond.count), "per run", more);
            rows.estimate("effect-beyond-calm-share", &effect.name, Some(beyond.share), "ratio", "");
        }
    }
    rows.table.finish()
}

struct Rows {
    table: Table,
    replications: u32,
}

impl Rows {
    fn row(
        &mut self,
        outcome: &str,
        subject: &str,
        value: Option<Estimate>,
        unit: &str,
        runs: u32,
        text: &str,
    ) {
        self.table.row(
            Row::default()
                .text(outcome)
                .text(subject)
                .estimate(value, 1.0)
                .text(unit)
                .count(u64::from(runs))
                .count(u64::from(self.replications))
                .text(text),
        );
    }

    fn estimate(&mut self, outcome: &str, subject: &str, value: Option<Estimate>, unit: &str, text: &str) {
        let runs = value.map_or(0, |value| value.n);
        self.row(outcome, subject, value, unit, runs, text);
    }

    /// A value that is the same in every run, or has no interval.
    fn number(&mut self, outcome: &str, subject: &str, value: f64, unit: &str, text: &str) {
        let value = Estimate {
            mean: value,
            low: f64::NAN,
            high: f64::NAN,
            n: self.replications,
            confidence: f64::NAN,
        };
        self.estimate(outcome, subject, Some(value), unit, text);
    }
}

fn phases(rows: &mut Rows, results: &Results, outcomes: &Outcomes) {
    rows.number("begins", "", outcomes.from_s, "s", "");
    for phase in &outcomes.phases {
        let name = format!("time-to-{}", phase.phase.name());
        let by = outcomes.detected_by.join(", ");
        let text = match (phase.phase, phase.is_modelled) {
            (_, false) => "not modelled",
            (Phase::Detect, true) => by.as_str(),
            (_, true) => "",
        };
        rows.row(&name, "", phase.time_s, "s", phase.runs, text);
    }
    let after = &outcomes.after_cause;
    rows.row("time-to-recover-after-cause", "", after.time_s, "s", after.runs, "");
    rows.number("told-run", "", (outcomes.told_run + 1) as f64, "run", "");
    rows.number("unaffected-runs", "", outcomes.unaffected.into(), "runs", "");
    rows.row("collapse-probability", "", Some(outcomes.collapse), "ratio", outcomes.collapsed, "");
    if let Some(recovery) = &results.recovery {
        rows.row("recovery-probability", "", Some(recovery.probability), "ratio", recovery.recovered, "");
        rows.estimate("self-recovery-probability", "", Some(outcomes.by_itself), "ratio", "");
    }
}

fn impact(rows: &mut Rows, outcomes: &Outcomes) {
    if let Some(worst) = &outcomes.worst {
        let begins = Estimate {
            mean: worst.from_s,
            low: f64::NAN,
            high: f64::NAN,
            n: worst.runs,
            confidence: f64::NAN,
        };
        rows.estimate("worst-minute-begins", &worst.operation, Some(begins), "s", "");
        rows.estimate("worst-minute-failed", &worst.operation, Some(worst.failed_share), "ratio", "");
        rows.estimate("worst-minute-failed-or-late", &worst.operation, Some(worst.bad_share), "ratio", "");
        rows.estimate("worst-minute-p95", &worst.operation, worst.p95_s, "s", "");
    }
    let blast = &outcomes.blast;
    rows.estimate("operations-hit", "", Some(blast.operations), "operations", &format!("of {}", blast.of));
    rows.estimate(
        "operations-out-of-bounds",
        "",
        Some(blast.out_of_bounds),
        "operations",
        &format!("of {}", blast.of),
    );
    rows.estimate("requests-hit", "", Some(blast.requests), "requests", "");
    rows.estimate("requests-hit-share", "", Some(blast.share), "ratio", "");
    rows.estimate("blast-radius", "", Some(blast.operation_s), "operation seconds", "");
    rows.estimate("peak-p95", "", outcomes.peak_p95_s, "s", "");
    for paused in &outcomes.paused {
        let since = Estimate {
            mean: paused.from_s,
            low: f64::NAN,
            high: f64::NAN,
            n: paused.runs,
            confidence: f64::NAN,
        };
        rows.estimate("paused-at-the-end-since", &paused.operation, Some(since), "s", "");
    }
}

fn budget(rows: &mut Rows, budget: &BudgetResult) {
    let name = &budget.operation;
    rows.number("budget", name, budget.budget_s, "s", "");
    rows.estimate("budget-burnt", name, Some(budget.burnt_s), "s", "");
    if budget.burnt_by_pause_s.mean > 0.0 {
        rows.estimate("budget-burnt-by-pause", name, Some(budget.burnt_by_pause_s), "s", "");
    }
    let state = format!("{} {}", budget.state.name(), budget.state.releases());
    rows.estimate("budget-left", name, Some(budget.left), "ratio", &state);
    rows.number("availability-of-period", name, budget.availability, "ratio", "");
    rows.number("credit", name, budget.credit, "ratio", "");
    let open = f64::from(u8::from(budget.gate == crate::experiment::DeployGate::Open));
    rows.number("deploy-gate-open", name, open, "1 or 0", budget.gate.name());
}

/// One row per claim, and one more per value of a sweep.
pub fn claims_csv(results: &Results) -> Vec<u8> {
    let mut table = Table::new([
        "claim",
        "setting",
        "says",
        "source",
        "expect",
        "value",
        "value_low",
        "value_high",
        "unit",
        "bound",
        "measured_runs",
        "replications",
        "verdict",
        "text",
    ]);
    for result in &results.claims {
        let text = match &result.verdict {
            ClaimVerdict::Conditional(condition) => condition.as_str(),
            ClaimVerdict::Supported | ClaimVerdict::Refuted | ClaimVerdict::Inconclusive => &result.note,
        };
        table.row(claim_row(result, "", result.measured, &result.verdict, text));
        for SweepPoint { value, measured, verdict } in &result.sweep {
            table.row(claim_row(result, value, *measured, verdict, ""));
        }
    }
    table.finish()
}

fn claim_row(
    result: &ClaimResult,
    setting: &str,
    measured: Option<Estimate>,
    verdict: &ClaimVerdict,
    text: &str,
) -> Row {
    let claim = &result.claim;
    Row::default()
        .text(&claim.name)
        .text(setting)
        .text(&claim.says)
        .text(&claim.source)
        .text(&claim.text)
        .estimate(measured, 1.0)
        .text(unit_name(claim.unit()))
        .number(claim.bound)
        .count(u64::from(measured.map_or(0, |measured| measured.n)))
        .count(u64::from(result.runs))
        .text(verdict.name())
        .text(text)
}
