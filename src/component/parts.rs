//! What the host needs besides the program: sources, hooks, policies and stores, all by index.

use crate::engine::Pc;
use crate::policy::{BalancePolicy, CircuitBreakerConfig, FixedWindowConfig, Retry, TokenBucketConfig};
use crate::random::Law;
use crate::units::{Bytes, Span};
use crate::workload::OpenArrivals;

use super::cache::Eviction;
use super::compile::Held;

/// Where requests come from.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// First step of a request.
    pub(crate) pc: Pc,
    /// The operation it is recorded as.
    pub(crate) operation: u16,
    /// Smaller is served first where a station has classes.
    pub(crate) priority: u8,
    /// Name of the load, for its stream.
    pub(crate) name: String,
    pub(crate) kind: SourceKind,
}

/// How requests come.
#[derive(Clone, Debug)]
pub(crate) enum SourceKind {
    Open(OpenArrivals),
    Closed { users: u32, think: Law },
}

/// Which key of a store a hook is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyRef {
    /// The store has a single entry.
    Single,
    /// The task's key of this space.
    Space(u16),
}

/// What a hook does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Hook {
    /// Asks a token bucket.
    Admit { bucket: u16 },
    /// Asks a fixed window.
    AdmitWindow { window: u16 },
    /// Asks the circuit breaker `first + replica`.
    Breaker { first: u32 },
    /// Looks an entry up; goes on at `miss` unless it is there.
    Lookup { store: u16, space: u16, key: KeyRef, miss: Pc },
    /// Stores an entry.
    Store { store: u16, space: u16, key: KeyRef, size: Bytes, ttl: Option<Span> },
    /// Hands a record to its partition's consumer.
    Publish { topic: u16, key: KeyRef },
    /// Takes one of a stock; to be put back if the open transaction of the group is rolled back.
    Take { stock: u16, key: KeyRef, checked: bool, group: Option<u16> },
    /// Looks whether one of a stock is left.
    Check { stock: u16, key: KeyRef },
    /// Lets a key through once; to be forgotten if the open transaction of the group is rolled back.
    Once { memory: u16, key: KeyRef, group: Option<u16> },
    /// Counts an effect.
    Effect { effect: u16 },
    /// Has the pool `first + replica` grow if no connection is free.
    Want { first: u16 },
    /// Takes a free connection of the pool `first + replica`.
    Borrow { first: u16 },
    /// Opens a scope in which a connection may be forgotten.
    MayLeak { leak: u16 },
    /// Forgets the connection if it comes to that, and goes on at `to`.
    Leak { leak: u16, failed: bool, to: Pc },
    /// Waits with a forgotten connection.
    Linger { leak: u16 },
    /// Opens a scope whose failure keeps the open transaction of a group from being committed.
    Join { group: u16 },
    /// Goes on at `to` if the open transaction of a group cannot be committed.
    Doomed { group: u16, to: Pc },
    /// Notes that a row was written, for the replicas of a database.
    Wrote { group: u16, table: u16, key: KeyRef },
    /// Looks whether a read at a replica is stale.
    ReadReplica { replica: u16, table: u16, key: KeyRef },
}

/// Replicas of a process to choose from.
#[derive(Clone, Debug)]
pub(crate) struct Balanced {
    /// Its name, for its stream.
    pub(crate) name: String,
    pub(crate) replicas: u16,
    pub(crate) policy: BalancePolicy,
}

/// A process number beyond the processes: a way into one that is not its own balancing.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// Always this replica: a member of a consumer group stays where it is.
    Replica { process: u16, replica: u16 },
    /// As a gateway chooses, which shares the counts of what is active with everybody else.
    Gateway { process: u16, name: String, policy: BalancePolicy },
}

/// The pool of one process, in each of its replicas.
#[derive(Clone, Debug)]
pub(crate) struct PoolPart {
    pub(crate) name: String,
    /// First of the replicas' slots in the program.
    pub(crate) slots: u32,
    pub(crate) replicas: u16,
    pub(crate) database: u16,
    pub(crate) maximum: u32,
    pub(crate) minimum_idle: u32,
    /// First of the replicas' pools whose connections are told apart, if they are.
    pub(crate) managed: Option<u16>,
    pub(crate) connect: Option<Law>,
    pub(crate) idle_timeout: Option<Span>,
    pub(crate) max_lifetime: Option<Span>,
    pub(crate) leak_detection: Option<Span>,
    pub(crate) hand_off: Span,
}

/// A way to forget a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeakPart {
    /// Whether on success.
    pub(crate) success: bool,
    /// On which failures, a bit per cause.
    pub(crate) failures: u32,
    pub(crate) probability: f64,
    pub(crate) site: u64,
    pub(crate) lasts: Option<Span>,
    /// First of the replicas' slots.
    pub(crate) slots: u32,
    /// Scopes that are forgotten: the slot, and what is with it.
    pub(crate) scopes: usize,
    /// Where what was forgotten goes on.
    pub(crate) pc: Pc,
    /// The effect that counts them.
    pub(crate) effect: u16,
}

/// A database.
#[derive(Clone, Debug)]
pub(crate) struct DatabasePart {
    pub(crate) name: String,
    pub(crate) max_connections: u32,
    /// Station in the record: its cores, and the lock tables of its schemas.
    pub(crate) cores: u32,
    pub(crate) locks: Vec<u32>,
    /// Its read replicas.
    pub(crate) replicas: Vec<ReplicaPart>,
    /// The effect that counts stale reads.
    pub(crate) stale: u16,
}

/// A read replica.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReplicaPart {
    /// Its number among all.
    pub(crate) number: u16,
    /// First step of applying one transaction.
    pub(crate) apply: Pc,
}

/// A cache server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StoreConfig {
    pub(crate) memory: Option<Bytes>,
    pub(crate) eviction: Eviction,
    pub(crate) entry_overhead: Bytes,
}

/// A topic.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    /// Per partition, the first step of its consumer; empty without consumers.
    pub(crate) consumers: Vec<Pc>,
    pub(crate) partitions: u32,
    /// The operation that its records are recorded as.
    pub(crate) operation: u16,
}

/// A stock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stock {
    pub(crate) amount: u64,
    /// The transactions that may put it back.
    pub(crate) group: Option<u16>,
    /// The effect that counts what was taken beyond it.
    pub(crate) oversold: u16,
}

/// Everything the host needs.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) sources: Vec<Source>,
    pub(crate) hooks: Vec<Hook>,
    pub(crate) retries: Vec<Retry>,
    pub(crate) buckets: Vec<TokenBucketConfig>,
    pub(crate) windows: Vec<FixedWindowConfig>,
    pub(crate) breakers: Vec<CircuitBreakerConfig>,
    pub(crate) processes: Vec<Balanced>,
    /// Process numbers from `processes.len()` on.
    pub(crate) ways: Vec<Way>,
    pub(crate) stores: Vec<StoreConfig>,
    pub(crate) topics: Vec<Topic>,
    pub(crate) stocks: Vec<Stock>,
    /// How long each `once` remembers.
    pub(crate) memories: Vec<Span>,
    pub(crate) effects: u16,
    pub(crate) pools: Vec<PoolPart>,
    pub(crate) leaks: Vec<LeakPart>,
    pub(crate) databases: Vec<DatabasePart>,
    /// The database of each read replica.
    pub(crate) replicas: Vec<u16>,
    /// Stations one of which is held while the other is waited for, by first index in the record.
    pub(crate) waits: Vec<(Held, Held)>,
}
