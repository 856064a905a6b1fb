//! Connections that nobody gives back, and transactions that nobody ends.

use brownout::experiment::Results;
use brownout::record::HappeningKind;

use crate::system::{System, station};

const LOGIC: &str = "schemas: {sales: [products, stock]}\n\
                     keys: {product: {count: 1, popularity: uniform}}\n\
                     stocks: {goods: {amount: 5, in: sales}}\n";

fn system(steps: &'static str, pool: &'static str, at: &'static [&'static str]) -> System {
    System { operations: vec![("a", steps)], logic: LOGIC, pool, at: vec![("a", at)], ..System::default() }
}

#[test]
fn a_connection_that_is_not_released_on_the_error_path_is_gone() {
    let steps = "[{transaction: {in: sales, leak: {of: [error]}, steps: [{read: {table: products}}, {fail: error}]}}]";
    let results = system(steps, "maximum-pool-size: 2, connection-timeout: 1s", &["1s", "2s", "3s", "4s"])
        .check("a pool-timeout 50% error 50%; connections-leaked-shop 2");
    let pool = station(&results, "shop connections");
    // The first is gone from 1 s on, the second from 2 s on, of 60 s.
    assert!((pool.lost.mean - (59.0 + 58.0) / 60.0).abs() < 0.001, "{}", pool.lost.mean);
    assert!(pool.utilisation.mean > 0.97);
}

#[test]
fn a_connection_that_comes_back_is_out_and_not_lost() {
    // Two of two are out at all times, for 10 s each.
    let steps = "[{transaction: {in: sales, leak: {of: [error], for: 10s}, steps: [{read: {table: products}}, {fail: error}]}}]";
    let often: &'static [&'static str] =
        &["1s", "2s", "12s", "13s", "23s", "24s", "34s", "35s", "45s", "46s", "55s", "57s"];
    let results = system(steps, "maximum-pool-size: 2, connection-timeout: 1s", often)
        .check("a error 100%; connections-leaked-shop 12");
    let pool = station(&results, "shop connections");
    assert!(pool.utilisation.mean > 0.8, "{}", pool.utilisation.mean);
    assert_eq!((pool.lost.mean, results.losses.len()), (0.0, 0));
}

#[test]
fn other_failures_and_success_do_not_leak() {
    let steps = "[{transaction: {in: sales, leak: {of: [timeout]}, steps: [{read: {table: products}}, {fail: error}]}}]";
    system(steps, "maximum-pool-size: 1, connection-timeout: 1s", &["1s", "2s"]).check("a error 100%");
    let declined =
        "[{transaction: {in: sales, leak: {}, steps: [{read: {table: products}}, {fail: declined}]}}]";
    system(declined, "maximum-pool-size: 1, connection-timeout: 1s", &["1s", "2s"]).check("a declined 100%");
    let fine = "[{read: {table: products, leak: {}}}]";
    system(fine, "maximum-pool-size: 1", &["1s", "2s"]).check("a served 2 in 1ms");
}

#[test]
fn a_leak_on_the_ordinary_path_lets_the_request_go_on() {
    let steps = "[{read: {table: products, leak: {when: success}}}]";
    system(steps, "maximum-pool-size: 1, connection-timeout: 1s", &["1s", "2s"])
        .check("a served 1 in 1ms pool-timeout 50%; connections-leaked-shop 1");
    let twice = "[{write: {table: stock, key: product, leak: {when: always, probability: 0%}}}]";
    system(twice, "maximum-pool-size: 1", &["1s", "2s"]).check("a served 2 in 1ms");
}

#[test]
fn a_request_that_is_cut_short_leaks_too() {
    let steps =
        "[{attempt: {timeout: 100ms, steps: [{transaction: {in: sales, leak: {}, steps: [{delay: 1s}]}}]}}]";
    system(steps, "maximum-pool-size: 1, connection-timeout: 1s", &["1s", "2s"])
        .check("a timeout 100%; connections-leaked-shop 1");
}

#[test]
fn a_transaction_left_open_keeps_its_locks() {
    // The first one's row stays locked though its request is served; the second waits until its time-out.
    let steps = "[{transaction: {in: sales, leak: {when: success, transaction: open}, steps: [{write: {table: stock, key: product}}]}}]";
    let mut open = system(steps, "maximum-pool-size: 5", &["1s", "2s"]);
    open.database = "lock-wait-timeout: 3s";
    open.check("a served 1 in 1ms lock-timeout 50%; transactions-left-open-shop 1");
    // Rolled back after 2.5 s: the second has the row from then on, is served, and is left open in turn.
    let until = "[{transaction: {in: sales, leak: {when: success, transaction: open, for: 2500ms}, steps: [{write: {table: stock, key: product}}]}}]";
    let mut until = system(until, "maximum-pool-size: 1, connection-timeout: 5s", &["1s", "2s"]);
    until.duration = "3s";
    until.check("a served 1 in 1ms; transactions-left-open-shop 1");
    until.duration = "1m";
    until.check("a served 2 in 752ms; transactions-left-open-shop 2");
}

#[test]
fn what_an_open_transaction_took_is_put_back_when_it_is_rolled_back() {
    let steps = "[{transaction: {in: sales, leak: {when: success, transaction: open, for: 10s}, steps: [{take: {stock: goods}}]}}]";
    // Five are taken and never committed; at 11 s and later they are back.
    let at = &["1s", "1s", "1s", "1s", "1s", "5s", "20s"];
    system(steps, "maximum-pool-size: 10", at)
        .check("a served 6 in 0ms declined 14%; transactions-left-open-shop 6");
}

#[test]
fn a_leaked_connection_outlives_its_age() {
    // It is in use, so it is not closed, however old; and it counts at the server.
    let steps = "[{read: {table: products, leak: {when: success}}}]";
    let mut system = system(
        steps,
        "maximum-pool-size: 1, connect: 10ms, max-lifetime: 30s, connection-timeout: 1s",
        &["1ms", "100s", "200s"],
    );
    system.duration = "5m";
    system.check("a served 1 in 1ms pool-timeout 67%; connections-leaked-shop 1");
}

/// When pools were warned of, and of what.
fn warnings(results: &Results) -> Vec<(&str, &str, f64, f64)> {
    let found = results.timeline.iter().filter(|it| it.kind == HappeningKind::LeakSuspected);
    found.map(|it| (it.subject.as_str(), it.detail.as_str(), it.first_s, it.last_s)).collect()
}

#[test]
fn leak_detection_warns_when_a_connection_has_been_out_for_its_threshold() {
    const POOL: &str = "maximum-pool-size: 2, leak-detection-threshold: 2s";
    const TOLD: &str = "a connection is out for 2s";
    // Taken at 1 s, 1.5 s and 10 s for 2.5 s each: the first warning is told, and all three are counted.
    let long = "[{transaction: {in: sales, steps: [{delay: 2500ms}]}}]";
    let results =
        system(long, POOL, &["1s", "1.5s", "10s"]).check("a served 3 in 2500ms; leak-warnings-shop 3");
    assert_eq!(warnings(&results), [("shop", TOLD, 3.0, 3.0)]);
    // One that is lent again and again is out for a second each time.
    let short = "[{transaction: {in: sales, steps: [{delay: 1s}]}}]";
    let one = "maximum-pool-size: 1, leak-detection-threshold: 2s";
    let results = system(short, one, &["1s", "1s", "1s", "1s", "1s"]).check("a served 5 in 3000ms");
    assert_eq!(warnings(&results), []);
    // Lent from 1 s for a second, and from 2.5 s for 2.5 s: the time counts from when it was lent last.
    let mut both = system(short, one, &["1s"]);
    both.operations.push(("b", long));
    both.at.push(("b", &["2.5s"]));
    let results = both.check("a served 1 in 1000ms, b served 1 in 2500ms; leak-warnings-shop 1");
    assert_eq!(warnings(&results), [("shop", TOLD, 4.5, 4.5)]);
    // Nobody gives it back: one warning, after the threshold and not at the failure.
    let forgotten = "[{transaction: {in: sales, leak: {}, steps: [{delay: 100ms}, {fail: error}]}}]";
    let results = system(forgotten, POOL, &["1s"])
        .check("a error 100%; leak-warnings-shop 1, connections-leaked-shop 1");
    assert_eq!(warnings(&results), [("shop", TOLD, 3.0, 3.0)]);
    // Off by default.
    let results = system(long, "maximum-pool-size: 2", &["1s"]).check("a served 1 in 2500ms");
    assert_eq!(warnings(&results), []);
}
