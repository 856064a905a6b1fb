//! What response times went into, before, during and after: a bar for each window of each operation.

use std::fmt::Write;

use super::html::escaped;
use super::picture::{STYLE, shortened};
use super::words::{Language, localised, part};
use crate::experiment::Results;
use crate::record::TimePart;
use crate::report::numbers::time;
use crate::report::spent::{Spent, of_index, operations};

const WIDTH: f64 = 960.0;
/// Room for the names of windows on the left, and for times on the right \[px].
const LEFT: f64 = 230.0;
const RIGHT: f64 = 90.0;
const ROW: f64 = 22.0;
const BAR: f64 = 15.0;
/// The line with an operation's name \[px].
const NAME: f64 = 26.0;
/// Title and legend \[px].
const HEAD: f64 = 52.0;
/// Operations, and bars, at most.
const OPERATIONS: usize = 8;
const ROWS: usize = 48;
/// A letter, and a syllable of Hangul, at the size of names in bars, at most \[px].
const LETTER: f64 = 6.9;
const SYLLABLE: f64 = 11.0;

/// Fills from dark to light, each beside others that it differs from; every part keeps its place in the bar.
const FILLS: &str = "\
.tl .part { stroke: #ffffff; stroke-width: 1; }\
.tl .part0 { fill: #c4c4c4; } .tl .part1 { fill: #333333; } .tl .part2 { fill: #8f8f8f; }\
.tl .part3 { fill: #555555; } .tl .part4 { fill: #dedede; } .tl .part5 { fill: #f3f3f3; }\
.tl .part6 { fill: #737373; }\
.tl .service { stroke: #8a8a8a; stroke-width: 1; }\
.tl .in { font-size: 11px; fill: #1b1b1b; } .tl .in.light { fill: #ffffff; }";

/// The same on a page: the bars keep their fills, so that what is written in them can be read.
pub(super) const PAGE_FILLS: &str = "\nbody .tl .in { fill: #1b1b1b; } body .tl .in.light { fill: #ffffff; } body .tl .part { stroke: var(--paper); }\n";

/// Parts whose fill is dark.
fn is_dark(part: TimePart) -> bool {
    matches!(part, TimePart::Thread | TimePart::Lock | TimePart::Retry)
}

/// The picture; `None` where nothing is known.
pub fn attribution_svg(results: &Results, language: Language) -> Option<String> {
    let mut blocks: Vec<(String, Vec<(String, Spent)>)> = Vec::new();
    let mut bars = 0;
    for index in operations(results).into_iter().take(OPERATIONS) {
        let rows: Vec<(String, Spent)> = results
            .windows
            .iter()
            .flat_map(|window| of_index(window, index).into_iter().map(|spent| (&window.name, spent)))
            .map(|(window, spent)| (label(window, spent.served, language), spent))
            .collect();
        bars += rows.len();
        if bars > ROWS {
            break;
        }
        let name = results.windows.first().map(|window| window.operations[index].name.name.clone());
        blocks.push((name.unwrap_or_default(), rows));
    }
    let count: usize = blocks.iter().map(|(_, rows)| rows.len()).sum();
    if count == 0 {
        return None;
    }
    let height = HEAD + NAME * blocks.len() as f64 + ROW * count as f64 + 12.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"tl\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\"><style>{STYLE}{FILLS}</style>\
         <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>"
    );
    legend(&mut svg, language);
    let mut y = HEAD;
    for (name, rows) in &blocks {
        let most = rows.iter().map(|(_, spent)| spent.total_s()).fold(f64::MIN_POSITIVE, f64::max);
        let _ = write!(
            svg,
            "<text x=\"{LEFT:.1}\" y=\"{:.1}\" font-weight=\"600\">{}</text>",
            y + 18.0,
            escaped(&shortened(name))
        );
        y += NAME;
        for (label, spent) in rows {
            bar(&mut svg, (label, spent), most, y, language);
            y += ROW;
        }
    }
    svg.push_str("</svg>");
    Some(svg)
}

fn label(window: &str, served: bool, language: Language) -> String {
    match served {
        true => window.to_owned(),
        false => format!("{}{window}", language.of("not served, ", "미처리, ")),
    }
}

fn legend(svg: &mut String, language: Language) {
    let title = language.of(
        "mean response time by what it went into; each operation has its own scale",
        "평균 응답 시간의 구성 (기능별 척도)",
    );
    let _ = write!(svg, "<text x=\"{LEFT:.1}\" y=\"18\">{title}</text>");
    let mut x = LEFT;
    for each in TimePart::ALL {
        let name = part(each, language);
        let _ = write!(
            svg,
            "<rect class=\"{}\" x=\"{x:.1}\" y=\"30\" width=\"14\" height=\"12\"/><text class=\"soft\" x=\"{:.1}\" \
             y=\"40\">{name}</text>",
            class(each),
            x + 19.0
        );
        x += 19.0 + 1.15 * width(name) + 16.0;
    }
}

fn class(part: TimePart) -> String {
    let edge = if part == TimePart::Service { " service" } else { "" };
    format!("part part{}{edge}", part as usize)
}

fn width(text: &str) -> f64 {
    text.chars().map(|c| if (c as u32) >= 0x1100 { SYLLABLE } else { LETTER }).sum()
}

/// A bar of an operation whose longest takes all the room.
fn bar(svg: &mut String, (label, spent): (&str, &Spent), most: f64, y: f64, language: Language) {
    let _ = write!(
        svg,
        "<text class=\"soft\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        LEFT - 8.0,
        y + 12.0,
        escaped(&shortened(label))
    );
    let scale = (WIDTH - LEFT - RIGHT) / most;
    let mut x = LEFT;
    for (each, part_s) in TimePart::ALL.into_iter().zip(spent.parts_s) {
        let wide = part_s * scale;
        if wide < 0.5 {
            x += wide;
            continue;
        }
        let _ = write!(
            svg,
            "<rect class=\"{}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{BAR:.1}\"/>",
            class(each)
        );
        let name = part(each, language);
        if width(name) + 6.0 <= wide {
            let light = if is_dark(each) { " light" } else { "" };
            let _ = write!(
                svg,
                "<text class=\"in{light}\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{name}</text>",
                x + wide / 2.0,
                y + 11.5
            );
        }
        x += wide;
    }
    let _ = write!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        x + 6.0,
        y + 12.0,
        localised(time(spent.total_s()), language)
    );
}
