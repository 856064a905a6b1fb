//! What users feel of an incident: failed and late requests, interval by interval.

use std::ops::Range;

use super::arrivals::{Answers, answers_by_arrival};
use super::recovery::{Calm, intervals};
use crate::record::SeriesPoint;
use crate::scenario::{Plan, Slo};
use crate::units::Span;

/// An operation is hit if more than this share of its requests failed or were late.
const HIT: f64 = 0.01;

/// Whom an incident hit, from its beginning to recovery or the end of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Blast {
    /// Operations of which more than 1 % of the requests failed or were late until they were back within the bounds that they had
    /// left; of all of the incident where they were not, or had left none.
    pub operations: u32,
    /// Operations that left their bounds of recovery for a while, though no more than 1 % of their requests failed or were
    /// late: slower than before, in time all the same.
    pub out_of_bounds: u32,
    /// Requests that failed, beyond the share that fails in calm.
    pub failed: u64,
    /// Requests that were served late, after the time that their objective or service level bounds; beyond the share that is
    /// late in calm.
    pub late: u64,
    /// Requests that ended.
    pub ended: u64,
    /// Of the requests that ended until users were served as before, the share that failed or was late, beyond calm; of all of
    /// the incident where they never were, or always. How long the cause is there afterwards does not change it.
    pub share: f64,
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
pub(super) struct Counts {
    pub(super) offered: u64,
    served: u64,
    pub(super) failed: u64,
    /// Of those that failed, whom people turned away.
    pub(super) paused: u64,
    late: u64,
    /// Served, failed or declined: who was turned down by the business has an answer too.
    pub(super) ended: u64,
}

impl Counts {
    fn of(points: &[SeriesPoint]) -> Self {
        points.iter().fold(Counts::default(), Counts::with)
    }

    fn with(self, point: &SeriesPoint) -> Self {
        Counts {
            offered: self.offered + point.offered,
            served: self.served + point.served,
            failed: self.failed + point.failed,
            paused: self.paused + point.paused,
            late: self.late + point.late,
            ended: self.ended + point.ended(),
        }
    }

    /// A share of what ended; of what nothing of ended although it was asked for, all.
    fn share(&self, of: f64) -> f64 {
        match (self.ended, self.offered) {
            (0, 0) => 0.0,
            (0, _) => 1.0,
            (ended, _) => of / ended as f64,
        }
    }

    fn failed_share(&self) -> f64 {
        self.share(self.failed as f64)
    }
}

/// Whether something is asked for in an interval and nothing ends.
fn is_silent(point: &SeriesPoint) -> bool {
    point.offered > 0 && point.ended() == 0
}

/// The intervals from one on that are judged together: it alone, or, where nothing ends in it of what is asked for, those up
/// to the next in which something does. Requests that come at the end of an interval end in the next: that they do not end
/// before says nothing yet. What has not ended when the run ends is known to have failed its users.
pub(super) fn judged_together(points: &[SeriesPoint], from: usize) -> Range<usize> {
    let is_end = |point: &SeriesPoint| point.ended() > 0;
    match points.get(from).is_some_and(is_silent) {
        false => from..from + 1,
        true => from..points[from..].iter().position(is_end).map_or(points.len(), |at| from + at + 1),
    }
}

/// For each interval the next, from it on, in which something ends; as many as there are where nothing does any more.
pub(super) fn next_ends(points: &[SeriesPoint]) -> Vec<usize> {
    let mut next = points.len();
    let mut found: Vec<usize> = points
        .iter()
        .enumerate()
        .rev()
        .map(|(at, point)| {
            if point.ended() > 0 {
                next = at;
            }
            next
        })
        .collect();
    found.reverse();
    found
}

/// Stretches of a run's intervals that are judged together: those that begin in some of them, and how many of these each
/// takes.
pub(super) fn stretches(
    points: &[SeriesPoint],
    during: Range<usize>,
) -> impl Iterator<Item = (Counts, usize)> {
    let mut from = during.start;
    std::iter::from_fn(move || {
        (from < during.end.min(points.len())).then(|| {
            let together = judged_together(points, from);
            let taken = together.end.min(during.end) - from;
            from += taken;
            (Counts::of(&points[together]), taken)
        })
    })
}

/// An operation in an incident: the intervals of its run, those of the incident, and how well it did before.
#[derive(Clone, Debug)]
pub(super) struct Hit<'a> {
    pub(super) points: &'a [SeriesPoint],
    pub(super) during: Range<usize>,
    /// Of these the first, until it was back within the bounds that it had left; all where it was not, or had not left them.
    pub(super) down: Range<usize>,
    pub(super) calm: Calm,
}

impl Hit<'_> {
    fn inside(&self) -> &[SeriesPoint] {
        &self.points[self.during.clone()]
    }

    /// What failed and what was late, beyond the shares of calm; below 0 where an interval did better.
    fn beyond(&self, counts: &Counts) -> (f64, f64) {
        let (failed, late) = (counts.failed as f64, counts.late as f64);
        (failed - self.calm.failed * counts.ended as f64, late - self.calm.late * counts.served as f64)
    }

    /// What failed and what was late in some intervals, beyond calm.
    fn lost(&self, during: &Range<usize>) -> (f64, f64) {
        let (failed, late) = self.beyond(&Counts::of(&self.points[during.clone()]));
        (failed.max(0.0), late.max(0.0))
    }

    /// Whether more than 1 % of the requests failed, were late, or had no answer when the run ended, until it was back.
    pub(super) fn is_hit(&self) -> bool {
        let stretches = stretches(self.points, self.down.clone());
        let hang: u64 =
            stretches.filter(|(counts, _)| counts.ended == 0).map(|(counts, _)| counts.offered).sum();
        let (failed, late) = self.lost(&self.down);
        let hang = hang as f64;
        failed + late + hang > HIT * (Counts::of(&self.points[self.down.clone()]).ended as f64 + hang)
    }

    fn minute(&self, next_ends: &[usize], from: usize, length: usize) -> WorstMinute {
        let minute = &self.points[from..from + length];
        let asked = Counts::of(minute);
        // Where nothing ends in a minute, what it asked for ends later, or never.
        let next = next_ends[from];
        let is_silent = asked.offered > 0 && next >= from + length;
        let points =
            if is_silent { self.points.get(next).map_or(&[][..], std::slice::from_ref) } else { minute };
        let counts = Counts { offered: asked.offered, ..Counts::of(points) };
        let (_, late) = self.beyond(&counts);
        let late = late.max(0.0) / (counts.ended as f64).max(1.0);
        WorstMinute {
            operation: 0,
            from_s: 0.0,
            failed_share: counts.failed_share(),
            bad_share: (counts.failed_share() + late).min(1.0),
            p95_s: points.iter().map(|point| point.p95_secs).fold(f64::NAN, f64::max),
        }
    }
}

/// Whom an incident hit, beyond what fails and is late in calm too. What an operation does better at one time makes up for
/// what it does worse at another, so that chance adds nothing.
pub(super) fn blast(incident: &[Hit<'_>], width_s: f64) -> Blast {
    incident.iter().fold(Blast::default(), |sum, hit| {
        let (failed, late) = hit.lost(&hit.during);
        Blast {
            operations: sum.operations + u32::from(hit.is_hit()),
            out_of_bounds: 0,
            failed: sum.failed + failed.round() as u64,
            late: sum.late + late.round() as u64,
            ended: sum.ended + Counts::of(hit.inside()).ended,
            share: 0.0,
            operation_s: sum.operation_s
                + lost_s(hit.points, hit.during.clone(), width_s, |it| {
                    let Calm { failed, late, .. } = hit.calm;
                    it.failed - failed * it.ended + it.late - late * it.served
                })
                .max(0.0),
        }
    })
}

/// The share of the requests that failed or were late beyond calm, of those that ended in intervals before one.
pub(super) fn hit_share(incident: &[Hit<'_>], until: usize) -> f64 {
    let (hit, ended) = incident.iter().fold((0.0, 0), |(hit, ended), of| {
        let end = until.clamp(of.during.start, of.during.end);
        let span = of.during.start..end;
        let (failed, late) = of.lost(&span);
        (hit + failed + late, ended + Counts::of(&of.points[span]).ended)
    });
    if ended == 0 { f64::NAN } else { hit / ended as f64 }
}

/// The highest 95th percentile of any interval \[s].
pub(super) fn peak_p95_s(incident: &[Hit<'_>]) -> f64 {
    incident.iter().flat_map(Hit::inside).map(|point| point.p95_secs).fold(f64::NAN, f64::max)
}

/// The worst minute, of so many intervals of a width \[s], of any of these operations that lies in their incident; its first
/// minute where it is shorter.
pub(super) fn worst_minute(
    (length, width_s): (usize, f64),
    operations: &[(usize, Hit<'_>)],
) -> Option<WorstMinute> {
    let minutes = operations.iter().flat_map(|(operation, hit)| {
        let during = &hit.during;
        let end = during.end.max(during.start + length).min(hit.points.len());
        let next_ends = next_ends(hit.points);
        (during.start..(end + 1).saturating_sub(length)).map(move |from| {
            let minute = hit.minute(&next_ends, from, length);
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

/// A share of the requests of some intervals, as the time that all of them would cost as much \[s].
fn lost_s(points: &[SeriesPoint], during: Range<usize>, width_s: f64, of: impl Fn(&Answers) -> f64) -> f64 {
    answers_by_arrival(points, during).map(|answers| answers.share(of(&answers)) * width_s).sum()
}

/// Failures as the time in which all requests fail that costs as much \[s].
pub(super) fn burnt_s(points: &[SeriesPoint], during: Range<usize>, width_s: f64) -> f64 {
    lost_s(points, during, width_s, |it| it.failed)
}

/// Of the same, what people burnt who turned users away \[s].
pub(super) fn paused_s(points: &[SeriesPoint], during: Range<usize>, width_s: f64) -> f64 {
    lost_s(points, during, width_s, |it| it.paused)
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
        in_calm(points, Calm::default())
    }

    fn in_calm(points: &[SeriesPoint], calm: Calm) -> Hit<'_> {
        Hit { points, during: 0..points.len(), down: 0..points.len(), calm }
    }

    fn during(points: &[SeriesPoint], during: Range<usize>) -> Hit<'_> {
        Hit { down: during.clone(), during, ..hit(points) }
    }

    fn minute(hit: &Hit<'_>, from: usize, length: usize) -> WorstMinute {
        hit.minute(&next_ends(hit.points), from, length)
    }

    /// Ten a second in intervals of 5 s: who comes hangs, and fails after 30 s; what is still there after 40 s is answered.
    fn hung() -> Vec<SeriesPoint> {
        let quiet = point(50, 50, 0, 0, 0.1);
        let mut points = vec![point(50, 0, 0, 0, f64::NAN); 6];
        points.extend([
            point(50, 0, 50, 0, f64::NAN),
            point(50, 0, 50, 0, f64::NAN),
            point(50, 350, 0, 0, 28.0),
        ]);
        points.extend([quiet; 3]);
        points
    }

    #[test]
    fn who_waits_for_long_burns_no_more_than_who_fails() {
        let points = hung();
        // A hundred failures at ten a second are ten seconds, however long they hung, and however many waited with them.
        let burnt = burnt_s(&points, 0..points.len(), 5.0);
        assert!((burnt - 10.0).abs() < 1e-9, "{burnt}");
        let found = blast(&[hit(&points)], 5.0);
        assert_eq!((found.failed, found.operation_s.round()), (100, 10.0));
        // Halves that hang and fail, and half that are served: nothing is weighed twice either.
        let half = |failed: u64| point(50, 25, failed, 0, 0.1);
        let mut halves = vec![half(0); 6];
        halves.extend([half(25), half(25), point(50, 25 + 175, 0, 0, 0.1)]);
        assert!((burnt_s(&halves, 0..9, 5.0) - 5.0).abs() < 1e-9, "{}", burnt_s(&halves, 0..9, 5.0));
        // Nobody comes back before the run ends: who waits then has been failed.
        assert_eq!(burnt_s(&points[..6], 0..6, 5.0), 30.0);
        assert!((burnt_s(&points[..8], 0..8, 5.0) - 40.0).abs() < 1e-9);
        // What fails at once is as long as it lasts; nothing that is asked for is nothing.
        assert_eq!(burnt_s(&[point(50, 0, 50, 0, f64::NAN); 3], 0..3, 5.0), 15.0);
        assert_eq!(burnt_s(&[SeriesPoint::default(); 3], 0..3, 5.0), 0.0);
        // An incident that is over before they have an answer.
        assert!(burnt_s(&points, 0..4, 5.0) < 5.0);
    }

    #[test]
    fn blast_is_operations_times_share_times_time() {
        // Half of one fails for 20 s; of the other two of ten are late for 10 s and two have no answer, then nobody has one.
        let one = [point(10, 5, 5, 0, 0.1), point(10, 5, 5, 0, 0.3)];
        let other = [point(10, 8, 0, 2, 0.2), point(10, 0, 0, 0, f64::NAN)];
        let incident = [hit(&one), hit(&other)];
        let found = blast(&incident, 10.0);
        assert_eq!(
            found,
            Blast {
                operations: 2,
                out_of_bounds: 0,
                failed: 10,
                late: 2,
                ended: 28,
                share: 0.0,
                operation_s: 5.0 + 5.0 + 4.0 + 10.0
            }
        );
        assert_eq!(peak_p95_s(&incident), 0.3);
        // What is late has cost no availability.
        assert_eq!(burnt_s(&one, 0..2, 10.0), 10.0);
        assert_eq!(burnt_s(&other, 0..2, 10.0), 12.0);
    }

    #[test]
    fn who_is_turned_down_has_an_answer() {
        // A minute in which all are declined, and one in which half is and the rest fails.
        let declined =
            |failed: u64| SeriesPoint { declined: 10 - failed, ..point(10, 0, failed, 0, f64::NAN) };
        let all = [declined(0), declined(0)];
        let found = blast(&[hit(&all)], 60.0);
        assert_eq!(found, Blast { ended: 20, ..Blast::default() });
        assert_eq!(burnt_s(&all, 0..2, 60.0), 0.0);
        assert_eq!(worst_minute((1, 60.0), &[(0, hit(&all))]), None);
        // Whom people turn away gets nothing: it counts as what fails, and is told apart.
        let paused = SeriesPoint { paused: 10, ..point(10, 0, 10, 0, f64::NAN) };
        let both = [paused, SeriesPoint { paused: 5, ..paused }, declined(0), point(10, 0, 0, 0, f64::NAN)];
        assert_eq!((burnt_s(&both, 0..4, 60.0), paused_s(&both, 0..4, 60.0)), (180.0, 90.0));
        assert_eq!(blast(&[hit(&both)], 60.0).operation_s, 180.0);
        let half = [declined(5)];
        assert_eq!(burnt_s(&half, 0..1, 60.0), 30.0);
        assert_eq!(minute(&hit(&half), 0, 1).failed_share, 0.5);
    }

    #[test]
    fn what_ends_in_the_next_interval_has_not_failed() {
        // Two a second, of which some come at the end of an interval: nothing ends in every other one.
        let (comes, ends) = (point(2, 0, 0, 0, f64::NAN), point(2, 4, 0, 0, 0.3));
        let usual = [comes, ends, comes, ends, comes, comes, ends];
        assert_eq!(blast(&[hit(&usual)], 1.0), Blast { ended: 12, ..Blast::default() });
        assert_eq!(burnt_s(&usual, 0..7, 1.0), 0.0);
        // Where the incident ends between the two as well.
        assert_eq!(burnt_s(&usual, 0..3, 1.0), 0.0);
        assert!(!during(&usual, 0..3).is_hit() && !during(&usual, 2..3).is_hit());
        assert_eq!(minute(&during(&usual, 0..6), 4, 2).failed_share, 0.0);
        // What fails after a silence has failed since it began, and what never ends too.
        let (fails, quiet) = (point(2, 0, 4, 0, f64::NAN), point(0, 0, 0, 0, f64::NAN));
        assert_eq!(burnt_s(&[comes, ends, comes, quiet, fails, comes, ends], 0..7, 1.0), 3.0);
        let silent = [comes, ends, comes, comes, comes];
        assert_eq!(burnt_s(&silent, 0..5, 1.0), 3.0);
        assert_eq!(blast(&[hit(&silent)], 1.0).operation_s, 3.0);
        assert!(during(&silent, 1..3).is_hit());
        assert_eq!(minute(&hit(&silent), 3, 2).failed_share, 1.0);
    }

    #[test]
    fn what_is_late_in_calm_is_no_part_of_an_incident() {
        // Half are late at all times, and one in ten fails: then as many more fail, and the rest is late as before.
        let calm = Calm { p95_s: Some(0.2), failed: 0.1, late: 0.5 };
        let usual = [point(100, 90, 10, 45, 0.2)];
        let none = blast(&[in_calm(&usual, calm)], 10.0);
        assert_eq!((none.operations, none.failed, none.late, none.operation_s), (0, 0, 0, 0.0));
        let worse = [point(100, 80, 20, 40, 0.2)];
        let found = blast(&[in_calm(&worse, calm)], 10.0);
        assert_eq!((found.operations, found.failed, found.late), (1, 10, 0));
        assert!((found.operation_s - 1.0).abs() < 1e-9);
        let minute = minute(&in_calm(&usual, calm), 0, 1);
        assert_eq!((minute.failed_share, minute.bad_share), (0.1, 0.1));
    }

    #[test]
    fn an_operation_that_was_back_soon_has_been_hit_however_long_the_incident_lasts() {
        let mut points = vec![point(100, 70, 30, 0, 0.1); 2];
        points.extend([point(100, 100, 0, 0, 0.1); 98]);
        assert!(!hit(&points).is_hit(), "60 of 10,000 are less than 1 %");
        assert!(Hit { down: 0..2, ..hit(&points) }.is_hit());
        let found = blast(&[Hit { down: 0..2, ..hit(&points) }], 1.0);
        assert_eq!((found.operations, found.failed, found.ended), (1, 60, 10_000));
    }

    #[test]
    fn a_share_is_of_the_time_in_which_users_are_hit() {
        // Half fail in two intervals; the cause is there for two more, or for six.
        let (bad, good) = (point(100, 50, 50, 0, 0.1), point(100, 100, 0, 0, 0.1));
        for length in [4, 8] {
            let points: Vec<SeriesPoint> = (0..length).map(|at| if at < 2 { bad } else { good }).collect();
            assert_eq!(hit_share(&[hit(&points)], 2), 0.5);
            assert_eq!(hit_share(&[hit(&points)], length), 100.0 / (length as f64 * 100.0));
        }
        assert!(hit_share(&[hit(&[point(0, 0, 0, 0, f64::NAN)])], 1).is_nan());
    }

    #[test]
    fn the_worst_minute_is_one_without_an_answer_and_lies_in_the_incident() {
        let slow = point(10, 1, 9, 1, 9.0);
        let (calm, silent) = (point(10, 10, 0, 0, 0.1), point(10, 0, 10, 0, f64::NAN));
        // Everything fails at three times: with an answer that is late, with none, and when it is over.
        let one = [calm, slow, calm, point(10, 0, 10, 0, 0.2), silent, calm, silent];
        let other = [calm, calm, calm, calm, calm, calm, calm];
        let operations =
            |incident: Range<usize>| [(4, during(&other, incident.clone())), (7, during(&one, incident))];
        let worst = worst_minute((1, 60.0), &operations(1..6)).expect("a worst minute");
        assert_eq!((worst.operation, worst.from_s, worst.failed_share), (7, 240.0, 1.0));
        assert!(worst.p95_s.is_nan());
        let before = worst_minute((1, 60.0), &operations(1..3)).expect("a worst minute");
        assert_eq!((before.from_s, before.failed_share, before.p95_s), (60.0, 0.9, 9.0));
        // An incident that is shorter than a minute has one all the same.
        assert_eq!(worst_minute((2, 30.0), &operations(1..2)).map(|it| it.from_s), Some(30.0));
        assert_eq!(worst_minute((1, 60.0), &[(0, hit(&[point(0, 0, 0, 0, f64::NAN)]))]), None);
    }

    #[test]
    fn nothing_asked_for_is_nothing_lost() {
        let quiet = [point(0, 0, 0, 0, f64::NAN)];
        assert_eq!(blast(&[hit(&quiet)], 10.0), Blast::default());
        assert!(peak_p95_s(&[hit(&quiet)]).is_nan());
        assert_eq!(burnt_s(&quiet, 0..1, 10.0), 0.0);
    }
}
