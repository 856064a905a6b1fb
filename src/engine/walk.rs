//! The interpreter: a task walks its steps until it has to wait or ends.

use super::core::{Origin, Start};
use super::host::{Exit, Flow, Host};
use super::key::{Key, Phase};
use super::locks::Hold;
use super::pending::EventList;
use super::program::{Patience, Pc, Program, Step};
use super::run::Engine;
use super::slots::Asked;
use super::task::{Frame, NONE, State, TaskId};
use crate::random::{Draw, mix};
use crate::record::{MilestoneKind, Outcome};
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
                    self.serve(id, slots, demand);
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
                    // What Core::sleep does, written out: two of three events of a large model end such a wait.
                    task.pc += 1;
                    let law = &program.demands[demand as usize];
                    let span = law.law.sample_span_here(&mut Draw::new(task.salt, law.site));
                    self.core.sequence += 1;
                    (task.token, task.state) = (self.core.sequence, State::Timed);
                    let at = Instant::from_nanos(self.core.now + span.as_nanos());
                    self.core.pending.push(Key::new(at, Phase::Resume, self.core.sequence, id).0);
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
                Step::EndDeadline => {
                    task.pc += 1;
                    task.frames.pop();
                }
                Step::EndCatch { to } => {
                    task.pc = to;
                    task.frames.pop();
                }
                Step::Deadline { ring, cause } => self.open_deadline(id, ring, cause),
                Step::Patience { demand, cause } => self.open_patience(id, demand, cause),
                Step::Retry { .. } => self.open_attempts(id),
                Step::EndRetry => self.close_attempts(id),
                Step::Catch { handler } => self.open_catch(id, handler),
                Step::Unless { causes, to } => {
                    let listed = causes & (1 << task.cause as u32) != 0;
                    task.pc = if listed { task.pc + 1 } else { to };
                }
                Step::Rethrow => {
                    let cause = task.cause;
                    if !self.fail_on(id, cause) {
                        return;
                    }
                }
                Step::Caught => self.open_handler(id),
                Step::Handled => {
                    task.pc += 1;
                    task.frames.pop();
                }
                Step::FailAgain => {
                    if !self.fail_again(id) {
                        return;
                    }
                }
                Step::Fork { fork } => {
                    if !self.fork_or_join(id, fork) {
                        return;
                    }
                }
                Step::Spawn { pc, operation } => self.spawn(id, pc, operation),
                Step::Choose { choice } => self.choose(id, choice),
                Step::Repeat { count, end } => self.open_loop(id, count, end),
                Step::Again => {
                    if !self.go_round(id) {
                        return;
                    }
                }
                Step::Begin { group } => self.open_transaction(id, group),
                Step::Change { group, rows } => self.change_rows(id, group, rows),
                Step::Lock { table, key, shared } => {
                    if !self.lock(id, table, key, shared) {
                        return;
                    }
                }
                Step::Commit => self.close_transaction(id, true),
                Step::Rollback => self.close_transaction(id, false),
                Step::Batch { batch } => {
                    self.join_batch(id, batch);
                    return;
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

    /// Takes a slot, or waits or fails; says whether the task goes on now.
    fn take_slot(&mut self, id: TaskId, slots: u32) -> bool {
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

    /// Takes a slot if that has not been granted, and is served. What [`Core::wait_for_slot`] and [`Core::sleep`] do is written
    /// out for the plain case, since nothing is done more often: who changes them changes this.
    #[inline(always)]
    fn serve(&mut self, id: TaskId, slots: u32, demand: u32) {
        let core = &mut self.core;
        let now = core.now;
        let task = &mut core.tasks[id];
        if task.stage == 0 {
            let station = &mut core.slots[slots as usize];
            match station.ask(now) {
                Asked::Granted => {}
                Asked::Queued => {
                    if station.config.patience != Patience::Endless || core.ledgers.is_some() {
                        return core.wait_for_slot(id, slots);
                    }
                    core.sequence += 1;
                    (task.token, task.state, task.since) = (core.sequence, State::Slots(slots), now);
                    station.enqueue(now, id, core.sequence, task.priority);
                    return;
                }
                Asked::Full => return self.finds_no_room(id, slots),
            }
        }
        let demand = &core.program.demands[demand as usize];
        let mut span = demand.law.sample_span_here(&mut Draw::new(task.salt, demand.site));
        if core.has_slow_slots {
            span = core.slots[slots as usize].slowed(span);
        }
        core.sequence += 1;
        let at = Instant::from_nanos(now + span.as_nanos());
        core.pending.push(Key::new(at, Phase::Resume, core.sequence, id).0);
        (task.token, task.state, task.stage) = (core.sequence, State::Serving(slots), 2);
        core.counts_as(id, |parts| parts.serves.get(slots as usize).copied());
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
        let secs = demand.law.sample_here(&mut Draw::new(task.salt, demand.site));
        self.core.sequence += 1;
        let token = self.core.sequence;
        (task.token, task.state, task.since) = (token, State::Sharing(station), now);
        self.core.works_for(id, secs * 1e9);
        let sharing = &mut self.core.sharings[station as usize];
        sharing.advance(now);
        sharing.add(secs.max(0.0) * 1e9, id, token);
        self.core.schedule_sharing(station);
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

    /// A branch of a task: the same customer, on its own.
    pub(super) fn child_of(&self, parent: TaskId, pc: Pc, operation: u16) -> (Start, Origin) {
        let parent = &self.core.tasks[parent];
        let start = Start { pc, operation, key: parent.salt, priority: parent.priority, notify: None };
        let origin =
            Origin { salt: parent.salt, key_salt: parent.key_salt, replica: parent.replica, group: NONE };
        (start, origin)
    }
}

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
