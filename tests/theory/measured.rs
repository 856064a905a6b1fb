//! Reads measures off results.

use brownout::experiment::{LatencyResults, Results, StationResults, station_label};
use brownout::stats::Estimate;

use crate::case::Measure;

/// A measured value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) estimate: Estimate,
    /// Whether the interval has the confidence it says; else it is wider than it need be.
    pub(crate) sharp: bool,
}

fn sharp(estimate: Estimate) -> Reading {
    Reading { estimate, sharp: true }
}

fn time(latency: Option<LatencyResults>, which: &str) -> Option<Estimate> {
    let latency = latency?;
    match which {
        "mean" => Some(latency.mean_s),
        "p50" => Some(latency.p50_s),
        "p95" => Some(latency.p95_s),
        "p99" => Some(latency.p99_s),
        "p999" => Some(latency.p999_s),
        _ => None,
    }
}

fn of_station(station: &StationResults, which: &str) -> Option<Estimate> {
    match which {
        "utilisation" => Some(station.utilisation),
        "queue" => Some(station.queue),
        "busy" => Some(station.busy),
        "waited" => station.waited_share,
        "full" => Some(station.full_share),
        "visits" => Some(station.visits_per_s),
        "rejected" => Some(station.rejected_per_s),
        wait => time(station.wait, wait.strip_prefix("wait ")?),
    }
}

fn of_operation(results: &Results, name: &str, which: &str) -> Option<Estimate> {
    let operation = results.windows[0].operations.iter().find(|o| o.name.name == name)?;
    match which {
        "failed" => Some(operation.failed_share),
        "served" => Some(operation.served_per_s),
        other => time(operation.latency, other).or_else(|| {
            let named = operation.causes.iter().find(|(cause, _)| cause.name() == other);
            named.map(|(_, share)| *share)
        }),
    }
}

/// The average over replicas, whose intervals may move together: their half-widths are averaged.
fn average(each: &[Estimate]) -> Option<Reading> {
    let [first, rest @ ..] = each else { return None };
    let count = each.len() as f64;
    let mean = each.iter().map(|estimate| estimate.mean).sum::<f64>() / count;
    let half = each.iter().map(Estimate::half_width).sum::<f64>() / count;
    let estimate = Estimate { mean, low: mean - half, high: mean + half, ..*first };
    Some(if rest.is_empty() { sharp(*first) } else { Reading { estimate, sharp: false } })
}

fn mapped(reading: Reading, function: impl Fn(f64) -> f64) -> Reading {
    let Estimate { mean, low, high, .. } = reading.estimate;
    let (a, b) = (function(low), function(high));
    let estimate = Estimate { mean: function(mean), low: a.min(b), high: a.max(b), ..reading.estimate };
    Reading { estimate, ..reading }
}

/// The value of a measure, if there is anything to read.
pub(crate) fn read(results: &Results, measure: &Measure) -> Option<Reading> {
    match measure {
        Measure::Operation(name, which) => of_operation(results, name, which).map(sharp),
        Measure::Station(label, which) => {
            let stations =
                results.windows[0].stations.iter().filter(|station| station_label(&station.name) == *label);
            let each: Option<Vec<Estimate>> = stations.map(|station| of_station(station, which)).collect();
            average(&each?)
        }
        Measure::InFlight(at_s, systems) => {
            let index = results.series.times_s.iter().position(|t| (t - at_s).abs() < 1e-6)?;
            let band = results.series.in_flight[index];
            let (n, confidence) = (results.replications, results.confidence);
            let estimate = Estimate { mean: band.mean, low: band.low, high: band.high, n, confidence };
            Some(mapped(sharp(estimate), |total| total / systems))
        }
        Measure::Effect(name) => {
            results.effects.iter().find(|effect| effect.name == *name).map(|effect| sharp(effect.count))
        }
        Measure::Sum(parts) => {
            let parts: Option<Vec<Reading>> = parts.iter().map(|part| read(results, part)).collect();
            let mut parts = parts?.into_iter();
            let first = parts.next()?;
            Some(parts.fold(first, |total, part| {
                let (a, b) = (total.estimate, part.estimate);
                let estimate =
                    Estimate { mean: a.mean + b.mean, low: a.low + b.low, high: a.high + b.high, ..a };
                Reading { estimate, sharp: false }
            }))
        }
        Measure::Via(inner, function) => Some(mapped(read(results, inner)?, function)),
        Measure::Linear(inner, factor, offset) => {
            Some(mapped(read(results, inner)?, |value| offset + factor * value))
        }
    }
}
