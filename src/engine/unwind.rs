//! Ways out: failing, timing out, being cancelled, ending. Every scope that is left is closed here.

use super::core::{Group, Origin};
use super::host::{Exit, Host};
use super::program::Leftover;
use super::run::Engine;
use super::task::{Frame, NONE, State, TaskId};
use super::walk::{call_salt, loop_salt, retry_policy, retry_salt};
use crate::record::{AccessStatus, Cause, Outcome, TimePart};
use crate::units::{Instant, Span};

impl<H: Host> Engine<'_, H> {
    /// Takes a task out of whatever it waits in; its events and entries go stale.
    pub(super) fn leave_wait(&mut self, id: TaskId) {
        self.core.settle_cut(id);
        let now = self.core.now;
        let task = &mut self.core.tasks[id];
        let (state, since, token) = (task.state, task.since, task.token);
        task.token = 0;
        task.state = State::Ready;
        match state {
            State::Ready | State::Timed | State::Join | State::Host => {}
            State::Serving(slots) => {
                task.stage = 0;
                self.core.give_back_slot(slots);
            }
            State::Slots(slots) => {
                self.core.slots[slots as usize].leave_queue(now, since, &self.core.tasks);
            }
            State::Sharing(station) => self.core.leave_sharing(station, since),
            State::Lock { table, entry } => {
                self.core.locks[usize::from(table)].leave_queue(now, entry, id);
                self.grant_locks(table, entry);
            }
            State::Batch(batch) => self.core.batches[batch as usize].leave(now, since, id, token),
        }
        let task = &mut self.core.tasks[id];
        if state == State::Ready && task.stage == 1 {
            // Granted a moment ago, and not run yet: the grant goes on to the next in line.
            task.stage = 0;
            match self.core.program.steps[task.pc as usize] {
                super::Step::Serve { slots, .. } | super::Step::Acquire { slots } => {
                    let slots = slots.index(task.replica) as u32;
                    self.core.give_back_slot(slots);
                }
                _ => {}
            }
        }
        self.core.tasks[id].stage = 0;
    }

    /// Fails a task that is not waiting. Says whether a handler caught it: then the task goes on, else it
    /// has ended or waits for its next attempt.
    pub(super) fn fail(&mut self, id: TaskId, cause: Cause) -> bool {
        self.core.tasks[id].answer = None;
        self.fail_on(id, cause)
    }

    /// The same for a failure that came up before: a handler or a child had it, and whoever answered it has answered.
    pub(super) fn fail_on(&mut self, id: TaskId, cause: Cause) -> bool {
        let task = &mut self.core.tasks[id];
        task.stage = 0;
        task.cause = cause;
        // Who finds no room at the door of a replica is refused by it, and gets no answer.
        let mut at_the_door =
            matches!(self.core.program.steps[task.pc as usize], super::Step::Acquire { .. })
                && matches!(task.frames.last(), Some(Frame::Place { .. }));
        while let Some(frame) = self.core.tasks[id].frames.pop() {
            match frame {
                Frame::Catch { degraded, handler } => {
                    // What an attempt that failed was told instead is no part of the answer.
                    self.core.tasks[id].degraded = degraded;
                    self.core.tasks[id].pc = handler;
                    return true;
                }
                Frame::Retry { attempt, degraded, body, previous_ns } => {
                    let previous = Span::from_nanos(previous_ns);
                    let policy = retry_policy(self.core.program, body);
                    let pause = self.host.retry(&mut self.core, id, policy, attempt, cause, previous);
                    let task = &mut self.core.tasks[id];
                    task.degraded = degraded;
                    task.salt ^= retry_salt(&task.frames, attempt);
                    if let Some(pause) = pause {
                        let attempt = attempt.saturating_add(1);
                        task.salt ^= retry_salt(&task.frames, attempt);
                        let previous_ns = pause.as_nanos();
                        task.frames.push(Frame::Retry { attempt, degraded, body, previous_ns });
                        task.pc = body;
                        if pause.is_zero() {
                            self.core.make_ready(id);
                        } else {
                            self.core.sleep(id, pause);
                            self.core.counts_as(id, |_| Some(TimePart::Retry));
                        }
                        return false;
                    }
                }
                Frame::Slot { .. }
                | Frame::Locks { .. }
                | Frame::Return { .. }
                | Frame::Span { .. }
                | Frame::Deadline { .. }
                | Frame::Group { .. }
                | Frame::Loop { .. }
                | Frame::Caught { .. }
                | Frame::Host { .. }
                | Frame::Gone => self.close(id, frame, Exit::Failed(cause)),
                Frame::Place { process, .. } => {
                    self.close(id, frame, Exit::Failed(cause));
                    let refused = std::mem::take(&mut at_the_door);
                    let inner = self.core.tasks[id].answer;
                    self.core.tasks[id].answer =
                        if refused { None } else { self.host.answer(process, cause, inner) };
                }
            }
        }
        self.end(id, Outcome::Failed(cause));
        false
    }

    /// Fails a task in whatever it waits in; if a handler catches it, the task goes on before the next event.
    pub(super) fn fail_from_wait(&mut self, id: TaskId, cause: Cause) {
        let session = self.waiting_session(id).filter(|_| match (cause, self.core.tasks[id].state) {
            (Cause::Deadlock, State::Lock { .. }) => true,
            (Cause::LockTimeout, State::Lock { table, .. }) => {
                self.core.locks[usize::from(table)].config.timeout_undoes
            }
            _ => false,
        });
        self.leave_wait(id);
        if let Some(session) = session {
            self.undo_session(id, session);
        }
        if self.fail(id, cause) {
            self.core.make_ready(id);
        }
    }

    /// Closes one scope that is left by failure or cancellation.
    fn close(&mut self, id: TaskId, frame: Frame, exit: Exit) {
        let program = self.core.program;
        let task = &mut self.core.tasks[id];
        match frame {
            Frame::Slot { slots, .. } => self.core.give_back_slot(slots),
            Frame::Locks { first, session, .. } => self.end_session(session, first, false),
            Frame::Return { site, .. } => task.salt ^= call_salt(site),
            Frame::Span { operation, segment, degraded, since } => {
                task.degraded = degraded;
                let cause = match exit {
                    Exit::Failed(cause) | Exit::Cut(cause) => cause,
                    Exit::Done | Exit::Cancelled => Cause::Abandoned,
                };
                let answer = if let Exit::Failed(_) = exit { task.answer } else { None };
                let now = self.core.now;
                self.core.recorder.ended(operation, (segment, since, now), Outcome::Failed(cause), answer);
                self.core.close_inner(id, operation, segment, Outcome::Failed(cause));
            }
            Frame::Group { group } => self.disband(group),
            Frame::Loop { index, body, .. } => {
                let undo = loop_salt(program, body, index);
                task.salt ^= undo;
                task.key_salt ^= undo;
            }
            Frame::Place { process, before, replica } => {
                task.replica = before;
                self.host.left(&mut self.core, process, replica);
            }
            Frame::Host { tag, data, since } => {
                let since = Instant::from_nanos(since);
                self.host.closed(&mut self.core, id, tag, data, since, exit);
            }
            Frame::Retry { attempt, body, .. } => {
                task.salt ^= retry_salt(&task.frames, attempt);
                let policy = retry_policy(program, body);
                self.host.retry_left(&mut self.core, id, policy, attempt);
            }
            Frame::Deadline { .. } | Frame::Catch { .. } | Frame::Caught { .. } | Frame::Gone => {}
        }
    }

    /// Cuts the scope at `depth` of a task's stack short because its time-out ran out.
    pub(super) fn cut_short(&mut self, id: TaskId, depth: usize) {
        if let Some(Frame::Deadline { cause, .. }) = self.core.tasks[id].frames.get(depth).copied() {
            self.cut_back(id, depth, cause);
        }
    }

    /// Cancels the branches of a task that were started inside the scope at `depth` and run in the same place: what
    /// breaks the scope breaks them too. Branches that are placed elsewhere go on; nobody told them.
    pub(super) fn cancel_branches(&mut self, id: TaskId, depth: usize) {
        let groups: Vec<u32> = self.core.tasks[id].frames[depth..]
            .iter()
            .filter_map(|frame| match frame {
                Frame::Group { group } => Some(*group),
                _ => None,
            })
            .collect();
        for group in groups {
            let mut here = Vec::new();
            let tasks = &self.core.tasks;
            self.core.groups[group as usize].children.retain(|child| {
                let elsewhere = tasks[*child].frames.iter().any(|frame| matches!(frame, Frame::Place { .. }));
                if !elsewhere {
                    here.push(*child);
                }
                elsewhere
            });
            for child in here {
                self.cancel_branches(child, 0);
                self.cancel(child);
            }
        }
    }

    /// Fails a task out of the scope at `depth` of its stack.
    pub(super) fn cut_back(&mut self, id: TaskId, depth: usize, cause: Cause) {
        self.leave_wait(id);
        while self.core.tasks[id].frames.len() > depth {
            if let Some(frame) = self.core.tasks[id].frames.pop() {
                self.close(id, frame, Exit::Cut(cause));
            }
        }
        if self.fail(id, cause) {
            self.core.make_ready(id);
        }
    }

    /// Ends a task from outside, closing everything it has open.
    pub(super) fn cancel(&mut self, id: TaskId) {
        self.leave_wait(id);
        while let Some(frame) = self.core.tasks[id].frames.pop() {
            self.close(id, frame, Exit::Cancelled);
        }
        // Whoever cancels it has left the group already.
        self.core.tasks[id].group = NONE;
        self.core.tasks[id].answer = None;
        self.end(id, Outcome::Failed(Cause::Abandoned));
    }

    /// Ends a task whose scopes are all closed.
    pub(super) fn end(&mut self, id: TaskId, outcome: Outcome) {
        self.end_here(id, outcome);
    }

    /// The same as a part of the caller, who knows the outcome.
    #[inline(always)]
    pub(super) fn end_here(&mut self, id: TaskId, outcome: Outcome) {
        debug_assert!(self.core.tasks[id].frames.is_empty());
        let now = self.core.now;
        let task = &self.core.tasks[id];
        let (group, notify, degraded, answer) = (task.group, task.notify, task.degraded, task.answer);
        self.core.recorder.task_ended(task, now, outcome);
        self.core.close_ledger(id, outcome);
        self.core.tasks.remove(id);
        if group != NONE {
            if degraded && outcome == Outcome::Served {
                let parent = self.core.groups[group as usize].parent;
                self.core.degrade(parent);
            }
            self.child_ended(group, (id, answer), outcome);
        }
        if notify != NONE {
            self.host.ended(&mut self.core, notify, outcome);
        }
    }

    /// Starts the children of a fork; the parent waits for them.
    pub(super) fn fork(&mut self, id: TaskId, fork: u32) {
        let spec = &self.core.program.forks[fork as usize];
        let group = self.new_group(Group {
            parent: id,
            fork,
            succeeded: 0,
            failed: 0,
            children: smallvec::SmallVec::new(),
        });
        let token = self.core.next_sequence();
        let now = self.core.now;
        let task = &mut self.core.tasks[id];
        task.frames.push(Frame::Group { group });
        (task.token, task.state, task.since) = (token, State::Join, now);
        for pc in &spec.branches {
            let (start, origin) = self.child_of(id, *pc, u16::MAX);
            match self.core.insert(start, Origin { group, ..origin }) {
                Some(child) => self.core.groups[group as usize].children.push(child),
                None => return,
            }
        }
    }

    fn new_group(&mut self, group: Group) -> u32 {
        match self.core.free_groups.pop() {
            Some(id) => {
                self.core.groups[id as usize] = group;
                id
            }
            None => {
                self.core.groups.push(group);
                (self.core.groups.len() - 1) as u32
            }
        }
    }

    fn child_ended(&mut self, id: u32, (child, answer): (TaskId, Option<AccessStatus>), outcome: Outcome) {
        let group = &mut self.core.groups[id as usize];
        group.children.retain(|member| *member != child);
        let parent = group.parent;
        let spec = &self.core.program.forks[group.fork as usize];
        let stage = match outcome {
            Outcome::Served => {
                group.succeeded += 1;
                if group.succeeded < spec.need {
                    return;
                }
                1
            }
            Outcome::Failed(cause) => {
                group.failed += 1;
                if spec.branches.len() as u32 - group.failed >= spec.need {
                    return;
                }
                self.core.tasks[parent].cause = cause;
                self.core.tasks[parent].answer = answer;
                2
            }
        };
        self.core.take_over(parent, child);
        // The parent waits right here, so its innermost scope is the group.
        let popped = self.core.tasks[parent].frames.pop();
        debug_assert_eq!(popped, Some(Frame::Group { group: id }));
        self.disband(id);
        self.core.tasks[parent].stage = stage;
        self.core.make_ready(parent);
    }

    /// Lets go of a group's remaining children.
    fn disband(&mut self, id: u32) {
        let group = &mut self.core.groups[id as usize];
        let children = std::mem::take(&mut group.children);
        let leftover = self.core.program.forks[group.fork as usize].leftover;
        self.core.free_groups.push(id);
        for child in &children {
            self.core.tasks[*child].group = NONE;
        }
        if leftover == Leftover::Cancel {
            for child in children {
                self.cancel(child);
            }
        }
    }

    /// Ends a transaction whose scope has been closed.
    pub(super) fn end_session(&mut self, session: u32, first: u32, committed: bool) {
        self.give_back_locks(session, first);
        if self.core.sessions[session].watched {
            self.host.transaction_ended(&mut self.core, session, committed);
        }
        self.core.sessions.close(session);
    }

    /// Undoes a transaction on the spot; its scope stays open, and what follows in it begins anew.
    fn undo_session(&mut self, id: TaskId, session: u32) {
        let mut first = NONE;
        for frame in &mut self.core.tasks[id].frames {
            if let Frame::Locks { first: held, session: own, .. } = frame
                && *own == session
            {
                first = std::mem::replace(held, NONE);
            }
        }
        self.give_back_locks(session, first);
        let entry = &mut self.core.sessions[session];
        entry.changed = 0;
        if std::mem::replace(&mut entry.watched, false) {
            self.host.transaction_ended(&mut self.core, session, false);
        }
    }

    fn give_back_locks(&mut self, session: u32, first: u32) {
        let mut next = first;
        while next != NONE {
            let hold = self.core.holds.remove(next);
            next = hold.next;
            self.core.locks[usize::from(hold.table)].give_back(hold.entry, session);
            self.grant_locks(hold.table, hold.entry);
        }
    }

    fn grant_locks(&mut self, table: u16, entry: u32) {
        let now = self.core.now;
        while let Some((task, session, new)) = self.core.locks[usize::from(table)].grant_next(now, entry) {
            if new {
                self.note_hold(task, session, table, entry);
            }
            self.core.tasks[task].stage = 1;
            self.core.make_ready(task);
        }
    }
}
