//! Puts a system together.

use super::assembly::{Assembly, SystemSpec};
use super::mistake::Mistake;

/// Puts a system together: resolves every name, checks what only shows as a whole, compiles operations to
/// steps. `files` gives the text of a CSV that a law or trace names.
///
/// # Errors
/// All mistakes found, if one of them is an error.
pub fn assemble(
    _system: &SystemSpec,
    _files: &dyn Fn(&str) -> Result<String, String>,
) -> Result<(Assembly, Vec<Mistake>), Vec<Mistake>> {
    Err(Vec::new())
}
