//! Resilience4j's modules around a call.

use super::table::{ProductKey as Key, Reference, Settings};
use super::{budgets, overload};
use crate::component::call::CallSpec;
use crate::component::operations::AttemptSpec;
use crate::component::preset::{BulkheadsSpec, TimeoutPreset};

pub(super) const REFERENCE: Reference = Reference {
    name: "call",
    section: "calls",
    about: "Policies of a call to another process, shared by all calls of an operation from one replica. Order, \
            outermost first: fallback, retry, adaptive throttling, circuit breaker, rate limiter, concurrency limit, time-out, bulkhead; each \
            attempt counts for the throttling and the breaker. To the throttling a call is accepted if an answer came, \
            be it an error of whoever answered; time-outs, losses and refusals are not, and are drops to a concurrency limit, \
            which learns nothing from errors.\n\n`class` fills in what is not written; a range of \
            the matrices is taken at its middle, counts are rounded up, and failures are calls in a row that failed \
            (study S2):\n\n\
            | class | `timeout` | `retry`: attempts, base, longest | retries in the matrix of breakers | `circuit-breaker`: failures, open for |\n\
            |---|---|---|---|---|\n\
            | `core` | 10s | 5, 100ms, 5s | 2–3 | 4 (3–5), 20s (10–30) |\n\
            | `general` | 10s | 3, 500ms, 10s | 3–5 | 8 (5–10), 45s (30–60) |\n\
            | `analytics` | 10s | 9, 500ms, 10s | 5–10 | 15 (10–20), 90s (60–120) |\n\
            | `external` | 30s | 2, 1s, 30s | 1–2 | 3 (2–3), 7.5s (5–10) |\n\
            | `async` | 10s | 10, 1s, 300s | none | none |\n\
            | `upload` | 120s | none | none | none |\n\nRetries wait twice as long each time, ± 20 %. The study has \
            two numbers of retries: those of its matrix of retries, which has the waits too, are taken where it has the class; \
            `analytics` is only in the matrix of breakers, and waits as `general` does, which is assumed. How many trial calls \
            a half-open breaker permits no matrix says: it is Resilience4j's default, 10 \
            ([decision 0012](../decisions/0012-settings-by-class.md)). \
            `permits-for` makes `max-concurrent-calls` of the peak rate × p99 × a safety factor, rounded up. A deployment's \
            `timeouts` fills in time-outs that are not written. `layered` has each wait longer than what it waits for: clients \
            30s, gateways 25s, calls 20s, connections and row locks of a database 15s; external parties 10s and caches 1s, \
            which are no layer of the study and have the longest of their time-outs by class that fits. Calls inside calls \
            share what is between 20s and 15s evenly, the inner ones the shorter: 20s and 17.5s for two. By who is waited \
            for, `by-class` in all and `by-class-read` until something is read:\n\n\
            | who | connecting | `by-class-read` | `by-class` |\n|---|---|---|---|\n\
            | calls (internal) | 1s: none here | 5s | 10s |\n\
            | external parties | 3s: none here | 10s | 30s |\n\
            | databases | `connection-timeout` of pools, 500ms with `by-class-read` | `lock-wait-timeout` 5s | 10s: none \
            here, statements have no time-out |\n\
            | caches | 100ms: none here | 500ms | 1s |\n\
            | uploads (`class: upload`) | 5s: none here | 60s | 120s |\n\n\
            Connecting takes no time of its own, and who is gone refuses at once, so nothing waits for it.\n\n\
            `preset: hystrix` is a team's Hystrix: `timeout` 3s, and a `hystrix` breaker of 20 calls, 50% and 5s. A \
            deployment's `bulkheads` gives calls that have no bulkhead a pool of threads by share (`thread-shares`, 30%, \
            30%, 20% and 20% of `threads`, in the order of the list) or permits (`semaphores`, 10, 20 and 15).",
    product: "Resilience4j 2.4",
    source: "Resilience4j `CircuitBreakerConfig`, `RetryConfig`, `BulkheadConfig`, `ThreadPoolBulkheadConfig`, `RateLimiterConfig`, `TimeLimiterConfig`; Hystrix `HystrixCommandProperties`, `HystrixThreadPoolProperties`",
    keys: &[
        Key::is("retry.maxAttempts", "3", "", "retry.max-attempts"),
        Key::is("retry.waitDuration", "500", "ms", "retry.wait-duration"),
        Key::is("retry.intervalFunction", "waitDuration", "", "retry.backoff"),
        Key::is("retry.retryExceptions", "all", "", "retry.retry-exceptions"),
        Key::is("retry.ignoreExceptions", "none", "", "retry.ignore-exceptions"),
        Key::not(
            "retry.retryOnResultPredicate",
            "none",
            "",
            "an answer is an answer; a wrong one is a `fail` step",
        ),
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
        Key::is("circuitbreaker.recordExceptions", "all", "", "circuit-breaker.record-exceptions"),
        Key::is("circuitbreaker.ignoreExceptions", "none", "", "circuit-breaker.ignore-exceptions"),
        Key::like("state DISABLED", "by hand", "", "no `circuit-breaker`: calls pass and nothing is counted"),
        Key::not(
            "state FORCED_OPEN",
            "by hand",
            "",
            "nobody forces a breaker in a run; Hystrix' `force-open` does so for all of it",
        ),
        Key::not("state METRICS_ONLY", "by hand", "", "nobody sets a breaker so in a run"),
        Key::like(
            "retryAspectOrder, circuitBreakerAspectOrder, rateLimiterAspectOrder, timeLimiterAspectOrder, bulkheadAspectOrder",
            "Retry ( CircuitBreaker ( RateLimiter ( TimeLimiter ( Bulkhead ( call )))))",
            "",
            "this order, which is fixed",
        ),
        Key::is("fallbackMethod (annotation)", "none", "", "fallback"),
        Key::is("timelimiter.timeoutDuration (cut to whole milliseconds)", "1", "s", "timeout"),
        Key::is("timelimiter.cancelRunningFuture", "true", "", "on-timeout"),
        Key::is("bulkhead.maxConcurrentCalls", "25", "calls", "max-concurrent-calls"),
        Key::is("bulkhead.maxWaitDuration", "0", "ms", "max-wait-duration"),
        Key::like(
            "bulkhead.fairCallHandlingStrategyEnabled",
            "true",
            "",
            "who waits is served in the order of coming",
        ),
        Key::is(
            "thread-pool-bulkhead.coreThreadPoolSize",
            "CPUs − 1",
            "threads",
            "thread-pool-bulkhead.core-thread-pool-size",
        ),
        Key::is(
            "thread-pool-bulkhead.maxThreadPoolSize",
            "CPUs",
            "threads",
            "thread-pool-bulkhead.max-thread-pool-size",
        ),
        Key::is("thread-pool-bulkhead.queueCapacity", "100", "tasks", "thread-pool-bulkhead.queue-capacity"),
        Key::is(
            "thread-pool-bulkhead.keepAliveDuration",
            "20",
            "ms",
            "thread-pool-bulkhead.keep-alive-duration",
        ),
        Key::not("thread-pool-bulkhead.contextPropagators", "none", "", "a request's context has no weight"),
        Key::is("ratelimiter.limitForPeriod", "50", "calls", "rate-limiter.limit-for-period"),
        Key::is("ratelimiter.limitRefreshPeriod", "500", "ns", "rate-limiter.limit-refresh-period"),
        Key::is("ratelimiter.timeoutDuration", "5", "s", "rate-limiter.timeout-duration"),
        Key::is(
            "Hystrix circuitBreaker.requestVolumeThreshold",
            "20",
            "calls",
            "hystrix.request-volume-threshold",
        ),
        Key::is("Hystrix circuitBreaker.sleepWindowInMilliseconds", "5000", "ms", "hystrix.sleep-window"),
        Key::is(
            "Hystrix circuitBreaker.errorThresholdPercentage",
            "50",
            "%",
            "hystrix.error-threshold-percentage",
        ),
        Key::is(
            "Hystrix metrics.rollingStats.timeInMilliseconds",
            "10000",
            "ms",
            "hystrix.rolling-stats-time",
        ),
        Key::is(
            "Hystrix metrics.healthSnapshot.intervalInMilliseconds",
            "500",
            "ms",
            "hystrix.health-snapshot-interval",
        ),
        Key::is("Hystrix circuitBreaker.forceOpen", "false", "", "hystrix.force-open"),
        Key::is("Hystrix circuitBreaker.forceClosed", "false", "", "hystrix.force-closed"),
        Key::like("Hystrix execution.isolation.thread.timeoutInMilliseconds", "1000", "ms", "`timeout`"),
        Key::like(
            "Hystrix execution.isolation.strategy",
            "THREAD",
            "",
            "`thread-pool-bulkhead` for THREAD, `max-concurrent-calls` for SEMAPHORE",
        ),
        Key::like(
            "Hystrix execution.isolation.thread.interruptOnTimeout",
            "true",
            "",
            "`on-timeout: cancel`; a thread that ignores the interrupt is `keep-serving`, the default here",
        ),
        Key::like(
            "Hystrix execution.isolation.semaphore.maxConcurrentRequests",
            "10",
            "calls",
            "`max-concurrent-calls`",
        ),
        Key::like(
            "Hystrix coreSize, maximumSize, maxQueueSize",
            "10, 10, −1",
            "",
            "`thread-pool-bulkhead`; −1 is a queue capacity of 0",
        ),
        Key::not(
            "Hystrix fallback.isolation.semaphore.maxConcurrentRequests",
            "10",
            "calls",
            "a fallback has no limit of its own",
        ),
        Key::like(
            "Hystrix queueSizeRejectionThreshold",
            "5",
            "tasks",
            "`thread-pool-bulkhead: {queue-capacity: …}`, the smaller of the two",
        ),
        Key::not(
            "gRPC retryThrottling",
            "none",
            "",
            "the other budgets do the same: few successes, few retries",
        ),
    ],
    also: &[budgets::BUDGETS, overload::CONCURRENCY_LIMITS, budgets::METRICS, budgets::ERRORS],
    settings: &[
        Settings { at: "calls.<operation>", schema: || schemars::schema_for!(CallSpec) },
        Settings { at: "bulkheads (of a deployment)", schema: || schemars::schema_for!(BulkheadsSpec) },
        Settings { at: "timeouts (of a deployment)", schema: || schemars::schema_for!(TimeoutPreset) },
        Settings { at: "attempt (a step)", schema: || schemars::schema_for!(AttemptSpec) },
    ],
    example: "retry/deployment.yaml",
    proofs: &[
        ("tests/calls/limits.rs", "a_limit_that_cannot_move_is_a_queue_with_a_loss"),
        ("tests/calls/throttling.rs", "callers_send_k_times_what_is_accepted"),
        ("tests/calls/presets.rs", "layered_time_outs_are_the_right_way_round"),
        ("tests/policy_resilience4j/models.rs", "bulkhead.csv"),
        ("src/scenario/load_test.rs", "presets_of_breakers_and_bulkheads_are_shown_with_what_they_stand_for"),
        ("tests/policy_resilience4j.rs", "circuit_breaker.csv"),
        ("tests/calls/fallbacks.rs", "a_fallback_serves_what_failed_and_the_answer_is_degraded"),
        ("tests/calls/bulkheads.rs", "a_pool_of_threads_fills_its_queue_before_it_grows"),
        ("tests/calls/breakers.rs", "only_recorded_kinds_are_failures_to_a_breaker"),
        ("tests/runbooks/exporters.rs", "a_breaker_shows_its_state_its_window_and_its_calls"),
    ],
};
