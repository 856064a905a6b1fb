//! Writing a table: columns by name, estimates as three columns.

use csv::{Terminator, Writer, WriterBuilder};

use super::{
    alerts_csv, attribution_csv, causes_csv, claims_csv, events_csv, gateways_csv, operations_csv,
    outcomes_csv, resources_csv, series_csv, stores_csv, summary_csv, timeline_csv,
};
use crate::experiment::{LatencyResults, Results};
use crate::stats::Estimate;

/// A file of the output folder.
#[derive(Clone, Copy, Debug)]
pub struct CsvFile {
    /// Its name.
    pub name: &'static str,
    /// The version of its columns: a column that goes away or changes meaning raises it, a new one does not.
    pub schema: u32,
    /// Its bytes.
    pub write: fn(&Results) -> Vec<u8>,
}

/// All tables.
pub const CSV_FILES: [CsvFile; 13] = [
    CsvFile { name: "summary.csv", schema: 1, write: summary_csv },
    CsvFile { name: "operations.csv", schema: 1, write: operations_csv },
    CsvFile { name: "causes.csv", schema: 2, write: causes_csv },
    CsvFile { name: "attribution.csv", schema: 1, write: attribution_csv },
    CsvFile { name: "resources.csv", schema: 1, write: resources_csv },
    CsvFile { name: "stores.csv", schema: 1, write: stores_csv },
    CsvFile { name: "gateways.csv", schema: 1, write: gateways_csv },
    CsvFile { name: "series.csv", schema: 1, write: series_csv },
    CsvFile { name: "events.csv", schema: 1, write: events_csv },
    CsvFile { name: "alerts.csv", schema: 1, write: alerts_csv },
    CsvFile { name: "timeline.csv", schema: 1, write: timeline_csv },
    CsvFile { name: "outcomes.csv", schema: 1, write: outcomes_csv },
    CsvFile { name: "claims.csv", schema: 1, write: claims_csv },
];

/// A table in memory; the first row gives the headers, so that no row can disagree with them unnoticed.
pub(super) struct Table {
    writer: Writer<Vec<u8>>,
}

/// What writing to memory cannot do.
const IN_MEMORY: &str = "rows of equal length always fit into memory";

impl Table {
    /// Starts a table with its headers.
    ///
    /// # Panics
    /// Later, at the row, if a row has another number of fields: that is a mistake of the program.
    pub(super) fn new<S: AsRef<str>>(headers: impl IntoIterator<Item = S>) -> Self {
        let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
        writer.write_record(headers.into_iter().map(|header| header.as_ref().to_owned())).expect(IN_MEMORY);
        Self { writer }
    }

    /// Adds a row.
    pub(super) fn row(&mut self, row: Row) {
        self.writer.write_record(&row.fields).expect(IN_MEMORY);
    }

    /// The bytes.
    pub(super) fn finish(self) -> Vec<u8> {
        self.writer.into_inner().expect(IN_MEMORY)
    }
}

/// A row being filled from left to right.
#[derive(Default)]
pub(super) struct Row {
    fields: Vec<String>,
}

impl Row {
    /// Adds a text.
    pub(super) fn text(mut self, text: impl Into<String>) -> Self {
        self.fields.push(text.into());
        self
    }

    /// Adds a whole number.
    pub(super) fn count(self, count: u64) -> Self {
        self.text(count.to_string())
    }

    /// Adds a number, or nothing for NaN.
    pub(super) fn number(self, value: f64) -> Self {
        self.text(number(value))
    }

    /// Adds an estimate and its interval, multiplied by `scale`; three empty fields for `None`, and empty ends where there is
    /// no interval.
    pub(super) fn estimate(self, estimate: Option<Estimate>, scale: f64) -> Self {
        match estimate {
            Some(Estimate { mean, low, high, .. }) => {
                let end = |end: f64| if end.is_finite() { end * scale } else { f64::NAN };
                self.number(mean * scale).number(end(low)).number(end(high))
            }
            None => self.text("").text("").text(""),
        }
    }

    /// Adds response times or waits in milliseconds, in the order of [`times_headers`].
    pub(super) fn times(self, times: Option<LatencyResults>) -> Self {
        const MS: f64 = 1e3;
        self.estimate(times.map(|times| times.mean_s), MS)
            .estimate(times.map(|times| times.p50_s), MS)
            .estimate(times.map(|times| times.p95_s), MS)
            .estimate(times.map(|times| times.p99_s), MS)
            .estimate(times.map(|times| times.p999_s), MS)
    }
}

/// The headers of an estimate.
pub(super) fn estimate_headers(name: &str) -> [String; 3] {
    [name.to_owned(), format!("{name}_low"), format!("{name}_high")]
}

/// The headers of [`Row::times`].
pub(super) fn times_headers(name: &str) -> Vec<String> {
    ["mean", "p50", "p95", "p99", "p999"]
        .into_iter()
        .flat_map(|qualifier| estimate_headers(&format!("{name}_ms_{qualifier}")))
        .collect()
}

/// A number with ten significant digits, as short as it can be; empty for NaN.
fn number(value: f64) -> String {
    if value.is_nan() {
        return String::new();
    }
    if !value.is_finite() {
        return if value > 0.0 { "inf".to_owned() } else { "-inf".to_owned() };
    }
    let rounded: f64 = format!("{value:.9e}").parse().unwrap_or(value);
    // `+ 0.0` turns a negative zero into zero.
    (rounded + 0.0).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_of_one_run_has_no_interval() {
        let row = Row::default().estimate(Some(Estimate::unbounded(2.5, 1, 0.95)), 2.0);
        assert_eq!(row.fields, ["5", "", ""]);
    }

    #[test]
    fn numbers_are_short_and_exact_to_ten_digits() {
        for (value, text) in [
            (0.041 * 1e3, "41"),
            (1.0 / 3.0, "0.3333333333"),
            (-0.0, "0"),
            (f64::NAN, ""),
            (f64::INFINITY, "inf"),
            (123_456_789_012.0, "123456789000"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
