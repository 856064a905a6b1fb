//! What the host needs besides the program: sources, hooks, policies and stores, all by index.

use crate::engine::Pc;
use crate::policy::{BalancePolicy, CircuitBreakerConfig, FixedWindowConfig, Retry, TokenBucketConfig};
use crate::random::Law;
use crate::timeline::PlannedFault;
use crate::units::{Bytes, Cores, Instant, Span};
use crate::workload::OpenArrivals;

use super::cache::Eviction;

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
    /// Customers come from `from` on and before `to`.
    Open {
        arrivals: OpenArrivals,
        from: Instant,
        to: Instant,
    },
    Closed {
        users: u32,
        think: Law,
    },
}

impl SourceKind {
    /// When its load is over.
    #[inline]
    pub(crate) fn end(&self) -> Instant {
        match self {
            SourceKind::Open { to, .. } => *to,
            SourceKind::Closed { .. } => Instant::NEVER,
        }
    }
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
    /// Takes one of a stock.
    Take { stock: u16, key: KeyRef, checked: bool },
    /// Looks whether one of a stock is left.
    Check { stock: u16, key: KeyRef },
    /// Lets a key through once.
    Once { memory: u16, key: KeyRef },
    /// Counts an effect.
    Effect { effect: u16 },
    /// Passes what a scenario disturbs; `work` is the demand that takes longer behind it while it is slow.
    Gate { gate: u16, per_replica: bool, site: u64, work: Option<u32> },
}

/// Something that a scenario disturbs.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The component, or two parties.
    pub(crate) name: String,
    pub(crate) kind: TargetKind,
    /// Its gate.
    pub(crate) gate: u16,
}

/// What a target is.
#[derive(Clone, Debug)]
pub(crate) enum TargetKind {
    /// One replica of a process, and its cores.
    Replica { process: u16, replica: u16, cores: u32, capacity: Cores },
    /// A database: its cores, and the connections of all pools to it.
    Database { cores: u32, capacity: Cores, pools: Vec<u32> },
    /// The connections of a pool, a station for each replica of its process.
    Pool { slots: Vec<u32> },
    /// A cache server.
    Cache { store: u16, command_loop: u32 },
    /// A log.
    Log,
    /// An external party, and its slots if it has a limit.
    External { slots: Option<u32> },
    /// A gateway.
    Gateway { slots: u32 },
    /// The way between two parties.
    Between,
}

impl TargetKind {
    /// What it is called.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            TargetKind::Replica { .. } => "process",
            TargetKind::Database { .. } => "database",
            TargetKind::Pool { .. } => "pool",
            TargetKind::Cache { .. } => "cache",
            TargetKind::Log => "log",
            TargetKind::External { .. } => "external party",
            TargetKind::Gateway { .. } => "gateway",
            TargetKind::Between => "network",
        }
    }
}

/// Replicas of a process to choose from.
#[derive(Clone, Debug)]
pub(crate) struct Balanced {
    /// Its name, for its stream.
    pub(crate) name: String,
    pub(crate) replicas: u16,
    pub(crate) policy: BalancePolicy,
    /// From the start of a replica to its first request.
    pub(crate) start_up: Span,
}

/// A process number beyond the processes: a way into one that is not its own balancing.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// Always this replica: a member of a consumer group stays where it is.
    Replica { process: u16, replica: u16 },
    /// The replica that the task is in already: background work stays where it was started, and no balancer counts
    /// it.
    Here { process: u16 },
    /// As a gateway chooses, which shares the counts of what is active with everybody else.
    Gateway { process: u16, name: String, policy: BalancePolicy },
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
    /// What the scenario disturbs, by number.
    pub(crate) targets: Vec<Target>,
    /// Number of gates.
    pub(crate) gates: u16,
    /// The faults.
    pub(crate) faults: Vec<PlannedFault>,
    /// Demands of added times, by number.
    pub(crate) delays: Vec<u32>,
}
