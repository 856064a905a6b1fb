//! A sliding window estimated from two fixed ones: prev·(1 − f) + current, f the elapsed part of the
//! present window.
//!
//! It leaves out the exact log of requests that this stands in for: the estimate assumes that the
//! requests of the window before were spread evenly.
//!
//! Source: the generic algorithm (Cloudflare blog "How we built rate limiting capable of scaling to
//! millions of domains"); Kong `sliding` windows.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::outcome::{Findings, PolicyError, refuse};
use super::fixed_window::one_second;
use crate::units::{Instant, Span};

/// The settings of a [`SlidingWindow`].
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SlidingWindowConfig {
    /// Requests in a window \[requests]. Range: at least 1.
    pub limit: u32,
    /// Length of the window. Range: at least 1ns. Default: 1s.
    #[serde(default = "one_second")]
    pub window: Span,
}

impl SlidingWindowConfig {
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

/// A sliding-window counter.
#[derive(Clone, Debug)]
pub struct SlidingWindow {
    limit: u64,
    window_ns: u64,
    origin_ns: u64,
    window: u64,
    before: u64,
    current: u64,
}

impl SlidingWindow {
    /// Makes an empty window; the run starts `origin` after the epoch.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: SlidingWindowConfig, origin: Span) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        Ok(SlidingWindow {
            limit: u64::from(config.limit),
            window_ns: config.window.as_nanos(),
            origin_ns: origin.as_nanos(),
            window: 0,
            before: 0,
            current: 0,
        })
    }

    /// Admits a request of weight `requests` if the estimate, it included, stays within the limit.
    pub fn try_acquire(&mut self, now: Instant, requests: u32) -> bool {
        let since_epoch_ns = self.origin_ns.saturating_add(now.as_nanos());
        let window = since_epoch_ns / self.window_ns;
        if window != self.window {
            self.before = if window == self.window + 1 { self.current } else { 0 };
            self.current = 0;
            self.window = window;
        }
        let left_ns = u128::from(self.window_ns - since_epoch_ns % self.window_ns);
        let wanted = u128::from(self.current + u64::from(requests)) * u128::from(self.window_ns);
        let limit = u128::from(self.limit) * u128::from(self.window_ns);
        let admitted = u128::from(self.before) * left_ns + wanted <= limit;
        self.current += if admitted { u64::from(requests) } else { 0 };
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Span::from_millis(millis)
    }

    fn full_first_second() -> SlidingWindow {
        let config = serde_json::from_str(r#"{"limit": 10}"#).unwrap();
        let mut window = SlidingWindow::new(config, Span::ZERO).unwrap();
        assert!(window.try_acquire(at(500), 10));
        window
    }

    #[test]
    fn the_window_before_counts_by_the_part_that_is_still_in_sight() {
        let mut window = full_first_second();
        // At 1.3 s, seven tenths of ten requests still count: three more fit.
        assert_eq!((0..9).filter(|_| window.try_acquire(at(1_300), 1)).count(), 3);
    }

    #[test]
    fn nothing_passes_at_the_boundary_after_a_full_window() {
        let mut window = full_first_second();
        assert!(!window.try_acquire(at(1_000), 1));
    }

    #[test]
    fn a_window_of_silence_forgets_everything() {
        let mut window = full_first_second();
        assert!(window.try_acquire(at(2_000), 10));
    }

    #[test]
    fn a_window_without_length_is_refused() {
        let config: SlidingWindowConfig = serde_json::from_str(r#"{"limit": 1, "window": "0s"}"#).unwrap();
        assert_eq!(config.check().len(), 1);
    }
}
