//! Estimates that carry their interval.

use std::fmt;

use super::distribution::student_t_quantile;

/// A number from data, with the interval that holds the true value with the stated confidence.
///
/// Without enough data the interval is infinite, never absent. The unit is that of the data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The best single value; NaN without data.
    pub mean: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
    /// Independent observations behind it.
    pub n: u32,
    /// Confidence of the interval, above 0 and below 1.
    pub confidence: f64,
}

impl Estimate {
    /// An estimate about which nothing is known beyond its value.
    pub fn unbounded(mean: f64, n: u32, confidence: f64) -> Self {
        Estimate { mean, low: f64::NEG_INFINITY, high: f64::INFINITY, n, confidence }
    }

    /// The same with the ends of its interval kept in the range that its values can have. An end that is not known stays so.
    pub fn within(self, least: f64, most: f64) -> Self {
        let kept = |end: f64| if end.is_finite() { end.clamp(least, most) } else { end };
        Estimate { low: kept(self.low), high: kept(self.high), ..self }
    }

    /// Half the length of the interval.
    pub fn half_width(&self) -> f64 {
        0.5 * (self.high - self.low)
    }

    /// Half the length of the interval over the size of the mean; infinite where the mean is zero or unknown.
    pub fn relative_half_width(&self) -> f64 {
        let relative = self.half_width() / self.mean.abs();
        if relative.is_nan() { f64::INFINITY } else { relative }
    }
}

impl fmt::Display for Estimate {
    /// `4.02 ± 0.31 (95 %, n = 10)`, or `0.10 (0.06 to 0.16, 95 %, n = 148)` where the interval is lopsided; with the
    /// precision of the format if it has one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(3);
        let half = self.half_width();
        let lopsided = (self.high - self.mean - half).abs() > 1e-9 * half;
        let percent = Trimmed(self.confidence * 100.0);
        if lopsided {
            write!(f, "{:.digits$} ({:.digits$} to {:.digits$}, ", self.mean, self.low, self.high)?;
        } else {
            write!(f, "{:.digits$} ± {half:.digits$} (", self.mean)?;
        }
        write!(f, "{percent} %, n = {})", self.n)
    }
}

/// A number without trailing zeros.
struct Trimmed(f64);

impl fmt::Display for Trimmed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.4}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// Mean and variance with n − 1 degrees of freedom; the variance is NaN below two values.
pub(super) fn mean_and_variance(samples: &[f64]) -> (f64, f64) {
    let n = samples.len() as f64;
    let mean = samples.iter().sum::<f64>() / n;
    let squares: f64 = samples.iter().map(|x| (x - mean) * (x - mean)).sum();
    (mean, if samples.len() < 2 { f64::NAN } else { squares / (n - 1.0) })
}

/// Confidence interval of a mean from independent observations: x̄ ± t(n−1)·s/√n.
///
/// Exact for normal observations, close for means over a replication. With fewer than two observations, or a
/// confidence not between 0 and 1, the interval is infinite.
/// Source: Student (1908); Law, *Simulation Modeling and Analysis* (2015), section 4.5.
///
/// # Example
/// ```
/// use brownout::stats::t_interval;
/// let estimate = t_interval(&[1.20, 1.50, 1.68, 1.89, 0.95, 1.49, 1.58, 1.55, 0.50, 1.09], 0.90);
/// assert_eq!(format!("{estimate:.2}"), "1.34 ± 0.24 (90 %, n = 10)");
/// ```
pub fn t_interval(samples: &[f64], confidence: f64) -> Estimate {
    let n = count(samples.len());
    let (mean, variance) = mean_and_variance(samples);
    let Some(t) = student_t_quantile(0.5 + 0.5 * confidence, n.saturating_sub(1)) else {
        return Estimate::unbounded(mean, n, confidence);
    };
    let half = t * (variance / samples.len() as f64).sqrt();
    if !half.is_finite() {
        return Estimate::unbounded(mean, n, confidence);
    }
    Estimate { mean, low: mean - half, high: mean + half, n, confidence }
}

/// Replications after which the relative half-width would be at most `target`, if the spread stays as it is.
///
/// The smallest n with t(n−1)·s/√n ≤ target·|mean|; never below the present number. `u32::MAX` where no number is
/// known to do: an infinite interval, a zero mean, a target that is not positive.
/// Source: Law (2015), section 9.4.1.
pub fn needed_replications(estimate: &Estimate, target: f64) -> u32 {
    let p = 0.5 + 0.5 * estimate.confidence;
    let Some(t) = student_t_quantile(p, estimate.n.saturating_sub(1)) else { return u32::MAX };
    let allowed = target * estimate.mean.abs();
    let half = estimate.half_width();
    if !(half.is_finite() && allowed > 0.0) {
        return u32::MAX;
    }
    let deviation = half * f64::from(estimate.n).sqrt() / t;
    let enough = |n: u32| {
        let t = student_t_quantile(p, n - 1).unwrap_or(f64::INFINITY);
        t * deviation / f64::from(n).sqrt() <= allowed
    };
    if enough(estimate.n) {
        return estimate.n;
    }
    let (mut low, mut high) = (estimate.n, estimate.n);
    while !enough(high) {
        low = high;
        if high > u32::MAX / 2 {
            return u32::MAX;
        }
        high *= 2;
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// A length as the `n` of an estimate.
pub(super) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_observation_bounds_nothing() {
        let estimate = t_interval(&[5.0], 0.95);
        assert_eq!((estimate.mean, estimate.low, estimate.high), (5.0, f64::NEG_INFINITY, f64::INFINITY));
        assert!(t_interval(&[], 0.95).mean.is_nan());
        assert_eq!(t_interval(&[1.0, 2.0], 1.0).high, f64::INFINITY);
        assert_eq!(t_interval(&[1.0, f64::NAN], 0.9).high, f64::INFINITY);
    }

    #[test]
    fn estimates_print_with_their_interval() {
        let lopsided = Estimate { mean: 0.1, low: 0.06, high: 0.16, n: 148, confidence: 0.995 };
        assert_eq!(format!("{lopsided:.2}"), "0.10 (0.06 to 0.16, 99.5 %, n = 148)");
        assert_eq!(format!("{:.1}", t_interval(&[5.0], 0.95)), "5.0 ± inf (95 %, n = 1)");
    }

    #[test]
    fn needed_replications_are_the_fewest() {
        let estimate = t_interval(&[9.0, 10.0, 11.0, 10.5, 9.5], 0.95);
        let n = needed_replications(&estimate, 0.02);
        let s = 0.625_f64.sqrt();
        let relative = |n: u32| student_t_quantile(0.975, n - 1).unwrap() * s / f64::from(n).sqrt() / 10.0;
        assert!(relative(n) <= 0.02 && relative(n - 1) > 0.02, "{n}");
        assert_eq!(needed_replications(&estimate, 0.5), 5);
        assert_eq!(needed_replications(&t_interval(&[1.0], 0.95), 0.1), u32::MAX);
        assert_eq!(needed_replications(&t_interval(&[-1.0, 1.0], 0.95), 0.1), u32::MAX);
    }
}
