//! What replications of a plan say together: every estimate with its interval.

use std::collections::BTreeMap;

use super::calm::{CalmAlert, CalmRuns};
use super::chain::Link;
use super::claims::ClaimResult;
use super::harm::BeyondCalm;
use super::losses::LossResult;
use super::outcomes::Outcomes;
use super::unbegun::{UnbegunSteps, UnfinishedStep};
use crate::component::effects::GoodEnd;
use crate::component::{OperationName, StationName};
use crate::record::{Cause, Ending, HappeningKind, MilestoneKind, Statuses, TimePart};
use crate::scenario::Objective;
use crate::stats::{Estimate, Verdict};
use crate::timeline::runbook::ActionSpec;
use crate::units::{Instant, Span};

/// The results of a plan's replications. Intervals are Student-t over replications.
#[derive(Clone, Debug)]
pub struct Results {
    /// What the steps of the runbook do, by the name of the step.
    pub actions: BTreeMap<String, ActionSpec>,
    /// Name of the scenario.
    pub scenario: String,
    /// Name of the deployment, empty for plain stations.
    pub deployment: String,
    /// Length of each run.
    pub duration: Span,
    /// What was left out at the start.
    pub warm_up: Span,
    /// Whether the warm-up was found by MSER-5, and if so whether its minimum is reliable.
    pub warm_up_found: Option<bool>,
    /// Number of runs.
    pub replications: u32,
    /// The seed.
    pub seed: u64,
    /// Confidence of the intervals, such as 0.95.
    pub confidence: f64,
    /// Per window, in the plan's order.
    pub windows: Vec<WindowResults>,
    /// Values over time.
    pub series: Series,
    /// First times, over all runs.
    pub events: Vec<EventResult>,
    /// Faults, alerts and what was done about them: when, over all runs; in the order of the median.
    pub timeline: Vec<TimelineResult>,
    /// How each alert of the rules did.
    pub alerts: Vec<AlertResult>,
    /// Steps of the runbook that nobody began, in some of the runs or in all.
    pub unbegun: Vec<UnbegunSteps>,
    /// Steps of the runbook that were begun and not done when runs ended.
    pub unfinished: Vec<UnfinishedStep>,
    /// The runs in which nothing was wrong, that say which alerts fire for nothing; `None` without any.
    pub calm: Option<CalmRuns>,
    /// Recovery, where the scenario asks for it.
    pub recovery: Option<RecoveryResult>,
    /// What the incident came to, where there is one.
    pub outcomes: Option<Outcomes>,
    /// What followed from what, in the order of time; empty without an incident.
    pub chain: Vec<Link>,
    /// What people say of the system, and whether it holds.
    pub claims: Vec<ClaimResult>,
    /// Objectives with their verdicts.
    pub objectives: Vec<ObjectiveResult>,
    /// Business effects.
    pub effects: Vec<EffectResult>,
    /// What the user should know.
    pub warnings: Vec<Warning>,
    /// What is never given back.
    pub losses: Vec<LossResult>,
    /// What limits the system, if anything does.
    pub bottleneck: Option<Bottleneck>,
    /// Requests simulated, over all runs.
    pub requests: u64,
    /// Events handled, over all runs.
    pub handled_events: u64,
    /// How each run ended.
    pub endings: Vec<Ending>,
    /// A hash over all runs, in order.
    pub fingerprint: u64,
}

/// A business effect.
#[derive(Clone, Debug)]
pub struct EffectResult {
    /// Its name.
    pub name: String,
    /// How often it came about, per run.
    pub count: Estimate,
    /// Which number of it is good, where that is known.
    pub good: Option<GoodEnd>,
    /// Whether it counts entries that a cache lost.
    pub is_loss: bool,
    /// The effect that it is counted from, of one that is counted by key; its share beyond calm is of that, and of requests otherwise.
    pub of: Option<String>,
    /// What of it is beyond calm, of one that must not come about; `None` without an incident, and without calm before it.
    pub beyond: Option<BeyondCalm>,
}

impl EffectResult {
    /// Whether it must not come about, is more than what a cache loses, and came about more often than in calm.
    pub fn is_harm(&self) -> bool {
        !self.is_loss && self.beyond.is_some_and(|beyond| beyond.is_more())
    }
}

/// One window.
#[derive(Clone, Debug)]
pub struct WindowResults {
    /// Its name.
    pub name: String,
    /// Its start.
    pub from: Instant,
    /// Its end.
    pub to: Instant,
    /// Per recorded operation.
    pub operations: Vec<OperationResults>,
    /// Per recorded station.
    pub stations: Vec<StationResults>,
    /// What stores and topics showed.
    pub observed: Vec<ObservedResults>,
    /// The access logs of gateways: what they answered, by route and status.
    pub answers: Vec<AnswerResults>,
}

/// A quantity that a store or topic shows, in one window.
#[derive(Clone, Debug)]
pub struct ObservedResults {
    /// The cache server or topic.
    pub component: String,
    /// What of it; empty for the whole.
    pub part: String,
    /// The quantity, its name ending with its unit.
    pub metric: &'static str,
    /// A counter's rate, a gauge's mean over time, or a share.
    pub value: Estimate,
    /// Of a gauge, the largest value of any run.
    pub max: Option<f64>,
}

/// Answers of a gateway with one status, in one window. An answer belongs to the window in which it was given.
#[derive(Clone, Debug)]
pub struct AnswerResults {
    /// The gateway.
    pub gateway: String,
    /// The operation behind it.
    pub route: String,
    /// The HTTP status.
    pub status: u16,
    /// How many, over all runs.
    pub count: u64,
    /// How many [1/s].
    pub per_s: Estimate,
}

/// One operation in one window. Requests belong to the window in which they arrived.
#[derive(Clone, Debug)]
pub struct OperationResults {
    /// Which operation.
    pub name: OperationName,
    /// Requests that arrived, over all runs.
    pub count: u64,
    /// Requests that arrived [1/s].
    pub offered_per_s: Estimate,
    /// Requests served [1/s].
    pub served_per_s: Estimate,
    /// Requests served in full and in time [1/s]: within the response time that an objective bounds the highest
    /// quantile by; all that are served in full where none does.
    pub goodput_per_s: Estimate,
    /// Share of ended requests that were served with less than what was asked for: by a fallback \[1].
    pub degraded_share: Estimate,
    /// Share of ended requests that failed \[1].
    pub failed_share: Estimate,
    /// Share of ended requests that were answered with a server error \[1].
    pub server_error_share: Estimate,
    /// Share of ended requests by cause \[1], causes that occurred, most frequent first.
    pub causes: Vec<(Cause, Estimate)>,
    /// What failed requests were answered with, by cause.
    pub statuses: Statuses,
    /// Response time of served requests \[s]; `None` without any.
    pub latency: Option<LatencyResults>,
    /// What response times went into; `None` where that was not looked at.
    pub spent: Option<SpentResults>,
}

/// What response times went into \[s]: means per request, by part in their order.
#[derive(Clone, Debug, Default)]
pub struct SpentResults {
    /// Of requests that were served; they add up to the mean response time. `None` without any.
    pub served: Option<[Estimate; TimePart::COUNT]>,
    /// Of requests that were not: failures and refusals. `None` without any.
    pub not_served: Option<[Estimate; TimePart::COUNT]>,
}

/// Response times \[s].
#[derive(Clone, Copy, Debug)]
pub struct LatencyResults {
    /// Mean.
    pub mean_s: Estimate,
    /// Median.
    pub p50_s: Estimate,
    /// 95th percentile.
    pub p95_s: Estimate,
    /// 99th percentile.
    pub p99_s: Estimate,
    /// 99.9th percentile.
    pub p999_s: Estimate,
}

/// One station in one window.
#[derive(Clone, Debug)]
pub struct StationResults {
    /// Which station.
    pub name: StationName,
    /// Whether it is there in the window: of what a runbook adds for a while, whether it was in any run.
    pub is_there: bool,
    /// Share of the capacity in use \[1].
    pub utilisation: Estimate,
    /// Mean number in use.
    pub busy: Estimate,
    /// Mean number in use that nobody will give back: leaked connections.
    pub lost: Estimate,
    /// Mean number waiting.
    pub queue: Estimate,
    /// Share of the time in which all of it was in use \[1].
    pub full_share: Estimate,
    /// Share of items served that had to wait \[1]; `None` without any.
    pub waited_share: Option<Estimate>,
    /// Waits of items served, zero waits included \[s]; `None` without any.
    pub wait: Option<LatencyResults>,
    /// Items served [1/s].
    pub visits_per_s: Estimate,
    /// Items that found no room [1/s].
    pub rejected_per_s: Estimate,
    /// Items that gave up waiting [1/s].
    pub gave_up_per_s: Estimate,
    /// The longest queue of any run.
    pub longest_queue: u64,
}

/// Values over time, as bands over the runs.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// Ends of the intervals \[s].
    pub times_s: Vec<f64>,
    /// Per operation.
    pub operations: Vec<OperationSeries>,
    /// Per station.
    pub stations: Vec<StationSeries>,
    /// Per quantity that stores and topics show.
    pub observed: Vec<ObservedSeries>,
    /// Requests in flight at the ends of the intervals.
    pub in_flight: Vec<Band>,
}

/// A quantity of a store or topic over time.
#[derive(Clone, Debug)]
pub struct ObservedSeries {
    /// The cache server or topic.
    pub component: String,
    /// What of it; empty for the whole.
    pub part: String,
    /// The quantity, its name ending with its unit.
    pub metric: &'static str,
    /// A counter's rate, a gauge's mean.
    pub values: Vec<Band>,
}

/// A value in one interval: mean over runs with its interval; NaN where there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Mean.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// One operation over time.
#[derive(Clone, Debug)]
pub struct OperationSeries {
    /// Which operation.
    pub name: OperationName,
    /// Requests that arrived [1/s].
    pub offered_per_s: Vec<Band>,
    /// Requests served [1/s].
    pub served_per_s: Vec<Band>,
    /// Requests that failed [1/s].
    pub failed_per_s: Vec<Band>,
    /// Requests that a business rule turned down [1/s].
    pub declined_per_s: Vec<Band>,
    /// Median response time \[s].
    pub p50_s: Vec<Band>,
    /// 95th percentile \[s].
    pub p95_s: Vec<Band>,
    /// 99th percentile \[s].
    pub p99_s: Vec<Band>,
}

/// One station over time.
#[derive(Clone, Debug)]
pub struct StationSeries {
    /// Which station.
    pub name: StationName,
    /// Share of the capacity in use \[1].
    pub utilisation: Vec<Band>,
    /// Mean number waiting.
    pub queue: Vec<Band>,
}

/// Something that happened for the first time in a run.
#[derive(Clone, Debug, PartialEq)]
pub struct EventResult {
    /// What happened.
    pub kind: MilestoneKind,
    /// To whom: the operation or station, as printed.
    pub subject: String,
    /// In how many runs.
    pub runs: u32,
    /// When, in the median run \[s].
    pub median_s: f64,
    /// When, in the earliest run \[s].
    pub first_s: f64,
    /// When, in the latest run \[s].
    pub last_s: f64,
}

/// Whether and when the system recovered by itself.
#[derive(Clone, Debug)]
pub struct RecoveryResult {
    /// Probability that it recovers before the end of the run \[1].
    pub probability: Estimate,
    /// Runs in which it did.
    pub recovered: u32,
    /// Time from the end of the disturbance to recovery, in runs that recovered \[s]: 0 where all was well by then.
    pub time_s: Option<Estimate>,
    /// Probability that it collapsed: less than half of the offered load of some operation was served for a
    /// minute or longer \[1].
    pub collapse: Estimate,
    /// Runs that collapsed.
    pub collapsed: u32,
    /// Per operation: runs in which it recovered.
    pub by_operation: Vec<(OperationName, u32)>,
    /// How soon every run had to recover, in how many runs it did, and the verdict.
    pub within: Option<(Span, u32, Verdict)>,
}

/// Something that happened for the first time, over all runs: before the incident, or from its beginning on.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineResult {
    /// What.
    pub kind: HappeningKind,
    /// The fault, alert or step.
    pub subject: String,
    /// More about it, where all runs say the same.
    pub detail: String,
    /// Runs in which it happened.
    pub runs: u32,
    /// The median of the first times \[s].
    pub median_s: f64,
    /// The earliest of the first times \[s].
    pub first_s: f64,
    /// The latest of the first times \[s].
    pub last_s: f64,
    /// When in the run that is told \[s], and its place among what happened in it; `None` if it did not happen there.
    pub told: Option<(f64, u32)>,
}

/// How an alert did.
#[derive(Clone, Debug)]
pub struct AlertResult {
    /// Its name.
    pub name: String,
    /// Runs in which it fired after the first fault began and before the incident was over; without faults, at all.
    pub fired: u32,
    /// Of the runs with an incident that it is about, those in which it did not; `None` where it is not about the incident:
    /// nobody waits for it, and its condition came true in none of them, or does so anyhow.
    pub missed: Option<u32>,
    /// From the beginning of the first fault until it fired, in those runs \[s].
    pub firing_s: Option<Estimate>,
    /// Runs in which somebody was told of it after the first fault began.
    pub notified: u32,
    /// From the beginning of the first fault until somebody was told, in those runs \[s].
    pub notified_s: Option<Estimate>,
    /// Runs in which it fired in the minutes before the first fault: a false page, where somebody is told.
    pub before: u32,
    /// Runs in which it fired for the first time when the incident was over: it detected nothing.
    pub after: u32,
    /// Whether anything in the system shows what it looks at; otherwise it can never fire.
    pub is_shown: bool,
    /// Whether a part of its expression never has a value, see B0514.
    pub is_valueless: bool,
    /// What it did in runs in which nothing was wrong; `None` without any, and where it can never fire.
    pub calm: Option<CalmAlert>,
}

/// An objective and how it came out.
#[derive(Clone, Debug)]
pub struct ObjectiveResult {
    /// The objective.
    pub objective: Objective,
    /// What was measured: seconds for times, a fraction for shares; `None` without data.
    pub measured: Option<Estimate>,
    /// The verdict.
    pub verdict: Verdict,
    /// Requests that it rests on, and how many it needs at least.
    pub count: (u64, u64),
}

/// Something that the user should know.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// Some runs reached a limit and were cut short.
    LimitReached {
        /// How many.
        runs: u32,
        /// When the first of them was \[s].
        first_s: f64,
        /// Which limit that was: its key under `limits`.
        limit: &'static str,
    },
    /// A station's queue grew throughout a window: there is no steady state.
    Unstable {
        /// The station, as printed.
        station: String,
        /// The window.
        window: String,
    },
    /// A station's queue was growing when the run ended, and had been for a while.
    Growing {
        /// The station, as printed.
        station: String,
        /// Since when, the median of the runs in which it was \[s].
        since_s: f64,
        /// In how many runs.
        runs: u32,
    },
    /// The warm-up that MSER-5 found lies too late to be trusted.
    WarmUpUnreliable,
    /// A single run has no interval.
    SingleRun,
    /// The user stopped before all runs were done.
    Interrupted {
        /// How many runs were planned.
        planned: u32,
    },
    /// The user stopped before all runs in calm were done.
    CalmInterrupted {
        /// How many were.
        done: u32,
        /// How many were planned.
        planned: u32,
    },
    /// The half-width that was asked for was not reached with the most runs that are allowed.
    TooWide {
        /// How many runs would do, as far as can be told.
        needed: u32,
    },
    /// A response time that an operation is bounded by is missed in calm too: only what is late beyond that counts for an
    /// incident.
    LateInCalm {
        /// The operation.
        operation: String,
        /// The bound \[s].
        bound_s: f64,
        /// The share of requests that is late in calm.
        late: f64,
    },
    /// A fault did not begin in some runs: what it follows had not ended, or too late.
    NeverBegan {
        /// What it is called.
        fault: String,
        /// What it follows.
        after: String,
        /// In how many runs.
        runs: u32,
    },
    /// The window `fault`, which is made where a scenario has faults and no windows, lasts for longer than the faults, because
    /// people ended the last one before the file has it end.
    FaultWindow {
        /// The fault, or all of them, as printed.
        faults: String,
        /// After what time the last of them was over, counted from the beginning of the window: the mean \[s].
        over_s: f64,
        /// How long the window is \[s].
        window_s: f64,
        /// Over how many runs: those in which it was.
        runs: u32,
    },
    /// The incident begins before there is an interval of calm: what needs one to be compared with is not told.
    NoCalm,
    /// An operation was never asked for in a window.
    NoRequests {
        /// The operation.
        operation: String,
        /// The window.
        window: String,
    },
    /// A mistake of severity warning in the files, as printed by `check`.
    File {
        /// Its code as printed, such as `B0512`.
        code: String,
        /// What it says.
        text: String,
    },
}

/// What limits the system, with its evidence.
#[derive(Clone, Debug)]
pub struct Bottleneck {
    /// Index of the window in which it shows most.
    pub window: usize,
    /// Index of the station.
    pub station: usize,
    /// The operation that suffers most, by index.
    pub operation: usize,
    /// What it fails of most, if it fails.
    pub cause: Option<Cause>,
    /// The station itself.
    pub first: Pressed,
    /// Stations that are held by whoever waits for the one before, from `first` on.
    pub held_by_those: Vec<Pressed>,
    /// Stations that whoever holds the one before waits for, from `first` on.
    pub waited_for: Vec<Pressed>,
    /// Where nothing is known to be waited for and `first` does no work itself: what is busy in the same component.
    pub behind: Option<Pressed>,
}

/// A station that is short, or part of why another is.
#[derive(Clone, Debug)]
pub struct Pressed {
    /// Its component and kind, as printed.
    pub station: String,
    /// How many replicas of it do anything, from 1 on: those that are down all the time are left out.
    pub replicas: u16,
    /// Of how many of them the units have run out in the window; 0 where it is busy and has not run out.
    pub short: u16,
    /// Units of each replica.
    pub capacity: f64,
    /// When the shortage began that shows in the window, in the median run \[s]; `None` where it is busy and has not run out.
    pub since_s: Option<f64>,
    /// Whether no other station is used more.
    pub is_busiest: bool,
    /// Share of the time that its units are used \[1].
    pub used: f64,
    /// Units taken, on average over time and replicas.
    pub busy: f64,
    /// Who waits, on average over time and replicas.
    pub waiting: f64,
    /// Requests that find no room [1/s], all replicas together.
    pub refused_per_s: f64,
    /// How many units are lost for good on average, and of how many, all replicas together; `None` where that is not worth
    /// telling.
    pub lost: Option<(f64, f64)>,
}

impl Bottleneck {
    /// Stations that are said to have lost units, as printed.
    pub fn losing(&self) -> impl Iterator<Item = &str> {
        let told = std::iter::once(&self.first).chain(&self.waited_for);
        told.filter(|it| it.lost.is_some()).map(|it| it.station.as_str())
    }
}
