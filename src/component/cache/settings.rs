//! The settings of a cache server, as a user writes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cluster::ClusterSpec;
use super::durability::{PersistenceSpec, SentinelSpec, ten_seconds};
use crate::random::LawSpec;
use crate::units::{Bytes, Span};

/// The product whose rules apply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CacheKind {
    /// Redis.
    #[default]
    Redis,
}

/// What goes when memory is short. `volatile` policies take only entries with a time to live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Eviction {
    /// Nothing: writes fail.
    #[default]
    Noeviction,
    /// The least recently used of a sample.
    AllkeysLru,
    /// The least frequently used of a sample.
    AllkeysLfu,
    /// Any.
    AllkeysRandom,
    /// The least recently used of a sample of those with a time to live.
    VolatileLru,
    /// The least frequently used of a sample of those with a time to live.
    VolatileLfu,
    /// Any with a time to live.
    VolatileRandom,
    /// The one of a sample that expires first.
    VolatileTtl,
}

/// A cache server.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CacheSpec {
    /// The product.
    #[serde(default)]
    pub kind: CacheKind,
    /// The logical caches that it holds; none for a standby, which a runbook switches to.
    pub holds: Vec<String>,
    /// Memory for entries; without it, there is no limit, as with 0 there. The last command may exceed it by what it wrote.
    /// Range: above `entry-overhead`. Source: Redis `maxmemory`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Bytes>,
    /// What goes when memory is short. Source: Redis `maxmemory-policy`.
    #[serde(default)]
    pub policy: Eviction,
    /// Entries looked at to find one that goes. Range: 1 to 64. Source: Redis `maxmemory-samples`.
    #[serde(default = "maxmemory_samples")]
    pub maxmemory_samples: u32,
    /// How slowly the counter of uses grows: by one with probability 1 ÷ (factor × (counter − 5) + 1). Range: 0 to
    /// 1000000. Source: Redis `lfu-log-factor`.
    #[serde(default = "lfu_log_factor")]
    pub lfu_log_factor: u32,
    /// After how long without use the counter of uses falls by one; 0s for never. Range: whole minutes. Source:
    /// Redis `lfu-decay-time`.
    #[serde(default = "lfu_decay_time")]
    pub lfu_decay_time: Span,
    /// How often a second expired entries are looked for. Range: 1 to 500. Source: Redis `hz`.
    #[serde(default = "hz")]
    pub hz: u32,
    /// How hard expired entries are looked for: more of them at a time, and fewer left. Range: 1 to 10. Source: Redis
    /// `active-expire-effort`.
    #[serde(default = "effort")]
    pub active_expire_effort: u32,
    /// Time in the loop to look at one entry when expired ones are looked for. Source: an estimate.
    #[serde(default = "expire_key")]
    pub expire_key: Span,
    /// Time of one command in the loop.
    pub command: LawSpec,
    /// Time of commands of one kind, where it is another.
    #[serde(default)]
    pub commands: CommandsSpec,
    /// How long a client waits for one command, the way there and back included; without it, for ever. What the server
    /// has begun by then is not undone. Source: Jedis `socketTimeoutMillis`, 2s there by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// Memory that an entry takes besides its value. Source: an estimate.
    #[serde(default = "overhead")]
    pub entry_overhead: Bytes,
    /// What survives a crash. Source: Redis `save`, `appendonly`.
    #[serde(default)]
    pub persistence: PersistenceSpec,
    /// How long it takes to load a GiB of it at the start; requests are refused meanwhile, as with `-LOADING`. Source: an
    /// estimate.
    #[serde(default = "ten_seconds")]
    pub load_per_gibibyte: Span,
    /// Replicas that can take its place; nobody reads from them. Range: 0 to 16.
    #[serde(default)]
    pub replicas: u16,
    /// How far a replica is behind: what was written in that time is lost when it takes over. Source: an estimate.
    #[serde(default = "lag")]
    pub replication_lag: Span,
    /// Who puts a replica in its place when it is down; without it, nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentinel: Option<SentinelSpec>,
    /// Masters that share the keys, instead of one server; `memory`, `persistence` and the times are those of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterSpec>,
    /// The server that a standby copies: it has the entries of that, as they were `replication-lag` before, when it is
    /// switched to. Without it, it is empty then. As many masters as there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica_of: Option<String>,
    /// Where the numbers come from, or `assumed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Times of commands by kind.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CommandsSpec {
    /// `GET`: steps `get`, and the look-up of `cached`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub get: Option<CommandSpec>,
    /// `SET`: steps `set`, the store of `cached`, and the `SET NX PX` of `lock-key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<CommandSpec>,
    /// `DEL`: steps `delete`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub del: Option<CommandSpec>,
    /// `INCRBY`: steps `increment`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incr: Option<CommandSpec>,
    /// `ZINCRBY`: steps `rank-update`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zadd: Option<CommandSpec>,
    /// `ZREVRANGE`: steps `rank-read`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zrange: Option<CommandSpec>,
    /// `EVAL`: the compare-and-delete that frees a `lock-key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eval: Option<CommandSpec>,
}

/// Time of a command.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CommandSpec {
    /// Whatever it touches.
    pub time: LawSpec,
    /// For each KiB of the value that is read or written; the spread (cv) stays.
    #[serde(default)]
    pub per_kibibyte: Span,
    /// For each doubling of the members of a sorted set. Source: Redis `t_zset.c`, O(log N).
    #[serde(default)]
    pub per_doubling: Span,
    /// For each member of a sorted set that is read. Source: Redis `t_zset.c`, O(log N + M).
    #[serde(default)]
    pub per_member: Span,
}

fn maxmemory_samples() -> u32 {
    5
}

fn lfu_log_factor() -> u32 {
    10
}

fn lfu_decay_time() -> Span {
    Span::from_secs(60)
}

fn hz() -> u32 {
    10
}

fn effort() -> u32 {
    1
}

fn expire_key() -> Span {
    Span::from_nanos(1_000)
}

fn lag() -> Span {
    Span::from_millis(1)
}

fn overhead() -> Bytes {
    Bytes::new(100)
}
