//! Compiles commands to caches: the way there, the time in the loop, what they do, the way back.

use super::builder::{Builder, Spot};
use crate::component::cache::{
    AofSpec, CacheSpec, CommandSpec, Fsync, GetSpec, IncrementSpec, OnError, PersistenceSpec, RankReadSpec,
    RankUpdateSpec, SetSpec,
};
use crate::component::link::Leg;
use crate::component::mistake::{Mistake, Part, Place};
use crate::component::parts::{CacheHook, EntryRef, Hook, SetCost};
use crate::engine::{Station, Step};
use crate::random::Law;
use crate::units::{Bytes, Span};

/// A logical cache and the server that holds it.
#[derive(Clone, Copy, Debug)]
pub(super) struct CacheAt {
    pub(super) store: u16,
    command_loop: u32,
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
        let Some((space, _, (store, command_loop))) = found else {
            let known = self.layout.caches.keys().map(String::as_str);
            let place = spot.place.key("cache");
            let mut unknown = Mistake::unknown(spot.part, place, "cache", name, known);
            unknown.remedy.push_str("; a cache server's `holds` lists its caches");
            self.mistakes.push(unknown);
            return None;
        };
        Some(CacheAt { store: *store, command_loop: *command_loop, space: space as u16 })
    }

    /// The logical cache and the entry that a step names.
    pub(super) fn entry(
        &mut self,
        cache: &str,
        key: Option<&String>,
        spot: &Spot,
    ) -> Option<(CacheAt, EntryRef)> {
        let key = self.key_or_single(key, spot);
        let at = self.cache(cache, spot)?;
        Some((at, EntryRef { store: at.store, space: at.space, key }))
    }

    pub(super) fn cache_hook(&mut self, entry: EntryRef, hook: CacheHook) {
        self.hook(Hook::Cache { entry, hook });
    }

    pub(super) fn server(&self, cache: CacheAt) -> Option<(&'a String, &'a CacheSpec)> {
        self.system.deployment.caches.get_index(usize::from(cache.store))
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
        cache: CacheAt,
        command: Command,
        size: Bytes,
        spot: &Spot,
        purpose: &str,
    ) {
        let Some((name, _)) = self.server(cache) else { return };
        self.link(name, Leg::There, spot.draw(&format!("{purpose} there")));
        self.gate(name, spot.draw(&format!("{purpose} gate")));
        if let Some(law) = self.command_law(cache, command, size) {
            let demand = self.demand(law, spot.draw(purpose));
            let slots = Station::fixed(cache.command_loop);
            let Some(flush) = self.flush_of(cache, command, spot.draw(&format!("{purpose} flush"))) else {
                self.emit(Step::Serve { slots, demand });
                return;
            };
            self.emit(Step::Acquire { slots });
            self.emit(Step::Delay { demand });
            self.emit(Step::Delay { demand: flush });
            self.emit(Step::Release);
        }
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
        if let Some((name, _)) = self.server(cache) {
            self.link(name, Leg::Back, spot.draw(&format!("{purpose} back")));
        }
    }

    /// Emits a read, which goes on whether it finds something or not.
    pub(super) fn get(&mut self, spec: &GetSpec, spot: &Spot) {
        let Some((cache, entry)) = self.entry(&spec.cache, spec.key.as_ref(), spot) else { return };
        self.asked(cache, spec.on_error, |builder| {
            builder.command(cache, Command::Get, spec.size, spot, "command");
            let miss = builder.here() + 1;
            builder.cache_hook(entry, CacheHook::LookUp { miss });
            builder.answer(cache, spot, "command");
        });
    }

    /// Emits a write.
    pub(super) fn set(&mut self, spec: &SetSpec, spot: &Spot) {
        let Some((cache, entry)) = self.entry(&spec.cache, spec.key.as_ref(), spot) else { return };
        self.asked(cache, spec.on_error, |builder| {
            builder.command(cache, Command::Set, spec.size, spot, "command");
            let (size, ttl) = (spec.size, spec.ttl);
            builder.cache_hook(entry, CacheHook::Put { size, ttl, stale: Span::ZERO, jitter: 0.0, site: 0 });
            builder.answer(cache, spot, "command");
        });
    }

    /// Emits a deletion.
    pub(super) fn delete(&mut self, spec: &GetSpec, spot: &Spot) {
        let Some((cache, entry)) = self.entry(&spec.cache, spec.key.as_ref(), spot) else { return };
        self.asked(cache, spec.on_error, |builder| {
            builder.command(cache, Command::Del, Bytes::default(), spot, "command");
            builder.cache_hook(entry, CacheHook::Delete);
            builder.answer(cache, spot, "command");
        });
    }

    /// Emits an increment; whoever is above the limit is declined when the answer is back.
    pub(super) fn increment(&mut self, spec: &IncrementSpec, spot: &Spot) {
        let Some((cache, entry)) = self.entry(&spec.cache, spec.key.as_ref(), spot) else { return };
        self.asked(cache, spec.on_error, |builder| {
            builder.command(cache, Command::Incr, Bytes::default(), spot, "command");
            builder.cache_hook(entry, CacheHook::Increment { by: spec.by, limit: spec.limit, ttl: spec.ttl });
            builder.answer(cache, spot, "command");
        });
    }

    /// Emits a rise of a member's score.
    pub(super) fn rank_update(&mut self, spec: &RankUpdateSpec, spot: &Spot) {
        let Some((cache, entry)) = self.entry(&spec.cache, spec.key.as_ref(), spot) else { return };
        let Some(member) = self.key(&spec.member, &spot.key("member")) else { return };
        self.set_command(cache, Command::Zadd, spec.on_error, spot, |cost| {
            (entry, CacheHook::AddMember { member, size: spec.size, cost })
        });
    }

    /// Emits a read of the top of a sorted set.
    pub(super) fn rank_read(&mut self, spec: &RankReadSpec, spot: &Spot) {
        let Some((cache, entry)) = self.entry(&spec.cache, spec.key.as_ref(), spot) else { return };
        self.set_command(cache, Command::Zrange, spec.on_error, spot, |cost| {
            (entry, CacheHook::ReadMembers { top: spec.top, cost })
        });
    }

    /// Emits a command whose time depends on the sorted set that it finds.
    fn set_command(
        &mut self,
        cache: CacheAt,
        command: Command,
        on_error: OnError,
        spot: &Spot,
        hook: impl FnOnce(u16) -> (EntryRef, CacheHook),
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
        let (entry, hook) = hook((self.parts.set_costs.len() - 1) as u16);
        self.asked(cache, on_error, |builder| {
            builder.link(name, Leg::There, spot.draw("command there"));
            builder.gate(name, spot.draw("command gate"));
            builder.emit(Step::Acquire { slots: Station::fixed(cache.command_loop) });
            builder.cache_hook(entry, hook);
            if let Some(flush) = builder.flush_of(cache, command, spot.draw("command flush")) {
                builder.emit(Step::Delay { demand: flush });
            }
            builder.emit(Step::Release);
            builder.answer(cache, spot, "command");
        });
    }
}
