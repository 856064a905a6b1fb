//! Requests in flight: what each is doing and what it holds.

use smallvec::SmallVec;

use super::program::Pc;
use crate::record::{AccessStatus, Cause};

/// Index of a task in flight.
pub type TaskId = u32;

/// No task, no group, no notification.
pub(crate) const NONE: u32 = u32::MAX;

/// What a task is doing between two events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing: it is being run, or about to be.
    Ready,
    /// Delayed; an event will resume it.
    Timed,
    /// In service in a slot that the step itself holds; an event will resume it.
    Serving(u32),
    /// Waiting for a slot.
    Slots(u32),
    /// At a processor-sharing station.
    Sharing(u32),
    /// Waiting for a lock.
    Lock { table: u16, entry: u32 },
    /// At a batch server.
    Batch(u32),
    /// Waiting for children.
    Join,
    /// Waiting for the host to wake it.
    Host,
}

/// Something to be undone when a scope closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Slot {
        slots: u32,
        since: u64,
    },
    /// A transaction with its locks.
    Locks {
        first: u32,
        session: u32,
        group: u16,
    },
    Return {
        pc: Pc,
        site: u32,
    },
    Span {
        operation: u16,
        segment: u16,
        /// Whether the task was degraded before.
        degraded: bool,
        since: u64,
    },
    Deadline {
        cause: Cause,
        id: u64,
    },
    /// Its policy is said by the `Retry` step in front of its body.
    Retry {
        attempt: u8,
        /// Whether the task was degraded before.
        degraded: bool,
        body: Pc,
        previous_ns: u64,
    },
    Catch {
        /// Whether the task was degraded before.
        degraded: bool,
        handler: Pc,
    },
    Caught {
        cause: Cause,
        answer: Option<AccessStatus>,
    },
    Group {
        group: u32,
    },
    /// Where it ends is said by the `Repeat` step in front of its body.
    Loop {
        index: u32,
        left: u32,
        body: Pc,
    },
    Place {
        process: u16,
        before: u16,
        replica: u16,
    },
    Host {
        tag: u8,
        data: u32,
        since: u64,
    },
    /// What it held has been taken from it; the end of the scope is nothing any more.
    Gone,
}

/// One request, or one branch of it, in flight.
///
/// What an event and most steps look at is one line of memory, its scopes are in the others; without any, the second
/// one is not touched.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct Task {
    /// Tells the wait it is in from every other; events and queue entries of other waits are stale.
    pub(crate) token: u64,
    /// Where its draws come from.
    pub(crate) salt: u64,
    /// Where its keys come from.
    pub(crate) key_salt: u64,
    /// When its wait began \[ns].
    pub(crate) since: u64,
    /// When it arrived \[ns].
    pub(crate) arrived: u64,
    pub(crate) state: State,
    pub(crate) pc: Pc,
    pub(crate) replica: u16,
    /// The operation it is recorded as; `u16::MAX` for a branch of another task.
    pub(crate) operation: u16,
    pub(crate) segment: u16,
    /// How far it is in a step that takes several events.
    pub(crate) stage: u8,
    pub(crate) priority: u8,
    /// The cause that a handler caught, or that a child failed with.
    pub(crate) cause: Cause,
    /// What that failure was answered with, if anybody answered.
    pub(crate) answer: Option<AccessStatus>,
    pub(crate) alive: bool,
    /// Whether a part of its answer is a fallback's.
    pub(crate) degraded: bool,
    pub(crate) frames: SmallVec<[Frame; 6]>,
    /// The group of children it belongs to.
    pub(crate) group: u32,
    /// What the host wants to be told at its end.
    pub(crate) notify: u32,
}

impl Task {
    /// Ends the wait that has this token; says whether the task was in it.
    #[inline]
    pub(crate) fn wakes(&mut self, token: u64) -> bool {
        let wakes = self.token == token;
        if wakes {
            self.token = 0;
        }
        wakes
    }

    /// What a place in the table holds before its first task.
    fn blank() -> Task {
        Task {
            token: 0,
            salt: 0,
            key_salt: 0,
            since: 0,
            arrived: 0,
            pc: 0,
            state: State::Ready,
            stage: 0,
            priority: 0,
            cause: Cause::Error,
            answer: None,
            alive: false,
            degraded: false,
            replica: 0,
            operation: u16::MAX,
            segment: 0,
            group: NONE,
            notify: NONE,
            frames: SmallVec::new(),
        }
    }
}

/// All tasks in flight, by id. Ids are used again.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    tasks: Vec<Task>,
    free: Vec<TaskId>,
}

impl Tasks {
    pub(crate) fn len(&self) -> usize {
        self.tasks.len() - self.free.len()
    }

    /// The most tasks that have been in flight: places are made only while all others are taken.
    pub(crate) fn most(&self) -> usize {
        self.tasks.len()
    }

    /// Finds a place for a new task while there are fewer than `limit`; what is there are the leavings of another, with
    /// no scope open.
    #[inline]
    pub(crate) fn place(&mut self, limit: u32) -> Option<(TaskId, &mut Task)> {
        let id = match self.free.pop() {
            Some(id) => id,
            None => self.grow(limit)?,
        };
        Some((id, &mut self.tasks[id as usize]))
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, limit: u32) -> Option<TaskId> {
        let id = self.tasks.len() as TaskId;
        if id >= limit {
            return None;
        }
        self.tasks.push(Task::blank());
        Some(id)
    }

    #[inline]
    pub(crate) fn remove(&mut self, id: TaskId) {
        let task = &mut self.tasks[id as usize];
        task.alive = false;
        task.token = 0;
        // A spilled stack is given back, so that memory follows what is in flight.
        if task.frames.spilled() {
            task.frames = SmallVec::new();
        }
        self.free.push(id);
    }

    /// Reads what an event looks at of some tasks, whether there are such or not: with very many in flight, their memory is
    /// waited for together, and not one by one when their events come.
    #[cold]
    pub(crate) fn read_ahead(&self, ids: impl Iterator<Item = TaskId>) {
        let tasks = ids.filter_map(|id| self.tasks.get(id as usize));
        std::hint::black_box(tasks.fold(0, |all, task| all ^ task.token ^ u64::from(task.notify)));
    }

    /// Ids and tasks in flight, in id order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (TaskId, &Task)> {
        self.tasks.iter().enumerate().filter(|(_, t)| t.alive).map(|(id, t)| (id as TaskId, t))
    }

    /// The same, to be changed.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (TaskId, &mut Task)> {
        self.tasks.iter_mut().enumerate().filter(|(_, t)| t.alive).map(|(id, t)| (id as TaskId, t))
    }
}

impl std::ops::Index<TaskId> for Tasks {
    type Output = Task;
    #[inline]
    fn index(&self, id: TaskId) -> &Task {
        &self.tasks[id as usize]
    }
}

impl std::ops::IndexMut<TaskId> for Tasks {
    #[inline]
    fn index_mut(&mut self, id: TaskId) -> &mut Task {
        &mut self.tasks[id as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_event_looks_at_is_one_line_of_memory() {
        assert_eq!((std::mem::offset_of!(Task, frames), size_of::<Task>()), (64, 192));
    }

    #[test]
    fn a_task_without_a_scope_is_two_lines_of_memory() {
        // The second one is that in which the vector of scopes says how many there are.
        assert_eq!(std::mem::offset_of!(Task, group) / 64, 2);
        assert_eq!(std::mem::offset_of!(Task, notify) / 64, 2);
    }

    #[test]
    fn tasks_that_are_not_there_are_read_ahead_without_harm() {
        let mut tasks = Tasks::default();
        tasks.read_ahead([0, NONE].into_iter());
        let (id, task) = tasks.place(1).expect("there is room");
        task.token = 7;
        tasks.read_ahead([id, id + 1].into_iter());
        assert_eq!(tasks[id].token, 7);
    }

    #[test]
    fn a_frame_is_two_words() {
        assert_eq!(size_of::<Frame>(), 16);
    }
}
