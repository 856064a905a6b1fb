//! Compiles database statements, transactions and row locks.

use super::builder::{Builder, Spot};
use super::steps::Scope;
use crate::component::database::DatabaseSpec;
use crate::component::mistake::{Mistake, code};
use crate::component::operations::{LockMode, LockSpec, StatementSpec, StepSpec, TransactionSpec};
use crate::engine::{Choice, Station, Step};

/// A database as one process sees it.
#[derive(Clone, Copy, Debug)]
struct Reach {
    database: usize,
    /// First of the replicas' connections.
    pool: u32,
}

impl<'a> Builder<'a> {
    fn database(&self, index: usize) -> Option<(&'a String, &'a DatabaseSpec)> {
        self.system.deployment.databases.get_index(index)
    }

    /// The schema of a table.
    fn schema_of(&mut self, table: &str, spot: &Spot) -> Option<String> {
        let schema = self.layout.schema_of.get(table).cloned();
        if schema.is_none() {
            let known = self.layout.schema_of.keys().map(String::as_str);
            let place = spot.place.key("table");
            self.mistakes.push(Mistake::unknown(spot.part, place, "table", table, known));
        }
        schema
    }

    /// How a process reaches the database that holds a schema.
    fn reach(&mut self, schema: &str, spot: &Spot, scope: Scope<'_>) -> Option<Reach> {
        let Some(database) = self.layout.database_of.get(schema).copied() else {
            if self.system.operations.schemas.contains_key(schema) {
                let cause = format!("schema `{schema}` is in no database of this deployment");
                let remedy = "add it to the `schemas` of a database".to_owned();
                self.error(spot, code::STORE_PLACEMENT, cause, remedy);
            } else {
                let known = self.system.operations.schemas.keys().map(String::as_str);
                let place = spot.place.key("in");
                self.mistakes.push(Mistake::unknown(spot.part, place, "schema", schema, known));
            }
            return None;
        };
        let Some(pool) = self.layout.pools.get(&(scope.process, database)).copied() else {
            let process = self.parts.processes[scope.process].name.clone();
            let name = self.database(database).map_or("", |(name, _)| name);
            let cause = format!("process `{process}` uses database `{name}`, but has no pool to it");
            let remedy = format!("add `pools: {{{process}: {{to: {name}}}}}` to the deployment");
            self.error(spot, code::POOL, cause, remedy);
            return None;
        };
        Some(Reach { database, pool })
    }

    /// Emits a statement, with a connection of its own unless a transaction has one.
    pub(super) fn statement(&mut self, spec: &StatementSpec, spot: &Spot, scope: Scope<'_>, writes: bool) {
        let Some(schema) = self.schema_of(&spec.table, spot) else { return };
        let Some(reach) = self.reach(&schema, spot, scope) else { return };
        let key = spec.key.as_ref().and_then(|key| self.key(key, &spot.key("key")));
        let lock = key.filter(|_| writes).map(|key| {
            let table = self.layout.lock_tables[&spec.table];
            Step::Lock { table, key, shared: false }
        });
        let inside = scope.transaction == Some(schema.as_str());
        if inside {
            return self.execute(reach, spec.rows, spot, writes, lock);
        }
        self.emit(Step::Acquire { slots: Station::per_replica(reach.pool) });
        if lock.is_some() {
            self.emit(Step::Begin);
        }
        self.execute(reach, spec.rows, spot, writes, lock);
        if writes {
            self.flush(reach);
        }
        if lock.is_some() {
            self.emit(Step::Commit);
        }
        self.emit(Step::Release);
    }

    /// Emits the way there, the lock, the work and the way back.
    fn execute(&mut self, reach: Reach, rows: u32, spot: &Spot, writes: bool, lock: Option<Step>) {
        let Some((name, spec)) = self.database(reach.database) else { return };
        self.link(name, spot.draw("there"));
        self.gate(name, spot.draw("gate"));
        if let Some(lock) = lock {
            self.emit(lock);
        }
        let database = Spot::new(
            crate::component::mistake::Part::Deployment,
            crate::component::mistake::Place::default().key("databases").key(name),
        );
        let Some(fixed) = self.law(&spec.statement, &database.key("statement")) else { return };
        let row = if writes { spec.row_write } else { spec.row_read };
        let mean = fixed.mean();
        let per_rows = f64::from(rows) * row.as_secs_f64();
        // The rows add to the mean and keep the relative spread.
        let law = if mean > 0.0 { fixed.scaled(1.0 + per_rows / mean) } else { fixed };
        let demand = self.demand(law, spot.draw("statement"));
        let cores = self.layout.database_cores[reach.database];
        self.emit(Step::Work { sharing: Station::fixed(cores), demand });
        let misses = 1.0 - spec.buffer_pool_hits.as_fraction();
        if let Some(read) = spec.disk_read.as_ref().filter(|_| misses > 0.0)
            && let Some(law) = self.law(read, &database.key("disk-read"))
        {
            let demand = self.demand(law, spot.draw("disk"));
            let choice = self.program.choices.len() as u32;
            self.emit(Step::Choose { choice });
            let first = self.here();
            self.program.choices.push(Choice {
                cumulative: vec![misses, 1.0],
                targets: vec![first, first + 1],
                site: spot.draw("miss"),
                key: None,
            });
            self.emit(Step::Delay { demand });
        }
        self.link(name, spot.draw("back"));
    }

    fn flush(&mut self, reach: Reach) {
        if let Some(batch) = self.layout.flush[reach.database] {
            self.emit(Step::Batch { batch });
        }
    }

    /// Emits a transaction: a connection, its steps, the commit; on failure a rollback, then fails on.
    pub(super) fn transaction(&mut self, spec: &TransactionSpec, spot: &Spot, scope: Scope<'_>) {
        let Some(reach) = self.reach(&spec.schema, spot, scope) else { return };
        let Some((name, _)) = self.database(reach.database) else { return };
        if scope.transaction.is_some() {
            let cause = "a transaction inside a transaction holds two connections".to_owned();
            let remedy = "put the inner steps into the outer transaction".to_owned();
            return self.error(spot, code::LOCK_SCOPE, cause, remedy);
        }
        self.emit(Step::Acquire { slots: Station::per_replica(reach.pool) });
        self.emit(Step::Begin);
        let catch = self.emit(Step::Finish);
        let inner = Scope { transaction: Some(&spec.schema), ..scope };
        self.steps(&spec.steps, &spot.key("steps"), inner);
        let end = self.emit(Step::Finish);
        let handler = self.here();
        self.program.steps[catch] = Step::Catch { handler };
        // Rollback: the locks go when it reaches the server, the connection when the answer is back.
        self.link(name, spot.draw("rollback"));
        self.emit(Step::Commit);
        self.link(name, spot.draw("rolled back"));
        self.emit(Step::Release);
        self.emit(Step::Rethrow);
        let to = self.here();
        self.program.steps[end] = Step::EndCatch { to };
        self.link(name, spot.draw("commit"));
        if writes_anything(&spec.steps) {
            self.flush(reach);
        }
        self.emit(Step::Commit);
        self.link(name, spot.draw("committed"));
        self.emit(Step::Release);
    }

    /// Emits a locking read.
    pub(super) fn lock(&mut self, spec: &LockSpec, spot: &Spot, scope: Scope<'_>) {
        let Some(schema) = self.schema_of(&spec.table, spot) else { return };
        let key = self.key(&spec.key, &spot.key("key"));
        if scope.transaction != Some(schema.as_str()) {
            let cause = format!("a row of `{}` is locked outside a transaction in `{schema}`", spec.table);
            let remedy = format!("put the step into `transaction: {{in: {schema}, steps: […]}}`");
            return self.error(spot, code::LOCK_SCOPE, cause, remedy);
        }
        let Some(reach) = self.reach(&schema, spot, scope) else { return };
        let Some(key) = key else { return };
        let table = self.layout.lock_tables[&spec.table];
        let lock = Step::Lock { table, key, shared: spec.mode == LockMode::ForShare };
        self.execute(reach, 1, spot, false, Some(lock));
    }
}

/// Whether steps write to a table in their own transaction: branches that run in parallel are not part of it.
fn writes_anything(steps: &[StepSpec]) -> bool {
    steps.iter().any(|step| match step {
        StepSpec::Write(_) => true,
        StepSpec::Parallel(_) | StepSpec::Transaction(_) => false,
        other => other.children().into_iter().any(writes_anything),
    })
}
