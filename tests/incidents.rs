//! The incidents in `scenarios/`: their symptoms come about by themselves, on both deployments of the shop.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use brownout::component::StationKind;
use brownout::experiment::{OperationResults, Options, Results, StationResults, WindowResults, replicate};
use brownout::record::Cause;
use brownout::scenario::{Overrides, load};

/// Two runs of a scenario on a deployment.
fn run(scenario: &str, deployment: &str) -> Results {
    let overrides =
        Overrides { deployment: Some(deployment.to_owned()), replications: Some(2), ..Overrides::default() };
    let files = |path: &Path| std::fs::read(path).map_err(|error| error.to_string());
    let loaded = load(&Path::new("scenarios").join(scenario), &overrides, &files);
    let plan = loaded.plan.unwrap_or_else(|| panic!("{scenario} on {deployment} has mistakes"));
    replicate(&plan, &Options::default(), &|_| {}, &AtomicBool::new(false)).expect("the books balance")
}

fn window<'r>(results: &'r Results, name: &str) -> &'r WindowResults {
    results.windows.iter().find(|window| window.name == name).expect("the window")
}

fn order(window: &WindowResults) -> &OperationResults {
    window.operations.iter().find(|operation| operation.name.name == "order.place").expect("orders")
}

fn pool<'w>(window: &'w WindowResults, name: &str) -> Vec<&'w StationResults> {
    let found = window.stations.iter().filter(|s| s.name.kind == StationKind::Connections);
    found.filter(|s| s.name.component == name).collect()
}

/// The average over the replicas of a process.
fn average(stations: &[&StationResults], value: fn(&StationResults) -> f64) -> f64 {
    stations.iter().map(|station| value(station)).sum::<f64>() / stations.len() as f64
}

fn share_of(operation: &OperationResults, causes: &[Cause]) -> f64 {
    operation.causes.iter().filter(|(cause, _)| causes.contains(cause)).map(|(_, share)| share.mean).sum()
}

/// How much of a pool is gone for good in the peak.
fn gone(results: &Results, pool_name: &str) -> f64 {
    let connections = pool(window(results, "peak"), pool_name);
    average(&connections, |pool| pool.lost.mean) / connections[0].name.capacity
}

#[track_caller]
fn check_pool_exhaustion(deployment: &str, pool_name: &str) -> Results {
    let results = run("pool-exhaustion.yaml", deployment);
    let (before, end) = (window(&results, "before"), window(&results, "peak-end"));
    // Well before the peak, and out of order at its end: the pool above 90 %, its connections gone for good.
    assert!(order(before).failed_share.mean < 0.02);
    let connections = pool(end, pool_name);
    // An alert is for an instance: chance empties some pools before others.
    let fullest = connections.iter().map(|pool| pool.utilisation.mean).fold(0.0, f64::max);
    assert!(fullest > 0.9, "{fullest}");
    assert!(average(&connections, |pool| pool.lost.mean) > 0.5 * connections[0].name.capacity);
    // Threads are held, and clients run into time-outs and full queues.
    let threads = end.stations.iter().filter(|s| s.name.kind == StationKind::Threads);
    let threads: Vec<&StationResults> = threads.filter(|s| s.name.component == pool_name).collect();
    assert!(average(&threads, |threads| threads.utilisation.mean) > 0.4);
    assert!(order(end).failed_share.mean > 0.3);
    assert!(share_of(order(end), &[Cause::Timeout, Cause::QueueFull, Cause::PoolTimeout]) > 0.3);
    // The end of the peak is no end: nobody gives the connections back.
    assert_eq!(results.recovery.as_ref().map(|recovery| recovery.recovered), Some(0));
    let sentence = results.bottleneck.as_ref().map_or("", |bottleneck| &bottleneck.sentence);
    for words in [&format!("{pool_name} connections"), &format!("{pool_name} threads"), "never given back"] {
        assert!(sentence.contains(words), "no `{words}` in: {sentence}");
    }
    // Twice the pool is emptied later.
    let larger = run("pool-exhaustion-larger.yaml", deployment);
    assert!(gone(&larger, pool_name) < gone(&results, pool_name));
    results
}

fn views_that_fail(results: &Results) -> f64 {
    let operations = &window(results, "peak-end").operations;
    operations.iter().find(|o| o.name.name == "product.view").expect("views").failed_share.mean
}

#[test]
fn leaked_connections_take_the_order_service_down_and_nothing_else() {
    let results = check_pool_exhaustion("msa", "order");
    assert!(views_that_fail(&results) < 0.001);
}

#[test]
fn leaked_connections_take_the_monolith_down_as_a_whole() {
    let results = check_pool_exhaustion("monolith", "shop");
    assert!(views_that_fail(&results) > 0.05);
}

#[test]
fn transactions_left_open_keep_others_waiting_for_their_rows() {
    for deployment in ["msa", "monolith"] {
        let results = run("pool-exhaustion-open-transactions.yaml", deployment);
        let peak = window(&results, "peak");
        let rows = peak.stations.iter().filter(|s| s.name.kind == StationKind::Locks);
        let worst = rows.map(|rows| rows.queue.mean).fold(0.0, f64::max);
        assert!(worst > 1.0, "{deployment}: {worst} wait for a row");
        assert!(order(peak).failed_share.mean > 0.3, "{deployment}");
    }
}
