//! Named random streams.

use std::convert::Infallible;

use rand::{Rng, SeedableRng, TryRng};
use rand_xoshiro::Xoshiro256PlusPlus;

use super::hash::{STEP, mix, name_hash, spread};
use super::uniform;

/// A stream of random numbers that belongs to one consumer and is found by name.
///
/// Source: xoshiro256++, Blackman and Vigna (2021); period 2^256 − 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream(Xoshiro256PlusPlus);

impl Stream {
    /// Finds the stream of `purpose` at the component `path`, in one replication of a run.
    ///
    /// Equal names give equal streams, and names that differ anywhere give streams that look independent.
    /// The state is four splitmix64 outputs from a frozen 64-bit hash of the four arguments.
    pub fn named(seed: u64, replication: u64, path: &str, purpose: &str) -> Stream {
        Stream::at(mix(mix(mix(seed, replication), name_hash(path)), name_hash(purpose)))
    }

    /// Splits off another stream for a part of this consumer's work, using up one draw.
    pub fn fork(&mut self, purpose: &str) -> Stream {
        Stream::at(mix(self.next_u64(), name_hash(purpose)))
    }

    fn at(hash: u64) -> Stream {
        let mut seed = [0; 32];
        for (index, word) in (1u64..).zip(seed.chunks_exact_mut(8)) {
            word.copy_from_slice(&spread(hash.wrapping_add(STEP.wrapping_mul(index))).to_le_bytes());
        }
        Stream(Xoshiro256PlusPlus::from_seed(seed))
    }

    /// Draws a number in [0, 1), a multiple of 2^-53.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        uniform::unit(self)
    }

    /// Draws a whole number in 0..n without bias; 0 if `n` is 0.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        uniform::below(self, n)
    }

    /// Draws an index with the given probabilities, which sum to 1; 0 if there are none.
    #[inline]
    pub fn choose(&mut self, weights: &[f64]) -> usize {
        uniform::choose(self, weights.iter().copied())
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    #[inline]
    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(dst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_streams_first_numbers_are_frozen() {
        let mut stream = Stream::named(42, 0, "orders-db", "service");
        assert_eq!(
            [stream.next_u64(), stream.next_u64(), stream.next_u64()],
            [10_615_857_531_602_149_380, 2_494_199_972_632_891_152, 2_117_161_093_953_648_089]
        );
        assert_eq!(stream.fork("sizes").next_u64(), 1_938_779_065_458_901_491);
    }

    #[test]
    fn each_part_of_the_name_counts() {
        let first =
            |seed, replication, path, purpose| Stream::named(seed, replication, path, purpose).next_u64();
        let names = [
            first(1, 0, "a/b", "c"),
            first(2, 0, "a/b", "c"),
            first(1, 1, "a/b", "c"),
            first(0, 1, "a/b", "c"),
            first(1, 0, "a", "b/c"),
            first(1, 0, "c", "a/b"),
            first(1, 0, "a/b", "d"),
        ];
        let different: std::collections::BTreeSet<u64> = names.into_iter().collect();
        assert_eq!(different.len(), names.len());
    }

    #[test]
    fn streams_of_neighbouring_names_are_uncorrelated() {
        let pairs = (0..50_000u64).map(|replication| {
            let mut one = Stream::named(7, replication, "web", "cpu");
            let mut other = Stream::named(7, replication + 1, "web", "cpu");
            (one.unit(), other.unit())
        });
        super::super::check::uncorrelated(pairs);
    }
}
