//! Exact means and variances, and the parameters that give wanted ones.

use statrs::function::erf::erfc;
use statrs::function::gamma::ln_gamma;

use super::law::{Kind, Law, Phase};

impl Law {
    /// The exact mean \[s]; infinite for a Pareto with shape 1 or less.
    pub fn mean(&self) -> f64 {
        match self.kind() {
            Kind::Constant(value) => *value,
            Kind::Uniform { from, to } => f64::midpoint(*from, *to),
            Kind::Exponential { mean } => *mean,
            Kind::Erlang { stages, stage_mean } => f64::from(*stages) * stage_mean,
            Kind::Gamma { shape, scale, .. } => shape * scale,
            Kind::Lognormal { mu, sigma } => (mu + sigma * sigma / 2.0).exp(),
            Kind::Weibull { scale, shape } => scale * ln_gamma(1.0 + shape.recip()).exp(),
            Kind::Pareto { shape, .. } if *shape <= 1.0 => f64::INFINITY,
            Kind::Pareto { minimum, shape } => minimum * shape / (shape - 1.0),
            Kind::Hyperexponential(phases) => phases.iter().map(|p| p.weight * p.mean).sum(),
            Kind::TruncatedNormal { mean, sd } => mean + sd * truncation(*mean, *sd),
            Kind::Empirical(values) => values.iter().sum::<f64>() / values.len() as f64,
            Kind::Mixture(parts) => {
                parts.iter().filter(|p| p.weight > 0.0).map(|p| p.weight * p.law.mean()).sum()
            }
        }
    }

    /// The exact variance \[s²]; infinite for a Pareto with shape 2 or less.
    pub fn variance(&self) -> f64 {
        match self.kind() {
            Kind::Constant(_) => 0.0,
            Kind::Uniform { from, to } => (to - from).powi(2) / 12.0,
            Kind::Exponential { mean } => mean * mean,
            Kind::Erlang { stages, stage_mean } => f64::from(*stages) * stage_mean * stage_mean,
            Kind::Gamma { shape, scale, .. } => shape * scale * scale,
            Kind::Lognormal { sigma, .. } => (sigma * sigma).exp_m1() * self.mean().powi(2),
            Kind::Weibull { shape, .. } => weibull_cv_squared(*shape) * self.mean().powi(2),
            Kind::Pareto { shape, .. } if *shape <= 2.0 => f64::INFINITY,
            Kind::Pareto { shape, .. } => self.mean().powi(2) / (shape * (shape - 2.0)),
            Kind::Hyperexponential(phases) => {
                let mean = self.mean();
                let part = |p: &Phase| p.weight * (p.mean * p.mean + (p.mean - mean).powi(2));
                phases.iter().map(part).sum()
            }
            Kind::TruncatedNormal { mean, sd } => {
                let hazard = truncation(*mean, *sd);
                sd * sd * (1.0 - hazard * (hazard + mean / sd))
            }
            Kind::Empirical(values) => {
                let mean = self.mean();
                values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64
            }
            Kind::Mixture(parts) => {
                let mean = self.mean();
                if mean.is_infinite() {
                    return f64::INFINITY;
                }
                let parts = parts.iter().filter(|p| p.weight > 0.0);
                parts.map(|p| p.weight * (p.law.variance() + (p.law.mean() - mean).powi(2))).sum()
            }
        }
    }

    /// The coefficient of variation, standard deviation over mean \[1]; 0 for a law that is always 0.
    pub fn cv(&self) -> f64 {
        let (mean, variance) = (self.mean(), self.variance());
        if variance == 0.0 || variance.is_infinite() { variance } else { variance.sqrt() / mean }
    }
}

/// The squared coefficient of variation of a Weibull law with the given shape.
fn weibull_cv_squared(shape: f64) -> f64 {
    (ln_gamma(1.0 + 2.0 / shape) - 2.0 * ln_gamma(1.0 + shape.recip())).exp_m1()
}

/// By how many standard deviations cutting a normal off at zero raises its mean.
///
/// Equation: φ(μ/σ) / Φ(μ/σ), the inverse Mills ratio.
fn truncation(mean: f64, sd: f64) -> f64 {
    let z = mean / sd;
    let density = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let kept = erfc(-z / std::f64::consts::SQRT_2) / 2.0;
    density / kept
}

/// The shape of the Weibull law with the given coefficient of variation, which falls as the shape rises.
///
/// Range: 0.001 to 1000.
pub(super) fn weibull_shape(cv: f64) -> f64 {
    let (mut low, mut high) = (0.05f64.ln(), 1e4f64.ln());
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if weibull_cv_squared(middle.exp()) > cv * cv {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high).exp()
}

/// The scale of the Weibull law with the given mean and shape.
pub(super) fn weibull_scale(mean: f64, shape: f64) -> f64 {
    mean / ln_gamma(1.0 + shape.recip()).exp()
}

/// The two exponentials with balanced means (each brings half of the total) and the wanted mean and cv.
///
/// Range: `cv` is 1 or more.
///
/// Source: Tijms, "A First Course in Stochastic Models" (2003), appendix B.
pub(super) fn balanced_phases(mean: f64, cv: f64) -> [Phase; 2] {
    let square = cv * cv;
    let lean = ((square - 1.0) / (square + 1.0)).sqrt();
    let often = (1.0 + lean) / 2.0;
    // (1 − lean) / 2 without cancellation.
    let seldom = (square + 1.0).recip() / (1.0 + lean);
    [
        Phase { weight: often, mean: mean / (2.0 * often) },
        Phase { weight: seldom, mean: mean / (2.0 * seldom) },
    ]
}
