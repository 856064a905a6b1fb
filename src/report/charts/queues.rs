//! Queues over time, a panel a station.

use plotters::prelude::*;

use super::axis::{Axis, plain};
use super::latency::heading;
use super::panel::{LineStyle, Panel, Panels};
use crate::experiment::{Band, Results};
use crate::report::stations::{groups, mean_bands};

const QUEUE: LineStyle = LineStyle {
    name: "mean number waiting with its interval",
    colour: RGBColor(0x1d, 0x35, 0x6b),
    width: 2,
    dash: None,
    band: true,
};

/// Panels at most.
const PANELS: usize = 6;
/// A queue below which a station is not worth a panel.
const EMPTY: f64 = 0.01;

/// The chart of queues: the stations where most waited at their worst.
pub(super) fn queues(results: &Results) -> Option<String> {
    let stations = &results.series.stations;
    let groups = groups(stations.iter().map(|series| &series.name));
    let mut rows: Vec<(String, Vec<Band>)> = groups
        .iter()
        .map(|group| {
            let members: Vec<&[Band]> =
                group.members.iter().map(|index| stations[*index].queue.as_slice()).collect();
            let label = match members.len() {
                1 => group.label.clone(),
                replicas => format!("{}, mean of {replicas}", group.label),
            };
            (label, mean_bands(&members))
        })
        .collect();
    let all = rows.len();
    let worst = |bands: &[Band]| {
        bands.iter().map(|band| band.mean).filter(|mean| mean.is_finite()).fold(f64::NEG_INFINITY, f64::max)
    };
    rows.retain(|(_, bands)| worst(bands) > EMPTY);
    rows.sort_by(|a, b| worst(&b.1).total_cmp(&worst(&a.1)));
    rows.truncate(PANELS);
    let subtitle = match all {
        1 => "items waiting".to_owned(),
        _ => {
            format!("items waiting; the {} longest of {all} queues, the others are in series.csv", rows.len())
        }
    };
    let panels = rows
        .into_iter()
        .map(|(title, bands)| Panel {
            title,
            axis: Axis::over(bands.iter().flat_map(|band| [band.mean, band.high]), false, plain),
            lines: vec![(QUEUE, bands)],
        })
        .collect();
    Panels { title: heading(results, "queues"), subtitle, legend: &[QUEUE], panels }.draw(results)
}
