//! Policies of a call, and of the clients that load a system.
//!
//! Order, outermost first: retry, circuit breaker, time-out, bulkhead; each attempt counts for the breaker.
//!
//! Source: Resilience4j, Spring aspect order (Retry, CircuitBreaker, RateLimiter, TimeLimiter, Bulkhead).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operations::Abandoned;
use super::preset::{PermitsFor, ServiceClass};
use crate::policy::{CircuitBreakerConfig, RetryConfig};
use crate::random::LawSpec;
use crate::units::Span;

/// Policies of a call to an operation of another process.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CallSpec {
    /// What kind of service it is: fills in the time-out, retry and circuit breaker that are not written here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<ServiceClass>,
    /// How long the caller waits for one attempt; without it, for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// What becomes of the call then. An HTTP server is not told and keeps serving.
    #[serde(default)]
    pub on_timeout: Abandoned,
    /// Tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryConfig>,
    /// Stops calling while too many calls fail. One for each replica of the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circuit_breaker: Option<CircuitBreakerConfig>,
    /// Calls at once from each replica of the caller; more fail at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_concurrent_calls: Option<u32>,
    /// Works `max-concurrent-calls` out where it is not written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permits_for: Option<PermitsFor>,
}

/// How the clients of an operation behave.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ClientSpec {
    /// How long a client waits for one attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// What becomes of the request then.
    #[serde(default)]
    pub on_timeout: Abandoned,
    /// Tries again; an attempt is counted once, with its last outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryConfig>,
    /// The network from the clients to the system, one way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<LawSpec>,
    /// Smaller is served first where a station has the discipline `priority`.
    #[serde(default)]
    pub priority: u8,
}
