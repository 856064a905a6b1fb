//! JSON: where results come from, and results for programs.

use brownout::report::csv::CSV_FILES;
use brownout::report::json::{OutputFile, Provenance, manifest, results_json};
use serde_json::Value;

use crate::fixture::shop;
use crate::single::single_run;

fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn the_manifest_is_enough_to_run_it_again() {
    let files: Vec<OutputFile> = CSV_FILES
        .iter()
        .map(|file| OutputFile { name: file.name.to_owned(), schema: Some(file.schema) })
        .chain([OutputFile { name: "charts/latency.svg".to_owned(), schema: None }])
        .collect();
    let text = manifest(
        &shop(),
        &Provenance {
            program_version: "0.1.0",
            model_hash: 0x1234,
            options: &[("replications".to_owned(), "20".to_owned()), ("seed".to_owned(), "7".to_owned())],
            assumed: &["processes.order.cores".to_owned()],
            sourced_of: 61,
            files: &files,
        },
    );
    insta::assert_snapshot!(text);
    let manifest = read(&text);
    let page = include_str!("../../docs/output.md");
    for field in manifest.as_object().expect("an object").keys() {
        assert!(page.contains(&format!("`{field}`")), "{field} is not documented");
    }
}

#[test]
fn results_keep_their_names() {
    let results = read(&results_json(&shop()));
    assert_eq!(results["schema"], 2);
    assert_eq!(results["fingerprint"], "a1b2c3d400112233");
    let causes = &results["windows"][1]["operations"][0]["causes"];
    assert_eq!((&causes[0]["cause"], &causes[0]["http_statuses"]), (&"queue-full".into(), &vec![503].into()));
    assert_eq!(causes[1]["http_statuses"], serde_json::json!([500, 504]));
    let p95 = &results["windows"][1]["operations"][0]["latency_ms"]["p95"];
    assert!((p95["mean"].as_f64().expect("a number") - 2910.0).abs() < 1e-6, "{p95}");
    assert_eq!(results["recovery"]["collapsed_runs"], 17);
    assert_eq!(results["objectives"][2]["verdict"], "inconclusive");
    assert_eq!(results["warnings"][0]["code"], "B0312");
    assert_eq!(results["bottleneck"]["component"], "order");
    let externals = results["windows"][0]["resources"].as_array().expect("a list").last().cloned();
    assert_eq!(externals.expect("a station")["capacity_units"], Value::Null);
}

#[test]
fn a_value_that_does_not_exist_is_null() {
    let results = read(&results_json(&single_run()));
    assert_eq!(results["windows"][1]["operations"][0]["latency_ms"], Value::Null);
    assert_eq!(results["windows"][0]["operations"][0]["failed_ratio"]["low"], Value::Null);
}
