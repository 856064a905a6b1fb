//! Load and what became of it over time, a panel an operation.

use plotters::prelude::*;

use super::axis::{Axis, plain};
use super::latency::{about, heading, shown};
use super::panel::{LineStyle, Panel, Panels};
use crate::experiment::Results;
use crate::report::names::operation_label;

const OFFERED: LineStyle = LineStyle {
    name: "offered",
    colour: RGBColor(0x7d, 0x86, 0x91),
    width: 2,
    dash: Some((6, 4)),
    band: false,
};
const SERVED: LineStyle = LineStyle {
    name: "served with its interval",
    colour: RGBColor(0x1d, 0x35, 0x6b),
    width: 2,
    dash: None,
    band: true,
};
const FAILED: LineStyle = LineStyle {
    name: "failed",
    colour: RGBColor(0xc4, 0x3d, 0x3d),
    width: 2,
    dash: Some((2, 3)),
    band: false,
};

fn per_second(value: f64) -> String {
    if value == 0.0 { "0".to_owned() } else { format!("{}/s", plain(value)) }
}

/// The chart of throughput.
pub(super) fn throughput(results: &Results) -> Option<String> {
    let shown = shown(results, |series| &series.offered_per_s);
    let panels = shown
        .iter()
        .map(|series| {
            let values =
                [&series.offered_per_s, &series.served_per_s, &series.failed_per_s].into_iter().flatten();
            let ends = series.served_per_s.iter().map(|band| band.high);
            Panel {
                title: operation_label(&series.name),
                axis: Axis::over(values.map(|band| band.mean).chain(ends), false, per_second),
                lines: vec![
                    (SERVED, series.served_per_s.clone()),
                    (OFFERED, series.offered_per_s.clone()),
                    (FAILED, series.failed_per_s.clone()),
                ],
            }
        })
        .collect();
    let subtitle = format!("requests per second [1/s]; {}", about(results, shown.len()));
    Panels {
        title: heading(results, "offered, served and failed"),
        subtitle,
        legend: &[OFFERED, SERVED, FAILED],
        panels,
    }
    .draw(results)
}
