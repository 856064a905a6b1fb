//! The timeline: who did what when, over what users felt.

use std::fmt::Write;

use super::html::escaped;
use super::words::{Language, clock};
use crate::component::View;
use crate::experiment::{Band, OperationSeries, Results, TimelineResult};
use crate::record::HappeningKind;
use crate::report::numbers::{percent, rate, time};

const WIDTH: f64 = 960.0;
/// Room for names on the left \[px].
const LEFT: f64 = 230.0;
const RIGHT: f64 = 30.0;
const ROW: f64 = 20.0;
const PANEL: f64 = 130.0;
/// Above a panel, its title and legend \[px].
const HEAD: f64 = 40.0;
/// Rows of bands at most, and letters of a name.
const ROWS: usize = 14;
const LETTERS: usize = 32;
/// Lines of a panel at most: more cannot be told apart without colour.
const LINES: usize = 3;
const DASHES: [&str; LINES] = ["", "7 4", "2 3"];

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
    let rows = rows(&results.timeline, results.duration.as_secs_f64(), language);
    let panels = panels(results, language);
    let top = 10.0 + ROW * rows.len() as f64;
    let height = top + (HEAD + PANEL) * panels.len() as f64 + 40.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"tl\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\"><style>{STYLE}</style><rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>"
    );
    for (index, row) in rows.iter().enumerate() {
        row.draw(&mut svg, &scale, 10.0 + ROW * index as f64);
    }
    for (index, panel) in panels.iter().enumerate() {
        panel.draw(&mut svg, &scale, results, top + (HEAD + PANEL) * index as f64);
    }
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

/// A band with its marks.
struct Row {
    label: String,
    class: &'static str,
    bars: Vec<(f64, f64)>,
    marks: Vec<f64>,
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

/// Faults, alerts with the messages about them, and steps: a row each, in the order of their beginnings.
fn rows(timeline: &[TimelineResult], end_s: f64, language: Language) -> Vec<Row> {
    let first = |kind: HappeningKind, subject: &str| {
        timeline.iter().find(|it| it.kind == kind && it.subject == subject).map(|it| it.median_s)
    };
    let mut rows = Vec::new();
    for entry in timeline {
        let subject = entry.subject.as_str();
        let (word, class, ends, marks): (&str, &str, &[HappeningKind], &[HappeningKind]) = match entry.kind {
            HappeningKind::FaultBegan => {
                (language.of("fault", "장애"), "fault", &[HappeningKind::FaultEnded], &[])
            }
            HappeningKind::AlertFiring => (
                language.of("alert", "알림"),
                "bar",
                &[HappeningKind::AlertResolved],
                &[HappeningKind::Notified, HappeningKind::Acknowledged],
            ),
            HappeningKind::FailedOver => (
                language.of("failover", "장애 조치"),
                "bar",
                &[HappeningKind::FailedOver],
                &[HappeningKind::FailedOver],
            ),
            HappeningKind::StepBegan => (
                language.of("step", "조치"),
                "bar",
                &[HappeningKind::StepDone, HappeningKind::StepFailed],
                &[HappeningKind::StepDone],
            ),
            HappeningKind::StepDone if first(HappeningKind::StepBegan, subject).is_none() => {
                (language.of("step", "조치"), "bar", &[HappeningKind::StepDone], &[HappeningKind::StepDone])
            }
            HappeningKind::StepDone
            | HappeningKind::FaultEnded
            | HappeningKind::LeakSuspected
            | HappeningKind::AlertPending
            | HappeningKind::AlertResolved
            | HappeningKind::Notified
            | HappeningKind::Acknowledged
            | HappeningKind::RuleFailed
            | HappeningKind::StepFailed => continue,
        };
        let to = ends.iter().filter_map(|kind| first(*kind, subject)).fold(f64::INFINITY, f64::min);
        let to = if to.is_finite() { to.max(entry.median_s) } else { end_s };
        rows.push(Row {
            label: format!("{word}: {subject}"),
            class,
            bars: vec![(entry.median_s, to)],
            marks: marks.iter().filter_map(|kind| first(*kind, subject)).collect(),
        });
    }
    // Steps and faults before alerts, where there are too many.
    if rows.len() > ROWS {
        let alert = language.of("alert", "알림");
        let others = rows.iter().filter(|row| !row.label.starts_with(alert)).count();
        let mut alerts = ROWS.saturating_sub(others);
        rows.retain(|row| {
            let keep = !row.label.starts_with(alert) || alerts > 0;
            if row.label.starts_with(alert) {
                alerts = alerts.saturating_sub(1);
            }
            keep
        });
        rows.truncate(ROWS);
    }
    rows
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
    let mut slowest: Vec<(String, Vec<f64>)> =
        clients.iter().map(|it| (it.name.name.clone(), means(&it.p95_s))).collect();
    slowest.sort_by(|a, b| peak(&b.1).total_cmp(&peak(&a.1)));
    slowest.truncate(LINES);
    let shares = |it: &&OperationSeries| {
        let pairs = it.failed_per_s.iter().zip(&it.served_per_s);
        let share = |(failed, served): (&Band, &Band)| failed.mean / (failed.mean + served.mean);
        (it.name.name.clone(), pairs.map(share).collect::<Vec<f64>>())
    };
    let mut failing: Vec<(String, Vec<f64>)> = clients.iter().map(shares).collect();
    failing.sort_by(|a, b| peak(&b.1).total_cmp(&peak(&a.1)));
    failing.truncate(LINES);
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
        panel(language.of("response time, p95", "응답 시간 p95"), slowest, 1e-3, time),
        panel(language.of("throughput", "처리량"), throughput, 1.0, rate),
        panel(language.of("share that fails", "실패율"), failing, 0.01, percent),
    ]
}

impl Panel {
    fn draw(&self, svg: &mut String, scale: &Scale, results: &Results, y: f64) {
        let (top, bottom) = (y + HEAD, y + HEAD + PANEL - 14.0);
        let place = |value: f64| bottom - (value / self.most).clamp(0.0, 1.0) * (bottom - top);
        let began = |it: &&TimelineResult| it.kind == HappeningKind::FaultBegan;
        for fault in results.timeline.iter().filter(began) {
            let ended =
                |it: &&TimelineResult| it.kind == HappeningKind::FaultEnded && it.subject == fault.subject;
            let to = results.timeline.iter().find(ended).map_or(scale.end_s, |it| it.median_s);
            let _ = write!(
                svg,
                "<rect class=\"shade\" x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\"/>",
                scale.x(fault.median_s),
                (scale.x(to) - scale.x(fault.median_s)).max(1.0),
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
                escaped(&(self.show)(value))
            );
        }
        let mut legend_x = LEFT;
        for ((name, values), dash) in self.lines.iter().zip(DASHES) {
            let path = path(&results.series.times_s, values, scale, place);
            let _ = write!(svg, "<path class=\"line\" stroke-dasharray=\"{dash}\" d=\"{path}\"/>");
            let name = shortened(name);
            let _ = write!(
                svg,
                "<path class=\"line\" stroke-dasharray=\"{dash}\" d=\"M{legend_x:.1} {0:.1}h26\"/><text class=\"soft\" \
                 x=\"{1:.1}\" y=\"{2:.1}\">{3}</text>",
                y + 26.0,
                legend_x + 32.0,
                y + 30.0,
                escaped(&name)
            );
            // Letters are at most 7.6 wide at this size; syllables 13.
            let width: f64 = name.chars().map(|c| if (c as u32) >= 0x1100 { 13.0 } else { 7.6 }).sum();
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
        "strong bar: fault · soft bar: alert or step · circle: message, acknowledgement or end of a step",
        "진한 막대: 장애 · 연한 막대: 알림/조치 · 원: 통보, 확인, 조치 완료",
    );
    let _ = write!(svg, "<text class=\"soft\" x=\"{LEFT:.1}\" y=\"{:.1}\">{legend}</text>", y + 18.0);
}
