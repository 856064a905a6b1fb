//! Fuzzing of everything that reads text, guided by coverage: libFuzzer on the stable compiler.
//!
//! Each target runs a bounded number of inputs, the same ones each time (the seed is fixed), from its corpus: the files
//! under `fuzz/corpus/<target>`, and those of the repository that its parser reads. What is found lies under
//! `target/fuzz/found`; a finding worth keeping becomes a file of the corpus, so that it is tried for ever.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::shell;

/// A target: its name, the inputs of a bounded run, the longest input \[bytes], and the folders whose files it starts
/// from besides its corpus.
struct Target {
    name: &'static str,
    runs: u32,
    longest: u32,
    seeds: &'static [&'static str],
}

const INVALID: &str = "tests/files/invalid";
const VALID: &str = "tests/files/valid";

const TARGETS: &[Target] = &[
    Target { name: "scenario", runs: 2_000, longest: 8_192, seeds: &["scenarios", VALID, INVALID] },
    Target { name: "deployment", runs: 2_000, longest: 8_192, seeds: &["models", VALID, INVALID] },
    Target { name: "operations", runs: 2_000, longest: 8_192, seeds: &["models", VALID, INVALID] },
    Target { name: "recording", runs: 8_000, longest: 1_024, seeds: &[] },
    Target { name: "rules", runs: 10_000, longest: 4_096, seeds: &["rules", INVALID] },
    Target { name: "alertmanager", runs: 10_000, longest: 4_096, seeds: &["rules", INVALID] },
    Target { name: "promql", runs: 200_000, longest: 256, seeds: &[] },
    Target { name: "quantity", runs: 500_000, longest: 64, seeds: &[] },
];

/// What the compiler has to add so that libFuzzer sees which way an input takes.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
                        -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares \
                        --cfg fuzzing -Ccodegen-units=16";

/// Runs all targets, or those with the given names, `times` as long as CI does.
///
/// # Errors
/// When one cannot be built, or finds something.
pub(crate) fn run(names: &[String], times: u32) -> Result<()> {
    let root = shell::root();
    let work = root.join("target/fuzz");
    // A target given by its name keeps what is built for it apart from what it runs on.
    let triple = host()?;
    let mut build = shell::cargo_command(["build", "--release", "--manifest-path", "fuzz/Cargo.toml"]);
    build.args(["--target", &triple]).env("CARGO_TARGET_DIR", &work).env("RUSTFLAGS", COVERAGE);
    for target in chosen(names) {
        build.args(["--bin", target.name]);
    }
    shell::run(&mut build)?;
    let found = work.join("found");
    fs::create_dir_all(&found)?;
    let dictionary = work.join("keys.dict");
    fs::write(&dictionary, keys()?)?;
    for target in chosen(names) {
        let Target { name, runs, longest, seeds } = target;
        // What it finds interesting is kept beside the build, from one run to the next, and begins anew in CI.
        let interesting = work.join("corpus").join(name);
        fs::create_dir_all(&interesting)?;
        let binary = work.join(&triple).join("release").join(name);
        let mut fuzz = shell::command(binary);
        fuzz.arg(format!("-runs={}", runs.saturating_mul(times)));
        fuzz.args([format!("-max_len={longest}"), "-seed=1".to_owned(), "-timeout=10".to_owned()]);
        fuzz.args(["-rss_limit_mb=2048", "-print_final_stats=1", "-print_funcs=0", "-verbosity=0"]);
        fuzz.arg(format!("-dict={}", dictionary.display()));
        fuzz.arg(format!("-artifact_prefix={}/{name}-", found.display()));
        fuzz.arg(interesting).arg(root.join("fuzz/corpus").join(name));
        fuzz.args(seeds.iter().map(|folder| root.join(folder)));
        shell::run(&mut fuzz)
            .with_context(|| format!("the input that brings `{name}` down is in {}", found.display()))?;
    }
    Ok(())
}

fn chosen(names: &[String]) -> impl Iterator<Item = &'static Target> {
    TARGETS.iter().filter(move |target| names.is_empty() || names.iter().any(|name| name == target.name))
}

/// The machine's own target triple.
fn host() -> Result<String> {
    let output = shell::command("rustc").arg("-vV").output().context("rustc does not start")?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say what it runs on")?.to_owned())
}

/// All keys of our files, as libFuzzer's dictionary.
fn keys() -> Result<String> {
    let mut keys = BTreeSet::new();
    for name in ["scenario", "deployment", "operations"] {
        let path = shell::root().join(format!("schemas/{name}.schema.json"));
        collect(&serde_json::from_str(&fs::read_to_string(&path)?)?, &mut keys);
    }
    Ok(keys.iter().map(|key| format!("\"{key}\"\n")).collect())
}

fn collect(value: &Value, keys: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                let plain = |key: &&String| key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
                keys.extend(properties.keys().filter(plain).cloned());
            }
            map.values().for_each(|value| collect(value, keys));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, keys)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
