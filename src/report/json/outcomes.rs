//! Outcomes and claims for programs.

use serde::Serialize;

use super::results::Value;
use crate::experiment::{
    BudgetResult, ClaimResult, ClaimVerdict, Outcomes, PausedResult, PhaseResult, WorstMinuteResult,
};
use crate::report::names::unit_name;

#[derive(Serialize)]
pub(super) struct OutcomesView<'a> {
    begins_s: f64,
    time_to: Vec<PhaseView>,
    recover_after_cause: PhaseView,
    collapse_ratio: Value,
    told_run: usize,
    detected_by: &'a [String],
    receivers: &'a [String],
    teams: &'a [String],
    unaffected_runs: u32,
    self_recovery_ratio: Value,
    worst_minute: Option<WorstView<'a>>,
    operations_hit: Value,
    operations_out_of_bounds: Value,
    operations_of: u32,
    requests_hit: Value,
    requests_hit_ratio: Value,
    blast_radius_operation_s: Value,
    peak_p95_s: Option<Value>,
    paused: Vec<PausedView<'a>>,
    budgets: Vec<BudgetView<'a>>,
    core_hours: f64,
    cost: f64,
    currency: &'a str,
    price_assumed: bool,
}

#[derive(Serialize)]
struct PhaseView {
    phase: &'static str,
    runs: u32,
    time_s: Option<Value>,
}

impl From<&PhaseResult> for PhaseView {
    fn from(phase: &PhaseResult) -> Self {
        PhaseView { phase: phase.phase.name(), runs: phase.runs, time_s: phase.time_s.map(Value::from) }
    }
}

#[derive(Serialize)]
struct WorstView<'a> {
    operation: &'a str,
    runs: u32,
    begins_s: f64,
    failed_ratio: Value,
    failed_or_late_ratio: Value,
    p95_s: Option<Value>,
}

impl<'a> From<&'a WorstMinuteResult> for WorstView<'a> {
    fn from(worst: &'a WorstMinuteResult) -> Self {
        WorstView {
            operation: &worst.operation,
            runs: worst.runs,
            begins_s: worst.from_s,
            failed_ratio: worst.failed_share.into(),
            failed_or_late_ratio: worst.bad_share.into(),
            p95_s: worst.p95_s.map(Value::from),
        }
    }
}

#[derive(Serialize)]
struct PausedView<'a> {
    operation: &'a str,
    runs: u32,
    since_s: f64,
}

impl<'a> From<&'a PausedResult> for PausedView<'a> {
    fn from(paused: &'a PausedResult) -> Self {
        PausedView { operation: &paused.operation, runs: paused.runs, since_s: paused.from_s }
    }
}

#[derive(Serialize)]
struct BudgetView<'a> {
    operation: &'a str,
    availability_promised_ratio: f64,
    period_s: f64,
    budget_s: f64,
    burnt_s: Value,
    burnt_by_pause_s: Value,
    left_ratio: Value,
    state: &'static str,
    releases: &'static str,
    deploy_gate: &'static str,
    availability_of_period_ratio: f64,
    credit_ratio: f64,
}

impl<'a> From<&'a BudgetResult> for BudgetView<'a> {
    fn from(budget: &'a BudgetResult) -> Self {
        BudgetView {
            operation: &budget.operation,
            availability_promised_ratio: budget.promised,
            period_s: budget.period.as_secs_f64(),
            budget_s: budget.budget_s,
            burnt_s: budget.burnt_s.into(),
            burnt_by_pause_s: budget.burnt_by_pause_s.into(),
            left_ratio: budget.left.into(),
            state: budget.state.name(),
            releases: budget.state.releases(),
            deploy_gate: budget.gate.name(),
            availability_of_period_ratio: budget.availability,
            credit_ratio: budget.credit,
        }
    }
}

impl<'a> From<&'a Outcomes> for OutcomesView<'a> {
    fn from(outcomes: &'a Outcomes) -> Self {
        let blast = &outcomes.blast;
        OutcomesView {
            begins_s: outcomes.from_s,
            time_to: outcomes.phases.iter().map(PhaseView::from).collect(),
            recover_after_cause: (&outcomes.after_cause).into(),
            collapse_ratio: outcomes.collapse.into(),
            told_run: outcomes.told_run + 1,
            detected_by: &outcomes.detected_by,
            receivers: &outcomes.receivers,
            teams: &outcomes.teams,
            unaffected_runs: outcomes.unaffected,
            self_recovery_ratio: outcomes.by_itself.into(),
            worst_minute: outcomes.worst.as_ref().map(WorstView::from),
            operations_hit: blast.operations.into(),
            operations_out_of_bounds: blast.out_of_bounds.into(),
            operations_of: blast.of,
            requests_hit: blast.requests.into(),
            requests_hit_ratio: blast.share.into(),
            blast_radius_operation_s: blast.operation_s.into(),
            peak_p95_s: outcomes.peak_p95_s.map(Value::from),
            paused: outcomes.paused.iter().map(PausedView::from).collect(),
            budgets: outcomes.budgets.iter().map(BudgetView::from).collect(),
            core_hours: outcomes.core_hours,
            cost: outcomes.cost,
            currency: &outcomes.prices.currency,
            price_assumed: outcomes.prices.is_assumed,
        }
    }
}

#[derive(Serialize)]
pub(super) struct ClaimView<'a> {
    claim: &'a str,
    says: &'a str,
    source: &'a str,
    expect: &'a str,
    measured: Option<Value>,
    unit: &'static str,
    bound: f64,
    measured_runs: u32,
    verdict: &'static str,
    condition: Option<&'a str>,
    note: &'a str,
    sweep: Vec<PointView<'a>>,
}

#[derive(Serialize)]
struct PointView<'a> {
    value: &'a str,
    measured: Option<Value>,
    verdict: &'static str,
}

impl<'a> From<&'a ClaimResult> for ClaimView<'a> {
    fn from(result: &'a ClaimResult) -> Self {
        let claim = &result.claim;
        let point = |point: &'a crate::experiment::SweepPoint| PointView {
            value: &point.value,
            measured: point.measured.map(Value::from),
            verdict: point.verdict.name(),
        };
        ClaimView {
            claim: &claim.name,
            says: &claim.says,
            source: &claim.source,
            expect: &claim.text,
            measured: result.measured.map(Value::from),
            unit: unit_name(claim.unit()),
            bound: claim.bound,
            measured_runs: result.valued,
            verdict: result.verdict.name(),
            condition: match &result.verdict {
                ClaimVerdict::Conditional(condition) => Some(condition),
                ClaimVerdict::Supported | ClaimVerdict::Refuted | ClaimVerdict::Inconclusive => None,
            },
            note: &result.note,
            sweep: result.sweep.iter().map(point).collect(),
        }
    }
}
