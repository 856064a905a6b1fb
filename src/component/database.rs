//! A database: cores that statements share, row locks, and commits that are flushed together.
//!
//! Stands for MySQL with InnoDB. A statement crosses the link, works on the cores (a fixed part and a part for
//! each row), reads from disk with the probability that its page is not in the buffer pool, and crosses the
//! link again. Row locks are kept to the end of the transaction; a commit joins the next flush of the log.
//! Left out so far: replicas, gap locks, CATS weights, admission of connections.
//!
//! Sources: MySQL 8.0 reference manual (innodb-locking, innodb-parameters: `innodb_lock_wait_timeout` 50 s,
//! `innodb_flush_log_at_trx_commit` 1, `innodb_deadlock_detect` ON; `max_connections` 151).

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
    /// Cores of the server.
    pub cores: Cores,
    /// The schemas that it holds.
    pub schemas: Vec<String>,
    /// Most connections at once. Source: MySQL `max_connections`.
    #[serde(default = "max_connections")]
    pub max_connections: u32,
    /// How long a statement waits for a row lock. Source: MySQL `innodb_lock_wait_timeout`.
    #[serde(default = "lock_wait_timeout")]
    pub lock_wait_timeout: Span,
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
    /// Share of statements that find their pages in the buffer pool.
    #[serde(default = "always")]
    pub buffer_pool_hits: Ratio,
    /// One read from disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_read: Option<LawSpec>,
    /// One flush of the log; without it, commits are not flushed (`innodb_flush_log_at_trx_commit` 0 or 2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flush: Option<LawSpec>,
    /// Where the numbers come from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

fn max_connections() -> u32 {
    151
}

fn lock_wait_timeout() -> Span {
    Span::from_secs(50)
}

fn yes() -> bool {
    true
}

fn always() -> Ratio {
    Ratio::ONE
}
