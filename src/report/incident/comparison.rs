//! Two results beside each other, as a report: who is better at what.

use super::facts::{Block, Section};
use super::html::page;
use super::markdown::text;
use super::picture::timeline_svg;
use super::words::{Language, localised};
use crate::experiment::{Advantage, ComparedMeasure, ComparisonResult, Results};
use crate::report::compared::{cells, label};
use crate::report::numbers::percent;

/// What a comparison does not know.
#[derive(Clone, Copy, Debug)]
pub struct AboutComparison<'a> {
    /// The language.
    pub language: Language,
    /// The sentences of both scenarios; one if they are the same.
    pub descriptions: &'a [&'a str],
    /// Steps that do nothing on the first side, though people take their time for them.
    pub idle: &'a [String],
    /// The command that makes the same comparison again.
    pub command: &'a str,
}

/// The comparison as Markdown.
pub fn comparison_md(comparison: &ComparisonResult, about: &AboutComparison<'_>) -> String {
    text(&title(comparison, about.language), &sections(comparison, about))
}

/// The comparison as a page of HTML, with the timelines of both sides.
pub fn comparison_html(
    comparison: &ComparisonResult,
    both: [&Results; 2],
    about: &AboutComparison<'_>,
) -> String {
    let language = about.language;
    let mut all = sections(comparison, about);
    let timelines = Section {
        title: language.of("Timelines", "타임라인").to_owned(),
        blocks: (0..2)
            .flat_map(|side| [Block::Text(comparison.sides[side].clone()), Block::Picture(side)])
            .collect(),
    };
    all.insert(all.len() - 1, timelines);
    page(&title(comparison, language), &all, language, |side| {
        both.get(side).map(|results| timeline_svg(results, language))
    })
}

fn title(comparison: &ComparisonResult, language: Language) -> String {
    let [first, second] = &comparison.sides;
    match language {
        Language::English => format!("Comparison: {second} against {first}"),
        Language::Korean => format!("비교 보고서: {second} 대 {first}"),
    }
}

fn sections(comparison: &ComparisonResult, about: &AboutComparison<'_>) -> Vec<Section> {
    let language = about.language;
    let [first, second] = &comparison.sides;
    let better = |side: &str| match language {
        Language::English => format!("Where {side} is better"),
        Language::Korean => format!("나은 항목: {side}"),
    };
    let of = |advantages: &[Advantage]| -> Vec<&ComparedMeasure> {
        comparison.rows.iter().filter(|row| advantages.contains(&row.verdict)).collect()
    };
    let mut sections = vec![Section {
        title: language.of("Summary", "개요").to_owned(),
        blocks: summary(comparison, about),
    }];
    let nothing = language.of("Nowhere that the data could tell.", "데이터로 확인된 항목이 없습니다.");
    for (title, rows, always) in [
        (better(first), of(&[Advantage::Worse]), true),
        (better(second), of(&[Advantage::Better]), true),
        (
            language.of("Other numbers, of which none is better", "우열이 정해지지 않은 항목").to_owned(),
            of(&[Advantage::Differs]),
            false,
        ),
        (
            language.of("No difference that the data could tell", "차이가 확인되지 않은 항목").to_owned(),
            of(&[Advantage::Same, Advantage::None]),
            false,
        ),
        (
            language.of("Differences too slight to matter", "의미 있는 차이가 아닌 항목").to_owned(),
            of(&[Advantage::Slight]),
            false,
        ),
        (
            language
                .of(
                    "Not comparable, since one side fails more: who fails is not late",
                    "실패 건수 차이로 비교할 수 없는 항목",
                )
                .to_owned(),
            of(&[Advantage::Incomparable]),
            false,
        ),
        (
            language.of("Too few runs to tell", "실행 수가 부족해 판단할 수 없는 항목").to_owned(),
            of(&[Advantage::Unknown]),
            false,
        ),
    ] {
        if rows.is_empty() && !always {
            continue;
        }
        let blocks = match rows.is_empty() {
            true => vec![Block::Text(nothing.to_owned())],
            false => vec![table(comparison, &rows, language)],
        };
        sections.push(Section { title, blocks });
    }
    sections.push(Section {
        title: language.of("Again", "재현 방법").to_owned(),
        blocks: vec![Block::Command(about.command.to_owned())],
    });
    sections
}

fn summary(comparison: &ComparisonResult, about: &AboutComparison<'_>) -> Vec<Block> {
    let language = about.language;
    let [first, second] = &comparison.sides;
    let mut blocks: Vec<Block> = about
        .descriptions
        .iter()
        .filter(|text| !text.is_empty())
        .map(|text| Block::Text((*text).to_owned()))
        .collect();
    let told = |side: &String, advantage: Advantage| {
        let rows: Vec<&ComparedMeasure> =
            comparison.rows.iter().filter(|row| row.verdict == advantage).collect();
        // The first few are the phases, which matter most.
        let mut listed: Vec<String> = rows.iter().take(4).map(|row| label(row, language)).collect();
        if rows.len() > listed.len() {
            listed.push(match language {
                Language::English => format!("and {} more", rows.len() - 4),
                Language::Korean => format!("외 {}개", rows.len() - 4),
            });
        }
        let of = comparison.rows.len();
        match (listed.is_empty(), language) {
            (true, Language::English) => format!("{side} is better in none of {of} measures."),
            (false, Language::English) => {
                format!("{side} is better in {} of {of} measures: {}.", rows.len(), listed.join("; "))
            }
            (true, Language::Korean) => format!("{side}: 전체 {of}개 지표 중 나은 지표가 없습니다."),
            (false, Language::Korean) => {
                format!("{side}: 전체 {of}개 지표 중 {}개에서 낫습니다({}).", rows.len(), listed.join("; "))
            }
        }
    };
    blocks.push(Block::List(vec![told(first, Advantage::Worse), told(second, Advantage::Better)]));
    blocks.push(Block::Text(match language {
        Language::English => format!(
            "Both sides met the same customers in {} paired runs. Differences are {second} less {first}, run by run, with \
             intervals; one side is better where the whole interval is on one side of zero and the difference matters: {} of \
             the larger side, and more than a trifle.",
            comparison.pairs,
            percent(comparison.least)
        ),
        Language::Korean => format!(
            "두 구성은 {}회의 실행에서 동일한 고객 요청을 받았습니다. 차이는 실행별 {second} − {first} 값의 평균과 \
             신뢰구간이며, 신뢰구간 전체가 0의 한쪽에 있고 차이가 큰 쪽 값의 {} 이상일 때만 우열로 판정합니다.",
            comparison.pairs,
            percent(comparison.least)
        ),
    }));
    if !about.idle.is_empty() {
        let steps = about.idle.join(", ");
        blocks.push(Block::Text(match language {
            Language::English => format!(
                "On {first} people take the same time for {steps} and nothing comes of it: all other steps begin as they do on \
                 the other side, as far as they wait for people."
            ),
            Language::Korean => format!(
                "{first} 쪽에서도 {steps} 단계에 같은 시간이 걸리지만 실제 조치는 없습니다. 다른 단계의 시작 조건은 그대로입니다."
            ),
        }));
    }
    blocks
}

fn table(comparison: &ComparisonResult, rows: &[&ComparedMeasure], language: Language) -> Block {
    let [first, second] = &comparison.sides;
    let heads = vec![
        language.of("measure", "지표").to_owned(),
        first.clone(),
        second.clone(),
        language.of("difference", "차이").to_owned(),
    ];
    let rows = rows.iter().map(|row| {
        let [label, a, b, difference] = cells(row, comparison.pairs, language);
        vec![label, localised(a, language), localised(b, language), localised(difference, language)]
    });
    Block::Table(heads, rows.collect())
}
