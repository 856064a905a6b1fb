//! The interpreter: a task walks its steps until it has to wait or ends.

use super::core::{Origin, Start};
use super::host::{Exit, Flow, Host};
use super::key::Phase;
use super::locks::{Hold, Locked};
use super::program::{Pc, Program, Step};
use super::run::Engine;
use super::slots::Asked;
use super::task::{Frame, NONE, State, TaskId};
use crate::random::{Draw, mix};
use crate::record::{MilestoneKind, Outcome, TimePart};
use crate::units::Instant;

impl<'p, H: Host> Engine<'p, H> {
    /// Walks a task until it has to wait or ends.
    ///
    /// It is part of the loop that runs all that is ready.
    #[inline(always)]
    pub(super) fn step(&mut self, id: TaskId) {
        let program: &'p Program = self.core.program;
        loop {
            let task = &mut self.core.tasks[id];
            match program.steps[task.pc as usize] {
                Step::Serve { slots, demand } => {
                    let slots = slots.index(task.replica) as u32;
                    if task.stage == 2 {
                        task.stage = 0;
                        task.pc += 1;
                        self.core.give_back_slot(slots);
                        continue;
                    }
                    let salt = task.salt;
                    if task.stage == 0 && !self.take_slot_here(id, slots) {
                        return;
                    }
                    let mut span = self.core.draw_with(salt, demand);
                    if self.core.has_slow_slots {
                        span = self.core.slots[slots as usize].slowed(span);
                    }
                    self.core.sleep(id, span).stage = 2;
                    self.core.counts_as(id, |parts| parts.serves.get(slots as usize).copied());
                    return;
                }
                Step::Acquire { slots } => {
                    let slots = slots.index(task.replica) as u32;
                    if task.stage == 0 && !self.take_slot(id, slots) {
                        return;
                    }
                    let since = self.core.now;
                    let task = &mut self.core.tasks[id];
                    task.stage = 0;
                    task.pc += 1;
                    task.frames.push(Frame::Slot { slots, since });
                }
                Step::Release => {
                    task.pc += 1;
                    if let Some(Frame::Slot { slots, .. }) = task.frames.pop() {
                        self.core.give_back_slot(slots);
                    }
                }
                Step::Work { sharing, demand } => {
                    let station = sharing.index(task.replica) as u32;
                    self.work(id, station, demand);
                    return;
                }
                Step::Delay { demand } => {
                    task.pc += 1;
                    let salt = task.salt;
                    let span = self.core.draw_with(salt, demand);
                    self.core.sleep(id, span);
                    self.core.counts_as(id, |parts| parts.delays.get(demand as usize).copied());
                    return;
                }
                Step::Call { pc, site } => {
                    let back = task.pc + 1;
                    task.frames.push(Frame::Return { pc: back, site });
                    task.salt ^= call_salt(site);
                    task.pc = pc;
                }
                Step::Return => {
                    if let Some(Frame::Return { pc, site }) = task.frames.pop() {
                        task.salt ^= call_salt(site);
                        task.pc = pc;
                    }
                }
                Step::Span { operation } => {
                    task.pc += 1;
                    let segment = self.core.recorder.segment;
                    let degraded = std::mem::take(&mut task.degraded);
                    task.frames.push(Frame::Span { operation, segment, degraded, since: self.core.now });
                    self.core.recorder.offered(operation);
                    self.core.open_inner(id);
                }
                Step::EndSpan => {
                    task.pc += 1;
                    if let Some(Frame::Span { operation, segment, degraded, since }) = task.frames.pop() {
                        let now = self.core.now;
                        if task.degraded {
                            self.core.recorder.degraded(operation, segment, since, now);
                        }
                        task.degraded |= degraded;
                        self.core.recorder.ended(operation, (segment, since, now), Outcome::Served, None);
                        self.core.close_inner(id, operation, segment, Outcome::Served);
                    }
                }
                Step::Begin { .. }
                | Step::Lock { .. }
                | Step::Change { .. }
                | Step::Commit
                | Step::Rollback
                | Step::Batch { .. }
                | Step::Deadline { .. }
                | Step::Patience { .. }
                | Step::EndDeadline
                | Step::EndCatch { .. }
                | Step::Retry { .. }
                | Step::EndRetry
                | Step::Catch { .. }
                | Step::Unless { .. }
                | Step::Rethrow
                | Step::Caught
                | Step::Handled
                | Step::FailAgain
                | Step::Fork { .. }
                | Step::Spawn { .. }
                | Step::Choose { .. }
                | Step::Repeat { .. }
                | Step::Again => {
                    if !self.step_rarely(id) {
                        return;
                    }
                }
                Step::Place { process } => match self.host.place(&mut self.core, id, process) {
                    Ok(replica) => {
                        let task = &mut self.core.tasks[id];
                        let before = task.replica;
                        task.frames.push(Frame::Place { process, before, replica });
                        task.replica = replica;
                        task.pc += 1;
                    }
                    Err(cause) => {
                        if !self.fail(id, cause) {
                            return;
                        }
                    }
                },
                Step::Leave => {
                    task.pc += 1;
                    if let Some(Frame::Place { process, before, replica }) = task.frames.pop() {
                        task.replica = before;
                        self.host.left(&mut self.core, process, replica);
                    }
                }
                Step::Hook { hook } => match self.host.hook(&mut self.core, id, hook) {
                    Flow::Next => self.core.tasks[id].pc += 1,
                    Flow::Jump(pc) => self.core.tasks[id].pc = pc,
                    Flow::Fail(cause) => {
                        if !self.fail(id, cause) {
                            return;
                        }
                    }
                    Flow::Delay(span) => {
                        self.core.tasks[id].pc += 1;
                        self.core.sleep(id, span);
                        self.core.counts_as(id, |parts| parts.hooks.get(hook as usize).copied());
                        return;
                    }
                    Flow::Sleep => {
                        let token = self.core.next_sequence();
                        let now = self.core.now;
                        let task = &mut self.core.tasks[id];
                        (task.token, task.state, task.since) = (token, State::Host, now);
                        self.core.counts_as(id, |parts| parts.hooks.get(hook as usize).copied());
                        self.host.asleep(&mut self.core, id, hook, token);
                        return;
                    }
                },
                Step::EndHost => {
                    task.pc += 1;
                    if let Some(Frame::Host { tag, data, since }) = task.frames.pop() {
                        let since = Instant::from_nanos(since);
                        self.host.closed(&mut self.core, id, tag, data, since, Exit::Done);
                    }
                }
                Step::Jump { to } => task.pc = to,
                Step::Fail { cause } => {
                    if !self.fail(id, cause) {
                        return;
                    }
                }
                Step::Finish => {
                    self.end_here(id, Outcome::Served);
                    return;
                }
            }
        }
    }

    /// Does a step that is not among the most frequent; says whether the task goes on now.
    ///
    /// Apart from the loop, so that what the loop keeps in registers need not make room for it.
    #[inline(never)]
    fn step_rarely(&mut self, id: TaskId) -> bool {
        let program: &'p Program = self.core.program;
        let task = &mut self.core.tasks[id];
        match program.steps[task.pc as usize] {
            Step::Begin { group } => {
                task.pc += 1;
                let session = self.core.sessions.open(id);
                self.core.tasks[id].frames.push(Frame::Locks { first: NONE, session, group });
            }
            Step::Change { group, rows } => {
                task.pc += 1;
                if let Some(session) = self.core.session(id, group) {
                    let changed = &mut self.core.sessions[session].changed;
                    *changed = changed.saturating_add(rows);
                }
            }
            Step::Lock { table, key, shared } => {
                if task.stage == 1 {
                    // Granted while it waited.
                    task.stage = 0;
                    task.pc += 1;
                } else if !self.take_lock(id, table, key, shared) {
                    return false;
                }
            }
            step @ (Step::Commit | Step::Rollback) => {
                task.pc += 1;
                if let Some(Frame::Locks { first, session, .. }) = task.frames.pop() {
                    self.end_session(session, first, step == Step::Commit);
                }
            }
            Step::Batch { batch } => {
                let token = self.core.next_sequence();
                let now = self.core.now;
                let task = &mut self.core.tasks[id];
                (task.token, task.state, task.since) = (token, State::Batch(batch), now);
                self.core.counts_as(id, |_| Some(TimePart::Queue));
                self.core.batches[batch as usize].join(now, id, token);
                self.core.begin_batch(batch);
                return false;
            }
            Step::Deadline { ring, cause } => {
                task.pc += 1;
                let frame = task.frames.len() as u32;
                let alarm = self.core.next_sequence();
                self.core.tasks[id].frames.push(Frame::Deadline { cause, id: alarm });
                self.core.start_alarm(ring, alarm, id, frame);
            }
            Step::EndDeadline | Step::EndCatch { .. } => {
                task.frames.pop();
                task.pc = match program.steps[task.pc as usize] {
                    Step::EndCatch { to } => to,
                    _ => task.pc + 1,
                };
            }
            Step::Patience { demand, cause } => {
                task.pc += 1;
                let salt = task.salt;
                let after = self.core.draw_with(salt, demand);
                let alarm = self.core.schedule(self.core.after(after), Phase::Patience, id);
                self.core.tasks[id].frames.push(Frame::Deadline { cause, id: alarm });
            }
            Step::Retry { .. } => {
                task.pc += 1;
                let (body, degraded) = (task.pc, task.degraded);
                task.frames.push(Frame::Retry { attempt: 1, degraded, body, previous_ns: 0 });
            }
            Step::EndRetry => {
                task.pc += 1;
                if let Some(Frame::Retry { attempt, body, .. }) = task.frames.pop() {
                    task.salt ^= retry_salt(&task.frames, attempt);
                    let policy = retry_policy(program, body);
                    self.host.retried(&mut self.core, id, policy, attempt);
                }
            }
            Step::Catch { handler } => {
                task.pc += 1;
                task.frames.push(Frame::Catch { degraded: task.degraded, handler });
            }
            Step::Unless { causes, to } => {
                let listed = causes & (1 << task.cause as u32) != 0;
                task.pc = if listed { task.pc + 1 } else { to };
            }
            Step::Rethrow => {
                let cause = task.cause;
                if !self.fail_on(id, cause) {
                    return false;
                }
            }
            Step::Caught => {
                task.pc += 1;
                let (cause, answer) = (task.cause, task.answer);
                task.frames.push(Frame::Caught { cause, answer });
            }
            Step::Handled => {
                task.pc += 1;
                task.frames.pop();
            }
            Step::FailAgain => {
                let Some(Frame::Caught { cause, answer }) = task.frames.pop() else {
                    unreachable!("a handler is a scope of its own")
                };
                task.answer = answer;
                if !self.fail_on(id, cause) {
                    return false;
                }
            }
            Step::Fork { fork } => match task.stage {
                0 => {
                    self.fork(id, fork);
                    return false;
                }
                1 => {
                    task.stage = 0;
                    task.pc += 1;
                }
                _ => {
                    task.stage = 0;
                    let cause = task.cause;
                    if !self.fail_on(id, cause) {
                        return false;
                    }
                }
            },
            Step::Spawn { pc, operation } => {
                task.pc += 1;
                let (start, origin) = self.child_of(id, pc, operation);
                self.core.recorder.offered(operation);
                self.core.insert(start, origin);
            }
            Step::Choose { choice } => {
                let choice = &program.choices[choice as usize];
                let salt = if choice.key.is_some() { task.key_salt } else { task.salt };
                let u = match choice.key {
                    Some(key) => {
                        let key = self.core.key_of(id, key);
                        Draw::new(mix(key, choice.site), choice.site).unit()
                    }
                    None => Draw::new(salt, choice.site).unit(),
                };
                let branch = choice.cumulative.partition_point(|bound| *bound <= u);
                let branch = branch.min(choice.targets.len() - 1);
                self.core.tasks[id].pc = choice.targets[branch];
            }
            Step::Repeat { count, end } => {
                let repetitions = &program.counts[count as usize];
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
            Step::Again => {
                self.again(id);
                self.rounds += 1;
                if self.rounds.is_multiple_of(ROUNDS_AT_ONCE) {
                    // A loop that takes no time has to meet the limit on events too.
                    self.events += ROUNDS_AT_ONCE;
                    self.turns += ROUNDS_AT_ONCE;
                    self.core.make_ready(id);
                    return false;
                }
            }
            Step::Serve { .. }
            | Step::Acquire { .. }
            | Step::Release
            | Step::Work { .. }
            | Step::Delay { .. }
            | Step::Call { .. }
            | Step::Return
            | Step::Span { .. }
            | Step::EndSpan
            | Step::Place { .. }
            | Step::Leave
            | Step::Hook { .. }
            | Step::EndHost
            | Step::Jump { .. }
            | Step::Fail { .. }
            | Step::Finish => unreachable!("the loop does these itself"),
        }
        true
    }

    /// Takes a slot, or waits or fails; says whether the task goes on now.
    fn take_slot(&mut self, id: TaskId, slots: u32) -> bool {
        self.take_slot_here(id, slots)
    }

    #[inline(always)]
    fn take_slot_here(&mut self, id: TaskId, slots: u32) -> bool {
        let now = self.core.now;
        let station = &mut self.core.slots[slots as usize];
        match station.ask(now) {
            Asked::Granted => true,
            Asked::Queued => {
                self.core.wait_for_slot(id, slots);
                false
            }
            Asked::Full => {
                self.finds_no_room(id, slots);
                false
            }
        }
    }

    #[inline(never)]
    fn finds_no_room(&mut self, id: TaskId, slots: u32) {
        let station = &mut self.core.slots[slots as usize];
        let cause = station.config.when_full;
        if !std::mem::replace(&mut station.overflowed, true) {
            let now = self.core.now;
            self.core.recorder.first_time(MilestoneKind::QueueFull, slots, now);
        }
        // A caught failure is run like a grant would be: from the ready list, never recursively.
        if self.fail(id, cause) {
            self.core.make_ready(id);
        }
    }

    fn work(&mut self, id: TaskId, station: u32, demand: u32) {
        let now = self.core.now;
        let demand = &self.core.program.demands[demand as usize];
        let task = &mut self.core.tasks[id];
        let secs = demand.law.sample(&mut Draw::new(task.salt, demand.site));
        let token = self.core.next_sequence();
        let task = &mut self.core.tasks[id];
        (task.token, task.state, task.since) = (token, State::Sharing(station), now);
        self.core.works_for(id, secs * 1e9);
        let sharing = &mut self.core.sharings[station as usize];
        sharing.advance(now);
        sharing.add(secs.max(0.0) * 1e9, id, token);
        self.core.schedule_sharing(station);
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

    /// Writes a new hold into the task's transaction.
    pub(super) fn note_hold(&mut self, id: TaskId, session: u32, table: u16, entry: u32) {
        let frames = &mut self.core.tasks[id].frames;
        for frame in frames.iter_mut().rev() {
            if let Frame::Locks { first, session: own, .. } = frame
                && *own == session
            {
                *first = self.core.holds.insert(Hold { table, entry, next: *first });
                return;
            }
        }
        debug_assert!(false, "a lock is granted to a transaction that is open");
    }

    fn again(&mut self, id: TaskId) {
        let program = self.core.program;
        let task = &mut self.core.tasks[id];
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

    /// A branch of a task: the same customer, on its own.
    pub(super) fn child_of(&self, parent: TaskId, pc: Pc, operation: u16) -> (Start, Origin) {
        let parent = &self.core.tasks[parent];
        let start = Start { pc, operation, key: parent.salt, priority: parent.priority, notify: None };
        let origin =
            Origin { salt: parent.salt, key_salt: parent.key_salt, replica: parent.replica, group: NONE };
        (start, origin)
    }
}

/// Rounds of loops that are gone in one go; they count as events.
const ROUNDS_AT_ONCE: u64 = 4096;

/// What a call changes in a task's draws.
#[inline]
pub(super) fn call_salt(site: u32) -> u64 {
    mix(0x00c0_11ed, u64::from(site))
}

/// What a new attempt changes in a task's draws; nothing for the first.
///
/// `below` are the scopes around the attempts. Attempts in attempts change different things, or the second of
/// the second would draw what the first of the first drew.
#[inline]
pub(super) fn retry_salt(below: &[Frame], attempt: u8) -> u64 {
    if attempt <= 1 { 0 } else { later_salt(below, attempt) }
}

#[cold]
fn later_salt(below: &[Frame], attempt: u8) -> u64 {
    let (mut site, mut depth) = (u32::MAX, 0u64);
    for frame in below.iter().rev() {
        if let Frame::Return { site: call, .. } = frame {
            site = *call;
            break;
        }
        depth += u64::from(matches!(frame, Frame::Retry { .. }));
    }
    mix(mix(0x07e7_e75e, u64::from(attempt)), (depth << 32) | u64::from(site))
}

/// The policy of attempts whose body begins at `body`.
pub(super) fn retry_policy(program: &Program, body: Pc) -> u16 {
    match program.steps[body as usize - 1] {
        Step::Retry { policy } => policy,
        _ => unreachable!("the body of attempts is behind their step"),
    }
}

/// What a repetition changes in a task's draws and keys; nothing for the first.
#[inline]
pub(super) fn loop_salt(program: &Program, body: Pc, index: u32) -> u64 {
    match program.steps[body as usize - 1] {
        Step::Repeat { count, .. } if index > 0 => mix(program.counts[count as usize].site, u64::from(index)),
        _ => 0,
    }
}
