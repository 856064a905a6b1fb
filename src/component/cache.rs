//! A cache server: one loop that runs all commands, and entries that expire and are evicted.
//!
//! Stands for Redis. Commands queue for the loop one at a time. Whether a look-up hits is decided by what was
//! stored before: keys, lifetimes and memory; there is no hit ratio to set. With `allkeys-lru` the least
//! recently used entry goes first, exactly, where Redis samples. Left out so far: the other policies,
//! persistence, replication, single flight.
//!
//! Sources: Redis `server.c`, `evict.c`, `expire.c`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::random::LawSpec;
use crate::units::Bytes;

/// The product whose rules apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CacheKind {
    /// Redis.
    #[default]
    Redis,
}

/// What goes when memory is short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Eviction {
    /// Nothing: writes fail.
    #[default]
    Noeviction,
    /// The least recently used.
    AllkeysLru,
}

/// A cache server.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CacheSpec {
    /// The product.
    #[serde(default)]
    pub kind: CacheKind,
    /// The logical caches that it holds.
    pub holds: Vec<String>,
    /// Memory for entries; without it, there is no limit. Source: Redis `maxmemory`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Bytes>,
    /// What goes when memory is short. Source: Redis `maxmemory-policy`.
    #[serde(default)]
    pub policy: Eviction,
    /// Time of one command in the loop.
    pub command: LawSpec,
    /// Memory that an entry takes besides its value.
    #[serde(default = "overhead")]
    pub entry_overhead: Bytes,
    /// Where the numbers come from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

fn overhead() -> Bytes {
    Bytes::new(100)
}
