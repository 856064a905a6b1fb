//! Optimistic locks: the version of a row that somebody has read, and whether it is still the same.
//!
//! Versions are kept of those rows that somebody remembers, for as long as somebody does. One goes up when a transaction
//! that changed the row is committed; whoever read the row before has then read another.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::World;
use crate::engine::{Core, Flow, Pc, TaskId};

/// Tag of the scope in which a version is remembered; its data is the place in the list.
pub(super) const VERSION: u8 = 14;

/// A row: its table and key.
pub(super) type VersionedRow = (u16, u64);

/// Versions that are remembered.
#[derive(Debug, Default)]
pub(super) struct Versions {
    slots: Vec<(VersionedRow, u32)>,
    free: Vec<u32>,
    rows: IndexMap<VersionedRow, Version, FxBuildHasher>,
}

/// The version of a row, and how many remember one of it.
#[derive(Clone, Copy, Debug, Default)]
struct Version {
    number: u32,
    remembered_by: u32,
}

impl Versions {
    fn remember(&mut self, row: VersionedRow) -> u32 {
        let version = self.rows.entry(row).or_default();
        version.remembered_by += 1;
        let read = (row, version.number);
        match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = read;
                slot
            }
            None => {
                self.slots.push(read);
                (self.slots.len() - 1) as u32
            }
        }
    }

    /// Whether a row is as it was when it was read.
    fn is_same(&self, slot: u32) -> bool {
        let (row, number) = self.slots[slot as usize];
        self.rows.get(&row).is_some_and(|version| version.number == number)
    }

    pub(super) fn forget(&mut self, slot: u32) {
        let (row, _) = self.slots[slot as usize];
        self.free.push(slot);
        if let Some(version) = self.rows.get_mut(&row) {
            version.remembered_by -= 1;
            if version.remembered_by == 0 {
                self.rows.swap_remove(&row);
            }
        }
    }

    /// Takes note that a change of a row was committed.
    pub(super) fn change(&mut self, row: VersionedRow) {
        if let Some(version) = self.rows.get_mut(&row) {
            version.number = version.number.wrapping_add(1);
        }
    }
}

impl World<'_> {
    /// Remembers the version of a row for as long as the scope lasts that it opens.
    pub(super) fn read_version(
        &mut self,
        core: &mut Core<'_>,
        task: TaskId,
        (table, key): (u16, u16),
    ) -> Flow {
        let slot = self.versions.remember((table, core.key_of(task, key)));
        core.open_scope(task, VERSION, slot);
        Flow::Next
    }

    /// Goes on at `conflict` unless the row has the version that was read last.
    pub(super) fn compare_version(&self, core: &Core<'_>, task: TaskId, conflict: Pc) -> Flow {
        let is_same = core.innermost_scope(task, VERSION).is_none_or(|slot| self.versions.is_same(slot));
        if is_same { Flow::Next } else { Flow::Jump(conflict) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_the_same_until_a_change_is_committed() {
        let mut versions = Versions::default();
        let (first, second) = (versions.remember((0, 7)), versions.remember((0, 7)));
        let other = versions.remember((0, 8));
        assert!(versions.is_same(first) && versions.is_same(other));
        versions.change((0, 7));
        versions.change((1, 8));
        assert!(!versions.is_same(first) && !versions.is_same(second) && versions.is_same(other));
        let third = versions.remember((0, 7));
        assert!(versions.is_same(third));
        [first, second, third, other].into_iter().for_each(|slot| versions.forget(slot));
        assert!(versions.rows.is_empty());
        assert_eq!(versions.free.len(), versions.slots.len());
    }
}
