//! What followed from what in an incident, each link with its times over the runs and its evidence.

use std::collections::BTreeMap;

use super::onsets::{Names, Onset, OnsetKind, SeenRun, onsets};
use super::results::{EffectResult, TimelineResult, WindowResults};
use super::summary::station_label;
use crate::record::{Cause, HappeningKind};
use crate::stats::median_of;
use crate::timeline::runbook::{ActionSpec, PlannedStep};

/// One link of the chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// When: the median over the runs in which it came about \[s]; of symptoms and shortages, of the beginnings of the
    /// intervals that first show them, or of a fault or step in these.
    pub at_s: f64,
    /// The earliest of those \[s].
    pub first_s: f64,
    /// The latest \[s].
    pub last_s: f64,
    /// Runs in which it came about.
    pub runs: u32,
    /// When in the run that is told \[s]; `None` if it did not come about there.
    pub told_s: Option<f64>,
    /// What.
    pub fact: LinkFact,
}

/// What a link says.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkFact {
    /// A fault, alert, person or step.
    Happened {
        /// What.
        kind: HappeningKind,
        /// To whom.
        subject: String,
        /// More about it, such as what a step does.
        detail: String,
    },
    /// A cache server evicts entries.
    Evicts {
        /// The cache server.
        cache: String,
        /// How many before [1/s].
        before: f64,
        /// The most of an interval from then on to the next fault [1/s].
        most: f64,
    },
    /// What must not come about does, beyond calm.
    Effect {
        /// The effect.
        effect: String,
        /// How much more often than calm explains, from the beginning of the incident to the end of the run: the mean over all
        /// runs.
        count: f64,
        /// Whether it counts entries that a cache lost.
        is_loss: bool,
    },
    /// Fewer look-ups of a cache server find their entry.
    Misses {
        /// The cache server.
        cache: String,
        /// Share that did before.
        before: f64,
        /// Share that does; NaN where none is answered any more, in most of the runs.
        now: f64,
        /// Whether any are sent.
        is_asked: bool,
    },
    /// A station has none free, or somebody waits for it.
    Saturated {
        /// The station.
        station: String,
        /// Share in use before.
        before: f64,
        /// The largest share of an interval from then on to the next fault.
        used: f64,
        /// The most that wait from then on to the next fault, at one replica.
        waiting: f64,
    },
    /// Requests of an operation fail.
    Fails {
        /// The operation.
        operation: String,
        /// The largest share of an interval from then on to the next fault.
        most: f64,
        /// Why most of them do, if it is known, and what those were answered with; empty if nobody answered.
        cause: Option<(Cause, String)>,
    },
    /// Requests of an operation take long.
    Slow {
        /// The operation.
        operation: String,
        /// The 95th percentile before \[s].
        before_s: f64,
        /// The largest of an interval from then on to the next fault \[s].
        most_s: f64,
    },
    /// An operation that had left its bounds of recovery is within them from then on, see decision 0007.
    Back {
        /// The operation.
        operation: String,
    },
}

/// What a chain is read from.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) names: Names<'a>,
    pub(super) runs: &'a [SeenRun<'a>],
    pub(super) windows: &'a [WindowResults],
    pub(super) timeline: &'a [TimelineResult],
    /// Business effects.
    pub(super) effects: &'a [EffectResult],
    /// What people may do.
    pub(super) steps: &'a [PlannedStep],
    /// The run that is told.
    pub(super) told_run: usize,
}

/// What began in some runs.
#[derive(Debug, Default)]
struct Began {
    /// When in the run that is told \[s].
    told_s: Option<f64>,
    onsets: Vec<Onset>,
}

/// A chance event of few runs is no link: at least one run in so many has to show it.
pub(super) const ONE_IN: usize = 4;

/// The chain of an incident, in the order of the run that is told, so that no cause comes after what it does; then what only
/// other runs saw, in the order of time.
pub(super) fn chain(seen: &Seen<'_>) -> Vec<Link> {
    let told = |entry: &&TimelineResult| {
        entry.median_s >= seen.names.from_s - 1e-9
            && !matches!(entry.kind, HappeningKind::AlertPending | HappeningKind::RuleFailed)
    };
    let mut entries: Vec<&TimelineResult> = seen.timeline.iter().filter(told).collect();
    entries.sort_by_key(|entry| entry.told.map(|(_, place)| place));
    let happened = entries.into_iter().map(|entry| Link {
        told_s: entry.told.map(|(at_s, _)| at_s),
        at_s: entry.median_s,
        first_s: entry.first_s,
        last_s: entry.last_s,
        runs: entry.runs,
        fact: LinkFact::Happened {
            kind: entry.kind,
            subject: entry.subject.clone(),
            detail: entry.detail.clone(),
        },
    });
    let mut links: Vec<Link> = happened.collect();
    let mut found: BTreeMap<(OnsetKind, usize, usize), Began> = BTreeMap::new();
    for (run, seen_run) in seen.runs.iter().enumerate() {
        for onset in onsets(&seen.names, *seen_run) {
            let began = found.entry((onset.kind, onset.index, onset.stretch)).or_default();
            began.told_s = began.told_s.or((run == seen.told_run).then_some(onset.at_s));
            began.onsets.push(onset);
        }
    }
    let found = found.iter().filter(|(_, began)| began.onsets.len() * ONE_IN >= seen.runs.len());
    links.extend(found.map(|((kind, index, _), began)| seen.link(*kind, *index, began)));
    // Stable: at one time, causes come before what they do.
    let when = |link: &Link| (link.told_s.is_none(), link.told_s.unwrap_or(link.at_s));
    links.sort_by(|a, b| when(a).0.cmp(&when(b).0).then(when(a).1.total_cmp(&when(b).1)));
    links
}

impl Seen<'_> {
    /// A link of what began in so many runs.
    fn link(&self, kind: OnsetKind, index: usize, began: &Began) -> Link {
        let onsets = &began.onsets;
        let over = |value: &dyn Fn(&Onset) -> f64| {
            let mut values: Vec<f64> = onsets.iter().map(value).filter(|value| value.is_finite()).collect();
            values.sort_by(f64::total_cmp);
            (median_of(&values), values.first().copied(), values.last().copied())
        };
        let (at_s, first_s, last_s) = over(&|onset| onset.at_s);
        let evidence = |which: usize| over(&|onset| onset.evidence[which]).0;
        let operation = || self.names.operations[index].name.clone();
        let fact = match kind {
            OnsetKind::Evicts => LinkFact::Evicts {
                cache: self.names.observables[index].component.clone(),
                before: evidence(0),
                most: evidence(1),
            },
            OnsetKind::Loses | OnsetKind::Harms => LinkFact::Effect {
                effect: self.effects[index].name.clone(),
                count: self.effects[index].beyond.map_or(f64::NAN, |beyond| beyond.count.mean),
                is_loss: kind == OnsetKind::Loses,
            },
            OnsetKind::Misses => LinkFact::Misses {
                cache: self.names.observables[index].component.clone(),
                before: evidence(0),
                now: match 2 * onsets.iter().filter(|onset| onset.evidence[1].is_nan()).count() > onsets.len()
                {
                    true => f64::NAN,
                    false => evidence(1),
                },
                is_asked: evidence(2) > 0.0,
            },
            OnsetKind::Short => LinkFact::Saturated {
                station: station_label(&self.names.stations[index]),
                before: evidence(0),
                used: evidence(1),
                waiting: evidence(2),
            },
            OnsetKind::Fails => {
                LinkFact::Fails { operation: operation(), most: evidence(0), cause: self.cause(index, at_s) }
            }
            OnsetKind::Slow => {
                LinkFact::Slow { operation: operation(), before_s: evidence(0), most_s: evidence(1) }
            }
            OnsetKind::Back => LinkFact::Back { operation: operation() },
        };
        Link {
            told_s: began.told_s,
            at_s,
            first_s: first_s.unwrap_or(at_s),
            last_s: last_s.unwrap_or(at_s),
            runs: onsets.len() as u32,
            fact,
        }
    }

    /// Why most requests of an operation failed that fail from a time on, in the window in which most did \[s].
    fn cause(&self, operation: usize, at_s: f64) -> Option<(Cause, String)> {
        // What failed before people paused it does not do so for that: it is told with what they did.
        let is_paused = self.is_paused(operation, at_s);
        let of = |window: &WindowResults| {
            let of = &window.operations[operation];
            let paused = of.causes.iter().find(|(cause, _)| *cause == Cause::Paused);
            let paused = paused.map_or(0.0, |(_, share)| share.mean);
            if is_paused { paused } else { of.failed_share.mean - paused }
        };
        // What fails now and then in calm does so for something else.
        let (incident, calm): (Vec<_>, Vec<_>) =
            self.windows.iter().partition(|window| window.to.as_secs_f64() > self.names.from_s + 1e-9);
        let usual = calm.into_iter().map(of).fold(0.0, f64::max);
        let windows = incident.into_iter().filter(|window| of(window) > usual);
        let worst = windows.max_by(|a, b| of(a).total_cmp(&of(b)))?;
        let worst = &worst.operations[operation];
        let is_told = |cause: &Cause| cause.is_failure() && (*cause == Cause::Paused) == is_paused;
        let cause = worst.causes.iter().map(|(cause, _)| *cause).find(is_told)?;
        Some((cause, worst.statuses.text(cause)))
    }

    /// Whether people had paused an operation by a time, or did so in the interval from then on \[s].
    fn is_paused(&self, operation: usize, at_s: f64) -> bool {
        let name = &self.names.operations[operation].name;
        let pauses =
            |step: &PlannedStep| matches!(&step.written, Some(ActionSpec::Pause(paused)) if paused == name);
        let done = |step: &PlannedStep| {
            self.timeline.iter().any(|it| {
                it.kind == HappeningKind::StepDone
                    && it.subject == step.name
                    && it.median_s < at_s + self.names.interval_s
            })
        };
        self.steps.iter().any(|step| pauses(step) && done(step))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::{OperationName, View};
    use crate::record::{SeriesPoint, SeriesRecord};

    /// A run of 10 s intervals in which everything fails from an interval on, for three intervals.
    fn run(from: usize) -> SeriesRecord {
        let point = |index: usize| {
            let failed = if (from..from + 3).contains(&index) { 100 } else { 0 };
            SeriesPoint {
                offered: 100,
                served: 100 - failed,
                failed,
                p95_secs: 0.1,
                ..SeriesPoint::default()
            }
        };
        SeriesRecord { operations: vec![(0..20).map(point).collect()], ..SeriesRecord::default() }
    }

    #[test]
    fn a_link_is_the_median_of_the_runs_with_the_earliest_and_the_latest() {
        let series = [run(3), run(5), run(6), run(10), run(30)];
        let back_s = [[60.0], [80.0], [90.0], [130.0], [f64::NAN]];
        let seen = |(series, back_s)| SeenRun { series, observed: &[], back_s, happenings: &[] };
        let runs: Vec<SeenRun<'_>> =
            series.iter().zip(back_s.iter().map(<[f64; 1]>::as_slice)).map(seen).collect();
        let operations = [OperationName { name: "a".to_owned(), view: View::Client }];
        let names = Names {
            operations: &operations,
            stations: &[],
            observables: &[],
            interval_s: 10.0,
            calm: &(0..3),
            from_s: 30.0,
            harms: &[],
        };
        let seen =
            Seen { names, runs: &runs, windows: &[], timeline: &[], effects: &[], steps: &[], told_run: 1 };
        let found = chain(&seen);
        let fails = LinkFact::Fails { operation: "a".to_owned(), most: 1.0, cause: None };
        let back = LinkFact::Back { operation: "a".to_owned() };
        assert_eq!(
            found,
            [
                Link { told_s: Some(50.0), at_s: 55.0, first_s: 30.0, last_s: 100.0, runs: 4, fact: fails },
                Link { told_s: Some(80.0), at_s: 85.0, first_s: 60.0, last_s: 130.0, runs: 4, fact: back },
            ]
        );
        // What the run that is told did not see comes last, however early others saw it.
        let early = chain(&Seen { told_run: 4, ..seen });
        assert_eq!(early.iter().map(|link| link.told_s).collect::<Vec<_>>(), [None, None]);
        // What one run in five shows is chance.
        let (mut alone, usual) = (vec![runs[0]], runs[4]);
        alone.extend([usual; 4]);
        assert_eq!(chain(&Seen { runs: &alone, ..seen }), []);
    }

    #[test]
    fn a_cache_that_nobody_asks_in_most_runs_is_not_asked() {
        use crate::component::{Metric, ObservableName};
        let observables =
            [ObservableName { component: "main".to_owned(), part: String::new(), metric: Metric::Hits }];
        let names = Names {
            operations: &[],
            stations: &[],
            observables: &observables,
            interval_s: 10.0,
            calm: &(0..3),
            from_s: 30.0,
            harms: &[],
        };
        let seen =
            Seen { names, runs: &[], windows: &[], timeline: &[], effects: &[], steps: &[], told_run: 1 };
        let onset = |now: f64| Onset {
            kind: OnsetKind::Misses,
            index: 0,
            at_s: 30.0,
            part: None,
            evidence: [0.9, now, f64::NAN],
            stretch: 0,
        };
        let now = |onsets: &[Onset]| match seen
            .link(OnsetKind::Misses, 0, &Began { told_s: None, onsets: onsets.to_vec() })
            .fact
        {
            LinkFact::Misses { now, .. } => now,
            _ => 2.0,
        };
        assert!(now(&[onset(f64::NAN), onset(0.1), onset(f64::NAN)]).is_nan());
        assert_eq!(now(&[onset(f64::NAN), onset(0.1), onset(0.1)]), 0.1);
    }
}
