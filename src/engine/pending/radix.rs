//! A radix heap: sorting by digits of the time, one digit at a time, as far as the front needs it.

use super::EventList;
use super::QuadHeap;
use super::sorted::sort_descending;
use super::storage::trim;

/// A radix heap on the time, with digits of six bits.
///
/// A key lies in the bucket of the highest digit in which its time differs from the *base*, the start of the
/// bucket opened last. When the front is used up, the first bucket is opened: a short one is sorted into the
/// front, a long one is spread by its next digit. Each step writes to 64 places at most, which a cache
/// follows where the buckets of a ladder of a million events would miss it.
///
/// Keys that arrive within the stretch the front covers, among them those of the instant being handled, go
/// to a small heap beside the front.
///
/// Source: Ahuja, Mehlhorn, Orlin and Tarjan, "Faster algorithms for the shortest path problem", J. ACM 37(2),
/// 1990, in its multi-level form.
#[derive(Clone, Debug)]
pub struct Radix {
    /// Descending; what the bucket opened last held.
    front: Vec<u128>,
    /// Keys pushed since then that are not beyond `reach`.
    late: QuadHeap,
    /// The largest key that the front and `late` are responsible for.
    reach: u128,
    /// The start of the bucket opened last \[ns].
    base: u64,
    /// For each level, which of its buckets hold keys.
    occupied: [u64; LEVELS],
    /// `FAN` buckets for each level, the finest level first.
    buckets: Vec<Vec<u128>>,
    len: usize,
}

const DIGIT_BITS: u32 = 6;
const FAN: usize = 1 << DIGIT_BITS;
const LEVELS: usize = u64::BITS.div_ceil(DIGIT_BITS) as usize;

/// A bucket of at most this many keys is sorted rather than spread \[keys].
const LONGEST_SORTED: usize = 64;

/// The room an emptied bucket keeps \[keys].
const KEPT: usize = 64;

impl Radix {
    /// Makes an empty list.
    pub fn new() -> Self {
        Radix {
            front: Vec::new(),
            late: QuadHeap::new(),
            reach: 0,
            base: 0,
            occupied: [0; LEVELS],
            buckets: vec![Vec::new(); LEVELS * FAN],
            len: 0,
        }
    }

    /// Makes a list of the keys, in whatever order they come.
    pub(super) fn from_keys(keys: Vec<u128>) -> Self {
        let mut radix = Radix::new();
        for key in keys {
            radix.push(key);
        }
        radix
    }

    /// Gives up all keys, in no particular order.
    pub(super) fn into_keys(self) -> Vec<u128> {
        let mut keys = self.late.into_keys();
        keys.reserve(self.len - keys.len());
        keys.extend(self.front);
        keys.extend(self.buckets.into_iter().flatten());
        keys
    }

    /// Puts a key beyond the front into its bucket.
    #[inline]
    fn place(&mut self, key: u128) {
        let time = (key >> 64) as u64;
        let level = ((time ^ self.base) | 1).ilog2() / DIGIT_BITS;
        let digit = (time >> (level * DIGIT_BITS)) as usize % FAN;
        self.occupied[level as usize] |= 1 << digit;
        self.buckets[level as usize * FAN + digit].push(key);
    }

    /// Fills the empty front with the next keys, if any are in buckets.
    #[inline(never)]
    fn refill(&mut self) {
        while self.front.is_empty()
            && let Some(level) = self.occupied.iter().position(|&buckets| buckets != 0)
        {
            let digit = self.occupied[level].trailing_zeros();
            self.occupied[level] &= !(1 << digit);
            self.open(level, digit as usize);
        }
    }

    /// Moves the base to a bucket and its keys to the front or to lower levels.
    fn open(&mut self, level: usize, digit: usize) {
        let shift = level as u32 * DIGIT_BITS;
        let above = u64::MAX.checked_shl(shift + DIGIT_BITS).unwrap_or(0);
        self.base = (self.base & above) | (digit as u64) << shift;
        let bucket = level * FAN + digit;
        if level == 0 || self.buckets[bucket].len() <= LONGEST_SORTED {
            std::mem::swap(&mut self.front, &mut self.buckets[bucket]);
            sort_descending(&mut self.front);
            let end = self.base | !(u64::MAX << shift);
            self.reach = u128::from(end) << 64 | u128::from(u64::MAX);
        } else {
            let mut keys = std::mem::take(&mut self.buckets[bucket]);
            for key in keys.drain(..) {
                self.place(key);
            }
            if keys.capacity() <= KEPT {
                self.buckets[bucket] = keys;
            }
        }
    }
}

impl Default for Radix {
    fn default() -> Self {
        Radix::new()
    }
}

impl EventList for Radix {
    #[inline]
    fn push(&mut self, key: u128) {
        self.len += 1;
        if key > self.reach {
            self.place(key);
        } else {
            self.late.push(key);
        }
    }

    #[inline]
    fn pop(&mut self) -> Option<u128> {
        let key = if self.late.is_empty() {
            if self.front.is_empty() {
                trim(&mut self.front);
                self.refill();
            }
            self.front.pop()
        } else {
            match (self.late.peek(), self.front.last()) {
                (Some(late), Some(&front)) if front < late => self.front.pop(),
                _ => self.late.pop(),
            }
        };
        self.len -= usize::from(key.is_some());
        key
    }

    #[inline]
    fn peek(&mut self) -> Option<u128> {
        if self.late.is_empty() && self.front.is_empty() {
            self.refill();
        }
        match (self.late.peek(), self.front.last().copied()) {
            (Some(late), Some(front)) => Some(late.min(front)),
            (late, front) => late.or(front),
        }
    }

    #[inline]
    fn len(&self) -> usize {
        self.len
    }
}
