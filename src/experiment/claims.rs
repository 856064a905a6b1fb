//! Claims, judged over all runs.

use super::detection::is_acknowledged;
use super::measure::Sample;
use super::summary::RunSummary;
use crate::scenario::{Claim, ClaimMeasure, Comparison, Phase, Plan, Unit};
use crate::stats::{Comparison as Bound, Estimate, Verdict, proportion_interval, t_interval};

/// Whether what is said holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimVerdict {
    /// It holds.
    Supported,
    /// It does not.
    Refuted,
    /// It holds under this condition, and otherwise not.
    Conditional(String),
    /// The data cannot tell.
    Inconclusive,
}

impl ClaimVerdict {
    /// The stable name used in files.
    pub const fn name(&self) -> &'static str {
        match self {
            ClaimVerdict::Supported => "supported",
            ClaimVerdict::Refuted => "refuted",
            ClaimVerdict::Conditional(_) => "conditional",
            ClaimVerdict::Inconclusive => "inconclusive",
        }
    }
}

impl From<Verdict> for ClaimVerdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Met => ClaimVerdict::Supported,
            Verdict::Missed => ClaimVerdict::Refuted,
            Verdict::Inconclusive => ClaimVerdict::Inconclusive,
        }
    }
}

/// A claim and whether it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimResult {
    /// The claim.
    pub claim: Claim,
    /// What was measured, in the unit of the claim; `None` without data.
    pub measured: Option<Estimate>,
    /// Runs in which what it is measured after happened and its span ended.
    pub opened: u32,
    /// Runs that gave a value.
    pub valued: u32,
    /// Runs.
    pub runs: u32,
    /// Requests that it rests on, and how many it needs at least.
    pub count: (u64, u64),
    /// The verdict.
    pub verdict: ClaimVerdict,
    /// Why nothing can be told, where that is not for the interval; else empty.
    pub note: String,
    /// What came of the sweep, if there was one.
    pub sweep: Vec<SweepPoint>,
}

/// A claim with one value of the setting that is varied.
#[derive(Clone, Debug, PartialEq)]
pub struct SweepPoint {
    /// The value.
    pub value: String,
    /// What was measured.
    pub measured: Option<Estimate>,
    /// The verdict at this value.
    pub verdict: ClaimVerdict,
}

/// Judges the claims of a plan.
pub(super) fn judge(plan: &Plan, runs: &[RunSummary], confidence: f64) -> Vec<ClaimResult> {
    let claims = plan.claims.iter().enumerate();
    claims
        .map(|(index, claim)| {
            let samples: Vec<Sample> = runs.iter().map(|run| run.claims[index]).collect();
            let judged = judge_one(claim, &samples, confidence);
            match claim.measure {
                // Nobody said how long it takes, so that it is not known; which is no reason to say that it never came about.
                ClaimMeasure::TimeTo(Phase::Acknowledge) if !is_acknowledged(plan) => ClaimResult {
                    verdict: ClaimVerdict::Inconclusive,
                    note: "not modelled: `people` has no `detect`".to_owned(),
                    ..judged
                },
                _ => judged,
            }
        })
        .collect()
}

fn judge_one(claim: &Claim, samples: &[Sample], confidence: f64) -> ClaimResult {
    let runs = samples.len() as u32;
    let opened = samples.iter().filter(|sample| sample.opened).count() as u32;
    let values: Vec<f64> =
        samples.iter().map(|sample| sample.value).filter(|value| value.is_finite()).collect();
    let valued = values.len() as u32;
    let measured = (valued > 0).then(|| match claim.measure {
        ClaimMeasure::Chance(_) => {
            let happened = values.iter().filter(|value| **value > 0.5).count() as u32;
            proportion_interval(happened, valued, confidence)
        }
        _ => possible(t_interval(&values, confidence), claim),
    });
    let count = samples.iter().map(|sample| sample.count).sum();
    let needed = needed(&claim.measure);
    let upper = matches!(claim.comparison, Comparison::Below | Comparison::AtMost);
    let (verdict, note) = if opened < runs {
        (
            ClaimVerdict::Inconclusive,
            format!("measured in {opened} of {runs} runs: in the others it never began or ended"),
        )
    } else if count < needed {
        (ClaimVerdict::Inconclusive, format!("too few requests: {count} of {needed} needed"))
    } else if let (ClaimMeasure::TimeTo(phase), true) = (&claim.measure, valued < runs) {
        // What never comes to its end is not within any time.
        let verdict = if valued == 0 && upper { ClaimVerdict::Refuted } else { ClaimVerdict::Inconclusive };
        (verdict, format!("came to its end in {valued} of {runs} runs: {}", phase.name()))
    } else if valued < runs {
        (ClaimVerdict::Inconclusive, format!("there is a value in {valued} of {runs} runs"))
    } else {
        let verdict = measured.map_or(Verdict::Inconclusive, |measured| {
            Verdict::of(&measured, bound(claim.comparison), claim.bound, 2)
        });
        (verdict.into(), String::new())
    };
    ClaimResult {
        claim: claim.clone(),
        measured,
        opened,
        valued,
        runs,
        count: (count, needed),
        verdict,
        note,
        sweep: Vec::new(),
    }
}

/// An interval without values that the measure of a claim cannot have.
fn possible(estimate: Estimate, claim: &Claim) -> Estimate {
    match (claim.unit(), &claim.measure) {
        (_, ClaimMeasure::BeyondCalm { .. }) => estimate,
        (Unit::Share, _) => estimate.within(0.0, 1.0),
        _ => estimate.within(0.0, f64::INFINITY),
    }
}

fn bound(comparison: Comparison) -> Bound {
    match comparison {
        Comparison::Below => Bound::Less,
        Comparison::AtMost => Bound::AtMost,
        Comparison::Above => Bound::Greater,
        Comparison::AtLeast => Bound::AtLeast,
    }
}

/// Least number of requests over all runs: ten beyond a quantile, a hundred for a share.
fn needed(measure: &ClaimMeasure) -> u64 {
    match measure {
        ClaimMeasure::Quantile { p, .. } => (10.0 / (1.0 - p).max(1e-6)).ceil() as u64,
        ClaimMeasure::Mean { .. } | ClaimMeasure::Failed { .. } | ClaimMeasure::Availability { .. } => 100,
        ClaimMeasure::HitRatio { .. } => 100,
        ClaimMeasure::Served { .. }
        | ClaimMeasure::Offered { .. }
        | ClaimMeasure::Used { .. }
        | ClaimMeasure::Waiting { .. }
        | ClaimMeasure::Visits { .. }
        | ClaimMeasure::Lag { .. }
        | ClaimMeasure::Effect { .. }
        | ClaimMeasure::BeyondCalm { .. }
        | ClaimMeasure::TimeTo(_)
        | ClaimMeasure::Chance(_) => 0,
    }
}

impl ClaimResult {
    /// Whether it has a sweep that was not run: its verdict is that of the value which is written, and not the claim's.
    pub fn is_unswept(&self) -> bool {
        self.claim.sweep.is_some() && self.sweep.is_empty()
    }

    /// The claim with what came of its sweep: the verdict is then that of all values together.
    pub fn with_sweep(mut self, points: Vec<SweepPoint>) -> Self {
        if let Some(sweep) = &self.claim.sweep {
            self.verdict = condition(&sweep.path, &points);
            self.note = String::new();
        }
        self.sweep = points;
        self
    }
}

/// What the verdicts at the values of a setting say together.
///
/// All alike, that one. Some supported and some refuted, conditional: on a bound of the setting where the values are in
/// order and the claim holds on one side, otherwise on the values that it holds for. Values at which the data cannot tell
/// belong to neither.
pub fn condition(path: &str, points: &[SweepPoint]) -> ClaimVerdict {
    let is = |verdict: &ClaimVerdict| points.iter().filter(|point| point.verdict == *verdict).count();
    let (supported, refuted) = (is(&ClaimVerdict::Supported), is(&ClaimVerdict::Refuted));
    if points.is_empty() || supported + refuted < points.len() && (supported == 0 || refuted == 0) {
        return ClaimVerdict::Inconclusive;
    }
    match (supported, refuted) {
        (_, 0) => return ClaimVerdict::Supported,
        (0, _) => return ClaimVerdict::Refuted,
        _ => {}
    }
    let name = path.rsplit('.').next().unwrap_or(path);
    let holds: Vec<&SweepPoint> =
        points.iter().filter(|point| point.verdict == ClaimVerdict::Supported).collect();
    let ordered: Option<Vec<f64>> = points.iter().map(|point| magnitude(&point.value)).collect();
    let ascending = ordered.is_some_and(|values| values.is_sorted_by(|a, b| a < b));
    let last_refuted = points.iter().rposition(|point| point.verdict == ClaimVerdict::Refuted);
    let first_refuted = points.iter().position(|point| point.verdict == ClaimVerdict::Refuted);
    let first = points.iter().position(|point| point.verdict == ClaimVerdict::Supported);
    let last = points.iter().rposition(|point| point.verdict == ClaimVerdict::Supported);
    let condition = match (holds.first(), holds.last()) {
        (Some(least), _) if ascending && last_refuted < first => format!("{name} ≥ {}", least.value),
        (_, Some(most)) if ascending && first_refuted > last => format!("{name} ≤ {}", most.value),
        _ => {
            let values: Vec<&str> = holds.iter().map(|point| point.value.as_str()).collect();
            format!("{name} = {}", values.join(" or "))
        }
    };
    ClaimVerdict::Conditional(condition)
}

/// The size of a value as it is written, for its order: a number, or a quantity with a unit.
fn magnitude(text: &str) -> Option<f64> {
    use crate::units::{Bytes, Rate, Ratio, Span};
    let number = text.parse::<f64>().ok();
    let span = || text.parse::<Span>().ok().map(Span::as_secs_f64);
    let rate = || text.parse::<Rate>().ok().map(Rate::as_per_second);
    let share = || text.parse::<Ratio>().ok().map(Ratio::as_fraction);
    let bytes = || text.parse::<Bytes>().ok().map(|bytes| bytes.as_u64() as f64);
    number.or_else(span).or_else(rate).or_else(share).or_else(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::ClaimSpan;

    fn claim(measure: ClaimMeasure, comparison: Comparison, bound: f64) -> Claim {
        Claim {
            name: "c".to_owned(),
            says: String::new(),
            source: String::new(),
            text: String::new(),
            measure,
            comparison,
            bound,
            span: ClaimSpan::Whole,
            against: None,
            sweep: None,
        }
    }

    fn sample(value: f64) -> Sample {
        Sample { value, count: 1000, opened: true }
    }

    #[track_caller]
    fn check(measure: ClaimMeasure, samples: &[Sample], verdict: ClaimVerdict, note: &str) {
        let result = judge_one(&claim(measure, Comparison::AtMost, 1.0), samples, 0.95);
        assert_eq!(result.verdict, verdict, "{result:?}");
        assert!(result.note.contains(note) && note.is_empty() == result.note.is_empty(), "{}", result.note);
    }

    #[test]
    fn a_verdict_needs_the_whole_interval_on_one_side() {
        let p95 = || ClaimMeasure::Quantile { operation: 0, p: 0.95 };
        let all = |values: &[f64]| values.iter().map(|value| sample(*value)).collect::<Vec<_>>();
        check(p95(), &all(&[0.6, 0.7, 0.65]), ClaimVerdict::Supported, "");
        check(p95(), &all(&[1.6, 1.7, 1.65]), ClaimVerdict::Refuted, "");
        check(p95(), &all(&[0.6, 1.7, 0.65]), ClaimVerdict::Inconclusive, "");
        check(p95(), &all(&[0.6]), ClaimVerdict::Inconclusive, "");
        let few = [Sample { count: 20, ..sample(0.5) }, Sample { count: 20, ..sample(0.5) }];
        check(p95(), &few, ClaimVerdict::Inconclusive, "40 of 200");
    }

    #[test]
    fn intervals_hold_only_what_can_be() {
        let of = |measure, values: &[f64]| {
            let samples: Vec<Sample> = values.iter().map(|value| sample(*value)).collect();
            let measured = judge_one(&claim(measure, Comparison::AtMost, 0.5), &samples, 0.95).measured;
            measured.map(|it| (it.low, it.high)).expect("it is measured")
        };
        assert_eq!(of(ClaimMeasure::Failed { operation: 0 }, &[0.0, 1.0]), (0.0, 1.0));
        let (low, high) = of(ClaimMeasure::TimeTo(Phase::Recover), &[1.0, 9.0]);
        assert!(low == 0.0 && high > 50.0, "{low} {high}");
        let (low, high) = of(ClaimMeasure::Effect { effect: 0 }, &[1.0, 9.0]);
        assert!(low == 0.0 && high > 50.0, "{low} {high}");
    }

    #[test]
    fn what_did_not_begin_in_every_run_is_inconclusive() {
        let never = Sample { value: f64::NAN, count: 0, opened: false };
        let samples = [sample(0.1), sample(0.1), never];
        check(ClaimMeasure::Failed { operation: 0 }, &samples, ClaimVerdict::Inconclusive, "in 2 of 3 runs");
    }

    #[test]
    fn what_never_comes_to_its_end_is_not_in_time() {
        let never = sample(f64::NAN);
        let recover = || ClaimMeasure::TimeTo(Phase::Recover);
        check(recover(), &[never, never], ClaimVerdict::Refuted, "0 of 2");
        check(recover(), &[sample(0.5), sample(0.5), never], ClaimVerdict::Inconclusive, "2 of 3");
        check(recover(), &[sample(0.5), sample(0.51)], ClaimVerdict::Supported, "");
    }

    #[test]
    fn a_chance_is_judged_by_its_interval() {
        let of = |n: usize| vec![sample(0.0); n];
        let mut samples = of(100);
        let collapse = || ClaimMeasure::Chance(crate::scenario::Chance::Collapse);
        let result = |samples: &[Sample]| {
            judge_one(&claim(collapse(), Comparison::Below, 0.05), samples, 0.95).verdict
        };
        assert_eq!(result(&samples), ClaimVerdict::Supported);
        assert_eq!(result(&of(20)), ClaimVerdict::Inconclusive, "0 of 20 is up to 16 %");
        samples.iter_mut().take(50).for_each(|sample| sample.value = 1.0);
        assert_eq!(result(&samples), ClaimVerdict::Refuted);
    }

    #[test]
    fn conditions_name_the_side_that_holds() {
        let points = |verdicts: &[(&str, ClaimVerdict)]| -> Vec<SweepPoint> {
            let point = |(value, verdict): &(&str, ClaimVerdict)| SweepPoint {
                value: (*value).to_owned(),
                measured: None,
                verdict: verdict.clone(),
            };
            verdicts.iter().map(point).collect()
        };
        let (yes, no, unsure) = (ClaimVerdict::Supported, ClaimVerdict::Refuted, ClaimVerdict::Inconclusive);
        let check = |verdicts: &[(&str, ClaimVerdict)], expected: ClaimVerdict| {
            assert_eq!(condition("deployment.pools.order.maximum-pool-size", &points(verdicts)), expected);
        };
        let conditional = |text: &str| ClaimVerdict::Conditional(text.to_owned());
        check(&[("10", yes.clone()), ("20", yes.clone())], yes.clone());
        check(&[("10", no.clone()), ("20", no.clone())], no.clone());
        check(
            &[("10", no.clone()), ("20", yes.clone()), ("40", yes.clone())],
            conditional("maximum-pool-size ≥ 20"),
        );
        check(
            &[("1s", yes.clone()), ("2s", unsure.clone()), ("1m", no.clone())],
            conditional("maximum-pool-size ≤ 1s"),
        );
        check(
            &[("10", yes.clone()), ("20", no.clone()), ("40", yes.clone())],
            conditional("maximum-pool-size = 10 or 40"),
        );
        check(&[("lru", yes.clone()), ("lfu", no.clone())], conditional("maximum-pool-size = lru"));
        check(&[("10", yes.clone()), ("20", unsure.clone())], unsure.clone());
        check(&[("10", unsure.clone()), ("20", unsure.clone())], unsure);
        check(&[], ClaimVerdict::Inconclusive);
    }
}
