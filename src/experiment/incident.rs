//! What an incident came to in one run: how long its phases took, its worst minute, whom it hit.

use super::impact::{Blast, Hit, WorstMinute, blast, burnt_s, is_missed, peak_p95_s, worst_minute};
use super::recovery::{Bounds, ends, interval_at, intervals};
use super::summary::Found;
use crate::component::View;
use crate::record::{Happening, HappeningKind, RunRecord, StationRecord};
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
    /// When it was back within the bounds of recovery that it had left, by operation that clients ask for \[s of the run]; NaN
    /// where it was not, or had not left them.
    pub back_s: Vec<f64>,
    /// Business effects of the whole run, in the order of the plan's.
    pub effects: Vec<u64>,
    /// Cores of replicas that a runbook added, for as long as they were there [core seconds].
    pub added_core_s: f64,
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
        let length = series[index].len();
        first.min(length)..last.clamp(first, length.max(first)).min(length)
    };
    let left = excursions(plan, found, record, start, &clients);
    let acted =
        |at: Instant| record.happenings.iter().any(|it| it.kind == HappeningKind::StepDone && it.at <= at);
    let hit = |index: usize| Hit { points: &series[index], during: during(index), calm: found.calms[index] };
    let incident: Vec<Hit<'_>> = clients.iter().map(|index| hit(*index)).collect();
    let out_of_bounds =
        incident.iter().zip(&left).filter(|(hit, left)| left.is_some() && !hit.is_hit()).count();
    let width_s = plan.interval.as_secs_f64();
    let loses = record.series.stations.iter().any(|points| points.last().is_some_and(|it| it.lost > 0.5));
    let named: Vec<(usize, Hit<'_>)> = clients.iter().map(|index| (*index, hit(*index))).collect();
    let over = recovered_at.unwrap_or(end);
    Some(RunOutcomes {
        phases_s: [
            detected_s(plan, &record.happenings, (start, over)),
            acknowledged_s(plan, &record.happenings, (start, over)),
            mitigated_s(&left, start),
            recovered_at.map(|at| at.since(start).as_secs_f64()),
        ],
        after_cause_s: recovered_at.and(after_cause_s),
        ended_s: ended.map(Instant::as_secs_f64),
        is_affected: left.iter().any(Option::is_some),
        is_by_itself: recovered_at.is_some_and(|at| !acted(at)) && !loses,
        is_collapsed: found.collapsed,
        worst: worst_minute((intervals(plan, Span::from_secs(60)), width_s), &named),
        blast: Blast { out_of_bounds: out_of_bounds as u32, ..blast(&incident, width_s) },
        peak_p95_s: peak_p95_s(&incident),
        burnt_s: plan
            .slos
            .iter()
            .map(|slo| burnt_s(&series[slo.operation], during(slo.operation), width_s))
            .collect(),
        is_missed: plan.slos.iter().map(|slo| is_missed(plan, slo, &series[slo.operation])).collect(),
        calm_p95_s: clients.iter().map(|index| found.calms[*index].p95_s.unwrap_or(f64::NAN)).collect(),
        calm_late: clients.iter().map(|index| found.calms[*index].late).collect(),
        back_s: left
            .iter()
            .map(|left| left.as_ref().and_then(|left| left.back).map_or(f64::NAN, Instant::as_secs_f64))
            .collect(),
        effects: record.effects.clone(),
        added_core_s: plan.assembly.added_cores().map(|index| there_s(&record.stations[index])).sum(),
    })
}

/// What cores there were of a station, over its time [core seconds].
fn there_s(segments: &[StationRecord]) -> f64 {
    // Capacities of cores are in thousandths.
    segments.iter().map(|of| of.capacity_area as f64).sum::<f64>() * 1e-12
}

/// How long after the disturbance the last of the clients' operations was as before, if all were \[s].
fn settled_s(found: &Found<'_>, clients: &[usize]) -> Option<f64> {
    let times: Option<Vec<f64>> =
        clients.iter().map(|index| found.recovered.get(*index).copied().flatten()).collect();
    times.map(|times| times.into_iter().fold(0.0, f64::max))
}

/// When something of a kind first happened to an alert that fired in an incident before, and while it lasted. Who is told of
/// what fired in calm, or when all is over, has not been told of the incident.
fn first_s(happenings: &[Happening], kind: HappeningKind, (start, over): (Instant, Instant)) -> Option<f64> {
    let has_fired = |found: &&Happening| {
        let fires = |it: &Happening| it.kind == HappeningKind::AlertFiring && it.subject == found.subject;
        happenings.iter().any(|it| fires(it) && it.at >= start && it.at <= found.at)
    };
    let during = happenings.iter().filter(|it| it.kind == kind && it.at >= start && it.at <= over);
    Some(during.clone().find(has_fired)?.at.since(start).as_secs_f64())
}

/// Whether it takes people time to take an alert on: without `people.detect` nothing is known of that.
pub(super) fn is_acknowledged(plan: &Plan) -> bool {
    let runbook = plan.assembly.parts.runbook.as_ref();
    runbook.is_some_and(|runbook| runbook.detect.as_constant() != Some(Span::ZERO))
}

/// Somebody takes an alert on, where that is modelled.
fn acknowledged_s(plan: &Plan, happenings: &[Happening], lasts: (Instant, Instant)) -> Option<f64> {
    is_acknowledged(plan).then(|| first_s(happenings, HappeningKind::Acknowledged, lasts)).flatten()
}

/// Somebody is told; or, where nobody would be, an alert fires.
fn detected_s(plan: &Plan, happenings: &[Happening], lasts: (Instant, Instant)) -> Option<f64> {
    let kind = match plan.assembly.notifies() {
        true => HappeningKind::Notified,
        false => HappeningKind::AlertFiring,
    };
    first_s(happenings, kind, lasts)
}

/// An operation that left its bounds of recovery.
struct Excursion {
    /// When it was back within them, if it ever was.
    back: Option<Instant>,
}

/// Which of the operations that clients ask for left their bounds, in their order.
fn excursions(
    plan: &Plan,
    found: &Found<'_>,
    record: &RunRecord,
    start: Instant,
    clients: &[usize],
) -> Vec<Option<Excursion>> {
    let ended = ends(plan.recovery.as_ref(), &record.happenings);
    let first = interval_at(plan, start);
    let of = |index: &usize| {
        let points = &record.series.operations[*index];
        let bounds = Bounds::new(plan, &found.calms[*index], start, ended)?;
        let left = bounds.first(points, first, false)?;
        let begins = |back: usize| Instant::from_nanos(back as u64 * plan.interval.as_nanos());
        Some(Excursion { back: bounds.back(points, left).map(begins) })
    };
    clients.iter().map(of).collect()
}

/// How long it took until the last of the operations that left their bounds was back within them \[s]: 0 if none left them,
/// `None` if one never was.
fn mitigated_s(left: &[Option<Excursion>], start: Instant) -> Option<f64> {
    let back: Option<Vec<Instant>> = left.iter().flatten().map(|left| left.back).collect();
    back.map(|back| back.into_iter().max().map_or(0.0, |last| last.since(start).as_secs_f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Instant {
        Instant::START + Span::from_secs(secs)
    }

    fn happening(secs: u64, kind: HappeningKind, subject: &str) -> Happening {
        Happening {
            at: at(secs),
            kind,
            subject: subject.to_owned(),
            detail: String::new(),
            team: String::new(),
        }
    }

    #[test]
    fn phases_count_from_the_beginning_and_false_pages_before_it_do_not() {
        use HappeningKind::{Acknowledged, AlertFiring, Notified};
        let happenings = [
            happening(2, AlertFiring, "Early"),
            happening(5, Notified, "Early"),
            // Of what fired in calm somebody is told, and takes it on, when the incident has begun.
            happening(62, Notified, "Early"),
            happening(65, Acknowledged, "Early"),
            happening(70, AlertFiring, "Slow"),
            happening(80, Notified, "Slow"),
            happening(95, Acknowledged, "Slow"),
        ];
        let first = |kind, over| first_s(&happenings, kind, (at(60), at(over)));
        assert_eq!(first(AlertFiring, 300), Some(10.0));
        assert_eq!(first(Notified, 300), Some(20.0));
        assert_eq!(first(Acknowledged, 300), Some(35.0));
        // What fires when all is over has detected nothing.
        assert_eq!((first(Notified, 75), first(AlertFiring, 65)), (None, None));
        assert_eq!(first(HappeningKind::Understood, 300), None);
    }

    #[test]
    fn users_are_served_as_before_when_the_last_operation_is_back() {
        let back = |secs: u64| Some(Excursion { back: Some(at(secs)) });
        assert_eq!(mitigated_s(&[None, back(70), back(90)], at(60)), Some(30.0));
        assert_eq!(mitigated_s(&[back(70), Some(Excursion { back: None })], at(60)), None);
        assert_eq!(mitigated_s(&[None], at(60)), Some(0.0));
    }
}
