//! One server with general service (M/G/1) or general arrivals (G/M/1).

use super::SizingError;
use super::guard::{self, Sized, to_ratio, to_span};
use super::moments::Moments;
use super::performance::Performance;
use super::phase::PhaseType;
use super::root;
use crate::units::{Rate, Ratio, Span};

/// Poisson arrivals, any service law, one server, first come first served (M/G/1).
///
/// Wq = λE S²/(2(1−ρ)); E Wq² = 2Wq² + λE S³/(3(1−ρ)).
/// Source: Pollaczek (1930), Khinchine (1932); Takács (1962) for the second moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mg1 {
    arrivals: f64,
    service: Moments,
}

impl Mg1 {
    /// Takes the arrival rate and the moments of the service time.
    ///
    /// # Errors
    /// `Unstable` if λ·E S ≥ 1; if the rate is zero.
    pub fn new(arrivals: Rate, service: Moments) -> Sized<Self> {
        let arrivals = guard::rate("the arrival rate", arrivals)?;
        guard::stable(arrivals * service.first())?;
        Ok(Mg1 { arrivals, service })
    }

    /// The long-run means; the share of arrivals that wait equals the utilisation.
    pub fn performance(&self) -> Performance {
        Performance::from_wait(self.arrivals, self.mean_wait(), self.service.first(), 1.0)
    }

    /// Standard deviation of the wait.
    pub fn wait_deviation(&self) -> Span {
        let mean = self.mean_wait();
        let free = 1.0 - self.arrivals * self.service.first();
        to_span((mean * mean + self.arrivals * self.service.third() / (3.0 * free)).sqrt())
    }

    fn mean_wait(&self) -> f64 {
        residual_work(self.arrivals, &self.service) / (1.0 - self.arrivals * self.service.first())
    }
}

/// Mean residual service met by an arrival [s]: λ·E S²/2.
pub(super) fn residual_work(arrivals: f64, service: &Moments) -> f64 {
    0.5 * arrivals * service.second()
}

/// Waiting and response times of M/PH/1: one server, Poisson arrivals, phase-type service.
///
/// The wait is again phase-type: with probability ρ it starts in a residual service, and each service that
/// ends is followed by another with probability ρ.
/// Source: Neuts (1981), section 3.2.
#[derive(Clone, Debug)]
pub struct Mph1 {
    wait: PhaseType,
    response: PhaseType,
}

impl Mph1 {
    /// Takes the arrival rate and the service law.
    ///
    /// # Errors
    /// `Unstable` if λ·E S ≥ 1; if the rate is zero.
    pub fn new(arrivals: Rate, service: &PhaseType) -> Sized<Self> {
        let arrivals = guard::rate("the arrival rate", arrivals)?;
        guard::stable(arrivals * service.raw_moments()[0])?;
        let wait = service.wait_at(arrivals);
        let response = wait.followed_by(service);
        Ok(Mph1 { wait, response })
    }

    /// The law of the wait.
    pub fn wait(&self) -> &PhaseType {
        &self.wait
    }

    /// The law of wait and service together.
    pub fn response(&self) -> &PhaseType {
        &self.response
    }
}

/// General independent arrivals, exponential service, one server (G/M/1).
///
/// An arrival finds n inside with probability (1−σ)σⁿ, where σ is the root below one of σ = A*(μ(1−σ)) and A*
/// the Laplace transform of the time between arrivals. P(wait > t) = σ·exp(−μ(1−σ)t).
/// Source: Kleinrock, *Queueing Systems* 1, chapter 6.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gm1 {
    arrivals: f64,
    service: f64,
    sigma: f64,
}

impl Gm1 {
    /// Takes the mean arrival rate, the service rate, and s [1/s] ↦ E exp(−s·interarrival time).
    ///
    /// # Errors
    /// `Unstable` if λ ≥ μ; if a rate is zero; `NoConvergence` if the transform is not one.
    pub fn new(arrivals: Rate, service: Rate, transform: impl Fn(f64) -> f64) -> Sized<Self> {
        let arrivals = guard::rate("the arrival rate", arrivals)?;
        let service = guard::rate("the service rate", service)?;
        guard::stable(arrivals / service)?;
        let sigma = sigma(service, transform)?;
        Ok(Gm1 { arrivals, service, sigma })
    }

    /// The share of arrivals that must wait, σ.
    pub fn wait_probability(&self) -> Ratio {
        to_ratio(self.sigma)
    }

    /// The long-run means.
    pub fn performance(&self) -> Performance {
        Performance::from_wait(self.arrivals, self.sigma / self.spare(), 1.0 / self.service, 1.0)
    }

    /// The wait that a share `p` of the requests does not exceed.
    ///
    /// # Errors
    /// If `p` is not below 1.
    pub fn wait_quantile(&self, p: Ratio) -> Sized<Span> {
        let p = guard::share_below_one("the probability", p)?;
        Ok(to_span(((self.sigma / (1.0 - p)).ln() / self.spare()).max(0.0)))
    }

    /// The response time that a share `p` of the requests does not exceed: exponential of rate μ(1−σ).
    ///
    /// # Errors
    /// If `p` is not below 1.
    pub fn response_quantile(&self, p: Ratio) -> Sized<Span> {
        let p = guard::share_below_one("the probability", p)?;
        Ok(to_span(-(-p).ln_1p() / self.spare()))
    }

    fn spare(&self) -> f64 {
        self.service * (1.0 - self.sigma)
    }
}

/// The root in (0, 1) of σ = A*(capacity·(1−σ)).
pub(super) fn sigma(capacity: f64, transform: impl Fn(f64) -> f64) -> Sized<f64> {
    let mut sigma = 0.0;
    // From below the iteration climbs to the smallest root; it is only the start of the bisection.
    for _ in 0..200 {
        sigma = transform(capacity * (1.0 - sigma));
    }
    if !(0.0..1.0).contains(&sigma) {
        return Err(SizingError::NoConvergence { what: "the root of σ = A*(μ(1−σ))" });
    }
    let excess = |x: f64| x - transform(capacity * (1.0 - x));
    let mut high = sigma;
    let mut step = 1e-6 * (1.0 - sigma);
    while excess(high) <= 0.0 && step < 1.0 {
        high = (sigma + step).min(1.0 - 1e-15);
        step *= 2.0;
    }
    Ok(root::bisect(excess, 0.0, high))
}

/// E exp(−sX) of an Erlang time with this many stages and this rate of events.
pub fn erlang_transform(stages: u32, events: Rate) -> impl Fn(f64) -> f64 {
    let (k, rate) = (f64::from(stages), events.as_per_second());
    move |s| (1.0 + s / (k * rate)).powf(-k)
}

/// E exp(−sX) of a time uniform between 0 and twice its mean.
pub fn uniform_transform(events: Rate) -> impl Fn(f64) -> f64 {
    let longest = 2.0 / events.as_per_second();
    move |s| {
        let y = s * longest;
        if y == 0.0 { 1.0 } else { -(-y).exp_m1() / y }
    }
}

/// E exp(−sX) of a fixed time between events: arrivals paced by a clock.
pub fn paced_transform(events: Rate) -> impl Fn(f64) -> f64 {
    let gap = 1.0 / events.as_per_second();
    move |s| (-s * gap).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_service_gives_m_m_1() {
        let service = Moments::exponential(Span::from_millis(10)).unwrap();
        let queue = Mg1::new(Rate::per_second(80.0), service).unwrap();
        assert_eq!(queue.performance().mean_wait, Span::from_millis(40));
    }

    #[test]
    fn poisson_arrivals_give_sigma_rho() {
        let (arrivals, service) = (Rate::per_second(99.0), Rate::per_second(100.0));
        let queue = Gm1::new(arrivals, service, erlang_transform(1, arrivals)).unwrap();
        assert!((queue.wait_probability().as_fraction() - 0.99).abs() < 1e-12);
    }

    #[test]
    fn phase_type_waits_have_the_pollaczek_mean() {
        let law = PhaseType::erlang(4, Span::from_millis(10)).unwrap();
        let queue = Mph1::new(Rate::per_second(80.0), &law).unwrap();
        assert_eq!(queue.wait().moments().mean(), Span::from_millis(25));
        assert_eq!(queue.response().moments().mean(), Span::from_millis(35));
    }
}
