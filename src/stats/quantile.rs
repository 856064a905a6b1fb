//! Percentiles of data and their intervals.

use super::distribution::binomial_at_most;
use super::estimate::{Estimate, count};

/// The p-quantile of sorted data: the smallest value with at least a share p of the data at or below it, the
/// ⌈p·n⌉-th smallest (Hyndman & Fan 1996, definition 1). NaN without data; p outside 0..=1 counts as its nearer end.
///
/// # Example
/// ```
/// use brownout::stats::quantile_of;
/// assert_eq!(quantile_of(&[10.0, 20.0, 30.0, 40.0], 0.5), 20.0);
/// assert_eq!(quantile_of(&[10.0, 20.0, 30.0, 40.0], 0.51), 30.0);
/// ```
pub fn quantile_of(sorted: &[f64], p: f64) -> f64 {
    let n = sorted.len();
    if n == 0 || p.is_nan() {
        return f64::NAN;
    }
    // 0.95 · 20 is a rounding error above 19; the 19th is meant.
    let rank = (p * n as f64 * (1.0 - 4.0 * f64::EPSILON)).ceil() as usize;
    sorted[rank.clamp(1, n) - 1]
}

/// The median of sorted data: the middle value, or the mean of the two in the middle; NaN without data.
///
/// # Example
/// ```
/// use brownout::stats::median_of;
/// assert_eq!(median_of(&[10.0, 20.0, 40.0]), 20.0);
/// assert_eq!(median_of(&[10.0, 20.0, 30.0, 40.0]), 25.0);
/// ```
pub fn median_of(sorted: &[f64]) -> f64 {
    let n = sorted.len();
    match (n, n % 2) {
        (0, _) => f64::NAN,
        (_, 1) => sorted[n / 2],
        _ => 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]),
    }
}

/// Confidence interval of the p-quantile from sorted independent data, whatever their law.
///
/// The ends are the l-th and u-th smallest, with P(Binomial(n,p) ≤ l−1) ≤ α/2 and P(Binomial(n,p) ≤ u−1) ≥ 1−α/2. An
/// end that no observation can provide is infinite: a 99th percentile has an upper end only from some hundreds of
/// observations on.
/// Source: David & Nagaraja, *Order Statistics* (2003), section 7.1.
pub fn quantile_interval(sorted: &[f64], p: f64, confidence: f64) -> Estimate {
    let n = count(sorted.len());
    let mean = quantile_of(sorted, p);
    if n == 0 || !(p > 0.0 && p < 1.0) || !(confidence > 0.0 && confidence < 1.0) {
        return Estimate::unbounded(mean, n, confidence);
    }
    let tail = 0.5 * (1.0 - confidence);
    // Ranks at which the binomial sum first exceeds the tail, and first reaches its complement.
    let first = first_rank(n, |k| binomial_at_most(k, n, p) > tail);
    let last = first_rank(n, |k| binomial_at_most(k, n, p) >= 1.0 - tail);
    let low = if first == 0 { f64::NEG_INFINITY } else { sorted[first as usize - 1] };
    let high = if last >= n { f64::INFINITY } else { sorted[last as usize] };
    Estimate { mean, low, high, n, confidence }
}

/// The smallest k ≤ n for which a condition that once true stays true is true.
fn first_rank(n: u32, true_from: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = low + (high - low) / 2;
        if true_from(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::testing::SplitMix;

    #[test]
    fn the_median_of_ten_lies_between_the_second_and_the_ninth() {
        // Textbook: the 2nd and 9th of 10 cover the median with 97.9 %.
        let data: Vec<f64> = (1..=10).map(f64::from).collect();
        let interval = quantile_interval(&data, 0.5, 0.95);
        assert_eq!((interval.low, interval.high), (2.0, 9.0));
    }

    #[test]
    fn a_high_percentile_of_few_data_has_no_upper_end() {
        let data: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(quantile_interval(&data, 0.99, 0.95).high, f64::INFINITY);
        assert!(quantile_of(&[], 0.5).is_nan());
        assert_eq!(quantile_of(&data, 0.95), 95.0);
        assert_eq!(quantile_of(&data, 1.0), 100.0);
        assert_eq!(quantile_of(&data, 0.0), 1.0);
    }

    #[test]
    fn intervals_cover_at_least_as_often_as_they_say() {
        let mut random = SplitMix::new(11);
        let covered = (0..2_000)
            .filter(|_| {
                let mut data: Vec<f64> = (0..200).map(|_| random.uniform()).collect();
                data.sort_by(f64::total_cmp);
                let interval = quantile_interval(&data, 0.9, 0.9);
                interval.low <= 0.9 && 0.9 <= interval.high
            })
            .count();
        // 0.9 is the least by construction; ranks are whole, so a little more. Three standard errors are 0.02.
        assert!((1_760..=1_900).contains(&covered), "{covered}");
    }
}
