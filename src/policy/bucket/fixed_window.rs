//! A fixed window: so many requests in each second, minute or hour of the clock.
//!
//! Up to twice the limit passes around a boundary. Windows start at multiples of their length since the
//! epoch, as in the reference rate limit service of Envoy and in Kong.
//!
//! It leaves out the delay between check and increment that lets Kong overshoot: the component that asks a
//! shared store has it.
//!
//! Sources: envoyproxy/ratelimit `src/limiter/cache_key.go`; Kong `plugins/rate-limiting` (its schema wants a limit above 0).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::outcome::{Findings, PolicyError, refuse};
use crate::units::{Instant, Span};

/// The settings of a [`FixedWindow`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FixedWindowConfig {
    /// Requests in a window \[requests]. Range: at least 1.
    pub limit: u32,
    /// Length of a window. Range: at least 1ns. Default: 1s.
    #[serde(default = "one_second")]
    pub window: Span,
}

pub(super) fn one_second() -> Span {
    Span::from_secs(1)
}

impl FixedWindowConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        findings.require(self.limit >= 1, "limit", self.limit, "at least 1").require(
            !self.window.is_zero(),
            "window",
            self.window,
            "at least 1ns",
        );
        findings.into_errors()
    }
}

/// A fixed window.
#[derive(Clone, Debug)]
pub struct FixedWindow {
    limit: u64,
    window_ns: u64,
    origin_ns: u64,
    window: u64,
    count: u64,
}

impl FixedWindow {
    /// Makes an empty window; the run starts `origin` after the epoch.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: FixedWindowConfig, origin: Span) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        Ok(FixedWindow {
            limit: u64::from(config.limit),
            window_ns: config.window.as_nanos(),
            origin_ns: origin.as_nanos(),
            window: 0,
            count: 0,
        })
    }

    /// Admits a request of weight `requests` if the window has room for it.
    pub fn try_acquire(&mut self, now: Instant, requests: u32) -> bool {
        let window = self.origin_ns.saturating_add(now.as_nanos()) / self.window_ns;
        if window != self.window {
            self.window = window;
            self.count = 0;
        }
        let admitted = self.count + u64::from(requests) <= self.limit;
        self.count += if admitted { u64::from(requests) } else { 0 };
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Span::from_millis(millis)
    }

    fn window(origin: Span) -> FixedWindow {
        FixedWindow::new(serde_json::from_str(r#"{"limit": 3}"#).unwrap(), origin).unwrap()
    }

    #[test]
    fn twice_the_limit_passes_around_a_boundary() {
        let mut window = window(Span::ZERO);
        let passed = |window: &mut FixedWindow, now| (0..9).filter(|_| window.try_acquire(now, 1)).count();
        assert_eq!(passed(&mut window, at(999)), 3);
        assert_eq!(passed(&mut window, at(1_000)), 3);
        assert_eq!(passed(&mut window, at(1_001)), 0);
    }

    #[test]
    fn windows_start_at_whole_multiples_since_the_epoch() {
        let mut window = window(Span::from_millis(700));
        assert!(window.try_acquire(at(299), 3));
        assert!(window.try_acquire(at(300), 3));
    }

    #[test]
    fn a_refused_request_takes_no_room() {
        let mut window = window(Span::ZERO);
        assert!(!window.try_acquire(at(0), 4));
        assert!(window.try_acquire(at(0), 3));
    }

    #[test]
    fn a_window_without_length_is_refused() {
        let config: FixedWindowConfig = serde_json::from_str(r#"{"limit": 1, "window": "0s"}"#).unwrap();
        assert_eq!(config.check().len(), 1);
    }
}
