//! Read replicas: where reads go, how far behind they are, and what is read too early.

use crate::system::{System, station};

const LOGIC: &str = "schemas: {sales: [stock, audit]}\n\
                     keys: {one: {count: 1, popularity: uniform}, two: {count: 2, popularity: uniform}}\n";

fn system(
    operations: &[(&'static str, &'static str)],
    at: &[(&'static str, &'static [&'static str])],
) -> System {
    System {
        operations: operations.to_vec(),
        logic: LOGIC,
        pool: "maximum-pool-size: 5}, reads: {of: shop, to: db, read-replicas: true",
        database: "read-replicas: {count: 1, apply: 1s, shipping: 500ms}",
        at: at.to_vec(),
        ..System::default()
    }
}

const WRITE: (&str, &str) = ("write", "[{write: {table: stock, key: one}}]");

#[test]
fn a_read_is_stale_until_what_was_committed_has_been_applied() {
    // Committed at 1.001 s, applied at 2.501 s.
    let read = ("read", "[{read: {table: stock, key: one}}]");
    let with = |at: &'static [&'static str]| system(&[WRITE, read], &[("write", &["1s"]), ("read", at)]);
    with(&["1.2s", "2.4s"]).check("read served 2 in 1ms, write served 1 in 1ms; stale-reads-db 2");
    with(&["0.9s", "2.6s"]).check("read served 2 in 1ms, write served 1 in 1ms");
    // Another table is not behind, and the original never is.
    let at: &[(&str, &'static [&'static str])] = &[("write", &["1s"]), ("read", &["1.2s"])];
    system(&[WRITE, ("read", "[{read: {table: audit, key: one}}]")], at)
        .check("read served 1 in 1ms, write served 1 in 1ms");
    system(&[WRITE, ("read", "[{read: {table: stock, key: one, from: primary}}]")], at)
        .check("read served 1 in 1ms, write served 1 in 1ms");
    // A whole table is behind if one of its rows is.
    system(&[WRITE, ("read", "[{read: {table: stock}}]")], at)
        .check("read served 1 in 1ms, write served 1 in 1ms; stale-reads-db 1");
}

#[test]
fn what_is_rolled_back_is_never_sent() {
    let undone =
        ("write", "[{transaction: {in: sales, steps: [{write: {table: stock, key: one}}, {fail: error}]}}]");
    let read = ("read", "[{read: {table: stock, key: one}}]");
    let results = system(&[undone, read], &[("write", &["1s"]), ("read", &["1.2s"])])
        .check("read served 1 in 1ms, write error 100%");
    assert_eq!(station(&results, "db.replica appliers").visits_per_s.mean, 0.0);
}

#[test]
fn reads_in_a_transaction_stay_with_it_and_others_use_the_replica() {
    let inside = ("inside", "[{transaction: {in: sales, steps: [{read: {table: stock, key: one}}]}}]");
    let outside = ("outside", "[{read: {table: stock, key: one}}]");
    let results =
        system(&[inside, outside], &[("inside", &["1s", "2s", "3s"]), ("outside", &["1s", "2s"])]).run();
    let visits = |label| station(&results, label).visits_per_s.mean * 60.0;
    assert_eq!((visits("db cores"), visits("db.replica cores")), (3.0, 2.0));
    assert_eq!((visits("shop connections"), visits("reads connections")), (3.0, 2.0));
}

#[test]
fn a_replica_with_one_worker_falls_behind() {
    // Three commits at 1 s take 3 s to be applied by one worker, and 1 s by four.
    let read = ("read", "[{read: {table: stock, key: one}}]");
    let with = |database| {
        let mut system =
            system(&[WRITE, read], &[("write", &["1s", "1s", "1s"]), ("read", &["2.2s", "3.2s", "4.2s"])]);
        system.database = database;
        system
    };
    with("read-replicas: {apply: 1s, shipping: 0s, parallel-workers: 1}")
        .check("read served 3 in 1ms, write served 3 in 2ms; stale-reads-db 2");
    with("read-replicas: {apply: 1s, shipping: 0s}").check("read served 3 in 1ms, write served 3 in 2ms");
}
