//! What limits a system, with its evidence.

use super::chain::{ONE_IN, Seen};
use super::onsets::{beginning, short_since};
use super::results::{Bottleneck, OperationResults, Pressed, Series, StationResults, WindowResults};
use super::summary::station_label;
use crate::component::{StationKind, View};
use crate::record::Cause;
use crate::scenario::Plan;
use crate::stats::median_of;

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

/// How badly an operation does in a window: how many requests fail, then how slow it is. Whom people turn away no station does.
fn suffering(operation: &OperationResults) -> f64 {
    let paused = operation.causes.iter().find(|(cause, _)| *cause == Cause::Paused);
    let failed = operation.failed_share.mean - paused.map_or(0.0, |(_, share)| share.mean);
    let failed = if failed.is_finite() { failed.max(0.0) } else { 0.0 };
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

/// Whether a station has run out: an interval without a free server happens to the best of queues.
fn is_short(station: &StationResults) -> bool {
    station.full_share.mean >= 0.5 && station.utilisation.mean >= 0.9
}

/// Finds the window where it shows most, the station that runs out, and what is behind it: of what the worst operation
/// mostly fails for, if a station turns requests away for that.
pub(super) fn find_bottleneck(
    plan: &Plan,
    windows: &[WindowResults],
    series: &Series,
    seen: Option<&Seen<'_>>,
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
    let failures = || suffers.causes.iter().map(|(cause, _)| *cause).filter(|cause| cause.is_failure());
    let cause = failures().find(|cause| *cause != Cause::Paused).or_else(|| failures().next());
    let candidates = stations.iter().enumerate().filter(|(_, it)| it.name.kind != StationKind::Locks);
    let (station, first) = candidates.max_by(|(_, a), (_, b)| {
        let by_cause = fails_for(cause, a).cmp(&fails_for(cause, b));
        by_cause.then(pressure(a).total_cmp(&pressure(b)))
    })?;
    if first.utilisation.mean < 0.5 && first.full_share.mean < 0.05 && first.queue.mean < 0.5 {
        return None;
    }
    let chain = Chain { plan, series, stations, window: &windows[window], seen };
    let pressed = |along: Vec<usize>| along.into_iter().map(|index| chain.pressed(index)).collect();
    let waited_for: Vec<Pressed> = pressed(chain.along(station, false));
    let behind = (waited_for.is_empty() && !works(first.name.kind)).then(|| {
        // What the holders wait for: the rest of the same component.
        let others = stations.iter().enumerate().filter(|(index, it)| {
            *index != station
                && it.name.component == first.name.component
                && works(it.name.kind)
                && it.utilisation.mean > 0.5
        });
        let worst = others.max_by(|a, b| pressure(a.1).total_cmp(&pressure(b.1)));
        worst.map(|(index, _)| chain.pressed(index))
    });
    Some(Bottleneck {
        window,
        station,
        operation,
        cause,
        first: chain.pressed(station),
        held_by_those: pressed(chain.along(station, true)),
        waited_for,
        behind: behind.flatten(),
    })
}

/// Who holds what while waiting for what.
struct Chain<'c> {
    plan: &'c Plan,
    series: &'c Series,
    stations: &'c [StationResults],
    window: &'c WindowResults,
    /// The runs of an incident.
    seen: Option<&'c Seen<'c>>,
}

impl Chain<'_> {
    /// The replicas of a station that are there.
    fn replicas(&self, index: usize) -> impl Iterator<Item = &StationResults> {
        let label = station_label(&self.stations[index].name);
        let all = self.stations.iter().filter(move |station| station_label(&station.name) == label);
        all.filter(|station| station.is_there)
    }

    /// How many replicas of a station do anything: one that is down all the time has nobody waiting.
    fn working(&self, index: usize) -> usize {
        self.replicas(index).filter(|it| it.busy.mean > 0.0 || it.queue.mean > 0.0).count().max(1)
    }

    /// Over the replicas of a station that do anything.
    fn mean(&self, index: usize, value: fn(&StationResults) -> f64) -> f64 {
        self.sum(index, value) / self.working(index) as f64
    }

    /// Of the replicas of a station together.
    fn sum(&self, index: usize, value: fn(&StationResults) -> f64) -> f64 {
        self.replicas(index).map(value).sum()
    }

    /// How many units of a station are lost for good, and of how many, if it is worth telling.
    fn lost(&self, index: usize) -> Option<(f64, f64)> {
        let lost = self.sum(index, |it| it.lost.mean);
        (lost >= 0.05).then(|| (lost, self.sum(index, |it| it.name.capacity)))
    }

    /// When the shortage of a station began that shows in the window, if it has run out \[s]: the median over the runs.
    fn since_s(&self, index: usize) -> Option<f64> {
        if !is_short(&self.stations[index]) {
            return None;
        }
        let label = station_label(&self.stations[index].name);
        let span = (self.window.from.as_secs_f64(), self.window.to.as_secs_f64());
        let in_runs = || {
            let Seen { names, runs, .. } = self.seen?;
            let since = runs.iter().filter_map(|run| short_since(names, *run, &label, span));
            let mut since: Vec<f64> = since.collect();
            since.sort_by(f64::total_cmp);
            (!since.is_empty() && since.len() * ONE_IN >= runs.len()).then(|| median_of(&since))
        };
        let in_series = || {
            let used = &self.series.stations.get(index)?.utilisation;
            let is_full: Vec<bool> = used.iter().map(|band| band.mean >= 0.98).collect();
            let interval_s = self.plan.interval.as_secs_f64();
            let from = (span.0 / interval_s) as usize;
            let at = (from..is_full.len()).find(|at| is_full[*at])?;
            let at_s = |at: usize| at as f64 * interval_s;
            (at_s(at) < span.1).then(|| at_s(beginning(&is_full, (0, from), at)))
        };
        in_runs().or_else(in_series)
    }

    fn pressed(&self, index: usize) -> Pressed {
        let station = &self.stations[index];
        Pressed {
            station: station_label(&station.name),
            replicas: self.working(index) as u16,
            short: self.replicas(index).filter(|it| is_short(it)).count() as u16,
            capacity: station.name.capacity,
            since_s: self.since_s(index),
            is_busiest: self.stations.iter().all(|it| it.utilisation.mean <= station.utilisation.mean),
            used: station.utilisation.mean,
            busy: self.mean(index, |it| it.busy.mean),
            waiting: self.mean(index, |it| it.queue.mean),
            refused_per_s: self.sum(index, |it| it.rejected_per_s.mean),
            lost: self.lost(index),
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
}
