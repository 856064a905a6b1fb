//! What happened to a system in a run, besides its requests.

use crate::units::Instant;

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HappeningKind {
    /// A fault began.
    FaultBegan,
    /// A fault ended.
    FaultEnded,
    /// A replica took the place of a server that was silent.
    FailedOver,
    /// An alert's condition was there for the first time, or again.
    AlertPending,
    /// An alert fires.
    AlertFiring,
    /// An alert fired and does so no more.
    AlertResolved,
    /// Somebody was told of an alert.
    Notified,
    /// Somebody who was told of an alert took it on.
    Acknowledged,
    /// A rule could not be evaluated.
    RuleFailed,
    /// People began to deal with a step of a runbook.
    StepBegan,
    /// A step of a runbook was carried out.
    StepDone,
    /// A step of a runbook did not work.
    StepFailed,
    /// Whoever took an alert on knows what it is about.
    Understood,
    /// A pool warned of a connection that was out for too long.
    LeakSuspected,
    /// Nobody was told of an alert, since another one mutes it.
    Muted,
}

impl HappeningKind {
    /// The stable name used in files.
    pub const fn name(self) -> &'static str {
        match self {
            HappeningKind::FaultBegan => "fault-began",
            HappeningKind::FaultEnded => "fault-ended",
            HappeningKind::FailedOver => "failed-over",
            HappeningKind::LeakSuspected => "leak-suspected",
            HappeningKind::AlertPending => "alert-pending",
            HappeningKind::AlertFiring => "alert-firing",
            HappeningKind::AlertResolved => "alert-resolved",
            HappeningKind::Notified => "notified",
            HappeningKind::Muted => "muted",
            HappeningKind::Acknowledged => "acknowledged",
            HappeningKind::RuleFailed => "rule-failed",
            HappeningKind::StepBegan => "step-began",
            HappeningKind::StepDone => "step-done",
            HappeningKind::StepFailed => "step-failed",
            HappeningKind::Understood => "understood",
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// When.
    pub at: Instant,
    /// What.
    pub kind: HappeningKind,
    /// The fault, store, alert or step.
    pub subject: String,
    /// More about it: an alert's labels, who was told, which alert mutes it; may be empty.
    pub detail: String,
    /// The team that an alert names in its label `team`; empty without one.
    pub team: String,
}
