//! Resilience policies as pure state machines: retry, breaker, bulkhead, limiter, balancing, throttling.
//!
//! A policy reads no clock and draws no random number: the time of a step comes in as an
//! [`Instant`](crate::units::Instant) and a random draw as a uniform `u` in `[0, 1)`. That is how the
//! simulated client and the real one share the same code, and how each policy is replayed, call by call,
//! against the product it stands for (`tests/conformance/`).
//!
//! Every configuration carries the keys and defaults of its product and a `check` that returns all of its
//! mistakes at once; a constructor takes a configuration and refuses one that has any.

mod balance;
mod bucket;
mod bulkhead;
mod circuit_breaker;
mod hystrix;
mod outcome;
mod outlier;
mod rate_limiter;
mod retry;
mod retry_budget;
mod throttle;
mod time_limiter;

pub use balance::{Balance, BalanceConfig, BalancePolicy, Draws};
pub use bucket::{
    EnvoyLocalRateLimit, EnvoyLocalRateLimitConfig, FixedWindow, FixedWindowConfig, Leak, LocalDecision,
    NginxLimitReq, NginxLimitReqConfig, SlidingWindow, SlidingWindowConfig, TokenBucket, TokenBucketConfig,
};
pub use bulkhead::{Submission, ThreadPoolBulkhead, ThreadPoolBulkheadConfig};
pub use circuit_breaker::{
    CallCounts, CircuitBreaker, CircuitBreakerConfig, CircuitBreakerMetrics, CircuitBreakerState,
    IllegalTransition, NotPermitted, Permit, SlidingWindowType, StateAfterHalfOpen, Transition,
    TransitionCounts,
};
pub use hystrix::{Hystrix, HystrixConfig, HystrixEvent, HystrixState};
pub use outcome::{Outcome, PolicyError};
pub use outlier::{OutlierDetection, OutlierDetectionConfig};
pub use rate_limiter::{RateLimiter, RateLimiterConfig, Reservation};
pub use retry::{Backoff, Retry, RetryConfig};
pub use retry_budget::{
    AdaptiveThrottle, AdaptiveThrottleConfig, AwsAttempt, AwsRetryQuota, AwsRetryQuotaConfig, Cost,
    EnvoyRetryBudget, EnvoyRetryBudgetConfig, Exhausted, FillBudget, FillBudgetConfig, RatioBudget,
    RatioBudgetConfig, RetryBudget, RetryBudgetConfig,
};
pub use throttle::{
    Aimd, AimdConfig, CoDel, CoDelConfig, ConcurrencyLimit, ConcurrencyLimitConfig, Gradient2,
    Gradient2Config, LimitOutcome, LimitSample, Vegas, VegasConfig,
};
pub use time_limiter::TimeLimiter;
