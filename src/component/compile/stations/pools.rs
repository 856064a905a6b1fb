//! Connections of pools.

use super::groups::deployment;
use crate::component::assembly::StationKind;
use crate::component::compile::builder::{Builder, Spot};
use crate::component::effects::OfComponent;
use crate::component::mistake::code;
use crate::component::parts::PoolPart;
use crate::component::pool::PoolSpec;
use crate::engine::{Discipline, Patience, SlotsConfig};
use crate::record::Cause;
use crate::units::Span;

/// Retirement is looked at only so often that a shorter life has no meaning.
const LEAST_LIFE: Span = Span::from_secs(30);

/// After how long an idle connection is closed, if ever. HikariCP switches the time-out off where it comes within a second
/// of the end of a life, and a pool of a fixed size has no use for it. Source: HikariCP `HikariConfig.validateNumerics`.
fn idle_timeout(spec: &PoolSpec) -> Option<Span> {
    let lives_on = spec.max_lifetime.is_zero() || spec.idle_timeout + Span::from_secs(1) <= spec.max_lifetime;
    let shrinks = spec.minimum_idle.is_some_and(|idle| idle < spec.maximum_pool_size);
    (lives_on && shrinks && !spec.idle_timeout.is_zero()).then_some(spec.idle_timeout)
}

impl Builder<'_> {
    pub(super) fn make_pools(&mut self) {
        let connections = self.connections();
        let mut managed = 0u16;
        for (name, spec) in &self.system.deployment.pools {
            let spot = deployment("pools", name);
            self.check_pool(spec, &spot);
            let Some((process, database)) = self.ends_of(name, spec, &spot) else { continue };
            let process_name = spec.of.as_deref().unwrap_or(name);
            let database_spec = &self.system.deployment.databases[database];
            if spec.read_replicas && database_spec.read_replicas.is_none() {
                let cause = format!("database `{}` has no read replicas", spec.to);
                let remedy = "add `read-replicas` to it, or take it out of the pool".to_owned();
                self.error(&spot.key("read-replicas"), code::POOL, cause, remedy);
            }
            let replicas = self.most_replicas(process_name);
            let least = self.least_replicas(process_name);
            let config = SlotsConfig {
                capacity: spec.maximum_pool_size,
                queue_limit: None,
                discipline: Discipline::Fifo,
                patience: Patience::Constant(self.program.ring(spec.connection_timeout())),
                when_full: Cause::PoolTimeout,
                when_impatient: Cause::PoolTimeout,
            };
            let slots = self.slots(name, StationKind::Connections, replicas, config);
            let minimum_idle = spec.minimum_idle.unwrap_or(spec.maximum_pool_size);
            let refused = connections[database] > u64::from(database_spec.max_connections);
            // Connections are told apart where it can make a difference which of them is free.
            let apart = spec.connect.is_some()
                || minimum_idle < spec.maximum_pool_size
                || !spec.hand_off.is_zero()
                || !spec.leak_detection_threshold.is_zero()
                || (refused && !spec.read_replicas)
                || self.resized_to(name).is_some()
                || replicas > least;
            let connect = spec.connect.as_ref().and_then(|law| self.law(law, &spot.key("connect")));
            let some = |span: Span| (!span.is_zero()).then_some(span);
            let leak_warnings = match spec.leak_detection_threshold.is_zero() {
                true => 0,
                false => self.wrong_effect(&OfComponent::LeakWarnings.effect(name)),
            };
            let part = PoolPart {
                name: name.clone(),
                slots,
                replicas,
                process: process as u16,
                database: database as u16,
                maximum: spec.maximum_pool_size,
                minimum_idle,
                managed: apart.then_some(managed),
                connect,
                idle_timeout: idle_timeout(spec),
                max_lifetime: some(spec.max_lifetime),
                leak_detection: some(spec.leak_detection_threshold),
                leak_warnings,
                hand_off: spec.hand_off,
            };
            if apart {
                managed = managed.saturating_add(replicas);
            }
            let index = self.parts.pools.len();
            self.parts.pools.push(part);
            if self.layout.pools.insert((process, database, spec.read_replicas), index).is_some() {
                let cause = format!("process `{process_name}` already has a pool to `{}`", spec.to);
                let spot = spot.key("read-replicas");
                self.error(&spot, code::POOL, cause, "remove one of them".to_owned());
            }
        }
        for ((name, spec), pooled) in self.system.deployment.databases.iter().zip(connections) {
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

    /// The connections that the pools to each database may open, with the most replicas that there may be.
    fn connections(&self) -> Vec<u64> {
        let spec = &self.system.deployment;
        let mut connections = vec![0u64; spec.databases.len()];
        for (name, pool) in spec.pools.iter().filter(|(_, pool)| !pool.read_replicas) {
            let process = pool.of.as_deref().unwrap_or(name);
            if let (true, Some(database)) =
                (spec.processes.contains_key(process), spec.databases.get_index_of(&pool.to))
            {
                let replicas = self.most_replicas(process);
                connections[database] += u64::from(pool.maximum_pool_size) * u64::from(replicas);
            }
        }
        connections
    }

    /// The process and the database that a pool is between.
    fn ends_of(&mut self, name: &str, spec: &PoolSpec, spot: &Spot) -> Option<(usize, usize)> {
        let deployment = &self.system.deployment;
        let process_name = spec.of.as_deref().unwrap_or(name);
        let process = deployment.processes.get_index_of(process_name);
        let database = deployment.databases.get_index_of(&spec.to);
        if process.is_none() {
            let place = spot.key("of");
            let known = deployment.processes.keys().map(String::as_str);
            let unknown = self.unknown_name(place.part, place.place, "process", process_name, known);
            self.mistakes.push(unknown);
        }
        if database.is_none() {
            let place = spot.key("to");
            let known = deployment.databases.keys().map(String::as_str);
            let unknown = self.unknown_name(place.part, place.place, "database", &spec.to, known);
            self.mistakes.push(unknown);
        }
        process.zip(database)
    }

    fn check_pool(&mut self, spec: &PoolSpec, spot: &Spot) {
        if !(1..=10_000).contains(&spec.maximum_pool_size) {
            let size = spec.maximum_pool_size.to_string();
            self.range(&spot.key("maximum-pool-size"), size, "1 to 10000");
        }
        let too_many = |idle: &u32| *idle > spec.maximum_pool_size && spec.maximum_pool_size > 0;
        if let Some(idle) = spec.minimum_idle.filter(too_many) {
            self.range(&spot.key("minimum-idle"), idle.to_string(), "at most `maximum-pool-size`");
        }
        let least = [
            (
                "connection-timeout",
                spec.connection_timeout(),
                Span::from_millis(250),
                false,
                "at least 250ms",
            ),
            ("idle-timeout", spec.idle_timeout, Span::from_secs(10), true, "0s (never), or at least 10s"),
            ("max-lifetime", spec.max_lifetime, LEAST_LIFE, true, "0s (never), or at least 30s"),
        ];
        for (key, span, from, or_zero, range) in least {
            if span < from && !(or_zero && span.is_zero()) {
                self.range(&spot.key(key), span.to_string(), range);
            }
        }
        let threshold = spec.leak_detection_threshold;
        let too_long = !spec.max_lifetime.is_zero() && threshold > spec.max_lifetime;
        if !threshold.is_zero() && (threshold < Span::from_secs(2) || too_long) {
            let range = "0s (off), or 2s to `max-lifetime`";
            self.range(&spot.key("leak-detection-threshold"), threshold.to_string(), range);
        }
        if spec.hand_off > Span::from_secs(1) {
            self.range(&spot.key("hand-off"), spec.hand_off.to_string(), "at most 1s");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_time_out_is_off_where_it_comes_too_close_to_the_end_of_a_life() {
        let timeout = |settings: &str| {
            let text = format!("{{to: db, maximum-pool-size: 5, {settings}}}");
            idle_timeout(&serde_saphyr::from_str(&text).unwrap()).map(|span| span.to_string())
        };
        let is = |span: &str| Some(span.to_owned());
        assert_eq!(timeout("minimum-idle: 1"), is("10m"));
        assert_eq!(timeout("minimum-idle: 1, idle-timeout: 59s, max-lifetime: 1m"), is("59s"));
        assert_eq!(timeout("minimum-idle: 1, idle-timeout: 59001ms, max-lifetime: 1m"), None);
        assert_eq!(timeout("minimum-idle: 1, idle-timeout: 1h, max-lifetime: 0s"), is("1h"));
        assert_eq!(timeout("minimum-idle: 1, idle-timeout: 0s"), None);
        // All connections stay.
        assert_eq!(timeout("minimum-idle: 5"), None);
        assert_eq!(timeout("connection-timeout: 1s"), None);
    }
}
