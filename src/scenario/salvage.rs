//! What can be read of a text that is not YAML as a whole.
//!
//! The text is read section by section; a section that cannot be read, by the entries or items in it, and so on. What is
//! left is what is wrong: each such piece is told of by itself, and lost. Whatever else there is, is checked.

use std::collections::BTreeSet;
use std::ops::Range;

use super::code::Code;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::node::{Entry, Kind, Node, Scalar, ScalarValue};
use super::parse::{Builder, DEEPEST, Dropped, Parsed, read};
use super::source::{Mark, Source};

/// Bytes that are read at most, counted anew for each piece that is tried.
const MOST_WORK: usize = 20_000_000;
/// Pieces of one text that are told of.
const MOST_TOLD: usize = 100;

/// Reads what can be read of a text of which `whole` says why it is not YAML.
pub(super) fn salvage(source: &Source, whole: Diagnostic, diagnostics: &mut Diagnostics) -> Option<Parsed> {
    let builder = Builder::new(source);
    let mut salvager =
        Salvager { source, builder, told: Vec::new(), lost: BTreeSet::new(), work: 0, depth: 0 };
    let node = salvager.piece(0..source.text().len());
    let Salvager { builder, mut told, lost, .. } = salvager;
    // What a tab does to the rest is nobody's mistake.
    let tabs = tabs(source);
    if !tabs.is_empty() {
        told = tabs;
    }
    let (is_told, spent) = (!told.is_empty(), told.len() >= MOST_TOLD);
    for diagnostic in told.into_iter().chain(builder.told) {
        diagnostics.push(diagnostic);
    }
    if !is_told || spent {
        // All the pieces can be read, and not the whole: what is wrong is how they stand to each other.
        diagnostics.push(whole);
    }
    // A text that is all of one piece tells nothing.
    let node = node.filter(|node| !matches!(node.kind, Kind::Scalar(_)))?;
    Some(Parsed { node, dropped: builder.dropped, lost, is_broken: true })
}

/// Lines that are indented with tabs.
pub(super) fn tabs(source: &Source) -> Vec<Diagnostic> {
    let mut at = 0;
    let lines = source.text().split_inclusive('\n').map(|line| {
        at += line.len();
        (at - line.len(), line)
    });
    let indented = lines.filter_map(|(at, line)| {
        let content = line.trim_start();
        let blank = &line[..line.len() - content.len()];
        (!content.is_empty() && !content.starts_with('#')).then(|| blank.find('\t'))?.map(|tab| at + tab)
    });
    let told = indented.take(MOST_TOLD).map(|offset| {
        let cause = "this is not YAML: there is a tab in the indentation";
        let remedy = "indent with spaces: YAML takes no tabs";
        Diagnostic::at(source, Mark { offset, length: 1 }, Code::Syntax, cause, remedy)
    });
    told.collect()
}

struct Salvager<'a> {
    source: &'a Source,
    builder: Builder<'a>,
    told: Vec<Diagnostic>,
    /// The numbers of values that could not be read.
    lost: BTreeSet<u32>,
    work: usize,
    /// Pieces that are open within each other.
    depth: usize,
}

/// How a line begins that others belong to.
enum Header {
    /// With a key, that the text after it may follow.
    Key { name: String, mark: Mark, rest: usize },
    /// With the sign of an item, which its own text follows.
    Item { rest: usize },
    /// In no way that is known.
    None,
}

impl Salvager<'_> {
    /// What can be read of a part of the text, whole lines or the end of one and whole lines.
    fn piece(&mut self, range: Range<usize>) -> Option<Node> {
        if self.depth == DEEPEST {
            return None;
        }
        self.depth += 1;
        let node = self.read_piece(range);
        self.depth -= 1;
        node
    }

    fn read_piece(&mut self, range: Range<usize>) -> Option<Node> {
        let blocks = self.blocks(&range);
        match self.read(&range) {
            Ok(node) => return node,
            Err(error) if blocks.len() < 2 => {
                let [block] = blocks.as_slice() else { return None };
                return self.block(block.clone(), Some(error));
            }
            Err(_) => {}
        }
        let id = self.builder.next_id();
        let (mut entries, mut items): (Vec<Entry>, Vec<Node>) = (Vec::new(), Vec::new());
        for block in blocks {
            let (header, written) = (self.header(&block), block.clone());
            let read = match self.read(&block) {
                Ok(node) => node,
                Err(error) => self.block(block, Some(error)),
            };
            match (read.map(|node| node.kind), header) {
                (Some(Kind::Map(new)), _) => entries.extend(new),
                (Some(Kind::Seq(new)), _) => items.extend(new),
                // An anchor stands in front of what it names.
                (Some(Kind::Scalar(_)), Header::None)
                    if self.source.text()[written.clone()].trim().starts_with('&') => {}
                (Some(Kind::Scalar(_)), Header::None) => {
                    let mark = self.first_line(&written);
                    let cause = "this is not YAML: there is neither a key nor an item here";
                    let remedy = "write `key: value` with a colon and a space, or `- ` in front of an item";
                    self.told.push(Diagnostic::at(self.source, mark, Code::Syntax, cause, remedy));
                    let value = self.builder.words("");
                    self.builder.dropped.push(Dropped { from: id, key: String::new(), value });
                }
                (None, Header::None) => {
                    // Nobody knows what it was.
                    let value = self.builder.words("");
                    self.builder.dropped.push(Dropped { from: id, key: String::new(), value });
                }
                (None | Some(Kind::Scalar(_)), _) => {}
            }
        }
        let mark = Mark { offset: range.start, length: 0 };
        let kind = match entries.is_empty() && !items.is_empty() {
            true => Kind::Seq(items),
            false => Kind::Map(self.builder.distinct(id, entries)),
        };
        Some(Node { id, mark, kind })
    }

    /// What can be read of a line and of what is indented below it, which cannot be read as it is.
    fn block(&mut self, block: Range<usize>, error: Option<Box<Diagnostic>>) -> Option<Node> {
        let header = self.header(&block);
        let lines = self.lines_of(&block);
        let has_more = lines.len() > 1;
        match header {
            Header::Key { name, mark, rest } => {
                let inside = rest..block.end;
                let is_alone = self.source.text()[rest..lines[0].end].trim().is_empty();
                let below = (has_more && is_alone).then(|| self.piece(lines[0].end..block.end)).flatten();
                let value = below.unwrap_or_else(|| self.lose(&inside, error));
                let entry = Entry { key: name, mark, value };
                Some(Node { id: self.builder.next_id(), mark, kind: Kind::Map(vec![entry]) })
            }
            Header::Item { rest } => {
                let below = has_more.then(|| self.piece(rest..block.end)).flatten();
                let item = below.unwrap_or_else(|| self.lose(&(rest..block.end), error));
                let mark = Mark { offset: block.start, length: 0 };
                Some(Node { id: self.builder.next_id(), mark, kind: Kind::Seq(vec![item]) })
            }
            Header::None => {
                self.told.extend(error.map(|error| *error));
                None
            }
        }
    }

    /// A value that cannot be read: every word in it, since any may be a name that is missed now.
    fn lose(&mut self, range: &Range<usize>, error: Option<Box<Diagnostic>>) -> Node {
        if self.told.len() < MOST_TOLD {
            self.told.extend(error.map(|error| *error));
        }
        let node = self.builder.words(&self.source.text()[range.clone()]);
        self.lost.insert(node.id);
        node
    }

    /// The value that a part of the text is; nothing if there is nothing in it.
    fn read(&mut self, range: &Range<usize>) -> Result<Option<Node>, Box<Diagnostic>> {
        self.work += range.end;
        if self.work > MOST_WORK || self.told.len() >= MOST_TOLD {
            return Ok(None);
        }
        let text = self.source.text();
        if text[range.clone()]
            .lines()
            .all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
        {
            return Ok(None);
        }
        // In front of it, so that places stay what they are, is nothing.
        let blank = |c: char| if c == '\n' { "\n".to_owned() } else { " ".repeat(c.len_utf8()) };
        let mut alone: String = text[..range.start].chars().map(blank).collect();
        alone.push_str(&text[range.clone()]);
        let alone = Source::new(self.source.path().to_owned(), alone);
        read(self.source, &alone, range.clone(), &mut self.builder, &mut self.lost).map(Some)
    }

    /// The lines of a range; the first may be the end of one.
    fn lines_of(&self, range: &Range<usize>) -> Vec<Range<usize>> {
        let mut at = range.start;
        let lines = self.source.text()[range.clone()].split_inclusive('\n').map(|line| {
            let here = at..at + line.len();
            at = here.end;
            here
        });
        lines.collect()
    }

    /// How far a line is indented \[bytes], for the end of one from where it begins; nothing for one without content.
    fn indent(&self, line: &Range<usize>) -> Option<usize> {
        let text = self.source.text();
        let content = text[line.clone()].trim_start();
        let is_content = !content.is_empty() && !content.starts_with('#');
        let begins = text[..line.start].rfind('\n').map_or(0, |at| at + 1);
        is_content.then(|| line.start - begins + (line.len() - content.len()))
    }

    /// The lines of a range that are indented least, each with what is indented further below it.
    fn blocks(&self, range: &Range<usize>) -> Vec<Range<usize>> {
        let lines = self.lines_of(range);
        let indents: Vec<Option<usize>> = lines.iter().map(|line| self.indent(line)).collect();
        let Some(least) = indents.iter().flatten().min().copied() else { return Vec::new() };
        let text = self.source.text();
        let mut blocks: Vec<Range<usize>> = Vec::new();
        for (line, indent) in lines.iter().zip(indents) {
            let begins = indent == Some(least)
                && !["}", "]"].iter().any(|end| text[line.clone()].trim().starts_with(end));
            // The items of a list may stand below its key without being indented.
            let is_item = |at: &Range<usize>| text[at.clone()].trim_start().starts_with("- ");
            let belongs = is_item(line) && blocks.last().is_some_and(|last| !is_item(last));
            match blocks.last_mut() {
                Some(last) if !begins || belongs => last.end = line.end,
                _ if indent.is_none() => {}
                _ => blocks.push(line.clone()),
            }
        }
        blocks
    }

    /// The text of the first line of a block.
    fn first_line(&self, block: &Range<usize>) -> Mark {
        let line = self.source.text()[block.clone()].lines().next().unwrap_or_default();
        let indent = line.len() - line.trim_start().len();
        Mark { offset: block.start + indent, length: line.trim().len().max(1) }
    }

    fn header(&self, block: &Range<usize>) -> Header {
        let text = &self.source.text()[block.clone()];
        let line = text.lines().next().unwrap_or_default();
        let content = line.trim_start();
        let start = block.start + (line.len() - content.len());
        if content.starts_with("- ") {
            return Header::Item { rest: start + 2 };
        }
        let colon = content
            .find(": ")
            .or_else(|| content.trim_end().ends_with(':').then(|| content.trim_end().len() - 1));
        let name = colon.map(|colon| &content[..colon]);
        let is_name =
            |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
        match name.filter(is_name) {
            Some(name) => Header::Key {
                name: name.to_owned(),
                mark: Mark { offset: start, length: name.len() },
                rest: start + name.len() + 1,
            },
            None => Header::None,
        }
    }
}

impl Builder<'_> {
    /// A list of all the words of a text.
    fn words(&mut self, text: &str) -> Node {
        let words =
            text.split(|c: char| !c.is_alphanumeric() && !"-_.".contains(c)).filter(|word| !word.is_empty());
        let words: BTreeSet<&str> = words.collect();
        let mark = Mark::default();
        let items = words.into_iter().map(|word| {
            let scalar = Scalar { text: word.to_owned(), value: ScalarValue::Text };
            Node { id: self.next_id(), mark, kind: Kind::Scalar(scalar) }
        });
        let items = items.collect();
        Node { id: self.next_id(), mark, kind: Kind::Seq(items) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse::parse_all;

    /// What is told of a text, as `line:column cause`, and what is left of it as keys in order.
    #[track_caller]
    fn check(text: &str, told: &[&str], left: &[&str]) {
        let source = Source::new("a.yaml".to_owned(), text.to_owned());
        let mut diagnostics = Diagnostics::default();
        let parsed = parse_all(&source, &mut diagnostics);
        let found = diagnostics.into_sorted(&[]);
        let found: Vec<String> =
            found.iter().map(|it| format!("{}:{} {}", it.line, it.column, it.cause)).collect();
        assert_eq!(found.len(), told.len(), "{found:?}");
        assert!(found.iter().zip(told).all(|(found, told)| found.starts_with(told)), "{found:?}");
        let mut keys = Vec::new();
        if let Some(Parsed { node, lost, .. }) = &parsed {
            collect(node, lost, "", &mut keys);
        }
        assert_eq!(keys, left);
    }

    fn collect(node: &Node, lost: &BTreeSet<u32>, at: &str, into: &mut Vec<String>) {
        match &node.kind {
            _ if lost.contains(&node.id) => into.push(format!("{at} lost")),
            Kind::Map(entries) => {
                entries.iter().for_each(|it| collect(&it.value, lost, &format!("{at}/{}", it.key), into));
            }
            Kind::Seq(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(index, it)| collect(it, lost, &format!("{at}/{index}"), into));
            }
            Kind::Scalar(scalar) => into.push(format!("{at} {}", scalar.text)),
        }
    }

    #[test]
    fn what_stands_beside_what_is_no_yaml_is_read() {
        let text = "a: {b: 1\nc: 2\nd:\n  e: 3\n  f: x: y\n  g: [4, 5]\n";
        check(
            text,
            &["1:4 this is not YAML", "5:7 this is not YAML"],
            &["/a lost", "/c 2", "/d/e 3", "/d/f lost", "/d/g/0 4", "/d/g/1 5"],
        );
    }

    #[test]
    fn items_are_read_one_by_one() {
        let text = "a:\n- {b: 1}\n- {b: 2\n- b: 3\n  c: [\n";
        check(
            text,
            &["3:3 this is not YAML", "5:6 this is not YAML"],
            &["/a/0/b 1", "/a/1 lost", "/a/2/b 3", "/a/2/c lost"],
        );
    }

    #[test]
    fn an_open_quote_is_shown_where_it_opens() {
        check("a: \"b\nc: 1\nd: \"e\"\n", &["1:4 this quote is never closed"], &["/a lost", "/c 1", "/d e"]);
    }

    #[test]
    fn an_alias_of_nothing_is_lost_alone() {
        let text = "a: &one 1\nb: *one\nc: *oen\nd: [*two, 3]\n";
        check(
            text,
            &["3:4 the alias `*oen`", "4:5 the alias `*two`"],
            &["/a 1", "/b 1", "/c lost", "/d/0 lost", "/d/1 3"],
        );
    }

    #[test]
    fn an_alias_of_another_piece_is_lost_and_not_told() {
        check("a: &one 1\nb: *one\nc: {\n", &["3:4 this is not YAML"], &["/a 1", "/b lost", "/c lost"]);
    }

    #[test]
    fn pieces_within_each_other_end_where_values_do() {
        let text = format!("bad: x: y\nload:\n  {}a: {{\n{}b: 1\n", "- ".repeat(3_000), " ".repeat(6_010));
        let source = Source::new("a.yaml".to_owned(), text);
        let parsed = parse_all(&source, &mut Diagnostics::default()).unwrap();
        let mut node = &parsed.node.get("load").unwrap().value;
        let mut levels = 0;
        while let Kind::Seq(items) = &node.kind
            && let [item] = items.as_slice()
        {
            (node, levels) = (item, levels + 1);
        }
        assert!((10..=DEEPEST).contains(&levels), "{levels}");
    }

    #[test]
    fn an_anchor_in_a_line_of_its_own_is_no_mistake() {
        let text = "a:\n  - &one\n    b: 1\n    c: x: y\n";
        check(text, &["4:9 this is not YAML"], &["/a/0/b 1", "/a/0/c lost"]);
    }

    #[test]
    fn a_tab_is_told_and_not_what_it_does() {
        let text = "a:\n  b: 1\n\tc: 2\nd: {\n";
        check(text, &["3:1 this is not YAML: there is a tab"], &["/a/b 1", "/a/c 2", "/d lost"]);
    }

    #[test]
    fn what_is_indented_wrongly_is_told_once() {
        check("a: 1\n b: 2\n", &["2:3 this is not YAML"], &["/a lost"]);
        check("just words\nand more: 2\n", &["1:1 this is not YAML: there is neither"], &["/and more 2"]);
    }
}
