//! Compiles what a statement does to have a connection, and how it may forget to give it back.

use super::builder::{Builder, Spot};
use super::steps::Scope;
use super::waits::Held;
use crate::component::effects::OfComponent;
use crate::component::mistake::code;
use crate::component::operations::FailureKind;
use crate::component::parts::{Hook, LeakPart};
use crate::component::statement::{LeakSpec, LeakWhen, LeftTransaction};
use crate::engine::{Station, Step};
use crate::record::Cause;
use crate::units::Span;

/// How a process reaches a database.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    pub(super) database: usize,
    /// First of the replicas' connections.
    pub(super) slots: u32,
    /// First of the replicas' pools, where connections are told apart.
    pub(super) managed: Option<u16>,
    /// Whether it leads to the read replicas.
    pub(super) replicas: bool,
    /// The pool.
    pool: usize,
}

impl Builder<'_> {
    /// How a process reaches a database, or its read replicas if that will do.
    pub(super) fn reach(
        &mut self,
        database: usize,
        any: bool,
        spot: &Spot,
        scope: Scope<'_>,
    ) -> Option<Reach> {
        let replicas = any.then(|| self.layout.pools.get(&(scope.process, database, true))).flatten();
        let found = replicas.or_else(|| self.layout.pools.get(&(scope.process, database, false))).copied();
        let Some(pool) = found else {
            if self.may_be_pooled(scope.process, database) {
                return None;
            }
            let process = self.parts.processes[scope.process].name.clone();
            let name = self.database(database).map_or("", |(name, _)| name);
            let cause = format!("process `{process}` uses database `{name}`, but has no pool to it");
            let remedy = format!("add `pools: {{{process}: {{to: {name}}}}}` to the deployment");
            self.error(spot, code::POOL, cause, remedy);
            return None;
        };
        let part = &self.parts.pools[pool];
        Some(Reach { database, slots: part.slots, managed: part.managed, replicas: replicas.is_some(), pool })
    }

    /// Whether a pool leads from a process or to a database whose other end is not there, as is told of already.
    fn may_be_pooled(&self, process: usize, database: usize) -> bool {
        let deployment = &self.system.deployment;
        deployment.pools.iter().any(|(name, pool)| {
            let from = deployment.processes.get_index_of(pool.of.as_deref().unwrap_or(name));
            let to = deployment.databases.get_index_of(&pool.to);
            (from == Some(process) && to.is_none()) || (from.is_none() && to == Some(database))
        })
    }

    /// Emits the wait for a connection.
    pub(super) fn take_connection(&mut self, reach: &Reach, scope: Scope<'_>) {
        self.waits_for(scope, Held::Slots(reach.slots));
        if let Some(first) = reach.managed {
            self.hook(Hook::Want { first });
        }
        self.emit(Step::Acquire { slots: Station::per_replica(reach.slots) });
        if let Some(first) = reach.managed {
            self.hook(Hook::Borrow { first });
        }
    }

    /// Emits giving the connection back.
    pub(super) fn give_connection(&mut self, reach: &Reach) {
        if reach.managed.is_some() {
            self.emit(Step::EndHost);
        }
        self.emit(Step::Release);
    }

    /// Emits giving the connection back after success, unless it is forgotten.
    pub(super) fn give_connection_or_leak(&mut self, reach: &Reach, leak: Option<u16>) {
        let leaked = self.leak_here(leak, false);
        if leak.is_some() {
            self.emit(Step::EndHost);
        }
        self.give_connection(reach);
        self.leaked_to_here(leaked);
    }

    /// Tells what is wrong with a leak by itself, whatever leaks.
    pub(super) fn check_leak(&mut self, spec: Option<&LeakSpec>, spot: &Spot) {
        let Some(spec) = spec else { return };
        let spot = spot.key("leak");
        if spec.probability.as_fraction() > 1.0 {
            self.range(&spot.key("probability"), spec.probability.to_string(), "at most 100%");
        }
        if spec.lasts.is_some_and(Span::is_zero) {
            self.range(&spot.key("for"), "0s".to_owned(), "above 0s");
        }
    }

    /// Makes a way to forget the connection, with the steps of what was forgotten.
    pub(super) fn leak(
        &mut self,
        spec: Option<&LeakSpec>,
        spot: &Spot,
        reach: &Reach,
        transaction: bool,
    ) -> Option<u16> {
        let spec = spec?;
        let spot = spot.key("leak");
        let open = spec.transaction == LeftTransaction::Open;
        if open && !transaction {
            let cause = "a statement of its own has no transaction that could be left open".to_owned();
            let remedy = "leave `transaction` out, or put the statement into a `transaction`".to_owned();
            self.error(&spot.key("transaction"), code::LOCK_SCOPE, cause, remedy);
        }
        let caught = |cause: Cause| {
            let listed = spec.of.iter().any(|kind: &FailureKind| kind.cause() == cause);
            if spec.of.is_empty() { !cause.is_turned_down() } else { listed }
        };
        let failures = match spec.when {
            LeakWhen::Success => 0,
            LeakWhen::Failure | LeakWhen::Always => {
                Cause::ALL.into_iter().filter(|c| caught(*c)).fold(0, |mask, c| mask | (1 << c as u32))
            }
        };
        let pool = self.parts.pools[reach.pool].name.clone();
        let effect = self.wrong_effect(&match open {
            true => OfComponent::TransactionsLeftOpen.effect(&pool),
            false => OfComponent::ConnectionsLeaked.effect(&pool),
        });
        let leak = self.parts.leaks.len() as u16;
        let pc = self.branch(|builder| {
            builder.hook(Hook::Linger { leak });
            builder.emit(Step::EndHost);
            if open {
                builder.emit(Step::Rollback);
            }
            builder.give_connection(reach);
        });
        self.parts.leaks.push(LeakPart {
            success: spec.when != LeakWhen::Failure,
            failures,
            probability: spec.probability.as_fraction(),
            site: spot.site,
            lasts: spec.lasts,
            slots: reach.slots,
            scopes: 1 + usize::from(reach.managed.is_some()) + usize::from(open),
            pc,
            effect,
        });
        Some(leak)
    }

    /// Opens the scope in which the connection may be forgotten, if it may.
    pub(super) fn may_leak(&mut self, leak: Option<u16>) {
        if let Some(leak) = leak {
            self.hook(Hook::MayLeak { leak });
        }
    }

    /// Emits the place where the connection may be forgotten; gives the hook, to be told where to go on then.
    pub(super) fn leak_here(&mut self, leak: Option<u16>, failed: bool) -> Option<usize> {
        let leak = leak?;
        self.hook(Hook::Leak { leak, failed, to: 0 });
        Some(self.parts.hooks.len() - 1)
    }

    /// Has a forgotten connection's request go on here.
    pub(super) fn leaked_to_here(&mut self, hook: Option<usize>) {
        let here = self.here();
        if let Some(Hook::Leak { to, .. }) = hook.and_then(|hook| self.parts.hooks.get_mut(hook)) {
            *to = here;
        }
    }

    /// Emits the question whether the transaction can still be committed.
    pub(super) fn doomed_hook(&mut self, group: u16) -> usize {
        self.hook(Hook::Doomed { group, to: 0 });
        self.parts.hooks.len() - 1
    }

    /// Has a transaction that cannot be committed go on here.
    pub(super) fn doomed_to_here(&mut self, hook: usize) {
        let here = self.here();
        if let Some(Hook::Doomed { to, .. }) = self.parts.hooks.get_mut(hook) {
            *to = here;
        }
    }
}
