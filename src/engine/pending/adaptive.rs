//! The list the engine uses: whichever of the others is the fastest for what is pending.

use super::{EventList, Radix, Sorted, Tournament};

/// A list that changes its kind with the number of pending events.
///
/// It starts as [`Sorted`], becomes a [`Tournament`] beyond 8 pending events and a [`Radix`] beyond 8192, and
/// goes back at half of these numbers, so that a number that hovers about one of them does not move the list back
/// and forth. The order of events never depends on the kind.
#[derive(Clone, Debug)]
pub struct Adaptive {
    kind: Kind,
    sorted: Sorted,
    tournament: Tournament,
    radix: Radix,
}

/// Which of the lists holds the keys; the others are empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sorted,
    Tournament,
    Radix,
}

/// A sorted vector with more than this becomes a tournament [keys].
pub(super) const MOST_SORTED: usize = 8;

/// A tournament with more than this becomes a radix heap [keys].
pub(super) const MOST_TOURNAMENT: usize = 8_192;

impl Adaptive {
    /// Makes an empty list.
    pub fn new() -> Self {
        Adaptive {
            kind: Kind::Sorted,
            sorted: Sorted::new(),
            tournament: Tournament::new(),
            radix: Radix::without_buckets(),
        }
    }

    /// Removes the smallest key if it is below `limit`; of a long list, `soon` is shown the keys that come next, in no
    /// order.
    #[inline]
    pub(crate) fn pop_before(&mut self, limit: u128, soon: impl Fn(&[u128])) -> Option<u128> {
        match self.kind {
            Kind::Sorted => self.sorted.pop_before(limit),
            Kind::Tournament => {
                let key = self.tournament.pop_before(limit)?;
                self.shorten();
                Some(key)
            }
            Kind::Radix => {
                if self.radix.peek_and_show(soon)? < limit {
                    self.pop()
                } else {
                    None
                }
            }
        }
    }

    /// Forgets the keys that are not to be kept.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(u128) -> bool) {
        if self.kind == Kind::Radix {
            self.radix.retain(is_kept);
            if self.radix.len() < MOST_TOURNAMENT / 2 {
                self.change(Kind::Tournament);
            }
            return;
        }
        let mut all = std::mem::take(self);
        while let Some(key) = all.pop() {
            if is_kept(key) {
                self.push(key);
            }
        }
    }

    /// Whether there may be more than a few dozen keys.
    #[inline]
    pub(crate) fn is_long(&self) -> bool {
        self.kind != Kind::Sorted
    }

    /// Changes the kind of a tournament that has become short.
    #[inline]
    fn shorten(&mut self) {
        if self.tournament.len() < MOST_SORTED / 2 {
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
                    self.change(Kind::Tournament);
                }
            }
            Kind::Tournament => {
                self.tournament.push(key);
                if self.tournament.len() > MOST_TOURNAMENT {
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
            (Kind::Sorted, Kind::Tournament) => move_keys(&mut self.sorted, &mut self.tournament),
            (Kind::Tournament, Kind::Sorted) => move_keys(&mut self.tournament, &mut self.sorted),
            (Kind::Tournament, Kind::Radix) => {
                self.radix.make_buckets();
                move_keys(&mut self.tournament, &mut self.radix);
            }
            (Kind::Radix, Kind::Tournament) => move_keys(&mut self.radix, &mut self.tournament),
            (Kind::Sorted, Kind::Sorted | Kind::Radix)
            | (Kind::Tournament, Kind::Tournament)
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
        match self.kind {
            Kind::Sorted if self.sorted.push_soonest(key, MOST_SORTED) => {}
            Kind::Tournament if self.tournament.len() < MOST_TOURNAMENT => self.tournament.push(key),
            Kind::Sorted | Kind::Tournament | Kind::Radix => self.push_any(key),
        }
    }

    #[inline]
    fn pop(&mut self) -> Option<u128> {
        match self.kind {
            Kind::Sorted => self.sorted.pop(),
            Kind::Tournament => {
                let key = self.tournament.pop();
                self.shorten();
                key
            }
            Kind::Radix => {
                let key = self.radix.pop();
                if self.radix.len() < MOST_TOURNAMENT / 2 {
                    self.change(Kind::Tournament);
                }
                key
            }
        }
    }

    #[inline]
    fn peek(&mut self) -> Option<u128> {
        match self.kind {
            Kind::Sorted => self.sorted.peek(),
            Kind::Tournament => self.tournament.peek(),
            Kind::Radix => self.radix.peek(),
        }
    }

    #[inline]
    fn len(&self) -> usize {
        match self.kind {
            Kind::Sorted => self.sorted.len(),
            Kind::Tournament => self.tournament.len(),
            Kind::Radix => self.radix.len(),
        }
    }
}
