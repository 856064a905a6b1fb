//! One of the limits, with the count of what is under way.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::outcome::PolicyError;
use super::{Aimd, AimdConfig, Gradient2, Gradient2Config, LimitSample, Vegas, VegasConfig};
use crate::units::Span;

/// Which limit, with its settings.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConcurrencyLimitConfig {
    /// Grows by one, shrinks by a share. Source: Netflix concurrency-limits `AIMDLimit`.
    Aimd(AimdConfig),
    /// Follows the queue that it makes out of delays. Source: Netflix concurrency-limits `VegasLimit`.
    Vegas(VegasConfig),
    /// Compares the delay of now with that of long. Source: Netflix concurrency-limits `Gradient2Limit`.
    Gradient2(Gradient2Config),
}

impl ConcurrencyLimitConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        match self {
            ConcurrencyLimitConfig::Aimd(config) => config.check(),
            ConcurrencyLimitConfig::Vegas(config) => config.check(),
            ConcurrencyLimitConfig::Gradient2(config) => config.check(),
        }
    }
}

#[derive(Clone, Debug)]
enum Kind {
    Aimd(Aimd),
    Vegas(Vegas),
    Gradient2(Gradient2),
}

/// How a request ended, as a limit sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitOutcome {
    /// It was served: how long it took counts.
    Served,
    /// It timed out or was turned away, on the way or by an answer of 429 or 503.
    Dropped,
    /// It says nothing about how busy the other side is.
    Ignored,
}

/// A limit on requests under way that finds its own value.
///
/// Each request is a sample, as in Netflix's `SimpleLimiter` around a limit without a `WindowedLimit`.
#[derive(Clone, Debug)]
pub struct ConcurrencyLimit {
    kind: Kind,
    in_flight: u32,
}

impl ConcurrencyLimit {
    /// Makes a limit at its start; `u` is a uniform draw in `[0, 1)`.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: ConcurrencyLimitConfig, u: f64) -> Result<Self, Vec<PolicyError>> {
        let kind = match config {
            ConcurrencyLimitConfig::Aimd(config) => Kind::Aimd(Aimd::new(config)?),
            ConcurrencyLimitConfig::Vegas(config) => Kind::Vegas(Vegas::new(config, u)?),
            ConcurrencyLimitConfig::Gradient2(config) => Kind::Gradient2(Gradient2::new(config)?),
        };
        Ok(ConcurrencyLimit { kind, in_flight: 0 })
    }

    /// Admits a request and returns how many are under way with it, or nothing if as many as may be already are.
    pub fn try_acquire(&mut self) -> Option<u32> {
        if self.in_flight >= self.limit() {
            return None;
        }
        self.in_flight += 1;
        Some(self.in_flight)
    }

    /// Notes the end of a request that was admitted as one of `in_flight`; `u` is a uniform draw in `[0, 1)`.
    pub fn release(&mut self, outcome: LimitOutcome, in_flight: u32, round_trip: Span, u: f64) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let dropped = match outcome {
            LimitOutcome::Ignored => return,
            LimitOutcome::Served => false,
            LimitOutcome::Dropped => true,
        };
        let sample = LimitSample { round_trip, in_flight, dropped };
        match &mut self.kind {
            Kind::Aimd(limit) => limit.update(sample),
            Kind::Vegas(limit) => limit.update(sample, u),
            Kind::Gradient2(limit) => limit.update(sample),
        };
    }

    /// The limit \[requests].
    pub fn limit(&self) -> u32 {
        match &self.kind {
            Kind::Aimd(limit) => limit.limit(),
            Kind::Vegas(limit) => limit.limit(),
            Kind::Gradient2(limit) => limit.limit(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(text: &str) -> ConcurrencyLimit {
        ConcurrencyLimit::new(serde_json::from_str(text).unwrap(), 0.5).unwrap()
    }

    #[test]
    fn as_many_are_under_way_as_the_limit_says() {
        for text in [
            r#"{"aimd": {"initial-limit": 2, "min-limit": 1}}"#,
            r#"{"vegas": {"initial-limit": 2}}"#,
            r#"{"gradient2": {"initial-limit": 2, "min-limit": 1}}"#,
        ] {
            let mut limit = limit(text);
            let admitted: Vec<_> = (0..3).map(|_| limit.try_acquire()).collect();
            assert_eq!(admitted, [Some(1), Some(2), None], "{text}");
            limit.release(LimitOutcome::Ignored, 1, Span::ZERO, 0.5);
            assert_eq!((limit.limit(), limit.try_acquire()), (2, Some(2)), "{text}");
        }
    }

    #[test]
    fn what_is_served_lets_it_grow_and_what_is_dropped_shrink() {
        let mut limit = limit(r#"{"aimd": {"initial-limit": 10, "min-limit": 1}}"#);
        let second = Span::from_secs(1);
        limit.try_acquire();
        limit.release(LimitOutcome::Served, 5, second, 0.5);
        assert_eq!(limit.limit(), 11);
        limit.release(LimitOutcome::Dropped, 1, second, 0.5);
        assert_eq!(limit.limit(), 9);
    }
}
