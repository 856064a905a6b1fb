//! What limits a system, in one or two sentences with their evidence.

use super::chain::{Link, LinkFact};
use super::results::{Bottleneck, OperationResults, Series, StationResults, WindowResults};
use super::summary::station_label;
use crate::component::{StationKind, View};
use crate::record::Cause;
use crate::scenario::Plan;

/// Stations that do the work, rather than hold something while others do it.
fn works(kind: StationKind) -> bool {
    match kind {
        StationKind::Servers
        | StationKind::Cores
        | StationKind::Flush
        | StationKind::Appliers
        | StationKind::CommandLoop
        | StationKind::Consumer
        | StationKind::External
        | StationKind::LinkThere
        | StationKind::LinkBack => true,
        StationKind::Requests | StationKind::Threads | StationKind::Connections | StationKind::Locks => false,
    }
}

fn clock(secs: f64) -> String {
    let whole = secs.max(0.0).round() as u64;
    let (minutes, seconds) = (whole / 60, whole % 60);
    if minutes > 0 { format!("{minutes} min {seconds:02} s") } else { format!("{seconds} s") }
}

fn per_cent(share: f64) -> String {
    if share < 0.1 { format!("{:.1} %", share * 100.0) } else { format!("{:.0} %", share * 100.0) }
}

/// How badly an operation does in a window: how many requests fail, then how slow it is.
fn suffering(operation: &OperationResults) -> f64 {
    let failed = if operation.failed_share.mean.is_finite() { operation.failed_share.mean } else { 0.0 };
    let slow = operation.latency.map_or(0.0, |latency| latency.p95_s.mean);
    failed * operation.offered_per_s.mean * 1e6 + slow
}

/// How much a station holds the rest up: whom it turned away, who waits, how full it is. What waits for a consumer is in its
/// topic, and is nobody.
fn pressure(station: &StationResults) -> f64 {
    let turned_away = station.rejected_per_s.mean + station.gave_up_per_s.mean;
    let full = station.full_share.mean.max(station.utilisation.mean);
    let waiting = if station.name.kind == StationKind::Consumer { 0.0 } else { station.queue.mean };
    turned_away * 1e3 * full + waiting * full + full
}

/// Whether requests fail for this at a station.
fn fails_for(cause: Option<Cause>, station: &StationResults) -> bool {
    /// A rate that is worth telling [1/s].
    const TOLD_PER_S: f64 = 0.005;
    match cause {
        Some(Cause::PoolTimeout) => {
            station.name.kind == StationKind::Connections && station.gave_up_per_s.mean > TOLD_PER_S
        }
        Some(Cause::QueueFull) => {
            station.name.kind != StationKind::Consumer && station.rejected_per_s.mean > TOLD_PER_S
        }
        _ => false,
    }
}

/// Finds the window where it shows most, the station that runs out, and what is behind it: of what the worst operation
/// mostly fails for, if a station turns requests away for that.
pub(super) fn find_bottleneck(
    plan: &Plan,
    windows: &[WindowResults],
    series: &Series,
    links: &[Link],
) -> Option<Bottleneck> {
    let clients = |window: &WindowResults| {
        let operations = window.operations.iter().enumerate();
        let seen = operations.filter(|(_, o)| o.name.view == View::Client && o.count > 0);
        seen.map(|(index, o)| (index, suffering(o))).max_by(|a, b| a.1.total_cmp(&b.1))
    };
    let worst = windows
        .iter()
        .enumerate()
        .filter_map(|(w, window)| clients(window).map(|(operation, score)| (w, operation, score)));
    let (window, operation, _) = worst.max_by(|a, b| a.2.total_cmp(&b.2))?;
    let stations = &windows[window].stations;
    let suffers = &windows[window].operations[operation];
    let cause = suffers.causes.iter().find(|(cause, _)| cause.is_failure()).map(|(cause, _)| *cause);
    let candidates = stations.iter().enumerate().filter(|(_, it)| it.name.kind != StationKind::Locks);
    let (station, first) = candidates.max_by(|(_, a), (_, b)| {
        let by_cause = fails_for(cause, a).cmp(&fails_for(cause, b));
        by_cause.then(pressure(a).total_cmp(&pressure(b)))
    })?;
    if first.utilisation.mean < 0.5 && first.full_share.mean < 0.05 && first.queue.mean < 0.5 {
        return None;
    }
    let chain = Chain { plan, series, stations, links };
    let since_s = chain.since_s(station);
    let mut sentence = chain.first_sentence(station, since_s);
    sentence.push_str(&chain.upstream(station));
    let downstream = chain.downstream(station);
    sentence.push_str(&downstream);
    if downstream.is_empty() && !works(first.name.kind) {
        // What the holders wait for: the rest of the same component.
        let behind = stations
            .iter()
            .enumerate()
            .filter(|(index, s)| *index != station && s.name.component == first.name.component)
            .filter(|(_, s)| works(s.name.kind) && s.utilisation.mean > 0.5)
            .max_by(|a, b| pressure(a.1).total_cmp(&pressure(b.1)))
            .map(|(_, s)| s);
        if let Some(behind) = behind {
            sentence.push_str(&format!(
                " Behind them {} are {} used, with {:.0} waiting{}.",
                station_label(&behind.name),
                per_cent(behind.utilisation.mean),
                chain
                    .mean(stations.iter().position(|it| std::ptr::eq(it, behind)).unwrap_or(station), |it| {
                        it.queue.mean
                    }),
                if behind.name.replicas > 1 { " at each replica" } else { "" }
            ));
        }
    }
    let failed = suffers.failed_share.mean;
    if failed.is_finite() && failed > 0.0 {
        let why = cause.map_or_else(String::new, |cause| format!(", mostly {}", cause.label()));
        sentence.push_str(&format!(" {}: {} fail{why}.", suffers.name.name, per_cent(failed)));
    }
    Some(Bottleneck { window, station, operation, cause, since_s, sentence })
}

/// Who holds what while waiting for what.
struct Chain<'c> {
    plan: &'c Plan,
    series: &'c Series,
    stations: &'c [StationResults],
    links: &'c [Link],
}

impl Chain<'_> {
    /// The replicas of a station.
    fn replicas(&self, index: usize) -> impl Iterator<Item = &StationResults> {
        let label = station_label(&self.stations[index].name);
        self.stations.iter().filter(move |station| station_label(&station.name) == label)
    }

    /// Over the replicas of a station.
    fn mean(&self, index: usize, value: fn(&StationResults) -> f64) -> f64 {
        self.sum(index, value) / self.replicas(index).count().max(1) as f64
    }

    /// Of the replicas of a station together.
    fn sum(&self, index: usize, value: fn(&StationResults) -> f64) -> f64 {
        self.replicas(index).map(value).sum()
    }

    /// Since when a station has run out for good, if it has \[s]: as the chain of the incident has it.
    fn since_s(&self, index: usize) -> Option<f64> {
        let station = &self.stations[index];
        // An interval without a free server happens to the best of queues; running out is another thing.
        if station.full_share.mean < 0.5 || station.utilisation.mean < 0.9 {
            return None;
        }
        let label = station_label(&station.name);
        let is_it =
            |link: &&Link| matches!(&link.fact, LinkFact::Saturated { station, .. } if *station == label);
        let in_series = || {
            let used = &self.series.stations.get(index)?.utilisation;
            let full = used.iter().position(|band| band.mean >= 0.98)?;
            Some(full as f64 * self.plan.interval.as_secs_f64())
        };
        self.links.iter().find(is_it).map(|link| link.at_s).or_else(in_series)
    }

    fn first_sentence(&self, index: usize, since_s: Option<f64>) -> String {
        let station = &self.stations[index];
        let (name, each) = (station_label(&station.name), self.each(index));
        let capacity = station.name.capacity;
        let taken = match since_s {
            Some(since) if capacity >= 2.0 => {
                format!("{name} run short from {} on, until all {capacity:.0}{each} are taken", clock(since))
            }
            Some(since) => format!("{name} run short from {} on, until there is none free", clock(since)),
            None => format!("{name} are the busiest: {} used", per_cent(station.utilisation.mean)),
        };
        let refused = self.sum(index, |it| it.rejected_per_s.mean);
        let waiting = self.mean(index, |it| it.queue.mean);
        let lost = match self.sum(index, |it| it.lost.mean) {
            lost if lost >= 0.05 => {
                let all = self.sum(index, |it| it.name.capacity);
                format!(" On average {} of {all:.0} are never given back.", count(lost))
            }
            _ => String::new(),
        };
        if refused >= 0.05 {
            let together = if station.name.replicas > 1 { ", all replicas together" } else { "" };
            format!("{taken}, and {refused:.1} requests a second find no room{together}.{lost}")
        } else if waiting >= 0.5 {
            let at = if station.name.replicas > 1 { " at each replica" } else { "" };
            format!("{taken}, and {} wait{at} on average.{lost}", count(waiting))
        } else {
            format!("{taken}.{lost}")
        }
    }

    /// The stations along the chain at `station`, itself left out: those that are held by whoever waits for it, or
    /// those that its own holders wait for. At each the one that holds the rest up most.
    fn along(&self, station: usize, up: bool) -> Vec<usize> {
        let mut found = vec![station];
        loop {
            let current = found[found.len() - 1];
            let first = current - usize::from(self.stations[current].name.replica);
            let next = self.plan.assembly.waits.iter().filter_map(|(held, on)| match up {
                true => (*on == first).then_some(*held),
                false => (*held == first).then_some(*on),
            });
            let stuck = |index: &usize| {
                let station = &self.stations[*index];
                if up { station.utilisation.mean >= 0.5 } else { station.queue.mean >= 0.5 }
            };
            let next = next.map(|index| self.same_replica(index, current));
            let worst = next
                .filter(|index| !found.contains(index))
                .filter(stuck)
                .max_by(|a, b| pressure(&self.stations[*a]).total_cmp(&pressure(&self.stations[*b])));
            let Some(worst) = worst else { break };
            found.push(worst);
        }
        found.split_off(1)
    }

    /// The station of the replica that `of` is in, where both are parts of one process; else the worst of them.
    fn same_replica(&self, first: usize, of: usize) -> usize {
        let (own, other) = (&self.stations[first].name, &self.stations[of].name);
        if own.replicas == other.replicas {
            return first + usize::from(other.replica);
        }
        let all = first..first + usize::from(own.replicas);
        let worst = all.max_by(|a, b| pressure(&self.stations[*a]).total_cmp(&pressure(&self.stations[*b])));
        worst.unwrap_or(first)
    }

    fn each(&self, index: usize) -> &'static str {
        if self.stations[index].name.replicas > 1 { " of each replica" } else { "" }
    }

    /// Who is held by those that wait for `station`: how many, and since when all of them.
    fn upstream(&self, station: usize) -> String {
        let links = self.along(station, true).into_iter().map(|index| {
            let held = &self.stations[index];
            let since = self.since_s(index);
            let since =
                since.map_or_else(String::new, |since| format!(", which run short from {} on", clock(since)));
            let (label, each) = (station_label(&held.name), self.each(index));
            format!(
                " Who waits for them holds {} of {:.0} {label}{each}{since}.",
                count(self.mean(index, |it| it.busy.mean)),
                held.name.capacity
            )
        });
        links.collect()
    }

    /// What those wait for who have `station`: how many, since when there is none, and what of it is gone for good.
    fn downstream(&self, station: usize) -> String {
        let links = self.along(station, false).into_iter().map(|index| {
            let next = &self.stations[index];
            let label = station_label(&next.name);
            let at = if next.name.replicas > 1 { " at each replica" } else { "" };
            let mut link = format!(
                " Who has them waits for {label}, {}{at} on average",
                count(self.mean(index, |it| it.queue.mean))
            );
            if let Some(since) = self.since_s(index) {
                let (capacity, each) = (next.name.capacity, self.each(index));
                link.push_str(&format!(
                    ": these run short from {} on, until all {capacity:.0}{each} are taken",
                    clock(since)
                ));
            }
            let lost = self.sum(index, |it| it.lost.mean);
            if lost >= 0.05 {
                let all = self.sum(index, |it| it.name.capacity);
                link.push_str(&format!(", {} of {all:.0} in all never given back", count(lost)));
            }
            link + "."
        });
        links.collect()
    }
}

/// A mean number, without digits that say nothing.
fn count(mean: f64) -> String {
    if mean >= 99.5 { format!("{mean:.0}") } else { format!("{mean:.1}") }
}
