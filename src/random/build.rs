//! From a law as typed to a valid law.

use std::sync::Arc;

use statrs::distribution::{ContinuousCDF, Normal};

use super::column::times;
use super::error::LawError;
use super::law::{Kind, Law, Part, Phase};
use super::moments::{balanced_phases, weibull_scale, weibull_shape};
use super::spec::{LawSpec, MixturePart, PhaseSpec};
use crate::units::Span;

/// The widest variation that laws by mean and cv take.
const CV: (f64, f64) = (0.001, 1000.0);
/// The shapes that a Weibull law takes.
const WEIBULL_SHAPE: (f64, f64) = (0.05, 10_000.0);
/// The shapes that a Pareto law takes.
const PARETO_SHAPE: (f64, f64) = (0.01, 1e6);
/// The variation that a hyperexponential takes.
const HYPEREXPONENTIAL_CV: (f64, f64) = (1.0, CV.1);
/// Above so many stages the gamma sampler is faster than a sum.
const STAGES_SUMMED: u32 = 4;
const STAGES_MAX: u32 = 10_000;
/// How far from 1 a sum of weights may be.
const WEIGHTS_TOLERANCE: f64 = 1e-9;

impl LawSpec {
    /// Checks the law and makes it ready to sample; `files` gives the text of a CSV by its path as typed.
    ///
    /// # Errors
    /// When a parameter is out of range, missing or one too many, or a CSV cannot be used.
    pub fn build(&self, files: &dyn Fn(&str) -> Result<String, String>) -> Result<Law, LawError> {
        let kind = match self {
            LawSpec::Constant(value) => Kind::Constant(value.as_secs_f64()),
            LawSpec::Uniform { from, to } if from > to => {
                return Err(LawError::Bounds { from: *from, to: *to });
            }
            LawSpec::Uniform { from, to } => Kind::Uniform { from: from.as_secs_f64(), to: to.as_secs_f64() },
            LawSpec::Exponential { mean } => Kind::Exponential { mean: time("exponential", "mean", *mean)? },
            LawSpec::Erlang { stages, mean } => erlang(*stages, *mean)?,
            LawSpec::Gamma { mean, cv } => {
                let (mean, cv) = (time("gamma", "mean", *mean)?, within("gamma", "cv", *cv, CV)?);
                gamma(cv.powi(-2), mean * cv * cv)?
            }
            LawSpec::Lognormal { mean, cv, p50, p90, p95, p99, p99_9 } => {
                lognormal(*mean, *cv, [*p50, *p90, *p95, *p99, *p99_9])?
            }
            LawSpec::Weibull { mean, cv, scale, shape } => weibull(*mean, *cv, *scale, *shape)?,
            LawSpec::Pareto { mean, minimum, shape } => pareto(*mean, *minimum, *shape)?,
            LawSpec::Hyperexponential { mean, cv, phases } => {
                hyperexponential(*mean, *cv, phases.as_deref())?
            }
            LawSpec::TruncatedNormal { mean, sd } => {
                Kind::TruncatedNormal { mean: mean.as_secs_f64(), sd: time("truncated-normal", "sd", *sd)? }
            }
            LawSpec::Empirical { csv, column, unit } => {
                let mut values = times(files, csv, column, *unit)?;
                values.sort_by(f64::total_cmp);
                Kind::Empirical(values.into())
            }
            LawSpec::Mixture(parts) => mixture(parts, files)?,
        };
        Ok(Law::new(kind))
    }
}

impl LawSpec {
    /// Everything that is wrong with the law: [`LawSpec::build`] stops at the first.
    pub fn mistakes(&self, files: &dyn Fn(&str) -> Result<String, String>) -> Vec<LawError> {
        let mut found = Vec::new();
        let mut each = |law, times: &[(&'static str, Option<Span>)], numbers: &[Number]| {
            let times = times.iter().filter_map(|(field, value)| time(law, field, (*value)?).err());
            let numbers = numbers
                .iter()
                .filter_map(|(field, value, range)| within(law, field, (*value)?, *range).err());
            found.extend(times.chain(numbers));
        };
        match self {
            LawSpec::Exponential { mean } => each("exponential", &[("mean", Some(*mean))], &[]),
            LawSpec::Erlang { stages, mean } => {
                let stages = Some(f64::from(*stages));
                each("erlang", &[("mean", Some(*mean))], &[("stages", stages, (1.0, f64::from(STAGES_MAX)))]);
            }
            LawSpec::Gamma { mean, cv } => each("gamma", &[("mean", Some(*mean))], &[("cv", Some(*cv), CV)]),
            LawSpec::Lognormal { mean, cv, p50, p90, p95, p99, p99_9 } => {
                let times = [
                    ("mean", *mean),
                    ("p50", *p50),
                    ("p90", *p90),
                    ("p95", *p95),
                    ("p99", *p99),
                    ("p99.9", *p99_9),
                ];
                each("lognormal", &times, &[("cv", *cv, CV)]);
            }
            LawSpec::Weibull { mean, cv, scale, shape } => {
                let numbers = [("cv", *cv, CV), ("shape", *shape, WEIBULL_SHAPE)];
                each("weibull", &[("mean", *mean), ("scale", *scale)], &numbers);
            }
            LawSpec::Pareto { mean, minimum, shape } => {
                let numbers = [("shape", Some(*shape), PARETO_SHAPE)];
                each("pareto", &[("mean", *mean), ("minimum", *minimum)], &numbers);
            }
            LawSpec::Hyperexponential { mean, cv, phases } => {
                // One that varies less than an exponential is another law.
                let cv = cv.filter(|cv| !(0.0..1.0).contains(cv));
                each("hyperexponential", &[("mean", *mean)], &[("cv", cv, HYPEREXPONENTIAL_CV)]);
                for phase in phases.iter().flatten() {
                    each("hyperexponential", &[("phase mean", Some(phase.mean))], &[]);
                }
                let weights = phases.iter().flatten().map(|phase| phase.weight.as_fraction());
                found.extend(phases.as_ref().and_then(|_| whole("hyperexponential", weights).err()));
            }
            LawSpec::Mixture(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    let entry = |problem| LawError::Entry { entry: index + 1, problem: Box::new(problem) };
                    found.extend(part.of.mistakes(files).into_iter().map(entry));
                }
                found.extend(whole("mixture", parts.iter().map(|part| part.weight.as_fraction())).err());
            }
            _ => {}
        }
        // Whether all that is needed is there does not depend on what it is.
        match self.build(files) {
            Err(error @ (LawError::Parameters { .. } | LawError::TooRegular { .. })) => found.push(error),
            Err(error) if found.is_empty() => found.push(error),
            _ => {}
        }
        found
    }
}

/// A parameter that is a number: its name, its value if it is given, and its range.
type Number = (&'static str, Option<f64>, (f64, f64));

fn within(
    law: &'static str,
    field: &'static str,
    value: f64,
    (low, high): (f64, f64),
) -> Result<f64, LawError> {
    if value >= low && value <= high {
        Ok(value)
    } else {
        Err(LawError::OutOfRange { law, field, value, low, high })
    }
}

fn time(law: &'static str, field: &'static str, value: Span) -> Result<f64, LawError> {
    if value.is_zero() { Err(LawError::ZeroTime { law, field }) } else { Ok(value.as_secs_f64()) }
}

/// Says which parameters were given, for an error that they do not go together.
fn unpaired(law: &'static str, wanted: &'static str, given: &[(&str, bool)]) -> LawError {
    let names: Vec<String> =
        given.iter().filter(|(_, is)| *is).map(|(name, _)| format!("`{name}`")).collect();
    let given = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    LawError::Parameters { law, given, wanted }
}

fn whole(law: &'static str, weights: impl Iterator<Item = f64>) -> Result<(), LawError> {
    let mut weights = weights.peekable();
    if weights.peek().is_none() {
        return Err(LawError::Empty { law });
    }
    let sum: f64 = weights.sum();
    if (sum - 1.0).abs() <= WEIGHTS_TOLERANCE { Ok(()) } else { Err(LawError::Weights { law, sum }) }
}

fn erlang(stages: u32, mean: Span) -> Result<Kind, LawError> {
    within("erlang", "stages", f64::from(stages), (1.0, f64::from(STAGES_MAX)))?;
    let stage_mean = time("erlang", "mean", mean)? / f64::from(stages);
    if stages <= STAGES_SUMMED {
        Ok(Kind::Erlang { stages, stage_mean })
    } else {
        gamma(f64::from(stages), stage_mean)
    }
}

fn gamma(shape: f64, scale: f64) -> Result<Kind, LawError> {
    let refused = |_| LawError::OutOfRange { law: "gamma", field: "cv", value: shape, low: CV.0, high: CV.1 };
    let unit = rand_distr::Gamma::new(shape, 1.0).map_err(refused)?;
    Ok(Kind::Gamma { shape, scale, unit })
}

fn lognormal(mean: Option<Span>, cv: Option<f64>, percentiles: [Option<Span>; 5]) -> Result<Kind, LawError> {
    const LAW: &str = "lognormal";
    const LEVELS: [(&str, f64); 5] =
        [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)];
    let given: Vec<_> =
        LEVELS.iter().zip(percentiles).filter_map(|(level, value)| Some((level, value?))).collect();
    match (mean, cv, given.as_slice()) {
        (Some(mean), Some(cv), []) => {
            let square = within(LAW, "cv", cv, CV)?.powi(2).ln_1p();
            let mu = time(LAW, "mean", mean)?.ln() - square / 2.0;
            Ok(Kind::Lognormal { mu, sigma: square.sqrt() })
        }
        (None, None, &[((lower, low), lower_value), ((upper, high), upper_value)]) => {
            if lower_value >= upper_value {
                return Err(LawError::Percentiles { lower, lower_value, upper, upper_value });
            }
            let normal = Normal::standard();
            let (low, high) = (normal.inverse_cdf(*low), normal.inverse_cdf(*high));
            let start = time(LAW, lower, lower_value)?.ln();
            let sigma = (upper_value.as_secs_f64().ln() - start) / (high - low);
            Ok(Kind::Lognormal { mu: start - sigma * low, sigma })
        }
        _ => {
            let mut names = vec![("mean", mean.is_some()), ("cv", cv.is_some())];
            names.extend(LEVELS.iter().zip(percentiles).map(|((name, _), value)| (*name, value.is_some())));
            Err(unpaired(LAW, "`mean` and `cv`, or two of `p50`, `p90`, `p95`, `p99`, `p99.9`", &names))
        }
    }
}

fn weibull(
    mean: Option<Span>,
    cv: Option<f64>,
    scale: Option<Span>,
    shape: Option<f64>,
) -> Result<Kind, LawError> {
    const LAW: &str = "weibull";
    match (mean, cv, scale, shape) {
        (Some(mean), Some(cv), None, None) => {
            let mean = time(LAW, "mean", mean)?;
            let shape = weibull_shape(within(LAW, "cv", cv, CV)?);
            Ok(Kind::Weibull { scale: weibull_scale(mean, shape), shape })
        }
        (None, None, Some(scale), Some(shape)) => Ok(Kind::Weibull {
            scale: time(LAW, "scale", scale)?,
            shape: within(LAW, "shape", shape, WEIBULL_SHAPE)?,
        }),
        _ => {
            let names = [
                ("mean", mean.is_some()),
                ("cv", cv.is_some()),
                ("scale", scale.is_some()),
                ("shape", shape.is_some()),
            ];
            Err(unpaired(LAW, "`mean` and `cv`, or `scale` and `shape`", &names))
        }
    }
}

fn pareto(mean: Option<Span>, minimum: Option<Span>, shape: f64) -> Result<Kind, LawError> {
    const LAW: &str = "pareto";
    let shape = within(LAW, "shape", shape, PARETO_SHAPE)?;
    match (mean, minimum) {
        (Some(_), None) if shape <= 1.0 => Err(LawError::InfiniteMean { shape }),
        (Some(mean), None) => {
            Ok(Kind::Pareto { minimum: time(LAW, "mean", mean)? * (shape - 1.0) / shape, shape })
        }
        (None, Some(minimum)) => Ok(Kind::Pareto { minimum: time(LAW, "minimum", minimum)?, shape }),
        _ => {
            let names = [("mean", mean.is_some()), ("minimum", minimum.is_some()), ("shape", true)];
            Err(unpaired(LAW, "`mean` and `shape`, or `minimum` and `shape`", &names))
        }
    }
}

fn hyperexponential(
    mean: Option<Span>,
    cv: Option<f64>,
    phases: Option<&[PhaseSpec]>,
) -> Result<Kind, LawError> {
    const LAW: &str = "hyperexponential";
    match (mean, cv, phases) {
        (Some(_), Some(cv), None) if (0.0..1.0).contains(&cv) => Err(LawError::TooRegular { cv }),
        (Some(mean), Some(cv), None) => {
            let (mean, cv) = (time(LAW, "mean", mean)?, within(LAW, "cv", cv, HYPEREXPONENTIAL_CV)?);
            Ok(Kind::Hyperexponential(Arc::new(balanced_phases(mean, cv))))
        }
        (None, None, Some(phases)) => {
            whole(LAW, phases.iter().map(|phase| phase.weight.as_fraction()))?;
            let phase = |p: &PhaseSpec| {
                Ok(Phase { weight: p.weight.as_fraction(), mean: time(LAW, "phase mean", p.mean)? })
            };
            phases.iter().map(phase).collect::<Result<_, _>>().map(Kind::Hyperexponential)
        }
        _ => {
            let names = [("mean", mean.is_some()), ("cv", cv.is_some()), ("phases", phases.is_some())];
            Err(unpaired(LAW, "`mean` and `cv`, or `phases` alone", &names))
        }
    }
}

fn mixture(parts: &[MixturePart], files: &dyn Fn(&str) -> Result<String, String>) -> Result<Kind, LawError> {
    whole("mixture", parts.iter().map(|part| part.weight.as_fraction()))?;
    let part = |(index, part): (usize, &MixturePart)| match part.of.build(files) {
        Ok(law) => Ok(Part { weight: part.weight.as_fraction(), law }),
        Err(problem) => Err(LawError::Entry { entry: index + 1, problem: Box::new(problem) }),
    };
    parts.iter().enumerate().map(part).collect::<Result<_, _>>().map(Kind::Mixture)
}
