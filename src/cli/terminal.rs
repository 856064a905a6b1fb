//! Printing: data on standard output, chatter on standard error.

use std::io::{Error, ErrorKind, IsTerminal, Write};

use crate::scenario::{Loaded, render, summary};

/// Columns used at most, however wide the terminal is.
pub(super) const WIDTH: usize = 100;

/// Writes data to standard output. A reader that went away is not an error.
///
/// # Errors
/// If it cannot be written for another reason, such as a full disk.
pub(super) fn print(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Error::new(error.kind(), format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes chatter to standard error.
pub(super) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end());
}

/// Tells what is wrong with files.
pub(super) fn complain_of(loaded: &Loaded) {
    complain(&render(&loaded.diagnostics, colour_err(), WIDTH));
    complain(&summary(&loaded.diagnostics, loaded.sources.len()));
}

#[expect(clippy::disallowed_methods, reason = "the command line honours NO_COLOR")]
fn colour_wanted() -> bool {
    std::env::var("NO_COLOR").map_or(true, |value| value.is_empty())
}

/// Whether standard output is to be coloured.
pub(super) fn colour_out() -> bool {
    std::io::stdout().is_terminal() && colour_wanted()
}

/// Whether standard error is to be coloured.
pub(super) fn colour_err() -> bool {
    std::io::stderr().is_terminal() && colour_wanted()
}
