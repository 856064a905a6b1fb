//! The only way in which a timeline touches a system.

use super::condition::Condition;
use crate::units::Instant;

/// Something that a timeline can act on: a replica, a database, a link between two parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetId(pub u16);

/// What can be done to a running system.
pub trait Controls {
    /// Puts a target into a condition; `before` is the one that it is in.
    fn set_condition(&mut self, target: TargetId, before: &Condition, after: &Condition);
    /// Takes note that a fault begins or ends.
    fn fault(&mut self, at: Instant, label: &str, begins: bool);
    /// Empties a store at once.
    fn flush(&mut self, target: TargetId);
    /// Does what the step of the runbook with this number says; says whether it could.
    fn act(&mut self, step: u16) -> bool;
    /// Takes note that somebody takes an alert on.
    fn acknowledged(&mut self, at: Instant, alert: &str);
    /// Takes note that whoever took an alert on knows what it is about.
    fn understood(&mut self, at: Instant, alert: &str);
    /// Takes note that people begin with a step of a runbook; `action` says in words what they are about to do.
    fn step_began(&mut self, at: Instant, step: &str, action: &str);
    /// Takes note that a step of a runbook was carried out, or did not work.
    fn step_ended(&mut self, at: Instant, step: &str, action: &str, worked: bool);
}
