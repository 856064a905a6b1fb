//! The simulated world between two events: clock, pending events, tasks and stations.

use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::batch::Batch;
use super::control::Condemned;
use super::judge::Judge;
use super::key::{Key, Phase};
use super::ledger::Ledgers;
use super::limits::Limits;
use super::locks::{Holds, LockTable};
use super::pending::{Adaptive, EventList, Sorted};
use super::program::{Pc, Program};
use super::ready::Ready;
use super::recorder::Recorder;
use super::ring::Ring;
use super::sessions::Sessions;
use super::sharing::Sharing;
use super::slots::{LONG_WAIT_NS, Slots};
use super::task::{Frame, NONE, State, Task, TaskId, Tasks};
use crate::random::{Draw, mix};
use crate::record::{Cause, Ending, MilestoneKind, Outcome, Segments};
use crate::units::{Instant, Span};

/// So many pending events are never searched for stale ones.
const PENDING_KEPT: usize = 4096;

/// With more sources than this, the others' arrivals are pending like all events.
const ARRIVALS_APART: usize = 16;

/// How a task comes into being.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Its first step.
    pub pc: Pc,
    /// The operation that it is recorded as.
    pub operation: u16,
    /// Where its draws and keys come from.
    pub key: u64,
    /// Smaller is served first where a station has classes.
    pub priority: u8,
    /// What the host is told at its end, if anything.
    pub notify: Option<u32>,
}

/// Where a task comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// Where its draws come from.
    pub(crate) salt: u64,
    /// Where its keys come from.
    pub(crate) key_salt: u64,
    pub(crate) replica: u16,
    /// The group of children it belongs to.
    pub(crate) group: u32,
}

/// Children that somebody waits for.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) parent: TaskId,
    /// The fork it came from.
    pub(crate) fork: u32,
    pub(crate) succeeded: u32,
    pub(crate) failed: u32,
    pub(crate) children: SmallVec<[TaskId; 4]>,
}

/// Everything but the host.
#[derive(Debug)]
pub struct Core<'p> {
    pub(crate) program: &'p Program,
    pub(crate) now: u64,
    /// When an event was due that came after one of now, if there was any \[ns]: a bug.
    pub(super) overtaken: Option<u64>,
    pub(super) sequence: u64,
    pub(crate) pending: Adaptive,
    /// The next arrival of each source and the next sample: a few that are always there, and half of all events of a
    /// small system. Kept apart they cost the other list nothing.
    arrivals: Sorted,
    /// With more events than this pending, it is worth while to look for stale ones.
    pending_most: usize,
    pub(crate) ready: Ready,
    pub(crate) tasks: Tasks,
    pub(crate) slots: Vec<Slots>,
    /// Whether any station with slots serves faster or slower than drawn, or has.
    pub(crate) has_slow_slots: bool,
    pub(crate) sharings: Vec<Sharing>,
    pub(crate) locks: Vec<LockTable>,
    pub(crate) holds: Holds,
    pub(crate) sessions: Sessions,
    pub(crate) batches: Vec<Batch>,
    pub(crate) rings: Vec<Ring>,
    pub(crate) groups: Vec<Group>,
    pub(crate) free_groups: Vec<u32>,
    pub(crate) recorder: Recorder,
    /// What tasks spend their time on, where somebody asked.
    pub(crate) ledgers: Option<Box<Ledgers>>,
    pub(crate) limits: Limits,
    /// The lower one of the limits on events.
    pub(crate) at_once_most: u64,
    /// Entries that stay, when they were last counted.
    pub(super) entries: u64,
    pub(crate) ending: Ending,
    /// Tasks that are to fail; handled before the next event.
    pub(crate) condemned: Vec<Condemned>,
    /// Who judges lines, by station.
    pub(super) judges: BTreeMap<u32, Box<dyn Judge>>,
    pub(crate) seed: u64,
}

impl<'p> Core<'p> {
    pub(crate) fn new(program: &'p Program, segments: Segments, limits: Limits, seed: u64) -> Self {
        let mut core = Core {
            program,
            now: 0,
            overtaken: None,
            sequence: 0,
            pending: Adaptive::default(),
            arrivals: Sorted::new(),
            pending_most: PENDING_KEPT,
            ready: Ready::default(),
            tasks: Tasks::default(),
            slots: program.slots.iter().cloned().map(Slots::new).collect(),
            has_slow_slots: false,
            sharings: program.sharings.iter().map(Sharing::new).collect(),
            locks: program.locks.iter().cloned().map(LockTable::new).collect(),
            holds: Holds::new(),
            sessions: Sessions::default(),
            batches: program.batches.iter().cloned().map(Batch::new).collect(),
            rings: program.rings.iter().copied().map(Ring::new).collect(),
            groups: Vec::new(),
            free_groups: Vec::new(),
            recorder: Recorder::new(program, segments),
            ledgers: None,
            limits: Limits { in_flight: limits.in_flight.min(16_000_000), ..limits },
            at_once_most: limits.at_once.min(limits.events),
            entries: 0,
            ending: Ending::Completed,
            condemned: Vec::new(),
            judges: BTreeMap::new(),
            seed,
        };
        let first = core.recorder.next();
        core.schedule(first, Phase::Sample, 0);
        core
    }

    /// The present.
    #[inline]
    pub fn now(&self) -> Instant {
        Instant::from_nanos(self.now)
    }

    /// The program that is run.
    pub fn program(&self) -> &'p Program {
        self.program
    }

    /// A number that no other event or wait has.
    #[inline]
    pub(crate) fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Number of sequence numbers given out; keys hold only so many.
    #[inline]
    pub(crate) fn sequences(&self) -> u64 {
        self.sequence
    }

    /// Adds an event; its sequence number tells it from others.
    #[inline]
    pub(crate) fn schedule(&mut self, at: Instant, phase: Phase, slot: u32) -> u64 {
        let sequence = self.next_sequence();
        let key = Key::new(at, phase, sequence, slot).0;
        match phase {
            Phase::Source | Phase::Sample => self.add_arrival(key),
            Phase::Resume | Phase::Sharing | Phase::Batch | Phase::Timer | Phase::Ring | Phase::Patience => {
                self.pending.push(key)
            }
        }
        sequence
    }

    /// Takes the next event.
    #[inline]
    pub(super) fn next_event(&mut self) -> Option<Key> {
        // No key is as large: its low half begins with a phase, and runs end before the end of time.
        let arrival = self.arrivals.peek().unwrap_or(u128::MAX);
        let tasks = &self.tasks;
        let soon = |keys: &[u128]| tasks.read_ahead(keys.iter().map(|key| Key(*key).slot()));
        self.pending.pop_before(arrival, soon).or_else(|| self.arrivals.pop()).map(Key)
    }

    /// Has the host's timer `timer` called at `at`.
    ///
    /// Range: `timer` below 2^24. A timer cannot be cancelled; the host ignores one it no longer wants.
    pub fn set_timer(&mut self, at: Instant, timer: u32) {
        let at = at.max(self.now());
        self.schedule(at, Phase::Timer, timer);
    }

    /// Has the host's source `source` called at `at`.
    #[inline(always)]
    pub fn set_source(&mut self, at: Instant, source: u32) {
        let at = at.max(self.now());
        let sequence = self.next_sequence();
        self.add_arrival(Key::new(at, Phase::Source, sequence, source).0);
    }

    /// Adds an event that is one of a few that are always there.
    #[inline(always)]
    fn add_arrival(&mut self, key: u128) {
        if self.arrivals.len() < ARRIVALS_APART {
            self.arrivals.push(key);
        } else {
            self.pending.push(key);
        }
    }

    /// Starts a task. Gives `None` when the limit on tasks in flight is reached, which ends the run.
    #[inline(always)]
    pub fn start(&mut self, start: Start) -> Option<TaskId> {
        self.recorder.requests += 1;
        self.start_here(start)
    }

    /// Starts a task that is not a request: the system's own work.
    pub fn start_background(&mut self, start: Start) -> Option<TaskId> {
        self.start_here(start)
    }

    #[inline(always)]
    fn start_here(&mut self, start: Start) -> Option<TaskId> {
        if start.operation != u16::MAX {
            self.recorder.offered(start.operation);
        }
        let origin = Origin { salt: start.key, key_salt: start.key, replica: 0, group: NONE };
        self.insert_here(start, origin)
    }

    /// Starts a task about the same things as another: its record, its event, its follow-up.
    pub fn start_for(&mut self, task: TaskId, pc: Pc, operation: u16) -> Option<TaskId> {
        let (key, priority) = (self.tasks[task].key_salt, self.tasks[task].priority);
        self.start_background(Start { pc, operation, key, priority, notify: None })
    }

    /// Puts a task in flight.
    pub(crate) fn insert(&mut self, start: Start, origin: Origin) -> Option<TaskId> {
        self.insert_here(start, origin)
    }

    /// Puts a task in flight, written where it stays.
    #[inline(always)]
    fn insert_here(&mut self, start: Start, origin: Origin) -> Option<TaskId> {
        let (now, segment) = (self.now, self.recorder.segment);
        let Some((id, task)) = self.tasks.place(self.limits.in_flight) else {
            self.refuse(start.operation);
            return None;
        };
        task.salt = origin.salt;
        task.key_salt = origin.key_salt;
        task.since = now;
        task.arrived = now;
        task.pc = start.pc;
        task.stage = 0;
        task.priority = start.priority;
        task.cause = Cause::Error;
        task.answer = None;
        task.alive = true;
        task.degraded = false;
        task.replica = origin.replica;
        task.operation = start.operation;
        task.segment = segment;
        task.group = origin.group;
        task.notify = start.notify.unwrap_or(NONE);
        self.sequence += 1;
        task.token = self.sequence;
        task.state = State::Ready;
        self.ready.push_back((id, self.sequence));
        self.open_ledger(id);
        Some(id)
    }

    #[cold]
    fn refuse(&mut self, operation: u16) {
        if operation != u16::MAX {
            let (now, segment) = (self.now, self.recorder.segment);
            self.recorder.ended(operation, (segment, now, now), Outcome::Failed(Cause::Limit), None);
        }
        self.ending = Ending::InFlightLimit(self.now());
    }

    /// Has a task run before the next event.
    #[inline]
    pub(crate) fn make_ready(&mut self, task: TaskId) -> &mut Task {
        let token = self.next_sequence();
        self.ready.push_back((task, token));
        let entry = &mut self.tasks[task];
        entry.token = token;
        entry.state = State::Ready;
        entry
    }

    /// Wakes a task that a hook put to sleep; it goes on with the step after the hook, or the hook is called
    /// again if `again`.
    ///
    /// Does nothing if the task is not asleep any more.
    pub fn wake(&mut self, task: TaskId, token: u64, again: bool) {
        let entry = &mut self.tasks[task];
        if entry.alive && entry.token == token && entry.state == State::Host {
            if !again {
                entry.pc += 1;
            }
            self.make_ready(task);
        }
    }

    /// What a task waits in: to be given back to [`Core::wake`] and [`Core::condemn`].
    pub fn token(&self, task: TaskId) -> u64 {
        self.tasks[task].token
    }

    /// The row of key space `key` that a task is about: the same wherever in the request it is asked.
    #[inline]
    pub fn key_of(&self, task: TaskId, key: u16) -> u64 {
        let space = &self.program.keys[usize::from(key)];
        space.picker.pick(&mut Draw::new(self.tasks[task].key_salt, space.site))
    }

    /// What a task's keys are made from: a record that is worked on later starts with it.
    pub fn key_salt(&self, task: TaskId) -> u64 {
        self.tasks[task].key_salt
    }

    /// Smaller is served first where a station has classes.
    pub fn priority(&self, task: TaskId) -> u8 {
        self.tasks[task].priority
    }

    /// A task's own draws at `site`.
    pub fn draw(&self, task: TaskId, site: u64) -> Draw {
        Draw::new(self.tasks[task].salt, site)
    }

    /// A task's draw of one of the program's demands: the same wherever in the request it is asked.
    pub fn draw_demand(&self, task: TaskId, demand: u32) -> Span {
        self.draw_span(task, demand)
    }

    /// Number of tasks in flight.
    pub fn in_flight(&self) -> usize {
        self.tasks.len()
    }

    /// The replica that a task is in.
    pub fn replica(&self, task: TaskId) -> u16 {
        self.tasks[task].replica
    }

    /// The cause that the task's handler caught.
    pub fn caught(&self, task: TaskId) -> Cause {
        self.tasks[task].cause
    }

    /// Opens a scope of the host's own; [`super::Host::closed`] is called when it closes.
    pub fn open_scope(&mut self, task: TaskId, tag: u8, data: u32) {
        let since = self.now;
        self.tasks[task].frames.push(Frame::Host { tag, data, since });
    }

    /// Draws a time for a task.
    pub(crate) fn draw_span(&self, task: TaskId, demand: u32) -> Span {
        self.draw_with(self.tasks[task].salt, demand)
    }

    /// Draws a time for a task whose draws come from `salt`.
    #[inline(always)]
    pub(crate) fn draw_with(&self, salt: u64, demand: u32) -> Span {
        let demand = &self.program.demands[demand as usize];
        demand.law.sample_span_here(&mut Draw::new(salt, demand.site))
    }

    /// The instant so long from now.
    #[inline]
    pub(crate) fn after(&self, span: Span) -> Instant {
        // Each is below 2^63.
        Instant::from_nanos(self.now + span.as_nanos())
    }

    /// Puts a task to sleep until `after` from now.
    #[inline]
    pub(crate) fn sleep(&mut self, task: TaskId, after: Span) -> &mut Task {
        let token = self.schedule(self.after(after), Phase::Resume, task);
        let entry = &mut self.tasks[task];
        entry.token = token;
        entry.state = State::Timed;
        entry
    }

    /// How deep on a task's stack the deadline with this number is open.
    pub(crate) fn deadline_at(&self, task: TaskId, number: u64) -> Option<usize> {
        let is_it = |frame: &Frame| matches!(frame, Frame::Deadline { id, .. } if *id == number);
        let entry = &self.tasks[task];
        entry.frames.iter().position(is_it).filter(|_| entry.alive)
    }

    /// Gives a slot back and has the next in line served.
    pub(crate) fn give_back_slot(&mut self, slots: u32) {
        self.give_back_slot_here(slots);
    }

    /// The same as a part of the caller.
    #[inline(always)]
    pub(crate) fn give_back_slot_here(&mut self, slots: u32) {
        let station = &mut self.slots[slots as usize];
        station.give_back(self.now);
        self.grant_slots_here(slots);
    }

    /// Has those in line served whom a slot is free for.
    pub(crate) fn grant_slots(&mut self, slots: u32) {
        self.grant_slots_here(slots);
    }

    #[inline(always)]
    fn grant_slots_here(&mut self, slots: u32) {
        if self.slots[slots as usize].is_judged {
            return self.grant_judged(slots);
        }
        while let Some((task, wait_ns)) = self.slots[slots as usize].grant_next(self.now, &self.tasks) {
            self.granted(slots, task, wait_ns);
        }
    }

    /// Has a task go on that has been given a slot after a wait: [`Core::make_ready`], written out for speed.
    #[inline(always)]
    pub(super) fn granted(&mut self, slots: u32, task: TaskId, wait_ns: u64) {
        let long_waited = &mut self.slots[slots as usize].long_waited;
        if wait_ns > LONG_WAIT_NS && !std::mem::replace(long_waited, true) {
            self.recorder.first_time(MilestoneKind::LongWait, slots, self.now);
        }
        self.sequence += 1;
        self.ready.push_back((task, self.sequence));
        let entry = &mut self.tasks[task];
        (entry.token, entry.state, entry.stage) = (self.sequence, State::Ready, 1);
    }

    /// Number of slots in use and number waiting at a station.
    pub fn slots_in_use(&self, slots: u32) -> (u64, u64) {
        let meter = &self.slots[slots as usize].meter;
        (meter.busy(), meter.queue())
    }

    /// Takes a job that came at `since` off a processor-sharing station, unfinished.
    pub(crate) fn leave_sharing(&mut self, station: u32, since: u64) {
        let sharing = &mut self.sharings[station as usize];
        sharing.advance(self.now);
        sharing.remove_one(self.now - since);
        let tasks = &self.tasks;
        sharing.shrink(|mark| tasks[mark.task()].token == mark.token());
        self.schedule_sharing(station);
    }

    /// Sees to it that the event for the first job to end is pending.
    pub(crate) fn schedule_sharing(&mut self, station: u32) {
        let sharing = &mut self.sharings[station as usize];
        while let Some(mark) = sharing.first() {
            if self.tasks[mark.task()].token != mark.token() {
                sharing.drop_first();
                continue;
            }
            let Some(after) = sharing.time_to(mark) else { break };
            let at = Instant::from_nanos(self.now.saturating_add(after));
            let pending = self.schedule(at, Phase::Sharing, station);
            self.sharings[station as usize].pending = pending;
            return;
        }
        sharing.pending = 0;
    }

    /// Forgets the events of waits that are over, if they may be most of what is pending.
    #[inline]
    pub(crate) fn shrink_pending(&mut self) {
        if self.pending.is_long() && self.pending.len() > self.pending_most {
            self.forget_stale_events();
        }
    }

    #[cold]
    fn forget_stale_events(&mut self) {
        let mut pending = std::mem::take(&mut self.pending);
        pending.retain(|event| {
            let key = Key(event);
            match key.phase() {
                Phase::Resume => self.tasks[key.slot()].token == key.sequence(),
                Phase::Patience => {
                    self.tasks[key.slot()].token == key.sequence()
                        || self.deadline_at(key.slot(), key.sequence()).is_some()
                }
                Phase::Sharing => self.sharings[key.slot() as usize].pending == key.sequence(),
                Phase::Batch | Phase::Timer | Phase::Ring | Phase::Source | Phase::Sample => true,
            }
        });
        self.pending = pending;
        self.pending_most = (2 * self.pending.len()).max(PENDING_KEPT);
    }

    /// Begins a batch if the server is idle and anyone waits.
    pub(crate) fn begin_batch(&mut self, batch: u32) {
        let server = &mut self.batches[batch as usize];
        if server.busy || server.gathering {
            return;
        }
        if !server.config.gather.is_zero() && server.has_waiting() && !server.gathered {
            server.gathering = true;
            let at = Instant::from_nanos(self.now) + server.config.gather;
            self.schedule(at, Phase::Batch, batch);
            return;
        }
        server.gathered = false;
        if !server.begin(self.now, &self.tasks) {
            return;
        }
        if let Some(ledgers) = &mut self.ledgers {
            ledgers.begin_service(server.serving(), self.now);
        }
        let demand = &self.program.demands[server.config.demand as usize];
        let key = mix(self.seed, mix(u64::from(batch), server.batches));
        let span = demand.law.sample_span(&mut Draw::new(key, demand.site));
        self.schedule(self.after(span), Phase::Batch, batch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_waits_that_are_over_are_forgotten_and_others_are_not() {
        let program = Program { operations: 1, ..Program::default() };
        let segments = Segments { ends: vec![Instant::from_nanos(1)], interval: Span::from_nanos(1) };
        let mut core = Core::new(&program, segments, Limits::default(), 1);
        let start = Start { pc: 0, operation: 0, key: 0, priority: 0, notify: None };
        let task = core.start(start).expect("the limit is far");
        for timer in 0..100 {
            core.set_timer(Instant::from_nanos(2), timer);
        }
        for _ in 0..100_000 {
            core.sleep(task, Span::from_secs(3_600));
            core.shrink_pending();
            assert!(core.pending.len() <= PENDING_KEPT, "{}", core.pending.len());
        }
        let mut phases = [0; 8];
        let mut last = 0;
        while let Some(key) = core.next_event() {
            phases[key.phase() as usize] += 1;
            last = key.sequence();
        }
        assert_eq!((phases[Phase::Timer as usize], phases[Phase::Sample as usize]), (100, 1));
        assert_eq!(last, core.token(task));
    }
}
