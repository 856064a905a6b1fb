//! Cores, flushes and locks of databases.

use super::groups::deployment;
use crate::component::assembly::StationKind;
use crate::component::compile::builder::{Builder, Spot};
use crate::component::compile::layout::Layout;
use crate::component::database::DatabaseKind;
use crate::component::mistake::{Mistake, Part, Place, code};
use crate::engine::{BatchConfig, LocksConfig, Patience};
use crate::random::LawSpec;
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
            if spec.cores.as_f64() <= 0.0 {
                self.range(&spot.key("cores"), spec.cores.to_string(), "above 0");
            }
            if spec.buffer_pool_hits.as_fraction() > 1.0 {
                let hits = spec.buffer_pool_hits.to_string();
                self.range(&spot.key("buffer-pool-hits"), hits, "at most 100%");
            }
            let cores = self.sharing(name, StationKind::Cores, 1, spec.cores);
            self.layout.database_cores.push(cores);
            let flush = spec.flush.as_ref().and_then(|law| {
                let demand = self.law_demand(law, &spot.key("flush"))?;
                self.program.batches.push(BatchConfig { demand, limit: None });
                self.layout.batches.extend(Layout::names(name, StationKind::Flush, 1, 1.0));
                Some((self.program.batches.len() - 1) as u32)
            });
            self.layout.flush.push(flush);
            let patience = self.lock_patience(spec.kind, spec.lock_wait_timeout, &spot);
            for (position, schema) in spec.schemas.iter().enumerate() {
                self.place_schema(index, schema, &spot.key("schemas").index(position));
                for table in self.system.operations.schemas.get(schema).into_iter().flatten() {
                    let config = LocksConfig { patience, detect_deadlocks: spec.deadlock_detect };
                    self.program.locks.push(config);
                    let component = format!("{name}.{table}");
                    self.layout.locks.extend(Layout::names(&component, StationKind::Locks, 1, 0.0));
                    let table_index = (self.program.locks.len() - 1) as u32;
                    self.layout.lock_tables.insert(table.clone(), table_index);
                }
            }
        }
    }

    fn place_schema(&mut self, database: usize, schema: &str, spot: &Spot) {
        if !self.system.operations.schemas.contains_key(schema) {
            let known = self.system.operations.schemas.keys().map(String::as_str);
            let unknown = Mistake::unknown(spot.part, spot.place.clone(), "schema", schema, known);
            self.mistakes.push(unknown);
        } else if self.layout.database_of.insert(schema.to_owned(), database).is_some() {
            let cause = format!("schema `{schema}` is already in another database");
            self.error(spot, code::STORE_PLACEMENT, cause, "take it out of one of them".to_owned());
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
