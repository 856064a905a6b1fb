//! How long a caller waits.
//!
//! It stands for the `TimeLimiter` of Resilience4j, which counts in whole milliseconds. The wait itself, and what becomes
//! of work that nobody waits for any more, are scopes of the step program, so that there is no state here. The real
//! limiter interrupts a task of an executor if `cancelRunningFuture` says so, and never what is behind a
//! `CompletionStage`.
//!
//! Source: Resilience4j `TimeLimiterConfig`, `TimeLimiterImpl` (2.4.0); recordings of the jars are played through
//! models.

use super::outcome::{Findings, PolicyError, refuse};
use crate::units::Span;

/// Nanoseconds in a millisecond \[ns].
const NANOS_PER_MS: u64 = 1_000_000;

/// A limit of the time that a caller waits, with the behaviour of Resilience4j.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeLimiter {
    timeout: Span,
}

impl TimeLimiter {
    /// Makes a limiter from `timeoutDuration`.
    ///
    /// # Errors
    /// No time at all, which the product refuses too.
    pub fn new(timeout: Span) -> Result<Self, Vec<PolicyError>> {
        let mut findings = Findings::default();
        findings.require(!timeout.is_zero(), "timeout", timeout, "at least 1ns");
        refuse(findings.into_errors())?;
        Ok(TimeLimiter { timeout })
    }

    /// How long a caller waits: whole milliseconds, so that less than one is no wait at all.
    pub const fn wait(self) -> Span {
        Span::from_millis(self.timeout.as_nanos() / NANOS_PER_MS)
    }

    /// What is cut off of the time-out.
    pub const fn cut(self) -> Span {
        Span::from_nanos(self.timeout.as_nanos() % NANOS_PER_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_of_a_millisecond_is_cut_off() {
        let of = |nanos| TimeLimiter::new(Span::from_nanos(nanos)).unwrap();
        assert_eq!(of(1_999_999).wait(), Span::from_millis(1));
        assert_eq!(of(1_999_999).cut(), Span::from_nanos(999_999));
        assert_eq!((of(999_999).wait(), of(2_000_000).cut()), (Span::ZERO, Span::ZERO));
    }

    #[test]
    fn a_limit_of_no_time_is_refused() {
        assert_eq!(TimeLimiter::new(Span::ZERO).unwrap_err().len(), 1);
    }
}
