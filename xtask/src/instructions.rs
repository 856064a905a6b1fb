//! Instruction counts of the workloads under valgrind, against the committed ones: a figure that a noisy machine
//! does not move.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::shell;
use crate::step::Outcome;

/// The committed counts.
const BASELINE: &str = "benches/instructions.csv";

/// More than this share above the committed count is a regression.
const TOLERANCE: f64 = 0.05;

/// Workloads by the start of their names, with the share of their length that is run.
const WORKLOADS: [(&str, &str); 7] = [
    ("W1", "0.01"),
    ("W2", "0.01"),
    ("W3", "0.01"),
    ("shop, services, calm", "0.1"),
    ("shop, monolith, calm", "0.1"),
    ("early surge, services", "1"),
    ("early surge, monolith", "1"),
];

/// Instructions for each request of a workload.
#[derive(Clone, Debug, PartialEq)]
struct Count {
    workload: String,
    requests: u64,
    instructions: u64,
}

impl Count {
    fn per_request(&self) -> f64 {
        self.instructions as f64 / self.requests as f64
    }
}

/// Counts, and fails where a workload needs more than 5 % more than committed.
///
/// # Errors
/// Such a regression; or something cannot be built, run or read.
pub(crate) fn check() -> Result<Outcome> {
    let committed = fs::read_to_string(shell::root().join(BASELINE)).context(BASELINE)?;
    let committed = parse(&committed)?;
    let fresh = count()?;
    let mut worse = Vec::new();
    for now in &fresh {
        let before = committed.iter().find(|before| before.workload == now.workload);
        let before = before.with_context(|| format!("{BASELINE} lacks {}", now.workload))?;
        let change = now.per_request() / before.per_request() - 1.0;
        println!(
            "{:24} {:>9.1} instructions per request, {:>9.1} committed, {:+.1} %",
            now.workload,
            now.per_request(),
            before.per_request(),
            100.0 * change
        );
        if change > TOLERANCE {
            worse.push(now.workload.clone());
        }
    }
    if worse.is_empty() {
        return Ok(Outcome::Passed);
    }
    bail!(
        "more than {:.0} % above {BASELINE}: {}. If that is worth it, `cargo xtask instructions --bless` renews it, \
         and docs/performance.md says why",
        100.0 * TOLERANCE,
        worse.join(", ")
    )
}

/// Counts, and writes the counts down.
///
/// # Errors
/// If something cannot be built, run or written.
pub(crate) fn bless() -> Result<()> {
    fs::write(shell::root().join(BASELINE), text(&count()?))?;
    Ok(())
}

fn text(counts: &[Count]) -> String {
    let lines = counts
        .iter()
        .map(|count| format!("\"{}\",{},{}\n", count.workload, count.requests, count.instructions));
    "workload,requests,instructions\n".to_owned() + &lines.collect::<String>()
}

fn parse(csv: &str) -> Result<Vec<Count>> {
    let rows = csv.lines().skip(1).map(|line| {
        let mut fields = line.rsplitn(3, ',');
        let mut next = || fields.next().with_context(|| format!("{BASELINE}: `{line}` has too few columns"));
        let (instructions, requests, workload) = (next()?, next()?, next()?);
        Ok(Count {
            workload: workload.trim_matches('"').to_owned(),
            requests: requests.parse()?,
            instructions: instructions.parse()?,
        })
    });
    rows.collect()
}

fn count() -> Result<Vec<Count>> {
    let program = build()?;
    WORKLOADS.iter().map(|(workload, share)| run(&program, workload, share)).collect()
}

/// Builds the workloads as `--release` does, and says where the program is.
fn build() -> Result<PathBuf> {
    shell::run(&mut shell::cargo_command(["build", "--release", "--bench", "workloads"]))?;
    let told = shell::cargo_command([
        "build",
        "--release",
        "--bench",
        "workloads",
        "--quiet",
        "--message-format=json",
    ])
    .output()?;
    let told = String::from_utf8(told.stdout)?;
    let artifact = told.lines().filter(|line| line.contains("\"name\":\"workloads\""));
    let path =
        artifact.filter_map(|line| line.split("\"executable\":\"").nth(1)?.split('"').next()).next_back();
    Ok(PathBuf::from(path.context("cargo did not say where the program is")?))
}

fn run(program: &PathBuf, workload: &str, share: &str) -> Result<Count> {
    let mut valgrind = shell::command("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=*run_once*"]);
    let output = counted(valgrind.arg(program).args(["alone", workload, share]))?;
    let requests =
        number_before(&output, " requests").context("the workload did not say how many requests")?;
    let instructions = output.lines().find_map(|line| line.split("Collected : ").nth(1)?.trim().parse().ok());
    let instructions = instructions.context("valgrind did not say how many instructions")?;
    ensure!(requests > 0 && instructions > 0, "{workload}: nothing was run");
    Ok(Count { workload: workload.to_owned(), requests, instructions })
}

fn counted(command: &mut Command) -> Result<String> {
    let output = command.output().context("valgrind did not start")?;
    let told =
        [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    ensure!(output.status.success(), "valgrind failed:\n{told}");
    Ok(told)
}

/// The number in front of some words.
fn number_before(text: &str, words: &str) -> Option<u64> {
    text.split(words).next()?.split_whitespace().next_back()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_back_as_they_were_written() -> Result<()> {
        let counts = [
            Count { workload: "W1".to_owned(), requests: 10, instructions: 15_000 },
            Count { workload: "shop, calm".to_owned(), requests: 7, instructions: 70 },
        ];
        assert_eq!(parse(&text(&counts))?, counts);
        assert!(parse("header\nW1,3\n").is_err());
        Ok(())
    }

    #[test]
    fn every_workload_that_is_counted_is_committed() -> Result<()> {
        let committed = parse(&fs::read_to_string(shell::root().join(BASELINE))?)?;
        let committed: Vec<&str> = committed.iter().map(|count| count.workload.as_str()).collect();
        assert_eq!(committed, WORKLOADS.map(|(workload, _)| workload));
        Ok(())
    }

    #[test]
    fn the_number_of_requests_is_found() {
        assert_eq!(number_before("W1 48069 requests 4b37", " requests"), Some(48_069));
        assert_eq!(number_before("nothing", " requests"), None);
    }
}
