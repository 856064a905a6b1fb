//! The report as one page that needs nothing else.

use super::bars::{PAGE_FILLS, attribution_svg};
use super::facts::{About, Block, SPENT, Section, TIMELINE, sections, title};
use super::picture::{PAGE_STYLE, timeline_svg};
use super::words::Language;
use crate::experiment::Results;

/// Light and dark by the reader's choice; nothing is told by colour alone.
const STYLE: &str = "
:root { color-scheme: light dark; --ink: #1b1b1b; --soft: #5a5a5a; --line: #cfcfcf; --paper: #ffffff; --shade: #f1f1f1; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececec; --soft: #a8a8a8; --line: #4a4a4a; --paper: #161616; --shade: #242424; }
}
body { margin: 2rem auto; max-width: 62rem; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans KR', sans-serif; word-break: keep-all;
  overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { font-size: 1.15rem; margin-top: 2rem; border-bottom: 1px solid var(--line); }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: 0.3rem 0.6rem 0.3rem 0; text-align: left; vertical-align: top;
  overflow-wrap: break-word; }
th { color: var(--soft); font-weight: 600; }
dl { display: grid; grid-template-columns: fit-content(20rem) 1fr; gap: 0.2rem 1rem; } dt { color: var(--soft); } dd { margin: 0; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: 0.5rem; } }
pre { background: var(--shade); padding: 0.7rem; overflow-x: auto; } .wide { overflow-x: auto; } svg { width: 100%; height: auto; min-width: 44rem; }
";

/// The report as a page of HTML, pictures included.
pub fn report_html(results: &Results, about: &About<'_>) -> String {
    page(&title(results, about), &sections(results, about), about.language, |picture| match picture {
        TIMELINE => Some(timeline_svg(results, about.language)),
        _ => attribution_svg(results, about.language),
    })
}

/// Sections as a page, with pictures by their numbers.
pub(super) fn page(
    title: &str,
    sections: &[Section],
    language: Language,
    picture: impl Fn(usize) -> Option<String>,
) -> String {
    let title = escaped(title);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}{PAGE_STYLE}{PAGE_FILLS}</style>\n</head>\n<body>\n<h1>{title}</h1>\n",
        language.tag()
    );
    for section in sections {
        page.push_str(&format!("<h2>{}</h2>\n", escaped(&section.title)));
        section.blocks.iter().for_each(|block| page.push_str(&self::block(block, &picture)));
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn block(block: &Block, picture: &impl Fn(usize) -> Option<String>) -> String {
    let drawn = |number: usize| {
        picture(number).map_or_else(String::new, |svg| format!("<div class=\"wide\">{svg}</div>\n"))
    };
    match block {
        Block::Text(text) => format!("<p>{}</p>\n", escaped(text)),
        Block::Facts(facts) => {
            let rows = facts
                .iter()
                .map(|(label, value)| format!("<dt>{}</dt><dd>{}</dd>\n", escaped(label), escaped(value)));
            format!("<dl>\n{}</dl>\n", rows.collect::<String>())
        }
        Block::List(items) => {
            let items = items.iter().map(|item| format!("<li>{}</li>\n", escaped(item)));
            format!("<ul>\n{}</ul>\n", items.collect::<String>())
        }
        Block::Table(heads, rows) => {
            let cells = |tag: &str, cells: &mut dyn Iterator<Item = &str>| -> String {
                let cells: String = cells.map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell))).collect();
                format!("<tr>{cells}</tr>\n")
            };
            let head = cells("th", &mut heads.iter().map(String::as_str));
            let body: String =
                rows.iter().map(|row| cells("td", &mut row.iter().map(String::as_str))).collect();
            format!(
                "<div class=\"wide\"><table>\n<thead>{head}</thead>\n<tbody>{body}</tbody>\n</table></div>\n"
            )
        }
        Block::Picture(number) => drawn(*number),
        Block::Spent(..) => drawn(SPENT),
        Block::Command(command) => format!("<pre>{}</pre>\n", escaped(command)),
    }
}

/// A text that is no markup.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
