//! One of the budgets, behind the same questions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::outcome::PolicyError;
use super::{
    AwsAttempt, AwsRetryQuota, AwsRetryQuotaConfig, Cost, EnvoyRetryBudget, EnvoyRetryBudgetConfig,
    FillBudget, FillBudgetConfig, RatioBudget, RatioBudgetConfig,
};
use crate::units::Instant;

/// Which budget, with its settings.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RetryBudgetConfig {
    /// A bucket that first tries fill. Source: AWS Builders' Library; Finagle `RetryBudget` without its expiry.
    TokenBucket(FillBudgetConfig),
    /// Retries as a share of all requests of a sliding window. Source: Google SRE book.
    Ratio(RatioBudgetConfig),
    /// Retries under way as a share of all requests under way. Source: Envoy `retry_budget`.
    Concurrency(EnvoyRetryBudgetConfig),
    /// The quota of the standard mode of the AWS SDKs.
    AwsStandard(AwsRetryQuotaConfig),
}

impl RetryBudgetConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        match self {
            RetryBudgetConfig::TokenBucket(config) => config.check(),
            RetryBudgetConfig::Ratio(config) => config.check(),
            RetryBudgetConfig::Concurrency(config) => config.check(),
            RetryBudgetConfig::AwsStandard(config) => config.check(),
        }
    }
}

#[derive(Clone, Debug)]
enum Kind {
    Fill(FillBudget),
    Ratio(RatioBudget),
    Envoy(EnvoyRetryBudget),
    Aws(AwsRetryQuota),
}

/// A budget that the requests of one caller share.
///
/// The caller tells of each request with [`first_try`](Self::first_try), asks [`try_retry`](Self::try_retry) before
/// each retry, tells of the end of each retry with [`retry_ended`](Self::retry_ended), and of the end of each request
/// with [`request_ended`](Self::request_ended).
#[derive(Clone, Debug)]
pub struct RetryBudget {
    kind: Kind,
    /// Requests under way, in a pause before a retry included.
    active: u64,
}

impl RetryBudget {
    /// Makes a budget that has seen nothing.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: RetryBudgetConfig) -> Result<Self, Vec<PolicyError>> {
        let kind = match config {
            RetryBudgetConfig::TokenBucket(config) => Kind::Fill(FillBudget::new(config)?),
            RetryBudgetConfig::Ratio(config) => Kind::Ratio(RatioBudget::new(config)?),
            RetryBudgetConfig::Concurrency(config) => Kind::Envoy(EnvoyRetryBudget::new(config)?),
            RetryBudgetConfig::AwsStandard(config) => Kind::Aws(AwsRetryQuota::new(config)?),
        };
        Ok(RetryBudget { kind, active: 0 })
    }

    /// Notes a request's first try, which is always allowed.
    pub fn first_try(&mut self, now: Instant) {
        self.active += 1;
        match &mut self.kind {
            Kind::Fill(budget) => budget.on_first_try(),
            Kind::Ratio(budget) => budget.on_first_try(now),
            Kind::Envoy(_) | Kind::Aws(_) => {}
        }
    }

    /// Whether a request may be tried again, and what has to be given back with its success.
    ///
    /// # Errors
    /// When the budget is used up.
    pub fn try_retry(&mut self, now: Instant, after: AwsAttempt) -> Result<Option<Cost>, Exhausted> {
        let allowed = match &mut self.kind {
            Kind::Fill(budget) => budget.try_retry(),
            Kind::Ratio(budget) => budget.try_retry(now),
            Kind::Envoy(budget) => budget.try_retry(self.active, 0),
            Kind::Aws(budget) => return budget.try_retry(after).map(Some).ok_or(Exhausted),
        };
        if allowed { Ok(None) } else { Err(Exhausted) }
    }

    /// Notes the end of a retry, however it ended.
    pub fn retry_ended(&mut self) {
        if let Kind::Envoy(budget) = &mut self.kind {
            budget.finish();
        }
    }

    /// Notes the end of a request; `served` with the cost of its last retry if it needed any.
    pub fn request_ended(&mut self, served: bool, last_retry: Option<Cost>) {
        self.active = self.active.saturating_sub(1);
        if let (Kind::Aws(budget), true) = (&mut self.kind, served) {
            budget.on_success(last_retry);
        }
    }

    /// Requests under way \[requests].
    pub const fn active(&self) -> u64 {
        self.active
    }
}

/// The budget is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the retry budget is used up")]
pub struct Exhausted;

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(text: &str) -> RetryBudget {
        RetryBudget::new(serde_json::from_str(text).unwrap()).unwrap()
    }

    /// Retries allowed to so many requests under way that all fail at once.
    fn allowed(budget: &mut RetryBudget, requests: u32) -> usize {
        (0..requests).for_each(|_| budget.first_try(Instant::START));
        let asked = (0..requests).map(|_| budget.try_retry(Instant::START, AwsAttempt::Failed));
        asked.filter(Result::is_ok).count()
    }

    #[test]
    fn each_budget_limits_what_it_is_about() {
        let fill = r#"{"token-bucket": {"fill-per-first-try": "10%", "capacity": 100, "initial": 0}}"#;
        assert_eq!(allowed(&mut budget(fill), 50), 5);
        assert_eq!(allowed(&mut budget(r#"{"ratio": {"ratio": "10%", "min-retries": 0}}"#), 90), 10);
        let envoy = r#"{"concurrency": {"budget-percent": "20%", "min-retry-concurrency": 3}}"#;
        assert_eq!(allowed(&mut budget(envoy), 50), 10);
        assert_eq!(allowed(&mut budget(r#"{"aws-standard": {"capacity": 23}}"#), 50), 4);
    }

    #[test]
    fn a_retry_that_ends_makes_room_where_retries_under_way_are_counted() {
        let mut budget = budget(r#"{"concurrency": {"min-retry-concurrency": 1}}"#);
        assert_eq!(allowed(&mut budget, 2), 1);
        budget.retry_ended();
        budget.request_ended(true, None);
        assert_eq!(budget.active(), 1);
        assert_eq!(allowed(&mut budget, 1), 1);
    }

    #[test]
    fn a_success_gives_back_what_its_last_retry_cost() {
        let mut budget = budget(r#"{"aws-standard": {"capacity": 10}}"#);
        let first = budget.try_retry(Instant::START, AwsAttempt::TimedOut).unwrap();
        assert_eq!(budget.try_retry(Instant::START, AwsAttempt::Failed), Err(Exhausted));
        budget.request_ended(true, first);
        assert!(budget.try_retry(Instant::START, AwsAttempt::TimedOut).is_ok());
    }
}
