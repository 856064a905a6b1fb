//! What can be said of a scenario by itself: its durations, windows, objectives and limits.

mod claims;
mod recovery;
mod slos;

use std::collections::BTreeMap;

use super::bound::{self, Quantity};
use super::code::Code;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::follows::{Suspect, follows};
use super::gaps::Gaps;
use super::node::Node;
use super::plan::{Comparison, Measure, PlannedWarmUp, Recovery, Window};
use super::source::{Mark, Source, quoted};
use super::spec::{ObjectiveSpec, ScenarioSpec, WarmUp};
use super::words;
use crate::component::{Part, Place, Severity};
use crate::engine::Limits;
use crate::timeline;
use crate::timeline::runbook::TriggerSpec;
use crate::units::{Instant, Ratio, Span};

pub(super) use claims::{WantedClaim, span_words};
pub(super) use slos::WantedSlo;

/// The name of the window that is there without being written.
pub(super) const WHOLE: &str = "whole";
/// The window before the first fault.
const BEFORE: &str = "before";
pub(super) const MOST_REPLICATIONS: u32 = 10_000;
const MOST_POINTS: u64 = 1_000_000;
const MOST_IN_FLIGHT: u64 = 16_000_000;
const MOST_EVENTS: u64 = 100_000_000_000;
const MOST_ENTRIES: u64 = 1_000_000_000;

/// A scenario that makes sense by itself.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) warm_up: PlannedWarmUp,
    pub(super) windows: Vec<Window>,
    pub(super) recovery: Option<Recovery>,
    pub(super) objectives: Vec<Wanted>,
    pub(super) claims: Vec<WantedClaim>,
    pub(super) slos: Vec<WantedSlo>,
    pub(super) replications: u32,
    pub(super) interval: Span,
    pub(super) limits: Limits,
}

/// An objective whose operation is still a name.
#[derive(Debug)]
pub(super) struct Wanted {
    /// Its position in the file.
    pub(super) index: usize,
    pub(super) operation: String,
    pub(super) measure: Measure,
    pub(super) comparison: Comparison,
    pub(super) bound: f64,
    pub(super) window: usize,
    pub(super) text: String,
}

/// Where a scenario is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct From<'a> {
    /// What was read of it.
    pub(super) node: &'a Node,
    /// Its text.
    pub(super) source: &'a Source,
    /// What was left out of the files.
    pub(super) gaps: &'a BTreeMap<Part, Gaps>,
    /// Whether it has a runbook of which steps are left out: it is then judged as the whole is, whatever is left of it.
    pub(super) less: bool,
}

/// Checks a scenario by itself. What comes back is only to be used if no error was added.
pub(super) fn check(
    scenario: &ScenarioSpec,
    replications: Option<u32>,
    from: From<'_>,
    diagnostics: &mut Diagnostics,
) -> Checked {
    let mut checker = Checker { scenario, from, diagnostics };
    let interval = checker.times();
    checker.replications(replications);
    checker.limits();
    if scenario.load.is_empty() {
        let remedy = "add the operations that are asked for, like `load: {order.place: {rate: 120/s}}`";
        checker.report(&at("load"), Code::EmptyLoad, "there is no load: nothing would happen", remedy);
    }
    checker.faults();
    checker.runbook();
    let mut windows = checker.windows();
    if let (true, Some((first, last))) = (windows.is_empty(), checker.disturbed()) {
        windows = checker.windows_around(first, last);
    }
    let objectives = checker.objectives(&mut windows);
    let claims = checker.claims(&mut windows);
    let slos = checker.slos();
    checker.prices();
    let recovery = checker.recovery(&windows);
    if windows.is_empty() {
        windows.push(checker.whole());
    }
    Checked {
        warm_up: planned(scenario.warm_up),
        windows,
        recovery,
        objectives,
        claims,
        slos,
        replications: replications.unwrap_or(scenario.replications),
        interval,
        limits: Limits {
            in_flight: scenario.limits.in_flight,
            events: scenario.limits.events,
            at_once: scenario.limits.at_once,
            entries: scenario.limits.entries,
        },
    }
}

/// The interval for a run of this length: about 240 points, a round number of seconds.
pub(super) fn default_interval(duration: Span) -> Span {
    const SHORTEST: Span = Span::from_millis(100);
    let wanted = duration.as_nanos() / 240;
    let mut step = SHORTEST.as_nanos();
    loop {
        for factor in [1, 2, 5] {
            if step.saturating_mul(factor) >= wanted {
                return Span::from_nanos(step.saturating_mul(factor));
            }
        }
        step = step.saturating_mul(10);
    }
}

fn planned(warm_up: WarmUp) -> PlannedWarmUp {
    match warm_up {
        WarmUp::None => PlannedWarmUp::Stated(Span::ZERO),
        WarmUp::For(span) => PlannedWarmUp::Stated(span),
        WarmUp::Mser5 => PlannedWarmUp::Mser5,
    }
}

fn at(key: &str) -> Place {
    Place::default().key(key)
}

fn instant(span: Span) -> Instant {
    Instant::START + span
}

struct Checker<'a> {
    scenario: &'a ScenarioSpec,
    from: From<'a>,
    diagnostics: &'a mut Diagnostics,
}

impl Checker<'_> {
    fn report(&mut self, place: &Place, code: Code, cause: &str, remedy: &str) {
        self.tell(Severity::Error, place, code, cause, remedy);
    }

    /// Reports a name that nothing has.
    fn unknown(
        &mut self,
        place: &Place,
        (code, cause, remedy): (Code, &str, &str),
        name: &str,
        meant: Option<&str>,
    ) {
        if let Some((diagnostic, mark)) = self.diagnostic(Severity::Error, place, code, cause, remedy) {
            self.diagnostics.push(diagnostic.meaning(mark, name, meant));
        }
    }

    fn tell(&mut self, severity: Severity, place: &Place, code: Code, cause: &str, remedy: &str) {
        if let Some((diagnostic, _)) = self.diagnostic(severity, place, code, cause, remedy) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// A mistake with its place; nothing if it only follows from others, or no more are taken.
    fn diagnostic(
        &self,
        severity: Severity,
        place: &Place,
        code: Code,
        cause: &str,
        remedy: &str,
    ) -> Option<(Diagnostic, Mark)> {
        if !self.diagnostics.takes(severity) {
            return None;
        }
        let From { node, source, gaps, .. } = self.from;
        let suspect = Suspect {
            part: Part::Scenario,
            place: place.steps(),
            code: code.number(),
            severity,
            cause,
            remedy,
        };
        let mark = node.follow(place.steps()).mark();
        let diagnostic = || Diagnostic { severity, ..Diagnostic::at(source, mark, code, cause, remedy) };
        (!follows(suspect, node, gaps)).then(|| (diagnostic(), mark))
    }

    /// Whether the duration could not be read: nothing is too long then.
    fn is_endless(&self) -> bool {
        self.from.gaps.get(&Part::Scenario).is_some_and(|gaps| gaps.stands_in("duration"))
    }

    fn times(&mut self) -> Span {
        let duration = self.scenario.duration;
        if duration.is_zero() {
            let remedy = "say how long to simulate, like `duration: 60m`";
            self.report(&at("duration"), Code::ZeroDuration, "the duration is zero", remedy);
        }
        if let WarmUp::For(warm_up) = self.scenario.warm_up
            && !duration.is_zero()
            && warm_up >= duration
        {
            let cause = format!("the warm-up of {warm_up} leaves nothing of a run of {duration}");
            let remedy = "make `duration` longer than `warm-up`";
            self.report(&at("warm-up").key("for"), Code::WarmUp, &cause, remedy);
        }
        let Some(interval) = self.scenario.interval else { return default_interval(duration) };
        let good = default_interval(duration);
        let told = if interval.is_zero() {
            Some("the interval is zero".to_owned())
        } else if interval > duration && !duration.is_zero() {
            Some(format!("an interval of {interval} is longer than the run of {duration}"))
        } else if !self.is_endless() && duration.as_nanos() / interval.as_nanos() > MOST_POINTS {
            let points = duration.as_nanos() / interval.as_nanos();
            Some(format!(
                "an interval of {interval} cuts the run into {points} points, more than {MOST_POINTS}"
            ))
        } else {
            None
        };
        if let Some(cause) = told {
            let remedy = match self.is_endless() {
                true => "leave it out, or write a time, like `10s`".to_owned(),
                false => format!("leave it out for `{good}`, or write a length between"),
            };
            self.report(&at("interval"), Code::Interval, &cause, &remedy);
        }
        interval
    }

    fn replications(&mut self, overridden: Option<u32>) {
        let remedy = format!("write a number from 1 to {MOST_REPLICATIONS}; 20 is a good start");
        let number = overridden.unwrap_or(self.scenario.replications);
        let cause = format!("{number} replications cannot be run");
        if (1..=MOST_REPLICATIONS).contains(&number) {
            return;
        }
        if overridden.is_some() {
            self.diagnostics.push(Diagnostic::of_file("--replications", Code::Replications, &cause, &remedy));
        } else {
            self.report(&at("replications"), Code::Replications, &cause, &remedy);
        }
    }

    fn limits(&mut self) {
        let limits = self.scenario.limits;
        for (key, of, limit, most) in [
            ("in-flight", "requests in flight", u64::from(limits.in_flight), MOST_IN_FLIGHT),
            ("events", "events", limits.events, MOST_EVENTS),
            ("at-once", "events at one instant", limits.at_once, MOST_EVENTS),
            ("entries", "entries", limits.entries, MOST_ENTRIES),
        ] {
            if !(1..=most).contains(&limit) {
                let cause = format!("a limit of {limit} {of} cannot be kept");
                let remedy = format!("write a number from 1 to {most}");
                self.report(&at("limits").key(key), Code::Limit, &cause, &remedy);
            }
        }
    }

    fn whole(&self) -> Window {
        let from = match self.scenario.warm_up {
            WarmUp::For(span) => instant(span),
            WarmUp::None | WarmUp::Mser5 => Instant::START,
        };
        Window { name: WHOLE.to_owned(), from, to: instant(self.scenario.duration), implied: true }
    }

    /// The window of the whole run, which is added if it is not there.
    fn whole_window(&self, windows: &mut Vec<Window>) -> usize {
        windows.iter().position(|window| window.implied).unwrap_or_else(|| {
            windows.push(self.whole());
            windows.len() - 1
        })
    }

    fn windows(&mut self) -> Vec<Window> {
        let end = self.scenario.duration;
        let mut windows = Vec::new();
        for (name, spec) in &self.scenario.windows {
            let place = at("windows").key(name);
            if name == WHOLE {
                let cause = format!("`{WHOLE}` is the name of the run after its warm-up");
                self.report(&place, Code::ReservedWindow, &cause, "give the window another name");
            }
            let to = spec.to.unwrap_or(end);
            if end.is_zero() {
                // Nothing fits into a run of no length, which is told already.
            } else if to > end {
                let cause = format!("the window ends at {to}, after the run of {end}");
                let remedy =
                    "let it end earlier, leave `to` out for the end of the run, or make `duration` longer";
                self.report(&place.key("to"), Code::WindowBounds, &cause, remedy);
            } else if spec.from >= to {
                let cause = match spec.to {
                    Some(to) => format!("the window starts at {} and ends at {to}", spec.from),
                    None => format!("the window starts at {}, when the run of {end} is over", spec.from),
                };
                self.report(
                    &place.key("from"),
                    Code::WindowBounds,
                    &cause,
                    "let it start earlier than it ends",
                );
            }
            if let WarmUp::For(warm_up) = self.scenario.warm_up
                && to <= warm_up
                && spec.from < to
            {
                let cause = format!("the window ends at {to}, when the warm-up of {warm_up} is not over");
                let remedy = "let it end later, or shorten `warm-up`";
                self.tell(Severity::Warning, &place.key("to"), Code::WindowInWarmUp, &cause, remedy);
            }
            let (from, to) = (instant(spec.from), instant(to));
            windows.push(Window { name: name.clone(), from, to, implied: false });
        }
        windows
    }

    fn unknown_window(&mut self, place: &Place, name: &str) {
        if self.diagnostics.full() {
            return;
        }
        let implied = ["before".to_owned(), "fault".to_owned(), "after".to_owned()];
        let faulty = self.scenario.windows.is_empty() && !self.scenario.faults.is_empty();
        let names: Vec<&String> =
            if faulty { implied.iter().collect() } else { self.scenario.windows.keys().collect() };
        let meant = words::nearest(name, &names);
        let remedy = match meant {
            Some(near) => format!("did you mean `{near}`? windows: {}", words::listed(&names)),
            None if names.is_empty() => {
                format!("describe it, like `windows: {{{}: {{from: 10m, to: 30m}}}}`", words::plain(name))
            }
            None => format!("windows: {}", words::listed(&names)),
        };
        let cause = format!("there is no window {}", quoted(name));
        self.unknown(place, (Code::UnknownWindow, &cause, &remedy), name, meant);
    }

    /// When the first fault begins and the last one ends, within the run.
    fn disturbed(&self) -> Option<(Span, Span)> {
        let end = self.scenario.duration;
        let times: Vec<(Span, Span)> = timeline::times(&self.scenario.faults)
            .into_iter()
            .flatten()
            .map(|(from, to)| {
                let since_start = |at: Instant| at.since(Instant::START);
                (since_start(from), to.map_or(end, since_start).min(end))
            })
            .collect();
        let first = times.iter().map(|(from, _)| *from).min()?;
        let last = times.iter().map(|(_, to)| *to).max()?;
        Some((first, last))
    }

    /// The windows of a scenario with faults that writes none.
    fn windows_around(&self, first: Span, last: Span) -> Vec<Window> {
        let end = self.scenario.duration;
        let calm = match self.scenario.warm_up {
            WarmUp::For(span) => span,
            WarmUp::None | WarmUp::Mser5 => Span::ZERO,
        };
        [(BEFORE, calm, first), ("fault", first, last), ("after", last, end)]
            .into_iter()
            .filter(|(_, from, to)| from < to && *to <= end)
            .map(|(name, from, to)| Window {
                name: name.to_owned(),
                from: instant(from),
                to: instant(to),
                implied: false,
            })
            .collect()
    }

    /// Faults have to happen within the run.
    fn faults(&mut self) {
        let end = self.scenario.duration;
        for (index, times) in timeline::times(&self.scenario.faults).into_iter().enumerate() {
            let place = at("faults").index(index);
            let fault = &self.scenario.faults[index];
            // What cannot be whenever the fault begins is told even if nobody knows when.
            let begins = fault.at.map(instant).unwrap_or_default();
            let (from, to) =
                times.unwrap_or_else(|_| (begins, fault.lasts.map(|lasts| Instant::START + lasts)));
            let key = if fault.at.is_some() { "at" } else { "after" };
            if end.is_zero() {
                continue;
            }
            if from.since(Instant::START) >= end {
                let cause = format!("the fault begins at {from}, when the run of {end} is over");
                self.report(
                    &place.key(key),
                    Code::Fault,
                    &cause,
                    "let it begin earlier, or make `duration` longer",
                );
            } else if to.is_some_and(|to| to.since(Instant::START) > end) {
                let cause = format!("the fault lasts longer than the run of {end}");
                let remedy = "leave `for` out for a fault that lasts to the end, or make `duration` longer";
                self.report(&place.key("for"), Code::Fault, &cause, remedy);
            }
        }
    }

    /// Steps that begin at a time have to begin within the run.
    fn runbook(&mut self) {
        let end = self.scenario.duration;
        for (index, step) in self.scenario.runbook.iter().enumerate() {
            if let Some(TriggerSpec::At(begins)) = step.when
                && begins >= end
                && !end.is_zero()
            {
                let place = at("runbook").index(index).key("when").key("at");
                let cause = format!("the step begins at {begins}, when the run of {end} is over");
                let remedy = "let it begin earlier, or make `duration` longer";
                self.report(&place, Code::Runbook, &cause, remedy);
            }
        }
    }

    /// Reads the objectives; the first one without a window brings the window of the whole run.
    fn objectives(&mut self, windows: &mut Vec<Window>) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for (index, spec) in self.scenario.objectives.iter().enumerate() {
            let place = at("objectives").index(index);
            if !self.scenario.load.is_empty() && !self.scenario.load.contains_key(&spec.operation) {
                self.unknown_operation(&place.key("operation"), &spec.operation);
            }
            let window = match spec.during.as_ref().filter(|name| *name != WHOLE) {
                Some(name) => windows.iter().position(|window| window.name == *name && !window.implied),
                None => Some(self.whole_window(windows)),
            };
            if let (None, Some(name)) = (window, &spec.during) {
                self.unknown_window(&place.key("during"), name);
            }
            let bounds = self.bounds(spec, &place);
            let Some(window) = window else { continue };
            let during = spec.during.as_ref().map_or(String::new(), |name| format!(" during {name}"));
            for (measure, comparison, bound, said) in bounds {
                let text = format!("{} {said}{during}", spec.operation);
                let operation = spec.operation.clone();
                wanted.push(Wanted { index, operation, measure, comparison, bound, window, text });
            }
        }
        wanted
    }

    /// Reads the bounds of an objective: each is judged by itself.
    fn bounds(&mut self, spec: &ObjectiveSpec, place: &Place) -> Vec<(Measure, Comparison, f64, String)> {
        let texts = [
            ("p50", &spec.p50, Measure::LatencyQuantile(0.5), Quantity::Time),
            ("p95", &spec.p95, Measure::LatencyQuantile(0.95), Quantity::Time),
            ("p99", &spec.p99, Measure::LatencyQuantile(0.99), Quantity::Time),
            ("mean", &spec.mean, Measure::LatencyMean, Quantity::Time),
            ("failed", &spec.failed, Measure::FailedShare, Quantity::Share),
        ];
        let mut bounds = Vec::new();
        let mut any = false;
        for (key, text, measure, quantity) in texts {
            let Some(text) = text else { continue };
            any = true;
            match bound::read(text, quantity) {
                Ok((comparison, value)) => {
                    bounds.push((measure, comparison, value, format!("{key} {}", text.trim())));
                }
                Err((cause, remedy)) => self.report(&place.key(key), Code::Bound, &cause, &remedy),
            }
        }
        if let Some(share) = spec.availability {
            any = true;
            if share > Ratio::ONE || share == Ratio::ZERO {
                let never = if share == Ratio::ZERO { "missed" } else { "met" };
                let cause = format!("an availability of {share} can never be {never}");
                self.report(&place.key("availability"), Code::Bound, &cause, "write a share like `99.9%`");
            }
            let said = format!("availability {share}");
            bounds.push((Measure::Availability, Comparison::AtLeast, share.as_fraction(), said));
        }
        if !any {
            let remedy = "add one or more of `p50`, `p95`, `p99`, `mean`, `failed`, `availability`, like `p95: \"< 200ms\"`";
            self.report(&place.key("operation"), Code::NoBound, "the objective bounds nothing", remedy);
        }
        bounds
    }

    fn unknown_operation(&mut self, place: &Place, name: &str) {
        if self.diagnostics.full() {
            return;
        }
        let loaded: Vec<&String> = self.scenario.load.keys().collect();
        let meant = words::nearest(name, &loaded);
        let remedy = match meant {
            Some(near) => format!("did you mean `{near}`? with load: {}", words::listed(&loaded)),
            None => format!("add it to `load`, or name one of {}", words::listed(&loaded)),
        };
        let cause = format!("{} has no load from clients", quoted(name));
        self.unknown(place, (Code::UnknownOperation, &cause, &remedy), name, meant);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_a_round_number() {
        for (duration, interval) in [
            ("1s", "100ms"),
            ("60s", "500ms"),
            ("10m", "5s"),
            ("60m", "20s"),
            ("24h", "500s"),
            ("0s", "100ms"),
        ] {
            let duration: Span = duration.parse().unwrap();
            assert_eq!(default_interval(duration), interval.parse().unwrap(), "of {duration}");
        }
        assert!(default_interval(Span::MAX) > Span::from_secs(1));
    }
}
