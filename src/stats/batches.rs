//! Intervals from one long run, by batch means.

use super::distribution::normal_quantile;
use super::estimate::{Estimate, mean_and_variance, t_interval};

/// An interval from one run, and whether its batches look independent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchMeans {
    /// The mean with its interval; `n` is the number of batches.
    pub estimate: Estimate,
    /// Correlation of neighbouring batches \[1]; NaN with fewer than two batches or without spread.
    pub lag_one: f64,
    /// Von Neumann's ratio of successive differences to spread \[1], 2 on average when independent.
    pub von_neumann: f64,
    /// Whether positive correlation of batches is not detected at the 5 % level; false with fewer than 10
    /// batches, or without spread, where the test says nothing.
    pub independent: bool,
}

/// Splits a series (without its warm-up) into equal batches and treats their means as independent.
///
/// What does not fill a batch is left out at the start. The ratio Σ(zᵢ₊₁ − zᵢ)²/Σ(zᵢ − z̄)² of k independent batches has
/// mean 2 and variance 4(k−2)/(k²−1); a value significantly below 2 means batches too short.
/// Source: von Neumann (1941); Fishman, *Management Science* 24 (1978); Law (2015), section 9.5.3.
pub fn batch_means(series: &[f64], batches: usize, confidence: f64) -> BatchMeans {
    let length = series.len().checked_div(batches).unwrap_or(0);
    if length == 0 {
        let estimate = Estimate::unbounded(mean_and_variance(series).0, 0, confidence);
        return BatchMeans { estimate, lag_one: f64::NAN, von_neumann: f64::NAN, independent: false };
    }
    let kept = &series[series.len() - length * batches..];
    let means: Vec<f64> =
        kept.chunks_exact(length).map(|batch| batch.iter().sum::<f64>() / length as f64).collect();
    let (mean, variance) = mean_and_variance(&means);
    let k = means.len() as f64;
    let squares = variance * (k - 1.0);
    let pairs = || means.iter().zip(&means[1..]);
    let von_neumann = pairs().map(|(a, b)| (b - a) * (b - a)).sum::<f64>() / squares;
    let lag_one = pairs().map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / squares;
    let deviation = (4.0 * (k - 2.0) / (k * k - 1.0)).sqrt();
    let independent = means.len() >= 10 && (von_neumann - 2.0) / deviation > normal_quantile(0.05);
    BatchMeans { estimate: t_interval(&means, confidence), lag_one, von_neumann, independent }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::testing::SplitMix;

    fn autoregressive(memory: f64, n: usize) -> Vec<f64> {
        let mut random = SplitMix::new(3);
        let mut x = 0.0;
        let step = |_| {
            x = memory * x + random.normal();
            x
        };
        (0..n).map(step).collect()
    }

    #[test]
    fn short_batches_of_a_slow_series_are_found_out() {
        let series = autoregressive(0.99, 4_000);
        let short = batch_means(&series, 200, 0.95);
        assert!(!short.independent && short.lag_one > 0.5, "{short:?}");
        assert!(batch_means(&autoregressive(0.0, 4_000), 40, 0.95).independent);
    }

    #[test]
    fn a_series_too_short_says_nothing() {
        for batches in [0, 10] {
            let means = batch_means(&[1.0, 2.0], batches, 0.95);
            assert_eq!(means.estimate.high, f64::INFINITY);
            assert!(!means.independent);
        }
    }
}
