//! The loop: take the next event, run the tasks that it makes ready, and so on to the end.

use std::sync::atomic::{AtomicBool, Ordering};

use super::control::{CUT, Condemned};
use super::core::Core;
use super::host::Host;
use super::key::{Key, Phase, SEQUENCE_BITS};
use super::ledger::{Ledgers, WaitParts};
use super::limits::{Extent, Limits};
use super::program::Program;
use super::task::{NONE, State, TaskId};
use super::verify::{Broken, verify};
use crate::random::{mix, name_hash};
use crate::record::{Cause, Ending, RunRecord, Segments};
use crate::units::Span;

/// More sequence numbers than what happens between two looks can use stay free below the most that a key can hold.
const SEQUENCES_MAX: u64 = (1 << SEQUENCE_BITS) - (1 << 34);

/// A run that is to stop notices after so many events and turns, some milliseconds.
const TURNS_BETWEEN_LOOKS: u64 = 1 << 16;

/// A program being run with its host.
#[derive(Debug)]
pub struct Engine<'p, H> {
    /// Everything but the host.
    pub core: Core<'p>,
    /// What the engine does not know.
    pub host: H,
    pub(super) events: u64,
    /// Rounds of loops.
    pub(super) rounds: u64,
    /// Events, and turns of tasks.
    pub(super) turns: u64,
    /// How many of them there were when the clock last moved.
    turns_before: u64,
    /// With so many of them it is looked whether there may be more: never later than some limit is reached.
    look_at: u64,
}

impl<'p, H: Host> Engine<'p, H> {
    /// Makes an engine at the start of a run. The host is asked to set its sources and timers when
    /// [`Engine::run`] begins.
    pub fn new(program: &'p Program, host: H, segments: Segments, limits: Limits, seed: u64) -> Self {
        Engine {
            core: Core::new(program, segments, limits, seed),
            host,
            events: 0,
            rounds: 0,
            turns: 0,
            turns_before: 0,
            look_at: 0,
        }
    }

    /// Counts in the series who is served later than the bound of its operation, in their order.
    pub fn count_late(&mut self, bounds: &[Option<Span>]) {
        self.core.recorder.count_late(bounds);
    }

    /// Adds up what requests spend their time on, by what waits count as.
    pub fn attribute(&mut self, waits: WaitParts) {
        self.core.ledgers = Some(Box::new(Ledgers::new(waits)));
    }

    /// Runs to the end and gives the record.
    ///
    /// # Errors
    /// [`Broken`] names the station or operation whose books do not balance: a bug, never the model's fault.
    pub fn run(mut self) -> Result<RunRecord, Broken> {
        self.walk(&|_| true);
        self.finish()
    }

    /// Runs to the end and gives the record, or `None` if `stop` was raised before.
    ///
    /// # Errors
    /// As for [`Engine::run`].
    pub fn run_unless(self, stop: &AtomicBool) -> Result<Option<RunRecord>, Broken> {
        self.run_while(&|_| !stop.load(Ordering::Relaxed))
    }

    /// Runs to the end and gives the record, or `None` if `goes_on` said no, which is asked now and then: after at most
    /// 65,536 events. It may take its time.
    ///
    /// # Errors
    /// As for [`Engine::run`].
    pub fn run_while(mut self, goes_on: &dyn Fn(Extent) -> bool) -> Result<Option<RunRecord>, Broken> {
        if self.walk(goes_on) { self.finish().map(Some) } else { Ok(None) }
    }

    /// Goes to the end of the run; gives whether it was to go on all the while.
    fn walk(&mut self, goes_on: &dyn Fn(Extent) -> bool) -> bool {
        self.host.begin(&mut self.core);
        if !self.settle(goes_on) {
            return self.core.ending != Ending::Completed;
        }
        let end = self.core.recorder.end().as_nanos();
        while let Some(key) = self.core.next_event() {
            let at = key.nanos();
            if at > end || self.core.ending != Ending::Completed {
                break;
            }
            if at != self.core.now {
                if at < self.core.now {
                    self.core.overtaken = Some(at);
                    break;
                }
                self.core.now = at;
                self.turns_before = self.turns;
            }
            self.turns += 1;
            if self.turns >= self.look_at && !self.may_have_an_event(goes_on) {
                return self.core.ending != Ending::Completed;
            }
            self.events += 1;
            let mut resumed = None;
            match key.phase() {
                Phase::Resume => resumed = self.resumed(key),
                Phase::Source => self.host.source(&mut self.core, key.slot()),
                Phase::Sharing
                | Phase::Batch
                | Phase::Timer
                | Phase::Ring
                | Phase::Patience
                | Phase::Sample => {
                    if !self.handle_rarely(key, goes_on) {
                        return self.core.ending != Ending::Completed;
                    }
                }
            }
            if !self.settle_here(resumed, goes_on) {
                return self.core.ending != Ending::Completed;
            }
            self.core.shrink_pending();
        }
        true
    }

    /// Counts a turn of a task; gives whether there may be more.
    #[inline]
    fn counts(&mut self, goes_on: &dyn Fn(Extent) -> bool) -> bool {
        self.turns += 1;
        self.turns < self.look_at || self.may_have_more(goes_on)
    }

    /// Looks whether an event that has been counted as a turn may be handled.
    #[cold]
    fn may_have_an_event(&mut self, goes_on: &dyn Fn(Extent) -> bool) -> bool {
        if self.events >= self.core.limits.events || self.core.sequences() >= SEQUENCES_MAX {
            self.core.ending = Ending::EventLimit(self.core.now());
            return false;
        }
        self.may_have_more(goes_on)
    }

    #[cold]
    fn may_have_more(&mut self, goes_on: &dyn Fn(Extent) -> bool) -> bool {
        let most = self.core.at_once_most;
        if self.turns - self.turns_before > most {
            self.core.ends_at_once();
            return false;
        }
        // Every event is a turn, so that the last one of all comes no sooner than this.
        let events = self.core.limits.events.saturating_sub(self.events);
        let last = self.turns.saturating_add(events.min(TURNS_BETWEEN_LOOKS));
        self.look_at = last.min(self.turns_before.saturating_add(most).saturating_add(1));
        goes_on(self.core.extent())
    }

    /// Handles an event that is not among the most frequent; gives whether the run goes on.
    #[inline(never)]
    fn handle_rarely(&mut self, key: Key, goes_on: &dyn Fn(Extent) -> bool) -> bool {
        let slot = key.slot();
        match key.phase() {
            Phase::Sharing => self.sharing_due(slot, key.sequence()),
            Phase::Batch => self.batch_done(slot),
            Phase::Timer => self.host.timer(&mut self.core, slot),
            Phase::Ring => return self.ring_due(slot, goes_on),
            Phase::Patience => {
                if self.core.tasks[slot].token == key.sequence() {
                    self.out_of_patience(slot);
                } else if let Some(depth) = self.core.deadline_at(slot, key.sequence()) {
                    self.cut_short(slot, depth);
                }
            }
            Phase::Sample => self.sample(slot == CUT),
            Phase::Resume | Phase::Source => unreachable!("the loop does these itself"),
        }
        true
    }

    /// Runs every task that is ready; gives whether it came to the end of that.
    #[inline(never)]
    fn settle(&mut self, goes_on: &dyn Fn(Extent) -> bool) -> bool {
        self.settle_here(None, goes_on)
    }

    /// Runs the task whose wait an event has ended, then every task that is ready; gives whether it came to the end of
    /// that. Tasks that go on making each other ready in no time at all come to the limit on what happens at one instant.
    #[inline(always)]
    fn settle_here(&mut self, resumed: Option<TaskId>, goes_on: &dyn Fn(Extent) -> bool) -> bool {
        let mut next = resumed;
        loop {
            if let Some(task) = next {
                self.core.settle_ledger(task);
                self.step(task);
            }
            next = match self.core.ready.pop_front() {
                Some((task, token)) => {
                    if !self.counts(goes_on) {
                        return false;
                    }
                    self.core.tasks[task].wakes(token).then_some(task)
                }
                None => match self.core.condemned.pop() {
                    None => return true,
                    Some(condemned) => {
                        self.strike(condemned);
                        None
                    }
                },
            };
        }
    }

    /// The task whose wait ends with an event, unless it is another by now. Who was served gives the slot back.
    #[inline(always)]
    fn resumed(&mut self, key: Key) -> Option<TaskId> {
        let id = key.slot();
        let task = &mut self.core.tasks[id];
        if !task.wakes(key.sequence()) {
            return None;
        }
        if let State::Serving(slots) = task.state {
            (task.state, task.stage) = (State::Ready, 0);
            task.pc += 1;
            self.core.give_back_slot_here(slots);
        }
        Some(id)
    }

    #[cold]
    fn strike(&mut self, condemned: Condemned) {
        match condemned {
            Condemned::Wait { task, token, cause } => {
                if self.core.tasks[task].token == token && self.core.tasks[task].alive {
                    self.fail_from_wait(task, cause);
                }
            }
            Condemned::Scope { task, depth, frame, cause } => {
                let entry = &self.core.tasks[task];
                if entry.alive && entry.frames.get(depth as usize) == Some(&frame) {
                    self.core.settle_cut(task);
                    self.cancel_branches(task, depth as usize);
                    self.cut_back(task, depth as usize, cause);
                }
            }
        }
    }

    fn out_of_patience(&mut self, task: TaskId) {
        let (state, since) = (self.core.tasks[task].state, self.core.tasks[task].since);
        let cause = match state {
            State::Slots(slots) => {
                let station = &mut self.core.slots[slots as usize];
                station.meter.expired(self.core.now - since);
                station.config.when_impatient
            }
            State::Lock { .. } => Cause::LockTimeout,
            State::Ready
            | State::Timed
            | State::Serving(_)
            | State::Sharing(_)
            | State::Batch(_)
            | State::Join
            | State::Host => Cause::Timeout,
        };
        self.fail_from_wait(task, cause);
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
            let stay = now - self.core.tasks[task].since;
            sharing.remove_one(stay);
            sharing.meter.served_after(stay);
            let entry = &mut self.core.tasks[task];
            entry.pc += 1;
            let token = entry.token;
            entry.state = State::Ready;
            self.core.ready.push_back((task, token));
        }
        self.core.schedule_sharing(station);
    }

    fn batch_done(&mut self, batch: u32) {
        let server = &mut self.core.batches[batch as usize];
        if server.gathering {
            (server.gathering, server.gathered) = (false, true);
            self.core.begin_batch(batch);
            return;
        }
        let members = self.core.batches[batch as usize].end(self.core.now);
        for &(task, token) in &members {
            if self.core.tasks[task].token == token {
                self.core.tasks[task].pc += 1;
                self.core.make_ready(task);
            }
        }
        self.core.batches[batch as usize].reuse(members);
        self.core.begin_batch(batch);
    }

    fn ring_due(&mut self, ring: u32, goes_on: &dyn Fn(Extent) -> bool) -> bool {
        for alarm in self.core.due_alarms(ring) {
            if !self.core.alarm_is_live(&alarm) {
                continue;
            }
            if alarm.frame == NONE {
                self.out_of_patience(alarm.task);
            } else {
                self.cut_short(alarm.task, alarm.frame as usize);
            }
            if !self.settle(goes_on) {
                return false;
            }
        }
        true
    }

    #[inline(never)]
    fn sample(&mut self, is_cut: bool) {
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
        self.host.sample(self.core.now(), due.interval, due.segment.is_some());
        // A cut comes on top of the samples that follow each other.
        if !is_cut && now < self.core.recorder.end().as_nanos() {
            let next = self.core.recorder.next();
            self.core.schedule(next, Phase::Sample, 0);
        }
    }

    fn finish(mut self) -> Result<RunRecord, Broken> {
        self.core.recorder.bring_in();
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
        let effects_over_time = self.host.effects_over_time();
        let observed = self.host.observed(self.core.now());
        let happenings = self.host.happenings();
        let core = self.core;
        let fingerprint = happenings.iter().fold(mix(core.recorder.fingerprint, self.events), |hash, it| {
            mix(hash, mix(it.at.as_nanos(), name_hash(&it.subject) ^ it.kind as u64))
        });
        let (requests, in_flight_end) = (core.recorder.requests, core.tasks.len() as u64);
        let ends = core.recorder.ends();
        let (operations, mut series, milestones) = core.recorder.into_parts();
        series.effects = effects_over_time;
        let slots = core.slots.into_iter().map(|s| s.meter);
        let sharings = core.sharings.into_iter().map(|s| s.meter);
        let locks = core.locks.into_iter().map(|s| s.meter);
        let batches = core.batches.into_iter().map(|s| s.meter);
        let stations =
            slots.chain(sharings).chain(locks).chain(batches).map(|meter| meter.into_records()).collect();
        Ok(RunRecord {
            ends,
            operations,
            stations,
            series,
            milestones,
            effects,
            observed,
            happenings,
            requests,
            events: self.events,
            in_flight_max: core.tasks.most() as u64,
            in_flight_end,
            fingerprint,
            ending: core.ending,
        })
    }
}
