//! Intervals of a probability from counts.

use super::distribution::{binomial_at_most, bisect, normal_quantile};
use super::estimate::Estimate;

/// Confidence interval of a probability by Wilson's score.
///
/// (p̂ + z²/2n ± z·√(p̂(1−p̂)/n + z²/4n²))/(1 + z²/n); `mean` is p̂ itself. Covers close to its confidence on average
/// over p. `successes` beyond `n` count as `n`. Without observations, or with a confidence not between 0 and
/// 1, the interval is 0 to 1.
/// Source: Wilson, *JASA* 22 (1927); Brown, Cai & DasGupta, *Statistical Science* 16 (2001).
pub fn proportion_interval(successes: u32, n: u32, confidence: f64) -> Estimate {
    let successes = successes.min(n);
    let Some(share) = usable(successes, n, confidence) else { return unknown(successes, n, confidence) };
    let (z, n_f) = (normal_quantile(0.5 + 0.5 * confidence), f64::from(n));
    let spread = z * z / n_f;
    let centre = (share + 0.5 * spread) / (1.0 + spread);
    let half = z * (share * (1.0 - share) / n_f + 0.25 * spread / n_f).sqrt() / (1.0 + spread);
    let low = if successes == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if successes == n { 1.0 } else { (centre + half).min(1.0) };
    Estimate { mean: share, low, high, n, confidence }
}

/// Confidence interval of a probability that covers at least its confidence for every true value.
///
/// The ends are the probabilities at which a count so far out would have a chance of half the remainder.
/// Source: Clopper & Pearson, *Biometrika* 26 (1934).
pub fn exact_proportion_interval(successes: u32, n: u32, confidence: f64) -> Estimate {
    let successes = successes.min(n);
    let Some(share) = usable(successes, n, confidence) else { return unknown(successes, n, confidence) };
    let tail = 0.5 * (1.0 - confidence);
    let low = match successes {
        0 => 0.0,
        _ => bisect(|p| 1.0 - binomial_at_most(successes - 1, n, p) < tail, 0.0, 1.0),
    };
    let high =
        if successes == n { 1.0 } else { bisect(|p| binomial_at_most(successes, n, p) > tail, 0.0, 1.0) };
    Estimate { mean: share, low, high, n, confidence }
}

fn usable(successes: u32, n: u32, confidence: f64) -> Option<f64> {
    (n > 0 && confidence > 0.0 && confidence < 1.0).then(|| f64::from(successes) / f64::from(n))
}

fn unknown(successes: u32, n: u32, confidence: f64) -> Estimate {
    Estimate { mean: f64::from(successes) / f64::from(n), low: 0.0, high: 1.0, n, confidence }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_intervals() {
        // Newcombe, Statistics in Medicine 17 (1998), table I: score method and exact, 95 %.
        for (successes, n, wilson, exact) in [
            (81, 263, [0.2553, 0.3662], [0.2527, 0.3676]),
            (15, 148, [0.0624, 0.1605], [0.0578, 0.1617]),
            (0, 20, [0.0, 0.1611], [0.0, 0.1684]),
            (1, 29, [0.0061, 0.1718], [0.0009, 0.1776]),
        ] {
            for (found, expected) in [
                (proportion_interval(successes, n, 0.95), wilson),
                (exact_proportion_interval(successes, n, 0.95), exact),
            ] {
                assert!((found.low - expected[0]).abs() < 6e-5, "{successes}/{n}: {found:?}");
                assert!((found.high - expected[1]).abs() < 6e-5, "{successes}/{n}: {found:?}");
            }
        }
    }

    #[test]
    fn no_observations_say_nothing() {
        let estimate = proportion_interval(0, 0, 0.95);
        assert_eq!((estimate.low, estimate.high), (0.0, 1.0));
        assert_eq!(proportion_interval(3, 3, 0.95).high, 1.0);
    }
}
