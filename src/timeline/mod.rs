//! What happens to a system from outside while it runs: faults first of all.
//!
//! A fault takes something away from a target for a while: it never sets a symptom. Faults overlap as they like;
//! what a target suffers at any moment is the sum of them, a [`Condition`]. The system is only touched through
//! [`Controls`], by number: names were resolved when the plan was built.

mod condition;
mod controls;
mod fault;
mod schedule;

pub use condition::{Condition, Disturbance};
pub use controls::{Controls, TargetId};
pub use fault::{FaultKind, FaultSpec, Untimed, times};
pub use schedule::{Blow, PlannedFault, Schedule};
