//! The rate limiter of Resilience4j: permits by fixed cycles, with reservations ahead of time.
//!
//! It stands for `AtomicRateLimiter`. It leaves out the other implementation
//! (`SemaphoreBasedRateLimiter`) and the draining of permits by results (`drainPermissionsOnResult`): the
//! caller drains.
//!
//! A default limiter refreshes every 500 ns and so limits next to nothing.
//!
//! Sources: Resilience4j `RateLimiterConfig`, `AtomicRateLimiter` (2.4.0); replayed against the jars.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outcome::{Findings, PolicyError, refuse};
use crate::units::{Instant, Span};

/// The settings of a [`RateLimiter`].
///
/// Source of names and defaults: Resilience4j `RateLimiterConfig`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RateLimiterConfig {
    /// Permits in a cycle \[calls]. Range: 1 to 2^31 − 1. Default: 50.
    pub limit_for_period: u32,
    /// Length of a cycle. Range: at least 1ns. Default: 500ns.
    pub limit_refresh_period: Span,
    /// Longest wait of a caller for its permit. Default: 5s.
    pub timeout_duration: Span,
}

impl Default for RateLimiterConfig {
    fn default() -> Self {
        RateLimiterConfig {
            limit_for_period: 50,
            limit_refresh_period: Span::from_nanos(500),
            timeout_duration: Span::from_secs(5),
        }
    }
}

impl RateLimiterConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        let limit = (1..=i32::MAX as u32).contains(&self.limit_for_period);
        findings.require(limit, "limit-for-period", self.limit_for_period, "1 to 2147483647").require(
            !self.limit_refresh_period.is_zero(),
            "limit-refresh-period",
            self.limit_refresh_period,
            "at least 1ns",
        );
        findings.into_errors()
    }
}

/// The answer to a caller that asked for permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// The permits are the caller's, to be used after `wait` (zero: at once).
    Granted {
        /// Time until the call may be made.
        wait: Span,
    },
    /// There will be none in time. A blocking caller still parks for `parks` and then fails; a caller that
    /// only reserves fails at once.
    Refused {
        /// Time that a blocking caller loses.
        parks: Span,
    },
}

/// A rate limiter with the behaviour of Resilience4j.
#[derive(Clone, Debug)]
pub struct RateLimiter {
    limit: i64,
    period_ns: u64,
    timeout: Span,
    created: Instant,
    cycle: u64,
    /// Negative when later cycles are already reserved.
    permits: i64,
}

impl RateLimiter {
    /// Makes a limiter whose first cycle starts at `now`.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: RateLimiterConfig, now: Instant) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        let limit = i64::from(config.limit_for_period);
        Ok(RateLimiter {
            limit,
            period_ns: config.limit_refresh_period.as_nanos(),
            timeout: config.timeout_duration,
            created: now,
            cycle: 0,
            permits: limit,
        })
    }

    /// Asks for `permits` at once; the permits are reserved now if they come within the time-out.
    pub fn reserve(&mut self, now: Instant, permits: u32) -> Reservation {
        self.enter_cycle(now);
        let wait = self.wait_for(now, i64::from(permits));
        if wait > self.timeout {
            return Reservation::Refused { parks: self.timeout };
        }
        self.permits -= i64::from(permits);
        Reservation::Granted { wait }
    }

    /// Takes away all permits of this cycle. A debt to later cycles is cancelled by it.
    pub fn drain(&mut self, now: Instant) {
        let held = self.permits;
        self.enter_cycle(now);
        // Drained is what was there before the clock was looked at; and only what needs no wait.
        if self.wait_for(now, held).is_zero() {
            self.permits -= held;
        }
    }

    /// Permits left in this cycle; negative when later ones are reserved \[calls].
    pub fn available_permits(&self, now: Instant) -> i64 {
        let mut then = self.clone();
        then.enter_cycle(now);
        then.permits
    }

    /// How long the next caller for one permit would wait.
    pub fn wait_for_next(&self, now: Instant) -> Span {
        let mut then = self.clone();
        then.enter_cycle(now);
        then.wait_for(now, 1)
    }

    /// Changes the permits of a cycle, from the next refresh on. Range: 1 to 2^31 − 1, limited to that.
    pub fn set_limit_for_period(&mut self, limit: u32) {
        self.limit = i64::from(limit).clamp(1, i64::from(i32::MAX));
    }

    /// Changes the longest wait, for later callers.
    pub fn set_timeout_duration(&mut self, timeout: Span) {
        self.timeout = timeout;
    }

    fn enter_cycle(&mut self, now: Instant) {
        let cycle = now.since(self.created).as_nanos() / self.period_ns;
        if cycle != self.cycle {
            let elapsed = i64::try_from(cycle.saturating_sub(self.cycle)).unwrap_or(i64::MAX);
            let refill = elapsed.saturating_mul(self.limit);
            self.permits = self.permits.saturating_add(refill).min(self.limit);
            self.cycle = cycle;
        }
    }

    /// Time until `permits` are there, in the present cycle.
    fn wait_for(&self, now: Instant, permits: i64) -> Span {
        if self.permits >= permits {
            return Span::ZERO;
        }
        let elapsed_ns = now.since(self.created).as_nanos();
        let to_next_ns = (self.cycle + 1).saturating_mul(self.period_ns).saturating_sub(elapsed_ns);
        let missing = permits - (self.permits + self.limit);
        let full_cycles = u64::try_from(missing).map_or(0, |missing| missing.div_ceil(self.limit as u64));
        Span::from_nanos(full_cycles.saturating_mul(self.period_ns).saturating_add(to_next_ns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Span::from_millis(millis)
    }

    fn granted(wait_ms: u64) -> Reservation {
        Reservation::Granted { wait: Span::from_millis(wait_ms) }
    }

    /// Two permits in 100 ms, callers wait up to 250 ms.
    fn limiter() -> RateLimiter {
        let text = r#"{"limit-for-period": 2, "limit-refresh-period": "100ms", "timeout-duration": "250ms"}"#;
        RateLimiter::new(serde_json::from_str(text).unwrap(), at(0)).unwrap()
    }

    #[test]
    fn the_default_refreshes_every_500_ns() {
        let mut limiter = RateLimiter::new(RateLimiterConfig::default(), at(0)).unwrap();
        assert_eq!(limiter.reserve(at(0), 50), granted(0));
        assert_eq!(limiter.wait_for_next(at(0)), Span::from_nanos(500));
    }

    #[test]
    fn twice_the_limit_passes_around_a_boundary() {
        let mut limiter = limiter();
        assert_eq!(limiter.reserve(at(99), 2), granted(0));
        assert_eq!(limiter.reserve(at(100), 2), granted(0));
        assert_eq!(limiter.reserve(at(100), 1), granted(100));
    }

    #[test]
    fn idle_cycles_do_not_add_up() {
        let mut limiter = limiter();
        assert_eq!(limiter.available_permits(at(10_000)), 2);
        assert_eq!(limiter.reserve(at(10_010), 3), granted(90));
    }

    #[test]
    fn reservations_line_up_and_leave_a_debt() {
        let mut limiter = limiter();
        assert_eq!(limiter.reserve(at(30), 2), granted(0));
        assert_eq!(limiter.reserve(at(30), 1), granted(70));
        assert_eq!(limiter.reserve(at(30), 1), granted(70));
        assert_eq!(limiter.reserve(at(30), 1), granted(170));
        assert_eq!(limiter.available_permits(at(30)), -3);
        assert_eq!(limiter.available_permits(at(100)), -1);
    }

    #[test]
    fn a_refused_caller_reserves_nothing_but_parks_for_the_whole_time_out() {
        let mut limiter = limiter();
        let refused = Reservation::Refused { parks: Span::from_millis(250) };
        assert_eq!(limiter.reserve(at(30), 7), refused);
        assert_eq!(limiter.available_permits(at(30)), 2);
        assert_eq!(limiter.reserve(at(50), 6), granted(150));
        assert_eq!(limiter.reserve(at(50), 1), granted(250));
        assert_eq!(limiter.reserve(at(50), 2), refused);
    }

    #[test]
    fn draining_takes_all_and_cancels_a_debt() {
        let mut limiter = limiter();
        limiter.drain(at(0));
        assert_eq!(limiter.available_permits(at(0)), 0);
        assert_eq!(limiter.reserve(at(0), 2), granted(100));
        limiter.drain(at(0));
        assert_eq!(limiter.available_permits(at(0)), 0);
    }

    #[test]
    fn a_changed_limit_holds_from_the_next_refresh() {
        let mut limiter = limiter();
        limiter.set_limit_for_period(5);
        assert_eq!(limiter.available_permits(at(0)), 2);
        assert_eq!(limiter.available_permits(at(100)), 5);
    }

    #[test]
    fn a_cycle_without_length_or_permits_is_refused() {
        let text = r#"{"limit-for-period": 0, "limit-refresh-period": "0s"}"#;
        let config: RateLimiterConfig = serde_json::from_str(text).unwrap();
        assert_eq!(config.check().len(), 2);
    }
}
