//! All charts of a run.

use super::{latency, queues, throughput, utilisation};
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
