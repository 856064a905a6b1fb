//! What happened, in sentences: at the head of the terminal's summary and of the report.

use super::incident::{Language, localised};
use super::names::operation_label;
use super::numbers::{number, number_shown, probability, time, time_shown};
use crate::experiment::{
    Awaited, EffectResult, LossResult, Outcomes, RecoveryResult, Results, UnbegunSteps, UnfinishedStep,
};
use crate::record::HappeningKind;
use crate::scenario::Phase;
use crate::stats::Estimate;

/// What a fault did, whom it hit, who was told and when it was over for those who use the system.
pub(super) fn incident(results: &Results, language: Language) -> Option<String> {
    let outcomes = results.outcomes.as_ref()?;
    let began = results.timeline.iter().filter(|entry| entry.kind == HappeningKind::FaultBegan);
    let faults: Vec<String> = began.map(|fault| fault.subject.clone()).collect();
    let told = match language {
        Language::English => in_english(results, outcomes, &faults),
        Language::Korean => in_korean(results, outcomes, &faults),
    };
    Some([Some(told), harm(results, language)].into_iter().flatten().collect::<Vec<_>>().join(" "))
}

/// What must not come about and did so more often than in calm.
fn harm(results: &Results, language: Language) -> Option<String> {
    let all: Vec<String> = harms(results).map(|(name, count)| format!("{name} {count}")).collect();
    (!all.is_empty()).then(|| match language {
        Language::English => format!("More than in calm, per run, of what must not be: {}.", all.join(", ")),
        Language::Korean => format!("평시보다 늘어난 업무 이상(회당): {}.", all.join(", ")),
    })
}

/// The effects that must not come about and did so more often than in calm, with how many more.
fn harms(results: &Results) -> impl Iterator<Item = (&str, String)> {
    let harms = results.effects.iter().filter(|effect| effect.is_harm());
    harms.filter_map(|effect| Some((effect.name.as_str(), number_shown(effect.beyond?.count).joined())))
}

/// Faults by their names, as a sentence begins: one by one, or the first and how many more.
fn faults_in_english(faults: &[String]) -> Option<String> {
    let (first, all) = match faults {
        [] => return None,
        [first, more @ ..] if more.len() >= NAMED => {
            (first, format!("{first} and {} more faults", more.len()))
        }
        all => (&all[0], listed(all)),
    };
    // Several words begin a sentence; a name of one word is written as it is.
    let is_sentence = first.contains(' ') || first.starts_with(char::is_uppercase);
    Some(match (is_sentence, faults.len() > 1 && faults.len() <= NAMED) {
        (true, _) => capitalised(&all),
        (false, true) => format!("The faults {all}"),
        (false, false) => format!("The fault {all}"),
    })
}

fn in_english(results: &Results, outcomes: &Outcomes, faults: &[String]) -> String {
    let fault = faults_in_english(faults);
    let fault = fault.as_deref();
    let s = if faults.len() > 1 { "" } else { "s" };
    let es = if faults.len() > 1 { "" } else { "es" };
    let (runs, has_alerts) = (results.replications, !results.alerts.is_empty());
    let blast = &outcomes.blast;
    let begins = time(outcomes.from_s);
    if outcomes.unaffected == runs {
        let requests = blast.requests.mean;
        if results.effects.iter().any(EffectResult::is_harm) && requests < 0.5 {
            let from = fault.map_or_else(|| format!("From {begins} on"), str::to_owned);
            return format!("{from}: no operation leaves its bounds, and no request more fails or is late.");
        }
        return match (fault, requests < 0.5) {
            (Some(fault), true) => format!("{fault} hit{s} nobody who uses the system."),
            (None, true) => format!("From {begins} on nobody who uses the system is hit."),
            (fault, false) => format!(
                "{}: no operation leaves its bounds; {} requests more than in calm fail or are late.",
                fault.map_or_else(|| format!("From {begins} on"), str::to_owned),
                number(requests)
            ),
        };
    }
    let (hit, beyond) = (mean_count(blast.operations.mean), mean_count(blast.out_of_bounds.mean));
    let are = |count: &str| if count == "1" { "is" } else { "are" };
    let bounds = if beyond == "1" { "its bounds" } else { "their bounds" };
    let hits = match (fault, hit == "0", beyond == "0") {
        (Some(fault), true, false) => {
            format!("{fault} push{es} {beyond} of {} operations out of {bounds}", blast.of)
        }
        (Some(fault), _, true) => format!("{fault} hit{s} {hit} of {} operations", blast.of),
        (Some(fault), false, false) => {
            format!(
                "{fault} hit{s} {hit} of {} operations and push{es} {beyond} more out of {bounds}",
                blast.of
            )
        }
        (None, true, false) => {
            let are = are(&beyond);
            format!("From {begins} on {beyond} of {} operations {are} out of {bounds}", blast.of)
        }
        (None, _, true) => format!("From {begins} on {hit} of {} operations {} hit", blast.of, are(&hit)),
        (None, false, false) => {
            let (is, more) = (are(&hit), are(&beyond));
            format!(
                "From {begins} on {hit} of {} operations {is} hit, and {beyond} more {more} out of {bounds}",
                blast.of
            )
        }
    };
    let share =
        |count: u32| if count == runs { String::new() } else { format!(" in {count} of {runs} runs") };
    let told = match (phase(outcomes, Phase::Detect), outcomes.is_told || !has_alerts) {
        (Some((count, told)), true) => format!("somebody is told after {}{}", time(told.mean), share(count)),
        (Some((count, fires)), false) => format!("an alert fires after {}{}", time(fires.mean), share(count)),
        (None, _) if !has_alerts => "no alert rules are given".to_owned(),
        (None, true) if fires_anyhow(results) => {
            "nobody is told but by alerts that fire in calm too".to_owned()
        }
        (None, false) if fires_anyhow(results) => "no alert fires that does not in calm too".to_owned(),
        (None, is_told) => {
            let nobody = if is_told { "nobody is told" } else { "no alert fires" };
            nobody.to_owned() + if fires_late(results) { " before it is over" } else { "" }
        }
    };
    let over = match phase(outcomes, Phase::Mitigate) {
        Some((count, over)) => {
            format!("users are served as before {} after the beginning{}", time(over.mean), share(count))
        }
        None => "users are not served as before when the run ends".to_owned(),
    };
    format!("{hits}; {told}; {over}.")
}

/// Whether anything is told in an incident that nothing detects: by alerts that do so in calm as well.
fn fires_anyhow(results: &Results) -> bool {
    let is_told = results.outcomes.as_ref().is_some_and(|outcomes| outcomes.is_told);
    results.alerts.iter().any(|alert| if is_told { alert.notified > 0 } else { alert.fired > 0 })
}

/// Whether an alert fires when the incident is over.
pub(super) fn fires_late(results: &Results) -> bool {
    results.alerts.iter().any(|alert| alert.after > 0)
}

fn in_korean(results: &Results, outcomes: &Outcomes, faults: &[String]) -> String {
    let (runs, has_alerts) = (results.replications, !results.alerts.is_empty());
    let blast = &outcomes.blast;
    let name = match faults {
        [] => format!("시작 {} 이후", localised(time(outcomes.from_s), Language::Korean)),
        [first, more @ ..] if more.len() >= NAMED => {
            format!("장애 {first} 외 {}건", more.len())
        }
        all => format!("장애 {}", all.join(", ")),
    };
    if outcomes.unaffected == runs {
        let is_harm = results.effects.iter().any(EffectResult::is_harm);
        return match blast.requests.mean < 0.5 {
            true if is_harm => format!("{name}: 기준을 벗어난 기능, 실패·지연 요청 없음."),
            true => format!("{name}: 사용자 영향 없음."),
            false => format!(
                "{name}: 기준을 벗어난 기능 없음. 평시보다 많은 실패·지연 요청 {}건.",
                number(blast.requests.mean)
            ),
        };
    }
    let share =
        |count: u32| if count == runs { String::new() } else { format!(" ({runs}회 중 {count}회)") };
    let is_told = outcomes.is_told || !has_alerts;
    let word = if is_told { "통보" } else { "알림 발생" };
    let told = match phase(outcomes, Phase::Detect) {
        Some((count, told)) => {
            format!("발생 {} 후 {word}{}", localised(time(told.mean), Language::Korean), share(count))
        }
        None if !has_alerts => "알림 규칙 없음".to_owned(),
        None if fires_anyhow(results) => format!("평시에도 발생하는 알림 외 {word} 없음"),
        None if fires_late(results) => format!("종료 전 {word} 없음"),
        None => format!("{word} 없음"),
    };
    let over = match phase(outcomes, Phase::Mitigate) {
        Some((count, over)) => {
            format!("발생 {} 후 영향 완화{}", localised(time(over.mean), Language::Korean), share(count))
        }
        None => "실행 종료 시점까지 영향 지속".to_owned(),
    };
    let beyond = match mean_count(blast.out_of_bounds.mean).as_str() {
        "0" => String::new(),
        beyond => format!(", {beyond}개 기준 이탈"),
    };
    format!(
        "{name}: 전체 {}개 기능 중 {}개 영향{beyond}, {told}, {over}.",
        blast.of,
        mean_count(blast.operations.mean)
    )
}

/// What people paused and did not resume: nobody is served there, however well the rest does.
pub(super) fn paused(results: &Results, language: Language) -> Option<String> {
    let paused = &results.outcomes.as_ref()?.paused;
    let from_s = paused.iter().map(|it| it.from_s).min_by(f64::total_cmp)?;
    let most = paused.iter().map(|it| it.runs).max()?;
    let runs = results.replications;
    let mut names: Vec<String> = paused.iter().take(NAMED).map(|it| it.operation.clone()).collect();
    let more = paused.len() - names.len();
    Some(match language {
        Language::English => {
            if more > 0 {
                names.push(format!("{more} more"));
            }
            let share = if most == runs { String::new() } else { format!(" in {most} of {runs} runs") };
            let (are, first) = if paused.len() == 1 { ("is", "") } else { ("are", ", the first") };
            let (names, from) = (listed(&names), time(from_s));
            format!(
                "{names} {are} paused{first} from {from} on{share} and not resumed: nobody is served there."
            )
        }
        Language::Korean => {
            let more = if more > 0 { format!(" 외 {more}개") } else { String::new() };
            let share = if most == runs { String::new() } else { format!(" ({runs}회 중 {most}회)") };
            let (names, from) = (names.join(", "), localised(time(from_s), language));
            format!(
                "{names}{more}: 시작 {from} 후 운영자가 접수를 중단하고 재개하지 않음{share}, 이후 처리 없음."
            )
        }
    })
}

/// Which steps nobody began, and what they waited for in vain; and which were begun and not done.
pub(super) fn unbegun(results: &Results, language: Language) -> Vec<String> {
    let runs = results.replications;
    let sentence = |of: &UnbegunSteps| {
        let are = if of.steps.len() == 1 { "is" } else { "are" };
        match language {
            Language::English => {
                let why = match &of.wait_for {
                    Awaited::Told(alert) => format!("nobody is told of {alert}"),
                    Awaited::Resolved(alert) => format!("{alert} is not resolved"),
                    Awaited::Recovered(component) => format!("{component} does not recover"),
                    Awaited::Condition => "what is waited for does not hold".to_owned(),
                };
                let steps = listed(&of.steps);
                match of.runs == runs {
                    true => format!("{steps} {are} never begun: {why}."),
                    false => format!("{steps} {are} not begun in {} of {runs} runs: {why}.", of.runs),
                }
            }
            Language::Korean => {
                let why = match &of.wait_for {
                    Awaited::Told(alert) => format!("{alert} 알림 통보 없음"),
                    Awaited::Resolved(alert) => format!("{alert} 알림 미해소"),
                    Awaited::Recovered(component) => format!("{component} 미복구"),
                    Awaited::Condition => "실행 조건 미충족".to_owned(),
                };
                let steps = of.steps.join(", ");
                format!("{why}({runs}회 중 {}회): {steps} 조치 미시작.", of.runs)
            }
        }
    };
    let unfinished = |of: &UnfinishedStep| match (language, of.runs == runs) {
        (Language::English, true) => format!("{} is begun and not done when the run ends.", of.step),
        (Language::English, false) => {
            format!("{} is begun and not done when the run ends, in {} of {runs} runs.", of.step, of.runs)
        }
        (Language::Korean, _) => {
            format!("{} 조치 시작 후 종료 시점까지 미완료({runs}회 중 {}회).", of.step, of.runs)
        }
    };
    results.unbegun.iter().map(sentence).chain(results.unfinished.iter().map(unfinished)).collect()
}

/// So many are named one by one; of more, how many there are.
const NAMED: usize = 3;

/// Names as they are listed in a sentence.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// What is never given back, where the bottleneck does not say it all already.
pub(super) fn losses(results: &Results, language: Language) -> Vec<String> {
    let sentence = |loss: &LossResult| {
        let said = results.bottleneck.as_ref().is_some_and(|it| it.losing().any(|name| name == loss.station));
        if said && loss.lasts_s.is_none() {
            return None;
        }
        let (lost, of) = (number(loss.lost.mean), number(loss.of));
        Some(match (loss.lasts_s, language) {
            (Some(lasts), Language::English) if lasts.is_infinite() => {
                format!("{lost} of {of} {} are never given back; no more are lost.", loss.station)
            }
            (Some(lasts), Language::Korean) if lasts.is_infinite() => {
                format!("{}: {of}개 중 {lost}개 미반환, 더 늘지 않음.", loss.station)
            }
            (Some(lasts), Language::English) => format!(
                "{lost} of {of} {} are never given back when the run ends: at this rate the rest lasts for about {}.",
                loss.station,
                time(lasts)
            ),
            (None, Language::English) => format!("All {of} {} are never given back.", loss.station),
            (Some(lasts), Language::Korean) => format!(
                "{}: 실행 종료 시점에 {of}개 중 {lost}개 미반환, 이 추세면 약 {} 뒤 고갈.",
                loss.station,
                localised(time(lasts), language)
            ),
            (None, Language::Korean) => format!("{}: {of}개 전부 미반환.", loss.station),
        })
    };
    results.losses.iter().filter_map(sentence).collect()
}

/// Whether it collapses, and whether and when it recovers.
pub(super) fn recovery(results: &Results, language: Language) -> Option<String> {
    let outcomes = results.outcomes.as_ref()?;
    let runs = results.replications;
    let collapse = probability(outcomes.collapse);
    let collapses = match (outcomes.collapsed, language) {
        (0, Language::English) => format!("Collapses in none of {runs} seeds ({collapse})"),
        (some, Language::English) => format!("Collapses in {some} of {runs} seeds ({collapse})"),
        (some, Language::Korean) => format!("붕괴 {runs}회 중 {some}회({collapse})"),
    };
    let Some(recovery) = &results.recovery else { return Some(format!("{collapses}.")) };
    let recovers = match language {
        Language::English => recovers(results, outcomes, recovery),
        Language::Korean => {
            format!("복구 {runs}회 중 {}회({})", recovery.recovered, probability(recovery.probability))
        }
    };
    let after = after(outcomes, language).filter(|_| recovery.recovered > 0).unwrap_or_default();
    let down = stays_down(recovery, runs, language).unwrap_or_default();
    Some(match language {
        Language::English => format!("{collapses}; {recovers}{after}.{down}"),
        Language::Korean => format!("{collapses}, {recovers}{after}.{down}"),
    })
}

fn recovers(results: &Results, outcomes: &Outcomes, recovery: &RecoveryResult) -> String {
    let runs = results.replications;
    let acted = results.timeline.iter().any(|entry| entry.kind == HappeningKind::StepDone);
    // What is lost goes on to be lost: that is no recovery, however well users are served.
    let how = match (acted, results.losses.is_empty()) {
        (_, false) if recovery.recovered > 0 => "serves as before",
        (_, false) => "recovers",
        (true, true) => "recovers",
        (false, true) if outcomes.by_itself.mean > 0.0 || recovery.recovered == 0 => "recovers by itself",
        (false, true) => "recovers",
    };
    let count = match recovery.recovered {
        0 => "none".to_owned(),
        recovered if recovered == runs => "all".to_owned(),
        recovered => recovered.to_string(),
    };
    format!("{how} in {count} ({})", probability(recovery.probability))
}

/// How long recovery takes, from the beginning and after the cause was gone.
fn after(outcomes: &Outcomes, language: Language) -> Option<String> {
    let (_, whole) = phase(outcomes, Phase::Recover)?;
    let rest = outcomes.after_cause.time_s?;
    let at_once = rest.mean == 0.0;
    let (whole, rest) = (time_shown(whole).joined(), time_shown(rest).joined());
    Some(match language {
        Language::English if at_once => {
            format!(", {whole} after the beginning, as soon as the cause was gone")
        }
        Language::Korean if at_once => {
            format!(", 발생 후 {}, 원인 해소 즉시", localised(whole, language))
        }
        Language::English => {
            format!(", {whole} after the beginning and {rest} after the cause was gone")
        }
        Language::Korean => {
            let (whole, rest) = (localised(whole, language), localised(rest, language));
            format!(", 발생 후 {whole}, 원인 해소 후 {rest}")
        }
    })
}

/// Which operations hold recovery back, where operations differ.
fn stays_down(recovery: &RecoveryResult, runs: u32, language: Language) -> Option<String> {
    let least = recovery.by_operation.iter().map(|(_, recovered)| *recovered).min()?;
    let most = recovery.by_operation.iter().map(|(_, recovered)| *recovered).max()?;
    if least == most {
        return None;
    }
    let down = recovery.by_operation.iter().filter(|(_, recovered)| *recovered == least);
    let down: Vec<String> = down.map(|(name, _)| operation_label(name)).collect();
    Some(match (language, down.len()) {
        (Language::English, 1) => {
            format!(" It is {} that stays down: it recovers in {least} of {runs}.", down[0])
        }
        (Language::English, _) => {
            format!(" What stays down is {}: they recover in {least} of {runs}.", down.join(", "))
        }
        (Language::Korean, _) => format!(" 미복구 기능: {} ({runs}회 중 {least}회 복구).", down.join(", ")),
    })
}

fn phase(outcomes: &Outcomes, phase: Phase) -> Option<(u32, Estimate)> {
    let found = outcomes.phases.iter().find(|it| it.phase == phase)?;
    Some((found.runs, found.time_s?))
}

fn mean_count(mean: f64) -> String {
    if mean.fract() == 0.0 || mean < 0.05 { format!("{mean:.0}") } else { format!("{mean:.1}") }
}

/// A text as it stands at the beginning of a sentence.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
