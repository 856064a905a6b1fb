//! Command loops and stores of caches.

use std::collections::BTreeSet;

use super::groups::{deployment, single_server};
use crate::component::assembly::StationKind;
use crate::component::cache::{AofSpec, CacheSpec, CommandsSpec, PersistenceSpec, Store, StoreConfig};
use crate::component::compile::builder::{Builder, Spot};
use crate::component::compile::layout::CacheServerAt;
use crate::component::mistake::code;
use crate::component::observe::ObservableName;
use crate::component::parts::{ClusterPart, Hook, Sentinel, Survival};
use crate::engine::{Station, Step};
use crate::units::Span;

/// Most masters of a cluster. Source: the Redis Cluster specification.
const MOST_MASTERS: u16 = 1_000;

/// Names for which the one that was meant is looked for; of more, nobody sees the warnings.
const MOST_SUGGESTED: usize = 100;

/// No names.
static NONE: BTreeSet<String> = BTreeSet::new();

impl Builder<'_> {
    pub(super) fn make_caches(&mut self) {
        for (index, (name, spec)) in self.system.deployment.caches.iter().enumerate() {
            let spot = deployment("caches", name);
            self.check_cache(spec, &spot);
            let masters = spec.cluster.as_ref().map_or(1, |cluster| cluster.masters.clamp(1, MOST_MASTERS));
            let command_loop = self.slots(name, StationKind::CommandLoop, masters, single_server());
            let first = self.parts.stores.len() as u16;
            let cluster = self.cluster(spec, &spot, first);
            self.layout.servers.push(CacheServerAt { store: first, command_loop, masters });
            if cluster.is_some() {
                // Of all masters together.
                self.show_store(name, String::new());
            }
            for master in 0..masters {
                let part = cluster.map_or_else(String::new, |_| format!("{}", master + 1));
                self.show_store(name, part.clone());
                let of_master = if part.is_empty() { name.clone() } else { format!("{name}/{part}") };
                self.make_store(spec, name, of_master);
                let command_loop = command_loop + u32::from(master);
                let survival = self.survival(spec, &spot, (first + master, command_loop), cluster);
                self.parts.survivals.push(survival);
            }
            for (position, cache) in spec.holds.iter().enumerate() {
                if self.layout.caches.insert(cache.clone(), index as u16).is_some() {
                    let cause = format!("cache `{cache}` is already held by another server");
                    let spot = spot.key("holds").index(position);
                    let remedy = "take it out of one of them".to_owned();
                    self.error(&spot, code::STORE_PLACEMENT, cause, remedy);
                }
            }
        }
        self.make_copies();
    }

    /// Warns of logical caches that no step uses: a name that is misspelt here is one.
    pub(in crate::component::compile) fn check_unused_caches(&mut self, used: &BTreeSet<String>) {
        let mut told = 0;
        for (name, spec) in &self.system.deployment.caches {
            for (position, cache) in spec.holds.iter().enumerate().filter(|(_, cache)| !used.contains(*cache))
            {
                let spot = deployment("caches", name).key("holds").index(position);
                // Looking for the name that was meant takes time.
                let known = if told < MOST_SUGGESTED { used.iter() } else { NONE.iter() };
                told += 1;
                let known = known.map(String::as_str);
                let meant = self.unknown_name(spot.part, spot.place.clone(), "cache", cache, known).remedy;
                let remedy = match meant.starts_with("did you mean") {
                    true => format!("{meant} otherwise take it out"),
                    false if used.is_empty() => "take it out: no step uses a cache".to_owned(),
                    false if told > MOST_SUGGESTED => "take it out, or use it in a step".to_owned(),
                    false => format!("take it out, or use it in a step: {meant}"),
                };
                self.warn(&spot, code::UNUSED, format!("no step uses cache `{cache}`"), remedy);
            }
        }
    }

    fn show_store(&mut self, name: &str, part: String) {
        for metric in Store::METRICS {
            let (component, part) = (name.to_owned(), part.clone());
            self.observables.push(ObservableName { component, part, metric });
        }
    }

    /// Makes a store and its expiry cycle.
    fn make_store(&mut self, spec: &CacheSpec, server: &str, name: String) {
        let store = self.parts.stores.len() as u16;
        let server_at = self.layout.servers.last().copied();
        let command_loop = server_at.map_or(0, |at| at.command_loop + u32::from(store - at.store));
        self.parts.stores.push(StoreConfig {
            name,
            server: server.to_owned(),
            memory: spec.memory,
            eviction: spec.policy,
            samples: spec.maxmemory_samples,
            lfu_log_factor: spec.lfu_log_factor,
            lfu_decay: spec.lfu_decay_time,
            hz: spec.hz,
            effort: spec.active_expire_effort,
            expire_key: spec.expire_key,
            entry_overhead: spec.entry_overhead,
        });
        let cycle = self.branch(|builder| {
            builder.emit(Step::Acquire { slots: Station::fixed(command_loop) });
            builder.hook(Hook::Expire { store });
            builder.emit(Step::Release);
            builder.hook(Hook::ExpireAgain { store });
        });
        self.parts.expiry.push(cycle);
    }

    /// The masters that share the keys, if there are any.
    fn cluster(&mut self, spec: &CacheSpec, spot: &Spot, first: u16) -> Option<u16> {
        let cluster = spec.cluster.as_ref()?;
        let at = spot.key("cluster");
        if !(1..=MOST_MASTERS).contains(&cluster.masters) {
            self.range(&at.key("masters"), cluster.masters.to_string(), &format!("1 to {MOST_MASTERS}"));
        } else if cluster.masters < 3 {
            let cause = format!(
                "without one of {} masters there is no majority: no replica takes over",
                cluster.masters
            );
            self.warn(&at.key("masters"), code::CLUSTER, cause, "have at least 3 masters".to_owned());
        } else if cluster.replicas == 0 {
            let cause = "no master has a replica that could take its place".to_owned();
            self.warn(&at, code::CLUSTER, cause, "add `replicas: 1`".to_owned());
        }
        if cluster.replicas > 16 {
            self.range(&at.key("replicas"), cluster.replicas.to_string(), "0 to 16");
        }
        if cluster.node_timeout.is_zero() {
            self.range(&at.key("node-timeout"), "0s".to_owned(), "above 0s");
        }
        if spec.sentinel.is_some() {
            let cause = "the masters of a cluster watch each other: Sentinels have no part in it".to_owned();
            let remedy = "leave out `sentinel`, or `cluster`".to_owned();
            self.error(&spot.key("sentinel"), code::CLUSTER, cause, remedy);
        }
        if spec.replicas > 0 {
            let cause = "each master of a cluster has its own replicas".to_owned();
            self.error(&spot.key("replicas"), code::CLUSTER, cause, "say it in `cluster`".to_owned());
        }
        let reports = self.law(&cluster.reports, &at.key("reports"))?;
        let discovery = self.law(&cluster.discovery, &at.key("discovery"))?;
        self.parts.clusters.push(ClusterPart {
            first,
            masters: cluster.masters.clamp(1, MOST_MASTERS),
            node_timeout: cluster.node_timeout,
            require_full_coverage: cluster.require_full_coverage,
            replica_validity_factor: cluster.replica_validity_factor,
            reports,
            discovery,
        });
        Some((self.parts.clusters.len() - 1) as u16)
    }

    /// What becomes of a server that goes down.
    fn survival(
        &mut self,
        spec: &CacheSpec,
        spot: &Spot,
        (store, command_loop): (u16, u32),
        cluster: Option<u16>,
    ) -> Survival {
        let fork = matches!(spec.persistence, PersistenceSpec::Rdb(_)).then(|| {
            self.branch(|builder| {
                builder.emit(Step::Acquire { slots: Station::fixed(command_loop) });
                builder.hook(Hook::Fork { store });
                builder.emit(Step::Release);
            })
        });
        if let PersistenceSpec::Rdb(rdb) = &spec.persistence {
            let at = spot.key("persistence").key("rdb").key("save");
            for (position, rule) in rdb.save.iter().enumerate() {
                let at = at.index(position);
                if rule.changes == 0 {
                    self.range(&at.key("changes"), "0".to_owned(), "at least 1");
                }
                if rule.after < Span::from_secs(1) {
                    self.range(&at.key("after"), rule.after.to_string(), "at least 1s");
                }
            }
        }
        if spec.replicas > 16 {
            self.range(&spot.key("replicas"), spec.replicas.to_string(), "0 to 16");
        }
        let sentinel = spec.sentinel.as_ref().and_then(|sentinel| {
            let at = spot.key("sentinel");
            if spec.replicas == 0 && cluster.is_none() {
                let cause = "there is no replica that could take its place".to_owned();
                self.error(&at, code::STORE_PLACEMENT, cause, "add `replicas: 1`".to_owned());
            }
            if sentinel.down_after.is_zero() {
                self.range(&at.key("down-after"), "0s".to_owned(), "above 0s");
            }
            Some(Sentinel {
                down_after: sentinel.down_after,
                promotion: self.law(&sentinel.promotion, &at.key("promotion"))?,
                discovery: self.law(&sentinel.discovery, &at.key("discovery"))?,
            })
        });
        Survival {
            command_loop,
            persistence: spec.persistence.clone(),
            load_per_gibibyte: spec.load_per_gibibyte,
            replicas: spec.cluster.as_ref().map_or(spec.replicas, |cluster| cluster.replicas),
            lag: spec.replication_lag,
            sentinel,
            copied: None,
            cluster,
            fork,
        }
    }

    /// Reports laws that cannot be, whether or not somebody uses the cache.
    fn check_laws(&mut self, spec: &CacheSpec, spot: &Spot) {
        let CommandsSpec { get, set, del, incr, zadd, zrange, eval } = &spec.commands;
        let own = [
            ("get", get),
            ("set", set),
            ("del", del),
            ("incr", incr),
            ("zadd", zadd),
            ("zrange", zrange),
            ("eval", eval),
        ];
        let at = spot.key("commands");
        for (key, command) in own {
            if let Some(command) = command {
                self.law(&command.time, &at.key(key).key("time"));
            }
        }
        self.law(&spec.command, &spot.key("command"));
        if let PersistenceSpec::Aof(AofSpec { flush: Some(law), .. }) = &spec.persistence {
            self.law(law, &spot.key("persistence").key("aof").key("flush"));
        }
    }

    fn check_cache(&mut self, spec: &CacheSpec, spot: &Spot) {
        self.check_laws(spec, spot);
        if let Some(memory) = spec.memory.filter(|memory| *memory <= spec.entry_overhead) {
            let overhead = spec.entry_overhead;
            let cause = format!(
                "{memory} is out of range: it must be above `entry-overhead`, the {overhead} that each entry takes"
            );
            let remedy =
                "write more, or leave it out for no limit, which is what 0 means in Redis".to_owned();
            self.error(&spot.key("memory"), code::RANGE, cause, remedy);
        }
        let counts = [
            ("maxmemory-samples", spec.maxmemory_samples, 1, 64),
            ("lfu-log-factor", spec.lfu_log_factor, 0, 1_000_000),
            ("hz", spec.hz, 1, 500),
            ("active-expire-effort", spec.active_expire_effort, 1, 10),
        ];
        for (key, value, least, most) in counts {
            if !(least..=most).contains(&value) {
                self.range(&spot.key(key), value.to_string(), &format!("{least} to {most}"));
            }
        }
        if !spec.lfu_decay_time.as_nanos().is_multiple_of(60_000_000_000) {
            let time = spec.lfu_decay_time.to_string();
            self.range(&spot.key("lfu-decay-time"), time, "whole minutes");
        }
    }
}
