//! What was run, and the answer in sentences.

use super::busiest::rows;
use super::summary::Page;
use super::text::{INDENT, width, wrapped};
use crate::experiment::Warning;
use crate::report::bottleneck::what_limits;
use crate::report::headline;
use crate::report::incident::Language;
use crate::report::numbers::{percent_shown, setting, time};

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
    let (results, english) = (page.results, Language::English);
    let mut sentences: Vec<String> = cut_short_sentence(page).into_iter().collect();
    let cut_short = !sentences.is_empty();
    sentences.extend(headline::incident(results, english));
    sentences.extend(headline::unbegun(results, english));
    sentences.extend(headline::paused(results, english));
    // Whatever was busiest until a run was cut short, it says nothing of what comes after.
    let or_busiest = || if cut_short { None } else { no_bottleneck(page) };
    sentences.extend(what_limits(results, english).or_else(or_busiest));
    sentences.extend(headline::losses(results, english));
    sentences.extend(headline::recovery(results, english));
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

/// Where this share is in use, none is left to speak of: it is printed as 100 %.
const FULL: f64 = 0.995;

fn no_bottleneck(page: &Page<'_>) -> Option<String> {
    let results = page.results;
    let fine = results.losses.is_empty()
        && results.outcomes.as_ref().is_none_or(|outcomes| outcomes.unaffected == results.replications);
    let rows = rows(page);
    if rows.is_empty() {
        return None;
    }
    let limit = if fine { "Nothing is at its limit" } else { "No station runs out" };
    // Locks and what has no limit are never used up.
    let Some(busiest) = rows.iter().find(|row| row.used.mean.is_finite()) else {
        return Some(format!("{limit}."));
    };
    let used = percent_shown(busiest.used).joined();
    let during = match results.windows.len() {
        1 => String::new(),
        _ => format!(" during {}", page.main_window()?.name),
    };
    Some(if busiest.used.mean < 0.9 {
        format!("{limit}. The busiest, {}, is in use {used}{during}.", busiest.label)
    } else if busiest.used.mean < FULL {
        format!("The busiest, {}, is in use {used}{during}: there is little left.", busiest.label)
    } else {
        format!("The busiest, {}, is in use {used}{during}: there is nothing left.", busiest.label)
    })
}
