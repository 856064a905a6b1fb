//! When faults, alerts and steps happened, over all runs.

use std::collections::BTreeMap;

use super::detection::{Instances, fires_anyhow};
use super::incident::beginning;
use super::results::{AlertResult, TimelineResult};
use super::summary::RunSummary;
use crate::component::View;
use crate::record::{Happening, HappeningKind};
use crate::scenario::Plan;
use crate::stats::{Estimate, median_of, t_interval};
use crate::units::{Instant, Span};

/// First times of everything that happened, before the incident and from its beginning on, in the order of their medians;
/// `told_run` is the run that is told.
pub(super) fn timeline(
    runs: &[&[Happening]],
    told_run: usize,
    start: Option<Instant>,
) -> Vec<TimelineResult> {
    // What happens before the incident is not what happens in it, though it may be the same alert.
    let is_before = |at: Instant| start.is_some_and(|start| at < start);
    // With whether it was before the incident, its times, and its places among the happenings of its runs.
    let mut found: Vec<(TimelineResult, bool, Vec<f64>, f64)> = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let mut seen: Vec<(HappeningKind, &str, &str, bool)> = Vec::new();
        // Whether an alert last fired before the incident.
        let mut fired: BTreeMap<&str, bool> = BTreeMap::new();
        for (place, happening) in run.iter().enumerate() {
            let Happening { at, kind, subject, detail, team: _ } = happening;
            // An alert that resolves ends what it began.
            let before = match kind {
                HappeningKind::AlertFiring => {
                    fired.insert(subject, is_before(*at));
                    is_before(*at)
                }
                // That somebody is told again of what fired before is no news either.
                HappeningKind::AlertResolved | HappeningKind::Notified | HappeningKind::Muted => {
                    fired.get(subject.as_str()).copied().unwrap_or(is_before(*at))
                }
                _ => is_before(*at),
            };
            let key = (*kind, subject.as_str(), receiver(*kind, detail), before);
            if seen.contains(&key) {
                continue;
            }
            seen.push(key);
            let told = (index == told_run).then_some((at.as_secs_f64(), place as u32));
            let known = found.iter_mut().find(|(known, side, _, _)| {
                known.kind == *kind
                    && known.subject == *subject
                    && receiver(*kind, &known.detail) == receiver(*kind, detail)
                    && *side == before
            });
            match known {
                Some((known, _, times, places)) => {
                    times.push(at.as_secs_f64());
                    *places += place as f64;
                    known.told = known.told.or(told);
                    if known.detail != *detail {
                        known.detail.clear();
                    }
                }
                None => {
                    let (subject, detail) = (subject.clone(), detail.clone());
                    let (median_s, first_s, last_s) = (0.0, 0.0, 0.0);
                    let kind = *kind;
                    let entry =
                        TimelineResult { kind, subject, detail, runs: 0, median_s, first_s, last_s, told };
                    found.push((entry, before, vec![at.as_secs_f64()], place as f64));
                }
            }
        }
    }
    let finished = found.into_iter().map(|(entry, _, mut times, places)| {
        times.sort_by(f64::total_cmp);
        let place = places / times.len() as f64;
        let entry = TimelineResult {
            runs: times.len() as u32,
            median_s: median_of(&times),
            first_s: times[0],
            last_s: times[times.len() - 1],
            ..entry
        };
        (entry, place)
    });
    let mut finished: Vec<(TimelineResult, f64)> = finished.collect();
    // What happens at one time happens in an order: a step is done before the one begins that follows it.
    finished
        .sort_by(|(a, first), (b, second)| a.median_s.total_cmp(&b.median_s).then(first.total_cmp(second)));
    finished.into_iter().map(|(entry, _)| entry).collect()
}

/// Who is told: each is told for itself. Other things that happen to one subject are one.
fn receiver(kind: HappeningKind, detail: &str) -> &str {
    if kind == HappeningKind::Notified { detail } else { "" }
}

/// When the incident of a run is over \[s]: every operation is as before, and the last fault has ended. The end of the run
/// if it is not.
fn over_s(plan: &Plan, run: &RunSummary) -> f64 {
    let whole = plan.duration.as_secs_f64();
    let names = plan.assembly.operations.iter().zip(&run.recovered);
    let clients = names.filter(|(name, _)| name.view == View::Client).map(|(_, recovered)| *recovered);
    let recovered: Option<Vec<f64>> = clients.collect();
    let ended = run.outcomes.as_ref().and_then(|outcomes| outcomes.ended_s);
    match (recovered.filter(|times| !times.is_empty()), ended) {
        (Some(times), Some(ended)) => ended + times.into_iter().fold(0.0, f64::max),
        _ => whole,
    }
}

/// How each alert of the plan's rules did.
pub(super) fn alerts(plan: &Plan, warm_up: Span, runs: &[RunSummary], confidence: f64) -> Vec<AlertResult> {
    let start = beginning(plan);
    let anyhow = start.map_or_else(Instances::new, |start| {
        fires_anyhow(runs.iter().map(|run| run.happenings.as_slice()), warm_up, start)
    });
    let awaited = plan.assembly.parts.runbook.as_ref().map_or(&[][..], |runbook| &runbook.alerts);
    let start_s = beginning(plan).map_or(0.0, |at| at.as_secs_f64());
    let over: Vec<f64> = runs.iter().map(|run| over_s(plan, run)).collect();
    let first = |name: &str, kind: HappeningKind, run: &RunSummary| {
        let of = run.happenings.iter().filter(|it| it.kind == kind && it.subject == name);
        of.map(|it| it.at.as_secs_f64() - start_s).find(|delay| *delay >= 0.0)
    };
    // What fires when all is over has detected nothing.
    let delays = |name: &str, kind: HappeningKind| -> Vec<f64> {
        let in_time = |(run, over): (&RunSummary, &f64)| {
            first(name, kind, run).filter(|delay| start_s + delay <= *over)
        };
        runs.iter().zip(&over).filter_map(in_time).collect()
    };
    let estimate = |delays: &[f64]| -> Option<Estimate> {
        (!delays.is_empty()).then(|| t_interval(delays, confidence).within(0.0, f64::INFINITY))
    };
    let result = |name: &String| {
        let firing = delays(name, HappeningKind::AlertFiring);
        // Who is told again of what fired before the fault has not been told of the fault.
        let told = |(run, over): (&RunSummary, &f64)| {
            let fired =
                first(name, HappeningKind::AlertFiring, run).filter(|delay| start_s + delay <= *over)?;
            let all =
                run.happenings.iter().filter(|it| it.kind == HappeningKind::Notified && it.subject == *name);
            all.map(|it| it.at.as_secs_f64() - start_s)
                .find(|delay| *delay >= fired && start_s + delay <= *over)
        };
        let notified: Vec<f64> = runs.iter().zip(&over).filter_map(told).collect();
        let early = |run: &&RunSummary| {
            run.happenings.iter().any(|it| {
                it.kind == HappeningKind::AlertFiring && it.subject == *name && it.at.as_secs_f64() < start_s
            })
        };
        let late = |(run, over): &(&RunSummary, &f64)| {
            first(name, HappeningKind::AlertFiring, run).is_some_and(|delay| start_s + delay > **over)
        };
        // That it came true at all, if only for a moment, and not as it does in calm.
        let comes_true = |(run, over): (&RunSummary, &f64)| {
            run.happenings.iter().any(|it| {
                matches!(it.kind, HappeningKind::AlertPending | HappeningKind::AlertFiring)
                    && it.subject == *name
                    && (start_s..=*over).contains(&it.at.as_secs_f64())
                    && !anyhow.contains(&(it.subject.as_str(), it.detail.as_str()))
            })
        };
        let is_of_it = awaited.contains(name) || runs.iter().zip(&over).any(comes_true);
        let is_shown = !plan.silent.contains(name);
        let missed = runs.len() - firing.len();
        AlertResult {
            name: name.clone(),
            fired: firing.len() as u32,
            missed: (start.is_some() && is_shown && is_of_it).then_some(missed as u32),
            firing_s: estimate(&firing),
            notified: notified.len() as u32,
            notified_s: estimate(&notified),
            before: runs.iter().filter(early).count() as u32,
            after: runs.iter().zip(&over).filter(late).count() as u32,
            is_shown,
            is_valueless: plan.valueless.contains(name),
            calm: None,
        }
    };
    plan.assembly.alerts.iter().map(result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fired_before_the_incident_is_told_apart_from_what_fires_in_it() {
        use HappeningKind::{AlertFiring, AlertResolved, Notified};
        let at = |secs: u64| Instant::START + Span::from_secs(secs);
        let of = |secs, kind, detail: &str| Happening {
            at: at(secs),
            kind,
            subject: "Slow".to_owned(),
            detail: detail.to_owned(),
            team: String::new(),
        };
        let both = [
            of(120, AlertFiring, "team=a"),
            of(130, Notified, "critical"),
            of(200, AlertResolved, "team=a"),
            of(645, AlertFiring, "team=a"),
            of(655, Notified, "critical"),
            of(700, AlertFiring, "team=a"),
        ];
        // One that resolves in the incident, fires in it, and resolves again.
        let busy = |secs, kind| Happening { subject: "Busy".to_owned(), ..of(secs, kind, "team=a") };
        let both = [
            &both[..],
            &[
                busy(575, AlertFiring),
                busy(580, Notified),
                busy(620, Notified),
                busy(690, AlertResolved),
                busy(870, AlertFiring),
                busy(960, AlertResolved),
            ],
        ]
        .concat();
        let once = [of(655, AlertFiring, "team=a")];
        let runs: [&[Happening]; 2] = [&both, &once];
        let found = timeline(&runs, 0, Some(at(600)));
        let resolved = found.iter().filter(|it| it.kind == AlertResolved && it.subject == "Busy");
        assert_eq!(resolved.map(|it| it.median_s).collect::<Vec<_>>(), [690.0, 960.0]);
        // That somebody is told of it again in the incident is no news of that.
        let told = found.iter().filter(|it| it.kind == Notified && it.subject == "Busy");
        assert_eq!(told.map(|it| it.median_s).collect::<Vec<_>>(), [580.0]);
        let times = |kind| {
            let of = found.iter().filter(|it| it.kind == kind && it.subject == "Slow");
            of.map(|it| (it.median_s, it.runs, it.told)).collect::<Vec<_>>()
        };
        assert_eq!(times(AlertFiring), [(120.0, 1, Some((120.0, 0))), (650.0, 2, Some((645.0, 3)))]);
        assert_eq!(times(Notified), [(130.0, 1, Some((130.0, 1))), (655.0, 1, Some((655.0, 4)))]);
        assert_eq!(times(AlertResolved).len(), 1);
        // Without an incident, nothing is before it.
        assert_eq!(timeline(&runs, 0, None).len(), 6);
    }
}
