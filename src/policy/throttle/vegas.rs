//! A limit that estimates the queue behind it from the delay, after TCP Vegas.
//!
//! It leaves out smoothing and exchangeable functions for α, β and the step.
//!
//! Source: Netflix concurrency-limits `VegasLimit`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::outcome::{Findings, PolicyError, refuse};
use super::sample::LimitSample;
use crate::units::Span;

/// The settings of a [`Vegas`] limit.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct VegasConfig {
    /// Limit at the start \[requests]. Range: 1 to `max-concurrency`. Default: 20.
    pub initial_limit: u32,
    /// Greatest limit \[requests]. Default: 1000.
    pub max_concurrency: u32,
    /// The least delay is measured afresh about every limit × this samples. Range: at least 1. Default: 30.
    pub probe_multiplier: u32,
}

impl Default for VegasConfig {
    fn default() -> Self {
        VegasConfig { initial_limit: 20, max_concurrency: 1000, probe_multiplier: 30 }
    }
}

impl VegasConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        let initial = (1..=self.max_concurrency).contains(&self.initial_limit);
        findings.require(initial, "initial-limit", self.initial_limit, "1 to `max-concurrency`").require(
            self.probe_multiplier >= 1,
            "probe-multiplier",
            self.probe_multiplier,
            "at least 1",
        );
        findings.into_errors()
    }
}

/// A limit that holds the queue behind it between α and β requests.
#[derive(Clone, Debug)]
pub struct Vegas {
    config: VegasConfig,
    limit: f64,
    /// The least round trip so far; zero before the first sample.
    least: Span,
    samples: u32,
    /// Share of the full interval until the next probe, in [0.5, 1).
    jitter: f64,
}

impl Vegas {
    /// Makes a limit at its start; `u` is a uniform draw in `[0, 1)` for the time of the first probe.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: VegasConfig, u: f64) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        let limit = f64::from(config.initial_limit);
        Ok(Vegas { config, limit, least: Span::ZERO, samples: 0, jitter: 0.5 + 0.5 * u })
    }

    /// Learns from a request; returns the limit from now on \[requests]. `u` is a uniform draw in `[0, 1)`
    /// that is used when this sample is a probe.
    pub fn update(&mut self, sample: LimitSample, u: f64) -> u32 {
        self.samples = self.samples.saturating_add(1);
        if self.jitter * f64::from(self.config.probe_multiplier) * self.limit <= f64::from(self.samples) {
            self.jitter = 0.5 + 0.5 * u;
            self.samples = 0;
            self.least = sample.round_trip;
        } else if self.least.is_zero() || sample.round_trip < self.least {
            self.least = sample.round_trip;
        } else if let Some(limit) = self.judged(sample) {
            self.limit = limit.clamp(1.0, f64::from(self.config.max_concurrency));
        }
        self.limit()
    }

    /// The limit \[requests].
    pub fn limit(&self) -> u32 {
        self.limit as u32
    }

    /// The limit that a sample asks for; `None` leaves it as it is.
    fn judged(&self, sample: LimitSample) -> Option<f64> {
        let step = step(self.limit);
        if sample.dropped {
            return Some(self.limit - step);
        }
        if f64::from(sample.in_flight) * 2.0 < self.limit {
            return None;
        }
        let share = self.least.as_nanos() as f64 / sample.round_trip.as_nanos().max(1) as f64;
        let queue = (self.limit * (1.0 - share)).ceil();
        let (alpha, beta) = (3.0 * step, 6.0 * step);
        if queue <= step {
            Some(self.limit + beta)
        } else if queue < alpha {
            Some(self.limit + step)
        } else if queue > beta {
            Some(self.limit - step)
        } else {
            None
        }
    }
}

/// The logarithm of the limit to base 10, cut down, at least 1.
fn step(limit: f64) -> f64 {
    limit.log10().floor().max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A limit of `initial_limit` that has seen 100 ms as its least round trip.
    fn warm(initial_limit: u32) -> Vegas {
        let mut vegas = Vegas::new(VegasConfig { initial_limit, ..VegasConfig::default() }, 0.5).unwrap();
        assert_eq!(vegas.update(sample(100, initial_limit, false), 0.5), initial_limit);
        vegas
    }

    fn sample(millis: u64, in_flight: u32, dropped: bool) -> LimitSample {
        LimitSample { round_trip: Span::from_millis(millis), in_flight, dropped }
    }

    #[test]
    fn without_a_queue_the_limit_grows_by_beta() {
        assert_eq!(warm(20).update(sample(100, 20, false), 0.5), 26);
        assert_eq!(warm(100).update(sample(100, 100, false), 0.5), 112);
    }

    #[test]
    fn a_short_queue_grows_the_limit_by_one_step_and_a_long_one_shrinks_it() {
        // Queue of 20·(1 − 100/110) = 1.8, so 2: between the step 1 and α 3.
        assert_eq!(warm(20).update(sample(110, 20, false), 0.5), 21);
        // 20·(1 − 100/125) = 4: between α and β.
        assert_eq!(warm(20).update(sample(125, 20, false), 0.5), 20);
        // 20·(1 − 100/200) = 10: above β 6.
        assert_eq!(warm(20).update(sample(200, 20, false), 0.5), 19);
    }

    #[test]
    fn a_drop_shrinks_the_limit_even_when_little_is_under_way() {
        assert_eq!(warm(20).update(sample(100, 1, true), 0.5), 19);
        assert_eq!(warm(20).update(sample(100, 9, false), 0.5), 20);
    }

    #[test]
    fn a_new_least_round_trip_changes_only_itself() {
        let mut vegas = warm(20);
        assert_eq!(vegas.update(sample(50, 20, true), 0.5), 20);
        assert_eq!(vegas.least, Span::from_millis(50));
    }

    #[test]
    fn under_lasting_overload_a_probe_learns_the_inflated_round_trip() {
        let mut vegas = warm(20);
        (0..700).for_each(|_| {
            vegas.update(sample(900, 5, false), 0.5);
        });
        assert_eq!(vegas.least, Span::from_millis(900));
    }

    #[test]
    fn the_least_round_trip_is_measured_afresh_as_often_as_told() {
        // Half to all of the limit × the multiplier: here three quarters of 20 and of 40.
        for (multiplier, samples) in [(1, 15), (2, 30)] {
            let config = VegasConfig { probe_multiplier: multiplier, ..VegasConfig::default() };
            let mut vegas = Vegas::new(config, 0.5).unwrap();
            let mut leasts = (0..40).map(|at| {
                vegas.update(sample(if at == 0 { 100 } else { 900 }, 5, false), 0.5);
                vegas.least
            });
            assert_eq!(leasts.position(|least| least == Span::from_millis(900)), Some(samples - 1));
        }
    }

    #[test]
    fn the_limit_stops_at_the_most() {
        let config = VegasConfig { initial_limit: 20, max_concurrency: 22, ..VegasConfig::default() };
        let mut vegas = Vegas::new(config, 0.5).unwrap();
        (0..3).for_each(|_| {
            vegas.update(sample(100, 20, false), 0.5);
        });
        assert_eq!(vegas.limit(), 22);
    }

    #[test]
    fn a_start_of_zero_is_refused() {
        let config: VegasConfig = serde_json::from_str(r#"{"initial-limit": 0}"#).unwrap();
        assert_eq!(config.check().len(), 1);
    }
}
