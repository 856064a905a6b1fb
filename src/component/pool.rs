//! A connection pool: each replica of a process has its own.
//!
//! Stands for HikariCP. A statement or transaction takes a connection, first come first served, and holds it
//! to its end; who waits longer than the connection time-out fails. Left out so far: growth, idle
//! connections, lifetimes, leaks and barging.
//!
//! Source: HikariCP 6.0 `HikariConfig` (names and defaults).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::Span;

/// A connection pool.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PoolSpec {
    /// The process that has it; without it, the process of the pool's own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// The database it connects to.
    pub to: String,
    /// Connections of each replica. Range: 1 to 10000. Source: HikariCP `maximumPoolSize`.
    #[serde(default = "maximum_pool_size")]
    pub maximum_pool_size: u32,
    /// How long one waits for a connection. Range: at least 250ms. Source: HikariCP `connectionTimeout`.
    #[serde(default = "connection_timeout")]
    pub connection_timeout: Span,
    /// Where the numbers come from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

fn maximum_pool_size() -> u32 {
    10
}

fn connection_timeout() -> Span {
    Span::from_secs(30)
}
