//! By which alert an incident is noticed, and when: one that fires in calm as well tells nothing of it.

use std::collections::BTreeSet;

use super::incident::beginning;
use super::measure;
use super::summary::RunSummary;
use crate::record::{Happening, HappeningKind};
use crate::scenario::{Phase, Plan};
use crate::units::{Instant, Span};

/// In how many runs an alert may fire in calm by chance: one in so many.
const ONE_IN: usize = 20;

/// Alerts, by name and labels.
pub(super) type Instances<'r> = BTreeSet<(&'r str, &'r str)>;

/// The alerts that fire anyhow: those with labels that fired, or still fired, between the end of the warm-up and the beginning
/// of the incident, in more than one run of twenty.
pub(super) fn fires_anyhow<'r>(
    runs: impl IntoIterator<Item = &'r [Happening]>,
    warm_up: Span,
    start: Instant,
) -> Instances<'r> {
    let from = Instant::START + warm_up;
    let mut seen: Vec<(&str, &str)> = Vec::new();
    let mut count = 0;
    for happenings in runs {
        count += 1;
        let mut fired: Instances<'r> = BTreeSet::new();
        for it in happenings.iter().filter(|it| it.at < start) {
            let instance = (it.subject.as_str(), it.detail.as_str());
            match it.kind {
                HappeningKind::AlertFiring => {
                    fired.insert(instance);
                }
                // What was over when calm began is no part of it.
                HappeningKind::AlertResolved if it.at < from => {
                    fired.remove(&instance);
                }
                _ => {}
            }
        }
        seen.extend(fired);
    }
    seen.sort_unstable();
    let often = seen.chunk_by(|a, b| a == b).filter(|same| same.len() * ONE_IN > count);
    often.map(|same| same[0]).collect()
}

/// When something of a kind first happened to an alert that had fired in the incident and does not fire anyhow \[s from its
/// beginning], and to which. Who is told of what fired in calm, or when all is over, has not been told of the incident; and
/// what was pending already when the incident began has only waited for its time.
fn first<'h>(
    happenings: &'h [Happening],
    kind: HappeningKind,
    anyhow: &Instances<'_>,
    (start, over): (Instant, Instant),
) -> Option<(f64, &'h str)> {
    let tells = |it: &Happening| !anyhow.contains(&(it.subject.as_str(), it.detail.as_str()));
    let has_fired = |found: &&Happening| {
        let fires = |it: &Happening| it.kind == HappeningKind::AlertFiring && it.subject == found.subject;
        let active_at = |fires: &Happening| {
            let own = happenings.iter().filter(|it| it.subject == fires.subject && it.detail == fires.detail);
            let pending = own.filter(|it| it.kind == HappeningKind::AlertPending && it.at <= fires.at);
            pending.map(|it| it.at).max().unwrap_or(fires.at)
        };
        let about = |it: &Happening| fires(it) && tells(it) && active_at(it) >= start;
        happenings.iter().any(|it| about(it) && it.at <= found.at)
    };
    let mut during = happenings.iter().filter(|it| it.kind == kind && it.at >= start && it.at <= over);
    let found = during.find(has_fired)?;
    Some((found.at.since(start).as_secs_f64(), &found.subject))
}

/// Whether it takes people time to take an alert on: without `people.detect` nothing is known of that.
pub(super) fn is_acknowledged(plan: &Plan) -> bool {
    let runbook = plan.assembly.parts.runbook.as_ref();
    runbook.is_some_and(|runbook| runbook.detect.as_constant() != Some(Span::ZERO))
}

/// Says of each run when somebody was told of its incident, or, where nobody would be, when an alert fired; and when somebody
/// took it on, where that is modelled. It takes all runs, since a false page of one says what the same alert is worth in
/// another.
pub(super) fn credit(plan: &Plan, warm_up: Span, runs: &mut [RunSummary]) {
    let Some(start) = beginning(plan) else { return };
    let end = Instant::START + plan.duration;
    let told = match plan.assembly.notifies() {
        true => HappeningKind::Notified,
        false => HappeningKind::AlertFiring,
    };
    let anyhow = fires_anyhow(runs.iter().map(|run| run.happenings.as_slice()), warm_up, start);
    let found = |run: &RunSummary| {
        let recover = run.outcomes.as_ref().and_then(|outcomes| outcomes.phase_s(Phase::Recover));
        let over = recover.map_or(end, |secs| start + Span::from_secs_f64(secs));
        let of = |kind| first(&run.happenings, kind, &anyhow, (start, over));
        let detected = of(told).map(|(secs, alert)| (secs, alert.to_owned()));
        let taken_on = is_acknowledged(plan).then(|| of(HappeningKind::Acknowledged)).flatten();
        (detected, taken_on.map(|(secs, _)| secs))
    };
    let all: Vec<_> = runs.iter().map(found).collect();
    for (run, (detected, taken_on)) in runs.iter_mut().zip(all) {
        let Some(outcomes) = &mut run.outcomes else { continue };
        outcomes.phases_s[Phase::Detect as usize] = detected.as_ref().map(|(secs, _)| *secs);
        outcomes.phases_s[Phase::Acknowledge as usize] = taken_on;
        outcomes.detected_by = detected.map(|(_, alert)| alert);
        measure::time_again(plan, outcomes, &mut run.claims);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use HappeningKind::{Acknowledged, AlertFiring, AlertResolved, Notified};

    fn at(secs: u64) -> Instant {
        Instant::START + Span::from_secs(secs)
    }

    fn happening(secs: u64, kind: HappeningKind, subject: &str, detail: &str) -> Happening {
        Happening {
            at: at(secs),
            kind,
            subject: subject.to_owned(),
            detail: detail.to_owned(),
            team: String::new(),
        }
    }

    #[test]
    fn phases_count_from_the_beginning_and_false_pages_before_it_do_not() {
        let happenings = [
            happening(2, AlertFiring, "Early", ""),
            happening(5, Notified, "Early", "critical"),
            // Of what fired in calm somebody is told, and takes it on, when the incident has begun.
            happening(62, Notified, "Early", "critical"),
            happening(65, Acknowledged, "Early", ""),
            happening(70, AlertFiring, "Slow", ""),
            happening(80, Notified, "Slow", "critical"),
            happening(95, Acknowledged, "Slow", ""),
        ];
        let first = |kind, over| first(&happenings, kind, &Instances::new(), (at(60), at(over)));
        assert_eq!(first(AlertFiring, 300), Some((10.0, "Slow")));
        assert_eq!(first(Notified, 300), Some((20.0, "Slow")));
        assert_eq!(first(Acknowledged, 300), Some((35.0, "Slow")));
        // What fires when all is over has detected nothing.
        assert_eq!((first(Notified, 75), first(AlertFiring, 65)), (None, None));
        assert_eq!(first(HappeningKind::Understood, 300), None);
    }

    #[test]
    fn what_was_pending_before_has_only_waited_for_its_time() {
        use HappeningKind::AlertPending;
        let all = [
            happening(30, AlertPending, "Waits", "job=a"),
            happening(50, AlertPending, "Waits", "job=b"),
            happening(62, AlertFiring, "Waits", "job=a"),
            happening(63, Notified, "Waits", "critical"),
            // Its condition was gone for a moment and came true again: that is of the incident.
            happening(66, AlertPending, "Waits", "job=b"),
            happening(70, AlertFiring, "Waits", "job=b"),
            happening(75, Notified, "Waits", "critical"),
        ];
        let first = |all, kind| first(all, kind, &Instances::new(), (at(60), at(300)));
        assert_eq!((first(&all[..4], AlertFiring), first(&all[..4], Notified)), (None, None));
        assert_eq!(
            (first(&all, AlertFiring), first(&all, Notified)),
            (Some((10.0, "Waits")), Some((15.0, "Waits")))
        );
    }

    #[test]
    fn what_fires_in_calm_of_some_runs_detects_nothing_in_the_others() {
        let noisy = [
            happening(20, AlertFiring, "Noisy", "job=a"),
            happening(40, AlertResolved, "Noisy", "job=a"),
            happening(65, AlertFiring, "Noisy", "job=a"),
        ];
        // By chance it was quiet before: it fires a moment after the fault, and so does what tells of it.
        let quiet = [
            happening(62, AlertFiring, "Noisy", "job=a"),
            happening(63, Notified, "Noisy", "critical"),
            happening(90, AlertFiring, "Down", "job=b"),
            happening(95, Notified, "Down", "critical"),
            happening(99, AlertFiring, "Noisy", "job=b"),
            happening(100, Notified, "Noisy", "critical"),
        ];
        // In the warm-up all is cold.
        let cold = [happening(2, AlertFiring, "Down", "job=b"), happening(8, AlertResolved, "Down", "job=b")];
        let runs: [&[Happening]; 3] = [&noisy, &quiet, &cold];
        let anyhow = fires_anyhow(runs, Span::from_secs(10), at(60));
        assert_eq!(anyhow, Instances::from([("Noisy", "job=a")]));
        let lasts = (at(60), at(300));
        assert_eq!(first(&quiet, Notified, &anyhow, lasts), Some((35.0, "Down")));
        assert_eq!(first(&noisy, AlertFiring, &anyhow, lasts), None);
        // The same alert of another service is another one.
        assert_eq!(first(&quiet[4..], Notified, &anyhow, lasts), Some((40.0, "Noisy")));
        // One that still fires when the warm-up ends fires in calm.
        assert_eq!(fires_anyhow([&cold[..1]], Span::from_secs(10), at(60)).len(), 1);
        assert_eq!(fires_anyhow([&cold[..]], Span::from_secs(5), at(60)).len(), 1);
        // Once in twenty runs is chance.
        let mut many: Vec<&[Happening]> = vec![&noisy];
        many.extend([&cold[..]; 19]);
        assert!(fires_anyhow(many.iter().copied(), Span::from_secs(10), at(60)).is_empty());
        assert_eq!(fires_anyhow(many[..19].iter().copied(), Span::from_secs(10), at(60)).len(), 1);
    }
}
