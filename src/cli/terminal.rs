//! Printing: data on standard output, chatter on standard error.

use std::io::{IsTerminal, Write};

/// Columns used at most, however wide the terminal is.
pub(super) const WIDTH: usize = 100;

/// Writes data to standard output. A reader that went away is not an error.
pub(super) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

/// Writes chatter to standard error.
pub(super) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end());
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
