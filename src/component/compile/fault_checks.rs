//! Faults that take nothing away, and steps of a runbook that undo what nobody does.
//!
//! A figure that comes to nothing, such as a share of 0 %, is a warning: a sweep may well begin there. What can never do
//! anything, whatever its figures, is an error.

use std::collections::BTreeSet;

use super::builder::{Builder, Spot};
use super::runbook::spot_of;
use crate::component::mistake::{Mistake, Part, Severity, code};
use crate::component::parts::Hook;
use crate::random::LawSpec;
use crate::timeline::FaultKind;
use crate::timeline::runbook::ActionSpec;
use crate::units::{Ratio, Span};

impl Builder<'_> {
    fn takes_nothing(&mut self, why: &str, larger: &str, spot: &Spot) {
        let cause = format!("{why}: the fault takes nothing away");
        self.warn(spot, code::FAULT, cause, format!("write a {larger}, or leave the fault out"));
    }

    /// Warns of a share that leaves all as it is.
    pub(super) fn nothing_by_share(&mut self, share: Ratio, kind: FaultKind, spot: &Spot) {
        match kind {
            FaultKind::Cut if share == Ratio::ONE => {
                self.takes_nothing(&format!("{share} of the capacity are left"), "smaller share", spot);
            }
            FaultKind::Cut => {}
            _ if share == Ratio::ZERO => {
                self.takes_nothing(
                    &format!("`{}` is about a share of {share}", kind.key()),
                    "larger share",
                    spot,
                );
            }
            _ => {}
        }
    }

    /// Warns of a factor that leaves all as it is.
    pub(super) fn nothing_by_factor(&mut self, factor: f64, spot: &Spot) {
        if factor == 1.0 {
            self.takes_nothing("1 times as much is what it was", "larger factor", spot);
        }
    }

    /// Warns of an added time of nothing.
    pub(super) fn nothing_is_added(&mut self, law: &LawSpec, spot: &Spot) {
        if matches!(law, LawSpec::Constant(Span::ZERO)) {
            self.takes_nothing("nothing is added", "longer time", spot);
        }
    }

    /// The gates that stand in the way of something.
    pub(super) fn gates_passed(&self) -> BTreeSet<u16> {
        let gate = |hook: &Hook| match hook {
            Hook::Gate { gate, .. } => Some(*gate),
            _ => None,
        };
        self.parts.hooks.iter().filter_map(gate).collect()
    }

    /// Tells of a way on which nothing goes, once all messages are known; `elsewhere` are the gates that operations pass
    /// which have no load.
    pub(super) fn check_ways(&mut self, elsewhere: &BTreeSet<u16>) {
        // Where something else is wrong, it may be what keeps messages from that way.
        let is_elsewhere = |it: &Mistake| {
            it.severity == Severity::Error && (it.part != Part::Scenario || it.code == code::LOAD)
        };
        if self.system.load.is_empty() || self.mistakes.iter().any(is_elsewhere) {
            return;
        }
        let passed = self.gates_passed();
        for (spot, parties, gate) in std::mem::take(&mut self.layout.ways) {
            if passed.contains(&gate) || elsewhere.contains(&gate) {
                continue;
            }
            let [one, other] = &parties;
            let logs = &self.system.deployment.logs;
            let (cause, remedy) = match parties.iter().find(|party| logs.contains_key(*party)) {
                Some(log) => (
                    format!("nothing is published between `{one}` and `{other}`"),
                    format!(
                        "name a process that publishes to `{log}`; one that only consumes can `hang` instead"
                    ),
                ),
                None => (
                    format!(
                        "nothing goes between `{one}` and `{other}`: neither asks the other for anything"
                    ),
                    "name two of which one asks the other, or leave the fault out".to_owned(),
                ),
            };
            self.error(&spot, code::FAULT, cause, remedy);
        }
    }

    /// Warns of steps that undo what no step does.
    pub(super) fn check_undone(&mut self) {
        let system = self.system;
        for (index, step) in system.runbook.iter().enumerate() {
            let Some(action) = &step.action else { continue };
            let others = || system.runbook.iter().filter_map(|step| step.action.as_ref());
            let told = match action {
                ActionSpec::Restore(name) => {
                    let is_met =
                        |it: &ActionSpec| matches!(it, ActionSpec::Bypass(by) if self.are_met(by, name));
                    let cause = format!("no step bypasses `{name}`: there is nothing to restore");
                    (!others().any(is_met)).then(|| (cause, format!("bypass: {name}")))
                }
                ActionSpec::Resume(name) => {
                    let is_met = |it: &ActionSpec| matches!(it, ActionSpec::Pause(paused) if paused == name);
                    let cause = format!("no step pauses `{name}`: there is nothing to resume");
                    (!others().any(is_met)).then(|| (cause, format!("pause: {name}")))
                }
                ActionSpec::ReadWrite(name) => {
                    let is_met = |it: &ActionSpec| matches!(it, ActionSpec::ReadOnly(only) if only == name);
                    let cause = format!("no step makes `{name}` read-only: it is written to as it is");
                    (!others().any(is_met)).then(|| (cause, format!("read-only: {name}")))
                }
                ActionSpec::LiftLimit(name) => {
                    let is_met =
                        |it: &ActionSpec| matches!(it, ActionSpec::RateLimit(spec) if spec.at == *name);
                    let cause = format!("no step limits `{name}`: there is nothing to lift");
                    let remedy = format!("rate-limit: {{at: {name}, rate: 100/s, burst: 100}}");
                    (!others().any(is_met)).then_some((cause, remedy))
                }
                ActionSpec::Withdraw(name) => {
                    let is_met = |it: &ActionSpec| match it {
                        ActionSpec::Announce(spec) => {
                            name == "all" || spec.clients.as_ref().is_none_or(|told| told == name)
                        }
                        _ => false,
                    };
                    let cause = "no step announces anything: there is nothing to withdraw".to_owned();
                    (!others().any(is_met)).then(|| (cause, "announce: {heeded: 50%}".to_owned()))
                }
                ActionSpec::Bypass(_)
                | ActionSpec::Switch(_)
                | ActionSpec::Restart(_)
                | ActionSpec::RollBack(_)
                | ActionSpec::ResizePool(_)
                | ActionSpec::ResizeThreads(_)
                | ActionSpec::Scale(_)
                | ActionSpec::RateLimit(_)
                | ActionSpec::Pause(_)
                | ActionSpec::ReadOnly(_)
                | ActionSpec::Announce(_)
                | ActionSpec::Warm(_)
                | ActionSpec::FailOver(_)
                | ActionSpec::SetFlags(_) => None,
            };
            if let Some((cause, first)) = told {
                let spot = spot_of(index).key("do").key(action.key());
                let remedy = format!("add a step with `{first}` before it, or leave it out");
                self.warn(&spot, code::ACTION, cause, remedy);
            }
        }
    }

    /// Whether two names stand for some cache in common; of a name that stands for none, it is not known.
    fn are_met(&self, one: &str, other: &str) -> bool {
        let (one, other) = (self.spaces_of(one), self.spaces_of(other));
        one.is_empty() || other.is_empty() || one.iter().any(|space| other.contains(space))
    }
}
