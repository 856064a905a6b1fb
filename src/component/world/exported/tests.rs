//! A world that is looked at in the middle of a run.

use super::*;
use crate::component::{SystemSpec, assemble};
use crate::engine::{Engine, Exit, Flow, Host, Limits, TaskId};
use crate::record::{Cause, ObservedRecord, Outcome, Segments};
use crate::units::{Instant, Span};

/// Looks once, at an instant.
struct Looking<'a> {
    world: World<'a>,
    at: Instant,
    seen: &'a std::cell::RefCell<Vec<Exported>>,
}

const LOOK: u32 = (1 << 24) - 2;

impl Host for Looking<'_> {
    fn begin(&mut self, core: &mut Core<'_>) {
        core.set_timer(self.at, LOOK);
        self.world.begin(core);
    }
    fn source(&mut self, core: &mut Core<'_>, source: u32) {
        self.world.source(core, source);
    }
    fn timer(&mut self, core: &mut Core<'_>, timer: u32) {
        if timer == LOOK {
            *self.seen.borrow_mut() = self.world.exported(core);
        } else {
            self.world.timer(core, timer);
        }
    }
    fn hook(&mut self, core: &mut Core<'_>, task: TaskId, hook: u32) -> Flow {
        self.world.hook(core, task, hook)
    }
    fn asleep(&mut self, core: &mut Core<'_>, task: TaskId, hook: u32, token: u64) {
        self.world.asleep(core, task, hook, token);
    }
    fn closed(&mut self, core: &mut Core<'_>, task: TaskId, tag: u8, data: u32, since: Instant, exit: Exit) {
        self.world.closed(core, task, tag, data, since, exit);
    }
    fn place(&mut self, core: &mut Core<'_>, task: TaskId, process: u16) -> Result<u16, Cause> {
        self.world.place(core, task, process)
    }
    fn left(&mut self, core: &mut Core<'_>, process: u16, replica: u16) {
        self.world.left(core, process, replica);
    }
    fn retry(
        &mut self,
        core: &mut Core<'_>,
        task: TaskId,
        policy: u16,
        attempt: u8,
        cause: Cause,
        previous: Span,
    ) -> Option<Span> {
        self.world.retry(core, task, policy, attempt, cause, previous)
    }
    fn retried(&mut self, core: &mut Core<'_>, task: TaskId, policy: u16, attempt: u8) {
        self.world.retried(core, task, policy, attempt);
    }
    fn retry_left(&mut self, core: &mut Core<'_>, task: TaskId, policy: u16, attempt: u8) {
        self.world.retry_left(core, task, policy, attempt);
    }
    fn transaction_ended(&mut self, core: &mut Core<'_>, session: u32, committed: bool) {
        self.world.transaction_ended(core, session, committed);
    }
    fn ended(&mut self, core: &mut Core<'_>, notify: u32, outcome: Outcome) {
        self.world.ended(core, notify, outcome);
    }
    fn sample(&mut self, now: Instant, interval: bool, segment: bool) {
        self.world.sample(now, interval, segment);
    }
    fn observed(&mut self, now: Instant) -> Vec<ObservedRecord> {
        self.world.observed(now)
    }
    fn effects(&self) -> Vec<u64> {
        self.world.effects()
    }
}

const OPERATIONS: &str = "
modules:
  shop:
    operations:
      sell:
        - transaction: {in: sales, steps: [{write: {table: counters, key: counter}}, {delay: 10s}]}
keys: {counter: {count: 1, popularity: uniform}}
schemas: {sales: [counters]}
";

/// What is seen of a pool of at most 3 and a database of at most `most` at a second, two sales a second.
fn seen(pool: &str, most: u32, at: Span) -> Vec<Exported> {
    let deployment = format!(
        "processes: {{shop: {{modules: [shop], cores: 4}}}}
pools: {{shop: {{to: db, maximum-pool-size: 3, {pool}}}}}
databases: {{db: {{cores: 4, schemas: [sales], max-connections: {most}, statement: 1ms, read-replicas: {{apply: 7s}}}}}}"
    );
    let load = "{shop.sell: {deterministic: {rate: 2/s}}}";
    let system = SystemSpec {
        operations: serde_saphyr::from_str(OPERATIONS).expect("operations"),
        deployment: serde_saphyr::from_str(&deployment).expect("a deployment"),
        load: serde_saphyr::from_str(load).expect("a load"),
        ..SystemSpec::default()
    };
    let (assembly, _) = assemble(&system, &|_| Err("no files".to_owned())).expect("a system");
    let segments =
        Segments { ends: vec![Instant::START + Span::from_secs(60)], interval: Span::from_secs(1) };
    let seen = std::cell::RefCell::new(Vec::new());
    let host = Looking { world: World::new(&assembly, 1, 0), at: Instant::START + at, seen: &seen };
    Engine::new(&assembly.program, host, segments, Limits::default(), 1).run().expect("the books balance");
    seen.into_inner()
}

#[track_caller]
fn check(seen: &[Exported], expected: &[(&str, f64)]) {
    for (name, value) in expected {
        let found = seen.iter().find(|o| o.name == *name).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(found.value, *value, "{name}");
    }
}

#[test]
fn a_pool_and_its_database_are_seen_as_their_exporters_show_them() {
    // Sales at 0.5 s, 1 s, 1.5 s and so on; the first has the row for 10 s and 1 ms, the others wait for it.
    let seen = seen("connect: 100ms, minimum-idle: 1", 151, Span::from_millis(2_250));
    check(
        &seen,
        &[
            ("hikaricp_connections", 3.0),
            ("hikaricp_connections_active", 3.0),
            ("hikaricp_connections_idle", 0.0),
            ("hikaricp_connections_pending", 1.0),
            ("hikaricp_connections_max", 3.0),
            ("hikaricp_connections_min", 1.0),
            ("hikaricp_connections_creation_seconds_count", 2.0),
            ("hikaricp_connections_creation_seconds_sum", 0.2),
            ("mysql_global_status_threads_connected", 3.0),
            ("mysql_global_status_threads_running", 2.0),
            ("mysql_global_status_innodb_row_lock_waits", 2.0),
            ("mysql_global_status_innodb_row_lock_current_waits", 2.0),
            ("mysql_global_status_connection_errors_total", 0.0),
            ("mysql_slave_status_seconds_behind_master", 0.0),
        ],
    );
}

#[test]
fn a_server_without_room_refuses_connections() {
    let seen = seen("connection-timeout: 1s", 2, Span::from_millis(2_750));
    check(
        &seen,
        &[
            ("hikaricp_connections", 2.0),
            ("hikaricp_connections_active", 2.0),
            // Of those of 0.5 s to 2.5 s, the third gave up at 2.5 s.
            ("hikaricp_connections_pending", 2.0),
            ("hikaricp_connections_timeout_total", 1.0),
            ("mysql_global_status_threads_connected", 2.0),
        ],
    );
    let refused = seen.iter().find(|o| o.name == "mysql_global_status_connection_errors_total");
    assert!(refused.is_some_and(|refused| refused.value >= 8.0), "{refused:?}");
}

#[test]
fn an_attempt_to_open_a_connection_is_one_whatever_came_of_it() {
    // The server has room for two; the third is tried again and again, after longer and longer pauses.
    let seen = seen("connect: 100ms, connection-timeout: 1s", 2, Span::from_secs(5));
    let value = |name: &str| seen.iter().find(|it| it.name == name).map_or(f64::NAN, |it| it.value);
    let attempts = value("hikaricp_connections_creation_seconds_count");
    assert!((5.0..20.0).contains(&attempts), "{attempts}");
    let took = value("hikaricp_connections_creation_seconds_sum");
    assert!((took - 0.1 * attempts).abs() < 1e-9, "{took} in {attempts}");
    assert_eq!(value("hikaricp_connections"), 2.0);
}

#[test]
fn a_replica_that_applies_slowly_is_seen_to_be_behind() {
    // The first sale commits at 10.5 s and has been applied at 17.5 s.
    let lag = |at| {
        let seen = seen("connect: 1ms", 151, Span::from_secs(at));
        seen.iter().find(|o| o.name == "mysql_slave_status_seconds_behind_master").map(|o| o.value)
    };
    assert_eq!((lag(10), lag(12), lag(17)), (Some(0.0), Some(1.0), Some(6.0)));
}

#[test]
fn every_connection_is_either_active_or_idle_and_known_to_the_server() {
    for at in [0, 700, 1_500, 2_222, 5_000, 11_000, 30_000, 59_000] {
        let seen = seen(
            "connect: 100ms, minimum-idle: 1, idle-timeout: 10s, max-lifetime: 30s",
            3,
            Span::from_millis(at),
        );
        let value = |name| seen.iter().find(|o| o.name == name).map_or(f64::NAN, |o| o.value);
        let open = value("hikaricp_connections");
        assert_eq!(open, value("hikaricp_connections_active") + value("hikaricp_connections_idle"), "{at}");
        assert_eq!(open, value("mysql_global_status_threads_connected"), "{at}");
        assert!(open <= value("hikaricp_connections_max"));
    }
}
