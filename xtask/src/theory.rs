//! The table of exact theory: every case, the long ones too, optimised, and the page that comes of it.

use anyhow::Result;

use crate::shell;

/// Runs all cases and writes `docs/validation/theory.md`.
///
/// # Errors
/// If a case is far from the truth, or intervals miss it more or less often than chance allows.
pub(crate) fn run() -> Result<()> {
    let only = ["test", "--release", "--test", "theory", "--", "--nocapture", "simulated_intervals"];
    shell::run(shell::cargo_command(only).env("BROWNOUT_BLESS", "1"))
}
