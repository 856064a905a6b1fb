//! Links between Markdown pages.

use std::collections::BTreeSet;

use super::tree::{self, Tree};

/// Where a reader starts.
const ENTRANCES: [&str; 3] = ["README.md", "README.ko.md", "docs/architecture.md"];

/// A link and the line it stands in.
struct Link<'a> {
    target: &'a str,
    line: usize,
}

/// The links of a page, outside its blocks of code.
fn links(markdown: &str) -> Vec<Link<'_>> {
    let mut found = Vec::new();
    for (text, line) in prose(markdown) {
        for opening in ["](", "href=\"", "src=\""] {
            for (at, _) in text.match_indices(opening) {
                let rest = &text[at + opening.len()..];
                let end = rest.find([')', '"', ' ', '>']).unwrap_or(rest.len());
                found.push(Link { target: rest[..end].trim_start_matches('<'), line });
            }
        }
        let definition = text.trim_start().strip_prefix('[').and_then(|rest| rest.split_once("]: "));
        if let Some((_, target)) = definition {
            found.push(Link { target: target.split(' ').next().unwrap_or_default(), line });
        }
    }
    found
}

/// The lines outside fenced blocks, counted from one.
fn prose(markdown: &str) -> Vec<(&str, usize)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (text, line) in markdown.lines().zip(1..) {
        if text.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push((text, line));
        }
    }
    lines
}

/// The anchor that a heading gets.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn has_anchor(markdown: &str, wanted: &str) -> bool {
    let headings = prose(markdown).into_iter().filter_map(|(text, _)| text.strip_prefix('#'));
    let mut anchors = headings.map(|text| anchor(text.trim_start_matches('#')));
    anchors.any(|anchor| anchor == wanted) || markdown.contains(&format!("id=\"{wanted}\""))
}

/// The page or file that a link of this page leads to, and the anchor in it; none if it leads outside.
fn destination<'a>(page: &str, target: &'a str) -> Option<(Option<String>, &'a str)> {
    let outside = ["https://", "http://", "mailto:", "data:"];
    if outside.iter().any(|scheme| target.starts_with(scheme)) {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    if path.is_empty() {
        return Some((Some(page.to_owned()), anchor));
    }
    let resolved = if path.starts_with('/') { None } else { tree::resolve(tree::folder(page), path) };
    Some((resolved, anchor))
}

/// Relative links that lead nowhere.
pub(crate) fn broken(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (page, text) in tree.ending(".md") {
        for Link { target, line } in links(text) {
            let Some((file, anchor)) = destination(page, target) else { continue };
            let Some(file) = file.filter(|file| tree.has(file)) else {
                found.push(format!("{page}:{line}: `{target}` leads nowhere"));
                continue;
            };
            let there = tree.text(&file).unwrap_or_default();
            if !anchor.is_empty() && file.ends_with(".md") && !has_anchor(there, anchor) {
                found.push(format!("{page}:{line}: {file} has no heading `#{anchor}`"));
            }
        }
    }
    found
}

/// Pages in `docs/` to which no chain of links leads from the README or the architecture page.
pub(crate) fn unreachable(tree: &Tree) -> Vec<String> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut ahead: Vec<String> = ENTRANCES.iter().map(|page| (*page).to_owned()).collect();
    while let Some(page) = ahead.pop() {
        let Some(text) = tree.text(&page).filter(|_| !seen.contains(&page)) else { continue };
        for link in links(text) {
            ahead.extend(destination(&page, link.target).and_then(|(file, _)| file));
        }
        seen.insert(page);
    }
    let pages = tree.ending(".md").filter(|(page, _)| tree::is_under(page, "docs"));
    pages
        .filter(|(page, _)| !seen.contains(*page))
        .map(|(page, _)| {
            format!("{page} is not linked from README.md or docs/architecture.md, however far one follows")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(page: &str, expected: &[&str]) {
        let tree = Tree::of(&[
            ("docs/a.md", page),
            ("docs/decisions/0001-b.md", "# Why three files?\n"),
            ("README.md", "# R\n"),
            ("docs/chart.svg", ""),
        ]);
        assert_eq!(broken(&tree), expected, "of {page}");
    }

    #[test]
    fn links_that_lead_somewhere_pass() {
        check(
            "[b](decisions/0001-b.md#why-three-files) [r](../README.md) [d](decisions/) ![c](chart.svg)",
            &[],
        );
        check("# Here I am\n[self](#here-i-am) <https://example.org> [web](https://example.org/x)", &[]);
        check("```\n[no](link.md)\n```\n[b]: decisions/0001-b.md", &[]);
    }

    #[test]
    fn links_that_lead_nowhere_are_found() {
        check("\n[b](decisions/0002.md)", &["docs/a.md:2: `decisions/0002.md` leads nowhere"]);
        check("[r](../../README.md)", &["docs/a.md:1: `../../README.md` leads nowhere"]);
        check("[r](/README.md)", &["docs/a.md:1: `/README.md` leads nowhere"]);
        check("[b]: gone.md", &["docs/a.md:1: `gone.md` leads nowhere"]);
        check("<img src=\"gone.png\">", &["docs/a.md:1: `gone.png` leads nowhere"]);
        check("[r](../README.md#x)", &["docs/a.md:1: README.md has no heading `#x`"]);
    }

    #[test]
    fn a_page_that_nothing_links_is_found() {
        let files = [
            ("README.md", "[a](docs/a.md)"),
            ("docs/a.md", "[b](deep/b.md) [back](../README.md)"),
            ("docs/deep/b.md", ""),
            ("docs/lost.md", "[a](a.md)"),
        ];
        let expected =
            "docs/lost.md is not linked from README.md or docs/architecture.md, however far one follows";
        assert_eq!(unreachable(&Tree::of(&files)), [expected]);
    }
}
