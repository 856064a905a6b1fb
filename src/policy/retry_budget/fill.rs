//! A bucket of retries that first tries fill: each first try adds a fraction of a retry, each retry takes
//! a whole one.
//!
//! It leaves out any refill by time, so that a client that sends nothing earns nothing.
//!
//! Source: AWS Builders' Library "Timeouts, retries and backoff with jitter"; Finagle `RetryBudget` has the
//! same deposit and withdrawal with an expiry on top.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::outcome::{Findings, PolicyError, refuse};
use crate::units::Ratio;

/// Parts of a token in which the bucket counts, so that a tenth stays a tenth.
const PARTS: u64 = 1_000_000;

/// The settings of a [`FillBudget`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct FillBudgetConfig {
    /// Retries earned by each first try. Range: up to 1000 (100000%). Default: 10%.
    pub fill_per_first_try: Ratio,
    /// Most retries that can be saved up \[retries]. Range: 1 to 1000000. Default: 100.
    pub capacity: u32,
    /// Retries in the bucket at the start \[retries]. Range: up to the capacity. Default: 10.
    pub initial: u32,
}

impl Default for FillBudgetConfig {
    fn default() -> Self {
        FillBudgetConfig { fill_per_first_try: Ratio::from_fraction(0.1), capacity: 100, initial: 10 }
    }
}

impl FillBudgetConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        findings
            .require(
                self.fill_per_first_try.as_fraction() <= 1000.0,
                "fill-per-first-try",
                self.fill_per_first_try,
                "up to 100000%",
            )
            .require((1..=1_000_000).contains(&self.capacity), "capacity", self.capacity, "1 to 1000000")
            .agree(
                self.initial <= self.capacity,
                "initial",
                "capacity",
                "the bucket cannot start with more than it holds",
            );
        findings.into_errors()
    }
}

/// The bucket that the requests of one client share.
#[derive(Clone, Debug)]
pub struct FillBudget {
    fill_parts: u64,
    capacity_parts: u64,
    parts: u64,
}

impl FillBudget {
    /// Makes a bucket with its initial retries.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: FillBudgetConfig) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        Ok(FillBudget {
            fill_parts: (config.fill_per_first_try.as_fraction() * PARTS as f64).round() as u64,
            capacity_parts: u64::from(config.capacity) * PARTS,
            parts: u64::from(config.initial) * PARTS,
        })
    }

    /// Notes a first try.
    pub fn on_first_try(&mut self) {
        self.parts = self.parts.saturating_add(self.fill_parts).min(self.capacity_parts);
    }

    /// Takes a whole retry out of the bucket, if there is one.
    pub fn try_retry(&mut self) -> bool {
        let left = self.parts.checked_sub(PARTS);
        self.parts = left.unwrap_or(self.parts);
        left.is_some()
    }

    /// Whole retries in the bucket \[retries].
    pub const fn retries_left(&self) -> u64 {
        self.parts / PARTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(text: &str) -> FillBudget {
        FillBudget::new(serde_json::from_str(text).unwrap()).unwrap()
    }

    #[test]
    fn ten_first_tries_earn_exactly_one_retry() {
        let mut budget = budget(r#"{"initial": 0}"#);
        (0..9).for_each(|_| budget.on_first_try());
        assert!(!budget.try_retry());
        budget.on_first_try();
        assert!(budget.try_retry());
        assert!(!budget.try_retry());
    }

    #[test]
    fn the_bucket_does_not_overflow() {
        let mut budget = budget(r#"{"capacity": 2, "initial": 2}"#);
        (0..1_000).for_each(|_| budget.on_first_try());
        assert_eq!(budget.retries_left(), 2);
    }

    #[test]
    fn in_the_long_run_retries_are_a_tenth_of_first_tries() {
        let mut budget = budget(r#"{"initial": 0}"#);
        let retries = (0..100_000)
            .filter(|_| {
                budget.on_first_try();
                budget.try_retry()
            })
            .count();
        assert_eq!(retries, 10_000);
    }

    #[test]
    fn a_start_above_the_capacity_is_refused() {
        let config: FillBudgetConfig = serde_json::from_str(r#"{"capacity": 5, "initial": 6}"#).unwrap();
        assert_eq!(config.check().len(), 1);
    }
}
