//! Two results beside each other, for programs.

use serde::Serialize;

use super::results::Value;
use crate::experiment::{ComparedMeasure, ComparisonResult, MeasureUnit};

/// The version of [`comparison_json`].
pub const COMPARISON_SCHEMA: u32 = 1;

#[derive(Serialize)]
struct ComparisonView<'a> {
    schema: u32,
    first: &'a str,
    second: &'a str,
    pairs: u32,
    measures: Vec<MeasureView<'a>>,
}

#[derive(Serialize)]
struct MeasureView<'a> {
    measure: &'static str,
    subject: &'a str,
    unit: &'static str,
    first: Option<Value>,
    first_runs: u32,
    second: Option<Value>,
    second_runs: u32,
    difference: Option<Value>,
    variance_reduction_ratio: Option<f64>,
    second_is: &'static str,
}

impl<'a> From<&'a ComparedMeasure> for MeasureView<'a> {
    fn from(row: &'a ComparedMeasure) -> Self {
        let difference = row.difference.difference;
        MeasureView {
            measure: row.measure,
            subject: &row.subject,
            unit: match row.unit {
                MeasureUnit::Seconds => "s",
                MeasureUnit::Share => "ratio",
                MeasureUnit::Number => "number",
            },
            first: row.values[0].map(Value::from),
            first_runs: row.runs[0],
            second: row.values[1].map(Value::from),
            second_runs: row.runs[1],
            difference: (difference.n > 0).then(|| difference.into()),
            variance_reduction_ratio: Some(row.difference.variance_reduction).filter(|it| it.is_finite()),
            second_is: row.verdict.name(),
        }
    }
}

/// A comparison for programs.
pub fn comparison_json(comparison: &ComparisonResult) -> String {
    let view = ComparisonView {
        schema: COMPARISON_SCHEMA,
        first: &comparison.sides[0],
        second: &comparison.sides[1],
        pairs: comparison.pairs,
        measures: comparison.rows.iter().map(MeasureView::from).collect(),
    };
    serde_json::to_string_pretty(&view).expect("a comparison has only text keys") + "\n"
}
