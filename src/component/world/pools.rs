//! Pools whose connections are told apart: they are opened one by one, grow idle and old, and are closed.
//!
//! The engine's slots keep the line of those who wait; as many slots may be in use as there are connections open.
//!
//! Source: HikariCP 6.0 `HikariPool` (`PoolEntryCreator`, `HouseKeeper`, `setupPoolEntry`), `ConcurrentBag`.

use super::World;
use super::timers::Due;
use crate::component::parts::PoolPart;
use crate::engine::{Core, Flow, TaskId};
use crate::random::{Stream, mix, name_hash};
use crate::record::{Cause, HappeningKind};
use crate::units::{Instant, Span};

/// Tag of the scope that has a connection; its data is the connection.
pub(super) const CONNECTION: u8 = 5;

/// Between two connections that are opened.
const BETWEEN: Span = Span::from_millis(30);
/// After a connection that could not be opened, doubled each time up to the most.
const FIRST_BACK_OFF: Span = Span::from_millis(10);
const MOST_BACK_OFF: Span = Span::from_secs(5);
/// Between two looks at what is idle.
const HOUSEKEEPING: Span = Span::from_secs(30);
/// A connection's life is shorter by a random share of up to this.
const VARIANCE: f64 = 0.025;

/// What is expected of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// A connection has been opened, or could not be.
    Opened { pool: u16 },
    /// It is time to open the next connection.
    OpenNext { pool: u16 },
    /// A connection has come of age.
    Aged { connection: u32, serial: u64 },
    /// It is time to look for connections that have been idle for long.
    KeepHouse { pool: u16 },
    /// A connection reaches who is first in line.
    HandedOver { pool: u16 },
    /// A connection may have been out for as long as leak detection allows.
    LongOut { connection: u32, serial: u64 },
}

/// A connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Connection {
    pool: u16,
    serial: u64,
    idle_since: Option<Instant>,
    /// When it was taken last.
    out_since: Instant,
    /// Whether it is looked at for leaks before long.
    watched: bool,
    /// To be closed as soon as it is given back.
    old: bool,
}

/// The pool of one replica of a process.
#[derive(Debug)]
pub(super) struct Pool {
    /// Index of its part.
    pub(super) part: usize,
    pub(super) slots: u32,
    /// Most connections that it may have.
    maximum: u32,
    /// Open connections in the order in which they were opened.
    open: Vec<u32>,
    opening: bool,
    /// When it began to open a connection last.
    opens_since: Instant,
    /// Most that may be in use while a fault keeps the pool from its full size.
    cap: u32,
    back_off: Span,
    /// Whether its replica is not there.
    away: bool,
    stream: Stream,
    /// Attempts to open a connection so far, refused ones too, and the time they took \[s].
    pub(super) opened: (u64, f64),
    /// Connections given back so far, and for how long they were out \[s].
    pub(super) used: (u64, f64),
    /// Times that a connection was out for as long as leak detection allows.
    suspects: u64,
}

/// A database as its clients' connections see it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Server {
    pub(super) connections: u64,
    pub(super) refused: u64,
}

fn share_of(span: Span, share: f64) -> Span {
    Span::from_secs_f64(span.as_secs_f64() * share)
}

impl Pool {
    pub(super) fn new(part: usize, spec: &PoolPart, replica: u16, seed: u64, replication: u64) -> Self {
        let path = format!("{}/{replica}", spec.name);
        Pool {
            part,
            slots: spec.slots + u32::from(replica),
            maximum: spec.maximum,
            open: Vec::new(),
            opening: false,
            opens_since: Instant::START,
            cap: u32::MAX,
            back_off: FIRST_BACK_OFF,
            away: false,
            stream: Stream::named(seed, replication, &path, "connections"),
            opened: (0, 0.0),
            used: (0, 0.0),
            suspects: 0,
        }
    }

    /// Connections that may be in use.
    fn usable(&self) -> u32 {
        self.cap.min(self.open.len() as u32)
    }

    /// Most connections that it has or may have: more than the maximum for a while after that was lowered.
    fn size(&self) -> u32 {
        let wanted = if self.away { 0 } else { self.maximum };
        wanted.max(self.open.len() as u32)
    }

    /// Most connections that it may have.
    pub(super) fn maximum(&self) -> u32 {
        self.maximum
    }

    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    /// Times that a connection was out for as long as leak detection allows.
    pub(super) fn suspects(&self) -> u64 {
        self.suspects
    }
}

impl World<'_> {
    fn pool_part(&self, pool: u16) -> &PoolPart {
        &self.parts.pools[self.managed[usize::from(pool)].part]
    }

    /// Opens what pools have open when nothing has happened for long; the ages are those of such a time.
    pub(super) fn begin_pools(&mut self, core: &mut Core<'_>) {
        for part in self.parts.pools.iter().filter(|part| part.managed.is_none()) {
            let open = u64::from(part.maximum) * u64::from(part.replicas);
            self.servers[usize::from(part.database)].connections += open;
        }
        let pools = self.managed.len() as u16;
        for pool in 0..pools {
            core.limit_slots(self.managed[usize::from(pool)].slots, 0);
            let part = self.pool_part(pool);
            // Where all connections are kept, one that is closed is replaced at once.
            if part.minimum_idle < part.maximum {
                let phase = share_of(HOUSEKEEPING, self.managed[usize::from(pool)].stream.unit());
                self.expect(core, phase, Expected::KeepHouse { pool });
            }
        }
        // In turn, as processes do that start together.
        let most = (0..pools).map(|pool| self.pool_part(pool).minimum_idle).max().unwrap_or(0);
        for round in 0..most {
            for pool in 0..pools {
                let Pool { away, opening, .. } = self.managed[usize::from(pool)];
                if round < self.pool_part(pool).minimum_idle && !opening && !away {
                    let age = self.managed[usize::from(pool)].stream.unit();
                    if !self.open_connection(core, pool, age) {
                        self.open_later(core, pool);
                    }
                }
            }
        }
    }

    fn expect(&mut self, core: &mut Core<'_>, after: Span, expected: Expected) {
        self.set_due(core, core.now() + after, Due::Pool(expected));
    }

    /// Opens a connection that has lived for a share of its life, unless the server refuses it.
    fn open_connection(&mut self, core: &mut Core<'_>, pool: u16, age: f64) -> bool {
        let part = &self.parts.pools[self.managed[usize::from(pool)].part];
        let limit = u64::from(self.parts.databases[usize::from(part.database)].max_connections);
        let server = &mut self.servers[usize::from(part.database)];
        if server.connections >= limit {
            server.refused += 1;
            core.set_impatience(self.managed[usize::from(pool)].slots, Cause::TooManyConnections);
            return false;
        }
        server.connections += 1;
        self.serial += 1;
        let now = core.now();
        let connection = Connection {
            pool,
            serial: self.serial,
            idle_since: Some(now),
            out_since: now,
            watched: false,
            old: false,
        };
        let index = match self.free_connections.pop() {
            Some(index) => {
                self.connections[index as usize] = connection;
                index
            }
            None => {
                self.connections.push(connection);
                (self.connections.len() - 1) as u32
            }
        };
        let life = part.max_lifetime;
        let state = &mut self.managed[usize::from(pool)];
        state.open.push(index);
        state.back_off = FIRST_BACK_OFF;
        let (slots, open) = (state.slots, state.usable());
        if let Some(life) = life {
            let life = share_of(life, (1.0 - VARIANCE * state.stream.unit()) * (1.0 - age));
            self.expect(core, life, Expected::Aged { connection: index, serial: connection.serial });
        }
        core.set_impatience(slots, Cause::PoolTimeout);
        core.limit_slots(slots, open);
        true
    }

    /// Closes a connection; the engine's limit follows.
    fn close_connection(&mut self, core: &mut Core<'_>, connection: u32) {
        let pool = self.connections[connection as usize].pool;
        self.connections[connection as usize].serial = 0;
        self.free_connections.push(connection);
        let database = self.pool_part(pool).database;
        self.servers[usize::from(database)].connections -= 1;
        let state = &mut self.managed[usize::from(pool)];
        state.open.retain(|open| *open != connection);
        core.set_slots_capacity(state.slots, state.size());
        core.limit_slots(state.slots, state.usable());
    }

    /// Whether a pool should open another connection, with so many more about to wait, and so many slots about to be given
    /// back whose connections are closed already.
    fn wants_more(&self, core: &Core<'_>, pool: u16, coming: u64, leaving: u64) -> bool {
        let state = &self.managed[usize::from(pool)];
        let part = &self.parts.pools[state.part];
        let (used, waiting) = core.slots_in_use(state.slots);
        let idle = (state.open.len() as u64 + leaving).saturating_sub(used);
        !state.away
            && state.open.len() < state.maximum as usize
            && (idle < u64::from(part.minimum_idle) || waiting + coming > idle)
    }

    fn fill(&mut self, core: &mut Core<'_>, pool: u16, coming: u64) {
        self.fill_up(core, pool, coming, 0);
    }

    fn fill_up(&mut self, core: &mut Core<'_>, pool: u16, coming: u64, leaving: u64) {
        if !self.managed[usize::from(pool)].opening && self.wants_more(core, pool, coming, leaving) {
            self.open_now(core, pool);
        }
    }

    /// Begins to open a connection.
    fn open_now(&mut self, core: &mut Core<'_>, pool: u16) {
        let part = &self.parts.pools[self.managed[usize::from(pool)].part];
        let state = &mut self.managed[usize::from(pool)];
        state.opening = true;
        state.opens_since = core.now();
        let took = part.connect.as_ref().map_or(Span::ZERO, |law| law.sample_span(&mut state.stream));
        self.expect(core, took, Expected::Opened { pool });
    }

    /// Tries again after a pause, longer each time.
    fn open_later(&mut self, core: &mut Core<'_>, pool: u16) {
        let state = &mut self.managed[usize::from(pool)];
        state.opening = true;
        let pause = state.back_off;
        state.back_off = (pause + pause).min(MOST_BACK_OFF);
        self.expect(core, pause, Expected::OpenNext { pool });
    }

    /// Does what was expected of a pool.
    pub(super) fn pool_due(&mut self, core: &mut Core<'_>, expected: Expected) {
        match expected {
            Expected::Opened { pool } => self.connection_opened(core, pool),
            Expected::OpenNext { pool } => self.open_next(core, pool),
            Expected::Aged { connection, serial } => self.connection_aged(core, connection, serial),
            Expected::KeepHouse { pool } => self.keep_house(core, pool),
            Expected::HandedOver { pool } => self.connection_handed_over(core, pool),
            Expected::LongOut { connection, serial } => self.connection_long_out(core, connection, serial),
        }
    }

    fn connection_opened(&mut self, core: &mut Core<'_>, pool: u16) {
        let state = &mut self.managed[usize::from(pool)];
        if state.away {
            state.opening = false;
            return;
        }
        // HikariCP counts an attempt whatever came of it.
        let took = core.now().since(state.opens_since);
        state.opened = (state.opened.0 + 1, state.opened.1 + took.as_secs_f64());
        if self.open_connection(core, pool, 0.0) {
            self.expect(core, BETWEEN, Expected::OpenNext { pool });
        } else {
            self.open_later(core, pool);
        }
    }

    fn open_next(&mut self, core: &mut Core<'_>, pool: u16) {
        if self.wants_more(core, pool, 0, 0) {
            self.open_now(core, pool);
        } else {
            self.managed[usize::from(pool)].opening = false;
        }
    }

    /// Closes an old connection now if it is idle, else when it is given back.
    fn connection_aged(&mut self, core: &mut Core<'_>, connection: u32, serial: u64) {
        let entry = &mut self.connections[connection as usize];
        if entry.serial != serial {
            return;
        }
        entry.old = true;
        let pool = entry.pool;
        if entry.idle_since.is_some() {
            self.close_connection(core, connection);
            self.fill(core, pool, 0);
        }
    }

    /// Closes connections that have been idle for too long, and fills the pool up.
    fn keep_house(&mut self, core: &mut Core<'_>, pool: u16) {
        if let Some(timeout) = self.pool_part(pool).idle_timeout {
            self.close_idle(core, pool, timeout);
        }
        self.fill(core, pool, 0);
        self.expect(core, HOUSEKEEPING, Expected::KeepHouse { pool });
    }

    /// Closes connections that have been idle for too long, those idle for longest first.
    fn close_idle(&mut self, core: &mut Core<'_>, pool: u16, timeout: Span) {
        let now = core.now();
        let least = self.pool_part(pool).minimum_idle as usize;
        let mut idle: Vec<(Instant, u32)> = self.managed[usize::from(pool)]
            .open
            .iter()
            .filter_map(|index| Some((self.connections[*index as usize].idle_since?, *index)))
            .collect();
        idle.sort();
        let most = idle.len().saturating_sub(least);
        for (since, connection) in idle.into_iter().take(most) {
            if now.since(since) > timeout {
                self.close_connection(core, connection);
            }
        }
    }

    /// Lets only so many connections of the pool at a station be in use; says whether it is one whose connections are told
    /// apart.
    pub(super) fn cap_pool(&mut self, core: &mut Core<'_>, slots: u32, cap: u32) -> bool {
        let Some(state) = self.managed.iter_mut().find(|pool| pool.slots == slots) else { return false };
        state.cap = cap;
        core.limit_slots(slots, state.usable());
        true
    }

    /// Gives the pools of a part another maximum. One that is larger opens connections as they are wanted; one that is
    /// smaller opens none in the place of those that it closes.
    pub(super) fn resize_managed(&mut self, core: &mut Core<'_>, part: u16, maximum: u32) {
        for pool in 0..self.managed.len() {
            if self.managed[pool].part == usize::from(part) {
                let state = &mut self.managed[pool];
                state.maximum = maximum;
                core.set_slots_capacity(state.slots, state.size());
                self.fill(core, pool as u16, 0);
            }
        }
    }

    /// Closes the pool of a replica that goes: what is out is closed when it is given back.
    pub(super) fn close_pool(&mut self, core: &mut Core<'_>, pool: u16) {
        let state = &mut self.managed[usize::from(pool)];
        state.away = true;
        for connection in state.open.clone() {
            let entry = &mut self.connections[connection as usize];
            entry.old = true;
            if entry.idle_since.is_some() {
                self.close_connection(core, connection);
            }
        }
        let state = &self.managed[usize::from(pool)];
        core.set_slots_capacity(state.slots, state.size());
        core.limit_slots(state.slots, state.usable());
    }

    /// Opens the pool of a replica that comes: its connections, one after another, while it starts.
    pub(super) fn open_pool(&mut self, core: &mut Core<'_>, pool: u16) {
        let state = &mut self.managed[usize::from(pool)];
        state.away = false;
        core.set_slots_capacity(state.slots, state.size());
        self.fill(core, pool, 0);
    }

    /// Has a pool grow for somebody who is about to wait.
    pub(super) fn want_connection(&mut self, core: &mut Core<'_>, pool: u16) -> Flow {
        let state = &self.managed[usize::from(pool)];
        let (used, _) = core.slots_in_use(state.slots);
        if used >= state.open.len() as u64 {
            self.fill(core, pool, 1);
        }
        Flow::Next
    }

    /// Gives a task the first connection that is free: it has a slot, so there is one.
    pub(super) fn borrow_connection(&mut self, core: &mut Core<'_>, task: TaskId, pool: u16) -> Flow {
        let open = &self.managed[usize::from(pool)].open;
        let free = open.iter().copied().find(|index| self.connections[*index as usize].idle_since.is_some());
        let Some(connection) = free else {
            debug_assert!(false, "as many slots are in use as connections are open");
            return Flow::Fail(Cause::PoolTimeout);
        };
        let threshold = self.pool_part(pool).leak_detection;
        let entry = &mut self.connections[connection as usize];
        entry.idle_since = None;
        entry.out_since = core.now();
        if let Some(threshold) = threshold
            && !std::mem::replace(&mut entry.watched, true)
        {
            let serial = entry.serial;
            self.expect(core, threshold, Expected::LongOut { connection, serial });
        }
        core.open_scope(task, CONNECTION, connection);
        Flow::Next
    }

    /// Takes a connection back.
    pub(super) fn connection_returned(&mut self, core: &mut Core<'_>, connection: u32, since: Instant) {
        let now = core.now();
        let entry = &mut self.connections[connection as usize];
        let (pool, old) = (entry.pool, entry.old);
        entry.idle_since = Some(now);
        let part = &self.parts.pools[self.managed[usize::from(pool)].part];
        let state = &mut self.managed[usize::from(pool)];
        let out = now.since(since);
        state.used = (state.used.0 + 1, state.used.1 + out.as_secs_f64());
        if old {
            self.close_connection(core, connection);
            // Its slot is still in use, until the scope around this one is left.
            self.fill_up(core, pool, 0, 1);
        } else if !part.hand_off.is_zero() && core.slots_in_use(state.slots).1 > 0 {
            core.withhold_slot(state.slots);
            let after = part.hand_off;
            self.expect(core, after, Expected::HandedOver { pool });
        }
    }

    /// Warns of a connection that has been out for as long as leak detection allows; one that was taken again since is
    /// looked at later. The first warning of a pool is told, all are counted.
    fn connection_long_out(&mut self, core: &mut Core<'_>, connection: u32, serial: u64) {
        let now = core.now();
        let entry = &mut self.connections[connection as usize];
        if entry.serial != serial {
            return;
        }
        entry.watched = false;
        let (pool, since, is_out) = (entry.pool, entry.out_since, entry.idle_since.is_none());
        let part = &self.parts.pools[self.managed[usize::from(pool)].part];
        let Some(threshold) = part.leak_detection.filter(|_| is_out) else { return };
        let due = since + threshold;
        if due > now {
            self.connections[connection as usize].watched = true;
            self.expect(core, due.since(now), Expected::LongOut { connection, serial });
            return;
        }
        self.managed[usize::from(pool)].suspects += 1;
        let count = &mut self.effects[usize::from(part.leak_warnings)];
        *count += 1;
        if *count == 1 {
            let detail = format!("a connection is out for {threshold}");
            self.note(now, HappeningKind::LeakSuspected, part.name.clone(), detail);
        }
    }

    fn connection_handed_over(&mut self, core: &mut Core<'_>, pool: u16) {
        core.hand_over_slot(self.managed[usize::from(pool)].slots);
    }

    /// The seed of what a run's background work draws.
    pub(super) fn background_key(seed: u64, replication: u64) -> u64 {
        mix(mix(seed, replication), name_hash("background"))
    }
}
