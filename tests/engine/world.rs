//! A scripted world: who arrives when and does what, what changes meanwhile, and what was seen of it.

use std::cell::RefCell;
use std::rc::Rc;

use brownout::engine::{
    BatchConfig, Broken, Core, Discipline, Engine, Exit, Extent, Flow, Held, Host, Judge, Limits,
    LocksConfig, Patience, Pc, SharingConfig, SlotsConfig, Start, TaskId, WaitParts,
};
use brownout::record::{Cause, Outcome, RunRecord, Segments, TimePart};
use brownout::units::{Cores, Instant, Span};

use crate::plan::{Ask, Do, Writer, key_space};

/// Timers from here on wake sleepers.
const WAKERS: u32 = 1 << 20;

/// One arrival \[ms].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Arrival {
    pub(crate) at: u64,
    pub(crate) pc: Pc,
    pub(crate) priority: u8,
}

/// Something that happens to the world from outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Act {
    ResizeSlots(u32, u32),
    LimitSlots(u32, u32),
    Withhold(u32),
    HandOver(u32),
    ResizeCores(u32, f64),
    Speed(u32, f64),
    /// Wakes the n-th sleeper, or has its hook asked again.
    Wake(usize, bool),
    /// Fails the n-th arrival.
    Condemn(usize, Cause),
    /// Breaks what holds a slot of a station.
    BreakSlots(u32, Cause),
    /// Breaks what is in a replica of process 0.
    BreakReplica(u16, Cause),
    /// Breaks what is served by or waits for a station without a scope.
    BreakServed(u32, Cause),
    /// Has a station serve so many times as long.
    Slowness(u32, f64),
    /// Has a judge drop who has waited for so long at a station, but for the last in line.
    DropAfter(u32, u64),
    /// Writes down how many slots of a station are in use and how many wait.
    Count(u32),
}

/// A world before it is run.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) writer: Writer,
    pub(crate) arrivals: Vec<Arrival>,
    pub(crate) acts: Vec<(u64, Act)>,
    /// Pauses between attempts, by policy \[ms].
    pub(crate) pauses: Vec<Vec<u64>>,
    /// Replicas of a process, in turn; `None` refuses.
    pub(crate) replicas: Vec<Option<u16>>,
    /// Ends of the segments \[ms].
    pub(crate) ends: Vec<u64>,
    pub(crate) interval: u64,
    pub(crate) limits: Limits,
    /// Whether the notes are kept.
    pub(crate) quiet: bool,
}

/// What was seen of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    pub(crate) lines: Vec<String>,
    /// How often each arrival was reported to have ended.
    pub(crate) ended: Vec<u32>,
    pub(crate) opened: u64,
    pub(crate) closed: u64,
    pub(crate) placed: u64,
    pub(crate) left: u64,
}

pub(crate) fn slots(capacity: u32) -> SlotsConfig {
    SlotsConfig {
        capacity,
        queue_limit: None,
        discipline: Discipline::Fifo,
        patience: Patience::Endless,
        when_full: Cause::QueueFull,
        when_impatient: Cause::Abandoned,
    }
}

impl World {
    /// A world of ten seconds with one operation and key space 0 of one row only.
    pub(crate) fn new() -> World {
        let mut writer = Writer::default();
        writer.program.operations = 4;
        writer.program.sources = 1;
        writer.program.keys.push(key_space(77, 1));
        World {
            writer,
            arrivals: Vec::new(),
            acts: Vec::new(),
            pauses: Vec::new(),
            replicas: vec![Some(0)],
            ends: vec![10_000],
            interval: 1_000,
            limits: Limits::default(),
            quiet: false,
        }
    }

    pub(crate) fn slots(mut self, config: SlotsConfig) -> World {
        self.writer.program.slots.push(config);
        self
    }

    pub(crate) fn cores(mut self, cores: f64) -> World {
        self.writer.program.sharings.push(SharingConfig { cores: Cores::new(cores) });
        self
    }

    /// A lock table where one waits for ever and deadlocks are detected.
    pub(crate) fn locks(mut self) -> World {
        self.writer.program.locks.push(LocksConfig {
            patience: Patience::Endless,
            detect_deadlocks: true,
            timeout_undoes: false,
            group: 0,
        });
        self
    }

    /// A batch server.
    pub(crate) fn batch(mut self, ms: u64, limit: Option<u32>) -> World {
        let demand = self.writer.demand(ms);
        self.writer.program.batches.push(BatchConfig { demand, limit, gather: Span::ZERO });
        self
    }

    /// Patience of a constant time.
    pub(crate) fn constant(&mut self, ms: u64) -> Patience {
        Patience::Constant(self.writer.program.ring(Span::from_millis(ms)))
    }

    /// Patience that is drawn, here always the same.
    pub(crate) fn drawn(&mut self, ms: u64) -> Patience {
        Patience::Drawn(self.writer.demand(ms))
    }

    pub(crate) fn retry(mut self, pauses: &[u64]) -> World {
        self.pauses.push(pauses.to_vec());
        self
    }

    pub(crate) fn act(mut self, at: u64, act: Act) -> World {
        self.acts.push((at, act));
        self
    }

    /// The next arrival, to be called `a`, `b`, `c` and so on.
    pub(crate) fn at(self, at: u64, body: &[Do]) -> World {
        self.at_with(at, 0, body)
    }

    pub(crate) fn at_with(mut self, at: u64, priority: u8, body: &[Do]) -> World {
        let pc = self.writer.task(body);
        self.arrivals.push(Arrival { at, pc, priority });
        self
    }

    /// Runs it. Arrivals are in order of time.
    pub(crate) fn run(&self) -> (Result<RunRecord, Broken>, Notes) {
        let (record, notes) = self.run_while(&|_| true);
        (record.map(|record| record.expect("nobody stops it")), notes)
    }

    /// Runs it for as long as it is to go on.
    pub(crate) fn run_while(
        &self,
        goes_on: &dyn Fn(Extent) -> bool,
    ) -> (Result<Option<RunRecord>, Broken>, Notes) {
        let ended = vec![0; self.arrivals.len()];
        let notes = Rc::new(RefCell::new(Notes { ended, ..Notes::default() }));
        let host = Script {
            world: self,
            notes: Rc::clone(&notes),
            next: 0,
            placed: 0,
            sleepers: Vec::new(),
            started: Vec::new(),
        };
        let at = |ms: &u64| Instant::START + Span::from_millis(*ms);
        let segments =
            Segments { ends: self.ends.iter().map(at).collect(), interval: Span::from_millis(self.interval) };
        let mut engine = Engine::new(&self.writer.program, host, segments, self.limits, 1);
        // Each run of each test checks that the parts of response times add up to them.
        engine.attribute(WaitParts { slots: vec![TimePart::Thread, TimePart::Pool], ..WaitParts::default() });
        let record = engine.run_while(goes_on);
        let notes = notes.take();
        (record, notes)
    }

    /// Runs it, checks that what was seen is this, in order, and gives the record.
    #[track_caller]
    pub(crate) fn check(&self, seen: &str) -> RunRecord {
        let (record, notes) = self.run();
        assert_eq!(notes.lines.join(", "), seen);
        assert_eq!((notes.opened, notes.placed), (notes.closed, notes.left));
        record.unwrap_or_else(|broken| panic!("{broken}"))
    }
}

/// Drops who has waited for so long \[ms], but for the last in line.
#[derive(Debug)]
struct Impatient(u64);

impl Judge for Impatient {
    fn drops(&mut self, now: Instant, wait: Span, behind: u64, backlogged: Instant) -> bool {
        assert!(now.since(backlogged) >= wait, "the line has not been empty since the first in it came");
        behind > 0 && wait >= Span::from_millis(self.0)
    }
}

/// The host that follows the script.
struct Script<'w> {
    world: &'w World,
    notes: Rc<RefCell<Notes>>,
    next: usize,
    placed: usize,
    sleepers: Vec<(TaskId, u64)>,
    started: Vec<Option<TaskId>>,
}

fn name(key: u64) -> String {
    if key < 26 { char::from(b'a' + key as u8).to_string() } else { key.to_string() }
}

fn said(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Served => "served",
        Outcome::Failed(cause) => cause.name(),
    }
}

impl Script<'_> {
    fn note(&self, core: &Core<'_>, line: impl FnOnce() -> String) {
        if !self.world.quiet {
            let ms = core.now().as_nanos() as f64 / 1e6;
            self.notes.borrow_mut().lines.push(format!("{} at {ms}", line()));
        }
    }

    fn who(core: &Core<'_>, task: TaskId) -> String {
        name(core.key_salt(task))
    }
}

impl Host for Script<'_> {
    fn begin(&mut self, core: &mut Core<'_>) {
        for (timer, (at, _)) in self.world.acts.iter().enumerate() {
            core.set_timer(Instant::START + Span::from_millis(*at), timer as u32);
        }
        if let Some(first) = self.world.arrivals.first() {
            core.set_source(Instant::START + Span::from_millis(first.at), 0);
        }
    }

    fn source(&mut self, core: &mut Core<'_>, _: u32) {
        while let Some(arrival) = self.world.arrivals.get(self.next) {
            let at = Instant::START + Span::from_millis(arrival.at);
            if at > core.now() {
                core.set_source(at, 0);
                return;
            }
            let (key, notify) = (self.next as u64, Some(self.next as u32));
            let start = Start { pc: arrival.pc, operation: 0, key, priority: arrival.priority, notify };
            let task = core.start(start);
            self.started.push(task);
            self.next += 1;
        }
    }

    fn timer(&mut self, core: &mut Core<'_>, timer: u32) {
        if timer >= WAKERS {
            let (task, token) = self.sleepers[(timer - WAKERS) as usize];
            core.wake(task, token, false);
            return;
        }
        match self.world.acts[timer as usize].1 {
            Act::ResizeSlots(station, capacity) => core.resize_slots(station, capacity),
            Act::LimitSlots(station, limit) => core.limit_slots(station, limit),
            Act::Withhold(station) => core.withhold_slot(station),
            Act::HandOver(station) => core.hand_over_slot(station),
            Act::ResizeCores(station, cores) => core.resize_sharing(station, cores),
            Act::Speed(station, speed) => core.set_sharing_speed(station, speed),
            Act::Wake(sleeper, again) => {
                if let Some((task, token)) = self.sleepers.get(sleeper) {
                    core.wake(*task, *token, again);
                }
            }
            Act::Condemn(arrival, cause) => {
                let ended = self.notes.borrow().ended.get(arrival).copied() != Some(0);
                if let (false, Some(Some(task))) = (ended, self.started.get(arrival)) {
                    core.condemn(*task, core.token(*task), cause);
                }
            }
            Act::BreakSlots(station, cause) => {
                core.break_held(cause, |held| held == Held::Slot(station));
            }
            Act::BreakReplica(replica, cause) => {
                core.break_held(cause, |held| held == Held::Replica { process: 0, replica });
            }
            Act::BreakServed(station, cause) => {
                core.break_served(cause, station);
            }
            Act::Slowness(station, factor) => core.set_slots_slowness(station, factor),
            Act::DropAfter(station, ms) => core.judge_line(station, Box::new(Impatient(ms))),
            Act::Count(station) => {
                let (used, waiting) = core.slots_in_use(station);
                self.note(core, || format!("{used} in use and {waiting} waiting"));
            }
        }
    }

    fn hook(&mut self, core: &mut Core<'_>, task: TaskId, hook: u32) -> Flow {
        match self.world.writer.asks[hook as usize] {
            Ask::Note(word) => self.note(core, || format!("{} {word}", Self::who(core, task))),
            Ask::Row(space) => {
                self.notes.borrow_mut().lines.push(core.key_of(task, space).to_string());
            }
            Ask::Open(tag) => {
                self.notes.borrow_mut().opened += 1;
                core.open_scope(task, tag, u32::from(tag) + 100);
            }
            Ask::Jump(pc) => return Flow::Jump(pc),
            Ask::Fail(cause) => return Flow::Fail(cause),
            Ask::Delay(ms) => return Flow::Delay(Span::from_millis(ms)),
            Ask::Sleep(_) => return Flow::Sleep,
            Ask::Watch => {
                let session = core.session(task, 0).expect("it is in a transaction");
                core.watch_session(session);
            }
            Ask::Detach(scopes, pc) => {
                core.detach(task, 0, scopes, pc);
            }
        }
        Flow::Next
    }

    fn asleep(&mut self, core: &mut Core<'_>, task: TaskId, hook: u32, token: u64) {
        self.sleepers.push((task, token));
        if let Ask::Sleep(Some(ms)) = self.world.writer.asks[hook as usize] {
            let at = core.now() + Span::from_millis(ms);
            core.set_timer(at, WAKERS + self.sleepers.len() as u32 - 1);
        }
    }

    fn closed(&mut self, core: &mut Core<'_>, task: TaskId, tag: u8, data: u32, since: Instant, exit: Exit) {
        assert_eq!(data, u32::from(tag) + 100, "the scope's data");
        self.notes.borrow_mut().closed += 1;
        let since = core.now().since(since).as_millis_f64();
        let how = match exit {
            Exit::Done => "done",
            Exit::Failed(cause) | Exit::Cut(cause) => cause.name(),
            Exit::Cancelled => "cancelled",
        };
        self.note(core, || format!("{} closes {tag} {how} after {since}", Self::who(core, task)));
    }

    fn place(&mut self, _: &mut Core<'_>, _: TaskId, _: u16) -> Result<u16, Cause> {
        let replica = self.world.replicas[self.placed % self.world.replicas.len()];
        self.placed += 1;
        let replica = replica.ok_or(Cause::Unavailable)?;
        self.notes.borrow_mut().placed += 1;
        Ok(replica)
    }

    fn left(&mut self, core: &mut Core<'_>, process: u16, replica: u16) {
        self.notes.borrow_mut().left += 1;
        self.note(core, || format!("replica {replica} of {process} left"));
    }

    fn retry(
        &mut self,
        _: &mut Core<'_>,
        _: TaskId,
        policy: u16,
        attempt: u8,
        _: Cause,
        previous: Span,
    ) -> Option<Span> {
        let pauses = &self.world.pauses[usize::from(policy)];
        let pause = |attempt: u8| pauses.get(usize::from(attempt)).map(|ms| Span::from_millis(*ms));
        let before = if attempt == 1 { Some(Span::ZERO) } else { pause(attempt - 2) };
        assert_eq!(Some(previous), before, "the pause before");
        pause(attempt - 1)
    }

    fn retried(&mut self, core: &mut Core<'_>, _: TaskId, policy: u16, attempt: u8) {
        self.note(core, || format!("policy {policy} done in attempt {attempt}"));
    }

    fn transaction_ended(&mut self, core: &mut Core<'_>, _: u32, committed: bool) {
        self.note(core, || if committed { "committed" } else { "undone" }.to_owned());
    }

    fn ended(&mut self, core: &mut Core<'_>, notify: u32, outcome: Outcome) {
        self.notes.borrow_mut().ended[notify as usize] += 1;
        self.note(core, || format!("{} {}", name(u64::from(notify)), said(outcome)));
    }

    fn effects(&self) -> Vec<u64> {
        Vec::new()
    }
}
