//! Apache Tomcat's keys.

use super::table::{ProductKey as Key, Reference, Settings};
use crate::component::process::ProcessSpec;

const NO_MEMORY: &str = "memory and garbage collection are not modelled yet";

pub(super) const REFERENCE: Reference = Reference {
    name: "process",
    section: "processes",
    about: "A service or a monolith in one or more replicas. A request that comes over the network takes a thread, \
            or waits for one in the accept queue, and holds it while it waits for whatever it calls. Steps `cpu` \
            share the replica's cores.",
    product: "Apache Tomcat 10 (HTTP connector), Kubernetes 1.3x and the JVM",
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
        Key::is("Deployment replicas", "1", "", "replicas"),
        Key::is("resources.limits.cpu", "none", "cores", "cores"),
        Key::not(
            "cpu.cfs_quota_us",
            "100 ms periods",
            "us",
            "cores are shared evenly at every moment, not by periods",
        ),
        Key::not("resources.limits.memory", "none", "B", NO_MEMORY),
        Key::like(
            "readinessProbe",
            "10 s, 3 failures",
            "",
            "`start-up`: a replica takes requests from then on; one that hangs stays in the balancer",
        ),
        Key::not("livenessProbe", "10 s, 3 failures", "", "people restart what hangs, by a `runbook`"),
        Key::not("startupProbe", "none", "", "`start-up` is known beforehand"),
        Key::like("CrashLoopBackOff", "10 s to 300 s", "s", "the time that a fault `crash` lasts"),
        Key::like("terminationGracePeriodSeconds", "30", "s", "`drain` of a runbook's `restart`"),
        Key::like("maxUnavailable, maxSurge", "25 %", "", "`order: one-by-one` of a runbook's `restart`"),
        Key::not("HorizontalPodAutoscaler", "none", "", "a runbook's `scale` changes the number of replicas"),
        Key::not("node failure, cluster autoscaler", "", "", "there are no nodes"),
        Key::not("MaxRAMPercentage, MaxGCPauseMillis", "25 %, 200 ms", "", NO_MEMORY),
        Key::like("JIT warm-up", "2 to 10 times as slow, 30 s to 2 min (estimate)", "", "`warm-up`"),
    ],
    settings: &[Settings { at: "processes.<name>", schema: || schemars::schema_for!(ProcessSpec) }],
    example: "two-services/deployment.yaml",
    proofs: &[
        ("tests/theory/networks.rs", "SRP-CLOSED-1"),
        ("tests/faults.rs", "a_replica_that_has_started_is_slow_at_first"),
        ("tests/faults.rs", "a_process_that_is_down_refuses_and_comes_back_after_its_start_up"),
    ],
};
