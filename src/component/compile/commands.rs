//! Compiles commands to caches: the way there, the time in the loop, what they do, the way back.

use super::builder::{Builder, Spot};
use super::flags::SwitchKey;
use super::kinds::Kind;
use super::layout::CacheServerAt;
use crate::component::cache::{
    AofSpec, CacheSpec, CommandSpec, Fsync, GetSpec, IncrementSpec, OnError, PersistenceSpec, RankReadSpec,
    RankUpdateSpec, SetSpec, checksum,
};
use crate::component::link::Leg;
use crate::component::mistake::{Part, Place, code};
use crate::component::parts::{CacheHook, EntryRef, Hook, SetCost};
use crate::engine::{Station, Step};
use crate::random::Law;
use crate::units::{Bytes, Span};

/// The largest value. Source: Redis `proto-max-bulk-len`.
const LARGEST: Bytes = Bytes::new(512 << 20);

/// A logical cache and the server that holds it.
#[derive(Clone, Copy, Debug)]
pub(super) struct CacheAt {
    server: u16,
    at: CacheServerAt,
    pub(super) space: u16,
}

/// What is sent to a cache server.
#[derive(Clone, Copy, Debug)]
pub(super) enum Command {
    Get,
    Set,
    Del,
    Incr,
    Zadd,
    Zrange,
    Eval,
}

impl Command {
    /// Its own time, and the key it stands under.
    fn of(self, spec: &CacheSpec) -> (Option<&CommandSpec>, &'static str) {
        let commands = &spec.commands;
        match self {
            Command::Get => (commands.get.as_ref(), "get"),
            Command::Set => (commands.set.as_ref(), "set"),
            Command::Del => (commands.del.as_ref(), "del"),
            Command::Incr => (commands.incr.as_ref(), "incr"),
            Command::Zadd => (commands.zadd.as_ref(), "zadd"),
            Command::Zrange => (commands.zrange.as_ref(), "zrange"),
            Command::Eval => (commands.eval.as_ref(), "eval"),
        }
    }
}

impl<'a> Builder<'a> {
    pub(super) fn cache(&mut self, name: &str, spot: &Spot) -> Option<CacheAt> {
        let found = self.layout.caches.get_full(name);
        let Some((space, _, server)) = found else {
            let known = self.layout.caches.keys().map(String::as_str);
            let place = spot.place.key("cache");
            let mut unknown = self.unknown_name(spot.part, place, "cache", name, known);
            if !self.layout.caches.is_empty() {
                unknown.remedy.push_str("; a cache server's `holds` lists its caches");
            }
            self.mistakes.push(unknown);
            return None;
        };
        let at = self.layout.servers[usize::from(*server)];
        Some(CacheAt { server: *server, at, space: space as u16 })
    }

    /// The logical cache and the entry that a step names.
    pub(super) fn entry(
        &mut self,
        cache: &str,
        key: Option<&String>,
        kind: Kind,
        spot: &Spot,
    ) -> Option<(CacheAt, EntryRef)> {
        let name = key;
        self.uses((cache, key), kind, spot);
        let key = self.key_or_single(key, spot);
        let at = self.cache(cache, spot)?;
        let prefix = checksum(0, cache.as_bytes());
        let prefix = name.map_or(prefix, |name| checksum(prefix, format!(":{name}:").as_bytes()));
        Some((at, EntryRef { store: at.at.store, space: at.space, key, prefix }))
    }

    /// Emits what goes to a cache, or while a switch is on to its standby.
    fn either(&mut self, cache: CacheAt, mut body: impl FnMut(&mut Self, CacheAt)) {
        let switch = self.switch(&SwitchKey::Standby(cache.space));
        let standby = self.layout.standbys.get(&cache.space).copied();
        let (Some(switch), Some(server)) = (switch, standby) else { return body(self, cache) };
        let to_standby = self.around(Some(switch));
        body(self, cache);
        let end = self.emit(Step::Finish);
        self.around_to_here(to_standby);
        let at = self.layout.servers[usize::from(server)];
        body(self, CacheAt { server, at, ..cache });
        self.program.steps[end] = Step::Jump { to: self.here() };
    }

    /// Emits what goes to the master of an entry; `body` gets its command loop, and how many masters are before it.
    fn at_its_master(
        &mut self,
        cache: CacheAt,
        entry: EntryRef,
        mut body: impl FnMut(&mut Self, Station, u16),
    ) {
        let CacheServerAt { command_loop, masters, .. } = cache.at;
        if masters == 1 {
            return body(self, Station::fixed(command_loop), 0);
        }
        let Some(cluster) = self.parts.survivals[usize::from(cache.at.store)].cluster else { return };
        let table = self.parts.masters.len();
        self.parts.masters.push(Vec::new());
        self.hook(Hook::Master { entry, cluster, table: table as u16 });
        let mut ends = Vec::new();
        for master in 0..masters {
            let here = self.here();
            self.parts.masters[table].push(here);
            body(self, Station::fixed(command_loop + u32::from(master)), master);
            ends.push(self.emit(Step::Finish));
        }
        let to = self.here();
        ends.into_iter().for_each(|end| self.program.steps[end] = Step::Jump { to });
    }

    pub(super) fn cache_hook(&mut self, entry: EntryRef, hook: CacheHook) {
        self.hook(Hook::Cache { entry, hook });
    }

    pub(super) fn server(&self, cache: CacheAt) -> Option<(&'a String, &'a CacheSpec)> {
        self.system.deployment.caches.get_index(usize::from(cache.server))
    }

    /// Time of a command, whatever it touches besides a value of this size.
    fn command_law(&mut self, cache: CacheAt, command: Command, size: Bytes) -> Option<Law> {
        let (name, spec) = self.server(cache)?;
        let spot = Spot::new(Part::Deployment, Place::default().key("caches").key(name));
        let (own, key) = command.of(spec);
        let Some(own) = own else { return self.law(&spec.command, &spot.key("command")) };
        let law = self.law(&own.time, &spot.key("commands").key(key).key("time"))?;
        let size_s = size.as_u64() as f64 / 1024.0 * own.per_kibibyte.as_secs_f64();
        // The size adds to the mean and keeps the relative spread.
        let mean = law.mean();
        Some(if mean > 0.0 { law.scaled(1.0 + size_s / mean) } else { law })
    }

    /// Emits a command up to the moment it has run.
    pub(super) fn command(
        &mut self,
        (cache, entry): (CacheAt, EntryRef),
        command: Command,
        size: Bytes,
        spot: &Spot,
        purpose: &str,
    ) {
        self.either(cache, |builder, cache| builder.command_at((cache, entry), command, size, spot, purpose));
    }

    fn command_at(
        &mut self,
        (cache, entry): (CacheAt, EntryRef),
        command: Command,
        size: Bytes,
        spot: &Spot,
        purpose: &str,
    ) {
        let Some((name, _)) = self.server(cache) else { return };
        self.link(name, Leg::There, spot.draw(&format!("{purpose} there")));
        let law = self.command_law(cache, command, size);
        let demand = law.map(|law| self.demand(law, spot.draw(purpose)));
        let flush = self.flush_of(cache, command, spot.draw(&format!("{purpose} flush")));
        let gate = spot.draw(&format!("{purpose} gate"));
        self.at_its_master(cache, entry, |builder, slots, master| {
            builder.gate_of_master(name, master, gate);
            match (demand, flush) {
                (None, _) => {}
                (Some(demand), None) => {
                    builder.emit(Step::Serve { slots, demand });
                }
                (Some(demand), Some(flush)) => {
                    builder.emit(Step::Acquire { slots });
                    builder.emit(Step::Delay { demand });
                    builder.emit(Step::Delay { demand: flush });
                    builder.emit(Step::Release);
                }
            }
        });
    }

    /// How long a write holds up the loop until it is on the disk, where it waits for that.
    fn flush_of(&mut self, cache: CacheAt, command: Command, site: u64) -> Option<u32> {
        let (name, spec) = self.server(cache)?;
        let PersistenceSpec::Aof(AofSpec { fsync: Fsync::Always, flush: Some(flush) }) = &spec.persistence
        else {
            return None;
        };
        if matches!(command, Command::Get | Command::Zrange) {
            return None;
        }
        let place = Place::default().key("caches").key(name).key("persistence").key("aof").key("flush");
        let law = self.law(flush, &Spot::new(Part::Deployment, place))?;
        Some(self.demand(law, site))
    }

    /// Emits the way back of a command's answer.
    pub(super) fn answer(&mut self, cache: CacheAt, spot: &Spot, purpose: &str) {
        self.either(cache, |builder, cache| {
            if let Some((name, _)) = builder.server(cache) {
                builder.link(name, Leg::Back, spot.draw(&format!("{purpose} back")));
            }
        });
    }

    /// Tells of a lifetime that is over before anything can happen: Redis refuses it.
    pub(super) fn lives(&mut self, ttl: Option<Span>, spot: &Spot) {
        if ttl.is_some_and(Span::is_zero) {
            self.range(&spot.key("ttl"), "0s".to_owned(), "above 0s");
        }
    }

    /// Tells of a value that is larger than any server takes.
    pub(super) fn is_sent(&mut self, size: Bytes, spot: &Spot) {
        if size > LARGEST {
            self.range(&spot.key("size"), size.to_string(), "at most 512MiB");
        }
    }

    /// Tells of a value that is larger than the server takes, or that does not fit into its memory even by itself.
    pub(super) fn fits(&mut self, cache: CacheAt, size: Bytes, spot: &Spot) {
        self.is_sent(size, spot);
        if size > LARGEST {
            return;
        }
        let Some((name, spec)) = self.server(cache) else { return };
        let overhead = spec.entry_overhead;
        let takes = Bytes::new(size.as_u64().saturating_add(overhead.as_u64()));
        let Some(memory) = spec.memory.filter(|memory| *memory < takes && *memory > overhead) else { return };
        let cause =
            format!("an entry takes {takes}, and `{name}` has {memory}: not even one fits into its memory");
        let remedy = format!("give `{name}` more `memory`, or the values another `size`");
        self.warn(&spot.key("size"), code::RANGE, cause, remedy);
    }

    /// Emits a read, which goes on whether it finds something or not.
    pub(super) fn get(&mut self, spec: &GetSpec, spot: &Spot) {
        let Some((cache, entry)) = self.entry(&spec.cache, spec.key.as_ref(), Kind::Read, spot) else {
            return self.is_sent(spec.size, spot);
        };
        self.fits(cache, spec.size, spot);
        self.asked(cache, spec.on_error, |builder| {
            builder.cache_hook(entry, CacheHook::Ask);
            builder.command((cache, entry), Command::Get, spec.size, spot, "command");
            let miss = builder.here() + 1;
            builder.cache_hook(entry, CacheHook::LookUp { miss });
            builder.answer(cache, spot, "command");
        });
    }

    /// Emits a write.
    pub(super) fn set(&mut self, spec: &SetSpec, spot: &Spot) {
        self.lives(spec.ttl, spot);
        let Some((cache, entry)) = self.entry(&spec.cache, spec.key.as_ref(), Kind::Value, spot) else {
            return self.is_sent(spec.size, spot);
        };
        self.fits(cache, spec.size, spot);
        self.asked(cache, spec.on_error, |builder| {
            builder.command((cache, entry), Command::Set, spec.size, spot, "command");
            let (size, ttl) = (spec.size, spec.ttl);
            builder.cache_hook(entry, CacheHook::Put { size, ttl, stale: Span::ZERO, jitter: 0.0, site: 0 });
            builder.answer(cache, spot, "command");
        });
    }

    /// Emits a deletion.
    pub(super) fn delete(&mut self, spec: &GetSpec, spot: &Spot) {
        let Some((cache, entry)) = self.entry(&spec.cache, spec.key.as_ref(), Kind::Any, spot) else {
            return self.is_sent(spec.size, spot);
        };
        self.fits(cache, spec.size, spot);
        self.asked(cache, spec.on_error, |builder| {
            builder.command((cache, entry), Command::Del, Bytes::default(), spot, "command");
            builder.cache_hook(entry, CacheHook::Delete);
            builder.answer(cache, spot, "command");
        });
    }

    /// Emits an increment; whoever is above the limit is declined when the answer is back.
    pub(super) fn increment(&mut self, spec: &IncrementSpec, spot: &Spot) {
        self.lives(spec.ttl, spot);
        let Some((cache, entry)) = self.entry(&spec.cache, spec.key.as_ref(), Kind::Counter, spot) else {
            return;
        };
        self.asked(cache, spec.on_error, |builder| {
            builder.command((cache, entry), Command::Incr, Bytes::default(), spot, "command");
            builder.cache_hook(entry, CacheHook::Increment { by: spec.by, limit: spec.limit, ttl: spec.ttl });
            builder.answer(cache, spot, "command");
        });
    }

    /// Emits a rise of a member's score.
    pub(super) fn rank_update(&mut self, spec: &RankUpdateSpec, spot: &Spot) {
        let member = self.key(&spec.member, &spot.key("member"));
        let Some((cache, entry)) = self.entry(&spec.cache, spec.key.as_ref(), Kind::SortedSet, spot) else {
            return self.is_sent(spec.size, spot);
        };
        self.fits(cache, spec.size, spot);
        let Some(member) = member else { return };
        let hook = |cost| CacheHook::AddMember { member, size: spec.size, cost };
        self.set_command(cache, Command::Zadd, spec.on_error, spot, entry, hook);
    }

    /// Emits a read of the top of a sorted set.
    pub(super) fn rank_read(&mut self, spec: &RankReadSpec, spot: &Spot) {
        if spec.top == 0 {
            self.range(&spot.key("top"), "0".to_owned(), "at least 1");
        }
        let Some((cache, entry)) = self.entry(&spec.cache, spec.key.as_ref(), Kind::SortedSet, spot) else {
            return;
        };
        let hook = |cost| CacheHook::ReadMembers { top: spec.top, cost };
        self.set_command(cache, Command::Zrange, spec.on_error, spot, entry, hook);
    }

    /// Emits a command whose time depends on the sorted set that it finds.
    fn set_command(
        &mut self,
        cache: CacheAt,
        command: Command,
        on_error: OnError,
        spot: &Spot,
        entry: EntryRef,
        hook: impl Fn(u16) -> CacheHook,
    ) {
        self.asked(cache, on_error, |builder| {
            if matches!(command, Command::Zrange) {
                builder.cache_hook(entry, CacheHook::Ask);
            }
            builder.either(cache, |builder, cache| {
                builder.set_command_at((cache, entry), command, spot, &hook);
            });
            builder.answer(cache, spot, "command");
        });
    }

    fn set_command_at(
        &mut self,
        (cache, entry): (CacheAt, EntryRef),
        command: Command,
        spot: &Spot,
        hook: &impl Fn(u16) -> CacheHook,
    ) {
        let Some((name, spec)) = self.server(cache) else { return };
        let Some(law) = self.command_law(cache, command, Bytes::default()) else { return };
        let (own, _) = command.of(spec);
        let demand = self.demand(law, spot.draw("command"));
        self.parts.set_costs.push(SetCost {
            demand,
            per_doubling: own.map_or(Span::ZERO, |own| own.per_doubling),
            per_member: own.map_or(Span::ZERO, |own| own.per_member),
        });
        let hook = hook((self.parts.set_costs.len() - 1) as u16);
        let flush = self.flush_of(cache, command, spot.draw("command flush"));
        self.link(name, Leg::There, spot.draw("command there"));
        self.at_its_master(cache, entry, |builder, slots, master| {
            builder.gate_of_master(name, master, spot.draw("command gate"));
            builder.emit(Step::Acquire { slots });
            builder.cache_hook(entry, hook);
            if let Some(flush) = flush {
                builder.emit(Step::Delay { demand: flush });
            }
            builder.emit(Step::Release);
        });
    }
}
