//! Which entry goes when memory is short: sampling, a pool of candidates, clocks and counters of use.
//!
//! Source: Redis `evict.c` (pool of 16 kept between calls, clock of 24 bits at one second, logarithmic counter).

use super::entries::{Entries, Name};
use super::settings::Eviction;
use crate::random::Stream;
use crate::units::Instant;

/// Candidates that are kept.
const POOL: usize = 16;
/// A new entry's counter of uses, so that it is not the first to go.
const LFU_FIRST: u32 = 5;
/// The clock of last use has 24 bits.
const CLOCK_MASK: u64 = 0xff_ffff;

/// What of a policy decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// Nothing goes.
    None,
    Recency,
    Frequency,
    Chance,
    Expiry,
}

impl Eviction {
    pub(super) const fn measure(self) -> Measure {
        match self {
            Eviction::Noeviction => Measure::None,
            Eviction::AllkeysLru | Eviction::VolatileLru => Measure::Recency,
            Eviction::AllkeysLfu | Eviction::VolatileLfu => Measure::Frequency,
            Eviction::AllkeysRandom | Eviction::VolatileRandom => Measure::Chance,
            Eviction::VolatileTtl => Measure::Expiry,
        }
    }

    /// Whether only entries that will expire may go.
    pub(super) const fn volatile(self) -> bool {
        match self {
            Eviction::VolatileLru
            | Eviction::VolatileLfu
            | Eviction::VolatileRandom
            | Eviction::VolatileTtl => true,
            Eviction::Noeviction | Eviction::AllkeysLru | Eviction::AllkeysLfu | Eviction::AllkeysRandom => {
                false
            }
        }
    }
}

/// How uses are counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counting {
    pub(super) log_factor: u32,
    pub(super) decay_minutes: u64,
}

impl Counting {
    /// The clock of an entry that is new.
    pub(super) fn first(measure: Measure, now: Instant) -> u32 {
        match measure {
            Measure::Frequency => (minutes(now) << 8) | LFU_FIRST,
            Measure::None | Measure::Recency | Measure::Chance | Measure::Expiry => seconds(now),
        }
    }

    /// The clock of an entry that is used now.
    pub(super) fn used(self, measure: Measure, clock: u32, now: Instant, stream: &mut Stream) -> u32 {
        match measure {
            Measure::Frequency => {
                let counter = self.decayed(clock, now);
                let base = counter.saturating_sub(LFU_FIRST);
                let p = 1.0 / (f64::from(base) * f64::from(self.log_factor) + 1.0);
                let grown = counter < 255 && stream.unit() < p;
                (minutes(now) << 8) | (counter + u32::from(grown))
            }
            Measure::None | Measure::Recency | Measure::Chance | Measure::Expiry => seconds(now),
        }
    }

    /// The counter of uses, less one for each decay time since it was last changed.
    fn decayed(self, clock: u32, now: Instant) -> u32 {
        let (then, counter) = (clock >> 8, clock & 0xff);
        let elapsed = u64::from(minutes(now).wrapping_sub(then) & 0xffff);
        let periods = elapsed.checked_div(self.decay_minutes).unwrap_or(0);
        counter.saturating_sub(u32::try_from(periods).unwrap_or(u32::MAX))
    }

    /// How much an entry should go: the larger, the sooner.
    fn idle(self, measure: Measure, clock: u32, expires: Instant, now: Instant) -> u64 {
        match measure {
            Measure::Recency => u64::from(seconds(now).wrapping_sub(clock)) & CLOCK_MASK,
            Measure::Frequency => u64::from(255 - self.decayed(clock, now)),
            Measure::Expiry => u64::MAX - expires.as_nanos() / 1_000_000,
            Measure::None | Measure::Chance => 0,
        }
    }
}

fn seconds(now: Instant) -> u32 {
    ((now.as_nanos() / 1_000_000_000) & CLOCK_MASK) as u32
}

fn minutes(now: Instant) -> u32 {
    ((now.as_nanos() / 60_000_000_000) & 0xffff) as u32
}

/// Candidates, the best last. What they were worth is not looked at again: one that is used meanwhile still goes.
#[derive(Clone, Debug, Default)]
pub(super) struct Candidates {
    pool: Vec<(u64, Name)>,
    /// Entries sampled in this round.
    sampled: Vec<u32>,
}

impl Candidates {
    /// The entry that goes next.
    pub(super) fn next(
        &mut self,
        entries: &Entries,
        policy: Eviction,
        counting: Counting,
        samples: usize,
        now: Instant,
        stream: &mut Stream,
    ) -> Option<u32> {
        let volatile = policy.volatile();
        match policy.measure() {
            Measure::None => None,
            Measure::Chance => entries.sample(volatile, stream),
            Measure::Recency | Measure::Frequency | Measure::Expiry => loop {
                if entries.all(volatile).is_empty() {
                    return None;
                }
                self.populate(entries, policy, counting, samples, now, stream);
                while let Some((_, name)) = self.pool.pop() {
                    let found = entries.find(name);
                    if let Some(index) = found
                        && (!volatile || entries.at(index).expires != Instant::NEVER)
                    {
                        return Some(index);
                    }
                }
            },
        }
    }

    /// Samples entries and keeps those that are better than the worst candidate.
    fn populate(
        &mut self,
        entries: &Entries,
        policy: Eviction,
        counting: Counting,
        samples: usize,
        now: Instant,
        stream: &mut Stream,
    ) {
        let volatile = policy.volatile();
        let all = entries.all(volatile);
        self.sampled.clear();
        if all.len() <= samples {
            self.sampled.extend(all);
        } else {
            while self.sampled.len() < samples {
                let Some(index) = entries.sample(volatile, stream) else { break };
                if !self.sampled.contains(&index) {
                    self.sampled.push(index);
                }
            }
        }
        for index in &self.sampled {
            let entry = entries.at(*index);
            let idle = counting.idle(policy.measure(), entry.clock, entry.expires, now);
            let place = self.pool.partition_point(|(other, _)| *other < idle);
            if self.pool.len() < POOL {
                self.pool.insert(place, (idle, entry.name));
            } else if place > 0 {
                self.pool.remove(0);
                self.pool.insert(place - 1, (idle, entry.name));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::tests::{at, config};
    use super::super::store::{Found, Put, Store, StoreConfig};
    use super::*;
    use crate::random::{KeyPicker, PopularitySpec};
    use crate::units::{Bytes, Span};

    #[test]
    fn the_counter_of_uses_grows_like_a_logarithm_and_decays() {
        let counting = Counting { log_factor: 10, decay_minutes: 1 };
        let mut stream = Stream::named(5, 0, "lfu", "test");
        // Redis's own table for factor 10: about 10 after 100 hits, 18 after 1,000, 142 after 100,000.
        let mut clock = Counting::first(Measure::Frequency, Instant::START);
        let mut at = |hits: u32, clock: &mut u32| {
            for _ in 0..hits {
                *clock = counting.used(Measure::Frequency, *clock, Instant::START, &mut stream);
            }
            *clock & 0xff
        };
        assert!((7..=13).contains(&at(100, &mut clock)));
        assert!((14..=23).contains(&at(900, &mut clock)));
        assert!((120..=165).contains(&at(99_000, &mut clock)));
        let counter = clock & 0xff;
        let later = Instant::START + Span::from_secs(10 * 60);
        assert_eq!(counting.decayed(clock, later), counter - 10);
        assert_eq!(Counting { decay_minutes: 0, ..counting }.decayed(clock, later), counter);
    }

    #[test]
    fn the_clock_of_last_use_wraps() {
        let counting = Counting { log_factor: 10, decay_minutes: 1 };
        let before = Instant::from_nanos(((1 << 24) - 1) * 1_000_000_000);
        let after = Instant::from_nanos(((1 << 24) + 1) * 1_000_000_000);
        let clock = Counting::first(Measure::Recency, before);
        assert_eq!(counting.idle(Measure::Recency, clock, Instant::NEVER, after), 2);
    }

    /// Hit ratio of a store of so many entries of one byte under Zipf keys, asked once a second, each put when it
    /// misses.
    fn hit_ratio(eviction: Eviction, samples: u32, entries: u64, keys: u64, exponent: f64) -> f64 {
        // A use a second is so rare that counters would decay to nothing, as they do in Redis.
        let config = StoreConfig { samples, lfu_decay: Span::ZERO, ..config(eviction, Some(entries)) };
        let mut store = Store::new(config, 1, 0);
        let picker = KeyPicker::new(keys, &PopularitySpec::Zipf(exponent)).expect("a valid popularity");
        let mut stream = Stream::named(11, 0, "store", "keys");
        let (requests, mut hits) = (400_000, 0);
        for request in 0..2 * requests {
            let (now, name) = (at(request), (0, picker.pick(&mut stream)));
            let hit = store.look_up(now, name) != Found::Nothing;
            if !hit {
                let put = Put { size: Bytes::new(1), ttl: None, stale: Span::ZERO };
                assert!(store.put(now, name, put).is_ok());
            }
            hits += u64::from(request >= requests && hit);
        }
        hits as f64 / requests as f64
    }

    /// LRU-CHE-1 of tests/theory/oracles.csv: 1,000 of 10,000 keys, Zipf 0.8. Chance equals first in, first out
    /// (Gelenbe 1973). Ratios of 400,000 requests are within 0.003.
    #[test]
    fn hit_ratios_are_near_theory() {
        let (lru, fifo, best) = (0.436_659_722_231, 0.394_179_100_638, 0.570_617_585_513);
        let ratio = |eviction, samples| hit_ratio(eviction, samples, 1_000, 10_000, 0.8);
        let chance = ratio(Eviction::AllkeysRandom, 5);
        assert!((chance - fifo).abs() < 0.003, "{chance}");
        // Five samples and the pool come within 0.015 of true recency, and ten within 0.008.
        let five = ratio(Eviction::AllkeysLru, 5);
        assert!((lru - 0.015..lru).contains(&five), "{five}");
        let ten = ratio(Eviction::AllkeysLru, 10);
        assert!((lru - 0.008..lru + 0.003).contains(&ten), "{ten}");
        // Frequencies that are known exactly would give the best that can be.
        let frequency = ratio(Eviction::AllkeysLfu, 5);
        assert!((lru..best).contains(&frequency), "{frequency}");
    }

    #[test]
    fn more_samples_come_closer_to_true_recency() {
        let ratios = [1, 3, 5, 10].map(|samples| hit_ratio(Eviction::AllkeysLru, samples, 100, 1_000, 0.99));
        assert!(ratios.is_sorted(), "{ratios:?}");
    }
}
