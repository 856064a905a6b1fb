//! Whether the window of a claim can ever open.

use std::collections::BTreeMap;

use crate::component::Assembly;
use crate::record::{Anchor, HappeningKind};
use crate::scenario::spec::ScenarioSpec;
use crate::timeline::alerts::Rule;
use crate::timeline::runbook::{Action, ActionSpec, PlannedStep, RunbookStepSpec, TriggerSpec};
use crate::timeline::{Blow, PlannedFault, WatchPlan, fault_labels, times};
use crate::units::{Instant, Ratio, Span};

/// Why a window never opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum Shut {
    /// What it waits for cannot happen.
    Never(String),
    /// It waits for an alert that can never fire here, or that nobody is told of; or for a component that cannot recover.
    Silent(String),
    /// It can happen from an instant on, when too little is left of the run.
    TooLate(Instant),
}

/// Says when things can happen at the earliest. In doubt, such as about a step whose own mistakes are told elsewhere, it is
/// the start of the run.
#[derive(Debug)]
pub(in crate::scenario) struct Earliest<'a> {
    scenario: &'a ScenarioSpec,
    /// Who watches; nothing if that is not known.
    watch: Option<&'a WatchPlan>,
    /// The system, if it could be put together: what people need, and what a restart ends, is known of it only.
    assembly: Option<&'a Assembly>,
    /// Alerts that can never fire.
    silent: &'a [String],
    /// The faults: what each is called, when it begins, and when it ends by itself.
    faults: Vec<(String, Instant, Option<Instant>)>,
    /// When each step of the runbook begins.
    begins: Vec<Result<Instant, Shut>>,
}

/// What makes people begin with a step.
#[derive(Clone, Copy, Debug)]
enum Way<'a> {
    At(Instant),
    Told(&'a str),
    Resolved(&'a str),
    Done(usize),
    Failed(usize),
    Recovered(&'a str),
    /// Something that is not looked at.
    Any,
}

impl<'a> Earliest<'a> {
    /// Looks at a scenario.
    pub(in crate::scenario) fn new(
        scenario: &'a ScenarioSpec,
        watch: Option<&'a WatchPlan>,
        assembly: Option<&'a Assembly>,
        silent: &'a [String],
    ) -> Earliest<'a> {
        let labels = fault_labels(&scenario.faults).into_iter();
        let faults = labels.zip(times(&scenario.faults)).map(|(label, times)| {
            // A fault without a beginning is told of elsewhere.
            let (from, to) = times.unwrap_or((Instant::START, Some(Instant::START)));
            (label, from, to)
        });
        let faults = faults.collect();
        let mut earliest = Earliest { scenario, watch, assembly, silent, faults, begins: Vec::new() };
        earliest.follow();
        earliest
    }

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
        match kind {
            HappeningKind::FaultBegan => {
                Ok(self.times_of(subject).map(|(from, _)| from).min().unwrap_or_default())
            }
            HappeningKind::FaultEnded => {
                self.fault_ends(subject).ok_or_else(|| Shut::Never(format!("nothing ends `{subject}`")))
            }
            HappeningKind::FailedOver => {
                self.fails_over().ok_or_else(|| Shut::Never(format!("nothing happens to `{subject}`")))
            }
            HappeningKind::AlertPending | HappeningKind::AlertFiring | HappeningKind::AlertResolved => {
                self.fires(subject)
            }
            HappeningKind::Notified => self.told(subject),
            HappeningKind::Acknowledged | HappeningKind::Understood => {
                let waits = |step: &RunbookStepSpec| match &step.when {
                    Some(TriggerSpec::Alert(name) | TriggerSpec::Resolved(name)) => name == subject,
                    _ => false,
                };
                match self.scenario.runbook.iter().any(waits) {
                    true => self.told(subject),
                    false => {
                        Err(Shut::Never(format!("no step waits for `{subject}`, so nobody takes it on")))
                    }
                }
            }
            HappeningKind::StepBegan => self.step(subject, |this, step| this.begins(step)),
            HappeningKind::StepDone => self.step(subject, |this, step| this.done(step)),
            HappeningKind::StepFailed => self.step(subject, |this, step| this.fails(step)),
            HappeningKind::Muted => self.fires(subject),
            HappeningKind::RuleFailed | HappeningKind::LeakSuspected => Ok(Instant::START),
        }
    }

    /// The times of the faults of this name.
    fn times_of(&self, label: &str) -> impl Iterator<Item = (Instant, Option<Instant>)> {
        self.faults.iter().filter(move |(known, ..)| known == label).map(|(_, from, to)| (*from, *to))
    }

    /// When a fault of this name ends at the earliest: by itself, or because people restart what it hits.
    fn fault_ends(&self, label: &str) -> Option<Instant> {
        let by_itself = self.times_of(label).filter_map(|(_, to)| to);
        let by_people: Vec<Instant> = match self.assembly {
            Some(assembly) => {
                let of_name = assembly.parts.faults.iter().filter(|fault| fault.label == label);
                of_name.filter_map(|fault| self.ended_by_people(assembly, fault)).collect()
            }
            None => {
                let is_restart =
                    |action: &ActionSpec| matches!(action, ActionSpec::Restart(_) | ActionSpec::RollBack(_));
                let from = self.times_of(label).map(|(from, _)| from).min().unwrap_or_default();
                self.earliest_done(is_restart).map(|at| at.max(from)).into_iter().collect()
            }
        };
        by_itself.chain(by_people).min()
    }

    fn ended_by_people(&self, assembly: &Assembly, fault: &PlannedFault) -> Option<Instant> {
        let steps = assembly.parts.runbook.iter().flat_map(|plan| plan.steps.iter().enumerate());
        let is_ended = |(_, step): &(usize, &PlannedStep)| match (&step.action, fault.blow) {
            (Some(Action::Restart(restart)), Blow::Lasting(disturbance)) => {
                restart.mends.ends(disturbance)
                    && fault.targets.iter().all(|target| restart.targets.contains(target))
            }
            _ => false,
        };
        let done = steps.filter(is_ended).filter_map(|(index, _)| self.done(index).ok()).min();
        done.map(|at| at.max(fault.from))
    }

    /// When a replica takes the place of a server at the earliest: after a fault, which may hit anything on the way to it; or
    /// because people promote it, or restart something.
    fn fails_over(&self) -> Option<Instant> {
        let by_fault = self.faults.iter().map(|(_, from, _)| *from).min();
        let is_cause =
            |action: &ActionSpec| matches!(action, ActionSpec::FailOver(_) | ActionSpec::Restart(_));
        [by_fault, self.earliest_done(is_cause)].into_iter().flatten().min()
    }

    /// When people are through with the first step of such an action.
    fn earliest_done(&self, is_such: impl Fn(&ActionSpec) -> bool) -> Option<Instant> {
        let steps = self.scenario.runbook.iter().enumerate();
        let such = steps.filter(|(_, step)| step.action.as_ref().is_some_and(&is_such));
        such.filter_map(|(index, _)| self.done(index).ok()).min()
    }

    fn fires(&self, alert: &str) -> Result<Instant, Shut> {
        if self.silent.iter().any(|name| name == alert) {
            return Err(Shut::Silent(format!("`{alert}` can never fire here")));
        }
        let watch = self.watch.iter().flat_map(|watch| &watch.rules.groups);
        let holds = watch.flat_map(|group| &group.rules).filter_map(|rule| match rule {
            Rule::Alert(rule) if rule.name == alert => Some(rule.hold),
            Rule::Alert(_) | Rule::Record(_) => None,
        });
        Ok(Instant::START + holds.min().unwrap_or(Span::ZERO))
    }

    fn told(&self, alert: &str) -> Result<Instant, Shut> {
        match self.watch.and_then(|watch| watch.may_tell(alert)) {
            Some(false) => Err(Shut::Silent(format!("nobody is told of `{alert}`"))),
            Some(true) | None => self.fires(alert),
        }
    }

    fn step(&self, name: &str, of: impl Fn(&Self, usize) -> Result<Instant, Shut>) -> Result<Instant, Shut> {
        match self.scenario.runbook.iter().position(|step| step.name == name) {
            Some(index) => of(self, index),
            None => Ok(Instant::START),
        }
    }

    /// What leads to each step, in the order of the runbook.
    fn ways(&self) -> Vec<Vec<Way<'a>>> {
        let steps = &self.scenario.runbook;
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, step) in steps.iter().enumerate() {
            numbers.entry(&step.name).or_insert(index);
        }
        let known = |name: &String, way: fn(usize) -> Way<'a>| {
            numbers.get(name.as_str()).map_or(Way::Any, |index| way(*index))
        };
        let triggered = |step: &'a RunbookStepSpec| {
            step.when.as_ref().map(|when| match when {
                TriggerSpec::At(at) => Way::At(Instant::START + *at),
                TriggerSpec::Alert(name) => Way::Told(name),
                TriggerSpec::Resolved(name) => Way::Resolved(name),
                TriggerSpec::After(name) => known(name, Way::Done),
                TriggerSpec::Failed(name) => known(name, Way::Failed),
                TriggerSpec::Recovered(name) => Way::Recovered(name),
                TriggerSpec::Condition(_) => Way::Any,
            })
        };
        let mut ways: Vec<Vec<Way<'a>>> =
            steps.iter().map(|step| triggered(step).into_iter().collect()).collect();
        for (index, step) in steps.iter().enumerate() {
            if let Some(next) = step.otherwise.as_deref().and_then(|name| numbers.get(name)) {
                ways[*next].push(Way::Failed(index));
            }
        }
        ways
    }

    /// Finds out when each step begins, each after those that lead to it. Steps in a circle are told of elsewhere.
    fn follow(&mut self) {
        let ways = self.ways();
        let mut followers: Vec<Vec<usize>> = vec![Vec::new(); ways.len()];
        let mut unknown = vec![0_usize; ways.len()];
        for (step, ways) in ways.iter().enumerate() {
            for way in ways {
                if let Way::Done(before) | Way::Failed(before) = way {
                    followers[*before].push(step);
                    unknown[step] += 1;
                }
            }
        }
        self.begins = vec![Ok(Instant::START); ways.len()];
        let mut ready: Vec<usize> = (0..ways.len()).filter(|step| unknown[*step] == 0).collect();
        while let Some(step) = ready.pop() {
            self.begins[step] = self.first_of(&ways[step]);
            for follower in &followers[step] {
                unknown[*follower] -= 1;
                if unknown[*follower] == 0 {
                    ready.push(*follower);
                }
            }
        }
    }

    fn first_of(&self, ways: &[Way<'_>]) -> Result<Instant, Shut> {
        let all: Vec<Result<Instant, Shut>> = ways
            .iter()
            .map(|way| match *way {
                Way::At(at) => Ok(at),
                Way::Told(alert) => self.told(alert),
                Way::Resolved(alert) => self.fires(alert),
                Way::Done(step) => self.done(step),
                Way::Failed(step) => self.fails(step),
                Way::Recovered(component) => self.recovers(component),
                Way::Any => Ok(Instant::START),
            })
            .collect();
        match all.iter().filter_map(|one| one.as_ref().ok()).min() {
            Some(at) => Ok(*at),
            None => all.into_iter().next().unwrap_or(Ok(Instant::START)),
        }
    }

    fn recovers(&self, component: &str) -> Result<Instant, Shut> {
        let plan = self.assembly.and_then(|assembly| assembly.parts.runbook.as_ref());
        let known = plan.and_then(|plan| plan.components.iter().find(|it| it.name == component));
        match known.is_none_or(|it| it.may_recover) {
            true => Ok(Instant::START),
            false => Err(Shut::Silent(format!("`{component}` cannot recover"))),
        }
    }

    fn begins(&self, step: usize) -> Result<Instant, Shut> {
        self.begins[step].clone()
    }

    /// When people are through with a step at the earliest.
    fn through(&self, step: usize) -> Result<Instant, Shut> {
        let planned = self.assembly.and_then(|assembly| assembly.parts.runbook.as_ref()?.steps.get(step));
        Ok(self.begins(step)? + planned.map_or(Span::ZERO, |step| Span::from_secs_f64(step.people.least())))
    }

    fn done(&self, step: usize) -> Result<Instant, Shut> {
        let spec = &self.scenario.runbook[step];
        match spec.works == Ratio::ZERO {
            true => Err(Shut::Never(format!("`{}` never works", spec.name))),
            false => self.through(step),
        }
    }

    fn fails(&self, step: usize) -> Result<Instant, Shut> {
        let spec = &self.scenario.runbook[step];
        // Where nothing can take a server's place, a failover fails, however well people do it.
        let is_sure = spec.works == Ratio::ONE && !matches!(spec.action, Some(ActionSpec::FailOver(_)));
        match is_sure {
            true => Err(Shut::Never(format!("`{}` always works", spec.name))),
            false => self.through(step),
        }
    }
}
