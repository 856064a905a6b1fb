//! What was asked for and how it came out, what to know, and where to look next.

use super::summary::Page;
use super::text::{INDENT, LABEL, Paint, Tone, labelled, shortened, width, wrapped};
use crate::experiment::ObjectiveResult;
use crate::report::numbers::{availability_range, number_shown, percent_range, time_range, whole};
use crate::report::warnings::warning_text;
use crate::scenario::Measure;
use crate::stats::Verdict;

/// Met objectives shown at most; missed and undecided ones are all shown.
const MET: usize = 5;
/// Warnings shown at most.
const WARNINGS: usize = 6;

/// Objectives, effects, warnings and assumptions.
pub(super) fn judgement(page: &Page<'_>) -> Vec<String> {
    [objectives(page), effects(page), warnings(page), assumed(page)].concat()
}

/// The output folder, and the command to look at next.
pub(super) fn next(page: &Page<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(folder) = &page.options.output_folder {
        let folder = if folder.ends_with('/') { folder.clone() } else { format!("{folder}/") };
        let line = format!("{:INDENT$}{folder}   {}", "", page.options.outputs.join(" · "));
        lines.push(shortened(line.trim_end(), page.width()));
    }
    if let Some(command) = &page.options.next {
        lines.push(format!("{:INDENT$}next: {command}", ""));
    }
    lines
}

fn objectives(page: &Page<'_>) -> Vec<String> {
    let order = |verdict: Verdict| match verdict {
        Verdict::Missed => 0,
        Verdict::Inconclusive => 1,
        Verdict::Met => 2,
    };
    let mut sorted: Vec<&ObjectiveResult> = page.results.objectives.iter().collect();
    sorted.sort_by_key(|result| order(result.verdict));
    let met = sorted.iter().filter(|result| result.verdict == Verdict::Met).count();
    let hidden = if met > MET { met - (MET - 1) } else { 0 };
    sorted.truncate(sorted.len() - hidden);
    let widest = sorted.iter().map(|result| width(&result.objective.text)).max().unwrap_or(0);
    // Room for a measured value with its interval.
    let text_width = widest.min(page.width().saturating_sub(LABEL + 2 + 3 + 30));
    let mut lines = Vec::new();
    if let Some((within, runs, verdict)) = page.results.recovery.as_ref().and_then(|it| it.within) {
        let (sign, tone) = signed(verdict);
        let start = label("objectives", true, page.paint);
        let text = format!("every run recovers within {within}");
        let of = page.results.replications;
        lines.push(format!("{start}{} {text:<text_width$}   {runs} of {of} do", page.paint.tone(sign, tone)));
    }
    for result in sorted {
        let (sign, tone) = signed(result.verdict);
        let sign = page.paint.tone(sign, tone);
        let text = &result.objective.text;
        let start = label("objectives", lines.is_empty(), page.paint);
        let measured = measured(result);
        let room = page.width() - LABEL - 2;
        if width(text) > text_width || width(&measured) > room - text_width - 3 {
            let mut below = wrapped(text, room).into_iter();
            lines.push(format!("{start}{sign} {}", below.next().unwrap_or_default()));
            lines.extend(below.map(|line| format!("{:1$}{line}", "", LABEL + 2)));
            lines.push(format!("{:1$}{2}", "", LABEL + 2, shortened(&measured, room)));
        } else {
            lines.push(format!("{start}{sign} {text:<text_width$}   {measured}"));
        }
    }
    if hidden > 0 {
        lines.push(format!("{:1$}✓ and {hidden} more that are met, in summary.csv", "", LABEL));
    }
    lines
}

/// The sign of a verdict.
fn signed(verdict: Verdict) -> (&'static str, Tone) {
    match verdict {
        Verdict::Met => ("✓", Tone::Good),
        Verdict::Missed => ("✗", Tone::Bad),
        Verdict::Inconclusive => ("?", Tone::Unsure),
    }
}

fn measured(result: &ObjectiveResult) -> String {
    let (count, needed) = result.count;
    let value = result.measured.map(|measured| match result.objective.measure {
        Measure::LatencyQuantile(_) | Measure::LatencyMean => time_range(measured),
        Measure::FailedShare => percent_range(measured),
        Measure::Availability => availability_range(measured),
    });
    match (value, result.verdict) {
        (_, Verdict::Inconclusive) if count < needed => {
            format!("too few requests ({} of {} needed)", whole(count), whole(needed))
        }
        (Some(value), Verdict::Inconclusive) => format!("{value}: too close to tell"),
        (Some(value), Verdict::Met | Verdict::Missed) => value,
        (None, _) => "no data".to_owned(),
    }
}

fn effects(page: &Page<'_>) -> Vec<String> {
    let listed: Vec<String> = page
        .results
        .effects
        .iter()
        .map(|effect| format!("{} {}", effect.name, number_shown(effect.count).joined()))
        .collect();
    if listed.is_empty() {
        return Vec::new();
    }
    labelled("effects", &format!("{} per run", listed.join(", ")), page.width(), page.paint)
}

fn warnings(page: &Page<'_>) -> Vec<String> {
    let all = &page.results.warnings;
    let mut lines = Vec::new();
    for warning in all.iter().take(WARNINGS) {
        let warning = warning_text(warning, page.results.replications);
        let wrapped = wrapped(&warning.text, page.width() - LABEL);
        for (index, text) in wrapped.iter().enumerate() {
            let start = label("warnings", lines.is_empty(), page.paint);
            let code = format!("[{}]", warning.code);
            let is_last = index + 1 == wrapped.len();
            if !is_last {
                lines.push(format!("{start}{text}"));
            } else if LABEL + width(text) + 3 + width(&code) <= page.width() {
                lines.push(format!("{start}{text}   {}", page.paint.tone(&code, Tone::Unsure)));
            } else {
                lines.push(format!("{start}{text}"));
                lines.push(format!("{:LABEL$}{}", "", page.paint.tone(&code, Tone::Unsure)));
            }
        }
    }
    if all.len() > WARNINGS {
        lines.push(format!("{:LABEL$}and {} more in summary.csv", "", all.len() - WARNINGS));
    }
    lines
}

fn assumed(page: &Page<'_>) -> Vec<String> {
    match page.options.assumed {
        Some((without, of)) if without > 0 => {
            let text = format!("{without} of {of} parameters have no source: brownout explain --assumed");
            labelled("assumed", &text, page.width(), page.paint)
        }
        Some(_) | None => Vec::new(),
    }
}

fn label(label: &str, first: bool, paint: Paint) -> String {
    let label = if first { label } else { "" };
    format!("{:INDENT$}{}", "", paint.tone(&format!("{label:<0$}", LABEL - INDENT), Tone::Faint))
}
