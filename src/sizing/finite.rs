//! A bounded station: M/M/c/K, where what does not fit is refused.

use super::SizingError;
use super::guard::{self, Sized, to_ratio, to_span};
use super::performance::Performance;
use super::root;
use crate::units::{Rate, Ratio, Span};

/// M/M/c/K: c servers, at most K requests inside (in service and waiting), the others are refused.
///
/// p(n) ∝ aⁿ/n! up to c, then times ρ = λ/(cμ) each step; holds in overload too.
/// Source: Gross & Harris, section 2.5.
#[derive(Clone, Debug, PartialEq)]
pub struct Mmck {
    arrivals: f64,
    service: f64,
    servers: usize,
    probabilities: Vec<f64>,
}

impl Mmck {
    /// Takes the arrival rate, the service rate of a server, the servers c, and the places K ≥ c (at most a
    /// million).
    ///
    /// # Errors
    /// If a rate or `servers` is zero, or `places` is below `servers`.
    pub fn new(arrivals: Rate, service: Rate, servers: u32, places: u32) -> Sized<Self> {
        let arrivals = guard::rate("the arrival rate", arrivals)?;
        let service = guard::rate("the service rate", service)?;
        guard::count("the number of servers", servers, guard::MOST_SERVERS)?;
        guard::count("the number of places", places, guard::MOST_SERVERS)?;
        if places < servers {
            return Err(SizingError::OutOfRange {
                what: "the number of places",
                value: places.into(),
                required: "at least the number of servers",
            });
        }
        let steps = |n: u32| arrivals / (service * f64::from(n.min(servers)));
        let mut logs = vec![0.0];
        for n in 1..=places {
            logs.push(logs[logs.len() - 1] + steps(n).ln());
        }
        let highest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = logs.iter().map(|log| (log - highest).exp()).collect();
        let total: f64 = weights.iter().sum();
        let probabilities = weights.iter().map(|w| w / total).collect();
        Ok(Mmck { arrivals, service, servers: servers as usize, probabilities })
    }

    /// Probability that a request finds the station full and is refused.
    pub fn refused(&self) -> Ratio {
        to_ratio(self.probabilities[self.probabilities.len() - 1])
    }

    /// Probability that nothing is inside.
    pub fn empty(&self) -> Ratio {
        to_ratio(self.probabilities[0])
    }

    /// The long-run means of accepted requests.
    pub fn performance(&self) -> Performance {
        let refused = self.probabilities[self.probabilities.len() - 1];
        let served = self.arrivals * (1.0 - refused);
        let queue: f64 = self
            .probabilities
            .iter()
            .enumerate()
            .skip(self.servers)
            .map(|(n, p)| (n - self.servers) as f64 * p)
            .sum();
        let (busy_service, servers) = (1.0 / self.service, self.servers as f64);
        // With p(K) near 1, 1 − p(K) has lost its digits; the busy servers have not.
        let busy: f64 =
            self.probabilities.iter().enumerate().map(|(n, p)| n.min(self.servers) as f64 * p).sum();
        let served = if refused > 0.5 { busy * self.service } else { served };
        Performance::from_wait(served, queue / served, busy_service, servers)
    }

    /// Probability that an accepted request must wait.
    pub fn accepted_wait_probability(&self) -> Ratio {
        to_ratio(self.accepted_waits().sum::<f64>())
    }

    /// The wait that a share `p` of the accepted requests does not exceed: a mixture of Erlang(n−c+1, cμ)
    /// over the number n found.
    ///
    /// # Errors
    /// If `p` is not below 1.
    pub fn accepted_wait_quantile(&self, p: Ratio) -> Sized<Span> {
        let p = guard::share_below_one("the probability", p)?;
        let rate = self.service * self.servers as f64;
        let waits: Vec<f64> = self.accepted_waits().collect();
        let tail = |t: f64| -> f64 {
            waits.iter().zip(1..).map(|(share, stages)| share * root::erlang_tail(stages, rate, t)).sum()
        };
        Ok(to_span(root::quantile(tail, p, 1.0 / rate)))
    }

    /// Shares of the accepted that find all servers busy and 0, 1, … waiting.
    fn accepted_waits(&self) -> impl Iterator<Item = f64> + '_ {
        let last = self.probabilities.len() - 1;
        let accepted: f64 = self.probabilities[..last].iter().sum();
        self.probabilities[self.servers.min(last)..last].iter().map(move |p| p / accepted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sizing::erlang_b;

    #[test]
    fn without_a_queue_it_is_erlang_b() {
        let station = Mmck::new(Rate::per_second(12.0), Rate::per_second(1.0), 10, 10).unwrap();
        let lost = erlang_b(10, 12.0).unwrap().as_fraction();
        assert!((station.refused().as_fraction() - lost).abs() < 1e-14);
        assert_eq!(station.accepted_wait_probability(), Ratio::ZERO);
    }

    #[test]
    fn fewer_places_than_servers_is_an_error() {
        assert!(Mmck::new(Rate::per_second(1.0), Rate::per_second(1.0), 2, 1).is_err());
    }
}
