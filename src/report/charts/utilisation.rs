//! Utilisation over time: a heat map of many stations, lines for a few.

use plotters::prelude::*;

use super::axis::Axis;
use super::heat::{HeatMap, HeatRow};
use super::latency::heading;
use super::panel::{LineStyle, Panel, Panels};
use crate::experiment::{Band, Results};
use crate::report::stations::{groups, mean_bands};

const USED: LineStyle = LineStyle {
    name: "share in use with its interval",
    colour: RGBColor(0x1d, 0x35, 0x6b),
    width: 2,
    dash: None,
    band: true,
};

/// Stations up to which lines say more than colours.
const FEW: usize = 3;
/// Rows of the heat map at most.
const ROWS: usize = 30;

/// The chart of utilisation. Stations without a limit have none.
pub(super) fn utilisation(results: &Results) -> Option<String> {
    let stations = &results.series.stations;
    let groups = groups(stations.iter().map(|series| &series.name));
    let mut rows: Vec<HeatRow> = groups
        .iter()
        .filter(|group| {
            let capacity = stations[group.members[0]].name.capacity;
            capacity > 0.0 && capacity.is_finite()
        })
        .map(|group| {
            let members: Vec<&[Band]> =
                group.members.iter().map(|index| stations[*index].utilisation.as_slice()).collect();
            let label = match members.len() {
                1 => group.label.clone(),
                replicas => format!("{} ×{replicas}", group.label),
            };
            HeatRow { label, bands: mean_bands(&members) }
        })
        .filter(|row| row.peak().is_finite())
        .collect();
    if rows.is_empty() {
        return None;
    }
    if rows.len() <= FEW {
        return lines(results, rows);
    }
    let all = rows.len();
    rows.sort_by(|a, b| b.mean().total_cmp(&a.mean()));
    rows.truncate(ROWS);
    let mut subtitle =
        "share of the capacity in use, mean over seeds and replicas; the busiest first".to_owned();
    if all > rows.len() {
        subtitle.push_str(&format!("; {} of {all} stations", rows.len()));
    }
    Some(HeatMap { title: heading(results, "utilisation"), subtitle, rows }.draw(results))
}

fn lines(results: &Results, rows: Vec<HeatRow>) -> Option<String> {
    let panels = rows
        .into_iter()
        .map(|row| Panel {
            title: row.label,
            axis: Axis {
                log: false,
                range: (0.0, 1.0),
                ticks: [0.0, 0.25, 0.5, 0.75, 1.0].map(|at| (at, format!("{:.0} %", at * 100.0))).to_vec(),
            },
            lines: vec![(USED, row.bands)],
        })
        .collect();
    let subtitle = "share of the capacity in use".to_owned();
    Panels { title: heading(results, "utilisation"), subtitle, legend: &[USED], panels }.draw(results)
}
