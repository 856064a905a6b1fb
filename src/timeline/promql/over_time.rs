//! Functions of the samples of one series over a time.
//!
//! Source: Prometheus 3, `promql/functions.go`.

use super::super::store::Sample;
use super::function::OverTime;
use super::rate::{Counted, extrapolated, last_step};
use super::sums::{Mean, Sum, quantile};

/// When the window ends, how long it is, and when the expression is evaluated \[ns].
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) end: i64,
    pub(super) range: i64,
    pub(super) now: i64,
}

impl OverTime {
    /// Whether the result keeps the metric's name.
    pub(super) const fn keeps_name(self) -> bool {
        matches!(self, OverTime::First | OverTime::Last)
    }

    /// The value for the samples of one series; none if it has none.
    pub(super) fn of(self, samples: &[Sample], frame: Frame, parameter: f64) -> Option<f64> {
        let first = samples.first()?;
        let values = || samples.iter().map(|sample| sample.value);
        let change = |counted| extrapolated(counted, samples, frame.end, frame.range);
        Some(match self {
            OverTime::Rate => return change(Counted::Rate),
            OverTime::Increase => return change(Counted::Increase),
            OverTime::Delta => return change(Counted::Delta),
            OverTime::Irate => return last_step(samples, true),
            OverTime::Idelta => return last_step(samples, false),
            OverTime::Deriv => return (samples.len() > 1).then(|| line(samples, first.at).0),
            OverTime::PredictLinear => {
                let predicted = || {
                    let (slope, intercept) = line(samples, frame.now);
                    slope * parameter + intercept
                };
                return (samples.len() > 1).then(predicted);
            }
            OverTime::Avg => {
                let mut mean = Mean::from(first.value);
                values().skip(1).for_each(|value| mean.add(value));
                mean.value()
            }
            OverTime::Min => extreme(values(), |value, best| value < best),
            OverTime::Max => extreme(values(), |value, best| value > best),
            OverTime::Sum => values().fold(Sum::default(), Sum::plus).total(),
            OverTime::Count => samples.len() as f64,
            OverTime::First => first.value,
            OverTime::Last => samples[samples.len() - 1].value,
            OverTime::Present => 1.0,
            OverTime::Quantile => quantile(parameter, &mut values().collect::<Vec<f64>>()),
            OverTime::Stddev => variance(values()).sqrt(),
            OverTime::Stdvar => variance(values()),
            OverTime::Changes => pairs(samples, |a, b| a != b && !(a.is_nan() && b.is_nan())),
            OverTime::Resets => pairs(samples, |a, b| b < a),
        })
    }
}

fn extreme(values: impl Iterator<Item = f64>, better: impl Fn(f64, f64) -> bool) -> f64 {
    let mut best = f64::NAN;
    for value in values {
        if better(value, best) || best.is_nan() {
            best = value;
        }
    }
    best
}

fn pairs(samples: &[Sample], counts: impl Fn(f64, f64) -> bool) -> f64 {
    samples.windows(2).filter(|pair| counts(pair[0].value, pair[1].value)).count() as f64
}

fn variance(values: impl Iterator<Item = f64>) -> f64 {
    let (mut count, mut mean, mut squares) = (0.0, Sum::default(), Sum::default());
    for value in values {
        count += 1.0;
        let delta = value - mean.total();
        mean = mean.plus(delta / count);
        squares = squares.plus(delta * (value - mean.total()));
    }
    squares.total() / count
}

/// Slope [1/s] and value at a time of the least-squares line.
fn line(samples: &[Sample], at: i64) -> (f64, f64) {
    let first = samples[0].value;
    if samples.iter().all(|sample| sample.value == first) {
        return if first.is_infinite() { (f64::NAN, f64::NAN) } else { (0.0, first) };
    }
    let zero = Sum::default();
    let (mut x, mut y, mut xy, mut xx) = (zero, zero, zero, zero);
    for sample in samples {
        let time = (sample.at - at) as f64 / 1e9;
        x = x.plus(time);
        y = y.plus(sample.value);
        xy = xy.plus(time * sample.value);
        xx = xx.plus(time * time);
    }
    let n = samples.len() as f64;
    let (x, y, xy, xx) = (x.total(), y.total(), xy.total(), xx.total());
    let slope = (xy - x * y / n) / (xx - x * x / n);
    (slope, y / n - slope * x / n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(function: OverTime, parameter: f64, expected: f64) {
        let values = [4.0, 1.0, 1.0, 7.0];
        let samples: Vec<Sample> =
            (1..).zip(values).map(|(second, value)| Sample { at: second * 1_000_000_000, value }).collect();
        let frame = Frame { end: 4_000_000_000, range: 4_000_000_000, now: 4_000_000_000 };
        let found = function.of(&samples, frame, parameter).unwrap();
        assert!((found - expected).abs() < 1e-12, "{function:?}: {found}");
        assert_eq!(function.of(&[], frame, parameter), None, "{function:?}");
    }

    #[test]
    fn samples_become_one_value() {
        check(OverTime::Avg, 0.0, 3.25);
        check(OverTime::Min, 0.0, 1.0);
        check(OverTime::Max, 0.0, 7.0);
        check(OverTime::Sum, 0.0, 13.0);
        check(OverTime::Count, 0.0, 4.0);
        check(OverTime::First, 0.0, 4.0);
        check(OverTime::Last, 0.0, 7.0);
        check(OverTime::Present, 0.0, 1.0);
        check(OverTime::Quantile, 0.5, 2.5);
        check(OverTime::Stdvar, 0.0, 6.1875);
        check(OverTime::Changes, 0.0, 2.0);
        check(OverTime::Resets, 0.0, 1.0);
        check(OverTime::Deriv, 0.0, 0.9);
        check(OverTime::PredictLinear, 10.0, 3.25 + 0.9 * 11.5);
        check(OverTime::Idelta, 0.0, 6.0);
    }
}
