//! Whether operations do as well as before: recovery and collapse, as decision 0007 defines them.

use std::ops::Range;

use super::impact::{next_ends, stretches};
use super::summary::{WindowSummary, window_bounds};
use crate::record::{Happening, HappeningKind, RunRecord, SeriesPoint};
use crate::scenario::{Plan, Recovery, RecoverySpec};
use crate::stats::median_of;
use crate::units::{Instant, Span};

/// How well an operation of a run did before its incident.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Calm {
    /// The 95th percentile \[s]; `None` if nothing was served.
    pub(super) p95_s: Option<f64>,
    /// Share of the requests that failed.
    pub(super) failed: f64,
    /// Share of those served that were late.
    pub(super) late: f64,
}

/// How well the operations of a run did before its incident, all of them: in the window that recovery is compared with; or,
/// where the scenario says nothing of recovery, from the end of the warm-up to the beginning of the incident.
pub(super) fn calms(
    plan: &Plan,
    warm_up: Span,
    windows: &[WindowSummary],
    record: &RunRecord,
    start: Instant,
) -> Vec<Calm> {
    let baseline = plan.recovery.as_ref().map(|recovery| recovery.baseline);
    let calm = match baseline.and_then(|index| plan.windows.get(index)) {
        Some(window) => within(plan.interval, window_bounds(window, warm_up), start),
        None => calm(plan, warm_up, start),
    };
    let of = |(index, points): (usize, &Vec<SeriesPoint>)| {
        let last = calm.end.min(points.len());
        let calm = Calm::of(&points[calm.start.min(last)..last]);
        match baseline.and_then(|index| windows.get(index)) {
            None => calm,
            // Who arrives in the window and fails when it is over fails of the incident: shares are of what ends in it.
            Some(window) => {
                Calm { p95_s: window.operations[index].latency.map(|latency| latency[2]), ..calm }
            }
        }
    };
    record.series.operations.iter().enumerate().map(of).collect()
}

/// The intervals of calm of a run: from the end of the warm-up to the beginning of the incident. Empty where there is no time
/// between the two.
pub(super) fn calm(plan: &Plan, warm_up: Span, start: Instant) -> Range<usize> {
    within(plan.interval, ((Instant::START + warm_up).min(start), start), start)
}

/// The intervals that lie in a span and are over before the incident begins: what a fault breaks at an instant counts in the
/// interval that ends there.
fn within(interval: Span, (from, to): (Instant, Instant), start: Instant) -> Range<usize> {
    let to_ns = if to >= start { to.as_nanos().saturating_sub(1) } else { to.as_nanos() };
    let interval = interval.as_nanos().max(1);
    let (first, last) = (from.as_nanos().div_ceil(interval) as usize, (to_ns / interval) as usize);
    first..last.max(first)
}

impl Calm {
    fn of(points: &[SeriesPoint]) -> Self {
        let sum = |of: fn(&SeriesPoint) -> u64| points.iter().map(of).sum::<u64>() as f64;
        let (served, failed) = (sum(|point| point.served), sum(|point| point.failed));
        let ended = sum(SeriesPoint::ended);
        let mut p95: Vec<f64> = points.iter().map(|point| point.p95_secs).filter(|p| p.is_finite()).collect();
        p95.sort_by(f64::total_cmp);
        Calm {
            p95_s: Some(median_of(&p95)).filter(|p95| p95.is_finite()),
            failed: failed / ended.max(1.0),
            late: sum(|point| point.late) / served.max(1.0),
        }
    }
}

/// Intervals in a row without an answer that are no chance.
const HANGS: usize = 2;

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
    /// The bounds, from how well the operation did before, for a run whose disturbance ended, if it did. Without a word of
    /// the scenario about recovery, they are those of its defaults, held for as long as there is time after the disturbance.
    ///
    /// `None` if it was never served then and the scenario has it compared with that.
    pub(super) fn new(plan: &Plan, calm: &Calm, start: Instant, ended: Option<Instant>) -> Option<Self> {
        let default = RecoverySpec::default();
        let (factor, failed_share, hold) = match &plan.recovery {
            Some(stated) => (stated.latency_factor, stated.failed_share, stated.hold),
            None => {
                let rest = (Instant::START + plan.duration).since(ended.unwrap_or(start));
                (default.latency_factor, default.failed_share, default.hold.min(rest))
            }
        };
        let known = calm.p95_s.map(|p95| p95 * factor);
        Some(Bounds {
            latency_s: known.or(plan.recovery.is_none().then_some(f64::INFINITY))?,
            failed: calm.failed + failed_share.as_fraction(),
            hold: intervals(plan, hold),
        })
    }

    /// The bound on the share that fails.
    pub(super) const fn failed(&self) -> f64 {
        self.failed
    }

    /// The first interval from `first` on from which the operation is not well for the whole hold, or hangs.
    pub(super) fn left(&self, points: &[SeriesPoint], first: usize) -> Option<usize> {
        let ends = next_ends(points);
        let mut starts = first..points.len().saturating_sub(self.hold - 1);
        starts.find(|start| {
            !self.is_well(points, &ends, *start, self.hold) || self.hangs(points, &ends, *start)
        })
    }

    /// Whether from an interval on nobody who asks has an answer for so many in a row, and who has one then has waited beyond the
    /// bound or failed, or nobody has: the good ones of a hold do not outvote those that have no response time.
    fn hangs(&self, points: &[SeriesPoint], ends: &[usize], start: usize) -> bool {
        let silent = |point: &SeriesPoint| point.offered > 0 && point.ended() == 0;
        let row = points.get(start..start + HANGS);
        row.is_some_and(|row| row.iter().all(silent)) && !self.is_well(points, ends, start, 1)
    }

    /// Whether the operation is well for the whole hold from an interval on, and in that interval itself: the good ones of a hold
    /// do not outvote a bad one that it begins with.
    fn begins_well(&self, points: &[SeriesPoint], ends: &[usize], start: usize) -> bool {
        self.is_well(points, ends, start, self.hold) && self.is_well(points, ends, start, 1)
    }

    /// The first interval from `left` on from which the operation is well for the hold, and for most of the rest of the run; and
    /// for three quarters of the time until the disturbance is over, in the interval `over`, where that comes later: a good
    /// minute on the way down is no end, and that the time afterwards is long does not make it one. Where less than the hold is
    /// left until it is over, something must have been done, in one of the intervals `done`, within the hold before: a good
    /// interval or two are chance, and what is well afterwards is so for the end of the disturbance.
    pub(super) fn back(
        &self,
        points: &[SeriesPoint],
        left: usize,
        over: Option<usize>,
        done: &[usize],
    ) -> Option<usize> {
        let starts = left..points.len().saturating_sub(self.hold - 1);
        let ends = next_ends(points);
        let well: Vec<bool> = starts.map(|start| self.begins_well(points, &ends, start)).collect();
        let until = over.unwrap_or(usize::MAX).saturating_sub(left);
        let over = until.min(well.len());
        let is_soon_after = |index: usize| {
            done.iter().any(|at| (*at..at.saturating_add(self.hold)).contains(&(left + index)))
        };
        let mut rest = well.iter().filter(|is| **is).count();
        let mut rest_until = well[..over].iter().filter(|is| **is).count();
        well.iter().enumerate().find_map(|(index, is)| {
            let before = over.saturating_sub(index);
            let lasts = 2 * rest > well.len() - index
                && 4 * rest_until >= 3 * before
                && (before == 0 || until - index >= self.hold || is_soon_after(index));
            rest -= usize::from(*is);
            rest_until -= usize::from(*is && index < over);
            (*is && lasts).then_some(left + index)
        })
    }

    /// How long after `from` the operation is well for the hold, if it ever is \[s]: 0 if it is in the interval of `from`.
    pub(super) fn settled_s(&self, plan: &Plan, points: &[SeriesPoint], from: Instant) -> Option<f64> {
        let interval = plan.interval.as_nanos().max(1);
        let within = (from.as_nanos() / interval) as usize;
        let ends = next_ends(points);
        let mut starts = within..points.len().saturating_sub(self.hold - 1);
        let found = starts.find(|start| self.begins_well(points, &ends, *start))?;
        let at = if found == within { 0 } else { found as u64 * interval };
        Some(Span::from_nanos(at.saturating_sub(from.as_nanos())).as_secs_f64())
    }

    /// Whether the operation is well for so many intervals from this one on: the median of the intervals' 95th percentiles
    /// and the share that failed are within the bounds. Where nobody was served, it is well if the business turned down most of
    /// those who asked, as for a collapse. `ends` says when something ends next.
    fn is_well(&self, points: &[SeriesPoint], ends: &[usize], start: usize, hold: usize) -> bool {
        let mut span = &points[start..start + hold];
        let next = ends[start];
        if next >= start + hold && span.iter().any(|point| point.offered > 0) {
            // A rare operation may have asked at the very end: what came of that is in the next interval in which something
            // ends.
            let Some(later) = points.get(next) else { return false };
            if later.served == 0 && later.declined > 0 {
                span = &points[start..=next];
            } else {
                span = std::slice::from_ref(later);
            }
        }
        let sum = |of: fn(&SeriesPoint) -> u64| span.iter().map(of).sum::<u64>();
        let (offered, declined) = (sum(|point| point.offered), sum(|point| point.declined));
        let failed = sum(|point| point.failed);
        let ended = sum(SeriesPoint::ended);
        let mut p95: Vec<f64> = span.iter().map(|point| point.p95_secs).filter(|p| p.is_finite()).collect();
        p95.sort_by(f64::total_cmp);
        // Nothing that ends is a good sign only where nothing was asked for.
        let quiet = offered == 0 && ended == 0;
        let fast = match p95.get(p95.len() / 2) {
            Some(median) => *median <= self.latency_s,
            None => declined > 0 && declined * 2 >= offered,
        };
        let sound = failed as f64 <= self.failed * ended as f64;
        quiet || (fast && sound)
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

/// The interval in which an instant lies; at the beginning of one, that one.
pub(super) fn interval_with(plan: &Plan, at: Instant) -> usize {
    (at.as_nanos() / plan.interval.as_nanos().max(1)) as usize
}

/// The interval that what happens at an instant counts in: at the end of one, that one.
pub(super) fn interval_of(plan: &Plan, at: Instant) -> usize {
    (at.as_nanos().saturating_sub(1) / plan.interval.as_nanos().max(1)) as usize
}

/// When the disturbance ends in a run; `None` if it lasts to the end of it.
pub(super) fn ends(recovery: Option<&Recovery>, happenings: &[Happening]) -> Option<Instant> {
    if let Some(stated) = recovery.and_then(|recovery| recovery.from) {
        return Some(stated);
    }
    let of = |kind| happenings.iter().filter(move |happening| happening.kind == kind);
    let is_over = of(HappeningKind::FaultBegan).count() == of(HappeningKind::FaultEnded).count();
    of(HappeningKind::FaultEnded).map(|happening| happening.at).max().filter(|_| is_over)
}

/// Whether less than half of what was offered was answered for a minute or longer: served, or turned down by the business or
/// by people who paused the operation. Intervals in which nobody asks go with those before.
pub(super) fn collapsed(plan: &Plan, points: &[SeriesPoint]) -> bool {
    is_down(points, intervals(plan, Span::from_secs(60)))
}

fn is_down(points: &[SeriesPoint], needed: usize) -> bool {
    let mut run = 0;
    stretches(points, 0..points.len()).any(|(counts, taken)| {
        let answered = counts.ended - counts.failed + counts.paused;
        let bad = match counts.offered {
            0 => run > 0 && answered == 0,
            offered => answered * 2 < offered,
        };
        run = if bad { run + taken } else { 0 };
        run >= needed
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(served: u64, failed: u64) -> SeriesPoint {
        SeriesPoint { offered: served + failed, served, failed, p95_secs: 0.1, ..SeriesPoint::default() }
    }

    fn holds(bounds: &Bounds, points: &[SeriesPoint]) -> bool {
        bounds.is_well(points, &next_ends(points), 0, bounds.hold)
    }

    #[test]
    fn a_good_minute_on_the_way_down_is_no_end() {
        let bounds = Bounds { latency_s: 0.2, failed: 0.01, hold: 1 };
        let (good, bad) = (point(10, 0), point(5, 5));
        assert_eq!(bounds.back(&[bad, good, bad, bad, bad], 0, None, &[]), None);
        assert_eq!(bounds.back(&[bad, good, bad, good, good], 0, None, &[]), Some(1));
        assert_eq!(bounds.back(&[bad, good, bad, bad, good], 0, None, &[]), Some(4));
        assert_eq!(bounds.back(&[bad, bad], 0, None, &[]), None);
    }

    #[test]
    fn who_hangs_for_less_than_the_hold_is_out_of_bounds() {
        let bounds = Bounds { latency_s: 0.2, failed: 0.01, hold: 12 };
        let good = point(10, 0);
        let silent = SeriesPoint { served: 0, p95_secs: f64::NAN, ..good };
        let after = |p95_secs: f64, count: usize| {
            let answered = SeriesPoint { served: 10 * (count as u64 + 1), p95_secs, ..good };
            let mut all = vec![good; 3];
            all.extend(vec![silent; count]);
            all.push(answered);
            all.extend([good; 30]);
            all
        };
        for count in [2, 4, 10] {
            let points = after(5.0 * count as f64, count);
            assert_eq!(bounds.left(&points, 3), Some(3), "{count}");
            assert_eq!(bounds.back(&points, 3, None, &[]), Some(3 + count + 1), "{count}");
        }
        // One silent interval is chance, and so are two of a rare operation that is answered in time.
        assert_eq!(bounds.left(&after(5.0, 1), 3), None);
        assert_eq!(bounds.left(&after(0.1, 2), 3), None);
        let quiet = SeriesPoint { offered: 0, ..silent };
        assert_eq!(bounds.left(&[vec![good; 3], vec![quiet; 5], vec![good; 20]].concat(), 3), None);
    }

    #[test]
    fn a_good_minute_of_a_disturbance_that_goes_on_is_no_end() {
        let bounds = Bounds { latency_s: 0.2, failed: 0.01, hold: 1 };
        let (good, bad) = (point(10, 0), point(5, 5));
        // Over after six intervals, and all is well for longer than that afterwards.
        let after = [good; 10];
        let noisy: Vec<SeriesPoint> = [&[bad, good, bad, bad, good, bad][..], &after].concat();
        assert_eq!(bounds.back(&noisy, 0, Some(6), &[]), Some(6));
        assert_eq!(bounds.back(&noisy, 0, None, &[]), Some(1));
        // People mend it while the cause is there; one bad interval after that is chance.
        let mended: Vec<SeriesPoint> = [&[bad, bad, good, good, bad, good][..], &after].concat();
        assert_eq!(bounds.back(&mended, 0, Some(6), &[]), Some(2));
        // What is well for little more than half of the time hovers about its bound.
        let hovers: Vec<SeriesPoint> = [&[bad, good, good, bad, good, bad, good, bad][..], &after].concat();
        assert_eq!(bounds.back(&hovers, 0, Some(8), &[]), Some(8));
        // The last interval of the disturbance may be good by itself.
        assert_eq!(bounds.back(&noisy[4..], 0, Some(2), &[]), Some(2));
        assert_eq!(bounds.back(&noisy, 3, Some(2), &[]), Some(4));
    }

    #[test]
    fn a_good_interval_just_before_the_end_of_a_disturbance_is_no_end_unless_something_was_done() {
        let bounds = Bounds { latency_s: 0.2, failed: 0.01, hold: 3 };
        let (good, bad) = (point(10, 0), point(5, 5));
        // Over after four intervals, the last of which is good by chance.
        let points = [bad, bad, bad, good, good, good, good, good, good];
        assert_eq!(bounds.back(&points, 0, Some(4), &[]), Some(4));
        assert_eq!(bounds.back(&points, 0, Some(4), &[0]), Some(4), "too long ago");
        // Somebody mended it within the hold before, or in that interval.
        assert_eq!(bounds.back(&points, 0, Some(4), &[1]), Some(3));
        assert_eq!(bounds.back(&points, 0, Some(4), &[3]), Some(3));
        assert_eq!(bounds.back(&points, 0, Some(4), &[4]), Some(4));
        // A whole hold before the end is none of chance.
        assert_eq!(bounds.back(&points, 0, Some(6), &[]), Some(3));
        // Intervals count from the beginning of the run.
        assert_eq!(bounds.back(&points, 2, Some(4), &[1]), Some(3));
    }

    #[test]
    fn a_hold_does_not_begin_with_what_its_good_intervals_outvote() {
        let bounds = Bounds { latency_s: 0.2, failed: 0.01, hold: 5 };
        let (good, slow) = (point(10, 0), SeriesPoint { p95_secs: 3.0, ..point(10, 0) });
        let points = [slow, slow, slow, slow, good, good, good, good, good, good];
        // The median of two slow ones and three good ones is good.
        assert!(bounds.is_well(&points, &next_ends(&points), 2, 5));
        assert_eq!(bounds.back(&points, 0, None, &[]), Some(4));
        // One slow interval after that is chance, and changes nothing.
        let unlucky = [slow, slow, slow, slow, good, slow, good, good, good, good, good, good, good];
        assert_eq!(bounds.back(&unlucky, 0, None, &[]), Some(4));
    }

    #[test]
    fn who_is_turned_down_has_an_answer() {
        let bounds = Bounds { latency_s: 0.2, failed: 0.01, hold: 1 };
        let declines = |declined: u64, failed: u64| SeriesPoint {
            offered: 20,
            failed,
            declined,
            p95_secs: f64::NAN,
            ..SeriesPoint::default()
        };
        // All are turned down; one of them in the next interval; a tenth of the others fails; most never end.
        for (point, is_well) in [
            (declines(20, 0), true),
            (declines(19, 0), true),
            (declines(18, 2), false),
            (declines(2, 0), false),
        ] {
            assert_eq!(holds(&bounds, &[point]), is_well, "{point:?}");
        }
        assert!(!holds(&bounds, &[declines(0, 0)]), "nothing ends");
        assert!(holds(&bounds, &[SeriesPoint { offered: 0, ..declines(0, 0) }]), "nobody asks");
        // One who asks at the end of a hold in which nobody else does has an answer in the next interval.
        let quiet = SeriesPoint { offered: 0, ..declines(0, 0) };
        let (asks, ends) = (declines(0, 0), SeriesPoint { offered: 0, ..point(1, 0) });
        let rare = Bounds { hold: 2, ..bounds };
        assert!(holds(&rare, &[quiet, asks, ends]));
        let fails = SeriesPoint { offered: 0, ..point(0, 1) };
        assert!(!holds(&rare, &[quiet, asks, fails]));
        assert!(!holds(&rare, &[quiet, asks]));
        let calm = Calm::of(&[point(10, 0), declines(8, 2)]);
        assert_eq!(calm.failed, 0.1);
    }

    #[test]
    fn who_is_paused_is_not_served_and_has_not_collapsed() {
        let bounds = Bounds { latency_s: 0.2, failed: 0.01, hold: 1 };
        let paused = |paused: u64| SeriesPoint { paused, ..point(100 - paused, paused) };
        assert!(!holds(&bounds, &[SeriesPoint { p95_secs: f64::NAN, ..paused(100) }]));
        // At more than the bound, it is not as before, however fast the others are.
        assert!(!holds(&bounds, &[paused(2)]) && holds(&bounds, &[paused(1)]));
        assert_eq!(bounds.back(&[point(5, 5), paused(100), paused(100)], 0, None, &[]), None);
        assert_eq!(
            bounds.back(&[point(5, 5), paused(100), point(100, 0), point(100, 0)], 0, None, &[]),
            Some(2)
        );
        assert!(!is_down(&[paused(100); 4], 4));
        assert!(is_down(&[point(0, 100); 4], 4));
    }

    #[test]
    fn a_rare_operation_collapses_too() {
        let (quiet, asks) = (SeriesPoint::default(), SeriesPoint { offered: 1, ..SeriesPoint::default() });
        let (fails, ends) = (point(0, 1), SeriesPoint { offered: 0, ..point(1, 0) });
        for (points, is) in [
            (&[fails, quiet, quiet, fails][..], true),
            (&[quiet, asks, quiet, asks, quiet], true),
            (&[asks, fails, SeriesPoint { offered: 0, ..fails }, quiet], true),
            (&[quiet, asks, quiet, quiet, ends], false),
            (&[point(1, 0), quiet, quiet, quiet, quiet], false),
            (&[quiet, quiet, quiet, quiet, fails], false),
            (&[point(1, 1), point(1, 1), point(1, 1), point(1, 1)], false),
        ] {
            assert_eq!(is_down(points, 4), is, "{points:?}");
        }
    }

    #[test]
    fn calm_is_over_before_the_fault_strikes() {
        let at = |secs: u64| Instant::START + Span::from_secs(secs);
        let within = |from, to, start| within(Span::from_secs(10), (at(from), at(to)), at(start));
        // What breaks at 60 s counts in the interval from 50 s to 60 s.
        assert_eq!(within(0, 60, 60), 0..5);
        assert_eq!(within(15, 65, 65), 2..6);
        assert_eq!(within(0, 60, 100), 0..6);
        assert!(within(60, 60, 60).is_empty() && within(0, 0, 0).is_empty());
    }

    #[test]
    fn calm_is_what_is_usual() {
        let late = SeriesPoint { late: 5, ..point(10, 0) };
        let calm = Calm::of(&[late, point(10, 10)]);
        assert_eq!(calm, Calm { p95_s: Some(0.1), failed: 1.0 / 3.0, late: 0.25 });
        assert_eq!(Calm::of(&[]), Calm { p95_s: None, failed: 0.0, late: 0.0 });
    }
}
