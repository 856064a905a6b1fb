//! A connection pool: each replica of a process has its own.
//!
//! Stands for HikariCP. A statement or transaction takes a connection and holds it to its end; who waits longer than
//! the connection time-out fails. Those who wait are served first come, first served; with `hand-off`, a newcomer may
//! take a connection that is on its way to somebody in line. Connections are opened one after another, each in the
//! time that `connect` says; they are closed when they have been idle for long, and when they are old and not in use.
//! A connection that an operation forgets to give back (`leak`) is never taken from it: it is gone until the process
//! starts anew.
//!
//! Left out: the list of each thread's own connections (all borrowers search the shared list, oldest first),
//! validation and keep-alive (connections do not break while they are idle), suspension of the pool.
//!
//! Source: HikariCP 6.0 `HikariConfig` (names and defaults), `HikariPool`, `ConcurrentBag`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::random::LawSpec;
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
    /// Connects to the read replicas of the database: reads outside of transactions go there. A process that has such
    /// a pool has another for everything else.
    #[serde(default)]
    pub read_replicas: bool,
    /// Connections of each replica. Range: 1 to 10000. Source: HikariCP `maximumPoolSize`.
    #[serde(default = "maximum_pool_size")]
    pub maximum_pool_size: u32,
    /// How long one waits for a connection. Range: at least 250ms. Source: HikariCP `connectionTimeout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("default" = "30s"))]
    pub connection_timeout: Option<Span>,
    /// Idle connections to keep, or to have opened again; without it, as many as the pool may have. Range: 0 to
    /// `maximum-pool-size`. Source: HikariCP `minimumIdle`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_idle: Option<u32>,
    /// How long it takes to open a connection; without it, no time. Connections are opened one after another, 30ms
    /// apart. Source: HikariCP `HikariPool`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect: Option<LawSpec>,
    /// A connection that has been idle for longer is closed if more than `minimum-idle` are; looked at every 30s.
    /// One that is not a second shorter than `max-lifetime` is switched off, as HikariCP does. Range: 0s (never), or at
    /// least 10s. Source: HikariCP `idleTimeout`.
    #[serde(default = "idle_timeout")]
    pub idle_timeout: Span,
    /// A connection that is older, less a random 2.5 % at most, is closed as soon as it is not in use. Range: 0s (never),
    /// or at least 30s. Source: HikariCP `maxLifetime`.
    #[serde(default = "max_lifetime")]
    pub max_lifetime: Span,
    /// A connection that is out for this long is warned of, and nothing else becomes of it: `leak-suspected` in
    /// `timeline.csv` the first time, and `leak-warnings-<pool>` counts. Range: 0s (off), or 2s to `max-lifetime`. Source: HikariCP `leakDetectionThreshold`.
    #[serde(default)]
    pub leak_detection_threshold: Span,
    /// How long it takes to wake who is first in line when a connection comes back; in that time anybody who comes may
    /// take it. Range: 0s (first come, first served) to 1s. Source: HikariCP `ConcurrentBag`; the time is the
    /// scheduler's, of the order of 50us.
    #[serde(default)]
    pub hand_off: Span,
    /// Where the numbers come from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl PoolSpec {
    /// How long one waits for a connection: 30s unless it is written, or a preset says it.
    pub fn connection_timeout(&self) -> Span {
        self.connection_timeout.unwrap_or(Span::from_secs(30))
    }
}

fn maximum_pool_size() -> u32 {
    10
}

fn idle_timeout() -> Span {
    Span::from_secs(600)
}

fn max_lifetime() -> Span {
    Span::from_secs(1800)
}
