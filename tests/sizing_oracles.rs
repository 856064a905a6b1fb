//! Every exact queueing result that a closed form covers, compared with its published or independently
//! computed value.
//!
//! A case is a `case_id` of `theory/oracles.csv`; its rows name metrics. Each metric must be computed here, or
//! be listed under `NOT_COMPUTED` with the reason. The tolerance is the row's `rel_err`, and for times half a
//! nanosecond more, since a `Span` counts whole nanoseconds.

#[path = "sizing_oracles/extremes.rs"]
mod extremes;
#[path = "sizing_oracles/lists.rs"]
mod lists;
#[path = "sizing_oracles/stations.rs"]
mod stations;
#[path = "sizing_oracles/systems.rs"]
mod systems;
#[path = "sizing_oracles/values.rs"]
mod values;

use std::collections::{BTreeMap, BTreeSet};

use lists::{NO_CLOSED_FORM, NOT_COMPUTED, model_error};
use values::{Got, Params};

struct Row {
    case: String,
    metric: String,
    value: f64,
    kind: String,
    rel_err: f64,
    params: serde_json::Value,
}

fn rows() -> Vec<Row> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/theory/oracles.csv");
    let mut reader = csv::Reader::from_path(file).expect("the oracle file is there");
    let records = reader.records().map(|record| {
        let record = record.expect("the oracle file is well formed");
        Row {
            case: record[0].to_string(),
            metric: record[4].to_string(),
            value: record[5].parse().expect("a value is a number"),
            kind: record[7].to_string(),
            rel_err: record[8].parse().expect("a tolerance is a number"),
            params: serde_json::from_str(&record[3]).expect("parameters are JSON"),
        }
    });
    records.collect()
}

fn compute(case: &str, params: &Params) -> Vec<(String, Got)> {
    let got = stations::compute(case, params);
    if got.is_empty() { systems::compute(case, params) } else { got }
}

/// What a row may differ by.
fn tolerance(row: &Row, got: &Got) -> f64 {
    let relative = match row.metric.as_str() {
        // Published to four decimals.
        "X_lower" | "X_upper" => return 5e-5,
        // Its demands, a fifteenth of 0.1 s and such, are not whole nanoseconds.
        _ if row.case == "MVA-DBCLUSTER" => 6e-8,
        // Published to six digits, and `sigma_resid` once to four.
        _ if row.case.starts_with("USL") => 5e-4,
        // Simulated rows: half-width of their interval, twice.
        _ if row.kind == "mc" => 2.0 * row.rel_err + model_error(&row.case),
        // Printed to six digits.
        "p0" if row.case == "MMCK-6" => 1e-6,
        _ => row.rel_err,
    };
    let rounding = match got {
        Got::Seconds(_) => 0.6e-9,
        // d(σ²) = 2σ·dσ, and a second moment adds the square of a rounded mean.
        Got::SquaredSeconds(value) => 2.0 * value.abs().sqrt() * 1.2e-9,
        Got::Number(_) => 0.0,
    };
    // What elimination on numbers near one leaves of small differences; of no account where every digit is a product.
    let absolute = if row.case == "MMCK-6" { 0.0 } else { 1e-13 };
    relative * row.value.abs() + rounding + absolute
}

#[test]
fn closed_forms_reproduce_the_oracles() {
    let rows = rows();
    let mut computed: BTreeMap<String, BTreeMap<String, Got>> = BTreeMap::new();
    let mut wrong = vec![];
    let mut checked = 0;
    for row in &rows {
        let got = computed
            .entry(row.case.clone())
            .or_insert_with(|| compute(&row.case, &Params(&row.params)).into_iter().collect());
        match got.get(&row.metric) {
            Some(got) => {
                checked += 1;
                let difference = (got.value() - row.value).abs();
                let allowed = tolerance(row, got);
                if difference.is_nan() || difference > allowed {
                    wrong.push(format!(
                        "{} {}: got {:.12e}, oracle {:.12e}, off by {:.2e} where {:.2e} is allowed",
                        row.case,
                        row.metric,
                        got.value(),
                        row.value,
                        difference,
                        allowed
                    ));
                }
            }
            None => {
                let excused = NO_CLOSED_FORM.iter().any(|(case, _)| *case == row.case)
                    || NOT_COMPUTED
                        .iter()
                        .any(|(case, metric, _)| *case == row.case && *metric == row.metric);
                if !excused {
                    wrong.push(format!("{} {}: not computed", row.case, row.metric));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{checked} metrics checked, {} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(checked >= 915, "only {checked} metrics were checked");
}

#[test]
fn excuses_are_for_rows_that_exist_and_are_not_computed() {
    let rows = rows();
    let cases: BTreeSet<&str> = rows.iter().map(|row| row.case.as_str()).collect();
    for (case, reason) in NO_CLOSED_FORM {
        assert!(cases.contains(case), "{case} is not in the oracle file");
        assert!(!reason.is_empty(), "{case} has no reason");
        let row = rows.iter().find(|row| row.case == *case).expect("just seen");
        assert!(
            compute(case, &Params(&row.params)).is_empty(),
            "{case} is computed now: take it off the list"
        );
    }
    for (case, metric, reason) in NOT_COMPUTED {
        let row = rows.iter().find(|row| row.case == *case && row.metric == *metric);
        let row = row.unwrap_or_else(|| panic!("{case} {metric} is not in the oracle file"));
        assert!(!reason.is_empty(), "{case} {metric} has no reason");
        let got = compute(case, &Params(&row.params));
        assert!(!got.iter().any(|(name, _)| name == metric), "{case} {metric} is computed now");
    }
}

#[test]
fn absurd_inputs_are_answered() {
    assert_eq!(extremes::call_everything(), 5 * 5 * 3 * 4 * 4);
}
