//! A cache server: one loop that runs all commands, and entries that expire and are evicted.
//!
//! Stands for Redis. Commands queue for the loop one at a time, each with the time of its kind. Whether a look-up
//! hits is decided by what was stored before: keys, lifetimes and memory; there is no hit ratio to set. Expired
//! entries go when somebody comes across them, and in a cycle that looks for them and takes time in the loop.
//! When memory is short, what goes is found as Redis finds it: by sampling a few entries and keeping the best
//! candidates between calls. Locks are keys that expire, whether their holder has finished or not.
//!
//! What survives a crash is what persistence says, or what a replica has that takes its place: Sentinels put it there, or
//! the other masters of a cluster vote for it.
//!
//! Left out: moving slots between masters, and the redirections of clients that have an old map of them; a full
//! synchronisation of replicas; threads for reading and writing sockets; the fast expiry
//! cycle; the time that evicting takes; more than one database.
//!
//! Sources: Redis 7.4 `server.c`, `evict.c`, `expire.c`, `db.c`, `t_zset.c`, `config.c`.

mod cluster;
mod durability;
mod entries;
mod eviction;
mod expiry;
mod index;
mod journal;
mod parts;
mod settings;
mod steps;
mod store;

pub use cluster::ClusterSpec;
pub(crate) use cluster::checksum;
pub use durability::{AofSpec, Fsync, PersistenceSpec, RdbSpec, SaveSpec, SentinelSpec};
pub(crate) use entries::Name;
pub(crate) use journal::Journal;
pub(crate) use parts::{ClusterPart, Sentinel, Survival, WarmPart, WarmSite};
pub use settings::{CacheKind, CacheSpec, CommandSpec, CommandsSpec, Eviction};
pub use steps::{
    CachedSpec, GetSpec, IncrementSpec, LockKeySpec, OnError, RankReadSpec, RankUpdateSpec, SetSpec,
};
pub(crate) use store::{Found, Put, Store, StoreConfig};
