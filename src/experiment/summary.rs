//! One run in numbers: what is kept of its record.

use super::growth::growing_from;
use super::incident::RunOutcomes;
use super::measure::Sample;
use super::recovery::{Bounds, Calm, calms, collapsed};
use super::{incident, measure};
use crate::component::{StationKind, StationName, View};
use crate::record::{
    Cause, Ending, Happening, Histogram, Milestone, ObservedSegment, OperationRecord, RunRecord, SeriesPoint,
    SeriesRecord, StationPoint, StationRecord, Statuses, TimeParts,
};
use crate::scenario::{Plan, in_time};
use crate::units::{Instant, Span};

/// One run in numbers.
#[derive(Clone, Debug)]
pub(super) struct RunSummary {
    /// Since when the queues of stations grew until the end \[s], where they did.
    pub(super) growing_s: Vec<Option<f64>>,
    pub(super) windows: Vec<WindowSummary>,
    pub(super) series: SeriesRecord,
    /// Per quantity of stores and topics, its values over time.
    pub(super) observed: Vec<Vec<f64>>,
    pub(super) milestones: Vec<Milestone>,
    pub(super) effects: Vec<u64>,
    pub(super) happenings: Vec<Happening>,
    pub(super) requests: u64,
    pub(super) events: u64,
    pub(super) fingerprint: u64,
    pub(super) ending: Ending,
    /// Per operation: time from the end of the disturbance to recovery, if it recovered.
    pub(super) recovered: Vec<Option<f64>>,
    pub(super) collapsed: bool,
    /// What the incident came to, where there is one.
    pub(super) outcomes: Option<RunOutcomes>,
    /// Per claim.
    pub(super) claims: Vec<Sample>,
}

/// What of a run is known before its outcomes.
pub(super) struct Found<'a> {
    /// Ends of the segments.
    pub(super) ends: &'a [Instant],
    pub(super) warm_up: Span,
    /// Per operation: how well it did before the incident; empty without one.
    pub(super) calms: &'a [Calm],
    /// Per operation: time from the end of the disturbance to recovery, if it recovered.
    pub(super) recovered: &'a [Option<f64>],
    pub(super) collapsed: bool,
}

impl Found<'_> {
    /// The segments that lie in a span.
    pub(super) fn inside(&self, from: Instant, to: Instant) -> Vec<usize> {
        let starts = std::iter::once(Instant::START).chain(self.ends.iter().copied());
        let segments = starts.zip(self.ends).enumerate();
        segments.filter(|(_, (start, end))| *start >= from && **end <= to).map(|(index, _)| index).collect()
    }
}

/// One window of one run.
#[derive(Clone, Debug)]
pub(super) struct WindowSummary {
    /// How much of it was simulated \[s]: less than all if the run was cut short.
    pub(super) secs: f64,
    pub(super) operations: Vec<OperationNumbers>,
    pub(super) stations: Vec<StationNumbers>,
    pub(super) observed: Vec<ObservedSegment>,
}

/// One operation in one window of one run.
#[derive(Clone, Debug)]
pub(super) struct OperationNumbers {
    pub(super) offered: u64,
    pub(super) served: u64,
    /// Served in full, and within the time that the objectives ask for.
    pub(super) in_time: u64,
    /// Served with less than what was asked for.
    pub(super) degraded: u64,
    pub(super) ended: u64,
    pub(super) failures: u64,
    pub(super) server_errors: u64,
    pub(super) causes: [u64; Cause::COUNT],
    pub(super) statuses: Statuses,
    pub(super) latency: Option<Latency>,
    /// What response times went into.
    pub(super) parts: TimeParts,
}

/// Times of one window of one run [s]: mean, p50, p95, p99, p99.9.
pub(super) type Latency = [f64; 5];

/// One station in one window of one run.
#[derive(Clone, Debug)]
pub(super) struct StationNumbers {
    /// Whether it had any capacity.
    pub(super) is_there: bool,
    pub(super) utilisation: f64,
    pub(super) busy: f64,
    pub(super) lost: f64,
    pub(super) queue: f64,
    pub(super) full_share: f64,
    pub(super) waited_share: Option<f64>,
    pub(super) wait: Option<Latency>,
    pub(super) visits: u64,
    pub(super) rejected: u64,
    pub(super) gave_up: u64,
    pub(super) longest_queue: u64,
    /// Whether the queue was longer at the end of the window than a quarter into it, by more than its mean.
    pub(super) grew: bool,
}

const QUANTILES: [f64; 4] = [0.5, 0.95, 0.99, 0.999];

/// What is printed for a station, such as `order threads`.
pub fn station_label(name: &StationName) -> String {
    format!("{} {}", name.component, name.kind.name())
}

fn latency(histogram: &Histogram) -> Option<Latency> {
    let mean = histogram.mean_secs()?;
    let [p50, p95, p99, p999] = QUANTILES.map(|p| histogram.quantile(p).map_or(f64::NAN, Span::as_secs_f64));
    Some([mean, p50, p95, p99, p999])
}

fn operation(segments: &[OperationRecord], inside: &[usize], bound: Option<Span>) -> OperationNumbers {
    let mut total = OperationRecord::default();
    for index in inside {
        if let Some(record) = segments.get(*index) {
            total.merge(record);
        }
    }
    OperationNumbers {
        offered: total.offered,
        served: total.served,
        in_time: served_by(bound, &total) - degraded_by(bound, &total),
        degraded: total.degraded(),
        ended: total.ended(),
        failures: total.failures(),
        server_errors: total.server_errors,
        causes: total.failed,
        statuses: total.statuses,
        latency: latency(&total.latency),
        parts: total.parts,
    }
}

/// Requests served within a time, if there is one.
fn served_by(bound: Option<Span>, total: &OperationRecord) -> u64 {
    bound.map_or(total.served, |bound| total.latency.count_within(bound))
}

/// Of those, the ones that were served with less than what was asked for.
fn degraded_by(bound: Option<Span>, total: &OperationRecord) -> u64 {
    let within = |latency: &Histogram| bound.map_or(latency.count(), |bound| latency.count_within(bound));
    total.degraded.as_deref().map_or(0, within)
}

/// Meter units of one server: processor-sharing stations count thousandths.
fn unit(kind: StationKind, sharing: bool) -> f64 {
    if sharing || kind == StationKind::Cores { 1000.0 } else { 1.0 }
}

fn station(
    name: &StationName,
    sharing: bool,
    segments: &[StationRecord],
    inside: &[usize],
    points: &[StationPoint],
) -> StationNumbers {
    let mut total = StationRecord::default();
    for index in inside {
        if let Some(record) = segments.get(*index) {
            total.merge(record);
        }
    }
    let wait = total.mean_wait_secs().map(|mean| {
        let [p50, p95, p99, p999] =
            QUANTILES.map(|p| total.wait_quantile(p).map_or(f64::NAN, Span::as_secs_f64));
        [mean, p50, p95, p99, p999]
    });
    StationNumbers {
        is_there: total.capacity_area > 0,
        utilisation: total.utilisation(),
        busy: total.mean_busy() / unit(name.kind, sharing),
        lost: total.mean_lost() / unit(name.kind, sharing),
        queue: total.mean_queue(),
        full_share: total.share_full(),
        waited_share: total.share_waited(),
        wait,
        visits: total.visits,
        rejected: total.rejected,
        gave_up: total.gave_up,
        longest_queue: total.longest_queue,
        grew: growing_from(points).is_some_and(|from| from <= points.len() / 4),
    }
}

/// Reduces a run's record to numbers.
pub(super) fn summarise(plan: &Plan, warm_up: Span, record: RunRecord) -> RunSummary {
    let ends = record.ends.clone();
    let starts: Vec<Instant> =
        std::iter::once(Instant::START).chain(ends.iter().copied()).take(ends.len()).collect();
    let assembly = &plan.assembly;
    let bounds: Vec<Option<Span>> =
        (0..assembly.operations.len()).map(|index| in_time(&plan.objectives, index)).collect();
    let sharings =
        assembly.program.slots.len()..assembly.program.slots.len() + assembly.program.sharings.len();
    let windows = plan
        .windows
        .iter()
        .map(|window| {
            let (from, to) = window_bounds(window, warm_up);
            let inside: Vec<usize> =
                (0..ends.len()).filter(|i| starts[*i] >= from && ends[*i] <= to).collect();
            let first = (from.as_nanos() / plan.interval.as_nanos().max(1)) as usize;
            let last = (to.as_nanos() / plan.interval.as_nanos().max(1)) as usize;
            let stations = record.stations.iter().enumerate().map(|(index, segments)| {
                let series = &record.series.stations[index];
                let range = first.min(series.len())..last.min(series.len());
                let points = series.get(range).unwrap_or_default();
                let name = &assembly.stations[index];
                station(name, sharings.contains(&index), segments, &inside, points)
            });
            let simulated_to = match record.ending.cut_short() {
                None => to,
                Some((at, _)) => to.min(at),
            };
            WindowSummary {
                secs: simulated_to.since(from).as_secs_f64(),
                stations: stations.collect(),
                operations: record
                    .operations
                    .iter()
                    .enumerate()
                    .map(|(index, segments)| operation(segments, &inside, bounds[index]))
                    .collect(),
                observed: super::observed::in_window(&record.observed, &inside),
            }
        })
        .collect::<Vec<_>>();
    let start = incident::beginning(plan);
    let calms = start.map_or_else(Vec::new, |start| calms(plan, warm_up, &windows, &record, start));
    let ended = super::recovery::ends(plan.recovery.as_ref(), &record.happenings);
    let recovered = start.map_or_else(Vec::new, |start| {
        let of = |(points, calm): (&Vec<SeriesPoint>, &Calm)| {
            Bounds::new(plan, calm, start, ended)?.settled_s(plan, points, ended?)
        };
        record.series.operations.iter().zip(&calms).map(of).collect()
    });
    let collapsed = start.is_some()
        && assembly.operations.iter().enumerate().any(|(index, name)| {
            name.view == View::Client && collapsed(plan, &record.series.operations[index])
        });
    let found = Found { ends: &ends, warm_up, calms: &calms, recovered: &recovered, collapsed };
    let outcomes = incident::outcomes(plan, &found, &record);
    let claims =
        plan.claims.iter().map(|claim| measure::sample(plan, claim, &found, &record, outcomes.as_ref()));
    let claims = claims.collect();
    let growing_s = record.series.stations.iter().map(|points| {
        let since = growing_from(points)? as f64;
        Some(since * plan.interval.as_secs_f64())
    });
    RunSummary {
        growing_s: growing_s.collect(),
        windows,
        series: record.series,
        observed: record.observed.into_iter().map(|observed| observed.series).collect(),
        milestones: record.milestones,
        effects: record.effects,
        happenings: record.happenings,
        requests: record.requests,
        events: record.events,
        fingerprint: record.fingerprint,
        ending: record.ending,
        recovered,
        collapsed,
        outcomes,
        claims,
    }
}

/// A window's bounds, an implied one beginning after the warm-up.
pub(super) fn window_bounds(window: &crate::scenario::Window, warm_up: Span) -> (Instant, Instant) {
    let from = if window.implied { window.from.max(Instant::START + warm_up) } else { window.from };
    (from, window.to)
}
