//! Many runs → estimates with intervals.

use super::bottleneck::find_bottleneck;
use super::growth::{growing, is_unstable};
use super::happenings::{alerts, timeline};
use super::harm::over_runs;
use super::onsets::{Names, SeenRun};
use super::replicate::{Options, is_attributed};
use super::results::{
    Band, EffectResult, EventResult, LatencyResults, ObjectiveResult, OperationResults, OperationSeries,
    RecoveryResult, Results, Series, SpentResults, StationResults, StationSeries, Warning, WindowResults,
};
use super::summary::{Latency, OperationNumbers, RunSummary, StationNumbers, station_label, window_bounds};
use super::unbegun::{unbegun, unfinished};
use super::{chain, claims, incident, losses, observed, outcomes, recovery};
use crate::component::View;
use crate::component::effects::GoodEnd;
use crate::random::mix;
use crate::record::{
    Cause, Ending, Happening, HappeningKind, MilestoneKind, SeriesPoint, Statuses, TimePart,
};
use crate::scenario::{Comparison, Measure, Objective, Plan};
use crate::stats::{
    Comparison as Bound, Estimate, Verdict, median_of, needed_replications, proportion_interval, t_interval,
};
use crate::timeline::PlannedFault;
use crate::units::Span;

/// Estimates from samples of runs.
struct Estimator {
    confidence: f64,
}

impl Estimator {
    fn of(&self, samples: impl Iterator<Item = f64>) -> Estimate {
        let samples: Vec<f64> = samples.filter(|sample| sample.is_finite()).collect();
        t_interval(&samples, self.confidence)
    }

    fn share(&self, samples: impl Iterator<Item = f64>) -> Estimate {
        self.of(samples).within(0.0, 1.0)
    }

    fn positive(&self, samples: impl Iterator<Item = f64>) -> Estimate {
        self.of(samples).within(0.0, f64::INFINITY)
    }

    fn latency<'r>(&self, samples: impl Iterator<Item = Option<&'r Latency>>) -> Option<LatencyResults> {
        let samples: Vec<&Latency> = samples.flatten().collect();
        if samples.is_empty() {
            return None;
        }
        let at = |index: usize| self.positive(samples.iter().map(|latency| latency[index]));
        Some(LatencyResults { mean_s: at(0), p50_s: at(1), p95_s: at(2), p99_s: at(3), p999_s: at(4) })
    }

    fn operation(
        &self,
        name: &crate::component::OperationName,
        runs: &[&OperationNumbers],
        secs: &[f64],
        attributed: bool,
    ) -> OperationResults {
        // A run that was cut short before the window has no rate: the division gives no number.
        let rate = |count: &dyn Fn(&OperationNumbers) -> u64| {
            self.positive(runs.iter().zip(secs).map(|(run, secs)| count(run) as f64 / secs))
        };
        let ended = |run: &OperationNumbers| (run.ended as f64).max(f64::MIN_POSITIVE);
        let share = |count: &dyn Fn(&OperationNumbers) -> u64| {
            self.share(runs.iter().filter(|run| run.ended > 0).map(|run| count(run) as f64 / ended(run)))
        };
        let mut causes: Vec<(Cause, Estimate)> = Cause::ALL
            .into_iter()
            .filter(|cause| runs.iter().any(|run| run.causes[*cause as usize] > 0))
            .map(|cause| (cause, share(&|run| run.causes[cause as usize])))
            .collect();
        let mut statuses = Statuses::default();
        runs.iter().for_each(|run| statuses.merge(&run.statuses));
        causes.sort_by(|(_, a), (_, b)| b.mean.total_cmp(&a.mean));
        OperationResults {
            name: name.clone(),
            count: runs.iter().map(|run| run.offered).sum(),
            offered_per_s: rate(&|run| run.offered),
            served_per_s: rate(&|run| run.served),
            goodput_per_s: rate(&|run| run.in_time),
            degraded_share: share(&|run| run.degraded),
            failed_share: share(&|run| run.failures),
            server_error_share: share(&|run| run.server_errors),
            causes,
            statuses,
            latency: self.latency(runs.iter().map(|run| run.latency.as_ref())),
            spent: attributed.then(|| self.spent(runs)),
        }
    }

    /// What response times went into, by part.
    fn spent(&self, runs: &[&OperationNumbers]) -> SpentResults {
        let means = |of: &dyn Fn(&OperationNumbers) -> (u64, [u128; TimePart::COUNT])| {
            let sums: Vec<(u64, [u128; TimePart::COUNT])> =
                runs.iter().map(|run| of(run)).filter(|(count, _)| *count > 0).collect();
            (!sums.is_empty()).then(|| {
                TimePart::ALL.map(|part| {
                    self.positive(
                        sums.iter().map(|(count, ns)| ns[part as usize] as f64 / *count as f64 * 1e-9),
                    )
                })
            })
        };
        SpentResults {
            served: means(&|run| (run.served, run.parts.served_ns)),
            not_served: means(&|run| (run.ended - run.served, run.parts.failed_ns)),
        }
    }

    fn station(
        &self,
        (name, is_added): (&crate::component::StationName, bool),
        runs: &[&StationNumbers],
        secs: &[f64],
    ) -> StationResults {
        let rate = |count: &dyn Fn(&StationNumbers) -> u64| {
            self.positive(runs.iter().zip(secs).map(|(run, secs)| count(run) as f64 / secs))
        };
        let waited: Vec<f64> = runs.iter().filter_map(|run| run.waited_share).collect();
        StationResults {
            name: name.clone(),
            is_there: !is_added || runs.iter().any(|run| run.is_there),
            utilisation: self.share(runs.iter().map(|run| run.utilisation)),
            busy: self.positive(runs.iter().map(|run| run.busy)),
            lost: self.positive(runs.iter().map(|run| run.lost)),
            queue: self.positive(runs.iter().map(|run| run.queue)),
            full_share: self.share(runs.iter().map(|run| run.full_share)),
            waited_share: (!waited.is_empty()).then(|| self.share(waited.iter().copied())),
            wait: self.latency(runs.iter().map(|run| run.wait.as_ref())),
            visits_per_s: rate(&|run| run.visits),
            rejected_per_s: rate(&|run| run.rejected),
            gave_up_per_s: rate(&|run| run.gave_up),
            longest_queue: runs.iter().map(|run| run.longest_queue).max().unwrap_or(0),
        }
    }

    fn band(&self, samples: impl Iterator<Item = f64>) -> Band {
        let estimate = self.positive(samples);
        if estimate.n == 0 {
            return Band { mean: f64::NAN, low: f64::NAN, high: f64::NAN };
        }
        let single = !estimate.high.is_finite();
        let (low, high) = if single { (estimate.mean, estimate.mean) } else { (estimate.low, estimate.high) };
        Band { mean: estimate.mean, low, high }
    }
}

/// Says what runs say together.
pub(super) fn aggregate(
    plan: &Plan,
    options: &Options,
    warm_up: Span,
    warm_up_found: Option<bool>,
    runs: &[RunSummary],
) -> Results {
    let estimator = Estimator { confidence: options.confidence };
    let windows = windows(plan, &estimator, warm_up, runs);
    let series = series(plan, &estimator, runs);
    let complete = runs.iter().all(|run| run.ending == Ending::Completed);
    let objectives =
        plan.objectives.iter().map(|objective| judge(objective, &windows, complete)).collect::<Vec<_>>();
    let effects = effects(plan, &estimator, runs);
    let harms = effects.iter().enumerate().filter(|(_, it)| it.beyond.is_some_and(|it| it.is_more()));
    let harms: Vec<(usize, bool)> = harms.map(|(index, it)| (index, it.is_loss)).collect();
    let events = events(plan, runs);
    let outcomes = outcomes::outcomes(plan, runs, options.confidence);
    let start = incident::beginning(plan);
    let happenings: Vec<&[Happening]> = runs.iter().map(|run| run.happenings.as_slice()).collect();
    let told_run = outcomes.as_ref().map_or(0, |outcomes| outcomes.told_run);
    let timeline = timeline(&happenings, told_run, start);
    let seen: Vec<SeenRun<'_>> = runs.iter().map(SeenRun::of).collect();
    let calm = start.map_or(0..0, |start| recovery::calm(plan, warm_up, start));
    let names = outcomes.as_ref().map(|outcomes| Names {
        operations: &plan.assembly.operations,
        stations: &plan.assembly.stations,
        observables: &plan.assembly.observables,
        interval_s: plan.interval.as_secs_f64(),
        calm: &calm,
        from_s: outcomes.from_s,
        harms: &harms,
    });
    let seen = names.map(|names| chain::Seen {
        names,
        runs: &seen,
        windows: &windows,
        timeline: &timeline,
        effects: &effects,
        told_run,
        steps: plan.assembly.parts.runbook.as_ref().map_or(&[], |runbook| &runbook.steps),
    });
    let chain = seen.as_ref().map_or_else(Vec::new, chain::chain);
    let losses = losses::losses(plan, runs, options.confidence);
    let bottleneck = find_bottleneck(plan, &windows, &series, seen.as_ref());
    let mut warnings = warnings(plan, runs, &windows, warm_up_found);
    warnings.extend((start.is_some() && calm.is_empty()).then_some(Warning::NoCalm));
    warnings.extend(incident::fault_window(plan, &happenings));
    let steps = plan.assembly.parts.runbook.iter().flat_map(|runbook| &runbook.steps);
    let actions = steps.filter_map(|step| Some((step.name.clone(), step.written.clone()?)));
    Results {
        actions: actions.collect(),
        scenario: plan.name.clone(),
        deployment: plan.deployment.clone(),
        duration: plan.duration,
        warm_up,
        warm_up_found,
        replications: runs.len() as u32,
        seed: plan.seed,
        confidence: options.confidence,
        warnings,
        timeline,
        alerts: alerts(plan, warm_up, runs, options.confidence),
        unbegun: unbegun(plan, runs),
        unfinished: unfinished(plan, runs),
        calm: None,
        recovery: recovered(plan, &estimator, runs),
        outcomes,
        chain,
        claims: claims::judge(plan, runs, options.confidence),
        objectives,
        effects,
        losses,
        bottleneck,
        events,
        requests: runs.iter().map(|run| run.requests).sum(),
        handled_events: runs.iter().map(|run| run.events).sum(),
        endings: runs.iter().map(|run| run.ending).collect(),
        fingerprint: runs.iter().fold(0, |hash, run| mix(hash, run.fingerprint)),
        windows,
        series,
    }
}

/// Business effects; those that must not come about are put against calm, all that did come about at once.
fn effects(plan: &Plan, estimator: &Estimator, runs: &[RunSummary]) -> Vec<EffectResult> {
    let assembly = &plan.assembly;
    let is_tested = |index: usize| {
        assembly.effect_ends[index] == Some(GoodEnd::Less) && runs.iter().any(|run| run.effects[index] > 0)
    };
    let tested = (0..assembly.effects.len()).filter(|index| is_tested(*index)).count();
    let effects = assembly.effects.iter().enumerate().map(|(index, name)| {
        let count = estimator.positive(runs.iter().map(|run| run.effects[index] as f64));
        let is_loss = assembly.parts.losses.iter().any(|(_, effect)| usize::from(*effect) == index);
        let good = assembly.effect_ends[index];
        let runs = runs.iter().filter_map(|run| run.outcomes.as_ref()?.effects_beyond.get(index).copied());
        let beyond = over_runs(&runs.collect::<Vec<_>>(), estimator.confidence, tested);
        let beyond = beyond.filter(|_| good == Some(GoodEnd::Less));
        let tally = assembly.parts.tallies.iter().find(|tally| usize::from(tally.effect) == index);
        let of = tally.and_then(|tally| assembly.effects.get(usize::from(tally.of))).cloned();
        EffectResult { name: name.clone(), count, good, is_loss, of, beyond }
    });
    effects.collect()
}

fn windows(plan: &Plan, estimator: &Estimator, warm_up: Span, runs: &[RunSummary]) -> Vec<WindowResults> {
    let (attributed, added) = (is_attributed(plan), plan.assembly.changing_stations());
    let windows = plan.windows.iter().enumerate().map(|(w, window)| {
        let (from, to) = window_bounds(window, warm_up);
        let secs: Vec<f64> = runs.iter().map(|run| run.windows[w].secs).collect();
        let operations = plan.assembly.operations.iter().enumerate().map(|(index, name)| {
            let numbers: Vec<&OperationNumbers> =
                runs.iter().map(|run| &run.windows[w].operations[index]).collect();
            estimator.operation(name, &numbers, &secs, attributed)
        });
        let stations = plan.assembly.stations.iter().enumerate().map(|(index, name)| {
            let numbers: Vec<&StationNumbers> =
                runs.iter().map(|run| &run.windows[w].stations[index]).collect();
            estimator.station((name, added[index]), &numbers, &secs)
        });
        WindowResults {
            name: window.name.clone(),
            from,
            to,
            operations: operations.collect(),
            stations: stations.collect(),
            observed: observed::results(
                &plan.assembly.observables,
                runs,
                w,
                &|samples| estimator.positive(samples.into_iter()),
                &|samples| estimator.share(samples.into_iter()),
            ),
            answers: observed::answers(&plan.assembly.observables, runs, w, &|samples| {
                estimator.positive(samples.into_iter())
            }),
        }
    });
    windows.collect()
}

fn series(plan: &Plan, estimator: &Estimator, runs: &[RunSummary]) -> Series {
    let length = runs.iter().map(|run| run.series.in_flight.len()).max().unwrap_or(0);
    let interval = plan.interval.as_secs_f64();
    let duration = plan.duration.as_secs_f64();
    let end = |index: usize| ((index + 1) as f64 * interval).min(duration);
    let width = |index: usize| (end(index) - index as f64 * interval).max(1e-9);
    let operations = plan.assembly.operations.iter().enumerate().map(|(index, name)| {
        let bands = |value: &dyn Fn(&SeriesPoint, usize) -> f64| -> Vec<Band> {
            let at = |time: usize| {
                let points = runs.iter().filter_map(|run| run.series.operations[index].get(time));
                estimator.band(points.map(|point| value(point, time)))
            };
            (0..length).map(at).collect()
        };
        OperationSeries {
            name: name.clone(),
            offered_per_s: bands(&|point, time| point.offered as f64 / width(time)),
            served_per_s: bands(&|point, time| point.served as f64 / width(time)),
            failed_per_s: bands(&|point, time| point.failed as f64 / width(time)),
            declined_per_s: bands(&|point, time| point.declined as f64 / width(time)),
            p50_s: bands(&|point, _| point.p50_secs),
            p95_s: bands(&|point, _| point.p95_secs),
            p99_s: bands(&|point, _| point.p99_secs),
        }
    });
    let added = plan.assembly.changing_stations();
    let stations = plan.assembly.stations.iter().enumerate().map(|(index, name)| {
        // What is added for a while has no use before and after.
        let used = |point: &crate::record::StationPoint| match added[index] && !point.is_there {
            true => f64::NAN,
            false => point.utilisation,
        };
        let bands = |value: &dyn Fn(&crate::record::StationPoint) -> f64| -> Vec<Band> {
            let at = |time: usize| {
                let points = runs.iter().filter_map(|run| run.series.stations[index].get(time));
                estimator.band(points.map(value))
            };
            (0..length).map(at).collect()
        };
        StationSeries { name: name.clone(), utilisation: bands(&used), queue: bands(&|point| point.queue) }
    });
    let in_flight = (0..length).map(|time| {
        estimator.band(runs.iter().filter_map(|run| run.series.in_flight.get(time)).map(|n| *n as f64))
    });
    Series {
        times_s: (0..length).map(end).collect(),
        operations: operations.collect(),
        stations: stations.collect(),
        observed: observed::series(&plan.assembly.observables, runs, length, &|samples| {
            estimator.band(samples.into_iter())
        }),
        in_flight: in_flight.collect(),
    }
}

/// Least number of requests that an objective on a measure needs: ten beyond the quantile.
fn least_count(measure: Measure) -> u64 {
    match measure {
        Measure::LatencyQuantile(p) => (10.0 / (1.0 - p).max(1e-6)).ceil() as u64,
        Measure::LatencyMean | Measure::FailedShare | Measure::Availability => 100,
    }
}

/// Judges an objective; runs that were cut short say nothing of what would have come.
fn judge(objective: &Objective, windows: &[WindowResults], complete: bool) -> ObjectiveResult {
    let operation = &windows[objective.window].operations[objective.operation];
    let measured = match objective.measure {
        Measure::LatencyQuantile(p) => operation.latency.map(|latency| match p {
            p if p <= 0.5 => latency.p50_s,
            p if p <= 0.95 => latency.p95_s,
            p if p <= 0.99 => latency.p99_s,
            _ => latency.p999_s,
        }),
        Measure::LatencyMean => operation.latency.map(|latency| latency.mean_s),
        Measure::FailedShare => Some(operation.failed_share),
        Measure::Availability => {
            let Estimate { mean, low, high, n, confidence } = operation.failed_share;
            Some(Estimate { mean: 1.0 - mean, low: 1.0 - high, high: 1.0 - low, n, confidence })
        }
    };
    let bound = match objective.comparison {
        Comparison::Below => Bound::Less,
        Comparison::AtMost => Bound::AtMost,
        Comparison::Above => Bound::Greater,
        Comparison::AtLeast => Bound::AtLeast,
    };
    let needed = least_count(objective.measure);
    let verdict = match measured {
        Some(estimate) if complete && operation.count >= needed => {
            Verdict::of(&estimate, bound, objective.bound, 2)
        }
        Some(_) | None => Verdict::Inconclusive,
    };
    ObjectiveResult { objective: objective.clone(), measured, verdict, count: (operation.count, needed) }
}

fn events(plan: &Plan, runs: &[RunSummary]) -> Vec<EventResult> {
    let mut found: Vec<(MilestoneKind, String, Vec<f64>)> = Vec::new();
    for run in runs {
        // Replicas share a name: the first of them counts, and milestones come in the order of time.
        let mut seen: Vec<(MilestoneKind, String)> = Vec::new();
        for milestone in &run.milestones {
            let index = milestone.subject as usize;
            let subject = match milestone.kind {
                MilestoneKind::QueueFull | MilestoneKind::LongWait => {
                    plan.assembly.stations.get(index).map(station_label)
                }
                MilestoneKind::FirstFailure(_) => {
                    plan.assembly.operations.get(index).map(|name| name.name.clone())
                }
            };
            let Some(subject) = subject else { continue };
            if seen.contains(&(milestone.kind, subject.clone())) {
                continue;
            }
            seen.push((milestone.kind, subject.clone()));
            let at = milestone.at.as_secs_f64();
            match found.iter_mut().find(|(kind, name, _)| *kind == milestone.kind && *name == subject) {
                Some((_, _, times)) => times.push(at),
                None => found.push((milestone.kind, subject, vec![at])),
            }
        }
    }
    let mut events: Vec<EventResult> = found
        .into_iter()
        .map(|(kind, subject, mut times)| {
            times.sort_by(f64::total_cmp);
            EventResult {
                kind,
                subject,
                runs: times.len() as u32,
                median_s: median_of(&times),
                first_s: times[0],
                last_s: times[times.len() - 1],
            }
        })
        .collect();
    events.sort_by(|a, b| a.median_s.total_cmp(&b.median_s).then_with(|| a.subject.cmp(&b.subject)));
    events
}

fn recovered(plan: &Plan, estimator: &Estimator, runs: &[RunSummary]) -> Option<RecoveryResult> {
    let wanted = plan.recovery.as_ref()?;
    let names = &plan.assembly.operations;
    let clients: Vec<usize> = (0..names.len()).filter(|index| names[*index].view == View::Client).collect();
    // The system has recovered when the last of its operations has.
    let times: Vec<Option<f64>> = runs
        .iter()
        .map(|run| {
            let times: Option<Vec<f64>> = clients.iter().map(|index| run.recovered[*index]).collect();
            times.map(|times| times.into_iter().fold(0.0, f64::max))
        })
        .collect();
    let n = runs.len() as u32;
    let recovered = times.iter().flatten().count() as u32;
    let collapsed = runs.iter().filter(|run| run.collapsed).count() as u32;
    let by_operation = clients.iter().map(|index| {
        let count = runs.iter().filter(|run| run.recovered[*index].is_some()).count() as u32;
        (names[*index].clone(), count)
    });
    let within = wanted.within.map(|within| {
        let in_time = times.iter().flatten().filter(|time| **time <= within.as_secs_f64()).count() as u32;
        let cut_short = runs.iter().any(|run| run.ending != Ending::Completed);
        let verdict = match in_time == n {
            _ if cut_short || n < 2 => Verdict::Inconclusive,
            true => Verdict::Met,
            false => Verdict::Missed,
        };
        (within, in_time, verdict)
    });
    Some(RecoveryResult {
        within,
        probability: proportion_interval(recovered, n, estimator.confidence),
        recovered,
        time_s: (recovered > 0).then(|| estimator.positive(times.iter().flatten().copied())),
        collapse: proportion_interval(collapsed, n, estimator.confidence),
        collapsed,
        by_operation: by_operation.collect(),
    })
}

fn warnings(
    plan: &Plan,
    runs: &[RunSummary],
    windows: &[WindowResults],
    warm_up_found: Option<bool>,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let stopped = runs.iter().filter_map(|run| run.ending.cut_short());
    if let Some((first, limit)) = stopped.clone().min_by_key(|(at, _)| *at) {
        let first_s = first.as_secs_f64();
        warnings.push(Warning::LimitReached { runs: stopped.count() as u32, first_s, limit });
    }
    if runs.len() == 1 {
        warnings.push(Warning::SingleRun);
    }
    if warm_up_found == Some(false) {
        warnings.push(Warning::WarmUpUnreliable);
    }
    warnings.extend(late_in_calm(plan, runs));
    warnings.extend(never_began(plan, runs));
    for (w, window) in windows.iter().enumerate() {
        for (index, station) in window.stations.iter().enumerate() {
            if is_unstable(runs, w, index) {
                let (station, window) = (station_label(&station.name), window.name.clone());
                let warning = Warning::Unstable { station, window };
                if !warnings.contains(&warning) {
                    warnings.push(warning);
                }
            }
        }
        for operation in &window.operations {
            if operation.count == 0 && operation.name.view == View::Client {
                let (operation, window) = (operation.name.name.clone(), window.name.clone());
                warnings.push(Warning::NoRequests { operation, window });
            }
        }
    }
    warnings.extend(growing(plan, runs));
    warnings
}

/// Faults that follow what people end, in runs in which they did not begin.
fn never_began(plan: &Plan, runs: &[RunSummary]) -> Vec<Warning> {
    let faults = &plan.assembly.parts.faults;
    let followers = faults.iter().filter_map(|fault| Some((fault, faults.get(fault.follows?.fault)?)));
    let warning = |(fault, before): (&PlannedFault, &PlannedFault)| {
        let begins = |it: &Happening| it.kind == HappeningKind::FaultBegan && it.subject == fault.label;
        let runs = runs.iter().filter(|run| !run.happenings.iter().any(begins)).count() as u32;
        let (fault, after) = (fault.label.clone(), before.label.clone());
        (runs > 0).then_some(Warning::NeverBegan { fault, after, runs })
    };
    followers.filter_map(warning).collect()
}

/// Bounds on response times that are missed in calm too, in most runs.
fn late_in_calm(plan: &Plan, runs: &[RunSummary]) -> Vec<Warning> {
    let names = plan.assembly.operations.iter().enumerate();
    let clients = names.filter(|(_, name)| name.view == View::Client).enumerate();
    let bounds = plan.late_after();
    let warning = |(client, (index, name)): (usize, (usize, &crate::component::OperationName))| {
        let bound_s = bounds[index]?.as_secs_f64();
        let late = runs.iter().filter_map(|run| run.outcomes.as_ref()?.calm_late.get(client).copied());
        let late: Vec<f64> = late.collect();
        let missed = late.iter().filter(|late| **late > plan.late_allowed(index) + 1e-9).count();
        let mean = late.iter().sum::<f64>() / late.len().max(1) as f64;
        let operation = name.name.clone();
        (2 * missed > runs.len()).then_some(Warning::LateInCalm { operation, bound_s, late: mean })
    };
    clients.filter_map(warning).collect()
}

/// Replications after which the intervals of the main measures would be narrow enough: the mean response time
/// of every operation that clients ask for, in every window.
pub(super) fn worst_half_width(plan: &Plan, runs: &[RunSummary], options: &Options, wanted: f64) -> u32 {
    if runs.len() < 2 {
        return 2;
    }
    let estimator = Estimator { confidence: options.confidence };
    let windows = 0..plan.windows.len();
    let needs = windows.flat_map(|w| {
        let estimator = &estimator;
        plan.assembly.operations.iter().enumerate().filter_map(move |(index, name)| {
            let latencies = runs.iter().filter_map(|run| run.windows[w].operations[index].latency);
            let means: Vec<f64> = latencies.map(|latency| latency[0]).collect();
            (name.view == View::Client && means.len() > 1)
                .then(|| needed_replications(&estimator.of(means.into_iter()), wanted))
        })
    });
    needs.max().unwrap_or(0)
}
