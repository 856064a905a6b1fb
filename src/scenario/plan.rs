//! A valid plan: what is run.

use std::sync::Arc;

use super::claims::{Claim, ClaimSpan};
use super::slos::{Prices, Slo};
use crate::component::Assembly;
use crate::engine::Limits;
use crate::record::Anchor;
use crate::units::{Instant, Ratio, Span};

/// A scenario put together with its deployment and operations, checked and ready to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The scenario's name: its file name without extension.
    pub name: String,
    /// The deployment's name, empty for a scenario of plain stations.
    pub deployment: String,
    /// A sentence about the question.
    pub description: Option<String>,
    /// The assembled system under its load.
    pub assembly: Arc<Assembly>,
    /// How long is simulated.
    pub duration: Span,
    /// What is left out at the start.
    pub warm_up: PlannedWarmUp,
    /// Spans of the run that are reported apart, in the order written. Never empty: without any in the file it
    /// holds one, named `whole`, from the end of the warm-up to the end of the run.
    pub windows: Vec<Window>,
    /// Whether the windows are those around the faults, since the scenario writes none.
    pub is_cut_at_faults: bool,
    /// What recovering means.
    pub recovery: Option<Recovery>,
    /// What has to hold.
    pub objectives: Vec<Objective>,
    /// What people say of the system.
    pub claims: Vec<Claim>,
    /// Alerts that can never fire, since nothing shows what they look at.
    pub silent: Vec<String>,
    /// Alerts of which a part of the expression never has a value.
    pub valueless: Vec<String>,
    /// Runs without faults and people that tell which alerts fire for nothing; none where there are no faults or no alerts.
    pub calm: u32,
    /// What is promised of operations over weeks.
    pub slos: Vec<Slo>,
    /// What resources cost.
    pub prices: Prices,
    /// Runs with different seeds.
    pub replications: u32,
    /// The seed that all random streams are made from.
    pub seed: u64,
    /// Length of one interval of the series.
    pub interval: Span,
    /// Limits of each run.
    pub limits: Limits,
    /// A hash over the text of all files that the plan was made from.
    pub model_hash: u64,
    /// Parameters without a source: the places of components that have no `source:` or say `assumed`.
    pub assumed: Vec<String>,
    /// Number of components that could have a `source:`.
    pub sourced_of: u32,
}

impl Plan {
    /// Where spans of claims begin with something that happens.
    pub fn anchors(&self) -> impl Iterator<Item = &Anchor> {
        self.claims.iter().filter_map(|claim| match &claim.span {
            ClaimSpan::After(anchor) => Some(anchor),
            ClaimSpan::Whole | ClaimSpan::Window(_) => None,
        })
    }

    /// By operation, the response time beyond which a request is late: what an objective bounds its highest quantile by,
    /// else the response time of its service level.
    pub fn late_after(&self) -> Vec<Option<Span>> {
        let of = |operation| {
            let promised = || self.slos.iter().find(|slo| slo.operation == operation).and_then(|slo| slo.p95);
            in_time(&self.objectives, operation).or_else(promised)
        };
        (0..self.assembly.operations.len()).map(of).collect()
    }

    /// The share of an operation's requests that may be [late](Self::late_after): beyond the highest quantile that an
    /// objective bounds, else beyond the 95th.
    pub fn late_allowed(&self, operation: usize) -> f64 {
        1.0 - bounding(&self.objectives, operation).map_or(0.95, |(p, _)| p)
    }
}

/// What is left out at the start of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlannedWarmUp {
    /// A stated time, zero for none.
    Stated(Span),
    /// What MSER-5 says of a pilot run.
    Mser5,
}

/// A span of the run that is reported apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its name.
    pub name: String,
    /// Its start.
    pub from: Instant,
    /// Its end.
    pub to: Instant,
    /// Whether it was made by the program: its start then moves to the end of the warm-up.
    pub implied: bool,
}

/// What recovering means; see [`super::RecoverySpec`].
#[derive(Clone, Debug, PartialEq)]
pub struct Recovery {
    /// Index of the baseline window.
    pub baseline: usize,
    /// When the disturbance ends; `None` where people may end it: then it is when the last fault ends in a run.
    pub from: Option<Instant>,
    /// Bound on p95 as a multiple of the baseline's.
    pub latency_factor: f64,
    /// Bound on the share that fails, beyond the baseline's.
    pub failed_share: Ratio,
    /// For how long.
    pub hold: Span,
    /// How soon after the disturbance every run has to recover, if that is asked for.
    pub within: Option<Span>,
}

/// What an objective measures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// A quantile of the response time of served requests.
    LatencyQuantile(f64),
    /// The mean response time of served requests.
    LatencyMean,
    /// The share of requests that failed, business refusals left out.
    FailedShare,
    /// The share of requests that did not fail.
    Availability,
}

/// How a measure is compared with its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `>=`
    AtLeast,
}

/// The response time within which a request of an operation is in time: the upper bound on the highest quantile
/// that any of these objectives has, the tightest if several have it; `None` if none has one.
pub fn in_time(objectives: &[Objective], operation: usize) -> Option<Span> {
    bounding(objectives, operation).map(|(_, bound)| Span::from_secs_f64(bound))
}

/// The highest quantile of an operation's response times that is bounded from above, and its tightest bound \[s].
fn bounding(objectives: &[Objective], operation: usize) -> Option<(f64, f64)> {
    let bounds = objectives.iter().filter_map(|objective| match (objective.measure, objective.comparison) {
        (Measure::LatencyQuantile(p), Comparison::Below | Comparison::AtMost)
            if objective.operation == operation =>
        {
            Some((p, objective.bound))
        }
        _ => None,
    });
    bounds.min_by(|(p, a), (q, b)| q.total_cmp(p).then(a.total_cmp(b)))
}

/// One thing that has to hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// Index of the operation in the assembly.
    pub operation: usize,
    /// What is measured.
    pub measure: Measure,
    /// How it is compared.
    pub comparison: Comparison,
    /// The bound: seconds for times, a fraction for shares.
    pub bound: f64,
    /// Index of the window it is judged in.
    pub window: usize,
    /// As written, such as `order.place p95 < 200ms during surge`.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_time_is_what_the_highest_quantile_is_bounded_by() {
        let objective = |operation, measure, comparison, bound| Objective {
            operation,
            measure,
            comparison,
            bound,
            window: 0,
            text: String::new(),
        };
        let objectives = [
            objective(0, Measure::LatencyQuantile(0.5), Comparison::Below, 0.1),
            objective(0, Measure::LatencyQuantile(0.95), Comparison::AtMost, 0.4),
            objective(0, Measure::LatencyQuantile(0.95), Comparison::Below, 0.3),
            objective(1, Measure::LatencyMean, Comparison::Below, 0.1),
            objective(2, Measure::LatencyQuantile(0.99), Comparison::Above, 0.1),
        ];
        assert_eq!(in_time(&objectives, 0), Some(Span::from_millis(300)));
        assert_eq!(in_time(&objectives, 1), None);
        assert_eq!(in_time(&objectives, 2), None);
    }
}
