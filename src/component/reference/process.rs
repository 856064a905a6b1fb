//! Apache Tomcat's keys; Kubernetes' and the JVM's are with them.

use super::table::{ProductKey as Key, Reference, Settings};
use super::{jvm, kubernetes, overload};
use crate::component::process::ProcessSpec;

pub(super) const NO_MEMORY: &str = "memory and garbage collection are not modelled yet";

pub(super) const REFERENCE: Reference = Reference {
    name: "process",
    section: "processes",
    about: "A service or a monolith in one or more replicas. A request that comes over the network takes a thread, \
            or waits for one in the accept queue, and holds it while it waits for whatever it calls. Steps `cpu` \
            share the replica's cores.",
    product: "Apache Tomcat 10 (HTTP connector)",
    source: "Apache Tomcat 10 configuration reference, the HTTP connector",
    keys: &[
        Key::is("maxThreads", "200", "threads", "threads"),
        Key::is("acceptCount", "100", "connections", "accept-queue"),
        Key::not(
            "maxConnections",
            "8192",
            "connections",
            "every request is a connection of its own, and all are accepted",
        ),
        Key::like("executor: virtual threads (useVirtualThreads)", "false", "", "`style: virtual-threads`"),
        Key::not("minSpareThreads", "10", "threads", "making a thread takes no time"),
        Key::not("connectionTimeout", "20000", "ms", "clients send their request at once"),
        Key::not("keepAliveTimeout", "= connectionTimeout", "ms", "an idle connection holds no thread"),
    ],
    also: &[
        overload::SHEDDING,
        kubernetes::PODS,
        kubernetes::PROBES,
        kubernetes::AUTOSCALER,
        kubernetes::NODES,
        jvm::KEYS,
        jvm::METRICS,
        jvm::ERRORS,
    ],
    settings: &[Settings { at: "processes.<name>", schema: || schemars::schema_for!(ProcessSpec) }],
    example: "two-services/deployment.yaml",
    proofs: &[
        ("tests/theory/networks.rs", "SRP-CLOSED-1"),
        ("tests/calls/shedding.rs", "drops_come_faster_with_the_square_root_of_their_number"),
        ("tests/faults.rs", "a_replica_that_has_started_is_slow_at_first"),
        ("tests/faults.rs", "a_process_that_is_down_refuses_and_comes_back_after_its_start_up"),
    ],
};
