//! Error budgets: what an incident costs of what was promised.

use crate::scenario::Slo;
use crate::stats::{Estimate, t_interval};
use crate::units::Span;

/// How an error budget stands, and what may be changed meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetState {
    /// More than half is left: change as usual.
    Healthy,
    /// More than a fifth is left: change less.
    Warning,
    /// A fifth or less is left: change nothing that can wait.
    Critical,
}

impl BudgetState {
    /// The state with this share left.
    ///
    /// Source: S2, error budget policy.
    pub fn of(left: f64) -> Self {
        match left {
            left if left > 0.5 => BudgetState::Healthy,
            left if left > 0.2 => BudgetState::Warning,
            _ => BudgetState::Critical,
        }
    }

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            BudgetState::Healthy => "HEALTHY",
            BudgetState::Warning => "WARNING",
            BudgetState::Critical => "CRITICAL",
        }
    }

    /// How much may be changed.
    pub const fn releases(self) -> &'static str {
        match self {
            BudgetState::Healthy => "NORMAL",
            BudgetState::Warning => "REDUCED",
            BudgetState::Critical => "FROZEN",
        }
    }
}

/// Whether a release may go out after the incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeployGate {
    /// It may.
    Open,
    /// Less than a fifth of the budget is left.
    BudgetLow,
    /// The service level is missed when the run ends.
    Missed,
}

impl DeployGate {
    /// The stable name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            DeployGate::Open => "open",
            DeployGate::BudgetLow => "blocked-budget",
            DeployGate::Missed => "blocked-missed",
        }
    }
}

/// The credit that a contract gives for a month of this availability, as a share of the price.
///
/// Source: S2, service level agreement: none from 99.95 %, 10 % from 99 %, 25 % from 95 %, else 50 %.
pub fn credit(availability: f64) -> f64 {
    match availability {
        it if it >= 0.9995 => 0.0,
        it if it >= 0.99 => 0.10,
        it if it >= 0.95 => 0.25,
        _ => 0.50,
    }
}

/// What follows from the time that an incident burnt of a budget.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SloFigures {
    /// The whole budget \[s].
    pub budget_s: f64,
    /// Share of it that is left; below 0 where more was burnt than there was.
    pub left: f64,
    /// The availability of the whole period, if nothing else happens in it.
    pub availability: f64,
}

impl SloFigures {
    /// The figures for a burnt time \[s].
    pub fn of(slo: &Slo, burnt_s: f64) -> Self {
        let period_s = slo.period.as_secs_f64();
        let budget_s = (1.0 - slo.availability) * period_s;
        let spent_s = slo.spent * budget_s;
        SloFigures {
            budget_s,
            left: 1.0 - slo.spent - burnt_s / budget_s,
            availability: 1.0 - (burnt_s + spent_s) / period_s,
        }
    }
}

/// What an incident costs of a service level.
#[derive(Clone, Debug)]
pub struct BudgetResult {
    /// The operation.
    pub operation: String,
    /// The share of requests that are not to fail.
    pub promised: f64,
    /// What the promise is for.
    pub period: Span,
    /// The whole budget \[s].
    pub budget_s: f64,
    /// What the incident burnt \[s].
    pub burnt_s: Estimate,
    /// What of that people burnt who turned users away by pausing the operation \[s].
    pub burnt_by_pause_s: Estimate,
    /// Share of the budget that is left.
    pub left: Estimate,
    /// Of the mean of what is left.
    pub state: BudgetState,
    /// Whether a release may go out.
    pub gate: DeployGate,
    /// The availability of the whole period, if nothing else happens in it.
    pub availability: f64,
    /// The credit for it, as a share of the price.
    pub credit: f64,
}

/// What an incident costs of a service level, from what it burnt in each run and what of that was a pause \[s], and in how many
/// runs the level is missed when they end.
pub(super) fn budget(
    slo: &Slo,
    name: &str,
    [burnt_s, paused_s]: [&[f64]; 2],
    missed: usize,
    confidence: f64,
) -> BudgetResult {
    let figures: Vec<SloFigures> = burnt_s.iter().map(|burnt| SloFigures::of(slo, *burnt)).collect();
    let left: Vec<f64> = figures.iter().map(|it| it.left).collect();
    let left = t_interval(&left, confidence);
    let burnt = t_interval(burnt_s, confidence);
    let all = SloFigures::of(slo, burnt.mean);
    // Exactly a fifth is frozen and not yet blocked: the two thresholds are the source's.
    let gate = match left.mean {
        mean if mean < 0.2 => DeployGate::BudgetLow,
        _ if 2 * missed > burnt_s.len() => DeployGate::Missed,
        _ => DeployGate::Open,
    };
    BudgetResult {
        operation: name.to_owned(),
        promised: slo.availability,
        period: slo.period,
        budget_s: all.budget_s,
        burnt_s: burnt.within(0.0, f64::INFINITY),
        burnt_by_pause_s: t_interval(paused_s, confidence).within(0.0, f64::INFINITY),
        left,
        state: BudgetState::of(left.mean),
        gate,
        availability: all.availability,
        credit: credit(all.availability),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slo(availability: f64, spent: f64) -> Slo {
        let period = Span::from_secs(30 * 86_400);
        Slo { operation: 0, availability, p95: None, errors: None, period, spent }
    }

    #[test]
    fn a_month_of_99_95_per_cent_is_21_6_minutes() {
        for (availability, minutes) in [(0.9995, 21.6), (0.999, 43.2), (0.995, 216.0), (0.99, 432.0)] {
            let figures = SloFigures::of(&slo(availability, 0.0), 0.0);
            assert!((figures.budget_s / 60.0 - minutes).abs() < 1e-9, "{availability}");
            assert_eq!((figures.left, figures.availability), (1.0, 1.0));
        }
    }

    #[test]
    fn what_was_spent_before_counts() {
        // 10.8 of 43.2 minutes are gone before, and as many again burn.
        let figures = SloFigures::of(&slo(0.999, 0.25), 648.0);
        assert!((figures.left - 0.5).abs() < 1e-9);
        assert!((figures.availability - 0.9995).abs() < 1e-12);
    }

    #[test]
    fn states_and_credits_follow_their_thresholds() {
        let states = [0.51, 0.5, 0.21, 0.2, -1.0].map(|left| BudgetState::of(left).releases());
        assert_eq!(states, ["NORMAL", "REDUCED", "REDUCED", "FROZEN", "FROZEN"]);
        assert_eq!([0.9995, 0.99949, 0.99, 0.95, 0.9499].map(credit), [0.0, 0.1, 0.1, 0.25, 0.5]);
    }

    #[test]
    fn a_release_waits_for_the_budget_and_for_the_service() {
        let gate = |burnt_s: f64, missed| {
            budget(&slo(0.999, 0.0), "a", [&[burnt_s; 3], &[0.0; 3]], missed, 0.95).gate
        };
        assert_eq!(gate(2000.0, 0), DeployGate::Open);
        assert_eq!(gate(2000.0, 2), DeployGate::Missed);
        assert_eq!(gate(2200.0, 0), DeployGate::BudgetLow);
    }
}
