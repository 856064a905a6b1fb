//! What can be wrong with a load as typed.

use crate::random::{ColumnError, CountLawError, LawError};
use crate::units::{Rate, Span};

/// Why a load as typed cannot be built, and what to write instead.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WorkloadError {
    /// A wrong distribution of a time.
    #[error("`{field}`: {problem}")]
    Law {
        /// The field that holds it.
        field: &'static str,
        /// What is wrong with it.
        problem: LawError,
    },
    /// A wrong distribution of batch sizes.
    #[error("`size`: {0}")]
    Size(#[from] CountLawError),
    /// Batches that may have nobody in them.
    #[error("`size` can be 0: a batch has at least one customer, so use `geometric`, or `uniform` from 1")]
    EmptyBatch,
    /// Batches that bring too many at one instant, or over time.
    #[error(
        "batches of {mean} customers at {rate} are {all} customers: they must be 1000000 or fewer in a batch, and {limit} or less"
    )]
    LargeBatches {
        /// Mean size of a batch.
        mean: f64,
        /// Batches as typed.
        rate: Rate,
        /// Customers.
        all: Rate,
        /// The most that is allowed.
        limit: Rate,
    },
    /// A rate beyond the resolution of the clock.
    #[error("the rate {rate} is too high: it must be {limit} or less")]
    TooFast {
        /// The rate as typed.
        rate: Rate,
        /// The most that is allowed.
        limit: Rate,
    },
    /// Gaps that are always zero.
    #[error("`interarrival` is always 0s, which is an endless burst: give it a length")]
    NoGap,
    /// A modulated process without states, or with too many.
    #[error("`mmpp` has {states} states: give it from 1 to {limit}")]
    States {
        /// How many there are.
        states: usize,
        /// The most that is allowed.
        limit: usize,
    },
    /// A state that lasts no time.
    #[error("state {state} of `mmpp` has a mean-stay of 0s: give it a length")]
    NoStay {
        /// Which state, counted from 1.
        state: usize,
    },
    /// Transitions for some states only.
    #[error(
        "state {state} of `mmpp` has no `next` but others do: \
         give it to all states, or to none so that they take turns"
    )]
    NextForSome {
        /// Which state, counted from 1.
        state: usize,
    },
    /// Transitions that do not match the states.
    #[error(
        "state {state} of `mmpp` has {given} probabilities in `next`: \
         it needs {states}, one for each state, that sum to 1 (they sum to {sum})"
    )]
    Next {
        /// Which state, counted from 1.
        state: usize,
        /// How many probabilities it has.
        given: usize,
        /// How many states there are.
        states: usize,
        /// What its probabilities sum to.
        sum: f64,
    },
    /// States that never meet.
    #[error(
        "`mmpp` cannot get from state {from} to state {to}: \
         give each state a way to every other through `next`"
    )]
    Apart {
        /// A state, counted from 1.
        from: usize,
        /// A state that cannot be reached from it, counted from 1.
        to: usize,
    },
    /// A modulated process that jumps far more often than anybody arrives.
    #[error(
        "`mmpp` jumps {jumps:.0} times for each arrival: \
         raise its rates or its mean stays until that is {limit:.0} or less"
    )]
    Restless {
        /// Expected jumps per arrival.
        jumps: f64,
        /// The most that is allowed.
        limit: f64,
    },
    /// A curve without pieces, or with too many.
    #[error("`stages` has {stages} stages: give it from 1 to {limit}")]
    Stages {
        /// How many there are.
        stages: usize,
        /// The most that is allowed.
        limit: usize,
    },
    /// A wrong piece of a curve.
    #[error("stage {stage}: {problem}")]
    Stage {
        /// Which stage, counted from 1.
        stage: usize,
        /// What is wrong with it.
        problem: StageProblem,
    },
    /// Recorded instants that cannot be used.
    #[error(transparent)]
    Trace(#[from] ColumnError),
    /// Recorded instants that are dates.
    #[error(
        "the first arrival of `{csv}` is {first} after the start: \
         subtract the first instant from the column, as instants are counted from the start of the run"
    )]
    Epoch {
        /// The path as typed.
        csv: String,
        /// The first instant, as a time from the start.
        first: Span,
    },
    /// No users, or too many.
    #[error("`users` is {users}: it must be from 1 to {limit}")]
    Users {
        /// The users as typed.
        users: u32,
        /// The most that is allowed.
        limit: u32,
    },
}

impl WorkloadError {
    /// The stage that is wrong, counted from 1, if one is.
    pub fn stage(&self) -> Option<usize> {
        match self {
            WorkloadError::Stage { stage, .. } => Some(*stage),
            _ => None,
        }
    }

    /// What is wrong with a CSV, if that is what is wrong.
    pub fn in_csv(&self) -> Option<&ColumnError> {
        match self {
            WorkloadError::Trace(error) => Some(error),
            WorkloadError::Law { problem, .. } => problem.in_csv(),
            _ => None,
        }
    }
}

/// What is wrong with a stage.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StageProblem {
    /// None of the keys that say what the stage does.
    #[error("it does nothing: give it one of `hold`, `ramp-to`, `spike-to` and `diurnal`")]
    Nothing,
    /// Two keys that say what the stage does.
    #[error("it has both `{one}` and `{other}`: make them two stages")]
    Both {
        /// A key.
        one: &'static str,
        /// Another key.
        other: &'static str,
    },
    /// A key that is missing.
    #[error("`{key}` needs `{missing}`")]
    Missing {
        /// The key that is there.
        key: &'static str,
        /// The key that must go with it.
        missing: &'static str,
    },
    /// A key that does not belong.
    #[error("`{extra}` does not go with `{key}`: remove it")]
    Extra {
        /// The key that says what the stage does.
        key: &'static str,
        /// The key that must not go with it.
        extra: &'static str,
    },
    /// A first stage that needs a rate from before.
    #[error("`{key}` keeps the rate from before, and the first stage has none: {remedy}")]
    NoRateBefore {
        /// The key that says what the stage does.
        key: &'static str,
        /// What to write.
        remedy: &'static str,
    },
    /// A stage that lasts no time.
    #[error("`{key}` is 0s: give it a length, or remove the stage")]
    NoLength {
        /// The key.
        key: &'static str,
    },
    /// A sine upside down.
    #[error("`diurnal` has low {low} above high {high}: swap them")]
    LowAboveHigh {
        /// The lowest rate as typed.
        low: Rate,
        /// The highest rate as typed.
        high: Rate,
    },
}
