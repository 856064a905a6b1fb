//! Effects that are counted by key: what stayed without the effect that belongs to it, and what came again.

use rustc_hash::FxHashMap;

use crate::component::effects::TallyKind;

/// The keys of one such effect. They are kept to the end of the run, since what belongs to a key may come late.
#[derive(Debug)]
pub(super) struct Tallied {
    kind: TallyKind,
    keys: FxHashMap<u64, Seen>,
    /// Keys that are unmatched, or effects beyond the first of their key.
    count: u64,
}

/// What was counted of a key.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    effect: bool,
    belonging: bool,
}

impl Tallied {
    pub(super) fn new(kind: TallyKind) -> Self {
        Tallied { kind, keys: FxHashMap::default(), count: 0 }
    }

    /// Takes note of the effect for a key; or, if it `belongs`, of the one that belongs to it.
    pub(super) fn note(&mut self, key: u64, belongs: bool) {
        let seen = self.keys.entry(key).or_default();
        let before = *seen;
        *seen = Seen { effect: before.effect || !belongs, belonging: before.belonging || belongs };
        match self.kind {
            TallyKind::Repeated => self.count += u64::from(before.effect),
            TallyKind::Unmatched => {
                self.count -= u64::from(before.is_alone());
                self.count += u64::from(seen.is_alone());
            }
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Keys that it keeps.
    pub(super) fn len(&self) -> u64 {
        self.keys.len() as u64
    }
}

impl Seen {
    fn is_alone(self) -> bool {
        self.effect && !self.belonging
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: TallyKind, notes: &[(u64, bool)], expected: u64) {
        let mut tallied = Tallied::new(kind);
        notes.iter().for_each(|(key, belongs)| tallied.note(*key, *belongs));
        assert_eq!(tallied.count(), expected, "{notes:?}");
    }

    #[test]
    fn a_key_is_unmatched_until_what_belongs_to_it_has_come() {
        let check = |notes: &[(u64, bool)], expected| check(TallyKind::Unmatched, notes, expected);
        check(&[(1, false)], 1);
        check(&[(1, false), (1, true)], 0);
        check(&[(1, true), (1, false)], 0);
        check(&[(1, false), (1, false)], 1);
        check(&[(1, false), (1, true), (1, false)], 0);
        // As many of one as of the other, and none belongs to its key.
        check(&[(1, false), (2, true), (2, true)], 1);
    }

    #[test]
    fn what_comes_again_counts_from_the_second_time() {
        check(TallyKind::Repeated, &[(1, false), (2, false), (1, false), (1, false)], 2);
        check(TallyKind::Repeated, &[(1, false), (2, false)], 0);
    }
}
