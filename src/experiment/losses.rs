//! What a system loses for good: units of a station that nobody gives back, such as leaked connections.

use super::summary::{RunSummary, station_label};
use crate::scenario::Plan;
use crate::stats::{Estimate, t_interval};

/// Units of a station, all replicas together, that are gone when the run ends, and more of them than at its beginning.
#[derive(Clone, Debug)]
pub struct LossResult {
    /// The station, as printed.
    pub station: String,
    /// How many are gone at the end.
    pub lost: Estimate,
    /// Of how many.
    pub of: f64,
    /// How long the rest would last at the mean rate since the first was lost \[s]; `None` where none is left.
    pub lasts_s: Option<f64>,
}

/// What is lost in most runs.
pub(super) fn losses(plan: &Plan, runs: &[RunSummary], confidence: f64) -> Vec<LossResult> {
    let stations = &plan.assembly.stations;
    let interval_s = plan.interval.as_secs_f64();
    // Row locks and what has no limit cannot run out of units.
    let mut labels: Vec<String> = Vec::new();
    for label in stations.iter().filter(|it| it.capacity >= 1.0 && it.capacity.is_finite()).map(station_label)
    {
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    let result = |label: &String| {
        let own: Vec<usize> =
            (0..stations.len()).filter(|index| station_label(&stations[*index]) == *label).collect();
        let of: f64 = own.iter().map(|index| stations[*index].capacity).sum();
        let sum = |run: &RunSummary, at: usize| -> f64 {
            own.iter().filter_map(|index| run.series.stations[*index].get(at)).map(|point| point.lost).sum()
        };
        let last = |run: &RunSummary| run.series.in_flight.len().saturating_sub(1);
        let ends: Vec<f64> = runs.iter().map(|run| sum(run, last(run))).collect();
        if 2 * ends.iter().filter(|end| **end > 0.5).count() <= runs.len() {
            return None;
        }
        let rates = runs.iter().map(|run| {
            let first = (0..=last(run)).find(|at| sum(run, *at) > 0.0).unwrap_or(0);
            sum(run, last(run)) / ((last(run) - first + 1) as f64 * interval_s)
        });
        let rate = rates.sum::<f64>() / runs.len() as f64;
        let lost = t_interval(&ends, confidence);
        let low = if lost.low.is_finite() { lost.low.max(0.0) } else { lost.low };
        let left = of - lost.mean;
        let lasts_s = (left >= 0.05 && rate > 0.0).then(|| left / rate);
        Some(LossResult { station: label.clone(), lost: Estimate { low, ..lost }, of, lasts_s })
    };
    labels.iter().filter_map(result).collect()
}
