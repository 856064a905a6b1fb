//! The entries of a store: found by name, sampled by number.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use super::index::Index;
use crate::random::Stream;
use crate::units::Instant;

/// An entry's name: logical cache and key.
pub(crate) type Name = (u16, u64);

const NONE: u32 = u32::MAX;

/// What an entry holds, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A value.
    Value,
    /// A counter.
    Counter(i64),
    /// A lock and its random token.
    Lock(u64),
    /// A sorted set.
    Members(Box<IndexSet<u64, FxBuildHasher>>),
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: Name,
    /// When it is gone.
    pub(super) expires: Instant,
    /// When it is stale: served, but renewed.
    pub(super) stale: Instant,
    /// How long it took to find the value \[s].
    pub(super) found_in_s: f32,
    /// Last use, or use counter and its last decrement, as the policy wants.
    pub(super) clock: u32,
    pub(super) size: u64,
    pub(super) content: Content,
    live_at: u32,
    volatile_at: u32,
}

impl Entry {
    pub(super) fn new(name: Name, expires: Instant, size: u64, content: Content) -> Self {
        Entry {
            name,
            expires,
            stale: Instant::NEVER,
            found_in_s: 0.0,
            clock: 0,
            size,
            content,
            live_at: NONE,
            volatile_at: NONE,
        }
    }
}

/// Entries in stable places, with dense lists of all and of those that will expire.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries {
    by_name: Index,
    slots: Vec<Option<Entry>>,
    free: Vec<u32>,
    live: Vec<u32>,
    volatile: Vec<u32>,
    /// Members of all sorted sets.
    pub(super) members: u64,
}

fn members_of(entry: &Entry) -> u64 {
    match &entry.content {
        Content::Members(members) => members.len() as u64,
        Content::Value | Content::Counter(_) | Content::Lock(_) => 0,
    }
}

impl Entries {
    pub(super) fn len(&self) -> usize {
        self.live.len()
    }

    /// Number of entries that will expire.
    pub(super) fn volatile_len(&self) -> usize {
        self.volatile.len()
    }

    pub(super) fn find(&self, name: Name) -> Option<u32> {
        self.by_name.get(name)
    }

    #[inline]
    pub(super) fn at(&self, index: u32) -> &Entry {
        self.slots[index as usize].as_ref().expect("an index of an entry that is there")
    }

    #[inline]
    pub(super) fn at_mut(&mut self, index: u32) -> &mut Entry {
        self.slots[index as usize].as_mut().expect("an index of an entry that is there")
    }

    /// The entry at a place of the list of those that will expire.
    pub(super) fn volatile_at(&self, place: usize) -> Option<u32> {
        self.volatile.get(place).copied()
    }

    /// A random entry.
    pub(super) fn sample(&self, volatile: bool, stream: &mut Stream) -> Option<u32> {
        let list = if volatile { &self.volatile } else { &self.live };
        (!list.is_empty()).then(|| list[stream.below(list.len() as u64) as usize])
    }

    /// All entries, or all that will expire.
    pub(super) fn all(&self, volatile: bool) -> &[u32] {
        if volatile { &self.volatile } else { &self.live }
    }

    /// Adds an entry whose name is free.
    pub(super) fn insert(&mut self, mut entry: Entry) -> u32 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            (self.slots.len() - 1) as u32
        });
        self.members += members_of(&entry);
        entry.live_at = self.live.len() as u32;
        entry.volatile_at = NONE;
        self.live.push(index);
        if entry.expires != Instant::NEVER {
            entry.volatile_at = self.volatile.len() as u32;
            self.volatile.push(index);
        }
        self.by_name.insert(entry.name, index);
        self.slots[index as usize] = Some(entry);
        index
    }

    pub(super) fn remove(&mut self, index: u32) -> Option<Entry> {
        let entry = self.slots[index as usize].take()?;
        self.members -= members_of(&entry);
        self.by_name.remove(entry.name);
        self.live.swap_remove(entry.live_at as usize);
        if let Some(moved) = self.live.get(entry.live_at as usize) {
            self.slots[*moved as usize].as_mut().expect("a live entry").live_at = entry.live_at;
        }
        if entry.volatile_at != NONE {
            self.volatile.swap_remove(entry.volatile_at as usize);
            if let Some(moved) = self.volatile.get(entry.volatile_at as usize) {
                self.slots[*moved as usize].as_mut().expect("a live entry").volatile_at = entry.volatile_at;
            }
        }
        self.free.push(index);
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_follow_what_comes_and_goes() {
        let mut entries = Entries::default();
        let mut stream = Stream::named(3, 0, "entries", "test");
        let mut model = std::collections::BTreeMap::new();
        for _ in 0..20_000 {
            let name = (0, stream.below(50));
            if let Some(index) = entries.find(name) {
                assert_eq!(entries.at(index).name, name);
                assert!(
                    entries.remove(index).is_some_and(|entry| model.remove(&name) == Some(entry.expires))
                );
            } else {
                let expires =
                    if stream.below(2) == 0 { Instant::NEVER } else { Instant::from_nanos(stream.below(9)) };
                entries.insert(Entry::new(name, expires, 1, Content::Value));
                model.insert(name, expires);
            }
            assert_eq!(entries.len(), model.len());
            assert_eq!(entries.volatile_len(), model.values().filter(|at| **at != Instant::NEVER).count());
            for index in entries.all(true) {
                assert_ne!(entries.at(*index).expires, Instant::NEVER);
            }
        }
        assert!(entries.slots.len() <= 51);
    }
}
