//! When faults, alerts and steps happened, over all runs.

use super::results::{AlertResult, TimelineResult};
use super::summary::RunSummary;
use crate::record::{Happening, HappeningKind};
use crate::scenario::Plan;
use crate::stats::{Estimate, median_of, t_interval};

/// First times of everything that happened, in the order of their medians; `told_run` is the run that is told.
pub(super) fn timeline(runs: &[RunSummary], told_run: usize) -> Vec<TimelineResult> {
    // With its times, its places among the happenings of its runs.
    let mut found: Vec<(TimelineResult, Vec<f64>, f64)> = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let mut seen: Vec<(HappeningKind, &str)> = Vec::new();
        for (place, happening) in run.happenings.iter().enumerate() {
            let Happening { at, kind, subject, detail } = happening;
            if seen.contains(&(*kind, subject)) {
                continue;
            }
            seen.push((*kind, subject));
            let told = (index == told_run).then_some((at.as_secs_f64(), place as u32));
            let known = found.iter_mut().find(|(known, ..)| known.kind == *kind && known.subject == *subject);
            match known {
                Some((known, times, places)) => {
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
                    found.push((entry, vec![at.as_secs_f64()], place as f64));
                }
            }
        }
    }
    let finished = found.into_iter().map(|(entry, mut times, places)| {
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

/// How each alert of the plan's rules did.
pub(super) fn alerts(plan: &Plan, runs: &[RunSummary], confidence: f64) -> Vec<AlertResult> {
    let start_s = plan.assembly.first_fault().map_or(0.0, |at| at.as_secs_f64());
    let delays = |name: &str, kind: HappeningKind| -> Vec<f64> {
        let first = |run: &RunSummary| {
            let of = run.happenings.iter().filter(|it| it.kind == kind && it.subject == name);
            of.map(|it| it.at.as_secs_f64() - start_s).find(|delay| *delay >= 0.0)
        };
        runs.iter().filter_map(first).collect()
    };
    let estimate = |delays: &[f64]| -> Option<Estimate> {
        (!delays.is_empty()).then(|| {
            let estimate = t_interval(delays, confidence);
            let low = if estimate.low.is_finite() { estimate.low.max(0.0) } else { estimate.low };
            Estimate { low, ..estimate }
        })
    };
    let result = |name: &String| {
        let (firing, notified) =
            (delays(name, HappeningKind::AlertFiring), delays(name, HappeningKind::Notified));
        let early = |run: &&RunSummary| {
            run.happenings.iter().any(|it| {
                it.kind == HappeningKind::AlertFiring && it.subject == *name && it.at.as_secs_f64() < start_s
            })
        };
        AlertResult {
            name: name.clone(),
            fired: firing.len() as u32,
            firing_s: estimate(&firing),
            notified: notified.len() as u32,
            notified_s: estimate(&notified),
            before: runs.iter().filter(early).count() as u32,
        }
    };
    plan.assembly.alerts.iter().map(result).collect()
}
