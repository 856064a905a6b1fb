//! A semaphore whose callers wait in line.
//!
//! It stands for `SemaphoreBulkhead`: callers hold a permit while they call, and wait for one up to a
//! limit, blocking their own thread.
//!
//! It leaves out changing the number of permits, and barging: a permit that is given back goes to the head
//! of the line in the same instant, so that an unfair semaphore has no gap to barge into and
//! `fair-call-handling-enabled` changes nothing.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::outcome::{Findings, PolicyError, refuse};
use crate::units::{Instant, Span};

/// The settings of a [`SemaphoreBulkhead`].
///
/// Source of names and defaults: Resilience4j `BulkheadConfig`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct SemaphoreBulkheadConfig {
    /// Calls that may be under way \[calls]. Zero admits none. Default: 25.
    pub max_concurrent_calls: u32,
    /// Longest wait for a permit, cut to whole milliseconds. Default: 0s, no waiting.
    pub max_wait_duration: Span,
    /// Whether callers are served in the order they came. Default: true; see above for why it changes
    /// nothing.
    pub fair_call_handling_enabled: bool,
}

impl Default for SemaphoreBulkheadConfig {
    fn default() -> Self {
        SemaphoreBulkheadConfig {
            max_concurrent_calls: 25,
            max_wait_duration: Span::ZERO,
            fair_call_handling_enabled: true,
        }
    }
}

impl SemaphoreBulkheadConfig {
    /// Every mistake in the settings; there is no way to make one that its types allow.
    pub fn check(&self) -> Vec<PolicyError> {
        Findings::default().into_errors()
    }
}

/// The answer to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The caller holds a permit.
    Admitted,
    /// The caller waits in line and gives up at `until`.
    Waits {
        /// When its wait runs out.
        until: Instant,
    },
    /// The bulkhead is full.
    Full,
}

/// A semaphore bulkhead with the behaviour of Resilience4j.
#[derive(Clone, Debug)]
pub struct SemaphoreBulkhead<T> {
    max_wait: Span,
    permits: u32,
    /// Callers in line, with the end of their wait; all wait equally long, so these are in order.
    line: VecDeque<(T, Instant)>,
}

impl<T: PartialEq> SemaphoreBulkhead<T> {
    /// Makes an empty bulkhead.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: SemaphoreBulkheadConfig) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        let whole_ms = config.max_wait_duration.as_nanos() / 1_000_000;
        Ok(SemaphoreBulkhead {
            max_wait: Span::from_millis(whole_ms),
            permits: config.max_concurrent_calls,
            line: VecDeque::new(),
        })
    }

    /// Asks for a permit on behalf of `caller`. Nobody overtakes those in line.
    pub fn try_acquire(&mut self, now: Instant, caller: T) -> Admission {
        // A permit never lies idle while somebody is in line: `release` hands it on.
        if self.permits > 0 {
            self.permits -= 1;
            return Admission::Admitted;
        }
        if self.max_wait.is_zero() {
            return Admission::Full;
        }
        let until = now + self.max_wait;
        self.line.push_back((caller, until));
        Admission::Waits { until }
    }

    /// Gives a permit back; returns the caller at the head of the line, who now holds it.
    ///
    /// As in the product, a permit given back without having been taken is one permit more.
    pub fn release(&mut self) -> Option<T> {
        let next = self.line.pop_front().map(|(caller, _)| caller);
        if next.is_none() {
            self.permits = self.permits.saturating_add(1);
        }
        next
    }

    /// Takes `caller` out of the line, if it is there.
    pub fn leave(&mut self, caller: &T) -> bool {
        let place = self.line.iter().position(|(waiting, _)| waiting == caller);
        place.is_some_and(|place| self.line.remove(place).is_some())
    }

    /// When [`expire`](Self::expire) is to be called, if ever.
    pub fn next_timer(&self) -> Option<Instant> {
        self.line.front().map(|(_, until)| *until)
    }

    /// Takes a caller whose wait has run out by `now` out of the line; to be called until there is none.
    pub fn expire(&mut self, now: Instant) -> Option<T> {
        if self.next_timer()? > now {
            return None;
        }
        self.line.pop_front().map(|(caller, _)| caller)
    }

    /// Permits left \[calls].
    pub const fn available(&self) -> u32 {
        self.permits
    }

    /// Callers in line \[calls].
    pub fn waiting(&self) -> usize {
        self.line.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Span::from_millis(millis)
    }

    fn bulkhead(text: &str) -> SemaphoreBulkhead<u32> {
        SemaphoreBulkhead::new(serde_json::from_str(text).unwrap()).unwrap()
    }

    #[test]
    fn twenty_five_calls_pass_by_default_and_the_next_is_turned_away() {
        let mut bulkhead = bulkhead("{}");
        let admitted = (0..99).filter(|caller| bulkhead.try_acquire(at(0), *caller) == Admission::Admitted);
        assert_eq!(admitted.count(), 25);
        assert_eq!(bulkhead.try_acquire(at(0), 99), Admission::Full);
    }

    #[test]
    fn a_permit_that_comes_back_goes_to_the_head_of_the_line() {
        let mut bulkhead = bulkhead(r#"{"max-concurrent-calls": 1, "max-wait-duration": "1s"}"#);
        assert_eq!(bulkhead.try_acquire(at(0), 1), Admission::Admitted);
        assert_eq!(bulkhead.try_acquire(at(0), 2), Admission::Waits { until: at(1_000) });
        assert_eq!(bulkhead.try_acquire(at(5), 3), Admission::Waits { until: at(1_005) });
        assert_eq!((bulkhead.release(), bulkhead.available()), (Some(2), 0));
        assert_eq!((bulkhead.release(), bulkhead.release()), (Some(3), None));
        assert_eq!(bulkhead.available(), 1);
    }

    #[test]
    fn a_caller_leaves_the_line_when_its_wait_runs_out() {
        let mut bulkhead = bulkhead(r#"{"max-concurrent-calls": 0, "max-wait-duration": "10ms"}"#);
        bulkhead.try_acquire(at(0), 1);
        bulkhead.try_acquire(at(3), 2);
        assert_eq!(bulkhead.next_timer(), Some(at(10)));
        assert_eq!(bulkhead.expire(at(9)), None);
        assert_eq!((bulkhead.expire(at(10)), bulkhead.expire(at(10))), (Some(1), None));
        assert_eq!(bulkhead.waiting(), 1);
    }

    #[test]
    fn a_caller_can_leave_the_line_and_the_next_moves_up() {
        let mut bulkhead = bulkhead(r#"{"max-concurrent-calls": 0, "max-wait-duration": "10ms"}"#);
        bulkhead.try_acquire(at(0), 1);
        bulkhead.try_acquire(at(0), 2);
        assert!(bulkhead.leave(&1));
        assert!(!bulkhead.leave(&1));
        assert_eq!(bulkhead.release(), Some(2));
    }

    #[test]
    fn a_wait_below_a_millisecond_is_no_wait() {
        let mut bulkhead = bulkhead(r#"{"max-concurrent-calls": 0, "max-wait-duration": "999us"}"#);
        assert_eq!(bulkhead.try_acquire(at(0), 1), Admission::Full);
    }
}
