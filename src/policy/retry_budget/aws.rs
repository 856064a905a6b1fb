//! The retry quota of the standard mode of the AWS SDKs: a bucket of tokens that retries spend and
//! successes refill.
//!
//! It leaves out the rate limiter of the adaptive mode, and the waits (see [`Retry`](crate::policy::Retry),
//! full jitter).
//!
//! Sources: smithy-rs `aws-smithy-runtime` `token_bucket.rs`; aws-sdk-js-v3 pull request 1258, and its
//! `service-error-classification`; botocore `retries/standard.py`; AWS SDK reference "Retry behavior" for the settings of 2026.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::outcome::{Findings, PolicyError, refuse};

/// The settings of an [`AwsRetryQuota`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct AwsRetryQuotaConfig {
    /// Tokens at the start, and the most there can be \[tokens]. Range: at least 1. Default: 500.
    pub capacity: u32,
    /// Price of a retry after an error, be it an answer or a connection \[tokens]. Default: 5.
    pub retry_cost: u32,
    /// Price of a retry after an attempt that had no answer in time \[tokens]; an answer of 504 is an error. Default: 10.
    pub timeout_retry_cost: u32,
    /// Price of a retry after an answer of 429 \[tokens]. Default: 5.
    pub throttling_retry_cost: u32,
    /// Tokens for a success at the first try \[tokens]. Default: 1.
    pub no_retry_increment: u32,
}

impl Default for AwsRetryQuotaConfig {
    fn default() -> Self {
        AwsRetryQuotaConfig {
            capacity: 500,
            retry_cost: 5,
            timeout_retry_cost: 10,
            throttling_retry_cost: 5,
            no_retry_increment: 1,
        }
    }
}

impl AwsRetryQuotaConfig {
    /// The settings that the SDKs adopt in 2026: 14 tokens for a retry, 5 after throttling.
    pub fn of_2026() -> Self {
        AwsRetryQuotaConfig { retry_cost: 14, timeout_retry_cost: 14, ..AwsRetryQuotaConfig::default() }
    }

    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        findings.require(self.capacity >= 1, "capacity", self.capacity, "at least 1");
        findings.into_errors()
    }
}

/// Why an attempt is to be retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AwsAttempt {
    /// It failed: an answer with an error, or no way to one.
    Failed,
    /// There was no answer in time.
    TimedOut,
    /// The service asked for less: 429.
    Throttled,
}

/// The tokens that a retry has cost, given back if it succeeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Cost(u32);

/// The bucket that the requests of one client share.
#[derive(Clone, Debug)]
pub struct AwsRetryQuota {
    config: AwsRetryQuotaConfig,
    tokens: u32,
}

impl AwsRetryQuota {
    /// Makes a full bucket.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: AwsRetryQuotaConfig) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        Ok(AwsRetryQuota { tokens: config.capacity, config })
    }

    /// Pays for a retry; `None` means that there is to be none. First attempts are never asked for.
    pub fn try_retry(&mut self, after: AwsAttempt) -> Option<Cost> {
        let cost = match after {
            AwsAttempt::Failed => self.config.retry_cost,
            AwsAttempt::TimedOut => self.config.timeout_retry_cost,
            AwsAttempt::Throttled => self.config.throttling_retry_cost,
        };
        self.tokens = self.tokens.checked_sub(cost)?;
        Some(Cost(cost))
    }

    /// Notes the success of a request, with the cost of its last retry if it needed any.
    pub fn on_success(&mut self, last_retry: Option<Cost>) {
        let back = last_retry.map_or(self.config.no_retry_increment, |cost| cost.0);
        self.tokens = self.tokens.saturating_add(back).min(self.config.capacity);
    }

    /// Tokens left \[tokens].
    pub const fn tokens(&self) -> u32 {
        self.tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota() -> AwsRetryQuota {
        AwsRetryQuota::new(AwsRetryQuotaConfig::default()).unwrap()
    }

    #[test]
    fn a_full_bucket_pays_for_a_hundred_retries_or_fifty_after_time_outs() {
        for (after, retries) in [(AwsAttempt::Failed, 100), (AwsAttempt::TimedOut, 50)] {
            let mut quota = quota();
            assert_eq!((0..999).filter(|_| quota.try_retry(after).is_some()).count(), retries);
        }
    }

    #[test]
    fn a_retry_that_succeeds_gives_its_cost_back() {
        let mut quota = quota();
        let cost = quota.try_retry(AwsAttempt::TimedOut);
        assert_eq!(quota.tokens(), 490);
        quota.on_success(cost);
        assert_eq!(quota.tokens(), 500);
    }

    #[test]
    fn a_success_without_retry_gives_one_token_up_to_the_capacity() {
        let mut quota = quota();
        assert!(quota.try_retry(AwsAttempt::Throttled).is_some());
        (0..3).for_each(|_| quota.on_success(None));
        assert_eq!(quota.tokens(), 498);
        (0..9).for_each(|_| quota.on_success(None));
        assert_eq!(quota.tokens(), 500);
    }

    #[test]
    fn the_settings_of_2026_pay_for_35_retries() {
        let mut quota = AwsRetryQuota::new(AwsRetryQuotaConfig::of_2026()).unwrap();
        assert_eq!((0..99).filter(|_| quota.try_retry(AwsAttempt::Failed).is_some()).count(), 35);
    }

    #[test]
    fn a_bucket_without_room_is_refused() {
        let config: AwsRetryQuotaConfig = serde_json::from_str(r#"{"capacity": 0}"#).unwrap();
        assert_eq!(AwsRetryQuota::new(config).unwrap_err().len(), 1);
    }
}
