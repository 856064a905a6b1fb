//! What steps ask of caches, and the cycles that look for expired entries.

use super::World;
use super::timers::Due;
use crate::component::cache::{Found, Name, Put, Store};
use crate::component::parts::{CacheHook, EntryRef, KeyRef};
use crate::engine::{Core, Flow, Start, TaskId};
use crate::random::mix;
use crate::record::Cause;
use crate::units::{Instant, Span};

impl World<'_> {
    pub(super) fn store(&mut self, store: u16) -> &mut Store {
        &mut self.stores[usize::from(store)]
    }

    /// Does something with an entry.
    #[inline]
    pub(super) fn cache_hook(
        &mut self,
        core: &mut Core<'_>,
        task: TaskId,
        entry: EntryRef,
        hook: CacheHook,
    ) -> Flow {
        let now = core.now();
        let EntryRef { space, key, .. } = entry;
        let store = self.store_of(core, task, entry);
        let name: Name = (space, Self::entry_key(core, task, key));
        match hook {
            CacheHook::Ask => {
                self.store(store).wanted += 1;
                Flow::Next
            }
            CacheHook::LookUp { miss } => match self.store(store).look_up(now, name) {
                Found::Nothing => Flow::Jump(miss),
                Found::Fresh { .. } | Found::Stale => Flow::Next,
            },
            CacheHook::LookUpAs { look_up } => self.look_up_as(core, task, store, name, look_up),
            CacheHook::Fetch { process, shared, fetch } => {
                self.begin_fetch(core, task, (process, core.replica(task), store, name), shared, fetch)
            }
            CacheHook::Put { size, ttl, stale, jitter, site } => {
                let ttl = ttl.map(|ttl| {
                    let spread = f64::from(jitter);
                    let u = if spread > 0.0 { core.draw(task, site).unit() } else { 0.5 };
                    ttl * (1.0 + spread * (2.0 * u - 1.0))
                });
                let stored = self.store(store).put(now, name, Put { size, ttl, stale });
                self.arm_expiry(core, store);
                self.keeps_more(core);
                if stored.is_ok() { Flow::Next } else { Flow::Fail(Cause::OutOfMemory) }
            }
            CacheHook::Delete => {
                self.store(store).delete(now, name);
                Flow::Next
            }
            CacheHook::Increment { by, limit, ttl } => {
                let value = self.store(store).increment(now, name, i64::from(by), ttl);
                self.arm_expiry(core, store);
                self.keeps_more(core);
                match value {
                    Err(_) => Flow::Fail(Cause::OutOfMemory),
                    Ok(value) if limit.is_some_and(|limit| value > i64::from(limit)) => {
                        Flow::Fail(Cause::Declined)
                    }
                    Ok(_) => Flow::Next,
                }
            }
            CacheHook::AddMember { member, size, cost } => {
                let member = core.key_of(task, member);
                let added = self.store(store).add_member(now, name, member, size);
                self.keeps_more(core);
                match added {
                    Ok(members) => self.set_cost(core, task, cost, members, 0),
                    Err(_) => Flow::Fail(Cause::OutOfMemory),
                }
            }
            CacheHook::ReadMembers { top, cost } => {
                let members = self.store(store).members(now, name);
                self.set_cost(core, task, cost, members, members.min(u64::from(top)))
            }
            CacheHook::WantLock => self.want_lock(core, task, store, name),
            CacheHook::TryLock { lock, other } => self.try_lock(core, task, lock, other),
            CacheHook::PauseLock { lock } => self.pause_lock(core, task, lock),
            CacheHook::FreeLock { lock } => self.free_lock(core, task, lock),
        }
    }

    /// The store of an entry: that of its server or standby, and of its master there.
    #[inline]
    fn store_of(&self, core: &Core<'_>, task: TaskId, entry: EntryRef) -> u16 {
        let store = match self.parts.standbys.get(usize::from(entry.space)) {
            Some(Some((switch, standby))) if self.switches[usize::from(*switch)] => *standby,
            _ => entry.store,
        };
        match self.parts.survivals[usize::from(store)].cluster {
            None => store,
            Some(cluster) => store + self.master_of(core, task, entry, cluster),
        }
    }

    fn master_of(&self, core: &Core<'_>, task: TaskId, entry: EntryRef, cluster: u16) -> u16 {
        let number = match entry.key {
            KeyRef::Single => None,
            KeyRef::Space(space) => Some(core.key_of(task, space)),
        };
        self.parts.clusters[usize::from(cluster)].master(entry.prefix, number)
    }

    /// Goes where the master of an entry is asked.
    pub(super) fn to_master(
        &self,
        core: &Core<'_>,
        task: TaskId,
        entry: EntryRef,
        (cluster, table): (u16, u16),
    ) -> Flow {
        let master = self.master_of(core, task, entry, cluster);
        Flow::Jump(self.parts.masters[usize::from(table)][usize::from(master)])
    }

    /// Has a standby hold what it has copied of a store.
    pub(super) fn copy_store(&mut self, core: &mut Core<'_>, from: u16, to: u16) {
        let now = core.now();
        let lag = self.parts.survivals[usize::from(from)].copied.unwrap_or(Span::ZERO);
        let until = self.cache_servers[usize::from(from)].silent_since.unwrap_or(now);
        let behind = Instant::from_nanos(until.as_nanos().saturating_sub(lag.as_nanos()));
        let mut copy = self.store(from).clone();
        copy.back_to(now, behind);
        self.store(to).take_entries(now, copy);
        self.arm_expiry(core, to);
        self.count_kept(core);
    }

    fn set_cost(&self, core: &Core<'_>, task: TaskId, cost: u16, members: u64, read: u64) -> Flow {
        let cost = self.parts.set_costs[usize::from(cost)];
        let doublings = if members > 1 { (members as f64).log2() } else { 0.0 };
        let took =
            core.draw_span(task, cost.demand) + cost.per_doubling * doublings + cost.per_member * read as f64;
        if took.is_zero() { Flow::Next } else { Flow::Delay(took) }
    }

    fn look_up_as(&mut self, core: &Core<'_>, task: TaskId, store: u16, name: Name, look_up: u16) -> Flow {
        let found = self.store(store).look_up(core.now(), name);
        let spec = &self.parts.look_ups[usize::from(look_up)];
        match found {
            Found::Nothing => Flow::Jump(spec.miss),
            Found::Stale => {
                let flying = self.fetches.is_shared((spec.process, core.replica(task), store, name));
                if flying { Flow::Next } else { Flow::Jump(spec.renew) }
            }
            Found::Fresh { left, found_in_s } => {
                // XFetch: renewed early if now − δ·β·ln(u) is past its time.
                let early = spec.early.is_some_and(|beta| {
                    let u = core.draw(task, spec.site).unit().max(f64::MIN_POSITIVE);
                    -u.ln() * beta * f64::from(found_in_s) >= left.as_secs_f64()
                });
                if early { Flow::Jump(spec.miss) } else { Flow::Next }
            }
        }
    }

    /// Sees to it that a store's expiry cycle runs if it has anything to do.
    pub(super) fn arm_expiry(&mut self, core: &mut Core<'_>, store: u16) {
        let index = usize::from(store);
        if !self.cycles[index].armed && self.stores[index].is_volatile() {
            self.cycles[index].armed = true;
            let period = self.stores[index].cycle_period();
            let phase = self.cycles[index].phase;
            self.set_due(core, core.now() + period * phase, Due::Expiry { store });
        }
    }

    /// Starts a store's expiry cycle, which takes its turn in the loop.
    pub(super) fn expiry_due(&mut self, core: &mut Core<'_>, store: u16) {
        let index = usize::from(store);
        let Some(pc) = self.parts.expiry.get(index).copied() else { return };
        if !self.stores[index].is_volatile() {
            self.cycles[index].armed = false;
            return;
        }
        core.start_background(Start {
            pc,
            operation: u16::MAX,
            key: mix(core.now().as_nanos(), u64::from(store)),
            priority: 0,
            notify: None,
        });
    }

    /// Entries of different keys are different entries: coupon 7 is not user 7.
    fn entry_key(core: &Core<'_>, task: TaskId, key: KeyRef) -> u64 {
        match key {
            KeyRef::Single => 0,
            KeyRef::Space(space) => core.key_of(task, space) ^ ((u64::from(space) + 1) << 48),
        }
    }

    /// Runs a store's expiry cycle.
    pub(super) fn expire(&mut self, core: &Core<'_>, store: u16) -> Flow {
        if self.is_silent(store) {
            return Flow::Next;
        }
        let took = self.store(store).expire_cycle(core.now());
        if took.is_zero() { Flow::Next } else { Flow::Delay(took) }
    }

    /// Has a store's expiry cycle run again.
    pub(super) fn expire_again(&mut self, core: &mut Core<'_>, store: u16) {
        let period = self.store(store).cycle_period();
        self.set_due(core, core.now() + period, Due::Expiry { store });
    }
}

/// When a store's expiry cycle runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExpiryCycle {
    /// Whether it is going on or about to.
    pub(super) armed: bool,
    /// When the first one is due, as a share of the period: the server's clock is not the run's.
    pub(super) phase: f64,
}

/// No pause at all would have the loop run for ever in one instant.
pub(super) const SHORTEST_PAUSE: Span = Span::from_nanos(1_000);
