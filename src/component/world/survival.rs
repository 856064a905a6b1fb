//! What becomes of a cache server that goes down: what it has when it is back, and who takes its place.

use super::World;
use super::agenda::Chore;
use crate::component::cache::{Journal, PersistenceSpec, Store};
use crate::component::parts::Survival;
use crate::engine::{Core, Flow, Held, Start};
use crate::random::{Stream, mix};
use crate::record::{Cause, HappeningKind};
use crate::timeline::Condition;
use crate::units::{Bytes, Instant, Span};

/// How often it is looked at whether a snapshot is due.
const LOOK: Span = Span::from_secs(1);

/// A cache server while it runs.
#[derive(Debug)]
pub(super) struct CacheServer {
    /// When the one that serves went silent.
    pub(super) silent_since: Option<Instant>,
    /// When it last went down, and whether its machine went with it.
    down: (Instant, bool),
    /// Whether it is up again and still reads its file.
    loading: bool,
    /// Whether a replica serves in the place of the one that the faults are about.
    replaced: bool,
    /// Replicas that could take its place.
    pub(super) replicas: u16,
    /// Goes up whenever what was expected will not come.
    generation: u32,
    /// Goes up whenever a process ends: with a crash, and with a replica in its place.
    life: u32,
    /// When its file is flushed, as a share of the period: its clock is not the run's.
    phase: f64,
    pub(super) stream: Stream,
}

impl CacheServer {
    pub(super) fn new(survival: &Survival, name: &str, seed: u64, replication: u64) -> Self {
        let mut stream = Stream::named(seed, replication, name, "failover");
        CacheServer {
            silent_since: None,
            down: (Instant::START, false),
            loading: false,
            replaced: false,
            replicas: survival.replicas,
            generation: 0,
            life: 0,
            phase: stream.unit(),
            stream,
        }
    }
}

impl World<'_> {
    /// Puts the server that a fault is about into a condition.
    pub(super) fn set_cache(
        &mut self,
        core: &mut Core<'_>,
        (gate, store, command_loop): (u16, u16, u32),
        before: &Condition,
        after: &Condition,
    ) {
        let now = core.now();
        let index = usize::from(store);
        let is_silent = |condition: &Condition| condition.down || condition.hung;
        if self.cache_servers[index].replaced {
            // Whoever serves in its place is in another condition.
            if !is_silent(after) {
                let server = &mut self.cache_servers[index];
                server.replaced = false;
                server.replicas += 1;
                self.serve_as(core, (gate, store, command_loop), after);
            }
            return;
        }
        if after.down && !before.down {
            core.break_served(Cause::Unavailable, command_loop);
            core.break_held(Cause::Unavailable, |held| held == Held::Slot(command_loop));
            self.cache_servers[index].down = (now, after.host);
            self.cache_servers[index].life += 1;
            if self.parts.survivals[index].forgets_at_once() {
                self.stores[index].clear(now);
            }
        }
        if is_silent(after) && !is_silent(before) {
            self.goes_silent(core, gate, store, after.hung);
        } else if !is_silent(after) && is_silent(before) {
            let server = &mut self.cache_servers[index];
            server.generation += 1;
            server.silent_since = None;
            if !before.down {
                self.master_answers(core, store, false);
            }
        }
        if before.down && !after.down {
            self.starts_again(core, (gate, store, command_loop), after);
        } else {
            let down = after.down || self.cache_servers[index].loading;
            self.serve_as(core, (gate, store, command_loop), &Condition { down, ..after.clone() });
        }
    }

    /// Whether a server is gone or hangs: nothing changes in it meanwhile.
    pub(super) fn is_silent(&self, store: u16) -> bool {
        self.cache_servers[usize::from(store)].silent_since.is_some()
    }

    fn serve_as(
        &mut self,
        core: &mut Core<'_>,
        (gate, store, command_loop): (u16, u16, u32),
        condition: &Condition,
    ) {
        core.set_slots_slowness(command_loop, condition.slowness);
        self.stores[usize::from(store)].set_pressure(core.now(), condition.pressure);
        self.gates[usize::from(gate)].gone = condition.down || condition.hung || condition.cut;
        self.set_gate(core, gate, condition);
    }

    /// Has its Sentinels find out, if there are any and there is a replica.
    fn goes_silent(&mut self, core: &mut Core<'_>, gate: u16, store: u16, hangs: bool) {
        let index = usize::from(store);
        let server = &mut self.cache_servers[index];
        server.generation += 1;
        server.loading = false;
        server.silent_since = Some(core.now());
        let generation = server.generation;
        if self.parts.survivals[index].cluster.is_some() {
            return self.master_goes_silent(core, store);
        }
        let Some(sentinel) = self.parts.survivals[index].sentinel.as_ref().filter(|_| server.replicas > 0)
        else {
            return;
        };
        // A server that hangs is silent from its oldest question on that has no answer; one is asked every second.
        let unanswered = if hangs { Span::from_secs(1) * server.stream.unit() } else { Span::ZERO };
        let promotion = sentinel.promotion.sample_span(&mut server.stream);
        let discovery = sentinel.discovery.sample_span(&mut server.stream);
        let at = core.now() + sentinel.down_after + unanswered + promotion + discovery;
        self.plan(core, at, Chore::FailOver { gate, store, generation });
    }

    /// Puts a replica in the place of a server that is silent, unless it has come back meanwhile.
    pub(super) fn fail_over(&mut self, core: &mut Core<'_>, gate: u16, store: u16, generation: u32) {
        let index = usize::from(store);
        if self.cache_servers[index].generation == generation {
            self.promote(core, gate, store);
        }
    }

    /// Puts a replica in the place of the server; says whether there was one.
    pub(super) fn promote(&mut self, core: &mut Core<'_>, gate: u16, store: u16) -> bool {
        let now = core.now();
        let index = usize::from(store);
        let survival = &self.parts.survivals[index];
        let server = &mut self.cache_servers[index];
        if server.replicas == 0 {
            return false;
        }
        server.replicas -= 1;
        server.replaced = server.silent_since.is_some();
        server.loading = false;
        server.generation += 1;
        server.life += 1;
        // A server that is well takes its former master's place in the line; one that is silent joins when it is back.
        if !server.replaced {
            server.replicas += 1;
        }
        let until = server.silent_since.take().unwrap_or(now);
        let behind = Instant::from_nanos(until.as_nanos().saturating_sub(survival.lag.as_nanos()));
        self.stores[index].back_to(now, behind);
        self.serve_as(core, (gate, store, survival.command_loop), &Condition::CALM);
        self.counts_anew(core, gate);
        let name = self.parts.stores[index].server.clone();
        self.note(now, HappeningKind::FailedOver, name, String::new());
        self.master_replaced(core, store);
        true
    }

    /// Has a server start again with what it kept.
    fn starts_again(&mut self, core: &mut Core<'_>, at: (u16, u16, u32), condition: &Condition) {
        let (gate, store, _) = at;
        let now = core.now();
        let index = usize::from(store);
        let survival = &self.parts.survivals[index];
        let server = &self.cache_servers[index];
        match &survival.persistence {
            // It forgot everything when it went down, unless a replica could have taken over.
            PersistenceSpec::None => self.stores[index].clear(now),
            PersistenceSpec::Rdb(_) => self.stores[index].back_to_snapshot(now),
            PersistenceSpec::Aof(aof) => {
                let (down_at, with_host) = server.down;
                if let Some(period) = aof.fsync.period().filter(|_| with_host) {
                    self.stores[index].back_to(now, last_flush(down_at, period, server.phase));
                }
            }
        }
        self.counts_anew(core, gate);
        let loading = per_gibibyte(survival.load_per_gibibyte, self.stores[index].occupied());
        if loading.is_zero() {
            self.serve_as(core, at, condition);
            return self.master_answers(core, store, true);
        }
        self.cache_servers[index].loading = true;
        self.serve_as(core, at, &Condition { down: true, ..condition.clone() });
        let generation = self.cache_servers[index].generation;
        self.plan(core, now + loading, Chore::Loaded { gate, store, generation });
    }

    /// Has a server that has read its file take requests.
    pub(super) fn loaded(&mut self, core: &mut Core<'_>, gate: u16, store: u16, generation: u32) {
        let index = usize::from(store);
        if self.cache_servers[index].generation == generation {
            self.cache_servers[index].loading = false;
            let condition = Condition { down: false, ..self.gates[usize::from(gate)].condition.clone() };
            self.serve_as(core, (gate, store, self.parts.survivals[index].command_loop), &condition);
            self.master_answers(core, store, true);
        }
    }

    /// Begins to look whether snapshots are due.
    pub(super) fn begin_saving(&mut self, core: &mut Core<'_>) {
        for (index, survival) in self.parts.survivals.iter().enumerate() {
            if matches!(survival.persistence, PersistenceSpec::Rdb(_)) {
                let at = core.now() + LOOK * self.cache_servers[index].phase;
                self.plan(core, at, Chore::Save { store: index as u16 });
            }
        }
    }

    /// Begins a snapshot if one is due: the fork takes its turn in the loop.
    pub(super) fn save(&mut self, core: &mut Core<'_>, store: u16) {
        let index = usize::from(store);
        let now = core.now();
        self.plan(core, now + LOOK, Chore::Save { store });
        let Some(pc) = self.parts.survivals[index].fork else { return };
        if self.cache_servers[index].silent_since.is_none() && self.stores[index].is_snapshot_due(now) {
            let key = mix(now.as_nanos(), u64::from(store));
            core.start_background(Start { pc, operation: u16::MAX, key, priority: 0, notify: None });
        }
    }

    /// Forks: the loop stands still for a moment, and the snapshot is written beside it.
    pub(super) fn fork(&mut self, core: &mut Core<'_>, store: u16) -> Flow {
        let index = usize::from(store);
        let survival = &self.parts.survivals[index];
        let PersistenceSpec::Rdb(rdb) = &survival.persistence else { return Flow::Next };
        let now = core.now();
        if !self.stores[index].is_snapshot_due(now) {
            return Flow::Next;
        }
        self.stores[index].begin_snapshot(now);
        let size = self.stores[index].occupied();
        let stands = per_gibibyte(rdb.fork_per_gibibyte, size);
        let written = now + stands + per_gibibyte(rdb.write_per_gibibyte, size);
        let life = self.cache_servers[index].life;
        self.plan(core, written, Chore::Saved { store, life });
        if stands.is_zero() { Flow::Next } else { Flow::Delay(stands) }
    }

    /// A snapshot is written, unless the server went down meanwhile. One that hangs has it written all the same: by its
    /// child.
    pub(super) fn saved(&mut self, store: u16, life: u32) {
        let index = usize::from(store);
        if self.cache_servers[index].life == life {
            self.stores[index].end_snapshot();
        }
    }
}

fn per_gibibyte(time: Span, size: Bytes) -> Span {
    time * (size.as_u64() as f64 / (1_u64 << 30) as f64)
}

/// The last flush of a file at or before an instant.
fn last_flush(at: Instant, period: Span, phase: f64) -> Instant {
    let offset = (period * phase).as_nanos();
    let since = at.as_nanos().saturating_sub(offset);
    Instant::from_nanos(at.as_nanos().min(offset + since / period.as_nanos() * period.as_nanos()))
}

impl Survival {
    /// Whether nothing of it is of use when it goes down.
    fn forgets_at_once(&self) -> bool {
        matches!(self.persistence, PersistenceSpec::None) && self.replicas == 0 && self.copied.is_none()
    }

    /// Has a store keep what its changes replace, if there is anything that it could go back to.
    pub(super) fn keep_what_is_needed(&self, mut store: Store) -> Store {
        let save = match &self.persistence {
            PersistenceSpec::Rdb(rdb) => rdb.save.clone(),
            PersistenceSpec::None | PersistenceSpec::Aof(_) => Vec::new(),
        };
        let horizon = self.horizon();
        if !horizon.is_zero() || !save.is_empty() {
            store.keep(Journal::new(horizon, save));
        }
        store
    }

    /// How far back each change has to be kept.
    fn horizon(&self) -> Span {
        let flushed = match &self.persistence {
            PersistenceSpec::Aof(aof) => aof.fsync.period().unwrap_or(Span::ZERO),
            PersistenceSpec::None | PersistenceSpec::Rdb(_) => Span::ZERO,
        };
        let copied = self.copied.unwrap_or(Span::ZERO);
        let replicated = if self.replicas > 0 { self.lag } else { Span::ZERO };
        flushed.max(copied).max(replicated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_flush_is_less_than_a_period_ago() {
        let second = Span::from_secs(1);
        let at = |ms: u64| Instant::START + Span::from_millis(ms);
        let flushes: Vec<Instant> =
            [200, 250, 1_249, 1_250, 9_999].into_iter().map(|ms| last_flush(at(ms), second, 0.25)).collect();
        assert_eq!(flushes, [200, 250, 250, 1_250, 9_250].map(at));
    }

    #[test]
    fn time_goes_with_size() {
        assert_eq!(per_gibibyte(Span::from_secs(10), Bytes::new(1 << 29)), Span::from_secs(5));
    }
}
