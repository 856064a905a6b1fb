//! Operations per window, and why their requests failed.

use super::table::{Row, Table, estimate_headers, times_headers};
use crate::experiment::{OperationResults, Results, WindowResults};

/// One row per window and operation: load, failures and response times.
pub fn operations_csv(results: &Results) -> Vec<u8> {
    let names = ["window", "window_s_start", "window_s_end", "operation", "view", "requests"];
    let estimates = [
        "offered_per_s",
        "served_per_s",
        "goodput_per_s",
        "degraded_ratio",
        "failed_ratio",
        "server_error_ratio",
    ];
    let headers = names
        .map(str::to_owned)
        .into_iter()
        .chain(estimates.into_iter().flat_map(estimate_headers))
        .chain(times_headers("latency"));
    let mut table = Table::new(headers);
    for (window, operation) in each(results) {
        table.row(
            start(window, operation)
                .count(operation.count)
                .estimate(Some(operation.offered_per_s), 1.0)
                .estimate(Some(operation.served_per_s), 1.0)
                .estimate(Some(operation.goodput_per_s), 1.0)
                .estimate(Some(operation.degraded_share), 1.0)
                .estimate(Some(operation.failed_share), 1.0)
                .estimate(Some(operation.server_error_share), 1.0)
                .times(operation.latency),
        );
    }
    table.finish()
}

/// One row per window, operation and cause that occurred.
pub fn causes_csv(results: &Results) -> Vec<u8> {
    let names = ["window", "window_s_start", "window_s_end", "operation", "view", "cause", "http_status"];
    let mut table =
        Table::new(names.map(str::to_owned).into_iter().chain(estimate_headers("requests_ratio")));
    for (window, operation) in each(results) {
        for (cause, share) in &operation.causes {
            table.row(
                start(window, operation)
                    .text(cause.name())
                    .text(operation.statuses.text(*cause))
                    .estimate(Some(*share), 1.0),
            );
        }
    }
    table.finish()
}

pub(super) fn each(results: &Results) -> impl Iterator<Item = (&WindowResults, &OperationResults)> {
    results
        .windows
        .iter()
        .flat_map(|window| window.operations.iter().map(move |operation| (window, operation)))
}

pub(super) fn start(window: &WindowResults, operation: &OperationResults) -> Row {
    Row::default()
        .text(&window.name)
        .number(window.from.as_secs_f64())
        .number(window.to.as_secs_f64())
        .text(&operation.name.name)
        .text(operation.name.view.name())
}
