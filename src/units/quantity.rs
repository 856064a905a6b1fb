//! The quantity types and their arithmetic.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Sub};

/// A point of simulated time, counted from the start of the run \[ns].
///
/// Range: 0 to 2^63 − 1 (292 years).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

/// A length of time \[ns].
///
/// Range: 0 to 2^63 − 1; arithmetic saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

/// A frequency [1/s].
///
/// Range: finite, not negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Rate(f64);

/// A share of a whole \[1], written as a percentage or a plain fraction.
///
/// Range: finite, not negative; a probability is further limited to 0..=1 by the field that holds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Ratio(f64);

/// An amount of memory or data \[B].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(u64);

/// An amount of processor capacity \[cores]; `500m` is half a core, as in Kubernetes.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Cores(f64);

const LARGEST_NS: u64 = i64::MAX as u64;

impl Instant {
    /// The start of the run.
    pub const START: Instant = Instant(0);
    /// Later than every event of any run.
    pub const NEVER: Instant = Instant(LARGEST_NS);

    /// Makes an instant from nanoseconds since the start of the run \[ns].
    #[inline]
    pub const fn from_nanos(nanos: u64) -> Self {
        Instant(if nanos > LARGEST_NS { LARGEST_NS } else { nanos })
    }

    /// Nanoseconds since the start of the run \[ns].
    #[inline]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the start of the run \[s].
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The time from `earlier` to `self`, zero if `earlier` is later.
    #[inline]
    pub const fn since(self, earlier: Instant) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// The longest span there is.
    pub const MAX: Span = Span(LARGEST_NS);

    /// Makes a span from nanoseconds \[ns].
    #[inline]
    pub const fn from_nanos(nanos: u64) -> Self {
        Span(if nanos > LARGEST_NS { LARGEST_NS } else { nanos })
    }

    /// Makes a span from milliseconds \[ms].
    pub const fn from_millis(millis: u64) -> Self {
        Span::from_nanos(millis.saturating_mul(1_000_000))
    }

    /// Makes a span from whole seconds \[s].
    pub const fn from_secs(secs: u64) -> Self {
        Span::from_nanos(secs.saturating_mul(1_000_000_000))
    }

    /// Makes a span from seconds \[s], rounded to the nearest nanosecond; negative and NaN give zero.
    #[inline]
    pub fn from_secs_f64(secs: f64) -> Self {
        // A float-to-integer cast saturates, here at the longest span, and maps NaN to zero.
        Span(((secs * 1e9 + 0.5) as i64).max(0) as u64)
    }

    /// Nanoseconds \[ns].
    #[inline]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds \[s].
    #[inline]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// Milliseconds \[ms].
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Whether the span is empty.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// `self − other`, or zero if that is negative.
    pub const fn saturating_sub(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

impl Add<Span> for Instant {
    type Output = Instant;
    #[inline]
    fn add(self, span: Span) -> Instant {
        Instant::from_nanos(self.0.saturating_add(span.0))
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span::from_nanos(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Span {
    fn add_assign(&mut self, other: Span) {
        *self = *self + other;
    }
}

impl Sub for Span {
    type Output = Span;
    fn sub(self, other: Span) -> Span {
        self.saturating_sub(other)
    }
}

impl Mul<f64> for Span {
    type Output = Span;
    fn mul(self, factor: f64) -> Span {
        Span::from_secs_f64(self.as_secs_f64() * factor)
    }
}

impl Sum for Span {
    fn sum<I: Iterator<Item = Span>>(spans: I) -> Span {
        spans.fold(Span::ZERO, Add::add)
    }
}

impl Rate {
    /// Makes a rate [1/s].
    ///
    /// # Panics
    /// If `per_second` is negative or not finite.
    pub fn per_second(per_second: f64) -> Self {
        assert!(per_second.is_finite() && per_second >= 0.0, "a rate is finite and not negative");
        Rate(per_second)
    }

    /// Events per second [1/s].
    pub const fn as_per_second(self) -> f64 {
        self.0
    }
}

impl Ratio {
    /// Nothing.
    pub const ZERO: Ratio = Ratio(0.0);
    /// The whole.
    pub const ONE: Ratio = Ratio(1.0);

    /// Makes a ratio from a fraction, 0.01 for one per cent.
    ///
    /// # Panics
    /// If `fraction` is negative or not finite.
    pub fn from_fraction(fraction: f64) -> Self {
        assert!(fraction.is_finite() && fraction >= 0.0, "a ratio is finite and not negative");
        Ratio(fraction)
    }

    /// The fraction, 0.01 for one per cent.
    pub const fn as_fraction(self) -> f64 {
        self.0
    }
}

impl Bytes {
    /// Makes an amount of data \[B].
    pub const fn new(bytes: u64) -> Self {
        Bytes(bytes)
    }

    /// Bytes \[B].
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

impl Cores {
    /// Makes an amount of processor capacity \[cores].
    ///
    /// # Panics
    /// If `cores` is negative or not finite.
    pub fn new(cores: f64) -> Self {
        assert!(cores.is_finite() && cores >= 0.0, "cores are finite and not negative");
        Cores(cores)
    }

    /// Cores \[cores].
    pub const fn as_f64(self) -> f64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_saturates_at_its_largest_value() {
        assert_eq!(Instant::NEVER + Span::from_secs(1), Instant::NEVER);
        assert_eq!(Span::MAX + Span::MAX, Span::MAX);
        assert_eq!(Span::from_secs_f64(f64::NAN), Span::ZERO);
        assert_eq!(Span::from_secs_f64(-1.0), Span::ZERO);
        assert_eq!(Span::from_secs_f64(1e300), Span::MAX);
    }

    #[test]
    fn seconds_round_to_the_nearest_nanosecond() {
        assert_eq!(Span::from_secs_f64(0.001_000_000_4).as_nanos(), 1_000_000);
        assert_eq!(Span::from_secs_f64(0.001_000_000_6).as_nanos(), 1_000_001);
    }

    #[test]
    fn since_never_goes_negative() {
        let early = Instant::from_nanos(5);
        let late = Instant::from_nanos(9);
        assert_eq!(late.since(early), Span::from_nanos(4));
        assert_eq!(early.since(late), Span::ZERO);
    }
}
