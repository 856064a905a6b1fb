//! What the host needs besides the program.

/// Parts of the host.
#[derive(Debug, Default)]
pub(crate) struct Parts {}
