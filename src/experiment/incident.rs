//! What an incident came to in one run: how long its phases took, its worst minute, whom it hit.

use super::harm::{Beyond, beyond};
use super::impact::{
    Blast, Hit, WorstMinute, blast, burnt_s, hit_share, is_missed, paused_s, peak_p95_s, worst_minute,
};
use super::recovery::{Bounds, ends, interval_at, interval_with, intervals};
use super::results::Warning;
use super::summary::Found;
use crate::component::View;
use crate::record::{Happening, HappeningKind, RunRecord, StationRecord};
use crate::scenario::{Phase, Plan};
use crate::timeline::runbook::{ActionSpec, PlannedStep};
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
    /// The alert by which it was noticed; `None` if it was not.
    pub detected_by: Option<String>,
    /// The last step of the runbook that was done until users were served as before, and when \[s of the run]; `None` where none
    /// was, where they were not, and where no operation left its bounds.
    pub mitigated_after: Option<(String, f64)>,
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
    /// Per service level: what of that people burnt who turned users away by pausing the operation \[s].
    pub burnt_by_pause_s: Vec<f64>,
    /// The operations that are paused when the run ends, and since when \[s of the run].
    pub paused: Vec<(String, f64)>,
    /// Per service level: whether its response time or share of errors is missed when the run ends.
    pub is_missed: Vec<bool>,
    /// The 95th percentile before the incident, by operation that clients ask for \[s]; NaN where it is not known.
    pub calm_p95_s: Vec<f64>,
    /// The share of those served that were late before the incident, by operation that clients ask for.
    pub calm_late: Vec<f64>,
    /// How many were served in the whole run, by operation that clients ask for.
    pub served: Vec<u64>,
    /// When it was back within the bounds of recovery that it had left, by operation that clients ask for \[s of the run]; NaN
    /// where it was not, or had not left them.
    pub back_s: Vec<f64>,
    /// Business effects of the whole run, in the order of the plan's.
    pub effects: Vec<u64>,
    /// What of them is beyond calm, in the same order.
    pub effects_beyond: Vec<Beyond>,
    /// Cores of replicas that come and go by a runbook, for as long as they were there [core seconds].
    pub changing_core_s: f64,
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
    // What a fault breaks within an interval is of the incident, though the beginning of the interval is not.
    let (first, last) = (interval_with(plan, start), interval_at(plan, recovered_at.unwrap_or(end)));
    let during = |index: usize| {
        let length = series[index].len();
        first.min(length)..last.clamp(first, length.max(first)).min(length)
    };
    let left = excursions(plan, found, record, start, &clients);
    let mitigated = mitigated(&left, start);
    let is_affected = left.iter().any(Option::is_some);
    let until = mitigated.filter(|_| is_affected).map_or(usize::MAX, |at| interval_at(plan, at));
    // A series shows recovery from the beginning of an interval on: what was done within it may have brought it.
    let acted = |at: Instant| {
        let shown = if after_cause_s > Some(0.0) { dated(&record.happenings, at, plan.interval) } else { at };
        last_step(&record.happenings, Instant::START, shown).is_some()
    };
    let hit = |(index, left): (&usize, &Option<Excursion>)| {
        let during = during(*index);
        let back = left.as_ref().and_then(|left| left.back).map_or(during.end, |at| interval_with(plan, at));
        let down = during.start..back.clamp((during.start + 1).min(during.end), during.end);
        Hit { points: &series[*index], during, down, calm: found.calms[*index] }
    };
    let incident: Vec<Hit<'_>> = clients.iter().zip(&left).map(hit).collect();
    let out_of_bounds =
        incident.iter().zip(&left).filter(|(hit, left)| left.is_some() && !hit.is_hit()).count();
    let width_s = plan.interval.as_secs_f64();
    let loses = record.series.stations.iter().any(|points| points.last().is_some_and(|it| it.lost > 0.5));
    let named: Vec<(usize, Hit<'_>)> = clients.iter().copied().zip(incident.iter().cloned()).collect();
    Some(RunOutcomes {
        phases_s: [
            // Known when all runs are: see `detection`.
            None,
            None,
            mitigated.map(|at| at.since(start).as_secs_f64()),
            recovered_at.map(|at| at.since(start).as_secs_f64()),
        ],
        after_cause_s: recovered_at.and(after_cause_s),
        ended_s: ended.map(Instant::as_secs_f64),
        detected_by: None,
        mitigated_after: mitigated
            .filter(|_| is_affected)
            .and_then(|at| last_step(&record.happenings, start, at)),
        is_affected,
        is_by_itself: recovered_at.is_some_and(|at| !acted(at)) && !loses,
        is_collapsed: found.collapsed,
        worst: worst_minute((intervals(plan, Span::from_secs(60)), width_s), &named),
        blast: Blast {
            out_of_bounds: out_of_bounds as u32,
            share: hit_share(&incident, until.max(first + 1)),
            ..blast(&incident, width_s)
        },
        peak_p95_s: peak_p95_s(&incident),
        burnt_s: plan
            .slos
            .iter()
            .map(|slo| burnt_s(&series[slo.operation], during(slo.operation), width_s))
            .collect(),
        burnt_by_pause_s: plan
            .slos
            .iter()
            .map(|slo| paused_s(&series[slo.operation], during(slo.operation), width_s))
            .collect(),
        paused: plan
            .assembly
            .parts
            .runbook
            .as_ref()
            .map_or_else(Vec::new, |runbook| paused(&runbook.steps, &record.happenings)),
        is_missed: plan.slos.iter().map(|slo| is_missed(plan, slo, &series[slo.operation])).collect(),
        calm_p95_s: clients.iter().map(|index| found.calms[*index].p95_s.unwrap_or(f64::NAN)).collect(),
        calm_late: clients.iter().map(|index| found.calms[*index].late).collect(),
        served: clients.iter().map(|index| series[*index].iter().map(|point| point.served).sum()).collect(),
        back_s: left
            .iter()
            .map(|left| left.as_ref().and_then(|left| left.back).map_or(f64::NAN, Instant::as_secs_f64))
            .collect(),
        effects: record.effects.clone(),
        effects_beyond: beyond(plan, found.warm_up, record, start),
        changing_core_s: plan.assembly.changing_cores().map(|index| there_s(&record.stations[index])).sum(),
    })
}

/// What cores there were of a station, over its time [core seconds].
fn there_s(segments: &[StationRecord]) -> f64 {
    // Capacities of cores are in thousandths.
    segments.iter().map(|of| of.capacity_area as f64).sum::<f64>() * 1e-12
}

/// What there is to say of the window `fault` that was made for a scenario without windows, and that in runs with these
/// happenings outlasts the faults, because people ended them.
pub(super) fn fault_window(plan: &Plan, runs: &[&[Happening]]) -> Option<Warning> {
    let fault = plan.windows.iter().find(|window| plan.is_cut_at_faults && window.name == "fault")?;
    let over = runs.iter().filter_map(|happenings| ends(None, happenings)).filter(|at| *at < fault.to);
    let over: Vec<f64> = over.map(|at| at.since(fault.from).as_secs_f64()).collect();
    let faults = &plan.assembly.parts.faults;
    (!over.is_empty()).then(|| Warning::FaultWindow {
        faults: match faults.as_slice() {
            [one] => one.label.clone(),
            _ => "the last of the faults".to_owned(),
        },
        over_s: over.iter().sum::<f64>() / over.len() as f64,
        window_s: fault.to.since(fault.from).as_secs_f64(),
        runs: over.len() as u32,
    })
}

/// How long after the disturbance the last of the clients' operations was as before, if all were \[s].
fn settled_s(found: &Found<'_>, clients: &[usize]) -> Option<f64> {
    let times: Option<Vec<f64>> =
        clients.iter().map(|index| found.recovered.get(*index).copied().flatten()).collect();
    times.map(|times| times.into_iter().fold(0.0, f64::max))
}

/// Whether something may bring about that users are served as before.
fn brings(it: &Happening) -> bool {
    matches!(it.kind, HappeningKind::StepDone | HappeningKind::FaultEnded | HappeningKind::FailedOver)
}

/// When something is dated that a series shows from an interval on: at the interval's beginning; or, if a step was done, a fault
/// ended or a replica took over within so long of it, at the last of these: what brought it about does not come after it.
fn dated(happenings: &[Happening], begins: Instant, window: Span) -> Instant {
    let within = happenings.iter().filter(|it| brings(it)).map(|it| it.at);
    within.filter(|at| *at >= begins && *at < begins + window).max().unwrap_or(begins)
}

/// The last step that was done in an incident up to some time, with when \[s of the run].
fn last_step(happenings: &[Happening], start: Instant, until: Instant) -> Option<(String, f64)> {
    let done = happenings.iter().filter(|it| it.kind == HappeningKind::StepDone);
    // Of several at one instant, the one that was done last.
    let last = done.filter(|it| it.at >= start && it.at <= until).max_by_key(|it| it.at)?;
    Some((last.subject.clone(), last.at.as_secs_f64()))
}

/// The operations that are paused when all of this has happened, and since when \[s of the run].
fn paused(steps: &[PlannedStep], happenings: &[Happening]) -> Vec<(String, f64)> {
    let mut paused: Vec<(String, f64)> = Vec::new();
    for done in happenings.iter().filter(|it| it.kind == HappeningKind::StepDone) {
        let step = steps.iter().find(|step| step.name == done.subject);
        match step.and_then(|step| step.written.as_ref()) {
            Some(ActionSpec::Pause(name)) if paused.iter().all(|(known, _)| known != name) => {
                paused.push((name.clone(), done.at.as_secs_f64()));
            }
            Some(ActionSpec::Resume(name)) => paused.retain(|(known, _)| known != name),
            _ => {}
        }
    }
    paused
}

/// So much of the first interval that is within the bounds may have been before what brought that about: of 20 requests that end
/// evenly, more than a twentieth would have been slow, or failed, if it had been longer.
const EARLY: f64 = 0.1;
const MANY: u64 = 20;

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
    let first = interval_with(plan, start);
    let width_ns = plan.interval.as_nanos().max(1);
    let done = record.happenings.iter().filter(|it| brings(it));
    let done: Vec<usize> = done.map(|it| (it.at.as_nanos() / width_ns) as usize).collect();
    let of = |index: &usize| {
        let points = &record.series.operations[*index];
        let bounds = Bounds::new(plan, &found.calms[*index], start, ended)?;
        let left = bounds.left(points, first)?;
        let over = ended.map(|at| interval_at(plan, at));
        let back = bounds.back(points, left, over, &done).map(|back| {
            let begins = Instant::from_nanos(back as u64 * plan.interval.as_nanos());
            // Of many requests some would have shown it if all was well only later in the interval; of few, none.
            let share = if points[back].ended() < MANY { 1.0 } else { bounds.failed().max(EARLY) };
            let window = Span::from_secs_f64(plan.interval.as_secs_f64() * share.min(1.0));
            dated(&record.happenings, begins, window)
        });
        Some(Excursion { back })
    };
    clients.iter().map(of).collect()
}

/// When the last of the operations that left their bounds was back within them: at the beginning if none left them, `None` if
/// one never was.
fn mitigated(left: &[Option<Excursion>], start: Instant) -> Option<Instant> {
    let back: Option<Vec<Instant>> = left.iter().flatten().map(|left| left.back).collect();
    back.map(|back| back.into_iter().max().unwrap_or(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Instant {
        Instant::START + Span::from_secs(secs)
    }

    #[test]
    fn what_a_series_shows_does_not_precede_what_brought_it() {
        let happening = |nanos_after_60_s: u64, kind, subject: &str| Happening {
            at: at(60) + Span::from_nanos(nanos_after_60_s),
            kind,
            subject: subject.to_owned(),
            detail: String::new(),
            team: String::new(),
        };
        let ms = 1_000_000;
        let all = [
            happening(50 * ms, HappeningKind::StepDone, "first"),
            happening(70 * ms, HappeningKind::StepDone, "second"),
            happening(90 * ms, HappeningKind::StepFailed, "third"),
            happening(10_000 * ms, HappeningKind::FaultEnded, "fault"),
        ];
        let interval = Span::from_secs(10);
        // The first interval that shows it is that from 60 s to 70 s: both were needed.
        let date = dated(&all, at(60), interval);
        assert_eq!(date, all[1].at);
        assert_eq!(last_step(&all, at(50), date), Some(("second".to_owned(), 60.07)));
        // In the next interval a fault ends, at its very beginning; in the one before nothing happens.
        assert_eq!(dated(&all, at(70), interval), at(70));
        assert_eq!(dated(&all, at(50), interval), at(50));
        assert_eq!(last_step(&all, at(50), at(60)), None);
        // What was done before the incident has not ended it.
        assert_eq!(last_step(&all, at(61), at(90)), None);
    }

    #[test]
    fn users_are_served_as_before_when_the_last_operation_is_back() {
        let back = |secs: u64| Some(Excursion { back: Some(at(secs)) });
        assert_eq!(mitigated(&[None, back(70), back(90)], at(60)), Some(at(90)));
        assert_eq!(mitigated(&[back(70), Some(Excursion { back: None })], at(60)), None);
        assert_eq!(mitigated(&[None], at(60)), Some(at(60)));
    }
}
