//! The core: unit, theory, golden and documentation tests, and each benchmark once with small parameters.

use anyhow::Result;

use crate::benches;
use crate::shell::{self, cargo_command};
use crate::step::Outcome;

/// Runs `cargo test` on everything.
pub(crate) fn run() -> Result<Outcome> {
    shell::run(&mut cargo_command(["test", "--workspace"]))?;
    for name in benches::names(&shell::root().join("benches"))? {
        shell::run(&mut cargo_command(["test", "--bench", &name]))?;
    }
    Ok(Outcome::Passed)
}
