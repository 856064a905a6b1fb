//! The task runner: `cargo xtask test`, `cargo xtask bench`, `cargo xtask theory`, `cargo xtask ci`.
//!
//! A task is a list of steps. A step is one line in a list below and, when it is more than one command, one
//! file beside this one.

#![expect(clippy::print_stdout, reason = "what a task runner has to say, it says on stdout")]

mod benches;
mod cargo_test;
mod deny;
mod fuzz;
mod instructions;
mod mariadb;
mod need;
mod prometheus;
mod readme;
mod redis;
mod resilience4j;
mod shell;
mod step;
mod theory;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::need::Need;
use crate::shell::cargo;
use crate::step::{Outcome, Step};

/// What `cargo xtask` can do.
#[derive(Parser)]
#[command(name = "cargo xtask", about = "Runs what is more than one cargo command")]
enum Task {
    /// Installs what the tests need, runs all of them, and closes with a table
    Test,
    /// Runs the benchmarks with their full parameters
    Bench {
        /// Only the bench targets with these names
        names: Vec<String>,
    },
    /// Counts instructions of the workloads, and fails where there are 5 % more than committed
    Instructions {
        /// Commits what is counted instead
        #[arg(long)]
        bless: bool,
    },
    /// Runs all cases of exact theory, and writes the page of the table
    Theory,
    /// Records the trace of the real Resilience4j that `cargo test` replays
    RecordResilience4j,
    /// Records how sessions end on a real MariaDB, which `cargo test` compares with
    RecordMariadb,
    /// Compares databases with a real MariaDB
    Mariadb,
    /// Compares the policies with the real Resilience4j on the trace of one seed
    Resilience4j {
        /// The seed, as a failed comparison names it
        seed: u64,
    },
    /// Records the traces of the real Prometheus and Alertmanager that `cargo test` compares with
    RecordPrometheus,
    /// Compares with the real Prometheus and Alertmanager on the input of one seed
    Prometheus {
        /// The seed, as a failed comparison names it
        seed: u64,
    },
    /// Feeds everything that reads text with hostile input, guided by what it covers
    Fuzz {
        /// Only the targets with these names
        names: Vec<String>,
        /// How many times as many inputs as in `cargo xtask test`
        #[arg(long, default_value_t = 1)]
        times: u32,
    },
    /// Compares with a real Redis
    Redis,
    /// Measures a real Redis, and keeps the hit ratios that `cargo test` compares with
    RecordRedis,
    /// Runs what a change must pass: format, lints, dependencies, documentation, the README's commands
    Ci,
}

/// `cargo xtask test`: the core first, then one step for each real product that we are compared with.
const TEST: &[Step] = &[
    Step { run: cargo_test::run, ..Step::new("core", &[Need::CC]) },
    Step {
        run: || resilience4j::run().map(|_| Outcome::Passed),
        ..Step::new("resilience4j", &[Need::JAVA, Need::MAVEN])
    },
    Step {
        run: || mariadb::run().map(|()| Outcome::Passed),
        ..Step::new("mariadb", &[Need::MARIADB_SERVER, Need::MARIADB_CLIENT])
    },
    Step {
        run: || {
            prometheus::run().map(|comparison| {
                println!("{comparison}");
                Outcome::Passed
            })
        },
        ..Step::new("prometheus", &[Need::GO])
    },
    Step { run: || fuzz::run(&[], 1).map(|()| Outcome::Passed), ..Step::new("fuzz", &[Need::CC, Need::CXX]) },
    Step { run: || redis::run().map(|()| Outcome::Passed), ..Step::new("redis", &[Need::REDIS]) },
];

/// `cargo xtask ci`: cheapest first; the README's own commands last.
const CI: &[Step] = &[
    Step { run: || cargo(["fmt", "--all", "--check"]), ..Step::new("format", &[Need::RUSTFMT]) },
    Step { run: deny::rules, ..Step::new("dependencies", &[Need::CARGO_DENY]) },
    Step { run: deny::advisories, may_skip: true, ..Step::new("advisories", &[Need::CARGO_DENY]) },
    Step {
        run: || cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        ..Step::new("lints", &[Need::CLIPPY])
    },
    Step { run: documentation, ..Step::new("documentation", &[]) },
    Step { run: || readme::run("test"), ..Step::new("README: test", &[]) },
    Step { run: || readme::run("first run"), ..Step::new("README: first run", &[]) },
    Step { run: instructions::check, ..Step::new("instructions", &[Need::VALGRIND]) },
];

fn main() -> ExitCode {
    match Task::parse() {
        Task::Test => step::run_all(TEST),
        Task::Bench { names } => report(benches::run(&names)),
        Task::Instructions { bless: true } => report(instructions::bless()),
        Task::Instructions { bless: false } => report(instructions::check().map(|_| ())),
        Task::Theory => report(theory::run()),
        Task::RecordResilience4j => report(resilience4j::record()),
        Task::RecordMariadb => report(mariadb::record()),
        Task::Mariadb => report(mariadb::run()),
        Task::Resilience4j { seed } => report(resilience4j::run_with(seed).map(|_| ())),
        Task::RecordPrometheus => report(prometheus::record()),
        Task::Prometheus { seed } => {
            report(prometheus::run_with(seed).map(|comparison| println!("{comparison}")))
        }
        Task::Fuzz { names, times } => report(fuzz::run(&names, times)),
        Task::Redis => report(redis::run()),
        Task::RecordRedis => report(redis::record()),
        Task::Ci => step::run_all(CI),
    }
}

fn documentation() -> Result<Outcome> {
    let mut doc = shell::cargo_command(["doc", "--no-deps", "--workspace"]);
    shell::run(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    Ok(Outcome::Passed)
}

fn report(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
