//! The loop: take the next event, run the tasks that it makes ready, and so on to the end.

use super::core::{Core, Limits};
use super::host::{Flow, Host};
use super::key::{Key, Phase};
use super::locks::{Hold, Locked};
use super::pending::EventList;
use super::program::{Pc, Program, Step};
use super::slots::Asked;
use super::task::{Frame, NONE, State, Task, TaskId};
use super::verify::{Broken, verify};
use crate::random::{Draw, mix};
use crate::record::{Cause, Ending, Outcome, RunRecord, Segments};
use crate::units::Instant;

/// A program being run with its host.
#[derive(Debug)]
pub struct Engine<'p, H> {
    /// Everything but the host.
    pub core: Core<'p>,
    /// What the engine does not know.
    pub host: H,
    events: u64,
}

impl<'p, H: Host> Engine<'p, H> {
    /// Makes an engine at the start of a run. The host is asked to set its sources and timers when
    /// [`Engine::run`] begins.
    pub fn new(program: &'p Program, host: H, segments: Segments, limits: Limits, seed: u64) -> Self {
        Engine { core: Core::new(program, segments, limits, seed), host, events: 0 }
    }

    /// Runs to the end and gives the record.
    ///
    /// # Errors
    /// [`Broken`] names the station or operation whose books do not balance: a bug, never the model's fault.
    pub fn run(mut self) -> Result<RunRecord, Broken> {
        self.host.begin(&mut self.core);
        self.settle();
        let end = self.core.recorder.end().as_nanos();
        while let Some(key) = self.core.pending.pop().map(Key) {
            let at = key.at().as_nanos();
            if at > end || self.core.ending != Ending::Completed {
                break;
            }
            self.core.now = at;
            self.events += 1;
            if self.events > self.core.limits.events {
                self.core.ending = Ending::EventLimit(self.core.now());
                break;
            }
            self.handle(key);
            self.settle();
        }
        self.finish()
    }

    #[inline]
    fn handle(&mut self, key: Key) {
        let slot = key.slot();
        match key.phase() {
            Phase::Resume => self.resume(slot, key.sequence()),
            Phase::Sharing => self.sharing_due(slot, key.sequence()),
            Phase::Batch => self.batch_done(slot),
            Phase::Timer => self.host.timer(&mut self.core, slot),
            Phase::Ring => self.ring_due(slot),
            Phase::Source => self.host.source(&mut self.core, slot),
            Phase::Sample => self.sample(),
        }
    }

    /// Runs every task that is ready.
    #[inline]
    fn settle(&mut self) {
        loop {
            while let Some((task, token)) = self.core.ready.pop_front() {
                if self.core.tasks[task].token == token {
                    self.core.tasks[task].token = 0;
                    self.step(task);
                }
            }
            let Some((task, token, cause)) = self.core.condemned.pop() else { return };
            if self.core.tasks[task].token == token && self.core.tasks[task].alive {
                self.leave_wait(task);
                self.fail(task, cause);
            }
        }
    }

    fn resume(&mut self, task: TaskId, token: u64) {
        let entry = &self.core.tasks[task];
        if entry.token != token {
            return;
        }
        match entry.state {
            State::Timed => {
                self.core.tasks[task].token = 0;
                self.step(task);
            }
            State::Slots(_) | State::Lock { .. } => self.out_of_patience(task),
            State::Ready | State::Sharing(_) | State::Batch(_) | State::Join | State::Host => {}
        }
    }

    fn out_of_patience(&mut self, task: TaskId) {
        let cause = match self.core.tasks[task].state {
            State::Slots(slots) => self.core.slots[slots as usize].config.when_impatient,
            State::Lock { .. } => Cause::LockTimeout,
            State::Ready | State::Timed | State::Sharing(_) | State::Batch(_) | State::Join | State::Host => {
                Cause::Timeout
            }
        };
        self.leave_wait(task);
        self.fail(task, cause);
    }

    fn sharing_due(&mut self, station: u32, sequence: u64) {
        let now = self.core.now;
        let sharing = &mut self.core.sharings[station as usize];
        if sharing.pending != sequence {
            return;
        }
        sharing.advance(now);
        let mut due = true;
        while let Some(mark) = sharing.first() {
            let task = mark.task();
            if self.core.tasks[task].token != mark.token() {
                sharing.drop_first();
                continue;
            }
            if !sharing.is_done(mark, due) {
                break;
            }
            due = false;
            sharing.drop_first();
            sharing.remove_one();
            let since = self.core.tasks[task].since;
            sharing.meter.served_after(now - since);
            let entry = &mut self.core.tasks[task];
            entry.pc += 1;
            let token = entry.token;
            entry.state = State::Ready;
            self.core.ready.push_back((task, token));
        }
        self.core.schedule_sharing(station);
    }

    fn batch_done(&mut self, batch: u32) {
        let members = self.core.batches[batch as usize].end(self.core.now);
        for (task, token) in members {
            if self.core.tasks[task].token == token {
                self.core.tasks[task].pc += 1;
                self.core.make_ready(task);
            }
        }
        self.core.begin_batch(batch);
    }

    fn ring_due(&mut self, ring: u32) {
        for alarm in self.core.due_alarms(ring) {
            if !self.core.alarm_is_live(&alarm) {
                continue;
            }
            if alarm.frame == NONE {
                self.out_of_patience(alarm.task);
            } else {
                self.cut_short(alarm.task, alarm.frame as usize);
            }
            self.settle();
        }
    }

    fn sample(&mut self) {
        let now = self.core.now;
        let in_flight = self.core.tasks.len() as u64;
        let due = self.core.recorder.sample(now, in_flight);
        let points = &mut self.core.recorder.series.stations;
        let slots = self.core.slots.iter_mut().map(|s| &mut s.meter);
        let sharings = self.core.sharings.iter_mut().map(|s| &mut s.meter);
        let locks = self.core.locks.iter_mut().map(|s| &mut s.meter);
        let batches = self.core.batches.iter_mut().map(|s| &mut s.meter);
        for (index, meter) in slots.chain(sharings).chain(locks).chain(batches).enumerate() {
            if due.interval {
                points[index].push(meter.close_interval(now));
            }
            if let Some(from) = due.segment {
                meter.close_segment(from, now);
            }
        }
        if now < self.core.recorder.end().as_nanos() {
            let next = self.core.recorder.next();
            self.core.schedule(next, Phase::Sample, 0);
        }
    }

    fn finish(mut self) -> Result<RunRecord, Broken> {
        let stopped = self.core.ending != Ending::Completed;
        if stopped {
            let from = self.core.recorder.stop();
            let now = self.core.now;
            let core = &mut self.core;
            let slots = core.slots.iter_mut().map(|s| &mut s.meter);
            let sharings = core.sharings.iter_mut().map(|s| &mut s.meter);
            let locks = core.locks.iter_mut().map(|s| &mut s.meter);
            let batches = core.batches.iter_mut().map(|s| &mut s.meter);
            for meter in slots.chain(sharings).chain(locks).chain(batches) {
                meter.close_segment(from, now);
            }
        }
        verify(&self.core)?;
        let effects = self.host.effects();
        let core = self.core;
        let fingerprint = mix(core.recorder.fingerprint, self.events);
        let (requests, in_flight_end) = (core.recorder.requests, core.tasks.len() as u64);
        let (operations, series, milestones) = core.recorder.into_parts();
        let slots = core.slots.into_iter().map(|s| s.meter);
        let sharings = core.sharings.into_iter().map(|s| s.meter);
        let locks = core.locks.into_iter().map(|s| s.meter);
        let batches = core.batches.into_iter().map(|s| s.meter);
        let stations =
            slots.chain(sharings).chain(locks).chain(batches).map(|meter| meter.into_records()).collect();
        Ok(RunRecord {
            operations,
            stations,
            series,
            milestones,
            effects,
            requests,
            events: self.events,
            in_flight_max: core.in_flight_max as u64,
            in_flight_end,
            fingerprint,
            ending: core.ending,
        })
    }

    /// Walks a task until it has to wait or ends.
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
                    if task.stage == 0 && !self.take_slot(id, slots) {
                        return;
                    }
                    let span = self.core.draw_span(id, demand);
                    self.core.tasks[id].stage = 2;
                    self.core.sleep(id, span);
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
                    let span = self.core.draw_span(id, demand);
                    self.core.sleep(id, span);
                    return;
                }
                Step::Begin => {
                    task.pc += 1;
                    task.frames.push(Frame::Locks { first: NONE });
                }
                Step::Lock { table, key, shared } => {
                    if task.stage == 1 {
                        // Granted while it waited.
                        task.stage = 0;
                        task.pc += 1;
                    } else if !self.take_lock(id, table, key, shared) {
                        return;
                    }
                }
                Step::Commit => {
                    task.pc += 1;
                    if let Some(Frame::Locks { first }) = task.frames.pop() {
                        self.give_back_locks(id, first);
                    }
                }
                Step::Batch { batch } => {
                    let token = self.core.next_sequence();
                    let now = self.core.now;
                    let task = &mut self.core.tasks[id];
                    (task.token, task.state, task.since) = (token, State::Batch(batch), now);
                    self.core.batches[batch as usize].join(now, id, token);
                    self.core.begin_batch(batch);
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
                    task.frames.push(Frame::Span { operation, segment, since: self.core.now });
                    self.core.recorder.offered(operation);
                }
                Step::EndSpan => {
                    task.pc += 1;
                    if let Some(Frame::Span { operation, segment, since }) = task.frames.pop() {
                        let now = self.core.now;
                        self.core.recorder.ended(operation, segment, since, now, Outcome::Served);
                    }
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
                Step::Retry { policy } => {
                    task.pc += 1;
                    let body = task.pc;
                    task.frames.push(Frame::Retry { attempt: 1, policy, body, previous_ns: 0 });
                }
                Step::EndRetry => {
                    task.pc += 1;
                    if let Some(Frame::Retry { attempt, policy, .. }) = task.frames.pop() {
                        task.salt ^= retry_salt(attempt);
                        self.host.retried(&mut self.core, policy, attempt);
                    }
                }
                Step::Catch { handler } => {
                    task.pc += 1;
                    task.frames.push(Frame::Catch { handler });
                }
                Step::Unless { causes, to } => {
                    let listed = causes & (1 << task.cause as u32) != 0;
                    task.pc = if listed { task.pc + 1 } else { to };
                }
                Step::Rethrow => {
                    let cause = task.cause;
                    if !self.fail(id, cause) {
                        return;
                    }
                }
                Step::Fork { fork } => match task.stage {
                    0 => return self.fork(id, fork),
                    1 => {
                        task.stage = 0;
                        task.pc += 1;
                    }
                    _ => {
                        task.stage = 0;
                        let cause = task.cause;
                        if !self.fail(id, cause) {
                            return;
                        }
                    }
                },
                Step::Spawn { pc, operation } => {
                    task.pc += 1;
                    let child = self.child_of(id, pc, operation);
                    self.core.recorder.offered(operation);
                    self.core.insert(child);
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
                    let left = u16::try_from(repetitions.law.sample(&mut draw)).unwrap_or(u16::MAX);
                    if left == 0 {
                        task.pc = end;
                    } else {
                        task.pc += 1;
                        let body = task.pc;
                        task.frames.push(Frame::Loop { index: 0, left: left - 1, body, end });
                    }
                }
                Step::Again => self.again(id),
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
                        return;
                    }
                    Flow::Sleep => {
                        let token = self.core.next_sequence();
                        let now = self.core.now;
                        let task = &mut self.core.tasks[id];
                        (task.token, task.state, task.since) = (token, State::Host, now);
                        self.host.asleep(&mut self.core, id, hook, token);
                        return;
                    }
                },
                Step::EndHost => {
                    task.pc += 1;
                    if let Some(Frame::Host { tag, data, since }) = task.frames.pop() {
                        let since = Instant::from_nanos(since);
                        self.host.closed(&mut self.core, id, tag, data, since, super::Exit::Done);
                    }
                }
                Step::Jump { to } => task.pc = to,
                Step::Fail { cause } => {
                    if !self.fail(id, cause) {
                        return;
                    }
                }
                Step::Finish => {
                    self.end(id, Outcome::Served);
                    return;
                }
            }
        }
    }

    /// Takes a slot, or waits or fails; says whether the task goes on now.
    #[inline]
    fn take_slot(&mut self, id: TaskId, slots: u32) -> bool {
        let now = self.core.now;
        let station = &mut self.core.slots[slots as usize];
        match station.ask(now) {
            Asked::Granted => true,
            Asked::Queued => {
                let patience = station.config.patience;
                let token = self.core.begin_wait(id, State::Slots(slots), patience);
                let priority = self.core.tasks[id].priority;
                self.core.slots[slots as usize].enqueue(now, id, token, priority);
                false
            }
            Asked::Full => {
                let cause = station.config.when_full;
                // A caught failure is run like a grant would be: from the ready list, never recursively.
                if self.fail(id, cause) {
                    self.core.make_ready(id);
                }
                false
            }
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
        let sharing = &mut self.core.sharings[station as usize];
        sharing.advance(now);
        sharing.add(secs.max(0.0) * 1e9, id, token);
        self.core.schedule_sharing(station);
    }

    /// Takes a lock, or waits or fails; says whether the task goes on now.
    fn take_lock(&mut self, id: TaskId, table: u32, key: u16, shared: bool) -> bool {
        let now = self.core.now;
        let row = self.core.key_of(id, key);
        match self.core.locks[table as usize].ask(now, row, id, shared) {
            Locked::Held => {}
            Locked::Granted(entry) => self.note_hold(id, table as u16, entry),
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

    /// Writes a new hold into the task's innermost transaction.
    pub(super) fn note_hold(&mut self, id: TaskId, table: u16, entry: u32) {
        let frames = &mut self.core.tasks[id].frames;
        for frame in frames.iter_mut().rev() {
            if let Frame::Locks { first } = frame {
                *first = self.core.holds.insert(Hold { table, entry, next: *first });
                return;
            }
        }
        debug_assert!(false, "the compiler opens a transaction around every lock");
    }

    fn again(&mut self, id: TaskId) {
        let program = self.core.program;
        let task = &mut self.core.tasks[id];
        if let Some(Frame::Loop { index, left, body, end }) = task.frames.pop() {
            let undo = loop_salt(program, body, index);
            task.salt ^= undo;
            task.key_salt ^= undo;
            if left == 0 {
                task.pc = end;
            } else {
                let redo = loop_salt(program, body, index + 1);
                task.salt ^= redo;
                task.key_salt ^= redo;
                task.frames.push(Frame::Loop { index: index + 1, left: left - 1, body, end });
                task.pc = body;
            }
        }
    }

    /// A branch of a task: the same customer, on its own.
    pub(super) fn child_of(&self, parent: TaskId, pc: Pc, operation: u16) -> Task {
        let parent = &self.core.tasks[parent];
        Task {
            token: 0,
            salt: parent.salt,
            key_salt: parent.key_salt,
            since: self.core.now,
            arrived: self.core.now,
            pc,
            state: State::Ready,
            stage: 0,
            priority: parent.priority,
            cause: Cause::Error,
            alive: true,
            replica: parent.replica,
            operation,
            segment: self.core.recorder.segment,
            group: NONE,
            notify: NONE,
            frames: smallvec::SmallVec::new(),
        }
    }
}

/// What a call changes in a task's draws.
#[inline]
pub(super) fn call_salt(site: u32) -> u64 {
    mix(0x00c0_11ed, u64::from(site))
}

/// What a new attempt changes in a task's draws; nothing for the first.
#[inline]
pub(super) fn retry_salt(attempt: u8) -> u64 {
    if attempt <= 1 { 0 } else { mix(0x07e7_e75e, u64::from(attempt)) }
}

/// What a repetition changes in a task's draws and keys; nothing for the first.
#[inline]
pub(super) fn loop_salt(program: &Program, body: Pc, index: u16) -> u64 {
    match program.steps[body as usize - 1] {
        Step::Repeat { count, .. } if index > 0 => mix(program.counts[count as usize].site, u64::from(index)),
        _ => 0,
    }
}
