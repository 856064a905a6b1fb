//! Arrivals in batches (M^X/M/1) and service in batches.

use super::guard::{self, Sized, to_ratio};
use super::performance::Performance;
use super::root;
use crate::units::{Rate, Ratio, Span};

/// How many requests come at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BatchSize {
    /// Always this many.
    Fixed(u32),
    /// Geometric on 1, 2, … with this mean (≥ 1).
    Geometric(f64),
}

/// Poisson batches, exponential service, one server (M^X/M/1).
///
/// L = ρ(1 + E X²/E X)/(2(1−ρ)), ρ = λ·E X/μ. The wait is that of a request, the others of its batch included.
/// Source: Gross & Harris, section 3.1.
///
/// # Errors
/// `Unstable` if ρ ≥ 1; if a rate is zero or a batch is below 1.
pub fn batch_arrivals(batches: Rate, size: BatchSize, service: Rate) -> Sized<Performance> {
    let batches = guard::rate("the batch rate", batches)?;
    let mu = guard::rate("the service rate", service)?;
    let (mean, square) = match size {
        BatchSize::Fixed(n) => {
            let n = guard::count("the batch size", n, u32::MAX)?;
            (n, n * n)
        }
        BatchSize::Geometric(mean) => {
            let mean = guard::at_least("the mean batch size", mean, 1.0, "finite and at least 1")?;
            (mean, mean * (2.0 * mean - 1.0))
        }
    };
    let arrivals = batches * mean;
    let busy = guard::stable(arrivals / mu)?;
    let inside = busy * (1.0 + square / mean) / (2.0 * (1.0 - busy));
    Ok(Performance::from_wait(arrivals, inside / arrivals - 1.0 / mu, 1.0 / mu, 1.0))
}

/// Means of a server that takes batches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchService {
    /// Mean number inside \[requests].
    pub mean_in_system: f64,
    /// Mean time inside.
    pub mean_response: Span,
    /// Probability that nothing is inside.
    pub empty: Ratio,
}

/// A server that works on up to `largest` requests at once; a batch takes an exponential time whatever its
/// size, and requests that come meanwhile join while there is room (partial batches).
///
/// p(n) = (1−r)rⁿ, r the root in (0, 1) of μr^(B+1) − (λ+μ)r + λ = 0.
/// Source: Gross & Harris, section 3.2.2.
///
/// # Errors
/// `Unstable` if λ ≥ B·μ; if an input is zero.
pub fn batch_service(arrivals: Rate, batches: Rate, largest: u32) -> Sized<BatchService> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let mu = guard::rate("the batch rate", batches)?;
    let most = guard::count("the largest batch", largest, 1_000_000)?;
    guard::stable(lambda / (most * mu))?;
    // Divided by (1 − r): λ = μ(r + r² + … + r^B).
    let sum = |r: f64| r * (1.0 - r.powf(most)) / (1.0 - r);
    let r = root::bisect(|r| mu * sum(r) - lambda, 0.0, 1.0 - 1e-13);
    let inside = r / (1.0 - r);
    Ok(BatchService {
        mean_in_system: inside,
        mean_response: guard::to_span(inside / lambda),
        empty: to_ratio(1.0 - r),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_of_one_are_m_m_1() {
        let (arrivals, service) = (Rate::per_second(80.0), Rate::per_second(100.0));
        let means = batch_arrivals(arrivals, BatchSize::Fixed(1), service).unwrap();
        assert!((means.mean_in_system - 4.0).abs() < 1e-12);
        let served = batch_service(arrivals, service, 1).unwrap();
        assert!((served.mean_in_system - 4.0).abs() < 1e-9);
    }
}
