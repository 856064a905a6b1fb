//! Whether operations do as well as before: recovery and collapse, as decision 0007 defines them.

use super::summary::OperationNumbers;
use crate::record::{Happening, HappeningKind, SeriesPoint};
use crate::scenario::{Plan, Recovery};
use crate::units::{Instant, Span};

/// What doing as well as before means for one operation of one run.
pub(super) struct Bounds {
    /// Bound on the 95th percentile \[s].
    latency_s: f64,
    /// Bound on the share that fails.
    failed: f64,
    /// For how many intervals.
    hold: usize,
}

impl Bounds {
    /// The bounds, from how well the operation did before; `None` if it was never served then.
    pub(super) fn new(plan: &Plan, recovery: &Recovery, baseline: &OperationNumbers) -> Option<Self> {
        let before = baseline.failures as f64 / (baseline.ended as f64).max(1.0);
        Some(Bounds {
            latency_s: baseline.latency.map(|latency| latency[2] * recovery.latency_factor)?,
            failed: before + recovery.failed_share.as_fraction(),
            hold: intervals(plan, recovery.hold),
        })
    }

    /// The first interval from `first` on from which the operation is well for the whole hold, or is not.
    pub(super) fn first(&self, points: &[SeriesPoint], first: usize, well: bool) -> Option<usize> {
        (first..points.len().saturating_sub(self.hold - 1)).find(|start| self.is_well(points, *start) == well)
    }

    /// Whether the operation is well for the hold from this interval on: the median of the intervals' 95th percentiles
    /// and the share that failed are within the bounds.
    fn is_well(&self, points: &[SeriesPoint], start: usize) -> bool {
        let span = &points[start..start + self.hold];
        let failed: u64 = span.iter().map(|point| point.failed).sum();
        let served: u64 = span.iter().map(|point| point.served).sum();
        let mut p95: Vec<f64> = span.iter().map(|point| point.p95_secs).filter(|p| p.is_finite()).collect();
        p95.sort_by(f64::total_cmp);
        // Nothing that ends is a good sign only where nothing was asked for.
        let quiet = span.iter().all(|point| point.offered == 0) && failed + served == 0;
        let fast = p95.get(p95.len() / 2).is_some_and(|median| *median <= self.latency_s);
        let sound = failed as f64 <= self.failed * (failed + served) as f64;
        quiet || (fast && sound && served > 0)
    }
}

/// How many intervals a time takes, at least one.
pub(super) fn intervals(plan: &Plan, span: Span) -> usize {
    (span.as_nanos().div_ceil(plan.interval.as_nanos().max(1)) as usize).max(1)
}

/// The first interval that begins at or after an instant.
pub(super) fn interval_at(plan: &Plan, at: Instant) -> usize {
    at.as_nanos().div_ceil(plan.interval.as_nanos().max(1)) as usize
}

/// When the disturbance ends in a run; `None` if it lasts to the end of it.
pub(super) fn ends(recovery: &Recovery, happenings: &[Happening]) -> Option<Instant> {
    if recovery.from.is_some() {
        return recovery.from;
    }
    let of = |kind| happenings.iter().filter(move |happening| happening.kind == kind);
    let is_over = of(HappeningKind::FaultBegan).count() == of(HappeningKind::FaultEnded).count();
    of(HappeningKind::FaultEnded).map(|happening| happening.at).max().filter(|_| is_over)
}

/// How long after the disturbance an operation does as well as before, if it ever does \[s].
///
/// Recovered is the first interval from which, over the stated hold, the median of the intervals' p95 and the
/// share that failed are within the stated bounds of the baseline.
pub(super) fn time_s(
    plan: &Plan,
    recovery: &Recovery,
    from: Instant,
    baseline: &OperationNumbers,
    points: &[SeriesPoint],
) -> Option<f64> {
    let bounds = Bounds::new(plan, recovery, baseline)?;
    let found = bounds.first(points, interval_at(plan, from), true)?;
    let at = found as u64 * plan.interval.as_nanos();
    Some(Span::from_nanos(at.saturating_sub(from.as_nanos())).as_secs_f64())
}

/// Whether less than half of what was offered was served for a minute or longer.
pub(super) fn collapsed(plan: &Plan, points: &[SeriesPoint]) -> bool {
    let needed = intervals(plan, Span::from_secs(60));
    let mut run = 0;
    points.iter().any(|point| {
        let bad = point.offered > 0 && point.served * 2 < point.offered;
        run = if bad { run + 1 } else { 0 };
        run >= needed
    })
}
