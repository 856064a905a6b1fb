//! Compiles database statements, transactions and row locks.

use std::collections::BTreeSet;

use super::builder::{Builder, Spot};
use super::steps::Scope;
use crate::component::database::DatabaseSpec;
use crate::component::link::Leg;
use crate::component::mistake::{Mistake, Part, Place, code, nearest};
use crate::component::operations::StepSpec;
use crate::component::parts::{Hook, KeyRef};
use crate::component::statement::{
    LeakSpec, LeftTransaction, LockMode, LockSpec, OptimisticSpec, Propagation, ReadFrom, ReadSpec,
    TransactionSpec, WriteSpec,
};
use crate::engine::{Choice, Step};
use crate::record::Cause;

use super::connections::Reach;
use super::flags::SwitchKey;
use super::waits::Held;

/// One statement on its way.
#[derive(Clone, Copy)]
struct Statement<'s> {
    table: &'s str,
    rows: u32,
    key: Option<u16>,
    writes: bool,
    lock: Option<Step>,
    version: Versioning,
}

/// What a statement has to do with the version of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Versioning {
    /// Nothing.
    Blind,
    /// It reads it, to be remembered.
    Reads,
    /// It names the one that was read.
    Compares,
}

impl<'a> Builder<'a> {
    pub(super) fn database(&self, index: usize) -> Option<(&'a String, &'a DatabaseSpec)> {
        self.system.deployment.databases.get_index(index)
    }

    /// The schema of a table.
    fn schema_of(&mut self, table: &str, spot: &Spot) -> Option<String> {
        let schema = self.layout.schema_of.get(table).cloned();
        if schema.is_none() {
            let known = self.layout.schema_of.keys().map(String::as_str);
            let place = spot.place.key("table");
            self.mistakes.push(self.unknown_name(spot.part, place, "table", table, known));
        }
        schema
    }

    /// The database that holds a schema.
    pub(super) fn database_of(&mut self, schema: &str, spot: &Spot) -> Option<usize> {
        let database = self.layout.database_of.get(schema).copied();
        if database.is_none() {
            if self.system.operations.schemas.contains_key(schema) {
                // One that a database lists misspelt is told of there.
                let listed = self.system.deployment.databases.values().flat_map(|it| &it.schemas);
                let schemas = &self.system.operations.schemas;
                let unknown = listed.filter(|name| !schemas.contains_key(*name)).map(String::as_str);
                let unknown: Vec<&str> = unknown.collect();
                if nearest(schema, &unknown).is_some() {
                    return None;
                }
                let cause = format!("schema `{schema}` is in no database of this deployment");
                let remedy = "add it to the `schemas` of a database".to_owned();
                self.error(spot, code::STORE_PLACEMENT, cause, remedy);
            } else {
                let known = self.system.operations.schemas.keys().map(String::as_str);
                let place = spot.place.key("in");
                self.mistakes.push(self.unknown_name(spot.part, place, "schema", schema, known));
            }
        }
        database
    }

    fn has_rows(&mut self, rows: u32, spot: &Spot) {
        if rows == 0 {
            self.range(&spot.key("rows"), "0".to_owned(), "at least 1");
        }
    }

    /// Emits a read, with a connection of its own unless a transaction has one.
    pub(super) fn read_table(&mut self, spec: &ReadSpec, spot: &Spot, scope: Scope<'_>) {
        self.has_rows(spec.rows, spot);
        let key = spec.key.as_ref().and_then(|key| self.key(key, &spot.key("key")));
        self.check_leak(spec.leak.as_ref(), spot);
        let Some(schema) = self.schema_of(&spec.table, spot) else { return };
        let Some(database) = self.database_of(&schema, spot) else { return };
        let Some(reach) = self.reach(database, spec.from == ReadFrom::Any, spot, scope) else { return };
        let statement = Statement {
            table: &spec.table,
            rows: spec.rows,
            key,
            writes: false,
            lock: None,
            version: Versioning::Blind,
        };
        if scope.is_in_transaction(database) {
            self.no_leak(spec.leak.as_ref(), spot);
            return self.execute(database, statement, spot, scope);
        }
        let leak = self.leak(spec.leak.as_ref(), spot, &reach, false);
        self.take_connection(&reach, scope);
        self.may_leak(leak);
        let scope = scope.holding(database);
        if reach.replicas {
            self.execute_at_replica(&reach, statement, spot);
        } else {
            self.execute(database, statement, spot, scope);
        }
        self.give_connection_or_leak(&reach, leak);
    }

    /// Emits a write, with a connection and a transaction of its own unless there is one.
    pub(super) fn write_table(&mut self, spec: &WriteSpec, spot: &Spot, scope: Scope<'_>) {
        self.has_rows(spec.rows, spot);
        let key = spec.key.as_ref().and_then(|key| self.key(key, &spot.key("key")));
        self.check_leak(spec.leak.as_ref(), spot);
        let Some(schema) = self.schema_of(&spec.table, spot) else { return };
        let Some(database) = self.database_of(&schema, spot) else { return };
        let Some(reach) = self.reach(database, false, spot, scope) else { return };
        let lock = key.map(|key| {
            let table = self.layout.lock_tables[&spec.table];
            Step::Lock { table, key, shared: false }
        });
        let statement = Statement {
            table: &spec.table,
            rows: spec.rows,
            key,
            writes: true,
            lock,
            version: Versioning::Blind,
        };
        if scope.is_in_transaction(database) {
            self.no_leak(spec.leak.as_ref(), spot);
            return self.execute(database, statement, spot, scope);
        }
        let leak = self.leak(spec.leak.as_ref(), spot, &reach, false);
        self.take_connection(&reach, scope);
        self.may_leak(leak);
        let transaction = lock.is_some() || self.is_replicated(database);
        if transaction {
            self.emit(Step::Begin { group: database as u16 });
        }
        self.execute(database, statement, spot, scope.holding(database));
        self.flush(database, scope.holding(database));
        if transaction {
            self.emit(Step::Commit);
        }
        self.give_connection_or_leak(&reach, leak);
    }

    /// Emits the way there, the lock, the work and the way back.
    fn execute(&mut self, database: usize, statement: Statement<'_>, spot: &Spot, scope: Scope<'_>) {
        let Some((name, spec)) = self.database(database) else { return };
        self.link(name, Leg::There, spot.draw("there"));
        self.gate(name, spot.draw("gate"));
        let exclusive = matches!(statement.lock, Some(Step::Lock { shared: false, .. }));
        if statement.writes || exclusive {
            // MySQL refuses locks for writing too (error 1290).
            self.refused(self.switch(&SwitchKey::ReadOnly(database)), Cause::Error);
        }
        if let Some(lock) = statement.lock {
            if let Step::Lock { table, .. } = lock {
                self.waits_for(scope, Held::Locks(table));
            }
            self.emit(lock);
        }
        if let (Versioning::Reads, Some(key)) = (statement.version, statement.key) {
            let table = self.table(statement.table);
            self.hook(Hook::ReadVersion { table, key });
        }
        let cores = self.layout.database_cores[database];
        self.waits_for(scope, Held::Sharing(cores));
        self.work(name, spec, statement, spot, cores);
        let compares = statement.version == Versioning::Compares;
        let compare = self.parts.hooks.len();
        if compares {
            self.hook(Hook::CompareVersion { conflict: 0 });
        }
        if statement.writes {
            let group = database as u16;
            if let Some(key) = statement.key.filter(|_| self.layout.versioned.contains(statement.table)) {
                let table = self.table(statement.table);
                self.hook(Hook::ChangeVersion { group, table, key });
            }
            if scope.is_in_transaction(database) {
                self.emit(Step::Change { group, rows: statement.rows });
            }
            if self.is_replicated(database) {
                let table = self.table(statement.table);
                self.hook(Hook::Wrote { group, table, key: row(statement.key) });
            }
        }
        self.link(name, Leg::Back, spot.draw("back"));
        if compares {
            // The answer that no row was changed takes as long.
            let end = self.emit(Step::Finish);
            self.parts.hooks[compare] = Hook::CompareVersion { conflict: self.here() };
            self.link(name, Leg::Back, spot.draw("back"));
            self.emit(Step::Fail { cause: Cause::Conflict });
            self.program.steps[end] = Step::Jump { to: self.here() };
        }
    }

    /// Emits a read at one of the replicas.
    fn execute_at_replica(&mut self, reach: &Reach, statement: Statement<'_>, spot: &Spot) {
        let Some((name, spec)) = self.database(reach.database) else { return };
        let replicas = self.layout.replicas[reach.database].clone();
        self.link(name, Leg::There, spot.draw("there"));
        let choice = self.program.choices.len();
        if replicas.len() > 1 {
            let count = replicas.len() as f64;
            let cumulative = (1..=replicas.len()).map(|n| n as f64 / count).collect();
            let site = spot.draw("replica");
            self.program.choices.push(Choice { cumulative, targets: Vec::new(), site, key: None });
            self.emit(Step::Choose { choice: choice as u32 });
        }
        let table = self.table(statement.table);
        let mut ends = Vec::new();
        for (number, cores) in &replicas {
            let first = self.here();
            if replicas.len() > 1 {
                self.program.choices[choice].targets.push(first);
            }
            self.hook(Hook::ReadReplica { replica: *number, table, key: row(statement.key) });
            self.parts.waits.push((Held::Slots(reach.slots), Held::Sharing(*cores)));
            self.work(name, spec, statement, spot, *cores);
            ends.push(self.emit(Step::Finish));
        }
        let to = self.here();
        for end in ends {
            self.program.steps[end] = Step::Jump { to };
        }
        self.link(name, Leg::Back, spot.draw("back"));
    }

    /// Emits a statement's work on some cores, and what it reads from disk.
    fn work(&mut self, name: &str, spec: &DatabaseSpec, statement: Statement<'_>, spot: &Spot, cores: u32) {
        let database = Spot::new(Part::Deployment, Place::default().key("databases").key(name));
        let Some(fixed) = self.law(&spec.statement, &database.key("statement")) else { return };
        let row = if statement.writes { spec.row_write } else { spec.row_read };
        let mean = fixed.mean();
        let per_rows = f64::from(statement.rows) * row.as_secs_f64();
        // The rows add to the mean and keep the relative spread.
        let law = if mean > 0.0 { fixed.scaled(1.0 + per_rows / mean) } else { fixed };
        let demand = self.demand(law, spot.draw("statement"));
        self.emit(Step::Work { sharing: crate::engine::Station::fixed(cores), demand });
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
    }

    fn flush(&mut self, database: usize, scope: Scope<'_>) {
        if let Some(batch) = self.layout.flush[database] {
            self.waits_for(scope, Held::Batch(batch));
            self.emit(Step::Batch { batch });
        }
    }

    /// Emits a transaction: a connection, its steps, the commit; on failure a rollback, then fails on. Inside another
    /// one on the same database it becomes part of that, unless it wants to be by itself.
    pub(super) fn transaction(&mut self, spec: &TransactionSpec, spot: &Spot, scope: Scope<'_>) {
        self.check_leak(spec.leak.as_ref(), spot);
        let Some(database) = self.database_of(&spec.schema, spot) else {
            return self.steps_of_nothing(&spec.steps, spot, scope);
        };
        let group = database as u16;
        let Some(reach) = self.reach(database, false, spot, scope) else {
            return self.steps_of_nothing(&spec.steps, spot, scope.in_transaction(database));
        };
        let Some((name, _)) = self.database(database) else { return };
        if scope.is_in_transaction(database) && spec.propagation == Propagation::Required {
            self.no_leak(spec.leak.as_ref(), spot);
            self.hook(Hook::Join { group });
            self.steps(&spec.steps, &spot.key("steps"), scope);
            self.emit(Step::EndHost);
            return;
        }
        let leak = self.leak(spec.leak.as_ref(), spot, &reach, true);
        let left_open = spec.leak.as_ref().is_some_and(|leak| leak.transaction == LeftTransaction::Open);
        self.take_connection(&reach, scope);
        if !left_open {
            self.may_leak(leak);
        }
        self.emit(Step::Begin { group });
        if left_open {
            self.may_leak(leak);
        }
        let catch = self.emit(Step::Finish);
        let inner = scope.in_transaction(database);
        self.steps(&spec.steps, &spot.key("steps"), inner);
        let end = self.emit(Step::Finish);
        let handler = self.here();
        self.program.steps[catch] = Step::Catch { handler };
        // Rollback: the locks go when it reaches the server, the connection when the answer is back.
        let undo = |builder: &mut Self, purpose: &str, failed: bool| {
            let early = left_open.then(|| builder.leak_here(leak, failed)).flatten();
            if left_open && leak.is_some() {
                builder.emit(Step::EndHost);
            }
            builder.link(name, Leg::There, spot.draw(purpose));
            builder.emit(Step::Rollback);
            builder.link(name, Leg::Back, spot.draw("rolled back"));
            let late = (!left_open).then(|| builder.leak_here(leak, failed)).flatten();
            if !left_open && leak.is_some() {
                builder.emit(Step::EndHost);
            }
            builder.give_connection(&reach);
            builder.leaked_to_here(early.or(late));
        };
        undo(self, "rollback", true);
        self.emit(Step::Rethrow);
        let to = self.here();
        self.program.steps[end] = Step::EndCatch { to };
        let doomed = may_be_doomed(&spec.steps).then(|| self.doomed_hook(group));
        let early = left_open.then(|| self.leak_here(leak, false)).flatten();
        if left_open && leak.is_some() {
            self.emit(Step::EndHost);
        }
        self.link(name, Leg::There, spot.draw("commit"));
        if self.writes_anything(&spec.steps, inner) {
            self.flush(database, inner);
        }
        self.emit(Step::Commit);
        self.link(name, Leg::Back, spot.draw("committed"));
        let late = (!left_open).then(|| self.leak_here(leak, false)).flatten();
        if !left_open && leak.is_some() {
            self.emit(Step::EndHost);
        }
        self.give_connection(&reach);
        if let Some(doomed) = doomed {
            let over = self.emit(Step::Finish);
            self.doomed_to_here(doomed);
            undo(self, "rollback only", true);
            self.emit(Step::Fail { cause: crate::record::Cause::Error });
            self.program.steps[over] = Step::Jump { to: self.here() };
        }
        self.leaked_to_here(early.or(late));
    }

    /// Looks for mistakes in the steps of a transaction that cannot be, but for those that only follow from that.
    fn steps_of_nothing(&mut self, steps: &[StepSpec], spot: &Spot, scope: Scope<'_>) {
        let before = self.mistakes.len();
        self.steps(steps, &spot.key("steps"), scope);
        let found = self.mistakes.split_off(before);
        let follows = |mistake: &Mistake| mistake.code == code::LOCK_SCOPE || mistake.code == code::POOL;
        self.mistakes.extend(found.into_iter().filter(|mistake| !follows(mistake)));
    }

    /// Emits a locking read.
    pub(super) fn lock(&mut self, spec: &LockSpec, spot: &Spot, scope: Scope<'_>) {
        let key = self.key(&spec.key, &spot.key("key"));
        let Some(schema) = self.schema_of(&spec.table, spot) else { return };
        let Some(database) = self.database_of(&schema, spot) else { return };
        if !scope.is_in_transaction(database) {
            let cause = format!("a row of `{}` is locked outside a transaction in `{schema}`", spec.table);
            let remedy = format!("put the step into `transaction: {{in: {schema}, steps: […]}}`");
            return self.error(spot, code::LOCK_SCOPE, cause, remedy);
        }
        let Some(key) = key else { return };
        let table = self.layout.lock_tables[&spec.table];
        let lock = Some(Step::Lock { table, key, shared: spec.mode == LockMode::ForShare });
        let statement = Statement {
            table: &spec.table,
            rows: 1,
            key: Some(key),
            writes: false,
            lock,
            version: Versioning::Blind,
        };
        self.execute(database, statement, spot, scope);
    }

    /// Emits an optimistic lock: the read of a row, the steps, and the update that names the version that was read.
    pub(super) fn optimistic(&mut self, spec: &OptimisticSpec, spot: &Spot, scope: Scope<'_>) {
        let key = self.key(&spec.key, &spot.key("key"));
        let schema = self.schema_of(&spec.table, spot);
        let database = schema.as_ref().and_then(|schema| self.database_of(schema, spot));
        let (Some(schema), Some(database)) = (schema, database) else {
            return self.steps_of_nothing(&spec.steps, spot, scope);
        };
        if !scope.is_in_transaction(database) {
            let cause = format!("a row of `{}` is changed outside a transaction in `{schema}`", spec.table);
            let remedy = format!("put the step into `transaction: {{in: {schema}, steps: […]}}`");
            self.error(spot, code::LOCK_SCOPE, cause, remedy);
            return self.steps_of_nothing(&spec.steps, spot, scope);
        }
        let Some(key) = key else { return self.steps(&spec.steps, &spot.key("steps"), scope) };
        let table = self.layout.lock_tables[&spec.table];
        let read = Statement {
            table: &spec.table,
            rows: 1,
            key: Some(key),
            writes: false,
            lock: None,
            version: Versioning::Reads,
        };
        self.execute(database, read, &spot.key("read"), scope);
        self.steps(&spec.steps, &spot.key("steps"), scope);
        let lock = Some(Step::Lock { table, key, shared: false });
        let update = Statement { writes: true, lock, version: Versioning::Compares, ..read };
        self.execute(database, update, &spot.key("update"), scope);
        self.emit(Step::EndHost);
    }

    /// Finds the tables with a row that some step locks optimistically.
    pub(super) fn find_versioned(&mut self) {
        fn tables(steps: &[StepSpec], into: &mut indexmap::IndexSet<String>) {
            for step in steps {
                if let StepSpec::Optimistic(spec) = step {
                    into.insert(spec.table.clone());
                }
                step.children().into_iter().for_each(|steps| tables(steps, into));
            }
        }
        for module in self.system.operations.modules.values() {
            module.operations.values().for_each(|steps| tables(steps, &mut self.layout.versioned));
        }
    }

    /// Says that a leak has no effect where the connection is that of a transaction around it.
    fn no_leak(&mut self, leak: Option<&LeakSpec>, spot: &Spot) {
        if leak.is_some() {
            let cause = "the connection here is that of the transaction around it".to_owned();
            let remedy = "move `leak` to that transaction".to_owned();
            self.warn(&spot.key("leak"), code::UNUSED, cause, remedy);
        }
    }

    /// The number of a table, for what replicas have not applied yet.
    fn table(&self, name: &str) -> u16 {
        self.layout.lock_tables.get_index_of(name).unwrap_or_default() as u16
    }

    /// Whether steps write to a table in their own transaction: branches that run in parallel are not part of it, and
    /// neither is what another process does.
    fn writes_anything(&self, steps: &[StepSpec], scope: Scope<'_>) -> bool {
        let modules = &self.system.operations.modules;
        let mut seen = BTreeSet::new();
        let mut left = vec![(scope.module, steps)];
        while let Some((module, steps)) = left.pop() {
            for step in steps {
                match step {
                    StepSpec::Write(_) | StepSpec::Optimistic(_) => return true,
                    StepSpec::Parallel(_) => {}
                    StepSpec::Call(name) => {
                        let (module, name) = name.split_once('.').unwrap_or((module, name));
                        let found = modules.get_key_value(module);
                        let found = found.and_then(|(key, spec)| Some((key, spec.operations.get(name)?)));
                        let is_here = self.layout.process_of.get(module) == Some(&scope.process);
                        if let (Some((module, steps)), true) = (found, is_here)
                            && seen.insert((module.as_str(), name))
                        {
                            left.push((module, steps));
                        }
                    }
                    other => left.extend(other.children().into_iter().map(|steps| (module, steps))),
                }
            }
        }
        false
    }

    fn is_replicated(&self, database: usize) -> bool {
        !self.layout.replicas[database].is_empty()
    }
}

fn row(key: Option<u16>) -> KeyRef {
    key.map_or(KeyRef::Single, KeyRef::Space)
}

/// Whether a part of a transaction may fail by itself, and be caught.
fn may_be_doomed(steps: &[StepSpec]) -> bool {
    steps.iter().any(|step| match step {
        StepSpec::Call(_) | StepSpec::Transaction(_) => true,
        StepSpec::Parallel(_) => false,
        other => other.children().into_iter().any(may_be_doomed),
    })
}
