//! Effects that must not come about, put against calm: how many more there were than the calm before the incident explains.

use std::ops::Range;

use super::recovery::{calm, interval_of, intervals};
use crate::component::View;
use crate::record::RunRecord;
use crate::scenario::Plan;
use crate::stats::{Estimate, t_interval};
use crate::units::{Instant, Span};

/// So long has a share of errors to be above its bound for an alert that is critical, and the bound; source: S2, "error
/// rate > 5 % for 5 m critical".
const LASTS: Span = Span::from_secs(300);
const CRITICAL: f64 = 0.05;
/// A share of fewer is none: of twenty, one is 5 %.
const MANY: f64 = 20.0;

/// What there was of an effect beyond calm, over all runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BeyondCalm {
    /// How often it came about from the beginning of the incident to the end of the run, less how often it would have as often
    /// as before, run by run.
    pub count: Estimate,
    /// The lower end of an interval of `count` so wide that those of all effects which are tested in these runs hold at once; of
    /// at most two effects the end of `count` itself.
    pub low: f64,
    /// Of the five minutes in which it was most frequent, how often for each request that clients asked for, beyond calm; of
    /// an effect that is counted by key, for each effect that it is counted from; of at least 20 of these.
    pub share: Estimate,
}

impl BeyondCalm {
    /// Whether there was more of it than in calm, and chance does not bring that about in any of the effects tested more often
    /// than the confidence allows.
    pub fn is_more(&self) -> bool {
        self.count.n >= 2 && self.low > 0.0
    }

    /// Whether there was so much more of it that an alert on errors would be critical.
    pub fn is_critical(&self) -> bool {
        self.is_more() && self.share.mean > CRITICAL
    }
}

/// Of one run: how many more there were, and the largest share of five minutes; NaN where there is no calm to compare with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beyond {
    /// How many more than calm explains; below 0 where there were fewer.
    pub count: f64,
    /// The largest share of five minutes.
    pub share: f64,
}

impl Beyond {
    const UNKNOWN: Beyond = Beyond { count: f64::NAN, share: f64::NAN };
}

/// The effects of a run beyond calm, in the order of the plan's.
pub(super) fn beyond(plan: &Plan, warm_up: Span, record: &RunRecord, start: Instant) -> Vec<Beyond> {
    let names = plan.assembly.operations.iter().zip(&record.series.operations);
    let clients: Vec<_> =
        names.filter(|(name, _)| name.view == View::Client).map(|(_, points)| points).collect();
    let length = record.series.effects.len();
    let offered = |at: usize| {
        clients.iter().filter_map(|points| points.get(at)).map(|point| point.offered).sum::<u64>()
    };
    let offered = summed((0..length).map(offered));
    let tallies = &plan.assembly.parts.tallies;
    let counts = |effect: usize| -> Vec<u64> {
        record.series.effects.iter().map(|all| all.get(effect).copied().unwrap_or(0)).collect()
    };
    let of = |effect: usize| {
        let tally = tallies.iter().find(|tally| usize::from(tally.effect) == effect);
        let base = tally.map(|tally| usize::from(tally.of)).filter(|of| *of < record.effects.len());
        let base = base.map_or_else(|| offered.clone(), counts);
        let spans = Spans {
            calm: calm(plan, warm_up, start),
            first: interval_of(plan, start),
            window: intervals(plan, LASTS),
        };
        one(&counts(effect), &base, &spans)
    };
    (0..record.effects.len()).map(of).collect()
}

/// The sums of all up to each.
fn summed(values: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut sum = 0;
    values
        .map(|value| {
            sum += value;
            sum
        })
        .collect()
}

struct Spans {
    /// The intervals of calm.
    calm: Range<usize>,
    /// The first interval of the incident.
    first: usize,
    /// Intervals of five minutes.
    window: usize,
}

/// Of an effect and what it is put against, both counted by the end of each interval.
fn one(effect: &[u64], base: &[u64], spans: &Spans) -> Beyond {
    let length = effect.len().min(base.len());
    let first = spans.first.min(length);
    let calm = spans.calm.start..spans.calm.end.min(first);
    if calm.is_empty() {
        return Beyond::UNKNOWN;
    }
    // What is unmatched may become fewer.
    let within = |counts: &[u64], span: &Range<usize>| {
        let by = |end: usize| end.checked_sub(1).and_then(|last| counts.get(last)).map_or(0.0, |n| *n as f64);
        by(span.end) - by(span.start)
    };
    // What nobody asks for in calm does not come about in calm.
    let usual = match within(base, &calm) {
        none if none <= 0.0 => 0.0,
        asked => (within(effect, &calm) / asked).max(0.0),
    };
    let more = |span: &Range<usize>| within(effect, span) - usual * within(base, span);
    let window = spans.window.clamp(1, (length - first).max(1));
    let share = |from: usize| {
        let span = from..(from + window).min(length);
        let asked = within(base, &span);
        if asked >= MANY { more(&span) / asked } else { 0.0 }
    };
    Beyond {
        count: more(&(first..length)),
        share: (first..(length + 1).saturating_sub(window)).map(share).fold(0.0, f64::max),
    }
}

/// What runs say together of an effect, one of so many that are tested; `None` where none of them has calm to compare with.
///
/// Each of `tested` lower bounds may fail with `(1 - confidence) / tested`, so that all of them hold at once with `confidence`.
/// Source: Bonferroni's inequality; Law, *Simulation Modeling and Analysis* (2015), section 9.7.
pub(super) fn over_runs(runs: &[Beyond], confidence: f64, tested: usize) -> Option<BeyondCalm> {
    let known: Vec<&Beyond> = runs.iter().filter(|run| run.count.is_finite()).collect();
    let over = |value: fn(&Beyond) -> f64, confidence: f64| {
        t_interval(&known.iter().map(|run| value(run)).collect::<Vec<f64>>(), confidence)
    };
    // Both ends of an interval may fail, of which one is looked at.
    let each = 1.0 - (1.0 - confidence) * (2.0 / tested.max(1) as f64).min(1.0);
    (!known.is_empty()).then(|| BeyondCalm {
        count: over(|run| run.count, confidence),
        low: over(|run| run.count, each).low,
        share: over(|run| run.share, confidence).within(0.0, f64::INFINITY),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An effect by interval, with 100 requests in each; three intervals of calm, and windows of two.
    fn of(effect: &[u64]) -> Beyond {
        let spans = Spans { calm: 0..3, first: 3, window: 2 };
        one(&summed(effect.iter().copied()), &summed(effect.iter().map(|_| 100)), &spans)
    }

    #[test]
    fn what_calm_explains_is_not_beyond_it() {
        assert_eq!(of(&[2, 1, 3, 2, 2, 2]), Beyond { count: 0.0, share: 0.0 });
        // Two an interval are usual: 4 and 6 more of 200 requests, and the worst two are neighbours.
        let more = of(&[2, 2, 2, 6, 8, 2]);
        assert_eq!((more.count, more.share), (10.0, 0.05));
        assert!(of(&[2, 2, 2, 0, 0, 0]).count < -5.9);
    }

    #[test]
    fn without_calm_nothing_is_known_and_without_requests_in_it_nothing_is_usual() {
        let spans = Spans { calm: 0..0, first: 0, window: 2 };
        assert!(one(&[1, 2], &[10, 20], &spans).count.is_nan());
        // Payments by row are made in the incident alone.
        let spans = Spans { calm: 0..2, first: 2, window: 2 };
        let found = one(&[0, 0, 3, 5], &[0, 0, 40, 100], &spans);
        assert_eq!((found.count, found.share), (5.0, 0.05));
    }

    #[test]
    fn a_share_of_a_few_is_none() {
        // Five of the seven payments that are left when everything is down.
        let spans = Spans { calm: 0..2, first: 2, window: 2 };
        let found = one(&[0, 0, 5, 5, 5], &[1_000, 2_000, 2_007, 2_007, 3_007], &spans);
        assert_eq!((found.count, found.share), (5.0, 0.0));
        let found = one(&[0, 0, 5, 5, 5], &[1_000, 2_000, 2_020, 2_020, 3_020], &spans);
        assert_eq!(found.share, 0.25);
    }

    #[test]
    fn what_is_unmatched_for_a_while_is_not_beyond_calm() {
        // Four are on their way at the end of each interval, before the incident and when the run ends.
        let spans = Spans { calm: 1..3, first: 3, window: 2 };
        let found = one(&[4, 4, 4, 9, 7, 4], &[10, 20, 30, 40, 50, 60], &spans);
        assert_eq!(found.count, 0.0);
    }

    #[test]
    fn more_than_calm_takes_an_interval_above_zero() {
        let runs = |counts: &[f64]| -> Vec<Beyond> {
            counts.iter().map(|count| Beyond { count: *count, share: 0.06 }).collect()
        };
        let found = |counts: &[f64]| over_runs(&runs(counts), 0.95, 1).expect("calm");
        assert!(found(&[5.0, 6.0, 7.0]).is_more() && found(&[5.0, 6.0, 7.0]).is_critical());
        assert!(!found(&[-1.0, 6.0, 1.0]).is_more() && !found(&[-1.0, 6.0, 1.0]).is_critical());
        assert!(!found(&[50.0]).is_more(), "a single run has no interval");
        assert_eq!(over_runs(&[Beyond::UNKNOWN], 0.95, 1), None);
    }

    #[test]
    fn of_many_effects_none_is_more_than_calm_by_chance() {
        let runs: Vec<Beyond> = [7.0, 22.0, 31.0, 28.0].map(|count| Beyond { count, share: 0.01 }).to_vec();
        let found = |tested: usize| over_runs(&runs, 0.95, tested).expect("calm");
        // 22 ± 17 by itself; of ten, t(0.995, 3) = 5.841 instead of 3.182 times the standard error, √(342 / 3 / 4): 22 ± 31.
        assert!(found(1).is_more() && found(2).is_more());
        assert_eq!(found(2).low, found(2).count.low);
        assert!((found(10).low - (22.0 - 5.841 * f64::sqrt(28.5))).abs() < 0.02, "{}", found(10).low);
        assert!(!found(10).is_more());
        assert_eq!(found(10).count, found(1).count, "what is printed is the interval of the one");
    }
}
