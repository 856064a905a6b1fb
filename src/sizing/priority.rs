//! One server and classes of different priority (M/G/1).

use super::SizingError;
use super::guard::{self, Sized, to_span};
use super::moments::Moments;
use super::single::residual_work;
use crate::units::{Rate, Span};

/// One class of requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PriorityClass {
    /// Requests of this class.
    pub arrivals: Rate,
    /// Their service time.
    pub service: Moments,
}

/// Means of one class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PriorityTimes {
    /// Mean wait before service starts.
    pub mean_wait: Span,
    /// Mean response time.
    pub mean_response: Span,
}

/// Head of the line: the most urgent waiting request goes first, a service once begun is finished.
///
/// Wq(k) = R/((1−σ(k−1))(1−σ(k))), R = Σ λE S²/2 over all classes, σ(k) = load of classes 1..k; the first
/// class is the most urgent.
/// Source: Cobham (1954); Kleinrock 2, section 3.6.
///
/// # Errors
/// `Unstable` if the total load is 1 or more; if there is no class or a rate is zero.
pub fn head_of_line(classes: &[PriorityClass]) -> Sized<Vec<PriorityTimes>> {
    let arrivals = checked(classes)?;
    let residual: f64 =
        arrivals.iter().zip(classes).map(|(a, class)| residual_work(*a, &class.service)).sum();
    let mut above = 0.0;
    let mut times = vec![];
    for (lambda, class) in arrivals.iter().zip(classes) {
        let with = above + lambda * class.service.first();
        let wait = residual / ((1.0 - above) * (1.0 - with));
        times.push(PriorityTimes {
            mean_wait: to_span(wait),
            mean_response: to_span(wait + class.service.first()),
        });
        above = with;
    }
    Ok(times)
}

/// Preemptive resume: a more urgent request interrupts, and the interrupted one goes on where it stopped.
///
/// W(k) = E S(k)/(1−σ(k−1)) + R(k)/((1−σ(k−1))(1−σ(k))), R(k) = Σ λE S²/2 over classes 1..k. `mean_wait` is the
/// second term: the time until service first starts.
/// Source: White & Christie (1958); Kleinrock 2, section 3.7.
///
/// # Errors
/// As `head_of_line`.
pub fn preemptive_resume(classes: &[PriorityClass]) -> Sized<Vec<PriorityTimes>> {
    let arrivals = checked(classes)?;
    let (mut above, mut residual) = (0.0, 0.0);
    let mut times = vec![];
    for (lambda, class) in arrivals.iter().zip(classes) {
        residual += residual_work(*lambda, &class.service);
        let with = above + lambda * class.service.first();
        let wait = residual / ((1.0 - above) * (1.0 - with));
        let service = class.service.first() / (1.0 - above);
        times.push(PriorityTimes { mean_wait: to_span(wait), mean_response: to_span(wait + service) });
        above = with;
    }
    Ok(times)
}

fn checked(classes: &[PriorityClass]) -> Sized<Vec<f64>> {
    if classes.is_empty() {
        return Err(SizingError::LengthMismatch { what: "the list of classes", found: 0, expected: 1 });
    }
    let mut arrivals = vec![];
    let mut load = 0.0;
    for class in classes {
        let lambda = guard::rate("the arrival rate of a class", class.arrivals)?;
        load += lambda * class.service.first();
        arrivals.push(lambda);
    }
    guard::stable(load)?;
    Ok(arrivals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_class_is_m_g_1() {
        let service = Moments::exponential(Span::from_millis(10)).unwrap();
        let class = PriorityClass { arrivals: Rate::per_second(80.0), service };
        assert_eq!(head_of_line(&[class]).unwrap()[0].mean_wait, Span::from_millis(40));
        assert_eq!(preemptive_resume(&[class]).unwrap()[0].mean_response, Span::from_millis(50));
        assert!(head_of_line(&[]).is_err());
    }
}
