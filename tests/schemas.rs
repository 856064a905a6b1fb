//! The JSON Schemas are fresh, and agree with what the loader takes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use brownout::component::Part;
use brownout::scenario::{self, Draft};
use serde_json::{Value, json};

const PARTS: [Part; 3] = [Part::Operations, Part::Deployment, Part::Scenario];

#[test]
fn committed_schemas_are_fresh() {
    for part in PARTS {
        let path = Path::new("schemas").join(scenario::schema_file(part));
        let fresh = format!("{:#}\n", scenario::schema(part, Draft::Draft2020));
        if std::env::var_os("BROWNOUT_BLESS").is_some() {
            fs::write(&path, &fresh).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == fresh, "{} is stale: BROWNOUT_BLESS=1 renews it", path.display());
    }
}

#[track_caller]
fn check(part: Part, yaml: &str, valid: bool) {
    let file: Value = serde_saphyr::from_str(yaml).unwrap();
    for draft in [Draft::Draft2020, Draft::Draft07] {
        let validator = jsonschema::validator_for(&scenario::schema(part, draft)).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&file).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors.is_empty(), valid, "{draft:?} of {yaml}: {errors:#?}");
    }
}

#[test]
fn valid_files_fit_their_schemas() {
    let text = |path: &str| fs::read_to_string(Path::new("tests/files/valid").join(path)).unwrap();
    check(Part::Operations, &text("shop/operations.yaml"), true);
    check(Part::Deployment, &text("shop/msa.yaml"), true);
    check(Part::Scenario, &text("shop/surge.yaml"), true);
    check(Part::Scenario, &text("queue.yaml"), true);
}

/// A name stands for itself with its defaults where nothing has to be said, for editors as for the loader.
#[test]
fn bare_names_fit_where_nothing_is_required() {
    let balanced = |balance: &str| format!("{{gateways: {{edge: {{routes: [all], balance: {balance}}}}}}}");
    check(Part::Deployment, &balanced("least-request"), true);
    check(Part::Deployment, &balanced("{least-request: {}}"), true);
    check(Part::Deployment, &balanced("{ring-hash: {by: user}}"), true);
    check(Part::Deployment, &balanced("ring-hash"), false);
    check(Part::Deployment, &balanced("least-requests"), false);
    let backoff = |backoff: &str| format!("{{calls: {{a.b: {{retry: {{backoff: {backoff}}}}}}}}}");
    check(Part::Deployment, &backoff("exponential-random"), true);
    check(Part::Deployment, &backoff("{exponential: {max: 1s}}"), true);
    check(Part::Deployment, &backoff("full-jitter"), false);
    check(Part::Deployment, "{calls: {a.b: {concurrency-limit: vegas}}}", true);
    check(Part::Deployment, "{links: {default: {latency: lognormal}}}", false);
}

/// Notes the schemas of every key of settings, by the key's name, each with the definitions it needs.
fn settings(schema: &Value, root: &Value, found: &mut BTreeMap<String, Vec<Value>>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        for (key, property) in properties {
            let whole = json!({"$defs": root["$defs"], "allOf": [property]});
            found.entry(key.clone()).or_default().push(whole);
        }
    }
    match schema {
        Value::Object(parts) => parts.values().for_each(|part| settings(part, root, found)),
        Value::Array(parts) => parts.iter().for_each(|part| settings(part, root, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What is quoted on the reference pages as a setting is one: `balance: least-request`, but not `rate-limit: …`.
#[test]
fn settings_that_reference_pages_quote_can_be_written() {
    let mut known = BTreeMap::new();
    for part in PARTS {
        let root = scenario::schema(part, Draft::Draft2020);
        settings(&root, &root, &mut known);
    }
    let (mut seen, mut wrong) = (0, Vec::new());
    for page in fs::read_dir("docs/reference").unwrap() {
        let path = page.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        // The first column of a table is the product's.
        let ours = text.lines().map(|line| match line.strip_prefix("| ") {
            Some(row) => row.split_once(" | ").map_or("", |(_, rest)| rest),
            None => line,
        });
        let quotes = ours.flat_map(|line| line.split('`').skip(1).step_by(2));
        for quoted in quotes.filter(|it| it.contains(": ") && !it.contains('…')) {
            let inner = quoted.strip_prefix('{').and_then(|it| it.strip_suffix('}')).unwrap_or(quoted);
            let Ok(Value::Object(keys)) = serde_saphyr::from_str::<Value>(&format!("{{{inner}}}")) else {
                continue;
            };
            for (key, value) in keys {
                let Some(schemas) = known.get(&key) else { continue };
                seen += 1;
                let fits = |schema| jsonschema::validator_for(schema).unwrap().is_valid(&value);
                if !schemas.iter().any(fits) {
                    wrong.push(format!("{}: `{quoted}`", path.display()));
                }
            }
        }
    }
    assert!(seen > 30, "{seen}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn mistakes_do_not_fit() {
    check(Part::Scenario, "{duration: 1s, load: {}}", true);
    check(Part::Scenario, "{duration: 1s}", false);
    check(Part::Scenario, "{duration: 60, load: {}}", false);
    check(Part::Scenario, "{duration: 1s, load: {a: {rate: 3}}}", false);
    check(Part::Scenario, "{duration: 1s, load: {a: {rate: 3/s, poisson: {rate: 3/s}}}}", false);
    check(Part::Deployment, "{pools: {order: {to: db, max-pool-size: 3}}}", false);
    check(Part::Operations, "{modules: {a: {operations: {b: [{spin: 3ms}]}}}}", false);
}
