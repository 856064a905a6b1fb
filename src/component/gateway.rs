//! A gateway: the front door that routes, limits, times out and balances.
//!
//! Stands for NGINX, Kong or Envoy in front of the processes. A request holds one of its worker slots until
//! it is answered; its access log has a status for each. Left out: TLS, keep-alive, active health checks.
//!
//! Sources: Envoy circuit_breaker.proto (`max_requests` 1024, `max_retries` 3), Envoy router filter documentation
//! (route time-out 15 s, retries), outlier_detection.proto, local_rate_limit.proto, NGINX ngx_http_limit_req_module.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::{
    BalancePolicy, CoDelConfig, EnvoyLocalRateLimitConfig, EnvoyRetryBudgetConfig, FixedWindowConfig,
    NginxLimitReqConfig, OutlierDetectionConfig, SlidingWindowConfig, TokenBucketConfig,
};
use crate::random::LawSpec;
use crate::record::{AccessStatus, Cause};
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
    /// Refuses who has waited, as a full queue does, once waits stay too long: from the head, as a slot comes free. Without it,
    /// who waits is served. Source: RFC 8289.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codel: Option<CoDelConfig>,
    /// Time it adds to each request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overhead: Option<LawSpec>,
    /// Answers 504 when a request takes longer; without it, it waits for ever. Source: Envoy route time-out,
    /// 15s by default there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// What becomes of the request in the services after `timeout`. They are not told by default.
    #[serde(default)]
    pub on_timeout: Abandoned,
    /// Lets only so many requests through; the rest is answered 429.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<TokenBucketConfig>,
    /// Lets only so many requests through, as `rate-limit`, but tokens come in steps; the rest is answered 429. Source: Envoy
    /// local_rate_limit_filter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_rate_limit: Option<EnvoyLocalRateLimitConfig>,
    /// Lets only so many requests through in each window of time, counted from the start of the run; the rest is
    /// answered 429. Around the border of two windows twice as many can pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed_window: Option<FixedWindowConfig>,
    /// Lets about so many requests through in any stretch of time, of which it sees the present window and, by the part that
    /// is still in sight, the one before; the rest is answered 429. Windows are counted from the start of the run. Source:
    /// Cloudflare; Kong `window_type: sliding`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sliding_window: Option<SlidingWindowConfig>,
    /// Lets only so many requests through, as `rate-limit`, but they wait for their turn, and not for one of its slots; what
    /// exceeds the burst is answered 429. Source: NGINX `limit_req`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_req: Option<NginxLimitReqConfig>,
    /// How it chooses a replica.
    #[serde(default)]
    pub balance: BalancePolicy,
    /// Tries again at another time or place, within `timeout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<GatewayRetrySpec>,
    /// Leaves replicas out that fail. One for each process behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlier_detection: Option<OutlierDetectionConfig>,
    /// Where the numbers come from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// When a gateway tries again.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GatewayRetrySpec {
    /// What is tried again. Source: Envoy `retry_on`.
    pub retry_on: Vec<RetryOn>,
    /// Retries of one request. Range: 1 to 249. Source: Envoy `num_retries`.
    #[serde(default = "one")]
    pub num_retries: u32,
    /// Time-out of each attempt; without it, only that of the whole request counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_try_timeout: Option<Span>,
    /// Base of the pause before a retry, which is drawn from zero to (2^n − 1) times it. Source: Envoy
    /// `retry_back_off.base_interval`.
    #[serde(default = "base_interval")]
    pub base_interval: Span,
    /// Longest pause; ten times the base if it is left out. Range: at least the base. Source: Envoy
    /// `retry_back_off.max_interval`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_interval: Option<Span>,
    /// Which replicas a retry avoids while there are others.
    #[serde(default)]
    pub retry_host_predicate: HostPredicate,
    /// Retries to one process that may be under way at once. Source: Envoy `max_retries`.
    #[serde(default = "max_retries")]
    pub max_retries: u32,
    /// Retries that may be under way at once as a share of the requests under way, instead of `max-retries`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<EnvoyRetryBudgetConfig>,
}

/// A condition of Envoy's under which a request is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RetryOn {
    /// An answer with 5xx, or a failure of the way to the replica: refused, lost, reset, out of time.
    #[serde(rename = "5xx")]
    ServerError,
    /// An answer with 502, 503 or 504, or a failure of the way to the replica.
    #[serde(rename = "gateway-error")]
    GatewayError,
    /// No answer: the replica crashed with the request in it, the network lost it, the attempt's time-out ran out, or
    /// the replica refused it.
    #[serde(rename = "reset")]
    Reset,
    /// The replica refused the connection: its accept queue was full.
    #[serde(rename = "connect-failure")]
    ConnectFailure,
    /// The replica refused the request before it began: it had no room for it.
    #[serde(rename = "refused-stream")]
    RefusedStream,
    /// An answer with 409.
    #[serde(rename = "retriable-4xx")]
    Retriable4xx,
}

impl RetryOn {
    /// Whether an answer of a replica meets the condition.
    ///
    /// Source: Envoy `RetryStateImpl::wouldRetryFromHeaders`.
    pub(crate) fn meets_answer(self, status: AccessStatus) -> bool {
        match self {
            RetryOn::ServerError => status.is_server_error(),
            RetryOn::GatewayError => matches!(status.code(), 502..=504),
            RetryOn::Retriable4xx => status == AccessStatus::Conflict,
            RetryOn::Reset | RetryOn::ConnectFailure | RetryOn::RefusedStream => false,
        }
    }

    /// Whether a failure on the way to a replica, which has not answered, meets the condition.
    ///
    /// Source: Envoy `RetryStateImpl::wouldRetryFromReset`.
    pub(crate) fn meets_failure(self, cause: Cause) -> bool {
        match self {
            RetryOn::ServerError | RetryOn::GatewayError | RetryOn::Reset => true,
            RetryOn::ConnectFailure | RetryOn::RefusedStream => cause == Cause::QueueFull,
            RetryOn::Retriable4xx => false,
        }
    }
}

/// Which replicas a retry avoids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HostPredicate {
    /// None, as Envoy does by default.
    #[default]
    None,
    /// Those that the request was sent to before, as Istio does by default.
    PreviousHosts,
}

fn one() -> u32 {
    1
}

fn base_interval() -> Span {
    Span::from_millis(25)
}

impl GatewayRetrySpec {
    /// The longest pause. Source: Envoy `retry_back_off.max_interval`, ten times the base by default.
    pub fn longest_pause(&self) -> Span {
        self.max_interval.unwrap_or(self.base_interval * 10.0)
    }
}

fn max_retries() -> u32 {
    3
}

fn max_requests() -> u32 {
    1024
}
