//! Databases: what a lock time-out and a deadlock undo, who is the victim, and how commits are flushed.

use crate::system::System;

const LOGIC: &str = "schemas: {sales: [stock, audit]}\n\
                     keys: {one: {count: 1, popularity: uniform}}\n\
                     stocks: {goods: {amount: 9, in: sales}}\n";

fn system(
    operations: &[(&'static str, &'static str)],
    at: &[(&'static str, &'static [&'static str])],
) -> System {
    System {
        operations: operations.to_vec(),
        logic: LOGIC,
        database: "lock-wait-timeout: 2s",
        at: at.to_vec(),
        ..System::default()
    }
}

/// Holds the row of `audit` for ten seconds.
const HOLDER: (&str, &str) =
    ("holder", "[{transaction: {in: sales, steps: [{lock: {table: audit, key: one}}, {delay: 10s}]}}]");

/// Takes a row of `stock`, waits in vain for that of `audit`, catches that, and goes on for five seconds.
const PATIENT: (&str, &str) = (
    "patient",
    "[{transaction: {in: sales, steps: [{lock: {table: stock, key: one}}, {on-failure: {try: [{lock: {table: audit, \
     key: one}}], of: [lock-timeout], then: [{delay: 5s}]}}]}}]",
);

#[test]
fn a_lock_time_out_undoes_the_statement_and_keeps_the_locks() {
    // The row of `stock` is free at 8 s, when the one that timed out at 3 s commits; the third waits from 4 s on.
    let third = ("third", "[{transaction: {in: sales, steps: [{lock: {table: stock, key: one}}]}}]");
    let at: &[(&str, &'static [&'static str])] =
        &[("holder", &["0.5s"]), ("patient", &["1s"]), ("third", &["7s"])];
    let three = system(&[HOLDER, PATIENT, third], at);
    three.clone().check("holder served 1 in 10001ms, patient served 1 in 7001ms, third served 1 in 1002ms");
    // With `innodb_rollback_on_timeout` it loses them at 3 s.
    let mut all = three;
    all.database = "lock-wait-timeout: 2s, rollback-on-timeout: true";
    all.check("holder served 1 in 10001ms, patient served 1 in 7001ms, third served 1 in 1ms");
}

/// Two that take two rows in opposite order, and what one of them does when it is the victim.
fn crossing(first: &'static str, second: &'static str) -> System {
    system(&[("a", first), ("b", second)], &[("a", &["1s"]), ("b", &["1s"])])
}

#[test]
fn the_victim_of_a_deadlock_loses_the_whole_transaction() {
    let a = "[{transaction: {in: sales, steps: [{lock: {table: stock, key: one}}, {delay: 1s}, {lock: {table: audit, key: \
             one}}]}}]";
    // It catches the failure and goes on for ten seconds; the other has the row at once all the same.
    let b = "[{transaction: {in: sales, steps: [{take: {stock: goods}}, {lock: {table: audit, key: one}}, {delay: 1s}, \
             {on-failure: {try: [{lock: {table: stock, key: one}}], of: [deadlock], then: [{delay: 10s}]}}]}}]";
    crossing(a, b).check("a served 1 in 1002ms, b served 1 in 11001ms");
}

#[test]
fn the_victim_is_who_has_changed_least() {
    let few = "[{transaction: {in: sales, steps: [{write: {table: stock, key: one}}, {delay: 1s}, {lock: {table: audit, \
               key: one}}]}}]";
    let many = "[{transaction: {in: sales, steps: [{write: {table: audit, key: one, rows: 50}}, {delay: 1s}, {lock: \
                {table: stock, key: one}}]}}]";
    crossing(few, many).check("a deadlock 100%, b served 1 in 1002ms");
    let other = "[{transaction: {in: sales, steps: [{write: {table: stock, key: one, rows: 99}}, {delay: 1s}, {lock: \
                 {table: audit, key: one}}]}}]";
    crossing(other, many).check("a served 1 in 1002ms, b deadlock 100%");
}

#[test]
fn commits_that_come_together_share_a_flush_and_may_wait_for_each_other() {
    let write = ("a", "[{write: {table: stock}}]");
    let with = |database, at| {
        let mut system = system(&[write], &[("a", at)]);
        system.database = database;
        system
    };
    // Work of 1 ms, then the flush: the second comes during the first's and goes with the next.
    with("flush: 10ms", &["1s"]).check("a served 1 in 11ms");
    with("flush: 10ms", &["1s", "1.005s"]).check("a served 2 in 14ms");
    // The first waits 20 ms for others, and the second comes along.
    with("flush: 10ms, group-commit-sync-delay: 20ms", &["1s"]).check("a served 1 in 31ms");
    with("flush: 10ms, group-commit-sync-delay: 20ms", &["1s", "1.005s"]).check("a served 2 in 28ms");
    // At 2, a commit does not wait.
    with("flush: 10ms, flush-log-at-trx-commit: 2", &["1s"]).check("a served 1 in 1ms");
}

#[test]
fn rows_and_reads_from_disk_are_work_on_top_of_the_statement() {
    let with = |steps, database| {
        let mut system = system(&[("a", steps)], &[("a", &["1s"])]);
        system.database = database;
        system
    };
    let (read, write) = ("[{read: {table: stock, rows: 5}}]", "[{write: {table: stock, rows: 3}}]");
    with(read, "row-read: 2ms, row-write: 50ms").check("a served 1 in 11ms");
    with(write, "row-read: 50ms, row-write: 4ms").check("a served 1 in 13ms");
    // Found in the buffer pool by nobody, or by all.
    with(read, "buffer-pool-hits: 0%, disk-read: 20ms").check("a served 1 in 21ms");
    with(read, "buffer-pool-hits: 100%, disk-read: 20ms").check("a served 1 in 1ms");
    with(read, "disk-read: 20ms").check("a served 1 in 1ms");
}

#[test]
fn without_detection_a_deadlock_lasts_until_a_lock_time_out() {
    // The first waits from 2.001 s to 4.001 s, and then the second has its row.
    let a = "[{transaction: {in: sales, steps: [{lock: {table: stock, key: one}}, {delay: 1s}, {lock: {table: audit, key: \
             one}}]}}]";
    let b = "[{transaction: {in: sales, steps: [{lock: {table: audit, key: one}}, {delay: 1s}, {lock: {table: stock, key: \
             one}}]}}]";
    let mut both = system(&[("a", a), ("b", b)], &[("a", &["1s"]), ("b", &["1.5s"])]);
    both.check("a served 1 in 1502ms, b deadlock 100%");
    both.database = "lock-wait-timeout: 2s, deadlock-detect: false";
    both.check("a lock-timeout 100%, b served 1 in 2502ms");
}

/// MariaDB takes a time-out of none at all, which is `NOWAIT`; MySQL wants a second at least.
#[test]
fn who_may_not_wait_for_a_row_fails_at_once() {
    let third = ("third", "[{transaction: {in: sales, steps: [{lock: {table: audit, key: one}}]}}]");
    let mut both = system(&[HOLDER, third], &[("holder", &["1s"]), ("third", &["2s", "12s"])]);
    both.database = "lock-wait-timeout: 0s";
    both.check("holder served 1 in 10001ms, third served 1 in 1ms lock-timeout 50%");
}
