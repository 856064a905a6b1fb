//! Statistical checks with thresholds from the theory, for tests with fixed seeds.
//!
//! Each holds for all but about one seed in a million, and fails for laws that are a few per cent off.

use statrs::distribution::{ChiSquared, ContinuousCDF};

/// The chance that a right sampler fails a check.
const FALSE_ALARM: f64 = 1e-6;
/// The standard normal quantile that goes with it, two-sided.
pub(crate) const SIGMAS: f64 = 4.892;

/// Whether counts agree with what is expected of them (Pearson's chi-square, fixed total).
pub(crate) fn chi_square_agrees(observed: &[f64], expected: &[f64]) -> bool {
    let statistic: f64 = observed.iter().zip(expected).map(|(o, e)| (o - e).powi(2) / e).sum();
    let freedom = observed.len() as f64 - 1.0;
    ChiSquared::new(freedom).is_ok_and(|law| statistic < law.inverse_cdf(1.0 - FALSE_ALARM))
}

/// Asserts that counts agree with what is expected of them.
#[track_caller]
pub(crate) fn chi_square(observed: &[f64], expected: &[f64]) {
    assert!(expected.iter().all(|e| *e >= 5.0), "a cell is expected to hold fewer than 5");
    assert!(chi_square_agrees(observed, expected), "observed {observed:?}, expected {expected:?}");
}

/// Whether a sample agrees with a continuous distribution function (Kolmogorov and Smirnov).
pub(crate) fn ks_agrees(mut sample: Vec<f64>, cdf: impl Fn(f64) -> f64) -> bool {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let distance = sample.iter().enumerate().fold(0.0f64, |worst, (index, x)| {
        let f = cdf(*x);
        worst.max(f - index as f64 / n).max((index as f64 + 1.0) / n - f)
    });
    distance < ((2.0 / FALSE_ALARM).ln() / (2.0 * n)).sqrt()
}

/// Asserts that `mean` and `variance` lie in the confidence intervals that the sample gives for them.
#[track_caller]
pub(crate) fn moments(sample: &[f64], mean: f64, variance: f64) {
    let n = sample.len() as f64;
    let sample_mean = sample.iter().sum::<f64>() / n;
    let central = |power| sample.iter().map(|x| (x - mean).powi(power)).sum::<f64>() / n;
    let mean_error = SIGMAS * (variance / n).sqrt() + 1e-10 * mean;
    assert!((sample_mean - mean).abs() <= mean_error, "mean {sample_mean} is not {mean} ± {mean_error}");
    let spread = central(2);
    let spread_error = SIGMAS * ((central(4) - spread * spread).max(0.0) / n).sqrt() + 1e-10 * mean * mean;
    assert!(
        (spread - variance).abs() <= spread_error,
        "variance {spread} is not {variance} ± {spread_error}"
    );
}

/// Asserts that pairs of uniform numbers are uncorrelated.
#[track_caller]
pub(crate) fn uncorrelated(pairs: impl Iterator<Item = (f64, f64)>) {
    let (mut n, mut sum) = (0.0f64, 0.0);
    for (a, b) in pairs {
        n += 1.0;
        sum += (a - 0.5) * (b - 0.5) * 12.0;
    }
    let correlation = sum / n;
    assert!(correlation.abs() < SIGMAS / n.sqrt(), "correlation {correlation} over {n} pairs");
}
