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
/// follows where the paths of a heap or a tournament of a million events would miss it.
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
    /// The start of the bucket opened last [ns].
    base: u64,
    /// For each level, which of its buckets hold keys.
    occupied: [u64; LEVELS],
    /// `FAN` buckets for each level, the finest level first.
    buckets: Vec<Vec<u128>>,
    /// Emptied buckets, whose room is used again while it is still in the cache.
    spare: Vec<Vec<u128>>,
    /// The end of the last bucket that was shown to whoever wants to know what comes soon [ns].
    shown_to: u64,
    len: usize,
}

const DIGIT_BITS: u32 = 6;
const FAN: usize = 1 << DIGIT_BITS;
const LEVELS: usize = u64::BITS.div_ceil(DIGIT_BITS) as usize;

/// A bucket of at most this many keys is sorted rather than spread [keys].
const LONGEST_SORTED: usize = 24;

/// A bucket of at most this many keys comes so soon that what they are about may be read ahead [keys].
const SOON: usize = 1024;

/// An emptied bucket with more room than this is given back [keys].
const ROOMIEST_SPARE: usize = 64;

/// The most emptied buckets that wait to be used again.
const MOST_SPARE: usize = 64;

impl Radix {
    /// Makes an empty list.
    pub fn new() -> Self {
        let mut radix = Radix::without_buckets();
        radix.make_buckets();
        radix
    }

    /// Makes an empty list that must make its buckets before the first push.
    pub(super) const fn without_buckets() -> Self {
        Radix {
            front: Vec::new(),
            late: QuadHeap::new(),
            reach: 0,
            base: 0,
            occupied: [0; LEVELS],
            buckets: Vec::new(),
            spare: Vec::new(),
            shown_to: 0,
            len: 0,
        }
    }

    /// Makes the buckets, if they are not there yet.
    pub(super) fn make_buckets(&mut self) {
        self.buckets.resize(LEVELS * FAN, Vec::new());
    }

    /// Puts a key beyond the front into its bucket.
    #[inline]
    fn place(&mut self, key: u128) {
        let time = (key >> 64) as u64;
        let level = ((time ^ self.base) | 1).ilog2() / DIGIT_BITS;
        let digit = (time >> (level * DIGIT_BITS)) as usize % FAN;
        self.occupied[level as usize] |= 1 << digit;
        let bucket = &mut self.buckets[level as usize * FAN + digit];
        if bucket.capacity() == 0 {
            *bucket = self.spare.pop().unwrap_or_default();
        }
        bucket.push(key);
    }

    /// Fills the empty front with the next keys, if any are in buckets; `soon` is shown what comes soon, once.
    #[inline(never)]
    fn refill(&mut self, soon: impl Fn(&[u128])) {
        while self.front.is_empty()
            && let Some(level) = self.occupied.iter().position(|&buckets| buckets != 0)
        {
            let digit = self.occupied[level].trailing_zeros();
            self.occupied[level] &= !(1 << digit);
            self.open(level, digit as usize, &soon);
        }
    }

    /// [`EventList::peek`], with `soon` shown what comes soon.
    #[inline]
    pub(super) fn peek_and_show(&mut self, soon: impl Fn(&[u128])) -> Option<u128> {
        if self.late.is_empty() && self.front.is_empty() {
            self.refill(soon);
        }
        match (self.late.peek(), self.front.last().copied()) {
            (Some(late), Some(front)) => Some(late.min(front)),
            (late, front) => late.or(front),
        }
    }

    /// Forgets the keys that are not to be kept, wherever they are.
    pub(super) fn retain(&mut self, is_kept: impl Fn(u128) -> bool) {
        let mut late = std::mem::take(&mut self.late);
        while let Some(key) = late.pop() {
            if is_kept(key) {
                self.late.push(key);
            }
        }
        self.front.retain(|key| is_kept(*key));
        self.len = self.front.len() + self.late.len();
        for (index, bucket) in self.buckets.iter_mut().enumerate() {
            bucket.retain(|key| is_kept(*key));
            trim(bucket);
            self.len += bucket.len();
            if bucket.is_empty() {
                self.occupied[index / FAN] &= !(1 << (index % FAN));
            }
        }
    }

    /// Moves the base to a bucket and its keys to the front or to lower levels.
    fn open(&mut self, level: usize, digit: usize, soon: impl Fn(&[u128])) {
        let shift = level as u32 * DIGIT_BITS;
        let above = u64::MAX.checked_shl(shift + DIGIT_BITS).unwrap_or(0);
        self.base = (self.base & above) | (digit as u64) << shift;
        let mut keys = std::mem::take(&mut self.buckets[level * FAN + digit]);
        if keys.len() <= SOON && self.base >= self.shown_to {
            soon(&keys);
            self.shown_to = self.base | !(u64::MAX << shift);
        }
        if level == 0 || keys.len() <= LONGEST_SORTED {
            sort_descending(&mut keys);
            std::mem::swap(&mut self.front, &mut keys);
            let end = self.base | !(u64::MAX << shift);
            self.reach = u128::from(end) << 64 | u128::from(u64::MAX);
        } else {
            for key in keys.drain(..) {
                self.place(key);
            }
        }
        if keys.capacity() <= ROOMIEST_SPARE && self.spare.len() < MOST_SPARE {
            self.spare.push(keys);
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
                self.refill(|_| ());
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
        self.peek_and_show(|_| ())
    }

    #[inline]
    fn len(&self) -> usize {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_follows_what_is_pending() {
        let mut radix = Radix::new();
        (0..200_000_u128).for_each(|i| radix.push((i * 0x9E37_79B9_7F4A % 1_000_003) << 74));
        while radix.pop().is_some() {}
        let room: usize = radix.buckets.iter().chain(&radix.spare).map(Vec::capacity).sum();
        assert!(room <= MOST_SPARE * ROOMIEST_SPARE, "room for {room} keys, none pending");
    }

    #[test]
    fn a_key_within_the_stretch_of_the_front_is_late() {
        let mut radix = Radix::new();
        radix.push(5 << 64 | 7);
        assert_eq!(radix.pop(), Some(5 << 64 | 7));
        radix.push(5 << 64 | 3);
        assert_eq!((radix.late.len(), radix.len()), (1, 1));
        assert_eq!(radix.pop(), Some(5 << 64 | 3));
    }

    #[test]
    fn every_key_is_shown_once_and_soon_enough() {
        let shown = std::cell::RefCell::new(std::collections::BTreeSet::new());
        let mut radix = Radix::new();
        (1..=100_000_u128).for_each(|i| radix.push((i * 0x9E37_79B9_7F4A % 1_000_003) << 84 | i));
        let soon = |keys: &[u128]| {
            for key in keys {
                assert!(shown.borrow_mut().insert(*key), "twice");
            }
        };
        while radix.peek_and_show(soon).is_some() {
            let key = radix.pop().expect("a key that was seen");
            assert!(shown.borrow().contains(&key));
            assert!(shown.borrow().range(key..).count() <= SOON, "too soon");
        }
        assert_eq!(shown.borrow().len(), 100_000);
    }
}
