//! Envoy's keys.

use super::table::{ProductKey as Key, Reference, Settings};
use crate::component::gateway::GatewaySpec;

pub(super) const REFERENCE: Reference = Reference {
    name: "gateway",
    section: "gateways",
    about: "The front door, such as NGINX, Kong or Envoy: routes, limits, times out and balances. A request holds \
            one of its slots until it is answered.",
    product: "Envoy 1.3x",
    keys: &[
        Key::is("max_requests", "1024", "requests", "max-requests"),
        Key::is("max_pending_requests", "1024", "requests", "max-pending-requests"),
        Key::is("timeout (route)", "15 s", "s", "timeout"),
        Key::is("lb_policy", "ROUND_ROBIN", "", "balance"),
        Key::is("token_bucket (local rate limit)", "required", "", "rate-limit"),
        Key::like(
            "rate limit service",
            "none",
            "",
            "`fixed-window`, asked without a delay and never failing",
        ),
        Key::not("max_connections", "1024", "connections", "requests share connections, as HTTP/2 does"),
        Key::not("max_retries", "3", "retries", "the gateway does not retry by itself"),
        Key::not("retry_on", "none", "", "the gateway does not retry by itself"),
        Key::not("retry_budget", "20 %", "", "the gateway does not retry by itself"),
        Key::not("per_try_timeout", "none", "s", "the gateway does not retry by itself"),
        Key::not("idle_timeout (stream)", "300", "s", "streams are not idle"),
        Key::not("connect_timeout", "5", "s", "connections are open from the start"),
        Key::not("outlier_detection", "none", "", "replicas do not fail one by one yet"),
        Key::not("health_checks", "none", "", "replicas do not fail one by one yet"),
    ],
    settings: &[Settings { at: "gateways.<name>", schema: || schemars::schema_for!(GatewaySpec) }],
    example: "gateway/deployment.yaml",
    proofs: &[("tests/theory/single.rs", "TOKEN-1"), ("tests/theory/single.rs", "WINDOW-1")],
};
