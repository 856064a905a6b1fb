//! Loss stations whose refused requests come back after a random time (retrial queues).

use super::guard::{self, Sized, to_rate, to_ratio, to_span};
use super::levels::{self, Level};
use crate::units::{Rate, Ratio, Span};

/// Means of a retrial queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retrial {
    /// Mean number waiting to come back \[requests].
    pub orbit: f64,
    /// Mean number of busy servers.
    pub busy: f64,
    /// Share of the time that all servers are busy.
    pub all_busy: Ratio,
    /// Requests served.
    pub throughput: Rate,
    /// Share of the requests that give up.
    pub given_up: Ratio,
    /// Attempts per request, the first included \[1].
    pub attempts: f64,
    /// Mean time between first attempt and end, over all requests.
    pub mean_response: Span,
}

/// One server, exponential service, and unlimited retries after exponential times of rate ν (M/M/1 retrial).
///
/// E orbit = ρ(λ + νρ)/(ν(1−ρ)); attempts/s = λ + ν·E orbit.
/// Source: Keilson, Cozzolino & Young (1968); Falin & Templeton, *Retrial Queues* (1997).
///
/// # Errors
/// `Unstable` if λ ≥ μ; if a rate is zero.
pub fn retrial_single(arrivals: Rate, service: Rate, comeback: Rate) -> Sized<Retrial> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let mu = guard::rate("the service rate", service)?;
    let nu = guard::rate("the rate of coming back", comeback)?;
    let busy = guard::stable(lambda / mu)?;
    let orbit = busy * (lambda + nu * busy) / (nu * (1.0 - busy));
    Ok(Retrial {
        orbit,
        busy,
        all_busy: to_ratio(busy),
        throughput: to_rate(lambda),
        given_up: Ratio::ZERO,
        attempts: 1.0 + nu * orbit / lambda,
        mean_response: to_span((orbit + busy) / lambda),
    })
}

/// c servers and no queue; a refused request comes back after an exponential time of rate ν, always after its
/// first refusal and with probability `persistence` after each later one (M/M/c retrial).
///
/// Level = number in orbit, cut where the next level would hold less than 1e-15; phase = busy servers.
/// Source: Cohen (1957); Falin & Templeton (1997), chapter 2.
///
/// # Errors
/// `Unstable` if λ ≥ cμ with persistence 1; if a rate is zero; more than 100 servers; `NoConvergence` if the
/// orbit would exceed 20,000.
pub fn retrial_servers(
    arrivals: Rate,
    service: Rate,
    servers: u32,
    comeback: Rate,
    persistence: Ratio,
) -> Sized<Retrial> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let mu = guard::rate("the service rate", service)?;
    let nu = guard::rate("the rate of coming back", comeback)?;
    let again = guard::share("the persistence", persistence)?;
    let servers = guard::count("the number of servers", servers, 100)?;
    if again == 1.0 {
        guard::stable(lambda / (servers * mu))?;
    }
    let c = servers as usize;
    let mut most = 100;
    while most <= 20_000 {
        let chain: Vec<Level> = (0..=most).map(|n| orbit_level(n, most, c, lambda, mu, nu, again)).collect();
        let solution = levels::finite(&chain)?;
        if solution.levels[most].iter().sum::<f64>() > 1e-15 {
            most *= 2;
            continue;
        }
        let orbit = solution.mean(|n, _| n as f64)?;
        let busy = solution.mean(|_, busy| busy as f64)?;
        let all_busy = solution.mean(|_, busy| if busy == c { 1.0 } else { 0.0 })?;
        return Ok(Retrial {
            orbit,
            busy,
            all_busy: to_ratio(all_busy),
            throughput: to_rate(busy * mu),
            given_up: to_ratio(1.0 - busy * mu / lambda),
            attempts: 1.0 + nu * orbit / lambda,
            mean_response: to_span((orbit + busy) / lambda),
        });
    }
    Err(super::SizingError::NoConvergence { what: "the orbit" })
}

fn orbit_level(n: usize, most: usize, c: usize, lambda: f64, mu: f64, nu: f64, again: f64) -> Level {
    let mut level = Level::new(c + 1, c + 1, c + 1);
    for busy in 0..=c {
        if busy < c {
            level.local[(busy, busy + 1)] = lambda;
            if n > 0 {
                level.down[(busy, busy + 1)] = n as f64 * nu;
            }
        } else {
            if n < most {
                level.up[(c, c)] = lambda;
            }
            if n > 0 {
                level.down[(c, c)] = n as f64 * nu * (1.0 - again);
            }
        }
        if busy > 0 {
            level.local[(busy, busy - 1)] = busy as f64 * mu;
        }
    }
    level
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_agrees_with_the_closed_form() {
        let rate = Rate::per_second;
        let exact = retrial_single(rate(50.0), rate(100.0), rate(10.0)).unwrap();
        let solved = retrial_servers(rate(50.0), rate(100.0), 1, rate(10.0), Ratio::ONE).unwrap();
        assert!((exact.orbit - solved.orbit).abs() < 1e-9 * exact.orbit);
        assert!((exact.attempts - solved.attempts).abs() < 1e-9);
    }
}
