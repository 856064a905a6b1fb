//! The `limit_req` of NGINX: a leaky bucket that counts the excess over the rate in thousandths of a
//! request.
//!
//! It stands for one key of one zone; clock and excess are cut to milliseconds and thousandths as there. It
//! leaves out the eviction of old keys from a full zone and several limits on one location.
//!
//! Source: NGINX `ngx_http_limit_req_module.c`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::outcome::{Findings, PolicyError, refuse};
use crate::units::{Instant, Rate, Span};

/// The settings of an [`NginxLimitReq`].
///
/// Source of names and defaults: NGINX `limit_req_zone` and `limit_req`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct NginxLimitReqConfig {
    /// Rate of the bucket, cut to thousandths per second. Range: 0.001/s to 1000000/s.
    pub rate: Rate,
    /// Requests that may exceed the rate \[requests]. Range: up to 1000000. Default: 0.
    #[serde(default)]
    pub burst: u32,
    /// Excess up to which requests are not delayed \[requests]. Range: up to 1000000. Default: 0.
    #[serde(default)]
    pub delay: u32,
    /// Delay no request at all, whatever `delay` says. Default: false.
    #[serde(default)]
    pub nodelay: bool,
}

impl NginxLimitReqConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        let rate = milli_rate(self.rate);
        findings
            .require((1..=1_000_000_000).contains(&rate), "rate", self.rate, "0.001/s to 1000000/s")
            .require(self.burst <= 1_000_000, "burst", self.burst, "up to 1000000")
            .require(self.delay <= 1_000_000, "delay", self.delay, "up to 1000000");
        findings.into_errors()
    }
}

/// Thousandths of a request per second, the rest cut off.
fn milli_rate(rate: Rate) -> u64 {
    (rate.as_per_second() * 1000.0 * (1.0 + 1e-12)) as u64
}

/// The answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leak {
    /// It goes on after `delay`.
    Admitted {
        /// Time that it is held back.
        delay: Span,
    },
    /// It is turned away (503 by default), and adds nothing to the bucket.
    Rejected,
}

/// A leaky bucket with the behaviour of NGINX.
#[derive(Clone, Debug)]
pub struct NginxLimitReq {
    milli_rate: u64,
    burst_milli: u64,
    /// Excess without delay, in thousandths; `None` delays nothing.
    delay_milli: Option<u64>,
    /// Excess in thousandths and the millisecond it was computed at; absent before the first request.
    bucket: Option<(u64, u64)>,
}

impl NginxLimitReq {
    /// Makes an empty bucket.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: NginxLimitReqConfig) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        Ok(NginxLimitReq {
            milli_rate: milli_rate(config.rate),
            burst_milli: u64::from(config.burst) * 1000,
            delay_milli: (!config.nodelay).then_some(u64::from(config.delay) * 1000),
            bucket: None,
        })
    }

    /// Asks for one request.
    pub fn try_acquire(&mut self, now: Instant) -> Leak {
        let now_ms = now.as_nanos() / 1_000_000;
        let excess = match self.bucket {
            None => 0,
            Some((excess, last_ms)) => {
                let leaked = self.milli_rate.saturating_mul(now_ms.saturating_sub(last_ms)) / 1000;
                (excess + 1000).saturating_sub(leaked)
            }
        };
        if excess > self.burst_milli {
            return Leak::Rejected;
        }
        self.bucket = Some((excess, now_ms));
        let late = self.delay_milli.map_or(0, |free| excess.saturating_sub(free));
        Leak::Admitted { delay: Span::from_millis(late * 1000 / self.milli_rate) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Span::from_millis(millis)
    }

    fn limit(text: &str) -> NginxLimitReq {
        NginxLimitReq::new(serde_json::from_str(text).unwrap()).unwrap()
    }

    fn admitted(delay_ms: u64) -> Leak {
        Leak::Admitted { delay: Span::from_millis(delay_ms) }
    }

    #[test]
    fn without_burst_the_second_of_two_close_requests_is_rejected() {
        let mut limit = limit(r#"{"rate": "10/s"}"#);
        assert_eq!(limit.try_acquire(at(0)), admitted(0));
        assert_eq!(limit.try_acquire(at(99)), Leak::Rejected);
        assert_eq!(limit.try_acquire(at(100)), admitted(0));
    }

    #[test]
    fn a_rejected_request_adds_nothing_to_the_bucket() {
        let mut limit = limit(r#"{"rate": "10/s"}"#);
        assert_eq!(limit.try_acquire(at(0)), admitted(0));
        (1..100).for_each(|ms| assert_eq!(limit.try_acquire(at(ms)), Leak::Rejected));
        assert_eq!(limit.try_acquire(at(100)), admitted(0));
    }

    #[test]
    fn requests_within_the_burst_are_spaced_out_at_the_rate() {
        let mut limit = limit(r#"{"rate": "10/s", "burst": 2}"#);
        let answers: Vec<Leak> = (0..4).map(|_| limit.try_acquire(at(0))).collect();
        assert_eq!(answers, [admitted(0), admitted(100), admitted(200), Leak::Rejected]);
    }

    #[test]
    fn nodelay_admits_the_burst_at_once() {
        let mut limit = limit(r#"{"rate": "10/s", "burst": 2, "nodelay": true}"#);
        let answers: Vec<Leak> = (0..4).map(|_| limit.try_acquire(at(0))).collect();
        assert_eq!(answers, [admitted(0), admitted(0), admitted(0), Leak::Rejected]);
    }

    #[test]
    fn only_the_excess_over_delay_is_held_back() {
        let mut limit = limit(r#"{"rate": "10/s", "burst": 3, "delay": 2}"#);
        let answers: Vec<Leak> = (0..4).map(|_| limit.try_acquire(at(0))).collect();
        assert_eq!(answers, [admitted(0), admitted(0), admitted(0), admitted(100)]);
    }

    #[test]
    fn a_bucket_that_never_leaks_is_refused() {
        let config: NginxLimitReqConfig = serde_json::from_str(r#"{"rate": "0.0001/s"}"#).unwrap();
        assert_eq!(config.check().len(), 1);
    }
}
