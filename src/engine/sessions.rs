//! Open transactions: who is in each, and what it would cost to undo it.

use smallvec::SmallVec;

use super::core::{Core, Origin, Start};
use super::program::Pc;
use super::task::{Frame, NONE, TaskId};
use crate::record::{Cause, Ending};

/// A transaction that is open. Locks belong to it, and not to the task, which may have several open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    /// Who is in it.
    pub(crate) task: TaskId,
    /// Rows changed in it.
    pub(crate) changed: u32,
    /// Whether the host wants to know how it ends.
    pub(crate) watched: bool,
}

/// All open transactions, by id. Ids are used again.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    list: Vec<Session>,
    free: Vec<u32>,
}

impl Sessions {
    pub(crate) fn open(&mut self, task: TaskId) -> u32 {
        let session = Session { task, changed: 0, watched: false };
        match self.free.pop() {
            Some(id) => {
                self.list[id as usize] = session;
                id
            }
            None => {
                self.list.push(session);
                (self.list.len() - 1) as u32
            }
        }
    }

    pub(crate) fn close(&mut self, id: u32) {
        self.free.push(id);
    }
}

impl std::ops::Index<u32> for Sessions {
    type Output = Session;
    fn index(&self, id: u32) -> &Session {
        &self.list[id as usize]
    }
}

impl std::ops::IndexMut<u32> for Sessions {
    fn index_mut(&mut self, id: u32) -> &mut Session {
        &mut self.list[id as usize]
    }
}

impl Core<'_> {
    /// The innermost transaction of a group that a task is in.
    pub fn session(&self, task: TaskId, group: u16) -> Option<u32> {
        self.tasks[task].frames.iter().rev().find_map(|frame| match frame {
            Frame::Locks { session, group: g, .. } if *g == group => Some(*session),
            _ => None,
        })
    }

    /// Has the host told how a transaction ends; see [`super::Host::transaction_ended`].
    pub fn watch_session(&mut self, session: u32) {
        self.sessions[session].watched = true;
    }

    /// Drops the innermost `above` scopes of a task, which have to be the host's, and moves the next `scopes`, slots
    /// and locks with them, to a new task that goes on at `pc`: what was forgotten to be given back. Gives the new task,
    /// or `None` if there can be none.
    ///
    /// Only scopes that hold slots, locks or something of the host's can be moved.
    pub fn detach(&mut self, task: TaskId, above: usize, scopes: usize, pc: Pc) -> Option<TaskId> {
        if self.tasks.len() >= self.limits.in_flight as usize {
            self.ending = Ending::InFlightLimit(self.now());
            return None;
        }
        let until = self.tasks[task].frames.len().checked_sub(above)?;
        let from = until.checked_sub(scopes)?;
        self.tasks[task].frames.truncate(until);
        let frames: SmallVec<[Frame; 6]> = self.tasks[task].frames.drain(from..).collect();
        let sessions: SmallVec<[u32; 2]> = frames
            .iter()
            .filter_map(|frame| match frame {
                Frame::Locks { session, .. } => Some(*session),
                _ => None,
            })
            .collect();
        let parent = &self.tasks[task];
        let origin =
            Origin { salt: parent.salt, key_salt: parent.key_salt, replica: parent.replica, group: NONE };
        let (key, priority) = (parent.key_salt, parent.priority);
        let start = Start { pc, operation: u16::MAX, key, priority, notify: None };
        let child = self.insert(start, origin)?;
        self.tasks[child].frames = frames;
        for session in sessions {
            self.sessions[session].task = child;
        }
        Some(child)
    }

    /// Lets only so many slots of a station be in use at once, whatever its capacity.
    pub fn limit_slots(&mut self, slots: u32, limit: u32) {
        let station = &mut self.slots[slots as usize];
        station.meter.advance(self.now);
        station.limit = limit;
        self.grant_slots(slots);
    }

    /// Keeps a free slot from those who wait in line, but not from who comes now: it is on its way to the first
    /// in line, see [`Core::hand_over_slot`].
    pub fn withhold_slot(&mut self, slots: u32) {
        self.slots[slots as usize].withheld += 1;
    }

    /// The slot that was on its way arrives. If somebody has taken it, the first in line goes to its end.
    pub fn hand_over_slot(&mut self, slots: u32) {
        let station = &mut self.slots[slots as usize];
        station.meter.advance(self.now);
        station.withheld -= 1;
        if !station.has_free() {
            station.send_first_to_the_end(&self.tasks);
        }
        self.grant_slots(slots);
    }

    /// Changes how those fail who wait too long at a station.
    pub fn set_impatience(&mut self, slots: u32, cause: Cause) {
        self.slots[slots as usize].config.when_impatient = cause;
    }

    /// Counts slots of a station that are held by nobody who will use them.
    pub fn count_lost(&mut self, slots: u32, change: i64) {
        let now = self.now;
        let meter = &mut self.slots[slots as usize].meter;
        meter.advance(now);
        meter.set_lost(meter.lost().saturating_add_signed(change));
    }

    /// Jobs at a processor-sharing station.
    pub fn jobs(&self, sharing: u32) -> u64 {
        self.sharings[sharing as usize].jobs()
    }

    /// What came of a station's visits so far, over the whole run; stations as in the record.
    pub fn totals(&self, station: usize) -> super::meter::Totals {
        let (slots, sharings, locks) = (self.slots.len(), self.sharings.len(), self.locks.len());
        let meter = if let Some(slots) = self.slots.get(station) {
            &slots.meter
        } else if let Some(sharing) = self.sharings.get(station.wrapping_sub(slots)) {
            &sharing.meter
        } else if let Some(locks) = self.locks.get(station.wrapping_sub(slots + sharings)) {
            &locks.meter
        } else {
            &self.batches[station - slots - sharings - locks].meter
        };
        meter.totals()
    }
}
