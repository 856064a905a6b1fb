//! What caused an incident, and what people did about it.

use super::facts::{Block, owned};
use super::words::{self, Language, clock, link, localised, phase, share_of_runs, spread, what_happened};
use crate::experiment::{
    Link, LinkFact, Outcomes, PhaseResult, Results, RunOutcomes, TimelineResult, Warning,
};
use crate::record::HappeningKind;
use crate::report::bottleneck::what_limits;
use crate::report::false_pages;
use crate::report::headline;
use crate::report::numbers::{time, time_shown};
use crate::report::spent::{not_served_share, of, operations};
use crate::scenario::Phase;

/// A step that fewer runs came to is no cause: one in so many.
const ONE_IN: u32 = 4;

/// The section of causes.
pub(super) fn causes(results: &Results, language: Language) -> Vec<Block> {
    let mut blocks: Vec<Block> = what_limits(results, language).into_iter().map(Block::Text).collect();
    blocks.extend(headline::losses(results, language).into_iter().map(Block::Text));
    if results.warnings.contains(&Warning::NoCalm) {
        blocks.push(Block::Text(
            language
                .of(
                    "The incident begins before there is an interval of calm: which stations run short, which caches miss and \
                     what is slow is not listed, for want of something to compare it with.",
                    "장애 이전에 비교할 평시 구간이 없어 자원 부족, 캐시 적중률 저하, 응답 지연은 표시하지 않았습니다.",
                )
                .to_owned(),
        ));
    }
    let runs = results.replications;
    let told = results.outcomes.as_ref().map_or(0, |outcomes| outcomes.told_run) + 1;
    blocks.push(Block::Text(match language {
        Language::English => format!(
            "Times are those of run {told} of {runs}, which the response tells of too, so that they agree with each other; \
             behind them the earliest and the latest of all runs, and at the end what only other runs saw. Symptoms and \
             shortages begin with the interval that first shows them, or with the first fault or step in it, at the first of \
             several replicas."
        ),
        Language::Korean => format!(
            "시각은 {runs}회 중 {told}번째 실행(대응 내역과 동일) 기준이고, 범위는 전체 실행의 가장 이른 시각과 가장 늦은 \
             시각이며, 다른 실행에서만 나타난 항목은 마지막에 표시합니다. 증상과 자원 부족은 처음 확인된 구간의 시작 \
             시각(그 구간에 장애나 조치가 있으면 그 시각, 복제본 중 첫 번째 기준)입니다."
        ),
    }));
    // What people saw is told with the response; what they did is a cause of what follows, unless few runs came to it.
    let is_cause = |it: &&Link| match &it.fact {
        LinkFact::Happened { kind: HappeningKind::StepDone, .. } => it.runs * ONE_IN >= runs,
        LinkFact::Happened { kind, .. } => !is_response(*kind),
        _ => true,
    };
    let rows = results.chain.iter().filter(is_cause).map(|it| {
        let share = share_of_runs(it.runs, runs, language);
        let range = [spread(it.first_s, it.last_s), share].into_iter().filter(|part| !part.is_empty());
        vec![when(it, language), range.collect::<Vec<_>>().join(", "), link(results, &it.fact, language)]
    });
    let heads = [
        language.of("time", "시각"),
        language.of("earliest–latest", "범위"),
        language.of("what, with its evidence", "내용 및 지표"),
    ];
    blocks.push(Block::Table(owned(&heads), rows.collect()));
    let spent = spent(results, language);
    blocks.extend(outlasts(results, language).filter(|_| spent.is_some()).map(Block::Text));
    blocks.extend(spent);
    blocks
}

/// When a link came about in the run that is told, or in the median of the others.
pub(super) fn when(link: &Link, language: Language) -> String {
    match link.told_s {
        Some(told_s) => clock(told_s),
        None => format!("{} {}", language.of("other runs:", "다른 실행:"), clock(link.at_s)),
    }
}

/// That the window `fault` is of the time after its faults as well, where it is.
fn outlasts(results: &Results, language: Language) -> Option<String> {
    let of = |warning: &Warning| match warning {
        Warning::FaultWindow { over_s, window_s, runs, .. } => Some((*window_s, *over_s, *runs)),
        _ => None,
    };
    let (window_s, over_s, runs) = results.warnings.iter().find_map(of)?;
    let [window, over] = [window_s, over_s].map(|span_s| localised(time(span_s), language));
    let (all, of) = (results.replications, runs);
    let is_all = runs == all;
    Some(match language {
        Language::English => {
            let runs = if is_all { String::new() } else { format!(" in {of} of {all} runs") };
            format!(
                "The window fault is {window} long, though its faults were over after {over}{runs}: its averages are of the \
                 time after that as well."
            )
        }
        Language::Korean => {
            let runs = if is_all { String::new() } else { format!("({all}회 중 {of}회)") };
            format!(
                "fault 구간은 {window}이지만 장애는 {over} 만에 종료되어{runs}, 평균에 종료 이후 시간이 포함되어 있습니다."
            )
        }
    })
}

/// What response times went into, window by window.
fn spent(results: &Results, language: Language) -> Option<Block> {
    let rows = operations(results).into_iter().flat_map(|index| {
        results.windows.iter().flat_map(move |window| {
            let operation = &window.operations[index];
            of(operation).into_iter().map(move |spent| {
                let words = localised(spent.words(|part| words::part(part, language)), language);
                let words = match spent.served {
                    true => words,
                    false => {
                        let share = not_served_share(operation);
                        format!("{} ({share}), {words}", language.of("not served", "미처리"))
                    }
                };
                vec![operation.name.name.clone(), window.name.clone(), words]
            })
        })
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let heads = [
        language.of("operation", "기능"),
        language.of("window", "구간"),
        language.of("mean response time, and what it went into", "평균 응답 시간과 그 구성"),
    ];
    (!rows.is_empty()).then_some(Block::Spent(owned(&heads), rows))
}

/// Whether something is what people were told, or did.
fn is_response(kind: HappeningKind) -> bool {
    match kind {
        HappeningKind::AlertPending
        | HappeningKind::AlertFiring
        | HappeningKind::AlertResolved
        | HappeningKind::RuleFailed
        | HappeningKind::Notified
        | HappeningKind::Muted
        | HappeningKind::Acknowledged
        | HappeningKind::Understood
        | HappeningKind::StepBegan
        | HappeningKind::StepDone
        | HappeningKind::StepFailed => true,
        HappeningKind::FaultBegan
        | HappeningKind::FaultEnded
        | HappeningKind::FailedOver
        | HappeningKind::LeakSuspected => false,
    }
}

/// The section of what was done: the phases over all runs, and one run from beginning to end.
pub(super) fn response(results: &Results, outcomes: &Outcomes, language: Language) -> Vec<Block> {
    let runs = results.replications;
    let mut facts: Vec<(String, String)> = Vec::new();
    for it in &outcomes.phases {
        let after = it.phase == Phase::Detect && it.time_s.is_none() && headline::fires_late(results);
        let told = match after {
            true => language.of("not before it was over", "종료 전 없음").to_owned(),
            false => taken(it, runs, language),
        };
        let by =
            if it.phase == Phase::Detect { detected_by(results, outcomes, language) } else { String::new() };
        facts.push((phase(it.phase, language).to_owned(), told + &by));
        if it.phase == Phase::Recover && it.time_s.is_some() {
            let label = language.of("of which after the cause was gone", "이 중 원인 해소 후");
            let at_once = outcomes.after_cause.time_s.is_some_and(|rest| rest.mean == 0.0);
            let rest = match at_once {
                true => language
                    .of("none: all was well as soon as it was gone", "없음(원인 해소 즉시 정상화)")
                    .to_owned(),
                false => taken(&outcomes.after_cause, runs, language),
            };
            facts.push((label.to_owned(), rest));
        }
    }
    let mut blocks = vec![Block::Facts(facts)];
    let (told, elsewhere) = acts(results, outcomes);
    if told.is_empty() && elsewhere.is_empty() {
        let nobody = match results.alerts.is_empty() {
            false => language.of("Nobody was told and nobody acted.", "통보 및 조치 내역이 없습니다."),
            true => language
                .of("No alert rules are given, and nobody acted.", "알림 규칙 및 조치 내역이 없습니다."),
        };
        blocks.push(Block::Text(nobody.to_owned()));
    } else {
        blocks.push(Block::Text(which(outcomes, runs, language)));
        let line = |at_s: Option<f64>, it: &TimelineResult| {
            let what = what_happened(results, it.kind, (&it.subject, &it.detail), language);
            let share = share_of_runs(it.runs, runs, language);
            let all = [spread(it.first_s, it.last_s), share];
            let all: Vec<String> = all.into_iter().filter(|part| !part.is_empty()).collect();
            let all = if all.is_empty() { String::new() } else { format!(" ({})", all.join(", ")) };
            match at_s {
                Some(at_s) => format!("{} {what}{all}", clock(at_s)),
                None => {
                    let others = language.of("in other runs:", "다른 실행:");
                    format!("{others} {} {what}{all}", clock(it.median_s))
                }
            }
        };
        let told = told.iter().map(|(at_s, it)| line(Some(*at_s), it));
        blocks.push(Block::List(told.chain(elsewhere.iter().map(|it| line(None, it))).collect()));
    }
    blocks.push(Block::Facts(who_did_what(results, outcomes, language)));
    blocks
}

/// The alerts by which it was noticed, and whether they fire in calm as well.
fn detected_by(results: &Results, outcomes: &Outcomes, language: Language) -> String {
    let in_calm = |name: &String| {
        let of = results.alerts.iter().find(|alert| alert.name == *name).and_then(|alert| alert.calm);
        of.is_some_and(|calm| calm.fired > 0)
    };
    let named: Vec<String> = outcomes
        .detected_by
        .iter()
        .map(|name| match (in_calm(name), language) {
            (false, _) => name.clone(),
            (true, Language::English) => format!("{name}, which fires in calm too"),
            (true, Language::Korean) => format!("{name}, 평시에도 발생"),
        })
        .collect();
    if named.is_empty() { String::new() } else { format!(": {}", named.join("; ")) }
}

fn taken(it: &PhaseResult, runs: u32, language: Language) -> String {
    match it.time_s {
        Some(time) if it.runs == runs => localised(time_shown(time).joined(), language),
        Some(time) => format!("{} ({} / {runs})", localised(time_shown(time).joined(), language), it.runs),
        None if !it.is_modelled => language.of("not modelled", "모델링하지 않음").to_owned(),
        None => language.of("never", "없음").to_owned(),
    }
}

/// Which run is told, and why that.
fn which(outcomes: &Outcomes, runs: u32, language: Language) -> String {
    let told = outcomes.told_run + 1;
    match language {
        Language::English => format!(
            "This is run {told} of {runs}, the one with the median time to mitigate, or else to recover, to acknowledge or to \
             detect; behind it stand the earliest and the latest of all runs."
        ),
        Language::Korean => format!(
            "아래는 {runs}회 중 {told}번째 실행(영향 완화 시간이 중앙값인 실행, 없으면 복구·확인·탐지 시간 기준)의 기록이며, \
             괄호는 전체 실행의 가장 이른 시각과 가장 늦은 시각입니다."
        ),
    }
}

/// What happened in the run that is told since the incident began, in its order; and what only other runs saw.
fn acts<'r>(
    results: &'r Results,
    outcomes: &Outcomes,
) -> (Vec<(f64, &'r TimelineResult)>, Vec<&'r TimelineResult>) {
    let acknowledges = outcomes.phases.iter().any(|it| it.phase == Phase::Acknowledge && it.is_modelled);
    // An alert that fired before may be resolved in the incident, which is no news of it.
    let fires = |subject: &str, at_s: f64| {
        results.timeline.iter().any(|it| {
            it.kind == HappeningKind::AlertFiring
                && it.subject == subject
                && (outcomes.from_s - 1e-9..=at_s).contains(&it.first_s)
        })
    };
    let is_told = |it: &&TimelineResult| {
        let is_news = match it.kind {
            HappeningKind::AlertPending | HappeningKind::FaultBegan => false,
            // Where it takes nobody any time, it says nothing that the notification does not.
            HappeningKind::Acknowledged => acknowledges,
            HappeningKind::AlertResolved => fires(&it.subject, it.last_s),
            _ => true,
        };
        is_news && it.first_s >= outcomes.from_s - 1e-9
    };
    let mut told: Vec<(f64, u32, &TimelineResult)> = Vec::new();
    let mut elsewhere = Vec::new();
    for it in results.timeline.iter().filter(is_told) {
        match it.told {
            Some((at_s, place)) => told.push((at_s, place, it)),
            None => elsewhere.push(it),
        }
    }
    told.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    // The end of a fault is no deed by itself.
    if told.iter().all(|(.., it)| !is_response(it.kind)) && elsewhere.iter().all(|it| !is_response(it.kind)) {
        return (Vec::new(), Vec::new());
    }
    (told.into_iter().map(|(at_s, _, it)| (at_s, it)).collect(), elsewhere)
}

/// What was done until users were served as before, what was done then, and who was told.
fn who_did_what(results: &Results, outcomes: &Outcomes, language: Language) -> Vec<(String, String)> {
    let run = outcomes.runs.get(outcomes.told_run);
    let mitigated = run.and_then(|run| run.phase_s(Phase::Mitigate));
    // What was done at that instant has been done until then.
    let mitigated_s = mitigated.map_or(f64::INFINITY, |after| outcomes.from_s + after + 1e-9);
    let (told, _) = acts(results, outcomes);
    let done = |is_first: bool| {
        let steps = told
            .iter()
            .filter(|(at_s, it)| it.kind == HappeningKind::StepDone && (*at_s <= mitigated_s) == is_first);
        let steps: Vec<String> = steps
            .map(|(_, it)| match it.detail.as_str() {
                "" => it.subject.clone(),
                detail => format!("{} ({})", it.subject, words::deed(results, &it.subject, detail, language)),
            })
            .collect();
        match steps.is_empty() {
            true => language.of("none", "없음").to_owned(),
            false => steps.join("; "),
        }
    };
    let teams = match (outcomes.receivers.is_empty(), outcomes.teams.is_empty(), language) {
        (true, ..) if results.alerts.is_empty() => {
            language.of("no alert rules are given", "알림 규칙 없음").to_owned()
        }
        (true, ..) => language.of("nobody was told", "통보된 조직 없음").to_owned(),
        (false, true, _) => outcomes.receivers.join(", "),
        (false, false, Language::English) => format!(
            "told: {}; teams of the alerts: {}",
            outcomes.receivers.join(", "),
            outcomes.teams.join(", ")
        ),
        (false, false, Language::Korean) => {
            format!("통보: {}; 알림 담당 조직: {}", outcomes.receivers.join(", "), outcomes.teams.join(", "))
        }
    };
    let label = |english, korean| language.of(english, korean).to_owned();
    let mut facts = vec![
        (label("users served as before", "영향 완화 시점"), served_again(run, outcomes.from_s, language)),
        match mitigated {
            Some(_) => (
                label("immediate action, until users are served as before", "즉시 조치(영향 완화까지)"),
                done(true),
            ),
            // Then nothing is after it.
            None => (label("action", "조치"), done(true)),
        },
    ];
    if mitigated.is_some() {
        facts.push((label("recovery, from then on", "복구 조치(완화 이후)"), done(false)));
    }
    facts.push((label("teams", "참여 조직"), teams));
    let false_pages = false_pages::label(results, language).zip(false_pages::words(results, language));
    facts.extend(false_pages.map(|(label, words)| (label.to_owned(), words)));
    facts
}

/// When users were served as before in the run that is told, and what was done last until then: it may be what did it; what was
/// done later is not.
fn served_again(run: Option<&RunOutcomes>, from_s: f64, language: Language) -> String {
    let Some((run, after_s)) = run.and_then(|run| Some((run, run.phase_s(Phase::Mitigate)?))) else {
        return language.of("not before the run ends", "실행 종료 시점까지 없음").to_owned();
    };
    if !run.is_affected {
        return language.of("all the time", "영향 없음").to_owned();
    }
    let at = clock(from_s + after_s);
    match (&run.mitigated_after, language) {
        (None, Language::English) => format!("{at}, by itself: no step had been done"),
        (None, Language::Korean) => format!("{at}, 자연 완화(선행 조치 없음)"),
        (Some((step, done_s)), _) => {
            let later = localised(time((from_s + after_s - done_s).max(0.0)), language);
            let at_once = from_s + after_s - done_s < 0.5;
            match (at_once, language) {
                (true, Language::English) => format!("{at}, as soon as {step} was done"),
                (true, Language::Korean) => format!("{at}, {step} 조치 완료 즉시"),
                (false, Language::English) => format!("{at}, {later} after {step}, the last step until then"),
                (false, Language::Korean) => format!("{at}, 직전 조치 {step} 완료 {later} 후"),
            }
        }
    }
}
