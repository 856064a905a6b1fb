//! What a task walks: flat step programs, and the resources that they name.

use crate::random::{CountLaw, KeyPicker, Law};
use crate::record::Cause;
use crate::units::{Cores, Span};

/// Index of a step in [`Program::steps`].
pub type Pc = u32;

/// Names a station, either outright or relative to the replica that the task is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Station(u32);

const PER_REPLICA: u32 = 1 << 31;

impl Station {
    /// The station with this index.
    pub const fn fixed(index: u32) -> Self {
        Station(index)
    }

    /// The station `first + replica`, for the replica that the task is in.
    pub const fn per_replica(first: u32) -> Self {
        Station(first | PER_REPLICA)
    }

    /// The index of the station for a task in `replica`.
    #[inline]
    pub const fn index(self, replica: u16) -> usize {
        if self.0 & PER_REPLICA == 0 {
            self.0 as usize
        } else {
            (self.0 & !PER_REPLICA) as usize + replica as usize
        }
    }
}

/// One step of a program. A scope opens with one step and closes with its counterpart; on every other way
/// out the engine closes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Takes a slot, holds it for a drawn time, gives it back.
    Serve {
        /// The slots.
        slots: Station,
        /// How long.
        demand: u32,
    },
    /// Opens a scope that holds a slot.
    Acquire {
        /// The slots.
        slots: Station,
    },
    /// Closes the innermost scope that holds a slot.
    Release,
    /// Does a drawn amount of work at a processor-sharing station.
    Work {
        /// The processor-sharing station.
        sharing: Station,
        /// How much work, in seconds of one undisturbed core.
        demand: u32,
    },
    /// Waits for a drawn time, holding nothing more.
    Delay {
        /// How long.
        demand: u32,
    },
    /// Opens a transaction: a scope in which locks are taken; they are all released when it closes.
    Begin {
        /// Which lock tables' locks it collects, see [`LocksConfig::group`].
        group: u16,
    },
    /// Takes a lock on a key in the innermost [`Step::Begin`] scope of the table's group.
    Lock {
        /// The lock table.
        table: u32,
        /// The key space that says which row.
        key: u16,
        /// Shared (true) or exclusive (false).
        shared: bool,
    },
    /// Counts rows that the innermost [`Step::Begin`] scope of a group has changed: what undoing it would cost.
    Change {
        /// The group.
        group: u16,
        /// How many.
        rows: u32,
    },
    /// Closes the innermost [`Step::Begin`] scope, for good.
    Commit,
    /// Closes the innermost [`Step::Begin`] scope, as if nothing had been done in it.
    Rollback,
    /// Joins the next batch of a batch server and waits until it is done.
    Batch {
        /// The batch server.
        batch: u32,
    },
    /// Calls a subroutine of the program.
    Call {
        /// Its first step.
        pc: Pc,
        /// Distinguishes the draws of this call from those of others.
        site: u32,
    },
    /// Returns from a subroutine.
    Return,
    /// Opens a scope that records an inner call of an operation.
    Span {
        /// The operation.
        operation: u16,
    },
    /// Closes the innermost [`Step::Span`] scope as served.
    EndSpan,
    /// Opens a scope that is cut short, everything in it cancelled, when a time-out runs out.
    Deadline {
        /// The time-out's ring.
        ring: u16,
        /// How the scope then fails.
        cause: Cause,
    },
    /// Opens a scope like that of [`Step::Deadline`], whose time-out is drawn.
    Patience {
        /// The time-out.
        demand: u32,
        /// How the scope then fails.
        cause: Cause,
    },
    /// Closes the innermost [`Step::Deadline`] or [`Step::Patience`] scope in time.
    EndDeadline,
    /// Opens a scope that is tried again as its policy says.
    Retry {
        /// The host's policy.
        policy: u16,
    },
    /// Closes the innermost [`Step::Retry`] scope as done.
    EndRetry,
    /// Opens a scope whose failure continues at `handler`.
    Catch {
        /// Where a failure continues, with the scope closed.
        handler: Pc,
    },
    /// Closes the innermost [`Step::Catch`] scope and continues at `to`.
    EndCatch {
        /// Where success continues.
        to: Pc,
    },
    /// In a handler: continues at `to` unless the caught cause is in `causes`.
    Unless {
        /// A bit per [`Cause`].
        causes: u32,
        /// Where other causes continue.
        to: Pc,
    },
    /// In a handler that catches nothing itself: fails again with the caught cause.
    Rethrow,
    /// In a handler: opens a scope that keeps the caught cause, whatever is caught in it.
    Caught,
    /// Closes the innermost [`Step::Caught`] scope: the failure has been dealt with.
    Handled,
    /// Closes the innermost [`Step::Caught`] scope by failing again with the cause that it keeps.
    FailAgain,
    /// Starts child tasks and waits for them.
    Fork {
        /// Index in [`Program::forks`].
        fork: u32,
    },
    /// Starts a child task and does not wait for it.
    Spawn {
        /// Its first step.
        pc: Pc,
        /// The operation that it is recorded as.
        operation: u16,
    },
    /// Continues at one of several places, by weight or by key.
    Choose {
        /// Index in [`Program::choices`].
        choice: u32,
    },
    /// Opens a loop.
    Repeat {
        /// How often, an index in [`Program::counts`].
        count: u32,
        /// Where to continue when it is done.
        end: Pc,
    },
    /// Goes round the innermost loop again, or leaves it.
    Again,
    /// Places the task in a replica of a process, chosen by the host.
    Place {
        /// The process.
        process: u16,
    },
    /// Leaves the replica.
    Leave,
    /// Asks the host.
    Hook {
        /// What to do, a number that the host knows.
        hook: u32,
    },
    /// Closes the innermost scope that the host opened.
    EndHost,
    /// Continues at `to`.
    Jump {
        /// Where.
        to: Pc,
    },
    /// Fails.
    Fail {
        /// Why.
        cause: Cause,
    },
    /// Ends the task as served.
    Finish,
}

/// A law together with the site it is drawn at.
#[derive(Clone, Debug)]
pub struct Demand {
    /// The distribution \[s].
    pub law: Law,
    /// A number made from the operation's name and the step's place in it, the same in every deployment.
    pub site: u64,
}

/// A number of repetitions together with the site it is drawn at.
#[derive(Clone, Debug)]
pub struct Repetitions {
    /// The distribution.
    pub law: CountLaw,
    /// As in [`Demand`].
    pub site: u64,
}

/// Where a choice goes.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Cumulative weights, ascending to 1.
    pub cumulative: Vec<f64>,
    /// The first step of each branch.
    pub targets: Vec<Pc>,
    /// As in [`Demand`].
    pub site: u64,
    /// Draws by this key instead of by chance: equal keys take equal branches.
    pub key: Option<u16>,
}

/// What becomes of children that nobody waits for any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// They run on and use what they hold until they end.
    KeepServing,
    /// They are cancelled at once.
    Cancel,
}

/// Children that start together.
#[derive(Clone, Debug)]
pub struct Fork {
    /// The first step of each child.
    pub branches: Vec<Pc>,
    /// How many have to succeed. The fork fails as soon as that cannot happen any more.
    pub need: u32,
    /// What becomes of the rest.
    pub leftover: Leftover,
}

/// Keys that requests carry.
#[derive(Clone, Debug)]
pub struct KeySpace {
    /// A number made from the name of the key space.
    pub site: u64,
    /// Which keys are asked for how often.
    pub picker: KeyPicker,
}

/// The order in which a station serves those who wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// First come, first served.
    Fifo,
    /// Last come, first served, without preemption.
    Lifo,
    /// First come, first served, but last come first while the queue has not been empty for this long.
    ///
    /// Source: Facebook's adaptive LIFO ("Fail at Scale", ACM Queue 13(8), 2015).
    AdaptiveLifo(Span),
    /// The smallest priority number first, first come within it, without preemption.
    Priority,
}

/// How long one waits before giving up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// For ever.
    Endless,
    /// A constant time: the time-out's ring.
    Constant(u16),
    /// A drawn time, an index in [`Program::demands`].
    Drawn(u32),
}

/// Configuration of a station with slots.
#[derive(Clone, Debug)]
pub struct SlotsConfig {
    /// Servers.
    pub capacity: u32,
    /// Most that may wait, `None` for no limit.
    pub queue_limit: Option<u32>,
    /// Order of service.
    pub discipline: Discipline,
    /// How long one waits.
    pub patience: Patience,
    /// How an item fails that finds no room.
    pub when_full: Cause,
    /// How an item fails whose patience runs out.
    pub when_impatient: Cause,
}

/// Configuration of a processor-sharing station.
#[derive(Clone, Debug)]
pub struct SharingConfig {
    /// Cores shared equally by all jobs; one job uses at most one.
    pub cores: Cores,
}

/// Configuration of a lock table.
#[derive(Clone, Debug)]
pub struct LocksConfig {
    /// How long one waits.
    pub patience: Patience,
    /// Whether a wait that closes a cycle is resolved by failing a victim, whose whole transaction is undone.
    pub detect_deadlocks: bool,
    /// Whether running out of patience undoes the whole transaction too, and not only the step that waited.
    pub timeout_undoes: bool,
    /// Which transactions its locks belong to: those of the same group.
    pub group: u16,
}

/// Configuration of a batch server.
#[derive(Clone, Debug)]
pub struct BatchConfig {
    /// How long one batch takes, an index in [`Program::demands`].
    pub demand: u32,
    /// Most in one batch, `None` for no limit.
    pub limit: Option<u32>,
    /// How long the first waits for others to come along.
    pub gather: Span,
}

/// A whole program with the resources that it names.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The steps.
    pub steps: Vec<Step>,
    /// Number of operations that are recorded.
    pub operations: u32,
    /// Laws by index.
    pub demands: Vec<Demand>,
    /// Repetitions by index.
    pub counts: Vec<Repetitions>,
    /// Choices by index.
    pub choices: Vec<Choice>,
    /// Forks by index.
    pub forks: Vec<Fork>,
    /// Key spaces by index.
    pub keys: Vec<KeySpace>,
    /// Time-outs by index of their ring.
    pub rings: Vec<Span>,
    /// Stations with slots.
    pub slots: Vec<SlotsConfig>,
    /// Processor-sharing stations.
    pub sharings: Vec<SharingConfig>,
    /// Lock tables.
    pub locks: Vec<LocksConfig>,
    /// Batch servers.
    pub batches: Vec<BatchConfig>,
    /// Number of open sources.
    pub sources: u32,
}

impl Program {
    /// The number of stations in the record: slots, then processor sharing, then lock tables, then batch
    /// servers.
    pub fn stations(&self) -> usize {
        self.slots.len() + self.sharings.len() + self.locks.len() + self.batches.len()
    }

    /// The ring of a time-out, made if there is none yet.
    ///
    /// # Panics
    /// If there are more than 65,535 different time-outs.
    pub fn ring(&mut self, span: Span) -> u16 {
        let index = self.rings.iter().position(|ring| *ring == span).unwrap_or_else(|| {
            self.rings.push(span);
            self.rings.len() - 1
        });
        u16::try_from(index).expect("fewer than 65,536 different time-outs")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_small() {
        assert!(size_of::<Step>() <= 12, "{}", size_of::<Step>());
    }

    #[test]
    fn equal_time_outs_share_a_ring() {
        let mut program = Program::default();
        let a = program.ring(Span::from_secs(1));
        let b = program.ring(Span::from_secs(2));
        assert_eq!(program.ring(Span::from_secs(1)), a);
        assert_ne!(a, b);
    }
}
