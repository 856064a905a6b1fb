//! Warnings in words: one place for their names, so that every output says the same.

use super::numbers;
use crate::experiment::Warning;

/// A warning as text.
pub(super) struct WarningText {
    /// Its stable name, or its code for a warning of the files.
    pub(super) code: String,
    /// What it says.
    pub(super) text: String,
}

/// Puts a warning into words; `replications` is the number of runs.
pub(super) fn warning_text(warning: &Warning, replications: u32) -> WarningText {
    let (code, text) = match warning {
        Warning::LimitReached { runs, first_s, limit } => (
            "limit-reached".to_owned(),
            format!(
                "{runs} of {replications} runs reached a limit of the simulation and were cut short, the \
                 first by `limits: {{{limit}}}` after {}; what comes later in them is missing",
                numbers::time(*first_s)
            ),
        ),
        Warning::Unstable { station, window } => (
            "unstable".to_owned(),
            format!(
                "the queue of {station} grew throughout window {window}: there is no steady state, and its \
                 averages depend on how long the run is"
            ),
        ),
        Warning::Growing { station, since_s, runs } => (
            "growing".to_owned(),
            format!(
                "more comes to {station} than can be served: the queue grew from {} on until the end{}; what is said of it \
                 depends on how long the run is",
                numbers::time(*since_s),
                match *runs == replications {
                    true => String::new(),
                    false => format!(", in {runs} of {replications} runs"),
                }
            ),
        ),
        Warning::WarmUpUnreliable => (
            "warm-up-unreliable".to_owned(),
            "the warm-up that MSER-5 found lies too late in the run to be trusted: simulate for longer or \
             state a warm-up"
                .to_owned(),
        ),
        Warning::SingleRun => {
            ("single-run".to_owned(), "a single run has no interval: what it shows may be luck".to_owned())
        }
        Warning::Interrupted { planned } => (
            "interrupted".to_owned(),
            format!("interrupted: {replications} of {planned} runs were complete, and the rest are missing"),
        ),
        Warning::CalmInterrupted { done, planned } => (
            "calm-interrupted".to_owned(),
            format!(
                "interrupted: {done} of {planned} runs in calm were complete, and the rest are missing from what alerts do \
                 there"
            ),
        ),
        Warning::TooWide { needed } => (
            "too-wide".to_owned(),
            format!(
                "the intervals are wider than was asked for: about {needed} runs would be needed, more than are \
                 added by themselves"
            ),
        ),
        Warning::LateInCalm { operation, bound_s, late } => (
            "late-in-calm".to_owned(),
            format!(
                "{operation} is bounded by {}, and {} of it takes longer in calm: the level is missed before anything \
                 happens, and only what is late beyond that counts",
                numbers::time(*bound_s),
                numbers::percent(*late)
            ),
        ),
        Warning::NeverBegan { fault, after, runs } => (
            "fault-never-began".to_owned(),
            format!(
                "{fault} did not begin in {runs} of {replications} runs: it follows {after}, which had not ended, or too late"
            ),
        ),
        Warning::FaultWindow { faults, over_s, window_s, runs } => (
            "fault-window".to_owned(),
            format!(
                "window fault is {} long, though {faults} was over after {} (mean of {runs} of {replications} runs): its \
                 averages are of the time after that as well; write `windows`, such as `after`, to have them apart",
                numbers::time(*window_s),
                numbers::time(*over_s)
            ),
        ),
        Warning::NoCalm => (
            "no-calm".to_owned(),
            "the incident begins before there is an interval of calm after the warm-up: which stations run short, which \
             caches miss and what is slow is not told, for want of something to compare it with"
                .to_owned(),
        ),
        Warning::NoRequests { operation, window } => {
            ("no-requests".to_owned(), format!("{operation} was never asked for in window {window}"))
        }
        Warning::File { code, text } => (code.clone(), text.clone()),
    };
    WarningText { code, text }
}
