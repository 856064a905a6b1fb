//! Erlang's formulas: loss (B), delay (C) and the endless group of servers.

use super::SizingError;
use super::guard::{self, MOST_SERVERS, Sized, to_ratio, to_span};
use super::performance::Performance;
use super::root;
use crate::units::{Rate, Ratio, Span};

/// Probability that all of `servers` are busy and a request is lost (M/G/c/c).
///
/// B(0) = 1, B(k) = a·B(k−1)/(k + a·B(k−1)) with a = offered load [erlangs, ≥ 0]; the recursion is stable and
/// holds for any service law. Also the share refused by a bulkhead without a queue.
/// Source: Erlang (1917); insensitivity: Sevast'yanov (1957).
///
/// # Errors
/// If `servers` is 0 or above a million, or the load is negative or not finite.
///
/// # Example
/// ```
/// use brownout::sizing::erlang_b;
/// let loss = erlang_b(10, 5.0).unwrap();
/// assert!((loss.as_fraction() - 0.018385).abs() < 1e-6);
/// ```
pub fn erlang_b(servers: u32, offered_erlangs: f64) -> Sized<Ratio> {
    loss(servers, offered_erlangs).map(to_ratio)
}

/// Probability that a request must wait (M/M/c).
///
/// C = B/(1 − ρ(1 − B)), ρ = a/c < 1. Source: Erlang (1917); Gross & Harris, section 2.3.
///
/// # Errors
/// As `erlang_b`; `Unstable` if the load is not below the number of servers.
pub fn erlang_c(servers: u32, offered_erlangs: f64) -> Sized<Ratio> {
    delay(servers, offered_erlangs).map(to_ratio)
}

/// Means of a loss system: `utilisation` is of one server, nothing waits.
///
/// # Errors
/// As `erlang_b`; if a rate is zero.
pub fn loss_system(arrivals: Rate, service: Rate, servers: u32) -> Sized<Performance> {
    let (arrivals, service) = rates(arrivals, service)?;
    let lost = loss(servers, arrivals / service)?;
    Ok(Performance::from_wait(arrivals * (1.0 - lost), 0.0, 1.0 / service, f64::from(servers)))
}

/// Probability that more than `n` requests are inside when nothing ever waits (M/G/∞): Poisson with mean λ·E S.
///
/// # Errors
/// If the load is negative or not finite.
pub fn unlimited_servers_above(n: u32, offered_erlangs: f64) -> Sized<Ratio> {
    let load = guard::at_least("the offered load", offered_erlangs, 0.0, "finite and not negative")?;
    if load == 0.0 {
        return Ok(Ratio::ZERO);
    }
    // P(Poisson(a) > n) = P(Erlang(n + 1) ≤ a).
    Ok(to_ratio(statrs::function::gamma::checked_gamma_lr(f64::from(n) + 1.0, load).unwrap_or(0.0)))
}

/// The fewest servers that lose at most `target` of the requests.
///
/// # Errors
/// If `target` is zero or more than a million servers would be needed.
pub fn servers_for_loss(offered_erlangs: f64, target: Ratio) -> Sized<u32> {
    let load = guard::at_least("the offered load", offered_erlangs, 0.0, "finite and not negative")?;
    let target = guard::positive("the target", target.as_fraction())?;
    let mut lost = 1.0;
    for servers in 1..=MOST_SERVERS {
        lost = load * lost / (f64::from(servers) + load * lost);
        if lost <= target {
            return Ok(servers);
        }
    }
    Err(SizingError::TooLarge { what: "the number of servers", size: u64::MAX, limit: MOST_SERVERS.into() })
}

/// Poisson arrivals, exponential service, c servers, one queue, first come first served (M/M/c).
///
/// Wq = C/(cμ − λ); P(wait > t) = C·exp(−(cμ − λ)t). With c = 1 this is M/M/1.
/// Source: Gross & Harris, *Fundamentals of Queueing Theory*, sections 2.2 and 2.3.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mmc {
    arrivals: f64,
    service: f64,
    servers: f64,
    delayed: f64,
}

impl Mmc {
    /// Takes the arrival rate, the service rate of one server, and the number of servers (1 to a million).
    ///
    /// # Errors
    /// `Unstable` if λ ≥ cμ; if an input is zero.
    pub fn new(arrivals: Rate, service: Rate, servers: u32) -> Sized<Self> {
        let (arrivals, service) = rates(arrivals, service)?;
        let delayed = delay(servers, arrivals / service)?;
        Ok(Mmc { arrivals, service, servers: f64::from(servers), delayed })
    }

    /// The long-run means.
    pub fn performance(&self) -> Performance {
        Performance::from_wait(self.arrivals, self.delayed / self.spare(), 1.0 / self.service, self.servers)
    }

    /// Probability that a request must wait.
    pub fn wait_probability(&self) -> Ratio {
        to_ratio(self.delayed)
    }

    /// Probability that a request waits longer than `wait`.
    pub fn wait_tail(&self, wait: Span) -> Ratio {
        to_ratio(self.delayed * (-self.spare() * wait.as_secs_f64()).exp())
    }

    /// Probability that a request takes longer than `response`, waiting and service together.
    pub fn response_tail(&self, response: Span) -> Ratio {
        to_ratio(self.response_tail_at(response.as_secs_f64()))
    }

    /// The wait that a share `p` of the requests does not exceed: ln(C/(1−p))/(cμ − λ), or 0.
    ///
    /// # Errors
    /// If `p` is not below 1.
    pub fn wait_quantile(&self, p: Ratio) -> Sized<Span> {
        let p = guard::share_below_one("the probability", p)?;
        Ok(to_span(((self.delayed / (1.0 - p)).ln() / self.spare()).max(0.0)))
    }

    /// The response time that a share `p` of the requests does not exceed.
    ///
    /// # Errors
    /// If `p` is not below 1.
    pub fn response_quantile(&self, p: Ratio) -> Sized<Span> {
        let p = guard::share_below_one("the probability", p)?;
        Ok(to_span(root::quantile(|t| self.response_tail_at(t), p, 1.0 / self.service)))
    }

    /// Variance of the wait when the last to come is served first: E W² is 1/(1−ρ) times that of first come
    /// first served, with the same mean; one server only. The result is the standard deviation.
    ///
    /// Source: Takács (1963); Kingman (1962).
    ///
    /// # Errors
    /// If there is more than one server.
    pub fn last_come_first_served_wait_deviation(&self) -> Sized<Span> {
        if self.servers > 1.0 {
            return Err(SizingError::OutOfRange {
                what: "the number of servers",
                value: self.servers,
                required: "1",
            });
        }
        let mean = self.delayed / self.spare();
        let square = 2.0 * self.delayed / (self.spare() * self.spare()) / (1.0 - self.delayed);
        Ok(to_span((square - mean * mean).sqrt()))
    }

    fn spare(&self) -> f64 {
        self.servers * self.service - self.arrivals
    }

    /// (1−C)e^{−μt} + C·P(wait + service > t), where the wait of the delayed is exponential.
    fn response_tail_at(&self, t: f64) -> f64 {
        let (a, b) = (self.spare(), self.service);
        let gap = a - b;
        // P(X_a + X_b > t) = e^{−bt} + b·e^{−at}·(e^{(a−b)t} − 1)/(a − b), written to survive a = b.
        let both = if (gap * t).abs() < 1e-9 {
            (-b * t).exp() * (1.0 + b * t)
        } else if gap > 0.0 {
            (-b * t).exp() - b * (-b * t).exp() * (-gap * t).exp_m1() / gap
        } else {
            (-b * t).exp() + b * (-a * t).exp() * (gap * t).exp_m1() / gap
        };
        (1.0 - self.delayed) * (-b * t).exp() + self.delayed * both
    }
}

/// The fewest servers with which the mean wait is at most `target`.
///
/// # Errors
/// If a rate or the target is zero, or more than a million servers would be needed.
pub fn servers_for_mean_wait(arrivals: Rate, service: Rate, target: Span) -> Sized<u32> {
    let target = guard::span("the target", target)?;
    fewest_servers(arrivals, service, |mmc| mmc.delayed / mmc.spare() <= target)
}

/// The fewest servers with which at most a share `late` of the requests waits longer than `wait`.
///
/// # Errors
/// If a rate or `late` is zero, or more than a million servers would be needed.
pub fn servers_for_wait_tail(arrivals: Rate, service: Rate, wait: Span, late: Ratio) -> Sized<u32> {
    let late = guard::positive("the share allowed to be late", late.as_fraction())?;
    fewest_servers(arrivals, service, |mmc| mmc.wait_tail(wait).as_fraction() <= late)
}

fn fewest_servers(arrivals: Rate, service: Rate, good: impl Fn(&Mmc) -> bool) -> Sized<u32> {
    let (arrivals, service) = rates(arrivals, service)?;
    let load = arrivals / service;
    let mut lost = 1.0;
    for servers in 1..=MOST_SERVERS {
        let c = f64::from(servers);
        lost = load * lost / (c + load * lost);
        if c > load {
            let delayed = lost / (1.0 - load / c * (1.0 - lost));
            if good(&Mmc { arrivals, service, servers: c, delayed }) {
                return Ok(servers);
            }
        }
    }
    Err(SizingError::TooLarge { what: "the number of servers", size: u64::MAX, limit: MOST_SERVERS.into() })
}

fn rates(arrivals: Rate, service: Rate) -> Sized<(f64, f64)> {
    Ok((guard::rate("the arrival rate", arrivals)?, guard::rate("the service rate", service)?))
}

pub(super) fn loss(servers: u32, load: f64) -> Sized<f64> {
    guard::count("the number of servers", servers, MOST_SERVERS)?;
    guard::at_least("the offered load", load, 0.0, "finite and not negative")?;
    Ok((1..=servers).fold(1.0, |lost, k| load * lost / (f64::from(k) + load * lost)))
}

pub(super) fn delay(servers: u32, load: f64) -> Sized<f64> {
    let lost = loss(servers, load)?;
    let busy = guard::stable(load / f64::from(servers))?;
    Ok(lost / (1.0 - busy * (1.0 - lost)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_is_the_textbook_m_m_1() {
        let queue = Mmc::new(Rate::per_second(80.0), Rate::per_second(100.0), 1).unwrap();
        assert_eq!(queue.performance().mean_response, Span::from_millis(50));
        let tail = queue.response_tail(Span::from_millis(100)).as_fraction();
        assert!((tail - (-2.0_f64).exp()).abs() < 1e-12);
    }

    #[test]
    fn fewest_servers_is_the_smallest_that_works() {
        let (arrivals, service) = (Rate::per_second(200.0), Rate::per_second(10.0));
        let servers = servers_for_mean_wait(arrivals, service, Span::from_millis(5)).unwrap();
        let wait = |c| Mmc::new(arrivals, service, c).unwrap().performance().mean_wait;
        assert!(wait(servers) <= Span::from_millis(5));
        assert!(wait(servers - 1) > Span::from_millis(5));
    }

    #[test]
    fn overload_has_no_steady_state() {
        let full = Mmc::new(Rate::per_second(100.0), Rate::per_second(10.0), 10);
        assert_eq!(full, Err(SizingError::Unstable { utilisation: 1.0 }));
    }

    #[test]
    fn a_hundred_and_seventeen_lines_carry_a_hundred_erlangs_at_one_per_cent() {
        assert_eq!(servers_for_loss(100.0, Ratio::from_fraction(0.01)), Ok(117));
    }
}
