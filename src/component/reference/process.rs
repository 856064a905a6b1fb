//! Apache Tomcat's keys.

use super::table::{ProductKey as Key, Reference, Settings};
use crate::component::process::ProcessSpec;

pub(super) const REFERENCE: Reference = Reference {
    name: "process",
    section: "processes",
    about: "A service or a monolith in one or more replicas. A request that comes over the network takes a thread, \
            or waits for one in the accept queue, and holds it while it waits for whatever it calls. Steps `cpu` \
            share the replica's cores.",
    product: "Apache Tomcat 10 (HTTP connector)",
    keys: &[
        Key::is("maxThreads", "200", "threads", "threads"),
        Key::is("acceptCount", "100", "connections", "accept-queue"),
        Key::not(
            "maxConnections",
            "8192",
            "connections",
            "every request is a connection of its own, and all are accepted",
        ),
        Key::not("minSpareThreads", "10", "threads", "making a thread takes no time"),
        Key::not("connectionTimeout", "20000", "ms", "clients send their request at once"),
        Key::not("keepAliveTimeout", "= connectionTimeout", "ms", "an idle connection holds no thread"),
    ],
    settings: &[Settings { at: "processes.<name>", schema: || schemars::schema_for!(ProcessSpec) }],
    example: "two-services/deployment.yaml",
    proofs: &[("tests/theory/networks.rs", "SRP-CLOSED-1")],
};
