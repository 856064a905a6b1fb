//! What users feel of an incident: failed and late requests, interval by interval.

use super::recovery::{interval_at, intervals};
use crate::record::SeriesPoint;
use crate::scenario::{Plan, Slo};
use crate::units::{Instant, Span};

/// An operation is hit if more than this share of its requests failed or were late.
const HIT: f64 = 0.01;

/// Whom an incident hit, from its beginning to recovery or the end of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Blast {
    /// Operations of which more than 1 % of the requests failed or were late.
    pub operations: u32,
    /// Requests that failed.
    pub failed: u64,
    /// Requests that were served late: after the time that their objective or service level bounds.
    pub late: u64,
    /// Requests that ended.
    pub ended: u64,
    /// Operations × share of requests that failed or were late × duration [operation seconds]: an operation that fails
    /// altogether for a minute is 60.
    pub operation_s: f64,
}

/// The minute in which an operation did worst: most of its requests failed or were late; among equals the slowest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WorstMinute {
    /// The operation, by index.
    pub operation: usize,
    /// When the minute begins \[s].
    pub from_s: f64,
    /// Share of its requests that failed.
    pub failed_share: f64,
    /// Share that failed or was late.
    pub bad_share: f64,
    /// The highest 95th percentile of its intervals \[s]; NaN where nothing was served.
    pub p95_s: f64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    offered: u64,
    failed: u64,
    late: u64,
    ended: u64,
}

impl Counts {
    fn of(points: &[SeriesPoint]) -> Self {
        points.iter().fold(Counts::default(), |sum, point| Counts {
            offered: sum.offered + point.offered,
            failed: sum.failed + point.failed,
            late: sum.late + point.late,
            ended: sum.ended + point.served + point.failed,
        })
    }

    /// A share of what ended; of what nothing of ended although it was asked for, all.
    fn share(&self, of: u64) -> f64 {
        match (self.ended, self.offered) {
            (0, 0) => 0.0,
            (0, _) => 1.0,
            (ended, _) => of as f64 / ended as f64,
        }
    }

    fn bad_share(&self) -> f64 {
        self.share(self.failed + self.late)
    }

    fn failed_share(&self) -> f64 {
        self.share(self.failed)
    }
}

/// Whom an incident hit: its intervals, by operation.
pub(super) fn blast(incident: &[(usize, &[SeriesPoint])], width_s: f64) -> Blast {
    incident.iter().fold(Blast::default(), |sum, (_, points)| {
        let counts = Counts::of(points);
        let lost = |point: &SeriesPoint| Counts::of(std::slice::from_ref(point)).bad_share() * width_s;
        Blast {
            operations: sum.operations + u32::from(counts.bad_share() > HIT),
            failed: sum.failed + counts.failed,
            late: sum.late + counts.late,
            ended: sum.ended + counts.ended,
            operation_s: sum.operation_s + points.iter().map(lost).sum::<f64>(),
        }
    })
}

/// The highest 95th percentile of any interval \[s].
pub(super) fn peak_p95_s(incident: &[(usize, &[SeriesPoint])]) -> f64 {
    incident.iter().flat_map(|(_, points)| points.iter()).map(|point| point.p95_secs).fold(f64::NAN, f64::max)
}

/// The worst minute of any of these operations from `start` on.
pub(super) fn worst_minute(
    plan: &Plan,
    start: Instant,
    series: &[Vec<SeriesPoint>],
    operations: &[usize],
) -> Option<WorstMinute> {
    let (first, length) = (interval_at(plan, start), intervals(plan, Span::from_secs(60)));
    let minutes = operations.iter().flat_map(|operation| {
        let points = &series[*operation];
        (first..(points.len() + 1).saturating_sub(length)).map(move |from| {
            let minute = &points[from..from + length];
            (from, WorstMinute { operation: *operation, ..minute_of(minute) })
        })
    });
    let mut worst: Option<WorstMinute> = None;
    for (from, minute) in minutes {
        let key = |minute: &WorstMinute| (minute.bad_share, minute.p95_s.max(0.0));
        if worst.is_none_or(|worst| key(&minute) > key(&worst)) {
            worst = Some(WorstMinute { from_s: from as f64 * plan.interval.as_secs_f64(), ..minute });
        }
    }
    worst
}

fn minute_of(points: &[SeriesPoint]) -> WorstMinute {
    let counts = Counts::of(points);
    WorstMinute {
        operation: 0,
        from_s: 0.0,
        failed_share: counts.failed_share(),
        bad_share: counts.bad_share(),
        p95_s: points.iter().map(|point| point.p95_secs).fold(f64::NAN, f64::max),
    }
}

/// Failures as the time in which all requests fail that costs as much \[s].
pub(super) fn burnt_s(points: &[SeriesPoint], width_s: f64) -> f64 {
    points.iter().map(|point| Counts::of(std::slice::from_ref(point)).failed_share() * width_s).sum()
}

/// Whether a service level's response time or share of errors is missed in the last minute of a run.
pub(super) fn is_missed(plan: &Plan, slo: &Slo, points: &[SeriesPoint]) -> bool {
    let length = intervals(plan, Span::from_secs(60)).min(points.len());
    let last = &points[points.len() - length..];
    let mut p95: Vec<f64> = last.iter().map(|point| point.p95_secs).filter(|p| p.is_finite()).collect();
    p95.sort_by(f64::total_cmp);
    let slow = slo.p95.zip(p95.get(p95.len() / 2)).is_some_and(|(bound, p95)| *p95 >= bound.as_secs_f64());
    slow || slo.errors.is_some_and(|errors| Counts::of(last).failed_share() >= errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(offered: u64, served: u64, failed: u64, late: u64, p95_secs: f64) -> SeriesPoint {
        SeriesPoint { offered, served, failed, late, p95_secs, ..SeriesPoint::default() }
    }

    #[test]
    fn blast_is_operations_times_share_times_time() {
        // Half of one fails for 20 s, a quarter of the other is late for 10 s; then nothing of the other ends at all.
        let one = [point(10, 5, 5, 0, 0.1), point(10, 5, 5, 0, 0.3)];
        let other = [point(10, 8, 0, 2, 0.2), point(10, 0, 0, 0, f64::NAN)];
        let incident = [(0, &one[..]), (1, &other[..])];
        let found = blast(&incident, 10.0);
        assert_eq!(
            found,
            Blast { operations: 2, failed: 10, late: 2, ended: 28, operation_s: 5.0 + 5.0 + 2.5 + 10.0 }
        );
        assert_eq!(peak_p95_s(&incident), 0.3);
        // What is late has cost no availability.
        assert_eq!(burnt_s(&one, 10.0), 10.0);
        assert_eq!(burnt_s(&other, 10.0), 10.0);
    }

    #[test]
    fn nothing_asked_for_is_nothing_lost() {
        let quiet = [point(0, 0, 0, 0, f64::NAN)];
        assert_eq!(blast(&[(0, &quiet[..])], 10.0), Blast::default());
        assert!(peak_p95_s(&[(0, &quiet[..])]).is_nan());
        assert_eq!(burnt_s(&quiet, 10.0), 0.0);
    }
}
