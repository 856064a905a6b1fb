//! Locks on keys: shared and exclusive, first come first served, with deadlock detection.
//!
//! A request waits if it is incompatible with a granted lock or with an earlier waiter, so nobody overtakes.
//! Locks are held by sessions, which are transactions; a task may be in several, and they exclude each other.
//! A holder that wants more (exclusive over its own shared lock) goes to the front of the line.
//!
//! Source: MySQL 8.0 manual, "InnoDB Locking" and "Transaction Scheduling"; grants are first come first
//! served as in MariaDB, MySQL's weights are left to the database component.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::meter::Meter;
use super::program::LocksConfig;
use super::task::{NONE, TaskId};

#[derive(Clone, Copy, Debug)]
struct Request {
    task: TaskId,
    session: u32,
    since: u64,
    shared: bool,
}

/// One locked key.
#[derive(Debug, Default)]
struct Entry {
    key: u64,
    holders: SmallVec<[(u32, bool); 2]>,
    queue: VecDeque<Request>,
}

/// A table of locks; only locked keys take memory.
#[derive(Debug)]
pub(crate) struct LockTable {
    pub(crate) config: LocksConfig,
    pub(crate) meter: Meter,
    by_key: FxHashMap<u64, u32>,
    entries: Vec<Entry>,
    free: Vec<u32>,
}

/// What came of asking for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Locked {
    /// It is held now, by a new hold on this entry.
    Granted(u32),
    /// It was held already.
    Held,
    /// It has to wait at this entry.
    Waiting(u32),
}

impl LockTable {
    pub(crate) fn new(config: LocksConfig) -> Self {
        LockTable {
            config,
            meter: Meter::new(0),
            by_key: FxHashMap::default(),
            entries: Vec::new(),
            free: Vec::new(),
        }
    }

    /// Asks for a lock; on [`Locked::Waiting`] the task is in line.
    pub(crate) fn ask(&mut self, now: u64, key: u64, task: TaskId, session: u32, shared: bool) -> Locked {
        self.meter.advance(now);
        let index = self.entry_of(key);
        let entry = &mut self.entries[index as usize];
        let mine = entry.holders.iter().position(|(holder, _)| *holder == session);
        if let Some(place) = mine {
            if shared || !entry.holders[place].1 {
                return Locked::Held;
            }
            if entry.holders.len() == 1 {
                entry.holders[place].1 = false;
                return Locked::Held;
            }
        } else if entry.queue.is_empty() && entry.admits(shared) {
            entry.holders.push((session, shared));
            self.meter.served_at_once();
            return Locked::Granted(index);
        }
        let request = Request { task, session, since: now, shared };
        match mine {
            Some(_) => entry.queue.push_front(request),
            None => entry.queue.push_back(request),
        }
        self.meter.set_queue(self.meter.queue() + 1);
        Locked::Waiting(index)
    }

    fn entry_of(&mut self, key: u64) -> u32 {
        if let Some(index) = self.by_key.get(&key) {
            return *index;
        }
        let index = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry::default());
            (self.entries.len() - 1) as u32
        });
        self.entries[index as usize].key = key;
        self.by_key.insert(key, index);
        index
    }

    /// Ends a hold. To be followed by [`LockTable::grant_next`] until that gives nothing.
    pub(crate) fn give_back(&mut self, index: u32, session: u32) {
        let entry = &mut self.entries[index as usize];
        if let Some(place) = entry.holders.iter().position(|(holder, _)| *holder == session) {
            entry.holders.remove(place);
        }
    }

    /// Takes a task out of line. To be followed by [`LockTable::grant_next`] as above.
    pub(crate) fn leave_queue(&mut self, now: u64, index: u32, task: TaskId) {
        let entry = &mut self.entries[index as usize];
        if let Some(place) = entry.queue.iter().position(|request| request.task == task) {
            let request = entry.queue.remove(place).expect("the place was just found");
            self.meter.advance(now);
            self.meter.set_queue(self.meter.queue() - 1);
            self.meter.gave_up(now - request.since);
        }
    }

    /// Grants to the first in line if it is compatible: its task, its session, and whether this is a new hold.
    pub(crate) fn grant_next(&mut self, now: u64, index: u32) -> Option<(TaskId, u32, bool)> {
        let entry = &mut self.entries[index as usize];
        let Some(request) = entry.queue.front().copied() else {
            if entry.holders.is_empty() {
                self.by_key.remove(&entry.key);
                self.free.push(index);
            }
            return None;
        };
        let mine = entry.holders.iter().position(|(holder, _)| *holder == request.session);
        match mine {
            Some(place) if entry.holders.len() == 1 => entry.holders[place].1 = false,
            None if entry.admits(request.shared) => {
                entry.holders.push((request.session, request.shared));
            }
            Some(_) | None => return None,
        }
        entry.queue.pop_front();
        self.meter.advance(now);
        self.meter.set_queue(self.meter.queue() - 1);
        self.meter.served_after(now - request.since);
        Some((request.task, request.session, mine.is_none()))
    }

    /// The session that `task` is in line at `index` for.
    pub(crate) fn waits_for(&self, index: u32, task: TaskId) -> Option<u32> {
        let queue = &self.entries[index as usize].queue;
        queue.iter().find(|request| request.task == task).map(|request| request.session)
    }

    /// The sessions that `task`, in line at `index`, waits for.
    pub(crate) fn blockers(&self, index: u32, task: TaskId, into: &mut Vec<u32>) {
        let entry = &self.entries[index as usize];
        let Some(place) = entry.queue.iter().position(|request| request.task == task) else { return };
        let Request { session, shared, .. } = entry.queue[place];
        let conflicts = |other_shared: bool| !(shared && other_shared);
        let holders = entry.holders.iter().filter(|(holder, s)| *holder != session && conflicts(*s));
        into.extend(holders.map(|(holder, _)| *holder));
        into.extend(entry.queue.iter().take(place).filter(|r| conflicts(r.shared)).map(|r| r.session));
    }

    /// Whether anybody but `session` is in line at `index`.
    pub(crate) fn others_wait(&self, index: u32, session: u32) -> bool {
        self.entries[index as usize].queue.iter().any(|request| request.session != session)
    }

    /// Sum of the waits still going on \[ns].
    pub(crate) fn open_waits(&self, now: u64) -> u128 {
        let requests = self.by_key.values().flat_map(|index| &self.entries[*index as usize].queue);
        requests.map(|request| u128::from(now - request.since)).sum()
    }

    /// Keys that are locked or waited for.
    pub(crate) fn len(&self) -> usize {
        self.by_key.len()
    }
}

impl Entry {
    fn admits(&self, shared: bool) -> bool {
        self.holders.is_empty() || (shared && self.holders.iter().all(|(_, s)| *s))
    }
}

/// Holds of all transactions, as linked lists.
#[derive(Debug, Default)]
pub(crate) struct Holds {
    nodes: Vec<Hold>,
    free: u32,
    count: u64,
}

/// One hold of a transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hold {
    pub(crate) table: u16,
    pub(crate) entry: u32,
    /// The transaction's next hold.
    pub(crate) next: u32,
}

impl Holds {
    pub(crate) fn new() -> Self {
        Holds { nodes: Vec::new(), free: NONE, count: 0 }
    }

    pub(crate) fn insert(&mut self, hold: Hold) -> u32 {
        self.count += 1;
        if self.free == NONE {
            self.nodes.push(hold);
            return (self.nodes.len() - 1) as u32;
        }
        let id = self.free;
        self.free = self.nodes[id as usize].next;
        self.nodes[id as usize] = hold;
        id
    }

    pub(crate) fn remove(&mut self, id: u32) -> Hold {
        self.count -= 1;
        let hold = self.nodes[id as usize];
        self.nodes[id as usize].next = self.free;
        self.free = id;
        hold
    }

    /// The holds from `first` on.
    pub(crate) fn list(&self, first: u32) -> impl Iterator<Item = Hold> {
        let mut id = first;
        std::iter::from_fn(move || {
            let hold = (id != NONE).then(|| self.nodes[id as usize])?;
            id = hold.next;
            Some(hold)
        })
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }
}
