//! Cores, flushes and locks of databases.

use super::groups::{LEAST_CORES, deployment, single_server};
use crate::component::assembly::StationKind;
use crate::component::compile::builder::{Builder, Spot};
use crate::component::compile::layout::Layout;
use crate::component::database::{DatabaseKind, DatabaseSpec};
use crate::component::effects::OfComponent;
use crate::component::link::Leg;
use crate::component::mistake::{Part, Place, code};
use crate::component::parts::{DatabasePart, ReplicaPart};
use crate::engine::{BatchConfig, LocksConfig, Patience, SlotsConfig, Station, Step};
use crate::random::LawSpec;
use crate::record::TimePart;
use crate::units::Span;

impl Builder<'_> {
    pub(super) fn make_databases(&mut self) {
        for (schema, tables) in &self.system.operations.schemas {
            for (position, table) in tables.iter().enumerate() {
                if self.layout.schema_of.insert(table.clone(), schema.clone()).is_some() {
                    let place = Place::default().key("schemas").key(schema);
                    let spot = Spot::new(Part::Operations, place).index(position);
                    let cause = format!("there are two tables `{table}`");
                    let remedy = "table names have to differ between schemas: rename one".to_owned();
                    self.error(&spot, code::STORE_PLACEMENT, cause, remedy);
                }
            }
        }
        for (index, (name, spec)) in self.system.deployment.databases.iter().enumerate() {
            let spot = deployment("databases", name);
            if !(1..=100_000).contains(&spec.max_connections) {
                self.range(&spot.key("max-connections"), spec.max_connections.to_string(), "1 to 100000");
            }
            if spec.cores.as_f64() < LEAST_CORES {
                self.range(&spot.key("cores"), spec.cores.to_string(), "1m or more, a thousandth of a core");
            }
            if spec.buffer_pool_hits.as_fraction() > 1.0 {
                let hits = spec.buffer_pool_hits.to_string();
                self.range(&spot.key("buffer-pool-hits"), hits, "at most 100%");
            }
            self.check_lock_wait(spec, &spot);
            // Whether or not somebody uses it.
            self.law(&spec.statement, &spot.key("statement"));
            if let Some(law) = &spec.disk_read {
                self.law(law, &spot.key("disk-read"));
            }
            if spec.flush_log_at_trx_commit > 2 {
                let value = spec.flush_log_at_trx_commit.to_string();
                self.range(&spot.key("flush-log-at-trx-commit"), value, "0 to 2");
            }
            if spec.group_commit_sync_delay > Span::from_secs(1) {
                let delay = spec.group_commit_sync_delay.to_string();
                self.range(&spot.key("group-commit-sync-delay"), delay, "at most 1s");
            }
            let cores = self.sharing(name, StationKind::Cores, 1, spec.cores);
            self.layout.database_cores.push(cores);
            let waits = spec.flush_log_at_trx_commit == 1;
            let flush = spec.flush.as_ref().filter(|_| waits).and_then(|law| {
                let demand = self.law_demand(law, &spot.key("flush"))?;
                let gather = spec.group_commit_sync_delay;
                self.program.batches.push(BatchConfig { demand, limit: None, gather });
                self.layout.batches.extend(Layout::names(name, StationKind::Flush, 1, 1.0));
                Some((self.program.batches.len() - 1) as u32)
            });
            self.layout.flush.push(flush);
            let patience = self.lock_patience(spec.kind, spec.lock_wait_timeout(), &spot);
            let mut locks = Vec::new();
            for (position, schema) in spec.schemas.iter().enumerate() {
                self.place_schema(index, schema, &spot.key("schemas").index(position));
                for table in self.system.operations.schemas.get(schema).into_iter().flatten() {
                    let config = LocksConfig {
                        patience,
                        detect_deadlocks: spec.deadlock_detect,
                        timeout_undoes: spec.rollback_on_timeout,
                        group: index as u16,
                    };
                    self.program.locks.push(config);
                    let component = format!("{name}.{table}");
                    self.layout.locks.extend(Layout::names(&component, StationKind::Locks, 1, 0.0));
                    let table_index = (self.program.locks.len() - 1) as u32;
                    self.layout.lock_tables.insert(table.clone(), table_index);
                    locks.push(table_index);
                }
            }
            let replicas = self.make_read_replicas(index, name, spec, &spot);
            let stale = if replicas.is_empty() {
                0
            } else {
                self.wrong_effect(&OfComponent::StaleReads.effect(name))
            };
            self.parts.databases.push(DatabasePart {
                name: name.clone(),
                max_connections: spec.max_connections,
                cores,
                locks,
                replicas,
                stale,
            });
        }
    }

    /// Makes the read replicas of a database: their cores, and what applies transactions there.
    fn make_read_replicas(
        &mut self,
        database: usize,
        name: &str,
        spec: &DatabaseSpec,
        spot: &Spot,
    ) -> Vec<ReplicaPart> {
        self.layout.replicas.push(Vec::new());
        let Some(replicas) = &spec.read_replicas else { return Vec::new() };
        let spot = spot.key("read-replicas");
        if !(1..=16).contains(&replicas.count) {
            self.range(&spot.key("count"), replicas.count.to_string(), "1 to 16");
            return Vec::new();
        }
        if !(1..=1024).contains(&replicas.parallel_workers) {
            let workers = replicas.parallel_workers.to_string();
            self.range(&spot.key("parallel-workers"), workers, "1 to 1024");
        }
        let component = format!("{name}.replica");
        let first = self.sharing(&component, StationKind::Cores, replicas.count, spec.cores);
        let workers = SlotsConfig { capacity: replicas.parallel_workers, ..single_server() };
        let slots = self.slots(&component, StationKind::Appliers, replicas.count, workers);
        let mut parts = Vec::new();
        for replica in 0..u32::from(replicas.count) {
            let number = self.parts.replicas.len() as u16;
            self.parts.replicas.push(database as u16);
            self.layout.replicas[database].push((number, first + replica));
            let apply = self.branch(|builder| {
                match &replicas.shipping {
                    Some(law) => {
                        if let Some(demand) = builder.law_demand(law, &spot.key("shipping")) {
                            builder.delay_of(demand, TimePart::Network);
                        }
                    }
                    None => builder.link(name, Leg::There, spot.draw("shipping")),
                }
                builder.emit(Step::Acquire { slots: Station::fixed(slots + replica) });
                if let Some(demand) = builder.law_demand(&replicas.apply, &spot.key("apply")) {
                    builder.emit(Step::Work { sharing: Station::fixed(first + replica), demand });
                }
                builder.emit(Step::Release);
            });
            parts.push(ReplicaPart { number, apply });
        }
        parts
    }

    fn place_schema(&mut self, database: usize, schema: &str, spot: &Spot) {
        if !self.system.operations.schemas.contains_key(schema) {
            let known = self.system.operations.schemas.keys().map(String::as_str);
            let unknown = self.unknown_name(spot.part, spot.place.clone(), "schema", schema, known);
            self.mistakes.push(unknown);
        } else if self.layout.database_of.insert(schema.to_owned(), database).is_some() {
            let cause = format!("schema `{schema}` is already in another database");
            self.error(spot, code::STORE_PLACEMENT, cause, "take it out of one of them".to_owned());
        }
    }

    /// The products take whole seconds, MariaDB since 10.3 also none at all.
    fn check_lock_wait(&mut self, spec: &DatabaseSpec, spot: &Spot) {
        const MOST: Span = Span::from_secs(1 << 30);
        let (least, range) = match spec.kind {
            DatabaseKind::Mysql => (Span::from_secs(1), "whole seconds from 1s to 1073741824s"),
            DatabaseKind::Mariadb => (Span::ZERO, "whole seconds from 0s to 1073741824s"),
        };
        let timeout = spec.lock_wait_timeout();
        let is_whole = timeout.as_nanos().is_multiple_of(1_000_000_000);
        if !(least..=MOST).contains(&timeout) || !is_whole {
            self.range(&spot.key("lock-wait-timeout"), timeout.to_string(), range);
        }
    }

    /// MySQL looks at waits about once a second, so a time-out comes up to a second late; MariaDB is exact.
    fn lock_patience(&mut self, kind: DatabaseKind, timeout: Span, spot: &Spot) -> Patience {
        match kind {
            DatabaseKind::Mariadb => Patience::Constant(self.program.ring(timeout)),
            DatabaseKind::Mysql => {
                let to = timeout + Span::from_secs(1);
                let law = LawSpec::Uniform { from: timeout, to };
                let demand = self.law_demand(&law, &spot.key("lock-wait-timeout"));
                demand.map_or(Patience::Endless, Patience::Drawn)
            }
        }
    }
}
