//! YAML text → tree of values with their places. The only place that knows the YAML library.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{DuplicateKeyPolicy, Error, Location, NonFiniteFloatPolicy, Spanned};

use super::code::Code;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::node::{Entry, Kind, Node, Scalar, ScalarValue};
use super::salvage::salvage;
use super::source::{Mark, Source, quoted};
use super::words::nearest;

/// Most levels of nesting.
pub(super) const DEEPEST: usize = 48;
/// Most values in a file.
const MOST_VALUES: usize = 250_000;
/// Most values that aliases may stand for.
const MOST_ALIASED: usize = 50_000;

/// So many more of them are shown where one after the other is written twice.
const MOST_RELATED: usize = 5;
/// The longest text \[bytes] of which parts are looked for that can be read.
const LONGEST_SALVAGED: usize = 300_000;
/// Most aliases of nothing in a text.
const MOST_UNKNOWN: usize = 100;

/// What a text holds.
#[derive(Debug)]
pub(super) struct Parsed {
    /// Its tree.
    pub(super) node: Node,
    /// What is not in the tree, since its key is no key or is there already.
    pub(super) dropped: Vec<Dropped>,
    /// Values in the tree that could not be read; of some there are the words that were in them.
    pub(super) lost: BTreeSet<u32>,
    /// Whether it is not YAML as a whole: nobody knows what belonged where.
    pub(super) is_broken: bool,
}

/// A value that is not in the tree.
#[derive(Debug)]
pub(super) struct Dropped {
    /// The number of the mapping that it is written in.
    pub(super) from: u32,
    /// Its key.
    pub(super) key: String,
    /// The value.
    pub(super) value: Node,
}

/// Reads a text. Mistakes go to `diagnostics`; without a tree there is at least one.
pub(super) fn parse(source: &Source, diagnostics: &mut Diagnostics) -> Option<Node> {
    if is_empty(source, diagnostics) {
        return None;
    }
    let (mut builder, mut lost) = (Builder::new(source), BTreeSet::new());
    let node = read(source, source, 0..source.text().len(), &mut builder, &mut lost);
    builder.told.into_iter().for_each(|told| diagnostics.push(told));
    match node {
        Ok(_) if !lost.is_empty() => None,
        Ok(node) => Some(node),
        Err(diagnostic) => {
            diagnostics.push(*diagnostic);
            None
        }
    }
}

/// The same, with what can be read of a text that is not YAML as a whole, and what is not in the tree.
pub(super) fn parse_all(source: &Source, diagnostics: &mut Diagnostics) -> Option<Parsed> {
    if is_empty(source, diagnostics) {
        return None;
    }
    let (mut builder, mut lost) = (Builder::new(source), BTreeSet::new());
    match read(source, source, 0..source.text().len(), &mut builder, &mut lost) {
        Ok(node) => {
            builder.told.into_iter().for_each(|told| diagnostics.push(told));
            Some(Parsed { node, dropped: builder.dropped, lost, is_broken: false })
        }
        Err(diagnostic)
            if diagnostic.code == Code::Syntax.number() && source.text().len() <= LONGEST_SALVAGED =>
        {
            salvage(source, *diagnostic, diagnostics)
        }
        Err(diagnostic) => {
            diagnostics.push(*diagnostic);
            None
        }
    }
}

fn is_empty(source: &Source, diagnostics: &mut Diagnostics) -> bool {
    let is_empty =
        source.text().lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
    if is_empty {
        let remedy = "write its content; the manual's first pages have an example to start from";
        diagnostics.push(Diagnostic::of_file(source.path(), Code::Empty, "the file has no content", remedy));
    }
    is_empty
}

/// Reads a part of a text. `alone` is that text with nothing in front of the part and behind it. An alias of an anchor that is not
/// written before it is told of, unless the anchor is in another part, and its value is among the lost.
pub(super) fn read(
    source: &Source,
    alone: &Source,
    part: Range<usize>,
    builder: &mut Builder<'_>,
    lost: &mut BTreeSet<u32>,
) -> Result<Node, Box<Diagnostic>> {
    let mut text = alone.text().to_owned();
    let mut unknown = BTreeSet::new();
    loop {
        let error = match serde_saphyr::from_str_with_options::<Spanned<Raw>>(&text, options()) {
            Ok(raw) => {
                let node = builder.node(raw);
                lose(&node, &unknown, lost);
                return Ok(node);
            }
            Err(error) => error,
        };
        let alias = unknown_alias(source, error.without_snippet());
        let Some(alias) = alias.filter(|at| unknown.len() < MOST_UNKNOWN && unknown.insert(at.offset)) else {
            return Err(Box::new(explain(source, &part, error.without_snippet())));
        };
        let name = &source.marked(alias)[1..];
        let anchors = anchors(source.text());
        if !anchors.iter().any(|(at, anchor)| *anchor == name && (*at < alias.offset || part.start > 0)) {
            builder.told.push(no_anchor(source, alias, &anchors));
        }
        // A text of the same length stands where nobody knows what was meant.
        text.replace_range(
            alias.offset..alias.offset + alias.length,
            &format!("{:?}", "x".repeat(alias.length - 2)),
        );
    }
}

/// Adds the numbers of values that stand at some offsets.
fn lose(node: &Node, offsets: &BTreeSet<usize>, lost: &mut BTreeSet<u32>) {
    if offsets.is_empty() {
        return;
    }
    match &node.kind {
        Kind::Map(entries) => entries.iter().for_each(|entry| lose(&entry.value, offsets, lost)),
        Kind::Seq(items) => items.iter().for_each(|item| lose(item, offsets, lost)),
        Kind::Scalar(_) => {
            if offsets.contains(&node.mark.offset) {
                lost.insert(node.id);
            }
        }
    }
}

/// The alias that an error is about, if it names no anchor.
fn unknown_alias(source: &Source, error: &Error) -> Option<Mark> {
    match error {
        Error::AliasError { error, .. } => unknown_alias(source, error.without_snippet()),
        Error::UnknownAnchor { .. } => {
            let mark = mark_of(source, error.location()?);
            let rest = source.text().get(mark.offset..)?.strip_prefix('*')?;
            let length = rest.find(|c: char| c.is_whitespace() || ",]}".contains(c)).unwrap_or(rest.len());
            (length > 0).then_some(Mark { offset: mark.offset, length: length + 1 })
        }
        _ => None,
    }
}

/// The anchors of a text, and where they are written.
fn anchors(text: &str) -> Vec<(usize, &str)> {
    let found = text.match_indices('&').filter_map(|(at, _)| {
        let is_first = text[..at].chars().next_back().is_none_or(|c| c.is_whitespace() || "[{,".contains(c));
        let rest = &text[at + 1..];
        let length = rest.find(|c: char| c.is_whitespace() || ",]}".contains(c)).unwrap_or(rest.len());
        (is_first && length > 0).then(|| (at, &rest[..length]))
    });
    found.collect()
}

fn no_anchor(source: &Source, alias: Mark, anchors: &[(usize, &str)]) -> Diagnostic {
    let name = &source.marked(alias)[1..];
    let before: Vec<&str> =
        anchors.iter().filter(|(at, _)| *at < alias.offset).map(|(_, name)| *name).collect();
    let remedy = match nearest(name, &before) {
        Some(near) => format!("did you mean `*{near}`?"),
        None => format!(
            "write `&{}` in front of the value that it stands for, or put quotes around a text that starts with `*`",
            name
        ),
    };
    let cause =
        format!("the alias {} names an anchor that is not written before it", quoted(source.marked(alias)));
    Diagnostic::at(source, alias, Code::Syntax, &cause, &remedy)
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEEPEST,
            flow_nesting_limit: DEEPEST + 1,
            max_nodes: MOST_VALUES,
            max_events: 3 * MOST_VALUES,
            max_documents: 1,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MOST_ALIASED,
            max_replay_stack_depth: 16,
        },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        strict_booleans: true,
        underscored_numbers_as_strings: true,
        leading_zero_numbers_as_strings: true,
        with_snippet: false,
    }
}

/// Turns an error of the YAML library into our words.
fn explain(source: &Source, part: &Range<usize>, error: &Error) -> Diagnostic {
    let mark = error.location().map_or(Mark::default(), |location| mark_of(source, location));
    // Behind the last character of a part begins what has nothing to do with it.
    let last = part.start + source.text()[part.clone()].trim_end().len();
    let mark = Mark { offset: mark.offset.min(last.saturating_sub(1).max(part.start)), ..mark };
    let at = |code, cause: &str, remedy: &str| Diagnostic::at(source, mark, code, cause, remedy);
    match error {
        Error::AliasError { error, .. } => explain(source, part, error.without_snippet()),
        Error::MultipleDocuments { .. } | Error::Budget { breach: BudgetBreach::Documents { .. }, .. } => at(
            Code::SeveralDocuments,
            "a second document starts in this file",
            "put each document in a file of its own, or remove the `---`",
        ),
        Error::Budget { breach, .. } => match breach {
            BudgetBreach::Depth { .. } => too_deep(at),
            BudgetBreach::Aliases { .. }
            | BudgetBreach::Anchors { .. }
            | BudgetBreach::AliasAnchorRatio { .. }
            | BudgetBreach::RecordedAnchorEvents { .. }
            | BudgetBreach::RecordedAnchorBytes { .. }
            | BudgetBreach::MergeKeys { .. } => bomb(at),
            _ => at(
                Code::TooLarge,
                &format!("the file holds more than {MOST_VALUES} values"),
                "put measured values into a CSV and name it here",
            ),
        },
        Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::RecursiveReferencesRequireWeakTypes { .. } => bomb(at),
        Error::UnknownAnchor { .. } => at(
            Code::Syntax,
            "an alias names an anchor that is not written before it",
            "write `&name` in front of the value that `*name` stands for, or put quotes around a text that starts with `*`",
        ),
        Error::Eof { .. } => at(Code::Empty, "the file has no content", "write its content"),
        _ if error.to_string().contains("recursion limit") => too_deep(at),
        _ => syntax(source, part, mark, error),
    }
}

fn too_deep(at: impl Fn(Code, &str, &str) -> Diagnostic) -> Diagnostic {
    let cause = format!("values are nested more than {DEEPEST} levels deep");
    at(Code::TooDeep, &cause, "split the operation and join its parts with `call`")
}

fn bomb(at: impl Fn(Code, &str, &str) -> Diagnostic) -> Diagnostic {
    let cause = format!("the aliases here stand for more than {MOST_ALIASED} values, or for themselves");
    at(Code::Aliases, &cause, "write the values out, or use fewer `*` aliases")
}

/// A text that is not YAML. What the parser says is for people who wrote a parser; the line itself tells more.
fn syntax(source: &Source, part: &Range<usize>, mark: Mark, error: &Error) -> Diagnostic {
    let said = error.to_string();
    let said = said.split(" at line").next().unwrap_or_default().trim_end_matches(['.', ':', ' ']);
    let begun = source.text().get(part.start..mark.offset).unwrap_or_default();
    if let Some(offset) = unclosed_quote(begun) {
        let mark = Mark { offset: part.start + offset, length: 1 };
        let remedy = "close the text with a second quote";
        return Diagnostic::at(source, mark, Code::Syntax, "this quote is never closed", remedy)
            .labelled("the text begins here");
    }
    let spot = source.spot(mark);
    let line = source.text().lines().nth(spot.line as usize - 1).unwrap_or_default();
    let indent = &line[..line.len() - line.trim_start().len()];
    let value = line.split_once(": ").map_or("", |(_, value)| value.trim_start());
    let value = value.split(" #").next().unwrap_or_default().trim_end();
    let open = |bracket: char, end: char| begun.matches(bracket).count() > begun.matches(end).count();
    let remedy = if indent.contains('\t') {
        "indent with spaces: YAML takes no tabs".to_owned()
    } else if value.starts_with(['>', '|', '%', '@', '`', '&', '*', '!'])
        && !is_anchor(value)
        && !value.ends_with(['>', '|', '-', '+'])
    {
        format!("put the value in quotes: `\"{}\"`", quoted(value).trim_matches('`'))
    } else if value.contains(": ") && !value.starts_with(['{', '[', '"', '\'']) {
        match second_key(value) {
            Some(key) => format!("begin a line of its own with `{key}:`, or put the value in quotes"),
            None => "a value that contains `: ` needs quotes; a mapping on one line needs braces, like \
                     `{mean: 3ms}`"
                .to_owned(),
        }
    } else if said.contains("unclosed") || open('{', '}') || open('[', ']') {
        "close every `{` with `}` and every `[` with `]`, and part their entries with commas".to_owned()
    } else {
        "keys of one mapping start in the same column, what belongs to a key is indented further, and a space \
         follows each `:` and `-`"
            .to_owned()
    };
    Diagnostic::at(source, mark, Code::Syntax, &format!("this is not YAML: {said}"), &remedy)
        .labelled("the reader stopped here")
}

/// Whether a value is an anchor or an alias alone, which needs no quotes.
fn is_anchor(value: &str) -> bool {
    let name = value.strip_prefix(['&', '*']).unwrap_or_default();
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_".contains(c))
}

/// Where the first quote is that opens a text and is not closed in its line, if one is open at the end of a text.
fn unclosed_quote(begun: &str) -> Option<usize> {
    let mut at = 0;
    let mut open = None;
    for line in begun.split_inclusive('\n') {
        let content = line.split(" #").next().unwrap_or_default();
        if content.matches('"').count() % 2 == 1 {
            open = match open {
                None => line.rfind('"').map(|within| at + within),
                Some(_) => None,
            };
        }
        at += line.len();
    }
    open
}

/// The word in a value behind which a colon stands, if it may be the key of another line: words alone come before it.
fn second_key(value: &str) -> Option<&str> {
    let (before, _) = value.split_once(": ")?;
    let key = before.rsplit(' ').next()?;
    let is_key = key.starts_with(|c: char| c.is_ascii_lowercase())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    (is_key && before.len() > key.len()).then_some(key)
}

fn mark_of(source: &Source, location: Location) -> Mark {
    let span = location.span();
    let size = source.text().len();
    let offset = match span.byte_offset() {
        Some(at) => usize::try_from(at).unwrap_or(size).min(size),
        // Mistakes of syntax have a line and a column only.
        None => source.offset(location.line(), location.column()),
    };
    let length = span.byte_len().map_or(0, |length| usize::try_from(length).unwrap_or(0));
    Mark { offset, length: length.min(size - offset) }
}

/// What the library hands out.
enum Raw {
    Scalar(ScalarValue, String),
    Seq(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Raw;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_unit<E>(self) -> Result<Raw, E> {
                Ok(Raw::Scalar(ScalarValue::Null, String::new()))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
                Ok(Raw::Scalar(ScalarValue::Bool(value), value.to_string()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
                Ok(Raw::Scalar(ScalarValue::Unsigned(value), value.to_string()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
                let read = u64::try_from(value).map_or(ScalarValue::Signed(value), ScalarValue::Unsigned);
                Ok(Raw::Scalar(read, value.to_string()))
            }
            fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
                Ok(Raw::Scalar(ScalarValue::Float(value as f64), value.to_string()))
            }
            fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
                Ok(Raw::Scalar(ScalarValue::Float(value as f64), value.to_string()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
                Ok(Raw::Scalar(ScalarValue::Float(value), value.to_string()))
            }
            fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
                Ok(Raw::Scalar(ScalarValue::Text, value.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = access.next_element()? {
                    items.push(item);
                }
                Ok(Raw::Seq(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = access.next_entry()? {
                    entries.push(entry);
                }
                Ok(Raw::Map(entries))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Makes a tree.
pub(super) struct Builder<'a> {
    source: &'a Source,
    /// Mistakes that keep nothing else from being read.
    pub(super) told: Vec<Diagnostic>,
    /// What is not in the tree.
    pub(super) dropped: Vec<Dropped>,
    next_id: u32,
}

impl Builder<'_> {
    pub(super) fn new(source: &Source) -> Builder<'_> {
        Builder { source, told: Vec::new(), dropped: Vec::new(), next_id: 0 }
    }

    /// A number for a value.
    pub(super) fn next_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id - 1
    }

    fn node(&mut self, raw: Spanned<Raw>) -> Node {
        let id = self.next_id();
        let mut mark = mark_of(self.source, raw.defined);
        let kind = match raw.value {
            Raw::Scalar(value, text) => Kind::Scalar(self.scalar(mark, value, text)),
            Raw::Seq(items) => Kind::Seq(items.into_iter().map(|item| self.node(item)).collect()),
            Raw::Map(entries) => Kind::Map(self.entries(id, entries)),
        };
        if !matches!(kind, Kind::Scalar(_)) {
            mark.length = self.reach(mark, &kind);
        }
        Node { id, mark, kind }
    }

    fn scalar(&self, mark: Mark, value: ScalarValue, text: String) -> Scalar {
        let written = self.source.marked(mark).trim();
        let text = match value {
            ScalarValue::Text => text,
            _ if written.is_empty() => text,
            _ => written.to_owned(),
        };
        Scalar { text, value }
    }

    fn entries(&mut self, from: u32, raw: Vec<(Spanned<Raw>, Spanned<Raw>)>) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::with_capacity(raw.len());
        for (key, value) in raw {
            let mark = mark_of(self.source, key.defined);
            let key = self.node(key);
            let value = self.node(value);
            let Some(name) = key.scalar().filter(|key| key.value != ScalarValue::Null) else {
                let cause = "a key has to be a word";
                let remedy = "write `key: value`, with the key in quotes if it has special characters";
                self.told.push(Diagnostic::at(self.source, mark, Code::KeyShape, cause, remedy));
                self.dropped.push(Dropped { from, key: String::new(), value });
                continue;
            };
            entries.push(Entry { key: name.text.clone(), mark, value });
        }
        self.distinct(from, entries)
    }

    /// The first entry of each key of a mapping; others are told of and dropped.
    pub(super) fn distinct(&mut self, from: u32, all: Vec<Entry>) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::with_capacity(all.len());
        let mut first = std::collections::BTreeMap::new();
        let mut run: Option<Diagnostic> = None;
        for Entry { key, mark, value } in all {
            let Some(at) = first.insert(key.clone(), mark) else {
                self.told.extend(run.take());
                entries.push(Entry { key, mark, value });
                continue;
            };
            let text = format!("{} first written here", quoted(&key));
            run = Some(match run.take() {
                // What follows each other is one thing that is written where another is, for want of a dash or of a name.
                Some(told) if told.related.len() > MOST_RELATED => told,
                Some(told) => told.with_related(self.source, mark, &format!("{} again here", quoted(&key))),
                None => {
                    let cause = format!("{} is written twice in one mapping", quoted(&key));
                    let remedy =
                        "keep one of the two, or put a `- ` or a name in front if something else begins here";
                    Diagnostic::at(self.source, mark, Code::DuplicateKey, &cause, remedy)
                        .labelled("again here")
                        .with_related(self.source, at, &text)
                }
            });
            self.dropped.push(Dropped { from, key, value });
        }
        self.told.extend(run);
        entries
    }

    /// The length of a mapping or list: to the end of what is in it.
    fn reach(&self, mark: Mark, kind: &Kind) -> usize {
        let end = |mark: Mark| mark.offset + mark.length;
        let last = match kind {
            Kind::Map(entries) => entries.last().map(|entry| end(entry.mark).max(end(entry.value.mark))),
            Kind::Seq(items) => items.last().map(|item| end(item.mark)),
            Kind::Scalar(_) => None,
        };
        let opened = self.source.text().as_bytes().get(mark.offset);
        let closes = matches!(opened, Some(b'{' | b'['));
        let length = last.map_or(mark.length, |last| last.saturating_sub(mark.offset));
        let after = self.source.text().get(mark.offset + length..).unwrap_or_default();
        let blanks = after.len() - after.trim_start_matches([' ', ',']).len();
        let closed = closes && after.trim_start_matches([' ', ',']).starts_with(['}', ']']);
        (length + if closed { blanks + 1 } else { 0 }).max(1)
    }
}
