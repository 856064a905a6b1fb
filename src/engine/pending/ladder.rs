//! A ladder queue: buckets within buckets, as fine as the events near the front need them.

use super::EventList;
use super::rung::{Nodes, Rung};
use super::sorted::{insert_descending, sort_descending};
use super::storage::{is_oversized, trim};

/// A ladder queue whose bottom, when pushes make it too long, becomes a new rung.
///
/// Far events lie unsorted in the *top*. When everything sooner has been popped, the top is spread over a
/// *rung* of buckets; a bucket that holds too much when its turn comes is spread over a finer rung below it;
/// a short one is sorted into the *bottom*, from which events are popped. The rungs divide the whole key
/// rather than the time alone, so a burst within one instant costs no more than any other.
///
/// Amortised cost of a push and its pop: constant, unless times are so clustered that every rung meets them
/// in one bucket.
///
/// Source: Tang, Goh and Thng, "Ladder queue: an O(1) priority queue structure for large-scale discrete event
/// simulation", ACM TOMACS 15(3), 2005. Differences: widths are powers of two, a rung is made for the keys it
/// gets at the time, and its last bucket takes whatever lies beyond them.
#[derive(Clone, Debug, Default)]
pub struct Ladder {
    /// Descending; every key here is smaller than all others.
    bottom: Vec<u128>,
    /// The smallest key that does not belong to the bottom.
    bottom_end: u128,
    /// From the coarsest to the finest; the first `depth` are in use.
    rungs: Vec<Rung>,
    depth: usize,
    nodes: Nodes,
    /// In no order.
    top: Vec<u128>,
    /// The smallest key that belongs to the top.
    top_start: u128,
    len: usize,
}

/// A bottom or bucket longer than this is spread over a new rung [keys].
const LONGEST_BOTTOM: usize = 32;

/// With this many rungs in use the bottom is sorted, however long.
const DEEPEST: usize = 16;

impl Ladder {
    /// Makes an empty list.
    pub fn new() -> Self {
        Ladder::default()
    }

    /// Removes the smallest key if it is below `limit`.
    #[inline]
    pub(super) fn pop_before(&mut self, limit: u128) -> Option<u128> {
        if self.bottom.is_empty() {
            self.refill();
        }
        let key = *self.bottom.last()?;
        if key >= limit {
            return None;
        }
        self.bottom.pop();
        self.len -= 1;
        Some(key)
    }

    /// Moves the keys of all rungs back into the top and gives the rungs' memory back.
    fn gather(&mut self) {
        for rung in &mut self.rungs[..self.depth] {
            rung.take_all(&mut self.nodes, &mut self.top);
        }
        self.depth = 0;
        self.rungs.clear();
        self.nodes.reset(0);
    }

    /// Fills the empty bottom with the next keys, if there are any.
    #[inline(never)]
    fn refill(&mut self) {
        if is_oversized(self.len, self.nodes.capacity()) {
            self.gather();
        }
        while self.bottom.is_empty() && self.len > 0 {
            if self.depth == 0 {
                self.take_top();
            } else {
                self.take_bucket();
            }
            if self.bottom.len() > LONGEST_BOTTOM && self.depth < DEEPEST {
                self.spread_bottom();
            } else {
                sort_descending(&mut self.bottom);
            }
        }
        self.end_bottom();
    }

    /// Notes where the bottom ends, after the rungs have changed.
    fn end_bottom(&mut self) {
        let frontiers = self.rungs[..self.depth].iter().map(Rung::frontier);
        self.bottom_end = frontiers.fold(self.top_start, u128::min);
    }

    /// Makes the whole top the bottom.
    fn take_top(&mut self) {
        std::mem::swap(&mut self.bottom, &mut self.top);
        trim(&mut self.top);
        self.nodes.reset(2 * self.bottom.len());
        self.top_start = self.bottom.iter().max().map_or(0, |largest| largest.saturating_add(1));
    }

    /// Makes the next bucket of the finest rung the bottom; a rung without keys is given up instead.
    fn take_bucket(&mut self) {
        let rung = &mut self.rungs[self.depth - 1];
        if rung.len() > 0 {
            rung.take_next(&mut self.nodes, &mut self.bottom);
        }
        if rung.len() == 0 {
            self.depth -= 1;
        }
    }

    /// Spreads the bottom over a new finest rung, unless all its keys are equal.
    fn spread_bottom(&mut self) {
        let (Some(&smallest), Some(&largest)) = (self.bottom.iter().min(), self.bottom.iter().max()) else {
            return;
        };
        if smallest == largest {
            return;
        }
        if self.depth == self.rungs.len() {
            self.rungs.push(Rung::default());
        }
        let rung = &mut self.rungs[self.depth];
        self.depth += 1;
        rung.prepare(self.bottom.len(), smallest, largest);
        for key in self.bottom.drain(..) {
            rung.push(&mut self.nodes, key);
        }
        trim(&mut self.bottom);
    }

    fn push_below_top(&mut self, key: u128) {
        let was_empty = self.len == 1;
        if was_empty {
            self.depth = 0;
            (self.bottom_end, self.top_start) = (0, 0);
            self.top.push(key);
            return;
        }
        if key >= self.bottom_end
            && let Some(rung) = self.rungs[..self.depth].iter_mut().find(|rung| rung.accepts(key))
        {
            rung.push(&mut self.nodes, key);
            return;
        }
        insert_descending(&mut self.bottom, key);
        if self.bottom.len() > LONGEST_BOTTOM && self.depth < DEEPEST {
            self.spread_bottom();
            self.end_bottom();
        }
    }
}

impl EventList for Ladder {
    #[inline]
    fn push(&mut self, key: u128) {
        self.len += 1;
        if key >= self.top_start {
            self.top.push(key);
        } else {
            self.push_below_top(key);
        }
    }

    #[inline]
    fn pop(&mut self) -> Option<u128> {
        if self.bottom.is_empty() {
            self.refill();
        }
        let key = self.bottom.pop();
        self.len -= usize::from(key.is_some());
        key
    }

    #[inline]
    fn peek(&mut self) -> Option<u128> {
        if self.bottom.is_empty() {
            self.refill();
        }
        self.bottom.last().copied()
    }

    #[inline]
    fn len(&self) -> usize {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys that all the parts of the ladder have room for.
    fn room(ladder: &Ladder) -> usize {
        ladder.bottom.capacity() + ladder.top.capacity() + ladder.nodes.capacity()
    }

    #[test]
    fn memory_follows_what_is_pending() {
        let mut ladder = Ladder::new();
        (0..100_000_u128).for_each(|i| ladder.push(i * 0x9E37_79B9_7F4A % 1_000_003));
        (0..99_000).for_each(|_| _ = ladder.pop());
        assert!(room(&ladder) < 16_000, "room for {} keys, 1000 pending", room(&ladder));
        while ladder.pop().is_some() {}
        assert!(room(&ladder) < 4_000, "room for {} keys, none pending", room(&ladder));
    }

    #[test]
    fn a_bottom_that_grows_too_long_becomes_a_rung() {
        let mut ladder = Ladder::new();
        [0, 1 << 100].into_iter().for_each(|key| ladder.push(key));
        assert_eq!(ladder.pop(), Some(0));
        (1..=LONGEST_BOTTOM as u128).for_each(|i| ladder.push(i << 64));
        assert_eq!(ladder.depth, 1);
        assert!(ladder.bottom.is_empty());
        assert_eq!(ladder.pop(), Some(1 << 64));
    }
}
