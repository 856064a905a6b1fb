//! Disciplines other than first come first served: processor sharing and shortest remaining first.

use super::guard::{self, Sized, to_span};
use super::performance::Performance;
use super::phase::TailSeries;
use super::root;
use crate::units::{Rate, Ratio, Span};

/// Processor sharing with any service law (M/G/1-PS): means depend on the mean service only.
///
/// L = ρ/(1−ρ), W = E S/(1−ρ); a job of size x takes x/(1−ρ); P(N ≥ n) = ρⁿ. `mean_wait` is the time lost to
/// sharing, W − E S.
/// Source: Kleinrock, *Queueing Systems* 2, section 4.4; Kelly (1979).
///
/// # Errors
/// `Unstable` if λ·E S ≥ 1; if an input is zero.
pub fn processor_sharing(arrivals: Rate, mean_service: Span) -> Sized<Performance> {
    let arrivals = guard::rate("the arrival rate", arrivals)?;
    let mean = guard::span("the mean service time", mean_service)?;
    let busy = guard::stable(arrivals * mean)?;
    Ok(Performance::from_wait(arrivals, mean * busy / (1.0 - busy), mean, 1.0))
}

/// Response time of a job of this size under processor sharing: size/(1−ρ), on average.
///
/// # Errors
/// `Unstable` if `utilisation` is not below 1.
pub fn shared_response(size: Span, utilisation: Ratio) -> Sized<Span> {
    let busy = guard::stable(utilisation.as_fraction())?;
    Ok(to_span(size.as_secs_f64() / (1.0 - busy)))
}

/// Exponential jobs under processor sharing (M/M/1-PS).
#[derive(Clone, Debug)]
pub struct SharedExponential {
    service: f64,
    busy: f64,
    series: TailSeries,
}

/// Beyond this utilisation the chain that is followed grows too long.
const HIGHEST_UTILISATION: f64 = 0.995;

impl SharedExponential {
    /// Takes the arrival rate and the service rate.
    ///
    /// # Errors
    /// `Unstable` if the utilisation is above 0.995 (beyond which the percentiles take too long); if a rate is
    /// zero.
    pub fn new(arrivals: Rate, service: Rate) -> Sized<Self> {
        let lambda = guard::rate("the arrival rate", arrivals)?;
        let mu = guard::rate("the service rate", service)?;
        let busy = lambda / mu;
        if busy > HIGHEST_UTILISATION {
            return Err(super::SizingError::Unstable { utilisation: busy });
        }
        Ok(SharedExponential { service: mu, busy, series: tagged_job(lambda, mu) })
    }

    /// Standard deviation of the response time: Var = (E S)²·(2+ρ)/((1−ρ)²(2−ρ)).
    ///
    /// Source: Coffman, Muntz & Trotter, *JACM* 17 (1970).
    pub fn response_deviation(&self) -> Span {
        let free = 1.0 - self.busy;
        let variance = (2.0 + self.busy) / (free * free * (2.0 - self.busy));
        to_span(variance.sqrt() / self.service)
    }

    /// The response time that a share `p` of the jobs does not exceed.
    ///
    /// The other jobs form a birth-death chain; the tagged one ends at rate μ/(n+1) with n others. Solved by
    /// uniformisation.
    ///
    /// # Errors
    /// If `p` is not below 1.
    pub fn response_quantile(&self, p: Ratio) -> Sized<Span> {
        let p = guard::share_below_one("the probability", p)?;
        Ok(to_span(self.series.quantile(p)))
    }
}

fn tagged_job(lambda: f64, mu: f64) -> TailSeries {
    let busy = lambda / mu;
    let others = (-40.0 / busy.ln()).ceil().max(20.0) as usize + 40;
    let start = (0..others).map(|n| (1.0 - busy) * busy.powi(n as i32)).collect();
    let clock = lambda + mu;
    TailSeries::new(clock, start, |state| {
        let mut next = vec![0.0; others];
        for (n, p) in state.iter().enumerate() {
            let up = if n + 1 < others { lambda } else { 0.0 };
            let down = mu * n as f64 / (n + 1) as f64;
            let ends = mu / (n + 1) as f64;
            if n + 1 < others {
                next[n + 1] += p * up / clock;
            }
            if n > 0 {
                next[n - 1] += p * down / clock;
            }
            next[n] += p * (clock - up - down - ends) / clock;
        }
        next
    })
}

/// Mean response time of exponential jobs when the one with the least work left is served (M/M/1-SRPT).
///
/// W(x) = λ(m₂(x) + x²(1−F(x)))/(2(1−ρ(x))²) + ∫₀ˣ dt/(1−ρ(t)), where ρ(x) and m₂(x) count only jobs up to x.
/// Integrated numerically over x.
/// Source: Schrage & Miller, *Operations Research* 14 (1966).
///
/// # Errors
/// `Unstable` if λ ≥ μ; if a rate is zero.
pub fn shortest_remaining_first(arrivals: Rate, service: Rate) -> Sized<Span> {
    let mu = guard::rate("the service rate", service)?;
    let busy = guard::stable(guard::rate("the arrival rate", arrivals)? / mu)?;
    // In units of the mean service time: F(x) = 1 − e^{−x}.
    let load = |x: f64| busy * (1.0 - (-x).exp() * (1.0 + x));
    let second = |x: f64| 2.0 - (-x).exp() * (x * x + 2.0 * x + 2.0);
    let waiting = |x: f64| {
        let free = 1.0 - load(x);
        0.5 * busy * (second(x) + x * x * (-x).exp()) / (free * free) * (-x).exp()
    };
    // Exchanging the order of integration, ∫ f(x) ∫₀ˣ dt/(1−ρ(t)) dx = ∫ e^{−t}/(1−ρ(t)) dt.
    let staying = |t: f64| (-t).exp() / (1.0 - load(t));
    let mean = root::integral(|x| waiting(x) + staying(x), 0.0, 60.0, 2_000);
    Ok(to_span(mean / mu))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sharing_has_the_mean_of_m_m_1() {
        let means = processor_sharing(Rate::per_second(80.0), Span::from_millis(10)).unwrap();
        assert_eq!(means.mean_response, Span::from_millis(50));
        assert!((means.mean_in_system - 4.0).abs() < 1e-12);
    }

    #[test]
    fn shortest_first_beats_sharing() {
        let srpt = shortest_remaining_first(Rate::per_second(0.8), Rate::per_second(1.0)).unwrap();
        assert!(srpt < Span::from_secs(5));
        assert!(srpt > Span::from_secs(1));
    }
}
