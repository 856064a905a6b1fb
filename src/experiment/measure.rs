//! The value of a claim's measure in one run.

use super::incident::RunOutcomes;
use super::summary::{Found, window_bounds};
use crate::record::{ObservedSegment, OperationRecord, RunRecord, StationRecord};
use crate::scenario::{Chance, Claim, ClaimMeasure, ClaimSpan, Plan};
use crate::units::{Instant, Span};

/// What one run says of a claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sample {
    /// The value; NaN where there is none.
    pub(super) value: f64,
    /// Requests that it rests on.
    pub(super) count: u64,
    /// Whether what it is measured after happened, and the span ended within the run.
    pub(super) opened: bool,
}

/// Samples again the times that are known when all runs are.
pub(super) fn time_again(plan: &Plan, outcomes: &RunOutcomes, samples: &mut [Sample]) {
    for (claim, sample) in plan.claims.iter().zip(samples) {
        if let ClaimMeasure::TimeTo(phase) = &claim.measure {
            sample.value = outcomes.phase_s(*phase).unwrap_or(f64::NAN);
        }
    }
}

const NOTHING: Sample = Sample { value: f64::NAN, count: 0, opened: false };

/// What a run says of a claim.
pub(super) fn sample(
    plan: &Plan,
    claim: &Claim,
    found: &Found<'_>,
    record: &RunRecord,
    outcomes: Option<&RunOutcomes>,
) -> Sample {
    let of_the_run = |value: f64| Sample { value, count: 0, opened: true };
    match &claim.measure {
        ClaimMeasure::Effect { effect } => {
            return of_the_run(record.effects.get(*effect).map_or(f64::NAN, |count| *count as f64));
        }
        ClaimMeasure::BeyondCalm { effect } => {
            let beyond = outcomes.and_then(|it| it.effects_beyond.get(*effect));
            return of_the_run(beyond.map_or(f64::NAN, |beyond| beyond.count));
        }
        ClaimMeasure::TimeTo(phase) => {
            return of_the_run(outcomes.and_then(|it| it.phase_s(*phase)).unwrap_or(f64::NAN));
        }
        ClaimMeasure::Chance(chance) => {
            let is = |outcomes: &RunOutcomes| match chance {
                Chance::Collapse => outcomes.is_collapsed,
                Chance::Recover => outcomes.phase_s(crate::scenario::Phase::Recover).is_some(),
            };
            return of_the_run(outcomes.map_or(f64::NAN, |outcomes| f64::from(u8::from(is(outcomes)))));
        }
        _ => {}
    }
    let Some(span) = bounds(plan, &claim.span, found, record) else { return NOTHING };
    let (value, count) = value(&claim.measure, found, record, span);
    let against = match &claim.against {
        None => Some(1.0),
        Some(other) => {
            bounds(plan, other, found, record).map(|span| self::value(&claim.measure, found, record, span).0)
        }
    };
    Sample { value: against.map_or(f64::NAN, |against| value / against), count, opened: true }
}

/// The ends of a span in this run; `None` if it did not begin, or the run was cut short before it ended.
fn bounds(
    plan: &Plan,
    span: &ClaimSpan,
    found: &Found<'_>,
    record: &RunRecord,
) -> Option<(Instant, Instant)> {
    let end = match record.ending.cut_short() {
        None => Instant::START + plan.duration,
        Some((at, _)) => at,
    };
    let (from, to) = match span {
        ClaimSpan::Whole => (Instant::START + found.warm_up, Instant::START + plan.duration),
        ClaimSpan::Window(index) => window_bounds(plan.windows.get(*index)?, found.warm_up),
        ClaimSpan::After(anchor) => anchor.span_in(&record.happenings, Instant::START + plan.duration)?,
    };
    (to <= end).then_some((from, to))
}

/// The value of a measure in a span, and the requests that it rests on.
fn value(
    measure: &ClaimMeasure,
    found: &Found<'_>,
    record: &RunRecord,
    (from, to): (Instant, Instant),
) -> (f64, u64) {
    let inside = found.inside(from, to);
    let secs = to.since(from).as_secs_f64();
    let operation = |index: usize| {
        let mut total = OperationRecord::default();
        inside
            .iter()
            .filter_map(|segment| record.operations[index].get(*segment))
            .for_each(|it| total.merge(it));
        total
    };
    let share = |part: u64, whole: u64| if whole == 0 { f64::NAN } else { part as f64 / whole as f64 };
    let stations = |indices: &[usize]| {
        let mut total = StationRecord::default();
        for index in indices {
            let segments = inside.iter().filter_map(|segment| record.stations[*index].get(*segment));
            segments.for_each(|it| total.merge(it));
        }
        total
    };
    let observed = |index: usize| {
        let mut total = ObservedSegment::default();
        let segments = &record.observed[index].segments;
        inside.iter().filter_map(|segment| segments.get(*segment)).for_each(|it| total.merge(it));
        total
    };
    match measure {
        ClaimMeasure::Quantile { operation: index, p } => {
            let total = operation(*index);
            (total.latency.quantile(*p).map_or(f64::NAN, Span::as_secs_f64), total.served)
        }
        ClaimMeasure::Mean { operation: index } => {
            let total = operation(*index);
            (total.latency.mean_secs().unwrap_or(f64::NAN), total.served)
        }
        ClaimMeasure::Failed { operation: index } => {
            let total = operation(*index);
            (share(total.failures(), total.ended()), total.ended())
        }
        ClaimMeasure::Availability { operation: index } => {
            let total = operation(*index);
            (share(total.ended() - total.failures(), total.ended()), total.ended())
        }
        ClaimMeasure::Served { operation: index } => {
            let total = operation(*index);
            (total.served as f64 / secs, total.served)
        }
        ClaimMeasure::Offered { operation: index } => {
            let total = operation(*index);
            (total.offered as f64 / secs, total.offered)
        }
        ClaimMeasure::Used { stations: indices } => {
            let total = stations(indices);
            (if total.capacity_area == 0 { f64::NAN } else { total.utilisation() }, total.visits)
        }
        ClaimMeasure::Waiting { stations: indices } => {
            let total = stations(indices);
            // Replicas share the time: their queues add up.
            (total.mean_queue() * indices.len() as f64, total.visits)
        }
        ClaimMeasure::Visits { stations: indices } => {
            let total = stations(indices);
            (total.visits as f64 / secs, total.visits)
        }
        ClaimMeasure::HitRatio { hits, wanted } => {
            let (hits, wanted) = (observed(*hits).total, observed(*wanted).total);
            // One may be sent just before the span, and answered in it.
            (if wanted > 0.0 { (hits / wanted).min(1.0) } else { f64::NAN }, wanted as u64)
        }
        ClaimMeasure::Lag { lag } => (observed(*lag).per_second(), 0),
        // Of the whole run: their value is known without a span.
        ClaimMeasure::Effect { .. }
        | ClaimMeasure::BeyondCalm { .. }
        | ClaimMeasure::TimeTo(_)
        | ClaimMeasure::Chance(_) => (f64::NAN, 0),
    }
}
