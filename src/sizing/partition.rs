//! Keyed partitions: what a skewed key distribution does to the fullest partition or the hottest lock.

use super::cache::Popularity;
use super::guard::{self, Sized, to_rate, to_ratio, to_span};
use crate::units::{Rate, Ratio, Span};

/// Means of stations that each serve a fixed share of the keys.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Skewed {
    /// Utilisation of the busiest.
    pub busiest: Ratio,
    /// Mean wait over all requests.
    pub mean_wait: Span,
    /// Mean wait at the busiest.
    pub mean_wait_busiest: Span,
    /// Share of the requests that wait.
    pub wait_probability: Ratio,
    /// Mean number waiting, all together \[requests].
    pub mean_queue: f64,
}

/// A topic whose partitions have these shares of the records, dealt in turn to `consumers`, each handling its
/// records one by one in an exponential time.
///
/// Poisson arrivals split by share: independent M/M/1 queues. Partitions 1, 1+C, 1+2C… go to the first consumer.
///
/// # Errors
/// `Unstable` if a consumer is overloaded; if an input is zero.
pub fn partitioned_topic(
    arrivals: Rate,
    shares: &Popularity,
    consumers: u32,
    handling: Span,
) -> Sized<Skewed> {
    guard::count("the number of consumers", consumers, guard::MOST_SERVERS)?;
    let mut owned = vec![0.0; consumers as usize];
    for (partition, share) in shares.shares().iter().enumerate() {
        owned[partition % consumers as usize] += share;
    }
    independent_queues(arrivals, &owned, handling)
}

/// Exclusive locks, one for each key, each held for an exponential time: independent M/M/1 queues.
///
/// # Errors
/// `Unstable` if a lock is overloaded; if an input is zero.
pub fn keyed_locks(arrivals: Rate, keys: &Popularity, hold: Span) -> Sized<Skewed> {
    independent_queues(arrivals, keys.shares(), hold)
}

fn independent_queues(arrivals: Rate, shares: &[f64], service: Span) -> Sized<Skewed> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let s = guard::span("the service time", service)?;
    let mut queue = 0.0;
    let mut busiest: f64 = 0.0;
    for share in shares {
        let rho = guard::stable(lambda * share * s)?;
        queue += rho * rho / (1.0 - rho);
        busiest = busiest.max(rho);
    }
    Ok(Skewed {
        busiest: to_ratio(busiest),
        mean_wait: to_span(queue / lambda),
        mean_wait_busiest: to_span(busiest * s / (1.0 - busiest)),
        wait_probability: to_ratio(shares.iter().map(|share| lambda * share * s * share).sum()),
        mean_queue: queue,
    })
}

/// What a rebalance leaves behind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RebalanceLag {
    /// Records waiting when consumption resumes \[records].
    pub lag: f64,
    /// What the remaining consumers can handle.
    pub capacity: Rate,
    /// Time until the lag is gone; none if the remaining consumers cannot catch up.
    pub catch_up: Option<Span>,
}

/// All consumers stop for a while and `remaining` come back: lag = λT, gone after lag/(capacity − λ). A fluid
/// approximation.
///
/// # Errors
/// If a rate is zero or nobody remains.
pub fn rebalance_lag(arrivals: Rate, each: Rate, remaining: u32, stopped: Span) -> Sized<RebalanceLag> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let each = guard::rate("the rate of a consumer", each)?;
    let capacity = each * guard::count("the remaining consumers", remaining, guard::MOST_SERVERS)?;
    let lag = lambda * stopped.as_secs_f64();
    let catch_up = (capacity > lambda).then(|| to_span(lag / (capacity - lambda)));
    Ok(RebalanceLag { lag, capacity: to_rate(capacity), catch_up })
}

/// The fewest partitions that carry a rate when one consumer handles one partition: ⌈λ/(each·target)⌉, keys spread
/// evenly.
///
/// # Errors
/// If an input is zero, `target_utilisation` is above 1, or more than a million would be needed.
pub fn partitions_needed(arrivals: Rate, each: Rate, target_utilisation: Ratio) -> Sized<u32> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let each = guard::rate("the rate of a consumer", each)?;
    let target = guard::positive("the target", guard::share("the target", target_utilisation)?)?;
    let needed = (lambda / (each * target) * (1.0 - 1e-12)).ceil();
    guard::limit("the number of partitions", needed as u64, guard::MOST_SERVERS.into())?;
    Ok(needed.max(1.0) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_keys_spread_evenly() {
        let shares = Popularity::zipf(12, 0.0).unwrap();
        let topic = partitioned_topic(Rate::per_second(900.0), &shares, 12, Span::from_millis(10)).unwrap();
        assert!((topic.busiest.as_fraction() - 0.75).abs() < 1e-12);
        assert_eq!(topic.mean_wait, topic.mean_wait_busiest);
        let needed =
            partitions_needed(Rate::per_second(900.0), Rate::per_second(100.0), Ratio::from_fraction(0.75));
        assert_eq!(needed, Ok(12));
    }
}
