//! Resilience4j's modules around a call.

use super::table::{ProductKey as Key, Reference, Settings};
use crate::component::call::CallSpec;
use crate::policy::{CircuitBreakerConfig, RetryConfig};

pub(super) const REFERENCE: Reference = Reference {
    name: "call",
    section: "calls",
    about: "Policies of a call to another process. Order, outermost first: retry, circuit breaker, time-out, \
            bulkhead; each attempt counts for the breaker.",
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
