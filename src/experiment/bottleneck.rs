//! What limits a system, in one or two sentences with their evidence.

use super::results::{Bottleneck, OperationResults, Series, StationResults, WindowResults};
use super::summary::station_label;
use crate::component::{StationKind, View};
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

/// How much a station holds the rest up: whom it turned away, who waits, how full it is.
fn pressure(station: &StationResults) -> f64 {
    let turned_away = station.rejected_per_s.mean + station.gave_up_per_s.mean;
    let full = station.full_share.mean.max(station.utilisation.mean);
    turned_away * 1e3 * full + station.queue.mean * full + full
}

/// Finds the window where it shows most, the station that runs out, and what is behind it.
pub(super) fn find_bottleneck(plan: &Plan, windows: &[WindowResults], series: &Series) -> Option<Bottleneck> {
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
    let ranked = |filter: &dyn Fn(&StationResults) -> bool| {
        let candidates = stations.iter().enumerate().filter(|(_, s)| filter(s));
        candidates.max_by(|a, b| pressure(a.1).total_cmp(&pressure(b.1))).map(|(index, _)| index)
    };
    let station = ranked(&|station| station.name.kind != StationKind::Locks)?;
    let first = &stations[station];
    if first.utilisation.mean < 0.5 && first.full_share.mean < 0.05 && first.queue.mean < 0.5 {
        return None;
    }
    let since_s = full_since(plan, series, station, first);
    let suffers = &windows[window].operations[operation];
    let cause = suffers.causes.iter().find(|(cause, _)| cause.is_failure()).map(|(cause, _)| *cause);
    let mut sentence = first_sentence(first, since_s);
    let chain = Chain { plan, series, stations };
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
                behind.queue.mean,
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

/// When a station had run out for good, if it had \[s].
fn full_since(plan: &Plan, series: &Series, index: usize, station: &StationResults) -> Option<f64> {
    // An interval without a free server happens to the best of queues; running out is another thing.
    let ran_out = station.full_share.mean >= 0.5 && station.utilisation.mean >= 0.9;
    series.stations.get(index).filter(|_| ran_out).and_then(|s| {
        let full = s.utilisation.iter().position(|band| band.mean >= 0.98)?;
        Some(full as f64 * plan.interval.as_secs_f64())
    })
}

fn first_sentence(station: &StationResults, since_s: Option<f64>) -> String {
    let name = station_label(&station.name);
    let each = if station.name.replicas > 1 { " of each replica" } else { "" };
    let capacity = station.name.capacity;
    let taken = match since_s {
        Some(since) if capacity >= 2.0 => {
            format!("{name} run out: from {} all {capacity:.0}{each} are taken", clock(since))
        }
        Some(since) => format!("{name} run out: from {} there is none free", clock(since)),
        None => format!("{name} are the busiest: {} used", per_cent(station.utilisation.mean)),
    };
    let refused = station.rejected_per_s.mean;
    let waiting = station.queue.mean;
    let lost = match station.lost.mean {
        lost if lost >= 0.05 => format!(" On average {lost:.1} of them are never given back."),
        _ => String::new(),
    };
    if refused >= 0.05 {
        format!("{taken}, and {refused:.1} requests a second find no room.{lost}")
    } else if waiting >= 0.5 {
        format!("{taken}, and {waiting:.1} wait on average.{lost}")
    } else {
        format!("{taken}.{lost}")
    }
}

/// Who holds what while waiting for what.
struct Chain<'c> {
    plan: &'c Plan,
    series: &'c Series,
    stations: &'c [StationResults],
}

impl Chain<'_> {
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
            let since = full_since(self.plan, self.series, index, held);
            let since =
                since.map_or_else(String::new, |since| format!(", all of them from {}", clock(since)));
            let (label, each) = (station_label(&held.name), self.each(index));
            format!(
                " Who waits for them holds {} of {:.0} {label}{each}{since}.",
                count(held.busy.mean),
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
            let mut link =
                format!(" Who has them waits for {label}, {}{at} on average", count(next.queue.mean));
            if let Some(since) = full_since(self.plan, self.series, index, next) {
                let (capacity, each) = (next.name.capacity, self.each(index));
                link.push_str(&format!(": from {} all {capacity:.0}{each} are taken", clock(since)));
            }
            if next.lost.mean >= 0.05 {
                link.push_str(&format!(", {} of them never given back", count(next.lost.mean)));
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
