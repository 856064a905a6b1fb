//! Who a fault can hit, and the gates through which the hit parts are reached.
//!
//! Only what a scenario disturbs gets a gate, so that everything else costs nothing and draws nothing.

use super::builder::{Builder, Spot};
use super::layout::CacheServerAt;
use crate::component::mistake::code;
use crate::component::parts::{Hook, Target, TargetKind};
use crate::timeline::TargetId;

/// The targets that were asked for, and what is known of them while steps are compiled.
#[derive(Debug, Default)]
pub(in crate::component) struct Targets {
    /// Component, or two parties as written → first of its targets, one for each replica.
    by_name: indexmap::IndexMap<String, TargetId>,
    /// Component → first of its gates.
    gates: indexmap::IndexMap<String, u16>,
    /// Two parties, in the order of their names → gate.
    between: indexmap::IndexMap<(String, String), u16>,
}

impl Targets {
    /// The gate of a component, if it has one.
    pub(super) fn gate_of(&self, component: &str) -> Option<u16> {
        self.gates.get(component).copied()
    }
}

impl Builder<'_> {
    /// The targets of a component: one for each replica of a process, else one. Made if there are none yet.
    pub(super) fn targets(&mut self, name: &str, spot: &Spot) -> Option<Vec<TargetId>> {
        // A process without a replica is a mistake that has been told.
        let kinds = self.target_kinds(name, spot).filter(|kinds| !kinds.is_empty())?;
        let count = kinds.len() as u16;
        let first = match self.layout.targets.by_name.get(name) {
            Some(first) => *first,
            None => {
                let first = TargetId(self.parts.targets.len() as u16);
                let gate = self.parts.gates;
                // More than there are numbers for are told as a mistake, see `check_size`.
                self.parts.gates = gate.wrapping_add(count);
                for (replica, kind) in kinds.into_iter().enumerate() {
                    let gate = gate.wrapping_add(replica as u16);
                    self.parts.targets.push(Target { name: name.to_owned(), kind, gate });
                }
                self.layout.targets.by_name.insert(name.to_owned(), first);
                self.layout.targets.gates.insert(name.to_owned(), gate);
                first
            }
        };
        Some((0..count).map(|replica| TargetId(first.0.wrapping_add(replica))).collect())
    }

    /// The target that the way between two parties is.
    pub(super) fn between(&mut self, parties: &[String; 2], spot: &Spot) -> Option<TargetId> {
        let known = self.parties();
        let mut unknown = false;
        for (position, party) in parties.iter().enumerate() {
            if !known.contains(party) {
                let known = known.iter().map(String::as_str);
                let place = spot.place.index(position);
                self.mistakes.push(self.unknown_name(spot.part, place, "party", party, known));
                unknown = true;
            }
        }
        if unknown {
            return None;
        }
        if parties[0] == parties[1] {
            let cause = format!("`{}` is on both sides: nobody sends messages to itself", parties[0]);
            let remedy = "name two parties of which one asks the other".to_owned();
            self.error(&spot.index(1), code::FAULT, cause, remedy);
            return None;
        }
        let pair = pair(&parties[0], &parties[1]);
        let gate = match self.layout.targets.between.get(&pair) {
            Some(gate) => *gate,
            None => {
                let gate = self.parts.gates;
                self.parts.gates = gate.wrapping_add(1);
                self.layout.targets.between.insert(pair.clone(), gate);
                gate
            }
        };
        self.layout.ways.push((spot.clone(), parties.clone(), gate));
        let name = format!("{} – {}", pair.0, pair.1);
        if let Some(target) = self.layout.targets.by_name.get(&name) {
            return Some(*target);
        }
        let target = TargetId(self.parts.targets.len() as u16);
        self.parts.targets.push(Target { name: name.clone(), kind: TargetKind::Between, gate });
        self.layout.targets.by_name.insert(name, target);
        Some(target)
    }

    /// Everybody that messages go between.
    fn parties(&self) -> Vec<String> {
        let deployment = &self.system.deployment;
        let mut names = vec!["clients".to_owned()];
        names.extend(deployment.gateways.keys().cloned());
        names.extend(deployment.processes.keys().cloned());
        names.extend(deployment.databases.keys().cloned());
        names.extend(deployment.caches.keys().cloned());
        names.extend(deployment.logs.keys().cloned());
        names
    }

    /// What a component is to a fault, a kind for each replica.
    fn target_kinds(&mut self, name: &str, spot: &Spot) -> Option<Vec<TargetKind>> {
        let deployment = &self.system.deployment;
        let mut found: Vec<(&'static str, Vec<TargetKind>)> = Vec::new();
        if let Some((index, _, spec)) = deployment.processes.get_full(name) {
            let kinds = (0..self.most_replicas(name)).map(|replica| TargetKind::Replica {
                process: index as u16,
                replica,
                cores: self.layout.process_cores[index] + u32::from(replica),
                capacity: spec.cores,
            });
            found.push(("process", kinds.collect()));
        }
        if let Some((index, _, spec)) = deployment.databases.get_full(name) {
            let pools = self.pools_to(index);
            let cores = self.layout.database_cores[index];
            found.push(("database", vec![TargetKind::Database { cores, capacity: spec.cores, pools }]));
        }
        if let Some(spec) = deployment.pools.get(name) {
            let process = deployment.processes.get_index_of(spec.of.as_deref().unwrap_or(name));
            let database = deployment.databases.get_index_of(&spec.to);
            let key =
                process.zip(database).map(|(process, database)| (process, database, spec.read_replicas));
            let pool = key.and_then(|key| self.layout.pools.get(&key).copied());
            let first = pool.map(|pool| self.parts.pools[pool].slots);
            if let (Some(process), Some(first)) = (process, first) {
                let replicas = u32::from(self.parts.processes[process].replicas);
                found.push(("pool", vec![TargetKind::Pool { slots: (first..first + replicas).collect() }]));
            }
        }
        if let Some(index) = deployment.caches.get_index_of(name) {
            let CacheServerAt { store, command_loop, masters } = self.layout.servers[index];
            let kinds = (0..masters).map(|master| TargetKind::Cache {
                store: store + master,
                command_loop: command_loop + u32::from(master),
            });
            found.push(("cache", kinds.collect()));
        }
        if deployment.logs.contains_key(name) {
            found.push(("log", vec![TargetKind::Log]));
        }
        if let Some((index, ..)) = deployment.externals.get_full(name) {
            found
                .push(("external party", vec![TargetKind::External { slots: self.layout.externals[index] }]));
        }
        if let Some((index, ..)) = deployment.gateways.get_full(name) {
            found.push(("gateway", vec![TargetKind::Gateway { slots: self.layout.gateways[index] }]));
        }
        // A pool is often called like its process: whoever means the pool cuts it, and a pool cannot crash.
        if found.len() > 1 && spot.place.to_string().ends_with(".cut") {
            found.retain(|(kind, _)| *kind == "pool");
        } else if found.len() > 1 {
            found.retain(|(kind, _)| *kind != "pool");
        }
        match found.len() {
            1 => found.pop().map(|(_, kinds)| kinds),
            0 => {
                let names = [
                    deployment.processes.keys().collect::<Vec<_>>(),
                    deployment.databases.keys().collect(),
                    deployment.pools.keys().collect(),
                    deployment.caches.keys().collect(),
                    deployment.logs.keys().collect(),
                    deployment.externals.keys().collect(),
                    deployment.gateways.keys().collect(),
                ];
                let known: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
                self.mistakes.push(self.unknown_name(
                    spot.part,
                    spot.place.clone(),
                    "component",
                    name,
                    known,
                ));
                None
            }
            _ => {
                let kinds: Vec<&str> = found.iter().map(|(kind, _)| *kind).collect();
                let cause = format!("`{name}` is a {} at once", kinds.join(" and a "));
                self.error(spot, code::FAULT, cause, "give the components different names".to_owned());
                None
            }
        }
    }

    fn pools_to(&self, database: usize) -> Vec<u32> {
        // Connections to the read replicas do not break with the original.
        let pools = self.layout.pools.iter().filter(|((_, to, replicas), _)| *to == database && !replicas);
        pools.flat_map(|(_, pool)| self.parts.pools[*pool].stations()).collect()
    }

    /// Emits the gate of a component, if it has one.
    pub(super) fn gate(&mut self, component: &str, site: u64) {
        if let Some(gate) = self.layout.targets.gates.get(component).copied() {
            let per_replica = self.system.deployment.processes.contains_key(component);
            self.hook(Hook::Gate { gate, per_replica, site, work: None });
        }
    }

    /// Emits the gate of one master of a cache server, if it has one.
    pub(super) fn gate_of_master(&mut self, server: &str, master: u16, site: u64) {
        if let Some(first) = self.layout.targets.gates.get(server).copied() {
            self.hook(Hook::Gate { gate: first + master, per_replica: false, site, work: None });
        }
    }

    /// Emits the gate of an external party, if it has one; `work` is what takes longer there while it is slow and
    /// no station does.
    pub(super) fn gate_of_party(&mut self, component: &str, site: u64, work: Option<u32>) {
        if let Some(gate) = self.layout.targets.gates.get(component).copied() {
            self.hook(Hook::Gate { gate, per_replica: false, site, work });
        }
    }

    /// Emits the gate of the way between the party whose steps are compiled and another, if there is one.
    pub(super) fn gate_between(&mut self, other: &str, site: u64) {
        let pair = pair(&self.here_is, other);
        if let Some(gate) = self.layout.targets.between.get(&pair).copied() {
            self.hook(Hook::Gate { gate, per_replica: false, site, work: None });
        }
    }
}

fn pair(one: &str, other: &str) -> (String, String) {
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    (first.to_owned(), second.to_owned())
}
