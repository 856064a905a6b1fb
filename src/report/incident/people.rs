//! The bands of the timeline: what disturbed the system, what people did, and which alerts told them.

use super::words::Language;
use crate::experiment::{Outcomes, Results, TimelineResult};
use crate::record::HappeningKind;
use crate::scenario::Phase;

/// Rows at most: a picture of more is a table.
const ROWS: usize = 36;

/// A band with its marks.
pub(super) struct Row {
    pub(super) label: String,
    pub(super) class: &'static str,
    pub(super) bars: Vec<(f64, f64)>,
    pub(super) marks: Vec<f64>,
}

/// The run that is told.
struct Told<'r> {
    timeline: &'r [TimelineResult],
    end_s: f64,
    /// When its incident begins \[s]; the beginning of the run without one.
    from_s: f64,
    /// When somebody took an alert of it on, or else was told of one \[s].
    noticed_s: Option<f64>,
}

impl Told<'_> {
    /// When something first happened from a time on, whoever it was told to.
    fn first(&self, kind: HappeningKind, subject: &str, from: f64) -> Option<f64> {
        let all = self.timeline.iter().filter(|it| it.kind == kind && it.subject == subject);
        all.filter_map(|it| it.told).map(|(at_s, _)| at_s).filter(|at_s| *at_s >= from).reduce(f64::min)
    }

    /// The entries of a kind, in their order.
    fn all(&self, kind: HappeningKind) -> Vec<(f64, &str)> {
        let of = self.timeline.iter().filter(|it| it.kind == kind);
        let mut all: Vec<(f64, u32, &str)> =
            of.filter_map(|it| it.told.map(|(at_s, place)| (at_s, place, it.subject.as_str()))).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        all.into_iter().map(|(at_s, _, subject)| (at_s, subject)).collect()
    }

    /// A bar from something to the first of its ends, else to the end of the run.
    fn bar(&self, from: f64, subject: &str, ends: &[HappeningKind]) -> (f64, f64) {
        let ends = ends.iter().filter_map(|kind| self.first(*kind, subject, from));
        (from, ends.reduce(f64::min).unwrap_or(self.end_s))
    }

    fn marks(&self, subject: &str, from: f64, kinds: &[HappeningKind]) -> Vec<f64> {
        kinds.iter().filter_map(|kind| self.first(*kind, subject, from)).collect()
    }
}

/// Faults; people, by what they are about; steps; alerts of the incident; and in one row those that fired before it.
pub(super) fn rows(results: &Results, language: Language) -> Vec<Row> {
    let told = Told {
        timeline: &results.timeline,
        end_s: results.duration.as_secs_f64(),
        from_s: results.outcomes.as_ref().map_or(0.0, |outcomes| outcomes.from_s),
        noticed_s: results.outcomes.as_ref().and_then(noticed_s),
    };
    let row = |word: &str, subject: &str, class, bar, marks| Row {
        label: if subject.is_empty() { word.to_owned() } else { format!("{word}: {subject}") },
        class,
        bars: vec![bar],
        marks,
    };
    let mut rows = Vec::new();
    for (at_s, subject) in told.all(HappeningKind::FaultBegan) {
        let bar = told.bar(at_s, subject, &[HappeningKind::FaultEnded]);
        rows.push(row(language.of("fault", "장애"), subject, "fault", bar, Vec::new()));
    }
    for (at_s, subject) in told.all(HappeningKind::FailedOver) {
        rows.push(row(language.of("failover", "장애 조치"), subject, "bar", (at_s, at_s), vec![at_s]));
    }
    people(&told, language, &mut rows);
    let step = language.of("step", "조치");
    let mut steps = told.all(HappeningKind::StepBegan);
    let begun: Vec<&str> = steps.iter().map(|(_, subject)| *subject).collect();
    let done = told.all(HappeningKind::StepDone);
    steps.extend(done.into_iter().filter(|(_, subject)| !begun.contains(subject)));
    for (at_s, subject) in steps {
        // What people understand first is in a row of its own.
        let understood = told.all(HappeningKind::Understood).into_iter().map(|(at_s, _)| at_s);
        let (_, to) = told.bar(at_s, subject, &[HappeningKind::StepDone, HappeningKind::StepFailed]);
        let took_on = |at: &f64| told.all(HappeningKind::Acknowledged).iter().any(|(on, _)| on == at);
        let from = understood.filter(|at| took_on(&at_s) && *at > at_s && *at < to).fold(at_s, f64::max);
        let marks = told.marks(subject, at_s, &[HappeningKind::StepDone]);
        rows.push(row(step, subject, "bar", (from, to), marks));
    }
    let (mut before, mut early) = (Vec::new(), Vec::new());
    for (at_s, subject) in told.all(HappeningKind::AlertFiring) {
        let bar = told.bar(at_s, subject, &[HappeningKind::AlertResolved]);
        if at_s < told.from_s {
            before.push(bar);
            early.push(subject);
            continue;
        }
        let marks = told.marks(subject, at_s, &[HappeningKind::Notified, HappeningKind::Acknowledged]);
        rows.push(row(language.of("alert", "알림"), subject, "bar", bar, marks));
    }
    if !early.is_empty() {
        rows.truncate(ROWS - 1);
        let label = format!("{}: {}", language.of("false alarm", "오탐"), early.join(", "));
        rows.push(Row { label, class: "bar", bars: before, marks: Vec::new() });
    }
    rows.truncate(ROWS);
    rows
}

/// When people noticed the incident in the run that is told, as its times to acknowledge and to detect have it \[s].
fn noticed_s(outcomes: &Outcomes) -> Option<f64> {
    let run = outcomes.runs.get(outcomes.told_run)?;
    let told = run.phase_s(Phase::Detect).filter(|_| outcomes.is_told);
    run.phase_s(Phase::Acknowledge).or(told).map(|after| outcomes.from_s + after)
}

/// People who notice, and people who find out: from the beginning until an alert is taken on, and from there until it is
/// understood.
fn people(told: &Told<'_>, language: Language, rows: &mut Vec<Row>) {
    if let Some(noticed) = told.noticed_s {
        rows.push(Row {
            label: language.of("people: detect", "담당자: 탐지").to_owned(),
            class: "bar",
            bars: vec![(told.from_s, noticed)],
            marks: vec![noticed],
        });
    }
    let understood = told.all(HappeningKind::Understood);
    let bars: Vec<(f64, f64)> = understood
        .iter()
        .filter_map(|(to, subject)| {
            let taken_on =
                |from| told.first(HappeningKind::Acknowledged, subject, from).filter(|at_s| at_s <= to);
            taken_on(told.from_s).or_else(|| taken_on(0.0)).map(|from| (from, *to))
        })
        .collect();
    if !bars.is_empty() {
        let marks = bars.iter().map(|(_, to)| *to).collect();
        let label = language.of("people: identify", "담당자: 원인 파악").to_owned();
        rows.push(Row { label, class: "bar", bars, marks });
    }
}
