//! What was run, and the answer in sentences.

use super::busiest::rows;
use super::summary::Page;
use super::text::{INDENT, width, wrapped};
use crate::experiment::{RecoveryResult, Results, Warning};
use crate::record::HappeningKind;
use crate::report::names::operation_label;
use crate::report::numbers::{percent_shown, probability, setting, time, time_shown};
use crate::scenario::Phase;

/// The first line: what was run, how often, how long it took, and what identifies it.
pub(super) fn title(page: &Page<'_>) -> Vec<String> {
    let results = page.results;
    let subject = match results.deployment.as_str() {
        "" => results.scenario.clone(),
        deployment => format!("{} on {deployment}", results.scenario),
    };
    let seeds = match results.replications {
        1 => "1 seed".to_owned(),
        seeds => format!("{seeds} seeds"),
    };
    let duration = setting(results.duration.as_secs_f64());
    let each = if results.replications == 1 { "" } else { " each" };
    let simulated = format!("{duration} simulated{each}");
    let elapsed = page.options.elapsed.map(|elapsed| setting((elapsed.as_secs_f64() * 10.0).round() / 10.0));
    let identity = format!("seed {} · {:08x}", results.seed, results.fingerprint >> 32);
    let line = |simulated: &str| {
        let parts = [Some(subject.as_str()), Some(seeds.as_str()), Some(simulated), elapsed.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    };
    if !results.warm_up.is_zero() {
        let warm_up = setting(results.warm_up.as_secs_f64());
        let long = line(&format!("{duration}{each}, first {warm_up} left out"));
        if width(&long) + 2 + width(&identity) <= page.width() {
            return page.spread(&long, &identity);
        }
    }
    page.spread(&line(&simulated), &identity)
}

/// The answer: what limits the system, whether it collapses and whether it recovers.
pub(super) fn answer(page: &Page<'_>) -> Vec<String> {
    let mut sentences: Vec<String> = cut_short_sentence(page).into_iter().collect();
    let cut_short = !sentences.is_empty();
    sentences.extend(incident_sentence(page));
    match &page.results.bottleneck {
        Some(bottleneck) => sentences.push(bottleneck.sentence.clone()),
        // Whatever was busiest until then, it says nothing of what comes after.
        None if cut_short => {}
        None => sentences.extend(no_bottleneck(page)),
    }
    if let Some(recovery) = &page.results.recovery {
        sentences.push(recovery_sentence(recovery, page.results));
    }
    let lines = sentences.iter().flat_map(|sentence| wrapped(sentence, page.width() - INDENT));
    lines.map(|line| format!("{:INDENT$}{line}", "")).collect()
}

/// That nothing is known of what comes later.
fn cut_short_sentence(page: &Page<'_>) -> Option<String> {
    let runs = page.results.replications;
    page.results.warnings.iter().find_map(|warning| match warning {
        Warning::LimitReached { runs: cut, first_s, limit } => Some(format!(
            "Cut short: {cut} of {runs} runs reached `limits: {{{limit}}}`, the first after {}; nothing is known of what \
             comes later in them.",
            time(*first_s)
        )),
        _ => None,
    })
}

fn no_bottleneck(page: &Page<'_>) -> Option<String> {
    let busiest = rows(page).into_iter().next()?;
    let used = percent_shown(busiest.used).joined();
    let during = match page.results.windows.len() {
        1 => String::new(),
        _ => format!(" during {}", page.main_window()?.name),
    };
    Some(if busiest.used.mean < 0.9 {
        format!("Nothing is at its limit. The busiest, {}, is in use {used}{during}.", busiest.label)
    } else {
        format!("The busiest, {}, is in use {used}{during}: there is little left.", busiest.label)
    })
}

/// What a fault did, whom it hit, who was told and when it was over for those who use the system.
fn incident_sentence(page: &Page<'_>) -> Option<String> {
    let outcomes = page.results.outcomes.as_ref()?;
    let fault = page.results.timeline.iter().find(|entry| entry.kind == HappeningKind::FaultBegan)?;
    let blast = &outcomes.blast;
    if outcomes.unaffected == page.results.replications {
        return Some(format!("{} hits nobody who uses the system.", capitalised(&fault.subject)));
    }
    let mean = blast.operations.mean;
    let count = if mean.fract() == 0.0 { format!("{mean:.0}") } else { format!("{mean:.1}") };
    let hits = format!("{} hits {count} of {} operations", capitalised(&fault.subject), blast.of);
    let after =
        |phase: Phase| outcomes.phases.iter().find(|it| it.phase == phase)?.time_s.map(|it| time(it.mean));
    let told = match after(Phase::Detect) {
        Some(told) => format!("somebody is told after {told}"),
        None => "nobody is told".to_owned(),
    };
    let over = match after(Phase::Mitigate) {
        Some(over) => format!("they are well again {over} after its beginning"),
        None => "they are not well again when the run ends".to_owned(),
    };
    Some(format!("{hits}; {told}; {over}."))
}

/// A text as it stands at the beginning of a sentence.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn recovery_sentence(recovery: &RecoveryResult, results: &Results) -> String {
    let runs = results.replications;
    let acted = results.timeline.iter().any(|entry| entry.kind == HappeningKind::StepDone);
    let recovers_how = if acted { "recovers" } else { "recovers by itself" };
    let collapse = match recovery.collapsed {
        0 => format!("Collapses in none of {runs} seeds ({})", probability(recovery.collapse)),
        collapsed => {
            format!("Collapses in {collapsed} of {runs} seeds ({})", probability(recovery.collapse))
        }
    };
    let takes = recovery.time_s.map(time_shown).map(|time| time.joined());
    let recovers = match recovery.recovered {
        0 => format!("{recovers_how} in none ({})", probability(recovery.probability)),
        recovered => {
            let count = if recovered == runs { "all".to_owned() } else { recovered.to_string() };
            let probability = probability(recovery.probability);
            match takes {
                Some(time) => {
                    format!("{recovers_how} in {count} ({probability}), {time} after the disturbance")
                }
                None => format!("{recovers_how} in {count} ({probability})"),
            }
        }
    };
    // Which operation holds recovery back, where operations differ.
    let slowest = recovery.by_operation.iter().min_by_key(|(_, recovered)| *recovered);
    let others = recovery.by_operation.iter().map(|(_, recovered)| *recovered).max();
    match slowest {
        Some((name, recovered)) if others > Some(*recovered) => {
            let label = operation_label(name);
            format!(
                "{collapse}; {recovers}. It is {label} that stays down: it recovers in {recovered} of {runs}."
            )
        }
        _ => format!("{collapse}; {recovers}."),
    }
}
