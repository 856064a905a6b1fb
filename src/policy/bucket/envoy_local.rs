//! The local rate limit filter of Envoy: a token bucket for each proxy process, filled in steps.
//!
//! It leaves out descriptors, sharing of one bucket per connection, and the continuous refill of recent
//! releases (use a [`TokenBucket`](super::TokenBucket) for that).
//!
//! Source: Envoy local_rate_limit_filter, `LocalRateLimit` and `TokenBucket` protos.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::outcome::{Findings, PolicyError, refuse};
use super::fixed_window::one_second;
use crate::units::{Instant, Ratio, Span};

/// The settings of an [`EnvoyLocalRateLimit`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EnvoyLocalRateLimitConfig {
    /// Tokens at the start, and the most there can be \[tokens]. Range: at least 1.
    pub max_tokens: u32,
    /// Tokens added at each fill \[tokens]. Range: at least 1. Default: 1.
    #[serde(default = "one")]
    pub tokens_per_fill: u32,
    /// Time between two fills. Range: at least 50ms. Default: 1s.
    #[serde(default = "one_second")]
    pub fill_interval: Span,
    /// Share of requests that are looked at. Range: up to 100%. Default: 100%; Envoy's own is 0%, with which nothing is
    /// limited.
    #[serde(default = "all")]
    pub filter_enabled: Ratio,
    /// Share of limited requests that are turned away. Range: up to 100%. Default: 100%; Envoy's own is 0%, with which
    /// they are only counted.
    #[serde(default = "all")]
    pub filter_enforced: Ratio,
}

fn all() -> Ratio {
    Ratio::ONE
}

fn one() -> u32 {
    1
}

impl EnvoyLocalRateLimitConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        let share = "up to 100%";
        findings
            .require(self.max_tokens >= 1, "max-tokens", self.max_tokens, "at least 1")
            .require(self.tokens_per_fill >= 1, "tokens-per-fill", self.tokens_per_fill, "at least 1")
            .require(
                self.fill_interval >= Span::from_millis(50),
                "fill-interval",
                self.fill_interval,
                "at least 50ms",
            )
            .require(self.filter_enabled <= Ratio::ONE, "filter-enabled", self.filter_enabled, share)
            .require(self.filter_enforced <= Ratio::ONE, "filter-enforced", self.filter_enforced, share);
        findings.into_errors()
    }
}

/// What the filter does with a request; the names are those of its counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalDecision {
    /// Not looked at: it goes on.
    NotEnabled,
    /// It took a token and goes on.
    Ok,
    /// There was no token for it, but it goes on.
    RateLimited,
    /// There was no token for it: 429.
    Enforced,
}

/// A local rate limit with the behaviour of Envoy.
#[derive(Clone, Debug)]
pub struct EnvoyLocalRateLimit {
    config: EnvoyLocalRateLimitConfig,
    tokens: u32,
    created: Instant,
    fills: u64,
}

impl EnvoyLocalRateLimit {
    /// Makes a full bucket whose first interval starts at `now`.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: EnvoyLocalRateLimitConfig, now: Instant) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        Ok(EnvoyLocalRateLimit { tokens: config.max_tokens, config, created: now, fills: 0 })
    }

    /// Asks for one request; the draws are uniform in `[0, 1)`.
    pub fn try_acquire(&mut self, now: Instant, u_enabled: f64, u_enforced: f64) -> LocalDecision {
        self.fill(now);
        if u_enabled >= self.config.filter_enabled.as_fraction() {
            return LocalDecision::NotEnabled;
        }
        if self.tokens > 0 {
            self.tokens -= 1;
            return LocalDecision::Ok;
        }
        if u_enforced < self.config.filter_enforced.as_fraction() {
            LocalDecision::Enforced
        } else {
            LocalDecision::RateLimited
        }
    }

    fn fill(&mut self, now: Instant) {
        let fills = now.since(self.created).as_nanos() / self.config.fill_interval.as_nanos();
        let new = fills.saturating_sub(self.fills).saturating_mul(u64::from(self.config.tokens_per_fill));
        let filled = u64::from(self.tokens).saturating_add(new);
        self.tokens = u32::try_from(filled).unwrap_or(u32::MAX).min(self.config.max_tokens);
        self.fills = self.fills.max(fills);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Span::from_millis(millis)
    }

    fn limit(text: &str) -> EnvoyLocalRateLimit {
        EnvoyLocalRateLimit::new(serde_json::from_str(text).unwrap(), at(0)).unwrap()
    }

    #[test]
    fn as_envoy_has_it_by_default_nothing_is_limited() {
        let mut limit = limit(r#"{"max-tokens": 1, "filter-enabled": "0%", "filter-enforced": "0%"}"#);
        for _ in 0..5 {
            assert_eq!(limit.try_acquire(at(0), 0.0, 0.0), LocalDecision::NotEnabled);
        }
    }

    #[test]
    fn tokens_come_in_steps() {
        let mut limit = limit(r#"{"max-tokens": 2, "tokens-per-fill": 2}"#);
        let mut ok = |ms| (0..9).filter(|_| limit.try_acquire(at(ms), 0.9, 0.9) == LocalDecision::Ok).count();
        assert_eq!([ok(0), ok(999), ok(1_000), ok(9_000)], [2, 0, 2, 2]);
    }

    #[test]
    fn limiting_without_enforcing_only_counts() {
        let mut limit = limit(r#"{"max-tokens": 1, "filter-enabled": "100%", "filter-enforced": "50%"}"#);
        let mut ask = |u_enforced| limit.try_acquire(at(0), 0.0, u_enforced);
        assert_eq!(ask(0.0), LocalDecision::Ok);
        assert_eq!(ask(0.5), LocalDecision::RateLimited);
        assert_eq!(ask(0.49), LocalDecision::Enforced);
    }

    #[test]
    fn mistakes_are_reported_together() {
        let text = r#"{"max-tokens": 0, "tokens-per-fill": 0, "fill-interval": "49ms",
            "filter-enabled": "101%", "filter-enforced": "2"}"#;
        let config: EnvoyLocalRateLimitConfig = serde_json::from_str(text).unwrap();
        assert_eq!(config.check().len(), 5);
    }
}
