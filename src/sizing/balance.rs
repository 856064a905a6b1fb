//! What load balancing buys.

use super::erlang::Mmc;
use super::guard::{self, Sized, to_span};
use super::levels::{self, Level};
use super::single::{Gm1, erlang_transform};
use crate::units::{Rate, Ratio, Span};

/// Mean response time when each request joins the shortest of `choices` queues picked at random out of very
/// many (the supermarket model).
///
/// The share of servers with at least i requests is ρ^((dⁱ−1)/(d−1)); W = E S/ρ times their sum over i ≥ 1.
/// Exponential service; for n servers the true mean is a little higher, by order 1/n.
/// Source: Vvedenskaya, Dobrushin & Karpelevich (1996); Mitzenmacher, *IEEE TPDS* 12 (2001).
///
/// # Errors
/// `Unstable` if `utilisation` is 1 or more; if an input is zero.
pub fn power_of_choices(utilisation: Ratio, mean_service: Span, choices: u32) -> Sized<Span> {
    let rho = guard::positive("the utilisation", guard::stable(utilisation.as_fraction())?)?;
    let service = guard::span("the mean service time", mean_service)?;
    let d = guard::count("the number of choices", choices, 1_000_000)?;
    if choices == 1 {
        return Ok(to_span(service / (1.0 - rho)));
    }
    let (mut sum, mut exponent) = (0.0, 1.0);
    loop {
        let share = rho.powf(exponent);
        sum += share;
        if share < 1e-20 {
            break;
        }
        exponent = exponent * d + 1.0;
    }
    Ok(to_span(service * sum / rho))
}

/// Mean response time of two servers when each request joins the shorter queue (a fair coin breaks ties).
///
/// Exponential. Level = the shorter queue, phase = how much longer the other is, cut at 80.
/// Source: Kingman (1961); Flatto & McKean (1977); solved numerically here.
///
/// # Errors
/// `Unstable` if λ ≥ 2μ; if a rate is zero.
pub fn shorter_of_two(arrivals: Rate, service: Rate) -> Sized<Span> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let mu = guard::rate("the service rate", service)?;
    guard::stable(lambda / (2.0 * mu))?;
    const WIDEST: usize = 80;
    let level = |shorter: usize| {
        let mut level = Level::new(WIDEST + 1, WIDEST + 1, WIDEST + 1);
        level.local[(0, 1)] = lambda;
        if shorter > 0 {
            level.down[(0, 1)] = 2.0 * mu;
        }
        for gap in 1..=WIDEST {
            level.up[(gap, gap - 1)] = lambda;
            level.local[(gap, gap - 1)] = mu;
            if shorter > 0 && gap < WIDEST {
                level.down[(gap, gap + 1)] = mu;
            }
        }
        level
    };
    let solution = levels::endless(&[level(0), level(1), level(1)])?;
    let inside = solution.mean(|shorter, gap| (2 * shorter + gap) as f64)?;
    Ok(to_span(inside / lambda))
}

/// Mean response times of n servers under four ways of sharing the same load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pooling {
    /// Each request goes to a random server.
    pub random: Span,
    /// The servers are served in turn.
    pub in_turn: Span,
    /// All take from one queue.
    pub one_queue: Span,
    /// One server, n times as fast.
    pub one_fast_server: Span,
}

/// Compares random assignment (n × M/M/1), turns (n × E(n)/M/1), one queue (M/M/n), and one fast server.
///
/// Source: Kleinrock 2, section 5.1; Smith & Whitt (1981).
///
/// # Errors
/// `Unstable` if λ ≥ nμ; if an input is zero.
pub fn pooling(arrivals: Rate, service: Rate, servers: u32) -> Sized<Pooling> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let mu = guard::rate("the service rate", service)?;
    let n = guard::count("the number of servers", servers, guard::MOST_SERVERS)?;
    guard::stable(lambda / (n * mu))?;
    let each = guard::to_rate(lambda / n);
    Ok(Pooling {
        random: to_span(1.0 / (mu - lambda / n)),
        in_turn: Gm1::new(each, service, erlang_transform(servers, each))?.performance().mean_response,
        one_queue: Mmc::new(arrivals, service, servers)?.performance().mean_response,
        one_fast_server: to_span(1.0 / (n * mu - lambda)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_choices_are_better_and_one_is_none() {
        let busy = Ratio::from_fraction(0.9);
        let wait = |d| power_of_choices(busy, Span::from_secs(1), d).unwrap();
        assert_eq!(wait(1), Span::from_secs(10));
        assert!(wait(3) < wait(2));
        assert!(power_of_choices(Ratio::ONE, Span::from_secs(1), 2).is_err());
    }

    #[test]
    fn the_shorter_queue_lies_between_one_queue_and_turns() {
        let (arrivals, service) = (Rate::per_second(1.6), Rate::per_second(1.0));
        let shorter = shorter_of_two(arrivals, service).unwrap();
        let others = pooling(arrivals, service, 2).unwrap();
        assert!(others.one_queue < shorter && shorter < others.in_turn && others.in_turn < others.random);
    }
}
