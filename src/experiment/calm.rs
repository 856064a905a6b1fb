//! What alerts do when nothing is wrong: the same system under the same load, without faults and without people.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use rayon::prelude::*;

use super::replicate::{ExperimentError, Progress, in_turn, segments};
use super::results::Results;
use crate::component::World;
use crate::engine::Engine;
use crate::record::{Happening, HappeningKind, RunRecord};
use crate::scenario::Plan;
use crate::stats::{Estimate, rate_interval, t_interval};
use crate::units::{Instant, Span};

const SECS_OF_A_DAY: f64 = 86_400.0;

/// Runs in which nothing was wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalmRuns {
    /// How many. From 1 on.
    pub runs: u32,
    /// How many there were to be.
    pub planned: u32,
    /// How long they were looked at, all together: without their warm-up.
    pub looked_at: Span,
    /// Whether somebody is told of alerts; otherwise one that fires counts as a page.
    pub notifies: bool,
}

/// What an alert did in calm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalmAlert {
    /// Runs in which it fired after the warm-up.
    pub fired: u32,
    /// How often somebody is told of it, again included, per day of calm \[1/day]; where nobody would be, how often it fires.
    pub pages_per_day: Estimate,
}

/// What all alerts did in one run.
struct CalmRun {
    looked_at: Span,
    /// By alert: whether it fired, and how often somebody was told.
    alerts: Vec<(bool, u64)>,
}

/// Runs a plan in calm as often as it wants to be, and adds what its alerts did to its results. Nothing else of the results
/// changes, whatever comes of it; nothing at all happens where the plan wants no such runs.
///
/// A run in calm is the one of the same number until the first fault. `stop` ends the runs early; those that are complete by
/// then are used.
///
/// # Errors
/// [`ExperimentError::Broken`]: a bug. [`ExperimentError::Interrupted`]: none of them was complete.
pub fn watch_calm(
    plan: &Plan,
    results: &mut Results,
    progress: &(dyn Fn(Progress) + Sync),
    stop: &AtomicBool,
) -> Result<(), ExperimentError> {
    if plan.calm == 0 {
        return Ok(());
    }
    let warm_up = results.warm_up;
    let (done, requests) = (AtomicU32::new(0), AtomicU64::new(0));
    let all: Vec<Option<Result<CalmRun, ExperimentError>>> = (0..plan.calm)
        .into_par_iter()
        .map(|replication| {
            if stop.load(Ordering::Relaxed) {
                return None;
            }
            let run = in_turn(engine(plan, warm_up, replication), plan, replication, stop).transpose()?;
            Some(run.map(|(record, _share)| {
                let requests = requests.fetch_add(record.requests, Ordering::Relaxed) + record.requests;
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                progress(Progress { done, of: plan.calm, requests });
                seen(plan, warm_up, &record)
            }))
        })
        .collect();
    let runs: Vec<CalmRun> = all.into_iter().flatten().collect::<Result<_, _>>()?;
    if runs.is_empty() {
        return Err(ExperimentError::Interrupted);
    }
    let looked_at = runs.iter().fold(Span::ZERO, |sum, run| sum + run.looked_at);
    let notifies = plan.assembly.notifies();
    results.calm = Some(CalmRuns { runs: runs.len() as u32, planned: plan.calm, looked_at, notifies });
    for (index, alert) in results.alerts.iter_mut().enumerate() {
        let fired = runs.iter().filter(|run| run.alerts[index].0).count() as u32;
        let pages: Vec<(u64, Span)> = runs.iter().map(|run| (run.alerts[index].1, run.looked_at)).collect();
        let pages_per_day = pages_per_day(&pages, results.confidence);
        alert.calm = alert.is_shown.then_some(CalmAlert { fired, pages_per_day });
    }
    Ok(())
}

fn engine(plan: &Plan, warm_up: Span, replication: u32) -> Engine<'_, World<'_>> {
    let assembly = &*plan.assembly;
    let host = World::new(assembly, plan.seed, u64::from(replication)).in_calm();
    let seed = crate::random::mix(plan.seed, u64::from(replication));
    Engine::new(&assembly.program, host, segments(plan, warm_up), plan.limits, seed)
}

/// What is to be known of a run.
fn seen(plan: &Plan, warm_up: Span, record: &RunRecord) -> CalmRun {
    let end = record.ending.cut_short().map_or(Instant::START + plan.duration, |(at, _)| at);
    let from = Instant::START + warm_up;
    let of = |name: &String| seen_of(&record.happenings, name, from, plan.assembly.notifies());
    CalmRun {
        looked_at: if end > from { end.since(from) } else { Span::ZERO },
        alerts: plan.assembly.alerts.iter().map(of).collect(),
    }
}

/// Whether an alert fired from some time on, or did still; and how often somebody was told of it then. Several who are told
/// at once are one page.
fn seen_of(happenings: &[Happening], name: &str, from: Instant, notifies: bool) -> (bool, u64) {
    let own = || happenings.iter().filter(|it| it.subject == name);
    let count = |kind, before: bool| own().filter(|it| it.kind == kind && (it.at < from) == before).count();
    let fires_still = count(HappeningKind::AlertFiring, true) > count(HappeningKind::AlertResolved, true);
    let fired = fires_still || count(HappeningKind::AlertFiring, false) > 0;
    let kind = if notifies { HappeningKind::Notified } else { HappeningKind::AlertFiring };
    let mut told: Vec<Instant> =
        own().filter(|it| it.kind == kind && it.at >= from).map(|it| it.at).collect();
    told.sort_unstable();
    told.dedup();
    (fired, told.len() as u64)
}

/// Pages of a day, from those of runs of a length each. Where they come one by one the interval is that of a count; where they
/// come in bursts it is that of the runs, which is the wider one then.
fn pages_per_day(runs: &[(u64, Span)], confidence: f64) -> Estimate {
    let days = |span: Span| span.as_secs_f64() / SECS_OF_A_DAY;
    let exposure = runs.iter().map(|(_, of)| days(*of)).sum();
    let count = runs.iter().map(|(pages, _)| *pages).sum();
    let counted = Estimate { n: runs.len() as u32, ..rate_interval(count, exposure, confidence) };
    let rates = runs.iter().filter(|(_, of)| !of.is_zero());
    let rates: Vec<f64> = rates.map(|(pages, of)| *pages as f64 / days(*of)).collect();
    let over_runs = t_interval(&rates, confidence);
    if !over_runs.high.is_finite() {
        return counted;
    }
    Estimate {
        low: counted.low.min(over_runs.low.max(0.0)),
        high: counted.high.max(over_runs.high),
        ..counted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn happening(secs: u64, kind: HappeningKind, subject: &str) -> Happening {
        Happening {
            at: Instant::START + Span::from_secs(secs),
            kind,
            subject: subject.to_owned(),
            detail: String::new(),
            team: String::new(),
        }
    }

    #[test]
    fn what_fires_and_is_told_counts_from_the_end_of_the_warm_up_on() {
        use HappeningKind::{AlertFiring, AlertResolved, Notified};
        let from = Instant::START + Span::from_secs(60);
        let all = [
            happening(10, AlertFiring, "Cold"),
            happening(12, Notified, "Cold"),
            happening(50, AlertResolved, "Cold"),
            happening(10, AlertFiring, "Always"),
            happening(12, Notified, "Always"),
            happening(100, Notified, "Always"),
            happening(100, Notified, "Always"),
            happening(200, Notified, "Always"),
            happening(70, AlertFiring, "Quiet"),
        ];
        assert_eq!(seen_of(&all, "Cold", from, true), (false, 0));
        // Two who are told at once are one page, and to be told again is another.
        assert_eq!(seen_of(&all, "Always", from, true), (true, 2));
        assert_eq!(seen_of(&all, "Quiet", from, true), (true, 0));
        // Where nobody is told, one that fires counts.
        assert_eq!(seen_of(&all, "Quiet", from, false), (true, 1));
        assert_eq!(seen_of(&all, "Other", from, false), (false, 0));
    }

    #[test]
    fn pages_that_come_in_bursts_have_a_wider_interval() {
        let day = Span::from_secs(86_400);
        let none = pages_per_day(&[(0, day), (0, day)], 0.95);
        assert_eq!((none.mean, none.low, none.n), (0.0, 0.0, 2));
        assert!((none.high - 3.689 / 2.0).abs() < 1e-3, "{none:?}");
        let even = pages_per_day(&[(5, day), (5, day), (5, day)], 0.95);
        assert!(even.mean == 5.0 && even.low > 2.5 && even.high < 8.5, "{even:?}");
        let burst = pages_per_day(&[(0, day), (15, day), (0, day)], 0.95);
        assert!(burst.mean == 5.0 && burst.low == 0.0 && burst.high > 20.0, "{burst:?}");
        // A run that was cut short in its warm-up was not looked at.
        assert_eq!(pages_per_day(&[(0, Span::ZERO)], 0.95).high, f64::INFINITY);
        assert!(pages_per_day(&[(2, day), (0, Span::ZERO)], 0.95).high.is_finite());
    }
}
