//! The rule of the Google SRE book: a client retries only while retries are below a tenth of its requests.
//!
//! Requests and retries are counted over a sliding window of two minutes, in steps of a second.
//!
//! It leaves out the limit of attempts for each request (see [`Retry`](crate::policy::Retry)).
//!
//! Source: Google SRE book, "Handling Overload", deciding to retry (per-client retry budget).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::bucket::SecondCounts;
use super::super::outcome::{Findings, PolicyError, refuse};
use crate::units::{Instant, Ratio, Span};

/// The settings of a [`RatioBudget`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RatioBudgetConfig {
    /// Share of requests that may be retries. Range: up to 100%. Default: 10%.
    pub ratio: Ratio,
    /// Time over which both are counted, cut to whole seconds. Range: 1s to 1h. Default: 2m.
    pub window: Span,
    /// Retries within the window that are always allowed \[retries]. Default: 0.
    pub min_retries: u32,
}

impl Default for RatioBudgetConfig {
    fn default() -> Self {
        RatioBudgetConfig { ratio: Ratio::from_fraction(0.1), window: Span::from_secs(120), min_retries: 0 }
    }
}

impl RatioBudgetConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        let window = (Span::from_secs(1)..=Span::from_secs(3600)).contains(&self.window);
        findings.require(self.ratio <= Ratio::ONE, "ratio", self.ratio, "up to 100%").require(
            window,
            "window",
            self.window,
            "1s to 1h",
        );
        findings.into_errors()
    }
}

/// Counts the requests and the retries of one client.
#[derive(Clone, Debug)]
pub struct RatioBudget {
    config: RatioBudgetConfig,
    /// Requests, retries included; and retries.
    counts: SecondCounts,
}

impl RatioBudget {
    /// Makes a budget that has seen nothing.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: RatioBudgetConfig) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        Ok(RatioBudget { counts: SecondCounts::over(config.window), config })
    }

    /// Notes a first try, which is always allowed.
    pub fn on_first_try(&mut self, now: Instant) {
        self.counts.add(now, 1, 0);
    }

    /// Starts a retry if the share of retries, this one included, stays within the budget.
    pub fn try_retry(&mut self, now: Instant) -> bool {
        let (requests, retries) = self.counts.sums(now);
        let share = (requests + 1) as f64 * self.config.ratio.as_fraction() * (1.0 + 1e-12);
        let allowed = retries < u64::from(self.config.min_retries) || (retries + 1) as f64 <= share;
        if allowed {
            self.counts.add(now, 1, 1);
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Instant {
        Instant::START + Span::from_secs(secs)
    }

    #[test]
    fn one_request_in_ten_may_be_a_retry() {
        let mut budget = RatioBudget::new(RatioBudgetConfig::default()).unwrap();
        (0..90).for_each(|_| budget.on_first_try(at(0)));
        let retries = (0..90).filter(|_| budget.try_retry(at(1))).count();
        assert_eq!(retries, 10);
    }

    #[test]
    fn traffic_older_than_two_minutes_earns_nothing() {
        let mut budget = RatioBudget::new(RatioBudgetConfig::default()).unwrap();
        (0..90).for_each(|_| budget.on_first_try(at(0)));
        assert!(budget.clone().try_retry(at(119)));
        assert!(!budget.try_retry(at(120)));
    }

    #[test]
    fn a_floor_allows_retries_to_a_quiet_client() {
        let config = RatioBudgetConfig { min_retries: 2, ..RatioBudgetConfig::default() };
        let mut budget = RatioBudget::new(config).unwrap();
        assert_eq!((0..5).filter(|_| budget.try_retry(at(0))).count(), 2);
    }

    #[test]
    fn a_window_below_a_second_is_refused() {
        let config: RatioBudgetConfig = serde_json::from_str(r#"{"window": "1ms", "ratio": "2"}"#).unwrap();
        assert_eq!(config.check().len(), 2);
    }
}
