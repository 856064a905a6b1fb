//! Runs the replications of a plan on all cores.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::memory::Share;
use super::results::{Results, Warning};
use super::summary::{RunSummary, summarise};
use super::{aggregate, detection, worst_half_width};
use crate::component::World;
use crate::engine::{Broken, Engine};
use crate::record::{RunRecord, Segments};
use crate::scenario::{Plan, PlannedWarmUp};
use crate::stats::{Truncation, mser5};
use crate::units::{Instant, Span};

/// How a plan is replicated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Confidence of the intervals.
    ///
    /// Range: above 0, below 1.
    pub confidence: f64,
    /// Adds replications until the half-widths of the main measures are at most this share of their means.
    pub until_half_width: Option<f64>,
    /// Most replications that may be added up to.
    pub most_replications: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options { confidence: 0.95, until_half_width: None, most_replications: 1000 }
    }
}

/// Something went wrong in a run that is not the plan's fault, or it was interrupted before it had results.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExperimentError {
    /// The books of a run do not balance.
    #[error("internal error in replication {replication}: {broken} ({name})")]
    Broken {
        /// The replication.
        replication: u32,
        /// What is broken.
        broken: Broken,
        /// Name of the station or operation.
        name: String,
    },
    /// No replication was complete when the run was interrupted.
    #[error("interrupted before a replication was complete")]
    Interrupted,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Replications that are complete.
    pub done: u32,
    /// Replications that will be.
    pub of: u32,
    /// Requests simulated so far.
    pub requests: u64,
}

/// Cuts a run's time where windows begin and end.
pub(super) fn segments(plan: &Plan, warm_up: Span) -> Segments {
    let end = Instant::START + plan.duration;
    let mut ends = vec![Instant::START + warm_up, end];
    for window in &plan.windows {
        ends.extend([window.from, window.to]);
    }
    ends.sort_unstable();
    ends.dedup();
    ends.retain(|at| *at > Instant::START && *at <= end);
    Segments { ends, interval: plan.interval }
}

/// Runs one replication and gives its record. A pure function of plan, warm-up, seed and replication.
///
/// # Errors
/// [`Broken`]: a bug of Brownout, not of the plan.
pub fn run_once(plan: &Plan, warm_up: Span, replication: u32) -> Result<RunRecord, Broken> {
    engine(plan, warm_up, replication).run()
}

fn engine(plan: &Plan, warm_up: Span, replication: u32) -> Engine<'_, World<'_>> {
    let assembly = &*plan.assembly;
    let mut host = World::new(assembly, plan.seed, u64::from(replication));
    host.cut_at(plan.anchors().cloned());
    let seed = crate::random::mix(plan.seed, u64::from(replication));
    let mut engine = Engine::new(&assembly.program, host, segments(plan, warm_up), plan.limits, seed);
    engine.count_late(&plan.late_after());
    if is_attributed(plan) {
        engine.attribute(assembly.wait_parts());
    }
    engine
}

/// Runs one replication unless `stop` is raised, when its turn has come: see [`super::memory`]. The share is held for as
/// long as the record is.
fn run_in_turn(
    plan: &Plan,
    warm_up: Span,
    replication: u32,
    stop: &AtomicBool,
) -> Result<Option<(RunRecord, Share<'static>)>, ExperimentError> {
    in_turn(engine(plan, warm_up, replication), plan, replication, stop)
}

/// What [`run_in_turn`] does, of an engine that is made.
pub(super) fn in_turn(
    engine: Engine<'_, World<'_>>,
    plan: &Plan,
    replication: u32,
    stop: &AtomicBool,
) -> Result<Option<(RunRecord, Share<'static>)>, ExperimentError> {
    let share = Share::of(plan.limits);
    let goes_on = || !stop.load(Ordering::Relaxed);
    let record = engine
        .run_while(&|extent| share.has_room(extent, &goes_on))
        .map_err(|broken| name_broken(plan, replication, broken))?;
    Ok(record.map(|record| (record, share)))
}

/// Whether it is noted what response times go into: where there is a before and an after to compare.
pub(super) fn is_attributed(plan: &Plan) -> bool {
    plan.windows.len() > 1 || super::incident::beginning(plan).is_some()
}

/// The replication whose streams the pilot run uses; never one of the results'.
const PILOT: u32 = u32::MAX;

fn warm_up(plan: &Plan, stop: &AtomicBool) -> Result<(Span, Option<bool>), ExperimentError> {
    match plan.warm_up {
        PlannedWarmUp::Stated(span) => Ok((span, None)),
        PlannedWarmUp::Mser5 => {
            let pilot = run_in_turn(plan, Span::ZERO, PILOT, stop)?;
            let (record, _share) = pilot.ok_or(ExperimentError::Interrupted)?;
            let in_flight: Vec<f64> = record.series.in_flight.iter().map(|n| *n as f64).collect();
            let Truncation { index, reliable, .. } = mser5(&in_flight);
            Ok((Span::from_nanos(plan.interval.as_nanos() * index as u64), Some(reliable)))
        }
    }
}

fn name_broken(plan: &Plan, replication: u32, broken: Broken) -> ExperimentError {
    let station = |index: usize| {
        plan.assembly.stations.get(index).map_or_else(String::new, super::summary::station_label)
    };
    let name = match &broken {
        Broken::Conservation { operation, .. } | Broken::Parts { operation, .. } => {
            plan.assembly.operations.get(*operation).map_or_else(String::new, |o| o.name.clone())
        }
        Broken::Held { station: index, .. }
        | Broken::LittlesLaw { station: index, .. }
        | Broken::Utilisation { station: index } => station(*index),
        Broken::Locks { .. } => "row locks".to_owned(),
        Broken::Clock { .. } => "the clock".to_owned(),
    };
    ExperimentError::Broken { replication, broken, name }
}

/// Runs the replications of a plan and says what they say together.
///
/// The result does not depend on the number of threads or on the order in which replications end. `stop` ends
/// the run early, in the middle of replications; those that are complete by then are used.
///
/// # Errors
/// [`ExperimentError`]: a bug, or an interruption before anything was complete.
pub fn replicate(
    plan: &Plan,
    options: &Options,
    progress: &(dyn Fn(Progress) + Sync),
    stop: &AtomicBool,
) -> Result<Results, ExperimentError> {
    let (warm_up, warm_up_found) = warm_up(plan, stop)?;
    let mut runs: Vec<RunSummary> = Vec::new();
    let mut target = plan.replications;
    loop {
        let first = runs.len() as u32;
        let done = std::sync::atomic::AtomicU32::new(first);
        let requests: std::sync::atomic::AtomicU64 = runs.iter().map(|run| run.requests).sum::<u64>().into();
        let batch: Vec<Option<Result<RunSummary, ExperimentError>>> = (first..target)
            .into_par_iter()
            .map(|replication| {
                if stop.load(Ordering::Relaxed) {
                    return None;
                }
                let run = run_in_turn(plan, warm_up, replication, stop).transpose()?;
                Some(run.map(|(record, _share)| {
                    let summary = summarise(plan, warm_up, record);
                    let requests = requests.fetch_add(summary.requests, Ordering::Relaxed) + summary.requests;
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    progress(Progress { done, of: target, requests });
                    summary
                }))
            })
            .collect();
        for run in batch.into_iter().flatten() {
            runs.push(run?);
        }
        if runs.is_empty() {
            return Err(ExperimentError::Interrupted);
        }
        let more = options
            .until_half_width
            .filter(|_| !stop.load(Ordering::Relaxed))
            .map_or(0, |wanted| worst_half_width(plan, &runs, options, wanted));
        let next = more.min(options.most_replications);
        if next <= target {
            detection::credit(plan, warm_up, &mut runs);
            let mut results = aggregate(plan, options, warm_up, warm_up_found, &runs);
            if more > target {
                results.warnings.push(Warning::TooWide { needed: more });
            }
            if results.replications < target {
                results.warnings.push(Warning::Interrupted { planned: target });
            }
            return Ok(results);
        }
        // Steps of at most a doubling: the spread is only known roughly at first.
        target = next.min(target.saturating_mul(2).max(2));
    }
}
