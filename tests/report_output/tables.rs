//! Tables: their headers are documented, their rows agree with the results.

use brownout::experiment::Results;
use brownout::report::csv::{CSV_FILES, operations_csv, resources_csv, series_csv, summary_csv};

use crate::fixture::{queue, shop};
use crate::single::single_run;

const PAGE: &str = include_str!("../../docs/output.md");

/// The columns that the page documents for a file: everything in backquotes in the first cell of a row.
fn documented(file: &str) -> Vec<String> {
    let section =
        PAGE.split("\n## ").find(|section| section.starts_with(file)).expect("a section of its own");
    section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .filter_map(|line| line.split('|').nth(1))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// A table read back: headers and rows.
fn read(bytes: &[u8]) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_reader(bytes);
    let fields = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
    let headers = fields(reader.headers().expect("headers"));
    let rows = reader.records().map(|record| fields(&record.expect("rows as long as the headers"))).collect();
    (headers, rows)
}

/// The value of a column in the first row that satisfies `is`.
fn value(bytes: &[u8], column: &str, is: impl Fn(&[String]) -> bool) -> String {
    let (headers, rows) = read(bytes);
    let index = headers.iter().position(|header| header == column).expect("the column");
    rows.iter().find(|row| is(row)).expect("the row")[index].clone()
}

#[test]
fn every_column_is_documented_in_its_order() {
    for file in CSV_FILES {
        let (headers, rows) = read(&(file.write)(&shop()));
        assert_eq!(documented(file.name), headers, "{}", file.name);
        assert!(!rows.is_empty(), "{}", file.name);
        let schema = format!("\n## {}\n\nSchema {}.", file.name, file.schema);
        assert!(PAGE.contains(&schema), "{}", file.name);
    }
}

#[test]
fn every_metric_of_the_series_is_documented() {
    let (_, rows) = read(&series_csv(&shop()));
    for row in rows {
        assert!(PAGE.contains(&format!("`{}`", row[1])), "{}", row[1]);
    }
}

#[test]
fn no_table_says_nan() {
    for results in [shop(), queue(), single_run()] {
        for file in CSV_FILES {
            let text = String::from_utf8((file.write)(&results)).expect("UTF-8");
            assert!(!text.to_lowercase().contains("nan"), "{}", file.name);
        }
    }
}

#[test]
fn values_are_in_the_units_of_their_headers() {
    let in_surge = |row: &[String]| row[0] == "during surge" && row[3] == "order.place";
    assert_eq!(value(&operations_csv(&shop()), "latency_ms_p95", in_surge), "2910");
    assert_eq!(value(&operations_csv(&shop()), "failed_ratio", in_surge), "0.632");
    let locks = |row: &[String]| row[4] == "row locks";
    let external = |row: &[String]| row[4] == "external";
    assert_eq!(value(&resources_csv(&shop()), "capacity_units", locks), "");
    assert_eq!(value(&resources_csv(&shop()), "capacity_units", external), "inf");
    let missed = |row: &[String]| row[8] == "missed";
    assert_eq!(value(&summary_csv(&shop()), "value_high", missed), "3.02");
}

#[test]
fn a_gap_in_the_series_is_an_empty_field() {
    let in_gap = |row: &[String]| row[0] == "1605" && row[1] == "latency_ms_p95" && row[2] == "order.place";
    assert_eq!(value(&series_csv(&shop()), "mean", in_gap), "");
}

#[test]
fn the_series_has_a_row_per_interval_metric_and_subject() {
    let results: Results = shop();
    let (_, rows) = read(&series_csv(&results));
    let series = &results.series;
    let lines = series.operations.len() * 6 + series.stations.len() * 2 + series.observed.len() + 1;
    assert_eq!(rows.len(), series.times_s.len() * lines);
}
