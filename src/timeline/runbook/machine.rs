//! The runbook of one run.

use std::collections::BTreeSet;

use super::super::controls::Controls;
use super::plan::{PlannedStep, RunbookPlan, Trigger};
use crate::random::{Law, Stream};
use crate::units::{Instant, Span};

/// Something that may make people begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal<'a> {
    /// Somebody was told of an alert.
    Notified(&'a str),
    /// An instance of an alert fires.
    Fires(&'a str),
    /// An instance of an alert is resolved.
    Resolved(&'a str),
    /// A component, by its number in the plan, is well again.
    Recovered(u16),
    /// A condition, by its number, has held for as long as it has to.
    Holds(u16),
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// Somebody takes an alert on.
    TakeOn(u16),
    /// Whoever took an alert on knows what it is about.
    Understand(u16),
    /// People begin with a step.
    Begin(u16),
    /// People have done what a step says.
    CarryOut(u16),
}

/// An alert as people know it.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// Somebody was told.
    told: bool,
    /// Instances that fire.
    firing: u32,
    /// There was a time when the last of them was resolved.
    resolved: bool,
}

/// A runbook at work: steps wait, are begun, and are over.
///
/// The caller tells it of what happens with [`tell`](Runbook::tell), and calls [`advance`](Runbook::advance) at the time
/// that [`next`](Runbook::next) names. Each quantity is drawn from a stream of its own, named after the step or alert, so
/// that a change of one step changes no draw of another.
#[derive(Clone, Debug)]
pub struct Runbook<'p> {
    plan: &'p RunbookPlan,
    seed: u64,
    replication: u64,
    due: BTreeSet<(Instant, Due)>,
    /// Which steps people have begun with.
    begun: Vec<bool>,
    alerts: Vec<Known>,
}

impl<'p> Runbook<'p> {
    /// Makes the runbook at the start of a run.
    pub fn new(plan: &'p RunbookPlan, seed: u64, replication: u64) -> Self {
        let mut runbook = Runbook {
            plan,
            seed,
            replication,
            due: BTreeSet::new(),
            begun: vec![false; plan.steps.len()],
            alerts: vec![Known::default(); plan.alerts.len()],
        };
        for (index, step) in plan.steps.iter().enumerate() {
            if let Some(Trigger::At(at)) = step.trigger {
                runbook.due.insert((at, Due::Begin(index as u16)));
            }
        }
        runbook
    }

    /// When something is due next.
    pub fn next(&self) -> Option<Instant> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Takes note of something that happened.
    pub fn tell(&mut self, now: Instant, signal: Signal<'_>) {
        match signal {
            Signal::Recovered(component) => self.trigger(now, Trigger::Recovered(component)),
            Signal::Holds(condition) => self.trigger(now, Trigger::Condition(condition)),
            Signal::Notified(name) => {
                let Some(alert) = self.alert(name) else { return };
                if !std::mem::replace(&mut self.alerts[usize::from(alert)].told, true) {
                    let detect = self.draw(&self.plan.detect, &format!("alert {name}"), "detect");
                    self.due.insert((now + detect, Due::TakeOn(alert)));
                }
            }
            Signal::Fires(name) => {
                if let Some(alert) = self.alert(name) {
                    self.alerts[usize::from(alert)].firing += 1;
                }
            }
            Signal::Resolved(name) => {
                let Some(alert) = self.alert(name) else { return };
                let known = &mut self.alerts[usize::from(alert)];
                known.firing = known.firing.saturating_sub(1);
                if known.firing == 0 && !std::mem::replace(&mut known.resolved, true) {
                    self.trigger(now, Trigger::Resolved(alert));
                }
            }
        }
    }

    /// Does what is due at `now` or before.
    pub fn advance(&mut self, now: Instant, controls: &mut impl Controls) {
        while let Some((at, due)) = self.due.first().copied().filter(|(at, _)| *at <= now) {
            self.due.pop_first();
            match due {
                Due::TakeOn(alert) => self.take_on(at, alert, controls),
                Due::Understand(alert) => controls.understood(at, &self.plan.alerts[usize::from(alert)]),
                Due::Begin(step) => self.begin(at, step, Span::ZERO, controls),
                Due::CarryOut(step) => self.carry_out(at, step, controls),
            }
        }
    }

    fn alert(&self, name: &str) -> Option<u16> {
        self.plan.alerts.iter().position(|known| known == name).map(|index| index as u16)
    }

    fn draw(&self, law: &Law, path: &str, purpose: &str) -> Span {
        law.sample_span(&mut Stream::named(self.seed, self.replication, path, purpose))
    }

    fn steps_on(&self, trigger: Trigger) -> impl Iterator<Item = u16> + use<'p> {
        let steps = self.plan.steps.iter().enumerate();
        steps.filter(move |(_, step)| step.trigger == Some(trigger)).map(|(index, _)| index as u16)
    }

    fn trigger(&mut self, now: Instant, trigger: Trigger) {
        for step in self.steps_on(trigger) {
            self.due.insert((now, Due::Begin(step)));
        }
    }

    fn take_on(&mut self, at: Instant, alert: u16, controls: &mut impl Controls) {
        let name = &self.plan.alerts[usize::from(alert)];
        controls.acknowledged(at, name);
        let identify = self.draw(&self.plan.identify, &format!("alert {name}"), "identify");
        let waits =
            self.steps_on(Trigger::Alert(alert)).any(|it| self.plan.steps[usize::from(it)].understood);
        if waits && !identify.is_zero() {
            self.due.insert((at + identify, Due::Understand(alert)));
        }
        for step in self.steps_on(Trigger::Alert(alert)) {
            let understood = self.plan.steps[usize::from(step)].understood;
            self.begin(at, step, if understood { identify } else { Span::ZERO }, controls);
        }
    }

    /// Has people begin with a step, and first understand what it is about.
    fn begin(&mut self, at: Instant, step: u16, first: Span, controls: &mut impl Controls) {
        if std::mem::replace(&mut self.begun[usize::from(step)], true) {
            return;
        }
        let PlannedStep { name, people, words, .. } = &self.plan.steps[usize::from(step)];
        controls.step_began(at, name, words);
        let people = self.draw(people, &format!("step {name}"), "people");
        self.due.insert((at + first + people, Due::CarryOut(step)));
    }

    fn carry_out(&mut self, at: Instant, step: u16, controls: &mut impl Controls) {
        let PlannedStep { name, works, action, words, otherwise, .. } = &self.plan.steps[usize::from(step)];
        let u = Stream::named(self.seed, self.replication, &format!("step {name}"), "works").unit();
        let worked = u < works.as_fraction() && (action.is_none() || controls.act(step));
        controls.step_ended(at, name, words, worked);
        if worked {
            self.trigger(at, Trigger::After(step));
        } else {
            self.trigger(at, Trigger::Failed(step));
            if let Some(otherwise) = otherwise {
                self.due.insert((at, Due::Begin(*otherwise)));
            }
        }
    }
}
