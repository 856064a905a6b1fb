//! A tournament of pending events: the soonest is at the root, and only one path is played again for each change.

use std::hint::select_unpredictable;

use super::EventList;

/// A winner tree over places for events: a power of two, at least as many as are needed.
///
/// A node knows the soonest event below it. A push plays the matches on the way from its place to the root, and so does a
/// pop: as many as the number of places has binary digits, without a branch that depends on the order of keys, and each
/// match only waits for the one before it. A place that has become free is filled by the next push before its matches
/// are played, so that a pop and a push together play one path.
///
/// Source: Knuth, The Art of Computer Programming 3, 5.4.1 (a tree of winners).
#[derive(Clone, Debug, Default)]
pub struct Tournament {
    /// The time of the soonest event below each node [ns]: the root is 1; below node `i` are `2·i` and `2·i + 1`;
    /// place `p` is the node `places + p`.
    times: Vec<u64>,
    /// The place that the event of each node is in.
    owners: Vec<u32>,
    /// The low half of the key in each place.
    lows: Vec<u64>,
    free: Vec<u32>,
    /// The place whose event was popped last, if its matches have not been played since.
    hole: Option<u32>,
    len: usize,
}

/// Places at least, once there are any.
const FEWEST: usize = 8;

/// From more than so many on, places that are no longer needed are given back.
const KEPT: usize = 64;

/// What a place without an event has as its time: no two the same, so that they need not be told apart otherwise.
#[inline]
fn never(place: u32) -> u64 {
    u64::MAX - u64::from(place)
}

impl Tournament {
    /// Makes an empty list.
    pub fn new() -> Self {
        Tournament::default()
    }

    /// Places for events, in use or not: a power of two, or none yet.
    #[inline]
    fn places(&self) -> usize {
        self.lows.len()
    }

    /// Removes the smallest key if it is below `limit`.
    #[inline]
    pub(super) fn pop_before(&mut self, limit: u128) -> Option<u128> {
        let key = self.peek()?;
        if key >= limit {
            return None;
        }
        self.hole = Some(self.owners[1]);
        self.len -= 1;
        Some(key)
    }

    /// The key of the event that is the soonest below a node.
    #[inline]
    fn key_of(&self, node: usize) -> u128 {
        (u128::from(self.times[node]) << 64) | u128::from(self.lows[self.owners[node] as usize])
    }

    /// Plays the matches of the place that was emptied last.
    #[cold]
    #[inline(never)]
    fn close(&mut self, place: u32) {
        self.hole = None;
        self.free.push(place);
        self.play(place, never(place));
        if self.places() > KEPT && self.len < self.places() / 8 {
            self.resize(self.places() / 4);
        }
    }

    /// Plays the matches of a place whose event has become another, up to the root.
    #[inline(always)]
    fn play(&mut self, place: u32, time: u64) {
        let last = 2 * self.lows.len() - 1;
        let (times, owners, lows) = (&mut self.times[..=last], &mut self.owners[..=last], &self.lows);
        let (mut time, mut owner) = (time, place);
        let mut at = lows.len() + place as usize;
        times[at] = time;
        while at > 1 {
            let other = at ^ 1;
            let (other_time, other_owner) = (times[other], owners[other]);
            let loses = other_time < time;
            let is_tied = other_time == time;
            let winner = select_unpredictable(loses, other_owner, owner);
            time = select_unpredictable(loses, other_time, time);
            owner = if is_tied { the_sooner(lows, owner, other_owner) } else { winner };
            at >>= 1;
            times[at] = time;
            owners[at] = owner;
        }
    }

    /// Gives every event another place, among so many.
    #[cold]
    #[inline(never)]
    fn resize(&mut self, places: usize) {
        let used = (0..self.places() as u32).map(|place| (self.times[self.places() + place as usize], place));
        let used = used.filter(|(time, place)| *time != never(*place));
        let keys: Vec<(u64, u64)> = used.map(|(time, place)| (time, self.lows[place as usize])).collect();
        debug_assert!(keys.len() == self.len && keys.len() < places && places.is_power_of_two());
        self.times = vec![0; 2 * places];
        self.owners = vec![0; 2 * places];
        self.lows = vec![0; places];
        for place in 0..places {
            (self.times[places + place], self.lows[place]) =
                keys.get(place).copied().unwrap_or((never(place as u32), 0));
            self.owners[places + place] = place as u32;
        }
        for at in (1..places).rev() {
            let winner = if self.key_of(2 * at) < self.key_of(2 * at + 1) { 2 * at } else { 2 * at + 1 };
            (self.times[at], self.owners[at]) = (self.times[winner], self.owners[winner]);
        }
        self.free = (keys.len() as u32..places as u32).rev().collect();
    }
}

/// Which of two places has the event that comes first, at the same time.
#[cold]
#[inline(never)]
fn the_sooner(lows: &[u64], one: u32, other: u32) -> u32 {
    if lows[one as usize] < lows[other as usize] { one } else { other }
}

impl EventList for Tournament {
    #[inline(never)]
    fn push(&mut self, key: u128) {
        debug_assert!(key >> 127 == 0, "the time of an event is below 2^63");
        let place = match self.hole.take() {
            Some(place) => place,
            None => {
                if self.free.is_empty() {
                    self.resize((2 * self.places()).max(FEWEST));
                }
                self.free.pop().unwrap_or(0)
            }
        };
        self.lows[place as usize] = key as u64;
        self.len += 1;
        self.play(place, (key >> 64) as u64);
    }

    #[inline]
    fn pop(&mut self) -> Option<u128> {
        self.pop_before(u128::MAX)
    }

    #[inline]
    fn peek(&mut self) -> Option<u128> {
        if let Some(place) = self.hole {
            self.close(place);
        }
        (self.len > 0).then(|| self.key_of(1))
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
        let mut list = Tournament::new();
        (0..100_000_u128).for_each(|i| list.push((i * 0x9E37_79B9_7F4A % 1_000_003) << 64));
        assert_eq!(list.times.len(), 2 << 17);
        (0..99_000).for_each(|_| _ = list.pop());
        assert!(list.places() <= 8 * 1_024, "room for {} events, 1000 pending", list.places());
        while list.pop().is_some() {}
        assert!(list.places() <= KEPT && list.free.capacity() <= 2 * KEPT, "{}", list.places());
    }

    #[test]
    fn a_place_that_was_emptied_is_filled_again_before_others() {
        let mut list = Tournament::new();
        (0..16_u128).for_each(|i| list.push(i << 64));
        for i in 16..1_000_u128 {
            assert_eq!(list.pop(), Some((i - 16) << 64));
            list.push(i << 64);
        }
        assert_eq!((list.places(), list.len()), (16, 16));
    }
}
