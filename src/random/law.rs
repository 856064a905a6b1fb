//! Distributions that are valid by construction, and sampling from them.

use std::sync::Arc;

use rand::Rng;
use rand_distr::{Distribution, Exp1, StandardNormal};

use super::uniform::{choose, unit};
use crate::units::Span;

/// A distribution of a non-negative real number; a time is in seconds \[s].
///
/// It is built by [`LawSpec::build`](super::LawSpec::build) or by a constructor below, and is valid for good:
/// sampling never fails. A copy is cheap: what is large is shared.
#[derive(Clone, Debug, PartialEq)]
pub struct Law(Kind);

/// The kinds of law, with their parameters in seconds where they are times.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Always the same.
    Constant(f64),
    /// Evenly between two bounds.
    Uniform { from: f64, to: f64 },
    /// Memoryless.
    Exponential { mean: f64 },
    /// A sum of few exponentials, which is faster than the gamma sampler.
    Erlang { stages: u32, stage_mean: f64 },
    /// `unit` draws with scale 1.
    Gamma { shape: f64, scale: f64, unit: rand_distr::Gamma<f64> },
    /// The exponential of a normal with mean `mu` and standard deviation `sigma`.
    Lognormal { mu: f64, sigma: f64 },
    /// `scale` times a power of an exponential.
    Weibull { scale: f64, shape: f64 },
    /// A power-law tail above `minimum`.
    Pareto { minimum: f64, shape: f64 },
    /// One of several exponentials.
    Hyperexponential(Arc<[Phase]>),
    /// A normal with the parent's mean and standard deviation, drawn again while it is negative.
    TruncatedNormal { mean: f64, sd: f64 },
    /// One of the measured values, sorted, each as likely as another.
    Empirical(Arc<[f64]>),
    /// One of several laws.
    Mixture(Arc<[Part]>),
}

/// One exponential of a hyperexponential.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Phase {
    pub(super) weight: f64,
    pub(super) mean: f64,
}

/// One law of a mixture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) weight: f64,
    pub(super) law: Law,
}

impl Law {
    pub(super) fn new(kind: Kind) -> Law {
        Law(kind)
    }

    pub(super) fn kind(&self) -> &Kind {
        &self.0
    }

    /// Makes the law that is always `value`.
    pub fn constant(value: Span) -> Law {
        Law(Kind::Constant(value.as_secs_f64()))
    }

    /// Makes the memoryless law with the given mean.
    pub fn exponential(mean: Span) -> Law {
        Law(Kind::Exponential { mean: mean.as_secs_f64() })
    }

    /// No value is below this \[s].
    pub fn least(&self) -> f64 {
        match &self.0 {
            Kind::Constant(value) => *value,
            Kind::Uniform { from, .. } => *from,
            Kind::Pareto { minimum, .. } => *minimum,
            Kind::Empirical(values) => values.first().copied().unwrap_or(0.0),
            Kind::Mixture(parts) => parts.iter().map(|part| part.law.least()).fold(f64::INFINITY, f64::min),
            Kind::Exponential { .. }
            | Kind::Erlang { .. }
            | Kind::Gamma { .. }
            | Kind::Lognormal { .. }
            | Kind::Weibull { .. }
            | Kind::Hyperexponential(_)
            | Kind::TruncatedNormal { .. } => 0.0,
        }
    }

    /// The value that the law always has, or `None` if it varies.
    pub fn as_constant(&self) -> Option<Span> {
        match self.0 {
            Kind::Constant(value) => Some(Span::from_secs_f64(value)),
            Kind::Uniform { .. }
            | Kind::Exponential { .. }
            | Kind::Erlang { .. }
            | Kind::Gamma { .. }
            | Kind::Lognormal { .. }
            | Kind::Weibull { .. }
            | Kind::Pareto { .. }
            | Kind::Hyperexponential(_)
            | Kind::TruncatedNormal { .. }
            | Kind::Empirical(_)
            | Kind::Mixture(_) => None,
        }
    }

    /// Draws a value \[s], never negative.
    #[inline]
    pub fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        match &self.0 {
            Kind::Constant(value) => *value,
            Kind::Uniform { from, to } => from + (to - from) * unit(rng),
            Kind::Exponential { mean } => mean * exponential(rng),
            Kind::Erlang { stages, stage_mean } => {
                stage_mean * (0..*stages).map(|_| exponential(rng)).sum::<f64>()
            }
            Kind::Gamma { scale, unit, .. } => scale * unit.sample(rng),
            Kind::Lognormal { mu, sigma } => (mu + sigma * normal(rng)).exp(),
            Kind::Weibull { scale, shape } => scale * exponential(rng).powf(shape.recip()),
            Kind::Pareto { minimum, shape } => minimum * (exponential(rng) / shape).exp(),
            Kind::Hyperexponential(phases) => {
                let phase = choose(rng, phases.iter().map(|phase| phase.weight));
                phases[phase].mean * exponential(rng)
            }
            Kind::TruncatedNormal { mean, sd } => truncated_normal(rng, *mean, *sd),
            Kind::Empirical(values) => resample(rng, values),
            Kind::Mixture(parts) => mixture(rng, parts),
        }
    }

    /// Draws a length of time, rounded to the nearest nanosecond \[ns].
    #[inline]
    pub fn sample_span<R: Rng + ?Sized>(&self, rng: &mut R) -> Span {
        self.sample_span_here(rng)
    }

    /// The same as a part of the caller, for a place that draws all the time.
    #[inline(always)]
    pub(crate) fn sample_span_here<R: Rng + ?Sized>(&self, rng: &mut R) -> Span {
        Span::from_secs_f64(self.sample_here(rng))
    }

    /// [`Law::sample`] as a part of the caller \[s].
    #[inline(always)]
    pub(crate) fn sample_here<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        // The most frequent laws by far, worth a way of their own around the match.
        if let Kind::Exponential { mean } = &self.0 {
            mean * exponential(rng)
        } else if let Kind::Lognormal { mu, sigma } = &self.0 {
            (mu + sigma * normal(rng)).exp()
        } else {
            self.sample_any(rng)
        }
    }

    #[inline(never)]
    fn sample_any<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        self.sample(rng)
    }

    /// The law of `factor` times what this law draws; equal generators draw equal values but for the factor.
    ///
    /// Range: `factor` is finite and not negative.
    ///
    /// # Panics
    /// If `factor` is out of range.
    pub fn scaled(&self, factor: f64) -> Law {
        assert!(factor.is_finite() && factor >= 0.0, "a factor is finite and not negative");
        if factor == 0.0 {
            return Law(Kind::Constant(0.0));
        }
        Law(match &self.0 {
            Kind::Constant(value) => Kind::Constant(value * factor),
            Kind::Uniform { from, to } => Kind::Uniform { from: from * factor, to: to * factor },
            Kind::Exponential { mean } => Kind::Exponential { mean: mean * factor },
            Kind::Erlang { stages, stage_mean } => {
                Kind::Erlang { stages: *stages, stage_mean: stage_mean * factor }
            }
            Kind::Gamma { shape, scale, unit } => {
                Kind::Gamma { shape: *shape, scale: scale * factor, unit: *unit }
            }
            Kind::Lognormal { mu, sigma } => Kind::Lognormal { mu: mu + factor.ln(), sigma: *sigma },
            Kind::Weibull { scale, shape } => Kind::Weibull { scale: scale * factor, shape: *shape },
            Kind::Pareto { minimum, shape } => Kind::Pareto { minimum: minimum * factor, shape: *shape },
            Kind::Hyperexponential(phases) => Kind::Hyperexponential(
                phases.iter().map(|p| Phase { weight: p.weight, mean: p.mean * factor }).collect(),
            ),
            Kind::TruncatedNormal { mean, sd } => {
                Kind::TruncatedNormal { mean: mean * factor, sd: sd * factor }
            }
            Kind::Empirical(values) => Kind::Empirical(values.iter().map(|value| value * factor).collect()),
            Kind::Mixture(parts) => Kind::Mixture(
                parts.iter().map(|p| Part { weight: p.weight, law: p.law.scaled(factor) }).collect(),
            ),
        })
    }
}

#[inline]
fn exponential<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    Exp1.sample(rng)
}

#[inline]
fn normal<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    StandardNormal.sample(rng)
}

/// Draws until the value is not negative: at most two tries on average, as the parent's mean is not negative.
fn truncated_normal<R: Rng + ?Sized>(rng: &mut R, mean: f64, sd: f64) -> f64 {
    loop {
        let value = mean + sd * normal(rng);
        if value >= 0.0 {
            return value;
        }
    }
}

/// Draws one of the values; a larger word never draws a smaller value.
#[inline]
fn resample<R: Rng + ?Sized>(rng: &mut R, values: &[f64]) -> f64 {
    let index = (u128::from(rng.next_u64()) * values.len() as u128) >> 64;
    values[index as usize]
}

fn mixture<R: Rng + ?Sized>(rng: &mut R, parts: &[Part]) -> f64 {
    let part = choose(rng, parts.iter().map(|part| part.weight));
    parts[part].law.sample(rng)
}
