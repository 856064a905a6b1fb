//! Redis's keys.

use super::redis;
use super::table::{ProductKey as Key, Reference, Settings};
use crate::component::cache::{
    AofSpec, CacheSpec, CachedSpec, CommandSpec, CommandsSpec, LockKeySpec, RdbSpec, SaveSpec, SentinelSpec,
};

const NO_CLUSTER: &str = "a cache is one server; split logical caches over several";

pub(super) const REFERENCE: Reference = Reference {
    name: "cache",
    section: "caches",
    about: "Redis: one loop that runs all commands, and entries that expire and are evicted. Whether a look-up hits \
            follows from keys, lifetimes and memory. Expired entries go when somebody comes across them, and in a \
            cycle that takes time in the loop; what is evicted is found by sampling; a lock is a key that expires, \
            whether its holder has finished or not.",
    product: "Redis 7.4",
    source: "Redis `config.c`, `sentinel.c`; Jedis `Protocol`; the Lettuce reference",
    keys: &[
        Key::is("maxmemory", "0 (no limit)", "B", "memory"),
        Key::is("maxmemory-policy", "noeviction", "", "policy"),
        Key::is("maxmemory-samples", "5", "keys", "maxmemory-samples"),
        Key::not("maxmemory-eviction-tenacity", "10", "", "evicting takes no time, so it is never cut short"),
        Key::is("lfu-log-factor", "10", "", "lfu-log-factor"),
        Key::is("lfu-decay-time", "1", "min", "lfu-decay-time"),
        Key::is("hz", "10", "/s", "hz"),
        Key::not("dynamic-hz", "yes", "", "idle clients are not counted"),
        Key::is("active-expire-effort", "1", "", "active-expire-effort"),
        Key::not(
            "io-threads",
            "1",
            "threads",
            "the network takes no time in the loop: it is in `command` and in `links`",
        ),
        Key::not("io-threads-do-reads", "no", "", "as `io-threads`"),
        Key::not("maxclients", "10000", "clients", "clients share connections, as Lettuce does"),
        Key::not("timeout", "0 (never)", "s", "idle clients are never closed, as by default"),
        Key::not("tcp-keepalive", "300", "s", "connections do not break by themselves"),
        Key::not("tcp-backlog", "511", "connections", "connections are open from the start"),
        Key::not(
            "busy-reply-threshold",
            "5000",
            "ms",
            "scripts other than compare-and-delete are not modelled",
        ),
        Key::not("slowlog-log-slower-than", "10000", "us", "it only writes a log"),
        Key::like("client Jedis timeout", "2000", "ms", "`timeout`: 2s"),
        Key::like("client Lettuce timeout", "60", "s", "`timeout`: 60s"),
        Key::like(
            "zset-max-listpack-entries",
            "128",
            "members",
            "`per-doubling`: a short list costs about what a skip list does",
        ),
        Key::like("lua scripts", "", "", "`eval`, the compare-and-delete of `lock-key`"),
        Key::not("lazyfree-lazy-eviction", "no", "", "evicting takes no time"),
        Key::not("lazyfree-lazy-expire", "no", "", "`expire-key` stands for looking and freeing"),
        Key::not("activedefrag", "no", "", "memory is the sum of the entries: there is no fragmentation"),
        Key::not("databases", "16", "", "one is used; logical caches keep keys apart"),
        Key::is("appendonly", "no", "", "persistence"),
        Key::is("appendfsync", "everysec", "", "persistence"),
        Key::not("no-appendfsync-on-rewrite", "no", "", "the file is not rewritten"),
        Key::not("auto-aof-rewrite-percentage", "100", "%", "the file is not rewritten"),
        Key::is("save", "3600 1 300 100 60 10000", "", "persistence"),
        Key::not("stop-writes-on-bgsave-error", "yes", "", "snapshots do not fail"),
        Key::is("replicaof", "none", "", "replicas"),
        Key::not("min-replicas-to-write", "0", "replicas", "writes never wait for replicas, as by default"),
        Key::not("min-replicas-max-lag", "10", "s", "writes never wait for replicas, as by default"),
        Key::like("repl-timeout", "60", "s", "`replication-lag`: a replica is always that far behind"),
        Key::not("repl-backlog-size", "1mb", "B", "a replica that joins is at once as far as the others"),
        Key::is("sentinel down-after-milliseconds", "30000", "ms", "sentinel"),
        Key::like("sentinel quorum", "2", "Sentinels", "`sentinel.promotion`: they agree at once"),
        Key::not("sentinel failover-timeout", "180000", "ms", "attempts succeed"),
        Key::not("sentinel parallel-syncs", "1", "replicas", "nobody reads from replicas"),
        Key::not("cluster-enabled", "no", "", NO_CLUSTER),
        Key::not("cluster-node-timeout", "15000", "ms", NO_CLUSTER),
        Key::not("cluster-require-full-coverage", "yes", "", NO_CLUSTER),
        Key::not("cluster-replica-validity-factor", "10", "", NO_CLUSTER),
    ],
    also: &[redis::METRICS, redis::ERRORS],
    settings: &[
        Settings { at: "caches.<name>", schema: || schemars::schema_for!(CacheSpec) },
        Settings { at: "caches.<name>.persistence.rdb", schema: || schemars::schema_for!(RdbSpec) },
        Settings { at: "caches.<name>.persistence.rdb.save[]", schema: || schemars::schema_for!(SaveSpec) },
        Settings { at: "caches.<name>.persistence.aof", schema: || schemars::schema_for!(AofSpec) },
        Settings { at: "caches.<name>.sentinel", schema: || schemars::schema_for!(SentinelSpec) },
        Settings { at: "caches.<name>.commands", schema: || schemars::schema_for!(CommandsSpec) },
        Settings { at: "caches.<name>.commands.<command>", schema: || schemars::schema_for!(CommandSpec) },
        Settings { at: "cached (a step)", schema: || schemars::schema_for!(CachedSpec) },
        Settings { at: "lock-key (a step)", schema: || schemars::schema_for!(LockKeySpec) },
    ],
    example: "cache/deployment.yaml",
    proofs: &[
        ("tests/theory/policies.rs", "TTL-2"),
        ("tests/components/cache.rs", "without_a_cure_everybody_who_misses_fetches"),
        ("tests/components/cache.rs", "memory_stays_within_its_limit_and_what_is_stored_is_accounted_for"),
        ("tests/components/cache.rs", "a_lock_that_expires_under_its_holder_lets_others_in"),
        ("tests/cache_survival.rs", "a_replica_takes_the_place_of_a_server_that_is_down"),
        ("tests/cache_survival.rs", "a_snapshot_brings_back_what_was_there_when_it_began"),
        ("tests/cache_redis.rs", "hit_ratios_are_those_of_a_real_redis"),
        ("src/component/cache/eviction.rs", "hit_ratios_are_near_theory"),
    ],
};
