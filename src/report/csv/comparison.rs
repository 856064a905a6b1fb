//! Two results beside each other.

use super::table::{Row, Table, estimate_headers};
use crate::experiment::{Advantage, ComparisonResult, MeasureUnit};

/// The version of the columns of `comparison.csv`.
pub const COMPARISON_CSV_SCHEMA: u32 = 1;

/// One row per measure.
pub fn comparison_csv(comparison: &ComparisonResult) -> Vec<u8> {
    let first = ["measure", "subject", "unit", "first", "second"].map(str::to_owned).into_iter();
    let headers = first
        .chain(estimate_headers("value_first"))
        .chain(["runs_first".to_owned()])
        .chain(estimate_headers("value_second"))
        .chain(["runs_second".to_owned()])
        .chain(estimate_headers("difference"))
        .chain(["pairs", "variance_reduction_ratio", "second_is", "better_side"].map(str::to_owned));
    let mut table = Table::new(headers);
    for row in &comparison.rows {
        let difference = row.difference.difference;
        let known = (difference.n > 0).then_some(difference);
        table.row(
            Row::default()
                .text(row.measure)
                .text(&row.subject)
                .text(unit(row.unit))
                .text(&comparison.sides[0])
                .text(&comparison.sides[1])
                .estimate(row.values[0], 1.0)
                .count(u64::from(row.runs[0]))
                .estimate(row.values[1], 1.0)
                .count(u64::from(row.runs[1]))
                .estimate(known, 1.0)
                .count(u64::from(difference.n))
                .number(row.difference.variance_reduction)
                .text(row.verdict.name())
                .text(better(comparison, row.verdict)),
        );
    }
    table.finish()
}

/// What the side is called that is better; empty where neither is.
fn better(comparison: &ComparisonResult, verdict: Advantage) -> &str {
    match verdict {
        Advantage::Better => &comparison.sides[1],
        Advantage::Worse => &comparison.sides[0],
        Advantage::Same
        | Advantage::Slight
        | Advantage::None
        | Advantage::Differs
        | Advantage::Incomparable
        | Advantage::Unknown => "",
    }
}

const fn unit(unit: MeasureUnit) -> &'static str {
    match unit {
        MeasureUnit::Seconds => "s",
        MeasureUnit::Share => "ratio",
        MeasureUnit::Number => "number",
    }
}
