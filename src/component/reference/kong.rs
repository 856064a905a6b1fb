//! Kong's keys.

use super::table::{Product, ProductKey as Key};

const NO_CHECKS: &str = "they are off by default; a replica that is gone is taken out by discovery, at once";
const NO_STORE: &str = "a gateway is one node, and counts by itself";

pub(super) const SERVICES: Product = Product {
    title: "Keys of Kong's services and upstreams",
    column: "default",
    source: "Kong `db/schema/entities/services.lua`, `upstreams.lua`, `targets.lua`",
    keys: &[
        Key::like(
            "service retries",
            "5",
            "retries",
            "`retry: {num-retries: 5, retry-on: [connect-failure, reset]}`",
        ),
        Key::not("service connect_timeout", "60000", "ms", "a replica that is gone refuses at once"),
        Key::not("service write_timeout", "60000", "ms", "requests are sent as a whole"),
        Key::like(
            "service read_timeout",
            "60000",
            "ms",
            "`retry.per-try-timeout`: an answer comes as a whole, so the time between two reads is the time until it \
             comes",
        ),
        Key::like("upstream algorithm", "round-robin", "", "`balance: round-robin`"),
        Key::like(
            "upstream algorithm: least-connections",
            "",
            "",
            "`balance: least-request`: the least busy of some that are drawn, not of all",
        ),
        Key::like(
            "upstream algorithm: consistent-hashing, hash_on",
            "none",
            "",
            "`balance: {ring-hash: {by: user}}`, by the row of a key space",
        ),
        Key::not("upstream algorithm: latency", "", "", "gateways do not measure how long replicas take"),
        Key::like(
            "upstream slots",
            "10000",
            "places",
            "`balance: {ring-hash: {by: user, minimum-ring-size: 10000}}`",
        ),
        Key::not("target weight", "100", "", "replicas of a process are alike"),
        Key::not("healthchecks.active.*", "0 (off)", "", NO_CHECKS),
        Key::like(
            "healthchecks.passive.unhealthy.http_failures",
            "0 (off)",
            "answers",
            "`outlier-detection: {consecutive-5xx: …}`, which lets a replica back in after a time",
        ),
        Key::not("healthchecks.passive.unhealthy.tcp_failures, timeouts", "0 (off)", "failures", NO_CHECKS),
        Key::not("healthchecks.threshold", "0 (off)", "%", NO_CHECKS),
    ],
};

pub(super) const RATE_LIMITING: Product = Product {
    title: "Keys of Kong's rate-limiting plug-in",
    column: "default",
    source: "Kong `plugins/rate-limiting/schema.lua`, `handler.lua`; Rate Limiting Advanced, configuration reference",
    keys: &[
        Key::like(
            "rate-limiting-advanced window_type, limit, window_size",
            "sliding; required",
            "",
            "`sliding-window: {limit: …, window: …}`, or `fixed-window` for `fixed`; a node counts by itself",
        ),
        Key::like(
            "second, minute, hour, day, month, year",
            "none",
            "requests",
            "`fixed-window`: one length, whose windows begin with the run and not with the calendar",
        ),
        Key::like(
            "policy",
            "local",
            "",
            "`fixed-window`, exact: it counts as it lets through, where Kong counts a little later",
        ),
        Key::not("sync_rate", "-1 (at once)", "s", NO_STORE),
        Key::not("fault_tolerant", "true", "", NO_STORE),
        Key::not("redis.host, redis.timeout", "none, 2000", "ms", NO_STORE),
        Key::like("error_code", "429", "", "429"),
        Key::not("limit_by", "consumer", "", "one limit for all requests of a gateway"),
        Key::not("hide_client_headers", "false", "", "clients do not look at the headers"),
    ],
};
