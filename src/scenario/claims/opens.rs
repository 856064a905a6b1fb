//! Whether the window of a claim can ever open.

use crate::component::Assembly;
use crate::record::{Anchor, HappeningKind};
use crate::timeline::alerts::Rule;
use crate::timeline::runbook::{Action, Mends, PlannedStep, Trigger};
use crate::timeline::{Blow, Disturbance, PlannedFault};
use crate::units::{Instant, Ratio, Span};

/// Why a window never opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum Shut {
    /// What it waits for cannot happen.
    Never(String),
    /// It waits for an alert that can never fire here, or that nobody is told of.
    Silent(String),
    /// It can happen from an instant on, when too little is left of the run.
    TooLate(Instant),
}

/// Says when things can happen at the earliest.
#[derive(Debug)]
pub(in crate::scenario) struct Earliest<'a> {
    pub(in crate::scenario) assembly: &'a Assembly,
    /// Alerts that can never fire.
    pub(in crate::scenario) silent: &'a [String],
}

impl Earliest<'_> {
    /// Why the span of an anchor never is in a run of this length; nothing if it may be.
    pub(in crate::scenario) fn shut(&self, anchor: &Anchor, end: Instant) -> Option<Shut> {
        match self.of(anchor.kind, &anchor.subject) {
            Err(shut) => Some(shut),
            Ok(at) => {
                let (from, to) = anchor.span_from(at, end);
                (from >= end || to > end).then_some(Shut::TooLate(from))
            }
        }
    }

    fn of(&self, kind: HappeningKind, subject: &str) -> Result<Instant, Shut> {
        let parts = &self.assembly.parts;
        let faults = || parts.faults.iter().filter(|fault| fault.label == subject);
        let earliest = |times: &mut dyn Iterator<Item = Instant>| times.min();
        match kind {
            HappeningKind::FaultBegan => {
                Ok(earliest(&mut faults().map(|fault| fault.from)).unwrap_or_default())
            }
            HappeningKind::FaultEnded => earliest(&mut faults().filter_map(|fault| self.ends(fault)))
                .ok_or_else(|| Shut::Never(format!("nothing ends `{subject}`"))),
            HappeningKind::FailedOver => self
                .assembly
                .first_fault()
                .ok_or_else(|| Shut::Never(format!("nothing happens to `{subject}`"))),
            HappeningKind::AlertPending | HappeningKind::AlertFiring | HappeningKind::AlertResolved => {
                self.fires(subject)
            }
            HappeningKind::Notified => self.told(subject),
            HappeningKind::Acknowledged | HappeningKind::Understood => {
                let waits = |name: &String| name == subject;
                match parts.runbook.as_ref().is_some_and(|plan| plan.alerts.iter().any(waits)) {
                    true => self.told(subject),
                    false => {
                        Err(Shut::Never(format!("no step waits for `{subject}`, so nobody takes it on")))
                    }
                }
            }
            HappeningKind::StepBegan => self.step(subject, |this, step| this.begins(step)),
            HappeningKind::StepDone => self.step(subject, |this, step| this.done(step)),
            HappeningKind::StepFailed => self.step(subject, |this, step| this.fails(step)),
            HappeningKind::RuleFailed | HappeningKind::LeakSuspected => Ok(Instant::START),
        }
    }

    /// When a fault ends at the earliest: by itself, or because people restart what it hits.
    fn ends(&self, fault: &PlannedFault) -> Option<Instant> {
        let steps = self.assembly.parts.runbook.iter().flat_map(|plan| &plan.steps);
        let is_ended = |step: &&PlannedStep| match (&step.action, fault.blow) {
            (Some(Action::Restart(restart)), Blow::Lasting(disturbance)) => {
                let mends = match restart.mends {
                    Mends::Outage => matches!(
                        disturbance,
                        Disturbance::Down | Disturbance::DownWithHost | Disturbance::Hung
                    ),
                    Mends::Release => matches!(
                        disturbance,
                        Disturbance::Slow(_) | Disturbance::Delayed(_) | Disturbance::Errors(_)
                    ),
                };
                mends && fault.targets.iter().all(|target| restart.targets.contains(target))
            }
            _ => false,
        };
        let by_people = steps.filter(is_ended).filter_map(|step| self.done(step).ok()).min();
        let by_people = by_people.map(|at| at.max(fault.from));
        [fault.to, by_people].into_iter().flatten().min()
    }

    fn fires(&self, alert: &str) -> Result<Instant, Shut> {
        if self.silent.iter().any(|name| name == alert) {
            return Err(Shut::Silent(format!("`{alert}` can never fire here")));
        }
        let watch = self.assembly.parts.watch.iter().flat_map(|watch| &watch.rules.groups);
        let holds = watch.flat_map(|group| &group.rules).filter_map(|rule| match rule {
            Rule::Alert(rule) if rule.name == alert => Some(rule.hold),
            Rule::Alert(_) | Rule::Record(_) => None,
        });
        Ok(Instant::START + holds.min().unwrap_or(Span::ZERO))
    }

    fn told(&self, alert: &str) -> Result<Instant, Shut> {
        match self.assembly.parts.watch.as_ref().and_then(|watch| watch.may_tell(alert)) {
            Some(false) => Err(Shut::Silent(format!("nobody is told of `{alert}`"))),
            Some(true) | None => self.fires(alert),
        }
    }

    fn step(
        &self,
        name: &str,
        of: impl Fn(&Self, &PlannedStep) -> Result<Instant, Shut>,
    ) -> Result<Instant, Shut> {
        let steps = self.assembly.parts.runbook.iter().flat_map(|plan| &plan.steps);
        match steps.into_iter().find(|step| step.name == name) {
            Some(step) => of(self, step),
            None => Ok(Instant::START),
        }
    }

    fn begins(&self, step: &PlannedStep) -> Result<Instant, Shut> {
        let Some(plan) = &self.assembly.parts.runbook else { return Ok(Instant::START) };
        let of = |number: &u16| &plan.steps[usize::from(*number)];
        let alert = |number: &u16| plan.alerts[usize::from(*number)].as_str();
        let triggered = step.trigger.as_ref().map(|trigger| match trigger {
            Trigger::At(at) => Ok(*at),
            Trigger::Alert(number) => self.told(alert(number)),
            Trigger::Resolved(number) => self.fires(alert(number)),
            Trigger::After(number) => self.done(of(number)),
            Trigger::Failed(number) => self.fails(of(number)),
            Trigger::Recovered(_) | Trigger::Condition(_) => Ok(Instant::START),
        });
        let number = plan.steps.iter().position(|known| known.name == step.name).map(|index| index as u16);
        let before =
            plan.steps.iter().filter(|before| before.otherwise.is_some() && before.otherwise == number);
        let others = before.map(|before| self.fails(before));
        let all: Vec<Result<Instant, Shut>> = triggered.into_iter().chain(others).collect();
        match all.iter().filter_map(|one| one.as_ref().ok()).min() {
            Some(at) => Ok(*at),
            None => all.into_iter().next().unwrap_or(Ok(Instant::START)),
        }
    }

    /// When people are through with a step at the earliest.
    fn through(&self, step: &PlannedStep) -> Result<Instant, Shut> {
        Ok(self.begins(step)? + Span::from_secs_f64(step.people.least()))
    }

    fn done(&self, step: &PlannedStep) -> Result<Instant, Shut> {
        match step.works == Ratio::ZERO {
            true => Err(Shut::Never(format!("`{}` never works", step.name))),
            false => self.through(step),
        }
    }

    fn fails(&self, step: &PlannedStep) -> Result<Instant, Shut> {
        // Where nothing can take a server's place, a failover fails, however well people do it.
        let is_sure = step.works == Ratio::ONE && !matches!(step.action, Some(Action::FailOver { .. }));
        match is_sure {
            true => Err(Shut::Never(format!("`{}` always works", step.name))),
            false => self.through(step),
        }
    }
}
