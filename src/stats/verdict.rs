//! Whether an objective is met, as far as the data can tell.

use super::estimate::Estimate;

/// How a value must compare with its bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

/// The judgement of an objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The whole interval meets the bound.
    Met,
    /// The whole interval misses it.
    Missed,
    /// The interval holds values of both kinds, or there is too little data.
    Inconclusive,
}

impl Comparison {
    /// Whether a value compares so with the bound; NaN never does.
    pub fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Comparison::Less => value < bound,
            Comparison::AtMost => value <= bound,
            Comparison::Greater => value > bound,
            Comparison::AtLeast => value >= bound,
        }
    }
}

impl Verdict {
    /// Judges an estimate; `least` observations are needed for any judgement but `Inconclusive`.
    pub fn of(estimate: &Estimate, comparison: Comparison, bound: f64, least: u32) -> Verdict {
        let known = [estimate.mean, estimate.low, estimate.high, bound].iter().all(|value| !value.is_nan());
        if !known || estimate.n < least.max(1) {
            return Verdict::Inconclusive;
        }
        match [estimate.low, estimate.high].map(|end| comparison.holds(end, bound)) {
            [true, true] => Verdict::Met,
            [false, false] => Verdict::Missed,
            _ => Verdict::Inconclusive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_judged_as_a_whole() {
        let estimate = |low, high| Estimate { mean: 0.5 * (low + high), low, high, n: 10, confidence: 0.95 };
        for (low, high, comparison, verdict) in [
            (1.0, 1.9, Comparison::Less, Verdict::Met),
            (1.0, 2.0, Comparison::Less, Verdict::Inconclusive),
            (1.0, 2.0, Comparison::AtMost, Verdict::Met),
            (2.0, 3.0, Comparison::Less, Verdict::Missed),
            (2.0, 3.0, Comparison::AtMost, Verdict::Inconclusive),
            (2.1, 3.0, Comparison::Greater, Verdict::Met),
            (2.0, 3.0, Comparison::AtLeast, Verdict::Met),
            (1.0, 1.5, Comparison::AtLeast, Verdict::Missed),
            (1.0, f64::INFINITY, Comparison::Greater, Verdict::Inconclusive),
        ] {
            let found = Verdict::of(&estimate(low, high), comparison, 2.0, 2);
            assert_eq!(found, verdict, "{low}..{high} {comparison:?} 2");
        }
    }

    #[test]
    fn too_little_data_is_never_met() {
        let all_good = Estimate { mean: 0.0, low: 0.0, high: 0.1, n: 3, confidence: 0.95 };
        assert_eq!(Verdict::of(&all_good, Comparison::Less, 1.0, 5), Verdict::Inconclusive);
        let nothing = Estimate { mean: f64::NAN, low: 0.0, high: 1.0, n: 0, confidence: 0.95 };
        assert_eq!(Verdict::of(&nothing, Comparison::AtMost, 1.0, 0), Verdict::Inconclusive);
    }
}
