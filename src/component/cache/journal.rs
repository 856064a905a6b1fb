//! How to go back to what a store was: at the last snapshot, at the last flush, or at what a replica has.
//!
//! What a change replaces is kept. Since the last snapshot, only the first change of each entry counts, as with the
//! copy on write of the real fork; of the last moments, each one does.

use std::collections::VecDeque;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::durability::SaveSpec;
use super::entries::{Content, Entry, Name};
use super::store::Store;
use crate::units::{Instant, Span};

/// What an entry was before a change.
#[derive(Clone, Debug)]
pub(super) enum Before {
    /// It was not there.
    Absent,
    /// It was this.
    Was(Box<Entry>),
    /// Its counter stood at this.
    Counter(i64),
    /// Its set did not have this member, which takes so many bytes.
    Without(u64, u64),
}

type Changed = IndexMap<Name, Before, FxBuildHasher>;

/// What has changed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal {
    /// How far back each change is kept.
    horizon: Span,
    recent: VecDeque<(Instant, Name, Before)>,
    /// When snapshots are due; empty for never.
    save: Vec<SaveSpec>,
    /// What has changed since the last snapshot began.
    changed: Changed,
    /// What had changed from the one before to its beginning, while it is being written.
    writing: Option<Changed>,
    changes: u64,
    /// When the last snapshot began.
    begun: Instant,
}

impl Journal {
    /// A journal that goes back by `horizon`, and to the last snapshot if there are any.
    pub(crate) fn new(horizon: Span, save: Vec<SaveSpec>) -> Self {
        Journal { horizon, save, ..Journal::default() }
    }

    pub(super) fn note(
        &mut self,
        now: Instant,
        name: Name,
        before: impl Fn() -> Before,
        whole: impl Fn() -> Before,
    ) {
        self.changes += 1;
        if !self.horizon.is_zero() {
            while self.recent.front().is_some_and(|(at, ..)| now.since(*at) > self.horizon) {
                self.recent.pop_front();
            }
            self.recent.push_back((now, name, before()));
        }
        if !self.save.is_empty() && !self.changed.contains_key(&name) {
            self.changed.insert(name, whole());
        }
    }

    /// Changes that it keeps.
    pub(super) fn len(&self) -> u64 {
        let writing = self.writing.as_ref().map_or(0, Changed::len);
        (self.recent.len() + self.changed.len() + writing) as u64
    }

    pub(super) fn forget(&mut self, now: Instant) {
        self.recent.clear();
        self.changed.clear();
        self.writing = None;
        self.changes = 0;
        self.begun = now;
    }
}

impl Store {
    /// Keeps what changes replace from now on.
    pub(crate) fn keep(&mut self, journal: Journal) {
        self.journal = Some(Box::new(journal));
    }

    /// Whether a snapshot is due and none is being written.
    pub(crate) fn is_snapshot_due(&self, now: Instant) -> bool {
        self.journal.as_ref().is_some_and(|journal| {
            let Journal { save, changes, begun, writing, .. } = &**journal;
            let is_met = |rule: &SaveSpec| *changes >= rule.changes && now.since(*begun) >= rule.after;
            writing.is_none() && save.iter().any(is_met)
        })
    }

    /// Begins a snapshot: what changes from now on is not in it.
    pub(crate) fn begin_snapshot(&mut self, now: Instant) {
        if let Some(journal) = &mut self.journal {
            journal.writing = Some(std::mem::take(&mut journal.changed));
            journal.changes = 0;
            journal.begun = now;
        }
    }

    /// A snapshot is on the disk.
    pub(crate) fn end_snapshot(&mut self) {
        if let Some(journal) = &mut self.journal {
            journal.writing = None;
        }
    }

    /// Goes back to the last snapshot that is on the disk.
    pub(crate) fn back_to_snapshot(&mut self, now: Instant) {
        let Some(mut journal) = self.journal.take() else { return };
        let since_begun = std::mem::take(&mut journal.changed);
        let earlier = journal.writing.take().unwrap_or_default();
        for (name, before) in since_begun.into_iter().chain(earlier) {
            self.undo(now, name, before);
        }
        journal.forget(now);
        self.journal = Some(journal);
    }

    /// Goes back to what it was right after an instant, which is at most the horizon ago; what it is then counts as
    /// safe.
    pub(crate) fn back_to(&mut self, now: Instant, instant: Instant) {
        let Some(mut journal) = self.journal.take() else { return };
        while let Some((at, name, before)) = journal.recent.pop_back() {
            if at <= instant {
                break;
            }
            self.undo(now, name, before);
        }
        journal.forget(now);
        self.journal = Some(journal);
    }

    /// Counts an entry that is lost before its time.
    pub(super) fn count_lost(&mut self, cache: u16) {
        let cache = usize::from(cache);
        if self.lost.len() <= cache {
            self.lost.resize(cache + 1, 0);
        }
        self.lost[cache] += 1;
    }

    /// How many entries of a logical cache were lost before their time so far.
    pub(crate) fn lost(&self, cache: u16) -> u64 {
        self.lost.get(usize::from(cache)).copied().unwrap_or(0)
    }

    fn undo(&mut self, now: Instant, name: Name, before: Before) {
        let found = self.entries.find(name);
        match before {
            Before::Absent => {
                if let Some(index) = found {
                    let expires = self.entries.at(index).expires;
                    self.remove(now, index);
                    if now <= expires {
                        self.count_lost(name.0);
                    }
                }
            }
            Before::Was(entry) => {
                if let Some(index) = found {
                    self.remove(now, index);
                }
                self.put_back(now, *entry);
            }
            Before::Counter(value) => {
                if let Some(index) = found
                    && let Content::Counter(counter) = &mut self.entries.at_mut(index).content
                {
                    *counter = value;
                }
            }
            Before::Without(member, size) => {
                if let Some(index) = found {
                    self.without_member(now, index, member, size);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::tests::{at, roomy};
    use super::super::store::{Found, Put};
    use super::*;
    use crate::units::Bytes;

    const BYTE: Put = Put { size: Bytes::new(1), ttl: None, stale: Span::ZERO };

    fn kept(horizon: u64, save: &[(u64, u64)]) -> Store {
        let save = save
            .iter()
            .map(|(after, changes)| SaveSpec { after: Span::from_secs(*after), changes: *changes });
        let mut store = roomy();
        store.keep(Journal::new(Span::from_secs(horizon), save.collect()));
        store
    }

    fn has(store: &mut Store, key: u64) -> bool {
        store.look_up(at(99), (0, key)) != Found::Nothing
    }

    #[test]
    fn it_goes_back_to_an_instant_change_by_change() {
        let mut store = kept(10, &[]);
        for second in 0..6 {
            assert!(store.put(at(second), (0, second), BYTE).is_ok());
            assert_eq!(store.increment(at(second), (1, 0), 1, None), Ok(second as i64 + 1));
            assert_eq!(store.add_member(at(second), (2, 0), second, Bytes::new(7)), Ok(second + 1));
        }
        store.delete(at(6), (0, 0));
        store.back_to(at(7), at(3));
        assert!(has(&mut store, 0) && has(&mut store, 3) && !has(&mut store, 4));
        assert_eq!(store.increment(at(99), (1, 0), 0, None), Ok(4));
        assert_eq!(store.members(at(99), (2, 0)), 4);
        // Four values of a byte, a counter of eight, a set of four members of seven.
        assert_eq!(store.used(), 4 + 8 + 4 * 7);
    }

    #[test]
    fn it_goes_back_to_the_last_snapshot_that_was_finished() {
        let mut store = kept(0, &[(60, 3)]);
        assert!(store.put(at(1), (0, 1), BYTE).is_ok() && store.put(at(2), (0, 2), BYTE).is_ok());
        assert!(!store.is_snapshot_due(at(60)), "two changes are not three");
        assert!(store.put(at(3), (0, 1), BYTE).is_ok());
        assert!(!store.is_snapshot_due(at(59)) && store.is_snapshot_due(at(60)));
        store.begin_snapshot(at(60));
        assert!(!store.is_snapshot_due(at(200)), "one at a time");
        store.end_snapshot();
        store.delete(at(61), (0, 1));
        assert!(store.put(at(62), (0, 3), BYTE).is_ok());
        // The second one begins and is not finished.
        store.begin_snapshot(at(130));
        assert!(store.put(at(131), (0, 4), BYTE).is_ok() && store.put(at(131), (0, 2), BYTE).is_ok());
        store.back_to_snapshot(at(140));
        let there: Vec<bool> = (1..=4).map(|key| has(&mut store, key)).collect();
        assert_eq!(there, [true, true, false, false]);
        assert_eq!((store.used(), store.keys()), (2, 2));
    }

    #[test]
    fn what_is_past_the_horizon_is_forgotten() {
        let mut store = kept(2, &[]);
        for second in 0..1_000 {
            assert!(store.put(at(second), (0, second % 7), BYTE).is_ok());
        }
        // Writing over an entry is two changes.
        assert!(store.journal.as_ref().is_some_and(|journal| journal.recent.len() <= 6));
    }
}
