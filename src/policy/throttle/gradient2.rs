//! A limit that compares the delay of now with the delay of long.
//!
//! Sources: Netflix concurrency-limits `Gradient2Limit`, `ExpAvgMeasurement` (warm-up of 10 samples).
//! Releases before the 0.95 of here shrink a drifted long average by 0.9.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::outcome::{Findings, PolicyError, refuse};
use super::sample::LimitSample;
use crate::units::Ratio;

/// The settings of a [`Gradient2`] limit.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Gradient2Config {
    /// Limit at the start \[requests]. Range: min-limit to max-concurrency. Default: 20.
    pub initial_limit: u32,
    /// Least limit \[requests]. Range: at least 1. Default: 20.
    pub min_limit: u32,
    /// Greatest limit \[requests]. Default: 200.
    pub max_concurrency: u32,
    /// Weight of a new limit against the old one. Range: above 0%, up to 100%. Default: 20%.
    pub smoothing: Ratio,
    /// Requests that may queue \[requests]. Default: 4.
    pub queue_size: u32,
    /// How much longer than usual a request may take. Range: at least 1. Default: 1.5.
    pub rtt_tolerance: f64,
    /// Samples over which the long average forgets \[samples]. Range: at least 1. Default: 600.
    pub long_window: u32,
}

impl Default for Gradient2Config {
    fn default() -> Self {
        Gradient2Config {
            initial_limit: 20,
            min_limit: 20,
            max_concurrency: 200,
            smoothing: Ratio::from_fraction(0.2),
            queue_size: 4,
            rtt_tolerance: 1.5,
            long_window: 600,
        }
    }
}

impl Gradient2Config {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        let smoothing = self.smoothing > Ratio::ZERO && self.smoothing <= Ratio::ONE;
        let tolerance = self.rtt_tolerance.is_finite() && self.rtt_tolerance >= 1.0;
        let initial = (self.min_limit..=self.max_concurrency).contains(&self.initial_limit);
        findings
            .require(self.min_limit >= 1, "min-limit", self.min_limit, "at least 1")
            .require(
                initial,
                "initial-limit",
                self.initial_limit,
                "between `min-limit` and `max-concurrency`",
            )
            .require(smoothing, "smoothing", self.smoothing, "above 0%, up to 100%")
            .require(tolerance, "rtt-tolerance", self.rtt_tolerance, "a finite number of at least 1")
            .require(self.long_window >= 1, "long-window", self.long_window, "at least 1");
        findings.into_errors()
    }
}

/// Samples that are averaged plainly before the exponential average starts.
const WARM_UP: u32 = 10;

/// A limit that shrinks while requests take longer than they used to.
#[derive(Clone, Debug)]
pub struct Gradient2 {
    config: Gradient2Config,
    limit: f64,
    /// Long average of the round trip \[ns].
    long_ns: f64,
    sum_ns: f64,
    samples: u32,
}

impl Gradient2 {
    /// Makes a limit at its start.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: Gradient2Config) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        let limit = f64::from(config.initial_limit);
        Ok(Gradient2 { config, limit, long_ns: 0.0, sum_ns: 0.0, samples: 0 })
    }

    /// Learns from a request; returns the limit from now on \[requests].
    pub fn update(&mut self, sample: LimitSample) -> u32 {
        let short_ns = sample.round_trip.as_nanos().max(1) as f64;
        self.average(short_ns);
        let ratio = self.long_ns / short_ns;
        if ratio > 2.0 {
            self.long_ns *= 0.95;
        }
        if f64::from(sample.in_flight) >= self.limit / 2.0 {
            let gradient = (self.config.rtt_tolerance * ratio).clamp(0.5, 1.0);
            let wanted = self.limit * gradient + f64::from(self.config.queue_size);
            let weight = self.config.smoothing.as_fraction();
            let smoothed = self.limit * (1.0 - weight) + wanted * weight;
            let (least, most) = (self.config.min_limit, self.config.max_concurrency);
            self.limit = smoothed.clamp(f64::from(least), f64::from(most));
        }
        self.limit()
    }

    /// The limit \[requests].
    pub fn limit(&self) -> u32 {
        self.limit as u32
    }

    fn average(&mut self, short_ns: f64) {
        if self.samples < WARM_UP {
            self.samples += 1;
            self.sum_ns += short_ns;
            self.long_ns = self.sum_ns / f64::from(self.samples);
        } else {
            let weight = 2.0 / (f64::from(self.config.long_window) + 1.0);
            self.long_ns = self.long_ns * (1.0 - weight) + short_ns * weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    fn sample(millis: u64, in_flight: u32) -> LimitSample {
        LimitSample { round_trip: Span::from_millis(millis), in_flight, dropped: false }
    }

    fn gradient(text: &str) -> Gradient2 {
        Gradient2::new(serde_json::from_str(text).unwrap()).unwrap()
    }

    #[test]
    fn a_steady_delay_grows_the_limit_by_the_smoothed_queue() {
        let mut limit = gradient(r#"{"initial-limit": 50}"#);
        // 50 · 0.8 + (50 + 4) · 0.2 = 50.8
        assert_eq!(limit.update(sample(100, 50)), 50);
        assert!((limit.limit - 50.8).abs() < 1e-9);
    }

    #[test]
    fn a_delay_within_the_tolerance_does_not_shrink_the_limit() {
        let mut limit = gradient(r#"{"initial-limit": 50, "smoothing": "100%", "queue-size": 0}"#);
        (0..10).for_each(|_| {
            limit.update(sample(100, 50));
        });
        assert_eq!(limit.update(sample(149, 50)), 50);
    }

    #[test]
    fn one_sample_never_takes_more_than_half() {
        let mut limit = gradient(r#"{"initial-limit": 100, "smoothing": "100%", "queue-size": 0}"#);
        (0..10).for_each(|_| {
            limit.update(sample(100, 100));
        });
        assert_eq!(limit.update(sample(100_000, 100)), 50);
    }

    #[test]
    fn a_limit_that_is_not_used_does_not_move() {
        let mut limit = gradient(r#"{"initial-limit": 50}"#);
        assert_eq!(limit.update(sample(100, 24)), 50);
        assert!((limit.limit - 50.0).abs() < 1e-9);
    }

    #[test]
    fn a_drifted_long_average_comes_down_faster() {
        let mut limit = gradient("{}");
        (0..10).for_each(|_| {
            limit.update(sample(1_000, 1));
        });
        let before = limit.long_ns;
        limit.update(sample(100, 1));
        // (1000·(1 − 2/601) + 100·2/601) · 0.95
        assert!((limit.long_ns / before - 0.95 * (1.0 - 0.9 * 2.0 / 601.0)).abs() < 1e-9);
    }

    #[test]
    fn mistakes_are_reported_together() {
        let text = r#"{"initial-limit": 5, "smoothing": "0%", "rtt-tolerance": 0.5, "long-window": 0}"#;
        let config: Gradient2Config = serde_json::from_str(text).unwrap();
        assert_eq!(config.check().len(), 4);
    }
}
