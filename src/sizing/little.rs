//! Little's law in every direction, and the sizing rules that are nothing but Little's law.

use super::SizingError;
use super::guard::{self, Sized, to_rate, to_span};
use crate::units::{Rate, Span};

/// Mean number inside \[requests]: L = λ·W.
///
/// Holds for any system in which what comes in goes out, whatever the laws.
/// Source: Little, *Operations Research* 9 (1961).
///
/// # Example
/// ```
/// use brownout::{sizing::in_flight, units::{Rate, Span}};
/// assert_eq!(in_flight(Rate::per_second(50.0), Span::from_millis(200)), 10.0);
/// ```
pub fn in_flight(arrivals: Rate, time_inside: Span) -> f64 {
    arrivals.as_per_second() * time_inside.as_secs_f64()
}

/// Mean time inside: W = L/λ.
///
/// # Errors
/// If `arrivals` is zero or `in_flight` negative or not finite.
pub fn time_inside(in_flight: f64, arrivals: Rate) -> Sized<Span> {
    let inside = guard::at_least("the number in flight", in_flight, 0.0, "finite and not negative")?;
    Ok(to_span(inside / guard::rate("the arrival rate", arrivals)?))
}

/// Throughput: λ = L/W.
///
/// # Errors
/// If `time_inside` is zero or `in_flight` negative or not finite.
pub fn throughput(in_flight: f64, time_inside: Span) -> Sized<Rate> {
    let inside = guard::at_least("the number in flight", in_flight, 0.0, "finite and not negative")?;
    Ok(to_rate(inside / guard::span("the time inside", time_inside)?))
}

/// Size of a pool by rule of thumb \[slots]: ⌈peak rate · 99th percentile of holding · safety⌉.
///
/// `safety` is a factor ≥ 1 \[1]; 1.2 to 1.5 are usual. The rule bounds the mean demand with a percentile and
/// leaves the queue out; `Mmc` says what the wait for a slot will be.
///
/// # Errors
/// If an input is zero, or `safety` is below 1, or the pool would exceed 1,000,000 slots.
///
/// # Example
/// ```
/// use brownout::{sizing::pool_size, units::{Rate, Span}};
/// let slots = pool_size(Rate::per_second(50.0), Span::from_millis(200), 1.0);
/// assert_eq!(slots, Ok(10));
/// ```
pub fn pool_size(peak: Rate, holding_p99: Span, safety: f64) -> Sized<u32> {
    let peak = guard::rate("the peak rate", peak)?;
    let holding = guard::span("the 99th percentile of holding", holding_p99)?;
    let factor = guard::at_least("the safety factor", safety, 1.0, "finite and at least 1")?;
    // A product such as 50 · 0.2 may land a rounding error above the whole number that it stands for.
    let slots = (peak * holding * factor * (1.0 - 1e-12)).ceil();
    guard::limit("the pool", slots as u64, u64::from(guard::MOST_SERVERS))?;
    Ok(slots.max(1.0) as u32)
}

/// Throughput of users who think and then wait for their answer: X = N/(R + Z).
///
/// # Errors
/// If there are no users or both times are zero.
pub fn interactive_throughput(users: u32, response: Span, think: Span) -> Sized<Rate> {
    let n = guard::count("the number of users", users, u32::MAX)?;
    let cycle = response.as_secs_f64() + think.as_secs_f64();
    Ok(to_rate(n / guard::positive("the time of one cycle", cycle)?))
}

/// Response time of users who think: R = N/X − Z.
///
/// # Errors
/// If there are no users, the throughput is zero, or faster than N users can ask.
pub fn interactive_response(users: u32, throughput: Rate, think: Span) -> Sized<Span> {
    let n = guard::count("the number of users", users, u32::MAX)?;
    let response = n / guard::rate("the throughput", throughput)? - think.as_secs_f64();
    if response < 0.0 {
        return Err(SizingError::OutOfRange {
            what: "the throughput",
            value: throughput.as_per_second(),
            required: "at most users / think time",
        });
    }
    Ok(to_span(response))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_directions_agree() {
        let (rate, span) = (Rate::per_second(50.0), Span::from_millis(200));
        let inside = in_flight(rate, span);
        assert_eq!(time_inside(inside, rate), Ok(span));
        assert_eq!(throughput(inside, span), Ok(rate));
    }

    #[test]
    fn a_pool_rounds_up_and_needs_a_sane_factor() {
        let span = Span::from_millis(200);
        assert_eq!(pool_size(Rate::per_second(50.5), span, 1.0), Ok(11));
        assert_eq!(pool_size(Rate::per_second(50.0), span, 1.5), Ok(15));
        assert!(pool_size(Rate::per_second(50.0), span, 0.9).is_err());
        assert!(pool_size(Rate::per_second(1e12), Span::from_secs(1), 1.0).is_err());
    }

    #[test]
    fn users_cannot_ask_faster_than_they_think() {
        assert!(interactive_response(10, Rate::per_second(20.0), Span::from_secs(1)).is_err());
        let response = interactive_response(10, Rate::per_second(5.0), Span::from_secs(1));
        assert_eq!(response, Ok(Span::from_secs(1)));
    }
}
