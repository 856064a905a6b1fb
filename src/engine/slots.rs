//! Stations with slots: threads, pooled connections, permits, the servers of a plain queue.

use std::collections::{BTreeMap, VecDeque};

use super::meter::Meter;
use super::program::{Discipline, SlotsConfig};
use super::task::{TaskId, Tasks};
use crate::units::Span;

/// One who waits: stale as soon as the task's token is another.
#[derive(Clone, Copy, Debug)]
struct Waiter {
    task: TaskId,
    token: u64,
}

#[derive(Debug)]
enum Queue {
    Line(VecDeque<Waiter>),
    Classes(BTreeMap<u8, VecDeque<Waiter>>),
}

/// A station of `capacity` slots with a queue.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Slots {
    pub(crate) meter: Meter,
    queue: Queue,
    /// Entries of the queue, stale ones included.
    entries: usize,
    /// Since when the queue has not been empty \[ns].
    backlogged_since: u64,
    /// Most of the slots that may be in use now.
    pub(crate) limit: u32,
    /// Free slots that are on their way to somebody in line.
    pub(crate) withheld: u32,
    /// Whether somebody found no room.
    pub(crate) overflowed: bool,
    /// Whether somebody waited for longer than [`LONG_WAIT_NS`].
    pub(crate) long_waited: bool,
    /// Whether a judge says who of the line is served.
    pub(crate) is_judged: bool,
    /// Service takes this many times as long as drawn.
    pub(crate) slowness: f64,
    /// How many more may be served; [`UNLIMITED`] for as many as come.
    allowance: u32,
    pub(crate) config: SlotsConfig,
}

/// No limit on how many are served.
const UNLIMITED: u32 = u32::MAX;

/// A wait that is worth a milestone [ns].
pub(crate) const LONG_WAIT_NS: u64 = 1_000_000_000;

/// What came of asking for a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Granted,
    Queued,
    Full,
}

impl Slots {
    pub(crate) fn new(config: SlotsConfig) -> Self {
        let queue = match config.discipline {
            Discipline::Fifo | Discipline::Lifo | Discipline::AdaptiveLifo(_) => Queue::Line(VecDeque::new()),
            Discipline::Priority => Queue::Classes(BTreeMap::new()),
        };
        let meter = Meter::new(u64::from(config.capacity));
        let limit = config.capacity;
        Slots {
            meter,
            queue,
            entries: 0,
            backlogged_since: 0,
            limit,
            withheld: 0,
            overflowed: false,
            long_waited: false,
            is_judged: false,
            slowness: 1.0,
            allowance: UNLIMITED,
            config,
        }
    }

    /// Takes a slot if one is free and nobody waits, else says whether there is room to wait.
    #[inline(always)]
    pub(crate) fn ask(&mut self, now: u64) -> Asked {
        self.meter.advance(now);
        if self.has_free() && self.allowance > 0 && (self.meter.queue() == 0 || self.withheld > 0) {
            self.use_allowance();
            self.meter.set_busy(self.meter.busy() + 1);
            self.meter.served_at_once();
            return Asked::Granted;
        }
        if self.config.queue_limit.is_some_and(|limit| self.meter.queue() >= u64::from(limit)) {
            self.meter.rejected();
            return Asked::Full;
        }
        Asked::Queued
    }

    /// How long a service takes here that is drawn to take so long.
    pub(crate) fn slowed(&self, span: Span) -> Span {
        if self.slowness == 1.0 { span } else { span * self.slowness }
    }

    /// Whether a slot is free.
    #[inline]
    pub(crate) fn has_free(&self) -> bool {
        self.meter.busy() < u64::from(self.limit)
    }

    /// Has the first in line begin to wait anew; classes keep their order.
    pub(crate) fn send_first_to_the_end(&mut self, tasks: &Tasks) {
        if let Queue::Line(line) = &mut self.queue {
            let first = line.iter().position(|waiter| tasks[waiter.task].token == waiter.token);
            if let Some(waiter) = first.and_then(|first| line.remove(first)) {
                line.push_back(waiter);
            }
        }
    }

    /// Puts a task that was told [`Asked::Queued`] in line.
    #[inline(always)]
    pub(crate) fn enqueue(&mut self, now: u64, task: TaskId, token: u64, priority: u8) {
        if self.meter.queue() == 0 {
            self.backlogged_since = now;
        }
        self.meter.set_queue(self.meter.queue() + 1);
        self.entries += 1;
        let waiter = Waiter { task, token };
        match &mut self.queue {
            Queue::Line(line) => line.push_back(waiter),
            Queue::Classes(classes) => classes.entry(priority).or_default().push_back(waiter),
        }
    }

    #[inline]
    fn use_allowance(&mut self) {
        if self.allowance != UNLIMITED {
            self.allowance -= 1;
        }
    }

    /// Lets so many more be served, and then nobody.
    pub(crate) fn allow(&mut self, now: u64, count: u32) {
        self.meter.advance(now);
        self.allowance = count;
    }

    /// Counts a task that goes to another line; its entry goes stale by its token.
    pub(crate) fn move_on(&mut self, now: u64, since: u64) {
        self.meter.advance(now);
        self.meter.shorten_queue();
        self.meter.moved_on(now - since);
    }

    /// Counts a task that left the line; its entry goes stale by its token.
    pub(crate) fn leave_queue(&mut self, now: u64, since: u64, tasks: &Tasks) {
        self.meter.advance(now);
        self.meter.shorten_queue();
        self.meter.gave_up(now - since);
        if self.entries > 64 && self.entries as u64 > 2 * self.meter.queue() {
            self.drop_stale(tasks);
        }
    }

    fn drop_stale(&mut self, tasks: &Tasks) {
        let live = |waiter: &Waiter| tasks[waiter.task].token == waiter.token;
        self.entries = match &mut self.queue {
            Queue::Line(line) => {
                line.retain(live);
                line.len()
            }
            Queue::Classes(classes) => {
                classes.values_mut().for_each(|line| line.retain(live));
                classes.retain(|_, line| !line.is_empty());
                classes.values().map(VecDeque::len).sum()
            }
        };
    }

    /// Gives a slot back.
    #[inline]
    pub(crate) fn give_back(&mut self, now: u64) {
        self.meter.advance(now);
        self.meter.set_busy(self.meter.busy() - 1);
    }

    /// Whether somebody is in line whom a slot is free for.
    #[inline]
    pub(crate) fn may_grant(&self) -> bool {
        self.meter.queue() > 0
            && self.meter.busy() + u64::from(self.withheld) < u64::from(self.limit)
            && self.allowance > 0
    }

    /// The next in line, if a slot is free for it, and its wait \[ns]: it is granted.
    #[inline(always)]
    pub(crate) fn grant_next(&mut self, now: u64, tasks: &Tasks) -> Option<(TaskId, u64)> {
        if !self.may_grant() {
            return None;
        }
        let (task, since) = self.pop(now, tasks)?;
        self.use_allowance();
        self.meter.shorten_queue();
        self.meter.set_busy(self.meter.busy() + 1);
        let wait = now - since;
        self.meter.served_after(wait);
        Some((task, wait))
    }

    /// Takes the next in line, and since when it has waited \[ns].
    #[inline(always)]
    fn pop(&mut self, now: u64, tasks: &Tasks) -> Option<(TaskId, u64)> {
        let (Queue::Line(line), Discipline::Fifo) = (&mut self.queue, self.config.discipline) else {
            return self.pop_by_discipline(now, tasks);
        };
        loop {
            let waiter = line.pop_front()?;
            self.entries -= 1;
            let task = &tasks[waiter.task];
            if task.token == waiter.token {
                return Some((waiter.task, task.since));
            }
        }
    }

    #[inline(never)]
    fn pop_by_discipline(&mut self, now: u64, tasks: &Tasks) -> Option<(TaskId, u64)> {
        let last_first = match self.config.discipline {
            Discipline::Fifo | Discipline::Priority => false,
            Discipline::Lifo => true,
            Discipline::AdaptiveLifo(after) => Span::from_nanos(now - self.backlogged_since) >= after,
        };
        loop {
            let waiter = match &mut self.queue {
                Queue::Line(line) => {
                    if last_first {
                        line.pop_back()?
                    } else {
                        line.pop_front()?
                    }
                }
                Queue::Classes(classes) => {
                    let mut first = classes.first_entry()?;
                    let waiter = first.get_mut().pop_front();
                    if first.get().is_empty() {
                        first.remove();
                    }
                    waiter?
                }
            };
            self.entries -= 1;
            let task = &tasks[waiter.task];
            if task.token == waiter.token {
                return Some((waiter.task, task.since));
            }
        }
    }

    /// Since when the queue has not been empty \[ns].
    pub(crate) fn backlogged_since(&self) -> u64 {
        self.backlogged_since
    }

    /// Who would be served next if a slot is free, and the wait until now \[ns]; of a line in order of arrival.
    pub(crate) fn first_to_serve(&mut self, now: u64, tasks: &Tasks) -> Option<(TaskId, u64)> {
        if !self.may_grant() {
            return None;
        }
        let Queue::Line(line) = &mut self.queue else { return None };
        while let Some(first) = line.front() {
            let task = &tasks[first.task];
            if task.token == first.token {
                return Some((first.task, now - task.since));
            }
            line.pop_front();
            self.entries -= 1;
        }
        None
    }

    /// Takes the first out of a line in order of arrival, unserved after a wait \[ns].
    pub(crate) fn drop_first(&mut self, now: u64, wait_ns: u64) {
        if let Queue::Line(line) = &mut self.queue
            && line.pop_front().is_some()
        {
            self.entries -= 1;
        }
        self.meter.advance(now);
        self.meter.shorten_queue();
        self.meter.gave_up(wait_ns);
    }

    /// Changes the number of slots; those above it are given up as they come back.
    pub(crate) fn resize(&mut self, now: u64, capacity: u32) {
        self.meter.advance(now);
        self.config.capacity = capacity;
        self.limit = capacity;
        self.meter.set_capacity(u64::from(capacity));
    }
}
