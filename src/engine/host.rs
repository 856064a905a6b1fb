//! What the engine asks of the layer above it.

use super::core::Core;
use super::task::TaskId;
use crate::record::{AccessStatus, Cause, Happening, ObservedRecord, Outcome};
use crate::units::{Instant, Span};

/// What a hook tells the engine to do with the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on with the next step.
    Next,
    /// Go on elsewhere.
    Jump(u32),
    /// Fail.
    Fail(Cause),
    /// Wait this long, then go on with the next step.
    Delay(Span),
    /// Wait until the host wakes it; [`Host::asleep`] gets the token to do that with.
    Sleep,
}

/// How a scope closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The steps in it were done.
    Done,
    /// A step in it failed.
    Failed(Cause),
    /// Something around it failed: a time-out ran out, or what it was in broke.
    Cut(Cause),
    /// The task was cancelled from outside.
    Cancelled,
}

/// The layer above the engine: it brings arrivals, chooses replicas, keeps policies and stores.
pub trait Host: Sized {
    /// Sets the first timers and sources.
    fn begin(&mut self, core: &mut Core<'_>);
    /// Handles an event of a source.
    fn source(&mut self, core: &mut Core<'_>, source: u32);
    /// Handles a timer.
    fn timer(&mut self, core: &mut Core<'_>, timer: u32);
    /// Handles a task's [`super::Step::Hook`].
    fn hook(&mut self, core: &mut Core<'_>, task: TaskId, hook: u32) -> Flow;
    /// Takes note that a task sleeps in a hook, and of the token to wake it with.
    fn asleep(&mut self, core: &mut Core<'_>, task: TaskId, hook: u32, token: u64);
    /// Takes note that a scope that the host opened has closed.
    fn closed(&mut self, core: &mut Core<'_>, task: TaskId, tag: u8, data: u32, since: Instant, exit: Exit);
    /// Chooses a replica of a process.
    ///
    /// # Errors
    /// The cause the task fails with when there is none.
    fn place(&mut self, core: &mut Core<'_>, task: TaskId, process: u16) -> Result<u16, Cause>;
    /// Takes note that a task left a replica.
    fn left(&mut self, core: &mut Core<'_>, process: u16, replica: u16);
    /// Says what a process answers when its work for a task fails for this cause; `None` for no answer. `inner` is what
    /// the failure has been answered with so far.
    fn answer(&self, _process: u16, cause: Cause, _inner: Option<AccessStatus>) -> Option<AccessStatus> {
        Some(AccessStatus::of_work(cause))
    }
    /// Says after which pause a failed attempt is followed by another, if at all.
    fn retry(
        &mut self,
        core: &mut Core<'_>,
        task: TaskId,
        policy: u16,
        attempt: u8,
        cause: Cause,
        previous: Span,
    ) -> Option<Span>;
    /// Takes note that a scope with retries was done at this attempt.
    fn retried(&mut self, core: &mut Core<'_>, task: TaskId, policy: u16, attempt: u8);
    /// Takes note that a scope with retries was left at this attempt, or in the pause before it, by what happened
    /// around it: a time-out, a cancellation.
    fn retry_left(&mut self, _core: &mut Core<'_>, _task: TaskId, _policy: u16, _attempt: u8) {}
    /// Takes note that a transaction that the host watches has ended, for good or undone.
    fn transaction_ended(&mut self, _core: &mut Core<'_>, _session: u32, _committed: bool) {}
    /// Takes note that a task with a notification has ended.
    fn ended(&mut self, core: &mut Core<'_>, notify: u32, outcome: Outcome);
    /// Takes note that an interval of the series, a segment, or both end now.
    fn sample(&mut self, _now: Instant, _interval: bool, _segment: bool) {}
    /// Gives what the host itself counted, at the end of the run.
    fn observed(&mut self, _now: Instant) -> Vec<ObservedRecord> {
        Vec::new()
    }
    /// Gives what happened besides requests, at the end of the run, in order.
    fn happenings(&mut self) -> Vec<Happening> {
        Vec::new()
    }
    /// Gives the counts of business effects at the end of the run.
    fn effects(&self) -> Vec<u64>;
    /// Gives their counts at the end of each interval of the series, at the end of the run.
    fn effects_over_time(&mut self) -> Vec<Vec<u64>> {
        Vec::new()
    }
}
