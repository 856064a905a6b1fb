//! What the host needs besides the program: sources, hooks, policies and stores, all by index.

use crate::engine::{Pc, Start};
use crate::policy::{
    AdaptiveThrottleConfig, BalancePolicy, CircuitBreakerConfig, CoDelConfig, ConcurrencyLimitConfig,
    EnvoyLocalRateLimitConfig, FixedWindowConfig, HystrixConfig, HystrixEvent, NginxLimitReqConfig, Outcome,
    OutlierDetectionConfig, RateLimiterConfig, Retry, RetryBudgetConfig, SlidingWindowConfig,
    ThreadPoolBulkheadConfig, TokenBucketConfig,
};
use crate::random::Law;
use crate::record::{AccessStatus, Cause, TimePart};
use crate::timeline::runbook::RunbookPlan;
use crate::timeline::{PlannedFault, WatchPlan};
use crate::units::{Bytes, Cores, Instant, Span};
use crate::workload::OpenArrivals;

use super::cache::StoreConfig;
pub(crate) use super::cache::{ClusterPart, Sentinel, Survival, WarmPart, WarmSite};
use super::compile::Held;
use super::effects::Tally;
use super::gateway::RetryOn;
use super::log::Acks;
pub(crate) use super::log::Group;
pub(crate) use super::observe::AskedPart;
use super::process::WarmUpSpec;

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

impl Source {
    /// How its requests start, but for their keys.
    pub(crate) fn start(&self) -> Start {
        Start { pc: self.pc, operation: self.operation, key: 0, priority: self.priority, notify: None }
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
    /// Asks a leaky bucket for a turn, and waits for it.
    Turn { bucket: u16 },
    /// Asks a fixed window.
    AdmitWindow { window: u16 },
    /// Asks a sliding window.
    AdmitSliding { window: u16 },
    /// Asks a bucket that is filled in steps.
    AdmitLocal { limit: u16 },
    /// Asks the circuit breaker `first + replica`.
    Breaker { first: u32 },
    /// Asks the concurrency limit `first + replica`.
    Concurrency { first: u16 },
    /// Asks the throttle `first + replica`.
    Throttle { first: u16 },
    /// Tells the retry budget `first + replica` of a first try.
    FirstTry { first: u16 },
    /// Asks the rate limiter `first + replica`, and goes on at `refused` when there will be no permit in time.
    Limit { first: u16, refused: Pc },
    /// Hands the task to the pool of threads `first + replica` and waits for one.
    Submit { first: u16 },
    /// Opens a line in the access log for a route of a gateway.
    Route { route: u16 },
    /// Notes where a gateway sends an attempt, by `way`, and what comes of it.
    Send { way: u16 },
    /// Marks the answer as a fallback's.
    Degrade,
    /// A thread of a process takes a request: from here on the process counts it, by its number among those asked for.
    Serving { asked: u16 },
    /// Does something with an entry of a cache.
    Cache { entry: EntryRef, hook: CacheHook },
    /// Goes on where the master of an entry is asked.
    Master { entry: EntryRef, cluster: u16, table: u16 },
    /// Looks for expired entries of a store and removes them.
    Expire { store: u16 },
    /// Has that done again a while later.
    ExpireAgain { store: u16 },
    /// Begins a snapshot of a store.
    Fork { store: u16 },
    /// Writes a record to its partition.
    Publish { topic: u16, key: KeyRef, size: u32, process: u16 },
    /// Puts a record into a batch and waits for its acknowledgement.
    Produce { topic: u16, key: KeyRef, size: u32, process: u16 },
    /// Has the records of a batch written.
    Written,
    /// Has the replicas write a batch while its leader answers.
    Replicate,
    /// Has the publishers of a batch go on.
    Acknowledged,
    /// Puts a record in front of its partition's member.
    Deliver { topic: u16 },
    /// Takes one of a stock; to be put back if the open transaction of the group is rolled back.
    Take { stock: u16, key: KeyRef, checked: bool, group: Option<u16> },
    /// Looks whether one of a stock is left.
    Check { stock: u16, key: KeyRef },
    /// Lets a key through once; to be forgotten if the open transaction of the group is rolled back.
    Once { memory: u16, key: KeyRef, group: Option<u16> },
    /// Counts an effect if somebody who asked later was here before.
    InOrder { place: u16, key: KeyRef, effect: u16 },
    /// Counts an effect.
    Effect { effect: u16 },
    /// Takes note of an effect of a key; or of the one that belongs to it.
    Tally { tally: u16, key: u16, belongs: bool },
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
    /// Opens a scope in which the version of a row is remembered.
    ReadVersion { table: u16, key: u16 },
    /// Goes on at `conflict` unless the row still has it.
    CompareVersion { conflict: Pc },
    /// Notes that a row whose version somebody may remember is changed.
    ChangeVersion { group: u16, table: u16, key: u16 },
    /// Goes on at `to` while a switch is on.
    Switch { switch: u16, to: Pc },
    /// Fails while a switch is on.
    Refuse { switch: u16, cause: Cause },
    /// Asks a limit that a runbook may set.
    RouteLimit { limit: u16 },
    /// Passes what a scenario disturbs; `work` is the demand that takes longer behind it while it is slow.
    Gate { gate: u16, per_replica: bool, site: u64, work: Option<u32> },
}

/// An operation as seen through a gateway.
#[derive(Clone, Debug)]
pub(crate) struct RoutePart {
    pub(crate) gateway: String,
    pub(crate) operation: String,
    /// The gateway's gate.
    pub(crate) gate: Option<u16>,
}

/// A gateway's detection of replicas that fail.
#[derive(Clone, Debug)]
pub(crate) struct OutlierPart {
    pub(crate) gateway: String,
    pub(crate) process: u16,
    pub(crate) config: OutlierDetectionConfig,
}

/// A policy of trying again.
#[derive(Clone, Debug)]
pub(crate) struct RetryPart {
    pub(crate) retry: Retry,
    /// What is tried again, a bit per cause; of a gateway, where it is the way to the replica that failed.
    pub(crate) causes: u32,
    /// The conditions of a gateway, under which it tries again what a replica answered.
    pub(crate) answers: Option<Vec<RetryOn>>,
    /// First of the callers' budgets.
    pub(crate) budget: Option<u16>,
}

/// A breaker, and how it counts a failure, by cause.
#[derive(Clone, Debug)]
pub(crate) enum BreakerPart {
    Resilience4j { config: CircuitBreakerConfig, outcomes: [Outcome; Cause::COUNT] },
    Hystrix { config: HystrixConfig, events: [HystrixEvent; Cause::COUNT] },
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

/// Which entry of which store a hook is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct EntryRef {
    pub(crate) store: u16,
    /// The logical cache.
    pub(crate) space: u16,
    pub(crate) key: KeyRef,
    /// Checksum of the key up to its number, where masters share the keys.
    pub(crate) prefix: u16,
}

/// What a hook does with an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum CacheHook {
    /// Takes note that it is to be looked up, before the server is asked.
    Ask,
    /// Looks it up; goes on at `miss` unless it is there.
    LookUp { miss: Pc },
    /// Looks it up as the list of look-ups says.
    LookUpAs { look_up: u16 },
    /// Is the first to fetch it, and goes on at `fetch`; or waits for the first, and goes on behind.
    Fetch { process: u16, shared: bool, fetch: Pc },
    /// Stores it, with a lifetime spread by ± `jitter`.
    Put { size: Bytes, ttl: Option<Span>, stale: Span, jitter: f32, site: u64 },
    /// Removes it.
    Delete,
    /// Adds to a counter.
    Increment { by: u32, limit: Option<u32>, ttl: Option<Span> },
    /// Adds to a member of a sorted set.
    AddMember { member: u16, size: Bytes, cost: u16 },
    /// Reads members of a sorted set.
    ReadMembers { top: u32, cost: u16 },
    /// Begins to want a lock.
    WantLock,
    /// Takes it, or goes on at `other`.
    TryLock { lock: u16, other: Pc },
    /// Waits before the next try.
    PauseLock { lock: u16 },
    /// Frees it, if it is still held.
    FreeLock { lock: u16 },
}

/// A look-up that does not only take what is there.
#[derive(Clone, Debug)]
pub(crate) struct LookUp {
    /// The process that fetches.
    pub(crate) process: u16,
    pub(crate) miss: Pc,
    /// Where a stale entry is renewed.
    pub(crate) renew: Pc,
    /// The factor of early expiry.
    pub(crate) early: Option<f64>,
    /// Where its chance is drawn.
    pub(crate) site: u64,
}

/// A lock in a cache.
#[derive(Clone, Debug)]
pub(crate) struct KeyLock {
    pub(crate) ttl: Span,
    pub(crate) pause: Law,
    pub(crate) site: u64,
    /// The effect that counts locks that were gone when their holders freed them.
    pub(crate) lost: u16,
    /// The effect that counts locks that were taken while another holder believed to have them.
    pub(crate) overlapped: u16,
}

/// Time of a command on a sorted set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SetCost {
    /// Whatever it touches, an index of a demand.
    pub(crate) demand: u32,
    pub(crate) per_doubling: Span,
    pub(crate) per_member: Span,
}

/// Replicas of a process to choose from.
#[derive(Clone, Debug)]
pub(crate) struct Balanced {
    /// Its name, for its stream.
    pub(crate) name: String,
    /// Replicas that there may be: those of the deployment, and those that a runbook scales it to.
    pub(crate) replicas: u16,
    /// Replicas that there are at the start.
    pub(crate) deployed: u16,
    /// Replicas that there always are: from there on a runbook may take them away.
    pub(crate) least: u16,
    pub(crate) policy: BalancePolicy,
    /// The key space that its balancing hashes.
    pub(crate) hash_by: Option<u16>,
    /// What it answers when its work fails, by cause.
    pub(crate) answers: [AccessStatus; Cause::COUNT],
    /// From the start of a replica to its first request.
    pub(crate) start_up: Span,
    /// How it is slow from then on.
    pub(crate) warm_up: Option<WarmUpSpec>,
    /// The station of the first replica's cores.
    pub(crate) cores: u32,
    /// The station of the first replica's threads, if it has any.
    pub(crate) threads: Option<u32>,
}

/// A process number beyond the processes: a way into one that is not its own balancing.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// The member of a topic's group that owns the record's partition; its number is the replica.
    Member { topic: u16 },
    /// The replica that the member works in.
    Works { process: u16, topic: u16 },
    /// The replica that the task is in already: background work stays where it was started, and no balancer counts
    /// it.
    Here { process: u16 },
    /// The same for a branch that runs on when nobody waits for it any more: it goes down with its replica all the same.
    Branch { process: u16 },
    /// As the process balances, for work that nobody asks for.
    Unasked { process: u16 },
    /// As a gateway chooses, which shares the counts of what is active with everybody else.
    Gateway {
        process: u16,
        name: String,
        policy: BalancePolicy,
        /// The key space that its balancing hashes.
        hash_by: Option<u16>,
        /// The detection of replicas that fail, shared by all ways of the gateway into the process.
        outlier: Option<u16>,
        /// Whether a retry avoids the replicas that its request was sent to before.
        avoid: bool,
    },
}

/// The pool of one process, in each of its replicas.
#[derive(Clone, Debug)]
pub(crate) struct PoolPart {
    pub(crate) name: String,
    /// First of the replicas' slots in the program.
    pub(crate) slots: u32,
    pub(crate) replicas: u16,
    pub(crate) process: u16,
    pub(crate) database: u16,
    pub(crate) maximum: u32,
    pub(crate) minimum_idle: u32,
    /// First of the replicas' pools whose connections are told apart, if they are.
    pub(crate) managed: Option<u16>,
    pub(crate) connect: Option<Law>,
    pub(crate) idle_timeout: Option<Span>,
    pub(crate) max_lifetime: Option<Span>,
    pub(crate) leak_detection: Option<Span>,
    /// The effect that counts the warnings of leak detection, if there is any.
    pub(crate) leak_warnings: u16,
    pub(crate) hand_off: Span,
}

impl PoolPart {
    /// The stations of its replicas.
    pub(crate) fn stations(&self) -> std::ops::Range<u32> {
        self.slots..self.slots + u32::from(self.replicas)
    }
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

/// A topic.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    /// Its name, for its stream.
    pub(crate) name: String,
    /// The log that it is in.
    pub(crate) log: String,
    pub(crate) partitions: u32,
    pub(crate) brokers: u32,
    pub(crate) linger: Span,
    pub(crate) batch_size: u64,
    pub(crate) acks: Acks,
    /// First step of sending a batch.
    pub(crate) send: Pc,
    /// First step of the replicas' writes, where the leader's answer does not wait for them.
    pub(crate) replicate: Pc,
    pub(crate) group: Option<Group>,
}

/// A line of which the head is dropped while waits stay too long.
#[derive(Clone, Debug)]
pub(crate) struct CodelPart {
    /// Its station.
    pub(crate) slots: u32,
    pub(crate) config: CoDelConfig,
    /// The process and the replica that it is in, unless it is a gateway's.
    pub(crate) owner: Option<(u16, u16)>,
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
    pub(crate) routes: Vec<RoutePart>,
    pub(crate) outliers: Vec<OutlierPart>,
    /// What processes are asked for, where somebody watches.
    pub(crate) asked: Vec<AskedPart>,
    pub(crate) retries: Vec<RetryPart>,
    /// Each with the process and the replica that it is in, unless it is a client's or a gateway's.
    pub(crate) budgets: Vec<(RetryBudgetConfig, Option<(u16, u16)>)>,
    /// Each with the process and the replica that it is in.
    pub(crate) limiters: Vec<(RateLimiterConfig, (u16, u16))>,
    /// Each with the process and the replica that it is in.
    pub(crate) thread_pools: Vec<(ThreadPoolBulkheadConfig, (u16, u16))>,
    /// First of the stations of calls under way, with the process whose replicas make them.
    pub(crate) bulkheads: Vec<(u32, u16)>,
    pub(crate) buckets: Vec<TokenBucketConfig>,
    pub(crate) windows: Vec<FixedWindowConfig>,
    pub(crate) sliding_windows: Vec<SlidingWindowConfig>,
    pub(crate) local_limits: Vec<EnvoyLocalRateLimitConfig>,
    pub(crate) turns: Vec<NginxLimitReqConfig>,
    pub(crate) codels: Vec<CodelPart>,
    /// Each with the process and the replica that it is in.
    pub(crate) concurrency_limits: Vec<(ConcurrencyLimitConfig, (u16, u16))>,
    pub(crate) throttles: Vec<AdaptiveThrottleConfig>,
    /// Per throttle, the process and the replica that it is in.
    pub(crate) throttle_owners: Vec<(u16, u16)>,
    pub(crate) breakers: Vec<BreakerPart>,
    /// Per breaker, the process and the replica that it is in.
    pub(crate) breaker_owners: Vec<(u16, u16)>,
    /// Of the breakers of a process's calls of an operation, the first, and the operation.
    pub(crate) breaker_calls: Vec<(u32, String)>,
    pub(crate) processes: Vec<Balanced>,
    /// Process numbers from `processes.len()` on.
    pub(crate) ways: Vec<Way>,
    pub(crate) stores: Vec<StoreConfig>,
    /// Per store, the first step of its expiry cycle.
    pub(crate) expiry: Vec<Pc>,
    /// Per store, what becomes of it when it goes down.
    pub(crate) survivals: Vec<Survival>,
    pub(crate) clusters: Vec<ClusterPart>,
    /// Per logical cache, the switch that sends its commands to a standby, and that one's first store.
    pub(crate) standbys: Vec<Option<(u16, u16)>>,
    /// Where each master of a cluster is asked, for each place where one is.
    pub(crate) masters: Vec<Vec<Pc>>,
    pub(crate) look_ups: Vec<LookUp>,
    pub(crate) key_locks: Vec<KeyLock>,
    pub(crate) set_costs: Vec<SetCost>,
    pub(crate) topics: Vec<Topic>,
    pub(crate) stocks: Vec<Stock>,
    /// How long each `once` remembers.
    pub(crate) memories: Vec<Span>,
    pub(crate) effects: u16,
    /// Effects that are counted by key.
    pub(crate) tallies: Vec<Tally>,
    /// Logical caches that may lose entries, with the effect that counts those.
    pub(crate) losses: Vec<(u16, u16)>,
    pub(crate) pools: Vec<PoolPart>,
    pub(crate) leaks: Vec<LeakPart>,
    pub(crate) databases: Vec<DatabasePart>,
    /// The database of each read replica.
    pub(crate) replicas: Vec<u16>,
    /// Stations one of which is held while the other is waited for, by first index in the record.
    pub(crate) waits: Vec<(Held, Held)>,
    /// What the scenario disturbs, by number.
    pub(crate) targets: Vec<Target>,
    /// Number of gates.
    pub(crate) gates: u16,
    /// The faults.
    pub(crate) faults: Vec<PlannedFault>,
    /// Who watches.
    pub(crate) watch: Option<WatchPlan>,
    /// Demands of delays that are no service, and what they count as.
    pub(crate) delay_parts: Vec<(u32, TimePart)>,
    /// Demands of added times, by number.
    pub(crate) delays: Vec<u32>,
    /// What people do.
    pub(crate) runbook: Option<RunbookPlan>,
    /// Switches that a runbook turns: whether each is on at first.
    pub(crate) switches: Vec<bool>,
    /// Number of limits that a runbook may set.
    pub(crate) limits: u16,
    /// Caches that a runbook fills.
    pub(crate) warms: Vec<WarmPart>,
    /// The load, by its place in the scenario, whose clients try again by each policy of retries; none for calls.
    pub(crate) clients_of_retries: Vec<Option<u16>>,
}
