//! People and what they do about an incident: steps with triggers, delays, chances, and actions.
//!
//! A step waits for its trigger. Then people begin with it; after a time that is drawn, its action is carried out, or
//! turns out not to work. [`Runbook`] is the machine of one run: it has no clock, is told of what happens, says when it
//! wants to be called next, and touches the system only through [`Controls`](super::Controls).

mod machine;
mod plan;
mod spec;
#[cfg(test)]
mod tests;

pub use machine::{Runbook, Signal};
pub use plan::{Action, AwaitedComponent, Mends, PlannedStep, Restart, RunbookPlan, Trigger};
pub use spec::{
    ActionSpec, AnnounceSpec, ConditionSpec, PeopleSpec, Phase, RateLimitSpec, ResizePoolSpec,
    ResizeThreadsSpec, RestartOrder, RestartSpec, RollBackSpec, RunbookStepSpec, ScaleSpec, SwitchSpec,
    Switched, TriggerSpec, WarmSpec,
};
