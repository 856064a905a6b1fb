//! The first three moments of a time.

use super::SizingError;
use super::guard::{self, Sized};
use crate::units::{Ratio, Span};

/// The first three moments of a service time or other duration; all that mean-value formulas need.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    first_s: f64,
    second_s2: f64,
    third_s3: f64,
}

impl Moments {
    /// Makes moments from the mean, the squared coefficient of variation Var/mean², and E X³/mean³.
    ///
    /// # Errors
    /// If the mean is zero, `scv` is negative, or the third ratio is below what the first two force:
    /// E X·E X³ ≥ (E X²)².
    pub fn new(mean: Span, scv: f64, third_over_mean_cubed: f64) -> Sized<Self> {
        let m = guard::span("the mean", mean)?;
        guard::at_least("the squared coefficient of variation", scv, 0.0, "finite and not negative")?;
        let least = (1.0 + scv) * (1.0 + scv);
        if !third_over_mean_cubed.is_finite() || third_over_mean_cubed < least * (1.0 - 1e-12) {
            return Err(SizingError::OutOfRange {
                what: "the third moment over the cubed mean",
                value: third_over_mean_cubed,
                required: "finite and at least (1 + scv)²",
            });
        }
        Ok(Moments::from_raw(m, m * m * (1.0 + scv), m * m * m * third_over_mean_cubed))
    }

    /// A fixed duration.
    ///
    /// # Errors
    /// If the mean is zero.
    pub fn deterministic(mean: Span) -> Sized<Self> {
        Moments::new(mean, 0.0, 1.0)
    }

    /// An exponential duration.
    ///
    /// # Errors
    /// If the mean is zero.
    pub fn exponential(mean: Span) -> Sized<Self> {
        Moments::new(mean, 1.0, 6.0)
    }

    /// A log-normal duration with coefficient of variation `cv`: E X^k = mean^k·(1+cv²)^(k(k−1)/2).
    ///
    /// # Errors
    /// If the mean is zero or `cv` negative.
    pub fn lognormal(mean: Span, cv: f64) -> Sized<Self> {
        let scv =
            guard::at_least("the coefficient of variation", cv, 0.0, "finite and not negative")?.powi(2);
        Moments::new(mean, scv, (1.0 + scv).powi(3))
    }

    /// A mixture: with each share, a duration of those moments.
    ///
    /// # Errors
    /// If the shares do not add up to one (within 1e-9).
    pub fn mixture(parts: &[(Ratio, Moments)]) -> Sized<Self> {
        let total: f64 = parts.iter().map(|(share, _)| share.as_fraction()).sum();
        if (total - 1.0).abs() > 1e-9 {
            return Err(SizingError::OutOfRange {
                what: "the sum of the shares",
                value: total,
                required: "1",
            });
        }
        let sum = |of: fn(&Moments) -> f64| -> f64 {
            parts.iter().map(|(share, part)| share.as_fraction() * of(part)).sum()
        };
        Ok(Moments::from_raw(sum(|m| m.first_s), sum(|m| m.second_s2), sum(|m| m.third_s3)))
    }

    /// The mean.
    pub fn mean(&self) -> Span {
        guard::to_span(self.first_s)
    }

    /// The squared coefficient of variation, Var/mean² \[1].
    pub fn scv(&self) -> f64 {
        (self.second_s2 / (self.first_s * self.first_s) - 1.0).max(0.0)
    }

    pub(super) const fn from_raw(first_s: f64, second_s2: f64, third_s3: f64) -> Self {
        Moments { first_s, second_s2, third_s3 }
    }

    pub(super) const fn first(&self) -> f64 {
        self.first_s
    }

    pub(super) const fn second(&self) -> f64 {
        self.second_s2
    }

    pub(super) const fn third(&self) -> f64 {
        self.third_s3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lognormal_without_spread_is_deterministic() {
        let mean = Span::from_millis(3);
        assert_eq!(Moments::lognormal(mean, 0.0), Moments::deterministic(mean));
    }

    #[test]
    fn impossible_moments_are_refused() {
        assert!(Moments::new(Span::from_millis(1), 1.0, 3.0).is_err());
        assert!(Moments::new(Span::ZERO, 1.0, 6.0).is_err());
    }

    #[test]
    fn a_mixture_of_one_is_itself() {
        let one = Moments::exponential(Span::from_millis(1)).unwrap();
        assert_eq!(Moments::mixture(&[(Ratio::ONE, one)]), Ok(one));
    }
}
