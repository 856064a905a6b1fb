//! Command loops and stores of caches.

use super::groups::{deployment, single_server};
use crate::component::assembly::StationKind;
use crate::component::cache::{CacheSpec, PersistenceSpec, Store, StoreConfig};
use crate::component::compile::builder::{Builder, Spot};
use crate::component::mistake::code;
use crate::component::observe::ObservableName;
use crate::component::parts::{Hook, Sentinel, Survival};
use crate::engine::{Station, Step};
use crate::units::Span;

impl Builder<'_> {
    pub(super) fn make_caches(&mut self) {
        for (index, (name, spec)) in self.system.deployment.caches.iter().enumerate() {
            let spot = deployment("caches", name);
            let config = single_server();
            let command_loop = self.slots(name, StationKind::CommandLoop, 1, config);
            self.check_cache(spec, &spot);
            self.parts.stores.push(StoreConfig {
                name: name.clone(),
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
            let store = index as u16;
            let cycle = self.branch(|builder| {
                builder.emit(Step::Acquire { slots: Station::fixed(command_loop) });
                builder.hook(Hook::Expire { store });
                builder.emit(Step::Release);
                builder.hook(Hook::ExpireAgain { store });
            });
            self.parts.expiry.push(cycle);
            let survival = self.survival(spec, &spot, store, command_loop);
            self.parts.survivals.push(survival);
            for metric in Store::METRICS {
                let (component, part) = (name.clone(), String::new());
                self.observables.push(ObservableName { component, part, metric });
            }
            for (position, cache) in spec.holds.iter().enumerate() {
                let entry = (index as u16, command_loop);
                if self.layout.caches.insert(cache.clone(), entry).is_some() {
                    let cause = format!("cache `{cache}` is already held by another server");
                    let spot = spot.key("holds").index(position);
                    let remedy = "take it out of one of them".to_owned();
                    self.error(&spot, code::STORE_PLACEMENT, cause, remedy);
                }
            }
        }
    }

    /// What becomes of a server that goes down.
    fn survival(&mut self, spec: &CacheSpec, spot: &Spot, store: u16, command_loop: u32) -> Survival {
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
            if spec.replicas == 0 {
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
            replicas: spec.replicas,
            lag: spec.replication_lag,
            sentinel,
            fork,
        }
    }

    fn check_cache(&mut self, spec: &CacheSpec, spot: &Spot) {
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
