//! The words of the report, in English and in the Korean of an operations team.

use crate::component::HitPart;
use crate::experiment::{ClaimVerdict, LinkFact};
use crate::record::{HappeningKind, TimePart};
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
    pub(super) const fn of(self, english: &'static str, korean: &'static str) -> &'static str {
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
        Phase::Recover => {
            language.of("time to recover, after the disturbance", "원인 해소 후 복구까지 (MTTR)")
        }
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

pub(super) const fn verdict(verdict: &ClaimVerdict, language: Language) -> &'static str {
    match verdict {
        ClaimVerdict::Supported => language.of("supported", "확인됨"),
        ClaimVerdict::Refuted => language.of("refuted", "반증됨"),
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
        HappeningKind::Acknowledged => language.of("is taken on", "담당자 확인"),
        HappeningKind::RuleFailed => language.of("cannot be evaluated", "규칙 평가 실패"),
        HappeningKind::StepBegan => language.of("is begun", "조치 시작"),
        HappeningKind::StepDone => language.of("is done", "조치 완료"),
        HappeningKind::StepFailed => language.of("does not work", "조치 실패"),
        HappeningKind::FailedOver => language.of("fails over", "장애 조치(failover)"),
    };
    match language {
        Language::English => format!("{subject} {ending}"),
        Language::Korean => format!("{subject}: {ending}"),
    }
}

/// A link of the chain of so many runs, with its evidence.
pub(super) fn link(fact: &LinkFact, of_runs: u32, language: Language) -> String {
    let korean = language == Language::Korean;
    match fact {
        LinkFact::Happened { kind, subject, runs } => {
            let what = happened(*kind, subject, language);
            match (*runs == of_runs, korean) {
                (true, _) => what,
                (false, false) => format!("{what} (in {runs} of {of_runs} runs)"),
                (false, true) => format!("{what} ({of_runs}회 중 {runs}회)"),
            }
        }
        LinkFact::Misses { cache, before, now } => {
            let now = if now.is_nan() {
                language.of("nobody can ask", "조회 불가").to_owned()
            } else {
                percent(*now)
            };
            let before = percent(*before);
            match korean {
                true => format!("{cache} 캐시 적중률 저하 ({before} → {now})"),
                false => format!("{cache} misses (hits {before} → {now})"),
            }
        }
        LinkFact::Saturated { station, before, waiting } => {
            let (before, waiting) = (percent(*before), number(*waiting));
            match korean {
                true => format!("{station} 포화 (사용률 {before} → 100 %, 최대 대기 {waiting}건)"),
                false => format!("{station} run out ({before} → 100 % used, up to {waiting} wait)"),
            }
        }
        LinkFact::Fails { operation, most, cause } => {
            let most = percent(*most);
            let why = cause.map_or_else(String::new, |cause| match korean {
                true => format!(", 주 원인 {} {}", cause.http_status(), cause.name()),
                false => format!(", mostly {} {}", cause.http_status(), cause.label()),
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
pub(super) fn localised(text: String, language: Language) -> String {
    match language {
        Language::English => text,
        Language::Korean => {
            let text = format!("{text} ");
            let text = text
                .replace(" ms ", "ms ")
                .replace(" h ", "시간 ")
                .replace(" min ", "분 ")
                .replace(" s ", "초 ");
            text.trim_end().to_owned()
        }
    }
}

/// A time of the run: `12:05`, minutes and seconds, or with hours.
pub(super) fn clock(secs: f64) -> String {
    let secs = secs.max(0.0).round() as u64;
    let (hours, minutes, rest) = (secs / 3600, secs / 60 % 60, secs % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{rest:02}") } else { format!("{minutes:02}:{rest:02}") }
}
