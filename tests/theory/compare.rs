//! Compares what was simulated with what is known.

use std::collections::BTreeMap;

use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::approximate::own_error;
use crate::measured::{CONFIDENCE, Reading};
use crate::values::Params;
use crate::{stations, systems};

/// Widest half-width that proves anything: relative for magnitudes, absolute for probabilities.
const MOST_RELATIVE: f64 = 0.02;
const MOST_ABSOLUTE: f64 = 0.01;

/// Rounding of quantiles to three digits in histograms, relative.
const ROUNDING: f64 = 1e-3;

/// What the steps hide by which mean squares are read off histograms, relative; variances are smaller than those.
const ROUNDING_OF_SQUARES: f64 = 1e-4;

/// The chance of an exact value so far off that it is not bad luck: one in a thousand that any of a thousand is.
const NO_LUCK: f64 = 1e-3 / MOST_VALUES as f64;

/// The file has at most so many values.
const MOST_VALUES: usize = 1000;

/// What a probability may be off when what happens once in 10^5 never happened.
const UNSEEN: f64 = 1e-5;

/// A known value.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) case: String,
    pub(crate) family: String,
    pub(crate) metric: String,
    pub(crate) value: f64,
    pub(crate) kind: String,
    /// Its own relative error, where it was simulated by others.
    pub(crate) error: f64,
    /// What the closed form of `src/sizing` gives, if there is one.
    pub(crate) closed_form: Option<f64>,
}

impl Row {
    /// Whether the value is what the system does, not what an approximation or another simulator says.
    pub(crate) fn is_exact(&self) -> bool {
        self.kind == "exact" || self.kind == "numeric"
    }

    /// Whether the value is said to be above, or below, what the system does.
    fn bound(&self) -> Option<Side> {
        let side = if self.metric.contains("lower") { Side::Below } else { Side::Above };
        (self.kind == "bound").then_some(side)
    }

    fn is_probability(&self) -> bool {
        let starts = [
            "P_",
            "util",
            "rho",
            "hit",
            "U_",
            "p0",
            "lock_util",
            "permitted",
            "failure_rate",
            "pool_util",
            "late_prob",
            "sigma",
            "frac_time",
        ];
        starts.iter().any(|start| self.metric.starts_with(start))
    }

    fn is_utilisation(&self) -> bool {
        let starts = ["U_", "util", "rho", "lock_util", "pool_util"];
        starts.iter().any(|start| self.metric.starts_with(start))
    }

    /// Whether it is the probability of something so rare that 0.01 would say nothing.
    fn is_rare(&self) -> bool {
        self.metric == "P_both_down"
    }

    /// The widest half of an interval that proves anything.
    fn widest(&self) -> f64 {
        let relative = MOST_RELATIVE * self.value.abs();
        if self.is_rare() {
            return relative;
        }
        match (self.is_probability(), self.is_utilisation()) {
            (true, true) => MOST_ABSOLUTE.min(relative),
            (true, false) => MOST_ABSOLUTE,
            (false, _) => relative,
        }
    }

    /// Whether it is read off a histogram, as `W_p95` and `p50_hedged` are.
    fn is_quantile(&self) -> bool {
        let digit = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
        self.metric.strip_prefix('p').is_some_and(digit) || self.metric.split("_p").skip(1).any(digit)
    }

    /// What of its value histograms of three digits may hide.
    fn rounding(&self) -> f64 {
        let is_square = ["var_W", "EW", "sd_total"].iter().any(|start| self.metric.starts_with(start));
        let share = if self.is_quantile() {
            ROUNDING
        } else if is_square {
            ROUNDING_OF_SQUARES
        } else {
            1e-9
        };
        share * self.value.abs()
    }

    /// How far an approximation or a simulation by others may itself be from the truth.
    fn model_error(&self) -> f64 {
        if self.is_exact() {
            0.0
        } else {
            own_error(&self.case, &self.metric).allowed(self.value, self.error)
        }
    }
}

/// On which side of the truth a bound is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Above,
    Below,
}

/// All known values, by case and metric.
pub(crate) struct Oracles(Vec<Row>);

impl Oracles {
    /// Reads the file; with `forms`, what the closed forms give beside each value, which takes a while.
    pub(crate) fn read(forms: bool) -> Oracles {
        let mut reader = csv::Reader::from_path("tests/theory/oracles.csv").expect("the oracles");
        let mut computed: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
        let rows = reader.records().map(|record| {
            let record = record.expect("a row");
            let case = record[0].to_owned();
            let form = computed.entry(case.clone()).or_insert_with(|| {
                if !forms {
                    return BTreeMap::new();
                }
                let params = serde_json::from_str(&record[3]).expect("parameters are JSON");
                let mut values = stations::compute(&case, &Params(&params));
                if values.is_empty() {
                    values = systems::compute(&case, &Params(&params));
                }
                values.into_iter().map(|(metric, got)| (metric, got.value())).collect()
            });
            Row {
                closed_form: form.get(&record[4]).copied(),
                case,
                family: record[1].to_owned(),
                metric: record[4].to_owned(),
                value: record[5].parse().expect("a number"),
                kind: record[7].to_owned(),
                error: record[8].parse().expect("a number"),
            }
        });
        let rows: Vec<Row> = rows.collect();
        assert!(rows.len() <= MOST_VALUES, "{} values", rows.len());
        Oracles(rows)
    }

    pub(crate) fn row(&self, case: &str, metric: &str) -> &Row {
        let found = self.0.iter().find(|row| row.case == case && row.metric == metric);
        found.unwrap_or_else(|| panic!("no oracle {case} {metric}"))
    }

    /// Case and metric of every value.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|row| (row.case.as_str(), row.metric.as_str()))
    }

    /// What kind of system a case is.
    pub(crate) fn family(&self, case: &str) -> &str {
        let found = self.0.iter().find(|row| row.case == case);
        found.map_or_else(|| panic!("no oracle {case}"), |row| row.family.as_str())
    }

    /// Every case, once, in the order of the file.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        let first = |at: usize| self.0[..at].iter().all(|row| row.case != self.0[at].case);
        (0..self.0.len()).filter(move |at| first(*at)).map(|at| self.0[at].case.as_str())
    }
}

/// What came of one comparison.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) row: Row,
    pub(crate) reading: Reading,
    /// The chance of being so far off, where the value is exact and not hidden by rounding.
    pub(crate) surprise: Option<f64>,
    /// An exact value outside of the interval.
    pub(crate) missed: bool,
    /// An approximation, a simulation by others or a bound that lies outside of the interval.
    pub(crate) outside: bool,
    /// Far outside: not bad luck.
    pub(crate) wrong: bool,
    /// Too wide an interval.
    pub(crate) wide: bool,
}

pub(crate) fn compare(row: &Row, reading: Reading) -> Finding {
    let estimate = reading.estimate;
    let half = estimate.half_width();
    let is_unseen = row.is_probability() && !row.is_rare();
    let rounding = if is_unseen { row.rounding().max(UNSEEN) } else { row.rounding() };
    let off = (estimate.mean - row.value).abs();
    // What has no spread at all has no chance either, and what rounding may hide says nothing of chance.
    let is_seen = half > 1e-9 * row.value.abs() && half > 4.0 * row.rounding();
    let degrees = f64::from(estimate.n.max(2) - 1);
    let chance = |off: f64| {
        let student = StudentsT::new(0.0, 1.0, degrees).expect("degrees of freedom");
        let deviation = half / student.inverse_cdf(0.5 + 0.5 * CONFIDENCE);
        2.0 * student.sf(off / deviation)
    };
    let surprise = (row.is_exact() && is_seen).then(|| chance(off));
    let beyond = off > half + rounding;
    let missed = row.is_exact() && surprise.map_or(beyond, |surprise| surprise < 1.0 - CONFIDENCE);
    let outside = !row.is_exact() && beyond;
    let wrong = match row.bound() {
        // What has no spread at all is right or wrong.
        None if row.is_exact() => off > rounding && (half == 0.0 || chance(off - rounding) < NO_LUCK),
        None => off > 3.0 * half + rounding + row.model_error(),
        Some(Side::Above) => estimate.mean > row.value + half,
        Some(Side::Below) => estimate.mean < row.value - half,
    };
    let wide = half.is_nan() || half > row.widest();
    let wrong = wrong || off.is_nan();
    Finding { row: row.clone(), reading, surprise, missed, outside, wrong, wide }
}

impl Finding {
    /// One line for people.
    pub(crate) fn text(&self) -> String {
        let Row { case, metric, value, .. } = &self.row;
        let estimate = self.reading.estimate;
        let width = estimate.half_width() / self.row.widest();
        let note = if self.wrong {
            "  WRONG"
        } else if self.missed {
            "  MISSED"
        } else if self.wide {
            "  WIDE"
        } else {
            ""
        };
        format!(
            "{case:14} {metric:18} exact {value:.6} measured {:.6} ({:.6} to {:.6}) {:.2} of the width allowed{note}",
            estimate.mean, estimate.low, estimate.high, width
        )
    }
}
