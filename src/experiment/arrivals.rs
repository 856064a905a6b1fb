//! What became of requests, by when they came: each weighs once, however long it waits and however seldom others come.

use std::ops::Range;

use crate::record::SeriesPoint;

/// An interval without requests belongs to the next request on either side, up to so many times half the usual way from one
/// request to the next. Further off nobody asked, and nothing was lost: of gaps as chance makes them, one in a hundred is
/// longer than that, and loses its rest.
const FAR: f64 = 5.0;

/// What became of the requests of an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Answers {
    pub(super) ended: f64,
    pub(super) served: f64,
    pub(super) failed: f64,
    /// Of those that failed, whom people turned away.
    pub(super) paused: f64,
    /// Of those served, who was served late.
    pub(super) late: f64,
}

impl Answers {
    fn of(point: &SeriesPoint) -> Self {
        Answers {
            ended: point.ended() as f64,
            served: point.served as f64,
            failed: point.failed as f64,
            paused: point.paused as f64,
            late: point.late as f64,
        }
    }

    fn times(self, by: f64) -> Self {
        Answers {
            ended: self.ended * by,
            served: self.served * by,
            failed: self.failed * by,
            paused: self.paused * by,
            late: self.late * by,
        }
    }

    fn with(self, more: Self) -> Self {
        Answers {
            ended: self.ended + more.ended,
            served: self.served + more.served,
            failed: self.failed + more.failed,
            paused: self.paused + more.paused,
            late: self.late + more.late,
        }
    }

    /// So many of them, of each kind its share; and the others.
    fn split(self, count: f64) -> (Self, Self) {
        let share = if self.ended > 0.0 { (count / self.ended).min(1.0) } else { 0.0 };
        (self.times(share), self.times(1.0 - share))
    }

    fn without(self, less: Self) -> Self {
        self.with(less.times(-1.0))
    }

    /// So many who came earlier, of those who ended in an interval; and the others. Who came earlier has waited: those who failed,
    /// not because people turned them away, or were served late come before those who were served in time.
    fn split_earlier(self, count: f64) -> (Self, Self) {
        let failed = self.failed - self.paused;
        let slow =
            Answers { ended: failed + self.late, served: self.late, failed, paused: 0.0, late: self.late };
        let (earlier, _) = slow.split(count);
        let (more, _) = self.without(slow).split(count - earlier.ended);
        let earlier = earlier.with(more);
        (earlier, self.without(earlier))
    }

    /// A share of those that ended; 0 where none did.
    pub(super) fn share(&self, of: f64) -> f64 {
        if self.ended > 0.0 { of / self.ended } else { 0.0 }
    }
}

/// For each of some intervals of a run, what became of the requests that came in it, or, where none did, in the nearest one in
/// which some did.
///
/// A record says when requests end, not when those came that end. Who ends in an interval is taken for one who came in it, as
/// long as so many came; the others came before, as those did first who failed or were late, and are put to the latest intervals
/// before it of which fewer ended than came.
/// So nobody is counted twice, and failures weigh by how many came while they did. Who has no answer when the run ends has
/// been failed, unless no more are on their way than usual.
pub(super) fn answers_by_arrival(
    points: &[SeriesPoint],
    during: Range<usize>,
) -> impl Iterator<Item = Answers> {
    let during = during.start.min(points.len())..during.end.min(points.len());
    let mut answers = matched(points);
    if !is_usual(points, during.start) {
        for (point, answers) in points.iter().zip(&mut answers) {
            let open = (point.offered as f64 - answers.ended).max(0.0);
            *answers = answers.with(Answers { ended: open, failed: open, ..Answers::default() });
        }
    }
    let nearest = nearest(points);
    during.map(move |at| nearest[at].map_or_else(Answers::default, |at| answers[at]))
}

/// By the interval in which requests came, what became of them.
fn matched(points: &[SeriesPoint]) -> Vec<Answers> {
    let mut all = vec![Answers::default(); points.len()];
    let mut before = Answers::default();
    for (point, answers) in points.iter().zip(&mut all).rev() {
        let came = point.offered as f64;
        let answers_now = Answers::of(point);
        let (earlier, own) = answers_now.split_earlier((answers_now.ended - came).max(0.0));
        let (taken, left) = before.split(came - own.ended);
        *answers = own.with(taken);
        before = left.with(earlier);
    }
    all
}

/// Whether no more are on their way when a run ends than were at the end of any interval before some, or as many more as more
/// come. Without such intervals: than came in the last one in which somebody did, and since then some have ended.
fn is_usual(points: &[SeriesPoint], before: usize) -> bool {
    let mut open = 0;
    let mut most = 1;
    for (at, point) in points.iter().enumerate() {
        open = (open + point.offered).saturating_sub(point.ended());
        if at < before {
            most = open.max(most);
        }
    }
    let last = points.iter().rposition(|point| point.offered > 0).map_or(&[][..], |last| &points[last..]);
    let came = last.first().map_or(0, |point| point.offered);
    let calm: Vec<u64> = points[..before].iter().map(|point| point.offered).filter(|it| *it > 0).collect();
    if calm.is_empty() {
        return open <= most || open <= came && last.iter().any(|point| point.ended() > 0);
    }
    let usual = calm.iter().sum::<u64>() as f64 / calm.len() as f64;
    open as f64 <= most as f64 * (came as f64 / usual).max(1.0)
}

/// The usual way from one request to the next \[intervals]: the mean of an exponential law with the median of these ways. A
/// median is the same however long nobody asks at another time. Several requests of one interval are as far apart as they
/// would be at a steady rate.
fn usual_way(points: &[SeriesPoint]) -> f64 {
    let mut ways: Vec<(f64, u64)> = Vec::new();
    let mut last = None;
    for (at, point) in points.iter().enumerate().filter(|(_, point)| point.offered > 0) {
        if point.offered > 1 {
            ways.push((1.0 / point.offered as f64, point.offered - 1));
        }
        let way = last.map(|last| (at - last) as f64);
        ways.extend(way.map(|way| (way, 1)));
        last = Some(at);
    }
    ways.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all: u64 = ways.iter().map(|(_, count)| count).sum();
    let mut so_far = 0;
    let median = ways.iter().find(|(_, count)| {
        so_far += count;
        2 * so_far >= all
    });
    median.map_or(0.0, |(way, _)| way / std::f64::consts::LN_2)
}

/// For each interval the nearest one with requests, the later of two; `None` where it is far.
fn nearest(points: &[SeriesPoint]) -> Vec<Option<usize>> {
    let asked = |at: &usize| points[*at].offered > 0;
    let far = FAR / 2.0 * usual_way(points);
    let mut found: Vec<Option<usize>> = vec![None; points.len()];
    let mut last = None;
    for (at, before) in found.iter_mut().enumerate() {
        last = Some(at).filter(asked).or(last);
        *before = last;
    }
    let mut next: Option<usize> = None;
    for at in (0..points.len()).rev() {
        next = Some(at).filter(asked).or(next);
        let way = |to: Option<usize>| to.map_or(usize::MAX, |to| to.abs_diff(at));
        let nearest = if way(next) <= way(found[at]) { next } else { found[at] };
        found[at] = nearest.filter(|to| to.abs_diff(at) as f64 <= far);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(offered: u64, served: u64, failed: u64) -> SeriesPoint {
        SeriesPoint { offered, served, failed, ..SeriesPoint::default() }
    }

    /// The shares that failed, interval by interval.
    fn failed(points: &[SeriesPoint]) -> Vec<f64> {
        answers_by_arrival(points, 0..points.len()).map(|it| it.share(it.failed)).collect()
    }

    fn sum(points: &[SeriesPoint]) -> f64 {
        failed(points).iter().sum()
    }

    #[test]
    fn who_ends_late_is_put_to_when_somebody_came_who_has_not_ended() {
        let usual = point(10, 10, 0);
        let hangs = [usual, point(10, 0, 0), point(10, 0, 0), point(10, 10, 20), usual];
        assert_eq!(failed(&hangs), [0.0, 1.0, 1.0, 0.0, 0.0]);
        // Nobody comes any more when those end who hung.
        let ends = [usual, point(10, 0, 0), point(0, 0, 10), point(0, 0, 0)];
        assert_eq!(failed(&ends)[..2], [0.0, 1.0]);
        // Ten times as many come when those fail who came before.
        let surge = [usual, point(10, 0, 0), point(100, 100, 10), point(100, 100, 0)];
        assert_eq!(failed(&surge), [0.0, 1.0, 0.0, 0.0]);
        // Who is served in time has not waited; whom people turn away neither.
        let late = SeriesPoint { late: 10, ..point(100, 110, 0) };
        let shares = |point: SeriesPoint, of: fn(&Answers) -> f64| -> Vec<f64> {
            let points = [usual, self::point(10, 0, 0), point, usual];
            answers_by_arrival(&points, 0..4).map(|it| it.share(of(&it))).collect()
        };
        assert_eq!(shares(late, |it| it.late), [0.0, 1.0, 0.0, 0.0]);
        let paused = SeriesPoint { paused: 50, ..point(100, 50, 60) };
        assert_eq!(shares(paused, |it| it.paused), [0.0, 0.0, 0.5, 0.0]);
        assert_eq!(shares(paused, |it| it.failed), [0.0, 1.0, 0.5, 0.0]);
    }

    #[test]
    fn waits_shorter_than_an_interval_count_once() {
        // One a second for 60 s hangs, and fails after 30 s; intervals of 50 s.
        let points = [point(50, 50, 0), point(50, 0, 20), point(50, 70, 10), point(50, 50, 0)];
        assert!((50.0 * sum(&points) - 30.0).abs() < 1e-9, "{:?}", failed(&points));
    }

    #[test]
    fn a_rare_request_stands_for_the_time_around_it() {
        // One in ten intervals, each of which fails for forty of them.
        let mut points = vec![SeriesPoint::default(); 100];
        for (at, point) in points.iter_mut().enumerate().filter(|(at, _)| at % 10 == 5) {
            *point = match at / 10 {
                3..7 => self::point(1, 0, 1),
                _ => self::point(1, 1, 0),
            };
        }
        assert_eq!(sum(&points), 40.0);
        // Where nobody asks for long, nothing is lost but for as long as it might have been chance.
        let mut ends = points.clone();
        ends.truncate(66);
        ends.extend([SeriesPoint::default(); 200]);
        assert_eq!(sum(&ends), 36.0 + (FAR / 2.0 * 10.0 / std::f64::consts::LN_2).floor());
    }

    #[test]
    fn what_nobody_asks_for_is_not_lost_however_long_intervals_are() {
        // Ten a second for a minute that all fail, and nobody before and after.
        for length in [1, 5, 20, 60] {
            let mut points = vec![SeriesPoint::default(); 600 / length];
            points.extend(vec![point(10 * length as u64, 0, 10 * length as u64); 60 / length]);
            points.extend(vec![SeriesPoint::default(); 1_200 / length]);
            assert_eq!(sum(&points) * length as f64, 60.0, "intervals of {length} s");
        }
        assert_eq!(usual_way(&[]), 0.0);
        assert_eq!(usual_way(&[point(1, 1, 0)]), 0.0);
    }

    #[test]
    fn who_has_no_answer_when_the_run_ends_has_been_failed() {
        let (usual, hangs) = (point(10, 10, 0), point(10, 0, 0));
        assert_eq!(failed(&[usual, hangs, hangs]), [0.0, 1.0, 1.0]);
        // Who came last may be on his way, where some of those have ended, or he is alone.
        assert_eq!(failed(&[usual, usual, point(10, 3, 0)]), [0.0; 3]);
        assert_eq!(failed(&[usual, usual, point(1, 0, 0)]), [0.0; 3]);
        assert_eq!(failed(&[usual, usual, hangs]), [0.0, 0.0, 1.0]);
        // Half of them hang.
        let half = point(10, 5, 0);
        assert_eq!(failed(&[usual, half, half, half]), [0.0, 0.5, 0.5, 0.5]);
        // So many were on their way before the incident, too.
        let of = |points: &[SeriesPoint]| -> Vec<f64> {
            answers_by_arrival(points, 3..6).map(|it| it.share(it.failed)).collect()
        };
        let slow = [hangs, hangs, hangs, usual, usual, point(10, 5, 5)];
        assert_eq!(of(&slow), [0.0, 0.0, 0.5]);
        // Half of the last hang, and no more than came last are on their way; in a surge more are.
        assert_eq!(of(&[usual, usual, usual, usual, usual, point(10, 5, 0)]), [0.0, 0.0, 0.5]);
        let busy = point(10, 9, 0);
        assert_eq!(of(&[busy, usual, usual, usual, usual, point(100, 91, 0)]), [0.0; 3]);
        assert!(failed(&[]).is_empty());
    }
}
