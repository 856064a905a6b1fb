//! What happened when: faults, alerts, notifications and steps.

use super::summary::Page;
use super::text::{INDENT, Tone, shortened};
use crate::experiment::{Results, TimelineResult};
use crate::record::HappeningKind;
use crate::report::numbers::time;
use crate::scenario::Phase;

/// Rows at most.
const ROWS: usize = 16;

/// The table; nothing where nothing happened besides requests.
pub(super) fn blocks(page: &Page<'_>) -> Vec<Vec<String>> {
    let all = page.results.timeline.iter().filter(|entry| is_told(entry));
    let mut told: Vec<(f64, u32, &TimelineResult)> =
        all.filter_map(|entry| entry.told.map(|(at_s, place)| (at_s, place, entry))).collect();
    told.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    if told.is_empty() {
        return Vec::new();
    }
    let all = page.results.timeline.iter().filter(|entry| is_told(entry)).count();
    let stays = Stays::of(page.results);
    while told.len() > ROWS {
        // The last of what matters least goes first.
        let weighed = |(at_s, _, entry): &(f64, u32, &TimelineResult)| stays.weight(*at_s, entry);
        let least = told.iter().map(weighed).max();
        let last = told.iter().rposition(|entry| Some(weighed(entry)) == least);
        last.map(|last| told.remove(last));
    }
    let runs = page.results.replications;
    let which = match &page.results.outcomes {
        Some(outcomes) if runs > 1 => {
            format!("run {} of {runs}, the median one (earliest–latest of all runs)", outcomes.told_run + 1)
        }
        _ => "first times (earliest–latest of all runs)".to_owned(),
    };
    let title = format!("{:INDENT$}{:<12}{which}", "", "timeline");
    let mut lines = vec![page.paint.tone(&title, Tone::Faint)];
    for (at_s, _, entry) in &told {
        let share = if entry.runs == runs { String::new() } else { format!(", in {} of {runs}", entry.runs) };
        let spread = if entry.last_s - entry.first_s < 0.5 {
            String::new()
        } else {
            format!(" ({}–{})", time(entry.first_s), time(entry.last_s))
        };
        let line = format!("{:INDENT$}{:<12}{}{spread}{share}", "", time(*at_s), words(entry));
        lines.push(shortened(&line, page.width()));
    }
    if all > told.len() {
        lines.push(format!("{:INDENT$}and {} more in timeline.csv", "", all - told.len()));
    }
    vec![lines]
}

/// What is never left out: by what the incident was detected, and what mitigated it; with its beginning.
struct Stays<'r> {
    from_s: f64,
    /// The alert, when it told, and how.
    detected: Option<(&'r str, f64, HappeningKind)>,
    /// The step, and when it was done.
    mitigated: Option<(&'r str, f64)>,
}

impl<'r> Stays<'r> {
    fn of(results: &'r Results) -> Self {
        let outcomes = results.outcomes.as_ref();
        let from_s = outcomes.map_or(0.0, |outcomes| outcomes.from_s);
        let run = outcomes.and_then(|outcomes| outcomes.runs.get(outcomes.told_run));
        let is_told = outcomes.is_some_and(|outcomes| outcomes.is_told);
        let kind = if is_told { HappeningKind::Notified } else { HappeningKind::AlertFiring };
        let detected = run
            .and_then(|run| Some((run.detected_by.as_deref()?, from_s + run.phase_s(Phase::Detect)?, kind)));
        let mitigated = run.and_then(|run| run.mitigated_after.as_ref());
        Stays { from_s, detected, mitigated: mitigated.map(|(step, at_s)| (step.as_str(), *at_s)) }
    }

    /// The larger, the sooner it is left out; alerts before the incident are no news of it.
    fn weight(&self, at_s: f64, entry: &TimelineResult) -> u8 {
        let is = |name: &str, then_s: f64| entry.subject == name && (at_s - then_s).abs() < 1e-3;
        let detects = self.detected.is_some_and(|(name, at, kind)| entry.kind == kind && is(name, at));
        let mitigates =
            entry.kind == HappeningKind::StepDone && self.mitigated.is_some_and(|(name, at)| is(name, at));
        match weight(entry.kind) {
            _ if detects || mitigates => 0,
            told @ (ALERT..) if at_s < self.from_s => told + LEAST,
            other => 1 + other,
        }
    }
}

/// From here on it is alerts, and things of less weight.
const ALERT: u8 = 1;
/// Beyond all weights.
const LEAST: u8 = 8;

/// What is left out where there is no room for all: the larger, the sooner.
const fn weight(kind: HappeningKind) -> u8 {
    match kind {
        HappeningKind::FaultBegan
        | HappeningKind::FaultEnded
        | HappeningKind::FailedOver
        | HappeningKind::Acknowledged
        | HappeningKind::Understood
        | HappeningKind::RuleFailed
        | HappeningKind::StepDone
        | HappeningKind::StepFailed => 0,
        HappeningKind::Notified => 1,
        HappeningKind::AlertFiring | HappeningKind::Muted => 2,
        HappeningKind::StepBegan | HappeningKind::LeakSuspected => 3,
        HappeningKind::AlertResolved | HappeningKind::AlertPending => 4,
    }
}

/// An alert that is pending is worth its place only in the file.
fn is_told(entry: &TimelineResult) -> bool {
    entry.kind != HappeningKind::AlertPending
}

fn words(entry: &TimelineResult) -> String {
    let TimelineResult { kind, subject, detail, .. } = entry;
    let more = |before: &str| if detail.is_empty() { String::new() } else { format!("{before}{detail}") };
    match kind {
        HappeningKind::FaultBegan => format!("{subject} begins"),
        HappeningKind::FaultEnded => format!("{subject} ends"),
        HappeningKind::FailedOver => format!("a replica takes the place of {subject}"),
        HappeningKind::LeakSuspected => format!("{subject} suspects a leak{}", more(": ")),
        HappeningKind::AlertPending => format!("{subject} is pending"),
        HappeningKind::AlertFiring => format!("{subject} fires"),
        HappeningKind::AlertResolved => format!("{subject} is resolved"),
        HappeningKind::Notified => format!("{subject} is sent{}", more(" to ")),
        HappeningKind::Muted => format!("{subject} is muted{}", more(" by ")),
        HappeningKind::Acknowledged => format!("{subject} is taken on{}", more(" by ")),
        HappeningKind::Understood => format!("{subject} is understood"),
        HappeningKind::RuleFailed => format!("{subject} cannot be evaluated{}", more(": ")),
        HappeningKind::StepBegan => format!("{subject}: people begin"),
        HappeningKind::StepDone => format!("{subject}: done{}", more(": ")),
        HappeningKind::StepFailed => format!("{subject}: does not work{}", more(": ")),
    }
}
