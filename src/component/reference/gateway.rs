//! Envoy's keys.

use super::table::{ProductKey as Key, Reference, Settings};
use crate::component::gateway::{GatewayRetrySpec, GatewaySpec};
use crate::policy::{EnvoyRetryBudgetConfig, OutlierDetectionConfig};

pub(super) const REFERENCE: Reference = Reference {
    name: "gateway",
    section: "gateways",
    about: "The front door, such as NGINX, Kong or Envoy: routes, limits, times out, tries again and balances. A \
            request holds one of its slots until it is answered.",
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
        Key::is("max_retries", "3", "retries", "retry.max-retries"),
        Key::is("retry_on", "none", "", "retry.retry-on"),
        Key::is("num_retries", "1", "retries", "retry.num-retries"),
        Key::is("retry_back_off.base_interval", "25", "ms", "retry.base-interval"),
        Key::is("retry_back_off.max_interval", "250", "ms", "retry.max-interval"),
        Key::is("retry_host_predicate", "none", "", "retry.retry-host-predicate"),
        Key::like(
            "host_selection_retry_max_attempts",
            "1",
            "",
            "as many as it takes, while there is another replica",
        ),
        Key::not("retriable_status_codes", "none", "", "`retry-on` names the conditions"),
        Key::not("retry_priority", "none", "", "replicas have one priority"),
        Key::is("retry_budget.budget_percent", "20 %", "", "retry.budget.budget-percent"),
        Key::is("retry_budget.min_retry_concurrency", "3", "retries", "retry.budget.min-retry-concurrency"),
        Key::is("per_try_timeout", "none", "s", "retry.per-try-timeout"),
        Key::not("per_try_idle_timeout", "none", "s", "an answer comes as a whole"),
        Key::like(
            "access_log (response code)",
            "none",
            "",
            "`gateways.csv`, and the metrics of ingress-nginx and Kong",
        ),
        Key::not("idle_timeout (stream)", "300", "s", "streams are not idle"),
        Key::not("connect_timeout", "5", "s", "connections are open from the start"),
        Key::is("consecutive_5xx", "5", "answers", "outlier-detection.consecutive-5xx"),
        Key::is(
            "consecutive_gateway_failure",
            "5",
            "answers",
            "outlier-detection.consecutive-gateway-failure",
        ),
        Key::is("interval", "10", "s", "outlier-detection.interval"),
        Key::is("base_ejection_time", "30", "s", "outlier-detection.base-ejection-time"),
        Key::is("max_ejection_time", "300", "s", "outlier-detection.max-ejection-time"),
        Key::is("max_ejection_percent", "10 %", "", "outlier-detection.max-ejection-percent"),
        Key::is("success_rate_minimum_hosts", "5", "hosts", "outlier-detection.success-rate-minimum-hosts"),
        Key::is(
            "success_rate_request_volume",
            "100",
            "answers",
            "outlier-detection.success-rate-request-volume",
        ),
        Key::is("success_rate_stdev_factor", "1900", "", "outlier-detection.success-rate-stdev-factor"),
        Key::is("failure_percentage_threshold", "85 %", "", "outlier-detection.failure-percentage-threshold"),
        Key::is(
            "failure_percentage_minimum_hosts",
            "5",
            "hosts",
            "outlier-detection.failure-percentage-minimum-hosts",
        ),
        Key::is(
            "failure_percentage_request_volume",
            "50",
            "answers",
            "outlier-detection.failure-percentage-request-volume",
        ),
        Key::like(
            "enforcing_*",
            "100 % or 0 %",
            "",
            "what is enforced by 0 % has no default here, so it is off until it is written",
        ),
        Key::not(
            "split_external_local_origin_errors",
            "false",
            "",
            "they are counted together, as by default",
        ),
        Key::is("healthy_panic_threshold", "50 %", "", "outlier-detection.healthy-panic-threshold"),
        Key::not("health_checks", "none", "", "a replica that is gone is taken out by discovery, at once"),
    ],
    settings: &[
        Settings { at: "gateways.<name>", schema: || schemars::schema_for!(GatewaySpec) },
        Settings { at: "gateways.<name>.retry", schema: || schemars::schema_for!(GatewayRetrySpec) },
        Settings {
            at: "gateways.<name>.retry.budget",
            schema: || schemars::schema_for!(EnvoyRetryBudgetConfig),
        },
        Settings {
            at: "gateways.<name>.outlier-detection",
            schema: || schemars::schema_for!(OutlierDetectionConfig),
        },
    ],
    example: "gateway/deployment.yaml",
    proofs: &[
        ("tests/theory/single.rs", "TOKEN-1"),
        ("tests/theory/single.rs", "WINDOW-1"),
        ("tests/calls/gateways.rs", "a_crash_of_the_service_is_a_502_and_no_service_a_503"),
        ("tests/calls/gateways.rs", "a_retry_can_avoid_the_replicas_that_were_tried"),
        ("tests/calls/gateways.rs", "replicas_that_fail_in_a_row_are_left_out_for_a_while"),
    ],
};
