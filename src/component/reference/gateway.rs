//! Envoy's keys; NGINX's and Kong's are with them.

use super::table::{ProductKey as Key, Reference, Settings};
use super::{envoy, kong, nginx};
use crate::component::gateway::GatewaySpec;

pub(super) const REFERENCE: Reference = Reference {
    name: "gateway",
    section: "gateways",
    about: "The front door, such as NGINX, Kong or Envoy: routes, limits, times out, tries again and balances. A \
            request holds one of its slots until it is answered.",
    product: "Envoy 1.3x",
    source: "Envoy circuit_breaker.proto, outlier_detection.proto, route_components.proto, cluster.proto",
    keys: &[
        Key::is("max_requests", "1024", "requests", "max-requests"),
        Key::is("max_pending_requests", "1024", "requests", "max-pending-requests"),
        Key::is("timeout (route)", "15 s", "s", "timeout"),
        Key::is("lb_policy", "ROUND_ROBIN", "", "balance"),
        Key::not("max_connections", "1024", "connections", "requests share connections, as HTTP/2 does"),
        Key::is("max_retries", "3", "retries", "retry.max-retries"),
        Key::is("retry_on", "none", "", "retry.retry-on"),
        Key::like(
            "retry_on: connect-failure",
            "off",
            "",
            "a full accept queue, which refuses; connections are open otherwise, and no replica to send it to is an \
             answer of 503 that is not tried again",
        ),
        Key::like("retry_on: refused-stream", "off", "", "the same"),
        Key::is("num_retries", "1", "retries", "retry.num-retries"),
        Key::is("retry_back_off.base_interval", "25", "ms", "retry.base-interval"),
        Key::is("retry_back_off.max_interval", "250", "ms", "retry.max-interval"),
        Key::like(
            "Istio: retries of a route",
            "2",
            "retries",
            "`retry: {retry-on: [connect-failure, refused-stream, gateway-error], num-retries: 2, \
             retry-host-predicate: previous-hosts}`, which has to be written: a gateway without `retry` does not try again",
        ),
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
            "`gateways.csv`, and the metrics of ingress-nginx and Kong; what a replica answered, or else 502 as NGINX \
             and Kong log it (Envoy: 503) for a replica that crashed",
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
    also: &[
        envoy::BALANCING,
        envoy::LIMITS,
        envoy::OVERLOAD,
        nginx::UPSTREAM,
        nginx::LIMIT_REQ,
        kong::SERVICES,
        kong::RATE_LIMITING,
        envoy::METRICS,
    ],
    settings: &[Settings { at: "gateways.<name>", schema: || schemars::schema_for!(GatewaySpec) }],
    example: "gateway/deployment.yaml",
    proofs: &[
        ("tests/theory/single.rs", "TOKEN-1"),
        ("tests/theory/single.rs", "WINDOW-1"),
        ("tests/calls/gateways.rs", "requests_wait_for_their_turn_before_they_take_a_slot"),
        (
            "tests/calls/answers.rs",
            "a_service_that_answers_is_not_tried_again_for_a_failure_of_the_way_to_it",
        ),
        ("tests/calls/balancing.rs", "a_crash_moves_the_keys_of_its_replica_and_no_others"),
        ("tests/calls/gateways.rs", "a_crash_of_the_service_is_a_502_and_no_service_a_503"),
        ("tests/calls/gateways.rs", "a_retry_can_avoid_the_replicas_that_were_tried"),
        ("tests/calls/gateways.rs", "replicas_that_fail_in_a_row_are_left_out_for_a_while"),
    ],
};
