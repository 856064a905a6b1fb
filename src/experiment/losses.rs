//! What a system loses for good: units of a station that nobody gives back, such as leaked connections.

use super::summary::{RunSummary, station_label};
use crate::scenario::Plan;
use crate::stats::{Estimate, t_interval};

/// Units of a station, all replicas together, that nobody will have given back when the run ends.
#[derive(Clone, Debug)]
pub struct LossResult {
    /// The station, as printed.
    pub station: String,
    /// How many are gone at the end.
    pub lost: Estimate,
    /// Of how many.
    pub of: f64,
    /// How long the rest would last at the mean rate since the last of them were given back, as by a restart \[s]; infinity
    /// where none has been lost since, and `None` where none is left.
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
        let lost =
            |run: &RunSummary| (0..run.series.in_flight.len()).map(|at| sum(run, at)).collect::<Vec<f64>>();
        let lost: Vec<Vec<f64>> = runs.iter().map(lost).collect();
        let ends: Vec<f64> = lost.iter().map(|lost| lost.last().copied().unwrap_or(0.0)).collect();
        if 2 * ends.iter().filter(|end| **end > 0.5).count() <= runs.len() {
            return None;
        }
        let rate = lost.iter().map(|lost| per_interval(lost)).sum::<f64>() / (runs.len() as f64 * interval_s);
        let lost = t_interval(&ends, confidence).within(0.0, f64::INFINITY);
        let left = of - lost.mean;
        let lasts_s = (left >= 0.05).then(|| if rate > 0.0 { left / rate } else { f64::INFINITY });
        Some(LossResult { station: label.clone(), lost, of, lasts_s })
    };
    labels.iter().filter_map(result).collect()
}

/// How many are lost in an interval, of those lost by the end of each: on average since the last time that any were given back,
/// or else since the first was lost.
fn per_interval(lost: &[f64]) -> f64 {
    let Some(last) = lost.len().checked_sub(1) else { return 0.0 };
    let since = |from: usize| (lost[last] - lost[from]) / (last - from) as f64;
    let is_given_back = |at: &usize| lost[*at] <= 0.0 || (*at > 0 && lost[*at] < lost[at - 1] - 1e-9);
    match (0..last).rev().find(is_given_back) {
        Some(from) => since(from).max(0.0),
        // Lost from the first interval on.
        None => lost[last] / lost.len() as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_since_the_last_restart() {
        for (lost, per) in [
            (&[0.0, 0.0, 1.0, 2.0, 3.0][..], 1.0),
            // All were given back, then half; what was lost before is no matter.
            (&[0.0, 9.0, 0.0, 0.0, 2.0, 4.0], 2.0),
            (&[0.0, 4.0, 8.0, 4.0, 6.0, 8.0], 2.0),
            // Nothing is lost any more.
            (&[0.0, 9.0, 9.0, 4.0, 4.0, 4.0], 0.0),
            (&[2.0, 4.0], 2.0),
            (&[0.0, 0.0], 0.0),
            (&[], 0.0),
        ] {
            assert_eq!(per_interval(lost), per, "{lost:?}");
        }
    }
}
