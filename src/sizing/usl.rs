//! The universal scalability law: how throughput grows, and shrinks, with concurrency.

use super::guard::{self, Sized};

/// X(N) = γN/(1 + α(N−1) + βN(N−1)).
///
/// α \[1], 0 to 1, is the share that runs one at a time (contention); β \[1], 0 to 1, the cost of each pair's
/// agreement (coherency); γ the throughput of one, in the unit of the data.
/// Source: Gunther, *Guerrilla Capacity Planning* (2007), chapter 4.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScalabilityLaw {
    /// Contention α \[1].
    pub contention: f64,
    /// Coherency β \[1].
    pub coherency: f64,
    /// Throughput of one, γ [the unit of the data].
    pub single: f64,
}

/// A law fitted to measurements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScalabilityFit {
    /// The law.
    pub law: ScalabilityLaw,
    /// Residual standard error, with n − 3 degrees of freedom [the unit of the data]; none with 3 points.
    pub residual_error: Option<f64>,
}

impl ScalabilityLaw {
    /// Throughput at concurrency `n` [the unit of the data].
    pub fn throughput(&self, n: f64) -> f64 {
        self.single * n / (1.0 + self.contention * (n - 1.0) + self.coherency * n * (n - 1.0))
    }

    /// The concurrency of the highest throughput, √((1−α)/β); none if throughput never falls.
    pub fn peak(&self) -> Option<f64> {
        (self.coherency > 0.0).then(|| ((1.0 - self.contention) / self.coherency).sqrt())
    }

    /// What contention alone would allow however many there are, γ/α; none without contention.
    pub fn limit(&self) -> Option<f64> {
        (self.contention > 0.0).then(|| self.single / self.contention)
    }

    /// The concurrency at which linear growth would reach the limit, 1/α; none without contention.
    pub fn knee(&self) -> Option<f64> {
        (self.contention > 0.0).then(|| 1.0 / self.contention)
    }

    /// Fits (concurrency, throughput) pairs by least squares with α and β kept within 0..=1.
    ///
    /// For given α and β the best γ is linear; over the two of them Gauss-Newton with damping (Levenberg 1944)
    /// inside the square, and on each of its edges; the best of these is taken.
    ///
    /// # Errors
    /// If there are fewer than three pairs, or one is not positive.
    pub fn fit(measurements: &[(f64, f64)]) -> Sized<ScalabilityFit> {
        guard::at_least("the number of measurements", measurements.len() as f64, 3.0, "at least 3")?;
        for (n, x) in measurements {
            guard::positive("a concurrency", *n)?;
            guard::positive("a throughput", *x)?;
        }
        // From the richest law to the plainest: a plainer one that fits as well, up to rounding, is preferred.
        let mut best = descend(measurements, [0.01, 0.0001], [true, true]);
        let rounding = 1e-18 * measurements.iter().map(|(_, x)| x * x).sum::<f64>();
        for (start, free) in [
            ([0.1, 0.01], [true, true]),
            ([0.0, 0.0001], [false, true]),
            ([0.01, 0.0], [true, false]),
            ([0.5, 0.0], [true, false]),
            ([0.0, 0.0], [false, false]),
        ] {
            let other = descend(measurements, start, free);
            if other.1 <= best.1 * (1.0 + 1e-12) + rounding {
                best = other;
            }
        }
        let ([contention, coherency], squares) = best;
        let law = ScalabilityLaw { contention, coherency, single: single(measurements, best.0) };
        let freedom = measurements.len() - 3;
        let residual_error = (freedom > 0).then(|| (squares / freedom as f64).sqrt());
        Ok(ScalabilityFit { law, residual_error })
    }
}

fn shape(n: f64, [a, b]: [f64; 2]) -> f64 {
    n / (1.0 + a * (n - 1.0) + b * n * (n - 1.0))
}

/// The best γ for a shape: Σ xs/Σ s².
fn single(data: &[(f64, f64)], ab: [f64; 2]) -> f64 {
    let (top, bottom) = data.iter().fold((0.0, 0.0), |(top, bottom), (n, x)| {
        let s = shape(*n, ab);
        (top + x * s, bottom + s * s)
    });
    top / bottom
}

fn residuals(data: &[(f64, f64)], ab: [f64; 2]) -> Vec<f64> {
    let gamma = single(data, ab);
    data.iter().map(|(n, x)| x - gamma * shape(*n, ab)).collect()
}

fn squares(r: &[f64]) -> f64 {
    r.iter().map(|r| r * r).sum()
}

fn descend(data: &[(f64, f64)], mut ab: [f64; 2], free: [bool; 2]) -> ([f64; 2], f64) {
    let mut damping = 1e-3;
    let mut here = residuals(data, ab);
    for _ in 0..500 {
        let slopes: Vec<Vec<f64>> = (0..2)
            .map(|k| {
                let mut moved = ab;
                let h = 1e-7 * ab[k].max(1e-3);
                moved[k] += h;
                residuals(data, moved).iter().zip(&here).map(|(a, b)| (a - b) / h).collect()
            })
            .collect();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let diagonal = [dot(&slopes[0], &slopes[0]), dot(&slopes[1], &slopes[1])];
        let cross = if free[0] && free[1] { dot(&slopes[0], &slopes[1]) } else { 0.0 };
        let gradient = [dot(&slopes[0], &here), dot(&slopes[1], &here)];
        let [p, q] = [diagonal[0] * (1.0 + damping), diagonal[1] * (1.0 + damping)];
        let determinant = p * q - cross * cross;
        let step = [
            (q * gradient[0] - cross * gradient[1]) / determinant,
            (p * gradient[1] - cross * gradient[0]) / determinant,
        ];
        let mut next = ab;
        for k in 0..2 {
            if free[k] && step[k].is_finite() {
                next[k] = (ab[k] - step[k]).clamp(0.0, 1.0);
            }
        }
        let there = residuals(data, next);
        if squares(&there) < squares(&here) {
            (ab, here) = (next, there);
            damping = (damping * 0.3).max(1e-12);
        } else {
            damping *= 4.0;
            if damping > 1e12 {
                break;
            }
        }
    }
    (ab, squares(&here))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fit_recovers_the_law_that_made_the_data() {
        let law = ScalabilityLaw { contention: 0.05, coherency: 0.002, single: 120.0 };
        let data: Vec<(f64, f64)> = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0].map(|n| (n, law.throughput(n))).to_vec();
        let found = ScalabilityLaw::fit(&data).unwrap().law;
        assert!((found.contention - 0.05).abs() < 1e-6);
        assert!((found.coherency - 0.002).abs() < 1e-7);
        assert!((found.single - 120.0).abs() < 1e-4);
    }

    #[test]
    fn linear_growth_has_no_peak_and_no_limit() {
        let found = ScalabilityLaw::fit(&[(1.0, 10.0), (2.0, 20.0), (4.0, 40.0)]).unwrap().law;
        assert_eq!(found.peak(), None);
        assert_eq!(found.limit(), None);
        assert!(ScalabilityLaw::fit(&[(1.0, 10.0), (2.0, 20.0)]).is_err());
    }
}
