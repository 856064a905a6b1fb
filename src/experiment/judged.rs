//! When an operation fails, is slow and is as before, of intervals that are judged together.

use std::ops::Range;

use super::dating::part;
use super::impact::judged_together;
use super::onsets::{FAILS, FAILURES, IN_A_ROW, Names, Onset, OnsetKind, SLOW, mean};
use crate::record::SeriesPoint;

/// Intervals that are judged together, see [`judged_together`].
#[derive(Clone, Copy, Debug)]
struct Judged {
    from: usize,
    length: usize,
    /// Share that failed; of few, only where all did.
    failed: f64,
    p95_s: f64,
}

/// Requests that were asked for, that failed, and that ended.
fn counts(points: &[SeriesPoint]) -> (u64, u64, u64) {
    let sum = |of: fn(&SeriesPoint) -> u64| points.iter().map(of).sum::<u64>();
    let failed = sum(|point| point.failed);
    (sum(|point| point.offered), failed, sum(SeriesPoint::ended))
}

impl Judged {
    fn all(points: &[SeriesPoint]) -> Vec<Judged> {
        let mut all = Vec::new();
        let mut from = 0;
        while from < points.len() {
            let together = &points[judged_together(points, from)];
            let failed = match counts(together) {
                (offered, _, 0) => f64::from(u8::from(offered > 0)),
                (_, failed, ended) if failed >= FAILURES || failed == ended => failed as f64 / ended as f64,
                _ => 0.0,
            };
            let p95_s = together[together.len() - 1].p95_secs;
            all.push(Judged { from, length: together.len(), failed, p95_s });
            from += together.len();
        }
        all
    }

    fn end(&self) -> usize {
        self.from + self.length
    }

    /// Of each stretch the first that reaches into it from which so many in a row are so, or that is so for longer than that by
    /// itself: who comes in the first interval of it and ends in the last takes a whole one at least. What has been so before a
    /// stretch goes on, and does not begin. With the stretch.
    fn firsts(
        all: &[Judged],
        stretches: &[Range<usize>],
        is: impl Fn(&Judged) -> bool,
    ) -> Vec<(usize, usize)> {
        let lasts = |at: usize| {
            let row = all.get(at..at + IN_A_ROW);
            all[at].length > IN_A_ROW || row.is_some_and(|row| row.iter().all(&is))
        };
        let mut found = Vec::new();
        for (number, stretch) in stretches.iter().enumerate() {
            let begins = |at: usize| number == 0 || at.checked_sub(1).is_none_or(|before| !is(&all[before]));
            let reaches = |it: &Judged| it.end() > stretch.start && it.from < stretch.end;
            let first =
                (0..all.len()).find(|at| reaches(&all[*at]) && is(&all[*at]) && lasts(*at) && begins(*at));
            found.extend(first.map(|at| (number, at)));
        }
        found
    }
}

/// When an operation begins to fail or to be slow in each stretch, and when it is as before between two of them.
pub(super) fn operation(
    names: &Names<'_>,
    index: usize,
    points: &[SeriesPoint],
    stretches: &[Range<usize>],
) -> Vec<Onset> {
    let (calm, first) = names.calm(points.len());
    let (_, failed, ended) = counts(&points[calm.clone()]);
    let usual = failed as f64 / (ended as f64).max(1.0);
    let calm_p95: Vec<f64> = points[calm].iter().map(|point| point.p95_secs).collect();
    let before_s = mean(&calm_p95);
    let all = Judged::all(points);
    let fails = |it: &Judged| it.failed > usual + FAILS;
    let slow = |it: &Judged| before_s.is_some_and(|before_s| it.p95_s > SLOW * before_s);
    let onset = |kind, (stretch, at): (usize, usize), part, evidence| {
        let at_s = names.begins_s(all[at].from.max(first));
        Onset { kind, index, at_s, part, evidence, stretch }
    };
    let most = |(stretch, at): (usize, usize), of: fn(&Judged) -> f64| {
        let until = all[at..].iter().take_while(|it| it.from < stretches[stretch].end);
        until.map(of).fold(f64::NAN, f64::max)
    };
    // Shares of what is judged together say nothing of one interval.
    let is_one = |at: usize| all.get(at).filter(|it| it.length == 1);
    let lasted = |at: usize| part(usual, is_one(at)?.failed, is_one(at + 1)?.failed);
    let failing = Judged::firsts(&all, stretches, fails);
    let slowing = Judged::firsts(&all, stretches, slow);
    let mut found: Vec<Onset> = Vec::new();
    for of in &failing {
        let evidence = [most(*of, |it| it.failed), f64::NAN, f64::NAN];
        found.push(onset(OnsetKind::Fails, *of, lasted(of.1), evidence));
    }
    for of in &slowing {
        let evidence = [before_s.unwrap_or(f64::NAN), most(*of, |it| it.p95_s), f64::NAN];
        found.push(onset(OnsetKind::Slow, *of, None, evidence));
    }
    // By stretch, where it is out of order first.
    let mut starts: Vec<(usize, usize)> = failing.into_iter().chain(slowing).collect();
    starts.sort_unstable();
    starts.dedup_by_key(|(stretch, _)| *stretch);
    for pair in starts.windows(2) {
        let ((stretch, from), (_, until)) = (pair[0], pair[1]);
        let last = (from..until).rev().find(|at| fails(&all[*at]) || slow(&all[*at])).unwrap_or(from);
        if last + 1 < until {
            found.push(onset(OnsetKind::Back, (stretch, last + 1), None, [f64::NAN; 3]));
        }
    }
    found
}
