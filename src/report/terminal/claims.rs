//! Claims and what the runs say of them.

use super::summary::Page;
use super::text::{INDENT, Paint, Tone, shortened, width, wrapped};
use crate::experiment::{ClaimResult, ClaimVerdict, Results};
use crate::report::numbers::claim_range;

/// The table of a run's claims; nothing without any.
pub(super) fn blocks(page: &Page<'_>) -> Vec<Vec<String>> {
    if page.results.claims.is_empty() {
        return Vec::new();
    }
    vec![table(page.results, page.width(), page.paint)]
}

/// The page of `brownout claims`.
pub fn claims(results: &Results, page_width: usize, colour: bool) -> String {
    let paint = Paint { colour };
    let subject = match results.deployment.as_str() {
        "" => results.scenario.clone(),
        deployment => format!("{} on {deployment}", results.scenario),
    };
    let head = format!("{subject} · {} seeds · seed {}", results.replications, results.seed);
    let mut lines = vec![paint.tone(&head, Tone::Strong), String::new()];
    if results.claims.is_empty() {
        lines.push(format!("{:INDENT$}the scenario claims nothing", ""));
    } else {
        lines.extend(table(results, page_width, paint));
    }
    lines.join("\n") + "\n"
}

fn table(results: &Results, page_width: usize, paint: Paint) -> Vec<String> {
    let shown: Vec<(&ClaimResult, String)> =
        results.claims.iter().map(|result| (result, measured(result))).collect();
    let widest = |length: &dyn Fn(&(&ClaimResult, String)) -> usize, least: usize, most: usize| {
        shown.iter().map(length).max().unwrap_or(0).clamp(least, most)
    };
    let name = widest(&|(result, _)| width(&result.claim.name), 5, 20);
    let value = widest(&|(_, measured)| width(measured), 8, 28);
    // The verdict in its longest form, without a condition.
    const VERDICT: usize = 12;
    let says = page_width.saturating_sub(INDENT + name + 2 + 2 + value + 2 + VERDICT).max(20);
    let head = format!("{:INDENT$}{:name$}  {:says$}  {:value$}  verdict", "", "claim", "says", "measured");
    let mut lines = vec![paint.tone(&head, Tone::Faint)];
    for (result, measured) in &shown {
        let mut text = wrapped(&result.claim.says, says).into_iter();
        let first = text.next().unwrap_or_default();
        let verdict = match result.is_unswept() {
            true => paint.tone("not swept", Tone::Unsure),
            false => paint.tone(result.verdict.name(), tone(&result.verdict)),
        };
        let label = shortened(&result.claim.name, name);
        lines.push(format!(
            "{:INDENT$}{label:name$}  {first:says$}  {:value$}  {verdict}",
            "",
            shortened(measured, value)
        ));
        lines.extend(text.map(|rest| format!("{:1$}{rest}", "", INDENT + name + 2)));
        let room = page_width - INDENT - name - 2;
        let below = wrapped(&detail(result), room);
        lines.extend(below.into_iter().map(|rest| {
            let rest = paint.tone(&rest, Tone::Faint);
            format!("{:1$}{rest}", "", INDENT + name + 2)
        }));
    }
    lines
}

/// What was expected, and what makes the verdict what it is.
fn detail(result: &ClaimResult) -> String {
    let why = match &result.verdict {
        ClaimVerdict::Conditional(condition) => format!(": if {condition}"),
        _ if !result.note.is_empty() => format!(": {}", result.note),
        _ => String::new(),
    };
    let points: Vec<String> =
        result.sweep.iter().map(|point| format!("{} {}", point.value, point.verdict.name())).collect();
    let points = if points.is_empty() { String::new() } else { format!(" ({})", points.join(", ")) };
    let sweep = result.claim.sweep.as_ref().filter(|_| result.is_unswept());
    let unswept = sweep.map(|sweep| {
        let name = sweep.path.rsplit('.').next().unwrap_or(&sweep.path);
        let values = sweep.values.join(", ");
        format!("; {} as it is written, and `brownout claims` tries {name} {values}", result.verdict.name())
    });
    format!("{}{why}{points}{}", result.claim.text, unswept.unwrap_or_default())
}

fn measured(result: &ClaimResult) -> String {
    result
        .measured
        .map_or_else(|| "no data".to_owned(), |measured| claim_range(measured, result.claim.unit()))
}

fn tone(verdict: &ClaimVerdict) -> Tone {
    match verdict {
        ClaimVerdict::Supported => Tone::Good,
        ClaimVerdict::Refuted => Tone::Bad,
        ClaimVerdict::Conditional(_) | ClaimVerdict::Inconclusive => Tone::Unsure,
    }
}
