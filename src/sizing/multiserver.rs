//! Several servers with fixed service (M/D/c), general arrivals (G/M/c), or neither simple (approximation).

use super::guard::{self, Sized, to_ratio, to_span};
use super::matrix::Matrix;
use super::performance::Performance;
use super::{erlang, root, single};
use crate::units::{Rate, Ratio, Span};

/// Poisson arrivals, a fixed service time D, c servers (M/D/c); with c = 1, M/D/1.
///
/// Whoever is in service now has left D later, so that the number inside obeys
/// π(n) = a(n)·Σ_{i≤c} π(i) + Σ_{i=c+1}^{n+c} π(i)·a(n+c−i), a = Poisson(λD); then
/// P(wait ≤ x) = e^{−y}·Σ_{j<kc} Q(kc−j−1)·y^j/j!, y = λ(kD−x), (k−1)D ≤ x < kD, Q(j) = Σ_{i≤c+j} π(i).
/// Source: Erlang (1909); Crommelin (1932); Franx, *Operations Research Letters* 29 (2001).
#[derive(Clone, Debug, PartialEq)]
pub struct Mdc {
    arrivals: f64,
    service: f64,
    servers: usize,
    /// P(number inside ≤ n).
    at_most: Vec<f64>,
    /// P(n+1)/P(n) far out.
    decay: f64,
    waiting: f64,
    queue: f64,
}

/// The largest system of equations that is set up.
const MOST_STATES: usize = 1_500;

impl Mdc {
    /// Takes the arrival rate, the service time, and the servers (1 to 200).
    ///
    /// # Errors
    /// `Unstable` if λD ≥ c; if an input is zero; `TooLarge` if the load is so near to capacity that the
    /// equations grow beyond 1,500.
    pub fn new(arrivals: Rate, service: Span, servers: u32) -> Sized<Self> {
        let arrivals = guard::rate("the arrival rate", arrivals)?;
        let service = guard::span("the service time", service)?;
        let c = guard::count("the number of servers", servers, 200)?;
        let load = arrivals * service;
        guard::stable(load / c)?;
        let servers = servers as usize;
        // π(n) falls as decayⁿ where load·(1/decay − 1) = c·ln(1/decay).
        let growth =
            root::bisect(|t| load * (t - 1.0) - c * t.ln(), c / load, 2.0 * (c / load).powi(2) + 4.0);
        let decay = 1.0 / growth;
        // Where the geometric tail takes over the next root has died out: 40 e-foldings of a slower bound.
        let states = servers * 6 + 40 + (36.0 / -decay.ln() / 2.0).min(1e6) as usize;
        guard::limit("the system of equations", states as u64, MOST_STATES as u64)?;
        let inside = crommelin(load, servers, states, decay)?;
        let mut at_most = vec![];
        let mut sum = 0.0;
        for p in &inside {
            sum += p;
            at_most.push(sum);
        }
        let last = inside[states - 1];
        let waiting = 1.0 - at_most[servers - 1];
        let over = (states - servers) as f64;
        let queue =
            inside.iter().enumerate().skip(servers).map(|(n, p)| (n - servers) as f64 * p).sum::<f64>()
                + last * decay / (1.0 - decay) * (over - 1.0 + 1.0 / (1.0 - decay));
        Ok(Mdc { arrivals, service, servers, at_most, decay, waiting, queue })
    }

    /// Probability that a request must wait.
    pub fn wait_probability(&self) -> Ratio {
        to_ratio(self.waiting)
    }

    /// The long-run means.
    pub fn performance(&self) -> Performance {
        Performance::from_wait(self.arrivals, self.queue / self.arrivals, self.service, self.servers as f64)
    }

    /// Probability that a request waits longer than `wait`.
    pub fn wait_tail(&self, wait: Span) -> Ratio {
        to_ratio(self.wait_tail_at(wait.as_secs_f64()))
    }

    /// The wait that a share `p` of the requests does not exceed; the response time is D more.
    ///
    /// # Errors
    /// If `p` is not below 1.
    pub fn wait_quantile(&self, p: Ratio) -> Sized<Span> {
        let p = guard::share_below_one("the probability", p)?;
        Ok(to_span(root::quantile(|x| self.wait_tail_at(x), p, self.service)))
    }

    fn wait_tail_at(&self, x: f64) -> f64 {
        let k = (x / self.service).floor() + 1.0;
        let mean = self.arrivals * (k * self.service - x);
        let terms = k as usize * self.servers;
        // One minus the sum, term by term: P(Poisson ≥ terms) + Σ Poisson(j)·(1 − Q(terms−j−1)).
        let within: f64 = (0..terms)
            .map(|j| root::poisson(j as u64, mean) * self.above(self.servers + terms - j - 1))
            .sum();
        let beyond = statrs::function::gamma::checked_gamma_lr(terms as f64, mean).unwrap_or(0.0);
        within + beyond
    }

    /// P(number inside > n).
    fn above(&self, n: usize) -> f64 {
        let last = self.at_most.len() - 1;
        let left = |n: usize| (1.0 - self.at_most[n]).max(0.0);
        if n <= last { left(n) } else { left(last) * self.decay.powf((n - last) as f64) }
    }
}

/// π(0..states), with π(n) = π(states−1)·decay^(n−states+1) beyond, normalised with its tail.
fn crommelin(load: f64, c: usize, states: usize, decay: f64) -> Sized<Vec<f64>> {
    let coming: Vec<f64> = (0..states + c).map(|n| root::poisson(n as u64, load)).collect();
    // Row n: π(n) − Σ = 0; the equation of n = 0 is replaced by Σπ = 1.
    let mut equations = Matrix::zeros(states, states);
    for n in 0..states {
        equations[(n, n)] += 1.0;
        for i in 0..=c {
            equations[(n, i)] -= coming[n];
        }
        for i in c + 1..=n + c {
            let share = coming[n + c - i];
            if i < states {
                equations[(n, i)] -= share;
            } else {
                equations[(n, states - 1)] -= share * decay.powi((i - states + 1) as i32);
            }
        }
    }
    for i in 0..states {
        equations[(0, i)] = 1.0;
    }
    equations[(0, states - 1)] = 1.0 / (1.0 - decay);
    let mut right = Matrix::zeros(states, 1);
    right[(0, 0)] = 1.0;
    let solution = equations.solve(right)?;
    Ok((0..states).map(|n| solution[(n, 0)].max(0.0)).collect())
}

/// General independent arrivals, exponential service, c servers (G/M/c): share that waits, and means.
///
/// With σ the root of σ = A*(cμ(1−σ)), φ(j) = A*(jμ), C(j) = Π φ(i)/(1−φ(i)):
/// P(wait) = A/(1−σ), 1/A = 1/(1−σ) + Σ_{j=1}^{c} binom(c,j)/(C(j)(1−φ(j)))·(c(1−φ(j))−j)/(c(1−σ)−j).
/// Source: Takács, *Introduction to the Theory of Queues* (1962), chapter 2.
///
/// # Errors
/// `Unstable` if λ ≥ cμ; if a rate is zero; more than 30 servers, where the alternating sum loses its digits.
pub fn general_arrivals(
    arrivals: Rate,
    service: Rate,
    servers: u32,
    transform: impl Fn(f64) -> f64,
) -> Sized<(Ratio, Performance)> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let mu = guard::rate("the service rate", service)?;
    let c = guard::count("the number of servers", servers, 30)?;
    guard::stable(lambda / (c * mu))?;
    let sigma = single::sigma(c * mu, &transform)?;
    let mut sum = 1.0 / (1.0 - sigma);
    let (mut choose, mut product) = (1.0, 1.0);
    for j in 1..=servers {
        let k = f64::from(j);
        let phi = transform(k * mu);
        choose *= (c - k + 1.0) / k;
        product *= phi / (1.0 - phi);
        sum += choose / (product * (1.0 - phi)) * takacs_ratio(c, k, mu, sigma, &transform);
    }
    let waiting = 1.0 / (sum * (1.0 - sigma));
    let wait = waiting / (c * mu * (1.0 - sigma));
    Ok((to_ratio(waiting), Performance::from_wait(lambda, wait, 1.0 / mu, c)))
}

/// (c(1−φ(j)) − j)/(c(1−σ) − j), which has a finite limit where both vanish: with s = c(1−σ), a root of
/// g(x) = c(1 − A*(xμ)) − x, it is minus the mean slope of g between s and j.
fn takacs_ratio(c: f64, j: f64, mu: f64, sigma: f64, transform: impl Fn(f64) -> f64) -> f64 {
    let s = c * (1.0 - sigma);
    let g = |x: f64| c * (1.0 - transform(x * mu)) - x;
    if (s - j).abs() > 1e-3 {
        return g(j) / (s - j);
    }
    let h = 1e-2;
    let slope = |x: f64| (8.0 * (g(x + h) - g(x - h)) - (g(x + 2.0 * h) - g(x - 2.0 * h))) / (12.0 * h);
    let middle = 0.5 * (s + j);
    -slope(middle)
}

/// Approximate mean wait with general arrivals and service, c servers (G/G/c).
///
/// Wq ≈ C(c, ρ)/(cμ − λ)·(ca² + cs²)/2 with the squared coefficients of variation of interarrival and service
/// times. Exact for M/M/c and M/G/1; for Poisson arrivals usually within 10 % at ρ ≥ 0.7, but too high when
/// both coefficients are below one and the load is light, and of little use for correlated arrivals.
/// Source: Allen, *Probability, Statistics and Queueing Theory* (1990), section 6.
///
/// # Errors
/// `Unstable` if λ ≥ cμ; if a rate is zero or a coefficient negative.
pub fn allen_cunneen(
    arrivals: Rate,
    service: Rate,
    servers: u32,
    arrival_scv: f64,
    service_scv: f64,
) -> Sized<Performance> {
    let lambda = guard::rate("the arrival rate", arrivals)?;
    let mu = guard::rate("the service rate", service)?;
    let ca = guard::at_least("the variation of arrivals", arrival_scv, 0.0, "finite and not negative")?;
    let cs = guard::at_least("the variation of service", service_scv, 0.0, "finite and not negative")?;
    let c = f64::from(servers);
    let delayed = erlang::delay(servers, lambda / mu)?;
    let wait = delayed / (c * mu - lambda) * 0.5 * (ca + cs);
    Ok(Performance::from_wait(lambda, wait, 1.0 / mu, c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fixed_server_has_the_pollaczek_mean() {
        let queue = Mdc::new(Rate::per_second(90.0), Span::from_millis(10), 1).unwrap();
        assert!((queue.performance().mean_wait.as_secs_f64() - 0.045).abs() < 1.1e-9);
        assert!((queue.wait_probability().as_fraction() - 0.9).abs() < 1e-12);
    }

    #[test]
    fn poisson_arrivals_give_erlang_c() {
        let (arrivals, service) = (Rate::per_second(80.0), Rate::per_second(10.0));
        let poisson = single::erlang_transform(1, arrivals);
        let (waiting, means) = general_arrivals(arrivals, service, 10, poisson).unwrap();
        let expected = erlang::delay(10, 8.0).unwrap();
        // λ and μ are such that Takács's quotient is 0/0 for j = 2.
        assert!((waiting.as_fraction() - expected).abs() < 1e-7);
        let approximate = allen_cunneen(arrivals, service, 10, 1.0, 1.0).unwrap();
        assert!((means.mean_queue - approximate.mean_queue).abs() < 1e-6);
    }
}
