//! Retry budgets, throttling by clients, and what Resilience4j shows.

use super::table::{Product, ProductKey as Key};

const NO_METRIC: &str =
    "of the policies of calls, only breakers export metrics; why calls failed is in `causes.csv`";

pub(super) const BUDGETS: Product = Product {
    title: "Keys of retry budgets",
    column: "default",
    source: "Envoy circuit_breaker.proto; AWS SDK reference, retry behaviour; smithy-rs `token_bucket.rs`; Google SRE \
             book, \"Handling Overload\" and \"Addressing Cascading Failures\"; AWS Architecture Blog, \"Exponential Backoff \
             And Jitter\"; Finagle `RetryBudget`",
    keys: &[
        Key::is("Envoy retry_budget.budget_percent", "20 %", "", "retry.budget.concurrency.budget-percent"),
        Key::is(
            "Envoy retry_budget.min_retry_concurrency",
            "3",
            "retries",
            "retry.budget.concurrency.min-retry-concurrency",
        ),
        Key::is("AWS standard mode: capacity", "500", "tokens", "retry.budget.aws-standard.capacity"),
        Key::is("AWS standard mode: retry cost", "5", "tokens", "retry.budget.aws-standard.retry-cost"),
        Key::is(
            "AWS standard mode: cost after a time-out",
            "10",
            "tokens",
            "retry.budget.aws-standard.timeout-retry-cost",
        ),
        Key::is(
            "AWS standard mode: increment without a retry",
            "1",
            "tokens",
            "retry.budget.aws-standard.no-retry-increment",
        ),
        Key::like(
            "AWS standard mode: throttling errors",
            "429, and codes such as `ThrottlingException`",
            "",
            "an answer of 429, also that of an external party's `rate-limit`; 503 is an error like another, as without such a code",
        ),
        Key::like(
            "AWS standard mode: transient errors",
            "500, 502, 503, 504, connections, time-outs",
            "",
            "what `retry-exceptions` lists is tried again; it costs as a time-out if there was no answer in time (smithy-rs: \
             any transient error does)",
        ),
        Key::is("AWS max_attempts", "3 (DynamoDB 4)", "attempts", "retry.max-attempts"),
        Key::like(
            "AWS base delay, full jitter",
            "100 (throttling 500), up to 20000",
            "ms",
            "`retry: {wait-duration: 100ms, backoff: {full-jitter: {max: 20s}}}`, the same for throttling",
        ),
        Key::like(
            "AWS_NEW_RETRIES_2026",
            "false; 50 ms, costs 14 and 5",
            "",
            "`aws-standard: {retry-cost: 14, timeout-retry-cost: 14, throttling-retry-cost: 5}` and `wait-duration: 50ms`",
        ),
        Key::not(
            "AWS adaptive mode",
            "off",
            "",
            "`adaptive-throttling` is another way to have callers hold back",
        ),
        Key::is("SRE retry budget: retries per request", "3 attempts", "", "retry.max-attempts"),
        Key::is("SRE retry budget: share of requests", "10 %", "", "retry.budget.ratio.ratio"),
        Key::is("SRE client-side throttling: K", "2", "", "adaptive-throttling.multiplier"),
        Key::is("SRE client-side throttling: window", "2", "min", "adaptive-throttling.window"),
        Key::like(
            "SRE client-side throttling: accepts",
            "requests that the back end accepted",
            "",
            "requests that were answered, and not with 429 or 503",
        ),
        Key::not("SRE criticality", "CRITICAL", "", "requests have no class that is passed on"),
        Key::not(
            "SRE deadline propagation",
            "none",
            "",
            "a called process does not know how long its caller waits",
        ),
        Key::is(
            "Finagle RetryBudget percentCanRetry",
            "20 %",
            "",
            "retry.budget.token-bucket.fill-per-first-try",
        ),
        Key::not("Finagle RetryBudget ttl", "10", "s", "tokens of `token-bucket` do not expire"),
        Key::like(
            "Finagle RetryBudget minRetriesPerSec",
            "10",
            "/s",
            "`retry.budget: {token-bucket: {initial: …}}`",
        ),
        Key::like("jitter: full", "", "", "`retry: {backoff: {full-jitter: …}}`"),
        Key::like("jitter: equal", "", "", "`retry: {backoff: {equal-jitter: …}}`"),
        Key::like("jitter: decorrelated", "", "", "`retry: {backoff: {decorrelated-jitter: …}}`"),
    ],
};

pub(super) const METRICS: Product = Product {
    title: "Metrics of Resilience4j",
    column: "kind",
    source: "Resilience4j micrometer `tagged/*MetricNames`",
    keys: &[
        Key::shown(
            "resilience4j.circuitbreaker.calls",
            "timer",
            "s",
            "resilience4j_circuitbreaker_calls_seconds",
        ),
        Key::shown(
            "resilience4j.circuitbreaker.not.permitted.calls",
            "counter",
            "calls",
            "resilience4j_circuitbreaker_not_permitted_calls_total",
        ),
        Key::shown("resilience4j.circuitbreaker.state", "gauge", "", "resilience4j_circuitbreaker_state"),
        Key::shown(
            "resilience4j.circuitbreaker.buffered.calls",
            "gauge",
            "calls",
            "resilience4j_circuitbreaker_buffered_calls",
        ),
        Key::shown(
            "resilience4j.circuitbreaker.slow.calls",
            "gauge",
            "calls",
            "resilience4j_circuitbreaker_slow_calls",
        ),
        Key::shown(
            "resilience4j.circuitbreaker.failure.rate",
            "gauge",
            "%",
            "resilience4j_circuitbreaker_failure_rate",
        ),
        Key::shown(
            "resilience4j.circuitbreaker.slow.call.rate",
            "gauge",
            "%",
            "resilience4j_circuitbreaker_slow_call_rate",
        ),
        Key::not("resilience4j.retry.calls", "counter", "calls", NO_METRIC),
        Key::not(
            "resilience4j.bulkhead.available.concurrent.calls",
            "gauge",
            "calls",
            "the bulkhead's use is in `resources.csv`",
        ),
        Key::not(
            "resilience4j.bulkhead.max.allowed.concurrent.calls",
            "gauge",
            "calls",
            "the bulkhead's use is in `resources.csv`",
        ),
        Key::not(
            "resilience4j.bulkhead.queue.depth",
            "gauge",
            "calls",
            "the bulkhead's queue is in `resources.csv`, but for that of a pool of threads",
        ),
        Key::not("resilience4j.ratelimiter.available.permissions", "gauge", "calls", NO_METRIC),
        Key::not("resilience4j.ratelimiter.waiting_threads", "gauge", "threads", NO_METRIC),
        Key::not("resilience4j.timelimiter.calls", "counter", "calls", NO_METRIC),
    ],
};

pub(super) const ERRORS: Product = Product {
    title: "Errors of Resilience4j",
    column: "when",
    source: "Resilience4j `CallNotPermittedException`, `BulkheadFullException`, `RequestNotPermitted`, \
             `MaxRetriesExceededException`, `TimeLimiter`",
    keys: &[
        Key::like("CallNotPermittedException", "the breaker is open", "", "the failure `circuit-open`"),
        Key::like("BulkheadFullException", "the bulkhead is full", "", "the failure `bulkhead-full`"),
        Key::like(
            "RequestNotPermitted",
            "no permit within `timeoutDuration`",
            "",
            "the failure `rate-limited`",
        ),
        Key::like(
            "TimeoutException",
            "`timeoutDuration` of the time limiter is over",
            "",
            "the failure `timeout`",
        ),
        Key::not(
            "MaxRetriesExceededException",
            "with `failAfterMaxAttempts` only",
            "",
            "the last failure is the outcome, as by default",
        ),
    ],
};
