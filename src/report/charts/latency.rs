//! Response times over time, a panel an operation.

use plotters::prelude::*;

use super::axis::{Axis, time};
use super::panel::{LineStyle, Panel, Panels};
use crate::component::View;
use crate::experiment::{Band, OperationSeries, Results};
use crate::report::names::operation_label;

const P50: LineStyle =
    LineStyle { name: "p50", colour: RGBColor(0x2a, 0x9d, 0x8f), width: 2, dash: Some((7, 4)), band: false };
const P95: LineStyle = LineStyle {
    name: "p95 with its interval",
    colour: RGBColor(0x1d, 0x35, 0x6b),
    width: 2,
    dash: None,
    band: true,
};
const P99: LineStyle =
    LineStyle { name: "p99", colour: RGBColor(0xd9, 0x6b, 0x27), width: 2, dash: Some((2, 3)), band: false };

/// Panels at most.
pub(super) const PANELS: usize = 12;

/// The chart of response times.
pub(super) fn latency(results: &Results) -> Option<String> {
    let shown = shown(results, |series| &series.p95_s);
    let panels: Vec<Panel> = shown
        .iter()
        .map(|series| {
            let values = [&series.p50_s, &series.p95_s, &series.p99_s].into_iter().flatten();
            let ends = series.p95_s.iter().map(|band| band.high);
            Panel {
                title: operation_label(&series.name),
                axis: Axis::over(values.map(|band| band.mean).chain(ends), true, time),
                lines: vec![
                    (P95, series.p95_s.clone()),
                    (P99, series.p99_s.clone()),
                    (P50, series.p50_s.clone()),
                ],
            }
        })
        .collect();
    let axes =
        if panels.iter().any(|panel| panel.axis.log) { "; logarithmic where it spans 50-fold" } else { "" };
    let subtitle = format!("{}{axes}", about(results, shown.len()));
    Panels {
        title: heading(results, "response time of served requests"),
        subtitle,
        legend: &[P50, P95, P99],
        panels,
    }
    .draw(results)
}

/// Operations that have values: what clients see first, calls only if there is room.
pub(super) fn shown(results: &Results, values: fn(&OperationSeries) -> &Vec<Band>) -> Vec<&OperationSeries> {
    let mut shown: Vec<&OperationSeries> = results
        .series
        .operations
        .iter()
        .filter(|series| values(series).iter().any(|band| band.mean.is_finite()))
        .collect();
    shown.sort_by_key(|series| match series.name.view {
        View::Client => 0,
        View::Consumer => 1,
        View::Call => 2,
        View::Background => 3,
    });
    shown.truncate(PANELS);
    shown
}

/// The title of a chart.
pub(super) fn heading(results: &Results, what: &str) -> String {
    match results.deployment.as_str() {
        "" => format!("{}: {what}", results.scenario),
        deployment => format!("{} on {deployment}: {what}", results.scenario),
    }
}

/// What the chart is made of.
pub(super) fn about(results: &Results, shown: usize) -> String {
    let runs = match results.replications {
        1 => "one run, no interval".to_owned(),
        runs => format!("mean over {runs} seeds, {:.0} % intervals", results.confidence * 100.0),
    };
    match results.series.operations.len() {
        all if all > shown => format!("{runs}; {shown} of {all} operations, the others are in series.csv"),
        _ => runs,
    }
}
