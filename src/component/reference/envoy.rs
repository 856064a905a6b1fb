//! Envoy's filters and statistics beyond its clusters.

use super::table::{Product, ProductKey as Key};

const FIXED: &str = "`max-requests` does not change by itself; people change threads with `resize-threads`";
const NO_ADMISSION: &str =
    "a gateway does not turn away by success rates; callers can, by `adaptive-throttling` of a call";
const NO_BODY: &str = "a gateway has no memory, cores or connections of its own that could run short";

pub(super) const BALANCING: Product = Product {
    title: "Keys of Envoy's balancers",
    column: "default",
    source: "Envoy cluster.proto; architecture overview, load balancers and panic threshold",
    keys: &[
        Key::like("ROUND_ROBIN", "the default", "", "`balance: round-robin`"),
        Key::like(
            "LEAST_REQUEST",
            "",
            "",
            "`balance: least-request`; each gateway counts its own requests and those of others alike",
        ),
        Key::like(
            "least_request_lb_config.choice_count",
            "2",
            "hosts",
            "`balance: {least-request: {choices: 2}}`",
        ),
        Key::not(
            "least_request_lb_config.active_request_bias",
            "1",
            "",
            "replicas of a process weigh the same",
        ),
        Key::like(
            "RING_HASH, hash_policy",
            "",
            "",
            "`balance: {ring-hash: {by: user}}`, by the row of a key space",
        ),
        Key::like(
            "ring_hash_lb_config.minimum_ring_size",
            "1024",
            "places",
            "`balance: {ring-hash: {by: user, minimum-ring-size: 1024}}`",
        ),
        Key::not("MAGLEV, table_size", "65537", "places", "a ring sends a key to one replica just as well"),
        Key::like("RANDOM", "", "", "`balance: random`"),
        Key::not("load_balancing_weight", "1", "", "replicas of a process weigh the same"),
        Key::not("locality_weighted_lb_config, zone_aware_lb_config", "none", "", "there are no zones"),
        Key::not(
            "slow_start_config",
            "none",
            "",
            "a replica gets its full share at once; `warm-up` has it slow",
        ),
    ],
};

pub(super) const LIMITS: Product = Product {
    title: "Keys of Envoy's rate limits",
    column: "default",
    source: "Envoy local_rate_limit_filter.rst, rate_limit filter proto; envoyproxy/ratelimit `src/limiter/cache_key.go`",
    keys: &[
        Key::is("token_bucket.max_tokens", "required", "tokens", "local-rate-limit.max-tokens"),
        Key::is("token_bucket.tokens_per_fill", "1", "tokens", "local-rate-limit.tokens-per-fill"),
        Key::is(
            "token_bucket.fill_interval",
            "required, at least 50 ms",
            "s",
            "local-rate-limit.fill-interval",
        ),
        Key::like(
            "token_bucket that is filled evenly",
            "recent releases",
            "",
            "`rate-limit: {rate: …, burst: …}`; `local-rate-limit` is filled in steps, as the timer of earlier releases does",
        ),
        Key::like(
            "filter_enabled",
            "0 %",
            "",
            "`local-rate-limit.filter-enabled`, 100 % unless it is written: who writes the limit here wants it",
        ),
        Key::like(
            "filter_enforced",
            "0 %",
            "",
            "`local-rate-limit.filter-enforced`, 100 % unless it is written; what is limited and let through is not counted",
        ),
        Key::not(
            "local_rate_limit_per_downstream_connection",
            "false",
            "",
            "one bucket for all, as by default",
        ),
        Key::like("status (local rate limit)", "429", "", "429"),
        Key::like(
            "rate_limit_service, unit",
            "none",
            "",
            "`fixed-window`, whose windows begin with the run: seconds, minutes, hours or any other length",
        ),
        Key::not("timeout (global rate limit)", "20", "ms", "the service answers at once"),
        Key::not("failure_mode_deny", "false", "", "the service does not fail"),
        Key::not("descriptors", "required", "", "one limit for all requests of a gateway"),
    ],
};

pub(super) const OVERLOAD: Product = Product {
    title: "Keys of Envoy's overload control",
    column: "default",
    source: "Envoy admission_control.proto, adaptive_concurrency.proto and `gradient_controller.cc`, overload_manager.rst",
    keys: &[
        Key::not("admission_control.enabled", "true", "", NO_ADMISSION),
        Key::not("admission_control.sampling_window", "30", "s", NO_ADMISSION),
        Key::not("admission_control.aggression", "1", "", NO_ADMISSION),
        Key::not("admission_control.sr_threshold", "95 %", "", NO_ADMISSION),
        Key::not("admission_control.rps_threshold", "0", "/s", NO_ADMISSION),
        Key::not("admission_control.max_rejection_probability", "80 %", "", NO_ADMISSION),
        Key::not("admission_control.success_criteria", "status below 500", "", NO_ADMISSION),
        Key::not("gradient_controller_config.sample_aggregate_percentile", "50", "%", FIXED),
        Key::not("concurrency_limit_params.max_concurrency_limit", "1000", "requests", FIXED),
        Key::not("concurrency_limit_params.concurrency_update_interval", "required", "s", FIXED),
        Key::not("min_rtt_calc_params.interval", "required", "s", FIXED),
        Key::not("min_rtt_calc_params.request_count", "50", "requests", FIXED),
        Key::not("min_rtt_calc_params.jitter", "15 %", "", FIXED),
        Key::not("min_rtt_calc_params.min_concurrency", "3", "requests", FIXED),
        Key::not("min_rtt_calc_params.buffer", "25 %", "", FIXED),
        Key::not("overload_manager.resource_monitors", "none", "", NO_BODY),
        Key::not("overload_manager.refresh_interval", "1", "s", NO_BODY),
        Key::not("overload_manager.actions: stop_accepting_requests", "none", "", NO_BODY),
        Key::not("overload_manager.actions: disable_http_keepalive", "none", "", NO_BODY),
        Key::not("overload_manager.actions: reduce_timeouts", "none", "", NO_BODY),
        Key::not("overload_manager.actions: reset_high_memory_stream", "none", "", NO_BODY),
        Key::not("overload_manager.loadshed_points", "none", "", NO_BODY),
    ],
};

pub(super) const METRICS: Product = Product {
    title: "Metrics of gateways",
    column: "kind",
    source: "Envoy circuit_breaking.rst, local_rate_limit_filter.rst, outlier.rst; ingress-nginx; Kong's Prometheus plug-in",
    keys: &[
        Key::shown(
            "ingress-nginx requests by status",
            "counter",
            "requests",
            "nginx_ingress_controller_requests",
        ),
        Key::shown("up (of the scrape)", "gauge", "", "up"),
        Key::shown("Kong requests by code", "counter", "requests", "kong_http_requests_total"),
        Key::like("upstream_rq_pending_overflow", "counter", "requests", "answers of 503 in `gateways.csv`"),
        Key::not(
            "upstream_rq_retry_overflow",
            "counter",
            "retries",
            "nothing counts retries that are not made",
        ),
        Key::not("upstream_cx_overflow", "counter", "connections", "there is no limit of connections"),
        Key::like(
            "circuit_breakers.<prio>.rq_open",
            "gauge",
            "",
            "the use of the gateway's slots in `resources.csv`",
        ),
        Key::not(
            "local_rate_limit enabled",
            "counter",
            "requests",
            "all requests are looked at, but for a `filter-enabled` below 100 %",
        ),
        Key::like(
            "local_rate_limit ok",
            "counter",
            "requests",
            "all answers but those of 429 in `gateways.csv`",
        ),
        Key::like("local_rate_limit rate_limited", "counter", "requests", "answers of 429 in `gateways.csv`"),
        Key::like("local_rate_limit enforced", "counter", "requests", "answers of 429 in `gateways.csv`"),
        Key::not("adaptive_concurrency rq_blocked", "counter", "requests", FIXED),
        Key::not("outlier_detection.ejections_active", "gauge", "hosts", "who is left out is not shown"),
    ],
};
