//! The settings of the circuit breaker.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::outcome::{Findings, Outcome, PolicyError};
use crate::units::{Ratio, Span};

/// What the breaker remembers while it is closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SlidingWindowType {
    /// The last calls, as many as the window is long.
    #[default]
    CountBased,
    /// The calls that ended in the last seconds, as many as the window is long.
    TimeBased,
}

/// Where the breaker goes when it has been half-open for too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StateAfterHalfOpen {
    /// Back to open, for another wait.
    #[default]
    Open,
    /// To closed.
    Closed,
}

/// The settings of a [`CircuitBreaker`](super::CircuitBreaker).
///
/// Source of names and defaults: Resilience4j `CircuitBreakerConfig`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct CircuitBreakerConfig {
    /// Share of failed calls at which the breaker opens. Range: above 0, up to 100%. Default: 50%.
    pub failure_rate_threshold: Ratio,
    /// Share of slow calls at which the breaker opens. Range: above 0, up to 100%. Default: 100%.
    pub slow_call_rate_threshold: Ratio,
    /// A call is slow when it takes longer than this. Range: at least 1ns. Default: 60s.
    pub slow_call_duration_threshold: Span,
    /// Whether the window counts calls or seconds. Default: count-based.
    pub sliding_window_type: SlidingWindowType,
    /// Length of the window [calls, or seconds]. Range: at least 1. Default: 100.
    pub sliding_window_size: u32,
    /// Calls in the window below which no rate is computed \[calls]. A count window lowers it to its own size.
    /// Range: at least 1. Default: 100.
    pub minimum_number_of_calls: u32,
    /// Time to stay open, cut to whole milliseconds. Range: at least 1ms. Default: 60s.
    pub wait_duration_in_open_state: Span,
    /// Factor on the wait each time a half-open trial fails; absent means always the same wait.
    /// Range: at least 1. Default: absent.
    pub exponential_backoff_multiplier: Option<f64>,
    /// Longest wait that the factor can lead to. Range: at least 1ms. Default: absent, no bound.
    pub exponential_max_wait_duration_in_open_state: Option<Span>,
    /// Calls admitted as a trial, and length of the trial's window \[calls]. Range: at least 1. Default: 10.
    pub permitted_number_of_calls_in_half_open_state: u32,
    /// Longest time in the half-open state, cut to whole milliseconds; zero is no limit. Default: 0s.
    pub max_wait_duration_in_half_open_state: Span,
    /// Where that limit leads. Default: open.
    pub transition_to_state_after_wait_duration: StateAfterHalfOpen,
    /// Whether a timer ends the open state; otherwise the first call after the wait does. Default: false.
    pub automatic_transition_from_open_to_half_open_enabled: bool,
    /// Kinds of failure that count as failures; absent means all. Others count as successes. Default: absent.
    pub record_exceptions: Option<Vec<String>>,
    /// Kinds of failure that do not count at all, whatever `record-exceptions` says. Default: none.
    pub ignore_exceptions: Vec<String>,
}

impl Default for CircuitBreakerConfig {
    fn default() -> Self {
        CircuitBreakerConfig {
            failure_rate_threshold: Ratio::from_fraction(0.5),
            slow_call_rate_threshold: Ratio::ONE,
            slow_call_duration_threshold: Span::from_secs(60),
            sliding_window_type: SlidingWindowType::CountBased,
            sliding_window_size: 100,
            minimum_number_of_calls: 100,
            wait_duration_in_open_state: Span::from_secs(60),
            exponential_backoff_multiplier: None,
            exponential_max_wait_duration_in_open_state: None,
            permitted_number_of_calls_in_half_open_state: 10,
            max_wait_duration_in_half_open_state: Span::ZERO,
            transition_to_state_after_wait_duration: StateAfterHalfOpen::Open,
            automatic_transition_from_open_to_half_open_enabled: false,
            record_exceptions: None,
            ignore_exceptions: Vec::new(),
        }
    }
}

const MILLISECOND: Span = Span::from_millis(1);
/// A window is kept in memory.
const LARGEST_WINDOW: u32 = 10_000_000;

impl CircuitBreakerConfig {
    /// Every mistake in the settings; none means that a breaker can be made of them.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        let percent = |ratio: Ratio| ratio > Ratio::ZERO && ratio <= Ratio::ONE;
        let share = "above 0%, up to 100%";
        findings
            .require(
                percent(self.failure_rate_threshold),
                "failure-rate-threshold",
                self.failure_rate_threshold,
                share,
            )
            .require(
                percent(self.slow_call_rate_threshold),
                "slow-call-rate-threshold",
                self.slow_call_rate_threshold,
                share,
            )
            .require(
                !self.slow_call_duration_threshold.is_zero(),
                "slow-call-duration-threshold",
                self.slow_call_duration_threshold,
                "at least 1ns",
            )
            .require(
                (1..=LARGEST_WINDOW).contains(&self.sliding_window_size),
                "sliding-window-size",
                self.sliding_window_size,
                "1 to 10000000",
            )
            .require(
                self.minimum_number_of_calls >= 1,
                "minimum-number-of-calls",
                self.minimum_number_of_calls,
                "at least 1",
            )
            .require(
                self.wait_duration_in_open_state >= MILLISECOND,
                "wait-duration-in-open-state",
                self.wait_duration_in_open_state,
                "at least 1ms",
            )
            .require(
                (1..=LARGEST_WINDOW).contains(&self.permitted_number_of_calls_in_half_open_state),
                "permitted-number-of-calls-in-half-open-state",
                self.permitted_number_of_calls_in_half_open_state,
                "1 to 10000000",
            );
        if let Some(factor) = self.exponential_backoff_multiplier {
            findings.require(
                factor.is_finite() && factor >= 1.0,
                "exponential-backoff-multiplier",
                factor,
                "a finite number of at least 1",
            );
        }
        if let Some(longest) = self.exponential_max_wait_duration_in_open_state {
            findings
                .require(
                    longest >= MILLISECOND,
                    "exponential-max-wait-duration-in-open-state",
                    longest,
                    "at least 1ms",
                )
                .agree(
                    self.exponential_backoff_multiplier.is_some(),
                    "exponential-max-wait-duration-in-open-state",
                    "exponential-backoff-multiplier",
                    "a bound without a multiplier has nothing to bound",
                );
        }
        findings.into_errors()
    }

    /// How a failure of this kind counts. To be asked once for each kind, while the plan is built.
    pub fn outcome_of(&self, failure: &str) -> Outcome {
        let listed = |kinds: &[String]| kinds.iter().any(|kind| kind == failure);
        if listed(&self.ignore_exceptions) {
            Outcome::Ignored
        } else if self.record_exceptions.as_deref().is_none_or(listed) {
            Outcome::Failure
        } else {
            Outcome::Success
        }
    }

    /// How long the breaker stays open the `attempt`-th time in a row, counted from 1.
    pub(super) fn wait_in_open_state(&self, attempt: u32) -> Span {
        let mut wait_ms = whole_millis(self.wait_duration_in_open_state);
        let longest_ms = self.exponential_max_wait_duration_in_open_state.map_or(u64::MAX, whole_millis);
        if let Some(factor) = self.exponential_backoff_multiplier {
            for _ in 1..attempt {
                let next_ms = (wait_ms as f64 * factor) as u64;
                if next_ms == wait_ms || wait_ms >= longest_ms {
                    break;
                }
                wait_ms = next_ms;
            }
        }
        Span::from_millis(wait_ms.min(longest_ms))
    }
}

/// Whole milliseconds in `span`, the rest cut off \[ms].
pub(super) fn whole_millis(span: Span) -> u64 {
    span.as_nanos() / 1_000_000
}
