//! The words of the report, in English and in the Korean of an operations team.

use super::actions::action;
use crate::component::HitPart;
use crate::experiment::{ClaimVerdict, LinkFact, Results};
use crate::record::{Cause, HappeningKind, TimePart};
use crate::report::numbers::{number, percent, time};
use crate::scenario::Phase;

/// The language of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Korean.
    Korean,
}

impl Language {
    /// Its tag in HTML.
    pub const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Korean => "ko",
        }
    }

    /// One of two texts.
    pub(in crate::report) const fn of(self, english: &'static str, korean: &'static str) -> &'static str {
        match self {
            Language::English => english,
            Language::Korean => korean,
        }
    }
}

/// How serious an incident was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grade {
    Critical,
    Warning,
    Info,
}

impl Grade {
    pub(super) const fn word(self, language: Language) -> &'static str {
        match self {
            Grade::Critical => language.of("critical", "심각"),
            Grade::Warning => language.of("warning", "경고"),
            Grade::Info => language.of("info", "정보"),
        }
    }
}

/// The kind of an incident, by what was hit first.
pub(super) const fn kind(hit: HitPart, language: Language) -> &'static str {
    match hit {
        HitPart::Load | HitPart::Process | HitPart::Store => language.of("system", "시스템"),
        HitPart::Database => language.of("database", "데이터베이스"),
        HitPart::Network => language.of("network", "네트워크"),
        HitPart::External | HitPart::Software => language.of("application", "애플리케이션"),
    }
}

pub(super) const fn phase(phase: Phase, language: Language) -> &'static str {
    match phase {
        Phase::Detect => language.of("time to detect", "탐지까지 (MTTD)"),
        Phase::Acknowledge => language.of("time to acknowledge", "담당자 확인까지 (MTTA)"),
        Phase::Mitigate => language.of("time to mitigate", "영향 완화까지 (MTTM)"),
        Phase::Recover => language.of("time to recover", "복구까지 (MTTR)"),
    }
}

/// A part of a response time.
pub(super) const fn part(part: TimePart, language: Language) -> &'static str {
    match (language, part) {
        (Language::English, part) => part.name(),
        (Language::Korean, TimePart::Queue) => "대기열",
        (Language::Korean, TimePart::Thread) => "스레드 대기",
        (Language::Korean, TimePart::Pool) => "커넥션 대기",
        (Language::Korean, TimePart::Lock) => "락 대기",
        (Language::Korean, TimePart::Network) => "네트워크",
        (Language::Korean, TimePart::Service) => "처리",
        (Language::Korean, TimePart::Retry) => "재시도 대기",
    }
}

/// Why requests fail, so that it can be read without the list of causes.
pub(super) const fn cause(cause: Cause, language: Language) -> &'static str {
    let (english, korean) = match cause {
        Cause::Timeout => ("time-out", "타임아웃"),
        Cause::Abandoned => ("gave up waiting", "대기 중 포기"),
        Cause::QueueFull => ("queue full", "대기열 가득 참"),
        Cause::RateLimited => ("rate limited", "유입량 제한"),
        Cause::CircuitOpen => ("circuit open", "서킷 브레이커 열림"),
        Cause::BulkheadFull => ("bulkhead full", "벌크헤드 한도 초과"),
        Cause::PoolTimeout => ("no connection in time", "커넥션 획득 시간 초과"),
        Cause::TooManyConnections => ("too many connections", "DB 최대 연결 수 초과"),
        Cause::LockTimeout => ("lock wait time-out", "락 대기 시간 초과"),
        Cause::Deadlock => ("deadlock", "데드락"),
        Cause::Unavailable => ("nothing answered where it was needed", "필요한 구성 요소 무응답"),
        Cause::NetworkLoss => ("lost in the network", "네트워크 유실"),
        Cause::ExternalError => ("external error", "외부 시스템 오류"),
        Cause::OutOfMemory => ("out of memory", "메모리 부족"),
        Cause::Error => ("error", "오류 응답"),
        Cause::Declined => ("declined", "업무 규칙 거절"),
        Cause::Paused => ("paused by people", "운영자 접수 중단"),
        Cause::Limit => ("simulation limit", "시뮬레이션 한도"),
        Cause::Conflict => ("changed by another", "동시 변경 충돌"),
    };
    language.of(english, korean)
}

pub(super) const fn verdict(verdict: &ClaimVerdict, language: Language) -> &'static str {
    match verdict {
        ClaimVerdict::Supported => language.of("supported", "지지"),
        ClaimVerdict::Refuted => language.of("refuted", "기각"),
        ClaimVerdict::Conditional(_) => language.of("conditional", "조건부"),
        ClaimVerdict::Inconclusive => language.of("inconclusive", "판단 불가"),
    }
}

fn happened(kind: HappeningKind, subject: &str, language: Language) -> String {
    let ending = match kind {
        HappeningKind::FaultBegan => language.of("begins", "장애 발생"),
        HappeningKind::FaultEnded => language.of("ends", "장애 원인 해소"),
        HappeningKind::LeakSuspected => language.of("suspects a leak", "커넥션 누수 의심"),
        HappeningKind::AlertPending => language.of("is pending", "알림 대기"),
        HappeningKind::AlertFiring => language.of("fires", "알림 발생"),
        HappeningKind::AlertResolved => language.of("is resolved", "알림 해제"),
        HappeningKind::Notified => language.of("is sent", "알림 전송"),
        HappeningKind::Muted => language.of("is muted", "알림 억제"),
        HappeningKind::Acknowledged => language.of("is taken on", "담당자 확인"),
        HappeningKind::Understood => language.of("is understood", "원인 파악"),
        HappeningKind::RuleFailed => language.of("cannot be evaluated", "규칙 평가 실패"),
        HappeningKind::StepBegan => language.of("is begun", "조치 시작"),
        HappeningKind::StepDone => language.of("is carried out", "조치 완료"),
        HappeningKind::StepFailed => language.of("does not work", "조치 실패"),
        HappeningKind::FailedOver => language.of("fails over", "장애 조치(failover)"),
    };
    match language {
        Language::English => format!("{subject} {ending}"),
        Language::Korean => format!("{subject}: {ending}"),
    }
}

/// What a step does, in the language; as the timeline has it where it is not known.
pub(super) fn deed(results: &Results, step: &str, detail: &str, language: Language) -> String {
    results.actions.get(step).map_or_else(|| detail.to_owned(), |spec| action(spec, language))
}

/// What happened, with what a step does.
pub(super) fn what_happened(
    results: &Results,
    kind: HappeningKind,
    (subject, detail): (&str, &str),
    language: Language,
) -> String {
    let what = happened(kind, subject, language);
    match kind {
        HappeningKind::StepDone | HappeningKind::StepFailed if !detail.is_empty() => {
            format!("{what}: {}", deed(results, subject, detail, language))
        }
        HappeningKind::Notified if !detail.is_empty() => match language {
            Language::English => format!("{what} to {detail}"),
            Language::Korean => format!("{what}({detail})"),
        },
        HappeningKind::Muted if !detail.is_empty() => match language {
            Language::English => format!("{what} by {detail}"),
            Language::Korean => format!("{what}({detail})"),
        },
        _ => what,
    }
}

/// In how many of all runs, where not in all.
pub(super) fn share_of_runs(runs: u32, of: u32, language: Language) -> String {
    match language {
        _ if runs == of => String::new(),
        Language::English => format!("in {runs} of {of} runs"),
        Language::Korean => format!("{of}회 중 {runs}회"),
    }
}

/// The earliest and latest of times over the runs; empty where they are one.
pub(super) fn spread(first_s: f64, last_s: f64) -> String {
    let (first, last) = (clock(first_s), clock(last_s));
    if first == last { String::new() } else { format!("{first}–{last}") }
}

/// A link of the chain, with its evidence.
pub(super) fn link(results: &Results, fact: &LinkFact, language: Language) -> String {
    let korean = language == Language::Korean;
    match fact {
        LinkFact::Happened { kind, subject, detail } => {
            what_happened(results, *kind, (subject, detail), language)
        }
        LinkFact::Evicts { cache, before, most } => {
            let (before, most) = (number(*before), number(*most));
            match korean {
                true => format!("{cache} 캐시 축출 (초당 {before} → 최대 {most}건)"),
                false => format!("{cache} evicts entries ({before}/s → up to {most}/s)"),
            }
        }
        LinkFact::Effect { effect, count, is_loss } => {
            let count = number(*count);
            match (*is_loss, korean) {
                (true, true) => format!("캐시 데이터 유실 {effect} (평시 대비 {count}건 증가)"),
                (true, false) => format!("{effect}: {count} more entries than in calm go before their time"),
                (false, true) => format!("업무 이상 {effect} 발생 (평시 대비 {count}건 증가)"),
                (false, false) => format!("{effect} comes about more than in calm ({count} more)"),
            }
        }
        LinkFact::Misses { cache, before, now, is_asked } => {
            let before = percent(*before);
            match (now.is_nan(), korean) {
                (false, true) => format!("{cache} 캐시 적중률 저하 ({before} → {})", percent(*now)),
                (false, false) => format!("{cache} misses (hits {before} → {})", percent(*now)),
                (true, true) if *is_asked => format!("{cache} 캐시 무응답 (이전 적중률 {before})"),
                (true, true) => format!("{cache} 캐시 조회 없음 (이전 적중률 {before})"),
                (true, false) if *is_asked => {
                    format!("{cache} answers no look-up any more (hits {before} before)")
                }
                (true, false) => format!("nobody asks {cache} any more (hits {before} before)"),
            }
        }
        LinkFact::Saturated { station, before, used, waiting } => {
            let (before, used, waiting) = (percent(*before), percent(*used), number(*waiting));
            match korean {
                true => format!("{station} 부족 (사용률 {before} → {used}, 최대 대기 {waiting}건)"),
                false => format!("{station} run short ({before} → {used} used, up to {waiting} wait)"),
            }
        }
        LinkFact::Fails { operation, most, cause } => {
            let most = percent(*most);
            let why = cause.as_ref().map_or_else(String::new, |(cause, statuses)| {
                let name = self::cause(*cause, language);
                match (statuses.is_empty(), korean) {
                    (true, false) => format!(", mostly {name}"),
                    (false, false) => format!(", mostly HTTP {statuses}: {name}"),
                    (true, true) => format!(", 주 원인 {name}"),
                    (false, true) => format!(", 주 원인 HTTP {statuses}: {name}"),
                }
            });
            match korean {
                true => format!("{operation} 요청 실패 (최대 {most}{why})"),
                false => format!("{operation} fails (up to {most}{why})"),
            }
        }
        LinkFact::Slow { operation, before_s, most_s } => {
            let [before, most] = [*before_s, *most_s].map(|secs| localised(time(secs), language));
            match korean {
                true => format!("{operation} 응답 지연 (p95 {before} → {most})"),
                false => format!("{operation} is slow (p95 {before} → {most})"),
            }
        }
        LinkFact::Back { operation } => match korean {
            true => format!("{operation} 정상화"),
            false => format!("{operation} is as before"),
        },
    }
}

/// A text with times in it, with their units in the language.
pub(in crate::report) fn localised(text: String, language: Language) -> String {
    /// Units behind a number and a space, and how they stand right behind it in Korean.
    const UNITS: [(&str, &str); 5] = [("min", "분"), ("ms", "ms"), ("µs", "µs"), ("s", "초"), ("h", "시간")];
    if language == Language::English {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find(' ') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        out.push_str(before);
        let unit = UNITS.iter().find(|(unit, _)| {
            let is_end = |c: char| !c.is_alphanumeric();
            after.strip_prefix(unit).is_some_and(|tail| tail.chars().next().is_none_or(is_end))
        });
        rest = match unit.filter(|_| before.ends_with(|c: char| c.is_ascii_digit())) {
            Some((unit, korean)) => {
                out.push_str(korean);
                &after[unit.len()..]
            }
            None => {
                out.push(' ');
                after
            }
        };
    }
    out + rest
}

/// A time of the run: `12:05`, minutes and seconds, or with hours.
pub(super) fn clock(secs: f64) -> String {
    let secs = secs.max(0.0).round() as u64;
    let (hours, minutes, rest) = (secs / 3600, secs / 60 % 60, secs % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{rest:02}") } else { format!("{minutes:02}:{rest:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_times_are_those_of_the_language() {
        for (text, korean) in [
            ("8 min 9 s (7 min 26 s–8 min 52 s)", "8분 9초 (7분 26초–8분 52초)"),
            ("46.1 ms: network 90 %", "46.1ms: network 90 %"),
            ("1 h 30 min", "1시간 30분"),
            ("76.6 s ±8", "76.6초 ±8"),
            ("8.96× (8.81–9.10)", "8.96× (8.81–9.10)"),
            ("2 steps", "2 steps"),
        ] {
            assert_eq!(localised(text.to_owned(), Language::Korean), korean);
            assert_eq!(localised(text.to_owned(), Language::English), text);
        }
    }
}
