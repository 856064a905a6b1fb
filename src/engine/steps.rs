//! Steps that are not among the most frequent, each a function of its own: what the loop over steps keeps in registers
//! need not make room for them, and what one of them saves on the stack is only its own.

use super::core::Core;
use super::host::Host;
use super::key::Phase;
use super::locks::Locked;
use super::program::Pc;
use super::program::{Program, Step};
use super::run::Engine;
use super::task::{Frame, NONE, State, TaskId};
use super::walk::{loop_salt, retry_policy, retry_salt};
use crate::random::{Draw, mix};
use crate::record::{Cause, TimePart};

/// Rounds of loops that are gone in one go; they count as events.
const ROUNDS_AT_ONCE: u64 = 4096;

impl<'p, H: Host> Engine<'p, H> {
    #[inline(never)]
    pub(super) fn open_deadline(&mut self, id: TaskId, ring: u16, cause: Cause) {
        let alarm = self.core.next_sequence();
        let task = &mut self.core.tasks[id];
        task.pc += 1;
        let frame = task.frames.len() as u32;
        task.frames.push(Frame::Deadline { cause, id: alarm });
        self.core.start_alarm(ring, alarm, id, frame);
    }

    #[inline(never)]
    pub(super) fn open_patience(&mut self, id: TaskId, demand: u32, cause: Cause) {
        let task = &mut self.core.tasks[id];
        task.pc += 1;
        let salt = task.salt;
        let after = self.core.draw_with(salt, demand);
        let alarm = self.core.schedule(self.core.after(after), Phase::Patience, id);
        self.core.tasks[id].frames.push(Frame::Deadline { cause, id: alarm });
    }

    #[inline(never)]
    pub(super) fn open_attempts(&mut self, id: TaskId) {
        let task = &mut self.core.tasks[id];
        task.pc += 1;
        let (body, degraded) = (task.pc, task.degraded);
        task.frames.push(Frame::Retry { attempt: 1, degraded, body, previous_ns: 0 });
    }

    #[inline(never)]
    pub(super) fn close_attempts(&mut self, id: TaskId) {
        let program: &'p Program = self.core.program;
        let task = &mut self.core.tasks[id];
        task.pc += 1;
        if let Some(Frame::Retry { attempt, body, .. }) = task.frames.pop() {
            task.salt ^= retry_salt(&task.frames, attempt);
            let policy = retry_policy(program, body);
            self.host.retried(&mut self.core, id, policy, attempt);
        }
    }

    #[inline(never)]
    pub(super) fn open_catch(&mut self, id: TaskId, handler: Pc) {
        let task = &mut self.core.tasks[id];
        task.pc += 1;
        task.frames.push(Frame::Catch { degraded: task.degraded, handler });
    }

    #[inline(never)]
    pub(super) fn open_handler(&mut self, id: TaskId) {
        let task = &mut self.core.tasks[id];
        task.pc += 1;
        let (cause, answer) = (task.cause, task.answer);
        task.frames.push(Frame::Caught { cause, answer });
    }

    /// Fails with the cause that a handler kept; says whether another handler caught it.
    #[inline(never)]
    pub(super) fn fail_again(&mut self, id: TaskId) -> bool {
        let task = &mut self.core.tasks[id];
        let Some(Frame::Caught { cause, answer }) = task.frames.pop() else {
            unreachable!("a handler is a scope of its own")
        };
        task.answer = answer;
        self.fail_on(id, cause)
    }

    /// Starts branches, or goes on when they are done; says whether the task goes on now.
    #[inline(never)]
    pub(super) fn fork_or_join(&mut self, id: TaskId, fork: u32) -> bool {
        let task = &mut self.core.tasks[id];
        match std::mem::take(&mut task.stage) {
            0 => {
                self.fork(id, fork);
                false
            }
            1 => {
                task.pc += 1;
                true
            }
            _ => {
                let cause = task.cause;
                self.fail_on(id, cause)
            }
        }
    }

    #[inline(never)]
    pub(super) fn spawn(&mut self, id: TaskId, pc: Pc, operation: u16) {
        self.core.tasks[id].pc += 1;
        let (start, origin) = self.child_of(id, pc, operation);
        self.core.recorder.offered(operation);
        self.core.insert(start, origin);
    }

    #[inline(never)]
    pub(super) fn choose(&mut self, id: TaskId, choice: u32) {
        let choice = &self.core.program.choices[choice as usize];
        let u = match choice.key {
            Some(key) => {
                let key = self.core.key_of(id, key);
                Draw::new(mix(key, choice.site), choice.site).unit()
            }
            None => Draw::new(self.core.tasks[id].salt, choice.site).unit(),
        };
        let branch = choice.cumulative.partition_point(|bound| *bound <= u);
        let branch = branch.min(choice.targets.len() - 1);
        self.core.tasks[id].pc = choice.targets[branch];
    }

    #[inline(never)]
    pub(super) fn open_loop(&mut self, id: TaskId, count: u32, end: Pc) {
        let repetitions = &self.core.program.counts[count as usize];
        let task = &mut self.core.tasks[id];
        let mut draw = Draw::new(task.salt, repetitions.site);
        let left = repetitions.law.sample(&mut draw);
        if left == 0 {
            task.pc = end;
        } else {
            task.pc += 1;
            let body = task.pc;
            task.frames.push(Frame::Loop { index: 0, left: left - 1, body });
        }
    }

    /// Goes round a loop, or leaves it; says whether the task goes on now.
    #[inline(never)]
    pub(super) fn go_round(&mut self, id: TaskId) -> bool {
        self.core.again(id);
        self.rounds += 1;
        let goes_on = !self.rounds.is_multiple_of(ROUNDS_AT_ONCE);
        if !goes_on {
            // A loop that takes no time has to meet the limit on events too.
            self.events += ROUNDS_AT_ONCE;
            self.turns += ROUNDS_AT_ONCE;
            self.core.make_ready(id);
        }
        goes_on
    }

    #[inline(never)]
    pub(super) fn open_transaction(&mut self, id: TaskId, group: u16) {
        let session = self.core.sessions.open(id);
        let task = &mut self.core.tasks[id];
        task.pc += 1;
        task.frames.push(Frame::Locks { first: NONE, session, group });
    }

    #[inline(never)]
    pub(super) fn change_rows(&mut self, id: TaskId, group: u16, rows: u32) {
        self.core.tasks[id].pc += 1;
        if let Some(session) = self.core.session(id, group) {
            let changed = &mut self.core.sessions[session].changed;
            *changed = changed.saturating_add(rows);
        }
    }

    #[inline(never)]
    pub(super) fn close_transaction(&mut self, id: TaskId, committed: bool) {
        let task = &mut self.core.tasks[id];
        task.pc += 1;
        if let Some(Frame::Locks { first, session, .. }) = task.frames.pop() {
            self.end_session(session, first, committed);
        }
    }

    /// Takes a lock; says whether the task goes on now.
    #[inline(never)]
    pub(super) fn lock(&mut self, id: TaskId, table: u32, key: u16, shared: bool) -> bool {
        let task = &mut self.core.tasks[id];
        if task.stage == 1 {
            // Granted while it waited.
            task.stage = 0;
            task.pc += 1;
            return true;
        }
        self.take_lock(id, table, key, shared)
    }

    #[inline(never)]
    pub(super) fn join_batch(&mut self, id: TaskId, batch: u32) {
        let token = self.core.next_sequence();
        let now = self.core.now;
        let task = &mut self.core.tasks[id];
        (task.token, task.state, task.since) = (token, State::Batch(batch), now);
        self.core.counts_as(id, |_| Some(TimePart::Queue));
        self.core.batches[batch as usize].join(now, id, token);
        self.core.begin_batch(batch);
    }

    /// Takes a lock, or waits or fails; says whether the task goes on now.
    fn take_lock(&mut self, id: TaskId, table: u32, key: u16, shared: bool) -> bool {
        let now = self.core.now;
        let row = self.core.key_of(id, key);
        let group = self.core.locks[table as usize].config.group;
        let session = self.core.session(id, group);
        debug_assert!(session.is_some(), "the compiler opens a transaction around every lock");
        let session = session.unwrap_or(NONE);
        match self.core.locks[table as usize].ask(now, row, id, session, shared) {
            Locked::Held => {}
            Locked::Granted(entry) => self.note_hold(id, session, table as u16, entry),
            Locked::Waiting(entry) => {
                let locks = &self.core.locks[table as usize];
                let (patience, detect) = (locks.config.patience, locks.config.detect_deadlocks);
                let waiting = State::Lock { table: table as u16, entry };
                self.core.begin_wait(id, waiting, patience);
                if detect {
                    self.resolve_deadlock(id);
                }
                return false;
            }
        }
        self.core.tasks[id].pc += 1;
        true
    }
}

impl Core<'_> {
    fn again(&mut self, id: TaskId) {
        let program = self.program;
        let task = &mut self.tasks[id];
        if let Some(Frame::Loop { index, left, body }) = task.frames.pop() {
            let undo = loop_salt(program, body, index);
            task.salt ^= undo;
            task.key_salt ^= undo;
            if left == 0 {
                task.pc = match program.steps[body as usize - 1] {
                    Step::Repeat { end, .. } => end,
                    _ => task.pc + 1,
                };
            } else {
                let redo = loop_salt(program, body, index + 1);
                task.salt ^= redo;
                task.key_salt ^= redo;
                task.frames.push(Frame::Loop { index: index + 1, left: left - 1, body });
                task.pc = body;
            }
        }
    }
}
