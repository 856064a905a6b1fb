//! The engine's host: brings arrivals, chooses replicas, and keeps policies, entries, stocks and effects.

use std::collections::VecDeque;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::assembly::Assembly;
use super::parts::{Hook, KeyRef, Parts, SourceKind, Way};
use super::store::Store;
use crate::engine::{Core, Exit, Flow, Host, Start, TaskId};
use crate::policy::{
    Balance, BalanceConfig, BalancePolicy, CircuitBreaker, Draws, FixedWindow, Outcome as CallOutcome,
    TokenBucket,
};
use crate::random::{Draw, Law, Stream, mix, name_hash};
use crate::record::{Cause, Outcome};
use crate::units::{Instant, Span};
use crate::workload::{Arrival, Arrivals};

/// Tag of a breaker's scope.
const BREAKER: u8 = 1;
/// Draws of retry pauses.
const RETRY_SITE: u64 = 0x7265_7472_795f_7061;

/// A load while it runs.
#[derive(Debug)]
enum Load {
    Open { arrivals: Arrivals, next: Option<Arrival>, count: u64 },
    Closed { users: Vec<u64>, think: Law },
}

/// Replicas of a process while it runs.
#[derive(Debug)]
struct Replicas {
    chooser: Chooser,
    active: Vec<u32>,
    eligible: Vec<bool>,
}

/// Who chooses among replicas; nobody needs to where there is one.
#[derive(Debug)]
struct Chooser {
    balance: Option<Balance>,
    stream: Stream,
}

impl Chooser {
    fn new(policy: &BalancePolicy, hosts: usize, stream: Stream) -> Self {
        let config = BalanceConfig { policy: policy.clone(), ..BalanceConfig::default() };
        let balance = (hosts > 1).then(|| Balance::new(config, hosts).expect("checked when assembled"));
        Chooser { balance, stream }
    }

    fn choose(&mut self, eligible: &[bool], active: &[u32], key: u64) -> Option<u16> {
        let Some(balance) = &mut self.balance else { return eligible[0].then_some(0) };
        let draws = Draws { u: self.stream.unit(), key };
        balance.choose(eligible, active, draws).map(|replica| replica as u16)
    }
}

/// Keys that were seen within a span, the oldest first; older ones are forgotten, and their memory with them.
#[derive(Debug)]
struct Remembered {
    span: Span,
    keys: IndexMap<u64, (), FxBuildHasher>,
    order: VecDeque<(Instant, u64)>,
}

impl Remembered {
    fn new(span: Span) -> Self {
        Remembered { span, keys: IndexMap::default(), order: VecDeque::new() }
    }

    /// Whether a key was seen within the span before; if not, it is now.
    fn seen(&mut self, now: Instant, key: u64) -> bool {
        while let Some((at, old)) = self.order.front().copied() {
            if now.since(at) <= self.span {
                break;
            }
            self.order.pop_front();
            self.keys.swap_remove(&old);
        }
        if self.keys.contains_key(&key) {
            return true;
        }
        self.keys.insert(key, ());
        self.order.push_back((now, key));
        false
    }
}

/// Everything of a system that changes while it runs, besides what the engine keeps.
#[derive(Debug)]
pub struct World<'a> {
    parts: &'a Parts,
    loads: Vec<Load>,
    /// Closed users are numbered through: the first number of each source.
    first_users: Vec<u32>,
    /// Keys of the requests of each source are made from this.
    keys: Vec<u64>,
    replicas: Vec<Replicas>,
    /// By the number of a way into a process: the gateway's choice, if it is one's.
    doors: Vec<Option<Chooser>>,
    buckets: Vec<TokenBucket>,
    windows: Vec<FixedWindow>,
    breakers: Vec<CircuitBreaker>,
    stores: Vec<Store>,
    /// Per topic, the partition that the next record without a key goes to.
    turns: Vec<u32>,
    stocks: IndexMap<(u16, u64), i64, FxBuildHasher>,
    remembered: Vec<Remembered>,
    effects: Vec<u64>,
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
        }
    }

    fn key_of(core: &Core<'_>, task: TaskId, key: KeyRef) -> u64 {
        match key {
            KeyRef::Single => 0,
            KeyRef::Space(space) => core.key_of(task, space),
        }
    }

    fn publish(&mut self, core: &mut Core<'_>, task: TaskId, topic: u16, key: KeyRef) {
        let spec = &self.parts.topics[usize::from(topic)];
        let partition = match key {
            KeyRef::Space(space) => {
                (mix(core.key_of(task, space), name_hash("partition")) % u64::from(spec.partitions)) as u32
            }
            KeyRef::Single => {
                let turn = &mut self.turns[usize::from(topic)];
                *turn = (*turn + 1) % spec.partitions;
                *turn
            }
        };
        if let Some(pc) = spec.consumers.get(partition as usize) {
            core.start_for(task, *pc, spec.operation);
        }
    }

    fn remaining(&mut self, stock: u16, key: u64) -> &mut i64 {
        let amount = self.parts.stocks[usize::from(stock)].amount;
        self.stocks.entry((stock, key)).or_insert(i64::try_from(amount).unwrap_or(i64::MAX))
    }

    fn start(&self, core: &mut Core<'_>, source: usize, number: u64, notify: Option<u32>) {
        let spec = &self.parts.sources[source];
        core.start(Start {
            pc: spec.pc,
            operation: spec.operation,
            key: mix(self.keys[source], number),
            priority: spec.priority,
            notify,
        });
    }

    fn breaker_outcome(exit: Exit) -> CallOutcome {
        match exit {
            Exit::Done => CallOutcome::Success,
            Exit::Failed(Cause::Declined) | Exit::Cancelled => CallOutcome::Ignored,
            Exit::Failed(_) => CallOutcome::Failure,
        }
    }
}

impl Host for World<'_> {
    fn begin(&mut self, core: &mut Core<'_>) {
        for source in 0..self.loads.len() {
            match &mut self.loads[source] {
                Load::Open { arrivals, next, .. } => {
                    *next = arrivals.next();
                    if let Some(arrival) = next {
                        core.set_source(arrival.at, source as u32);
                    }
                }
                Load::Closed { users, think } => {
                    // Everybody thinks first, so that they do not all come at once.
                    for user in 0..users.len() as u32 {
                        let key = mix(self.keys[source], u64::from(user));
                        let pause = think.sample_span(&mut Draw::new(key, 0));
                        core.set_timer(core.now() + pause, self.first_users[source] + user);
                    }
                }
            }
        }
    }

    #[inline]
    fn source(&mut self, core: &mut Core<'_>, source: u32) {
        let index = source as usize;
        let Load::Open { arrivals, next, count } = &mut self.loads[index] else { return };
        let Some(arrival) = next.take() else { return };
        let first = *count;
        *count += u64::from(arrival.count);
        *next = arrivals.next();
        if let Some(following) = next {
            core.set_source(following.at, source);
        }
        for number in first..first + u64::from(arrival.count) {
            self.start(core, index, number, None);
        }
    }

    fn timer(&mut self, core: &mut Core<'_>, timer: u32) {
        let (source, user) = self.user(timer);
        let Load::Closed { users, .. } = &mut self.loads[source] else { return };
        let asked = &mut users[user as usize];
        *asked += 1;
        let number = (u64::from(user) << 40) | *asked;
        self.start(core, source, number, Some(timer));
    }

    #[inline]
    fn hook(&mut self, core: &mut Core<'_>, task: TaskId, hook: u32) -> Flow {
        let now = core.now();
        match self.parts.hooks[hook as usize] {
            Hook::Admit { bucket } => {
                if self.buckets[usize::from(bucket)].try_take(now, 1) {
                    Flow::Next
                } else {
                    Flow::Fail(Cause::RateLimited)
                }
            }
            Hook::AdmitWindow { window } => {
                if self.windows[usize::from(window)].try_acquire(now, 1) {
                    Flow::Next
                } else {
                    Flow::Fail(Cause::RateLimited)
                }
            }
            Hook::Breaker { first } => {
                let breaker = first + u32::from(core.replica(task));
                match self.breakers[breaker as usize].try_acquire(now) {
                    Ok(_) => {
                        core.open_scope(task, BREAKER, breaker);
                        Flow::Next
                    }
                    Err(_) => Flow::Fail(Cause::CircuitOpen),
                }
            }
            Hook::Lookup { store, space, key, miss } => {
                let name = (space, Self::key_of(core, task, key));
                if self.stores[usize::from(store)].look_up(now, name) { Flow::Next } else { Flow::Jump(miss) }
            }
            Hook::Store { store, space, key, size, ttl } => {
                let name = (space, Self::key_of(core, task, key));
                if self.stores[usize::from(store)].put(now, name, size, ttl) {
                    Flow::Next
                } else {
                    Flow::Fail(Cause::OutOfMemory)
                }
            }
            Hook::Publish { topic, key } => {
                self.publish(core, task, topic, key);
                Flow::Next
            }
            Hook::Take { stock, key, checked } => {
                let key = Self::key_of(core, task, key);
                let remaining = self.remaining(stock, key);
                if checked && *remaining <= 0 {
                    return Flow::Fail(Cause::Declined);
                }
                *remaining -= 1;
                if *remaining < 0 {
                    let oversold = self.parts.stocks[usize::from(stock)].oversold;
                    self.effects[usize::from(oversold)] += 1;
                }
                Flow::Next
            }
            Hook::Check { stock, key } => {
                let key = Self::key_of(core, task, key);
                if *self.remaining(stock, key) > 0 { Flow::Next } else { Flow::Fail(Cause::Declined) }
            }
            Hook::Once { memory, key } => {
                let key = Self::key_of(core, task, key);
                if self.remembered[usize::from(memory)].seen(now, key) {
                    Flow::Fail(Cause::Declined)
                } else {
                    Flow::Next
                }
            }
            Hook::Effect { effect } => {
                self.effects[usize::from(effect)] += 1;
                Flow::Next
            }
        }
    }

    fn asleep(&mut self, _core: &mut Core<'_>, _task: TaskId, _hook: u32, _token: u64) {}

    fn closed(&mut self, core: &mut Core<'_>, _task: TaskId, tag: u8, data: u32, since: Instant, exit: Exit) {
        if tag == BREAKER {
            let now = core.now();
            let breaker = &mut self.breakers[data as usize];
            match exit {
                Exit::Cancelled => breaker.release(),
                Exit::Done | Exit::Failed(_) => {
                    breaker.on_result(now, now.since(since), Self::breaker_outcome(exit));
                }
            }
        }
    }

    #[inline]
    fn place(&mut self, core: &mut Core<'_>, task: TaskId, process: u16) -> Result<u16, Cause> {
        let (process, way) = self.resolve(process);
        let replicas = &mut self.replicas[process];
        let (eligible, active) = (&replicas.eligible, &replicas.active);
        let key = core.key_salt(task);
        let chosen = match way {
            None => replicas.chooser.choose(eligible, active, key),
            Some(way) => match (&self.parts.ways[way], &mut self.doors[way]) {
                (Way::Replica { replica, .. }, _) => Some(*replica),
                (Way::Gateway { .. }, Some(door)) => door.choose(eligible, active, key),
                (Way::Gateway { .. }, None) => None,
            },
        };
        let replica = chosen.ok_or(Cause::Unavailable)?;
        replicas.active[usize::from(replica)] += 1;
        Ok(replica)
    }

    #[inline]
    fn left(&mut self, _core: &mut Core<'_>, process: u16, replica: u16) {
        let (process, _) = self.resolve(process);
        self.replicas[process].active[usize::from(replica)] -= 1;
    }

    fn retry(
        &mut self,
        core: &mut Core<'_>,
        task: TaskId,
        policy: u16,
        attempt: u8,
        cause: Cause,
        previous: Span,
    ) -> Option<Span> {
        if !cause.is_failure() || cause == Cause::Limit {
            return None;
        }
        let u = core.draw(task, RETRY_SITE).unit();
        self.parts.retries[usize::from(policy)].next_delay(u32::from(attempt), previous, u)
    }

    fn retried(&mut self, _core: &mut Core<'_>, _policy: u16, _attempt: u8) {}

    fn ended(&mut self, core: &mut Core<'_>, notify: u32, _outcome: Outcome) {
        let (source, user) = self.user(notify);
        if let Load::Closed { users, think } = &self.loads[source] {
            let asked = users[user as usize];
            let key = mix(mix(self.keys[source], u64::from(user)), asked);
            let pause = think.sample_span(&mut Draw::new(key, 0));
            core.set_timer(core.now() + pause, notify);
        }
    }

    fn effects(&self) -> Vec<u64> {
        self.effects.clone()
    }
}

impl World<'_> {
    /// The source and user behind the number of a closed user.
    fn user(&self, number: u32) -> (usize, u32) {
        let source = self.first_users.partition_point(|first| *first <= number) - 1;
        (source, number - self.first_users[source])
    }

    /// The process behind a number, and the way into it if the number stands for one.
    #[inline]
    fn resolve(&self, process: u16) -> (usize, Option<usize>) {
        let index = usize::from(process);
        let Some(way) = index.checked_sub(self.parts.processes.len()) else { return (index, None) };
        let process = match &self.parts.ways[way] {
            Way::Replica { process, .. } | Way::Gateway { process, .. } => usize::from(*process),
        };
        (process, Some(way))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_remembered_for_its_span_and_then_forgotten() {
        let at = |secs| Instant::START + Span::from_secs(secs);
        let mut remembered = Remembered::new(Span::from_secs(5));
        assert!(!remembered.seen(at(0), 7));
        assert!(remembered.seen(at(5), 7));
        // The second time does not prolong it.
        assert!(!remembered.seen(at(6), 7));
        for key in 0..1_000 {
            remembered.seen(at(100 + key), key);
        }
        assert!(remembered.keys.len() <= 6 && remembered.order.len() <= 6, "{}", remembered.keys.len());
    }
}
