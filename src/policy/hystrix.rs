//! The circuit breaker of Hystrix.
//!
//! It stands for `HystrixCircuitBreakerImpl` and the health stream that drives it: the error percentage is
//! looked at only when a bucket of the rolling window closes, and one probe decides about recovery.
//!
//! It leaves out what surrounds the breaker in Hystrix (thread pools, semaphores, fallbacks, time-outs:
//! see [`ThreadPoolBulkhead`](super::ThreadPoolBulkhead)) and the millisecond granularity of its clock.
//!
//! Sources: Hystrix `HystrixCircuitBreaker`, `HystrixCommandMetrics.HealthCounts`, `HealthCountsStream`,
//! `BucketedRollingCounterStream`, `HystrixCommandProperties` (1.5).

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outcome::{Findings, PolicyError, refuse};
use crate::units::{Instant, Ratio, Span};

/// The settings of a [`Hystrix`] breaker.
///
/// Source of names and defaults: Hystrix `HystrixCommandProperties`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct HystrixConfig {
    /// Calls in the rolling window below which the breaker never opens \[calls]. Default: 20.
    pub request_volume_threshold: u32,
    /// Time from opening until a probe is admitted. Default: 5s.
    pub sleep_window: Span,
    /// Share of errors at which the breaker opens. Range: whole per cents up to 100%. Default: 50%.
    pub error_threshold_percentage: Ratio,
    /// Length of the rolling window. Range: a multiple of the snapshot interval. Default: 10s.
    pub rolling_stats_time: Span,
    /// Length of a bucket, and the time between two looks at the window. Range: at least 1ms. Default: 500ms.
    pub health_snapshot_interval: Span,
    /// Refuse every call. Wins over `force-closed`. Default: false.
    pub force_open: bool,
    /// Admit every call. Default: false.
    pub force_closed: bool,
}

impl Default for HystrixConfig {
    fn default() -> Self {
        HystrixConfig {
            request_volume_threshold: 20,
            sleep_window: Span::from_secs(5),
            error_threshold_percentage: Ratio::from_fraction(0.5),
            rolling_stats_time: Span::from_secs(10),
            health_snapshot_interval: Span::from_millis(500),
            force_open: false,
            force_closed: false,
        }
    }
}

impl HystrixConfig {
    /// Every mistake in the settings.
    pub fn check(&self) -> Vec<PolicyError> {
        let mut findings = Findings::default();
        let percent = self.error_threshold_percentage.as_fraction() * 100.0;
        let whole = (percent - percent.round()).abs() < 1e-9;
        let interval_ns = self.health_snapshot_interval.as_nanos();
        let window_ns = self.rolling_stats_time.as_nanos();
        findings
            .require(
                whole && percent < 100.5,
                "error-threshold-percentage",
                self.error_threshold_percentage,
                "a whole per cent up to 100%",
            )
            .require(
                self.health_snapshot_interval >= Span::from_millis(1),
                "health-snapshot-interval",
                self.health_snapshot_interval,
                "at least 1ms",
            )
            .agree(
                window_ns > 0 && interval_ns > 0 && window_ns.is_multiple_of(interval_ns),
                "rolling-stats-time",
                "health-snapshot-interval",
                "the window must be a whole number of intervals, at least one",
            )
            .agree(
                interval_ns == 0 || window_ns / interval_ns <= 100_000,
                "rolling-stats-time",
                "health-snapshot-interval",
                "the window has more than 100000 intervals",
            );
        findings.into_errors()
    }
}

/// The state of a [`Hystrix`] breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HystrixState {
    /// Admits every call.
    Closed,
    /// Admits no call until the sleep window is over.
    Open,
    /// Waits for the end of its one probe.
    HalfOpen,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HystrixEvent {
    /// It succeeded.
    Success,
    /// It threw.
    Failure,
    /// It took too long.
    Timeout,
    /// The thread pool had no room for it: an error, so local saturation opens the breaker.
    ThreadPoolRejected,
    /// The semaphore had no room for it: an error, but it does not end a probe.
    SemaphoreRejected,
    /// The caller's mistake: not counted, but it fails a probe.
    BadRequest,
    /// The caller gave up on it: not counted, but it fails a probe.
    Cancelled,
}

#[derive(Clone, Copy, Debug, Default)]
struct Health {
    total: u64,
    errors: u64,
}

/// A circuit breaker with the behaviour of Hystrix.
#[derive(Clone, Debug)]
pub struct Hystrix {
    config: HystrixConfig,
    threshold_percent: u64,
    buckets_max: usize,
    state: HystrixState,
    opened: Instant,
    /// Closed buckets, oldest first.
    closed_buckets: VecDeque<Health>,
    current: Health,
    /// When the current bucket closes.
    closes: Instant,
}

impl Hystrix {
    /// Makes a closed breaker whose first bucket starts at `now`.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: HystrixConfig, now: Instant) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        let buckets = config.rolling_stats_time.as_nanos() / config.health_snapshot_interval.as_nanos();
        Ok(Hystrix {
            threshold_percent: (config.error_threshold_percentage.as_fraction() * 100.0).round() as u64,
            buckets_max: usize::try_from(buckets).unwrap_or(usize::MAX),
            state: HystrixState::Closed,
            opened: now,
            closed_buckets: VecDeque::new(),
            current: Health::default(),
            closes: now + config.health_snapshot_interval,
            config,
        })
    }

    /// Whether a call may go out. The first one strictly after the sleep window is the probe.
    pub fn try_acquire(&mut self, now: Instant) -> bool {
        self.on_timer(now);
        if self.config.force_open || self.config.force_closed {
            return !self.config.force_open;
        }
        match self.state {
            HystrixState::Closed => true,
            HystrixState::HalfOpen => false,
            HystrixState::Open => {
                let awake = now > self.opened + self.config.sleep_window;
                if awake {
                    self.state = HystrixState::HalfOpen;
                }
                awake
            }
        }
    }

    /// Counts the end of a call. In half-open the first end decides, whichever call it was.
    pub fn on_event(&mut self, now: Instant, event: HystrixEvent) {
        self.on_timer(now);
        let (counted, error) = match event {
            HystrixEvent::Success => (true, false),
            HystrixEvent::Failure
            | HystrixEvent::Timeout
            | HystrixEvent::ThreadPoolRejected
            | HystrixEvent::SemaphoreRejected => (true, true),
            HystrixEvent::BadRequest | HystrixEvent::Cancelled => (false, false),
        };
        self.current.total += u64::from(counted);
        self.current.errors += u64::from(error);
        if self.state != HystrixState::HalfOpen {
            return;
        }
        match event {
            HystrixEvent::Success => self.close(now),
            HystrixEvent::SemaphoreRejected => {}
            HystrixEvent::Failure
            | HystrixEvent::Timeout
            | HystrixEvent::ThreadPoolRejected
            | HystrixEvent::BadRequest
            | HystrixEvent::Cancelled => {
                self.state = HystrixState::Open;
                self.opened = now;
            }
        }
    }

    /// The state as of the last call with a time.
    pub const fn state(&self) -> HystrixState {
        self.state
    }

    /// When the current bucket closes, which is when the breaker may open.
    pub const fn next_timer(&self) -> Instant {
        self.closes
    }

    /// Closes the buckets that end by `now` and looks at the window after each. Every other call does this
    /// first, so a caller that needs no exact opening time may leave it.
    pub fn on_timer(&mut self, now: Instant) {
        while self.closes <= now && self.closes < Instant::NEVER {
            self.closed_buckets.push_back(std::mem::take(&mut self.current));
            if self.closed_buckets.len() > self.buckets_max {
                self.closed_buckets.pop_front();
            }
            let window = self.window();
            if window.total == 0 {
                // Nothing is left to look at: skip to the bucket that contains `now`.
                let interval_ns = self.config.health_snapshot_interval.as_nanos();
                let skipped = now.since(self.closes).as_nanos() / interval_ns;
                self.closes = self.closes + Span::from_nanos(skipped.saturating_mul(interval_ns));
            }
            let healthy = window.total < u64::from(self.config.request_volume_threshold)
                || window.error_percent() < self.threshold_percent;
            if self.state == HystrixState::Closed && !healthy {
                self.state = HystrixState::Open;
                self.opened = self.closes;
            }
            self.closes = self.closes + self.config.health_snapshot_interval;
        }
    }

    /// Share of errors in the closed buckets, cut to whole per cents.
    pub fn error_percentage(&self) -> Ratio {
        Ratio::from_fraction(self.window().error_percent() as f64 / 100.0)
    }

    /// Calls in the closed buckets \[calls].
    pub fn total_requests(&self) -> u64 {
        self.window().total
    }

    fn window(&self) -> Health {
        self.closed_buckets.iter().fold(Health::default(), |sum, bucket| Health {
            total: sum.total + bucket.total,
            errors: sum.errors + bucket.errors,
        })
    }

    /// Closes and starts a new window: the buckets are counted from this moment.
    fn close(&mut self, now: Instant) {
        self.state = HystrixState::Closed;
        self.closed_buckets.clear();
        self.current = Health::default();
        self.closes = now + self.config.health_snapshot_interval;
    }
}

impl Health {
    fn error_percent(self) -> u64 {
        if self.total == 0 { 0 } else { (self.errors as f64 / self.total as f64 * 100.0) as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::HystrixEvent::{BadRequest, Failure, SemaphoreRejected, Success, ThreadPoolRejected};
    use super::*;

    fn at(millis: u64) -> Instant {
        Instant::START + Span::from_millis(millis)
    }

    fn fed(events: &[(HystrixEvent, usize)]) -> Hystrix {
        let mut breaker = Hystrix::new(HystrixConfig::default(), at(0)).unwrap();
        for (event, times) in events {
            (0..*times).for_each(|_| breaker.on_event(at(10), *event));
        }
        breaker
    }

    #[test]
    fn the_breaker_opens_only_when_a_bucket_closes() {
        let mut breaker = fed(&[(Failure, 20)]);
        assert!(breaker.try_acquire(at(499)));
        assert_eq!(breaker.next_timer(), at(500));
        assert!(!breaker.try_acquire(at(500)));
    }

    #[test]
    fn nineteen_errors_are_too_few() {
        let mut breaker = fed(&[(Failure, 19)]);
        assert!(breaker.try_acquire(at(500)));
    }

    #[test]
    fn the_error_percentage_is_cut_and_compared_non_strictly() {
        // 99 of 200 are 49.5 %, which is 49.
        let mut cut = fed(&[(Failure, 99), (Success, 101)]);
        let mut half = fed(&[(Failure, 10), (Success, 10)]);
        assert!(cut.try_acquire(at(500)));
        assert_eq!(cut.error_percentage(), Ratio::from_fraction(0.49));
        assert!(!half.try_acquire(at(500)));
    }

    #[test]
    fn rejections_are_errors_and_bad_requests_are_nothing() {
        let mut rejected = fed(&[(ThreadPoolRejected, 10), (SemaphoreRejected, 10)]);
        let mut bad = fed(&[(BadRequest, 50)]);
        assert!(!rejected.try_acquire(at(500)));
        assert!(bad.try_acquire(at(500)));
        assert_eq!(bad.total_requests(), 0);
    }

    #[test]
    fn a_bucket_leaves_the_window_after_ten_seconds() {
        let mut breaker = fed(&[(Success, 5)]);
        breaker.on_timer(at(10_000));
        assert_eq!(breaker.total_requests(), 5);
        breaker.on_timer(at(10_500));
        assert_eq!(breaker.total_requests(), 0);
        breaker.on_timer(at(99_999));
        assert_eq!(breaker.next_timer(), at(100_000));
    }

    #[test]
    fn exactly_one_probe_goes_out_strictly_after_the_sleep_window() {
        let mut breaker = fed(&[(Failure, 20)]);
        assert!(!breaker.try_acquire(at(5_500)));
        assert!(breaker.try_acquire(at(5_501)));
        assert!(!breaker.try_acquire(at(5_501)));
        assert_eq!(breaker.state(), HystrixState::HalfOpen);
    }

    #[test]
    fn a_failed_probe_restarts_the_sleep_window() {
        let mut breaker = fed(&[(Failure, 20)]);
        assert!(breaker.try_acquire(at(6_000)));
        breaker.on_event(at(6_100), BadRequest);
        assert!(!breaker.try_acquire(at(11_100)));
        assert!(breaker.try_acquire(at(11_101)));
    }

    #[test]
    fn a_good_probe_closes_and_forgets_and_restarts_the_buckets() {
        let mut breaker = fed(&[(Failure, 20)]);
        assert!(breaker.try_acquire(at(6_000)));
        breaker.on_event(at(6_123), Success);
        assert_eq!(breaker.state(), HystrixState::Closed);
        assert_eq!((breaker.total_requests(), breaker.next_timer()), (0, at(6_623)));
    }

    #[test]
    fn a_probe_that_a_semaphore_rejects_stays_pending() {
        let mut breaker = fed(&[(Failure, 20)]);
        assert!(breaker.try_acquire(at(6_000)));
        breaker.on_event(at(6_000), SemaphoreRejected);
        assert_eq!(breaker.state(), HystrixState::HalfOpen);
    }

    #[test]
    fn forcing_wins_over_the_state_and_open_wins_over_closed() {
        let forced = |force_open, force_closed| {
            let config = HystrixConfig { force_open, force_closed, ..HystrixConfig::default() };
            Hystrix::new(config, at(0)).unwrap().try_acquire(at(0))
        };
        assert_eq!((forced(true, true), forced(false, true)), (false, true));
    }

    #[test]
    fn a_window_of_broken_intervals_is_refused() {
        let text = r#"{"rolling-stats-time": "700ms", "error-threshold-percentage": "50.5%"}"#;
        let config: HystrixConfig = serde_json::from_str(text).unwrap();
        assert_eq!(config.check().len(), 2);
        assert_eq!(HystrixConfig::default().check(), []);
    }
}
