//! The stations that matter in the window that matters.

use super::operations::label_width;
use super::summary::Page;
use super::text::{Column, Grid};
use crate::experiment::{StationResults, WindowResults};
use crate::report::numbers::{NONE, Shown, number, percent, rate, time};
use crate::report::stations::{StationGroup, groups, limit_label, mean, station_label};
use crate::stats::Estimate;

/// Rows of the table at most.
const ROWS: usize = 5;
/// Utilisation plus share of latency below which a station is idle.
const IDLE: f64 = 0.02;
/// Difference in utilisation from which replicas are told apart.
const UNEVEN: f64 = 0.1;

/// A station, or all replicas of one.
pub(super) struct Busy {
    /// What a person calls it.
    pub(super) label: String,
    /// Share of its capacity in use \[1].
    pub(super) used: Estimate,
    /// Mean number waiting.
    queue: f64,
    /// 95th percentile of the waits \[s]; NaN without any.
    wait_p95_s: f64,
    /// Its capacity in words.
    limit: String,
    /// Items that found no room, and that gave up [1/s], all replicas together.
    lost_per_s: (f64, f64),
    score: f64,
}

/// The table.
pub(super) fn blocks(page: &Page<'_>) -> Vec<Vec<String>> {
    let rows: Vec<Busy> = rows(page).into_iter().filter(|row| row.score >= IDLE).take(ROWS).collect();
    let Some(window) = page.main_window().filter(|_| !rows.is_empty()) else { return Vec::new() };
    let title = match page.results.windows.len() {
        1 => "busiest".to_owned(),
        _ => format!("busiest, {}", window.name),
    };
    let labels: Vec<String> = rows.iter().map(|row| row.label.clone()).collect();
    let operations = page.results.windows.iter().flat_map(|window| &window.operations);
    let names: Vec<String> =
        operations.map(|operation| crate::report::names::operation_label(&operation.name)).collect();
    let column = |title: &str, cell: &dyn Fn(&Busy) -> String| {
        Column::new(title, rows.iter().map(|row| Shown::plain(cell(row))).collect())
    };
    let mut columns = vec![
        column("used", &|row| percent(row.used.mean)),
        column("queue", &|row| number(row.queue)),
        column("wait p95", &|row| time(row.wait_p95_s)),
        Column::words("limit", rows.iter().map(|row| row.limit.clone()).collect()),
    ];
    if rows.iter().any(|row| !lost(row).is_empty()) {
        columns.push(Column::words("turned away", rows.iter().map(lost).collect()));
    }
    let label_width = label_width(labels.iter().chain(&names).chain([&title]));
    let mut grid = Grid { title, labels, label_width, columns };
    if grid.width() > page.width() {
        grid.columns.truncate(4);
    }
    let mut lines = grid.head(page.paint);
    lines.extend((0..rows.len()).map(|row| super::text::shortened(&grid.row(row), page.width())));
    vec![lines]
}

/// Stations of the main window, those that matter most first: by use, and by how much of the slowest
/// operation's p95 their waits could explain.
pub(super) fn rows(page: &Page<'_>) -> Vec<Busy> {
    let Some(window) = page.main_window() else { return Vec::new() };
    let latencies = window.operations.iter().filter_map(|operation| operation.latency);
    let slowest_s = latencies.map(|latency| latency.p95_s.mean).fold(0.0, f64::max);
    let mut rows: Vec<Busy> = groups(window.stations.iter().map(|station| &station.name))
        .iter()
        .map(|group| busy(window, group, slowest_s))
        .collect();
    rows.sort_by(|a, b| b.score.total_cmp(&a.score));
    rows
}

fn busy(window: &WindowResults, group: &StationGroup, slowest_s: f64) -> Busy {
    let all = || group.members.iter().map(|index| &window.stations[*index]);
    let mut members: Vec<&StationResults> = all().filter(|station| station.is_there).collect();
    if members.is_empty() {
        members = all().collect();
    }
    let used = |station: &&StationResults| station.utilisation.mean;
    let busiest = members.iter().max_by(|a, b| used(a).total_cmp(&used(b))).expect("a group has a member");
    let least = members.iter().map(used).fold(f64::INFINITY, f64::min);
    let uneven = busiest.utilisation.mean - least > UNEVEN;
    let (label, shown, limit) = if uneven {
        (station_label(&busiest.name), vec![*busiest], limit_label(&busiest.name, 1))
    } else {
        (group.label.clone(), members.clone(), limit_label(&busiest.name, members.len()))
    };
    let over = |value: fn(&StationResults) -> f64| mean(shown.iter().map(|station| value(station)));
    let used = Estimate {
        mean: over(|station| station.utilisation.mean),
        low: over(|station| station.utilisation.low),
        high: over(|station| station.utilisation.high),
        ..busiest.utilisation
    };
    let waits = shown.iter().filter_map(|station| station.wait).map(|wait| wait.p95_s.mean);
    let wait_p95_s = waits.fold(f64::NAN, f64::max);
    let total = |value: fn(&StationResults) -> f64| {
        members.iter().map(|station| value(station)).filter(|value| value.is_finite()).sum::<f64>()
    };
    let explained = if slowest_s > 0.0 { (wait_p95_s.max(0.0) / slowest_s).min(1.0) } else { 0.0 };
    // Locks have no capacity, and something without a limit is never short.
    let limited = busiest.name.capacity > 0.0 && busiest.name.capacity.is_finite();
    let share = if limited && used.mean.is_finite() { used.mean } else { 0.0 };
    Busy {
        label,
        used: if limited { used } else { Estimate { mean: f64::NAN, ..used } },
        queue: over(|station| station.queue.mean),
        wait_p95_s,
        limit,
        lost_per_s: (
            total(|station| station.rejected_per_s.mean),
            total(|station| station.gave_up_per_s.mean),
        ),
        score: share + explained,
    }
}

/// What found no room or gave up, in words.
fn lost(row: &Busy) -> String {
    /// A rate that is worth telling [1/s].
    const TOLD_PER_S: f64 = 0.005;
    let (rejected, gave_up) = row.lost_per_s;
    let mut parts = Vec::new();
    if rejected > TOLD_PER_S {
        parts.push(format!("{} full", rate(rejected)));
    }
    if gave_up > TOLD_PER_S {
        parts.push(format!("{} gave up", rate(gave_up)));
    }
    parts.join(", ")
}

/// A value of one station, for tables that show every station.
pub(super) fn estimate_or_none(estimate: Option<Estimate>, shown: fn(Estimate) -> Shown) -> Shown {
    estimate.map_or(Shown::plain(NONE), shown)
}
