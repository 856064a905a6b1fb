//! Adaptive throttling of the Google SRE book: a client rejects its own requests while a back end accepts
//! too few of them.
//!
//! It leaves out criticality; one throttle is to be made for each back end (and class) a client talks to.
//!
//! Source: Google SRE book, "Handling Overload", client-side throttling.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::bucket::SecondCounts;
use super::super::outcome::{Findings, PolicyError, refuse};
use crate::units::{Instant, Ratio, Span};

/// The settings of an [`AdaptiveThrottle`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct AdaptiveThrottleConfig {
    /// K: requests per accepted one up to which nothing is rejected. Range: at least 1. Default: 2.
    pub multiplier: f64,
    /// Time over which both are counted, cut to whole seconds. Range: 1s to 1h. Default: 2m.
    pub window: Span,
}

impl Default for AdaptiveThrottleConfig {
    fn default() -> Self {
        AdaptiveThrottleConfig { multiplier: 2.0, window: Span::from_secs(120) }
    }
}

impl AdaptiveThrottleConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        let good = self.multiplier.is_finite() && self.multiplier >= 1.0;
        let window = (Span::from_secs(1)..=Span::from_secs(3600)).contains(&self.window);
        findings.require(good, "multiplier", self.multiplier, "a finite number of at least 1").require(
            window,
            "window",
            self.window,
            "1s to 1h",
        );
        findings.into_errors()
    }
}

/// Decides which requests a client rejects by itself.
#[derive(Clone, Debug)]
pub struct AdaptiveThrottle {
    config: AdaptiveThrottleConfig,
    /// Requests, those rejected here included; and accepts.
    counts: SecondCounts,
}

impl AdaptiveThrottle {
    /// Makes a throttle that has seen nothing.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: AdaptiveThrottleConfig) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        Ok(AdaptiveThrottle { counts: SecondCounts::over(config.window), config })
    }

    /// Whether to send a request; `u` is a uniform draw in `[0, 1)`. It is counted either way.
    pub fn try_acquire(&mut self, now: Instant, u: f64) -> bool {
        let sent = u >= self.rejection(now).as_fraction();
        self.counts.add(now, 1, 0);
        sent
    }

    /// Notes that the back end accepted a request: it worked on it, even if it then failed.
    pub fn on_accept(&mut self, now: Instant) {
        self.counts.add(now, 0, 1);
    }

    /// The probability that the next request is rejected here.
    pub fn rejection(&mut self, now: Instant) -> Ratio {
        let (requests, accepts) = self.counts.sums(now);
        let excess = requests as f64 - self.config.multiplier * accepts as f64;
        Ratio::from_fraction((excess / (requests as f64 + 1.0)).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Instant {
        Instant::START + Span::from_secs(secs)
    }

    fn throttle(requests: u64, accepts: u64) -> AdaptiveThrottle {
        let mut throttle = AdaptiveThrottle::new(AdaptiveThrottleConfig::default()).unwrap();
        (0..requests).for_each(|_| throttle.counts.add(at(0), 1, 0));
        (0..accepts).for_each(|_| throttle.on_accept(at(0)));
        throttle
    }

    #[test]
    fn nothing_is_rejected_while_half_is_accepted() {
        assert_eq!(throttle(100, 50).rejection(at(0)), Ratio::ZERO);
        assert_eq!(throttle(0, 0).rejection(at(0)), Ratio::ZERO);
    }

    #[test]
    fn the_rest_is_rejected_in_proportion() {
        // (100 − 2·20)/101
        let chance = throttle(100, 20).rejection(at(0)).as_fraction();
        assert!((chance - 60.0 / 101.0).abs() < 1e-12);
        assert!(!throttle(100, 20).try_acquire(at(0), 0.594));
        assert!(throttle(100, 20).try_acquire(at(0), 0.595));
    }

    #[test]
    fn local_rejections_count_as_requests() {
        let mut throttle = throttle(100, 0);
        let before = throttle.rejection(at(0));
        assert!(!throttle.try_acquire(at(0), 0.0));
        assert!(throttle.rejection(at(0)) > before);
    }

    #[test]
    fn the_window_forgets_after_two_minutes() {
        let mut throttle = throttle(100, 0);
        assert!(throttle.rejection(at(119)) > Ratio::ZERO);
        assert_eq!(throttle.rejection(at(120)), Ratio::ZERO);
    }

    #[test]
    fn a_multiplier_below_one_is_refused() {
        let config: AdaptiveThrottleConfig = serde_json::from_str(r#"{"multiplier": 0.5}"#).unwrap();
        assert_eq!(config.check().len(), 1);
    }
}
