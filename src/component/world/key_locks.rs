//! Locks in caches: who believes to hold which.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::World;
use super::caches::SHORTEST_PAUSE;
use crate::component::cache::Name;
use crate::engine::{Core, Exit, Flow, Pc, TaskId};
use crate::random::{Draw, mix};
use crate::record::Cause;

/// Tag of a lock's scope.
pub(super) const KEY_LOCK: u8 = 3;

/// Scopes of locks that are open.
#[derive(Debug, Default)]
pub(super) struct KeyLocks {
    slots: Vec<Wanted>,
    free: Vec<u32>,
    /// Per lock, how many believe to hold it: more than one after it expired under one of them.
    believers: IndexMap<(u16, Name), u32, FxBuildHasher>,
    tokens: u64,
}

/// A lock that is wanted or held.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    store: u16,
    name: Name,
    tries: u64,
    /// The token it was taken with.
    token: Option<u64>,
}

impl KeyLocks {
    /// Counts one more who believes to hold a lock; says whether there is another.
    fn believe(&mut self, key: (u16, Name)) -> bool {
        let believers = self.believers.entry(key).or_insert(0);
        *believers += 1;
        *believers > 1
    }

    fn disbelieve(&mut self, key: (u16, Name)) {
        if let Some(believers) = self.believers.get_mut(&key) {
            *believers -= 1;
            if *believers == 0 {
                self.believers.swap_remove(&key);
            }
        }
    }
}

impl World<'_> {
    /// Opens the scope of a lock.
    pub(super) fn want_lock(&mut self, core: &mut Core<'_>, task: TaskId, store: u16, name: Name) -> Flow {
        let wanted = Wanted { store, name, tries: 0, token: None };
        let locks = &mut self.key_locks;
        let slot = match locks.free.pop() {
            Some(slot) => {
                locks.slots[slot as usize] = wanted;
                slot
            }
            None => {
                locks.slots.push(wanted);
                (locks.slots.len() - 1) as u32
            }
        };
        core.open_scope(task, KEY_LOCK, slot);
        Flow::Next
    }

    /// Takes a lock unless it is taken.
    pub(super) fn try_lock(&mut self, core: &mut Core<'_>, task: TaskId, lock: u16, other: Pc) -> Flow {
        let Some(slot) = core.innermost_scope(task, KEY_LOCK) else { return Flow::Jump(other) };
        let spec = &self.parts.key_locks[usize::from(lock)];
        self.key_locks.tokens += 1;
        let token = self.key_locks.tokens;
        let wanted = &mut self.key_locks.slots[slot as usize];
        wanted.tries += 1;
        let (store, name) = (wanted.store, wanted.name);
        let taken = self.stores[usize::from(store)].lock(core.now(), name, spec.ttl, token);
        self.keeps_more(core);
        self.arm_expiry(core, store);
        match taken {
            Err(_) => Flow::Fail(Cause::OutOfMemory),
            Ok(false) => Flow::Jump(other),
            Ok(true) => {
                self.key_locks.slots[slot as usize].token = Some(token);
                if self.key_locks.believe((store, name)) {
                    self.effects[usize::from(spec.overlapped)] += 1;
                }
                Flow::Next
            }
        }
    }

    /// Waits before the next try, each time for another time.
    pub(super) fn pause_lock(&mut self, core: &Core<'_>, task: TaskId, lock: u16) -> Flow {
        let spec = &self.parts.key_locks[usize::from(lock)];
        let tries =
            core.innermost_scope(task, KEY_LOCK).map_or(0, |slot| self.key_locks.slots[slot as usize].tries);
        let site = mix(spec.site, tries);
        let mut draw: Draw = core.draw(task, site);
        Flow::Delay(spec.pause.sample_span(&mut draw).max(SHORTEST_PAUSE))
    }

    /// Frees a lock by compare and delete.
    pub(super) fn free_lock(&mut self, core: &Core<'_>, task: TaskId, lock: u16) -> Flow {
        if let Some(slot) = core.innermost_scope(task, KEY_LOCK) {
            let lost = self.give_back(core, slot);
            let effect = self.parts.key_locks[usize::from(lock)].lost;
            self.effects[usize::from(effect)] += u64::from(lost);
        }
        Flow::Next
    }

    /// Gives back a lock that one believes to hold; says whether one did not hold it any more.
    fn give_back(&mut self, core: &Core<'_>, slot: u32) -> bool {
        let Wanted { store, name, token, .. } = self.key_locks.slots[slot as usize];
        let Some(token) = token else { return false };
        self.key_locks.slots[slot as usize].token = None;
        self.key_locks.disbelieve((store, name));
        !self.store(store).unlock(core.now(), name, token)
    }

    /// Closes the scope of a lock. What a time-out cut short in it frees it at once; with a crash, or where the cache could
    /// not be asked to free it, it stays until it expires.
    pub(super) fn close_lock(&mut self, core: &Core<'_>, slot: u32, exit: Exit) {
        match exit {
            Exit::Cancelled | Exit::Failed(Cause::Timeout) | Exit::Cut(Cause::Timeout) => {
                self.give_back(core, slot);
            }
            Exit::Done | Exit::Failed(_) | Exit::Cut(_) => {
                let Wanted { store, name, token, .. } = self.key_locks.slots[slot as usize];
                if token.is_some() {
                    self.key_locks.disbelieve((store, name));
                }
            }
        }
        self.key_locks.free.push(slot);
    }
}
