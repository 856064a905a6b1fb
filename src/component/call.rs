//! Policies of a call, and of the clients that load a system.
//!
//! Order, outermost first: fallback, retry, adaptive throttling, circuit breaker, rate limiter, concurrency limit, time-out,
//! bulkhead; each attempt counts for the throttling and for the breaker, and what the limiter or the bulkhead refuses is a failure for
//! the breaker.
//!
//! Left out: the fallback's own bulkhead (Hystrix has one of 10), and Resilience4j's asynchronous forms: a caller
//! waits for its call, also where a pool of threads makes it.
//!
//! Source: Resilience4j, Spring aspect order (Retry, CircuitBreaker, RateLimiter, TimeLimiter, Bulkhead), its
//! `fallbackMethod`; Hystrix `HystrixCommandProperties`; Google SRE book, "Handling Overload".

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operations::{Abandoned, FailureKind};
use super::preset::{CallPreset, PermitsFor, ServiceClass};
use crate::policy::{
    AdaptiveThrottleConfig, CircuitBreakerConfig, ConcurrencyLimitConfig, HystrixConfig, RateLimiterConfig,
    RetryConfig, ThreadPoolBulkheadConfig,
};
use crate::random::LawSpec;
use crate::units::{Bytes, Span};

/// Policies of a call to an operation of another process.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CallSpec {
    /// What kind of service it is: fills in the time-out, retry and circuit breaker that are not written here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<ServiceClass>,
    /// Settings of a product, as a team has them: fills in what is not written here, before `class` does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<CallPreset>,
    /// How long the caller waits for one attempt, cut to whole milliseconds; without it, for ever. Range: above 0s; below
    /// 1ms it waits for nothing. Source: Resilience4j `TimeLimiterConfig`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// What becomes of the call after `timeout`. An HTTP server is not told and keeps serving.
    #[serde(default)]
    pub on_timeout: Abandoned,
    /// Tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryConfig>,
    /// Rejects calls at random, as `rate-limited`, in proportion to how many of them were not accepted lately: the
    /// client-side throttling of the Google SRE book. An answer is an accept, but for 429 and 503. One for each replica of
    /// the caller, asked for each attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adaptive_throttling: Option<AdaptiveThrottleConfig>,
    /// Stops calling while too many calls fail. One for each replica of the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circuit_breaker: Option<CircuitBreakerConfig>,
    /// Stops calling as Hystrix does, instead of `circuit-breaker`. One for each replica of the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hystrix: Option<HystrixConfig>,
    /// Calls so often at most; more wait for their turn, or fail with `rate-limited`. One for each replica of the
    /// caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limiter: Option<RateLimiterConfig>,
    /// Calls under way at once by a limit that finds its own value, instead of `max-concurrent-calls`; more fail with
    /// `bulkhead-full`. No answer, and one of 429 or 503, is a drop; other errors are not looked at. One for each replica of
    /// the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency_limit: Option<ConcurrencyLimitConfig>,
    /// Calls at once from each replica of the caller; more wait, or fail with `bulkhead-full`. Range: from 0, which refuses
    /// every call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_concurrent_calls: Option<u32>,
    /// Works `max-concurrent-calls` out where it is not written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permits_for: Option<PermitsFor>,
    /// How long a call waits for one of `max-concurrent-calls`, cut to whole milliseconds; without it, it fails at
    /// once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_wait_duration: Option<Span>,
    /// Threads that make the calls, instead of `max-concurrent-calls`; the caller waits meanwhile. One pool for each
    /// replica of the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_pool_bulkhead: Option<ThreadPoolBulkheadConfig>,
    /// Size of the request on a link with a bandwidth, whoever asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_size: Option<Bytes>,
    /// Size of the answer on a link with a bandwidth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_size: Option<Bytes>,
    /// What the caller answers with when the call has failed for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<FallbackSpec>,
}

/// What a caller answers with when its call has failed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FallbackSpec {
    /// Where the answer comes from. A request that is served so counts as served and as degraded.
    pub answer: FallbackAnswer,
    /// Time that the caller takes to make it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takes: Option<LawSpec>,
    /// The kinds of failure that it answers for; without it, all but `declined`.
    #[serde(rename = "for", default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Vec<FailureKind>>,
}

/// Where the answer of a fallback comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FallbackAnswer {
    /// A value that the caller has kept from before. It is taken to be there: it never misses. To misses of its own belongs
    /// a `cached` step.
    Cached,
    /// A value that is always the same. It differs from `cached` and `partial` in name only.
    Default,
    /// The rest of the answer, without what the call was for. It differs from `cached` and `default` in name only.
    Partial,
    /// Another operation, with the policies of its own calls.
    Operation(String),
}

/// How the clients of an operation behave.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ClientSpec {
    /// How long a client waits for one attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// What becomes of the request after `timeout`, or when the customer leaves.
    #[serde(default)]
    pub on_timeout: Abandoned,
    /// How long a customer waits in all, retries and their pauses included, before leaving; the request is abandoned,
    /// and what becomes of it then is for `on-timeout` to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<LawSpec>,
    /// Tries again; an attempt is counted once, with its last outcome. All clients of a load share one budget.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryConfig>,
    /// The network from the clients to the system, one way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<LawSpec>,
    /// Smaller is served first where a station has the discipline `priority`.
    #[serde(default)]
    pub priority: u8,
}
