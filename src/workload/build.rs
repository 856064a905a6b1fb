//! From a load as typed to a valid workload.

use std::sync::Arc;

use super::chain::Chain;
use super::error::WorkloadError;
use super::plan::{OpenArrivals, Process, Workload};
use super::spec::{ArrivalsSpec, ClosedSpec, StageSpec};
use super::stages::{curve, per_nano, problems};
use crate::random::{Law, LawSpec, TimeUnit, times};
use crate::units::{Rate, Span};

/// One arrival per nanosecond, the resolution of the clock [1/s].
const RATE_MAX: f64 = 1e9;
/// Mean of customers in a batch.
const BATCH_MAX: f64 = 1e6;
const USERS_MAX: u32 = 10_000_000;
/// Ten years: an arrival that is further away is a date \[s].
const EPOCH: f64 = 315_360_000.0;

/// Where a spec finds the text of a CSV, by its path as typed.
type Files<'a> = &'a dyn Fn(&str) -> Result<String, String>;

impl ArrivalsSpec {
    /// Checks the load and makes it ready to run; `files` gives the text of a CSV by its path as typed.
    ///
    /// # Errors
    /// When a parameter is out of range, stages do not fit together, or a CSV cannot be used.
    pub fn build(&self, files: &dyn Fn(&str) -> Result<String, String>) -> Result<Workload, WorkloadError> {
        let process = match self {
            ArrivalsSpec::Rate(rate) | ArrivalsSpec::Poisson { rate } => {
                steady(*rate, |rate| Process::Poisson { rate })?
            }
            ArrivalsSpec::Deterministic { rate } => steady(*rate, |rate| Process::Deterministic { rate })?,
            ArrivalsSpec::Renewal { interarrival } => renewal(interarrival, files)?,
            ArrivalsSpec::Mmpp { states } => {
                states.iter().try_for_each(|state| in_range(state.rate))?;
                let chain = Chain::build(states)?;
                if chain.rate() > 0.0 { Process::Mmpp(Arc::new(chain)) } else { Process::Never }
            }
            ArrivalsSpec::Batches { rate, size } => {
                let size = size.build()?;
                if size.least() == 0 {
                    return Err(WorkloadError::EmptyBatch);
                }
                let all = Rate::per_second(rate.as_per_second() * size.mean());
                let limit = Rate::per_second(RATE_MAX);
                if size.mean() > BATCH_MAX || all > limit {
                    return Err(WorkloadError::LargeBatches { mean: size.mean(), rate: *rate, all, limit });
                }
                steady(*rate, |rate| Process::Batches { rate, size })?
            }
            ArrivalsSpec::Stages(stages) => {
                stages.iter().flat_map(rates).try_for_each(in_range)?;
                Process::Stages(Arc::new(curve(stages)?))
            }
            ArrivalsSpec::Trace { csv, column, unit } => trace(csv, column, *unit, files)?,
            ArrivalsSpec::Closed(closed) => return closed.build(files),
        };
        Ok(Workload::Open(OpenArrivals::new(process)))
    }

    /// Everything that is wrong with the load: [`ArrivalsSpec::build`] stops at the first.
    pub fn mistakes(&self, files: &dyn Fn(&str) -> Result<String, String>) -> Vec<WorkloadError> {
        let of_law = |field, law: &LawSpec| {
            let all = law.mistakes(files).into_iter();
            all.map(|problem| WorkloadError::Law { field, problem }).collect::<Vec<_>>()
        };
        let mut found = match self {
            ArrivalsSpec::Stages(stages) => {
                let rates = stages.iter().flat_map(rates).filter_map(|rate| in_range(rate).err());
                rates.chain(problems(stages)).collect()
            }
            ArrivalsSpec::Renewal { interarrival } => of_law("interarrival", interarrival),
            ArrivalsSpec::Closed(closed) => of_law("think", &closed.think),
            _ => Vec::new(),
        };
        match self.build(files) {
            Err(error @ WorkloadError::Users { .. }) => found.push(error),
            Err(error) if found.is_empty() => found.push(error),
            _ => {}
        }
        found
    }
}

impl ClosedSpec {
    /// Checks the users and makes them ready to run; `files` gives the text of a CSV by its path as typed.
    ///
    /// # Errors
    /// When there are no users or too many, or their think time is wrong.
    pub fn build(&self, files: &dyn Fn(&str) -> Result<String, String>) -> Result<Workload, WorkloadError> {
        if self.users == 0 || self.users > USERS_MAX {
            return Err(WorkloadError::Users { users: self.users, limit: USERS_MAX });
        }
        Ok(Workload::Closed { users: self.users, think: law("think", &self.think, files)? })
    }
}

fn law(field: &'static str, spec: &LawSpec, files: Files<'_>) -> Result<Law, WorkloadError> {
    spec.build(files).map_err(|problem| WorkloadError::Law { field, problem })
}

fn in_range(rate: Rate) -> Result<(), WorkloadError> {
    let limit = Rate::per_second(RATE_MAX);
    if rate > limit { Err(WorkloadError::TooFast { rate, limit }) } else { Ok(()) }
}

fn steady(rate: Rate, process: impl FnOnce(f64) -> Process) -> Result<Process, WorkloadError> {
    in_range(rate)?;
    let rate = per_nano(rate);
    Ok(if rate > 0.0 { process(rate) } else { Process::Never })
}

fn renewal(interarrival: &LawSpec, files: Files<'_>) -> Result<Process, WorkloadError> {
    let gap = law("interarrival", interarrival, files)?;
    let mean = gap.mean();
    if mean <= 0.0 {
        return Err(WorkloadError::NoGap);
    }
    if mean.is_finite() {
        in_range(Rate::per_second(mean.recip()))?;
    }
    Ok(Process::Renewal { gap })
}

/// The rates that a stage names.
fn rates(stage: &StageSpec) -> impl Iterator<Item = Rate> {
    [stage.rate, stage.ramp_to, stage.spike_to, stage.diurnal.map(|wave| wave.high)].into_iter().flatten()
}

fn trace(
    csv: &str,
    column: &str,
    unit: Option<TimeUnit>,
    files: Files<'_>,
) -> Result<Process, WorkloadError> {
    let mut seconds = times(files, csv, column, unit)?;
    seconds.sort_by(f64::total_cmp);
    if let Some(first) = seconds.first().copied().filter(|first| *first > EPOCH) {
        return Err(WorkloadError::Epoch { csv: csv.to_owned(), first: Span::from_secs_f64(first) });
    }
    let instants = seconds.into_iter().map(|at| Span::from_secs_f64(at).as_nanos()).collect();
    Ok(Process::Trace { instants, factor: 1.0 })
}
