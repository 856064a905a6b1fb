//! Places within a text of a YAML file: from the text as read to the text as written.

use crate::scenario::node::Node;
use crate::scenario::source::{Mark, Source};
use crate::timeline::promql::Extent;

/// Where in the file a part of a value is written. If that cannot be told, the whole value.
pub(in crate::scenario) fn place(source: &Source, node: &Node, part: Extent) -> Mark {
    let Some(scalar) = node.scalar() else { return node.mark };
    let written = source.text().get(node.mark.offset..).unwrap_or_default();
    let Some(offsets) = offsets(&scalar.text, written) else { return node.mark };
    let start = offsets.get(part.start).copied().unwrap_or(0);
    // The end is that of the last character: blanks behind it are written in many ways.
    let last = scalar.text.get(part.start..part.end).unwrap_or_default().trim_end();
    let end = match last.chars().next_back() {
        Some(c) => offsets.get(part.start + last.len() - c.len_utf8()).map_or(start, |at| at + c.len_utf8()),
        None => start,
    };
    Mark { offset: node.mark.offset + start, length: end.saturating_sub(start) }
}

/// For each byte of the text as read, where it is in what is written; at the end, where that ends.
fn offsets(read: &str, written: &str) -> Option<Vec<usize>> {
    let mut at = match written.chars().next()? {
        '|' | '>' => written.find('\n')? + 1,
        '"' | '\'' => 1,
        _ => 0,
    };
    let quote = written.chars().next().filter(|c| matches!(c, '"' | '\''));
    let mut offsets = Vec::with_capacity(read.len() + 1);
    for c in read.chars() {
        let rest = written.get(at..)?;
        if c.is_whitespace() {
            // Folding makes one blank of many, or of a line's end and the indentation of the next line. A blank that
            // is written as an escape is skipped when the next letter is looked for.
            offsets.extend(std::iter::repeat_n(at, c.len_utf8()));
            if rest.starts_with(c) {
                at += c.len_utf8();
            }
            continue;
        }
        at += skipped(rest, quote);
        let rest = written.get(at..)?;
        let length = length(rest, c, quote)?;
        offsets.extend(std::iter::repeat_n(at, c.len_utf8()));
        at += length;
    }
    offsets.push(at);
    Some(offsets)
}

/// How much stands before the next letter: blanks, and escapes of blanks.
fn skipped(rest: &str, quote: Option<char>) -> usize {
    let mut at = 0;
    loop {
        let blank = rest[at..].len() - rest[at..].trim_start().len();
        at += blank;
        let escape = ["\\n", "\\t", "\\r", "\\ ", "\\\n", "\\_"]
            .iter()
            .find(|escape| rest[at..].starts_with(**escape));
        match (quote, escape) {
            (Some('"'), Some(escape)) => at += escape.len(),
            _ => return at,
        }
    }
}

/// How long a letter is as it is written.
fn length(rest: &str, c: char, quote: Option<char>) -> Option<usize> {
    match quote {
        Some('\'') if c == '\'' => rest.starts_with("''").then_some(2),
        Some('"') if rest.starts_with('\\') => {
            let digits = match rest.chars().nth(1)? {
                'x' => 2,
                'u' => 4,
                'U' => 8,
                other => return (other == c).then_some(1 + other.len_utf8()),
            };
            Some(2 + digits)
        }
        _ => rest.starts_with(c).then_some(c.len_utf8()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::diagnostic::Diagnostics;
    use crate::scenario::parse::parse;

    /// Marks `marked` in the value of `a`, and compares what is marked in the file.
    #[track_caller]
    fn check(yaml: &str, marked: &str, expected: &str, line: u32) {
        let source = Source::new("a.yaml".to_owned(), yaml.to_owned());
        let node = parse(&source, &mut Diagnostics::default()).unwrap();
        let value = &node.get("a").unwrap().value;
        let text = &value.scalar().unwrap().text;
        let start = text.find(marked).unwrap_or_else(|| panic!("no `{marked}` in {text:?}"));
        let mark = place(&source, value, Extent { start, end: start + marked.len() });
        assert_eq!((source.marked(mark), source.line(mark)), (expected, line), "{yaml}");
    }

    #[test]
    fn parts_are_found_however_they_are_written() {
        check("a: up == foo", "foo", "foo", 1);
        check("a: up ==\n  foo > 1", "foo", "foo", 2);
        check("b: 1\na: |\n  up\n    == foo\n  > 1\n", "foo", "foo", 4);
        check("a: >-\n  up\n  == foo\n\n  and x\n", "x", "x", 5);
        check("a: 'up{b=\"it''s\"} == foo'", "foo", "foo", 1);
        check("a: 'up{b=\"it''s\"} == foo'", "it's", "it''s", 1);
        check("a: \"up{b=\\\"c\\\"}\\n == foo\"", "foo", "foo", 1);
        check("a: \"up{b=\\\"c\\\"} == \\u0066oo\"", "\"c\"", "\\\"c\\", 1);
        check("a: \"up == \\\n   foo\"", "foo", "foo", 2);
        check("{a: [1], a2: x}\n".replace("[1]", "up == foo").as_str(), "foo", "foo", 1);
        check("a: é == foo", "foo", "foo", 1);
    }
}
