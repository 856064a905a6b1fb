//! What pages call exported, a run exports.

use std::collections::BTreeSet;

use brownout::component::reference::{REFERENCES, Treatment};
use brownout::experiment::Results;
use brownout::record::HappeningKind;

use crate::rehearse::rehearse;

const OPERATIONS: &str = "
modules:
  shop:
    operations:
      page:
        - read: {table: rows, from: any}
        - write: {table: rows, key: row}
        - cached: {cache: kept, key: row, on-miss: []}
        - publish: {topic: told}
        - call: far.do
      work: [{delay: 1ms}]
  far: {operations: {do: [{delay: 1ms}]}}
schemas: {main: [rows]}
keys: {row: {count: 10, popularity: uniform}}
";

const DEPLOYMENT: &str = "
operations: operations.yaml
gateways: {edge: {routes: [shop.page]}}
processes: {shop: {modules: [shop], cores: 4}, far: {modules: [far], cores: 4}}
databases: {mysql: {cores: 4, schemas: [main], statement: 1ms, read-replicas: {count: 1, shipping: 1ms, apply: 1ms}}}
pools:
  main: {of: shop, to: mysql, leak-detection-threshold: 2s}
  reads: {to: mysql, of: shop, read-replicas: true}
caches: {redis: {holds: [kept], command: 20us, memory: 1MB}}
calls: {far.do: {circuit-breaker: {sliding-window-size: 20}}}
logs: {kafka: {append: 1ms, topics: {told: {partitions: 2, consumers: {group: g, operation: shop.work}}}}}
";

/// The alerts that fire when there is an alert on each of these expressions, by the place of their expression.
fn firing(expressions: &[String]) -> Results {
    let alerts = expressions.iter().enumerate();
    let alerts: Vec<String> =
        alerts.map(|(place, expr)| format!("      - {{alert: a{place}, expr: '{expr}'}}\n")).collect();
    let rules = format!("groups:\n  - name: all\n    interval: 10s\n    rules:\n{}", alerts.concat());
    rehearse(&[
        (
            "scenario.yaml",
            "deployment: deployment.yaml\nduration: 2m\nreplications: 1\nload: {shop.page: {rate: 20/s}}\n\
                           alerts: {rules: [rules.yaml], scrape-interval: 10s, evaluation-interval: 10s}\n",
        ),
        ("deployment.yaml", DEPLOYMENT),
        ("operations.yaml", OPERATIONS),
        ("rules.yaml", &rules),
    ])
}

/// The names for which there are series in a run.
fn exported(names: &[&str]) -> BTreeSet<String> {
    // A timer has a name for each of its parts.
    let expressions: Vec<String> =
        names.iter().map(|name| format!("count({name}) > 0 or count({name}_count) > 0")).collect();
    let results = firing(&expressions);
    let fires = |place: usize| {
        let name = format!("a{place}");
        results.timeline.iter().any(|it| it.kind == HappeningKind::AlertFiring && it.subject == name)
    };
    (0..names.len()).filter(|place| fires(*place)).map(|place| names[place].to_owned()).collect()
}

#[test]
fn exported_metrics_are_exported() {
    let products = REFERENCES.iter().flat_map(|reference| reference.also);
    let keys = products.flat_map(|product| product.keys);
    let names: BTreeSet<&str> = keys
        .filter_map(|key| match key.treatment {
            Treatment::Exported(name) | Treatment::ExportedOf(name, _) => Some(name),
            Treatment::Implemented(_) | Treatment::ModelledAs(_) | Treatment::LeftOut(_) => None,
        })
        .collect();
    assert!(names.len() > 30, "{names:?}");
    let mut asked: Vec<&str> = names.iter().copied().collect();
    asked.push("nobody_exports_this");
    let found = exported(&asked);
    let silent: Vec<&&str> = names.iter().filter(|name| !found.contains(**name)).collect();
    assert!(silent.is_empty(), "nothing exports {silent:?}");
    assert!(!found.contains("nobody_exports_this"));
}
