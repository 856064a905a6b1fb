//! Whether components may recover that steps of a runbook wait for.

use super::builder::Builder;
use super::runbook::Waited;
use crate::component::mistake::code;
use crate::timeline::runbook::{Action, Mends, PlannedStep, Trigger};
use crate::timeline::{Blow, Disturbance, PlannedFault, TargetId};
use crate::units::Instant;

/// A fault that hits a component for a while, and what ends it.
#[derive(Debug)]
struct Hit {
    /// Its number among those that are planned.
    fault: usize,
    /// When it begins, at the earliest.
    from: Instant,
    /// Whether it ends by itself, or replicas take the place of what it hits.
    is_over: bool,
    /// Steps that end it, by number.
    by_steps: Vec<usize>,
    disturbance: Disturbance,
}

/// What disturbs a component.
#[derive(Debug)]
struct Disturbed {
    hits: Vec<Hit>,
    /// Steps that restart it, by number.
    restarts: Vec<usize>,
}

/// What may come about in a scenario.
#[derive(Debug, PartialEq, Eq)]
struct Possible {
    /// Steps that may begin.
    steps: Vec<bool>,
    /// Faults that may begin.
    faults: Vec<bool>,
    /// Components that may recover.
    recover: Vec<bool>,
}

impl Builder<'_> {
    /// What is waited for to be well again has to be disturbed first, and something has to mend it: whether it may recover.
    pub(super) fn check_recoveries(&mut self, steps: &[PlannedStep], waited: &Waited) -> Vec<bool> {
        let components =
            waited.components.iter().map(|(name, targets, _)| self.disturbed(name, targets, steps));
        let components: Vec<Disturbed> = components.collect();
        let ends: Vec<Hit> =
            (0..self.parts.faults.len()).map(|fault| self.what_ends("", fault, None, steps)).collect();
        let possible = possible(steps, &self.parts.faults, &ends, &components);
        for (number, (name, _, spot)) in waited.components.iter().enumerate() {
            let it = &components[number];
            if it.hits.is_empty() && it.restarts.is_empty() {
                let cause = format!("`{name}` cannot recover: nothing disturbs it");
                let remedy = "name what a fault or a restart hits".to_owned();
                self.error(spot, code::RUNBOOK, cause, remedy);
            } else if !possible.recover[number] {
                let (why, remedy) = never(it, &possible);
                // What is left of a runbook without one of its steps may be compared with the whole.
                self.warn(spot, code::RUNBOOK, format!("`{name}` cannot recover: {why}"), remedy);
            }
        }
        possible.recover
    }

    /// What disturbs a component that is made of these targets.
    fn disturbed(&self, name: &str, targets: &[TargetId], steps: &[PlannedStep]) -> Disturbed {
        let is_hit = |of: &[TargetId]| of.iter().any(|target| targets.contains(target));
        let faults = self.parts.faults.iter().enumerate();
        let hits = faults.filter(|(_, it)| matches!(it.blow, Blow::Lasting(_)) && is_hit(&it.targets));
        let restarts = steps.iter().enumerate().filter(
            |(_, step)| matches!(&step.action, Some(Action::Restart(restart)) if is_hit(&restart.targets)),
        );
        Disturbed {
            hits: hits.map(|(fault, _)| self.what_ends(name, fault, Some(targets), steps)).collect(),
            restarts: restarts.map(|(number, _)| number).collect(),
        }
    }

    /// What ends a fault, as far as it hits some targets; all that it hits where none are said.
    fn what_ends(
        &self,
        name: &str,
        fault: usize,
        targets: Option<&[TargetId]>,
        steps: &[PlannedStep],
    ) -> Hit {
        let planned = &self.parts.faults[fault];
        let disturbance = match planned.blow {
            Blow::Lasting(disturbance) => Some(disturbance),
            _ => None,
        };
        let own = planned.targets.iter().filter(|it| targets.is_none_or(|targets| targets.contains(it)));
        let own: Vec<TargetId> = own.copied().collect();
        let is_mended = |of: &[TargetId]| own.iter().any(|target| of.contains(target));
        let ends = |step: &PlannedStep| match (&step.action, disturbance) {
            (Some(Action::Restart(restart)), Some(disturbance)) => {
                restart.mends.ends(disturbance) && is_mended(&restart.targets)
            }
            // It goes on, though another serves in the place of what it hits.
            (Some(Action::FailOver { targets: of }), Some(disturbance)) => {
                targets.is_some() && Mends::Outage.ends(disturbance) && is_mended(of)
            }
            _ => false,
        };
        let ends_by_itself =
            planned.to.is_some() || planned.follows.is_some_and(|follows| follows.lasts.is_some());
        let takes_over =
            disturbance.is_some_and(|it| Mends::Outage.ends(it)) && self.takes_over(name, planned);
        Hit {
            fault,
            from: planned.from,
            is_over: ends_by_itself || takes_over || disturbance.is_none(),
            by_steps: (0..steps.len()).filter(|number| ends(&steps[*number])).collect(),
            disturbance: disturbance.unwrap_or(Disturbance::Down),
        }
    }

    /// Whether replicas of a cache take the places of those that a fault takes away.
    fn takes_over(&self, name: &str, fault: &PlannedFault) -> bool {
        let Some(cache) = self.system.deployment.caches.get(name) else { return false };
        match &cache.cluster {
            // A majority of the masters has to see that one is gone.
            Some(cluster) => cluster.replicas > 0 && fault.targets.len() * 2 < usize::from(cluster.masters),
            None => cache.sentinel.is_some() && cache.replicas > 0,
        }
    }
}

/// Why a component cannot recover that something disturbs, and what to do.
fn never(it: &Disturbed, possible: &Possible) -> (String, String) {
    let begins = |hit: &&Hit| possible.faults[hit.fault];
    let Some(lasting) = it.hits.iter().filter(begins).find(|hit| !is_over(hit, &possible.steps)) else {
        return (
            "what disturbs it never begins".to_owned(),
            "let the fault or the restart begin at a time, or after what may end".to_owned(),
        );
    };
    if !lasting.by_steps.is_empty() {
        return (
            "the step that would mend it waits for that".to_owned(),
            "let what restarts it wait for a time, an alert or a condition".to_owned(),
        );
    }
    let helps = if Mends::Outage.ends(lasting.disturbance) {
        ", or add a step that restarts it"
    } else if Mends::Release.ends(lasting.disturbance) {
        ", or add a step that rolls back"
    } else {
        ""
    };
    let which = if it.hits.len() > 1 { "one of its faults" } else { "its fault" };
    (
        format!("{which} lasts for good, and no step ends it"),
        format!("say when the fault ends, such as `for: 10m`{helps}"),
    )
}

fn is_over(hit: &Hit, steps: &[bool]) -> bool {
    hit.is_over || hit.by_steps.iter().any(|step| steps[*step])
}

/// What may come about, given what ends each fault and what disturbs each component that steps wait for.
fn possible(
    steps: &[PlannedStep],
    faults: &[PlannedFault],
    ends: &[Hit],
    components: &[Disturbed],
) -> Possible {
    // The steps that each one follows if they fail.
    let mut follows: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    for (number, step) in steps.iter().enumerate() {
        if let Some(next) = step.otherwise {
            follows[usize::from(next)].push(number);
        }
    }
    let mut known = Possible {
        steps: vec![false; steps.len()],
        faults: vec![false; faults.len()],
        recover: vec![false; components.len()],
    };
    loop {
        let begins = |(fault, _): (&PlannedFault, &Hit)| {
            fault.follows.is_none_or(|it| known.faults[it.fault] && is_over(&ends[it.fault], &known.steps))
        };
        let next_faults: Vec<bool> = faults.iter().zip(ends).map(begins).collect();
        // What may come about once may do so, whatever else may.
        let recovered = components
            .iter()
            .zip(&known.recover)
            .map(|(it, known_to)| *known_to || recovers(it, &next_faults, &known.steps, steps));
        let recover: Vec<bool> = recovered.collect();
        let may_now = |(step, before): (&PlannedStep, &Vec<usize>)| {
            let is_triggered = match step.trigger {
                Some(Trigger::Recovered(component)) => known.recover[usize::from(component)],
                Some(Trigger::After(other) | Trigger::Failed(other)) => known.steps[usize::from(other)],
                Some(Trigger::At(_) | Trigger::Alert(_) | Trigger::Resolved(_) | Trigger::Condition(_)) => {
                    true
                }
                // What a step waits for that nothing leads to could not be read, and may come.
                None => before.is_empty(),
            };
            is_triggered || before.iter().any(|step| known.steps[*step])
        };
        let next = Possible {
            steps: steps.iter().zip(&follows).map(may_now).collect(),
            faults: next_faults,
            recover,
        };
        if next == known {
            return known;
        }
        known = next;
    }
}

/// Whether a component may recover: from all that hits it, or before what lasts for good begins.
fn recovers(it: &Disturbed, faults: &[bool], may_begin: &[bool], steps: &[PlannedStep]) -> bool {
    let hits = || it.hits.iter().filter(|hit| faults[hit.fault]);
    match hits().filter(|hit| !is_over(hit, may_begin)).map(|hit| hit.from).min() {
        None => hits().next().is_some() || it.restarts.iter().any(|step| may_begin[*step]),
        Some(lasting) => {
            let is_before =
                |step: &usize| matches!(steps[*step].trigger, Some(Trigger::At(at)) if at < lasting);
            hits().any(|hit| hit.from < lasting) || it.restarts.iter().any(is_before)
        }
    }
}
