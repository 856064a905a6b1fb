//! Pools: how they grow, shrink, renew themselves and let go.

use crate::system::System;

const TABLES: &str = "schemas: {sales: [products]}\n";

/// Requests that hold a connection for a second each.
fn second(pool: &'static str, at: &'static [&'static str]) -> System {
    System {
        operations: vec![("a", "[{read: {table: products}}]")],
        logic: TABLES,
        pool,
        database: "statement-is-below: 0",
        at: vec![("a", at)],
        ..System::default()
    }
    .slow()
}

impl System {
    fn slow(mut self) -> Self {
        // One statement takes a second instead of a millisecond.
        self.operations =
            vec![("a", "[{transaction: {in: sales, steps: [{delay: 999ms}, {read: {table: products}}]}}]")];
        self.database = "";
        self
    }
}

#[test]
fn a_pool_grows_one_connection_after_another() {
    // All five come at 1 s, when one connection is open. Each further one takes 200 ms, and 30 ms lie between: the
    // second is there at 1.2 s, the third at 1.43 s, the fourth at 1.66 s, the fifth at 1.89 s.
    second("maximum-pool-size: 5, minimum-idle: 1, connect: 200ms", &["1s", "1s", "1s", "1s", "1s"])
        .check("a served 5 in 1436ms");
}

#[test]
fn whoever_waits_takes_what_comes_first() {
    // The second gets the first's connection at 2 s: a new one would come later.
    second("maximum-pool-size: 5, minimum-idle: 1, connect: 3s", &["1s", "1s"]).check("a served 2 in 1500ms");
}

#[test]
fn a_wait_is_cut_short_by_the_connection_time_out() {
    second("maximum-pool-size: 1, connection-timeout: 500ms", &["1s", "1s", "1.6s"])
        .check("a served 2 in 1200ms pool-timeout 33%");
}

#[test]
fn a_full_server_refuses_and_the_failure_says_so() {
    let mut system = second("maximum-pool-size: 3, connection-timeout: 500ms", &["1s", "1s"]);
    system.database = "max-connections: 1";
    system.check("a served 1 in 1000ms too-many-connections 50%");
}

#[test]
fn idle_connections_are_closed_down_to_the_least() {
    // Two at once, then silence for longer than the idle time-out and the 30 s between two looks; then two at once
    // again: the second has to wait for its connection.
    let twice = |at| second("maximum-pool-size: 5, minimum-idle: 1, connect: 200ms, idle-timeout: 10s", at);
    let mut soon = twice(&["1s", "1s", "3s", "3s"]);
    soon.duration = "2m";
    soon.check("a served 4 in 1050ms");
    let mut late = twice(&["1s", "1s", "50s", "50s"]);
    late.duration = "2m";
    late.check("a served 4 in 1100ms");
}

#[test]
fn an_old_connection_is_replaced_and_never_taken_from_who_has_it() {
    // The first has the only connection for three minutes, six times its life. It is closed when it comes back at
    // 180 s; the second has to wait for a new one, which takes 5 s.
    let long = System {
        operations: vec![(
            "a",
            "[{transaction: {in: sales, steps: [{delay: 3m}, {read: {table: products}}]}}]",
        )],
        logic: TABLES,
        pool: "maximum-pool-size: 1, connect: 5s, max-lifetime: 30s, connection-timeout: 5m",
        at: vec![("a", &["1ms", "2s"])],
        duration: "10m",
        ..System::default()
    };
    // (180.001 + (180.002 + 5 + 180.001 − 2)) / 2 s
    long.check("a served 2 in 271502ms");
}

#[test]
fn a_newcomer_may_take_a_connection_that_is_on_its_way() {
    // The first gives its connection back at 2 s; the second in line is woken 100 ms later, the third comes at 2.05 s.
    let with = |pool| second(pool, &["1s", "1.5s", "2.05s"]);
    with("maximum-pool-size: 1").check("a served 3 in 1483ms");
    let results = with("maximum-pool-size: 1, hand-off: 100ms").run();
    let latency = results.windows[0].operations[0].latency.expect("served");
    // The third is served at once and the second after it, a hand-off later: 1 s, 1 s and 2.65 s.
    assert!((latency.mean_s.mean - (1.0 + 1.0 + 2.65) / 3.0).abs() < 0.002, "{}", latency.mean_s.mean);
}

#[test]
fn a_request_that_needs_two_connections_at_once_can_wait_for_itself() {
    // Two requests hold the only two connections and each wants another: nobody moves until the time-out.
    let nested = "[{transaction: {in: sales, steps: [{delay: 10ms}, {transaction: {in: sales, propagation: requires-new, \
                  steps: [{read: {table: products}}]}}]}}]";
    let with = |pool| System {
        operations: vec![("a", nested)],
        logic: TABLES,
        pool,
        at: vec![("a", &["1s", "1s"])],
        ..System::default()
    };
    with("maximum-pool-size: 2, connection-timeout: 5s").check("a served 1 in 5011ms pool-timeout 50%");
    // HikariCP's formula: threads × (connections each − 1) + 1 = 3.
    with("maximum-pool-size: 3, connection-timeout: 5s").check("a served 2 in 12ms");
}

#[test]
fn connections_that_are_told_apart_are_as_good_as_others() {
    // What makes no difference makes none: a busy pool with lives and leak detection, and the same without.
    let with = |pool: &'static str| {
        let system = System {
            operations: vec![("a", "[{read: {table: products}}]")],
            logic: TABLES,
            pool,
            at: vec![("a", &["1s", "1s", "1.0005s", "1.0015s", "2s", "2s"])],
            ..System::default()
        };
        crate::system::told(&system.run())
    };
    assert_eq!(
        with("maximum-pool-size: 1"),
        with("maximum-pool-size: 1, leak-detection-threshold: 2s, max-lifetime: 0s")
    );
}

#[test]
fn an_old_connection_that_comes_back_is_not_missed_twice() {
    // From 1 ms on one connection is out for three minutes and the other idle. When the first is closed at its return,
    // one is idle still, which is enough: of two who come at 185 s, the second waits 200 ms for a connection.
    let system = System {
        operations: vec![
            ("long", "[{transaction: {in: sales, steps: [{delay: 3m}, {read: {table: products}}]}}]"),
            ("short", "[{transaction: {in: sales, steps: [{delay: 999ms}, {read: {table: products}}]}}]"),
        ],
        logic: TABLES,
        pool: "maximum-pool-size: 2, minimum-idle: 1, connect: 200ms, max-lifetime: 30s",
        at: vec![("long", &["1ms"]), ("short", &["2ms", "185s", "185s"])],
        duration: "10m",
        ..System::default()
    };
    system.check("long served 1 in 180001ms, short served 3 in 1133ms");
}

#[test]
fn a_pool_is_filled_up_every_half_minute_also_where_nothing_is_idle_for_too_long() {
    // The only connection is out from 1 ms on: within 30 s there is another, for who comes at 40 s.
    let system = System {
        operations: vec![
            ("long", "[{transaction: {in: sales, steps: [{delay: 3m}, {read: {table: products}}]}}]"),
            ("short", "[{transaction: {in: sales, steps: [{delay: 999ms}, {read: {table: products}}]}}]"),
        ],
        logic: TABLES,
        pool: "maximum-pool-size: 2, minimum-idle: 1, connect: 200ms, idle-timeout: 0s",
        at: vec![("long", &["1ms"]), ("short", &["40s"])],
        duration: "10m",
        ..System::default()
    };
    system.check("long served 1 in 180001ms, short served 1 in 1000ms");
}
