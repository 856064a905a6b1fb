//! Random policies: retries, and what stands around calls, at clients and at the gateway.

use proptest::prelude::*;
use proptest::sample::select;

use crate::steps::law;

/// Either nothing or what is drawn, behind a comma.
pub(crate) fn maybe(some: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    prop_oneof![2 => Just(String::new()), 1 => some.prop_map(|some| format!(", {some}"))].boxed()
}

fn one_of(choices: Vec<&'static str>) -> impl Strategy<Value = String> {
    select(choices).prop_map(str::to_owned)
}

pub(crate) fn retry() -> BoxedStrategy<String> {
    let backoff = select(vec![
        "fixed",
        "{randomized: {factor: 50%}}",
        "{exponential: {multiplier: 2, max: 1s}}",
        "{exponential-random: {multiplier: 2, factor: 50%, max: 1s}}",
        "{full-jitter: {max: 1s}}",
        "{equal-jitter: {max: 1s}}",
        "{envoy-jitter: {max: 250ms}}",
        "{decorrelated-jitter: {max: 1s}}",
    ]);
    let kinds = maybe(one_of(vec![
        "jitter: 20%",
        "retry-exceptions: [timeout, unavailable, error]",
        "retry-exceptions: [declined, timeout]",
        "ignore-exceptions: [circuit-open, rate-limited, bulkhead-full]",
    ]));
    let budget = maybe(one_of(vec![
        "budget: {token-bucket: {fill-per-first-try: 10%, capacity: 5, initial: 1}}",
        "budget: {ratio: {ratio: 20%, window: 1s, min-retries: 1}}",
        "budget: {concurrency: {budget-percent: 20%, min-retry-concurrency: 1}}",
        "budget: {aws-standard: {capacity: 20}}",
    ]));
    (1u32..4, 1u32..50, backoff, kinds, budget)
        .prop_map(|(attempts, pause, backoff, kinds, budget)| {
            format!(
                "retry: {{max-attempts: {attempts}, wait-duration: {pause}ms, backoff: {backoff}{kinds}{budget}}}"
            )
        })
        .boxed()
}

/// The policies around the calls of an operation.
fn call() -> impl Strategy<Value = String> {
    let timeout = maybe(
        (1u32..300, select(vec!["cancel", "keep-serving"]))
            .prop_map(|(ms, then)| format!("timeout: {ms}ms, on-timeout: {then}")),
    );
    let breaker = maybe(one_of(vec![
        "circuit-breaker: {sliding-window-size: 5, minimum-number-of-calls: 5, wait-duration-in-open-state: 200ms,
           permitted-number-of-calls-in-half-open-state: 2}",
        "circuit-breaker: {sliding-window-type: time-based, sliding-window-size: 2, minimum-number-of-calls: 4,
           slow-call-rate-threshold: 30%, slow-call-duration-threshold: 20ms, wait-duration-in-open-state: 100ms,
           exponential-backoff-multiplier: 2, exponential-max-wait-duration-in-open-state: 1s,
           automatic-transition-from-open-to-half-open-enabled: true, max-wait-duration-in-half-open-state: 300ms,
           transition-to-state-after-wait-duration: closed}",
        "circuit-breaker: {sliding-window-size: 4, minimum-number-of-calls: 2, wait-duration-in-open-state: 50ms,
           permitted-number-of-calls-in-half-open-state: 1, max-wait-duration-in-half-open-state: 20ms,
           record-exceptions: [timeout, error, unavailable], ignore-exceptions: [queue-full]}",
        "hystrix: {request-volume-threshold: 3, sleep-window: 100ms, rolling-stats-time: 1s,
           health-snapshot-interval: 100ms}",
    ]));
    let limiter = maybe(one_of(vec![
        "rate-limiter: {limit-for-period: 3, limit-refresh-period: 100ms, timeout-duration: 150ms}",
        "rate-limiter: {limit-for-period: 1, limit-refresh-period: 20ms, timeout-duration: 0s}",
    ]));
    let bulkhead = maybe(one_of(vec![
        "max-concurrent-calls: 2",
        "max-concurrent-calls: 1, max-wait-duration: 30ms",
        "thread-pool-bulkhead: {core-thread-pool-size: 1, max-thread-pool-size: 3, queue-capacity: 2}",
        "thread-pool-bulkhead: {core-thread-pool-size: 1, max-thread-pool-size: 1, queue-capacity: 0}",
    ]));
    let fallback = maybe(one_of(vec![
        "fallback: {answer: cached}",
        "fallback: {answer: default, takes: 3ms, for: [timeout, circuit-open]}",
        "fallback: {answer: partial, takes: {exponential: {mean: 2ms}}, for: [declined, error]}",
        "fallback: {answer: {operation: c.lite}, takes: 1ms}",
    ]));
    let sizes = maybe(one_of(vec!["request-size: 20kB, response-size: 100kB"]));
    (timeout, maybe(retry()), breaker, limiter, bulkhead, fallback, sizes).prop_map(
        |(timeout, retry, breaker, limiter, bulkhead, fallback, sizes)| {
            let written = [timeout, retry, breaker, limiter, bulkhead, fallback, sizes].concat();
            format!("{{{}}}", written.trim_start_matches(", "))
        },
    )
}

pub(crate) fn calls() -> impl Strategy<Value = String> {
    (call(), call(), select(vec!["{}", "{timeout: 40ms, on-timeout: cancel}"]))
        .prop_map(|(b, c, lite)| format!("calls: {{b.go: {b}, c.go: {c}, c.lite: {lite}}}, "))
}

/// The gateway `edge`, with as much of what it can do as is drawn.
pub(crate) fn gateway() -> impl Strategy<Value = String> {
    let room = maybe(one_of(vec![
        "max-requests: 8, max-pending-requests: 4",
        "max-requests: 2, max-pending-requests: 0",
        "max-requests: 2, codel: {target: 1ms, interval: 10ms}",
        "overhead: 1ms",
        "balance: {least-request: {choices: 2}}",
        "balance: {ring-hash: {by: wide}}",
    ]));
    let limit = maybe(one_of(vec![
        "rate-limit: {rate: 20/s, burst: 5}",
        "rate-limit: {rate: 40/s, burst: 5, initial: 0}",
        "fixed-window: {limit: 10, window: 1s}",
        "sliding-window: {limit: 10, window: 1s}",
        "local-rate-limit: {max-tokens: 5, tokens-per-fill: 2, fill-interval: 100ms, filter-enforced: 80%}",
    ]));
    let timeout = maybe(one_of(vec!["timeout: 150ms, on-timeout: cancel", "timeout: 80ms"]));
    let retry = maybe(one_of(vec![
        "retry: {retry-on: [5xx], num-retries: 3, base-interval: 5ms, max-interval: 50ms, max-retries: 2}",
        "retry: {retry-on: [gateway-error, reset, connect-failure, refused-stream], num-retries: 2,
           retry-host-predicate: previous-hosts, per-try-timeout: 40ms}",
        "retry: {retry-on: [retriable-4xx, 5xx], per-try-timeout: 20ms,
           budget: {budget-percent: 20%, min-retry-concurrency: 1}}",
    ]));
    let outliers = maybe(one_of(vec![
        "outlier-detection: {consecutive-5xx: 2, interval: 100ms, base-ejection-time: 300ms, max-ejection-percent: 50%}",
        "outlier-detection: {consecutive-gateway-failure: 1, interval: 50ms, base-ejection-time: 100ms,
           max-ejection-time: 1s, max-ejection-percent: 100%, healthy-panic-threshold: 0%,
           failure-percentage-threshold: 30%, failure-percentage-minimum-hosts: 1, failure-percentage-request-volume: 3,
           success-rate-minimum-hosts: 2, success-rate-request-volume: 3, success-rate-stdev-factor: 500}",
    ]));
    (select(vec!["[all]", "[a.go]"]), room, limit, timeout, retry, outliers).prop_map(
        |(routes, room, limit, timeout, retry, outliers)| {
            format!("gateways: {{edge: {{routes: {routes}{room}{limit}{timeout}{retry}{outliers}}}}}, ")
        },
    )
}

/// The clients of both loads.
pub(crate) fn clients() -> impl Strategy<Value = String> {
    let client = || {
        let timeout = maybe(
            (20u32..1000, select(vec!["cancel", "keep-serving"]))
                .prop_map(|(ms, then)| format!("timeout: {ms}ms, on-timeout: {then}")),
        );
        let patience = maybe(law().prop_map(|law| format!("patience: {}", law.replace("ms", "0ms"))));
        let rest = maybe(one_of(vec!["latency: 2ms", "latency: {exponential: {mean: 5ms}}, priority: 1"]));
        (retry(), timeout, patience, rest)
            .prop_map(|(retry, timeout, patience, rest)| format!("{{{retry}{timeout}{patience}{rest}}}"))
    };
    // Both have a retry, which an announcement can keep them from.
    (client(), client()).prop_map(|(a, b)| format!("clients: {{a.go: {a}, b.go: {b}}}, "))
}
