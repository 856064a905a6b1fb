//! The discrete-event engine: a clock, a list of pending events, tasks that walk step programs, and the
//! resources that they queue for. It knows nothing of the web.
//!
//! Time is integer nanoseconds; events are ordered by (time, phase, sequence), so ties never depend on luck
//! (see [`Phase`]). A task holds slots, locks and scopes of its host on a stack; success, failure, time-out
//! and cancellation all pop it, so nothing is left held because somebody forgot. Queue entries and events of
//! a wait that is over are recognised by their token and skipped, never searched for.
//!
//! Reading order: `key`, `program`, `task`, then the resources (`slots`, `sharing`, `locks`, `batch`,
//! `ring`, `sessions`), then `core`, `waits`, `control`, `judge`, `run`, `walk`, `steps`, `unwind` and `deadlock`; `verify` checks the
//! books at the end of every run.

mod batch;
mod control;
mod core;
mod deadlock;
mod host;
mod judge;
mod key;
mod ledger;
mod limits;
mod locks;
mod meter;
pub mod pending;
mod program;
mod ready;
mod recorder;
mod ring;
mod run;
mod scopes;
mod sessions;
mod sharing;
mod slots;
mod steps;
mod task;
mod unwind;
mod verify;
mod waits;
mod walk;

pub use self::control::Held;
pub use self::core::{Core, Start};
pub use self::limits::{Extent, Limits};
pub use host::{Exit, Flow, Host};
pub use judge::Judge;
pub use key::Phase;
pub use ledger::WaitParts;
pub use meter::Totals;
pub use program::{
    BatchConfig, Choice, Demand, Discipline, Fork, KeySpace, Leftover, LocksConfig, Patience, Pc, Program,
    Repetitions, SharingConfig, SlotsConfig, Station, Step,
};
pub use run::Engine;
pub use task::TaskId;
pub use verify::Broken;
