//! How long a caller waits, and what becomes of the work it no longer waits for.
//!
//! It stands for the `TimeLimiter` of Resilience4j as data: the deadline is a timer of the caller, and
//! whether the abandoned work goes on is a property of the client, so both are values here and the
//! component acts on them.
//!
//! Source: Resilience4j `TimeLimiterConfig`, `TimeLimiterImpl` (2.4.0), replayed against the jars.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outcome::{Findings, PolicyError};
use crate::units::{Instant, Span};

/// Nanoseconds in a millisecond \[ns].
const NANOS_PER_MS: u64 = 1_000_000;

/// What happens to work whose caller has given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AfterTimeout {
    /// It goes on to its end and keeps what it holds.
    KeepServing,
    /// It is interrupted and lets go of what it holds.
    Cancel,
}

/// How the call under the limit is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CallForm {
    /// A task of an executor, whose thread can be interrupted (a plain `Future`).
    Task,
    /// A `CompletionStage`: giving up on it stops nothing underneath.
    Stage,
}

/// The settings of a time limiter.
///
/// Source of names and defaults: Resilience4j `TimeLimiterConfig`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct TimeLimiterConfig {
    /// Longest time a caller waits, cut to whole milliseconds. Range: at least 1ns. Default: 1s.
    pub timeout_duration: Span,
    /// Whether to interrupt a task that is given up on; a stage is never interrupted. Default: true.
    pub cancel_running_future: bool,
}

impl Default for TimeLimiterConfig {
    fn default() -> Self {
        TimeLimiterConfig { timeout_duration: Span::from_secs(1), cancel_running_future: true }
    }
}

/// The caller's wait ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the call took longer than {after}")]
pub struct TimedOut {
    /// How long the caller waited.
    pub after: Span,
}

impl TimeLimiterConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        let good = !self.timeout_duration.is_zero();
        findings.require(good, "timeout-duration", self.timeout_duration, "at least 1ns");
        findings.into_errors()
    }

    /// When a call that starts at `now` is given up.
    pub fn deadline(&self, now: Instant) -> Instant {
        now + self.waits()
    }

    /// How long a caller waits: `TimeLimiterImpl` hands whole milliseconds on.
    const fn waits(&self) -> Span {
        Span::from_millis(self.timeout_duration.as_nanos() / NANOS_PER_MS)
    }

    /// The error that the caller sees at its deadline.
    pub const fn timed_out(&self) -> TimedOut {
        TimedOut { after: self.waits() }
    }

    /// What becomes of the work that the caller gives up on.
    pub const fn after_timeout(&self, form: CallForm) -> AfterTimeout {
        match form {
            CallForm::Task if self.cancel_running_future => AfterTimeout::Cancel,
            CallForm::Task | CallForm::Stage => AfterTimeout::KeepServing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_waits_one_second_by_default() {
        let config = TimeLimiterConfig::default();
        assert_eq!(config.deadline(Instant::from_nanos(5)), Instant::from_nanos(1_000_000_005));
        assert_eq!(config.timed_out().to_string(), "the call took longer than 1s");
    }

    #[test]
    fn a_fraction_of_a_millisecond_is_cut_off() {
        let of = |nanos| TimeLimiterConfig {
            timeout_duration: Span::from_nanos(nanos),
            ..TimeLimiterConfig::default()
        };
        assert_eq!(of(1_999_999).deadline(Instant::START), Instant::from_nanos(1_000_000));
        assert_eq!(of(999_999).deadline(Instant::START), Instant::START);
    }

    #[test]
    fn only_a_task_is_interrupted_and_only_if_asked_to() {
        let asked = TimeLimiterConfig::default();
        let not = TimeLimiterConfig { cancel_running_future: false, ..asked.clone() };
        assert_eq!(asked.after_timeout(CallForm::Task), AfterTimeout::Cancel);
        assert_eq!(asked.after_timeout(CallForm::Stage), AfterTimeout::KeepServing);
        assert_eq!(not.after_timeout(CallForm::Task), AfterTimeout::KeepServing);
    }

    #[test]
    fn a_limit_of_no_time_is_refused() {
        let config: TimeLimiterConfig = serde_json::from_str(r#"{"timeout-duration": "0s"}"#).unwrap();
        assert_eq!(config.check().len(), 1);
    }
}
