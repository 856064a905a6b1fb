//! Hit ratios of caches of fixed size under independent references.

use super::guard::{self, Sized, to_ratio};
use super::root;
use crate::units::Ratio;

/// How often each key is asked for, most popular first.
#[derive(Clone, Debug, PartialEq)]
pub struct Popularity {
    shares: Vec<f64>,
}

/// The most keys that are handled.
const MOST_KEYS: u32 = 20_000_000;
/// The most keys for which every set of cached keys is visited.
const MOST_KEYS_EXACT: u64 = 22;

impl Popularity {
    /// Zipf's law: the share of the k-th of `keys` keys is proportional to 1/k^exponent.
    ///
    /// # Errors
    /// If there are no keys (at most 20 million) or the exponent is negative.
    pub fn zipf(keys: u32, exponent: f64) -> Sized<Self> {
        guard::count("the number of keys", keys, MOST_KEYS)?;
        let alpha = guard::at_least("the exponent", exponent, 0.0, "finite and not negative")?;
        let weights: Vec<f64> = (1..=keys).map(|k| f64::from(k).powf(-alpha)).collect();
        let total: f64 = weights.iter().rev().sum();
        Ok(Popularity { shares: weights.into_iter().map(|w| w / total).collect() })
    }

    /// Any weights; they are scaled to add up to one and sorted.
    ///
    /// # Errors
    /// If there is no weight, or one is not finite and above 0.
    pub fn from_weights(weights: &[f64]) -> Sized<Self> {
        guard::positive("the number of keys", weights.len() as f64)?;
        for weight in weights {
            guard::positive("the weight of a key", *weight)?;
        }
        let total: f64 = weights.iter().sum();
        let mut shares: Vec<f64> = weights.iter().map(|w| w / total).collect();
        shares.sort_by(|a, b| b.total_cmp(a));
        Ok(Popularity { shares })
    }

    /// The share of each key, most popular first \[1].
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// The best that any cache of this size that never changes can do: it holds the most popular keys.
    pub fn best_static_hit_ratio(&self, capacity: u32) -> Ratio {
        to_ratio(self.shares.iter().take(capacity as usize).sum())
    }

    /// Hit ratio of a least-recently-used cache, by Che's approximation, and its characteristic time
    /// \[requests].
    ///
    /// T solves Σ(1 − e^{−pT}) = C; a key is there with probability 1 − e^{−pT}. The error is usually below 0.001
    /// for hundreds of keys or more, and still only a few thousandths for a dozen.
    /// Source: Che, Tung & Wang, *IEEE JSAC* 20 (2002); Fricker, Robert & Roberts (2012).
    ///
    /// # Errors
    /// If the capacity is 0 or not below the number of keys.
    pub fn lru(&self, capacity: u32) -> Sized<(Ratio, f64)> {
        self.characteristic_time(capacity, |x| -(-x).exp_m1())
    }

    /// Hit ratio of a first-in-first-out or random-replacement cache, by the same approximation, and its
    /// characteristic time \[requests]: a key is there with probability pT/(1 + pT).
    ///
    /// Source: Martina, Garetto & Leonardi, *INFOCOM* (2014).
    ///
    /// # Errors
    /// As `lru`.
    pub fn fifo(&self, capacity: u32) -> Sized<(Ratio, f64)> {
        self.characteristic_time(capacity, |x| x / (1.0 + x))
    }

    /// Exact hit ratio of a least-recently-used cache: sums over every set of cached keys.
    ///
    /// P(S) = Σ_{i∈S} P(S∖i)·p(i)/(1 − p(S∖i)), the probability that S are the last |S| distinct keys asked for.
    /// Source: King, *IFIP Congress* (1971).
    ///
    /// # Errors
    /// As `lru`; `TooLarge` above 22 keys.
    pub fn lru_exact(&self, capacity: u32) -> Sized<Ratio> {
        self.check(capacity)?;
        guard::limit("the number of keys", self.shares.len() as u64, MOST_KEYS_EXACT)?;
        let sets = 1_usize << self.shares.len();
        let mut mass = vec![0.0; sets];
        let mut probability = vec![0.0; sets];
        probability[0] = 1.0;
        let mut hits = 0.0;
        for set in 1..sets {
            let lowest = set.trailing_zeros() as usize;
            mass[set] = mass[set & (set - 1)] + self.shares[lowest];
            if set.count_ones() > capacity {
                continue;
            }
            let members = (0..self.shares.len()).filter(|key| set >> key & 1 == 1);
            probability[set] = members
                .map(|key| {
                    let without = set & !(1 << key);
                    probability[without] * self.shares[key] / (1.0 - mass[without])
                })
                .sum();
            if set.count_ones() == capacity {
                hits += probability[set] * mass[set];
            }
        }
        Ok(to_ratio(hits))
    }

    /// Exact hit ratio of a first-in-first-out or random-replacement cache.
    ///
    /// A set of C keys is there with probability proportional to the product of its shares, so that the miss
    /// ratio is (C+1)·e(C+1)/e(C), with e(k) the elementary symmetric polynomials of the shares.
    /// Source: Gelenbe, *IEEE Transactions on Computers* 22 (1973).
    ///
    /// # Errors
    /// As `lru`; `TooLarge` above 100 million (keys × capacity).
    pub fn fifo_exact(&self, capacity: u32) -> Sized<Ratio> {
        self.check(capacity)?;
        let c = capacity as usize;
        guard::limit("keys × capacity", self.shares.len() as u64 * u64::from(capacity), 100_000_000)?;
        // In p·n, and scaled down as they grow, the polynomials stay within range.
        let n = self.shares.len() as f64;
        let mut e = vec![0.0; c + 2];
        e[0] = 1.0;
        for share in &self.shares {
            for k in (1..=c + 1).rev() {
                e[k] += e[k - 1] * share * n;
            }
            if e.iter().copied().fold(0.0, f64::max) > 1e200 {
                e.iter_mut().for_each(|term| *term *= 1e-200);
            }
        }
        let misses = (f64::from(capacity) + 1.0) * e[c + 1] / e[c] / n;
        if e[c] < 1e-280 || e[c + 1] < 1e-280 || !misses.is_finite() {
            return Err(super::SizingError::NoConvergence { what: "the symmetric polynomials" });
        }
        Ok(to_ratio(1.0 - misses))
    }

    fn characteristic_time(&self, capacity: u32, present: impl Fn(f64) -> f64) -> Sized<(Ratio, f64)> {
        self.check(capacity)?;
        let filled = |t: f64| -> f64 { self.shares.iter().map(|p| present(p * t)).sum() };
        let target = f64::from(capacity);
        // A key is never there with more than pT, so that T is at least the capacity.
        let mut high = target * 2.0;
        while filled(high) < target && high < 1e300 {
            high *= 2.0;
        }
        let time = secant(|t| filled(t) - target, 0.0, high);
        Ok((to_ratio(self.shares.iter().map(|p| p * present(p * time)).sum()), time))
    }

    fn check(&self, capacity: u32) -> Sized<()> {
        guard::count("the capacity", capacity, u32::MAX)?;
        if capacity as usize >= self.shares.len() {
            return Err(super::SizingError::OutOfRange {
                what: "the capacity",
                value: capacity.into(),
                required: "below the number of keys",
            });
        }
        Ok(())
    }
}

/// A root of a rising concave function by regula falsi with halving (Illinois); few calls, since each one
/// walks over all keys.
fn secant(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let (mut f_low, mut f_high) = (f(low), f(high));
    for _ in 0..60 {
        let next = high - f_high * (high - low) / (f_high - f_low);
        if !(next > low && next < high) {
            break;
        }
        let value = f(next);
        if value.abs() <= 1e-13 * f_low.abs().max(1.0) {
            return next;
        }
        if value < 0.0 {
            if (next - low).abs() < 1e-15 * next {
                return next;
            }
            (low, f_low) = (next, value);
            f_high *= 0.5;
        } else {
            (high, f_high) = (next, value);
            f_low *= 0.5;
        }
    }
    root::bisect(f, low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_keys_hit_in_proportion() {
        let keys = Popularity::zipf(10, 0.0).unwrap();
        for ratio in
            [keys.lru_exact(4), keys.fifo_exact(4), keys.lru(4).map(|r| r.0), keys.fifo(4).map(|r| r.0)]
        {
            assert!((ratio.unwrap().as_fraction() - 0.4).abs() < 1e-12);
        }
    }

    #[test]
    fn large_exact_fifo_is_close_to_its_approximation() {
        let keys = Popularity::zipf(2_000, 0.9).unwrap();
        let exact = keys.fifo_exact(400).unwrap().as_fraction();
        let (approximate, _) = keys.fifo(400).unwrap();
        assert!((exact - approximate.as_fraction()).abs() < 1e-3);
    }

    #[test]
    fn a_cache_of_everything_is_an_error() {
        let keys = Popularity::zipf(10, 1.0).unwrap();
        assert!(keys.lru(10).is_err());
        assert!(keys.lru(0).is_err());
        assert!(Popularity::zipf(100, 1.0).unwrap().lru_exact(5).is_err());
    }
}
