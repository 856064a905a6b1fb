//! MySQL's keys.

use super::table::{ProductKey as Key, Reference, Settings};
use crate::component::database::DatabaseSpec;

pub(super) const REFERENCE: Reference = Reference {
    name: "database",
    section: "databases",
    about: "MySQL or MariaDB with InnoDB: cores that statements share, row locks that are kept to the end of the \
            transaction, and commits that are flushed together.",
    product: "MySQL 8.0",
    keys: &[
        Key::is("max_connections", "151", "connections", "max-connections"),
        Key::is("innodb_lock_wait_timeout", "50", "s", "lock-wait-timeout"),
        Key::is("innodb_deadlock_detect", "ON", "", "deadlock-detect"),
        Key::like(
            "innodb_flush_log_at_trx_commit",
            "1",
            "",
            "`flush`: with it, commits wait for a shared flush (1); without it, they do not (0 or 2)",
        ),
        Key::like(
            "innodb_buffer_pool_size",
            "134217728",
            "B",
            "`buffer-pool-hits`, the share of statements that need no disk",
        ),
        Key::not(
            "innodb_rollback_on_timeout",
            "OFF",
            "",
            "a lock time-out rolls the whole transaction back, as with ON: the failure leaves the transaction",
        ),
        Key::not("innodb_thread_concurrency", "0", "threads", "no limit, as by default"),
        Key::not("innodb_flush_log_at_timeout", "1", "s", "a crash of the database is not modelled"),
        Key::not("innodb_old_blocks_time", "1000", "ms", "pages are not modelled one by one"),
        Key::not("innodb_io_capacity", "200", "IO/s", "background writes take nothing from statements"),
        Key::not("sync_binlog", "1", "", "one flush stands for that of the redo log and of the binary log"),
        Key::not("binlog_group_commit_sync_delay", "0", "us", "0, as by default"),
        Key::not("back_log", "-1", "connections", "connections of a pool are open from the start"),
        Key::not(
            "transaction_isolation",
            "REPEATABLE-READ",
            "",
            "locks are on rows: there are no gaps, and plain reads take none",
        ),
        Key::not("replica_parallel_workers", "4", "threads", "there are no replicas"),
        Key::not("rpl_semi_sync_source_timeout", "10000", "ms", "there are no replicas"),
    ],
    settings: &[Settings { at: "databases.<name>", schema: || schemars::schema_for!(DatabaseSpec) }],
    example: "lock/deployment.yaml",
    proofs: &[("tests/theory/networks.rs", "ZIPFLOCK-3")],
};
