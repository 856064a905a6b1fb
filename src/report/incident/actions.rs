//! What people do, in the words of the report.

use super::words::Language;
use crate::timeline::runbook::{ActionSpec, RestartOrder, Switched};

/// An action in words; in English as in the tables.
pub(super) fn action(spec: &ActionSpec, language: Language) -> String {
    match language {
        Language::English => spec.words(),
        Language::Korean => in_korean(spec),
    }
}

fn in_korean(spec: &ActionSpec) -> String {
    let turn = |order: RestartOrder| match order {
        RestartOrder::AllAtOnce => "",
        RestartOrder::OneByOne => "순차 ",
    };
    match spec {
        ActionSpec::Bypass(name) => format!("{name} 우회"),
        ActionSpec::Restore(name) => format!("{name} 우회 해제"),
        ActionSpec::Switch(spec) => format!("{} 캐시 서버를 {}(으)로 전환", spec.cache, spec.to),
        ActionSpec::Restart(spec) => {
            let part = match (spec.replicas, spec.masters) {
                (Some(replicas), _) => format!(" 복제본 {replicas}개"),
                (None, Some(masters)) => format!(" 마스터 {masters}대"),
                (None, None) => String::new(),
            };
            format!("{}{part} {}재시작", spec.component, turn(spec.order))
        }
        ActionSpec::RollBack(spec) => format!("{} {}롤백", spec.component, turn(spec.order)),
        ActionSpec::ResizePool(spec) => {
            format!("{} 커넥션 풀 크기를 {}개로 변경", spec.pool, spec.connections)
        }
        ActionSpec::ResizeThreads(spec) => format!("{} 스레드를 {}개로 변경", spec.process, spec.threads),
        ActionSpec::Scale(spec) => format!("{} 복제본을 {}개로 조정", spec.process, spec.replicas),
        ActionSpec::RateLimit(spec) => format!("{} 유입량을 {}로 제한", spec.at, spec.rate),
        ActionSpec::LiftLimit(name) => format!("{name} 유입량 제한 해제"),
        ActionSpec::Pause(name) => format!("{name} 접수 중단(대기 페이지)"),
        ActionSpec::Resume(name) => format!("{name} 접수 재개"),
        ActionSpec::ReadOnly(name) => format!("{name} 읽기 전용 전환"),
        ActionSpec::ReadWrite(name) => format!("{name} 쓰기 재개"),
        ActionSpec::Announce(spec) => match &spec.clients {
            None => "전체 사용자에게 재시도 자제 공지".to_owned(),
            Some(name) => format!("{name} 사용자에게 재시도 자제 공지"),
        },
        ActionSpec::Withdraw(name) if name == "all" => "전체 사용자 공지 해제".to_owned(),
        ActionSpec::Withdraw(name) => format!("{name} 사용자 공지 해제"),
        ActionSpec::Warm(spec) => format!("{} 캐시 예열 시작({})", spec.cache, spec.rate),
        ActionSpec::FailOver(name) => format!("{name} 수동 페일오버"),
        ActionSpec::SetFlags(flags) => {
            let word = |(name, to): (&String, &Switched)| {
                format!("{name} {}", if to.is_on() { "켜기" } else { "끄기" })
            };
            format!("기능 플래그 {}", flags.iter().map(word).collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_told_in_the_language_of_the_report() {
        for (written, korean, english) in [
            (r#"{"bypass": "redis"}"#, "redis 우회", "bypass redis"),
            (
                r#"{"restart": {"component": "order", "order": "one-by-one"}}"#,
                "order 순차 재시작",
                "restart order",
            ),
            (
                r#"{"restart": {"component": "order", "replicas": 1}}"#,
                "order 복제본 1개 재시작",
                "restart order",
            ),
            (
                r#"{"set-flags": {"from-database": "on"}}"#,
                "기능 플래그 from-database 켜기",
                "set from-database on",
            ),
            (
                r#"{"scale": {"process": "order", "replicas": 4}}"#,
                "order 복제본을 4개로 조정",
                "scale order to 4 replicas",
            ),
        ] {
            let spec: ActionSpec = serde_json::from_str(written).expect("it is an action");
            assert_eq!(action(&spec, Language::Korean), korean);
            assert_eq!(action(&spec, Language::English), english);
        }
    }
}
