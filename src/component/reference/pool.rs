//! HikariCP's keys.

use super::table::{ProductKey as Key, Reference, Settings};
use crate::component::pool::PoolSpec;

pub(super) const REFERENCE: Reference = Reference {
    name: "pool",
    section: "pools",
    about: "A connection pool; each replica of a process has its own. Connections are handed out first come, \
            first served, and held to the end of the statement or transaction. All connections are there from the \
            start and live for ever.",
    product: "HikariCP 6.0",
    keys: &[
        Key::is("maximumPoolSize", "10", "connections", "maximum-pool-size"),
        Key::is("connectionTimeout", "30000", "ms", "connection-timeout"),
        Key::not("minimumIdle", "= maximumPoolSize", "connections", "the pool is full from the start"),
        Key::not(
            "idleTimeout",
            "600000",
            "ms",
            "no effect at HikariCP's default, where minimumIdle is the maximum",
        ),
        Key::not("maxLifetime", "1800000", "ms", "connections live for ever"),
        Key::not("keepaliveTime", "0", "ms", "connections do not break while they are idle"),
        Key::not("validationTimeout", "5000", "ms", "connections do not break while they are idle"),
        Key::not("leakDetectionThreshold", "0 (off)", "ms", "it only writes a log line"),
        Key::not("initializationFailTimeout", "1", "ms", "the start of a process is not modelled here"),
    ],
    settings: &[Settings { at: "pools.<name>", schema: || schemars::schema_for!(PoolSpec) }],
    example: "pool/deployment.yaml",
    proofs: &[("tests/theory/networks.rs", "SRP-OPEN-3")],
};
