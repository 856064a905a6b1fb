//! HikariCP's keys.

use super::hikari;
use super::table::{ProductKey as Key, Reference, Settings};
use crate::component::pool::PoolSpec;
use crate::component::statement::LeakSpec;

pub(super) const REFERENCE: Reference = Reference {
    name: "pool",
    section: "pools",
    about: "A connection pool; each replica of a process has its own. Those who wait for a connection are served first \
            come, first served, and hold it to the end of the statement or transaction. A run begins as if the process \
            had been up for long: `minimum-idle` connections are open, of every age. Which connection is which only \
            matters, and is only simulated, where `connect`, `minimum-idle`, `hand-off` or `leak-detection-threshold` \
            is set, or where the pools may open more connections than the database takes. A connection that an \
            operation forgets (`leak`, on a step or in a scenario's `variant`) is held by nobody from then on; \
            nothing takes it away.",
    product: "HikariCP 6.0",
    source: "HikariCP `HikariConfig`, `pool/HikariPool`",
    keys: &[
        Key::is("maximumPoolSize", "10", "connections", "maximum-pool-size"),
        Key::is("minimumIdle", "= maximumPoolSize", "connections", "minimum-idle"),
        Key::is("connectionTimeout", "30000", "ms", "connection-timeout"),
        Key::not(
            "connectionTimeout of 0 (no limit)",
            "",
            "ms",
            "write the longest that anybody would wait: a wait without an end is an incident of its own",
        ),
        Key::is("idleTimeout", "600000", "ms", "idle-timeout"),
        Key::is("maxLifetime", "1800000", "ms", "max-lifetime"),
        Key::is("leakDetectionThreshold", "0 (off)", "ms", "leak-detection-threshold"),
        Key::like(
            "initializationFailTimeout",
            "1",
            "ms",
            "a server that is full at the start: the pool begins with what it got and goes on trying",
        ),
        Key::not("keepaliveTime", "0", "ms", "connections do not break while they are idle"),
        Key::not("validationTimeout", "5000", "ms", "connections do not break while they are idle"),
        Key::not("allowPoolSuspension", "false", "", "nobody suspends a pool in a run"),
        Key::not("isolateInternalQueries", "false", "", "the pool asks nothing by itself"),
        Key::not("autoCommit", "true", "", "a statement outside of a `transaction` is one by itself"),
        Key::not("connectionInitSql, connectionTestQuery", "none", "", "part of `connect`"),
        Key::not(
            "readOnly, transactionIsolation, catalog, schema",
            "the driver's",
            "",
            "they cost no round trip",
        ),
        Key::not(
            "Connector/J socketTimeout, connectTimeout",
            "0 (none)",
            "ms",
            "statements have no time-out: a caller gives up by the time-out of its call, whose transaction and connection \
             go on or are undone as `on-timeout` says; a connection that is closed while the server works on is left out",
        ),
        Key::not(
            "Connector/J queryTimeout, enableQueryTimeouts",
            "0 (none)",
            "s",
            "as `socketTimeout`; the second connection that would send KILL QUERY is left out",
        ),
        Key::not("jdbcUrl, dataSourceClassName, username, password", "none", "", "`to` names the database"),
        Key::not("poolName, registerMbeans", "", "", "the pool's key names it"),
        Key::not("metricRegistry, healthCheckRegistry", "none", "", "its metrics are always there"),
        Key::not("exceptionOverrideClassName", "none", "", "connections break only with their database"),
        Key::not("scheduledExecutor", "none", "", "timers are built in"),
        Key::not("threadFactory", "none", "", "growth by one thread is built in"),
    ],
    also: &[hikari::CONSTANTS, hikari::METRICS, hikari::ERRORS],
    settings: &[
        Settings { at: "pools.<name>", schema: || schemars::schema_for!(PoolSpec) },
        Settings { at: "leak", schema: || schemars::schema_for!(LeakSpec) },
    ],
    example: "leak/deployment.yaml",
    proofs: &[
        ("tests/theory/networks.rs", "SRP-OPEN-3"),
        ("tests/theory/networks.rs", "MMCD-3"),
        ("tests/components/pools.rs", "a_pool_grows_one_connection_after_another"),
        ("tests/components/leaks.rs", "a_connection_that_is_not_released_on_the_error_path_is_gone"),
    ],
};
