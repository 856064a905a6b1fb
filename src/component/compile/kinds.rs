//! What entries of caches hold: a value, a counter, a lock or a sorted set, and one of them only.
//!
//! Source: Redis, the types of keys and the error WRONGTYPE; `SET` with `NX`.

use std::collections::BTreeSet;

use super::builder::{Builder, Spot};
use crate::component::mistake::{Mistake, Part, Place, code};

/// What a step takes an entry for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something that is there or not: it may be any string.
    Read,
    /// A value that is stored.
    Value,
    /// A number that is counted up.
    Counter,
    /// The lock of whoever set it.
    Lock,
    /// Members with scores.
    SortedSet,
    /// Whatever it is: it is deleted.
    Any,
}

impl Kind {
    const fn words(self) -> &'static str {
        match self {
            Kind::Read | Kind::Value | Kind::Any => "a value",
            Kind::Counter => "a counter",
            Kind::Lock => "a lock",
            Kind::SortedSet => "a sorted set",
        }
    }

    /// Whether both can be of one entry. Values, counters and locks are strings; but what stores one takes the place of a
    /// lock, or keeps it from being free.
    fn goes_with(self, other: Kind) -> bool {
        use Kind::{Any, Lock, Read, SortedSet};
        match (self, other) {
            (a, b) if a == b => true,
            (Any, _) | (_, Any) => true,
            (SortedSet, _) | (_, SortedSet) => false,
            (Lock, Read) | (Read, Lock) => true,
            (Lock, _) | (_, Lock) => false,
            (Kind::Read | Kind::Value | Kind::Counter, _) => true,
        }
    }
}

/// A step that uses an entry.
#[derive(Clone, Debug)]
pub(super) struct Use {
    cache: String,
    key: Option<String>,
    kind: Kind,
    part: Part,
    place: Place,
}

impl Builder<'_> {
    /// Takes note of what a step takes an entry for.
    pub(super) fn uses(&mut self, (cache, key): (&str, Option<&String>), kind: Kind, spot: &Spot) {
        let (part, place) = (spot.part, spot.place.clone());
        self.uses.push(Use { cache: cache.to_owned(), key: key.cloned(), kind, part, place });
    }

    /// The logical caches that steps use, whether or not a server holds them.
    pub(super) fn used_caches(&self) -> BTreeSet<String> {
        self.uses.iter().map(|it| it.cache.clone()).collect()
    }

    /// Tells of entries that are used as two kinds, at the later step of two.
    pub(super) fn check_entry_kinds(&mut self) {
        let mut uses = self.uses.clone();
        uses.sort_by(|a, b| (&a.cache, &a.key, a.part, &a.place).cmp(&(&b.cache, &b.key, b.part, &b.place)));
        for entry in uses.chunk_by(|a, b| (&a.cache, &a.key) == (&b.cache, &b.key)) {
            let clash = |(at, later): (usize, &Use)| {
                let first = entry[..at].iter().find(|earlier| !earlier.kind.goes_with(later.kind))?;
                Some((first.kind, later.clone()))
            };
            let Some((first, later)) = entry.iter().enumerate().find_map(clash) else { continue };
            let what = match &later.key {
                Some(key) => format!("entries `{key}` of `{}` are", later.cache),
                None => format!("the single entry of `{}` is", later.cache),
            };
            let cause = format!("{what} used as {} and, here, as {}", first.words(), later.kind.words());
            let remedy = "give one of them another `key`, or a logical cache of its own".to_owned();
            self.mistakes.push(Mistake::error(later.part, later.place, code::KIND, cause, remedy));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kind::{Any, Counter, Lock, Read, SortedSet, Value};

    #[test]
    fn strings_go_together_but_for_locks_and_sorted_sets_alone() {
        for (a, b) in
            [(Read, Value), (Value, Counter), (Read, Lock), (Lock, Lock), (Any, SortedSet), (Any, Lock)]
        {
            assert!(a.goes_with(b) && b.goes_with(a), "{a:?} {b:?}");
        }
        for (a, b) in
            [(SortedSet, Lock), (SortedSet, Read), (SortedSet, Value), (Lock, Value), (Lock, Counter)]
        {
            assert!(!a.goes_with(b) && !b.goes_with(a), "{a:?} {b:?}");
        }
    }
}
