//! Steps of the runbook that nobody begins, and what they wait for in vain; and those that nobody is through with.

use super::summary::RunSummary;
use crate::record::{Happening, HappeningKind};
use crate::scenario::Plan;
use crate::timeline::runbook::Trigger;

/// Steps that wait for one thing in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnbegunSteps {
    /// The steps, in the order written.
    pub steps: Vec<String>,
    /// What they wait for.
    pub wait_for: Awaited,
    /// Runs in which it did not come about, and none of them was begun; at least one.
    pub runs: u32,
}

/// What steps of a runbook wait for, of what need not come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awaited {
    /// That somebody is told of an alert.
    Told(String),
    /// That an alert is over.
    Resolved(String),
    /// That a component is well again.
    Recovered(String),
    /// That a condition holds for as long as it has to.
    Condition,
}

/// The steps that are not begun in some runs. A step that follows another is none of them: it is that one's turn first.
pub(super) fn unbegun(plan: &Plan, runs: &[RunSummary]) -> Vec<UnbegunSteps> {
    let Some(runbook) = &plan.assembly.parts.runbook else { return Vec::new() };
    let mut all: Vec<(Trigger, UnbegunSteps)> = Vec::new();
    for step in &runbook.steps {
        let Some(trigger) = step.trigger else { continue };
        let wait_for = match trigger {
            Trigger::Alert(alert) => Awaited::Told(runbook.alerts[usize::from(alert)].clone()),
            Trigger::Resolved(alert) => Awaited::Resolved(runbook.alerts[usize::from(alert)].clone()),
            Trigger::Recovered(component) => {
                Awaited::Recovered(runbook.components[usize::from(component)].name.clone())
            }
            Trigger::Condition(_) => Awaited::Condition,
            Trigger::At(_) | Trigger::After(_) | Trigger::Failed(_) => continue,
        };
        match all.iter_mut().find(|(known, _)| *known == trigger) {
            Some((_, known)) => known.steps.push(step.name.clone()),
            None => all.push((trigger, UnbegunSteps { steps: vec![step.name.clone()], wait_for, runs: 0 })),
        }
    }
    let counted = all.into_iter().map(|(_, of)| {
        let in_vain = |run: &&RunSummary| !run.happenings.iter().any(|it| has_come(&of, it));
        let runs = runs.iter().filter(in_vain).count() as u32;
        UnbegunSteps { runs, ..of }
    });
    counted.filter(|of| of.runs > 0).collect()
}

/// A step that people have begun and are not through with when the run ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfinishedStep {
    /// The step.
    pub step: String,
    /// In how many runs; at least one.
    pub runs: u32,
}

/// The steps that are not done when a run ends, nor have failed, in the order written.
pub(super) fn unfinished(plan: &Plan, runs: &[RunSummary]) -> Vec<UnfinishedStep> {
    let steps = plan.assembly.parts.runbook.iter().flat_map(|runbook| &runbook.steps);
    let of = |name: &String| {
        let has = |run: &RunSummary, kinds: &[HappeningKind]| {
            run.happenings.iter().any(|it| kinds.contains(&it.kind) && it.subject == *name)
        };
        let is_open = |run: &&RunSummary| {
            has(run, &[HappeningKind::StepBegan])
                && !has(run, &[HappeningKind::StepDone, HappeningKind::StepFailed])
        };
        let runs = runs.iter().filter(is_open).count() as u32;
        UnfinishedStep { step: name.clone(), runs }
    };
    steps.map(|step| of(&step.name)).filter(|of| of.runs > 0).collect()
}

/// Whether something that happened says that steps were begun, or that what they wait for came about: who is told late may
/// have no time left to begin.
fn has_come(of: &UnbegunSteps, happening: &Happening) -> bool {
    let Happening { kind, subject, .. } = happening;
    match (kind, &of.wait_for) {
        (HappeningKind::StepBegan | HappeningKind::StepDone | HappeningKind::StepFailed, _) => {
            of.steps.contains(subject)
        }
        (HappeningKind::Notified, Awaited::Told(alert)) => subject == alert,
        _ => false,
    }
}
