//! Each rule of the breaker as one test.

use super::*;
use crate::policy::Outcome::{self, Failure, Ignored, Success};
use crate::units::{Instant, Ratio, Span};

const FAST: Span = Span::from_millis(1);

fn at(millis: u64) -> Instant {
    Instant::START + Span::from_millis(millis)
}

/// A small breaker: four calls, half of them failing opens it for 100 ms, then two trial calls.
fn small() -> CircuitBreakerConfig {
    CircuitBreakerConfig {
        sliding_window_size: 4,
        minimum_number_of_calls: 4,
        wait_duration_in_open_state: Span::from_millis(100),
        permitted_number_of_calls_in_half_open_state: 2,
        slow_call_duration_threshold: Span::from_millis(10),
        ..CircuitBreakerConfig::default()
    }
}

fn made(config: CircuitBreakerConfig) -> CircuitBreaker {
    CircuitBreaker::new(config).unwrap()
}

fn feed(breaker: &mut CircuitBreaker, now: Instant, outcomes: &[Outcome]) {
    for outcome in outcomes {
        breaker.on_result(now, FAST, *outcome);
    }
}

/// An open breaker that opened at the start.
fn opened(config: CircuitBreakerConfig) -> CircuitBreaker {
    let mut breaker = made(config);
    feed(&mut breaker, at(0), &[Failure; 4]);
    assert_eq!(breaker.state(), CircuitBreakerState::Open);
    breaker
}

/// A breaker that became half-open at 101 ms, with one of its two permits taken.
fn half_open(config: CircuitBreakerConfig) -> CircuitBreaker {
    let mut breaker = opened(config);
    assert!(breaker.try_acquire(at(101)).is_ok());
    assert_eq!(breaker.state(), CircuitBreakerState::HalfOpen);
    breaker
}

#[test]
fn the_defaults_are_those_of_the_product_and_have_no_mistakes() {
    let config: CircuitBreakerConfig = serde_json::from_str("{}").unwrap();
    assert_eq!(config, CircuitBreakerConfig::default());
    assert_eq!(config.check(), []);
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let text = r#"{"failure-rate-threshold": "0%", "slow-call-rate-threshold": "120%",
        "slow-call-duration-threshold": "0s", "sliding-window-size": 0, "minimum-number-of-calls": 0,
        "wait-duration-in-open-state": "999us", "permitted-number-of-calls-in-half-open-state": 0,
        "exponential-max-wait-duration-in-open-state": "1s"}"#;
    let config: CircuitBreakerConfig = serde_json::from_str(text).unwrap();
    assert_eq!(config.check().len(), 8);
    assert_eq!(CircuitBreaker::new(config).unwrap_err().len(), 8);
    assert!(serde_json::from_str::<CircuitBreakerConfig>(r#"{"failure-rate": "5%"}"#).is_err());
}

#[test]
fn a_rate_at_the_threshold_opens() {
    let mut breaker = made(small());
    feed(&mut breaker, at(0), &[Success, Success, Failure]);
    assert_eq!(breaker.state(), CircuitBreakerState::Closed);
    feed(&mut breaker, at(0), &[Failure]);
    assert_eq!(breaker.state(), CircuitBreakerState::Open);
}

#[test]
fn a_success_that_completes_the_minimum_can_open() {
    let mut breaker = made(small());
    feed(&mut breaker, at(0), &[Failure, Failure, Failure, Success]);
    assert_eq!(breaker.state(), CircuitBreakerState::Open);
}

#[test]
fn a_call_is_slow_only_beyond_the_threshold_and_a_slow_failure_counts_twice() {
    let mut breaker = made(small());
    breaker.on_result(at(0), Span::from_millis(10), Success);
    assert_eq!(breaker.metrics(at(0)).buffered.slow, 0);
    breaker.on_result(at(0), Span::from_millis(10) + Span::from_nanos(1), Failure);
    let counts = breaker.metrics(at(0)).buffered;
    assert_eq!(counts, CallCounts { total: 2, failed: 1, slow: 1, slow_failed: 1 });
}

#[test]
fn slow_successes_alone_can_open() {
    let config = CircuitBreakerConfig { slow_call_rate_threshold: Ratio::from_fraction(0.75), ..small() };
    let mut breaker = made(config);
    for duration_ms in [11, 11, 1, 11] {
        assert_eq!(breaker.state(), CircuitBreakerState::Closed);
        breaker.on_result(at(0), Span::from_millis(duration_ms), Success);
    }
    assert_eq!(breaker.state(), CircuitBreakerState::Open);
}

#[test]
fn a_count_window_lowers_the_minimum_to_its_size_and_a_time_window_does_not() {
    let config = CircuitBreakerConfig { minimum_number_of_calls: 100, ..small() };
    let mut by_count = made(config.clone());
    let time = CircuitBreakerConfig { sliding_window_type: SlidingWindowType::TimeBased, ..config };
    let mut by_time = made(time);
    feed(&mut by_count, at(0), &[Failure; 4]);
    feed(&mut by_time, at(0), &[Failure; 99]);
    assert_eq!(by_count.state(), CircuitBreakerState::Open);
    assert_eq!(by_time.state(), CircuitBreakerState::Closed);
    feed(&mut by_time, at(0), &[Failure]);
    assert_eq!(by_time.state(), CircuitBreakerState::Open);
}

#[test]
fn no_rate_is_shown_below_the_minimum() {
    let mut breaker = made(small());
    feed(&mut breaker, at(0), &[Success, Success, Failure]);
    assert_eq!(breaker.metrics(at(0)).failure_rate, None);
    feed(&mut breaker, at(0), &[Success]);
    assert_eq!(breaker.metrics(at(0)).failure_rate, Some(Ratio::from_fraction(0.25)));
}

#[test]
fn a_count_window_forgets_the_oldest_call() {
    let mut breaker = made(small());
    feed(&mut breaker, at(0), &[Failure, Success, Success, Success, Success]);
    let counts = breaker.metrics(at(0)).buffered;
    assert_eq!((counts.total, counts.failed), (4, 0));
}

#[test]
fn a_time_window_is_cut_at_whole_seconds_since_the_epoch() {
    let config = CircuitBreakerConfig {
        sliding_window_type: SlidingWindowType::TimeBased,
        sliding_window_size: 2,
        minimum_number_of_calls: 100,
        ..small()
    };
    // The run starts 0.3 s into a second: a call at 0.6 s lies in second 0 and falls out at 1.7 s.
    let mut breaker = CircuitBreaker::with_origin(config, Span::from_millis(300)).unwrap();
    feed(&mut breaker, at(600), &[Failure]);
    assert_eq!(breaker.metrics(at(1_699)).buffered.total, 1);
    assert_eq!(breaker.metrics(at(1_700)).buffered.total, 0);
}

#[test]
fn open_refuses_until_strictly_after_its_wait() {
    let mut breaker = opened(small());
    assert_eq!(breaker.try_acquire(at(100)), Err(NotPermitted { state: CircuitBreakerState::Open }));
    assert_eq!(breaker.state(), CircuitBreakerState::Open);
    let permit = breaker.try_acquire(at(100) + Span::from_nanos(1)).unwrap();
    assert_eq!(permit.admitted_in, CircuitBreakerState::HalfOpen);
}

#[test]
fn open_stays_open_without_calls_unless_the_transition_is_automatic() {
    let breaker = opened(small());
    assert_eq!(breaker.next_timer(), None);
    let config =
        CircuitBreakerConfig { automatic_transition_from_open_to_half_open_enabled: true, ..small() };
    let mut breaker = opened(config);
    assert_eq!(breaker.next_timer(), Some(at(100)));
    breaker.on_timer(at(99));
    assert_eq!(breaker.state(), CircuitBreakerState::Open);
    breaker.on_timer(at(100));
    assert_eq!(breaker.state(), CircuitBreakerState::HalfOpen);
}

#[test]
fn late_results_are_counted_while_open_and_change_nothing() {
    let mut breaker = opened(small());
    feed(&mut breaker, at(5), &[Success; 4]);
    assert_eq!(breaker.state(), CircuitBreakerState::Open);
    assert_eq!(breaker.metrics(at(5)).buffered, CallCounts { total: 4, ..CallCounts::default() });
}

#[test]
fn completing_a_trial_call_does_not_give_its_permit_back() {
    let config = CircuitBreakerConfig { permitted_number_of_calls_in_half_open_state: 3, ..small() };
    let mut breaker = half_open(config);
    assert!(breaker.try_acquire(at(101)).is_ok());
    feed(&mut breaker, at(102), &[Success]);
    assert!(breaker.try_acquire(at(102)).is_ok());
    assert_eq!(breaker.try_acquire(at(102)), Err(NotPermitted { state: CircuitBreakerState::HalfOpen }));
}

#[test]
fn an_ignored_result_gives_a_permit_even_for_a_call_admitted_before_the_trial() {
    let mut breaker = half_open(small());
    feed(&mut breaker, at(102), &[Ignored, Ignored]);
    for _ in 0..3 {
        assert!(breaker.try_acquire(at(102)).is_ok());
    }
    assert!(breaker.try_acquire(at(102)).is_err());
}

#[test]
fn calls_admitted_before_the_trial_count_in_it() {
    let mut breaker = half_open(small());
    feed(&mut breaker, at(102), &[Failure, Failure]);
    assert_eq!(breaker.state(), CircuitBreakerState::Open);
}

#[test]
fn a_trial_is_judged_at_the_smaller_of_minimum_and_permits() {
    let config = CircuitBreakerConfig {
        minimum_number_of_calls: 2,
        permitted_number_of_calls_in_half_open_state: 5,
        ..small()
    };
    let mut breaker = half_open(config);
    feed(&mut breaker, at(102), &[Success]);
    assert_eq!(breaker.state(), CircuitBreakerState::HalfOpen);
    feed(&mut breaker, at(102), &[Success]);
    assert_eq!(breaker.state(), CircuitBreakerState::Closed);
    assert_eq!(breaker.metrics(at(102)).buffered.total, 0);
}

#[test]
fn lost_probes_hold_the_trial_for_ever_unless_it_is_limited() {
    let mut breaker = half_open(small());
    assert!(breaker.try_acquire(at(101)).is_ok());
    assert!(breaker.try_acquire(at(1_000_000)).is_err());
    for (then, state) in [
        (StateAfterHalfOpen::Open, CircuitBreakerState::Open),
        (StateAfterHalfOpen::Closed, CircuitBreakerState::Closed),
    ] {
        let config = CircuitBreakerConfig {
            max_wait_duration_in_half_open_state: Span::from_millis(50),
            transition_to_state_after_wait_duration: then,
            ..small()
        };
        let mut breaker = half_open(config);
        assert_eq!(breaker.next_timer(), Some(at(151)));
        breaker.on_timer(at(151));
        assert_eq!(breaker.state(), state);
    }
}

#[test]
fn each_failed_trial_lengthens_the_wait_by_the_factor() {
    let config = CircuitBreakerConfig {
        exponential_backoff_multiplier: Some(1.5),
        exponential_max_wait_duration_in_open_state: Some(Span::from_millis(200)),
        ..small()
    };
    let waits: Vec<Span> = (1..=4).map(|attempt| config.wait_in_open_state(attempt)).collect();
    assert_eq!(waits, [100, 150, 200, 200].map(Span::from_millis));
    let mut breaker = half_open(config);
    feed(&mut breaker, at(101), &[Failure, Failure]);
    assert!(breaker.try_acquire(at(251)).is_err());
    assert!(breaker.try_acquire(at(252)).is_ok());
}

#[test]
fn waits_lose_their_fraction_of_a_millisecond() {
    let config = CircuitBreakerConfig {
        wait_duration_in_open_state: Span::from_nanos(101_999_999),
        exponential_backoff_multiplier: Some(1.5),
        ..small()
    };
    let waits: Vec<Span> = (1..=3).map(|attempt| config.wait_in_open_state(attempt)).collect();
    assert_eq!(waits, [101, 151, 226].map(Span::from_millis));
}

#[test]
fn a_half_open_limit_below_a_millisecond_is_none() {
    for (limit_us, timer) in [(999, None), (1_999, Some(at(102)))] {
        let max_wait_duration_in_half_open_state = Span::from_nanos(limit_us * 1_000);
        let config = CircuitBreakerConfig { max_wait_duration_in_half_open_state, ..small() };
        assert_eq!(half_open(config).next_timer(), timer);
    }
}

#[test]
fn open_keeps_the_refusals_of_the_state_before() {
    let mut breaker = half_open(small());
    assert!(breaker.try_acquire(at(101)).is_ok());
    assert!(breaker.try_acquire(at(101)).is_err());
    feed(&mut breaker, at(101), &[Failure, Failure]);
    assert!(breaker.try_acquire(at(101)).is_err());
    assert_eq!(breaker.metrics(at(101)).not_permitted, 2);
}

#[test]
fn the_operators_states_admit_or_refuse_everything() {
    let mut breaker = made(small());
    breaker.transition_to(at(0), CircuitBreakerState::ForcedOpen).unwrap();
    assert!(breaker.try_acquire(at(1_000)).is_err());
    breaker.transition_to(at(0), CircuitBreakerState::Disabled).unwrap();
    feed(&mut breaker, at(0), &[Failure; 9]);
    assert!(breaker.try_acquire(at(0)).is_ok());
    assert_eq!(breaker.metrics(at(0)).buffered.total, 0);
    breaker.transition_to(at(0), CircuitBreakerState::MetricsOnly).unwrap();
    feed(&mut breaker, at(0), &[Failure; 9]);
    assert_eq!(breaker.state(), CircuitBreakerState::MetricsOnly);
    assert_eq!(breaker.metrics(at(0)).buffered.failed, 4);
}

#[test]
fn there_is_no_way_from_closed_to_half_open() {
    let mut breaker = made(small());
    let error = breaker.transition_to(at(0), CircuitBreakerState::HalfOpen).unwrap_err();
    assert_eq!(error.to_string(), "a circuit breaker cannot go from Closed to HalfOpen");
}

#[test]
fn changes_of_state_are_counted_and_the_last_one_is_kept() {
    let mut breaker = half_open(small());
    feed(&mut breaker, at(103), &[Success, Success]);
    let counts = TransitionCounts { to_closed: 1, to_open: 1, to_half_open: 1, to_other: 0 };
    assert_eq!(breaker.transitions(), counts);
    let last =
        Transition { at: at(103), from: CircuitBreakerState::HalfOpen, to: CircuitBreakerState::Closed };
    assert_eq!(breaker.last_transition(), Some(last));
}

#[test]
fn ignored_kinds_win_over_recorded_ones_and_unlisted_kinds_are_successes() {
    let config = CircuitBreakerConfig {
        record_exceptions: Some(vec!["timeout".into(), "refused".into()]),
        ignore_exceptions: vec!["timeout".into()],
        ..CircuitBreakerConfig::default()
    };
    assert_eq!(config.outcome_of("timeout"), Ignored);
    assert_eq!(config.outcome_of("refused"), Failure);
    assert_eq!(config.outcome_of("sold-out"), Success);
    assert_eq!(CircuitBreakerConfig::default().outcome_of("anything"), Failure);
}
