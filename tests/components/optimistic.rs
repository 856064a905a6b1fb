//! Optimistic locks: who finds the row changed, and what becomes of that.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use brownout::experiment::{Options, replicate};
use brownout::scenario::{Overrides, load};

use crate::system::System;

const LOGIC: &str = "schemas: {sales: [stock, audit]}\n\
                     keys: {product: {count: 1, popularity: uniform}}\n\
                     stocks: {goods: {amount: 2, in: sales}}\n";

fn system(
    operations: &[(&'static str, &'static str)],
    at: &[(&'static str, &'static [&'static str])],
) -> System {
    System { operations: operations.to_vec(), logic: LOGIC, at: at.to_vec(), ..System::default() }
}

const CHANGE: &str = "[{transaction: {in: sales, steps: [{optimistic: {table: stock, key: product, steps: [{delay: \
                      100ms}]}}]}}]";

/// Read for 1 ms, work for 100 ms, update for 1 ms: who reads before the commit of the first finds another version.
#[test]
fn whoever_read_before_a_commit_finds_another_version() {
    let at = &["1s", "1050ms", "1099ms", "1101ms", "1400ms"];
    system(&[("a", CHANGE)], &[("a", at)]).check("a served 2 in 102ms conflict 60%");
}

/// The second one fails at 1.152 s, waits for 10 ms, and is through at 1.264 s, after 214 ms.
#[test]
fn whoever_begins_again_reads_the_new_version() {
    let again = "[{attempt: {retry: {max-attempts: 2, wait-duration: 10ms, retry-exceptions: [conflict]}, steps: \
                 [{transaction: {in: sales, steps: [{optimistic: {table: stock, key: product, steps: [{delay: \
                 100ms}]}}]}}]}}]";
    system(&[("a", again)], &[("a", &["1s", "1050ms"])]).check("a served 2 in 158ms");
}

/// Two are there. The second to take one finds the row changed, so the third can have it.
#[test]
fn what_was_done_before_a_conflict_is_undone() {
    let take = "[{transaction: {in: sales, steps: [{optimistic: {table: stock, key: product, steps: [{take: {stock: \
                goods}}, {delay: 100ms}]}}]}}]";
    let at = &["1s", "1050ms", "2s", "3s"];
    system(&[("a", take)], &[("a", at)]).check("a served 2 in 102ms declined 25% conflict 25%");
}

#[test]
fn any_write_of_the_row_is_a_change_once_it_is_committed() {
    let write = "[{write: {table: stock, key: product}}]";
    system(&[("a", CHANGE), ("b", write)], &[("a", &["1s"]), ("b", &["1050ms"])])
        .check("a conflict 100%, b served 1 in 1ms");
    let undone =
        "[{transaction: {in: sales, steps: [{write: {table: stock, key: product}}, {fail: error}]}}]";
    system(&[("a", CHANGE), ("b", undone)], &[("a", &["1s"]), ("b", &["1050ms"])])
        .check("a served 1 in 102ms, b error 100%");
    let insert = "[{write: {table: audit}}]";
    system(&[("a", CHANGE), ("b", insert)], &[("a", &["1s"]), ("b", &["1050ms"])])
        .check("a served 1 in 102ms, b served 1 in 1ms");
}

/// The share of operation `change` that is served.
fn served(load_text: &str) -> f64 {
    let operations = "modules: {app: {operations: {change: [{transaction: {in: sales, steps: [{optimistic: {table: \
                      stock, key: product, steps: [{delay: 100ms}]}}]}}], write: [{write: {table: stock, key: \
                      product}}]}}}\nschemas: {sales: [stock]}\nkeys: {product: {count: 1, popularity: uniform}}\n";
    let deployment = "operations: operations.yaml\nprocesses: {app: {modules: [app], cores: 64, style: event-loop}}\n\
                      pools: {app: {to: db, maximum-pool-size: 1000}}\n\
                      databases: {db: {cores: 64, max-connections: 2000, schemas: [sales], statement: 1us}}\n";
    let scenario =
        format!("deployment: deployment.yaml\nduration: 10m\nreplications: 10\nload: {{{load_text}}}\n");
    let files = |path: &Path| match path.to_string_lossy().as_ref() {
        "scenario.yaml" => Ok(scenario.as_bytes().to_vec()),
        "deployment.yaml" => Ok(deployment.as_bytes().to_vec()),
        "operations.yaml" => Ok(operations.as_bytes().to_vec()),
        _ => Err("no such file".to_owned()),
    };
    let loaded = load(Path::new("scenario.yaml"), &Overrides::default(), &files);
    let plan = loaded.plan.unwrap_or_else(|| panic!("{:?}", loaded.diagnostics));
    let results =
        replicate(&plan, &Options::default(), &|_| {}, &AtomicBool::new(false)).expect("the books balance");
    let operations = &results.windows[0].operations;
    let change = operations.iter().find(|it| it.name.name == "app.change").expect("the operation");
    1.0 - change.failed_share.mean
}

/// One that comes at a rate λ and takes a time w is served if none that is served came within w before it: a counter with a
/// dead time that failures do not prolong, which counts 1 ÷ (1 + λw) of all. Of writes at a rate μ, none may be committed
/// within w: exp(−μw).
#[test]
fn the_share_of_conflicts_is_that_of_a_counter_with_a_dead_time() {
    for (rate, expected) in [(2.0, 1.0 / 1.2), (20.0, 1.0 / 3.0)] {
        let share = served(&format!("app.change: {{rate: {rate}/s}}"));
        assert!((share - expected).abs() < 0.012, "{share} is not {expected}");
    }
    let share = served("app.change: {rate: 0.5/s}, app.write: {rate: 10/s}");
    // Three thousand of them, of which one in a hundred meets another.
    assert!((share - (-1.0_f64).exp()).abs() < 0.03, "{share}");
}
