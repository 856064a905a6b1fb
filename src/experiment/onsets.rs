//! When symptoms and shortages begin, run by run: read from a run's own series, against its own calm.

use super::summary::station_label;
use crate::component::{Metric, ObservableName, OperationName, StationKind, StationName, View};
use crate::record::{SeriesPoint, SeriesRecord};

/// One run as it is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeenRun<'a> {
    pub(super) series: &'a SeriesRecord,
    /// Per quantity of stores and topics, its values over time.
    pub(super) observed: &'a [Vec<f64>],
}

/// What is the same in all runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    pub(super) operations: &'a [OperationName],
    pub(super) stations: &'a [StationName],
    pub(super) observables: &'a [ObservableName],
    /// Length of an interval \[s].
    pub(super) interval_s: f64,
    pub(super) warm_up_s: f64,
    /// When the incident begins \[s].
    pub(super) from_s: f64,
}

/// What begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OnsetKind {
    /// Fewer look-ups hit: shares before and then.
    Misses,
    /// None is free, or somebody waits: shares in use before and at most, and the most that wait.
    Short,
    /// Requests fail: the largest share.
    Fails,
    /// Requests take long: the 95th percentile before, and the largest \[s].
    Slow,
    /// It does as before.
    Back,
}

/// Something that begins in a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Onset {
    pub(super) kind: OnsetKind,
    /// The index of the operation or observable, or the first of its replicas' stations.
    pub(super) index: usize,
    /// The beginning of the interval that first shows it \[s].
    pub(super) at_s: f64,
    /// Its evidence, see [`OnsetKind`].
    pub(super) evidence: [f64; 3],
}

/// Intervals in a row that make a change, so that one unlucky interval is none.
const IN_A_ROW: usize = 2;
/// Share in use from which a station has none free.
const FULL: f64 = 0.98;
/// Mean number waiting beyond that of calm from which a station is short.
const WAITING: f64 = 0.5;
/// An operation fails if this share does beyond that before, and so many requests of an interval.
const FAILS: f64 = 0.01;
const FAILURES: u64 = 3;
/// An operation is slow if its 95th percentile is so many times that before.
const SLOW: f64 = 2.0;
/// A cache misses if this share fewer of its look-ups hit.
const MISSES: f64 = 0.1;

/// All that begins in a run.
pub(super) fn onsets(names: &Names<'_>, run: SeenRun<'_>) -> Vec<Onset> {
    let mut all = caches(names, run);
    all.extend(stations(names, run));
    let clients = names.operations.iter().enumerate().filter(|(_, name)| name.view == View::Client);
    all.extend(clients.flat_map(|(index, _)| operation(names, index, &run.series.operations[index])));
    all
}

impl Names<'_> {
    /// The intervals of calm before the incident, and the first one of it.
    fn calm(&self, length: usize) -> (std::ops::Range<usize>, usize) {
        let ends_by = |at_s: f64| ((at_s + 1e-9) / self.interval_s).floor() as usize;
        let first = ends_by(self.from_s).min(length);
        (ends_by(self.warm_up_s).min(first)..first, first)
    }

    fn begins_s(&self, index: usize) -> f64 {
        index as f64 * self.interval_s
    }
}

fn caches(names: &Names<'_>, run: SeenRun<'_>) -> Vec<Onset> {
    let of = |(index, name): (usize, &ObservableName)| {
        let hits = run.observed.get(index).filter(|_| name.metric == Metric::Hits && name.part.is_empty())?;
        let is_misses = |other: &ObservableName| {
            other.metric == Metric::Misses && other.part.is_empty() && other.component == name.component
        };
        let misses = run.observed.get(names.observables.iter().position(is_misses)?)?;
        let ratios: Vec<f64> = hits.iter().zip(misses).map(|(hits, misses)| hits / (hits + misses)).collect();
        let (calm, first) = names.calm(ratios.len());
        let before = mean(&ratios[calm])?;
        let at = first_run(&ratios, first, |ratio| ratio.is_nan() || ratio < before - MISSES)?;
        let evidence = [before, ratios[at], f64::NAN];
        Some(Onset { kind: OnsetKind::Misses, index, at_s: names.begins_s(at), evidence })
    };
    names.observables.iter().enumerate().filter_map(of).collect()
}

/// Stations that fill up; of replicas the first that does.
fn stations(names: &Names<'_>, run: SeenRun<'_>) -> Vec<Onset> {
    let mut found: Vec<Onset> = Vec::new();
    for (index, name) in names.stations.iter().enumerate().filter(|(_, it)| it.kind != StationKind::Locks) {
        let points = &run.series.stations[index];
        let used: Vec<f64> = points.iter().map(|point| point.utilisation).collect();
        let queue: Vec<f64> = points.iter().map(|point| point.queue).collect();
        let (calm, first) = names.calm(points.len());
        let (Some(before), Some(waited)) = (mean(&used[calm.clone()]), mean(&queue[calm])) else { continue };
        let is_full = |at: usize| before < FULL && used[at] >= FULL;
        let short: Vec<f64> = (0..points.len())
            .map(|at| f64::from(u8::from(is_full(at) || queue[at] > waited + WAITING)))
            .collect();
        let Some(at) = first_run(&short, first, |is| is > 0.5) else { continue };
        let most = |values: &[f64]| values[at..].iter().copied().fold(0.0, f64::max);
        let (at_s, evidence) = (names.begins_s(at), [before, most(&used), most(&queue)]);
        let label = station_label(name);
        let known = found.iter_mut().find(|known| station_label(&names.stations[known.index]) == label);
        match known {
            Some(known) => {
                if at_s < known.at_s {
                    (known.at_s, known.evidence[0]) = (at_s, before);
                }
                known.evidence[1] = known.evidence[1].max(evidence[1]);
                known.evidence[2] = known.evidence[2].max(evidence[2]);
            }
            None => {
                let index = names.stations.iter().position(|it| station_label(it) == label).unwrap_or(index);
                found.push(Onset { kind: OnsetKind::Short, index, at_s, evidence });
            }
        }
    }
    found
}

fn operation(names: &Names<'_>, index: usize, points: &[SeriesPoint]) -> Vec<Onset> {
    let (calm, first) = names.calm(points.len());
    let total = |of: fn(&SeriesPoint) -> u64| points[calm.clone()].iter().map(of).sum::<u64>() as f64;
    let (calm_failed, calm_served) = (total(|point| point.failed), total(|point| point.served));
    let bound = calm_failed / (calm_failed + calm_served).max(1.0) + FAILS;
    let failed: Vec<f64> = points
        .iter()
        .map(|point| match point.failed + point.served {
            0 if point.offered > 0 => 1.0,
            ended if point.failed >= FAILURES || point.failed == ended => point.failed as f64 / ended as f64,
            _ => 0.0,
        })
        .collect();
    let p95: Vec<f64> = points.iter().map(|point| point.p95_secs).collect();
    let calm_p95 = mean(&p95[calm]);
    let fails = |share: f64| share > bound;
    let slow = |secs: f64| calm_p95.is_some_and(|calm| secs > SLOW * calm);
    let most = |values: &[f64], from: usize| values[from..].iter().copied().fold(f64::NAN, f64::max);
    let mut found = Vec::new();
    let mut add = |kind, at: usize, evidence| {
        found.push(Onset { kind, index, at_s: names.begins_s(at), evidence });
    };
    let (failing, slowing) = (first_run(&failed, first, fails), first_run(&p95, first, slow));
    if let Some(at) = failing {
        add(OnsetKind::Fails, at, [most(&failed, at), f64::NAN, f64::NAN]);
    }
    if let (Some(at), Some(before_s)) = (slowing, calm_p95) {
        add(OnsetKind::Slow, at, [before_s, most(&p95, at), f64::NAN]);
    }
    let bad = |at: usize| fails(failed[at]) || slow(p95[at]);
    let last = (first + 1..points.len()).rev().find(|at| bad(*at) && bad(*at - 1));
    if let Some(last) = last.filter(|last| failing.or(slowing).is_some() && last + 1 < points.len()) {
        add(OnsetKind::Back, last + 1, [f64::NAN; 3]);
    }
    found
}

fn mean(values: &[f64]) -> Option<f64> {
    let known: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

/// The first interval from which so many in a row are so.
fn first_run(values: &[f64], first: usize, is: impl Fn(f64) -> bool) -> Option<usize> {
    let last = values.len().checked_sub(IN_A_ROW)?;
    (first..=last).find(|start| values[*start..start + IN_A_ROW].iter().all(|value| is(*value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::StationPoint;

    fn points(counts: [(u64, u64, f64); 8]) -> Vec<SeriesPoint> {
        let point = |(served, failed, p95_secs): (u64, u64, f64)| SeriesPoint {
            offered: served + failed,
            served,
            failed,
            p95_secs,
            ..SeriesPoint::default()
        };
        counts.map(point).to_vec()
    }

    fn names<'a>(operations: &'a [OperationName], stations: &'a [StationName]) -> Names<'a> {
        Names { operations, stations, observables: &[], interval_s: 10.0, warm_up_s: 0.0, from_s: 30.0 }
    }

    #[test]
    fn an_operation_fails_is_slow_and_is_back() {
        let good = (100, 0, 0.125);
        let series = SeriesRecord {
            operations: vec![points([
                good,
                good,
                good,
                (50, 50, 0.125),
                (50, 50, 0.375),
                (100, 0, 0.5),
                good,
                good,
            ])],
            ..SeriesRecord::default()
        };
        let operations = [OperationName { name: "a".to_owned(), view: View::Client }];
        let found = onsets(&names(&operations, &[]), SeenRun { series: &series, observed: &[] });
        let found: Vec<(OnsetKind, f64)> = found.iter().map(|onset| (onset.kind, onset.at_s)).collect();
        assert_eq!(found, [(OnsetKind::Fails, 30.0), (OnsetKind::Slow, 40.0), (OnsetKind::Back, 60.0)]);
    }

    #[test]
    fn of_replicas_the_first_counts_and_a_queue_is_a_shortage() {
        let name = |replica| StationName {
            component: "shop".to_owned(),
            kind: StationKind::Connections,
            replica,
            replicas: 2,
            capacity: 10.0,
        };
        let point = |utilisation: f64, queue: f64| StationPoint { utilisation, queue, lost: 0.0 };
        let (calm, full, waits) = (point(0.5, 0.0), point(1.0, 30.0), point(0.75, 2.0));
        let series = SeriesRecord {
            stations: vec![
                vec![calm, calm, calm, calm, calm, calm, full, full],
                vec![calm, calm, calm, calm, waits, waits, waits, full],
            ],
            ..SeriesRecord::default()
        };
        let stations = [name(0), name(1)];
        let found = onsets(&names(&[], &stations), SeenRun { series: &series, observed: &[] });
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].index, found[0].at_s, found[0].evidence), (0, 40.0, [0.5, 1.0, 30.0]));
    }

    #[test]
    fn one_interval_is_no_change() {
        assert_eq!(first_run(&[0.0, 1.0, 0.0, 1.0, 1.0], 0, |value| value > 0.5), Some(3));
        assert_eq!(first_run(&[1.0], 0, |_| true), None);
        assert_eq!(first_run(&[], 0, |_| true), None);
    }
}
