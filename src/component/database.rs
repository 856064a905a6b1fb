//! A database: cores that statements share, row locks, commits that are flushed together, and read replicas.
//!
//! Stands for MySQL with InnoDB. A statement crosses the link, works on the cores (a fixed part and a part for
//! each row), reads from disk with the probability that its page is not in the buffer pool, and crosses the
//! link again. Row locks are kept to the end of the transaction. A lock wait that runs out of time undoes the
//! statement only, and the transaction goes on with its locks if the operation catches the failure; the victim of a
//! deadlock loses the whole transaction at once. A commit joins the next flush of the log. Replicas apply what was
//! committed a while later, so that a read there may be stale. A connection beyond `max-connections` is refused.
//!
//! Left out: gap and next-key locks (locks are on rows that exist, as under READ COMMITTED), weights of those who wait
//! for a row (CATS; they are served first come, first served, as in MariaDB), metadata locks, semi-synchronous
//! replication and failover.
//!
//! Sources: MySQL 8.0 reference manual (innodb-locking, innodb-error-handling, innodb-parameters:
//! `innodb_lock_wait_timeout` 50 s, `innodb_flush_log_at_trx_commit` 1, `innodb_deadlock_detect` ON,
//! `innodb_rollback_on_timeout` OFF; `max_connections` 151, `replica_parallel_workers` 4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::random::LawSpec;
use crate::units::{Cores, Ratio, Span};

/// The product whose rules apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DatabaseKind {
    /// MySQL 8.0 with InnoDB.
    #[default]
    Mysql,
    /// MariaDB with InnoDB.
    Mariadb,
}

/// A database.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DatabaseSpec {
    /// The product.
    #[serde(default)]
    pub kind: DatabaseKind,
    /// Cores of the server. Range: 1m or more.
    pub cores: Cores,
    /// The schemas that it holds.
    pub schemas: Vec<String>,
    /// Most connections at once. Range: 1 to 100000. Source: MySQL `max_connections`.
    #[serde(default = "max_connections")]
    pub max_connections: u32,
    /// How long a statement waits for a row lock. Range: whole seconds from 1s to 1073741824s; of MariaDB from 0s, which
    /// waits not at all. Source: MySQL and MariaDB `innodb_lock_wait_timeout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "50s"))]
    pub lock_wait_timeout: Option<Span>,
    /// Undoes the whole transaction when a lock wait runs out of time, and not only the statement. Source: MySQL
    /// `innodb_rollback_on_timeout`.
    #[serde(default)]
    pub rollback_on_timeout: bool,
    /// Resolves deadlocks at once. Source: MySQL `innodb_deadlock_detect`.
    #[serde(default = "yes")]
    pub deadlock_detect: bool,
    /// Work of one statement, whatever it touches.
    pub statement: LawSpec,
    /// Work for each row read.
    #[serde(default)]
    pub row_read: Span,
    /// Work for each row written.
    #[serde(default)]
    pub row_write: Span,
    /// Share of statements that find their pages in the buffer pool. Range: 0% to 100%.
    #[serde(default = "always")]
    pub buffer_pool_hits: Ratio,
    /// One read from disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_read: Option<LawSpec>,
    /// One flush of the log; without it, flushing takes no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flush: Option<LawSpec>,
    /// Whether a commit waits for the flush: 1 does, 0 and 2 do not. Range: 0 to 2. Source: MySQL
    /// `innodb_flush_log_at_trx_commit`.
    #[serde(default = "one")]
    pub flush_log_at_trx_commit: u8,
    /// How long the first commit waits for others before the flush. Range: up to 1s. Source: MySQL
    /// `binlog_group_commit_sync_delay`.
    #[serde(default)]
    pub group_commit_sync_delay: Span,
    /// Copies that reads may go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_replicas: Option<ReadReplicasSpec>,
    /// Where the numbers come from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Asynchronous copies of a database, each with the cores and the memory of the original.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReadReplicasSpec {
    /// How many. Range: 1 to 16.
    #[serde(default = "one_replica")]
    pub count: u16,
    /// Transactions that each applies at once. Range: 1 to 1024. Source: MySQL `replica_parallel_workers`.
    #[serde(default = "workers")]
    pub parallel_workers: u32,
    /// Work of applying one transaction.
    pub apply: LawSpec,
    /// From the commit until a transaction has reached a replica; without it, one way over the database's link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping: Option<LawSpec>,
}

impl DatabaseSpec {
    /// How long a statement waits for a row lock: 50s unless it is written, or a preset says it.
    pub fn lock_wait_timeout(&self) -> Span {
        self.lock_wait_timeout.unwrap_or(Span::from_secs(50))
    }
}

fn one() -> u8 {
    1
}

fn one_replica() -> u16 {
    1
}

fn workers() -> u32 {
    4
}

fn max_connections() -> u32 {
    151
}

fn yes() -> bool {
    true
}

fn always() -> Ratio {
    Ratio::ONE
}
