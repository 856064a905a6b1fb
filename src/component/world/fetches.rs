//! Values that are being fetched after a miss, and who waits for them.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::World;
use crate::component::cache::Name;
use crate::engine::{Core, Exit, Flow, Pc, TaskId};
use crate::record::Cause;
use crate::units::Instant;

/// Tag of a fetch's scope.
pub(super) const FETCH: u8 = 2;

/// What is fetched by whom: process, replica, store and entry.
pub(super) type FetchKey = (u16, u16, u16, Name);

/// Fetches in flight.
#[derive(Debug, Default)]
pub(super) struct Fetches {
    slots: Vec<Fetch>,
    free: Vec<u32>,
    shared: IndexMap<FetchKey, u32, FxBuildHasher>,
    /// The fetch that the task waits for that is about to be told to sleep.
    joining: Option<u32>,
}

#[derive(Debug)]
struct Fetch {
    key: FetchKey,
    shared: bool,
    waiting: Vec<(TaskId, u64)>,
}

impl Fetches {
    /// Whether somebody fetches it whom others wait for.
    pub(super) fn is_shared(&self, key: FetchKey) -> bool {
        self.shared.contains_key(&key)
    }

    /// Joins whoever fetches it for all.
    fn join(&mut self, key: FetchKey) -> bool {
        self.joining = self.shared.get(&key).copied();
        self.joining.is_some()
    }

    fn begin(&mut self, key: FetchKey, shared: bool) -> u32 {
        let fetch = Fetch { key, shared, waiting: Vec::new() };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = fetch;
                slot
            }
            None => {
                self.slots.push(fetch);
                (self.slots.len() - 1) as u32
            }
        };
        if shared {
            self.shared.insert(key, slot);
        }
        slot
    }

    fn asleep(&mut self, task: TaskId, token: u64) {
        if let Some(slot) = self.joining.take() {
            self.slots[slot as usize].waiting.push((task, token));
        }
    }

    /// Ends a fetch and gives its key and who waits for it.
    fn end(&mut self, slot: u32) -> (FetchKey, Vec<(TaskId, u64)>) {
        let fetch = &mut self.slots[slot as usize];
        let (key, waiting) = (fetch.key, std::mem::take(&mut fetch.waiting));
        if fetch.shared {
            self.shared.swap_remove(&key);
        }
        self.free.push(slot);
        (key, waiting)
    }
}

impl World<'_> {
    /// Begins to fetch a value, or joins whoever does.
    pub(super) fn begin_fetch(
        &mut self,
        core: &mut Core<'_>,
        task: TaskId,
        key: FetchKey,
        shared: bool,
        fetch: Pc,
    ) -> Flow {
        if shared && self.fetches.join(key) {
            return Flow::Sleep;
        }
        let slot = self.fetches.begin(key, shared);
        core.open_scope(task, FETCH, slot);
        Flow::Jump(fetch)
    }

    /// Takes note of who sleeps until a value is there.
    pub(super) fn waits_for_fetch(&mut self, task: TaskId, token: u64) {
        self.fetches.asleep(task, token);
    }

    /// Ends a fetch: those who wait go on, or fail as it failed.
    pub(super) fn end_fetch(&mut self, core: &mut Core<'_>, slot: u32, since: Instant, exit: Exit) {
        let ((_, _, store, name), waiting) = self.fetches.end(slot);
        if exit == Exit::Done {
            let took = core.now().since(since);
            self.store(store).found_in(name, took);
        }
        for (task, token) in waiting {
            match exit {
                Exit::Done => core.wake(task, token, false),
                Exit::Failed(cause) | Exit::Cut(cause) => core.condemn(task, token, cause),
                Exit::Cancelled => core.condemn(task, token, Cause::Abandoned),
            }
        }
    }
}
