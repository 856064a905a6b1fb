//! Servers that are away at times: vacations, break-downs, and polling of several queues.

use super::guard::{self, MOST_SERVERS, Sized, to_ratio, to_span};
use super::levels::{self, Level};
use super::moments::Moments;
use super::performance::Performance;
use super::single::residual_work;
use crate::units::{Rate, Ratio, Span};

/// Mean wait when an idle server goes away again and again until it finds work, as a poll loop that sleeps
/// does (M/G/1 with multiple vacations).
///
/// Wq = λE S²/(2(1−ρ)) + E V²/(2E V): the wait of M/G/1 and a residual vacation.
/// Source: Fuhrmann & Cooper, *Operations Research* 33 (1985).
///
/// # Errors
/// `Unstable` if λ·E S ≥ 1; if the rate is zero.
pub fn wait_with_vacations(arrivals: Rate, service: Moments, vacation: Moments) -> Sized<Span> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let busy = guard::stable(lambda * service.first())?;
    let wait = residual_work(lambda, &service) / (1.0 - busy);
    Ok(to_span(wait + vacation.second() / (2.0 * vacation.first())))
}

/// Share of the time that a machine is up: η/(ξ+η) with failures at rate ξ and repairs at rate η.
///
/// # Errors
/// If both rates are zero.
pub fn availability(failures: Rate, repairs: Rate) -> Sized<Ratio> {
    let total = failures.as_per_second() + repairs.as_per_second();
    Ok(to_ratio(repairs.as_per_second() / guard::positive("the sum of the rates", total)?))
}

/// M/M/c whose servers fail (idle or busy) and are repaired independently; interrupted work resumes on any
/// free server and nothing is lost.
///
/// A chain in levels (number inside) with phases (servers up). With one server,
/// L = (ρ/a + λξ/((ξ+η)η))/(1 − ρ/a), a = η/(ξ+η). `mean_response` includes interruptions; `utilisation` is the
/// load over the mean capacity.
/// Source: White & Christie (1958); Mitrany & Avi-Itzhak (1968).
///
/// # Errors
/// `Unstable` if λ ≥ c·a·μ; if a rate is zero; more than 200 servers.
pub fn with_breakdowns(
    arrivals: Rate,
    service: Rate,
    servers: u32,
    failures: Rate,
    repairs: Rate,
) -> Sized<Performance> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let mu = guard::rate("the service rate", service)?;
    let c = guard::count("the number of servers", servers, 200)?;
    let xi = guard::rate("the rate of failures", failures)?;
    let eta = guard::rate("the rate of repairs", repairs)?;
    let busy = guard::stable(lambda / (c * mu * eta / (xi + eta)))?;
    let c = servers as usize;
    let level = |n: usize| {
        let mut level = Level::new(c + 1, c + 1, c + 1);
        for up in 0..=c {
            level.up[(up, up)] = lambda;
            level.down[(up, up)] = if n == 0 { 0.0 } else { n.min(up) as f64 * mu };
            if up < c {
                level.local[(up, up + 1)] = (c - up) as f64 * eta;
            }
            if up > 0 {
                level.local[(up, up - 1)] = up as f64 * xi;
            }
        }
        level
    };
    let chain: Vec<Level> = (0..=c).map(level).collect();
    let inside = levels::endless(&chain)?.mean(|n, _| n as f64)?;
    let mut means = Performance::from_wait(lambda, inside / lambda - 1.0 / mu, 1.0 / mu, c as f64);
    means.utilisation = to_ratio(busy);
    Ok(means)
}

/// How many requests a polling server takes from a queue before it moves on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollingDiscipline {
    /// Until the queue is empty.
    Exhaustive,
    /// Those that were there when the server came.
    Gated,
    /// One.
    OneLimited,
}

/// Mean wait in one of N equal queues served in turn, with a switch-over time between them: a consumer thread
/// that walks its partitions.
///
/// With r, δ² = mean and variance of a switch-over, ρ = N·λ·E S:
/// exhaustive: δ²/(2r) + (NλE S² + r(N−ρ))/(2(1−ρ)); gated: … r(N+ρ) …;
/// one: δ²/(2r) + (NλE S² + r(N+ρ) + Nλδ²)/(2(1−ρ−Nλr)).
/// Source: Takagi, *ACM Computing Surveys* 20 (1988).
///
/// # Errors
/// `Unstable` if the load (with the switch-overs, where limited) is 1 or more; if an input is zero.
pub fn polling_wait(
    queues: u32,
    arrivals_each: Rate,
    service: Moments,
    switch_over: Moments,
    discipline: PollingDiscipline,
) -> Sized<Span> {
    let n = guard::count("the number of queues", queues, MOST_SERVERS)?;
    let lambda = n * guard::rate("the arrival rate of a queue", arrivals_each)?;
    let busy = guard::stable(lambda * service.first())?;
    let r = switch_over.first();
    let variance = (switch_over.second() - r * r).max(0.0);
    let work = lambda * service.second();
    let wait = match discipline {
        PollingDiscipline::Exhaustive => (work + r * (n - busy)) / (2.0 * (1.0 - busy)),
        PollingDiscipline::Gated => (work + r * (n + busy)) / (2.0 * (1.0 - busy)),
        PollingDiscipline::OneLimited => {
            let left = 1.0 - guard::stable(busy + lambda * r)?;
            (work + r * (n + busy) + lambda * variance) / (2.0 * left)
        }
    };
    Ok(to_span(variance / (2.0 * r) + wait))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_agrees_with_the_closed_form() {
        let rate = Rate::per_second;
        let means = with_breakdowns(rate(50.0), rate(100.0), 1, rate(0.2), rate(2.0)).unwrap();
        let a = 2.0 / 2.2;
        let inside = (0.5 / a + 50.0 * 0.2 / (2.2 * 2.0)) / (1.0 - 0.5 / a);
        assert!((means.mean_in_system - inside).abs() < 1e-9 * inside);
    }

    #[test]
    fn exhaustive_service_of_one_queue_is_a_vacation() {
        let service = Moments::exponential(Span::from_millis(10)).unwrap();
        let pause = Moments::deterministic(Span::from_millis(1)).unwrap();
        let arrivals = Rate::per_second(50.0);
        let polled = polling_wait(1, arrivals, service, pause, PollingDiscipline::Exhaustive);
        assert_eq!(polled, wait_with_vacations(arrivals, service, pause));
    }
}
