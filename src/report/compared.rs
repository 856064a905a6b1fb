//! How a measure of a comparison is shown, whoever lays it out.

use super::incident::Language;
use super::numbers::{NONE, number, percent, time};
use crate::experiment::{ComparedMeasure, MeasureUnit};

/// A measure as it is shown: what it is, both sides, and the difference.
pub(super) fn cells(row: &ComparedMeasure, pairs: u32, language: Language) -> [String; 4] {
    let show = |value: f64| match row.unit {
        MeasureUnit::Seconds => time(value),
        MeasureUnit::Share => percent(value),
        MeasureUnit::Number => number(value),
    };
    let signed = |value: f64| match value {
        value if value < 0.0 => format!("−{}", show(-value)),
        value if value > 0.0 => format!("+{}", show(value)),
        value => show(value),
    };
    let side = |index: usize| match (row.values[index], language) {
        (Some(value), Language::English) if row.runs[index] < pairs => {
            format!("{} in {}", show(value.mean), row.runs[index])
        }
        (Some(value), Language::Korean) if row.runs[index] < pairs => {
            format!("{} ({}회)", show(value.mean), row.runs[index])
        }
        (Some(value), _) => show(value.mean),
        (None, _) => NONE.to_owned(),
    };
    let difference = row.difference.difference;
    let shown = match difference.n {
        0 => NONE.to_owned(),
        _ if !difference.low.is_finite() || difference.low == difference.high => signed(difference.mean),
        _ => format!("{} ({}, {})", signed(difference.mean), signed(difference.low), signed(difference.high)),
    };
    [label(row, language), side(0), side(1), shown]
}

/// What a measure is called, with its operation, effect or currency.
pub(super) fn label(row: &ComparedMeasure, language: Language) -> String {
    match row.subject.as_str() {
        "" => words(row.measure, language).to_owned(),
        subject => format!("{}, {subject}", words(row.measure, language)),
    }
}

/// A measure's stable name in words.
fn words(measure: &str, language: Language) -> &str {
    let both = match measure {
        "time-to-detect" => ("time to detect", "탐지까지"),
        "time-to-acknowledge" => ("time to acknowledge", "담당자 확인까지"),
        "time-to-mitigate" => ("time to mitigate", "영향 완화까지"),
        "time-to-recover" => ("time to recover", "복구까지"),
        "recover-after-cause" => ("recovery after the cause was gone", "원인 해소 후 복구까지"),
        "collapses" => ("collapses", "시스템 붕괴 확률"),
        "recovers" => ("recovers", "복구 확률"),
        "operations-hit" => ("operations hit (> 1 % lost)", "영향받은 기능 (1 % 초과)"),
        "blast-radius" => ("operation seconds lost", "영향 반경 [기능·초]"),
        "requests-failed" => ("requests failed, beyond calm", "실패 요청(평시 초과)"),
        "requests-late" => ("requests late, beyond calm", "지연 요청(평시 초과)"),
        "worst-minute-failed" => ("failed in the worst minute", "최악의 1분 실패율"),
        "peak-p95" => ("peak p95", "최고 p95"),
        "budget-burnt" => ("budget burnt", "에러 버짓 소진"),
        "effect" => ("effect", "업무 영향"),
        "calm-p95" => ("p95 in calm", "평시 p95"),
        "core-hours" => ("core hours", "코어·시간"),
        "cost" => ("cost", "비용"),
        other => (other, other),
    };
    match language {
        Language::English => both.0,
        Language::Korean => both.1,
    }
}
