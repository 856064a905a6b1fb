//! Replicas that fail and are repaired, and what an outage costs.

use super::guard::{self, Sized, to_ratio, to_span};
use crate::units::{Rate, Ratio, Span};

/// Probability that k of n replicas are down, k = 0..=n, when each fails after an exponential time of mean
/// `between_failures` and `repairers` mend them one at a time, each in an exponential time of mean `repair`.
///
/// p(k+1) = p(k)·(n−k)·MTTR/(min(k+1, repairers)·MTBF). Source: birth-death chain, e.g. Gross & Harris 2.7.
///
/// # Errors
/// If an input is zero (at most a million replicas).
pub fn replicas_down(
    replicas: u32,
    between_failures: Span,
    repair: Span,
    repairers: u32,
) -> Sized<Vec<Ratio>> {
    guard::count("the number of replicas", replicas, guard::MOST_SERVERS)?;
    guard::count("the number of repairers", repairers, guard::MOST_SERVERS)?;
    let ratio =
        guard::span("the repair time", repair)? / guard::span("the time between failures", between_failures)?;
    let mut logs = vec![0.0_f64];
    for k in 0..replicas {
        let step = f64::from(replicas - k) * ratio / f64::from((k + 1).min(repairers));
        logs.push(logs[k as usize] + step.ln());
    }
    let highest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = logs.iter().map(|log| (log - highest).exp()).sum();
    Ok(logs.iter().map(|log| to_ratio((log - highest).exp() / total)).collect())
}

/// Availability of parts that are all needed: the product.
///
/// # Errors
/// If a share is above 1.
pub fn in_series(parts: &[Ratio]) -> Sized<Ratio> {
    let mut up = 1.0;
    for part in parts {
        up *= guard::share("the availability of a part", *part)?;
    }
    Ok(to_ratio(up))
}

/// Availability of parts of which one is enough: 1 − Π(1 − a), if they fail independently.
///
/// # Errors
/// If a share is above 1.
pub fn in_parallel(parts: &[Ratio]) -> Sized<Ratio> {
    let mut down = 1.0;
    for part in parts {
        down *= 1.0 - guard::share("the availability of a part", *part)?;
    }
    Ok(to_ratio(1.0 - down))
}

/// What an outage costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outage {
    /// How long it lasts.
    pub length: Span,
    /// Mean number of requests that fail \[requests].
    pub failed: f64,
    /// Standard deviation of that number under Poisson arrivals, its square root \[requests].
    pub failed_deviation: f64,
}

/// A fail-over that is the sum of its steps (detection, election, promotion, clients finding out): all requests
/// that arrive meanwhile fail once.
///
/// # Errors
/// If the rate is zero.
pub fn failover(arrivals: Rate, steps: &[Span]) -> Sized<Outage> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let length: f64 = steps.iter().map(|step| step.as_secs_f64()).sum();
    let failed = lambda * length;
    Ok(Outage { length: to_span(length), failed, failed_deviation: failed.sqrt() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enough_repairers_make_replicas_independent() {
        let down = replicas_down(2, Span::from_secs(9), Span::from_secs(1), 2).unwrap();
        let expected = [0.81, 0.18, 0.01];
        for (found, expected) in down.iter().zip(expected) {
            assert!((found.as_fraction() - expected).abs() < 1e-14);
        }
        let nine = Ratio::from_fraction(0.9);
        assert!((in_parallel(&[nine, nine]).unwrap().as_fraction() - 0.99).abs() < 1e-14);
        assert!((in_series(&[nine, nine]).unwrap().as_fraction() - 0.81).abs() < 1e-14);
    }
}
