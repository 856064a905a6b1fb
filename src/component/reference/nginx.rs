//! NGINX's keys.

use super::table::{Product, ProductKey as Key};

const WHOLE: &str = "requests and answers are sent as a whole; a link's `bandwidth` says how long that takes";
const ALIKE: &str = "replicas of a process are alike";

pub(super) const UPSTREAM: Product = Product {
    title: "Keys of NGINX as a proxy",
    column: "default",
    source: "nginx `ngx_http_upstream_round_robin.c`, `ngx_http_proxy_module.c`, `ngx_http_core_module.c`",
    keys: &[
        Key::like(
            "upstream (smooth weighted round robin)",
            "the default",
            "",
            "`balance: smooth-weighted`, with the same weight for all, which failures lower",
        ),
        Key::not("server weight", "1", "", ALIKE),
        Key::not("server max_conns", "0 (no limit)", "connections", "no limit, as by default"),
        Key::like(
            "server max_fails",
            "1",
            "failures",
            "`balance: {smooth-weighted: {max-fails: 1}}` for the weight, by failures of the way to a server, and `outlier-detection: \
             {consecutive-gateway-failure: …}` for leaving a server out: failures in a row, and not within a time",
        ),
        Key::like(
            "server fail_timeout",
            "10",
            "s",
            "`outlier-detection: {base-ejection-time: …, max-ejection-time: …}`, the same for both, with \
             `max-ejection-percent: 100%`; a single replica is never left out, as here",
        ),
        Key::not("server backup, down", "none", "", ALIKE),
        Key::like(
            "least_conn",
            "off",
            "",
            "`balance: least-request`: the least busy of some that are drawn, not of all",
        ),
        Key::like(
            "hash, ip_hash",
            "off",
            "",
            "`balance: {ring-hash: {by: user}}`, by the row of a key space; a ring, as with `consistent`",
        ),
        Key::like("random two least_conn", "off", "", "`balance: {least-request: {choices: 2}}`"),
        Key::not("keepalive", "none", "connections", "connections are open from the start"),
        Key::not("proxy_connect_timeout", "60", "s", "a replica that is gone refuses at once"),
        Key::not("proxy_send_timeout", "60", "s", WHOLE),
        Key::like(
            "proxy_read_timeout",
            "60",
            "s",
            "`retry.per-try-timeout`, or `timeout` without a `retry`: an answer comes as a whole, so the time between \
             two reads is the time until it comes",
        ),
        Key::like(
            "proxy_next_upstream",
            "error timeout",
            "",
            "`retry: {retry-on: [connect-failure, reset]}`",
        ),
        Key::like("proxy_next_upstream_tries", "0 (no limit)", "tries", "`retry.num-retries`, one less"),
        Key::like("proxy_next_upstream_timeout", "0 (no limit)", "s", "`timeout`, for all tries together"),
        Key::not(
            "proxy_next_upstream non_idempotent",
            "off",
            "",
            "`retry-on` holds for all that comes through; a gateway of its own, without `retry`, for what may not be \
             sent twice",
        ),
        Key::not("proxy_buffering, proxy_buffers", "on", "", WHOLE),
        Key::not("client_header_timeout, client_body_timeout, send_timeout", "60", "s", WHOLE),
        Key::not("keepalive_timeout", "75", "s", "an idle connection holds no slot"),
        Key::like("proxy_ignore_client_abort", "off", "", "`on-timeout` of the clients"),
        Key::like("worker_connections", "512", "connections", "`max-requests`, for all workers together"),
        Key::not("worker_processes", "1", "processes", "workers share slots, limits and balancer"),
    ],
};

pub(super) const LIMIT_REQ: Product = Product {
    title: "Keys of NGINX's limits",
    column: "default",
    source: "nginx `ngx_http_limit_req_module.c`, `ngx_http_limit_conn_module.c`",
    keys: &[
        Key::is("limit_req_zone rate", "required", "r/s", "limit-req.rate"),
        Key::is("limit_req burst", "0", "requests", "limit-req.burst"),
        Key::is("limit_req nodelay", "off", "", "limit-req.nodelay"),
        Key::is("limit_req delay", "0", "requests", "limit-req.delay"),
        Key::like("limit_req_status", "503", "", "always 429"),
        Key::not("limit_req_dry_run", "off", "", "leave `limit-req` out"),
        Key::not("limit_req_zone key", "required", "", "one limit for all requests of a gateway"),
        Key::like("limit_conn", "none", "connections", "`max-requests`, with `max-pending-requests: 0`"),
    ],
};
