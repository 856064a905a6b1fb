//! Everything of a system that changes while it runs.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::loads::Load;
use super::numbers::Numbers;
use super::pools::{Connection, Pool, Server};
use super::remembered::Remembered;
use super::replicas::{Chooser, Replicas};
use super::transactions::{Log, Replica};
use crate::component::assembly::Assembly;
use crate::component::parts::{Parts, SourceKind, Way};
use crate::component::store::Store;
use crate::policy::{CircuitBreaker, FixedWindow, TokenBucket};
use crate::random::{Stream, mix, name_hash};
use crate::units::{Instant, Span};
use crate::workload::Arrivals;

/// Everything of a system that changes while it runs, besides what the engine keeps.
#[derive(Debug)]
pub struct World<'a> {
    pub(super) parts: &'a Parts,
    pub(super) loads: Vec<Load>,
    /// Closed users are numbered through: the first number of each source.
    pub(super) first_users: Vec<u32>,
    /// Keys of the requests of each source are made from this.
    pub(super) keys: Vec<u64>,
    pub(super) replicas: Vec<Replicas>,
    /// By the number of a way into a process: the gateway's choice, if it is one's.
    pub(super) doors: Vec<Option<Chooser>>,
    pub(super) buckets: Vec<TokenBucket>,
    pub(super) windows: Vec<FixedWindow>,
    pub(super) breakers: Vec<CircuitBreaker>,
    pub(super) stores: Vec<Store>,
    /// Per topic, the partition that the next record without a key goes to.
    pub(super) turns: Vec<u32>,
    pub(super) stocks: IndexMap<(u16, u64), i64, FxBuildHasher>,
    pub(super) remembered: Vec<Remembered>,
    pub(super) effects: Vec<u64>,
    /// Pools whose connections are told apart.
    pub(super) pools: Vec<Pool>,
    pub(super) connections: Vec<Connection>,
    pub(super) free_connections: Vec<u32>,
    /// Connections opened so far.
    pub(super) serial: u64,
    /// Databases, by index.
    pub(super) servers: Vec<Server>,
    /// Read replicas, by their number among all.
    pub(super) replicas_behind: Vec<Replica>,
    /// What was done in open transactions, by the engine's number.
    pub(super) logs: IndexMap<u32, Log, FxBuildHasher>,
    /// What background work draws from.
    pub(super) background: u64,
    /// What is expected to happen.
    pub(super) numbers: Numbers,
}

impl<'a> World<'a> {
    /// Makes the host of one run.
    ///
    /// # Panics
    /// Never for an assembly that was put together: its policies have been checked.
    pub fn new(assembly: &'a Assembly, seed: u64, replication: u64) -> Self {
        let parts = &assembly.parts;
        let loads = parts.sources.iter().map(|source| match &source.kind {
            SourceKind::Open(plan) => {
                let stream = Stream::named(seed, replication, &source.name, "arrivals");
                Load::Open { arrivals: Arrivals::start(plan, stream), next: None, count: 0 }
            }
            SourceKind::Closed { users, think } => {
                Load::Closed { users: vec![0; *users as usize], think: think.clone() }
            }
        });
        let first_users = parts.sources.iter().scan(0, |next, source| {
            let first = *next;
            if let SourceKind::Closed { users, .. } = source.kind {
                *next += users;
            }
            Some(first)
        });
        let users = parts.sources.iter().map(|source| match source.kind {
            SourceKind::Closed { users, .. } => users,
            SourceKind::Open(_) => 0,
        });
        let users = users.sum();
        let managed = parts.pools.iter().enumerate().filter(|(_, part)| part.managed.is_some());
        let pools = managed.flat_map(|(index, part)| {
            (0..part.replicas).map(move |replica| Pool::new(index, part, replica, seed, replication))
        });
        let base = mix(seed, replication);
        let replicas = parts.processes.iter().map(|process| {
            let count = usize::from(process.replicas);
            let stream = Stream::named(seed, replication, &process.name, "balance");
            Replicas {
                chooser: Chooser::new(&process.policy, count, stream),
                active: vec![0; count],
                eligible: vec![true; count],
            }
        });
        let doors = parts.ways.iter().map(|way| match way {
            Way::Replica { .. } => None,
            Way::Gateway { process, name, policy } => {
                let process = &parts.processes[usize::from(*process)];
                let path = format!("{name}/{}", process.name);
                let stream = Stream::named(seed, replication, &path, "balance");
                Some(Chooser::new(policy, usize::from(process.replicas), stream))
            }
        });
        let bucket = |config: &crate::policy::TokenBucketConfig| {
            TokenBucket::new(config.clone(), Instant::START).expect("checked when assembled")
        };
        let window = |config: &crate::policy::FixedWindowConfig| {
            FixedWindow::new(config.clone(), Span::ZERO).expect("checked when assembled")
        };
        let breaker = |config: &crate::policy::CircuitBreakerConfig| {
            CircuitBreaker::new(config.clone()).expect("checked when assembled")
        };
        World {
            parts,
            loads: loads.collect(),
            first_users: first_users.collect(),
            keys: parts.sources.iter().map(|source| mix(base, name_hash(&source.name))).collect(),
            replicas: replicas.collect(),
            doors: doors.collect(),
            buckets: parts.buckets.iter().map(bucket).collect(),
            windows: parts.windows.iter().map(window).collect(),
            breakers: parts.breakers.iter().map(breaker).collect(),
            stores: parts.stores.iter().copied().map(Store::new).collect(),
            turns: vec![0; parts.topics.len()],
            stocks: IndexMap::default(),
            remembered: parts.memories.iter().map(|span| Remembered::new(*span)).collect(),
            effects: vec![0; usize::from(parts.effects)],
            pools: pools.collect(),
            connections: Vec::new(),
            free_connections: Vec::new(),
            serial: 0,
            servers: vec![Server::default(); parts.databases.len()],
            replicas_behind: parts.replicas.iter().map(|_| Replica::default()).collect(),
            logs: IndexMap::default(),
            background: Self::background_key(seed, replication),
            numbers: Numbers::new(users),
        }
    }
}
