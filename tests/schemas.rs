//! The JSON Schemas are fresh, and agree with what the loader takes.

use std::fs;
use std::path::Path;

use brownout::component::Part;
use brownout::scenario::{self, Draft};
use serde_json::Value;

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
