//! Quantiles and tails of the laws that intervals are made of.

use std::cell::RefCell;

use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::function::beta::checked_beta_reg;
use statrs::function::erf::erf_inv;
use statrs::function::gamma::checked_gamma_ur;

thread_local! {
    /// Quantiles that were found: nearly every interval of a run's results is made of the same one.
    static FOUND: RefCell<Vec<(u64, u32, Option<f64>)>> = const { RefCell::new(Vec::new()) };
}

/// So many quantiles are remembered.
const MOST_FOUND: usize = 64;

/// The p-quantile of Student's t; none without degrees of freedom or with p outside (0, 1).
pub(super) fn student_t_quantile(p: f64, freedom: u32) -> Option<f64> {
    FOUND.with_borrow_mut(|found| {
        let known = found.iter().find(|(q, of, _)| (*q, *of) == (p.to_bits(), freedom));
        if let Some((.., quantile)) = known {
            return *quantile;
        }
        let quantile = search_quantile(p, freedom);
        if found.len() == MOST_FOUND {
            found.clear();
        }
        found.push((p.to_bits(), freedom, quantile));
        quantile
    })
}

fn search_quantile(p: f64, freedom: u32) -> Option<f64> {
    if freedom == 0 || !(p > 0.0 && p < 1.0) {
        return None;
    }
    let law = StudentsT::new(0.0, 1.0, f64::from(freedom)).ok()?;
    if p < 0.5 {
        return search_quantile(1.0 - p, freedom).map(|t| -t);
    }
    let mut high = 2.0;
    while law.cdf(high) < p && high < 1e200 {
        high *= 2.0;
    }
    Some(bisect(|x| law.cdf(x) < p, 0.0, high))
}

/// The p-quantile of the standard normal law, p in (0, 1).
pub(super) fn normal_quantile(p: f64) -> f64 {
    std::f64::consts::SQRT_2 * erf_inv(2.0 * p - 1.0)
}

/// P(Binomial(n, p) ≤ k).
pub(super) fn binomial_at_most(k: u32, n: u32, p: f64) -> f64 {
    if k >= n {
        return 1.0;
    }
    checked_beta_reg(f64::from(n - k), f64::from(k) + 1.0, 1.0 - p).unwrap_or(f64::NAN)
}

/// P(Poisson(mean) ≤ k).
pub(super) fn poisson_at_most(k: u64, mean: f64) -> f64 {
    if mean <= 0.0 {
        return 1.0;
    }
    checked_gamma_ur(k as f64 + 1.0, mean).unwrap_or(f64::NAN)
}

/// The point between `low` and `high` where `below` turns false.
pub(super) fn bisect(below: impl Fn(f64) -> bool, mut low: f64, mut high: f64) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if below(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn student_quantiles_are_those_of_the_tables() {
        for (p, freedom, t) in [
            (0.975, 1, 12.706_205),
            (0.975, 4, 2.776_445),
            (0.975, 9, 2.262_157),
            (0.95, 9, 1.833_113),
            (0.995, 29, 2.756_386),
            (0.975, 1_000, 1.962_339),
        ] {
            assert!((student_t_quantile(p, freedom).unwrap() - t).abs() < 1e-6, "t({p}, {freedom})");
        }
        assert_eq!(student_t_quantile(0.975, 0), None);
        assert_eq!(student_t_quantile(1.0, 5), None);
    }

    #[test]
    fn binomial_sums_are_exact() {
        assert!((binomial_at_most(1, 3, 0.5) - 0.5).abs() < 1e-14);
        assert!((binomial_at_most(0, 10, 0.1) - 0.9_f64.powi(10)).abs() < 1e-14);
    }

    #[test]
    fn poisson_sums_are_exact() {
        let e = std::f64::consts::E;
        assert!((poisson_at_most(0, 1.0) - 1.0 / e).abs() < 1e-14);
        assert!((poisson_at_most(2, 2.0) - 5.0 / (e * e)).abs() < 1e-14);
        assert_eq!(poisson_at_most(3, 0.0), 1.0);
    }

    #[test]
    fn the_normal_quantile_is_that_of_the_tables() {
        assert!((normal_quantile(0.975) - 1.959_963_985).abs() < 1e-8);
    }
}
