//! Open transactions: what a rollback has to undo, what a commit sends to the read replicas, and connections that are
//! forgotten.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use smallvec::SmallVec;

use super::World;
use super::versions::VersionedRow;
use crate::component::parts::KeyRef;
use crate::engine::{Core, Exit, Flow, Start, TaskId};
use crate::random::mix;
use crate::record::Cause;
use crate::units::{Instant, Span};

/// Tag of the scope in which a connection may be forgotten; its data is the leak.
pub(super) const MAY_LEAK: u8 = 6;
/// Tag of the scope of a transaction that became part of another; its data is the group.
pub(super) const JOINED: u8 = 7;
/// Tag of the scope of a connection that nobody will give back; its data is the station.
pub(super) const FORGOTTEN: u8 = 8;
/// Tag of the scope of a forgotten connection that comes back after a while; its data is the station.
const OUT: u8 = 16;

/// What a rollback undoes.
#[derive(Clone, Copy, Debug)]
enum Undo {
    PutBack { stock: u16, key: u64 },
    Forget { memory: u16, key: u64 },
}

/// A row: the table, and the key if one was named.
type Row = (u16, Option<u64>);

/// What was done in an open transaction.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// A part of it failed, so that it cannot be committed.
    doomed: bool,
    undo: SmallVec<[Undo; 2]>,
    wrote: SmallVec<[(u16, Row); 2]>,
    /// Rows whose versions somebody may remember.
    changed: SmallVec<[VersionedRow; 1]>,
}

/// A read replica: what it has not applied yet.
#[derive(Debug, Default)]
pub(super) struct Replica {
    /// When each transaction was committed, and what it wrote.
    pending: BTreeMap<u64, (Instant, SmallVec<[Row; 2]>)>,
    /// How many of them wrote a row, and a table.
    rows: IndexMap<Row, u32, FxBuildHasher>,
    sequence: u64,
}

impl Replica {
    fn count(&mut self, rows: &[Row], change: i32) {
        for (table, key) in rows {
            // A read of a whole table is behind if any row of it is.
            let keys = if key.is_some() {
                [Some((*table, *key)), Some((*table, None))]
            } else {
                [Some((*table, None)), None]
            };
            for row in keys.into_iter().flatten() {
                let count = self.rows.entry(row).or_insert(0);
                *count = count.saturating_add_signed(change);
                if *count == 0 {
                    self.rows.swap_remove(&row);
                }
            }
        }
    }

    /// How far it is behind: the age of the oldest transaction that it has not applied.
    pub(super) fn lag(&self, now: Instant) -> Span {
        self.pending.first_key_value().map_or(Span::ZERO, |(_, (at, _))| now.since(*at))
    }
}

impl World<'_> {
    /// Forgets the connection if it comes to that.
    pub(super) fn leak_here(&mut self, core: &mut Core<'_>, task: TaskId, leak: u16, failed: bool) -> bool {
        let cause = failed.then(|| core.caught(task));
        self.leaks(core, task, leak, cause) && self.forget(core, task, leak, 1)
    }

    /// Waits with a forgotten connection until something gives it back.
    pub(super) fn linger(&self, leak: u16) -> Flow {
        match self.parts.leaks[usize::from(leak)].lasts {
            Some(span) => Flow::Delay(span),
            None => Flow::Sleep,
        }
    }

    /// Whether a part of the open transaction of a group has failed.
    pub(super) fn is_doomed(&self, core: &Core<'_>, task: TaskId, group: u16) -> bool {
        let log = core.session(task, group).and_then(|session| self.logs.get(&session));
        log.is_some_and(|log| log.doomed)
    }

    /// Notes that a row was written.
    pub(super) fn log_write(
        &mut self,
        core: &mut Core<'_>,
        task: TaskId,
        group: u16,
        table: u16,
        key: KeyRef,
    ) {
        let key = Self::row(core, task, key);
        if let Some(log) = self.log(core, task, group) {
            log.wrote.push((group, (table, key)));
        }
    }

    /// Notes that a row is changed whose version somebody may remember.
    pub(super) fn log_change(
        &mut self,
        core: &mut Core<'_>,
        task: TaskId,
        group: u16,
        (table, key): (u16, u16),
    ) {
        let row = (table, core.key_of(task, key));
        if let Some(log) = self.log(core, task, group) {
            log.changed.push(row);
        }
    }

    /// Counts a read at a replica that does not see what was committed before.
    pub(super) fn read_replica(
        &mut self,
        core: &Core<'_>,
        task: TaskId,
        replica: u16,
        table: u16,
        key: KeyRef,
    ) {
        let row = (table, Self::row(core, task, key));
        let behind = self.replicas_behind[usize::from(replica)].rows.contains_key(&row);
        // What wrote without a key may have written any row.
        if behind || (row.1.is_some() && self.wrote_any(replica, table)) {
            let database = self.parts.replicas[usize::from(replica)];
            let stale = self.parts.databases[usize::from(database)].stale;
            self.effects[usize::from(stale)] += 1;
        }
    }

    fn wrote_any(&self, replica: u16, table: u16) -> bool {
        let behind = &self.replicas_behind[usize::from(replica)];
        behind.rows.contains_key(&(table, None))
            && behind.pending.values().any(|(_, rows)| rows.contains(&(table, None)))
    }

    fn row(core: &Core<'_>, task: TaskId, key: KeyRef) -> Option<u64> {
        match key {
            KeyRef::Single => None,
            KeyRef::Space(space) => Some(core.key_of(task, space)),
        }
    }

    /// The log of a task's open transaction of a group.
    fn log(&mut self, core: &mut Core<'_>, task: TaskId, group: u16) -> Option<&mut Log> {
        let session = core.session(task, group)?;
        core.watch_session(session);
        Some(self.logs.entry(session).or_default())
    }

    /// Notes that a stock was taken from, in case the transaction is rolled back.
    pub(super) fn log_take(&mut self, core: &mut Core<'_>, task: TaskId, group: u16, stock: u16, key: u64) {
        if let Some(log) = self.log(core, task, group) {
            log.undo.push(Undo::PutBack { stock, key });
        }
    }

    /// Notes that a key was let through, in case the transaction is rolled back.
    pub(super) fn log_once(&mut self, core: &mut Core<'_>, task: TaskId, group: u16, memory: u16, key: u64) {
        if let Some(log) = self.log(core, task, group) {
            log.undo.push(Undo::Forget { memory, key });
        }
    }

    /// Keeps the transaction around a part that failed from being committed.
    pub(super) fn joined_closed(&mut self, core: &mut Core<'_>, task: TaskId, group: u16, exit: Exit) {
        if exit != Exit::Done
            && let Some(log) = self.log(core, task, group)
        {
            log.doomed = true;
        }
    }

    /// Undoes what a transaction did, or has it replicated.
    pub(super) fn session_ended(&mut self, core: &mut Core<'_>, session: u32, committed: bool) {
        let Some(log) = self.logs.swap_remove(&session) else { return };
        if committed {
            log.changed.iter().for_each(|row| self.versions.change(*row));
            return self.ship(core, log);
        }
        for undo in log.undo.into_iter().rev() {
            match undo {
                Undo::PutBack { stock, key } => self.put_back(stock, key),
                Undo::Forget { memory, key } => self.remembered[usize::from(memory)].forget(key),
            }
        }
    }

    fn put_back(&mut self, stock: u16, key: u64) {
        let remaining = self.remaining(stock, key);
        *remaining += 1;
        if *remaining <= 0 {
            let oversold = self.parts.stocks[usize::from(stock)].oversold;
            let count = &mut self.effects[usize::from(oversold)];
            *count = count.saturating_sub(1);
        }
    }

    /// Sends what was committed to the read replicas.
    fn ship(&mut self, core: &mut Core<'_>, log: Log) {
        let Some((group, _)) = log.wrote.first().copied() else { return };
        let rows: SmallVec<[Row; 2]> = log.wrote.iter().map(|(_, row)| *row).collect();
        for part in &self.parts.databases[usize::from(group)].replicas {
            let behind = &mut self.replicas_behind[usize::from(part.number)];
            behind.sequence += 1;
            let sequence = behind.sequence;
            behind.count(&rows, 1);
            behind.pending.insert(sequence, (core.now(), rows.clone()));
            let number = self.numbers.add((part.number, sequence));
            let key = mix(self.background, mix(u64::from(part.number), sequence));
            let start = Start { pc: part.apply, operation: u16::MAX, key, priority: 0, notify: Some(number) };
            if core.start_background(start).is_none() {
                self.applied(part.number, sequence);
            }
        }
    }

    /// Takes note that a replica has applied a transaction.
    pub(super) fn applied(&mut self, replica: u16, sequence: u64) {
        let behind = &mut self.replicas_behind[usize::from(replica)];
        if let Some((_, rows)) = behind.pending.remove(&sequence) {
            behind.count(&rows, -1);
        }
    }

    /// Whether a connection is forgotten on a way out: with a failure, or without one.
    fn leaks(&self, core: &Core<'_>, task: TaskId, leak: u16, cause: Option<Cause>) -> bool {
        let part = &self.parts.leaks[usize::from(leak)];
        let applies = match cause {
            Some(cause) => part.failures & (1 << cause as u32) != 0,
            None => part.success,
        };
        applies && core.draw(task, part.site).unit() < part.probability
    }

    /// Moves what a task holds to a task of its own, where nobody will give it back; drops the scopes above it.
    fn forget(&mut self, core: &mut Core<'_>, task: TaskId, leak: u16, above: usize) -> bool {
        let part = &self.parts.leaks[usize::from(leak)];
        let slots = part.slots + u32::from(core.replica(task));
        let Some(forgotten) = core.detach(task, above, part.scopes, part.pc) else { return false };
        // What comes back by itself is out for long, and not lost.
        let is_lost = part.lasts.is_none();
        core.open_scope(forgotten, if is_lost { FORGOTTEN } else { OUT }, slots);
        core.count_lost(slots, i64::from(is_lost));
        self.effects[usize::from(part.effect)] += 1;
        true
    }

    /// Forgets the connection if a request left it by failure or was cancelled.
    pub(super) fn may_leak_closed(&mut self, core: &mut Core<'_>, task: TaskId, leak: u16, exit: Exit) {
        let cause = match exit {
            Exit::Done => return,
            Exit::Failed(cause) | Exit::Cut(cause) => cause,
            Exit::Cancelled => Cause::Abandoned,
        };
        if self.leaks(core, task, leak, Some(cause)) {
            self.forget(core, task, leak, 0);
        }
    }
}
