//! What happened when: faults, alerts, notifications and steps.

use super::summary::Page;
use super::text::{INDENT, Tone, shortened};
use crate::experiment::TimelineResult;
use crate::record::HappeningKind;
use crate::report::numbers::time;

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
    while told.len() > ROWS {
        // The last of what matters least goes first.
        let least = told.iter().map(|(.., entry)| weight(entry.kind)).max();
        let last = told.iter().rposition(|(.., entry)| Some(weight(entry.kind)) == least);
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
        HappeningKind::AlertFiring => 2,
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
        HappeningKind::Acknowledged => format!("{subject} is taken on{}", more(" by ")),
        HappeningKind::Understood => format!("{subject} is understood"),
        HappeningKind::RuleFailed => format!("{subject} cannot be evaluated{}", more(": ")),
        HappeningKind::StepBegan => format!("{subject}: people begin"),
        HappeningKind::StepDone => format!("{subject}: done{}", more(": ")),
        HappeningKind::StepFailed => format!("{subject}: does not work{}", more(": ")),
    }
}
