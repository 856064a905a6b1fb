//! Command loops and stores of caches.

use super::groups::{deployment, single_server};
use crate::component::assembly::StationKind;
use crate::component::compile::builder::Builder;
use crate::component::mistake::code;
use crate::component::parts::StoreConfig;

impl Builder<'_> {
    pub(super) fn make_caches(&mut self) {
        for (index, (name, spec)) in self.system.deployment.caches.iter().enumerate() {
            let spot = deployment("caches", name);
            let config = single_server();
            let command_loop = self.slots(name, StationKind::CommandLoop, 1, config);
            self.parts.stores.push(StoreConfig {
                memory: spec.memory,
                eviction: spec.policy,
                entry_overhead: spec.entry_overhead,
            });
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
}
