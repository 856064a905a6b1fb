//! Roots, quantiles and a few special functions.

use statrs::function::factorial::ln_factorial;

/// The root of `f` between `low` and `high`, where its signs differ, by bisection down to the last bits.
pub(super) fn bisect(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let rising = f(high) > 0.0;
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if (f(middle) > 0.0) == rising {
            high = middle;
        } else {
            low = middle;
        }
    }
    0.5 * (low + high)
}

/// The smallest `x ≥ 0` at which a falling `tail(x)` = P(X > x) has come down to `1 − p`; `scale` starts
/// the search.
pub(super) fn quantile(tail: impl Fn(f64) -> f64, p: f64, scale: f64) -> f64 {
    let left = 1.0 - p;
    if tail(0.0) <= left {
        return 0.0;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let mut high = scale;
    for _ in 0..200 {
        if tail(high) <= left {
            break;
        }
        high *= 2.0;
    }
    bisect(|x| left - tail(x), 0.0, high)
}

/// The lowest point of a convex `f` between `low` and `high`, by golden section.
pub(super) fn lowest(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    for _ in 0..200 {
        let left = high - golden * (high - low);
        let right = low + golden * (high - low);
        if f(left) < f(right) {
            high = right;
        } else {
            low = left;
        }
    }
    0.5 * (low + high)
}

/// Poisson probability of `n` at mean `a`.
pub(super) fn poisson(n: u64, a: f64) -> f64 {
    if a == 0.0 {
        return if n == 0 { 1.0 } else { 0.0 };
    }
    (n as f64 * a.ln() - a - ln_factorial(n)).exp()
}

/// Poisson weights 0..=n at mean `a`, with n so large that what is left out is below 1e-17.
pub(super) fn poisson_weights(a: f64) -> Vec<f64> {
    let last = (a + 9.0 * a.sqrt() + 40.0).ceil() as u64;
    (0..=last).map(|n| poisson(n, a)).collect()
}

/// P(Erlang(stages, rate) > x) = P(Poisson(rate·x) < stages).
pub(super) fn erlang_tail(stages: u64, rate: f64, x: f64) -> f64 {
    if stages == 0 {
        return 0.0;
    }
    let mean = rate * x;
    if mean <= 0.0 {
        return 1.0;
    }
    statrs::function::gamma::checked_gamma_ur(stages as f64, mean).unwrap_or(0.0)
}

/// The n-th harmonic number 1 + 1/2 + … + 1/n.
pub(super) fn harmonic(n: u32) -> f64 {
    (1..=n).rev().map(|k| 1.0 / f64::from(k)).sum()
}

/// ∫ f over [low, high] by composite Gauss–Legendre (five points a panel).
pub(super) fn integral(f: impl Fn(f64) -> f64, low: f64, high: f64, panels: u32) -> f64 {
    const POINTS: [(f64, f64); 5] = [
        (0.0, 0.568_888_888_888_888_9),
        (0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
        (-0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
        (0.906_179_845_938_664, 0.236_926_885_056_189_1),
        (-0.906_179_845_938_664, 0.236_926_885_056_189_1),
    ];
    let half = 0.5 * (high - low) / f64::from(panels);
    (0..panels)
        .map(|panel| {
            let centre = low + half * f64::from(2 * panel + 1);
            POINTS.iter().map(|(x, w)| w * f(centre + half * x)).sum::<f64>() * half
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bisection_finds_the_square_root_of_two() {
        assert!((bisect(|x| x * x - 2.0, 0.0, 2.0) - 2.0_f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn an_erlang_of_one_stage_is_exponential() {
        assert!((erlang_tail(1, 2.0, 1.5) - (-3.0_f64).exp()).abs() < 1e-14);
        assert!((poisson_weights(300.0).iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn gauss_legendre_is_exact_for_polynomials() {
        assert!((integral(|x| x.powi(8), 0.0, 2.0, 1) - 512.0 / 9.0).abs() < 1e-12);
    }
}
