//! The evidence for a system of plain stations under one window: every mean and quantile with its interval.

use super::busiest::estimate_or_none;
use super::operations::{causes, label_width};
use super::summary::Page;
use super::text::{Column, Grid};
use crate::component::StationKind;
use crate::experiment::{LatencyResults, Results, WindowResults};
use crate::report::names::operation_label;
use crate::report::numbers::{Shown, number_shown, percent_shown, rate_shown, time_shown};
use crate::report::stations::{limit_label, station_label};

/// Operations and stations at most; more of them are a system, which has tables of its own.
const MOST: usize = 4;

/// The only window of a few plain stations; `None` for anything else.
pub(super) fn stations(results: &Results) -> Option<&WindowResults> {
    let [window] = &results.windows[..] else { return None };
    let plain = window.stations.iter().all(|station| station.name.kind == StationKind::Servers);
    (plain && window.stations.len() <= MOST && window.operations.len() <= MOST).then_some(window)
}

/// Response times and waits, then load, then stations.
pub(super) fn blocks(page: &Page<'_>, window: &WindowResults) -> Vec<Vec<String>> {
    let operations: Vec<String> =
        window.operations.iter().map(|operation| operation_label(&operation.name)).collect();
    let stations: Vec<String> = window.stations.iter().map(|station| station_label(&station.name)).collect();
    let times: Vec<(String, Option<LatencyResults>)> = operations
        .iter()
        .zip(&window.operations)
        .map(|(label, operation)| (format!("{label} response"), operation.latency))
        .chain(
            stations
                .iter()
                .zip(&window.stations)
                .map(|(label, station)| (format!("{label} wait"), station.wait)),
        )
        .collect();
    let labels: Vec<String> = times.iter().map(|(label, _)| label.clone()).collect();
    let label_width = label_width(&labels);
    let mut blocks = vec![times_block(page, &times, labels, label_width)];

    let grid = Grid {
        title: "load".to_owned(),
        labels: operations,
        label_width,
        columns: vec![
            Column::new("offered", over(&window.operations, |it| rate_shown(it.offered_per_s))),
            Column::new("served", over(&window.operations, |it| rate_shown(it.served_per_s))),
            Column::new("goodput", over(&window.operations, |it| rate_shown(it.goodput_per_s))),
            Column::new("failed", over(&window.operations, |it| percent_shown(it.failed_share))),
        ],
    };
    let mut lines = grid.head(page.paint);
    for row in 0..window.operations.len() {
        lines.push(grid.row(row));
        lines.extend(causes(page, row, 0..1));
    }
    blocks.push(lines);

    let grid = Grid {
        title: "station".to_owned(),
        labels: stations,
        label_width,
        columns: vec![
            Column::new("used", over(&window.stations, |it| percent_shown(it.utilisation))),
            Column::new("queue", over(&window.stations, |it| number_shown(it.queue))),
            Column::new(
                "had to wait",
                over(&window.stations, |it| estimate_or_none(it.waited_share, percent_shown)),
            ),
            Column::words("limit", window.stations.iter().map(|it| limit_label(&it.name, 1)).collect()),
        ],
    };
    let mut lines = grid.head(page.paint);
    lines.extend((0..window.stations.len()).map(|row| grid.row(row)));
    blocks.push(lines);
    blocks
}

fn over<T>(rows: &[T], cell: impl Fn(&T) -> Shown) -> Vec<Shown> {
    rows.iter().map(cell).collect()
}

fn times_block(
    page: &Page<'_>,
    times: &[(String, Option<LatencyResults>)],
    labels: Vec<String>,
    label_width: usize,
) -> Vec<String> {
    let column = |title: &str, value: fn(LatencyResults) -> crate::stats::Estimate| {
        Column::new(title, over(times, |(_, times)| estimate_or_none(times.map(value), time_shown)))
    };
    let mut grid = Grid {
        title: "time".to_owned(),
        labels,
        label_width,
        columns: vec![
            column("mean", |times| times.mean_s),
            column("p50", |times| times.p50_s),
            column("p95", |times| times.p95_s),
            column("p99", |times| times.p99_s),
            column("p99.9", |times| times.p999_s),
        ],
    };
    if grid.width() > page.width() {
        for cell in grid.columns.iter_mut().flat_map(|column| &mut column.cells) {
            cell.half.clear();
        }
    }
    let mut lines = grid.head(page.paint);
    lines.extend((0..times.len()).map(|row| grid.row(row)));
    lines
}
