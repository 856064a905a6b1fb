//! Exact Zipf sampling: ranks 1 to n with probability proportional to rank^-exponent.

use std::sync::Arc;

use rand::Rng;

use super::uniform::unit;

/// Up to so many ranks are looked up in a table, which is fast and small enough for the processor's cache.
const TABLE_MAX: u64 = 1 << 16;

/// A Zipf law over the ranks 0..n, 0 being the most likely.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Zipf {
    Table(Arc<Table>),
    Rejection(Rejection),
}

impl Zipf {
    /// Makes the law; `count` is 1 or more and `exponent` is finite and not negative.
    pub(super) fn new(count: u64, exponent: f64) -> Zipf {
        if count <= TABLE_MAX {
            Zipf::Table(Arc::new(Table::new(count, exponent)))
        } else {
            Zipf::Rejection(Rejection::new(count, exponent))
        }
    }

    #[inline]
    pub(super) fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> u64 {
        match self {
            Zipf::Table(table) => table.sample(rng),
            Zipf::Rejection(rejection) => rejection.sample(rng),
        }
    }
}

/// The sum of rank^-exponent over the ranks 1 to `count`.
///
/// Source: a direct sum, then the Euler–Maclaurin formula, whose error here is below the rounding of the sum.
pub(super) fn total(count: u64, exponent: f64) -> f64 {
    let direct = count.min(1_000);
    let sum: f64 = (1..=direct).rev().map(|rank| (rank as f64).powf(-exponent)).sum();
    if direct == count {
        return sum;
    }
    let (low, high) = (direct as f64, count as f64);
    let term = |x: f64, power: f64| x.powf(-exponent - power);
    sum + integral(high, exponent) - integral(low, exponent) + (term(high, 0.0) - term(low, 0.0)) / 2.0
        - exponent / 12.0 * (term(high, 1.0) - term(low, 1.0))
        + exponent * (exponent + 1.0) * (exponent + 2.0) / 720.0 * (term(high, 3.0) - term(low, 3.0))
}

/// The integral of x^-exponent from 1 to `x`, smooth in the exponent also where it is 1.
#[inline]
fn integral(x: f64, exponent: f64) -> f64 {
    let log = x.ln();
    let power = (1.0 - exponent) * log;
    if power.abs() < 1e-12 { log } else { log * (power.exp_m1() / power) }
}

/// The `x` at which [`integral`] is `area`.
#[inline]
fn integral_inverse(area: f64, exponent: f64) -> f64 {
    let tilt = 1.0 - exponent;
    let power = (tilt * area).max(-1.0);
    if tilt.abs() > 0.01 {
        // Faster than what follows, and as exact so far from an exponent of 1.
        ((1.0 + power).ln() / tilt).exp()
    } else if power.abs() < 1e-12 {
        area.exp()
    } else {
        (area * (power.ln_1p() / power)).exp()
    }
}

/// Inversion by a table with a guide: where to start looking for a number of which only the size is known.
///
/// Source: Chen and Asau (1974), the guide-table method; about two looks a draw, whatever the law.
#[derive(Debug, PartialEq)]
pub(super) struct Table {
    /// The probability of this rank or a more popular one.
    up_to: Box<[f64]>,
    guide: Box<[u32]>,
}

impl Table {
    fn new(count: u64, exponent: f64) -> Table {
        let total = total(count, exponent);
        let mut sum = 0.0;
        let mut up_to: Box<[f64]> = (1..=count)
            .map(|rank| {
                sum += (rank as f64).powf(-exponent);
                sum / total
            })
            .collect();
        if let Some(last) = up_to.last_mut() {
            *last = 1.0;
        }
        let mut rank = 0;
        let guide = (0..count)
            .map(|cell| {
                while up_to[rank] * (count as f64) <= cell as f64 {
                    rank += 1;
                }
                rank as u32
            })
            .collect();
        Table { up_to, guide }
    }

    #[inline]
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> u64 {
        let number = unit(rng);
        let mut rank = self.guide[(number * self.guide.len() as f64) as usize] as usize;
        while self.up_to[rank] <= number {
            rank += 1;
        }
        rank as u64
    }
}

/// Rejection from the integral of the law's continuous envelope: no memory, any exponent.
///
/// Source: Hörmann and Derflinger, "Rejection-inversion to generate variates from monotone discrete
/// distributions" (1996).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rejection {
    count: f64,
    exponent: f64,
    /// The area left of rank 1's cell, and of the whole.
    first: f64,
    whole: f64,
    /// So close below a rank, every point is accepted.
    sure: f64,
}

impl Rejection {
    fn new(count: u64, exponent: f64) -> Rejection {
        let second = integral(2.5, exponent) - 2f64.powf(-exponent);
        Rejection {
            count: count as f64,
            exponent,
            first: integral(1.5, exponent) - 1.0,
            whole: integral(count as f64 + 0.5, exponent),
            sure: 2.0 - integral_inverse(second, exponent),
        }
    }

    #[inline]
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> u64 {
        loop {
            let area = self.whole + unit(rng) * (self.first - self.whole);
            let x = integral_inverse(area, self.exponent);
            let rank = x.round().clamp(1.0, self.count);
            if rank - x <= self.sure
                || area >= integral(rank + 0.5, self.exponent) - rank.powf(-self.exponent)
            {
                return rank as u64 - 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Stream, check};
    use super::*;

    const EXPONENTS: [f64; 7] = [0.0, 0.3, 0.9, 1.0, 1.000_000_1, 1.2, 3.0];

    /// Checks draws against exact weights, ranks pooled so that each cell expects 20 or more.
    fn agrees(sampler: &Zipf, count: u64, exponent: f64) {
        let draws = 200_000;
        let mut ranks: Vec<u64> = {
            let mut stream = Stream::named(8, 0, "zipf", &format!("{count} {exponent}"));
            (0..draws).map(|_| sampler.sample(&mut stream)).collect()
        };
        ranks.sort_unstable();
        assert!(ranks.iter().all(|rank| *rank < count));
        let scale = draws as f64 / total(count, exponent);
        let (mut observed, mut expected) = (Vec::new(), Vec::new());
        let (mut rank, mut seen) = (0, 0);
        while rank < count {
            // Cells grow with the rank, so that there are about 300 of them.
            let until = (rank + 1 + rank / 40).min(count);
            let weight = total(until, exponent) - if rank == 0 { 0.0 } else { total(rank, exponent) };
            let upto = ranks.partition_point(|drawn| *drawn < until);
            observed.push((upto - seen) as f64);
            expected.push(weight * scale);
            (rank, seen) = (until, upto);
        }
        let (mut cells, mut wanted) = (vec![0.0], vec![0.0]);
        for (o, e) in observed.iter().zip(&expected) {
            if wanted.last() >= Some(&20.0) {
                cells.push(0.0);
                wanted.push(0.0);
            }
            if let (Some(cell), Some(want)) = (cells.last_mut(), wanted.last_mut()) {
                *cell += o;
                *want += e;
            }
        }
        if wanted.last() < Some(&20.0) && wanted.len() > 1 {
            let (o, e) = (cells.pop().unwrap_or(0.0), wanted.pop().unwrap_or(0.0));
            if let (Some(cell), Some(want)) = (cells.last_mut(), wanted.last_mut()) {
                *cell += o;
                *want += e;
            }
        }
        assert!(check::chi_square_agrees(&cells, &wanted), "{count} ranks, exponent {exponent}");
        wanted.rotate_left(1);
        assert!(!check::chi_square_agrees(&cells, &wanted) || exponent == 0.0, "the test sees no difference");
    }

    #[test]
    fn both_ways_draw_the_exact_law() {
        for exponent in EXPONENTS {
            for count in [2, 10, 1_000] {
                agrees(&Zipf::Table(Arc::new(Table::new(count, exponent))), count, exponent);
                agrees(&Zipf::Rejection(Rejection::new(count, exponent)), count, exponent);
            }
            agrees(&Zipf::new(TABLE_MAX, exponent), TABLE_MAX, exponent);
            agrees(&Zipf::new(20_000_000, exponent), 20_000_000, exponent);
        }
    }

    #[test]
    fn the_total_is_the_sum() {
        for exponent in EXPONENTS {
            for count in [1, 999, 1_001, 300_000] {
                let sum: f64 = (1..=count).rev().map(|rank| (rank as f64).powf(-exponent)).sum();
                let total = total(count, exponent);
                assert!(
                    (total / sum - 1.0).abs() < 1e-12,
                    "{count} ranks, exponent {exponent}: {total}, {sum}"
                );
            }
        }
    }

    #[test]
    fn a_steep_law_draws_the_first_rank_only() {
        for count in [3, 10_000_000] {
            let zipf = Zipf::new(count, 100.0);
            let mut stream = Stream::named(8, 0, "zipf", "steep");
            assert!((0..1_000).all(|_| zipf.sample(&mut stream) == 0));
        }
    }
}
