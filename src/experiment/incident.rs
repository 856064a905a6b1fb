//! What an incident came to in one run: how long its phases took, its worst minute, whom it hit.

use super::impact::{Blast, Hit, WorstMinute, blast, burnt_s, is_missed, peak_p95_s, worst_minute};
use super::recovery::{Bounds, ends, interval_at, intervals};
use super::summary::Found;
use crate::component::View;
use crate::record::{Happening, HappeningKind, RunRecord};
use crate::scenario::{Phase, Plan};
use crate::units::{Instant, Span};

/// What an incident came to in one run. Times count from its beginning: of the first fault, or, where there is none, the
/// end of the window that recovery is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct RunOutcomes {
    /// How long each phase took, in the order of [`Phase::ALL`] \[s]; `None` if it did not come to its end.
    pub phases_s: [Option<f64>; 4],
    /// Of the time to recover, what came after the end of the disturbance \[s]: 0 if all was well by then.
    pub after_cause_s: Option<f64>,
    /// When the disturbance ended \[s]; `None` if it lasted to the end of the run.
    pub ended_s: Option<f64>,
    /// Whether any operation left its bounds.
    pub is_affected: bool,
    /// Whether it recovered before any step of the runbook was done, and nothing is lost for good.
    pub is_by_itself: bool,
    /// Whether it collapsed.
    pub is_collapsed: bool,
    /// The worst minute of any operation; `None` where nothing was asked for.
    pub worst: Option<WorstMinute>,
    /// Whom it hit.
    pub blast: Blast,
    /// The highest 95th percentile of any interval and operation \[s]; NaN where nothing was served.
    pub peak_p95_s: f64,
    /// Per service level: failures, as the time in which all requests fail that costs as much \[s].
    pub burnt_s: Vec<f64>,
    /// Per service level: whether its response time or share of errors is missed when the run ends.
    pub is_missed: Vec<bool>,
    /// The 95th percentile before the incident, by operation that clients ask for \[s]; NaN where it is not known.
    pub calm_p95_s: Vec<f64>,
    /// The share of those served that were late before the incident, by operation that clients ask for.
    pub calm_late: Vec<f64>,
    /// Business effects of the whole run, in the order of the plan's.
    pub effects: Vec<u64>,
}

impl RunOutcomes {
    /// How long a phase took \[s].
    pub fn phase_s(&self, phase: Phase) -> Option<f64> {
        self.phases_s[phase as usize]
    }
}

/// Whether a plan has an incident: a fault, or a window that recovery is compared with.
pub fn has_incident(plan: &Plan) -> bool {
    beginning(plan).is_some()
}

/// When the incident of a plan begins, if it has one.
pub(super) fn beginning(plan: &Plan) -> Option<Instant> {
    let baseline = plan.recovery.as_ref().and_then(|recovery| plan.windows.get(recovery.baseline));
    plan.assembly.first_fault().or(baseline.map(|window| window.to))
}

/// What the incident of a run came to; `None` for a plan without one.
pub(super) fn outcomes(plan: &Plan, found: &Found<'_>, record: &RunRecord) -> Option<RunOutcomes> {
    let start = beginning(plan)?;
    let series = &record.series.operations;
    let names = &plan.assembly.operations;
    let clients: Vec<usize> = (0..names.len()).filter(|index| names[*index].view == View::Client).collect();
    let after_cause_s = settled_s(found, &clients);
    let end = Instant::START + plan.duration;
    let ended = ends(plan.recovery.as_ref(), &record.happenings);
    let recovered_at = after_cause_s.zip(ended).map(|(secs, from)| from + Span::from_secs_f64(secs));
    let (first, last) = (interval_at(plan, start), interval_at(plan, recovered_at.unwrap_or(end)));
    let during = |index: usize| {
        let points = &series[index];
        &points[first.min(points.len())..last.clamp(first, points.len().max(first)).min(points.len())]
    };
    let (is_affected, mitigated_s) = mitigated(plan, found, record, start, &clients);
    let acted =
        |at: Instant| record.happenings.iter().any(|it| it.kind == HappeningKind::StepDone && it.at <= at);
    let incident: Vec<Hit<'_>> =
        clients.iter().map(|index| Hit { points: during(*index), calm: found.calms[*index] }).collect();
    let width_s = plan.interval.as_secs_f64();
    let loses = record.series.stations.iter().any(|points| points.last().is_some_and(|it| it.lost > 0.5));
    let whole: Vec<(usize, Hit<'_>)> = clients
        .iter()
        .map(|index| (*index, Hit { points: &series[*index], calm: found.calms[*index] }))
        .collect();
    Some(RunOutcomes {
        phases_s: [
            detected_s(plan, &record.happenings, start),
            acknowledged_s(plan, &record.happenings, start),
            mitigated_s,
            recovered_at.map(|at| at.since(start).as_secs_f64()),
        ],
        after_cause_s: recovered_at.and(after_cause_s),
        ended_s: ended.map(Instant::as_secs_f64),
        is_affected,
        is_by_itself: recovered_at.is_some_and(|at| !acted(at)) && !loses,
        is_collapsed: found.collapsed,
        worst: worst_minute((intervals(plan, Span::from_secs(60)), width_s), first..last, &whole),
        blast: blast(&incident, width_s),
        peak_p95_s: peak_p95_s(&incident),
        burnt_s: plan.slos.iter().map(|slo| burnt_s(during(slo.operation), width_s)).collect(),
        is_missed: plan.slos.iter().map(|slo| is_missed(plan, slo, &series[slo.operation])).collect(),
        calm_p95_s: clients.iter().map(|index| found.calms[*index].p95_s.unwrap_or(f64::NAN)).collect(),
        calm_late: clients.iter().map(|index| found.calms[*index].late).collect(),
        effects: record.effects.clone(),
    })
}

/// How long after the disturbance the last of the clients' operations was as before, if all were \[s].
fn settled_s(found: &Found<'_>, clients: &[usize]) -> Option<f64> {
    let times: Option<Vec<f64>> =
        clients.iter().map(|index| found.recovered.get(*index).copied().flatten()).collect();
    times.map(|times| times.into_iter().fold(0.0, f64::max))
}

fn first_s(happenings: &[Happening], kind: HappeningKind, start: Instant) -> Option<f64> {
    let first = happenings.iter().find(|it| it.kind == kind && it.at >= start)?;
    Some(first.at.since(start).as_secs_f64())
}

/// Whether it takes people time to take an alert on: without `people.detect` nothing is known of that.
pub(super) fn is_acknowledged(plan: &Plan) -> bool {
    let runbook = plan.assembly.parts.runbook.as_ref();
    runbook.is_some_and(|runbook| runbook.detect.as_constant() != Some(Span::ZERO))
}

/// Somebody takes an alert on, where that is modelled.
fn acknowledged_s(plan: &Plan, happenings: &[Happening], start: Instant) -> Option<f64> {
    is_acknowledged(plan).then(|| first_s(happenings, HappeningKind::Acknowledged, start)).flatten()
}

/// Somebody is told; or, where nobody would be, an alert fires.
fn detected_s(plan: &Plan, happenings: &[Happening], start: Instant) -> Option<f64> {
    let kind = match plan.assembly.notifies() {
        true => HappeningKind::Notified,
        false => HappeningKind::AlertFiring,
    };
    // Who is told again of what fired in calm has not been told of the incident.
    let has_fired = |found: &&Happening| {
        let fires = |it: &Happening| it.kind == HappeningKind::AlertFiring && it.subject == found.subject;
        happenings.iter().any(|it| fires(it) && it.at >= start && it.at <= found.at)
    };
    let first = happenings.iter().filter(|it| it.kind == kind && it.at >= start).find(has_fired)?;
    Some(first.at.since(start).as_secs_f64())
}

/// Whether any operation left its bounds, and when the last of those that did was back within them \[s]: 0 if none did,
/// `None` if one never was.
fn mitigated(
    plan: &Plan,
    found: &Found<'_>,
    record: &RunRecord,
    start: Instant,
    clients: &[usize],
) -> (bool, Option<f64>) {
    let ended = ends(plan.recovery.as_ref(), &record.happenings);
    let first = interval_at(plan, start);
    let mut last_s = Some(0.0);
    let mut is_affected = false;
    for index in clients {
        let points = &record.series.operations[*index];
        let Some(bounds) = Bounds::new(plan, &found.calms[*index], start, ended) else { continue };
        let Some(left) = bounds.first(points, first, false) else { continue };
        is_affected = true;
        let back = bounds.back(points, left).map(|back| {
            let at = Instant::from_nanos(back as u64 * plan.interval.as_nanos());
            at.since(start).as_secs_f64()
        });
        last_s = last_s.zip(back).map(|(last, back)| f64::max(last, back));
    }
    (is_affected, last_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_count_from_the_beginning_and_false_pages_before_it_do_not() {
        let at = |secs| Instant::START + Span::from_secs(secs);
        let happening =
            |secs, kind| Happening { at: at(secs), kind, subject: String::new(), detail: String::new() };
        let happenings = [
            happening(5, HappeningKind::Notified),
            happening(70, HappeningKind::AlertFiring),
            happening(80, HappeningKind::Notified),
        ];
        assert_eq!(first_s(&happenings, HappeningKind::Notified, at(60)), Some(20.0));
        assert_eq!(first_s(&happenings, HappeningKind::AlertFiring, at(60)), Some(10.0));
        assert_eq!(first_s(&happenings, HappeningKind::Acknowledged, at(60)), None);
    }
}
