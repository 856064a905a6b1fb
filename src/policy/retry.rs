//! When to try again, and how long to wait first.
//!
//! It stands for a Resilience4j `Retry` with its interval functions, and for the jitters of the AWS
//! architecture blog, which Resilience4j does not have.
//!
//! It leaves out which results are worth a retry (the caller asks only for those) and the rate that a
//! client may retry at (see [`RatioBudget`](super::RatioBudget) and its neighbours).
//!
//! Sources: Resilience4j `RetryConfig`, `RetryImpl`, core `IntervalFunction` (2.4.0), replayed against the
//! jars; AWS Architecture Blog "Exponential Backoff And Jitter" and aws-arch-backoff-simulator.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outcome::{Findings, PolicyError, refuse};
use super::retry_budget::RetryBudgetConfig;
use crate::units::{Ratio, Span};

/// How the wait grows from one attempt to the next.
///
/// With b the base, c the cap, m the multiplier and n the number of failed attempts, counted from 1.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum Backoff {
    /// Always the wait duration. Source: Resilience4j `waitDuration`.
    Fixed,
    /// The wait duration, uniformly spread by ± `factor`. Source: `IntervalFunction.ofRandomized`.
    Randomized {
        /// Half width of the spread. Range: up to 100%. Default: 50%, as in the product.
        #[serde(default = "half")]
        factor: Ratio,
    },
    /// b·m^(n−1), cut to whole milliseconds at each multiplication.
    /// Source: `IntervalFunction.ofExponentialBackoff`.
    Exponential {
        /// m. Range: a finite number of at least 1. Default: 1.5, as in the product.
        #[serde(default = "one_and_a_half")]
        multiplier: f64,
        /// c. Default: none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<Span>,
    },
    /// The exponential wait spread by ± `factor`, and only then capped.
    /// Source: `IntervalFunction.ofExponentialRandomBackoff`.
    ExponentialRandom {
        /// m. Range: a finite number of at least 1. Default: 1.5, as in the product.
        #[serde(default = "one_and_a_half")]
        multiplier: f64,
        /// Half width of the spread. Range: up to 100%. Default: 50%, as in the product.
        #[serde(default = "half")]
        factor: Ratio,
        /// c. Default: none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<Span>,
    },
    /// Uniform in 0 to min(c, b·2^(n−1)). Source: AWS "full jitter".
    FullJitter {
        /// c.
        max: Span,
    },
    /// t/2 plus uniform in 0 to t/2, t = min(c, b·2^(n−1)). Source: AWS "equal jitter".
    EqualJitter {
        /// c.
        max: Span,
    },
    /// Uniform in 0 to min(c, b·(2^n − 1)). Source: Envoy `router_filter`, with b 25ms and c 250ms there.
    EnvoyJitter {
        /// c.
        max: Span,
    },
    /// min(c, uniform in b to 3 × the wait before), starting from b. Source: AWS "decorrelated jitter".
    DecorrelatedJitter {
        /// c.
        max: Span,
    },
}

/// Source: Resilience4j `IntervalFunction.DEFAULT_RANDOMIZATION_FACTOR`.
fn half() -> Ratio {
    Ratio::from_fraction(0.5)
}

/// Source: Resilience4j `IntervalFunction.DEFAULT_MULTIPLIER`.
fn one_and_a_half() -> f64 {
    1.5
}

/// The settings of a [`Retry`].
///
/// Source of names and defaults: Resilience4j `RetryConfig`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RetryConfig {
    /// Attempts in all, the first one included. Range: at least 1. Default: 3.
    pub max_attempts: u32,
    /// Wait before the first retry; the base of every backoff. Range: at least 1ms unless fixed, and whole
    /// milliseconds for the backoffs of Resilience4j, which cut the rest off. Default: 500ms.
    pub wait_duration: Span,
    /// How the wait grows. Default: fixed.
    pub backoff: Backoff,
    /// A further spread of ± this share over the wait that the backoff gives (not in Resilience4j).
    /// Range: up to 100%. Default: 0%.
    pub jitter: Ratio,
    /// Kinds of failure that are tried again; absent means all but `declined`. Default: absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_exceptions: Option<Vec<String>>,
    /// Kinds of failure that are never tried again, whatever `retry-exceptions` says. Default: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore_exceptions: Vec<String>,
    /// What retries are limited to over all calls of one caller. Default: absent, each call has its attempts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<RetryBudgetConfig>,
}

impl Default for RetryConfig {
    fn default() -> Self {
        RetryConfig {
            max_attempts: 3,
            wait_duration: Span::from_millis(500),
            backoff: Backoff::Fixed,
            jitter: Ratio::ZERO,
            retry_exceptions: None,
            ignore_exceptions: Vec::new(),
            budget: None,
        }
    }
}

impl RetryConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        let long_enough = matches!(self.backoff, Backoff::Fixed) || whole_ms(self.wait_duration) >= 1;
        findings
            .require(self.max_attempts >= 1, "max-attempts", self.max_attempts, "at least 1")
            .require(long_enough, "wait-duration", self.wait_duration, "at least 1ms with this backoff")
            .require(self.jitter <= Ratio::ONE, "jitter", self.jitter, "up to 100%");
        let (multiplier, factor, max) = match self.backoff {
            Backoff::Fixed => (None, None, None),
            Backoff::Randomized { factor } => (None, Some(factor), None),
            Backoff::Exponential { multiplier, max } => (Some(multiplier), None, max),
            Backoff::ExponentialRandom { multiplier, factor, max } => (Some(multiplier), Some(factor), max),
            Backoff::FullJitter { max }
            | Backoff::EqualJitter { max }
            | Backoff::EnvoyJitter { max }
            | Backoff::DecorrelatedJitter { max } => (None, None, Some(max)),
        };
        if let Some(multiplier) = multiplier {
            let good = multiplier.is_finite() && multiplier >= 1.0;
            findings.require(good, "multiplier", multiplier, "a finite number of at least 1");
        }
        if let Some(factor) = factor {
            findings.require(factor <= Ratio::ONE, "factor", factor, "up to 100%");
        }
        if let Some(budget) = &self.budget {
            findings.include(budget.check());
        }
        if let Some(max) = max {
            findings.require(whole_ms(max) >= 1, "max", max, "at least 1ms");
        }
        findings.into_errors()
    }

    /// Whether a failure of this kind, one that `counts` by itself, is tried again. To be asked once for each kind,
    /// while the plan is built.
    pub fn retries(&self, failure: &str, counts: bool) -> bool {
        let listed = |kinds: &[String]| kinds.iter().any(|kind| kind == failure);
        self.retry_exceptions.as_deref().map_or(counts, listed) && !listed(&self.ignore_exceptions)
    }
}

/// Decides about the next attempt.
#[derive(Clone, Debug)]
pub struct Retry {
    config: RetryConfig,
}

impl Retry {
    /// Makes a policy.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: RetryConfig) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        Ok(Retry { config })
    }

    /// The wait before the next attempt, or `None` when there is to be none.
    ///
    /// `attempt` attempts have failed, so it is 1 after the first; `previous` is what this gave the time
    /// before, zero at first; `u` is a uniform draw in `[0, 1)`.
    pub fn next_delay(&self, attempt: u32, previous: Span, u: f64) -> Option<Span> {
        if attempt >= self.config.max_attempts {
            return None;
        }
        let wait = self.backoff(attempt.max(1), previous, u);
        if self.config.jitter == Ratio::ZERO {
            return Some(wait);
        }
        let fixed = matches!(self.config.backoff, Backoff::Fixed | Backoff::Exponential { .. });
        // A draw spent on the backoff leaves its low digits, which are as uniform, for the jitter.
        let draw = if fixed { u } else { (u * 65_536.0).fract() };
        Some(wait * (1.0 + self.config.jitter.as_fraction() * (2.0 * draw - 1.0)))
    }

    fn backoff(&self, attempt: u32, previous: Span, u: f64) -> Span {
        let base = self.config.wait_duration;
        match self.config.backoff {
            Backoff::Fixed => Span::from_millis(whole_ms(base)),
            Backoff::Randomized { factor } => Span::from_millis(randomised(whole_ms(base), factor, u)),
            Backoff::Exponential { multiplier, max } => {
                capped(exponential(whole_ms(base), multiplier, attempt), max)
            }
            Backoff::ExponentialRandom { multiplier, factor, max } => {
                let interval_ms = exponential(whole_ms(base), multiplier, attempt);
                capped(randomised(interval_ms, factor, u), max)
            }
            Backoff::FullJitter { max } => doubled(base, attempt, max) * u,
            Backoff::EqualJitter { max } => doubled(base, attempt, max) * (0.5 + 0.5 * u),
            Backoff::EnvoyJitter { max } => (base * (f64::from(attempt).exp2() - 1.0)).min(max) * u,
            Backoff::DecorrelatedJitter { max } => {
                let last = if previous.is_zero() { base } else { previous };
                let width = (last * 3.0).saturating_sub(base);
                (base + width * u).min(max)
            }
        }
    }
}

/// The `attempt`-th term of the series, every product cut to whole milliseconds \[ms].
fn exponential(base_ms: u64, multiplier: f64, attempt: u32) -> u64 {
    let mut interval_ms = base_ms;
    for _ in 1..attempt {
        let next_ms = ((interval_ms as f64 * multiplier) as u64).min(i64::MAX as u64);
        if next_ms == interval_ms {
            break;
        }
        interval_ms = next_ms;
    }
    interval_ms
}

/// Uniform in `interval ± factor × interval`, the upper end raised by one, never below one \[ms].
fn randomised(interval_ms: u64, factor: Ratio, u: f64) -> u64 {
    let current = interval_ms as f64;
    let delta = factor.as_fraction() * current;
    let lowest = current - delta;
    let highest = current + delta;
    (lowest + u * (highest - lowest + 1.0)).max(1.0) as u64
}

fn capped(interval_ms: u64, max: Option<Span>) -> Span {
    Span::from_millis(max.map_or(interval_ms, |max| interval_ms.min(whole_ms(max))))
}

fn doubled(base: Span, attempt: u32, max: Span) -> Span {
    (base * f64::from(attempt - 1).exp2()).min(max)
}

/// Whole milliseconds in `span`, the rest cut off \[ms].
fn whole_ms(span: Span) -> u64 {
    span.as_nanos() / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALMOST_ONE: f64 = 1.0 - f64::EPSILON;

    fn retry(max_attempts: u32, backoff: Backoff) -> Retry {
        Retry::new(RetryConfig { max_attempts, backoff, ..RetryConfig::default() }).unwrap()
    }

    /// Waits after 1, 2, … failed attempts, in milliseconds, each fed with the one before.
    fn waits(retry: &Retry, u: f64) -> Vec<f64> {
        let mut previous = Span::ZERO;
        let mut waits = Vec::new();
        while let Some(wait) = retry.next_delay(waits.len() as u32 + 1, previous, u) {
            waits.push(wait.as_millis_f64());
            previous = wait;
        }
        waits
    }

    #[test]
    fn three_attempts_include_the_first() {
        let retry = Retry::new(RetryConfig::default()).unwrap();
        assert_eq!(waits(&retry, 0.3), [500.0, 500.0]);
        assert!(waits(&self::retry(1, Backoff::Fixed), 0.3).is_empty());
    }

    #[test]
    fn exponential_waits_lose_their_fraction_at_every_step() {
        let retry = retry(6, Backoff::Exponential { multiplier: 1.5, max: None });
        assert_eq!(waits(&retry, 0.9), [500.0, 750.0, 1125.0, 1687.0, 2530.0]);
    }

    #[test]
    fn exponential_waits_stop_growing_at_the_cap() {
        let max = Some(Span::from_millis(1000));
        let retry = retry(5, Backoff::Exponential { multiplier: 1.5, max });
        assert_eq!(waits(&retry, 0.9), [500.0, 750.0, 1000.0, 1000.0]);
    }

    #[test]
    fn a_randomised_wait_lies_within_its_factor_upper_end_plus_one() {
        let retry = retry(2, Backoff::Randomized { factor: Ratio::from_fraction(0.5) });
        assert_eq!(waits(&retry, 0.0), [250.0]);
        assert_eq!(waits(&retry, ALMOST_ONE), [750.0]);
        assert_eq!(waits(&retry, 0.5), [500.0]);
    }

    #[test]
    fn a_randomised_wait_is_at_least_one_millisecond() {
        let backoff = Backoff::Randomized { factor: Ratio::ONE };
        let wait_duration = Span::from_millis(1);
        let retry = Retry::new(RetryConfig { wait_duration, backoff, ..RetryConfig::default() }).unwrap();
        assert_eq!(waits(&retry, 0.0), [1.0, 1.0]);
    }

    #[test]
    fn the_cap_is_applied_after_randomising() {
        let max = Some(Span::from_millis(600));
        let factor = Ratio::from_fraction(0.5);
        let retry = retry(3, Backoff::ExponentialRandom { multiplier: 2.0, factor, max });
        // Of 1000 ± 500 ms the low end is kept and the high end cut: the cap does not scale the draw.
        assert_eq!(waits(&retry, 0.0), [250.0, 500.0]);
        assert_eq!(waits(&retry, ALMOST_ONE), [600.0, 600.0]);
    }

    #[test]
    fn full_jitter_spans_zero_to_the_doubled_base() {
        let retry = retry(5, Backoff::FullJitter { max: Span::from_secs(3) });
        assert_eq!(waits(&retry, 0.5), [250.0, 500.0, 1000.0, 1500.0]);
        assert_eq!(waits(&retry, 0.0), [0.0; 4]);
    }

    #[test]
    fn the_jitter_of_envoy_grows_by_powers_of_two_less_one() {
        let wait_duration = Span::from_millis(25);
        let backoff = Backoff::EnvoyJitter { max: Span::from_millis(250) };
        let config = RetryConfig { max_attempts: 6, wait_duration, backoff, ..RetryConfig::default() };
        let retry = Retry::new(config).unwrap();
        assert_eq!(waits(&retry, 0.5), [12.5, 37.5, 87.5, 125.0, 125.0]);
    }

    #[test]
    fn what_is_tried_again_is_listed_or_all_that_counts() {
        let read = |text: &str| serde_json::from_str::<RetryConfig>(text).unwrap();
        let all = read("{}");
        assert_eq!([all.retries("timeout", true), all.retries("declined", false)], [true, false]);
        let some = read(r#"{"retry-exceptions": ["timeout", "declined"], "ignore-exceptions": ["timeout"]}"#);
        let kinds = ["timeout", "declined", "error"];
        assert_eq!(kinds.map(|kind| some.retries(kind, kind != "declined")), [false, true, false]);
    }

    #[test]
    fn equal_jitter_spans_the_upper_half() {
        let retry = retry(3, Backoff::EqualJitter { max: Span::from_secs(20) });
        assert_eq!(waits(&retry, 0.0), [250.0, 500.0]);
        assert_eq!(waits(&retry, 0.5), [375.0, 750.0]);
    }

    #[test]
    fn decorrelated_jitter_spans_base_to_thrice_the_wait_before() {
        let retry = retry(5, Backoff::DecorrelatedJitter { max: Span::from_secs(2) });
        // 500 + (1500 − 500)/2 = 1000, then 500 + (3000 − 500)/2 = 1750, then capped.
        assert_eq!(waits(&retry, 0.5), [1000.0, 1750.0, 2000.0, 2000.0]);
        assert_eq!(waits(&retry, 0.0), [500.0; 4]);
    }

    #[test]
    fn plain_jitter_spreads_any_wait_both_ways() {
        let jitter = Ratio::from_fraction(0.2);
        let retry = Retry::new(RetryConfig { jitter, ..RetryConfig::default() }).unwrap();
        assert_eq!(waits(&retry, 0.0), [400.0, 400.0]);
        assert_eq!(waits(&retry, 0.75), [550.0, 550.0]);
    }

    #[test]
    fn mistakes_are_reported_together() {
        let text = r#"{"max-attempts": 0, "wait-duration": "0s", "jitter": "101%",
            "backoff": {"exponential-random": {"multiplier": 0.5, "factor": "200%", "max": "0s"}}}"#;
        let config: RetryConfig = serde_json::from_str(text).unwrap();
        assert_eq!(config.check().len(), 6);
        assert_eq!(RetryConfig::default().check(), []);
    }
}
