//! Queues that are left: patience exponential (Erlang A) or fixed (M/M/c+D).

use super::guard::{self, MOST_SERVERS, Sized, to_rate, to_ratio, to_span};
use super::root;
use crate::units::{Rate, Ratio, Span};

/// Means of a queue whose waiting requests give up; work that has started is finished.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Abandonment {
    /// Share of the requests that give up before service.
    pub abandoned: Ratio,
    /// Share that finds no free server.
    pub waiting: Ratio,
    /// Mean wait of all, those who give up included.
    pub mean_wait: Span,
    /// Mean wait of those who are served.
    pub mean_wait_served: Span,
    /// Mean number waiting \[requests].
    pub mean_queue: f64,
    /// Requests served.
    pub throughput: Rate,
    /// Busy servers over all servers.
    pub utilisation: Ratio,
}

/// Erlang A, M/M/c+M: each waiting request gives up at rate `patience` (1/mean patience).
///
/// p(c+j) = p(c)·Π λ/(cμ + iθ), i = 1..j; abandoned = θ·Lq/λ. A steady state exists at any load.
/// Source: Palm (1957); Zeltyn & Mandelbaum, *Queueing Systems* 51 (2005).
///
/// # Errors
/// If a rate is zero or there are no servers (at most a million); `TooLarge` if the
/// queue at which as many leave as come, (λ − cμ)/θ, is above ten million.
pub fn erlang_a(arrivals: Rate, service: Rate, servers: u32, patience: Rate) -> Sized<Abandonment> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let mu = guard::rate("the service rate", service)?;
    let theta = guard::rate("the rate of giving up", patience)?;
    let c = guard::count("the number of servers", servers, MOST_SERVERS)?;
    // The sum runs some deviations past the queue at which as many leave as come.
    let terms = (lambda - c * mu).max(0.0) / theta + 10.0 * (lambda / theta).sqrt();
    guard::limit("the queue at which as many leave as come", terms as u64, 10_000_000)?;
    let below = idle_over_last(servers, lambda / mu) * c * mu / lambda;
    // Weights of c, c+1, … relative to p(c); rescaled when they grow.
    let (mut weight, mut scale) = (1.0, 1.0);
    let (mut waiting, mut queue, mut served, mut served_wait) = (0.0, 0.0, 0.0, 0.0);
    let mut stage_time = 0.0;
    let mut j = 0.0;
    loop {
        // An arrival that finds c+j inside gets through j+1 races against its own patience.
        stage_time += 1.0 / (c * mu + (j + 1.0) * theta);
        let through = c * mu / (c * mu + (j + 1.0) * theta);
        waiting += weight;
        queue += weight * j;
        served += weight * through;
        served_wait += weight * through * stage_time;
        let step = lambda / (c * mu + (j + 1.0) * theta);
        weight *= step;
        j += 1.0;
        if step < 1.0 && weight * (j + 1.0) <= 1e-18 * waiting * (1.0 - step) {
            break;
        }
        if weight > 1e200 {
            for sum in [&mut weight, &mut scale, &mut waiting, &mut queue, &mut served, &mut served_wait] {
                *sum *= 1e-200;
            }
        }
    }
    let total = below * scale + waiting;
    let (queue, wait_share) = (queue / total, waiting / total);
    let free = below * scale / total;
    let throughput = lambda - theta * queue;
    Ok(Abandonment {
        abandoned: to_ratio(theta * queue / lambda),
        waiting: to_ratio(wait_share),
        mean_wait: to_span(queue / lambda),
        mean_wait_served: to_span(served_wait / total / (free + served / total)),
        mean_queue: queue,
        throughput: to_rate(throughput),
        utilisation: to_ratio(throughput / (c * mu)),
    })
}

/// M/M/c+D: a request that has not started after `patience` leaves the queue.
///
/// The virtual wait has density λ·p(c−1)·exp(−(cμ−λ)x) below τ and falls at rate cμ above it. A steady state
/// exists at any load.
/// Source: Barrer (1957); Baccelli & Hebuterne (1981); Zeltyn & Mandelbaum (2005).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeterministicPatience {
    arrivals: f64,
    service: f64,
    servers: f64,
    patience: f64,
    /// Share that finds a free server.
    free: f64,
    /// Virtual-wait density just above 0 [1/s].
    density: f64,
}

impl DeterministicPatience {
    /// Takes the arrival rate, the service rate of a server, the servers (1 to a million) and the patience.
    ///
    /// # Errors
    /// If an input is zero.
    pub fn new(arrivals: Rate, service: Rate, servers: u32, patience: Span) -> Sized<Self> {
        let arrivals = guard::rate("the arrival rate", arrivals)?;
        let service = guard::rate("the service rate", service)?;
        let c = guard::count("the number of servers", servers, MOST_SERVERS)?;
        let patience = guard::span("the patience", patience)?;
        let idle = idle_over_last(servers, arrivals / service);
        let slope = c * service - arrivals;
        // In deep overload exp(−slope·τ) overflows: weigh everything by its inverse.
        let shift = (slope * patience).min(0.0);
        let above = (-slope * patience + shift).exp() / (c * service);
        let total = idle * shift.exp() + arrivals * (decay(slope, patience, shift) + above);
        let last = shift.exp() / total;
        Ok(DeterministicPatience {
            arrivals,
            service,
            servers: c,
            patience,
            free: idle * last,
            density: arrivals / total,
        })
    }

    /// The long-run means.
    pub fn performance(&self) -> Abandonment {
        let (slope, tau) = (self.slope(), self.patience);
        let shift = (slope * tau).min(0.0);
        let above = self.density * (-slope * tau + shift).exp() / (self.servers * self.service);
        let waited = self.density * decay(slope, tau, shift);
        let waited_time = self.density * decay_time(slope, tau, shift);
        let mean_wait = waited_time + tau * above;
        let throughput = self.arrivals * (1.0 - above);
        Abandonment {
            abandoned: to_ratio(above),
            waiting: to_ratio(waited + above),
            mean_wait: to_span(mean_wait),
            mean_wait_served: to_span(waited_time / (1.0 - above)),
            mean_queue: self.arrivals * mean_wait,
            throughput: to_rate(throughput),
            utilisation: to_ratio(throughput / (self.servers * self.service)),
        }
    }

    /// The wait that a share `p` of the served requests does not exceed.
    ///
    /// # Errors
    /// If `p` is not below 1.
    pub fn served_wait_quantile(&self, p: Ratio) -> Sized<Span> {
        let p = guard::share_below_one("the probability", p)?;
        let shift = (self.slope() * self.patience).min(0.0);
        let served = self.free + self.density * decay(self.slope(), self.patience, shift);
        let target = p * served - self.free;
        if target <= 0.0 {
            return Ok(Span::ZERO);
        }
        let excess = |x: f64| self.density * decay(self.slope(), x, shift) - target;
        Ok(to_span(root::bisect(excess, 0.0, self.patience)))
    }

    fn slope(&self) -> f64 {
        self.servers * self.service - self.arrivals
    }
}

/// (p(0) + … + p(c−1))/p(c−1) of the birth-death chain with load a.
fn idle_over_last(servers: u32, load: f64) -> f64 {
    (1..servers).fold(1.0, |sum, k| 1.0 + sum * f64::from(k) / load)
}

/// exp(shift)·∫₀ˣ exp(−slope·u) du.
fn decay(slope: f64, x: f64, shift: f64) -> f64 {
    let y = slope * x;
    if y.abs() < 1e-12 {
        x * shift.exp()
    } else if y > -1.0 {
        -(-y).exp_m1() / slope * shift.exp()
    } else {
        // exp(−y) may overflow; exp(shift − y) does not.
        ((shift - y).exp() - shift.exp()) / -slope
    }
}

/// exp(shift)·∫₀ˣ u·exp(−slope·u) du.
fn decay_time(slope: f64, x: f64, shift: f64) -> f64 {
    let y = slope * x;
    if y.abs() < 1e-2 {
        let series = [1.0 / 2.0, -1.0 / 3.0, 1.0 / 8.0, -1.0 / 30.0, 1.0 / 144.0, -1.0 / 840.0, 1.0 / 5760.0];
        let sum = series.iter().rev().fold(0.0, |sum, term| sum * y + term);
        x * x * sum * shift.exp()
    } else {
        (shift.exp() - (shift - y).exp() * (1.0 + y)) / (slope * slope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_patience_is_erlang_c() {
        let (arrivals, service) = (Rate::per_second(80.0), Rate::per_second(100.0));
        let patient = DeterministicPatience::new(arrivals, service, 1, Span::from_secs(10)).unwrap();
        assert!((patient.performance().mean_wait.as_secs_f64() - 0.04).abs() < 2e-9);
        let relaxed = erlang_a(arrivals, service, 1, Rate::per_second(1e-9)).unwrap();
        assert!((relaxed.mean_wait.as_secs_f64() - 0.04).abs() < 1e-7);
    }

    #[test]
    fn deep_overload_serves_at_capacity() {
        let queue = DeterministicPatience::new(
            Rate::per_second(100_000.0),
            Rate::per_second(100.0),
            10,
            Span::from_secs(100),
        );
        let means = queue.unwrap().performance();
        assert!((means.throughput.as_per_second() - 1000.0).abs() < 1e-6);
        assert!((means.abandoned.as_fraction() - 0.99).abs() < 1e-9);
    }
}
