//! A valid workload.

use std::sync::Arc;

use super::chain::Chain;
use super::curve::Curve;
use crate::random::{CountLaw, Law};
use crate::units::{Instant, Rate, Span};

/// A valid load.
#[derive(Clone, Debug, PartialEq)]
pub enum Workload {
    /// Customers come whether or not the system keeps up.
    Open(OpenArrivals),
    /// Each user waits for its answer, thinks, and asks again.
    Closed {
        /// How many users there are.
        users: u32,
        /// How long a user thinks between an answer and the next request \[s].
        think: Law,
    },
}

/// A valid arrival process; a copy is cheap.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenArrivals(Process);

/// The kinds of process; rates are in events per nanosecond.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Process {
    Never,
    Poisson {
        rate: f64,
    },
    Deterministic {
        rate: f64,
    },
    Renewal {
        gap: Law,
    },
    Mmpp(Arc<Chain>),
    Batches {
        rate: f64,
        size: CountLaw,
    },
    Stages(Arc<Curve>),
    /// Sorted instants \[ns], each of which brings `factor` customers on average.
    Trace {
        instants: Arc<[u64]>,
        factor: f64,
    },
}

/// The window in which a trace's rate is counted \[ns].
const TRACE_WINDOW: u64 = 1_000_000_000;

impl OpenArrivals {
    pub(super) fn new(process: Process) -> OpenArrivals {
        OpenArrivals(process)
    }

    pub(super) fn process(&self) -> &Process {
        &self.0
    }

    /// Makes the Poisson process with a constant rate.
    pub fn poisson(rate: Rate) -> OpenArrivals {
        let rate = rate.as_per_second() / 1e9;
        OpenArrivals(if rate > 0.0 { Process::Poisson { rate } } else { Process::Never })
    }

    /// The expected rate of customers at an instant [1/s].
    ///
    /// A renewal or modulated process gives its long-run rate, and a trace its count in the second that `at`
    /// is in, seconds being counted from the start.
    pub fn rate_at(&self, at: Instant) -> Rate {
        per_second(match &self.0 {
            Process::Stages(curve) => curve.rate(at.as_nanos()),
            Process::Trace { instants, factor } => {
                let start = at.as_nanos() / TRACE_WINDOW * TRACE_WINDOW;
                let inside = before(instants, start + TRACE_WINDOW) - before(instants, start);
                inside as f64 * factor / TRACE_WINDOW as f64
            }
            Process::Never
            | Process::Poisson { .. }
            | Process::Deterministic { .. }
            | Process::Renewal { .. }
            | Process::Mmpp(_)
            | Process::Batches { .. } => self.long_run(),
        })
    }

    /// The expected rate of customers over the first part of a run [1/s]; its start for an empty span.
    pub fn mean_rate(&self, over: Span) -> Rate {
        let nanos = over.as_nanos();
        if nanos == 0 {
            return self.rate_at(Instant::START);
        }
        per_second(match &self.0 {
            Process::Stages(curve) => curve.mass(nanos) / nanos as f64,
            Process::Trace { instants, factor } => before(instants, nanos) as f64 * factor / nanos as f64,
            Process::Never
            | Process::Poisson { .. }
            | Process::Deterministic { .. }
            | Process::Renewal { .. }
            | Process::Mmpp(_)
            | Process::Batches { .. } => self.long_run(),
        })
    }

    /// The same process with `factor` times the rate; with equal streams a larger one brings nobody later.
    ///
    /// Jumps of a modulated rate stay where they are. A trace brings more or fewer customers at its instants:
    /// for 1.4, one or two at each.
    ///
    /// Range: `factor` is finite and not negative.
    ///
    /// # Panics
    /// If `factor` is out of range.
    pub fn scaled(&self, factor: f64) -> OpenArrivals {
        assert!(factor.is_finite() && factor >= 0.0, "a factor is finite and not negative");
        if factor == 0.0 {
            return OpenArrivals(Process::Never);
        }
        OpenArrivals(match &self.0 {
            Process::Never => Process::Never,
            Process::Poisson { rate } => Process::Poisson { rate: rate * factor },
            Process::Deterministic { rate } => Process::Deterministic { rate: rate * factor },
            Process::Renewal { gap } => Process::Renewal { gap: gap.scaled(factor.recip().min(f64::MAX)) },
            Process::Mmpp(chain) => Process::Mmpp(Arc::new(chain.scaled(factor))),
            Process::Batches { rate, size } => Process::Batches { rate: rate * factor, size: *size },
            Process::Stages(curve) => Process::Stages(Arc::new(curve.scaled(factor))),
            Process::Trace { instants, factor: before } => {
                Process::Trace { instants: Arc::clone(instants), factor: before * factor }
            }
        })
    }

    /// The largest factor of [`OpenArrivals::scaled`] for which nobody comes faster than one each nanosecond, and no more
    /// than a million at a recorded instant.
    pub fn most_factor(&self) -> f64 {
        let fastest = match &self.0 {
            Process::Stages(curve) => curve.highest(),
            Process::Mmpp(chain) => chain.states.iter().map(|state| state.rate).fold(0.0, f64::max),
            Process::Trace { factor, .. } => factor / 1e6,
            Process::Never
            | Process::Poisson { .. }
            | Process::Deterministic { .. }
            | Process::Renewal { .. }
            | Process::Batches { .. } => self.long_run(),
        };
        fastest.recip()
    }

    /// The instants at which a stage ends and the next one, or the last rate, begins.
    pub fn boundaries(&self) -> Vec<Instant> {
        match &self.0 {
            Process::Stages(curve) => {
                let starts = curve.pieces().iter().skip(1).map(|piece| piece.start);
                let mut instants: Vec<u64> = starts.chain([curve.end()]).collect();
                instants.dedup();
                instants.into_iter().map(Instant::from_nanos).collect()
            }
            Process::Never
            | Process::Poisson { .. }
            | Process::Deterministic { .. }
            | Process::Renewal { .. }
            | Process::Mmpp(_)
            | Process::Batches { .. }
            | Process::Trace { .. } => Vec::new(),
        }
    }

    /// Customers per nanosecond in the long run.
    fn long_run(&self) -> f64 {
        match &self.0 {
            Process::Never | Process::Trace { .. } => 0.0,
            Process::Poisson { rate } | Process::Deterministic { rate } => *rate,
            Process::Renewal { gap } => (gap.mean() * 1e9).recip(),
            Process::Mmpp(chain) => chain.rate(),
            Process::Batches { rate, size } => rate * size.mean(),
            Process::Stages(curve) => curve.last(),
        }
    }
}

/// How many of the sorted instants are before `end`.
fn before(instants: &[u64], end: u64) -> usize {
    instants.partition_point(|instant| *instant < end)
}

fn per_second(per_nano: f64) -> Rate {
    Rate::per_second((per_nano * 1e9).min(f64::MAX))
}
