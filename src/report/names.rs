//! Names of operations and first times for files and people.

use crate::component::{OperationName, View};
use crate::record::MilestoneKind;
use crate::scenario::{Measure, Unit};
use crate::stats::Verdict;

/// What a person calls an operation: its name, and from where it is seen unless that is from its clients.
pub(super) fn operation_label(name: &OperationName) -> String {
    match name.view {
        View::Client => name.name.clone(),
        View::Call | View::Consumer | View::Background => format!("{} ({})", name.name, name.view.name()),
    }
}

/// The stable name of a kind of first time, and of the cause that goes with it.
pub(super) fn event_names(kind: MilestoneKind) -> (&'static str, &'static str) {
    match kind {
        MilestoneKind::QueueFull => ("queue-full", ""),
        MilestoneKind::LongWait => ("long-wait", ""),
        MilestoneKind::FirstFailure(cause) => ("first-failure", cause.name()),
    }
}

/// The unit that a measure is in.
pub(super) fn measure_unit(measure: Measure) -> &'static str {
    match measure {
        Measure::LatencyQuantile(_) | Measure::LatencyMean => "s",
        Measure::FailedShare | Measure::Availability => "ratio",
    }
}

/// The stable name of what a claim's value is in.
pub(super) fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds => "s",
        Unit::Share => "ratio",
        Unit::PerSecond => "1/s",
        Unit::Number => "number",
        Unit::Multiple => "multiple",
    }
}

/// The stable name of a verdict.
pub(super) fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Met => "met",
        Verdict::Missed => "missed",
        Verdict::Inconclusive => "inconclusive",
    }
}
