//! Shedding load: client-side throttling, and requests that need several calls.

use super::guard::{self, Sized, to_rate, to_ratio};
use super::root;
use crate::units::{Rate, Ratio};

/// Where clients that throttle themselves settle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Throttled {
    /// Requests that clients still send.
    pub sent: Rate,
    /// Of these, accepted.
    pub accepted: Rate,
    /// Share that clients refuse by themselves.
    pub refused_locally: Ratio,
}

/// Clients that refuse a request with probability max(0, (requests − K·accepts)/(requests + 1)), in front of a
/// back end that accepts exactly its capacity: they send min(demand, K·capacity).
///
/// A fluid limit for many requests. Source: Beyer et al., *Site Reliability Engineering* (2016), equation 21-1.
///
/// # Errors
/// If a rate is zero or `multiplier` is below 1.
pub fn adaptive_throttling(demand: Rate, capacity: Rate, multiplier: f64) -> Sized<Throttled> {
    let demand = guard::rate("the demand", demand)?;
    let capacity = guard::rate("the capacity", capacity)?;
    let k = guard::at_least("the multiplier", multiplier, 1.0, "finite and at least 1")?;
    let sent = if demand <= capacity { demand } else { demand.min(k * capacity) };
    Ok(Throttled {
        sent: to_rate(sent),
        accepted: to_rate(sent.min(capacity)),
        refused_locally: to_ratio(1.0 - sent / demand),
    })
}

/// Share of tasks that succeed when each needs `calls` calls of one overloaded service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SubsequentOverload {
    /// Share of the calls accepted when a task gives up at its first refusal.
    pub call_accepted: Ratio,
    /// Share of tasks that succeed then: the share of calls accepted to the power of the calls.
    pub random_with_abort: Ratio,
    /// Share of tasks that succeed when a refused task makes its other calls all the same.
    pub random_without_abort: Ratio,
    /// Share of tasks that succeed when the same tasks are refused everywhere.
    pub consistent: Ratio,
}

/// A service that carries `capacity` calls, asked by `tasks` that each need `calls` of them in turn.
///
/// Random shedding with abort: q solves λ(q + q² + … + q^k) = C; without: q = min(1, C/(kλ)).
/// Source: the model of Zhou et al., *Overload Control for Scaling WeChat Microservices*, SoCC (2018), section 5;
/// fluid.
///
/// # Errors
/// If a rate or `calls` is zero (at most 1,000).
pub fn subsequent_overload(tasks: Rate, capacity: Rate, calls: u32) -> Sized<SubsequentOverload> {
    let lambda = guard::rate("the task rate", tasks)?;
    let capacity = guard::rate("the capacity", capacity)?;
    let k = guard::count("the number of calls", calls, 1_000)?;
    let carried = |q: f64| lambda * (0..calls).fold(0.0, |sum, _| (sum + 1.0) * q) - capacity;
    let q = if carried(1.0) <= 0.0 { 1.0 } else { root::bisect(carried, 0.0, 1.0) };
    let fair = (capacity / (k * lambda)).min(1.0);
    Ok(SubsequentOverload {
        call_accepted: to_ratio(q),
        random_with_abort: to_ratio(q.powf(k)),
        random_without_abort: to_ratio(fair.powf(k)),
        consistent: to_ratio(fair),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_capacity_nothing_is_shed() {
        let (demand, capacity) = (Rate::per_second(10.0), Rate::per_second(100.0));
        let throttled = adaptive_throttling(demand, capacity, 2.0).unwrap();
        assert_eq!((throttled.sent, throttled.accepted), (demand, demand));
        let shed = subsequent_overload(demand, capacity, 4).unwrap();
        assert_eq!(shed.random_with_abort, Ratio::ONE);
    }
}
