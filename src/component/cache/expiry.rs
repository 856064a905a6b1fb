//! The cycle that looks for expired entries.
//!
//! Source: Redis `expire.c` (20 keys and 5 more per effort at a time; again while more than 10 % were expired, less
//! one per effort; at most 25 % of the time, and 2 more per effort, asked every 16 rounds).

use super::store::Store;
use crate::units::{Instant, Span};

impl Store {
    /// Time from the end of one cycle to the next.
    pub(crate) fn cycle_period(&self) -> Span {
        Span::from_nanos(1_000_000_000 / u64::from(self.config.hz.max(1)))
    }

    /// Looks for expired entries and removes them; gives the time that it takes in the loop.
    pub(crate) fn expire_cycle(&mut self, now: Instant) -> Span {
        let effort = u64::from(self.config.effort.clamp(1, 10)) - 1;
        let (at_once, acceptable, share) = (20 + 5 * effort, 10 - effort, 25 + 2 * effort);
        let limit = self.cycle_period().as_nanos() / 100 * share;
        let mut looked_at = 0u64;
        for round in 1.. {
            let count = at_once.min(self.entries.volatile_len() as u64);
            let expired = self.look_at(now, count as usize);
            looked_at += count;
            let took = looked_at.saturating_mul(self.config.expire_key.as_nanos());
            let timed_out = round % 16 == 0 && took > limit;
            if count == 0 || timed_out || expired * 100 / count <= acceptable {
                break;
            }
        }
        Span::from_nanos(looked_at.saturating_mul(self.config.expire_key.as_nanos()))
    }

    /// Looks at so many entries that will expire, or at all; gives how many had expired. Redis goes round its table
    /// of hashes, which is in no order that matters; so these are drawn.
    fn look_at(&mut self, now: Instant, count: usize) -> u64 {
        let all = self.entries.volatile_len() <= count;
        let mut expired = 0;
        for place in (0..count).rev() {
            let index = if all {
                self.entries.volatile_at(place)
            } else {
                self.entries.sample(true, &mut self.stream)
            };
            let Some(index) = index else { continue };
            if now > self.entries.at(index).expires {
                self.remove(now, index);
                expired += 1;
            }
        }
        self.expired += expired;
        expired
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::tests::{at, roomy};
    use super::super::store::{Put, Store};
    use super::*;
    use crate::units::Bytes;

    fn filled(entries: u64, ttl: Span) -> Store {
        let mut store = roomy();
        for key in 0..entries {
            let put = Put { size: Bytes::new(1), ttl: Some(ttl), stale: Span::ZERO };
            assert!(store.put(Instant::START, (0, key), put).is_ok());
        }
        store
    }

    #[test]
    fn expired_entries_go_until_a_tenth_is_left() {
        let mut store = filled(1_000, Span::from_secs(5));
        assert_eq!(store.expire_cycle(at(5)), Span::from_nanos(20_000));
        assert_eq!(store.keys(), 1_000);
        assert_eq!(store.expire_cycle(at(6)), Span::from_millis(1));
        assert_eq!((store.keys(), store.expired, store.used()), (0, 1_000, 0));
        assert_eq!(store.expire_cycle(at(7)), Span::ZERO);
    }

    #[test]
    fn a_cycle_takes_at_most_a_quarter_of_the_time() {
        let mut store = filled(100_000, Span::from_secs(5));
        let took = store.expire_cycle(at(6));
        assert!(took > Span::from_millis(25) && took <= Span::from_nanos(25_320_000), "{took}");
        assert!(store.keys() > 70_000);
    }
}
