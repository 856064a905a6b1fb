//! What the report says, section by section: both layouts print the same.

use super::response::{causes, response, when};
use super::words::{Grade, Language, clock, kind, link, localised, share_of_runs, spread, verdict};
use crate::component::effects::GoodEnd;
use crate::experiment::{
    BudgetState, ClaimResult, ClaimVerdict, DeployGate, EffectResult, Link, LinkFact, Outcomes, Results,
};
use crate::report::bottleneck::what_limits;
use crate::report::false_pages;
use crate::report::headline;
use crate::report::numbers::{NONE, claim_range, number_shown, percent, percent_range, time, time_range};
use crate::scenario::ClaimMeasure;
use crate::stats::Estimate;

/// What results do not know.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The language.
    pub language: Language,
    /// The sentence of the scenario.
    pub description: &'a str,
    /// The command that makes the same results again.
    pub command: &'a str,
    /// Parameters without a source.
    pub assumed: &'a [String],
    /// Of how many.
    pub sourced_of: u32,
}

/// The picture of the timeline.
pub(super) const TIMELINE: usize = 0;
/// The picture of what response times went into.
pub(super) const SPENT: usize = 1;

/// A section of the report.
pub(super) struct Section {
    pub(super) title: String,
    pub(super) blocks: Vec<Block>,
}

/// A part of a section.
pub(super) enum Block {
    /// A paragraph.
    Text(String),
    /// Labels with values.
    Facts(Vec<(String, String)>),
    /// Items, one below the other.
    List(Vec<String>),
    /// A table: its heads, and rows of as many cells.
    Table(Vec<String>, Vec<Vec<String>>),
    /// Where a picture is drawn, by its number.
    Picture(usize),
    /// What response times went into: drawn, or as a table.
    Spent(Vec<String>, Vec<Vec<String>>),
    /// A command.
    Command(String),
}

/// The title of the report.
pub(super) fn title(results: &Results, about: &About<'_>) -> String {
    let subject = match results.deployment.as_str() {
        "" => results.scenario.clone(),
        deployment => format!("{} ({deployment})", results.scenario),
    };
    match about.language {
        Language::English => format!("Incident report: {subject}"),
        Language::Korean => format!("장애 보고서: {subject}"),
    }
}

/// The sections in their order.
pub(super) fn sections(results: &Results, about: &About<'_>) -> Vec<Section> {
    let language = about.language;
    let mut sections = vec![Section {
        title: language.of("Summary", "개요").to_owned(),
        blocks: match &results.outcomes {
            Some(outcomes) => overview(results, outcomes, about),
            None => calm(results, about),
        },
    }];
    sections.push(Section {
        title: language.of("Timeline", "타임라인").to_owned(),
        blocks: vec![Block::Picture(TIMELINE)],
    });
    if let Some(outcomes) = &results.outcomes {
        sections.push(Section {
            title: language.of("Symptoms and users affected", "증상 및 영향 범위").to_owned(),
            blocks: symptoms(results, outcomes, language),
        });
        sections.push(Section {
            title: language.of("Cause, with its evidence", "원인 및 근거").to_owned(),
            blocks: causes(results, language),
        });
        sections.push(Section {
            title: language.of("Response", "대응 내역").to_owned(),
            blocks: response(results, outcomes, language),
        });
        if !outcomes.budgets.is_empty() {
            sections.push(Section {
                title: language.of("Error budget", "에러 버짓").to_owned(),
                blocks: budgets(outcomes, language),
            });
        }
    }
    if !results.claims.is_empty() {
        let title = language.of("Claims", "가설 검증").to_owned();
        sections.push(Section { title, blocks: vec![claims(&results.claims, language)] });
    }
    if results.outcomes.is_some() {
        sections.push(Section {
            title: language.of("Improvements", "개선 사항").to_owned(),
            blocks: improvements(results, language),
        });
    }
    sections.push(Section {
        title: language.of("Assumptions", "가정").to_owned(),
        blocks: assumptions(results, about),
    });
    sections.push(Section {
        title: language.of("Again", "재현 방법").to_owned(),
        blocks: vec![Block::Command(about.command.to_owned())],
    });
    sections
}

pub(super) fn owned(heads: &[&str]) -> Vec<String> {
    heads.iter().map(|head| (*head).to_owned()).collect()
}

fn calm(results: &Results, about: &About<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !about.description.is_empty() {
        blocks.push(Block::Text(about.description.to_owned()));
    }
    let language = about.language;
    blocks.push(Block::Text(
        language
            .of(
                "Nothing disturbs this scenario: there is no incident to report.",
                "이 시나리오에는 장애 요인이 없어 보고할 장애가 없습니다.",
            )
            .to_owned(),
    ));
    blocks.extend(what_limits(results, language).map(Block::Text));
    blocks.extend(headline::losses(results, language).into_iter().map(Block::Text));
    blocks
}

/// How serious it was: critical where it collapses in most runs, half of an operation's requests fail for a minute, a fifth
/// or less of a budget is left, or what must not come about does so, beyond calm, for more than 5 % of what was asked for in
/// five minutes; info where no operation left its bounds, and nothing that must not be came about more often than in calm.
fn grade(results: &Results, outcomes: &Outcomes) -> Grade {
    let collapses = outcomes.collapse.mean > 0.5;
    let fails = outcomes.worst.as_ref().is_some_and(|worst| worst.failed_share.mean >= 0.5);
    let frozen = outcomes.budgets.iter().any(|budget| budget.state == BudgetState::Critical);
    let harms = results.effects.iter().filter(|effect| effect.is_harm());
    let mut harms = harms.filter_map(|effect| effect.beyond).peekable();
    let is_harmed = harms.peek().is_some();
    if collapses || fails || frozen || harms.any(|beyond| beyond.is_critical()) {
        Grade::Critical
    } else if outcomes.unaffected < results.replications || is_harmed {
        Grade::Warning
    } else {
        Grade::Info
    }
}

fn overview(results: &Results, outcomes: &Outcomes, about: &About<'_>) -> Vec<Block> {
    let language = about.language;
    let label = |english, korean| language.of(english, korean).to_owned();
    let recovered = outcomes.phases.iter().find(|it| it.phase == crate::scenario::Phase::Recover);
    let recovered = recovered.and_then(|it| it.time_s.map(|time| (it.runs, time)));
    let end_s = recovered.map(|(_, time)| outcomes.from_s + time.mean);
    let runs = results.replications;
    let (end, lasts) = match (end_s, recovered) {
        (Some(end), Some((in_runs, _))) => {
            let share = match (in_runs == runs, language) {
                (true, _) => String::new(),
                (false, Language::English) => format!(" (recovers in {in_runs} of {runs} runs)"),
                (false, Language::Korean) => format!(" ({runs}회 중 {in_runs}회 복구)"),
            };
            (format!("{}{share}", clock(end)), localised(time(end - outcomes.from_s), language))
        }
        _ => {
            let not = language.of("not recovered when the run ends", "실행 종료 시점까지 미복구");
            (not.to_owned(), localised(time(results.duration.as_secs_f64() - outcomes.from_s), language))
        }
    };
    let mut blocks = Vec::new();
    if !about.description.is_empty() {
        blocks.push(Block::Text(about.description.to_owned()));
    }
    let mut told: Vec<String> = headline::incident(results, language).into_iter().collect();
    told.extend(headline::unbegun(results, language));
    told.extend(headline::paused(results, language));
    told.extend(what_limits(results, language));
    told.extend(headline::losses(results, language));
    told.extend(headline::recovery(results, language));
    blocks.push(Block::Text(told.join(" ")));
    let mut facts = vec![
        (label("start", "발생 시각"), clock(outcomes.from_s)),
        (label("end", "종료 시각"), end),
        (label("duration", "지속 시간"), lasts),
        (label("kind", "장애 유형"), kind(outcomes.hit, language).to_owned()),
        (label("grade", "장애 등급"), grade(results, outcomes).word(language).to_owned()),
    ];
    facts.push((label("probability of collapse", "시스템 붕괴 확률"), percent_range(outcomes.collapse)));
    if let Some(recovery) = &results.recovery {
        facts.push((label("probability of recovery", "복구 확률"), percent_range(recovery.probability)));
        facts.push((label("of which by itself", "자연 복구 확률"), percent_range(outcomes.by_itself)));
    }
    facts.push((label("owner", "담당자"), "____".to_owned()));
    facts.push((label("date", "작성일"), "____".to_owned()));
    blocks.push(Block::Facts(facts));
    let basis = match language {
        Language::English => format!(
            "Times are of the simulated run (minutes:seconds). Values are means over {runs} runs with {:.0} % intervals; \
             times of what happened are medians.",
            results.confidence * 100.0
        ),
        Language::Korean => format!(
            "시각은 시뮬레이션 시작 기준(분:초)이며, 값은 {runs}회 실행의 평균과 {:.0} % 신뢰구간, 발생 시각은 중앙값입니다.",
            results.confidence * 100.0
        ),
    };
    blocks.push(Block::Text(basis));
    blocks
}

fn symptoms(results: &Results, outcomes: &Outcomes, language: Language) -> Vec<Block> {
    let label = |english, korean| language.of(english, korean).to_owned();
    let blast = &outcomes.blast;
    let mut facts = vec![
        (
            label("operations hit", "영향받은 기능"),
            format!("{} / {}", number_shown(blast.operations).joined(), blast.of),
        ),
        (
            label("requests failed or late, beyond calm", "실패·지연 요청(평시 초과)"),
            match language {
                Language::English => format!(
                    "{} ({} of {})",
                    number_shown(blast.requests).joined(),
                    percent(blast.share.mean),
                    if outcomes.is_mitigated() { "those until users were served as before" } else { "all" }
                ),
                Language::Korean => format!(
                    "{} ({} 요청의 {})",
                    number_shown(blast.requests).joined(),
                    if outcomes.is_mitigated() {
                        "영향 완화까지 처리된"
                    } else {
                        "처리된 전체"
                    },
                    percent(blast.share.mean)
                ),
            },
        ),
        (
            label("blast radius [operation seconds]", "영향 반경 [기능·초]"),
            format!(
                "{} ({})",
                number_shown(blast.operation_s).joined(),
                match language {
                    Language::English =>
                        format!("as one operation that fails altogether for {}", time(blast.operation_s.mean)),
                    Language::Korean => format!(
                        "기능 1개가 {} 동안 전면 중단된 것에 해당",
                        localised(time(blast.operation_s.mean), language)
                    ),
                }
            ),
        ),
    ];
    facts.extend(affected(results, language));
    if blast.out_of_bounds.mean > 0.0 {
        let what = label("more operations out of their bounds", "그 외 기준을 벗어난 기능");
        facts.push((what, number_shown(blast.out_of_bounds).joined()));
    }
    if let Some(worst) = &outcomes.worst {
        let p95 = match worst.p95_s {
            Some(p95) => format!("p95 {}", localised(time_range(p95), language)),
            None => language.of("nobody served", "처리된 요청 없음").to_owned(),
        };
        let share = match share_of_runs(worst.runs, results.replications, language) {
            all if all.is_empty() => all,
            some => format!(" ({some})"),
        };
        facts.push((
            label("worst minute", "최악의 1분"),
            format!(
                "{} {}{share}: {} {}, {} {}, {p95}",
                clock(worst.from_s),
                worst.operation,
                percent(worst.bad_share.mean),
                language.of("failed or late", "실패 또는 지연"),
                percent_range(worst.failed_share),
                language.of("failed", "실패"),
            ),
        ));
    }
    facts.extend(effects(results, language));
    let mut blocks = vec![Block::Facts(facts)];
    let is_felt = |it: &&Link| {
        matches!(
            it.fact,
            LinkFact::Fails { .. } | LinkFact::Slow { .. } | LinkFact::Effect { is_loss: false, .. }
        )
    };
    let felt = results.chain.iter().filter(is_felt);
    let felt: Vec<String> = felt
        .map(|it| {
            let share = share_of_runs(it.runs, results.replications, language);
            let range = [spread(it.first_s, it.last_s), share].into_iter().filter(|part| !part.is_empty());
            let range = range.collect::<Vec<_>>().join(", ");
            let range = if range.is_empty() { range } else { format!(" ({range})") };
            format!("{}{range} {}", when(it, language), link(results, &it.fact, language))
        })
        .collect();
    if !felt.is_empty() {
        blocks.push(Block::List(felt));
    }
    blocks
}

/// Effects that must not come about, and what a cache lost. Orders that were placed are no symptom, and neither is what comes
/// about as often in calm.
fn effects(results: &Results, language: Language) -> Vec<(String, String)> {
    let label = |english, korean| language.of(english, korean).to_owned();
    let wrong = || results.effects.iter().filter(|effect| effect.good == Some(GoodEnd::Less));
    let mut facts = Vec::new();
    for (is_loss, what) in [
        (false, label("business effect, per run", "업무 영향(회당)")),
        (true, label("lost from a cache, per run", "캐시 데이터 유실(회당)")),
    ] {
        let more = wrong().filter(|effect| {
            effect.is_loss == is_loss
                && effect.beyond.map_or(effect.count.mean > 0.0, |beyond| beyond.is_more())
        });
        facts.extend(more.map(|effect| {
            let count = number_shown(effect.beyond.map_or(effect.count, |beyond| beyond.count)).joined();
            let of = effect.beyond.filter(|_| !is_loss).map(|beyond| percent(beyond.share.mean));
            let text = match (effect.beyond.is_some(), of, language) {
                (true, Some(of), Language::English) => {
                    let whole = effect.of.as_deref().unwrap_or("what was asked for");
                    format!("{count} more than in calm, {of} of {whole} in the worst five minutes")
                }
                (true, None, Language::English) => format!("{count} more than in calm"),
                (true, Some(of), Language::Korean) => {
                    let whole = effect.of.as_deref().unwrap_or("요청");
                    format!("평시보다 {count}건 많음, 최악의 5분간 {whole}의 {of}")
                }
                (true, None, Language::Korean) => format!("평시보다 {count}건 많음"),
                (false, ..) => count,
            };
            (format!("{what}: {}", effect.name), text)
        }));
    }
    let names = |all: &mut dyn Iterator<Item = &EffectResult>| {
        all.map(|effect| effect.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let usual = |effect: &&EffectResult| {
        !effect.is_loss && effect.count.mean > 0.0 && effect.beyond.is_some_and(|it| !it.is_more())
    };
    let usual = names(&mut wrong().filter(usual));
    if !usual.is_empty() {
        facts.push((label("business effects no more than in calm", "평시 수준인 업무 영향"), usual));
    }
    let mut own = wrong().filter(|effect| !effect.is_loss).peekable();
    if own.peek().is_some() && own.all(|effect| effect.count.mean == 0.0) {
        let none = language.of("none of", "없음:");
        let names = names(&mut wrong().filter(|effect| !effect.is_loss));
        facts.push((label("business effects", "업무 영향"), format!("{none} {names}")));
    }
    facts
}

/// The services and the users that felt it, by the operations that failed or were slow in most runs.
fn affected(results: &Results, language: Language) -> Vec<(String, String)> {
    let mut operations: Vec<&str> = Vec::new();
    for it in results.chain.iter().filter(|it| 2 * it.runs > results.replications) {
        if let LinkFact::Fails { operation, .. } | LinkFact::Slow { operation, .. } = &it.fact
            && !operations.contains(&operation.as_str())
        {
            operations.push(operation);
        }
    }
    if operations.is_empty() {
        return Vec::new();
    }
    let mut services: Vec<&str> =
        operations.iter().map(|name| name.split_once('.').map_or(*name, |(module, _)| module)).collect();
    services.sort_unstable();
    services.dedup();
    let label = |english, korean| language.of(english, korean).to_owned();
    let users = match language {
        Language::English => {
            format!("those of {} (requests are counted, not persons)", operations.join(", "))
        }
        Language::Korean => format!("{} 이용자(인원이 아닌 요청 수로 집계)", operations.join(", ")),
    };
    vec![
        (label("services affected", "영향받은 서비스"), services.join(", ")),
        (label("users affected", "영향받은 사용자"), users),
    ]
}

fn budgets(outcomes: &Outcomes, language: Language) -> Vec<Block> {
    let gate = |gate| match gate {
        DeployGate::Open => language.of("open", "배포 가능"),
        DeployGate::BudgetLow => language.of("blocked: budget", "배포 차단: 예산 부족"),
        DeployGate::Missed => language.of("blocked: level missed", "배포 차단: SLO 미달"),
    };
    let rows = outcomes.budgets.iter().map(|it| {
        vec![
            it.operation.clone(),
            format!("{} %", it.promised * 100.0),
            localised(time(it.budget_s), language),
            localised(time_range(it.burnt_s), language),
            left(it.left),
            format!("{} / {}", it.state.name(), it.state.releases()),
            gate(it.gate).to_owned(),
            percent(it.credit),
        ]
    });
    let heads = [
        language.of("operation", "기능"),
        "SLO",
        language.of("budget", "예산"),
        language.of("burnt", "소진"),
        language.of("left", "잔여"),
        language.of("state", "상태"),
        language.of("deploys", "배포"),
        language.of("credit", "SLA 보상"),
    ];
    let mut blocks = vec![Block::Table(owned(&heads), rows.collect())];
    blocks.extend(paused(outcomes, language).map(Block::Text));
    let assumed =
        if outcomes.prices.is_assumed { language.of(" (assumed price)", " (가정 단가)") } else { "" };
    blocks.push(Block::Text(match language {
        Language::English => format!(
            "{:.2} core hours, {:.2} {}{assumed}.",
            outcomes.core_hours, outcomes.cost, outcomes.prices.currency
        ),
        Language::Korean => format!(
            "사용 자원 {:.2} 코어·시간, 비용 {:.2} {}{assumed}.",
            outcomes.core_hours, outcomes.cost, outcomes.prices.currency
        ),
    }));
    blocks
}

/// What of the budgets people burnt who paused operations.
fn paused(outcomes: &Outcomes, language: Language) -> Option<String> {
    let of = outcomes.budgets.iter().filter(|it| it.burnt_by_pause_s.mean > 0.0);
    let of: Vec<String> = of
        .map(|it| format!("{} {}", it.operation, localised(time_range(it.burnt_by_pause_s), language)))
        .collect();
    (!of.is_empty()).then(|| match language {
        Language::English => format!(
            "Of what is burnt, people turned users away by pausing the operation for {}: who is turned away in an incident is not \
             served, so that it burns the budget as what fails does.",
            of.join(", ")
        ),
        Language::Korean => format!(
            "소진량 중 운영자의 접수 중단에 따른 몫: {}. 장애 중 접수 중단으로 거절된 요청은 실패와 같이 예산을 소진합니다.",
            of.join(", ")
        ),
    })
}

fn left(share: Estimate) -> String {
    if share.mean < 0.0 { format!("−{}", percent(-share.mean)) } else { percent(share.mean) }
}

fn claims(claims: &[ClaimResult], language: Language) -> Block {
    let rows = claims.iter().map(|it| {
        let why = match &it.verdict {
            ClaimVerdict::Conditional(condition) => format!(": {condition}"),
            _ if !it.note.is_empty() => format!(": {}", note(it, language)),
            _ => String::new(),
        };
        let measured =
            it.measured.map_or_else(|| NONE.to_owned(), |value| claim_range(value, it.claim.unit()));
        let measured = localised(measured, language);
        vec![
            it.claim.name.clone(),
            it.claim.says.clone(),
            it.claim.text.clone(),
            measured,
            match it.is_unswept() {
                true => unswept(it, language),
                false => format!("{}{why}", verdict(&it.verdict, language)),
            },
        ]
    });
    let heads = [
        language.of("claim", "항목"),
        language.of("says", "가설"),
        language.of("expected", "기대"),
        language.of("measured", "측정"),
        language.of("verdict", "판정"),
    ];
    Block::Table(owned(&heads), rows.collect())
}

/// What is said of a claim whose sweep was not run.
fn unswept(result: &ClaimResult, language: Language) -> String {
    let verdict = verdict(&result.verdict, language);
    match language {
        Language::English => {
            format!("not swept: {verdict} as it is written; `brownout claims` tries other values")
        }
        Language::Korean => format!("미탐색: 적힌 값에서는 {verdict}. 다른 값은 `brownout claims`로 확인"),
    }
}

/// Why nothing can be told of a claim.
fn note(result: &ClaimResult, language: Language) -> String {
    let ClaimResult { opened, valued, runs, count: (count, needed), .. } = result;
    match language {
        Language::English => result.note.clone(),
        Language::Korean if opened < runs => {
            format!("{runs}회 중 {opened}회만 측정(나머지는 측정 구간이 시작되지 않았거나 끝나지 않음)")
        }
        Language::Korean if count < needed => format!("요청 수 부족: {count}건(필요 {needed}건)"),
        Language::Korean if matches!(result.claim.measure, ClaimMeasure::TimeTo(_)) => {
            format!("{runs}회 중 {valued}회만 완료")
        }
        Language::Korean => format!("{runs}회 중 {valued}회만 값 있음"),
    }
}

fn improvements(results: &Results, language: Language) -> Vec<Block> {
    let noisy = false_pages::names(results);
    let station = results.chain.iter().find_map(|it| match &it.fact {
        LinkFact::Saturated { station, .. } => Some(station.as_str()),
        _ => None,
    });
    let system = match (station, language) {
        (Some(station), Language::English) => format!("{station} ran short first: ____"),
        (Some(station), Language::Korean) => format!("최초 부족 지점 {station}: ____"),
        (None, _) => "____".to_owned(),
    };
    let noisy = match (noisy.is_empty(), language) {
        (true, _) => None,
        (false, Language::English) => Some(format!("alerts that fire for nothing ({})", noisy.join(", "))),
        (false, Language::Korean) => Some(format!("평시 오탐 알림({})", noisy.join(", "))),
    };
    let process: Vec<String> = slowest(results, language).into_iter().chain(noisy).collect();
    let process =
        if process.is_empty() { "____".to_owned() } else { format!("{}: ____", process.join("; ")) };
    vec![Block::Facts(vec![
        (language.of("prevention", "재발 방지").to_owned(), "____".to_owned()),
        (language.of("system", "시스템 개선").to_owned(), system),
        (language.of("process", "프로세스 개선").to_owned(), process),
        (language.of("owner, due", "담당자·완료 예정일").to_owned(), "____".to_owned()),
    ])]
}

/// What the time until users were served as before went into, where somebody was told and did something.
fn slowest(results: &Results, language: Language) -> Option<String> {
    use crate::scenario::Phase;
    let outcomes = results.outcomes.as_ref()?;
    let mean = |phase: Phase| Some(outcomes.phases.iter().find(|it| it.phase == phase)?.time_s?.mean);
    let (told, served) = (mean(Phase::Detect)?, mean(Phase::Mitigate)?);
    let acted = outcomes.runs.iter().any(|run| run.mitigated_after.is_some());
    let words = |secs: f64| localised(time(secs), language);
    (acted && served > told).then(|| match language {
        Language::English => {
            format!(
                "{} until somebody was told, {} from then to mitigation",
                words(told),
                words(served - told)
            )
        }
        Language::Korean => format!("통보까지 {}, 통보 후 완화까지 {}", words(told), words(served - told)),
    })
}

fn assumptions(results: &Results, about: &About<'_>) -> Vec<Block> {
    let language = about.language;
    let count = about.assumed.len();
    let text = match language {
        Language::English => format!("{count} of {} parameters have no source:", about.sourced_of),
        Language::Korean => {
            format!("매개변수 {}개 중 {count}개는 출처가 없는 가정값입니다.", about.sourced_of)
        }
    };
    let mut blocks = vec![Block::Text(text)];
    let mut listed: Vec<String> = about.assumed.to_vec();
    if results.outcomes.as_ref().is_some_and(|outcomes| outcomes.prices.is_assumed) {
        listed.push("prices.core-hour".to_owned());
    }
    if !listed.is_empty() {
        blocks.push(Block::Text(listed.join(", ")));
    }
    blocks
}
