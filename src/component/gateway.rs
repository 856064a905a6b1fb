//! A gateway: the front door that routes, limits, times out and balances.
//!
//! Stands for NGINX, Kong or Envoy in front of the processes. A request holds one of its worker slots until
//! it is answered. Left out: TLS, keep-alive, health checks and retries of its own.
//!
//! Sources: Envoy circuit_breaker.proto (`max_requests` 1024), Envoy router filter documentation (route
//! time-out 15 s), NGINX ngx_http_limit_req_module.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::{BalancePolicy, FixedWindowConfig, TokenBucketConfig};
use crate::random::LawSpec;
use crate::units::Span;

use super::operations::Abandoned;

/// A gateway.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GatewaySpec {
    /// The operations that come through it, or `[all]`.
    pub routes: Vec<String>,
    /// Requests it handles at once. Source: Envoy `max_requests`.
    #[serde(default = "max_requests")]
    pub max_requests: u32,
    /// Requests that may wait for it. Source: Envoy `max_pending_requests`.
    #[serde(default = "max_requests")]
    pub max_pending_requests: u32,
    /// Time it adds to each request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overhead: Option<LawSpec>,
    /// Answers 504 when a request takes longer; without it, it waits for ever. Source: Envoy route time-out,
    /// 15s by default there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// What becomes of the request in the services then. They are not told by default.
    #[serde(default)]
    pub on_timeout: Abandoned,
    /// Lets only so many requests through; the rest is answered 429.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<TokenBucketConfig>,
    /// Lets only so many requests through in each window of time, counted from the start of the run; the rest is
    /// answered 429. Around the border of two windows twice as many can pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed_window: Option<FixedWindowConfig>,
    /// How it chooses a replica.
    #[serde(default)]
    pub balance: BalancePolicy,
    /// Where the numbers come from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

fn max_requests() -> u32 {
    1024
}
