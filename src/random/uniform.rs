//! Uniform numbers from any generator.

use rand::Rng;

/// Draws a number in [0, 1), a multiple of 2^-53.
#[inline]
pub(super) fn unit<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    (rng.next_u64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

/// Draws a whole number in 0..n without bias; 0 if `n` is 0.
///
/// Source: Lemire, "Fast random integer generation in an interval" (2019).
#[inline]
pub(super) fn below<R: Rng + ?Sized>(rng: &mut R, n: u64) -> u64 {
    let mut product = u128::from(rng.next_u64()) * u128::from(n);
    if (product as u64) < n {
        let unfair = n.wrapping_neg() % n;
        while (product as u64) < unfair {
            product = u128::from(rng.next_u64()) * u128::from(n);
        }
    }
    (product >> 64) as u64
}

/// Draws an index with the given probabilities, the last possible one taking what rounding leaves.
#[inline]
pub(super) fn choose<R: Rng + ?Sized>(rng: &mut R, weights: impl Iterator<Item = f64>) -> usize {
    let mut left = unit(rng);
    let mut last = 0;
    for (index, weight) in weights.enumerate() {
        if left < weight {
            return index;
        }
        if weight > 0.0 {
            last = index;
        }
        left -= weight;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::super::{Draw, check};
    use super::*;

    #[test]
    fn below_is_uniform_even_where_a_remainder_would_not_be() {
        // 3·2^62 does not divide 2^64: a plain scaling would favour a third of the numbers.
        let n = 3u64 << 62;
        let mut rng = Draw::new(11, 0);
        let mut counts = [0.0; 12];
        for _ in 0..120_000 {
            counts[(below(&mut rng, n) / (n / 12)) as usize] += 1.0;
        }
        check::chi_square(&counts, &[10_000.0; 12]);
    }

    #[test]
    fn below_keeps_its_bounds() {
        let mut rng = Draw::new(1, 0);
        assert_eq!(below(&mut rng, 0), 0);
        assert_eq!(below(&mut rng, 1), 0);
        let drawn: Vec<u64> = (0..100).map(|_| below(&mut rng, 3)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&0), Some(&2)));
    }

    #[test]
    fn choose_follows_its_weights() {
        let weights = [0.1, 0.0, 0.6, 0.3];
        let mut rng = Draw::new(5, 0);
        let mut counts = [0.0; 4];
        for _ in 0..100_000 {
            counts[choose(&mut rng, weights.iter().copied())] += 1.0;
        }
        assert_eq!(counts[1], 0.0);
        assert_eq!(choose(&mut rng, [0.0, 1e-300, 0.0].into_iter()), 1);
        check::chi_square(&[counts[0], counts[2], counts[3]], &[1e4, 6e4, 3e4]);
    }
}
