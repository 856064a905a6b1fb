//! What followed from what in an incident, each link with its time and its evidence, read from the series.

use super::results::{Band, OperationSeries, Series, TimelineResult, WindowResults};
use super::summary::station_label;
use crate::component::{StationKind, View};
use crate::record::{Cause, HappeningKind};

/// One link of the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// When: of a happening the median of the first times, else the beginning of the interval in which the means over the
    /// runs first show it \[s].
    pub at_s: f64,
    /// What.
    pub fact: LinkFact,
}

/// What a link says.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkFact {
    /// A fault, alert, person or step.
    Happened {
        /// What.
        kind: HappeningKind,
        /// To whom.
        subject: String,
        /// In how many runs.
        runs: u32,
    },
    /// Fewer look-ups of a cache server find their entry.
    Misses {
        /// The cache server.
        cache: String,
        /// Share that did before.
        before: f64,
        /// Share that does; NaN where nobody can ask.
        now: f64,
    },
    /// A station has none free.
    Saturated {
        /// The station.
        station: String,
        /// Share in use before.
        before: f64,
        /// The most that wait from then on.
        waiting: f64,
    },
    /// Requests of an operation fail.
    Fails {
        /// The operation.
        operation: String,
        /// The largest share of an interval from then on.
        most: f64,
        /// Why most of them do, if it is known, and what those were answered with; empty if nobody answered.
        cause: Option<(Cause, String)>,
    },
    /// Requests of an operation take long.
    Slow {
        /// The operation.
        operation: String,
        /// The 95th percentile before \[s].
        before_s: f64,
        /// The largest of an interval from then on \[s].
        most_s: f64,
    },
    /// An operation does as before from then on.
    Back {
        /// The operation.
        operation: String,
    },
}

/// What a chain is read from.
pub(super) struct Seen<'a> {
    pub(super) series: &'a Series,
    pub(super) windows: &'a [WindowResults],
    pub(super) timeline: &'a [TimelineResult],
    pub(super) warm_up_s: f64,
    /// When the incident begins.
    pub(super) from_s: f64,
}

/// Intervals in a row that make a change, so that one unlucky interval is none.
const IN_A_ROW: usize = 2;
/// Share in use from which a station has none free.
const FULL: f64 = 0.98;
/// An operation fails if this share does beyond that before.
const FAILS: f64 = 0.01;
/// An operation is slow if its 95th percentile is so many times that before.
const SLOW: f64 = 2.0;
/// A cache misses if this share fewer of its look-ups hit.
const MISSES: f64 = 0.1;

/// The chain of an incident, in the order of time.
pub(super) fn chain(seen: &Seen<'_>) -> Vec<Link> {
    let told = |entry: &&TimelineResult| {
        entry.median_s >= seen.from_s - 1e-9
            && !matches!(entry.kind, HappeningKind::AlertPending | HappeningKind::RuleFailed)
    };
    let happened = seen.timeline.iter().filter(told).map(|entry| Link {
        at_s: entry.median_s,
        fact: LinkFact::Happened { kind: entry.kind, subject: entry.subject.clone(), runs: entry.runs },
    });
    let mut links: Vec<Link> = happened.collect();
    links.extend(seen.caches());
    links.extend(seen.stations());
    links.extend(seen.operations());
    // Stable: at one time, causes come before what they do.
    links.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    links
}

impl Seen<'_> {
    /// The intervals of calm before the incident, and the first one of it.
    fn calm(&self) -> (std::ops::Range<usize>, usize) {
        let times = &self.series.times_s;
        let ends_by = |at: f64| times.partition_point(|end| *end <= at + 1e-9);
        let first = ends_by(self.from_s);
        (ends_by(self.warm_up_s).min(first)..first, first)
    }

    /// When an interval begins \[s].
    fn begins_s(&self, index: usize) -> f64 {
        index.checked_sub(1).and_then(|index| self.series.times_s.get(index)).copied().unwrap_or(0.0)
    }

    fn caches(&self) -> Vec<Link> {
        let (calm, first) = self.calm();
        let of = |metric: &str, component: &str| {
            let all = self.series.observed.iter();
            all.filter(|it| it.metric == metric && it.part.is_empty()).find(|it| it.component == component)
        };
        let caches = self.series.observed.iter().filter(|it| it.metric == "hits_per_s" && it.part.is_empty());
        let link = |hits: &super::results::ObservedSeries| {
            let misses = of("misses_per_s", &hits.component)?;
            let ratios: Vec<f64> = hits
                .values
                .iter()
                .zip(&misses.values)
                .map(|(hits, misses)| hits.mean / (hits.mean + misses.mean))
                .collect();
            let before = mean(ratios.get(calm.clone())?)?;
            let at = first_run(&ratios, first, |ratio| ratio.is_nan() || ratio < before - MISSES)?;
            let fact = LinkFact::Misses { cache: hits.component.clone(), before, now: ratios[at] };
            Some(Link { at_s: self.begins_s(at), fact })
        };
        caches.filter_map(link).collect()
    }

    /// Stations that fill up; of replicas the first that does.
    fn stations(&self) -> Vec<Link> {
        let (calm, first) = self.calm();
        let mut links: Vec<Link> = Vec::new();
        for station in self.series.stations.iter().filter(|it| it.name.kind != StationKind::Locks) {
            let used = means(&station.utilisation);
            let Some(before) = used.get(calm.clone()).and_then(mean) else { continue };
            let Some(at) = first_run(&used, first, |used| used >= FULL).filter(|_| before < FULL) else {
                continue;
            };
            let waiting = means(&station.queue)[at..].iter().copied().fold(0.0, f64::max);
            let (at_s, label) = (self.begins_s(at), station_label(&station.name));
            let known = links
                .iter_mut()
                .find(|link| matches!(&link.fact, LinkFact::Saturated { station, .. } if *station == label));
            match known {
                Some(known) if known.at_s <= at_s => {}
                Some(known) => known.at_s = at_s,
                None => {
                    links.push(Link { at_s, fact: LinkFact::Saturated { station: label, before, waiting } })
                }
            }
        }
        links
    }

    fn operations(&self) -> Vec<Link> {
        let clients =
            self.series.operations.iter().enumerate().filter(|(_, it)| it.name.view == View::Client);
        clients.flat_map(|(index, operation)| self.operation(index, operation)).collect()
    }

    fn operation(&self, index: usize, operation: &OperationSeries) -> Vec<Link> {
        let (calm, first) = self.calm();
        let name = || operation.name.name.clone();
        let failed: Vec<f64> = operation
            .failed_per_s
            .iter()
            .zip(&operation.served_per_s)
            .map(|(failed, served)| failed.mean / (failed.mean + served.mean))
            .collect();
        let p95 = means(&operation.p95_s);
        let of_calm = |values: &[f64]| values.get(calm.clone()).and_then(mean);
        let (calm_failed, calm_p95) = (of_calm(&failed).unwrap_or(0.0), of_calm(&p95));
        let fails = |share: f64| share > calm_failed + FAILS;
        let slow = |secs: f64| calm_p95.is_some_and(|calm| secs > SLOW * calm);
        let most = |values: &[f64], from: usize| values[from..].iter().copied().fold(f64::NAN, f64::max);
        let mut links = Vec::new();
        if let Some(at) = first_run(&failed, first, fails) {
            let fact =
                LinkFact::Fails { operation: name(), most: most(&failed, at), cause: self.cause(index) };
            links.push(Link { at_s: self.begins_s(at), fact });
        }
        if let (Some(at), Some(before_s)) = (first_run(&p95, first, slow), calm_p95) {
            let fact = LinkFact::Slow { operation: name(), before_s, most_s: most(&p95, at) };
            links.push(Link { at_s: self.begins_s(at), fact });
        }
        let bad = |index: &usize| fails(failed[*index]) || p95.get(*index).copied().is_some_and(slow);
        let last_bad = (first..failed.len()).rev().find(bad);
        if let Some(last) = last_bad.filter(|last| !links.is_empty() && last + 1 < failed.len()) {
            links.push(Link { at_s: self.begins_s(last + 1), fact: LinkFact::Back { operation: name() } });
        }
        links
    }

    /// Why most requests of an operation failed, in the window in which most did.
    fn cause(&self, operation: usize) -> Option<(Cause, String)> {
        let of = |window: &WindowResults| window.operations[operation].failed_share.mean;
        let windows = self.windows.iter().filter(|window| of(window).is_finite());
        let worst = windows.max_by(|a, b| of(a).total_cmp(&of(b)))?;
        let worst = &worst.operations[operation];
        let cause = worst.causes.iter().map(|(cause, _)| *cause).find(|cause| cause.is_failure())?;
        Some((cause, worst.statuses.text(cause)))
    }
}

fn means(bands: &[Band]) -> Vec<f64> {
    bands.iter().map(|band| band.mean).collect()
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
    use crate::component::OperationName;

    fn bands(values: &[f64]) -> Vec<Band> {
        values.iter().map(|mean| Band { mean: *mean, low: *mean, high: *mean }).collect()
    }

    #[test]
    fn an_operation_fails_is_slow_and_is_back() {
        let series = Series {
            times_s: (1..=8).map(|index| f64::from(index) * 10.0).collect(),
            operations: vec![OperationSeries {
                name: OperationName { name: "a".to_owned(), view: View::Client },
                offered_per_s: bands(&[10.0; 8]),
                served_per_s: bands(&[10.0, 10.0, 10.0, 5.0, 5.0, 10.0, 10.0, 10.0]),
                failed_per_s: bands(&[0.0, 0.0, 0.0, 5.0, 5.0, 0.0, 0.0, 0.0]),
                p50_s: bands(&[0.1; 8]),
                p95_s: bands(&[0.125, 0.125, 0.125, 0.125, 0.375, 0.5, 0.125, 0.125]),
                p99_s: bands(&[0.1; 8]),
            }],
            ..Series::default()
        };
        let timeline = [TimelineResult {
            kind: HappeningKind::FaultBegan,
            subject: "f".to_owned(),
            detail: String::new(),
            runs: 1,
            median_s: 30.0,
            first_s: 30.0,
            last_s: 30.0,
        }];
        let seen = Seen { series: &series, windows: &[], timeline: &timeline, warm_up_s: 0.0, from_s: 30.0 };
        let found: Vec<(f64, LinkFact)> =
            chain(&seen).into_iter().map(|link| (link.at_s, link.fact)).collect();
        let operation = || "a".to_owned();
        assert_eq!(
            found,
            [
                (
                    30.0,
                    LinkFact::Happened { kind: HappeningKind::FaultBegan, subject: "f".to_owned(), runs: 1 }
                ),
                (30.0, LinkFact::Fails { operation: operation(), most: 0.5, cause: None }),
                (40.0, LinkFact::Slow { operation: operation(), before_s: 0.125, most_s: 0.5 }),
                (60.0, LinkFact::Back { operation: operation() }),
            ]
        );
    }

    #[test]
    fn one_interval_is_no_change() {
        assert_eq!(first_run(&[0.0, 1.0, 0.0, 1.0, 1.0], 0, |value| value > 0.5), Some(3));
        assert_eq!(first_run(&[1.0], 0, |_| true), None);
        assert_eq!(first_run(&[], 0, |_| true), None);
    }
}
