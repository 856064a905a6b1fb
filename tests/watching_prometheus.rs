//! Compares `timeline` with the real Prometheus and Alertmanager, on what they made of random input.
//!
//! The recorded traces are compared always; fresh ones as well when `BROWNOUT_PROMETHEUS_TRACE` names their folder,
//! which is what `cargo xtask` does after it has run the Go harness (see `tests/conformance/prometheus/README.md`).

#[path = "watching_prometheus/alertmanager.rs"]
mod alertmanager;
#[path = "watching_prometheus/expressions.rs"]
mod expressions;
#[path = "watching_prometheus/rules.rs"]
mod rules;

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// The lines of a trace.
fn lines<T: DeserializeOwned>(folder: &Path, file: &str) -> Vec<T> {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let read = |(line, text): (usize, &str)| {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{}:{}: {error}", path.display(), line + 1))
    };
    text.lines().enumerate().map(read).collect()
}

/// The folder of fresh traces, if the task runner has made them.
fn fresh() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the task runner passes the folder of its fresh traces")]
    let folder = std::env::var("BROWNOUT_PROMETHEUS_TRACE");
    folder.ok().map(PathBuf::from)
}

type Comparison = (&'static str, fn(&Path) -> usize);

/// What is compared, and how many answers of each the recorded trace must have, so that an empty one cannot pass.
const COMPARISONS: [(Comparison, usize); 4] = [
    (("values", expressions::compare_values), 500),
    (("expressions", expressions::compare_syntax), 300),
    (("evaluations", rules::compare), 200),
    (("notifications", alertmanager::compare), 100),
];

#[test]
fn the_recorded_traces_and_fresh_ones_if_given_are_reproduced() {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/prometheus/recorded");
    for ((name, compare), least) in COMPARISONS {
        let compared = compare(&recorded);
        assert!(compared >= least, "only {compared} {name} were compared");
    }
    let Some(folder) = fresh() else { return };
    let compared = COMPARISONS.map(|((name, compare), least)| {
        let compared = compare(&folder);
        assert!(compared >= least, "only {compared} fresh {name} were compared");
        format!("{name} {compared}\n")
    });
    // The task runner reads from here what was compared; without the file nothing was.
    fs::write(folder.join("compared.txt"), compared.concat()).expect("the folder can be written");
}
