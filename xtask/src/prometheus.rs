//! Compares `timeline` with the real Prometheus and Alertmanager: builds the Go harness on their libraries, runs it
//! with a fresh seed, and compares in `tests/watching_prometheus.rs`.
//!
//! Needs Go, and the network the first time.

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::shell;

/// Cases of a fresh trace.
const CASES: u32 = 60;
/// Cases of the trace that is kept in the repository, and its seed.
const RECORDED: (u32, u64) = (3, 1);

/// What was compared.
#[derive(Debug)]
pub(crate) struct Comparison {
    seed: u64,
    counts: Vec<(String, u64)>,
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prometheus and Alertmanager: all agree (seed {})", self.seed)?;
        for (what, count) in &self.counts {
            write!(f, "\n  {what:<28} {count:>7}")?;
        }
        Ok(())
    }
}

/// The seed of the input that every test run compares on, other than that of the trace in the repository; a search for
/// disagreements takes seeds of its own, with `cargo xtask prometheus SEED`.
const SEED: u64 = 20_261_121;

/// Compares with the real products on input that is not kept.
///
/// # Errors
/// When a tool is missing or fails, and when anything disagrees; the error names the seed.
pub(crate) fn run() -> Result<Comparison> {
    run_with(SEED)
}

/// Compares on the input of one seed.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_with(seed: u64) -> Result<Comparison> {
    let harness = Harness::build()?;
    let trace = harness.work.join("trace");
    compare(&harness, &trace, seed).with_context(|| format!("the Prometheus comparison with seed {seed}"))
}

/// Writes the traces that are kept in the repository anew.
///
/// # Errors
/// When a tool is missing or fails.
pub(crate) fn record() -> Result<()> {
    let (cases, seed) = RECORDED;
    Harness::build()?.write_traces(&sources().join("recorded"), seed, cases)
}

fn compare(harness: &Harness, trace: &Path, seed: u64) -> Result<Comparison> {
    // Traces left from before must not be taken for these.
    if trace.exists() {
        fs::remove_dir_all(trace)?;
    }
    harness.write_traces(trace, seed, CASES)?;
    let mut test =
        shell::cargo_command(["test", "--quiet", "--package", "brownout", "--test", "watching_prometheus"]);
    test.env("BROWNOUT_PROMETHEUS_TRACE", trace);
    succeed(test)?;
    let compared = fs::read_to_string(trace.join("compared.txt")).context("nothing was compared")?;
    let counts = compared
        .lines()
        .map(|line| {
            let (what, count) = line.split_once(' ').context("a line is a kind and its number")?;
            Ok((what.to_owned(), count.parse()?))
        })
        .collect::<Result<Vec<(String, u64)>>>()?;
    ensure!(!counts.is_empty(), "nothing was compared");
    Ok(Comparison { seed, counts })
}

/// The compiled Go side.
struct Harness {
    work: PathBuf,
}

impl Harness {
    fn build() -> Result<Self> {
        let work = shell::root().join("target/prometheus");
        fs::create_dir_all(&work)?;
        let harness = Harness { work };
        harness.go([
            OsStr::new("test"),
            OsStr::new("-c"),
            OsStr::new("-o"),
            harness.program().as_os_str(),
            OsStr::new("."),
        ])?;
        Ok(harness)
    }

    fn program(&self) -> PathBuf {
        self.work.join("harness")
    }

    fn go<'a>(&self, arguments: impl IntoIterator<Item = &'a OsStr>) -> Result<()> {
        let mut go = shell::command("go");
        go.current_dir(sources()).args(arguments);
        succeed(go)
    }

    /// Writes the traces of a seed. The files in `rules/` are checked on the way.
    fn write_traces(&self, folder: &Path, seed: u64, cases: u32) -> Result<()> {
        let mut harness = shell::command(self.program());
        // The harness finds the files in `rules/` from its own folder.
        harness
            .current_dir(sources())
            .env("BROWNOUT_TRACE_FOLDER", folder)
            .env("BROWNOUT_TRACE_SEED", seed.to_string())
            .env("BROWNOUT_TRACE_CASES", cases.to_string());
        succeed(harness)
    }
}

fn sources() -> PathBuf {
    shell::root().join("tests/conformance/prometheus")
}

/// Runs a command; its output is shown only when it fails.
fn succeed(mut command: Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("`{program}` cannot be started"))?;
    if output.status.success() {
        return Ok(());
    }
    let told = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    bail!("`{program}` failed ({}):\n{}", output.status, told.concat())
}
