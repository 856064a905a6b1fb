//! Statements, metrics and errors of MySQL, and what MariaDB has differently.

use super::table::{Product, ProductKey as Key};

const ASYNC: &str = "replication is asynchronous, as by default";
const NO_GROUP: &str = "there is no group: a database is one server and its read replicas";
const ONE_SOURCE: &str = "replicas do not lose their source, and do not take its place";

pub(super) const REPLICATION: Product = Product {
    title: "Keys of MySQL's replication",
    column: "default",
    source: "MySQL 8.0 and 8.4 reference manuals: replication options, semi-synchronous replication, CHANGE REPLICATION \
             SOURCE TO, Group Replication's responses to failures",
    keys: &[
        Key::is("replica_parallel_workers", "4", "threads", "read-replicas.parallel-workers"),
        Key::not(
            "replica_parallel_type",
            "LOGICAL_CLOCK",
            "",
            "any transactions may be applied side by side",
        ),
        Key::not("replica_preserve_commit_order", "ON", "", "workers commit as they come to an end"),
        Key::not("replica_transaction_retries", "10", "", "workers do not get into each other's way"),
        Key::not("replica_net_timeout", "60", "s", ONE_SOURCE),
        Key::not("SOURCE_CONNECT_RETRY", "60", "s", ONE_SOURCE),
        Key::not("SOURCE_RETRY_COUNT", "10 (86400 before 8.4)", "", ONE_SOURCE),
        Key::not("rpl_semi_sync_source_enabled", "OFF", "", ASYNC),
        Key::not("rpl_semi_sync_source_timeout", "10000", "ms", ASYNC),
        Key::not("rpl_semi_sync_source_wait_for_replica_count", "1", "replicas", ASYNC),
        Key::not("rpl_semi_sync_source_wait_point", "AFTER_SYNC", "", ASYNC),
        Key::not("group_replication_member_expel_timeout", "5", "s", NO_GROUP),
        Key::not("group_replication_consistency", "EVENTUAL", "", NO_GROUP),
        Key::not("group_replication_unreachable_majority_timeout", "0 (for ever)", "s", NO_GROUP),
        Key::like("read_only", "OFF", "", "`read-only` of a runbook: writes are answered with an error"),
        Key::like("super_read_only", "OFF", "", "`read-only` of a runbook, for everybody"),
        Key::not("read_only on replicas", "OFF", "", "operations do not write to replicas"),
    ],
};

pub(super) const STATEMENTS: Product = Product {
    title: "Locks and statements of InnoDB",
    column: "default",
    source: "MySQL 8.0 reference manual: InnoDB locking, locks set by statements, transaction scheduling, deadlock \
             detection; mysql-server `lock0lock.cc`, `lock0wait.cc`",
    keys: &[
        Key::like("SELECT … FOR UPDATE", "", "", "`lock` with `mode: for-update`"),
        Key::like("SELECT … FOR SHARE", "", "", "`lock` with `mode: for-share`"),
        Key::not("NOWAIT", "off", "", "who wants a row waits for it, `lock-wait-timeout` at most"),
        Key::not("SKIP LOCKED", "off", "", "operations name the row that they lock"),
        Key::like("SELECT", "", "", "`read`: it takes no lock and waits for none"),
        Key::like("record lock", "", "", "`lock`, and `write` with a `key`: a row of a table"),
        Key::not(
            "gap lock",
            "",
            "",
            "rows are there: nobody looks for one that is not, as under READ COMMITTED",
        ),
        Key::not("next-key lock", "", "", "locks are on one row, not on ranges"),
        Key::not("insert intention lock", "", "", "there are no gaps that an insert could wait for"),
        Key::not("IS, IX (table locks)", "", "", "nobody locks whole tables"),
        Key::not(
            "CATS (contention-aware transaction scheduling)",
            "from 8.0.20 on",
            "",
            "who waits for a row is served first come, first served, as in MariaDB; the order is MySQL's too until its \
             weights are renewed",
        ),
        Key::not(
            "innodb_concurrency_tickets",
            "5000",
            "tickets",
            "`innodb_thread_concurrency` has no limit, as by default",
        ),
        Key::like(
            "tick of lock waits",
            "about 1",
            "s",
            "up to a second, drawn evenly, on top of `lock-wait-timeout`; none with `kind: mariadb`",
        ),
    ],
};

pub(super) const NEWER: Product = Product {
    title: "Defaults that MySQL 8.4 changed",
    column: "default",
    source: "MySQL 8.4 reference manual: what is new in 8.4, configuring the I/O capacity",
    keys: &[
        Key::not(
            "innodb_io_capacity",
            "10000 (200 before)",
            "IO/s",
            "background writes take nothing from statements",
        ),
        Key::not("innodb_change_buffering", "none (all before)", "", "indexes are not modelled one by one"),
        Key::not(
            "innodb_log_buffer_size",
            "67108864 (16777216 before)",
            "B",
            "the log is flushed with commits; it never fills up before",
        ),
        Key::like(
            "innodb_adaptive_hash_index",
            "OFF (ON before)",
            "",
            "`row-read`, measured with the setting you have",
        ),
        Key::like(
            "innodb_flush_method",
            "O_DIRECT (fsync before)",
            "",
            "`flush`, measured with the setting you have",
        ),
    ],
};

pub(super) const MARIADB: Product = Product {
    title: "What MariaDB has differently (`kind: mariadb`)",
    column: "default",
    source: "MariaDB knowledge base, InnoDB and replication system variables; measured on 10.11",
    keys: &[
        Key::is("innodb_lock_wait_timeout", "50", "s", "lock-wait-timeout"),
        Key::not(
            "innodb_lock_schedule_algorithm",
            "fcfs; removed in 10.6",
            "",
            "first come, first served is the only order",
        ),
        Key::not(
            "innodb_thread_concurrency",
            "0; ignored from 10.5 on",
            "threads",
            "no limit, as by default",
        ),
        Key::not(
            "innodb_flush_log_at_trx_commit = 3",
            "",
            "",
            "give 1, or 2 for what a commit does not wait for",
        ),
        Key::not(
            "innodb_snapshot_isolation",
            "OFF, from 10.6.18 on",
            "",
            "reads see what was committed last; a write never fails because its row has changed",
        ),
        Key::like(
            "slave_parallel_threads",
            "0 (one after another)",
            "threads",
            "`parallel-workers: 1` of `read-replicas`",
        ),
        Key::not(
            "thread_handling = pool-of-threads",
            "off",
            "",
            "a thread for each connection, as by default",
        ),
        Key::not("rpl_semi_sync_master_enabled", "OFF", "", ASYNC),
    ],
};

pub(super) const METRICS: Product = Product {
    title: "Metrics of MySQL",
    column: "kind",
    source: "MySQL 8.0 reference manual, server status variables; mysqld_exporter",
    keys: &[
        Key::shown("up", "gauge", "", "mysql_up"),
        Key::shown("max_connections", "gauge", "connections", "mysql_global_variables_max_connections"),
        Key::shown("Threads_connected", "gauge", "connections", "mysql_global_status_threads_connected"),
        Key::shown("Threads_running", "gauge", "statements", "mysql_global_status_threads_running"),
        Key::shown(
            "Connection_errors_max_connections",
            "counter",
            "connections",
            "mysql_global_status_connection_errors_total",
        ),
        Key::shown("Innodb_row_lock_waits", "counter", "waits", "mysql_global_status_innodb_row_lock_waits"),
        Key::shown(
            "Innodb_row_lock_current_waits",
            "gauge",
            "waits",
            "mysql_global_status_innodb_row_lock_current_waits",
        ),
        Key::shown("Innodb_row_lock_time", "counter", "ms", "mysql_global_status_innodb_row_lock_time"),
        Key::shown("Seconds_Behind_Source", "gauge", "s", "mysql_slave_status_seconds_behind_master"),
        Key::not(
            "Innodb_buffer_pool_reads, Innodb_buffer_pool_read_requests",
            "counter",
            "reads",
            "their ratio is given as `buffer-pool-hits`",
        ),
        Key::not(
            "INNODB_TRX.TRX_SCHEDULE_WEIGHT",
            "column",
            "",
            "there are no weights: first come, first served",
        ),
        Key::not("lock_schedule_refreshes", "counter", "", "there are no weights: first come, first served"),
        Key::not("Rpl_semi_sync_source_status", "gauge", "", ASYNC),
    ],
};

pub(super) const ERRORS: Product = Product {
    title: "Errors of MySQL",
    column: "when",
    source: "MySQL 8.0 reference manual, server error messages, InnoDB error handling",
    keys: &[
        Key::like("1040 (08004)", "`max_connections` are open", "", "the failure `too-many-connections`"),
        Key::like(
            "1205 (HY000)",
            "a lock wait runs out of time",
            "",
            "the failure `lock-timeout`: the statement is undone",
        ),
        Key::like("1213 (40001)", "a deadlock", "", "the failure `deadlock`: the transaction is undone"),
        Key::like("1290 (HY000)", "a write while read-only", "", "the failure `error`"),
    ],
};
