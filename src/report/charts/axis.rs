//! Ticks: where they stand and what they say.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};

/// An axis of values.
#[derive(Clone, Debug)]
pub(super) struct Axis {
    /// Whether equal distances are equal factors.
    pub(super) log: bool,
    /// Its ends, in plotted values: logarithms on a logarithmic axis.
    pub(super) range: (f64, f64),
    /// Its ticks: plotted value and label.
    pub(super) ticks: Vec<(f64, String)>,
}

/// A ratio of largest to smallest value from which an axis is logarithmic.
const LOG_FROM: f64 = 50.0;

impl Axis {
    /// An axis for these values: logarithmic where `may_be_log` and they span more than fifty-fold, and from
    /// zero otherwise.
    pub(super) fn over(
        values: impl Iterator<Item = f64>,
        may_be_log: bool,
        label: fn(f64) -> String,
    ) -> Self {
        let mut least = f64::INFINITY;
        let mut most: f64 = 0.0;
        for value in values.filter(|value| value.is_finite() && *value > 0.0) {
            least = least.min(value);
            most = most.max(value);
        }
        if may_be_log && most > LOG_FROM * least {
            Self::log(least, most, label)
        } else {
            Self::linear(most, label)
        }
    }

    fn linear(most: f64, label: fn(f64) -> String) -> Self {
        let most = if most > 0.0 { most } else { 1.0 };
        let step = nice_step(most, 4.0);
        let end = (most * 1.05 / step).ceil().max(1.0);
        let ticks = (0..=end as u32).map(|index| f64::from(index) * step).map(|at| (at, label(at))).collect();
        Self { log: false, range: (0.0, end * step), ticks }
    }

    fn log(least: f64, most: f64, label: fn(f64) -> String) -> Self {
        let (low, high) = (least.log10().floor(), (most * 1.02).log10().ceil());
        let every = ((high - low) / 5.0).ceil().max(1.0);
        let ticks = (0..)
            .map(|index| low + f64::from(index) * every)
            .take_while(|exponent| *exponent <= high + 1e-9)
            .map(|exponent| (exponent, label(10_f64.powf(exponent))))
            .collect();
        Self { log: true, range: (low, high), ticks }
    }

    /// Where a value stands; values below a logarithmic axis stand at its end.
    pub(super) fn place(&self, value: f64) -> f64 {
        let plotted = if !self.log {
            value
        } else if value > 0.0 {
            value.log10()
        } else {
            self.range.0
        };
        plotted.clamp(self.range.0, self.range.1)
    }
}

/// The axis of time: in the unit that fits the length of the run.
#[derive(Clone, Debug)]
pub(super) struct TimeAxis {
    /// Length of the run \[s].
    pub(super) end_s: f64,
    /// What it says below it.
    pub(super) title: &'static str,
    /// Seconds in a unit.
    unit_s: f64,
}

impl TimeAxis {
    /// An axis for a run of this length \[s].
    pub(super) fn new(end_s: f64) -> Self {
        let (unit_s, title) = if end_s <= 300.0 {
            (1.0, "time [s]")
        } else if end_s <= 4.0 * 3600.0 {
            (60.0, "time [min]")
        } else {
            (3600.0, "time [h]")
        };
        Self { end_s: end_s.max(1e-9), title, unit_s }
    }

    /// About `count` ticks: seconds and label.
    pub(super) fn ticks(&self, count: f64) -> Vec<(f64, String)> {
        let end = self.end_s / self.unit_s;
        // Clocks are read in tens, quarters and halves rather than in 25s.
        let step = if self.unit_s < 3600.0 && end > 30.0 {
            let steps = [5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0];
            steps.into_iter().find(|step| end / step <= count + 0.5).unwrap_or(120.0)
        } else {
            nice_step(end, count)
        };
        (0..)
            .map(|index| f64::from(index) * step)
            .take_while(|at| *at <= end * (1.0 + 1e-9))
            .map(|at| (at * self.unit_s, plain(at)))
            .collect()
    }
}

/// A linear coordinate of the charts whose ticks are given.
pub(super) struct Ticked {
    range: (f64, f64),
    ticks: Vec<f64>,
}

impl Ticked {
    /// A coordinate from one end to the other with these ticks.
    pub(super) fn new(range: (f64, f64), ticks: &[(f64, String)]) -> Self {
        Self { range, ticks: ticks.iter().map(|(at, _)| *at).collect() }
    }
}

impl Ranged for Ticked {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.range.0) / (self.range.1 - self.range.0);
        limit.0 + (share * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.range.0..self.range.1
    }
}

/// A step of 1, 2 or 5 that gives about `count` of them.
fn nice_step(most: f64, count: f64) -> f64 {
    let rough = most / count;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|step| step * power >= rough * 0.999).unwrap_or(10.0);
    step * power
}

/// A number without needless digits.
pub(super) fn plain(value: f64) -> String {
    let rounded: f64 = format!("{value:.6e}").parse().unwrap_or(value);
    if rounded.abs() >= 1e6 {
        format!("{}M", rounded / 1e6)
    } else if rounded.abs() >= 1e4 {
        format!("{}k", rounded / 1e3)
    } else {
        rounded.to_string()
    }
}

/// A time \[s] on an axis.
pub(super) fn time(secs: f64) -> String {
    if secs == 0.0 {
        "0".to_owned()
    } else if secs < 0.999e-3 {
        format!("{} µs", plain(secs * 1e6))
    } else if secs < 0.999 {
        format!("{} ms", plain(secs * 1e3))
    } else {
        format!("{} s", plain(secs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn wide_ranges_are_logarithmic() {
        let axis = Axis::over([0.004, 2.9, f64::NAN].into_iter(), true, time);
        assert!(axis.log);
        assert_eq!(labels(&axis), ["1 ms", "10 ms", "100 ms", "1 s", "10 s"]);
        let axis = Axis::over([0.004, 0.02].into_iter(), true, time);
        assert!(!axis.log);
        assert_eq!(labels(&axis), ["0", "5 ms", "10 ms", "15 ms", "20 ms", "25 ms"]);
    }

    #[test]
    fn nothing_at_all_still_has_an_axis() {
        assert_eq!(Axis::over([f64::NAN].into_iter(), true, plain).range, (0.0, 1.5));
    }

    #[test]
    fn an_hour_is_read_in_quarters() {
        let axis = TimeAxis::new(3600.0);
        let ticks: Vec<_> = axis.ticks(4.0).into_iter().map(|(_, label)| label).collect();
        assert_eq!(
            (axis.title, ticks),
            ("time [min]", ["0", "15", "30", "45", "60"].map(str::to_owned).to_vec())
        );
    }
}
