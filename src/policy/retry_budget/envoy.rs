//! The retry budget of an Envoy cluster: retries under way, as a share of all requests under way.
//!
//! It leaves out priorities and the static `max_retries` that a budget replaces.
//!
//! Sources: Envoy `config/cluster/v3/circuit_breaker.proto` `RetryBudget`,
//! arch_overview/upstream/circuit_breaking.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::outcome::{Findings, PolicyError, refuse};
use crate::units::Ratio;

/// The settings of an [`EnvoyRetryBudget`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct EnvoyRetryBudgetConfig {
    /// Share of active and pending requests that may be retries. Range: up to 100%. Default: 20%.
    pub budget_percent: Ratio,
    /// Retries that may always be under way \[requests]. Default: 3.
    pub min_retry_concurrency: u32,
}

impl Default for EnvoyRetryBudgetConfig {
    fn default() -> Self {
        EnvoyRetryBudgetConfig { budget_percent: Ratio::from_fraction(0.2), min_retry_concurrency: 3 }
    }
}

impl EnvoyRetryBudgetConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        findings.require(
            self.budget_percent <= Ratio::ONE,
            "budget-percent",
            self.budget_percent,
            "up to 100%",
        );
        findings.into_errors()
    }
}

/// Counts the retries that are under way.
#[derive(Clone, Debug)]
pub struct EnvoyRetryBudget {
    config: EnvoyRetryBudgetConfig,
    retries: u64,
}

impl EnvoyRetryBudget {
    /// Makes a budget with no retry under way.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: EnvoyRetryBudgetConfig) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        Ok(EnvoyRetryBudget { config, retries: 0 })
    }

    /// Starts a retry if the budget allows it, with `active` and `pending` requests on the cluster
    /// (retries among them).
    pub fn try_retry(&mut self, active: u64, pending: u64) -> bool {
        let allowed = self.retries < self.limit(active, pending);
        self.retries += u64::from(allowed);
        allowed
    }

    /// Notes that a retry ended.
    pub fn finish(&mut self) {
        self.retries = self.retries.saturating_sub(1);
    }

    /// Retries under way \[requests].
    pub const fn retries(&self) -> u64 {
        self.retries
    }

    /// Retries that may be under way \[requests].
    pub fn limit(&self, active: u64, pending: u64) -> u64 {
        let share = active.saturating_add(pending) as f64 * self.config.budget_percent.as_fraction();
        // The product of a rounded share must not lose a whole retry: 0.07 × 100 is 7.
        ((share * (1.0 + 1e-12)) as u64).max(u64::from(self.config.min_retry_concurrency))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget() -> EnvoyRetryBudget {
        EnvoyRetryBudget::new(EnvoyRetryBudgetConfig::default()).unwrap()
    }

    #[test]
    fn three_retries_are_always_allowed() {
        let mut budget = budget();
        let allowed = (0..5).filter(|_| budget.try_retry(1, 0)).count();
        assert_eq!(allowed, 3);
    }

    #[test]
    fn a_fifth_of_active_and_pending_may_be_retries() {
        let mut budget = budget();
        let allowed = (0..100).filter(|_| budget.try_retry(70, 30)).count();
        assert_eq!(allowed, 20);
        assert_eq!(budget.limit(74, 30), 20);
    }

    #[test]
    fn the_end_of_a_retry_makes_room_for_another() {
        let mut budget = budget();
        (0..3).for_each(|_| assert!(budget.try_retry(1, 0)));
        budget.finish();
        assert!(budget.try_retry(1, 0));
        assert!(!budget.try_retry(1, 0));
        assert_eq!(budget.retries(), 3);
    }

    #[test]
    fn more_than_everything_is_refused() {
        let config: EnvoyRetryBudgetConfig = serde_json::from_str(r#"{"budget-percent": "101%"}"#).unwrap();
        assert_eq!(config.check().len(), 1);
    }
}
