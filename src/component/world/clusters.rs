//! Masters of a cluster that watch each other, and what becomes of the slots of one that is silent.
//!
//! Each master asks each other one at least every half node time-out, so a master's suspicion begins a node time-out after
//! a question whose age at the silence is anything up to that half. What the masters tell each other arrives as
//! `reports` says; then a replica waits for 500 ms and up to 500 ms more, and asks for votes. Of several replicas, the
//! first in rank asks first and is voted for: all are equally far.
//!
//! Sources: Redis 7.4 `cluster_legacy.c`, `clusterCron`, `markNodeAsFailingIfNeeded`, `clearNodeFailureIfNeeded`,
//! `clusterHandleSlaveFailover`, `clusterSendFailoverAuthIfNeeded`, `clusterUpdateState`.

use super::World;
use super::agenda::Chore;
use crate::component::parts::{ClusterPart, Parts, TargetKind};
use crate::engine::Core;
use crate::units::{Instant, Span};

/// What a replica waits for before it asks for votes, and up to how much longer.
const BEFORE_ELECTION: Span = Span::from_millis(500);
/// How often a replica hears of its master besides what is written: Redis `repl-ping-replica-period`.
const REPLICATION_PING: Span = Span::from_secs(10);
/// How long a master that has started refuses: `CLUSTER_WRITABLE_DELAY`.
const AFTER_START: Span = Span::from_secs(2);
/// Bounds of how long a master refuses after it was among a minority: `CLUSTER_MIN_REJOIN_DELAY`,
/// `CLUSTER_MAX_REJOIN_DELAY`.
const REJOIN: (Span, Span) = (Span::from_millis(500), Span::from_secs(5));

/// A cluster while it runs.
#[derive(Debug)]
pub(super) struct Cluster {
    masters: Vec<Master>,
}

/// One of its masters.
#[derive(Debug)]
struct Master {
    /// Its gate; none where no fault hits the cluster.
    gate: Option<u16>,
    /// Since when it has been asking the others.
    up_since: Instant,
    /// When it is through with what a master waits for that has started.
    started: Instant,
    /// How old the others' questions are when it goes silent, as shares of half a node time-out.
    pings: Vec<f64>,
    reports: Span,
    failed: Option<Failure>,
    /// When the others last voted for one of its replicas.
    voted: Option<Instant>,
    /// Whether it sees only a minority of the masters.
    in_minority: bool,
    /// When it is through with what a master waits for that was among a minority.
    rejoined: Instant,
}

/// A master that a majority takes for gone.
#[derive(Clone, Copy, Debug)]
struct Failure {
    since: Instant,
    /// When a replica asks for votes, if there is one that does.
    election: Option<Instant>,
    /// When a replica that has the votes serves.
    serves: Option<Instant>,
}

impl Cluster {
    pub(super) fn new(part: &ClusterPart, parts: &Parts) -> Self {
        let gate = |store: u16| {
            let mut targets = parts.targets.iter();
            let own = |kind: &TargetKind| matches!(kind, TargetKind::Cache { store: of, .. } if *of == store);
            targets.find(|target| own(&target.kind)).map(|target| target.gate)
        };
        let master = |number: u16| Master {
            gate: gate(part.first + number),
            up_since: Instant::START,
            started: Instant::START,
            pings: vec![0.0; usize::from(part.masters)],
            reports: Span::ZERO,
            failed: None,
            voted: None,
            in_minority: false,
            rejoined: Instant::START,
        };
        Cluster { masters: (0..part.masters).map(master).collect() }
    }
}

impl World<'_> {
    /// The cluster of a store, and which of its masters that is.
    fn master_at(&self, store: u16) -> Option<(u16, usize)> {
        let cluster = self.parts.survivals[usize::from(store)].cluster?;
        Some((cluster, usize::from(store - self.parts.clusters[usize::from(cluster)].first)))
    }

    /// Takes note that a master is silent from now on.
    pub(super) fn master_goes_silent(&mut self, core: &mut Core<'_>, store: u16) {
        let Some((cluster, number)) = self.master_at(store) else { return };
        let part = &self.parts.clusters[usize::from(cluster)];
        let stream = &mut self.cache_servers[usize::from(store)].stream;
        let master = &mut self.clusters[usize::from(cluster)].masters[number];
        master.pings.iter_mut().for_each(|ping| *ping = stream.unit());
        master.reports = part.reports.sample_span(stream);
        self.look_at_cluster(core, cluster);
    }

    /// Takes note that a master answers again, after a crash or not.
    pub(super) fn master_answers(&mut self, core: &mut Core<'_>, store: u16, started: bool) {
        let Some((cluster, number)) = self.master_at(store) else { return };
        let now = core.now();
        let master = &mut self.clusters[usize::from(cluster)].masters[number];
        master.up_since = now;
        if started {
            master.started = now + AFTER_START;
        }
        self.look_at_cluster(core, cluster);
    }

    /// Takes note that a replica serves in a master's place.
    pub(super) fn master_replaced(&mut self, core: &mut Core<'_>, store: u16) {
        let Some((cluster, number)) = self.master_at(store) else { return };
        self.clusters[usize::from(cluster)].masters[number].failed = None;
        self.look_at_cluster(core, cluster);
    }

    /// Goes on with whatever is due in a cluster: suspicions, failures, elections, promotions, refusals.
    pub(super) fn look_at_cluster(&mut self, core: &mut Core<'_>, cluster: u16) {
        let part = &self.parts.clusters[usize::from(cluster)];
        let now = core.now();
        let mut next = Instant::NEVER;
        for number in 0..usize::from(part.masters) {
            next = next.min(self.look_whether_failed(part, cluster, number, now));
            let (at, promotes) = self.look_at_election(part, cluster, number, now);
            next = next.min(at);
            if promotes && let Some(gate) = self.clusters[usize::from(cluster)].masters[number].gate {
                self.promote(core, gate, part.first + number as u16);
                // That looked at the whole again.
                return;
            }
        }
        for number in 0..usize::from(part.masters) {
            next = next.min(self.look_whether_refuses(part, cluster, number, now));
        }
        if next != Instant::NEVER {
            self.plan(core, next.max(now), Chore::Cluster { cluster });
        }
    }

    fn silent_since(&self, part: &ClusterPart, number: usize) -> Option<Instant> {
        self.cache_servers[usize::from(part.first) + number].silent_since
    }

    /// When one master begins to suspect another that is silent.
    fn suspects(&self, part: &ClusterPart, cluster: u16, (by, of): (usize, usize)) -> Option<Instant> {
        let masters = &self.clusters[usize::from(cluster)].masters;
        let silent = self.silent_since(part, of)?;
        let asked = part.node_timeout * (0.5 * masters[of].pings[by]);
        Some(silent.max(masters[by].up_since) + part.node_timeout + asked)
    }

    /// Looks whether a majority takes a master for gone by now; gives when it will, if nothing else happens.
    fn look_whether_failed(&mut self, part: &ClusterPart, cluster: u16, of: usize, now: Instant) -> Instant {
        let master = &self.clusters[usize::from(cluster)].masters[of];
        if master.failed.is_some() || self.silent_since(part, of).is_none() {
            return Instant::NEVER;
        }
        let others = (0..usize::from(part.masters)).filter(|by| *by != of);
        let living = others.filter(|by| self.silent_since(part, *by).is_none());
        let mut suspicions: Vec<Instant> =
            living.filter_map(|by| self.suspects(part, cluster, (by, of))).collect();
        suspicions.sort_unstable();
        let Some(last) = suspicions.get(part.majority() - 1) else { return Instant::NEVER };
        let at = *last + master.reports;
        if at > now {
            return at;
        }
        let server = &mut self.cache_servers[usize::from(part.first) + of];
        let wait = BEFORE_ELECTION * (1.0 + server.stream.unit());
        let election = (server.replicas > 0).then(|| now + wait);
        let failure = Failure { since: now, election, serves: None };
        self.clusters[usize::from(cluster)].masters[of].failed = Some(failure);
        Instant::NEVER
    }

    /// Goes on with the election of a replica; gives when to look again, and whether it serves now.
    fn look_at_election(
        &mut self,
        part: &ClusterPart,
        cluster: u16,
        of: usize,
        now: Instant,
    ) -> (Instant, bool) {
        let masters = usize::from(part.masters);
        let living = (0..masters).filter(|number| self.silent_since(part, *number).is_none()).count();
        let silent = self.silent_since(part, of);
        let server = &mut self.cache_servers[usize::from(part.first) + of];
        let master = &mut self.clusters[usize::from(cluster)].masters[of];
        let Some(failure) = &mut master.failed else { return (Instant::NEVER, false) };
        if let Some(at) = failure.serves {
            return (at, at <= now);
        }
        let twice = part.node_timeout * 2.0;
        let Some(election) = failure.election else {
            if silent.is_some() {
                return (Instant::NEVER, false);
            }
            // The others believe that it is back when it has been for long enough.
            let forgiven = failure.since + twice;
            if forgiven > now {
                return (forgiven, false);
            }
            master.failed = None;
            return (Instant::NEVER, false);
        };
        if election > now {
            return (election, false);
        }
        let factor = f64::from(part.replica_validity_factor);
        let valid = part.node_timeout * (factor + 1.0) + REPLICATION_PING;
        if factor > 0.0 && silent.is_some_and(|since| now.since(since) > valid) {
            failure.election = None;
            return (Instant::NEVER, false);
        }
        let has_voted = master.voted.is_some_and(|at| now.since(at) < twice);
        if living < part.majority() || has_voted {
            let again = now + twice.max(Span::from_secs(2)) * 2.0;
            failure.election = Some(again);
            return (again, false);
        }
        master.voted = Some(now);
        let serves = now + part.discovery.sample_span(&mut server.stream);
        failure.serves = Some(serves);
        (serves, serves <= now)
    }

    /// Looks whether a master refuses all keys; gives when that may change, if nothing else happens.
    fn look_whether_refuses(
        &mut self,
        part: &ClusterPart,
        cluster: u16,
        number: usize,
        now: Instant,
    ) -> Instant {
        let mut next = Instant::NEVER;
        if self.silent_since(part, number).is_some() {
            return next;
        }
        let masters = &self.clusters[usize::from(cluster)].masters;
        let is_uncovered = part.require_full_coverage && masters.iter().any(|it| it.failed.is_some());
        let mut reached = 0;
        for (of, other) in masters.iter().enumerate() {
            let suspects = self.suspects(part, cluster, (number, of)).filter(|_| of != number);
            let is_gone = other.failed.is_some() || suspects.is_some_and(|at| at <= now);
            reached += usize::from(!is_gone);
            next = next.min(suspects.filter(|at| *at > now).unwrap_or(Instant::NEVER));
        }
        let master = &mut self.clusters[usize::from(cluster)].masters[number];
        let in_minority = reached < part.majority();
        if std::mem::replace(&mut master.in_minority, in_minority) && !in_minority {
            master.rejoined = now + part.node_timeout.max(REJOIN.0).min(REJOIN.1);
        }
        let waits = [master.rejoined, master.started].into_iter().filter(|at| *at > now);
        let waits = waits.max().inspect(|at| next = next.min(*at));
        let gate = master.gate;
        if let Some(gate) = gate {
            self.gates[usize::from(gate)].refuses = is_uncovered || in_minority || waits.is_some();
        }
        next
    }
}
