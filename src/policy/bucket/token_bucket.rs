//! A token bucket: tokens come at a steady rate up to a burst, and each request takes some.
//!
//! tokens = min(B, tokens + r·Δt), kept in integers: the rate is exact to 10⁻⁹/s and time to a nanosecond,
//! so nothing drifts however often the bucket is looked at.
//!
//! It leaves out waiting: [`TokenBucket::wait_for`] says how long, the caller decides whether to.
//!
//! Source: the generic algorithm (Turner 1986, RFC 2697 in spirit).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::outcome::{Findings, PolicyError, refuse};
use crate::units::{Instant, Rate, Span};

/// Parts of a token: 10⁻⁹/s times 1 ns.
const TOKEN: u128 = 1_000_000_000_000_000_000;

/// The settings of a [`TokenBucket`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TokenBucketConfig {
    /// r: tokens per second. Range: zero (never refills) to 10^12/s.
    pub rate: Rate,
    /// B: the most tokens there can be \[tokens]. Range: at least 1.
    pub burst: u32,
    /// Tokens at the start \[tokens]. Range: up to the burst. Default: the burst.
    #[serde(default)]
    pub initial: Option<u32>,
}

impl TokenBucketConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        findings
            .require(self.rate.as_per_second() <= 1e12, "rate", self.rate, "up to 10^12/s")
            .require(self.burst >= 1, "burst", self.burst, "at least 1")
            .agree(
                self.initial.is_none_or(|initial| initial <= self.burst),
                "initial",
                "burst",
                "the bucket cannot start with more than it holds",
            );
        findings.into_errors()
    }
}

/// A token bucket.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    /// Rate in 10⁻⁹ tokens per second.
    nano_rate: u128,
    burst: u128,
    level: u128,
    filled: Instant,
}

impl TokenBucket {
    /// Makes a bucket with its initial tokens at `now`.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: TokenBucketConfig, now: Instant) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        Ok(TokenBucket {
            nano_rate: (config.rate.as_per_second() * 1e9).round() as u128,
            burst: u128::from(config.burst) * TOKEN,
            level: u128::from(config.initial.unwrap_or(config.burst)) * TOKEN,
            filled: now,
        })
    }

    /// Takes `tokens` if they are there; otherwise takes none.
    pub fn try_take(&mut self, now: Instant, tokens: u32) -> bool {
        self.fill(now);
        let left = self.level.checked_sub(u128::from(tokens) * TOKEN);
        self.level = left.unwrap_or(self.level);
        left.is_some()
    }

    /// How long until `tokens` are there if nobody takes any; `None` if never.
    pub fn wait_for(&mut self, now: Instant, tokens: u32) -> Option<Span> {
        self.fill(now);
        let wanted = u128::from(tokens) * TOKEN;
        let missing = wanted.saturating_sub(self.level);
        if missing == 0 {
            return Some(Span::ZERO);
        }
        if wanted > self.burst || self.nano_rate == 0 {
            return None;
        }
        Some(Span::from_nanos(u64::try_from(missing.div_ceil(self.nano_rate)).unwrap_or(u64::MAX)))
    }

    /// Whole tokens in the bucket \[tokens].
    pub fn tokens(&mut self, now: Instant) -> u64 {
        self.fill(now);
        (self.level / TOKEN) as u64
    }

    fn fill(&mut self, now: Instant) {
        let elapsed_ns = u128::from(now.since(self.filled).as_nanos());
        self.level = self.level.saturating_add(self.nano_rate.saturating_mul(elapsed_ns)).min(self.burst);
        self.filled = self.filled.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Span::from_millis(millis)
    }

    fn bucket(text: &str) -> TokenBucket {
        TokenBucket::new(serde_json::from_str(text).unwrap(), at(0)).unwrap()
    }

    #[test]
    fn a_full_bucket_lets_its_burst_pass_and_then_its_rate() {
        let mut bucket = bucket(r#"{"rate": "10/s", "burst": 5}"#);
        assert_eq!((0..9).filter(|_| bucket.try_take(at(0), 1)).count(), 5);
        assert!(!bucket.try_take(at(99), 1));
        assert!(bucket.try_take(at(100), 1));
    }

    #[test]
    fn tokens_beyond_the_burst_are_lost() {
        let mut bucket = bucket(r#"{"rate": "10/s", "burst": 5}"#);
        assert_eq!(bucket.tokens(at(60_000)), 5);
    }

    #[test]
    fn looking_often_loses_nothing() {
        let mut bucket = bucket(r#"{"rate": "3/s", "burst": 1000, "initial": 0}"#);
        let step = Span::from_nanos(33_333);
        let mut now = at(0);
        while now < at(10_000) {
            bucket.fill(now);
            now = now + step;
        }
        assert_eq!(bucket.tokens(at(10_000)), 30);
    }

    #[test]
    fn a_refused_request_takes_nothing() {
        let mut bucket = bucket(r#"{"rate": "1/s", "burst": 5}"#);
        assert!(!bucket.try_take(at(0), 6));
        assert!(bucket.try_take(at(0), 5));
    }

    #[test]
    fn the_wait_is_exact_and_endless_beyond_the_burst() {
        let mut bucket = bucket(r#"{"rate": "4/s", "burst": 5, "initial": 0}"#);
        assert_eq!(bucket.wait_for(at(0), 1), Some(Span::from_millis(250)));
        assert!(!bucket.try_take(at(249), 1));
        assert!(bucket.try_take(at(250), 1));
        assert_eq!(bucket.wait_for(at(0), 6), None);
    }

    #[test]
    fn mistakes_are_reported_together() {
        let config: TokenBucketConfig =
            serde_json::from_str(r#"{"rate": "9e12/s", "burst": 0, "initial": 1}"#).unwrap();
        // That more is there at the beginning than fits follows from a burst of nothing.
        assert_eq!(config.check().len(), 2);
        let config: TokenBucketConfig =
            serde_json::from_str(r#"{"rate": "9e12/s", "burst": 1, "initial": 2}"#).unwrap();
        assert_eq!(config.check().len(), 2);
    }
}
