//! The list the engine uses: whichever of the others is the fastest for what is pending.

use super::{EventList, Ladder, Radix, Sorted};

/// A list that changes its kind with the number of pending events.
///
/// It starts as [`Sorted`], becomes a [`Ladder`] beyond 24 pending events and a [`Radix`] beyond 8192, and goes
/// back at half of these numbers, so that a number that hovers about one of them does not move the list back
/// and forth. The order of events never depends on the kind.
#[derive(Clone, Debug)]
pub struct Adaptive {
    kind: Kind,
    sorted: Sorted,
    ladder: Ladder,
    radix: Radix,
}

/// Which of the lists holds the keys; the others are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sorted,
    Ladder,
    Radix,
}

/// A sorted vector with more than this becomes a ladder [keys].
pub(super) const MOST_SORTED: usize = 24;

/// A ladder with more than this becomes a radix heap [keys].
pub(super) const MOST_LADDER: usize = 8_192;

impl Adaptive {
    /// Makes an empty list.
    pub fn new() -> Self {
        Adaptive {
            kind: Kind::Sorted,
            sorted: Sorted::new(),
            ladder: Ladder::new(),
            radix: Radix::without_buckets(),
        }
    }

    /// Removes the smallest key if it is below `limit`.
    #[inline]
    pub(crate) fn pop_before(&mut self, limit: u128) -> Option<u128> {
        match self.kind {
            Kind::Sorted => self.sorted.pop_before(limit),
            Kind::Ladder => {
                let key = self.ladder.pop_before(limit)?;
                self.shorten();
                Some(key)
            }
            Kind::Radix => {
                if self.radix.peek()? < limit {
                    self.pop()
                } else {
                    None
                }
            }
        }
    }

    /// Whether there may be more than a few dozen keys.
    #[inline]
    pub(crate) fn is_long(&self) -> bool {
        self.kind != Kind::Sorted
    }

    /// Changes the kind of a ladder that has become short.
    #[inline]
    fn shorten(&mut self) {
        if self.ladder.len() < MOST_SORTED / 2 {
            self.change(Kind::Sorted);
        }
    }

    /// Adds a key to a list that is not a sorted vector, or that may become another kind by it.
    #[inline(never)]
    fn push_any(&mut self, key: u128) {
        match self.kind {
            Kind::Sorted => {
                self.sorted.push(key);
                if self.sorted.len() > MOST_SORTED {
                    self.change(Kind::Ladder);
                }
            }
            Kind::Ladder => {
                self.ladder.push(key);
                if self.ladder.len() > MOST_LADDER {
                    self.change(Kind::Radix);
                }
            }
            Kind::Radix => self.radix.push(key),
        }
    }

    #[cold]
    #[inline(never)]
    fn change(&mut self, kind: Kind) {
        match (self.kind, kind) {
            (Kind::Sorted, Kind::Ladder) => move_keys(&mut self.sorted, &mut self.ladder),
            (Kind::Ladder, Kind::Sorted) => move_keys(&mut self.ladder, &mut self.sorted),
            (Kind::Ladder, Kind::Radix) => {
                self.radix.make_buckets();
                move_keys(&mut self.ladder, &mut self.radix);
            }
            (Kind::Radix, Kind::Ladder) => move_keys(&mut self.radix, &mut self.ladder),
            (Kind::Sorted, Kind::Sorted | Kind::Radix)
            | (Kind::Ladder, Kind::Ladder)
            | (Kind::Radix, Kind::Radix | Kind::Sorted) => {
                unreachable!("a list changes to a neighbouring kind")
            }
        }
        self.kind = kind;
    }
}

fn move_keys(from: &mut impl EventList, to: &mut impl EventList) {
    while let Some(key) = from.pop() {
        to.push(key);
    }
}

impl Default for Adaptive {
    fn default() -> Self {
        Adaptive::new()
    }
}

impl EventList for Adaptive {
    #[inline]
    fn push(&mut self, key: u128) {
        if self.kind != Kind::Sorted || !self.sorted.push_soonest(key, MOST_SORTED) {
            self.push_any(key);
        }
    }

    #[inline]
    fn pop(&mut self) -> Option<u128> {
        match self.kind {
            Kind::Sorted => self.sorted.pop(),
            Kind::Ladder => {
                let key = self.ladder.pop();
                self.shorten();
                key
            }
            Kind::Radix => {
                let key = self.radix.pop();
                if self.radix.len() < MOST_LADDER / 2 {
                    self.change(Kind::Ladder);
                }
                key
            }
        }
    }

    #[inline]
    fn peek(&mut self) -> Option<u128> {
        match self.kind {
            Kind::Sorted => self.sorted.peek(),
            Kind::Ladder => self.ladder.peek(),
            Kind::Radix => self.radix.peek(),
        }
    }

    #[inline]
    fn len(&self) -> usize {
        match self.kind {
            Kind::Sorted => self.sorted.len(),
            Kind::Ladder => self.ladder.len(),
            Kind::Radix => self.radix.len(),
        }
    }
}
