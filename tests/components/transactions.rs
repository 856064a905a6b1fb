//! Transactions: what a rollback undoes, and what becomes of one inside another.

use brownout::component::{StationKind, View};
use brownout::record::Cause;

use crate::rehearsal::Rehearsal;
use crate::system::System;

const LOGIC: &str = "schemas: {sales: [products, stock, audit]}\n\
                     keys: {product: {count: 1, popularity: uniform}, order: {count: 1, popularity: uniform}}\n\
                     stocks: {goods: {amount: 1, in: sales}, points: {amount: 1}}\n";

fn system(
    operations: &[(&'static str, &'static str)],
    at: &[(&'static str, &'static [&'static str])],
) -> System {
    System {
        operations: operations.to_vec(),
        logic: LOGIC,
        pool: "connection-timeout: 1s",
        at: at.to_vec(),
        ..System::default()
    }
}

#[test]
fn a_rollback_puts_back_what_its_database_keeps_and_nothing_else() {
    let take = |stock: &'static str| -> (&'static str, &'static str) {
        match stock {
            "goods" => ("a", "[{transaction: {in: sales, steps: [{take: {stock: goods}}, {fail: error}]}}]"),
            _ => ("a", "[{transaction: {in: sales, steps: [{take: {stock: points}}, {fail: error}]}}]"),
        }
    };
    let b = |stock| {
        if stock == "goods" { ("b", "[{take: {stock: goods}}]") } else { ("b", "[{take: {stock: points}}]") }
    };
    let run = |stock| system(&[take(stock), b(stock)], &[("a", &["1s"]), ("b", &["2s"])]);
    run("goods").check("a error 100%, b served 1 in 0ms");
    run("points").check("a error 100%, b declined 100%");
}

#[test]
fn a_unique_index_forgets_what_was_rolled_back() {
    let once = "[{transaction: {in: sales, steps: [{once: {key: order, in: sales}}, {choose: {by: product, branches: \
                [{weight: 100%, steps: [{fail: error}]}]}}]}}]";
    let again = "[{once: {key: order, in: sales}}]";
    // `a` and `b` remember apart: each step has its own index.
    system(&[("a", once)], &[("a", &["1s", "2s"])]).check("a error 100%");
    let kept = "[{transaction: {in: sales, steps: [{once: {key: order}}, {fail: error}]}}]";
    system(&[("a", kept)], &[("a", &["1s", "2s"])]).check("a error 50% declined 50%");
    system(&[("b", again)], &[("b", &["1s", "2s"])]).check("b served 1 in 0ms declined 50%");
}

#[test]
fn an_oversold_stock_is_sold_less_when_it_is_put_back() {
    let take = "[{transaction: {in: sales, steps: [{take: {stock: goods, checked: false}}, {delay: 10ms}, {choose: \
                {branches: [{weight: 100%, steps: [{fail: error}]}]}}]}}]";
    system(&[("a", take)], &[("a", &["1s", "1s", "1s"])]).check("a error 100%");
}

#[test]
fn a_called_operation_becomes_part_of_the_transaction_of_its_caller() {
    // With a single connection, a second one would never come.
    let outer = "[{transaction: {in: sales, steps: [{write: {table: stock}}, {call: inner}]}}]";
    let inner = "[{transaction: {in: sales, steps: [{write: {table: audit}}]}}]";
    let with = |inner| {
        let mut system = system(&[("outer", outer), ("inner", inner)], &[("outer", &["1s"])]);
        system.pool = "maximum-pool-size: 1, connection-timeout: 1s";
        system
    };
    with(inner).check("outer served 1 in 2ms");
    with("[{write: {table: audit}}]").check("outer served 1 in 2ms");
    let own = "[{transaction: {in: sales, propagation: requires-new, steps: [{write: {table: audit}}]}}]";
    with(own).check("outer pool-timeout 100%");
}

#[test]
fn a_part_that_failed_keeps_the_whole_from_being_committed() {
    // The failure is caught, but the transaction is marked: Spring's UnexpectedRollbackException.
    let outer = "[{transaction: {in: sales, steps: [{take: {stock: goods}}, {on-failure: {try: [{call: inner}], then: []}}]}}]";
    let inner = "[{transaction: {in: sales, steps: [{fail: external-error}]}}]";
    let after = ("after", "[{take: {stock: goods}}]");
    let at: &[(&str, &'static [&'static str])] = &[("outer", &["1s"]), ("after", &["2s"])];
    system(&[("outer", outer), ("inner", inner), after], at).check("after served 1 in 0ms, outer error 100%");
    // By itself it fails alone, and so does a failure that is no transaction's.
    let own = "[{transaction: {in: sales, propagation: requires-new, steps: [{fail: external-error}]}}]";
    system(&[("outer", outer), ("inner", own), after], at)
        .check("after declined 100%, outer served 1 in 0ms");
    system(&[("outer", outer), ("inner", "[{fail: external-error}]"), after], at)
        .check("after declined 100%, outer served 1 in 0ms");
}

#[test]
fn a_transaction_of_its_own_is_kept_when_the_outer_one_is_rolled_back() {
    let outer = "[{transaction: {in: sales, steps: [{call: inner}, {fail: error}]}}]";
    let inner = "[{transaction: {in: sales, propagation: requires-new, steps: [{take: {stock: goods}}]}}]";
    let joined = "[{transaction: {in: sales, steps: [{take: {stock: goods}}]}}]";
    let after = ("after", "[{take: {stock: goods}}]");
    let at: &[(&str, &'static [&'static str])] = &[("outer", &["1s"]), ("after", &["2s"])];
    system(&[("outer", outer), ("inner", inner), after], at).check("after declined 100%, outer error 100%");
    system(&[("outer", outer), ("inner", joined), after], at)
        .check("after served 1 in 0ms, outer error 100%");
}

#[test]
fn an_inner_transaction_locks_itself_out_of_what_the_outer_one_has() {
    let steps = "[{transaction: {in: sales, steps: [{write: {table: stock, key: product}}, {transaction: {in: sales, \
                 propagation: requires-new, steps: [{write: {table: stock, key: product}}]}}]}}]";
    let mut system = system(&[("a", steps)], &[("a", &["1s"])]);
    system.database = "lock-wait-timeout: 3s";
    system.check("a lock-timeout 100%");
}

/// The slow one asked first, and comes last: by itself, in a branch, and as a record's consumer.
#[test]
fn whoever_comes_after_somebody_who_asked_later_is_counted() {
    let pass = "{in-order: {effect: overtaken}}";
    for (slow, quick, deployment) in [
        (format!("[{{delay: 10s}}, {pass}]"), format!("[{pass}]"), ""),
        (
            format!("[{{parallel: {{branches: [[{{delay: 10s}}, {pass}]]}}}}]"),
            format!("[{{delay: 1s}}, {pass}]"),
            "",
        ),
        (
            "[{delay: 10s}, {publish: {topic: done}}]".to_owned(),
            "[{publish: {topic: done}}]".to_owned(),
            "logs: {kafka: {append: 1ms, topics: {done: {partitions: 1, consumers: {group: done, members: 1, operation: shop.pass}}}}}",
        ),
    ] {
        let steps = |text: &str| -> &'static str { text.to_owned().leak() };
        let mut operations = vec![("slow", steps(&slow)), ("quick", steps(&quick))];
        operations.extend((!deployment.is_empty()).then(|| ("pass", steps(&format!("[{pass}]")))));
        let at: &[(&str, &[&str])] = &[("slow", &["1s"]), ("quick", &["2s", "3s", "4s"])];
        let results = System { deployment, ..system(&operations, at) }.run();
        let counted = results.effects.iter().find(|it| it.name == "overtaken").expect("it is counted");
        assert!((counted.count.mean - 1.0).abs() < 1e-9, "{slow}: {counted:?}");
    }
}

#[test]
fn what_was_done_once_is_forgotten_after_a_while() {
    let once = |steps| {
        let at: &[&str] = &["1s", "2s", "5s", "5.5s"];
        system(&[("a", steps)], &[("a", at)])
    };
    once("[{once: {key: order, remember: 2s}}]").check("a served 2 in 0ms declined 50%");
    once("[{once: {key: order}}]").check("a served 1 in 0ms declined 75%");
}

#[test]
fn a_stock_with_a_key_is_one_for_each() {
    // One of each of a product: the second is turned down at the check, before it takes any.
    let steps = "[{transaction: {in: sales, steps: [{check: {stock: goods, key: product}}, \
                 {take: {stock: goods, key: product, checked: false}}]}}, {effect: sold}]";
    let system = |logic| System {
        operations: vec![("a", steps)],
        logic,
        at: vec![("a", &["1s", "2s", "3s"])],
        ..System::default()
    };
    let one = "schemas: {sales: [products]}\nkeys: {product: {count: 1, popularity: uniform}}\n\
               stocks: {goods: {amount: 1, in: sales}}\n";
    assert_eq!(sold(&system(one).run()), 1.0);
    let many = "schemas: {sales: [products]}\nkeys: {product: {count: 1000000, popularity: uniform}}\n\
                stocks: {goods: {amount: 1, in: sales}}\n";
    assert_eq!(sold(&system(many).run()), 3.0);
}

fn sold(results: &brownout::experiment::Results) -> f64 {
    results.effects.iter().find(|effect| effect.name == "sold").expect("it is counted").count.mean
}

/// Two transactions that lock two rows in opposite order, more than can be done, by customers who leave and take their
/// requests with them; then nobody comes any more, and at the end one who needs both rows.
const CONTENDED: Rehearsal<'_> = Rehearsal {
    operations: "
schemas: {sales: [stock, audit]}
keys: {one: {count: 1, popularity: uniform}}
stocks: {goods: {amount: 20000, in: sales}}
modules:
  shop:
    operations:
      sell:
        - transaction:
            in: sales
            steps:
              - {effect: begun}
              - {take: {stock: goods}}
              - {effect: asked}
              - {lock: {table: stock, key: one}}
              - {effect: done}
              - {delay: {hyperexponential: {phases: [{weight: 95%, mean: 15ms}, {weight: 5%, mean: 600ms}]}}}
              - {effect: asked}
              - {write: {table: audit, key: one}}
              - {effect: done}
              - {effect: whole}
        - {effect: committed}
      count:
        - transaction:
            in: sales
            steps:
              - {effect: begun}
              - {take: {stock: goods}}
              - {effect: asked}
              - {lock: {table: audit, key: one}}
              - {effect: done}
              - {delay: {hyperexponential: {phases: [{weight: 95%, mean: 15ms}, {weight: 5%, mean: 600ms}]}}}
              - {effect: asked}
              - {write: {table: stock, key: one}}
              - {effect: done}
              - {effect: whole}
        - {effect: committed}
      probe:
        - transaction: {in: sales, steps: [{write: {table: stock, key: one}}, {write: {table: audit, key: one}}]}
      rest:
        - repeat: {times: 20001, steps: [{take: {stock: goods}}, {effect: left}]}
",
    deployment: "
operations: operations.yaml
processes: {shop: {modules: [shop], cores: 64, style: event-loop}}
pools: {shop: {to: db, maximum-pool-size: 10000, connection-timeout: 1m}}
databases: {db: {kind: mariadb, cores: 2, schemas: [sales], statement: 2ms, max-connections: 10000,
  lock-wait-timeout: 1s}}
",
    scenario: "
deployment: deployment.yaml
duration: 300s
load:
  shop.sell: {stages: [{rate: 20/s, hold: 200s}, {ramp-to: 0/s, over: 0s}, {hold: 100s}]}
  shop.count: {stages: [{rate: 20/s, hold: 200s}, {ramp-to: 0/s, over: 0s}, {hold: 100s}]}
  shop.probe: {deterministic: {rate: 0.25/m}}
  shop.rest: {deterministic: {rate: 0.22/m}}
clients:
  shop.sell: {timeout: 1100ms, on-timeout: cancel}
  shop.count: {timeout: 700ms, on-timeout: cancel}
",
};

/// Whatever becomes of them (lock time-outs, deadlocks, customers who leave), transactions and statements that were begun
/// have ended, each in one way; every lock that was asked for was had or given up; and at the end nothing is held.
#[test]
fn what_a_database_begins_it_ends_and_nothing_is_held_when_all_have_gone() {
    let run = CONTENDED.run();
    let both = ["shop.sell", "shop.count"].map(|name| run.operation(name, View::Client));
    let failed = |cause: Cause| both.iter().map(|record| record.failed[cause as usize]).sum::<u64>();
    let (late, dead, cut) = (failed(Cause::LockTimeout), failed(Cause::Deadlock), failed(Cause::Timeout));
    let offered: u64 = both.iter().map(|record| record.offered).sum();
    let served: u64 = both.iter().map(|record| record.served).sum();
    // All of it happened, often.
    assert!([served, late, dead, cut].iter().all(|count| *count > 50), "{served} {late} {dead} {cut}");
    // Transactions: whoever came began one at once, and it was committed or rolled back for one of three reasons.
    assert_eq!(run.effect("begun"), offered);
    assert_eq!(offered, served + late + dead + cut);
    assert_eq!(run.effect("committed"), served);
    assert_eq!(run.record.in_flight_end, 0);
    // Locks: those of the probe are had besides.
    let (stock, audit) =
        (run.station("db.stock", StationKind::Locks), run.station("db.audit", StationKind::Locks));
    let (had, given_up) = (stock.visits + audit.visits - 2, stock.gave_up + audit.gave_up);
    assert_eq!(run.effect("asked"), had + given_up);
    // Statements: each begins its work with its lock, and is done unless its customer left meanwhile. The cores count what
    // they are done with.
    let (done, whole) = (run.effect("done"), run.effect("whole"));
    assert_eq!(done, run.station("db", StationKind::Cores).visits - 2);
    let cut_at_work = had - done;
    let cut_in_line = given_up - late - dead;
    // One who is done with the first statement goes on to the second, or leaves in between; each asks twice at most.
    let cut_between = done - whole - (run.effect("asked") - offered);
    assert_eq!(cut, cut_at_work + cut_in_line + cut_between, "{cut_at_work} {cut_in_line} {cut_between}");
    assert!(cut_at_work > 0 && cut_in_line > 0 && cut_between > 0);
    assert_eq!(whole, served);
    // What was taken is sold or there again.
    assert_eq!(run.effect("left"), 20_000 - served);
    // Nobody holds a row: the probe goes straight through two statements of 2 ms.
    let probe = run.operation("shop.probe", View::Client).latency.mean_secs().expect("served");
    assert!((probe - 0.004).abs() < 1e-9, "{probe}");
}
