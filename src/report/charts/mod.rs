//! Charts as SVG, and SVG as PNG.
//!
//! Colours differ in luminance and lines in dash pattern, so charts read in grey. Text is set in DejaVu Sans,
//! which is embedded, so that they need no font of the system.

mod axis;
mod canvas;
mod heat;
mod latency;
mod legend;
mod panel;
mod png;
mod queues;
mod strip;
mod throughput;
mod utilisation;

pub use png::{PngError, png};

use crate::experiment::Results;

/// A chart.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Its name, which is its file's name without extension.
    pub name: &'static str,
    /// The picture.
    pub svg: String,
}

/// All charts for which there is data: `latency`, `throughput`, `utilisation` and `queues`.
pub fn charts(results: &Results) -> Vec<Chart> {
    let all = [
        ("latency", latency::latency(results)),
        ("throughput", throughput::throughput(results)),
        ("utilisation", utilisation::utilisation(results)),
        ("queues", queues::queues(results)),
    ];
    all.into_iter().filter_map(|(name, svg)| Some(Chart { name, svg: svg? })).collect()
}
