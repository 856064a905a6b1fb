//! The states of the breaker and the ways between them.

use super::super::outcome::{Outcome, PolicyError, refuse};
use super::config::{CircuitBreakerConfig, StateAfterHalfOpen, whole_millis};
use super::window::{CallCounts, Window};
use crate::units::{Instant, Ratio, Span};

/// The state of a circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CircuitBreakerState {
    /// Admits every call and watches how they end.
    Closed,
    /// Admits no call until its wait is over.
    Open,
    /// Admits a few calls as a trial.
    HalfOpen,
    /// Admits every call and watches nothing. Only an operator leads here.
    Disabled,
    /// Admits every call and watches without ever opening. Only an operator leads here.
    MetricsOnly,
    /// Admits no call. Only an operator leads here.
    ForcedOpen,
}

/// Leave to make one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// The state that admitted the call; half-open marks it as part of the trial.
    pub admitted_in: CircuitBreakerState,
}

/// The breaker did not admit the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the circuit breaker is {state:?} and does not permit further calls")]
pub struct NotPermitted {
    /// The state that refused.
    pub state: CircuitBreakerState,
}

/// A change of state that the breaker does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a circuit breaker cannot go from {from:?} to {to:?}")]
pub struct IllegalTransition {
    /// The present state.
    pub from: CircuitBreakerState,
    /// The state asked for.
    pub to: CircuitBreakerState,
}

/// A change from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When it happened.
    pub at: Instant,
    /// The state that was left.
    pub from: CircuitBreakerState,
    /// The state that was entered.
    pub to: CircuitBreakerState,
}

/// How often each state was entered from another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransitionCounts {
    /// Into closed.
    pub to_closed: u64,
    /// Into open.
    pub to_open: u64,
    /// Into half-open.
    pub to_half_open: u64,
    /// Into a state that only an operator leads to.
    pub to_other: u64,
}

/// What the breaker shows of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CircuitBreakerMetrics {
    /// The calls in the window.
    pub buffered: CallCounts,
    /// Calls refused in this state, and in the one before it if this is open \[calls].
    pub not_permitted: u64,
    /// Share of failed calls; absent below the minimum number of calls.
    pub failure_rate: Option<Ratio>,
    /// Share of slow calls; absent below the minimum number of calls.
    pub slow_call_rate: Option<Ratio>,
}

/// The memory of a state; open inherits that of the state before it.
#[derive(Clone, Debug)]
struct Record {
    window: Window,
    minimum: u32,
    not_permitted: u64,
}

/// What the window says of the thresholds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    TooFewCalls,
    Below,
    Breached,
}

/// A circuit breaker with the behaviour of Resilience4j.
///
/// The caller asks [`try_acquire`](Self::try_acquire) before each call and reports its end by
/// [`on_result`](Self::on_result), or [`release`](Self::release) if it has no result; and it calls
/// [`on_timer`](Self::on_timer) when [`next_timer`](Self::next_timer) is reached.
#[derive(Clone, Debug)]
pub struct CircuitBreaker {
    config: CircuitBreakerConfig,
    origin_ns: u64,
    state: CircuitBreakerState,
    record: Record,
    /// Times opened in a row without closing.
    attempts: u32,
    /// Calls that half-open still admits.
    permits: u32,
    /// End of the wait in the open state.
    open_until: Instant,
    timer: Option<Instant>,
    last: Option<Transition>,
    counts: TransitionCounts,
}

impl CircuitBreaker {
    /// Makes a closed breaker.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn new(config: CircuitBreakerConfig) -> Result<Self, Vec<PolicyError>> {
        Self::with_origin(config, Span::ZERO)
    }

    /// Makes a closed breaker whose run starts `origin` after the epoch; time windows are cut at whole
    /// seconds since the epoch.
    ///
    /// # Errors
    /// All mistakes in the settings.
    pub fn with_origin(config: CircuitBreakerConfig, origin: Span) -> Result<Self, Vec<PolicyError>> {
        refuse(config.check())?;
        let origin_ns = origin.as_nanos();
        let record = Record::closed(&config, origin_ns);
        Ok(CircuitBreaker {
            config,
            origin_ns,
            state: CircuitBreakerState::Closed,
            record,
            attempts: 0,
            permits: 0,
            open_until: Instant::START,
            timer: None,
            last: None,
            counts: TransitionCounts::default(),
        })
    }

    /// Asks to make a call.
    ///
    /// # Errors
    /// When the breaker does not admit it; the refusal is counted.
    pub fn try_acquire(&mut self, now: Instant) -> Result<Permit, NotPermitted> {
        if self.state == CircuitBreakerState::Open && now > self.open_until {
            self.enter(now, CircuitBreakerState::HalfOpen);
        }
        let admitted = match self.state {
            CircuitBreakerState::Closed
            | CircuitBreakerState::Disabled
            | CircuitBreakerState::MetricsOnly => true,
            CircuitBreakerState::Open | CircuitBreakerState::ForcedOpen => false,
            CircuitBreakerState::HalfOpen => {
                let any = self.permits > 0;
                self.permits = self.permits.saturating_sub(1);
                any
            }
        };
        if admitted {
            Ok(Permit { admitted_in: self.state })
        } else {
            self.record.not_permitted += 1;
            Err(NotPermitted { state: self.state })
        }
    }

    /// Counts the end of a call that took `duration`, in the state of this moment, whatever state admitted
    /// the call.
    pub fn on_result(&mut self, now: Instant, duration: Span, outcome: Outcome) {
        let failed = match outcome {
            Outcome::Success => false,
            Outcome::Failure => true,
            Outcome::Ignored => return self.release(),
        };
        let slow = duration > self.config.slow_call_duration_threshold;
        match self.state {
            CircuitBreakerState::Closed => {
                if self.judge(now, failed, slow) == Verdict::Breached {
                    self.open(now);
                }
            }
            CircuitBreakerState::HalfOpen => match self.judge(now, failed, slow) {
                Verdict::TooFewCalls => {}
                Verdict::Breached => self.open(now),
                Verdict::Below => self.enter(now, CircuitBreakerState::Closed),
            },
            CircuitBreakerState::Open | CircuitBreakerState::MetricsOnly => {
                self.record.window.record(now, failed, slow);
            }
            CircuitBreakerState::Disabled | CircuitBreakerState::ForcedOpen => {}
        }
    }

    /// Gives back the permit of a call without a result (cancelled, or never made). In half-open it admits
    /// one call more, even when the call was admitted earlier.
    pub fn release(&mut self) {
        if self.state == CircuitBreakerState::HalfOpen {
            self.permits = self.permits.saturating_add(1);
        }
    }

    /// The present state.
    pub const fn state(&self) -> CircuitBreakerState {
        self.state
    }

    /// When [`on_timer`](Self::on_timer) is to be called, if ever.
    pub const fn next_timer(&self) -> Option<Instant> {
        self.timer
    }

    /// Does what is due: the automatic end of the open state, or of a half-open state that lasts too long.
    pub fn on_timer(&mut self, now: Instant) {
        if self.timer.is_none_or(|due| due > now) {
            return;
        }
        match (self.state, self.config.transition_to_state_after_wait_duration) {
            (CircuitBreakerState::Open, _) => self.enter(now, CircuitBreakerState::HalfOpen),
            (CircuitBreakerState::HalfOpen, StateAfterHalfOpen::Open) => self.open(now),
            (CircuitBreakerState::HalfOpen, StateAfterHalfOpen::Closed) => {
                self.enter(now, CircuitBreakerState::Closed);
            }
            (
                CircuitBreakerState::Closed
                | CircuitBreakerState::Disabled
                | CircuitBreakerState::MetricsOnly
                | CircuitBreakerState::ForcedOpen,
                _,
            ) => self.timer = None,
        }
    }

    /// Goes to `target` because an operator says so. Going to the present state starts it afresh.
    ///
    /// # Errors
    /// When there is no such way: closed to half-open, or metrics-only to open or half-open.
    pub fn transition_to(
        &mut self,
        now: Instant,
        target: CircuitBreakerState,
    ) -> Result<(), IllegalTransition> {
        use CircuitBreakerState::{Closed, HalfOpen, MetricsOnly, Open};
        if matches!((self.state, target), (Closed | MetricsOnly, HalfOpen) | (MetricsOnly, Open)) {
            return Err(IllegalTransition { from: self.state, to: target });
        }
        if target == Open {
            self.open(now);
        } else {
            self.enter(now, target);
        }
        Ok(())
    }

    /// What the breaker shows of itself at `now`.
    pub fn metrics(&mut self, now: Instant) -> CircuitBreakerMetrics {
        let buffered = self.record.window.counts(now);
        let (failure, slow) = self.record.rates_percent(buffered).unzip();
        let ratio = |percent: f32| Ratio::from_fraction(f64::from(percent) / 100.0);
        CircuitBreakerMetrics {
            buffered,
            not_permitted: self.record.not_permitted,
            failure_rate: failure.map(ratio),
            slow_call_rate: slow.map(ratio),
        }
    }

    /// The latest change of state, if there was any.
    pub const fn last_transition(&self) -> Option<Transition> {
        self.last
    }

    /// How often each state was entered.
    pub const fn transitions(&self) -> TransitionCounts {
        self.counts
    }

    fn judge(&mut self, now: Instant, failed: bool, slow: bool) -> Verdict {
        let counts = self.record.window.record(now, failed, slow);
        let threshold = |ratio: Ratio| (ratio.as_fraction() * 100.0) as f32;
        match self.record.rates_percent(counts) {
            None => Verdict::TooFewCalls,
            Some((failure, _)) if failure >= threshold(self.config.failure_rate_threshold) => {
                Verdict::Breached
            }
            Some((_, slow)) if slow >= threshold(self.config.slow_call_rate_threshold) => Verdict::Breached,
            Some(_) => Verdict::Below,
        }
    }

    /// Opens once more, for the wait of one attempt more.
    fn open(&mut self, now: Instant) {
        let attempts = self.attempts.saturating_add(1);
        let wait = self.config.wait_in_open_state(attempts);
        self.note(now, CircuitBreakerState::Open);
        self.attempts = attempts;
        self.open_until = now + wait;
        self.timer =
            self.config.automatic_transition_from_open_to_half_open_enabled.then_some(self.open_until);
    }

    /// Enters any state but open.
    fn enter(&mut self, now: Instant, target: CircuitBreakerState) {
        self.note(now, target);
        self.timer = None;
        match target {
            CircuitBreakerState::Closed | CircuitBreakerState::MetricsOnly => {
                self.record = Record::closed(&self.config, self.origin_ns);
                self.attempts = 0;
            }
            CircuitBreakerState::HalfOpen => {
                let trial = self.config.permitted_number_of_calls_in_half_open_state;
                self.record = Record::of_calls(trial, self.config.minimum_number_of_calls);
                self.permits = trial;
                let longest_ms = whole_millis(self.config.max_wait_duration_in_half_open_state);
                self.timer = (longest_ms > 0).then(|| now + Span::from_millis(longest_ms));
            }
            CircuitBreakerState::Disabled => {
                self.record = Record::of_calls(0, 0);
                self.attempts = 0;
            }
            CircuitBreakerState::ForcedOpen => {
                self.record = Record::of_calls(0, 0);
                self.attempts = self.attempts.saturating_add(1);
            }
            CircuitBreakerState::Open => self.open(now),
        }
    }

    fn note(&mut self, now: Instant, to: CircuitBreakerState) {
        if to == self.state {
            return;
        }
        match to {
            CircuitBreakerState::Closed => self.counts.to_closed += 1,
            CircuitBreakerState::Open => self.counts.to_open += 1,
            CircuitBreakerState::HalfOpen => self.counts.to_half_open += 1,
            CircuitBreakerState::Disabled
            | CircuitBreakerState::MetricsOnly
            | CircuitBreakerState::ForcedOpen => self.counts.to_other += 1,
        }
        self.last = Some(Transition { at: now, from: self.state, to });
        self.state = to;
    }
}

impl Record {
    fn closed(config: &CircuitBreakerConfig, origin_ns: u64) -> Self {
        let minimum = match config.sliding_window_type {
            super::SlidingWindowType::CountBased => {
                config.minimum_number_of_calls.min(config.sliding_window_size)
            }
            super::SlidingWindowType::TimeBased => config.minimum_number_of_calls,
        };
        Record { window: Window::closed(config, origin_ns), minimum, not_permitted: 0 }
    }

    fn of_calls(size: u32, minimum: u32) -> Self {
        Record { window: Window::of_calls(size), minimum: minimum.min(size), not_permitted: 0 }
    }

    /// Shares of failed and of slow calls in 32-bit arithmetic, as Resilience4j has it \[%]; `None` below
    /// the minimum number of calls.
    fn rates_percent(&self, counts: CallCounts) -> Option<(f32, f32)> {
        let rate = |part: u32| part as f32 * 100.0 / counts.total as f32;
        (counts.total > 0 && counts.total >= self.minimum).then(|| (rate(counts.failed), rate(counts.slow)))
    }
}
