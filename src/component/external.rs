//! An external party: answers after a time, or with an error.
//!
//! Stands for a payment gateway or any service of others. Left out: who asks (its limits are for all callers together).
//! Outages are faults of a scenario.
//!
//! Source of the limits: NGINX `limit_req`; RFC 6585 for the status 429.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::{NginxLimitReqConfig, SlidingWindowConfig, TokenBucketConfig};
use crate::random::LawSpec;
use crate::units::{Ratio, Span};

/// An external party.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ExternalSpec {
    /// Time until it answers, network included.
    pub latency: LawSpec,
    /// Share of requests that it answers with an error. Range: 0% to 100%.
    #[serde(default)]
    pub errors: Ratio,
    /// Requests that it serves at once; more wait. Without it, there is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
    /// Requests that may wait to be served, beside `concurrency`; more are `queue-full`. Without it, there is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_limit: Option<u32>,
    /// Requests that it takes in a time; more are `rate-limited` at once, its 429.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<TokenBucketConfig>,
    /// Requests that it takes in any stretch of time, by the present window and what is still in sight of the one before;
    /// more are `rate-limited` at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sliding_window: Option<SlidingWindowConfig>,
    /// Requests that it takes in a time, as `rate-limit`, but they wait for their turn; those that exceed the burst are
    /// `rate-limited`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_req: Option<NginxLimitReqConfig>,
    /// How long a caller waits for its answer before it gives up; it serves the request all the same. Without it, for
    /// ever. Range: above 0s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// Where the numbers come from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}
