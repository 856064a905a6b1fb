//! Resolves the runbook of a scenario: who waits for what, how long it takes, and what is done.

use super::builder::{Builder, Spot};
use crate::component::mistake::{Part, Place, code, nearest};
use crate::random::{Law, LawSpec};
use crate::timeline::TargetId;
use crate::timeline::runbook::{
    AwaitedComponent, PeopleSpec, Phase, PlannedStep, RunbookPlan, RunbookStepSpec, Trigger, TriggerSpec,
};
use crate::units::{Instant, Ratio, Span};

/// Most steps of a runbook.
const MOST_STEPS: usize = 1_000;

/// What steps wait for, by number.
#[derive(Debug, Default)]
pub(super) struct Waited {
    alerts: Vec<String>,
    pub(super) components: Vec<(String, Vec<TargetId>, Spot)>,
}

/// Where a step is written.
pub(super) fn spot_of(index: usize) -> Spot {
    Spot::new(Part::Scenario, Place::default().key("runbook").index(index))
}

impl Builder<'_> {
    /// Plans the runbook; to be called before anything that it acts on is compiled.
    pub(super) fn make_runbook(&mut self) {
        let system = self.system;
        let people = Spot::new(Part::Scenario, Place::default().key("people"));
        let PeopleSpec { detect, identify, isolate, recover, .. } = &system.people;
        let [detect, identify, isolate, recover] =
            [("detect", detect), ("identify", identify), ("isolate", isolate), ("recover", recover)]
                .map(|(key, law)| self.people_law(law.as_ref(), &people.key(key)));
        if system.runbook.is_empty() {
            return;
        }
        if system.runbook.len() > MOST_STEPS {
            let spot = Spot::new(Part::Scenario, Place::default().key("runbook"));
            let cause = format!("there are {} steps, more than {MOST_STEPS}", system.runbook.len());
            self.error(&spot, code::RUNBOOK, cause, "leave out what nobody could do in one run".to_owned());
            return;
        }
        self.check_order();
        let mut waited = Waited::default();
        let mut steps = Vec::new();
        for (index, spec) in system.runbook.iter().enumerate() {
            let spot = spot_of(index);
            let own = match (&spec.people, spec.phase) {
                (Some(law), _) => self.people_law(Some(law), &spot.key("people")),
                (None, Some(Phase::Isolate)) => isolate.clone(),
                (None, Some(Phase::Recover)) => recover.clone(),
                (None, Some(Phase::Detect | Phase::Identify) | None) => Law::constant(Span::ZERO),
            };
            if spec.works > Ratio::ONE {
                self.range(&spot.key("works"), spec.works.to_string(), "0% to 100%");
            }
            let trigger =
                spec.when.as_ref().and_then(|when| self.trigger(when, &spot.key("when"), &mut waited));
            let otherwise = spec.otherwise.as_deref().and_then(|name| {
                self.fails(spec, &spot.key("otherwise"));
                self.step_named(name, &spot.key("otherwise"))
            });
            let action = spec.action.as_ref().and_then(|action| self.action(action, &spot.key("do")));
            steps.push(PlannedStep {
                name: spec.name.clone(),
                trigger,
                understood: matches!(spec.phase, Some(Phase::Identify | Phase::Isolate | Phase::Recover)),
                people: own,
                works: spec.works,
                action,
                written: spec.action.clone(),
                words: spec.action.as_ref().map_or_else(String::new, |action| action.words()),
                otherwise,
            });
        }
        let may_recover = self.check_recoveries(&steps, &waited);
        let Waited { alerts, components } = waited;
        let components = components.into_iter().zip(may_recover);
        let components = components
            .map(|((name, targets, _), may_recover)| AwaitedComponent { name, targets, may_recover })
            .collect();
        self.parts.runbook = Some(RunbookPlan { steps, alerts, components, detect, identify });
    }

    /// A time that people need; no law is no time.
    fn people_law(&mut self, law: Option<&LawSpec>, spot: &Spot) -> Law {
        law.and_then(|law| self.law(law, spot)).unwrap_or_else(|| Law::constant(Span::ZERO))
    }

    fn trigger(&mut self, when: &TriggerSpec, spot: &Spot, waited: &mut Waited) -> Option<Trigger> {
        match when {
            TriggerSpec::At(at) => Some(Trigger::At(Instant::START + *at)),
            TriggerSpec::Alert(name) => self.alert(name, &spot.key("alert"), waited).map(Trigger::Alert),
            TriggerSpec::Resolved(name) => {
                self.alert(name, &spot.key("resolved"), waited).map(Trigger::Resolved)
            }
            TriggerSpec::Recovered(name) => {
                let spot = spot.key("recovered");
                let targets = self.targets(name, &spot)?;
                let known = waited.components.iter().position(|(known, ..)| known == name);
                let index = known.unwrap_or_else(|| {
                    waited.components.push((name.clone(), targets, spot));
                    waited.components.len() - 1
                });
                Some(Trigger::Recovered(index as u16))
            }
            TriggerSpec::After(name) => self.step_named(name, &spot.key("after")).map(Trigger::After),
            // What could not be read has been told of.
            TriggerSpec::Condition(spec) => {
                let watch = self.system.watch.as_ref()?;
                watch.condition(&spec.expr, spec.hold).map(Trigger::Condition)
            }
            TriggerSpec::Failed(name) => {
                let spot = spot.key("failed");
                let step = self.step_named(name, &spot)?;
                self.fails(&self.system.runbook[usize::from(step)], &spot);
                Some(Trigger::Failed(step))
            }
        }
    }

    /// The number of an alert that somebody is told of.
    fn alert(&mut self, name: &str, spot: &Spot, waited: &mut Waited) -> Option<u16> {
        let Some(watch) = self.system.watch.as_ref().filter(|watch| !watch.rules.groups.is_empty()) else {
            let cause = "nothing is watched, so there is no alert".to_owned();
            let remedy =
                "add `alerts: {rules: [../rules/shop.yaml], alertmanager: …}` to the scenario".to_owned();
            self.error(spot, code::RUNBOOK, cause, remedy);
            return None;
        };
        match watch.may_tell(name) {
            None => {
                let known = watch.alert_names();
                let known = known.iter().map(String::as_str);
                self.mistakes.push(self.unknown_name(spot.part, spot.place.clone(), "alert", name, known));
                return None;
            }
            Some(false) if watch.alertmanager.is_none() => {
                let cause = format!("nobody is told of `{name}`: there is no Alertmanager");
                let remedy = "add `alertmanager: ../rules/alertmanager.yaml` to `alerts`".to_owned();
                self.error(spot, code::RUNBOOK, cause, remedy);
            }
            Some(false) => {
                let cause = format!("nobody is told of `{name}`: no route leads to a receiver that is told");
                let remedy = "add a route for it to the Alertmanager's configuration".to_owned();
                self.error(spot, code::RUNBOOK, cause, remedy);
            }
            Some(true) => {}
        }
        let index = waited.alerts.iter().position(|known| known == name).unwrap_or_else(|| {
            waited.alerts.push(name.to_owned());
            waited.alerts.len() - 1
        });
        Some(index as u16)
    }

    fn step_named(&mut self, name: &str, spot: &Spot) -> Option<u16> {
        let steps = &self.system.runbook;
        let index = steps.iter().position(|step| step.name == name);
        if index.is_none() {
            let known = steps.iter().map(|step| step.name.as_str());
            self.mistakes.push(self.unknown_name(spot.part, spot.place.clone(), "step", name, known));
        }
        index.map(|index| index as u16)
    }

    /// What follows on a failure needs a step that may fail.
    fn fails(&mut self, step: &RunbookStepSpec, spot: &Spot) {
        if step.works == Ratio::ONE {
            let cause = format!("step `{}` always works, so this never comes about", step.name);
            let remedy = format!("say how often `{}` works, such as `works: 95%`", step.name);
            self.error(spot, code::RUNBOOK, cause, remedy);
        }
    }

    /// Names are unique, steps are triggered, and none waits for itself.
    fn check_order(&mut self) {
        let steps = &self.system.runbook;
        let named = |name: &str| steps.iter().position(|step| step.name == name);
        let mut follows: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
        for (index, step) in steps.iter().enumerate() {
            let before = match &step.when {
                Some(TriggerSpec::After(name) | TriggerSpec::Failed(name)) => named(name),
                _ => None,
            };
            if let Some(before) = before {
                follows[before].push(index);
            }
            if let Some(next) = step.otherwise.as_deref().and_then(named) {
                follows[index].push(next);
            }
        }
        // One that is misspelt where another step names it is told of there.
        let unknown = steps.iter().filter_map(|step| step.otherwise.as_deref());
        let unknown: Vec<&str> = unknown.filter(|name| named(name).is_none()).collect();
        for (index, step) in steps.iter().enumerate() {
            if named(&step.name) != Some(index) {
                let cause = format!("there are two steps `{}`", step.name);
                self.error(
                    &spot_of(index).key("name"),
                    code::RUNBOOK,
                    cause,
                    "rename one of them".to_owned(),
                );
            }
            let is_next = follows.iter().any(|next| next.contains(&index));
            if step.when.is_none() && !is_next && nearest(&step.name, &unknown).is_none() {
                let cause = format!("nothing makes people begin with step `{}`", step.name);
                let remedy =
                    "add `when: {alert: …}`, or name it as the `otherwise` of another step".to_owned();
                self.error(&spot_of(index), code::RUNBOOK, cause, remedy);
            }
        }
        for circle in circles(&follows) {
            let whole = circle.iter().chain(circle.first());
            let names: Vec<String> = whole.map(|step| format!("`{}`", steps[*step].name)).collect();
            let cause = format!("these steps follow each other in a circle: {}", names.join(" → "));
            let remedy = "begin one of them with something else: each step is taken once".to_owned();
            self.error(&spot_of(circle[0]), code::RUNBOOK, cause, remedy);
        }
    }
}

/// The ways from a step back to itself, each from its first step on. Of circles that share steps there may be only some.
fn circles(follows: &[Vec<usize>]) -> Vec<Vec<usize>> {
    /// How far the search is with a step.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Seen {
        No,
        OnTheWay,
        Done,
    }
    let mut seen = vec![Seen::No; follows.len()];
    let mut found: Vec<Vec<usize>> = Vec::new();
    for start in 0..follows.len() {
        if seen[start] != Seen::No {
            continue;
        }
        seen[start] = Seen::OnTheWay;
        // The steps from the start on, and how many of those that follow each have been looked at.
        let mut way: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((step, looked_at)) = way.last_mut() {
            let (step, next) = (*step, follows[*step].get(*looked_at).copied());
            *looked_at += 1;
            let Some(next) = next else {
                seen[step] = Seen::Done;
                way.pop();
                continue;
            };
            match seen[next] {
                Seen::No => {
                    seen[next] = Seen::OnTheWay;
                    way.push((next, 0));
                }
                Seen::OnTheWay => {
                    let circle = way.iter().map(|(step, _)| *step).skip_while(|step| *step != next);
                    let mut circle: Vec<usize> = circle.collect();
                    let first = (0..circle.len()).min_by_key(|at| circle[*at]).unwrap_or_default();
                    circle.rotate_left(first);
                    if !found.contains(&circle) {
                        found.push(circle);
                    }
                }
                Seen::Done => {}
            }
        }
    }
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_begin_with_their_first_step() {
        let of =
            |follows: &[&[usize]]| circles(&follows.iter().map(|next| next.to_vec()).collect::<Vec<_>>());
        assert_eq!(of(&[&[1], &[2], &[]]), [[0_usize; 0]; 0]);
        assert_eq!(of(&[&[0]]), [[0]]);
        assert_eq!(of(&[&[], &[3], &[1], &[2]]), [[1, 3, 2]]);
        assert_eq!(of(&[&[1, 1], &[0], &[3], &[2]]), [[0, 1], [2, 3]]);
        assert_eq!(of(&[&[1, 2], &[3], &[3], &[]]), [[0_usize; 0]; 0]);
    }

    #[test]
    fn long_ways_are_gone_once() {
        let steps = 100_000;
        let mut follows: Vec<Vec<usize>> = (0..steps).map(|step| vec![step + 1]).collect();
        follows.push(Vec::new());
        assert!(circles(&follows).is_empty());
        follows[steps] = vec![steps - 1];
        assert_eq!(circles(&follows), [[steps - 1, steps]]);
    }
}
