//! Where the time of requests goes: what each task in flight has spent on what.
//!
//! Time passes for a task only between two of its steps. Whoever puts it in a wait says what that counts as, and when it
//! is run again, or taken out of the wait, the time since is added to that. So the parts of a task add up to its
//! response time to the nanosecond, whatever it waited for.
//!
//! A task that waits for branches takes over the parts of the branch that ended its wait: the branch began when the wait
//! did and ended when it did. Where the wait is cut short, it takes over those of the first branch that still goes on.

use super::core::Core;
use super::task::{Frame, State, TaskId};
use crate::record::{Outcome, TimePart};

/// What waits count as. What is not listed counts as service.
#[derive(Clone, Debug, Default)]
pub struct WaitParts {
    /// Waits for a slot, by station with slots.
    pub slots: Vec<TimePart>,
    /// Service at a station with slots.
    pub serves: Vec<TimePart>,
    /// Delays, by demand.
    pub delays: Vec<TimePart>,
    /// Waits in hooks of the host, by hook.
    pub hooks: Vec<TimePart>,
}

type Parts = [u64; TimePart::COUNT];

/// What one task has spent its time on: two lines of memory that are next to each other.
#[derive(Clone, Debug)]
#[repr(align(128))]
struct Ledger {
    /// Until when its time has been added \[ns].
    since: u64,
    /// What the time since then counts as; what goes beyond `own` counts as queueing.
    part: TimePart,
    own: u64,
    parts: Parts,
    /// What had been spent when the open inner calls began.
    spans: Vec<Parts>,
}

/// The ledgers of all tasks, by id.
#[derive(Debug)]
pub(crate) struct Ledgers {
    waits: WaitParts,
    tasks: Vec<Ledger>,
}

impl Ledgers {
    pub(crate) fn new(waits: WaitParts) -> Self {
        Ledgers { waits, tasks: Vec::new() }
    }

    fn open(&mut self, task: TaskId, now: u64) {
        let blank = || Ledger {
            since: now,
            part: TimePart::Service,
            own: u64::MAX,
            parts: [0; TimePart::COUNT],
            spans: Vec::new(),
        };
        let index = task as usize;
        if index >= self.tasks.len() {
            self.tasks.resize_with(index + 1, blank);
        }
        let ledger = &mut self.tasks[index];
        debug_assert!(ledger.spans.is_empty());
        (ledger.since, ledger.part, ledger.own) = (now, TimePart::Service, u64::MAX);
        ledger.parts = [0; TimePart::COUNT];
    }

    fn settle(&mut self, task: TaskId, now: u64) {
        let ledger = &mut self.tasks[task as usize];
        let elapsed = now - ledger.since;
        if elapsed > 0 {
            let own = elapsed.min(ledger.own);
            ledger.parts[ledger.part as usize] += own;
            ledger.parts[TimePart::Queue as usize] += elapsed - own;
            ledger.since = now;
        }
        ledger.own = u64::MAX;
    }

    /// Ends the queueing of tasks that are served together from now on.
    pub(crate) fn begin_service(&mut self, tasks: impl Iterator<Item = TaskId>, now: u64) {
        for task in tasks {
            self.settle(task, now);
            self.tasks[task as usize].part = TimePart::Service;
        }
    }

    /// What a task has spent, the wait that it is in left out or not.
    fn spent(&self, task: TaskId, now: u64, with_wait: bool) -> Parts {
        let ledger = &self.tasks[task as usize];
        let mut parts = ledger.parts;
        if with_wait {
            let elapsed = now - ledger.since;
            let own = elapsed.min(ledger.own);
            parts[ledger.part as usize] += own;
            parts[TimePart::Queue as usize] += elapsed - own;
        }
        parts
    }

    /// Has a task that waited for a branch take over what the branch spent.
    fn take_over(&mut self, task: TaskId, spent: &Parts, now: u64) {
        let ledger = &mut self.tasks[task as usize];
        if now == ledger.since {
            return;
        }
        debug_assert_eq!(now - ledger.since, spent.iter().sum::<u64>());
        for (own, part) in ledger.parts.iter_mut().zip(spent) {
            *own += part;
        }
        ledger.since = now;
    }
}

/// What goes on while nobody asked for it costs one look at an empty place.
impl Core<'_> {
    /// Begins the ledger of a new task.
    #[inline]
    pub(crate) fn open_ledger(&mut self, task: TaskId) {
        if let Some(ledgers) = &mut self.ledgers {
            ledgers.open(task, self.now);
        }
    }

    /// Says what the wait counts as that a task is put in now.
    #[inline]
    pub(crate) fn counts_as(&mut self, task: TaskId, part: impl FnOnce(&WaitParts) -> Option<TimePart>) {
        if let Some(ledgers) = &mut self.ledgers {
            let part = part(&ledgers.waits).unwrap_or(TimePart::Service);
            ledgers.tasks[task as usize].part = part;
        }
    }

    /// Says that a task begins to work for so long, if it were alone; what it takes beyond that is queueing.
    #[inline]
    pub(crate) fn works_for(&mut self, task: TaskId, own_ns: f64) {
        if let Some(ledgers) = &mut self.ledgers {
            let ledger = &mut ledgers.tasks[task as usize];
            (ledger.part, ledger.own) = (TimePart::Service, own_ns as u64);
        }
    }

    /// Adds the time of a wait that is over, or that becomes another.
    #[inline]
    pub(crate) fn settle_ledger(&mut self, task: TaskId) {
        if let Some(ledgers) = &mut self.ledgers {
            ledgers.settle(task, self.now);
        }
    }

    /// The same for a wait that is cut short. Branches that go on keep their own books.
    pub(crate) fn settle_cut(&mut self, task: TaskId) {
        let Some(ledgers) = &self.ledgers else { return };
        match self.first_branch(task) {
            Some(branch) => {
                let spent = self.spent_so_far(ledgers, branch);
                self.take_over_spent(task, &spent);
            }
            None => self.settle_ledger(task),
        }
    }

    /// The first branch that a task waits for.
    fn first_branch(&self, task: TaskId) -> Option<TaskId> {
        match self.tasks[task].frames.last() {
            Some(Frame::Group { group }) if self.tasks[task].state == State::Join => {
                self.groups[*group as usize].children.first().copied()
            }
            _ => None,
        }
    }

    /// What a task in flight has spent until now.
    fn spent_so_far(&self, ledgers: &Ledgers, task: TaskId) -> Parts {
        let branch = self.first_branch(task);
        let mut parts = ledgers.spent(task, self.now, branch.is_none());
        if let Some(branch) = branch {
            let spent = self.spent_so_far(ledgers, branch);
            parts.iter_mut().zip(spent).for_each(|(own, part)| *own += part);
        }
        parts
    }

    /// Has a task that waited for a branch take over what the branch spent, which has ended.
    pub(crate) fn take_over(&mut self, task: TaskId, branch: TaskId) {
        if let Some(ledgers) = &self.ledgers {
            let spent = ledgers.spent(branch, self.now, false);
            self.take_over_spent(task, &spent);
        }
    }

    fn take_over_spent(&mut self, task: TaskId, spent: &Parts) {
        if let Some(ledgers) = &mut self.ledgers {
            ledgers.take_over(task, spent, self.now);
        }
    }

    /// Begins to count an inner call.
    #[inline]
    pub(crate) fn open_inner(&mut self, task: TaskId) {
        if let Some(ledgers) = &mut self.ledgers {
            let ledger = &mut ledgers.tasks[task as usize];
            ledger.spans.push(ledger.parts);
        }
    }

    /// Records what an inner call spent.
    #[inline]
    pub(crate) fn close_inner(&mut self, task: TaskId, operation: u16, segment: u16, outcome: Outcome) {
        if let Some(ledgers) = &mut self.ledgers {
            let ledger = &mut ledgers.tasks[task as usize];
            if let Some(mut spent) = ledger.spans.pop() {
                for (before, after) in spent.iter_mut().zip(ledger.parts) {
                    *before = after - *before;
                }
                self.recorder.spent(operation, segment, outcome, &spent);
            }
        }
    }

    /// Records what a task spent that ends now.
    #[inline]
    pub(crate) fn close_ledger(&mut self, task: TaskId, outcome: Outcome) {
        if let Some(ledgers) = &mut self.ledgers {
            let entry = &self.tasks[task];
            if entry.operation != u16::MAX {
                let parts = &ledgers.tasks[task as usize].parts;
                self.recorder.spent(entry.operation, entry.segment, outcome, parts);
            }
        }
    }
}
