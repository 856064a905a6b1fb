//! A sorted vector: the fastest list while only a few events are pending.

use std::hint::select_unpredictable;

use super::EventList;
use super::storage::trim;

/// Pending keys in descending order, so that the next event is popped from the end.
///
/// A push of the soonest key of all only adds it. Any other passes all keys without a branch that depends on them, up to
/// 32 of them: dearer in instructions than to stop at the first that is later, and cheaper in time, since where to stop
/// cannot be predicted.
#[derive(Clone, Debug, Default)]
pub struct Sorted {
    keys: Vec<u128>,
}

impl Sorted {
    /// Makes an empty list.
    pub const fn new() -> Self {
        Sorted { keys: Vec::new() }
    }

    /// Removes the smallest key if it is below `limit`.
    #[inline]
    pub(super) fn pop_before(&mut self, limit: u128) -> Option<u128> {
        let key = *self.keys.last()?;
        if key >= limit {
            return None;
        }
        self.keys.pop();
        trim(&mut self.keys);
        Some(key)
    }

    /// Adds a key if it is the smallest and there are fewer than `most`; says whether it was.
    #[inline]
    pub(super) fn push_soonest(&mut self, key: u128, most: usize) -> bool {
        let is_soonest = self.keys.last().is_none_or(|soonest| key < *soonest);
        let fits = is_soonest && self.keys.len() < most;
        if fits {
            self.keys.push(key);
        }
        fits
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.keys.capacity()
    }
}

impl EventList for Sorted {
    #[inline]
    fn push(&mut self, key: u128) {
        if !self.push_soonest(key, usize::MAX) {
            insert_descending(&mut self.keys, key);
        }
    }

    #[inline]
    fn pop(&mut self) -> Option<u128> {
        let key = self.keys.pop();
        trim(&mut self.keys);
        key
    }

    #[inline]
    fn peek(&mut self) -> Option<u128> {
        self.keys.last().copied()
    }

    #[inline]
    fn len(&self) -> usize {
        self.keys.len()
    }
}

/// Sorts so that the smallest key is last.
#[inline]
pub(super) fn sort_descending(keys: &mut [u128]) {
    keys.sort_unstable_by(|a, b| b.cmp(a));
}

/// Up to this many keys are passed one by one without a branch; in a longer list the place is searched [keys].
const BRANCHLESS: usize = 32;

/// Inserts into a descending vector.
#[inline(never)]
fn insert_descending(keys: &mut Vec<u128>, key: u128) {
    if keys.len() <= BRANCHLESS {
        let mut before = key;
        let mut before_is_sooner = false;
        for place in keys.iter_mut() {
            let here = *place;
            let here_is_sooner = here < key;
            let moved = select_unpredictable(before_is_sooner, before, key);
            *place = select_unpredictable(here_is_sooner, moved, here);
            before = here;
            before_is_sooner = here_is_sooner;
        }
        keys.push(select_unpredictable(before_is_sooner, before, key));
    } else {
        let mut at = 0;
        let mut left = keys.len();
        while left > 0 {
            let half = left.div_ceil(2);
            let later = keys[at + half - 1] > key;
            at = select_unpredictable(later, at + half, at);
            left -= half;
        }
        keys.insert(at, key);
    }
}
