//! Servers that are not there at once: cold starts, and a caller blocked by a full callee.

use super::guard::{self, Sized, to_rate, to_ratio, to_span};
use super::levels::{self, Level};
use crate::units::{Rate, Ratio, Span};

/// Means of a station that switches idle servers off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColdStart {
    /// Mean number inside \[requests].
    pub mean_in_system: f64,
    /// Mean response time.
    pub mean_response: Span,
    /// Mean number of servers at work.
    pub servers_on: f64,
    /// Mean number of servers starting up.
    pub servers_starting: f64,
}

/// M/M/k/setup: an idle server is switched off at once; each waiting request starts one, which takes an
/// exponential time of rate `start_up`; starts no longer needed are cancelled.
///
/// Level = number inside, phase = servers on. Source: Gandhi, Doroudi, Harchol-Balter & Scheller-Wolf,
/// *Queueing Systems* 77 (2014).
///
/// # Errors
/// `Unstable` if λ ≥ kμ; if a rate is zero; more than 200 servers.
pub fn cold_start(arrivals: Rate, service: Rate, servers: u32, start_up: Rate) -> Sized<ColdStart> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let mu = guard::rate("the service rate", service)?;
    let alpha = guard::rate("the rate of starting", start_up)?;
    let k = guard::count("the number of servers", servers, 200)?;
    guard::stable(lambda / (k * mu))?;
    let k = servers as usize;
    let level = |n: usize| {
        let (here, above, below) = (n.min(k), (n + 1).min(k), n.saturating_sub(1).min(k));
        let mut level = Level::new(below + 1, here + 1, above + 1);
        for on in 0..=here {
            level.up[(on, on)] = lambda;
            if on < here {
                level.local[(on, on + 1)] = (n.min(k) - on) as f64 * alpha;
            }
            if n > 0 && on > 0 {
                // The server that finishes takes a waiting request, or is switched off if there is none.
                level.down[(on, on.min(below))] += on as f64 * mu;
            }
        }
        level
    };
    let chain: Vec<Level> = (0..=k + 1).map(level).collect();
    let solution = levels::endless(&chain)?;
    let inside = solution.mean(|n, _| n as f64)?;
    Ok(ColdStart {
        mean_in_system: inside,
        mean_response: to_span(inside / lambda),
        servers_on: solution.mean(|_, on| on as f64)?,
        servers_starting: solution.mean(|n, on| (n.min(k) - on) as f64)?,
    })
}

/// Means of two stations of which the second has few places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlockingTandem {
    /// Mean number at the first station, the blocked one included \[requests].
    pub first_in_system: f64,
    /// Mean number at the second station \[requests].
    pub second_in_system: f64,
    /// Mean time in both.
    pub mean_response: Span,
    /// Share of the time that the first server is blocked.
    pub blocked: Ratio,
    /// Requests served.
    pub throughput: Rate,
}

/// Two single servers in a row; the second has `places` (service included), and the first holds a finished
/// request, doing nothing, until there is room: what a synchronous call does to its caller.
///
/// Level = number at the first station, phase = number at the second, then blocked.
/// Source: Hunt (1956); Perros, *Queueing Networks with Blocking* (1994).
///
/// # Errors
/// `Unstable` if the pair cannot carry the arrivals; if an input is zero; more than 300 places.
pub fn blocking_tandem(arrivals: Rate, first: Rate, second: Rate, places: u32) -> Sized<BlockingTandem> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let mu = [guard::rate("the first service rate", first)?, guard::rate("the second service rate", second)?];
    guard::count("the number of places", places, 300)?;
    let b = places as usize;
    // With the first never idle, the second is M/M/1/b+1: what it lets through is the capacity.
    let ratio = mu[0] / mu[1];
    let weights: Vec<f64> = (0..=b + 1).map(|n| ratio.powf(n as f64 - (b + 1) as f64)).collect();
    let capacity = mu[1] * (1.0 - weights[0] / weights.iter().sum::<f64>());
    guard::stable(lambda / capacity)?;
    let level = |n: usize| {
        let mut level = Level::new(b + 2, b + 2, b + 2);
        for phase in 0..=b + 1 {
            level.up[(phase, phase)] = lambda;
            if phase <= b && phase > 0 {
                level.local[(phase, phase - 1)] = mu[1];
            }
            if n > 0 && phase < b {
                level.down[(phase, phase + 1)] = mu[0];
            }
            if n > 0 && phase == b {
                level.local[(b, b + 1)] = mu[0];
            }
            if n > 0 && phase == b + 1 {
                level.down[(b + 1, b)] = mu[1];
            }
        }
        level
    };
    let solution = levels::endless(&[level(0), level(1), level(1)])?;
    let at_first = solution.mean(|n, _| n as f64)?;
    let at_second = solution.mean(|_, phase| phase.min(b) as f64)?;
    Ok(BlockingTandem {
        first_in_system: at_first,
        second_in_system: at_second,
        mean_response: to_span((at_first + at_second) / lambda),
        blocked: to_ratio(solution.mean(|_, phase| if phase == b + 1 { 1.0 } else { 0.0 })?),
        throughput: to_rate(lambda),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sizing::Mmc;

    #[test]
    fn instant_starts_are_m_m_c() {
        let (arrivals, service) = (Rate::per_second(2.0), Rate::per_second(1.0));
        let means = cold_start(arrivals, service, 4, Rate::per_second(1e8)).unwrap();
        let warm = Mmc::new(arrivals, service, 4).unwrap().performance();
        assert!((means.mean_in_system - warm.mean_in_system).abs() < 1e-6);
    }

    #[test]
    fn ample_places_never_block() {
        let [arrivals, first, second] = [50.0, 100.0, 90.0].map(Rate::per_second);
        let means = blocking_tandem(arrivals, first, second, 100).unwrap();
        assert!(means.blocked.as_fraction() < 1e-12);
        assert!((means.first_in_system - 1.0).abs() < 1e-9);
        assert!((means.second_in_system - 1.25).abs() < 1e-9);
        assert!(blocking_tandem(Rate::per_second(65.0), first, second, 1).is_err());
    }
}
