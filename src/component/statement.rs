//! What an operation asks of a database: reads, writes, row locks and transactions, and how it may forget the
//! connection.
//!
//! Sources: MySQL 8.0 reference manual (innodb-locking-reads); Spring Framework reference, "Transaction Propagation";
//! HikariCP `ProxyLeakTask`, which writes a log line about a connection that is out for long and does nothing else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operations::{FailureKind, StepSpec};
use crate::units::{Ratio, Span};

/// Where a read may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReadFrom {
    /// To a read replica, if the process has a pool to them.
    #[default]
    Any,
    /// To the original: it has to see what was just written.
    Primary,
}

/// A read.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReadSpec {
    /// The table.
    pub table: String,
    /// Rows read. Range: at least 1: who finds nothing has read where it would be.
    #[serde(default = "one")]
    pub rows: u32,
    /// The row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Where it may go. In a transaction it goes where the transaction is.
    #[serde(default)]
    pub from: ReadFrom,
    /// Whether its connection is forgotten. In a transaction, the transaction's is what counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leak: Option<LeakSpec>,
}

/// A write.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WriteSpec {
    /// The table.
    pub table: String,
    /// Rows written. Range: at least 1.
    #[serde(default = "one")]
    pub rows: u32,
    /// The row, which it locks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whether its connection is forgotten. In a transaction, the transaction's is what counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leak: Option<LeakSpec>,
}

/// What a transaction does inside another one on the same database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Propagation {
    /// It becomes part of it: one connection, one commit. If it fails, the whole cannot be committed any more, even
    /// if the failure is caught. Spring's `REQUIRED`.
    #[default]
    Required,
    /// It takes a connection of its own and commits by itself, while the outer one waits. Spring's `REQUIRES_NEW`.
    RequiresNew,
}

/// A transaction.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TransactionSpec {
    /// The schema.
    #[serde(rename = "in")]
    pub schema: String,
    /// What it does inside another transaction on the same database, be it of an operation that calls this one in the
    /// same process.
    #[serde(default)]
    pub propagation: Propagation,
    /// Whether its connection is forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leak: Option<LeakSpec>,
    /// What is done in it.
    pub steps: Vec<StepSpec>,
}

/// On which way out a connection is forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LeakWhen {
    /// On the error path: what gives it back is not in a `finally`.
    #[default]
    Failure,
    /// On the ordinary path.
    Success,
    /// On both.
    Always,
}

/// What becomes of the transaction on a forgotten connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LeftTransaction {
    /// It was committed or rolled back before.
    #[default]
    Ended,
    /// It stays open, with all its locks.
    Open,
}

/// A connection that is not given back: nobody has it, and the pool is smaller by one.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LeakSpec {
    /// On which way out.
    #[serde(default)]
    pub when: LeakWhen,
    /// The kinds of failure on whose path it is forgotten; without it, all but `declined`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<FailureKind>,
    /// How likely it is there. Range: up to 100%.
    #[serde(default = "always")]
    pub probability: Ratio,
    /// What becomes of the transaction.
    #[serde(default)]
    pub transaction: LeftTransaction,
    /// How long until something rolls it back and gives it back after all; without it, for ever. Range: above 0s.
    #[serde(rename = "for", default, skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Span>,
}

fn always() -> Ratio {
    Ratio::ONE
}

/// How a row is locked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LockMode {
    /// Exclusive: `SELECT … FOR UPDATE`.
    #[default]
    ForUpdate,
    /// Shared: `SELECT … FOR SHARE`.
    ForShare,
}

/// A row lock.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LockSpec {
    /// The table.
    pub table: String,
    /// The row.
    pub key: String,
    /// Exclusive or shared.
    #[serde(default)]
    pub mode: LockMode,
}

/// An optimistic lock: the row is read without a lock, and the update at the end names the version that was read. It waits
/// for whoever holds the row, and fails with `conflict` if another version is there then: one that was committed since.
///
/// Source: Jakarta Persistence, `@Version`; MySQL 8.0 reference manual, innodb-consistent-read, where an `UPDATE` sees
/// what is committed though reads before it do not.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OptimisticSpec {
    /// The table.
    pub table: String,
    /// The row.
    pub key: String,
    /// What is done between the read and the update.
    #[serde(default)]
    pub steps: Vec<StepSpec>,
}

fn one() -> u32 {
    1
}
