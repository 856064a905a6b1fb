//! What the incident came to: how long its phases took, whom it hit, what it cost.

use super::summary::Page;
use super::text::{INDENT, Tone, labelled};
use crate::experiment::{BudgetResult, DeployGate, Outcomes, Results};
use crate::report::false_pages;
use crate::report::incident::Language;
use crate::report::numbers::{NONE, number_shown, percent, percent_shown, short_percent, time, time_shown};
use crate::scenario::Phase;

/// The block; nothing without an incident.
pub(super) fn blocks(page: &Page<'_>) -> Vec<Vec<String>> {
    let Some(outcomes) = &page.results.outcomes else { return Vec::new() };
    let title = format!("{:INDENT$}incident", "");
    let mut lines = vec![page.paint.tone(&title, Tone::Faint)];
    let mut rows = rows(page.results, outcomes);
    let label = false_pages::label(page.results, Language::English);
    rows.extend(label.zip(false_pages::words(page.results, Language::English)));
    for (label, text) in rows {
        lines.extend(labelled(label, &text, page.width(), page.paint));
    }
    vec![lines]
}

/// What must not come about, beyond calm.
fn harm(results: &Results) -> Option<String> {
    let harms = results.effects.iter().filter(|effect| effect.is_harm());
    let words = harms.filter_map(|effect| {
        let beyond = effect.beyond?;
        let (count, share) = (number_shown(beyond.count).joined(), percent(beyond.share.mean));
        let of = effect.of.as_deref().unwrap_or("what was asked for");
        Some(format!("{} {count} ({share} of {of} in the worst five minutes)", effect.name))
    });
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| format!("more than in calm: {}", words.join(", ")))
}

fn rows(results: &Results, outcomes: &Outcomes) -> Vec<(&'static str, String)> {
    let runs = results.replications;
    let mut rows: Vec<(&'static str, String)> = Vec::new();
    let mut phases: Vec<String> = outcomes
        .phases
        .iter()
        .filter(|phase| phase.runs > 0 || matches!(phase.phase, Phase::Mitigate | Phase::Recover))
        .map(|phase| match phase.time_s {
            None => format!("{} never", phase.phase.name()),
            Some(time) if phase.runs == runs => {
                format!("{} {}", phase.phase.name(), time_shown(time).joined())
            }
            Some(time) => {
                format!("{} {} in {} of {runs}", phase.phase.name(), time_shown(time).joined(), phase.runs)
            }
        })
        .collect();
    if let Some(after) = outcomes.after_cause.time_s {
        phases.push(match after.mean == 0.0 {
            true => "as soon as the cause was gone".to_owned(),
            false => format!("{} of it after the cause was gone", time_shown(after).joined()),
        });
    }
    rows.push(("time to", phases.join(" · ")));
    if let Some(worst) = &outcomes.worst {
        let share = if worst.runs == runs { String::new() } else { format!(" in {} of {runs}", worst.runs) };
        let text = format!(
            "{} from {}{share}: {} fail or are late, {} fail, p95 of the rest {}",
            worst.operation,
            time(worst.from_s),
            percent(worst.bad_share.mean),
            percent_shown(worst.failed_share).joined(),
            worst.p95_s.map_or_else(|| NONE.to_owned(), |p95| time_shown(p95).joined())
        );
        rows.push(("worst minute", text));
    }
    let blast = &outcomes.blast;
    let beyond = match number_shown(blast.out_of_bounds).joined() {
        none if none == "0" => String::new(),
        some => format!(", {some} more out of bounds"),
    };
    let text = format!(
        "{} of {} operations hit{beyond}, {} requests failed or late ({} of {}), {} operation seconds lost, beyond calm",
        number_shown(blast.operations).joined(),
        blast.of,
        number_shown(blast.requests).joined(),
        percent(blast.share.mean),
        if outcomes.is_mitigated() { "those until users were served as before" } else { "all" },
        number_shown(blast.operation_s).joined()
    );
    rows.push(("blast radius", text));
    rows.extend(harm(results).map(|text| ("effects", text)));
    for budget in &outcomes.budgets {
        rows.push(("budget", budget_words(budget)));
    }
    rows
}

/// A budget in words, such as `order.place at 99.9 %: 10 min of 43 min 12 s burnt, 76.9 % left, HEALTHY NORMAL`, with what of
/// it people burnt by a pause.
pub(super) fn budget_words(budget: &BudgetResult) -> String {
    let gate = match budget.gate {
        DeployGate::Open => "deploys go on",
        DeployGate::BudgetLow => "deploys wait for the budget",
        DeployGate::Missed => "deploys wait: the service level is missed at the end",
    };
    let credit =
        if budget.credit > 0.0 { format!(", credit {}", percent(budget.credit)) } else { String::new() };
    let paused = match budget.burnt_by_pause_s.mean {
        paused_s if paused_s > 0.0 => format!(" ({} of it while people had it paused)", time(paused_s)),
        _ => String::new(),
    };
    format!(
        "{} at {} %: {} of {} burnt{paused}, {} left, {} {}; {gate}{credit}",
        budget.operation,
        budget.promised * 100.0,
        time(budget.burnt_s.mean),
        time(budget.budget_s),
        left(budget.left.mean),
        budget.state.name(),
        budget.state.releases(),
    )
}

fn left(share: f64) -> String {
    if share < 0.0 { format!("−{}", short_percent(-share)) } else { short_percent(share) }
}
