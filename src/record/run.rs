//! The record of one run.

use super::cause::Cause;
use super::happening::Happening;
use super::observed::ObservedRecord;
use super::operation::OperationRecord;
use super::station::{StationPoint, StationRecord};
use crate::units::{Instant, Span};

/// How a run's time is cut: segments for accumulation, an interval for the series.
///
/// A window of the scenario is a set of whole segments, so windows may overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segments {
    /// Ends of the segments, ascending; the last is the end of the run.
    pub ends: Vec<Instant>,
    /// Length of one interval of the series.
    pub interval: Span,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The scenario's duration was reached.
    Completed,
    /// The limit on requests in flight was reached at this instant; nothing after it was simulated.
    InFlightLimit(Instant),
    /// The limit on events was reached at this instant; nothing after it was simulated.
    EventLimit(Instant),
    /// The limit on what happens at one instant was reached at this one; nothing after it was simulated.
    InstantLimit(Instant),
    /// The limit on entries that stay was reached at this instant; nothing after it was simulated.
    EntryLimit(Instant),
}

impl Ending {
    /// When a run was cut short by a limit, and which one: its key under `limits`. `None` for one that was not.
    pub fn cut_short(self) -> Option<(Instant, &'static str)> {
        match self {
            Ending::Completed => None,
            Ending::InFlightLimit(at) => Some((at, "in-flight")),
            Ending::EventLimit(at) => Some((at, "events")),
            Ending::InstantLimit(at) => Some((at, "at-once")),
            Ending::EntryLimit(at) => Some((at, "entries")),
        }
    }
}

/// What happened for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MilestoneKind {
    /// A bounded queue refused an item; the subject is a station.
    QueueFull,
    /// Something waited at a station for more than a second; the subject is a station.
    LongWait,
    /// A request failed for this cause; the subject is an operation.
    FirstFailure(Cause),
}

/// A first time: when, what and to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// When it happened.
    pub at: Instant,
    /// What happened.
    pub kind: MilestoneKind,
    /// Index of the operation or station it happened to.
    pub subject: u32,
}

/// One operation over one interval of the series.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SeriesPoint {
    /// Requests that arrived.
    pub offered: u64,
    /// Requests that were served.
    pub served: u64,
    /// Requests that failed, business refusals left out.
    pub failed: u64,
    /// Requests that a business rule turned down: they have their answer.
    pub declined: u64,
    /// Of those that failed, how many people turned away, who had paused the operation.
    pub paused: u64,
    /// Of those served, how many took longer than the bound of their operation; 0 without a bound.
    pub late: u64,
    /// Mean response time of served requests \[s]; NaN without any.
    pub mean_secs: f64,
    /// Median response time of served requests \[s]; NaN without any.
    pub p50_secs: f64,
    /// 95th percentile \[s]; NaN without any.
    pub p95_secs: f64,
    /// 99th percentile \[s]; NaN without any.
    pub p99_secs: f64,
}

impl SeriesPoint {
    /// Requests that ended: served, failed or turned down.
    #[inline]
    pub fn ended(&self) -> u64 {
        self.served + self.failed + self.declined
    }
}

/// Values per interval, by operation and by station.
#[derive(Clone, Debug, Default)]
pub struct SeriesRecord {
    /// Per operation, a point per interval.
    pub operations: Vec<Vec<SeriesPoint>>,
    /// Per station, a point per interval.
    pub stations: Vec<Vec<StationPoint>>,
    /// Requests in flight at the end of each interval.
    pub in_flight: Vec<u64>,
    /// At the end of each interval, the counts of business effects by then, in the order of the plan's.
    pub effects: Vec<Vec<u64>>,
}

/// Everything that one run leaves behind.
#[derive(Clone, Debug)]
pub struct RunRecord {
    /// Ends of the segments, ascending: those that were asked for, and where a span began or ended with something that
    /// happened.
    pub ends: Vec<Instant>,
    /// Per operation, a record per segment.
    pub operations: Vec<Vec<OperationRecord>>,
    /// Per station, a record per segment.
    pub stations: Vec<Vec<StationRecord>>,
    /// Values over time.
    pub series: SeriesRecord,
    /// First times, in order.
    pub milestones: Vec<Milestone>,
    /// Named counts of business effects, in the order of the plan's effects.
    pub effects: Vec<u64>,
    /// What stores and topics counted, in the order of the plan's observables.
    pub observed: Vec<ObservedRecord>,
    /// Faults, alerts and what was done about them, in order.
    pub happenings: Vec<Happening>,
    /// Requests started, calls and background work left out.
    pub requests: u64,
    /// Events handled.
    pub events: u64,
    /// Most requests in flight at once.
    pub in_flight_max: u64,
    /// Requests in flight at the end.
    pub in_flight_end: u64,
    /// A hash over every outcome and its time: two runs that agree on it agree on everything.
    pub fingerprint: u64,
    /// Why the run ended.
    pub ending: Ending,
}
