//! What users feel of an incident: failed and late requests, interval by interval.

use std::ops::Range;

use super::recovery::{Calm, intervals};
use crate::record::SeriesPoint;
use crate::scenario::{Plan, Slo};
use crate::units::Span;

/// An operation is hit if more than this share of its requests failed or were late.
const HIT: f64 = 0.01;

/// Whom an incident hit, from its beginning to recovery or the end of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Blast {
    /// Operations of which more than 1 % of the requests failed or were late.
    pub operations: u32,
    /// Requests that failed, beyond the share that fails in calm.
    pub failed: u64,
    /// Requests that were served late, after the time that their objective or service level bounds; beyond the share that is
    /// late in calm.
    pub late: u64,
    /// Requests that ended.
    pub ended: u64,
    /// Operations × share of requests that failed or were late × duration [operation seconds]: an operation that fails
    /// altogether for a minute is 60.
    pub operation_s: f64,
}

/// The minute in which an operation did worst: most of its requests failed; among equals, most failed or were late; then
/// the slowest, of which one in which nobody is served is the worst, and the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WorstMinute {
    /// The operation, by index.
    pub operation: usize,
    /// When the minute begins \[s].
    pub from_s: f64,
    /// Share of its requests that failed.
    pub failed_share: f64,
    /// Share that failed or was late, the latter beyond calm.
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

    fn failed_share(&self) -> f64 {
        self.share(self.failed)
    }
}

/// An operation in an incident: its intervals, and how well it did before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit<'a> {
    pub(super) points: &'a [SeriesPoint],
    pub(super) calm: Calm,
}

impl Hit<'_> {
    /// What failed and what was late, beyond the shares of calm; below 0 where an interval did better.
    fn beyond(&self, points: &[SeriesPoint]) -> (f64, f64) {
        let counts = Counts::of(points);
        let (failed, late) = (counts.failed as f64, counts.late as f64);
        let served = (counts.ended - counts.failed) as f64;
        (failed - self.calm.failed * counts.ended as f64, late - self.calm.late * served)
    }
}

/// Whom an incident hit, beyond what fails and is late in calm too. What an operation does better at one time makes up for
/// what it does worse at another, so that chance adds nothing.
pub(super) fn blast(incident: &[Hit<'_>], width_s: f64) -> Blast {
    incident.iter().fold(Blast::default(), |sum, hit| {
        let counts = Counts::of(hit.points);
        let (failed, late) = hit.beyond(hit.points);
        let (failed, late) = (failed.max(0.0), late.max(0.0));
        let lost = |point: &SeriesPoint| {
            let one = std::slice::from_ref(point);
            let counts = Counts::of(one);
            match counts.ended {
                0 => counts.share(0) * width_s,
                ended => {
                    let (failed, late) = hit.beyond(one);
                    (failed + late) / ended as f64 * width_s
                }
            }
        };
        let is_hit = counts.ended == 0 && counts.offered > 0 || failed + late > HIT * counts.ended as f64;
        Blast {
            operations: sum.operations + u32::from(is_hit),
            failed: sum.failed + failed.round() as u64,
            late: sum.late + late.round() as u64,
            ended: sum.ended + counts.ended,
            operation_s: sum.operation_s + hit.points.iter().map(lost).sum::<f64>().max(0.0),
        }
    })
}

/// The highest 95th percentile of any interval \[s].
pub(super) fn peak_p95_s(incident: &[Hit<'_>]) -> f64 {
    incident.iter().flat_map(|hit| hit.points).map(|point| point.p95_secs).fold(f64::NAN, f64::max)
}

/// The worst minute, of so many intervals of a width \[s], of any of these operations that lies in an incident; its first
/// minute where it is shorter.
pub(super) fn worst_minute(
    (length, width_s): (usize, f64),
    incident: Range<usize>,
    operations: &[(usize, Hit<'_>)],
) -> Option<WorstMinute> {
    let minutes = operations.iter().flat_map(|(operation, hit)| {
        let end = incident.end.max(incident.start + length).min(hit.points.len());
        (incident.start..(end + 1).saturating_sub(length)).map(move |from| {
            let minute = hit.minute(&hit.points[from..from + length]);
            WorstMinute { operation: *operation, from_s: from as f64 * width_s, ..minute }
        })
    });
    let mut worst: Option<WorstMinute> = None;
    for minute in minutes {
        // Where nobody is served, it is as slow as it gets; where nobody asks, nothing is.
        let slow = |minute: &WorstMinute| match minute.p95_s {
            p95_s if p95_s.is_finite() => p95_s,
            _ if minute.failed_share > 0.0 => f64::INFINITY,
            _ => 0.0,
        };
        let key = |minute: &WorstMinute| (minute.failed_share, minute.bad_share, slow(minute));
        if worst.is_none_or(|worst| key(&minute) > key(&worst)) {
            worst = Some(minute);
        }
    }
    worst.filter(|worst| worst.failed_share > 0.0 || worst.bad_share > 0.0 || worst.p95_s.is_finite())
}

impl Hit<'_> {
    fn minute(&self, points: &[SeriesPoint]) -> WorstMinute {
        let counts = Counts::of(points);
        let (_, late) = self.beyond(points);
        let late = late.max(0.0) / (counts.ended as f64).max(1.0);
        WorstMinute {
            operation: 0,
            from_s: 0.0,
            failed_share: counts.share(counts.failed),
            bad_share: (counts.share(counts.failed) + late).min(1.0),
            p95_s: points.iter().map(|point| point.p95_secs).fold(f64::NAN, f64::max),
        }
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

    fn hit(points: &[SeriesPoint]) -> Hit<'_> {
        Hit { points, calm: Calm::default() }
    }

    #[test]
    fn blast_is_operations_times_share_times_time() {
        // Half of one fails for 20 s, a quarter of the other is late for 10 s; then nothing of the other ends at all.
        let one = [point(10, 5, 5, 0, 0.1), point(10, 5, 5, 0, 0.3)];
        let other = [point(10, 8, 0, 2, 0.2), point(10, 0, 0, 0, f64::NAN)];
        let incident = [hit(&one), hit(&other)];
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
    fn what_is_late_in_calm_is_no_part_of_an_incident() {
        // Half are late at all times, and one in ten fails: then as many more fail, and the rest is late as before.
        let calm = Calm { p95_s: Some(0.2), failed: 0.1, late: 0.5 };
        let usual = [point(100, 90, 10, 45, 0.2)];
        let none = blast(&[Hit { points: &usual, calm }], 10.0);
        assert_eq!((none.operations, none.failed, none.late, none.operation_s), (0, 0, 0, 0.0));
        let worse = [point(100, 80, 20, 40, 0.2)];
        let found = blast(&[Hit { points: &worse, calm }], 10.0);
        assert_eq!((found.operations, found.failed, found.late), (1, 10, 0));
        assert!((found.operation_s - 1.0).abs() < 1e-9);
        let minute = Hit { points: &usual, calm }.minute(&usual);
        assert_eq!((minute.failed_share, minute.bad_share), (0.1, 0.1));
    }

    #[test]
    fn the_worst_minute_is_one_without_an_answer_and_lies_in_the_incident() {
        let slow = point(10, 1, 9, 1, 9.0);
        let (calm, silent) = (point(10, 10, 0, 0, 0.1), point(10, 0, 10, 0, f64::NAN));
        // Everything fails at three times: with an answer that is late, with none, and when it is over.
        let one = [calm, slow, calm, point(10, 0, 10, 0, 0.2), silent, calm, silent];
        let other = [calm, calm, calm, calm, calm, calm, calm];
        let operations = [(4, hit(&other)), (7, hit(&one))];
        let worst = worst_minute((1, 60.0), 1..6, &operations).expect("a worst minute");
        assert_eq!((worst.operation, worst.from_s, worst.failed_share), (7, 240.0, 1.0));
        assert!(worst.p95_s.is_nan());
        let before = worst_minute((1, 60.0), 1..3, &operations).expect("a worst minute");
        assert_eq!((before.from_s, before.failed_share, before.p95_s), (60.0, 0.9, 9.0));
        // An incident that is shorter than a minute has one all the same.
        assert_eq!(worst_minute((2, 30.0), 1..2, &operations).map(|it| it.from_s), Some(30.0));
        assert_eq!(worst_minute((1, 60.0), 0..1, &[(0, hit(&[point(0, 0, 0, 0, f64::NAN)]))]), None);
    }

    #[test]
    fn nothing_asked_for_is_nothing_lost() {
        let quiet = [point(0, 0, 0, 0, f64::NAN)];
        assert_eq!(blast(&[hit(&quiet)], 10.0), Blast::default());
        assert!(peak_p95_s(&[hit(&quiet)]).is_nan());
        assert_eq!(burnt_s(&quiet, 10.0), 0.0);
    }
}
