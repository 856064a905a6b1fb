//! Requests that wait for several answers, and requests sent twice.

use super::guard::{self, Sized, to_ratio, to_span};
use super::phase::PhaseType;
use super::root;
use crate::units::{Rate, Ratio, Span};

/// Probability that at least one of `leaves` is slow: 1 − (1 − p)ⁿ.
///
/// Source: Dean & Barroso, *The Tail at Scale*, CACM 56 (2013).
///
/// # Errors
/// If `slow` is above 1.
pub fn any_slow(slow: Ratio, leaves: u32) -> Sized<Ratio> {
    let p = guard::share("the share slow", slow)?;
    Ok(to_ratio(-(f64::from(leaves) * (-p).ln_1p()).exp_m1()))
}

/// Mean of the slowest of `leaves` independent exponentials: mean·(1 + 1/2 + … + 1/n).
///
/// # Errors
/// If the mean or `leaves` is zero (at most a million).
pub fn slowest_exponential_mean(mean: Span, leaves: u32) -> Sized<Span> {
    let mean = guard::span("the mean", mean)?;
    guard::count("the number of leaves", leaves, 1_000_000)?;
    Ok(to_span(mean * root::harmonic(leaves)))
}

/// The time that the slowest of `leaves` independent exponentials does not exceed with probability `p`:
/// −mean·ln(1 − p^(1/n)).
///
/// # Errors
/// If an input is zero or `p` is not below 1.
pub fn slowest_exponential_quantile(mean: Span, leaves: u32, p: Ratio) -> Sized<Span> {
    let mean = guard::span("the mean", mean)?;
    let n = guard::count("the number of leaves", leaves, u32::MAX)?;
    let p = guard::share_below_one("the probability", p)?;
    Ok(to_span(-mean * (-(p.ln() / n).exp_m1()).ln()))
}

/// Mean response of a request that splits over parallel queues and waits for all parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ForkJoin {
    /// Exact for two branches, Nelson and Tantawi's approximation (within 5 %) for more.
    pub mean_response: Span,
    /// Upper bound: as if the branches were independent, R₁·H(K).
    pub upper: Span,
    /// Lower bound: as if the parts never queued together, E max of services.
    pub lower: Span,
}

/// K parallel M/M/1 queues fed by the same arrivals.
///
/// R₂ = (12 − ρ)/8·R₁; R(K) ≈ [H(K)/H(2) + 4/11·(1 − H(K)/H(2))·ρ]·R₂, R₁ = 1/(μ − λ).
/// Source: Flatto & Hahn (1984); Nelson & Tantawi, *IEEE TC* 37 (1988), fitted for 2 ≤ K ≤ 32.
///
/// # Errors
/// `Unstable` if λ ≥ μ; if a rate or `branches` is zero (at most a million).
pub fn fork_join(arrivals: Rate, service: Rate, branches: u32) -> Sized<ForkJoin> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let mu = guard::rate("the service rate", service)?;
    guard::count("the number of branches", branches, 1_000_000)?;
    let rho = guard::stable(lambda / mu)?;
    let one = 1.0 / (mu - lambda);
    let h = root::harmonic(branches);
    let growth = h / 1.5;
    let two = (12.0 - rho) / 8.0 * one;
    let mean = match branches {
        1 => one,
        _ => (growth + 4.0 / 11.0 * (1.0 - growth) * rho) * two,
    };
    Ok(ForkJoin { mean_response: to_span(mean), upper: to_span(one * h), lower: to_span(h / mu) })
}

/// A request repeated at another replica if the first has not answered after a delay; nothing is cancelled, and
/// nothing queues.
#[derive(Clone, Debug)]
pub struct Hedge {
    law: PhaseType,
    delay: f64,
}

impl Hedge {
    /// Takes the law of one answer and the delay of the second request.
    pub fn new(law: PhaseType, delay: Span) -> Self {
        Hedge { law, delay: delay.as_secs_f64() }
    }

    /// Second requests per request: P(answer > delay).
    pub fn extra_load(&self) -> Ratio {
        to_ratio(self.law.series().tail(self.delay))
    }

    /// The time within which a share `p` of the requests is answered: P(> t) = F̄(t)·F̄(t − d).
    ///
    /// # Errors
    /// If `p` is not below 1.
    pub fn quantile(&self, p: Ratio) -> Sized<Span> {
        let p = guard::share_below_one("the probability", p)?;
        let series = self.law.series();
        let second = |t: f64| if t > self.delay { series.tail(t - self.delay) } else { 1.0 };
        let tail = |t: f64| series.tail(t) * second(t);
        Ok(to_span(root::quantile(tail, p, self.law.raw_moments()[0])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_the_mean() {
        for branches in [1, 2, 8, 32] {
            let means = fork_join(Rate::per_second(0.7), Rate::per_second(1.0), branches).unwrap();
            assert!(means.lower <= means.mean_response && means.mean_response <= means.upper);
        }
    }

    #[test]
    fn an_immediate_hedge_of_exponentials_halves_the_time() {
        let law = PhaseType::exponential(Span::from_millis(10)).unwrap();
        let p = Ratio::from_fraction(0.9);
        let plain = law.quantile(p).unwrap().as_secs_f64();
        let hedged = Hedge::new(law, Span::ZERO).quantile(p).unwrap().as_secs_f64();
        assert!((hedged - plain / 2.0).abs() < 2e-9);
    }
}
