//! What counts for a breaker, when Hystrix decides, and what timers do to a breaker that nobody asks.

use crate::case::Case;

const FAILS: &str = "do: [{effect: tried}, {fail: error}]";

fn case(far: &'static str, calls: &'static str, at: &'static [&'static str]) -> Case {
    Case { far, calls, at: vec![("buy", at)], ..Case::default() }
}

const FOUR: &[&str] = &["1s", "2s", "3s", "4s"];

#[test]
fn only_recorded_kinds_are_failures_to_a_breaker() {
    case(FAILS, "{far.do: {circuit-breaker: {sliding-window-size: 2}}}", FOUR)
        .check("buy circuit-open 2, error 2 in 0ms; tried 2");
    // What is not recorded is a success.
    case(FAILS, "{far.do: {circuit-breaker: {sliding-window-size: 2, record-exceptions: [timeout]}}}", FOUR)
        .check("buy error 4 in 0ms; tried 4");
    case(FAILS, "{far.do: {circuit-breaker: {sliding-window-size: 2, record-exceptions: [error]}}}", FOUR)
        .check("buy circuit-open 2, error 2 in 0ms; tried 2");
}

#[test]
fn ignored_kinds_are_neither_failures_nor_successes() {
    let ignored = "{far.do: {circuit-breaker: {sliding-window-size: 2, ignore-exceptions: [error]}}}";
    case(FAILS, ignored, FOUR).check("buy error 4 in 0ms; tried 4");
    // A business refusal counts only where it is recorded.
    let declines = "do: [{effect: tried}, {fail: declined}]";
    case(declines, "{far.do: {circuit-breaker: {sliding-window-size: 2}}}", FOUR)
        .check("buy declined 4 in 0ms; tried 4");
    case(
        declines,
        "{far.do: {circuit-breaker: {sliding-window-size: 2, record-exceptions: [declined]}}}",
        FOUR,
    )
    .check("buy circuit-open 2, declined 2 in 0ms; tried 2");
}

#[test]
fn a_hystrix_breaker_decides_when_a_bucket_closes_and_lets_one_probe_through() {
    // Three errors by 0.3 s are seen at 0.5 s. Until 5.5 s, and at it, nothing passes; then one probe fails.
    let calls = "{far.do: {hystrix: {request-volume-threshold: 2}}}";
    case(FAILS, calls, &["0.1s", "0.2s", "0.3s", "0.6s", "5.5s", "5.6s", "5.7s", "10.5s", "10.7s"])
        .check("buy circuit-open 4, error 5 in 0ms; tried 5");
    case(FAILS, "{far.do: {hystrix: {}}}", FOUR).check("buy error 4 in 0ms; tried 4");
}

#[test]
fn a_full_bulkhead_opens_a_hystrix_breaker_and_a_bad_request_does_not() {
    let slow = "do: [{effect: tried}, {delay: 100ms}]";
    let calls = "{far.do: {hystrix: {request-volume-threshold: 3, error-threshold-percentage: 60%}, \
                 max-concurrent-calls: 1}}";
    case(slow, calls, &["0.1s", "0.11s", "0.12s", "0.6s"])
        .check("buy served 1 in 100ms, circuit-open 1, bulkhead-full 2 in 0ms; tried 1");
    let declines = "do: [{effect: tried}, {fail: declined}]";
    case(declines, "{far.do: {hystrix: {request-volume-threshold: 1}}}", FOUR)
        .check("buy declined 4 in 0ms; tried 4");
}

#[test]
fn a_timer_ends_the_open_state_at_its_end_and_a_call_only_after_it() {
    // Opened at 1 s for 2 s.
    let wait = |automatic: &'static str| case(FAILS, automatic, &["1s", "3s"]);
    wait("{far.do: {circuit-breaker: {sliding-window-size: 1, wait-duration-in-open-state: 2s}}}")
        .check("buy circuit-open 1, error 1 in 0ms; tried 1");
    wait(
        "{far.do: {circuit-breaker: {sliding-window-size: 1, wait-duration-in-open-state: 2s, \
          automatic-transition-from-open-to-half-open-enabled: true}}}",
    )
    .check("buy error 2 in 0ms; tried 2");
}

#[test]
fn a_trial_that_lasts_too_long_is_given_up() {
    // Opened at 10 s. The trial from 12 s on hangs until 22 s and keeps others out; after 2 s it is given up, and
    // after one more second there is another.
    let far = "do: [{effect: tried}, {delay: 10s}, {fail: error}]";
    let at: &[&str] = &["0s", "12s", "13s", "15.5s"];
    let hangs = "{far.do: {circuit-breaker: {sliding-window-size: 1, wait-duration-in-open-state: 1s, \
                 permitted-number-of-calls-in-half-open-state: 1}}}";
    case(far, hangs, at).check("buy circuit-open 2, error 2 in 5000ms; tried 2");
    let given_up = "{far.do: {circuit-breaker: {sliding-window-size: 1, wait-duration-in-open-state: 1s, \
                    permitted-number-of-calls-in-half-open-state: 1, max-wait-duration-in-half-open-state: 2s}}}";
    case(far, given_up, at).check("buy circuit-open 1, error 3 in 7500ms; tried 3");
}

#[test]
fn all_calls_of_an_operation_from_one_replica_share_a_breaker() {
    let twice = Case {
        shop: "buy: [{on-failure: {try: [{call: far.do}], then: []}}, {call: far.do}]",
        ..case(FAILS, "{far.do: {circuit-breaker: {sliding-window-size: 2}}}", FOUR)
    };
    twice.check("buy circuit-open 3, error 1 in 0ms; tried 2");
}

/// A breaker is in its caller's memory: it is closed when the caller has started again, and opens again.
#[test]
fn a_caller_that_starts_again_has_forgotten_that_its_breaker_was_open() {
    let requests = &["1s", "2s", "3s", "20s", "21s", "22s"];
    let calls = "{far.do: {circuit-breaker: {sliding-window-size: 2}}}";
    case(FAILS, calls, requests).check("buy circuit-open 4, error 2 in 0ms; tried 2");
    let restarted = Case {
        scenario: "\nduration: 3m\nfaults: [{at: 10s, for: 1s, crash: shop}]\n",
        ..case(FAILS, calls, requests)
    };
    restarted.check("buy circuit-open 2, error 4 in 0ms; tried 4");
}

/// The second of two calls at once waits for the first: 100 ms and 200 ms.
fn one_after_another(calls: &'static str) -> Case {
    Case {
        deployment: "stations: {desk: {servers: 1, service: 100ms}}\n",
        ..case("do: [{effect: tried}, {visit: desk}]", calls, &["1s", "1s", "3s", "4s"])
    }
}

#[test]
fn slow_calls_open_a_breaker_without_a_failure() {
    let half = "{far.do: {circuit-breaker: {sliding-window-size: 2, slow-call-duration-threshold: 150ms, \
                slow-call-rate-threshold: 50%}}}";
    one_after_another(half).check("buy served 2 in 150ms, circuit-open 2 in 0ms; tried 2");
    let more = "{far.do: {circuit-breaker: {sliding-window-size: 2, slow-call-duration-threshold: 150ms, \
                slow-call-rate-threshold: 51%}}}";
    one_after_another(more).check("buy served 4 in 125ms; tried 4");
    // A call that takes exactly as long is not slow.
    let exact = "{far.do: {circuit-breaker: {sliding-window-size: 2, slow-call-duration-threshold: 200ms, \
                 slow-call-rate-threshold: 50%}}}";
    one_after_another(exact).check("buy served 4 in 125ms; tried 4");
}

#[test]
fn a_window_of_seconds_forgets_what_a_window_of_calls_keeps() {
    let by_time = "{far.do: {circuit-breaker: {sliding-window-type: time-based, sliding-window-size: 2, \
                   minimum-number-of-calls: 2}}}";
    case(FAILS, by_time, &["1s", "4s", "7s"]).check("buy error 3 in 0ms; tried 3");
    case(FAILS, by_time, &["1s", "1.5s", "2s"]).check("buy circuit-open 1, error 2 in 0ms; tried 2");
    let by_count = "{far.do: {circuit-breaker: {sliding-window-size: 2}}}";
    case(FAILS, by_count, &["1s", "4s", "7s"]).check("buy circuit-open 1, error 2 in 0ms; tried 2");
}

#[test]
fn the_open_state_grows_with_each_trial_that_fails() {
    // Trials at 2.5, 6 and, where the time is bounded, 11 s; open until 2, 5.5 and 15 or 10 s.
    let at: &[&str] = &["1s", "2.5s", "4s", "6s", "11s"];
    let constant = "{far.do: {circuit-breaker: {sliding-window-size: 1, wait-duration-in-open-state: 1s, \
                    permitted-number-of-calls-in-half-open-state: 1}}}";
    case(FAILS, constant, at).check("buy error 5 in 0ms; tried 5");
    let grows = "{far.do: {circuit-breaker: {sliding-window-size: 1, wait-duration-in-open-state: 1s, \
                 permitted-number-of-calls-in-half-open-state: 1, exponential-backoff-multiplier: 3}}}";
    case(FAILS, grows, at).check("buy circuit-open 2, error 3 in 0ms; tried 3");
    let bounded = "{far.do: {circuit-breaker: {sliding-window-size: 1, wait-duration-in-open-state: 1s, \
                   permitted-number-of-calls-in-half-open-state: 1, exponential-backoff-multiplier: 3, \
                   exponential-max-wait-duration-in-open-state: 4s}}}";
    case(FAILS, bounded, at).check("buy circuit-open 1, error 4 in 0ms; tried 4");
}

#[test]
fn a_trial_that_is_given_up_leads_where_it_is_told() {
    // Given up at 14 s: open for another second, or closed.
    let far = "do: [{effect: tried}, {delay: 10s}, {fail: error}]";
    let at: &[&str] = &["0s", "12s", "13s", "14.5s"];
    let open = "{far.do: {circuit-breaker: {sliding-window-size: 1, wait-duration-in-open-state: 1s, \
                permitted-number-of-calls-in-half-open-state: 1, max-wait-duration-in-half-open-state: 2s}}}";
    case(far, open, at).check("buy circuit-open 2, error 2 in 5000ms; tried 2");
    let closed = "{far.do: {circuit-breaker: {sliding-window-size: 1, wait-duration-in-open-state: 1s, \
                  permitted-number-of-calls-in-half-open-state: 1, max-wait-duration-in-half-open-state: 2s, \
                  transition-to-state-after-wait-duration: closed}}}";
    case(far, closed, at).check("buy circuit-open 1, error 3 in 7500ms; tried 3");
}

#[test]
fn the_windows_of_a_hystrix_breaker_are_as_long_as_they_say() {
    // Errors of 0.1 to 0.3 s are seen at 0.5 s; a second later there is a probe.
    let soon = "{far.do: {hystrix: {request-volume-threshold: 2, sleep-window: 1s}}}";
    case(FAILS, soon, &["0.1s", "0.2s", "0.3s", "0.6s", "1.6s"])
        .check("buy circuit-open 1, error 4 in 0ms; tried 4");
    // A bucket of 100 ms closes earlier.
    let fine = "{far.do: {hystrix: {request-volume-threshold: 2, health-snapshot-interval: 100ms}}}";
    case(FAILS, fine, &["0.05s", "0.06s", "0.15s"]).check("buy circuit-open 1, error 2 in 0ms; tried 2");
    // Errors two seconds apart are both in a window of ten seconds, and not in one of one.
    let long = "{far.do: {hystrix: {request-volume-threshold: 2}}}";
    case(FAILS, long, &["0.1s", "2.1s", "2.6s"]).check("buy circuit-open 1, error 2 in 0ms; tried 2");
    let short = "{far.do: {hystrix: {request-volume-threshold: 2, rolling-stats-time: 1s}}}";
    case(FAILS, short, &["0.1s", "2.1s", "2.6s"]).check("buy error 3 in 0ms; tried 3");
}

#[test]
fn a_hystrix_breaker_can_be_held_open_or_closed() {
    case("do: [{effect: tried}]", "{far.do: {hystrix: {force-open: true}}}", FOUR)
        .check("buy circuit-open 4 in 0ms");
    let closed = "{far.do: {hystrix: {request-volume-threshold: 1, force-closed: true}}}";
    case(FAILS, closed, &["0.1s", "0.2s", "0.6s", "0.7s"]).check("buy error 4 in 0ms; tried 4");
}
