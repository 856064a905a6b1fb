//! A scenario's variant of its system: what is otherwise than in the deployment and its operations.

use indexmap::IndexMap;

use super::spec::{CacheVariant, PoolsVariant, VariantSpec};
use crate::component::cache::CacheSpec;
use crate::component::operations::{OperationsSpec, StepSpec};
use crate::component::statement::LeakSpec;
use crate::component::{Mistake, Part, Place, SystemSpec, code};

impl VariantSpec {
    /// Changes a system accordingly; gives what cannot be changed because it is not there.
    pub(super) fn apply(&self, system: &mut SystemSpec) -> Vec<Mistake> {
        self.pools.apply(system);
        let mut mistakes = Vec::new();
        for (name, cache) in &self.caches {
            if !cache.apply(name, &mut system.deployment.caches) {
                let place = Place::default().key("variant").key("caches").key(name);
                let known = system.deployment.caches.keys().map(String::as_str);
                mistakes.push(Mistake::unknown(Part::Scenario, place, "cache server", name, known));
            }
        }
        for (name, leak) in &self.leaks {
            let Some(steps) = steps_of(&mut system.operations, name) else {
                let place = Place::default().key("variant").key("leaks").key(name);
                let known: Vec<String> = operations(&system.operations);
                let known = known.iter().map(String::as_str);
                mistakes.push(Mistake::unknown(Part::Scenario, place, "operation", name, known));
                continue;
            };
            let mut any = false;
            steps.iter_mut().for_each(|step| any |= forget(step, leak));
            if !any {
                let place = Place::default().key("variant").key("leaks").key(name);
                let cause =
                    format!("`{name}` has no connection of its own that it could forget: nothing leaks");
                let remedy =
                    "name an operation with a `transaction`, `read` or `write` of its own".to_owned();
                mistakes.push(Mistake::warning(Part::Scenario, place, code::UNUSED, cause, remedy));
            }
        }
        mistakes
    }
}

impl VariantSpec {
    /// Where the setting is written that a place of the system has it from, if this changes it.
    pub(super) fn where_written(&self, part: Part, place: &Place) -> Option<Place> {
        let keys = place.keys();
        let at = Place::default().key("variant");
        match (part, keys.as_slice()) {
            (Part::Deployment, ["pools", _, key]) => {
                let is_set = match *key {
                    "maximum-pool-size" => self.pools.maximum_pool_size.is_some(),
                    "connection-timeout" => self.pools.connection_timeout.is_some(),
                    "leak-detection-threshold" => self.pools.leak_detection_threshold.is_some(),
                    _ => false,
                };
                is_set.then(|| at.key("pools").key(key))
            }
            (Part::Operations, ["modules", module, "operations", operation, .., "leak", key]) => {
                let name = format!("{module}.{operation}");
                self.leaks.contains_key(&name).then(|| at.key("leaks").key(&name).key(key))
            }
            _ => None,
        }
    }
}

impl PoolsVariant {
    fn apply(&self, system: &mut SystemSpec) {
        for pool in system.deployment.pools.values_mut() {
            pool.maximum_pool_size = self.maximum_pool_size.unwrap_or(pool.maximum_pool_size);
            pool.connection_timeout = self.connection_timeout.or(pool.connection_timeout);
            let threshold = self.leak_detection_threshold;
            pool.leak_detection_threshold = threshold.unwrap_or(pool.leak_detection_threshold);
        }
    }
}

impl CacheVariant {
    /// Changes a server, and adds its standby; says whether it is there.
    fn apply(&self, name: &str, caches: &mut IndexMap<String, CacheSpec>) -> bool {
        let Some(cache) = caches.get_mut(name) else { return false };
        if let Some(persistence) = &self.persistence {
            cache.persistence = persistence.clone();
        }
        cache.replicas = self.replicas.unwrap_or(cache.replicas);
        cache.sentinel = self.sentinel.clone().or(cache.sentinel.take());
        cache.cluster = self.cluster.clone().or(cache.cluster.take());
        if let Some(standby) = &self.standby {
            let spec = CacheSpec {
                holds: Vec::new(),
                replica_of: standby.copies.then(|| name.to_owned()),
                ..cache.clone()
            };
            caches.entry(standby.name.clone()).or_insert(spec);
        }
        true
    }
}

fn steps_of<'o>(operations: &'o mut OperationsSpec, name: &str) -> Option<&'o mut Vec<StepSpec>> {
    let (module, operation) = name.split_once('.')?;
    operations.modules.get_mut(module)?.operations.get_mut(operation)
}

fn operations(operations: &OperationsSpec) -> Vec<String> {
    let modules = operations.modules.iter();
    modules
        .flat_map(|(module, spec)| spec.operations.keys().map(move |name| format!("{module}.{name}")))
        .collect()
}

/// Has a step forget its connection, unless it says itself what it forgets. What is in a transaction uses the
/// transaction's. Gives whether it has any.
fn forget(step: &mut StepSpec, leak: &LeakSpec) -> bool {
    match step {
        StepSpec::Transaction(spec) => {
            spec.leak.get_or_insert_with(|| leak.clone());
        }
        // A statement of its own has no transaction that could be left open.
        StepSpec::Read(spec) => {
            spec.leak.get_or_insert_with(|| LeakSpec { transaction: Default::default(), ..leak.clone() });
        }
        StepSpec::Write(spec) => {
            spec.leak.get_or_insert_with(|| LeakSpec { transaction: Default::default(), ..leak.clone() });
        }
        other => {
            let children = other.children_mut().into_iter().flatten();
            return children.fold(false, |any, step| forget(step, leak) | any);
        }
    }
    true
}
