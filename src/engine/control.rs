//! What can be done to the world from outside: other capacities and speeds, and breaking what is held.

use super::core::Core;
use super::key::Phase;
use super::program::{Pc, Step};
use super::sharing::MILLI;
use super::task::{Frame, State, TaskId};
use crate::record::Cause;
use crate::units::Instant;

/// The slot of a sample that only cuts a segment.
pub(super) const CUT: u32 = 1;

/// A task that is to fail before the next event.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Condemned {
    /// In whatever it waits in, if it still does.
    Wait { task: TaskId, token: u64, cause: Cause },
    /// Out of one of its scopes, if it is still open.
    Scope { task: TaskId, depth: u32, frame: Frame, cause: Cause },
}

/// Something that a task holds and that can be taken from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// A slot of this station.
    Slot(u32),
    /// A place in this replica of this process.
    Replica {
        /// The process, as the program names it.
        process: u16,
        /// The replica.
        replica: u16,
    },
    /// A scope of the host's own.
    Scope {
        /// What kind of scope it is.
        tag: u8,
        /// What it was opened with.
        data: u32,
    },
}

impl Held {
    /// What a scope holds.
    fn of(frame: &Frame) -> Option<Held> {
        match *frame {
            Frame::Slot { slots, .. } => Some(Held::Slot(slots)),
            Frame::Place { process, replica, .. } => Some(Held::Replica { process, replica }),
            Frame::Host { tag, data, .. } => Some(Held::Scope { tag, data }),
            _ => None,
        }
    }
}

impl Core<'_> {
    /// Cuts the record at an instant from now on, so that what is before it and after it can be told apart.
    pub fn cut(&mut self, at: Instant) {
        if self.recorder.cut(at, self.now) {
            self.schedule(at, Phase::Sample, CUT);
        }
    }

    /// Use of a processor-sharing station so far: core-seconds worked, and jobs there now.
    pub fn sharing_use(&mut self, station: u32) -> (f64, u64) {
        let now = self.now;
        let sharing = &mut self.sharings[station as usize];
        sharing.advance(now);
        (sharing.meter.busy_total() * 1e-9 / MILLI, sharing.jobs())
    }

    /// Capacity of a station with slots now, and how many gave up waiting so far.
    pub fn slots_limit(&self, slots: u32) -> (u32, u64) {
        let station = &self.slots[slots as usize];
        (station.config.capacity, station.meter.gave_up_total())
    }

    /// Fails a task in whatever it is doing, before the next event. Does nothing if it has gone on since.
    pub fn condemn(&mut self, task: TaskId, token: u64, cause: Cause) {
        self.condemned.push(Condemned::Wait { task, token, cause });
    }

    /// Fails every task out of the outermost scope that holds something `is_broken`, before the next event: the
    /// crash of what it holds. Everything inside that scope is given back, and the failure goes on outside of it.
    ///
    /// Gives the number of tasks.
    pub fn break_held(&mut self, cause: Cause, is_broken: impl Fn(Held) -> bool) -> usize {
        let before = self.condemned.len();
        for (task, entry) in self.tasks.iter() {
            let held = |frame: &Frame| Held::of(frame).is_some_and(&is_broken);
            if let Some(depth) = entry.frames.iter().position(held) {
                let frame = entry.frames[depth];
                self.condemned.push(Condemned::Scope { task, depth: depth as u32, frame, cause });
            }
        }
        self.condemned.len() - before
    }

    /// Takes slots and scopes that are `is_gone` from who has them: whoever gave them out is no more. What tasks do with them
    /// elsewhere goes on, and the host is not told of the end of such a scope. Who waits for such a slot, or sleeps at the
    /// beginning of such a scope, fails before the next event, but after what is condemned later.
    ///
    /// To be called while no task is ready, of stations that nobody can come to any more: what is given back here is granted
    /// to nobody in line.
    pub fn take_away(&mut self, cause: Cause, is_gone: impl Fn(Held) -> bool) {
        let now = self.now;
        for (id, task) in self.tasks.iter_mut() {
            let waits = match task.state {
                State::Slots(slots) => is_gone(Held::Slot(slots)),
                State::Host => match task.frames.last().and_then(Held::of) {
                    Some(held @ Held::Scope { .. }) => is_gone(held),
                    _ => false,
                },
                State::Ready
                | State::Timed
                | State::Serving(_)
                | State::Sharing(_)
                | State::Lock { .. }
                | State::Batch(_)
                | State::Join => false,
            };
            if waits && task.token != 0 {
                self.condemned.push(Condemned::Wait { task: id, token: task.token, cause });
            }
            for frame in &mut task.frames {
                match Held::of(frame) {
                    Some(Held::Slot(slots)) if is_gone(Held::Slot(slots)) => {
                        self.slots[slots as usize].give_back(now);
                        *frame = Frame::Gone;
                    }
                    Some(held @ Held::Scope { .. }) if is_gone(held) => *frame = Frame::Gone,
                    _ => {}
                }
            }
        }
    }

    /// Fails every task that a station with slots is serving or that waits for it, without a scope that holds it.
    ///
    /// Gives the number of tasks.
    pub fn break_served(&mut self, cause: Cause, slots: u32) -> usize {
        let before = self.condemned.len();
        for (task, entry) in self.tasks.iter() {
            let is_here = match self.program.steps[entry.pc as usize] {
                Step::Serve { slots: station, .. } => station.index(entry.replica) == slots as usize,
                _ => false,
            };
            let is_served = entry.state == State::Serving(slots);
            if entry.token != 0 && is_here && (is_served || entry.state == State::Slots(slots)) {
                self.condemned.push(Condemned::Wait { task, token: entry.token, cause });
            }
        }
        self.condemned.len() - before
    }

    /// Changes the number of slots of a station.
    pub fn resize_slots(&mut self, slots: u32, capacity: u32) {
        self.slots[slots as usize].resize(self.now, capacity);
        self.grant_slots(slots);
    }

    /// Says how many slots a station could have, for what is told of its use. How many may be in use stays as it is, see
    /// [`Core::limit_slots`].
    pub fn set_slots_capacity(&mut self, slots: u32, capacity: u32) {
        let station = &mut self.slots[slots as usize];
        if station.config.capacity != capacity {
            station.meter.advance(self.now);
            station.config.capacity = capacity;
            station.meter.set_capacity(u64::from(capacity));
        }
    }

    /// Lets a station with slots serve so many more, and then nobody until it is called again.
    pub fn allow(&mut self, slots: u32, count: u32) {
        self.slots[slots as usize].allow(self.now, count);
        self.grant_slots(slots);
    }

    /// Takes a task out of the line for a slot and has it go on at `pc`; says whether it stood in one.
    pub fn reroute(&mut self, task: TaskId, pc: Pc) -> bool {
        let State::Slots(slots) = self.tasks[task].state else { return false };
        let since = self.tasks[task].since;
        self.slots[slots as usize].move_on(self.now, since);
        self.tasks[task].pc = pc;
        self.make_ready(task);
        true
    }

    /// Has a station with slots serve `factor` times as long from now on; 1 is normal. Who is being served is not
    /// disturbed.
    pub fn set_slots_slowness(&mut self, slots: u32, factor: f64) {
        self.slots[slots as usize].slowness = factor;
        self.has_slow_slots = true;
    }

    /// Changes the number of cores of a processor-sharing station.
    pub fn resize_sharing(&mut self, station: u32, cores: f64) {
        self.sharings[station as usize].advance(self.now);
        self.sharings[station as usize].resize(cores);
        self.schedule_sharing(station);
    }

    /// Changes how fast the cores of a processor-sharing station work; 1 is normal.
    pub fn set_sharing_speed(&mut self, station: u32, speed: f64) {
        self.sharings[station as usize].advance(self.now);
        self.sharings[station as usize].set_speed(speed);
        self.schedule_sharing(station);
    }
}
