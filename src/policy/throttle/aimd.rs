//! Additive increase, multiplicative decrease.
//!
//! Source: Netflix concurrency-limits `AIMDLimit`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::outcome::{Findings, PolicyError, refuse};
use super::sample::LimitSample;
use crate::units::{Ratio, Span};

/// The settings of an [`Aimd`] limit.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct AimdConfig {
    /// Limit at the start \[requests]. Range: min-limit to max-limit. Default: 20.
    pub initial_limit: u32,
    /// Least limit \[requests]. Range: at least 1. Default: 20.
    pub min_limit: u32,
    /// Greatest limit \[requests]. Default: 200.
    pub max_limit: u32,
    /// What is left of the limit after a drop. Range: 50% up to below 100%. Default: 90%.
    pub backoff_ratio: Ratio,
    /// A request that takes longer than this counts as dropped. Range: above 0s. Default: 5s.
    pub timeout: Span,
}

impl Default for AimdConfig {
    fn default() -> Self {
        AimdConfig {
            initial_limit: 20,
            min_limit: 20,
            max_limit: 200,
            backoff_ratio: Ratio::from_fraction(0.9),
            timeout: Span::from_secs(5),
        }
    }
}

impl AimdConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        let ratio = (0.5..1.0).contains(&self.backoff_ratio.as_fraction());
        let in_order = self.min_limit <= self.max_limit;
        let initial = !in_order || (self.min_limit..=self.max_limit).contains(&self.initial_limit);
        findings
            .require(self.min_limit >= 1, "min-limit", self.min_limit, "at least 1")
            .require(!self.timeout.is_zero(), "timeout", self.timeout, "above 0s")
            .require(ratio, "backoff-ratio", self.backoff_ratio, "50% up to below 100%")
            .agree(in_order, "min-limit", "max-limit", "the least is above the most")
            .require(initial, "initial-limit", self.initial_limit, "between `min-limit` and `max-limit`");
        findings.into_errors()
    }
}

/// A limit that grows by one and shrinks by a share.
#[derive(Clone, Debug)]
pub struct Aimd {
    config: AimdConfig,
    limit: u32,
}

impl Aimd {
    /// Makes a limit at its start.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: AimdConfig) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        Ok(Aimd { limit: config.initial_limit, config })
    }

    /// Learns from a request; returns the limit from now on \[requests].
    pub fn update(&mut self, sample: LimitSample) -> u32 {
        if sample.dropped || sample.round_trip > self.config.timeout {
            self.limit = (f64::from(self.limit) * self.config.backoff_ratio.as_fraction()) as u32;
        } else if u64::from(sample.in_flight) * 2 >= u64::from(self.limit) {
            self.limit = self.limit.saturating_add(1);
        }
        self.limit = self.limit.clamp(self.config.min_limit, self.config.max_limit);
        self.limit
    }

    /// The limit \[requests].
    pub const fn limit(&self) -> u32 {
        self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit_from(initial_limit: u32) -> Aimd {
        Aimd::new(AimdConfig { initial_limit, ..AimdConfig::default() }).unwrap()
    }

    fn sample(millis: u64, in_flight: u32, dropped: bool) -> LimitSample {
        LimitSample { round_trip: Span::from_millis(millis), in_flight, dropped }
    }

    #[test]
    fn a_drop_or_a_slow_request_takes_a_tenth_cut_down() {
        assert_eq!(limit_from(55).update(sample(1, 55, true)), 49);
        assert_eq!(limit_from(55).update(sample(5_001, 55, false)), 49);
        assert_eq!(limit_from(55).update(sample(5_000, 55, false)), 56);
    }

    #[test]
    fn the_limit_grows_only_when_at_least_half_of_it_is_used() {
        assert_eq!(limit_from(50).update(sample(1, 25, false)), 51);
        assert_eq!(limit_from(50).update(sample(1, 24, false)), 50);
    }

    #[test]
    fn the_limit_stays_between_20_and_200() {
        assert_eq!(limit_from(20).update(sample(1, 20, true)), 20);
        assert_eq!(limit_from(200).update(sample(1, 200, false)), 200);
    }

    #[test]
    fn a_ratio_of_one_is_refused() {
        let config: AimdConfig =
            serde_json::from_str(r#"{"backoff-ratio": "100%", "initial-limit": 5}"#).unwrap();
        assert_eq!(config.check().len(), 2);
    }
}
