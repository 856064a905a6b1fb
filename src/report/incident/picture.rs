//! The timeline: who did what when, over what users felt.

use std::fmt::Write;

use super::html::escaped;
use super::people::{Row, rows};
use super::words::{Language, clock, localised};
use crate::component::View;
use crate::experiment::{Band, OperationSeries, Results, TimelineResult};
use crate::record::HappeningKind;
use crate::report::numbers::{rate, time};

const WIDTH: f64 = 960.0;
/// Room for names on the left \[px].
const LEFT: f64 = 230.0;
const RIGHT: f64 = 30.0;
const ROW: f64 = 20.0;
const PANEL: f64 = 130.0;
/// Above a panel, its title and a legend of up to two lines \[px].
const HEAD: f64 = 58.0;
/// Letters of a name.
const LETTERS: usize = 32;
/// Lines of a panel at most: more cannot be told apart without colour.
const LINES: usize = 5;
const DASHES: [&str; LINES] = ["", "8 4", "2 3", "12 3 2 3", "1 7"];
/// Operations whose failures are shown at most, and the height of each \[px].
const STRIPS: usize = 12;
const STRIP: f64 = 16.0;

/// Colours on paper; a page puts its own in their place. Marks differ in shape, and lines in their dashes.
pub(super) const STYLE: &str = "\
.tl text { font: 12px system-ui, 'DejaVu Sans', 'Noto Sans KR', sans-serif; fill: #1b1b1b; }\
.tl .soft { fill: #5a5a5a; }\
.tl .grid { stroke: #cfcfcf; stroke-width: 1; fill: none; }\
.tl .line { stroke: #1b1b1b; stroke-width: 1.6; fill: none; }\
.tl .bar { fill: #8a8a8a; }\
.tl .fault { fill: #1b1b1b; }\
.tl .shade { fill: #e9e9e9; }\
.tl .paper { fill: #ffffff; }\
.tl .mark { fill: #ffffff; stroke: #1b1b1b; stroke-width: 1.5; }";

/// The same with the colours of a page.
pub(super) const PAGE_STYLE: &str = "
body .tl text { fill: var(--ink); } body .tl .soft { fill: var(--soft); } body .tl .grid { stroke: var(--line); }
body .tl .line { stroke: var(--ink); } body .tl .bar { fill: var(--soft); } body .tl .fault { fill: var(--ink); }
body .tl .shade { fill: var(--shade); } body .tl .paper { fill: var(--paper); }
body .tl .mark { fill: var(--paper); stroke: var(--ink); }
";

/// The timeline as an SVG that needs nothing else.
pub fn timeline_svg(results: &Results, language: Language) -> String {
    let scale = Scale { end_s: results.duration.as_secs_f64().max(1e-9) };
    let rows = rows(results, language);
    let panels = panels(results, language);
    let strips = strips(results);
    let top = 10.0 + ROW * rows.len() as f64;
    let below = top + (HEAD + PANEL) * panels.len() as f64;
    let height = below + 30.0 + STRIP * strips.len().max(1) as f64 + 58.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"tl\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\"><style>{STYLE}</style><rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>"
    );
    for (index, row) in rows.iter().enumerate() {
        row.draw(&mut svg, &scale, 10.0 + ROW * index as f64);
    }
    for (index, panel) in panels.iter().enumerate() {
        panel.draw(&mut svg, &scale, (results, language), top + (HEAD + PANEL) * index as f64);
    }
    draw_strips(&mut svg, &strips, (&scale, results), below, language);
    axis(&mut svg, &scale, height - 22.0, language);
    svg.push_str("</svg>");
    svg
}

struct Scale {
    end_s: f64,
}

impl Scale {
    fn x(&self, secs: f64) -> f64 {
        LEFT + (secs / self.end_s).clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }
}

impl Row {
    fn draw(&self, svg: &mut String, scale: &Scale, y: f64) {
        let middle = y + ROW / 2.0;
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text><path class=\"grid\" d=\"M{:.1} {middle:.1}H{:.1}\"/>",
            LEFT - 8.0,
            middle + 4.0,
            escaped(&shortened(&self.label)),
            LEFT,
            WIDTH - RIGHT
        );
        for (from, to) in &self.bars {
            let width = (scale.x(*to) - scale.x(*from)).max(2.0);
            let _ = write!(
                svg,
                "<rect class=\"{}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"8\"/>",
                self.class,
                scale.x(*from),
                middle - 4.0
            );
        }
        for at in &self.marks {
            let _ = write!(
                svg,
                "<circle class=\"mark\" cx=\"{:.1}\" cy=\"{middle:.1}\" r=\"4.5\"/>",
                scale.x(*at)
            );
        }
    }
}

/// A label, cut where it is too long for its place.
pub(super) fn shortened(label: &str) -> String {
    // A Hangul syllable is as wide as two letters.
    let wide = |c: char| if (c as u32) >= 0x1100 { 2 } else { 1 };
    let mut used = 0;
    let mut out = String::new();
    for c in label.chars() {
        used += wide(c);
        if used > LETTERS {
            out.push('…');
            break;
        }
        out.push(c);
    }
    out
}

/// Lines over time with a common scale.
struct Panel {
    title: &'static str,
    lines: Vec<(String, Vec<f64>)>,
    most: f64,
    show: fn(f64) -> String,
}

fn clients(results: &Results) -> Vec<&OperationSeries> {
    results.series.operations.iter().filter(|it| it.name.view == View::Client).collect()
}

fn panels(results: &Results, language: Language) -> Vec<Panel> {
    let clients = clients(results);
    let means = |bands: &[Band]| bands.iter().map(|band| band.mean).collect::<Vec<f64>>();
    let sum = |of: fn(&OperationSeries) -> &Vec<Band>| -> Vec<f64> {
        let count = results.series.times_s.len();
        (0..count)
            .map(|at| {
                clients
                    .iter()
                    .filter_map(|it| of(it).get(at))
                    .map(|band| band.mean)
                    .filter(|it| it.is_finite())
                    .sum()
            })
            .collect()
    };
    let peak = |values: &[f64]| values.iter().copied().filter(|it| it.is_finite()).fold(0.0, f64::max);
    // Those first that are slowest against what they are in calm.
    let from_s = results.outcomes.as_ref().map_or(f64::INFINITY, |outcomes| outcomes.from_s);
    let usual = |values: &[f64]| {
        let calm =
            results.series.times_s.iter().zip(values).filter(|(at, it)| **at <= from_s && it.is_finite());
        let (sum, count) = calm.fold((0.0, 0_u32), |(sum, count), (_, it)| (sum + it, count + 1));
        if count == 0 { f64::INFINITY } else { sum / f64::from(count) }
    };
    let worse = |values: &[f64]| {
        let ratio = peak(values) / usual(values);
        if from_s.is_finite() { ratio } else { peak(values) }
    };
    let mut slowest: Vec<(String, Vec<f64>)> =
        clients.iter().map(|it| (it.name.name.clone(), means(&it.p95_s))).collect();
    slowest.sort_by(|a, b| worse(&b.1).total_cmp(&worse(&a.1)));
    slowest.truncate(LINES);
    let throughput = vec![
        (language.of("offered", "유입").to_owned(), sum(|it| &it.offered_per_s)),
        (language.of("served", "처리").to_owned(), sum(|it| &it.served_per_s)),
        (language.of("failed", "실패").to_owned(), sum(|it| &it.failed_per_s)),
    ];
    let panel = |title, lines: Vec<(String, Vec<f64>)>, least: f64, show| {
        let most = lines.iter().map(|(_, values)| peak(values)).fold(least, f64::max);
        Panel { title, lines, most, show }
    };
    vec![
        panel(language.of("response time, p95", "응답 시간 p95"), slowest, 1e-3, time as fn(f64) -> String),
        panel(language.of("throughput", "처리량"), throughput, 1.0, rate),
    ]
}

/// The share of each operation that fails, over time: of those of which more than 1 % of an interval does, the worst.
fn strips(results: &Results) -> Vec<(String, Vec<f64>)> {
    let shares = |it: &&OperationSeries| (it.name.name.clone(), failed_shares(it));
    let clients = clients(results);
    let sum = |values: &[f64]| values.iter().filter(|it| it.is_finite()).sum::<f64>();
    let mut failing: Vec<(String, Vec<f64>)> =
        clients.iter().map(shares).filter(|(_, values)| values.iter().any(|it| *it > 0.01)).collect();
    failing.sort_by(|a, b| sum(&b.1).total_cmp(&sum(&a.1)));
    failing.truncate(STRIPS);
    failing
}

/// The share of an operation that fails, interval by interval: where nothing ends of what is asked for, that of the next in
/// which something does; all where nothing ever does.
fn failed_shares(it: &OperationSeries) -> Vec<f64> {
    let mean = |bands: &[Band], at: usize| bands.get(at).map_or(0.0, |band| band.mean);
    let ended =
        |at: usize| mean(&it.failed_per_s, at) + mean(&it.served_per_s, at) + mean(&it.declined_per_s, at);
    let is_silent = |at: usize| mean(&it.offered_per_s, at) > 0.0 && ended(at) == 0.0;
    let count = it.failed_per_s.len();
    let mut shares = Vec::with_capacity(count);
    while shares.len() < count {
        let from = shares.len();
        let next = (from..count).find(|at| ended(*at) > 0.0);
        let (end, share) = match (is_silent(from), next) {
            (true, None) => (count, 1.0),
            (true, Some(next)) => (next + 1, mean(&it.failed_per_s, next) / ended(next)),
            (false, _) if ended(from) > 0.0 => (from + 1, mean(&it.failed_per_s, from) / ended(from)),
            (false, _) => (from + 1, 0.0),
        };
        shares.resize(end, share);
    }
    shares
}

/// A row of darkness for each operation that fails: the darker, the more of it.
fn draw_strips(
    svg: &mut String,
    strips: &[(String, Vec<f64>)],
    (scale, results): (&Scale, &Results),
    y: f64,
    language: Language,
) {
    let title = language.of(
        "share that fails, by operation: white none, black all",
        "기능별 실패율: 흰색 없음, 검은색 전부 실패",
    );
    let _ = write!(svg, "<text x=\"{LEFT:.1}\" y=\"{:.1}\">{title}</text>", y + 14.0);
    if strips.is_empty() {
        let none = language.of("no operation fails", "실패한 기능 없음");
        let _ = write!(svg, "<text class=\"soft\" x=\"{LEFT:.1}\" y=\"{:.1}\">{none}</text>", y + 36.0);
    }
    let times = &results.series.times_s;
    for (index, (name, shares)) in strips.iter().enumerate() {
        let top = y + 24.0 + STRIP * index as f64;
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text><rect class=\"grid\" x=\"{LEFT:.1}\" \
             y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
            LEFT - 8.0,
            top + 11.0,
            escaped(&shortened(name)),
            WIDTH - RIGHT - LEFT,
            STRIP - 3.0
        );
        // Neighbours of one shade are one rectangle.
        let shade = |share: f64| if share > 0.005 { (share * 20.0).ceil().min(20.0) / 20.0 } else { 0.0 };
        let mut at = 0;
        while at < shares.len() {
            let here = shade(shares[at]);
            let same = shares[at..].iter().take_while(|share| shade(**share) == here).count().max(1);
            if here > 0.0 {
                let begins = at.checked_sub(1).and_then(|before| times.get(before)).copied().unwrap_or(0.0);
                let ends = times.get(at + same - 1).copied().unwrap_or(scale.end_s);
                let _ = write!(
                    svg,
                    "<rect class=\"fault\" fill-opacity=\"{here:.2}\" x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" \
                     height=\"{:.1}\"/>",
                    scale.x(begins),
                    (scale.x(ends) - scale.x(begins)).max(1.0),
                    STRIP - 3.0
                );
            }
            at += same;
        }
    }
}

impl Panel {
    fn draw(&self, svg: &mut String, scale: &Scale, (results, language): (&Results, Language), y: f64) {
        let (top, bottom) = (y + HEAD, y + HEAD + PANEL - 14.0);
        let place = |value: f64| bottom - (value / self.most).clamp(0.0, 1.0) * (bottom - top);
        let began = |it: &&TimelineResult| it.kind == HappeningKind::FaultBegan;
        for fault in results.timeline.iter().filter(began) {
            let ended =
                |it: &&TimelineResult| it.kind == HappeningKind::FaultEnded && it.subject == fault.subject;
            let Some((from, _)) = fault.told else { continue };
            let ends = results.timeline.iter().filter(ended).filter_map(|it| it.told).map(|(at, _)| at);
            let to = ends.filter(|at| *at >= from).reduce(f64::min).unwrap_or(scale.end_s);
            let _ = write!(
                svg,
                "<rect class=\"shade\" x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
                scale.x(from),
                (scale.x(to) - scale.x(from)).max(1.0),
                bottom - top
            );
        }
        let _ = write!(svg, "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>", LEFT, y + 14.0, self.title);
        for value in [0.0, self.most / 2.0, self.most] {
            let at = place(value);
            let _ = write!(
                svg,
                "<path class=\"grid\" d=\"M{LEFT:.1} {at:.1}H{:.1}\"/><text class=\"soft\" x=\"{:.1}\" y=\"{:.1}\" \
                 text-anchor=\"end\">{}</text>",
                WIDTH - RIGHT,
                LEFT - 8.0,
                at + 4.0,
                escaped(&localised((self.show)(value), language))
            );
        }
        let (mut legend_x, mut legend_y) = (LEFT, y + 26.0);
        for ((name, values), dash) in self.lines.iter().zip(DASHES) {
            let path = path(&results.series.times_s, values, scale, place);
            let _ = write!(svg, "<path class=\"line\" stroke-dasharray=\"{dash}\" d=\"{path}\"/>");
            let name = shortened(name);
            // Letters are at most 7.6 wide at this size; syllables 13.
            let width: f64 = name.chars().map(|c| if (c as u32) >= 0x1100 { 13.0 } else { 7.6 }).sum();
            if legend_x > LEFT && legend_x + 32.0 + width > WIDTH - RIGHT {
                (legend_x, legend_y) = (LEFT, legend_y + 18.0);
            }
            let _ = write!(
                svg,
                "<path class=\"line\" stroke-dasharray=\"{dash}\" d=\"M{legend_x:.1} {0:.1}h26\"/><text class=\"soft\" \
                 x=\"{1:.1}\" y=\"{2:.1}\">{3}</text>",
                legend_y,
                legend_x + 32.0,
                legend_y + 4.0,
                escaped(&name)
            );
            legend_x += 32.0 + width + 18.0;
        }
    }
}

/// A line with gaps where there is no value.
fn path(times_s: &[f64], values: &[f64], scale: &Scale, place: impl Fn(f64) -> f64) -> String {
    let mut path = String::new();
    let mut is_open = false;
    for (at, value) in times_s.iter().zip(values) {
        if !value.is_finite() {
            is_open = false;
            continue;
        }
        let _ = write!(path, "{}{:.1} {:.1}", if is_open { 'L' } else { 'M' }, scale.x(*at), place(*value));
        is_open = true;
    }
    path
}

fn axis(svg: &mut String, scale: &Scale, y: f64, language: Language) {
    let step = [5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 21_600.0, 86_400.0]
        .into_iter()
        .find(|step| scale.end_s / step <= 10.0)
        .unwrap_or(scale.end_s / 10.0);
    let mut at = 0.0;
    while at <= scale.end_s + 1e-9 {
        let _ = write!(
            svg,
            "<text class=\"soft\" x=\"{:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{}</text>",
            scale.x(at),
            clock(at)
        );
        at += step;
    }
    let legend = language.of(
        "bars: the run told (strong: fault; soft: people, alerts, steps; circle: message, end) · lines: means",
        "막대: 대표 실행(진함: 장애, 연함: 담당자·알림·조치, 원: 통보·완료) · 선: 평균",
    );
    let _ = write!(svg, "<text class=\"soft\" x=\"{LEFT:.1}\" y=\"{:.1}\">{legend}</text>", y + 18.0);
}
