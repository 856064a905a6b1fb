//! Checks of inputs at the boundary of every closed form, and the way back into units.

use super::SizingError;
use crate::units::{Rate, Ratio, Span};

/// The fastest rate that is accepted [1/s]; it keeps every product finite.
const FASTEST: f64 = 1e12;
/// The most servers that are accepted.
pub(super) const MOST_SERVERS: u32 = 1_000_000;

pub(super) type Sized<T> = Result<T, SizingError>;

pub(super) fn positive(what: &'static str, value: f64) -> Sized<f64> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(SizingError::OutOfRange { what, value, required: "finite and above 0" })
    }
}

pub(super) fn at_least(what: &'static str, value: f64, least: f64, required: &'static str) -> Sized<f64> {
    if value.is_finite() && value >= least {
        Ok(value)
    } else {
        Err(SizingError::OutOfRange { what, value, required })
    }
}

pub(super) fn rate(what: &'static str, rate: Rate) -> Sized<f64> {
    let value = rate.as_per_second();
    if value > 0.0 && value <= FASTEST {
        Ok(value)
    } else {
        Err(SizingError::OutOfRange { what, value, required: "above 0/s and at most 1e12/s" })
    }
}

pub(super) fn rate_or_zero(what: &'static str, value: Rate) -> Sized<f64> {
    if value.as_per_second() == 0.0 { Ok(0.0) } else { rate(what, value) }
}

pub(super) fn span(what: &'static str, span: Span) -> Sized<f64> {
    if span.is_zero() {
        Err(SizingError::OutOfRange { what, value: 0.0, required: "longer than 0 s" })
    } else {
        Ok(span.as_secs_f64())
    }
}

pub(super) fn share(what: &'static str, ratio: Ratio) -> Sized<f64> {
    let value = ratio.as_fraction();
    if value <= 1.0 { Ok(value) } else { Err(SizingError::OutOfRange { what, value, required: "0 to 1" }) }
}

pub(super) fn share_below_one(what: &'static str, ratio: Ratio) -> Sized<f64> {
    let value = ratio.as_fraction();
    if value < 1.0 {
        Ok(value)
    } else {
        Err(SizingError::OutOfRange { what, value, required: "0 up to, but not, 1" })
    }
}

pub(super) fn count(what: &'static str, count: u32, most: u32) -> Sized<f64> {
    if count == 0 {
        return Err(SizingError::OutOfRange { what, value: 0.0, required: "at least 1" });
    }
    limit(what, u64::from(count), u64::from(most))?;
    Ok(f64::from(count))
}

pub(super) fn limit(what: &'static str, size: u64, limit: u64) -> Sized<()> {
    if size > limit { Err(SizingError::TooLarge { what, size, limit }) } else { Ok(()) }
}

pub(super) fn same_length(what: &'static str, found: usize, expected: usize) -> Sized<()> {
    if found == expected { Ok(()) } else { Err(SizingError::LengthMismatch { what, found, expected }) }
}

pub(super) fn stable(utilisation: f64) -> Sized<f64> {
    if utilisation < 1.0 { Ok(utilisation) } else { Err(SizingError::Unstable { utilisation }) }
}

/// Back into units; rounding errors below zero become zero, and what is not finite the largest value.
pub(super) fn to_ratio(value: f64) -> Ratio {
    Ratio::from_fraction(to_finite(value))
}

pub(super) fn to_rate(per_second: f64) -> Rate {
    Rate::per_second(to_finite(per_second))
}

pub(super) fn to_span(seconds: f64) -> Span {
    Span::from_secs_f64(seconds)
}

fn to_finite(value: f64) -> f64 {
    if value.is_finite() { value.max(0.0) } else { f64::MAX }
}
