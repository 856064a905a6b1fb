//! What an incident came to, over all runs.

use std::collections::BTreeSet;

use super::budget::{BudgetResult, budget};
use super::detection::is_acknowledged;
use super::impact::WorstMinute;
use super::incident::{RunOutcomes, beginning};
use super::summary::RunSummary;
use crate::component::{HitPart, OperationName, StationKind};
use crate::record::{Happening, HappeningKind};
use crate::scenario::{Phase, Plan, Prices};
use crate::stats::{Estimate, median_of, proportion_interval, t_interval};

/// What an incident came to.
#[derive(Clone, Debug)]
pub struct Outcomes {
    /// When it begins \[s].
    pub from_s: f64,
    /// When the disturbance ends, and recovery is counted from: the mean over runs \[s]; `None` if it does not in one.
    pub until_s: Option<f64>,
    /// What the first fault hits; more load where there is none.
    pub hit: HitPart,
    /// How long each phase takes, in the order of [`Phase::ALL`].
    pub phases: Vec<PhaseResult>,
    /// Of the time to recover, what came after the end of the disturbance.
    pub after_cause: PhaseResult,
    /// The probability of collapse: less than half of the offered load of some operation was served for a minute or longer.
    pub collapse: Estimate,
    /// Runs that collapsed.
    pub collapsed: u32,
    /// Whether somebody is told of alerts that fire: there is an Alertmanager that has somebody to tell.
    pub is_told: bool,
    /// The run that is told: that with the median time to mitigate, or else to recover, to acknowledge or to detect.
    pub told_run: usize,
    /// The alerts by which it was noticed, the most frequent first.
    pub detected_by: Vec<String>,
    /// Who was told of an alert in any run, in the order of names.
    pub receivers: Vec<String>,
    /// The `team` labels of the alerts that fired.
    pub teams: Vec<String>,
    /// Runs in which no operation left its bounds.
    pub unaffected: u32,
    /// The probability of recovery before any step of the runbook is done, with nothing lost for good.
    pub by_itself: Estimate,
    /// The worst minute of any operation.
    pub worst: Option<WorstMinuteResult>,
    /// Whom it hits.
    pub blast: BlastResult,
    /// The highest 95th percentile of any interval and operation \[s].
    pub peak_p95_s: Option<Estimate>,
    /// The operations that are paused when runs end, in the order of names.
    pub paused: Vec<PausedResult>,
    /// What it costs of each service level.
    pub budgets: Vec<BudgetResult>,
    /// Cores of processes and databases, for the whole run [core hours].
    pub core_hours: f64,
    /// What they cost.
    pub cost: f64,
    /// What cores cost.
    pub prices: Prices,
    /// Operations that clients ask for.
    pub operations: Vec<String>,
    /// Every run by itself, in their order.
    pub runs: Vec<RunOutcomes>,
}

/// How long a phase takes.
#[derive(Clone, Debug)]
pub struct PhaseResult {
    /// Which.
    pub phase: Phase,
    /// Runs in which it came to its end.
    pub runs: u32,
    /// How long it took in those \[s].
    pub time_s: Option<Estimate>,
    /// Whether the scenario says anything of it: without `people.detect`, nobody takes time to take an alert on.
    pub is_modelled: bool,
}

/// An operation that people paused and did not resume.
#[derive(Clone, Debug, PartialEq)]
pub struct PausedResult {
    /// Which.
    pub operation: String,
    /// Runs in which it is paused when they end. From 1 on.
    pub runs: u32,
    /// Since when, the mean over those \[s of the run].
    pub from_s: f64,
}

/// The worst minute.
#[derive(Clone, Debug)]
pub struct WorstMinuteResult {
    /// The operation that it is of in most runs.
    pub operation: String,
    /// In how many: all else is over these.
    pub runs: u32,
    /// When it begins, in the median run \[s].
    pub from_s: f64,
    /// Share of the requests that failed.
    pub failed_share: Estimate,
    /// Share that failed or was late.
    pub bad_share: Estimate,
    /// The highest 95th percentile \[s].
    pub p95_s: Option<Estimate>,
}

/// Whom an incident hits.
#[derive(Clone, Debug)]
pub struct BlastResult {
    /// Operations of which more than 1 % of the requests failed or were late.
    pub operations: Estimate,
    /// Operations that left their bounds of recovery, though no more than 1 % of their requests failed or were late.
    pub out_of_bounds: Estimate,
    /// Operations that clients ask for.
    pub of: u32,
    /// Requests that failed or were late.
    pub requests: Estimate,
    /// Of the requests that ended until users were served as before, the share that failed or was late; of all of the incident
    /// where they never were.
    pub share: Estimate,
    /// Operations × share × duration [operation seconds].
    pub operation_s: Estimate,
}

impl Outcomes {
    /// Whether users were out of bounds in some run, and served as before later in every run in which they were: then shares of
    /// requests are of the time until then, and otherwise also of all of the incident.
    pub fn is_mitigated(&self) -> bool {
        let found = self.phases.iter().find(|it| it.phase == Phase::Mitigate);
        let runs = self.runs.len() as u32;
        self.unaffected < runs && found.is_some_and(|it| it.runs == runs)
    }
}

/// What the incident of a plan came to, over all runs; `None` without one.
pub(super) fn outcomes(plan: &Plan, runs: &[RunSummary], confidence: f64) -> Option<Outcomes> {
    let from_s = beginning(plan)?.as_secs_f64();
    let happenings = runs.iter().flat_map(|run| &run.happenings);
    let (receivers, teams) = told(happenings.filter(|it| it.at.as_secs_f64() >= from_s));
    let runs: Vec<RunOutcomes> = runs.iter().filter_map(|run| run.outcomes.clone()).collect();
    let n = runs.len() as u32;
    let over = |value: &dyn Fn(&RunOutcomes) -> f64| {
        let values: Vec<f64> = runs.iter().map(value).filter(|value| value.is_finite()).collect();
        positive(&values, confidence)
    };
    let phases = Phase::ALL.into_iter().map(|phase| {
        let times: Vec<f64> = runs.iter().filter_map(|run| run.phase_s(phase)).collect();
        let time_s = (!times.is_empty()).then(|| positive(&times, confidence));
        let is_modelled = phase != Phase::Acknowledge || is_acknowledged(plan);
        PhaseResult { phase, runs: times.len() as u32, time_s, is_modelled }
    });
    let after: Vec<f64> = runs.iter().filter_map(|run| run.after_cause_s).collect();
    let after_cause = PhaseResult {
        phase: Phase::Recover,
        runs: after.len() as u32,
        time_s: (!after.is_empty()).then(|| positive(&after, confidence)),
        is_modelled: true,
    };
    let collapsed = runs.iter().filter(|run| run.is_collapsed).count() as u32;
    let names = &plan.assembly.operations;
    let clients = names.iter().filter(|name| name.view == crate::component::View::Client);
    let operations: Vec<String> = clients.map(|name| name.name.clone()).collect();
    let budgets = plan.slos.iter().enumerate().map(|(index, slo)| {
        let burnt: Vec<f64> = runs.iter().map(|run| run.burnt_s[index]).collect();
        let paused: Vec<f64> = runs.iter().map(|run| run.burnt_by_pause_s[index]).collect();
        let missed = runs.iter().filter(|run| run.is_missed[index]).count();
        budget(slo, &names[slo.operation].name, [&burnt, &paused], missed, confidence)
    });
    let by_itself = runs.iter().filter(|run| run.is_by_itself).count() as u32;
    let changing_s = runs.iter().map(|run| run.changing_core_s).sum::<f64>() / f64::from(n.max(1));
    let core_hours = (cores(plan) * plan.duration.as_secs_f64() + changing_s) / 3600.0;
    let share = over(&|run| run.blast.share);
    Some(Outcomes {
        from_s,
        until_s: ended_s(&runs),
        hit: plan.assembly.first_hit().unwrap_or(HitPart::Load),
        phases: phases.collect(),
        after_cause,
        collapse: proportion_interval(collapsed, n, confidence),
        collapsed,
        is_told: plan.assembly.notifies(),
        told_run: told_run(&runs),
        detected_by: detected_by(&runs),
        receivers,
        teams,
        unaffected: runs.iter().filter(|run| !run.is_affected).count() as u32,
        by_itself: proportion_interval(by_itself, n, confidence),
        worst: worst(names, runs.iter().filter_map(|run| run.worst).collect(), confidence),
        blast: BlastResult {
            operations: over(&|run| run.blast.operations.into()),
            out_of_bounds: over(&|run| run.blast.out_of_bounds.into()),
            of: operations.len() as u32,
            requests: over(&|run| (run.blast.failed + run.blast.late) as f64),
            share: share.within(0.0, 1.0),
            operation_s: over(&|run| run.blast.operation_s),
        },
        peak_p95_s: known(over(&|run| run.peak_p95_s)),
        paused: paused(&runs),
        budgets: budgets.collect(),
        core_hours,
        cost: core_hours * plan.prices.core_hour,
        prices: plan.prices.clone(),
        operations,
        runs,
    })
}

/// When the disturbance ended, on average, if it did in every run \[s].
fn ended_s(runs: &[RunOutcomes]) -> Option<f64> {
    let ended: Option<Vec<f64>> = runs.iter().map(|run| run.ended_s).collect();
    ended.filter(|ended| !ended.is_empty()).map(|ended| ended.iter().sum::<f64>() / ended.len() as f64)
}

/// The run with the median time to mitigate; where fewer than half were mitigated, to recover, to acknowledge or to detect.
/// Of an even number, the lower of the two in the middle.
fn told_run(runs: &[RunOutcomes]) -> usize {
    for phase in [Phase::Mitigate, Phase::Recover, Phase::Acknowledge, Phase::Detect] {
        let timed = runs.iter().enumerate().filter_map(|(index, run)| Some((run.phase_s(phase)?, index)));
        let mut timed: Vec<(f64, usize)> = timed.collect();
        if 2 * timed.len() >= runs.len().max(1) {
            timed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            return timed[(timed.len() - 1) / 2].1;
        }
    }
    0
}

/// The alerts by which runs were noticed, the most frequent first; of those that are as frequent, in the order of names.
fn detected_by(runs: &[RunOutcomes]) -> Vec<String> {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for alert in runs.iter().filter_map(|run| run.detected_by.as_deref()) {
        match counted.iter_mut().find(|(known, _)| *known == alert) {
            Some((_, count)) => *count += 1,
            None => counted.push((alert, 1)),
        }
    }
    counted.sort_by(|(a, many), (b, few)| few.cmp(many).then(a.cmp(b)));
    counted.into_iter().map(|(alert, _)| alert.to_owned()).collect()
}

/// The operations that are paused when runs end.
fn paused(runs: &[RunOutcomes]) -> Vec<PausedResult> {
    let all = || runs.iter().flat_map(|run| &run.paused);
    let names: BTreeSet<&str> = all().map(|(name, _)| name.as_str()).collect();
    let result = |name: &str| {
        let since: Vec<f64> = all().filter(|(known, _)| known == name).map(|(_, from_s)| *from_s).collect();
        let from_s = since.iter().sum::<f64>() / since.len() as f64;
        PausedResult { operation: name.to_owned(), runs: since.len() as u32, from_s }
    };
    names.into_iter().map(result).collect()
}

/// Who was told of an alert, and which teams alerts name.
fn told<'a>(all: impl Iterator<Item = &'a Happening>) -> (Vec<String>, Vec<String>) {
    let (mut receivers, mut teams) = (BTreeSet::new(), BTreeSet::new());
    for happening in all {
        if happening.kind == HappeningKind::Notified {
            receivers.insert(happening.detail.clone());
        } else if happening.kind == HappeningKind::AlertFiring {
            teams.insert(happening.team.clone());
        }
    }
    let listed = |names: BTreeSet<String>| names.into_iter().filter(|name| !name.is_empty()).collect();
    (listed(receivers), listed(teams))
}

fn positive(values: &[f64], confidence: f64) -> Estimate {
    t_interval(values, confidence).within(0.0, f64::INFINITY)
}

/// An estimate that rests on something.
fn known(estimate: Estimate) -> Option<Estimate> {
    (estimate.n > 0).then_some(estimate)
}

/// Cores of all processes and databases that are there all the time.
fn cores(plan: &Plan) -> f64 {
    let changing: Vec<usize> = plan.assembly.changing_cores().collect();
    let stations = plan.assembly.stations.iter().enumerate();
    let stations = stations.filter(|(index, _)| !changing.contains(index)).map(|(_, it)| it);
    stations.filter(|it| it.kind == StationKind::Cores && it.capacity.is_finite()).map(|it| it.capacity).sum()
}

/// The worst minute, of that of each run: of those of one operation, since a minute of another says nothing of it.
fn worst(
    names: &[OperationName],
    mut minutes: Vec<WorstMinute>,
    confidence: f64,
) -> Option<WorstMinuteResult> {
    let count = |operation: usize| minutes.iter().filter(|minute| minute.operation == operation).count();
    // The first of those that are as frequent.
    let operation = (0..names.len()).rev().max_by_key(|operation| count(*operation))?;
    minutes.retain(|minute| minute.operation == operation);
    let mut times: Vec<f64> = minutes.iter().map(|minute| minute.from_s).collect();
    times.sort_by(f64::total_cmp);
    let from_s = Some(median_of(&times)).filter(|from_s| from_s.is_finite())?;
    let over = |value: &dyn Fn(&WorstMinute) -> f64| {
        let values: Vec<f64> = minutes.iter().map(value).filter(|value| value.is_finite()).collect();
        positive(&values, confidence)
    };
    Some(WorstMinuteResult {
        operation: names[operation].name.clone(),
        runs: times.len() as u32,
        from_s,
        failed_share: over(&|minute| minute.failed_share).within(0.0, 1.0),
        bad_share: over(&|minute| minute.bad_share).within(0.0, 1.0),
        p95_s: known(over(&|minute| minute.p95_s)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::View;
    use crate::units::Instant;

    #[test]
    fn the_worst_minute_is_of_one_operation() {
        let names = ["a", "b"].map(|name| OperationName { name: name.to_owned(), view: View::Client });
        let minute = |operation, failed_share: f64| WorstMinute {
            operation,
            from_s: 60.0,
            failed_share,
            bad_share: failed_share,
            p95_s: 0.1,
        };
        let minutes = vec![minute(0, 1.0), minute(1, 0.2), minute(1, 0.4)];
        let found = worst(&names, minutes, 0.95).expect("a worst minute");
        assert_eq!((found.operation.as_str(), found.runs), ("b", 2));
        assert!((found.failed_share.mean - 0.3).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn a_team_has_the_name_that_the_alert_says() {
        let fires = |team: &str| Happening {
            at: Instant::START,
            kind: HappeningKind::AlertFiring,
            subject: "Slow".to_owned(),
            detail: format!("severity=page, team={team}"),
            team: team.to_owned(),
        };
        let all = [fires("shops, all"), fires(""), fires("shops, all")];
        assert_eq!(told(all.iter()), (Vec::new(), vec!["shops, all".to_owned()]));
    }
}
