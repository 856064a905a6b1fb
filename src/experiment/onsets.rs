//! When symptoms and shortages begin, run by run: read from a run's own series, against its own calm.

use std::ops::Range;

use super::dating::{known_from, part};
use super::judged::operation;
use super::summary::{RunSummary, station_label};
use crate::component::{Metric, ObservableName, OperationName, StationKind, StationName, View};
use crate::record::{Happening, HappeningKind, SeriesRecord, StationPoint};

/// One run as it is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct SeenRun<'a> {
    pub(super) series: &'a SeriesRecord,
    /// Per quantity of stores and topics, its values over time.
    pub(super) observed: &'a [Vec<f64>],
    /// Per operation that clients ask for, when it was back within the bounds of recovery that it had left \[s]; NaN where it
    /// was not, or had not left them.
    pub(super) back_s: &'a [f64],
    /// What happened, in order.
    pub(super) happenings: &'a [Happening],
}

impl<'a> SeenRun<'a> {
    pub(super) fn of(run: &'a RunSummary) -> Self {
        let back_s = run.outcomes.as_ref().map_or(&[][..], |outcomes| &outcomes.back_s);
        SeenRun { series: &run.series, observed: &run.observed, back_s, happenings: &run.happenings }
    }
}

/// What is the same in all runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names<'a> {
    pub(super) operations: &'a [OperationName],
    pub(super) stations: &'a [StationName],
    pub(super) observables: &'a [ObservableName],
    /// Length of an interval \[s].
    pub(super) interval_s: f64,
    /// The intervals of calm before the incident.
    pub(super) calm: &'a Range<usize>,
    /// When the incident begins \[s].
    pub(super) from_s: f64,
    /// Effects that must not come about and did so beyond calm, by index; whether each counts what a cache lost.
    pub(super) harms: &'a [(usize, bool)],
}

/// What begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OnsetKind {
    /// Entries are evicted: how many a second before, and at most.
    Evicts,
    /// Entries are lost before their time.
    Loses,
    /// Fewer look-ups hit: shares before and then, and look-ups sent [1/s].
    Misses,
    /// None is free, or more wait than in calm: shares in use before and at most, and the most that wait.
    Short,
    /// Requests fail: the largest share.
    Fails,
    /// Requests take long: the 95th percentile before, and the largest \[s].
    Slow,
    /// What must not come about does.
    Harms,
    /// It does as before.
    Back,
}

/// Something that begins in a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Onset {
    pub(super) kind: OnsetKind,
    /// The index of the operation, observable or effect, or the first of its replicas' stations.
    pub(super) index: usize,
    /// When it is known from \[s]: the beginning of the interval that first shows it; or, where a fault or a step falls into that
    /// interval, one of these: see [`known_from`].
    pub(super) at_s: f64,
    /// The part of that interval in which it was so, where it is known.
    pub(super) part: Option<f64>,
    /// Its evidence, see [`OnsetKind`]: the most is that until the next fault begins.
    pub(super) evidence: [f64; 3],
    /// Of the stretches from one fault to the next, the one that it begins in.
    pub(super) stretch: usize,
}

/// Intervals in a row that make a change, so that one unlucky interval is none.
pub(super) const IN_A_ROW: usize = 2;
/// Share in use from which a station has none free.
const FULL: f64 = 0.98;
/// Mean number waiting beyond that of calm from which a station is short: below, nobody waits most of the time.
const WAITING: f64 = 0.5;
/// An operation fails if this share does beyond that before, and so many requests of an interval.
pub(super) const FAILS: f64 = 0.01;
pub(super) const FAILURES: u64 = 3;
/// An operation is slow if its 95th percentile is so many times that before; and more wait for a station than chance has them
/// if it is so many times the most of any interval of calm, which long queues come close to every few minutes.
pub(super) const SLOW: f64 = 2.0;
/// A cache misses if this share fewer of its look-ups hit.
const MISSES: f64 = 0.1;

/// All that begins in a run: of each kind and each of its subjects the first in each stretch from one fault to the next.
pub(super) fn onsets(names: &Names<'_>, run: SeenRun<'_>) -> Vec<Onset> {
    let stretches = stretches(names, run);
    let mut all = evictions(names, run, &stretches);
    all.extend(harms(names, run));
    all.extend(caches(names, run, &stretches));
    all.extend(stations(names, run, &stretches));
    for ((index, _), back_s) in
        clients(names).zip(run.back_s.iter().copied().chain(std::iter::repeat(f64::NAN)))
    {
        all.extend(operation(names, index, &run.series.operations[index], &stretches));
        if back_s.is_finite() {
            let at = names.interval_of(back_s);
            let stretch = stretches.iter().position(|it| at < it.end).unwrap_or(stretches.len());
            let evidence = [f64::NAN; 3];
            all.push(Onset { kind: OnsetKind::Back, index, at_s: back_s, part: None, evidence, stretch });
        }
    }
    for onset in all.iter_mut().filter(|onset| onset.kind != OnsetKind::Back) {
        onset.at_s = known_from(names, run.happenings, onset.at_s, onset.part);
    }
    all
}

/// The intervals of an incident, cut where faults begin: the first is that of the incident, with which its first fault begins.
fn stretches(names: &Names<'_>, run: SeenRun<'_>) -> Vec<Range<usize>> {
    let began = run.happenings.iter().filter(|it| it.kind == HappeningKind::FaultBegan);
    let mut cuts: Vec<usize> = began.map(|it| names.interval_of(it.at.as_secs_f64())).collect();
    let first = names.interval_of(names.from_s);
    cuts.retain(|cut| *cut > first);
    cuts.sort_unstable();
    cuts.dedup();
    let ends = cuts.iter().copied().chain([usize::MAX]);
    std::iter::once(first).chain(cuts.iter().copied()).zip(ends).map(|(from, to)| from..to).collect()
}

/// What begins in each stretch of so many intervals: the stretch, the first interval from which it is so for so many in a row,
/// and the intervals from there to the next fault. What has been so before the stretch goes on, and does not begin.
fn beginnings<'a>(
    stretches: &'a [Range<usize>],
    length: usize,
    is: impl Fn(usize) -> bool + 'a,
) -> impl Iterator<Item = (usize, usize, Range<usize>)> + 'a {
    stretches.iter().enumerate().filter_map(move |(number, stretch)| {
        let begins = |at: usize| number == 0 || at.checked_sub(1).is_none_or(|before| !is(before));
        let mut from = stretch.start;
        let at = loop {
            let at = first_run(length, from, &is).filter(|at| *at < stretch.end)?;
            if begins(at) {
                break at;
            }
            from = at + 1;
        };
        Some((number, at, at..stretch.end.min(length)))
    })
}

/// Cache servers that evict more than they did in calm.
fn evictions(names: &Names<'_>, run: SeenRun<'_>, stretches: &[Range<usize>]) -> Vec<Onset> {
    let mut found = Vec::new();
    for (index, name) in names.observables.iter().enumerate() {
        let is_whole = name.metric == Metric::Evicted && name.part.is_empty();
        let Some(rates) = run.observed.get(index).filter(|_| is_whole) else { continue };
        let (calm, _) = names.calm(rates.len());
        let Some(before) = mean(&rates[calm.clone()]) else { continue };
        let usual = rates[calm].iter().copied().fold(0.0, f64::max);
        found.extend(beginnings(stretches, rates.len(), |at| rates[at] > SLOW * usual).map(
            |(stretch, at, until)| {
                let most = rates[until].iter().copied().fold(0.0, f64::max);
                let (evidence, at_s) = ([before, most, f64::NAN], names.begins_s(at));
                let part = part(before, rates[at], rates[at + 1]);
                Onset { kind: OnsetKind::Evicts, index, at_s, part, evidence, stretch }
            },
        ));
    }
    found
}

/// Effects that must not come about: from the first interval with more of them than twice the most of any interval of calm.
fn harms(names: &Names<'_>, run: SeenRun<'_>) -> Vec<Onset> {
    let counts = &run.series.effects;
    let of = |(effect, is_loss): &(usize, bool)| {
        let by = |end: usize| end.checked_sub(1).map_or(0.0, |last| counts[last][*effect] as f64);
        let within = |at: usize| by(at + 1) - by(at);
        // What a fault does at once at the end of an interval is counted in that one.
        let first = names.interval_of((names.from_s - 1e-6).max(0.0)).min(counts.len());
        let calm = names.calm.start..names.calm.end.min(first);
        let usual = calm.map(within).fold(0.0, f64::max);
        let at = (first..counts.len()).find(|at| within(*at) > SLOW * usual)?;
        let kind = if *is_loss { OnsetKind::Loses } else { OnsetKind::Harms };
        let at_s = names.begins_s(at).max(names.from_s);
        Some(Onset { kind, index: *effect, at_s, part: None, evidence: [f64::NAN; 3], stretch: 0 })
    };
    names.harms.iter().filter_map(of).collect()
}

fn clients<'a>(names: &Names<'a>) -> impl Iterator<Item = (usize, &'a OperationName)> {
    names.operations.iter().enumerate().filter(|(_, name)| name.view == View::Client)
}

impl Names<'_> {
    /// The intervals of calm before the incident, and the first one of it.
    pub(super) fn calm(&self, length: usize) -> (Range<usize>, usize) {
        let end = self.calm.end.min(length);
        (self.calm.start.min(end)..end, self.interval_of(self.from_s).min(length))
    }

    /// The interval that holds a time \[s].
    fn interval_of(&self, at_s: f64) -> usize {
        ((at_s + 1e-9) / self.interval_s).floor() as usize
    }

    pub(super) fn begins_s(&self, index: usize) -> f64 {
        index as f64 * self.interval_s
    }
}

fn caches(names: &Names<'_>, run: SeenRun<'_>, stretches: &[Range<usize>]) -> Vec<Onset> {
    let is_load = |at: usize| {
        let mut points = clients(names).filter_map(|(index, _)| run.series.operations[index].get(at));
        points.any(|point| point.offered > 0)
    };
    let mut found = Vec::new();
    for (index, name) in names.observables.iter().enumerate() {
        let of_it = |metric: Metric| {
            let is = |other: &ObservableName| {
                other.metric == metric && other.part.is_empty() && other.component == name.component
            };
            run.observed.get(names.observables.iter().position(is)?)
        };
        let is_hits = name.metric == Metric::Hits && name.part.is_empty();
        let hits = run.observed.get(index).filter(|_| is_hits);
        let Some((hits, misses)) = hits.zip(of_it(Metric::Misses)) else { continue };
        let ratios: Vec<f64> = hits.iter().zip(misses).map(|(hits, misses)| hits / (hits + misses)).collect();
        let (calm, _) = names.calm(ratios.len());
        let Some(before) = mean(&ratios[calm.clone()]) else { continue };
        // That nobody asks tells something only where somebody always did, and there is somebody to ask.
        let is_always_asked = ratios[calm].iter().all(|ratio| ratio.is_finite());
        let is_worse = |at: usize| match ratios[at].is_nan() {
            true => is_always_asked && is_load(at),
            false => ratios[at] < before - MISSES,
        };
        found.extend(beginnings(stretches, ratios.len(), is_worse).map(|(stretch, at, _)| {
            let sent = of_it(Metric::LookUps).map_or(f64::NAN, |sent| sent[at..at + IN_A_ROW].iter().sum());
            let (evidence, at_s) = ([before, ratios[at], sent], names.begins_s(at));
            let part = part(before, ratios[at], ratios[at + 1]);
            Onset { kind: OnsetKind::Misses, index, at_s, part, evidence, stretch }
        }));
    }
    found
}

/// The share of a station that was in use in calm, and, interval by interval, whether it is short: none is free though some
/// were in calm, or more wait. `None` without calm.
fn shortage(names: &Names<'_>, points: &[StationPoint]) -> Option<(f64, Vec<bool>)> {
    let (calm, _) = names.calm(points.len());
    let of = |value: fn(&StationPoint) -> f64| points[calm.clone()].iter().map(value).collect::<Vec<f64>>();
    let (used, queue) = (of(|point| point.utilisation), of(|point| point.queue));
    let (before, waited) = (mean(&used)?, mean(&queue)?);
    let most = queue.iter().copied().fold(0.0, f64::max);
    let usual = (waited + WAITING).max(SLOW * most);
    let is_short = |point: &StationPoint| before < FULL && point.utilisation >= FULL || point.queue > usual;
    Some((before, points.iter().map(is_short).collect()))
}

/// Stations that fill up; of replicas the first that does.
fn stations(names: &Names<'_>, run: SeenRun<'_>, stretches: &[Range<usize>]) -> Vec<Onset> {
    let mut found: Vec<Onset> = Vec::new();
    for (index, name) in names.stations.iter().enumerate().filter(|(_, it)| it.kind != StationKind::Locks) {
        let points = &run.series.stations[index];
        let Some((before, short)) = shortage(names, points) else { continue };
        let label = station_label(name);
        let first = names.stations.iter().position(|it| station_label(it) == label).unwrap_or(index);
        for (stretch, at, until) in beginnings(stretches, short.len(), |at| short[at]) {
            let most =
                |of: fn(&StationPoint) -> f64| points[until.clone()].iter().map(of).fold(0.0, f64::max);
            let evidence = [before, most(|point| point.utilisation), most(|point| point.queue)];
            let at_s = names.begins_s(at);
            match found.iter_mut().find(|known| known.index == first && known.stretch == stretch) {
                Some(known) => {
                    if at_s < known.at_s {
                        (known.at_s, known.evidence[0]) = (at_s, before);
                    }
                    known.evidence[1] = known.evidence[1].max(evidence[1]);
                    known.evidence[2] = known.evidence[2].max(evidence[2]);
                }
                None => {
                    let kind = OnsetKind::Short;
                    found.push(Onset { kind, index: first, at_s, part: None, evidence, stretch });
                }
            }
        }
    }
    found
}

/// When the shortage of a station began that shows in a span, at the first of its replicas \[s]; `None` if it is not short in
/// it.
pub(super) fn short_since(
    names: &Names<'_>,
    run: SeenRun<'_>,
    label: &str,
    (from_s, to_s): (f64, f64),
) -> Option<f64> {
    let own = names.stations.iter().enumerate().filter(|(_, name)| station_label(name) == label);
    let began = own.filter_map(|(index, _)| {
        let points = &run.series.stations[index];
        let (_, first) = names.calm(points.len());
        let (_, short) = shortage(names, points)?;
        let from = names.interval_of(from_s).max(first);
        let at = first_run(short.len(), from, |at| short[at])?;
        (at < names.interval_of(to_s)).then(|| names.begins_s(beginning(&short, (first, from), at)))
    });
    began.reduce(f64::min)
}

/// The beginning of what is so in an interval: this one, or, if a span begins with it, the first one from which it has been so.
/// A single interval in which it is not so is no end.
pub(super) fn beginning(is: &[bool], (first, from): (usize, usize), at: usize) -> usize {
    let mut began = at;
    if at < from + IN_A_ROW {
        while let Some(before) = (first.max(began.saturating_sub(IN_A_ROW))..began).rev().find(|at| is[*at]) {
            began = before;
        }
    }
    began
}

pub(super) fn mean(values: &[f64]) -> Option<f64> {
    let known: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

/// The first interval of so many from which so many in a row are so.
fn first_run(length: usize, first: usize, is: impl Fn(usize) -> bool) -> Option<usize> {
    let last = length.checked_sub(IN_A_ROW)?;
    (first..=last).find(|start| (*start..start + IN_A_ROW).all(&is))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::SeriesPoint;
    use crate::units::{Instant, Span};

    fn points<const N: usize>(counts: [(u64, u64, f64); N]) -> Vec<SeriesPoint> {
        let point = |(served, failed, p95_secs): (u64, u64, f64)| SeriesPoint {
            offered: served + failed,
            served,
            failed,
            p95_secs,
            ..SeriesPoint::default()
        };
        counts.map(point).to_vec()
    }

    fn names<'a>(operations: &'a [OperationName], stations: &'a [StationName]) -> Names<'a> {
        Names {
            operations,
            stations,
            observables: &[],
            interval_s: 10.0,
            calm: &(0..3),
            from_s: 30.0,
            harms: &[],
        }
    }

    fn seen<'a>(series: &'a SeriesRecord) -> SeenRun<'a> {
        SeenRun { series, observed: &[], back_s: &[], happenings: &[] }
    }

    fn client() -> [OperationName; 1] {
        [OperationName { name: "a".to_owned(), view: View::Client }]
    }

    fn of_operation(points: Vec<SeriesPoint>) -> SeriesRecord {
        SeriesRecord { operations: vec![points], ..SeriesRecord::default() }
    }

    /// That a fault began.
    fn began(at_s: u64) -> Happening {
        Happening {
            at: Instant::START + Span::from_secs(at_s),
            kind: HappeningKind::FaultBegan,
            subject: String::new(),
            detail: String::new(),
            team: String::new(),
        }
    }

    /// What begins when.
    fn found(names: &Names<'_>, run: SeenRun<'_>) -> Vec<(OnsetKind, f64)> {
        onsets(names, run).iter().map(|onset| (onset.kind, onset.at_s)).collect()
    }

    #[test]
    fn an_operation_fails_is_slow_and_is_back() {
        let good = (100, 0, 0.125);
        let (worse, slow) = ((50, 50, 0.125), (100, 0, 0.5));
        let series = of_operation(points([good, good, good, worse, (50, 50, 0.375), slow, good, good]));
        let operations = client();
        let run = SeenRun { back_s: &[60.0], ..seen(&series) };
        assert_eq!(
            found(&names(&operations, &[]), run),
            [(OnsetKind::Fails, 30.0), (OnsetKind::Slow, 40.0), (OnsetKind::Back, 60.0)]
        );
        let never = SeenRun { back_s: &[f64::NAN], ..run };
        assert_eq!(found(&names(&operations, &[]), never).len(), 2);
    }

    #[test]
    fn a_failure_is_dated_to_the_fault_that_its_share_tells() {
        let operations = client();
        let names = Names { from_s: 31.0, ..names(&operations, &[]) };
        let all = [began(31), began(37)];
        let good = (100, 0, 0.125);
        let dated = |failed: u64| {
            let series =
                of_operation(points([good, good, good, (100 - failed, failed, 0.125), (0, 100, 0.125)]));
            found(&names, SeenRun { happenings: &all, ..seen(&series) })
        };
        assert_eq!(dated(30), [(OnsetKind::Fails, 37.0)]);
        assert_eq!(dated(90), [(OnsetKind::Fails, 31.0)]);
    }

    #[test]
    fn each_fault_has_its_own_symptoms_and_evidence() {
        let operations = client();
        let names = names(&operations, &[]);
        let all = [began(30), began(70), began(100)];
        let (good, mild, bad) = ((100, 0, 0.125), (100, 0, 0.375), (100, 0, 8.0));
        // Mild, good again, then bad, which goes on when the third begins.
        let series = of_operation(points([
            good, good, good, mild, mild, good, good, bad, bad, bad, bad, bad, good, good,
        ]));
        let run = SeenRun { happenings: &all, back_s: &[120.0], ..seen(&series) };
        let found: Vec<(OnsetKind, f64, f64)> =
            onsets(&names, run).iter().map(|it| (it.kind, it.at_s, it.evidence[1])).collect();
        let [first, second, back, last] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((*first, *second), ((OnsetKind::Slow, 30.0, 0.375), (OnsetKind::Slow, 70.0, 8.0)));
        assert_eq!((back.0, back.1, last.0, last.1), (OnsetKind::Back, 50.0, OnsetKind::Back, 120.0));
        // One fault: what comes again is told once.
        let one = SeenRun { happenings: &all[..1], ..run };
        assert_eq!(super::onsets(&names, one)[0].evidence[1], 8.0);
        assert_eq!(super::onsets(&names, one).len(), 2);
    }

    #[test]
    fn evictions_and_effects_beyond_calm_begin() {
        let observables =
            [ObservableName { component: "main".to_owned(), part: String::new(), metric: Metric::Evicted }];
        let operations = client();
        let names =
            Names { observables: &observables, harms: &[(1, false), (0, true)], ..names(&operations, &[]) };
        // Of the first effect two an interval are usual, of the second none; counts are those by the end of each.
        let mut counts = [[2, 0], [4, 0], [6, 0], [9, 0], [19, 0], [30, 1], [40, 3]];
        let series = |counts: [[u64; 2]; 7]| SeriesRecord {
            effects: counts.iter().map(|of| of.to_vec()).collect(),
            ..of_operation(points([(100, 0, 0.125); 7]))
        };
        let run = |rates: [f64; 7], counts| {
            let (observed, series) = ([rates.to_vec()], series(counts));
            onsets(&names, SeenRun { observed: &observed, ..seen(&series) })
        };
        let all = run([0.0, 0.0, 0.0, 0.0, 7.0, 9.0, 1.0], counts);
        let of = |kind| all.iter().find(|it| it.kind == kind).map(|it| it.at_s);
        assert_eq!(of(OnsetKind::Loses), Some(40.0));
        assert_eq!(of(OnsetKind::Harms), Some(50.0));
        assert_eq!(of(OnsetKind::Evicts), Some(40.0));
        // What is lost at the very beginning of the incident is counted by then, and is of it.
        counts[2..].iter_mut().for_each(|of| of[0] += 50);
        let usual = run([3.0, 5.0, 3.0, 5.0, 9.0, 9.0, 1.0], counts);
        let loses = usual.iter().find(|it| it.kind == OnsetKind::Loses).map(|it| it.at_s);
        assert_eq!(loses, Some(30.0));
        assert!(!usual.iter().any(|it| it.kind == OnsetKind::Evicts));
    }

    #[test]
    fn what_ends_in_the_next_interval_has_not_failed() {
        let operations = client();
        let names = names(&operations, &[]);
        let good = (100, 0, 0.125);
        let comes = SeriesPoint { offered: 5, p95_secs: f64::NAN, ..SeriesPoint::default() };
        let with = |middle: &[SeriesPoint], then: (u64, u64, f64)| {
            let mut all = points([good, good, good]);
            all.extend(middle);
            all.extend(points([then, good, good]));
            of_operation(all)
        };
        let none = with(&[comes, comes], good);
        assert_eq!(found(&names, seen(&none)), []);
        // A slow request between two intervals is one; who hangs for three has been slow all the time.
        assert_eq!(found(&names, seen(&with(&[comes], (1, 0, 9.0)))), []);
        assert_eq!(found(&names, seen(&with(&[comes; 3], (20, 0, 30.0)))), [(OnsetKind::Slow, 30.0)]);
        assert_eq!(found(&names, seen(&with(&[comes; 3], (0, 20, f64::NAN)))), [(OnsetKind::Fails, 30.0)]);
        let mut hangs = points([good, good, good]);
        hangs.extend([comes; 3]);
        assert_eq!(found(&names, seen(&of_operation(hangs))), [(OnsetKind::Fails, 30.0)]);
        // Who is turned down has an answer.
        let declined = SeriesPoint { declined: 5, ..comes };
        assert_eq!(found(&names, seen(&with(&[declined; 4], good))), []);
    }

    #[test]
    fn of_replicas_the_first_counts_and_a_queue_is_a_shortage() {
        let name = |replica| StationName {
            component: "shop".to_owned(),
            kind: StationKind::Connections,
            replica,
            replicas: 2,
            capacity: 10.0,
        };
        let point =
            |utilisation: f64, queue: f64| StationPoint { utilisation, queue, ..StationPoint::default() };
        let (calm, full, waits) = (point(0.5, 0.0), point(1.0, 30.0), point(0.75, 2.0));
        let series = SeriesRecord {
            stations: vec![
                vec![calm, calm, calm, calm, calm, calm, full, full],
                vec![calm, calm, calm, calm, waits, waits, waits, full],
            ],
            ..SeriesRecord::default()
        };
        let stations = [name(0), name(1)];
        let found = onsets(&names(&[], &stations), seen(&series));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].index, found[0].at_s, found[0].evidence), (0, 40.0, [0.5, 1.0, 30.0]));
    }

    fn pool() -> StationName {
        StationName {
            component: "shop".to_owned(),
            kind: StationKind::Connections,
            replica: 0,
            replicas: 1,
            capacity: 10.0,
        }
    }

    /// A station by the queues of its intervals, half of it in use.
    fn queues(queues: &[f64]) -> SeriesRecord {
        let point = |queue: &f64| StationPoint { utilisation: 0.5, queue: *queue, ..StationPoint::default() };
        SeriesRecord { stations: vec![queues.iter().map(point).collect()], ..SeriesRecord::default() }
    }

    #[test]
    fn who_queues_in_calm_is_short_of_nothing() {
        let stations = [pool()];
        let names = names(&[], &stations);
        // 3 wait on average, 6 at most; then 5 to 8 do.
        assert_eq!(found(&names, seen(&queues(&[1.0, 6.0, 2.0, 5.0, 8.0, 8.0, 5.0, 1.0]))), []);
        let more = queues(&[1.0, 6.0, 2.0, 5.0, 12.5, 13.0, 5.0, 1.0]);
        assert_eq!(found(&names, seen(&more)), [(OnsetKind::Short, 40.0)]);
        // Where nobody waited, few are many.
        let some = queues(&[0.0, 0.0, 0.0, 0.0, 0.6, 0.6, 0.0, 0.0]);
        assert_eq!(found(&names, seen(&some)), [(OnsetKind::Short, 40.0)]);
    }

    #[test]
    fn a_shortage_is_that_of_the_span() {
        let stations = [pool()];
        let names = names(&[], &stations);
        let series = queues(&[0.0, 0.0, 0.0, 9.0, 9.0, 0.0, 0.0, 0.0, 9.0, 0.0, 9.0, 9.0, 9.0, 0.0]);
        let since = |from_s, to_s| short_since(&names, seen(&series), "shop connections", (from_s, to_s));
        assert_eq!(since(20.0, 60.0), Some(30.0));
        assert_eq!(since(40.0, 60.0), None, "one interval of it");
        // It is short all the time, but for one interval: since before the span began.
        assert_eq!(since(100.0, 140.0), Some(80.0));
        assert_eq!((since(60.0, 140.0), since(50.0, 90.0)), (Some(100.0), None));
        assert_eq!(short_since(&names, seen(&series), "shop threads", (0.0, 140.0)), None);
    }

    #[test]
    fn a_cache_that_is_rarely_asked_misses_nothing_when_it_is_not() {
        let hits = |metric| ObservableName { component: "main".to_owned(), part: String::new(), metric };
        let observables = [hits(Metric::Hits), hits(Metric::Misses)];
        let operations = client();
        let names = Names { observables: &observables, ..names(&operations, &[]) };
        let check = |hits: [f64; 6], load: [u64; 6]| {
            let point =
                |offered| SeriesPoint { offered, served: offered, p95_secs: 0.1, ..SeriesPoint::default() };
            let series = of_operation(load.into_iter().map(point).collect());
            let observed = [hits.to_vec(), vec![0.0; 6]];
            found(&names, SeenRun { observed: &observed, ..seen(&series) })
        };
        let always = [5; 6];
        assert_eq!(check([1.0, 1.0, 1.0, 0.0, 0.0, 0.0], always), [(OnsetKind::Misses, 30.0)]);
        assert_eq!(check([1.0, 0.0, 1.0, 0.0, 0.0, 1.0], always), []);
        assert_eq!(check([1.0, 1.0, 1.0, 0.0, 0.0, 0.0], [5, 5, 5, 0, 0, 0]), []);
    }

    #[test]
    fn one_interval_is_no_change() {
        let is = [false, true, false, true, true];
        assert_eq!(first_run(is.len(), 0, |at| is[at]), Some(3));
        assert_eq!(first_run(1, 0, |_| true), None);
        assert_eq!(first_run(0, 0, |_| true), None);
    }
}
