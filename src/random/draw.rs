//! Numbers that belong to a request, not to an order of asking.

use std::convert::Infallible;

use rand::TryRng;

use super::hash::{APART, KEY_STEP, STEP, spread};
use super::uniform;

/// The random numbers of one request at one site: a counter-based generator made on the spot.
///
/// Equal keys and sites give equal numbers in every design, so that two designs see the same customers.
/// Good for the few dozen numbers that a request's demand needs, not for long streams.
///
/// Keys and sites may be counters or hashes. Requests of several runs need keys that tell the runs apart: mix
/// the run's seed into the key with [`mix`](super::mix).
///
/// Source: splitmix64, Steele, Lea and Flood (2014), started at `key·a + site·b`, where no counting in keys,
/// sites or draws reaches another start soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw(u64);

impl Draw {
    /// Makes the generator of the request `key` at the place `site` that asks.
    #[inline]
    pub const fn new(key: u64, site: u64) -> Draw {
        Draw(key.wrapping_mul(KEY_STEP).wrapping_add(site.wrapping_mul(APART)))
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

impl TryRng for Draw {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|word| (word >> 32) as u32)
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(STEP);
        Ok(spread(self.0))
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        for chunk in dst.chunks_mut(8) {
            let word = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use rand::Rng;

    #[test]
    fn a_draws_first_numbers_are_frozen() {
        let mut draw = Draw::new(42, 7);
        assert_eq!(
            [draw.next_u64(), draw.next_u64(), draw.next_u64()],
            [5_314_565_822_655_190_923, 15_443_980_342_783_067_727, 14_002_547_145_254_532_976]
        );
    }

    /// Checks that the numbers fall evenly into cells, each alone and each with the one after it.
    fn uniform(numbers: &[f64]) {
        let n = numbers.len() as f64;
        let mut alone = [0.0; 256];
        let mut paired = [0.0; 256];
        for number in numbers {
            alone[(number * 256.0) as usize] += 1.0;
        }
        for pair in numbers.chunks_exact(2) {
            paired[(pair[0] * 16.0) as usize * 16 + (pair[1] * 16.0) as usize] += 1.0;
        }
        check::chi_square(&alone, &[n / 256.0; 256]);
        check::chi_square(&paired, &[n / 512.0; 256]);
        check::uncorrelated(numbers.windows(2).map(|pair| (pair[0], pair[1])));
    }

    const MANY: u64 = 200_000;

    #[test]
    fn consecutive_keys_are_uniform_and_uncorrelated() {
        for site in [0, 1, 2, u64::MAX] {
            let numbers: Vec<f64> = (0..MANY).map(|key| Draw::new(key, site).unit()).collect();
            uniform(&numbers);
        }
    }

    #[test]
    fn consecutive_sites_are_uniform_and_uncorrelated() {
        for key in [0, 1, 2, u64::MAX] {
            let numbers: Vec<f64> = (0..MANY).map(|site| Draw::new(key, site).unit()).collect();
            uniform(&numbers);
        }
    }

    #[test]
    fn consecutive_numbers_of_one_draw_are_uniform_and_uncorrelated() {
        let mut draw = Draw::new(3, 4);
        let numbers: Vec<f64> = (0..MANY).map(|_| draw.unit()).collect();
        uniform(&numbers);
    }

    #[test]
    fn the_low_bits_are_as_good_as_the_high_ones() {
        let low = |key| (Draw::new(key, 5).next_u64() & 0xFFFF_FFFF) as f64 / 4_294_967_296.0;
        let numbers: Vec<f64> = (0..MANY).map(low).collect();
        uniform(&numbers);
    }

    #[test]
    fn a_requests_second_number_is_not_another_sites_first() {
        let mut seen = std::collections::BTreeSet::new();
        for site in 0..1_000 {
            let mut draw = Draw::new(9, site);
            for _ in 0..20 {
                assert!(seen.insert(draw.next_u64()));
            }
        }
    }

    #[test]
    fn bytes_are_the_words_in_order() {
        let mut bytes = [0; 11];
        Draw::new(1, 2).fill_bytes(&mut bytes);
        let mut draw = Draw::new(1, 2);
        let words = [draw.next_u64().to_le_bytes(), draw.next_u64().to_le_bytes()].concat();
        assert_eq!(bytes, words[..11]);
    }
}
