//! Constants, metrics and errors of HikariCP.

use super::table::{Product, ProductKey as Key};

/// Pools that are more than a number of connections.
const APART: &str = "pools with `connect`, `minimum-idle` below the maximum, `hand-off` or leak detection, pools that a runbook \
                     resizes, and those of a database with fewer `max-connections` than all of them may open: only there are \
                     connections told apart";

const UNBROKEN: &str = "connections break only with their database, and the pool knows at once";

pub(super) const CONSTANTS: Product = Product {
    title: "System properties and rules of HikariCP",
    column: "default",
    source: "HikariCP `pool/HikariPool`, `util/ConcurrentBag`, `HikariConfig`; its wiki, About Pool Sizing",
    keys: &[
        Key::not("com.zaxxer.hikari.aliveBypassWindowMs", "500", "ms", UNBROKEN),
        Key::like("com.zaxxer.hikari.housekeeping.periodMs", "30000", "ms", "30 s, from a random moment on"),
        Key::like(
            "com.zaxxer.hikari.timeoutMs.floor",
            "250",
            "ms",
            "the least `connection-timeout` that is taken",
        ),
        Key::not("com.zaxxer.hikari.useWeakReferences", "false", "", "a thread has no list of its own"),
        Key::like("pause after a connection was made", "30", "ms", "the same, where `connect` is set"),
        Key::like(
            "pause after one was not made",
            "10 to 5000, doubling",
            "ms",
            "the same, as when the server is full",
        ),
        Key::like("spread of maxLifetime", "2.5 %", "", "the same, drawn for each connection"),
        Key::like(
            "ConcurrentBag (own list, shared list, hand-off queue)",
            "",
            "",
            "first come, first served, and `hand-off` for the moment in which others may overtake",
        ),
        Key::like(
            "close (rollback of what is open)",
            "one round trip",
            "",
            "the rollback of a `transaction` that fails, for which the connection is held",
        ),
        Key::like(
            "connections = cores × 2 + spindles",
            "",
            "connections",
            "a starting point for `maximum-pool-size`; a run says whether it is enough",
        ),
        Key::like(
            "pool = Tn × (Cm − 1) + 1",
            "",
            "connections",
            "`propagation: requires-new`: who holds a connection and waits for another hangs below it, until \
             `connection-timeout`",
        ),
    ],
};

pub(super) const METRICS: Product = Product {
    title: "Metrics of HikariCP",
    column: "kind",
    source: "HikariCP `metrics/micrometer/MicrometerMetricsTracker`",
    keys: &[
        Key::shown("hikaricp.connections", "gauge", "connections", "hikaricp_connections"),
        Key::shown("hikaricp.connections.active", "gauge", "connections", "hikaricp_connections_active"),
        Key::shown("hikaricp.connections.idle", "gauge", "connections", "hikaricp_connections_idle"),
        Key::shown("hikaricp.connections.pending", "gauge", "requests", "hikaricp_connections_pending"),
        Key::shown("hikaricp.connections.max", "gauge", "connections", "hikaricp_connections_max"),
        Key::shown("hikaricp.connections.min", "gauge", "connections", "hikaricp_connections_min"),
        Key::shown(
            "hikaricp.connections.timeout",
            "counter",
            "requests",
            "hikaricp_connections_timeout_total",
        ),
        Key::shown("hikaricp.connections.acquire", "timer", "s", "hikaricp_connections_acquire_seconds_sum"),
        Key::shown_of(
            "hikaricp.connections.usage",
            "timer",
            "s",
            "hikaricp_connections_usage_seconds_sum",
            APART,
        ),
        Key::shown_of(
            "hikaricp.connections.creation",
            "timer",
            "s",
            "hikaricp_connections_creation_seconds_sum",
            "the same pools",
        ),
        Key::like(
            "ProxyLeakTask (a line in the log)",
            "warning",
            "lines",
            "`leak-suspected` in `timeline.csv` for the first of a pool, `leak-warnings-<pool>` for their number",
        ),
        Key::shown_of(
            "ProxyLeakTask (their number)",
            "counter",
            "lines",
            "brownout_leak_detection_warnings_total",
            "the same pools",
        ),
    ],
};

pub(super) const ERRORS: Product = Product {
    title: "Errors of HikariCP",
    column: "when",
    source: "HikariCP `pool/HikariPool` (`createTimeoutException`)",
    keys: &[
        Key::like(
            "SQLTransientConnectionException",
            "`connectionTimeout` is over",
            "",
            "the failure `pool-timeout`; `too-many-connections` if the last connection was refused for that",
        ),
        Key::like(
            "SQLException",
            "the waiting thread is interrupted",
            "",
            "a request that is cancelled leaves the queue",
        ),
    ],
};
