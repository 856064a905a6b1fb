//! The table of operations by window, with causes below the operations that fail.

use std::ops::Range;

use super::summary::Page;
use super::text::{Column, Grid, INDENT, shortened, width};
use crate::component::View;
use crate::experiment::{LatencyResults, OperationResults, WindowResults};
use crate::report::names::operation_label;
use crate::report::numbers::{NONE, Shown, percent_shown, rate, short_percent, time_shown};
use crate::stats::Estimate;

/// Rows of the table at most.
const ROWS: usize = 12;
/// Share of requests from which a cause is worth its place.
const CAUSE_SHARE: f64 = 0.000_5;
/// Narrowest and widest labels.
const LABELS: (usize, usize) = (19, 34);

/// The tables, as many as the windows need.
pub(super) fn blocks(page: &Page<'_>) -> Vec<Vec<String>> {
    let shown = shown_operations(page);
    let Some(first) = page.results.windows.first() else { return Vec::new() };
    let labels: Vec<_> = shown.iter().map(|row| operation_label(&first.operations[*row].name)).collect();
    let mut blocks = Vec::new();
    let mut start = 0;
    while start < page.results.windows.len() {
        let (grid, count) = widest(page, &labels, &shown, start);
        let mut lines = grid.head(page.paint);
        for (index, row) in shown.iter().enumerate() {
            lines.push(grid.row(index));
            lines.extend(causes(page, *row, start..start + count));
        }
        let hidden = first.operations.len() - shown.len();
        start += count;
        if hidden > 0 && start >= page.results.windows.len() {
            lines.push(format!("{:INDENT$}and {hidden} more in operations.csv", ""));
        }
        blocks.push(lines);
    }
    blocks.extend(in_full(page, &labels, &shown));
    blocks
}

/// The main window with every rate and quantile, without half-widths: those are in `operations.csv`.
fn in_full(page: &Page<'_>, labels: &[String], shown: &[usize]) -> Option<Vec<String>> {
    let window = page.main_window().filter(|window| window.operations.iter().any(|it| it.count > 0))?;
    let title = match page.results.windows.len() {
        1 => "in full".to_owned(),
        _ => format!("in full, {}", window.name),
    };
    let time = |value: fn(LatencyResults) -> Estimate| {
        move |operation: &OperationResults| {
            let estimate = operation.latency.map(value);
            estimate.map_or(Shown::plain(NONE), time_shown)
        }
    };
    let rated = |value: fn(&OperationResults) -> Estimate| {
        move |operation: &OperationResults| Shown::plain(rate(value(operation).mean))
    };
    let column = |title: &str, cell: &dyn Fn(&OperationResults) -> Shown| {
        Column::new(title, cells(window, shown, false, cell))
    };
    let columns = vec![
        column("offered", &rated(|operation| operation.offered_per_s)),
        column("served", &rated(|operation| operation.served_per_s)),
        column("goodput", &rated(|operation| operation.goodput_per_s)),
        column("p50", &time(|latency| latency.p50_s)),
        column("p95", &time(|latency| latency.p95_s)),
        column("p99", &time(|latency| latency.p99_s)),
        column("p99.9", &time(|latency| latency.p999_s)),
    ];
    let mut grid = Grid { title, labels: labels.to_vec(), label_width: label_width(labels), columns };
    // What the table above says already goes first where there is no room.
    while grid.width() > page.width() && grid.columns.len() > 4 {
        let said = grid.columns.iter().position(|column| matches!(column.title.as_str(), "offered" | "p95"));
        grid.columns.remove(said.unwrap_or(grid.columns.len() - 1));
    }
    let mut lines = grid.head(page.paint);
    lines.extend((0..shown.len()).map(|row| shortened(&grid.row(row), page.width())));
    Some(lines)
}

/// The width of the labels of all tables, the indent included.
pub(super) fn label_width<'a>(labels: impl IntoIterator<Item = &'a String>) -> usize {
    let widest = labels.into_iter().map(|label| width(label)).max().unwrap_or(0);
    INDENT + (widest + 1).clamp(LABELS.0, LABELS.1)
}

/// Operations worth a row: those that clients, consumers and nobody wait for, and calls where they fail. The
/// worst stay when they are too many.
fn shown_operations(page: &Page<'_>) -> Vec<usize> {
    let Some(window) = page.main_window() else { return Vec::new() };
    let worst = |row: usize| {
        let shares = page.results.windows.iter().filter_map(|window| window.operations.get(row));
        shares
            .map(|operation| operation.failed_share.mean)
            .filter(|share| share.is_finite())
            .fold(0.0, f64::max)
    };
    let blamed = page.results.bottleneck.as_ref().map(|bottleneck| bottleneck.operation);
    let only_calls = window.operations.iter().all(|operation| operation.name.view == View::Call);
    let mut rows: Vec<usize> = (0..window.operations.len())
        .filter(|row| {
            let is_call = window.operations[*row].name.view == View::Call;
            !is_call || only_calls || worst(*row) >= 0.01 || blamed == Some(*row)
        })
        .collect();
    if rows.len() > ROWS {
        let offered = |row: usize| window.operations[row].offered_per_s.mean;
        rows.sort_by(|a, b| {
            (worst(*b), offered(*b)).partial_cmp(&(worst(*a), offered(*a))).unwrap_or(a.cmp(b))
        });
        rows.truncate(ROWS);
        rows.sort_unstable();
    }
    rows
}

/// In which windows a table shows half-widths.
#[derive(Clone, Copy, PartialEq)]
enum Halves {
    Everywhere,
    /// Only where it matters.
    Main,
    Nowhere,
}

/// The table with as many windows as fit, from `start`, with as many half-widths as fit.
fn widest(page: &Page<'_>, labels: &[String], shown: &[usize], start: usize) -> (Grid, usize) {
    // No window has less than two columns, a space before each.
    let left = (page.results.windows.len() - start).min(page.width() / 4 + 1);
    for count in (1..=left).rev() {
        for halves in [Halves::Everywhere, Halves::Main, Halves::Nowhere] {
            let grid = grid(page, labels, shown, start..start + count, halves);
            if grid.width() <= page.width() || (count == 1 && halves == Halves::Nowhere) {
                return (grid, count);
            }
        }
    }
    unreachable!("the loop ends at a single window")
}

fn grid(page: &Page<'_>, labels: &[String], shown: &[usize], windows: Range<usize>, halves: Halves) -> Grid {
    let results = page.results;
    let mut columns = Vec::new();
    for index in windows {
        let window = &results.windows[index];
        let group = if results.windows.len() == 1 { "" } else { window.name.as_str() };
        let with_halves = match halves {
            Halves::Everywhere => true,
            Halves::Main => index == page.main,
            Halves::Nowhere => false,
        };
        let mut add = |title: &str, cell: &dyn Fn(&OperationResults) -> Shown| {
            let cells = cells(window, shown, with_halves, cell);
            columns.push(Column { title: title.to_owned(), group: group.to_owned(), cells });
        };
        if index == page.main {
            add("offered", &|operation| Shown::plain(rate(operation.offered_per_s.mean)));
        }
        let time = |estimate: Option<Estimate>| estimate.map_or(Shown::plain(NONE), time_shown);
        add("p95", &|operation| time(operation.latency.map(|latency| latency.p95_s)));
        add("failed", &|operation| percent_shown(operation.failed_share));
    }
    Grid { title: "operation".to_owned(), labels: labels.to_vec(), label_width: label_width(labels), columns }
}

fn cells(
    window: &WindowResults,
    shown: &[usize],
    halves: bool,
    cell: &dyn Fn(&OperationResults) -> Shown,
) -> Vec<Shown> {
    shown
        .iter()
        .map(|row| match window.operations.get(*row) {
            Some(operation) if operation.count > 0 => {
                let shown = cell(operation);
                if halves { shown } else { Shown { half: String::new(), ..shown } }
            }
            _ => Shown::plain(NONE),
        })
        .collect()
}

/// What an operation failed of, in the one of these windows in which it failed most.
pub(super) fn causes(page: &Page<'_>, row: usize, windows: Range<usize>) -> Option<String> {
    let worst = page.results.windows[windows]
        .iter()
        .filter_map(|window| Some((window, window.operations.get(row)?)))
        .filter(|(_, operation)| operation.causes.iter().any(|(_, share)| share.mean >= CAUSE_SHARE))
        .max_by(|(_, a), (_, b)| a.failed_share.mean.total_cmp(&b.failed_share.mean))?;
    let (window, operation) = worst;
    let listed: Vec<String> = operation
        .causes
        .iter()
        .filter(|(_, share)| share.mean >= CAUSE_SHARE)
        .map(|(cause, share)| {
            let said = [operation.statuses.text(*cause).as_str(), cause.label()].join(" ");
            format!("{} {}", said.trim_start(), short_percent(share.mean))
        })
        .collect();
    let start = match page.results.windows.len() {
        1 => format!("{:1$}", "", INDENT + 2),
        _ => format!("{:1$}{2}: ", "", INDENT + 2, window.name),
    };
    Some(shortened(&fitting(&start, &listed, page.width()), page.width()))
}

/// As many of the causes as fit on the line.
fn fitting(start: &str, causes: &[String], most: usize) -> String {
    let mut line = format!("{start}{}", causes[0]);
    for (index, cause) in causes.iter().enumerate().skip(1) {
        let rest = causes.len() - index - 1;
        let room = if rest > 0 { width(", and 99 more") } else { 0 };
        if width(&line) + 2 + width(cause) + room > most {
            line.push_str(&format!(", and {} more", rest + 1));
            return line;
        }
        line.push_str(", ");
        line.push_str(cause);
    }
    line
}
