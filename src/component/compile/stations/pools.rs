//! Connections of pools.

use super::groups::deployment;
use crate::component::assembly::StationKind;
use crate::component::compile::builder::Builder;
use crate::component::mistake::{Mistake, code};
use crate::engine::{Discipline, Patience, SlotsConfig};
use crate::record::Cause;
use crate::units::Span;

impl Builder<'_> {
    pub(super) fn make_pools(&mut self) {
        let deployment_spec = &self.system.deployment;
        let mut connections = vec![0u64; deployment_spec.databases.len()];
        for (name, spec) in &deployment_spec.pools {
            let spot = deployment("pools", name);
            let process_name = spec.of.as_deref().unwrap_or(name);
            let process = deployment_spec.processes.get_index_of(process_name);
            let database = deployment_spec.databases.get_index_of(&spec.to);
            if process.is_none() {
                let place = if spec.of.is_some() { spot.key("of") } else { spot.clone() };
                let known = deployment_spec.processes.keys().map(String::as_str);
                let unknown = Mistake::unknown(place.part, place.place, "process", process_name, known);
                self.mistakes.push(unknown);
            }
            if database.is_none() {
                let place = spot.key("to");
                let known = deployment_spec.databases.keys().map(String::as_str);
                let unknown = Mistake::unknown(place.part, place.place, "database", &spec.to, known);
                self.mistakes.push(unknown);
            }
            if !(1..=10_000).contains(&spec.maximum_pool_size) {
                let size = spec.maximum_pool_size.to_string();
                self.range(&spot.key("maximum-pool-size"), size, "1 to 10000");
            }
            if spec.connection_timeout < Span::from_millis(250) {
                let timeout = spec.connection_timeout.to_string();
                self.range(&spot.key("connection-timeout"), timeout, "at least 250ms");
            }
            let (Some(process), Some(database)) = (process, database) else { continue };
            let replicas = deployment_spec.processes[process].replicas;
            let config = SlotsConfig {
                capacity: spec.maximum_pool_size,
                queue_limit: None,
                discipline: Discipline::Fifo,
                patience: Patience::Constant(self.program.ring(spec.connection_timeout)),
                when_full: Cause::PoolTimeout,
                when_impatient: Cause::PoolTimeout,
            };
            let first = self.slots(name, StationKind::Connections, replicas, config);
            connections[database] += u64::from(spec.maximum_pool_size) * u64::from(replicas);
            if self.layout.pools.insert((process, database), first).is_some() {
                let cause = format!("process `{process_name}` already has a pool to `{}`", spec.to);
                self.error(&spot, code::POOL, cause, "remove one of them".to_owned());
            }
        }
        for ((name, spec), pooled) in deployment_spec.databases.iter().zip(connections) {
            if pooled > u64::from(spec.max_connections) {
                let cause = format!(
                    "the pools to `{name}` may open {pooled} connections, it takes {}",
                    spec.max_connections
                );
                let remedy = "make the pools smaller or raise `max-connections`".to_owned();
                self.warn(&deployment("databases", name), code::CONNECTIONS, cause, remedy);
            }
        }
    }
}
