//! Comparing two designs that met the same random numbers.

use super::estimate::{Estimate, mean_and_variance, t_interval};

/// The difference of two designs over common replications.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedDifference {
    /// Mean of a − b with its interval.
    pub difference: Estimate,
    /// How much variance the pairing removed: 1 − Var(a−b)/(Var a + Var b) \[1]. Zero for independent runs,
    /// negative if pairing did harm; NaN where both never vary.
    pub variance_reduction: f64,
    /// Correlation of a and b \[1]; NaN where one never varies.
    pub correlation: f64,
}

/// Compares replication i of `a` with replication i of `b`; what the longer one has more is ignored.
///
/// Source: Law (2015), sections 10.2.1 (paired t) and 11.2 (common random numbers).
pub fn paired_difference(a: &[f64], b: &[f64], confidence: f64) -> PairedDifference {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    let (mean_a, variance_a) = mean_and_variance(a);
    let (mean_b, variance_b) = mean_and_variance(b);
    let (_, variance) = mean_and_variance(&differences);
    let products: f64 = a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum();
    let covariance = products / (n as f64 - 1.0);
    PairedDifference {
        difference: t_interval(&differences, confidence),
        variance_reduction: 1.0 - variance / (variance_a + variance_b),
        correlation: covariance / (variance_a * variance_b).sqrt(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_shift_is_known_exactly() {
        let a = [3.0, 5.0, 4.0, 8.0];
        let b = a.map(|x| x - 1.0);
        let found = paired_difference(&a, &b, 0.95);
        assert_eq!((found.difference.low, found.difference.high), (1.0, 1.0));
        assert!((found.variance_reduction - 1.0).abs() < 1e-15);
        assert!((found.correlation - 1.0).abs() < 1e-12);
    }

    #[test]
    fn opposite_runs_are_worse_than_independent_ones() {
        let a = [1.0, 2.0, 3.0, 4.0];
        let b = [4.0, 3.0, 2.0, 1.0];
        assert!((paired_difference(&a, &b, 0.95).variance_reduction + 1.0).abs() < 1e-12);
    }
}
