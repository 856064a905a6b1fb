//! Resilience4j's modules around a call.

use super::table::{ProductKey as Key, Reference, Settings};
use crate::component::call::CallSpec;
use crate::policy::{CircuitBreakerConfig, RetryConfig};

pub(super) const REFERENCE: Reference = Reference {
    name: "call",
    section: "calls",
    about: "Policies of a call to another process. Order, outermost first: retry, circuit breaker, time-out, \
            bulkhead; each attempt counts for the breaker.\n\n`class` fills in what is not written; a range of \
            the matrices is taken at its middle, counts are rounded up, and failures are calls in a row that failed \
            (study S2):\n\n\
            | class | `timeout` | `retry`: attempts, base, longest | `circuit-breaker`: failures, open for, trial calls |\n\
            |---|---|---|---|\n\
            | `core` | 10s | 5, 100ms, 5s | 4 (3–5), 20s (10–30), 3 (2–3) |\n\
            | `general` | 10s | 3, 500ms, 10s | 8 (5–10), 45s (30–60), 4 (3–5) |\n\
            | `analytics` | 10s | none | 15 (10–20), 90s (60–120), 8 (5–10) |\n\
            | `external` | 30s | 2, 1s, 30s | 3 (2–3), 7.5s (5–10), 2 (1–2) |\n\
            | `async` | 10s | 10, 1s, 300s | none |\n\
            | `upload` | 120s | none | none |\n\nRetries wait twice as long each time, ± 20 %.",
    product: "Resilience4j 2.4",
    keys: &[
        Key::is("retry.maxAttempts", "3", "", "retry.max-attempts"),
        Key::is("retry.waitDuration", "500", "ms", "retry.wait-duration"),
        Key::is("retry.intervalFunction", "waitDuration", "", "retry.backoff"),
        Key::not("retry.retryExceptions", "all", "", "every failure but `declined` is retried"),
        Key::not("retry.ignoreExceptions", "none", "", "every failure but `declined` is retried"),
        Key::not("retry.failAfterMaxAttempts", "false", "", "the last failure is the outcome, as by default"),
        Key::is("circuitbreaker.failureRateThreshold", "50", "%", "circuit-breaker.failure-rate-threshold"),
        Key::is(
            "circuitbreaker.slowCallRateThreshold",
            "100",
            "%",
            "circuit-breaker.slow-call-rate-threshold",
        ),
        Key::is(
            "circuitbreaker.slowCallDurationThreshold",
            "60",
            "s",
            "circuit-breaker.slow-call-duration-threshold",
        ),
        Key::is("circuitbreaker.slidingWindowType", "COUNT_BASED", "", "circuit-breaker.sliding-window-type"),
        Key::is(
            "circuitbreaker.slidingWindowSize",
            "100",
            "calls or s",
            "circuit-breaker.sliding-window-size",
        ),
        Key::is(
            "circuitbreaker.minimumNumberOfCalls",
            "100",
            "calls",
            "circuit-breaker.minimum-number-of-calls",
        ),
        Key::is(
            "circuitbreaker.waitDurationInOpenState",
            "60",
            "s",
            "circuit-breaker.wait-duration-in-open-state",
        ),
        Key::is(
            "circuitbreaker.permittedNumberOfCallsInHalfOpenState",
            "10",
            "calls",
            "circuit-breaker.permitted-number-of-calls-in-half-open-state",
        ),
        Key::is(
            "circuitbreaker.maxWaitDurationInHalfOpenState",
            "0",
            "s",
            "circuit-breaker.max-wait-duration-in-half-open-state",
        ),
        Key::is(
            "circuitbreaker.transitionToStateAfterWaitDuration",
            "OPEN",
            "",
            "circuit-breaker.transition-to-state-after-wait-duration",
        ),
        Key::is(
            "circuitbreaker.automaticTransitionFromOpenToHalfOpenEnabled",
            "false",
            "",
            "circuit-breaker.automatic-transition-from-open-to-half-open-enabled",
        ),
        Key::not("circuitbreaker.recordExceptions", "all", "", "every failure counts"),
        Key::not("circuitbreaker.ignoreExceptions", "none", "", "every failure counts"),
        Key::is("timelimiter.timeoutDuration", "1", "s", "timeout"),
        Key::is("timelimiter.cancelRunningFuture", "true", "", "on-timeout"),
        Key::is("bulkhead.maxConcurrentCalls", "25", "calls", "max-concurrent-calls"),
        Key::not("bulkhead.maxWaitDuration", "0", "ms", "a full bulkhead refuses at once, as by default"),
        Key::not("ratelimiter.limitForPeriod", "50", "", "a gateway limits; a call does not"),
    ],
    settings: &[
        Settings { at: "calls.<operation>", schema: || schemars::schema_for!(CallSpec) },
        Settings { at: "calls.<operation>.retry", schema: || schemars::schema_for!(RetryConfig) },
        Settings {
            at: "calls.<operation>.circuit-breaker",
            schema: || schemars::schema_for!(CircuitBreakerConfig),
        },
    ],
    example: "retry/deployment.yaml",
    proofs: &[("tests/policy_resilience4j.rs", "circuit_breaker.csv")],
};
