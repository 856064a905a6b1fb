//! Exit codes: k6's where it has one.

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// All objectives are met.
    Success,
    /// Anything that has no code of its own, such as output that cannot be written.
    Other,
    /// There is too little data to tell whether the objectives are met.
    Inconclusive,
    /// A bug: the books of a run do not balance.
    Internal,
    /// An objective is missed.
    Missed,
    /// The command line makes no sense.
    Usage,
    /// The files have mistakes.
    Invalid,
    /// The user interrupted the run.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Success => 0,
            Exit::Other => 1,
            Exit::Usage => 2,
            Exit::Inconclusive => 3,
            Exit::Internal => 70,
            Exit::Missed => 99,
            Exit::Invalid => 104,
            Exit::Interrupted => 105,
        })
    }
}
