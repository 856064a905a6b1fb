//! Compares the policies with the real Resilience4j: fetches its jars, runs the Java harness with a fresh
//! seed, and replays the trace in `tests/policy_resilience4j.rs`.
//!
//! Needs Maven, a JDK of at least 17, and the network the first time.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// Steps of each policy.
const STEPS: u32 = 20_000;
/// Steps of each policy in the trace that is kept in the repository, and its seed.
const RECORDED: (u32, u64) = (1_200, 1);

/// What was compared.
#[derive(Debug)]
pub(crate) struct Comparison {
    /// The seed of the trace; the same seed gives the same steps.
    pub(crate) seed: u64,
    /// The trace of each policy and its steps.
    pub(crate) steps: Vec<(String, u64)>,
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Resilience4j: every call agrees (seed {})", self.seed)?;
        for (trace, steps) in &self.steps {
            writeln!(f, "  {trace:<28} {steps:>7} steps")?;
        }
        let total: u64 = self.steps.iter().map(|(_, steps)| steps).sum();
        write!(f, "  {:<28} {total:>7} steps", "in all")
    }
}

/// Compares the policies with the real Resilience4j on a fresh random trace.
///
/// # Errors
/// When a tool is missing or fails, and when any call disagrees; the error names the seed.
pub(crate) fn run() -> Result<Comparison> {
    run_with(RandomState::new().build_hasher().finish() >> 1)
}

/// Compares on the trace of one seed.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_with(seed: u64) -> Result<Comparison> {
    let harness = Harness::build()?;
    let trace = harness.work.join("trace");
    compare(&harness, &trace, seed).with_context(|| format!("the Resilience4j comparison with seed {seed}"))
}

/// Writes the trace that is kept in the repository anew.
///
/// # Errors
/// When a tool is missing or fails.
pub(crate) fn record() -> Result<()> {
    let (steps, seed) = RECORDED;
    Harness::build()?.write_trace(&sources().join("recorded"), seed, steps)
}

fn compare(harness: &Harness, trace: &Path, seed: u64) -> Result<Comparison> {
    // A trace left from before must not be taken for this one.
    if trace.exists() {
        fs::remove_dir_all(trace)?;
    }
    harness.write_trace(trace, seed, STEPS)?;
    let mut test = Command::new(env!("CARGO"));
    test.current_dir(root())
        .args(["test", "--quiet", "--package", "brownout", "--test", "policy_resilience4j"])
        .env("BROWNOUT_R4J_TRACE", trace);
    succeed(test)?;
    let compared = fs::read_to_string(trace.join("compared.txt")).context("nothing was compared")?;
    let steps = compared
        .lines()
        .map(|line| {
            let (name, steps) = line.split_once(' ').context("a line is a trace and its steps")?;
            Ok((name.to_owned(), steps.parse()?))
        })
        .collect::<Result<Vec<(String, u64)>>>()?;
    ensure!(!steps.is_empty(), "nothing was compared");
    Ok(Comparison { seed, steps })
}

/// The compiled Java side.
struct Harness {
    work: PathBuf,
    class_path: OsString,
}

impl Harness {
    fn build() -> Result<Self> {
        let work = root().join("target/resilience4j");
        let jars = work.join("jars");
        let classes = work.join("classes");
        fs::create_dir_all(&classes)?;
        let mut maven = Command::new("mvn");
        maven.args(["-q", "-B", "dependency:copy-dependencies", "-f"]).arg(sources().join("pom.xml"));
        maven.arg(concat_os("-DoutputDirectory=", &jars));
        succeed(maven)?;
        let class_path = std::env::join_paths([classes.clone(), jars.join("*")])?;
        let mut compiler = Command::new("javac");
        compiler.args(["-nowarn", "-XDignore.symbol.file", "-d"]).arg(&classes).arg("-cp").arg(&class_path);
        for entry in fs::read_dir(sources().join("java"))? {
            compiler.arg(entry?.path());
        }
        succeed(compiler)?;
        Ok(Harness { work, class_path })
    }

    fn write_trace(&self, folder: &Path, seed: u64, steps: u32) -> Result<()> {
        let mut java = Command::new("java");
        // The generator behind Math.random is private, and its draws have to be known.
        java.args(["--add-opens", "java.base/java.lang=ALL-UNNAMED", "-cp"]).arg(&self.class_path);
        java.arg("Harness").arg(folder).arg(seed.to_string()).arg(steps.to_string());
        succeed(java)
    }
}

fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

fn sources() -> PathBuf {
    root().join("tests/conformance/resilience4j")
}

fn concat_os(before: &str, path: &Path) -> OsString {
    let mut text = OsString::from(before);
    text.push(path);
    text
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
