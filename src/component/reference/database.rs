//! MySQL's keys.

use super::innodb;
use super::table::{ProductKey as Key, Reference, Settings};
use crate::component::database::DatabaseSpec;
use crate::component::operations::{CheckSpec, OnceSpec, StockSpec, TakeSpec};
use crate::component::statement::{LockSpec, OptimisticSpec, ReadSpec, TransactionSpec, WriteSpec};

pub(super) const REFERENCE: Reference = Reference {
    name: "database",
    section: "databases",
    about: "MySQL or MariaDB with InnoDB: cores that statements share, row locks that are kept to the end of the \
            transaction, commits that are flushed together, and asynchronous read replicas. Who waits for a row is served \
            first come, first served, in MariaDB's way; MySQL 8.0.20 and later prefer whoever blocks more others (CATS), \
            which is left out. A connection beyond `max-connections` is refused (error 1040): its pool goes on \
            trying, and whoever waits for it in vain fails with `too-many-connections`.",
    product: "MySQL 8.0",
    source: "MySQL 8.0 reference manual, InnoDB startup options and system variables, server system variables, replication options",
    keys: &[
        Key::is("max_connections", "151", "connections", "max-connections"),
        Key::not(
            "max_connections + 1 (CONNECTION_ADMIN)",
            "1",
            "connections",
            "nobody with that privilege connects in a run: what people do to a full server, a `runbook` says",
        ),
        Key::is("innodb_lock_wait_timeout", "50", "s", "lock-wait-timeout"),
        Key::is("innodb_rollback_on_timeout", "OFF", "", "rollback-on-timeout"),
        Key::is("innodb_deadlock_detect", "ON", "", "deadlock-detect"),
        Key::is("innodb_flush_log_at_trx_commit", "1", "", "flush-log-at-trx-commit"),
        Key::is("binlog_group_commit_sync_delay", "0", "us", "group-commit-sync-delay"),
        Key::like(
            "innodb_buffer_pool_size",
            "134217728",
            "B",
            "`buffer-pool-hits`, the share of statements that need no disk",
        ),
        Key::like(
            "transaction_isolation",
            "REPEATABLE-READ",
            "",
            "READ-COMMITTED as far as locks go: they are on rows, there are no gaps, and plain reads take none",
        ),
        Key::like(
            "sync_binlog",
            "1",
            "",
            "`flush`, which stands for that of the redo log and of the binary log",
        ),
        Key::not(
            "max_execution_time",
            "0 (none)",
            "ms",
            "statements have no time-out, as by default; waits for connections and row locks have, and calls",
        ),
        Key::not("innodb_thread_concurrency", "0", "threads", "no limit, as by default"),
        Key::not(
            "thread_pool_size",
            "number of cores",
            "groups",
            "a thread for each connection, as by default",
        ),
        Key::not(
            "innodb_flush_log_at_timeout",
            "1",
            "s",
            "a crash of the database loses no commit, flushed or not",
        ),
        Key::not("innodb_old_blocks_time", "1000", "ms", "pages are not modelled one by one"),
        Key::not("binlog_group_commit_sync_no_delay_count", "0", "transactions", "no limit, as by default"),
        Key::not("back_log", "-1", "connections", "a connection is accepted or refused at once"),
        Key::not("wait_timeout", "28800", "s", "longer than a run; `leak.for` says when a session ends"),
        Key::not("lock_wait_timeout", "31536000", "s", "nobody changes tables in a run"),
    ],
    also: &[
        innodb::STATEMENTS,
        innodb::REPLICATION,
        innodb::NEWER,
        innodb::MARIADB,
        innodb::METRICS,
        innodb::ERRORS,
    ],
    settings: &[
        Settings { at: "databases.<name>", schema: || schemars::schema_for!(DatabaseSpec) },
        Settings { at: "read (a step)", schema: || schemars::schema_for!(ReadSpec) },
        Settings { at: "write (a step)", schema: || schemars::schema_for!(WriteSpec) },
        Settings { at: "transaction (a step)", schema: || schemars::schema_for!(TransactionSpec) },
        Settings { at: "lock (a step)", schema: || schemars::schema_for!(LockSpec) },
        Settings { at: "optimistic (a step)", schema: || schemars::schema_for!(OptimisticSpec) },
        Settings { at: "stocks.<name> (of operations)", schema: || schemars::schema_for!(StockSpec) },
        Settings { at: "take (a step)", schema: || schemars::schema_for!(TakeSpec) },
        Settings { at: "check (a step)", schema: || schemars::schema_for!(CheckSpec) },
        Settings { at: "once (a step)", schema: || schemars::schema_for!(OnceSpec) },
    ],
    example: "replica/deployment.yaml",
    proofs: &[
        ("tests/theory/networks.rs", "ZIPFLOCK-3"),
        ("tests/components/databases.rs", "a_lock_time_out_undoes_the_statement_and_keeps_the_locks"),
        ("tests/components/databases.rs", "the_victim_of_a_deadlock_loses_the_whole_transaction"),
        ("tests/components/optimistic.rs", "the_share_of_conflicts_is_that_of_a_counter_with_a_dead_time"),
        ("tests/conformance_mariadb.rs", "sessions_end_as_recorded_from_mariadb"),
        ("tests/components/replicas.rs", "a_read_is_stale_until_what_was_committed_has_been_applied"),
    ],
};
