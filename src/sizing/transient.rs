//! Queues on their way: what a surge leaves behind, and when it is gone.

use super::guard::{self, Sized, to_rate, to_ratio, to_span};
use super::root;
use crate::units::{Rate, Ratio, Span};

/// A queue M(t)/M/c followed through time, with optional exponential patience of those who wait.
///
/// Solves the Kolmogorov equations of the birth-death chain by uniformisation (Jensen 1953): the chain is
/// sampled at the ticks of a Poisson clock faster than any of its rates. States whose probability has fallen
/// below 1e-30 at the edges are skipped.
#[derive(Clone, Debug, PartialEq)]
pub struct Transient {
    service: f64,
    servers: usize,
    patience: f64,
    inside: Vec<f64>,
}

/// The most requests that are followed.
const MOST_PLACES: u32 = 50_000;
/// The most state updates of one `advance`.
const MOST_WORK: f64 = 5e9;

impl Transient {
    /// An empty queue of c servers that can hold `places`; requests beyond are dropped, so make it ample.
    ///
    /// `patience` is the rate at which each waiting request gives up (zero: never).
    ///
    /// # Errors
    /// If `service` or `servers` is zero, or there are fewer places than servers or more than 50,000.
    pub fn empty(service: Rate, servers: u32, patience: Rate, places: u32) -> Sized<Self> {
        let service = guard::rate("the service rate", service)?;
        guard::count("the number of servers", servers, MOST_PLACES)?;
        guard::count("the number of places", places, MOST_PLACES)?;
        guard::at_least(
            "the number of places",
            places.into(),
            servers.into(),
            "at least the number of servers",
        )?;
        let patience = guard::rate_or_zero("the rate of giving up", patience)?;
        let mut inside = vec![0.0; places as usize + 1];
        inside[0] = 1.0;
        Ok(Transient { service, servers: servers as usize, patience, inside })
    }

    /// The same queue in its steady state at this arrival rate.
    ///
    /// # Errors
    /// If the rate is zero.
    pub fn settle(&mut self, arrivals: Rate) -> Sized<()> {
        let lambda = guard::rate("the arrival rate", arrivals)?;
        let mut logs = vec![0.0];
        for n in 1..self.inside.len() {
            logs.push(logs[n - 1] + (lambda / self.leaving(n)).ln());
        }
        let highest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = logs.iter().map(|log| (log - highest).exp()).sum();
        self.inside = logs.iter().map(|log| (log - highest).exp() / total).collect();
        Ok(())
    }

    /// Lets this long pass with this arrival rate.
    ///
    /// # Errors
    /// `TooLarge` if that would take more than 5·10⁹ state updates.
    pub fn advance(&mut self, arrivals: Rate, span: Span) -> Sized<()> {
        let lambda = guard::rate_or_zero("the arrival rate", arrivals)?;
        let mut left = span.as_secs_f64();
        let fastest = lambda + self.leaving(self.inside.len() - 1);
        guard::limit(
            "the number of state updates",
            (left * fastest * self.inside.len() as f64) as u64,
            MOST_WORK as u64,
        )?;
        while left > 0.0 {
            // The clock need only outrun the states that can be reached within the step.
            let occupied = self.inside.iter().rposition(|p| *p > 1e-30).unwrap_or(0);
            let step = left.min(1.0_f64.max(200.0 / fastest)).min(2_000.0 / fastest);
            let coming = lambda * step;
            let highest = occupied + (coming + 9.0 * coming.sqrt() + 60.0) as usize;
            self.tick(lambda, step, highest.min(self.inside.len() - 1));
            left -= step;
        }
        Ok(())
    }

    fn tick(&mut self, lambda: f64, step: f64, highest: usize) {
        let clock = lambda + self.leaving(highest);
        let weights = root::poisson_weights(clock * step);
        let down: Vec<f64> = (0..=highest).map(|n| self.leaving(n) / clock).collect();
        let up: Vec<f64> = (0..=highest).map(|n| if n < highest { lambda / clock } else { 0.0 }).collect();
        let mut state = self.inside[..=highest].to_vec();
        let mut sum = vec![0.0; highest + 1];
        let mut next = vec![0.0; highest + 1];
        for (tick, weight) in weights.iter().enumerate() {
            if tick > 0 {
                for n in 0..=highest {
                    let below = if n > 0 { state[n - 1] * up[n - 1] } else { 0.0 };
                    let above = if n < highest { state[n + 1] * down[n + 1] } else { 0.0 };
                    next[n] = state[n] * (1.0 - up[n] - down[n]) + below + above;
                }
                std::mem::swap(&mut state, &mut next);
            }
            if *weight > 0.0 {
                for (total, p) in sum.iter_mut().zip(&state) {
                    *total += weight * p;
                }
            }
        }
        let total: f64 = sum.iter().sum();
        self.inside[..=highest].iter_mut().zip(&sum).for_each(|(p, s)| *p = s / total);
    }

    fn leaving(&self, n: usize) -> f64 {
        let busy = n.min(self.servers);
        busy as f64 * self.service + (n - busy) as f64 * self.patience
    }

    /// Mean number inside \[requests].
    pub fn mean_in_system(&self) -> f64 {
        self.mean(|n| n as f64)
    }

    /// Standard deviation of the number inside \[requests].
    pub fn deviation(&self) -> f64 {
        let mean = self.mean_in_system();
        self.mean(|n| (n as f64 - mean).powi(2)).sqrt()
    }

    /// Probability that nothing is inside.
    pub fn empty_probability(&self) -> Ratio {
        to_ratio(self.inside[0])
    }

    /// Probability that all servers are busy.
    pub fn wait_probability(&self) -> Ratio {
        to_ratio(self.inside[self.servers..].iter().sum())
    }

    /// Mean wait that an arrival would face now if nobody gave up: E max(N − c + 1, 0)/(cμ).
    pub fn mean_wait_now(&self) -> Span {
        let ahead = self.mean(|n| (n + 1).saturating_sub(self.servers) as f64);
        to_span(ahead / (self.servers as f64 * self.service))
    }

    /// Rate at which waiting requests give up now.
    pub fn abandonment_rate(&self) -> Rate {
        to_rate(self.patience * self.mean(|n| n.saturating_sub(self.servers) as f64))
    }

    /// Probability that everything is full, which should be negligible: otherwise give more places.
    pub fn full_probability(&self) -> Ratio {
        to_ratio(self.inside[self.inside.len() - 1])
    }

    fn mean(&self, of: impl Fn(usize) -> f64) -> f64 {
        self.inside.iter().enumerate().map(|(n, p)| of(n) * p).sum()
    }
}

/// What a surge piles up, and how long it takes to go away once the surge is over: (λ₁−cμ)·T requests, gone after
/// that many over (cμ−λ₀) seconds.
///
/// A fluid approximation: right to within the square root of the numbers. Source: Newell, *Applications of
/// Queueing Theory* (1982), chapter 2.
///
/// # Errors
/// `Unstable` if the calm rate is not below capacity; if a rate is zero.
pub fn surge_backlog(calm: Rate, surge: Rate, length: Span, capacity: Rate) -> Sized<(f64, Span)> {
    let capacity = guard::rate("the capacity", capacity)?;
    let calm = guard::rate_or_zero("the calm rate", calm)?;
    guard::stable(calm / capacity)?;
    let backlog = ((surge.as_per_second() - capacity) * length.as_secs_f64()).max(0.0);
    Ok((backlog, to_span(backlog / (capacity - calm))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steady_state_stays() {
        let rate = Rate::per_second(60.0);
        let mut queue = Transient::empty(Rate::per_second(10.0), 10, Rate::default(), 300).unwrap();
        queue.settle(rate).unwrap();
        let before = queue.mean_in_system();
        queue.advance(rate, Span::from_secs(3)).unwrap();
        assert!((queue.mean_in_system() - before).abs() < 1e-9);
    }

    #[test]
    fn without_arrivals_a_busy_server_empties_exponentially() {
        let mut queue = Transient::empty(Rate::per_second(2.0), 1, Rate::default(), 1).unwrap();
        queue.settle(Rate::per_second(2.0)).unwrap();
        queue.advance(Rate::default(), Span::from_secs(1)).unwrap();
        assert!((queue.mean_in_system() - 0.5 * (-2.0_f64).exp()).abs() < 1e-12);
    }
}
