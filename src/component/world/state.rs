//! Everything of a system that changes while it runs.

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::agenda::Agenda;
use super::caches::ExpiryCycle;
use super::callers::Callers;
use super::clusters::Cluster;
use super::conditions::PoolState;
use super::exported::PoolCounts;
use super::fetches::Fetches;
use super::gates::Gate;
use super::gateways::Gateways;
use super::groups::{Records, TopicState};
use super::key_locks::KeyLocks;
use super::loads::Load;
use super::numbers::Numbers;
use super::observations::Observations;
use super::order::Order;
use super::people::{Restarting, Warming};
use super::pools::{Connection, Pool, Server};
use super::producers::Producers;
use super::rebalance::Planned;
use super::remembered::Remembered;
use super::replicas::{Chooser, Replicas};
use super::spans::Spans;
use super::survival::CacheServer;
use super::tallies::Tallied;
use super::timers::Timers;
use super::transactions::{Log, Replica};
use super::versions::Versions;
use super::warm_up::Pace;
use super::watching::Watcher;
use crate::component::assembly::Assembly;
use crate::component::cache::Store;
use crate::component::parts::{Parts, SourceKind, Way};
use crate::policy::{EnvoyLocalRateLimit, FixedWindow, SlidingWindow, TokenBucket};
use crate::random::{Mixer, Stream, mix, name_hash};
use crate::record::Happening;
use crate::timeline::Schedule;
use crate::timeline::runbook::Runbook;
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
    pub(super) sliding_windows: Vec<SlidingWindow>,
    pub(super) local_limits: Vec<EnvoyLocalRateLimit>,
    pub(super) callers: Callers,
    pub(super) gateways: Gateways,
    pub(super) stores: Vec<Store>,
    pub(super) cycles: Vec<ExpiryCycle>,
    pub(super) cache_servers: Vec<CacheServer>,
    pub(super) clusters: Vec<Cluster>,
    pub(super) fetches: Fetches,
    pub(super) key_locks: KeyLocks,
    pub(super) timers: Timers,
    pub(super) producers: Producers,
    pub(super) topics: Vec<TopicState>,
    pub(super) records: Records,
    pub(super) planned: Vec<Planned>,
    pub(super) stocks: FxHashMap<(u16, u64), i64>,
    pub(super) remembered: Vec<Remembered>,
    pub(super) order: Order,
    pub(super) effects: Vec<u64>,
    /// At the end of each interval, all effects by then.
    pub(super) effects_over_time: Vec<Vec<u64>>,
    /// What is counted by key.
    pub(super) tallies: Vec<Tallied>,
    /// Pools whose connections are told apart.
    pub(super) managed: Vec<Pool>,
    /// What pools had counted when their process began anew last, by station.
    pub(super) counted_before: IndexMap<u32, PoolCounts, FxBuildHasher>,
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
    /// Versions of rows that somebody has read.
    pub(super) versions: Versions,
    /// What background work draws from.
    pub(super) background: u64,
    /// What is expected to happen.
    pub(super) numbers: Numbers,
    pub(super) faults: Schedule<'a>,
    pub(super) gates: Vec<Gate>,
    pub(super) agenda: Agenda,
    pub(super) assembly: &'a Assembly,
    pub(super) watcher: Option<Watcher>,
    /// Where phases of this run come from.
    pub(super) phase: u64,
    pub(super) happenings: Vec<Happening>,
    /// Spans that begin with something that happens.
    pub(super) spans: Spans,
    /// What stations of replicas that are not there are to have when they come, by station.
    pub(super) sizes_away: IndexMap<u32, u32, FxBuildHasher>,
    /// Pools that a fault keeps from their full size, by station.
    pub(super) pools: IndexMap<u32, PoolState, FxBuildHasher>,
    pub(super) observations: Observations,
    /// What people do.
    pub(super) runbook: Option<Runbook<'a>>,
    /// Which components that a runbook waits for are well.
    pub(super) well: Vec<bool>,
    /// Switches that a runbook turns.
    pub(super) switches: Vec<bool>,
    /// Limits that a runbook has set.
    pub(super) limits: Vec<Option<TokenBucket>>,
    /// Share of customers that do not try again, by load.
    pub(super) heeded: Vec<f64>,
    pub(super) restarts: Vec<Restarting<'a>>,
    pub(super) warming: Vec<Warming>,
    /// So many entries may come before they are counted again.
    pub(super) room: u64,
}

impl<'a> World<'a> {
    /// Makes the host of one run.
    ///
    /// # Panics
    /// Never for an assembly that was put together: its policies have been checked.
    pub fn new(assembly: &'a Assembly, seed: u64, replication: u64) -> Self {
        let parts = &assembly.parts;
        let base = mix(seed, replication);
        let loads = parts.sources.iter().map(|source| match &source.kind {
            SourceKind::Open { arrivals: plan, to, .. } => {
                let stream = Stream::named(seed, replication, &source.name, "arrivals");
                let keys = Mixer::new(mix(base, name_hash(&source.name)));
                Load::Open {
                    arrivals: Arrivals::start(plan, stream),
                    next: None,
                    count: 0,
                    keys,
                    until: *to,
                    start: source.start(),
                }
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
        let apart = parts.pools.iter().enumerate().filter(|(_, part)| part.managed.is_some());
        let managed = apart.flat_map(|(index, part)| {
            (0..part.replicas).map(move |replica| Pool::new(index, part, replica, seed, replication))
        });
        let replicas = parts.processes.iter().map(|process| {
            let count = usize::from(process.replicas);
            let stream = Stream::named(seed, replication, &process.name, "balance");
            let is_there: Vec<bool> = (0..process.replicas).map(|it| it < process.deployed).collect();
            Replicas {
                chooser: Chooser::new(&process.policy, count, stream),
                active: vec![0; count],
                there: process.deployed,
                eligible: is_there.clone(),
                up: is_there,
                ready: vec![Instant::START; count],
                paces: vec![Pace::default(); count],
            }
        });
        let doors = parts.ways.iter().map(|way| match way {
            Way::Here { .. }
            | Way::Branch { .. }
            | Way::Member { .. }
            | Way::Works { .. }
            | Way::Unasked { .. } => None,
            Way::Gateway { process, name, policy, .. } => {
                let process = &parts.processes[usize::from(*process)];
                let path = format!("{name}/{}", process.name);
                let stream = Stream::named(seed, replication, &path, "balance");
                Some(Chooser::new(policy, usize::from(process.replicas), stream))
            }
        });
        let stores = parts.stores.iter().zip(&parts.survivals).map(|(config, survival)| {
            let store = Store::new(config.clone(), seed, replication);
            survival.keep_what_is_needed(store)
        });
        let cache_servers = parts.survivals.iter().zip(&parts.stores);
        let cache_servers = cache_servers
            .map(|(survival, config)| CacheServer::new(survival, &config.name, seed, replication));
        let cycles = parts.stores.iter().map(|config| {
            let phase = Stream::named(seed, replication, &config.name, "expiry cycle").unit();
            ExpiryCycle { armed: false, phase }
        });
        let users = |source: &crate::component::parts::Source| match source.kind {
            SourceKind::Open { .. } => 0,
            SourceKind::Closed { users, .. } => users,
        };
        let users: u32 = parts.sources.iter().map(users).sum();
        let topics = parts.topics.iter().map(|topic| TopicState::new(topic, seed, replication));
        let bucket = |config: &crate::policy::TokenBucketConfig| {
            TokenBucket::new(config.clone(), Instant::START).expect("checked when assembled")
        };
        let window = |config: &crate::policy::FixedWindowConfig| {
            FixedWindow::new(config.clone(), Span::ZERO).expect("checked when assembled")
        };
        let sliding = |config: &crate::policy::SlidingWindowConfig| {
            SlidingWindow::new(config.clone(), Span::ZERO).expect("checked when assembled")
        };
        let local = |config: &crate::policy::EnvoyLocalRateLimitConfig| {
            EnvoyLocalRateLimit::new(config.clone(), Instant::START).expect("checked when assembled")
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
            sliding_windows: parts.sliding_windows.iter().map(sliding).collect(),
            local_limits: parts.local_limits.iter().map(local).collect(),
            callers: Callers::new(parts),
            gateways: Gateways::new(parts, seed, replication),
            stores: stores.collect(),
            cycles: cycles.collect(),
            cache_servers: cache_servers.collect(),
            clusters: parts.clusters.iter().map(|part| Cluster::new(part, parts)).collect(),
            fetches: Fetches::default(),
            key_locks: KeyLocks::default(),
            timers: Timers::new(users),
            producers: Producers::new(seed, replication),
            topics: topics.collect(),
            records: Records::default(),
            planned: Vec::new(),
            stocks: FxHashMap::default(),
            remembered: parts.memories.iter().map(|span| Remembered::new(*span)).collect(),
            order: Order::default(),
            effects: vec![0; usize::from(parts.effects)],
            effects_over_time: Vec::new(),
            tallies: parts.tallies.iter().map(|tally| Tallied::new(tally.kind)).collect(),
            managed: managed.collect(),
            counted_before: IndexMap::default(),
            connections: Vec::new(),
            free_connections: Vec::new(),
            serial: 0,
            servers: vec![Server::default(); parts.databases.len()],
            replicas_behind: parts.replicas.iter().map(|_| Replica::default()).collect(),
            logs: IndexMap::default(),
            versions: Versions::default(),
            background: Self::background_key(seed, replication),
            numbers: Numbers::new(users),
            faults: Schedule::new(&parts.faults),
            gates: (0..parts.gates).map(|_| Gate::new()).collect(),
            agenda: Agenda::default(),
            assembly,
            watcher: parts.watch.as_ref().map(|plan| Watcher::new(plan, parts, base)),
            phase: mix(base, name_hash("scrape")),
            happenings: Vec::new(),
            spans: Spans::default(),
            sizes_away: IndexMap::default(),
            pools: IndexMap::default(),
            observations: Observations::default(),
            runbook: parts.runbook.as_ref().map(|plan| Runbook::new(plan, seed, replication)),
            well: vec![true; parts.runbook.as_ref().map_or(0, |plan| plan.components.len())],
            switches: parts.switches.clone(),
            limits: (0..parts.limits).map(|_| None).collect(),
            heeded: vec![0.0; if parts.runbook.is_some() { parts.sources.len() } else { 0 }],
            restarts: Vec::new(),
            warming: vec![Warming::default(); parts.warms.len()],
            room: 0,
        }
    }

    /// The same run in calm: nothing goes wrong, and nobody does anything. Until the first fault it is the same.
    pub fn in_calm(self) -> Self {
        World { faults: Schedule::default(), runbook: None, ..self }
    }
}
