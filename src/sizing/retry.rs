//! What retries do: amplification, backoff, budgets, and the states a retrying system can be stuck in.

use super::finite::Mmck;
use super::guard::{self, Sized, to_rate, to_ratio, to_span};
use super::root;
use crate::units::{Rate, Ratio, Span};

/// Calls that reach the bottom of `layers` services when each makes up to `attempts` and the bottom always
/// fails: attempts^layers \[calls].
///
/// Source: Beyer et al., *Site Reliability Engineering* (2016), chapter 22.
pub fn amplification(layers: u32, attempts: u32) -> f64 {
    f64::from(attempts).powf(f64::from(layers))
}

/// Mean attempts of one request when each fails independently: (1 − f^m)/(1 − f) \[attempts].
///
/// # Errors
/// If `failing` is above 1 or `attempts` is 0.
pub fn mean_attempts(failing: Ratio, attempts: u32) -> Sized<f64> {
    let f = guard::share("the share failing", failing)?;
    guard::count("the number of attempts", attempts, 1_000_000)?;
    Ok(geometric(f, attempts))
}

/// Mean and standard deviation of the whole sleep of exponential backoff with full jitter, when every attempt
/// fails: the n-th sleep is uniform on [0, min(cap, base·2ⁿ)], n = 0..retries−1.
///
/// Source: Brooker, *Exponential Backoff and Jitter* (AWS Architecture Blog, 2015).
///
/// # Errors
/// If `base` or `cap` is zero, or there are more than 10,000 retries.
pub fn full_jitter_sleep(base: Span, cap: Span, retries: u32) -> Sized<(Span, Span)> {
    let base = guard::span("the base", base)?;
    let cap = guard::span("the cap", cap)?;
    guard::limit("the number of retries", retries.into(), 10_000)?;
    let widths = (0..retries).map(|n| (base * 2.0_f64.powf(f64::from(n))).min(cap));
    let (mean, variance) =
        widths.fold((0.0, 0.0), |(mean, variance), w| (mean + 0.5 * w, variance + w * w / 12.0));
    Ok((to_span(mean), to_span(variance.sqrt())))
}

/// Mean of the n-th sleep (n ≥ 1) with decorrelated jitter while no cap is reached: a sleep is uniform between
/// the base and three times the last, E(n) = (base + 3E(n−1))/2, E(0) = base.
///
/// Source: as `full_jitter_sleep`.
///
/// # Errors
/// If `base` is zero.
pub fn decorrelated_jitter_sleep(base: Span, n: u32) -> Sized<Span> {
    let base = guard::span("the base", base)?;
    // Solved: E(n) = base·(2·1.5ⁿ − 1).
    Ok(to_span(base * (2.0 * 1.5_f64.powf(f64::from(n)) - 1.0)))
}

/// Calls per request, and share of requests that succeed, when each first try earns `fill` of a retry token and
/// each retry spends one (an adaptive retry budget): retries = min(f/(1−f), fill), a fluid limit.
///
/// Source: Brooker, *Fixing retries with token buckets and circuit breakers* (2022).
///
/// # Errors
/// If a share is above 1.
pub fn retry_budget(failing: Ratio, fill: Ratio) -> Sized<(f64, Ratio)> {
    let f = guard::share("the share failing", failing)?;
    let fill = guard::share("the fill", fill)?;
    let wanted = if f < 1.0 { f / (1.0 - f) } else { f64::INFINITY };
    let calls = 1.0 + wanted.min(fill);
    Ok((calls, to_ratio((calls * (1.0 - f)).min(1.0))))
}

/// A load that reproduces itself through retries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryLoad {
    /// Attempts of all kinds.
    pub attempts: Rate,
    /// Probability that an attempt fails.
    pub failing: Ratio,
    /// Attempts per request \[1].
    pub amplification: f64,
    /// Share of the requests whose last attempt fails too.
    pub failed: Ratio,
}

/// Loads that M/M/c/K can settle at when a refused request is tried up to `attempts` times: the roots of
/// x = λ·Σ_{k<m} p(x)^k, p the share refused at load x; lowest first.
///
/// Holds when backoff is long against service, so that attempts are again Poisson (Cohen 1957).
///
/// # Errors
/// As `Mmck::new`; if `attempts` is 0 (at most 1,000).
pub fn refused_retries(
    arrivals: Rate,
    service: Rate,
    servers: u32,
    places: u32,
    attempts: u32,
) -> Sized<Vec<RetryLoad>> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let most = guard::count("the number of attempts", attempts, 1_000)?;
    Mmck::new(arrivals, service, servers, places)?;
    guard::limit("the number of places", places.into(), 20_000)?;
    guard::rate("the largest possible load", to_rate(lambda * most))?;
    let refused =
        |x: f64| Mmck::new(to_rate(x), service, servers, places).map_or(1.0, |q| q.refused().as_fraction());
    let excess = |x: f64| lambda * geometric(refused(x), attempts) - x;
    let mut loads = vec![];
    let steps = 400;
    let at =
        |i: u32| lambda * (1.0 + (most - 1.0) * 1.000_001 * f64::from(i) / f64::from(steps)) * (1.0 - 1e-12);
    let mut before = excess(at(0));
    for i in 1..=steps {
        let here = excess(at(i));
        if (before > 0.0) != (here > 0.0) {
            let x = root::bisect(excess, at(i - 1), at(i));
            let p = refused(x);
            loads.push(RetryLoad {
                attempts: to_rate(x),
                failing: to_ratio(p),
                amplification: x / lambda,
                failed: to_ratio(p.powf(most)),
            });
        }
        before = here;
    }
    Ok(loads)
}

/// The loads at which a server whose clients time out and resend can stay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metastability {
    /// Attempt rate of the healthy state, and share of attempts that are late in it; none if there is no such
    /// state.
    pub healthy: Option<(Rate, Ratio)>,
    /// Attempt rate beyond which the system runs away; none without a healthy state or if nothing tips it.
    pub tipping: Option<Rate>,
    /// Attempt rate of the congested state, in which every attempt is late; none if the server can carry it.
    pub congested: Option<Rate>,
    /// Below this arrival rate the system always recovers: μ/m.
    pub hidden_capacity: Rate,
}

/// Fixed points of M/M/1 whose clients give up after `timeout` and resend at once, up to `attempts` in all,
/// while the server still does the abandoned work.
///
/// x = λ·Σ_{k<m} late(x)^k with late(x) = e^{−(μ−x)τ} below μ and 1 above. The sum is convex, so that there are at
/// most two roots below μ: the healthy one is stable, the other is where it tips; mλ is congested if above μ.
/// Treats attempts as Poisson. Source: Bronson et al., *Metastable Failures in Distributed Systems*, HotOS (2021),
/// for the notions.
///
/// # Errors
/// If an input is zero.
pub fn late_retries(arrivals: Rate, service: Rate, timeout: Span, attempts: u32) -> Sized<Metastability> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let mu = guard::rate("the service rate", service)?;
    let tau = guard::span("the time-out", timeout)?;
    let m = guard::count("the number of attempts", attempts, 1_000)?;
    let late = |x: f64| (-(mu - x).max(0.0) * tau).exp();
    let excess = |x: f64| lambda * geometric(late(x), attempts) - x;
    let dip = root::lowest(excess, 0.0, mu);
    let (mut healthy, mut tipping) = (None, None);
    if excess(dip) < 0.0 {
        let x = root::bisect(excess, 0.0, dip);
        healthy = Some((to_rate(x), to_ratio(late(x))));
        if excess(mu) > 0.0 {
            tipping = Some(to_rate(root::bisect(excess, dip, mu)));
        }
    }
    let congested = (m * lambda > mu).then(|| to_rate(m * lambda));
    Ok(Metastability { healthy, tipping, congested, hidden_capacity: to_rate(mu / m) })
}

/// 1 + f + … + f^(m−1).
fn geometric(f: f64, attempts: u32) -> f64 {
    (0..attempts).fold(0.0, |sum, _| sum * f + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certain_failure_uses_every_attempt() {
        assert_eq!(mean_attempts(Ratio::ONE, 4), Ok(4.0));
        assert_eq!(retry_budget(Ratio::ONE, Ratio::from_fraction(0.1)), Ok((1.1, Ratio::ZERO)));
        assert!(mean_attempts(Ratio::from_fraction(1.5), 4).is_err());
    }

    #[test]
    fn a_single_attempt_cannot_tip() {
        let found = late_retries(Rate::per_second(60.0), Rate::per_second(100.0), Span::from_millis(100), 1);
        let found = found.unwrap();
        assert_eq!(found.tipping, None);
        assert_eq!(found.congested, None);
        assert!((found.healthy.unwrap().0.as_per_second() - 60.0).abs() < 1e-9);
    }
}
