//! The list the engine uses: whichever of the others is the fastest for what is pending.

use super::{EventList, Ladder, QuadHeap, Radix, Sorted};

/// A list that changes its kind with the number of pending events.
///
/// It starts as [`Sorted`] and moves to a kind for more events as it grows, and back as it shrinks. The bounds
/// for the two directions lie a factor of two or more apart, so a size that hovers about a bound does not move the list
/// back and forth. The order of events never depends on the kind.
#[derive(Clone, Debug)]
pub struct Adaptive {
    kind: Kind,
    /// Pushing beyond this many keys moves to the next larger kind.
    most: usize,
    /// Popping down to fewer keys than this moves to the next smaller kind.
    fewest: usize,
    bounds: Bounds,
}

#[derive(Clone, Debug)]
enum Kind {
    Sorted(Sorted),
    Heap(QuadHeap),
    Ladder(Ladder),
    Radix(Radix),
}

/// Where the kinds give way to each other \[keys].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// The most keys of a sorted vector.
    pub(super) sorted: usize,
    /// The most keys of a 4-ary heap; not above `sorted` to leave it out.
    pub(super) heap: usize,
    /// The most keys of a ladder.
    pub(super) ladder: usize,
}

impl Bounds {
    const MEASURED: Bounds = Bounds { sorted: 32, heap: 64, ladder: 100_000 };
}
