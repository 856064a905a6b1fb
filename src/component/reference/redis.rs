//! Metrics and errors of Redis.

use super::table::{Product, ProductKey as Key};

pub(super) const METRICS: Product = Product {
    title: "Metrics of Redis",
    column: "kind",
    source: "Redis `server.c` (`INFO`); redis_exporter",
    keys: &[
        Key::shown("up", "gauge", "", "redis_up"),
        Key::shown("keyspace_hits", "counter", "look-ups", "redis_keyspace_hits_total"),
        Key::shown("keyspace_misses", "counter", "look-ups", "redis_keyspace_misses_total"),
        Key::shown("evicted_keys", "counter", "keys", "redis_evicted_keys_total"),
        Key::shown("expired_keys", "counter", "keys", "redis_expired_keys_total"),
        Key::shown("used_memory", "gauge", "B", "redis_memory_used_bytes"),
        Key::shown("maxmemory", "gauge", "B", "redis_memory_max_bytes"),
        Key::shown("keys of a database", "gauge", "keys", "redis_db_keys"),
        Key::shown("errorstat_OOM", "counter", "commands", "redis_errors_total"),
        Key::not(
            "mem_fragmentation_ratio",
            "gauge",
            "",
            "memory is the sum of the entries: there is no fragmentation",
        ),
        Key::not("expired_stale_perc", "gauge", "%", "the cycle's estimate is not shown"),
        Key::not("expired_time_cap_reached_count", "counter", "cycles", "the cycle's limit is not shown"),
        Key::not("aof_delayed_fsync", "counter", "flushes", "`everysec` never holds up the loop"),
        Key::not("latest_fork_usec", "gauge", "us", "it is `fork-per-gibibyte` times the memory"),
        Key::not(
            "rejected_connections",
            "counter",
            "connections",
            "clients share connections, as Lettuce does",
        ),
    ],
};

pub(super) const ERRORS: Product = Product {
    title: "Errors of Redis",
    column: "when",
    source: "Redis `server.c`, `replication.c`, `cluster.c`",
    keys: &[
        Key::like("-OOM", "a write, memory is full, `noeviction`", "", "the failure `out-of-memory`"),
        Key::like("-LOADING", "after a start, until the data is loaded", "", "the failure `unavailable`"),
        Key::not(
            "-BUSY",
            "a script runs for too long",
            "",
            "scripts other than compare-and-delete are not modelled",
        ),
        Key::not("-MISCONF", "the disk fails", "", "disks do not fail"),
        Key::not(
            "-NOREPLICAS",
            "`min-replicas-to-write` is not met",
            "",
            "writes never wait for replicas, as by default",
        ),
        Key::not(
            "-READONLY",
            "a write to a replica",
            "",
            "clients find the new master after `sentinel.discovery`",
        ),
        Key::like(
            "-CLUSTERDOWN",
            "a slot has no master and `cluster-require-full-coverage` is on, or a master sees a minority",
            "",
            "the failure `error`",
        ),
        Key::like(
            "-WRONGTYPE",
            "a command for one kind of value meets a key of another",
            "",
            "a mistake that `check` tells before the run (B0325)",
        ),
        Key::not(
            "-ERR max number of clients reached",
            "more connections than `maxclients`",
            "",
            "clients share connections, as Lettuce does, so they are never too many",
        ),
        Key::not("-MASTERDOWN", "a replica without its master is read", "", "nobody reads from replicas"),
    ],
};
