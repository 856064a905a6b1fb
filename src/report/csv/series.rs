//! Values over time, in tidy form: a row is one value of one thing in one interval.

use super::table::{Row, Table};
use crate::experiment::{Band, Results};

/// One row per interval, metric and operation or station, with its interval over the runs.
pub fn series_csv(results: &Results) -> Vec<u8> {
    let headers = ["time_s", "metric", "subject", "part", "replica", "mean", "low", "high"];
    let mut table = Table::new(headers);
    let times = &results.series.times_s;
    for series in &results.series.operations {
        let labels = [series.name.name.as_str(), series.name.view.name(), ""];
        let metrics: [(&str, &[Band], f64); 6] = [
            ("offered_per_s", &series.offered_per_s, 1.0),
            ("served_per_s", &series.served_per_s, 1.0),
            ("failed_per_s", &series.failed_per_s, 1.0),
            ("latency_ms_p50", &series.p50_s, 1e3),
            ("latency_ms_p95", &series.p95_s, 1e3),
            ("latency_ms_p99", &series.p99_s, 1e3),
        ];
        for (metric, bands, scale) in metrics {
            rows(&mut table, times, metric, labels, bands, scale);
        }
    }
    for series in &results.series.stations {
        let replica = series.name.replica.to_string();
        let labels = [series.name.component.as_str(), series.name.kind.name(), replica.as_str()];
        rows(&mut table, times, "utilisation_ratio", labels, &series.utilisation, 1.0);
        rows(&mut table, times, "queue_items", labels, &series.queue, 1.0);
    }
    for series in &results.series.observed {
        let labels = [series.component.as_str(), series.part.as_str(), ""];
        rows(&mut table, times, series.metric, labels, &series.values, 1.0);
    }
    rows(&mut table, times, "in_flight_requests", ["", "", ""], &results.series.in_flight, 1.0);
    table.finish()
}

fn rows(table: &mut Table, times: &[f64], metric: &str, labels: [&str; 3], bands: &[Band], scale: f64) {
    for (time, band) in times.iter().zip(bands) {
        table.row(
            Row::default()
                .number(*time)
                .text(metric)
                .text(labels[0])
                .text(labels[1])
                .text(labels[2])
                .number(band.mean * scale)
                .number(band.low * scale)
                .number(band.high * scale),
        );
    }
}
