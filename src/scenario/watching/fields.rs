//! Reading mappings: what belongs in them, what does not, and what their values are.

use crate::scenario::code::Code;
use crate::scenario::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::node::{Entry, Kind, Node, ScalarValue};
use crate::scenario::source::{Mark, Source, quoted};
use crate::scenario::words;
use crate::timeline::promql::read_duration;
use crate::units::Span;

/// What reads a file.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Source,
    pub(super) diagnostics: &'a mut Diagnostics,
}

/// A kind of mapping: what it is called, and its keys.
pub(super) struct Shape {
    pub(super) what: &'static str,
    pub(super) keys: &'static [&'static str],
    /// Keys of the product that decide nothing here.
    pub(super) ignored: &'static [&'static str],
}

/// So many keys are listed where one is unknown.
const MOST_LISTED: usize = 20;

impl Reader<'_> {
    /// Reports a mistake.
    pub(super) fn report(&mut self, mark: Mark, code: Code, cause: &str, remedy: &str) {
        self.diagnostics.push(Diagnostic::at(self.source, mark, code, cause, remedy));
    }

    /// Reports something that is left out.
    pub(super) fn warn(&mut self, mark: Mark, code: Code, cause: &str, remedy: &str) {
        let mut warning = Diagnostic::at(self.source, mark, code, cause, remedy);
        warning.severity = crate::component::Severity::Warning;
        self.diagnostics.push(warning);
    }

    /// The entries of a mapping, after reporting keys that it does not have.
    pub(super) fn map<'n>(&mut self, node: &'n Node, mark: Mark, shape: &Shape) -> Option<&'n [Entry]> {
        let Kind::Map(entries) = &node.kind else {
            let cause = format!("{} has to be a mapping", shape.what);
            let first = shape.keys.first().copied().unwrap_or("key");
            self.report(mark, Code::Shape, &cause, &format!("write keys and values, like `{first}: …`"));
            return None;
        };
        for entry in entries {
            let key = entry.key.as_str();
            if shape.keys.contains(&key) || shape.ignored.contains(&key) {
                continue;
            }
            let known: Vec<&str> = shape.keys.iter().chain(shape.ignored).copied().collect();
            // Our own nearness takes `-` for `_`, as these files do not.
            let near =
                words::nearest(key, &known.iter().map(|key| key.replace('_', "-")).collect::<Vec<_>>())
                    .map(|near| near.replace('-', "_"));
            // A long list helps nobody.
            let list = format!("keys of {}: {}", shape.what, words::listed(&known));
            let list = Some(list).filter(|_| known.len() <= MOST_LISTED);
            let remedy = match (near, list) {
                (Some(near), Some(list)) => format!("did you mean `{near}`? {list}"),
                (Some(near), None) => format!("did you mean `{near}`?"),
                (None, Some(list)) => format!("remove it; {list}"),
                (None, None) => {
                    format!("remove it: {} has {} keys, and this is none", shape.what, known.len())
                }
            };
            let cause = format!("unknown key {}", quoted(key));
            let label = format!("{} has no such key", shape.what);
            self.diagnostics.push(
                Diagnostic::at(self.source, entry.mark, Code::UnknownKey, &cause, &remedy).labelled(&label),
            );
        }
        Some(entries)
    }

    /// The items of a list; none if there is no such key.
    pub(super) fn list<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        let Some(entry) = node.get(key) else { return &[] };
        match &entry.value.kind {
            Kind::Seq(items) => items,
            Kind::Scalar(scalar) if scalar.value == ScalarValue::Null => &[],
            Kind::Map(_) | Kind::Scalar(_) => {
                let cause = format!("{} has to be a list", quoted(key));
                self.report(entry.mark, Code::Shape, &cause, "start each item with `- `");
                &[]
            }
        }
    }

    /// A single value as written; `None` for none, after a report if there is something else.
    pub(super) fn text<'n>(&mut self, node: &'n Node, key: &str) -> Option<(&'n str, &'n Node)> {
        let entry = node.get(key)?;
        match &entry.value.kind {
            Kind::Scalar(scalar) if scalar.value != ScalarValue::Null => Some((&scalar.text, &entry.value)),
            Kind::Scalar(_) => {
                let cause = format!("the key {} has no value", quoted(key));
                self.report(entry.mark, Code::NoValue, &cause, "write one, or remove the key");
                None
            }
            Kind::Map(_) | Kind::Seq(_) => {
                let cause = format!("{} has to be a text", quoted(key));
                self.report(entry.mark, Code::Shape, &cause, "write a single value");
                None
            }
        }
    }

    /// A text that has to be there and not be empty.
    pub(super) fn needed<'n>(
        &mut self,
        node: &'n Node,
        mark: Mark,
        key: &str,
        example: &str,
    ) -> Option<(&'n str, &'n Node)> {
        if node.get(key).is_none() {
            let cause = format!("the key {} is missing", quoted(key));
            self.report(mark, Code::MissingKey, &cause, &format!("add `{example}`"));
            return None;
        }
        let (text, value) = self.text(node, key)?;
        if text.is_empty() {
            let cause = format!("the key {} has no value", quoted(key));
            self.report(value.mark, Code::NoValue, &cause, &format!("write one, as in `{example}`"));
            return None;
        }
        Some((text, value))
    }

    /// A length of time as Prometheus writes it.
    pub(super) fn duration(&mut self, node: &Node, key: &str) -> Option<Span> {
        let (text, value) = self.text(node, key)?;
        match read_duration(text) {
            Some(ms) => Some(Span::from_millis(ms.unsigned_abs())),
            None => {
                let cause = format!("{} is not a length of time", quoted(text));
                let remedy = "write whole numbers with units from large to small, such as `5m` or `1h30m` (y, w, d, \
                              h, m, s, ms)";
                self.report(value.mark, Code::Value, &cause, remedy);
                None
            }
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, node: &Node, key: &str) -> Option<bool> {
        let (text, value) = self.text(node, key)?;
        match text {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => {
                let cause = format!("{} is neither `true` nor `false`", quoted(text));
                self.report(value.mark, Code::Value, &cause, "write `true` or `false`");
                None
            }
        }
    }

    /// A whole number from 0 on.
    pub(super) fn count(&mut self, node: &Node, key: &str) -> Option<u32> {
        let (text, value) = self.text(node, key)?;
        let read = text.parse().ok();
        if read.is_none() {
            let cause = format!("{} is not a whole number", quoted(text));
            self.report(value.mark, Code::Number, &cause, "write a whole number from 0 on");
        }
        read
    }

    /// Names with texts, each with its value's node.
    pub(super) fn texts<'n>(&mut self, node: &'n Node, key: &str) -> Vec<(&'n Entry, &'n str)> {
        let Some(entry) = node.get(key) else { return Vec::new() };
        let entries = match &entry.value.kind {
            Kind::Map(entries) => entries,
            Kind::Scalar(scalar) if scalar.value == ScalarValue::Null => return Vec::new(),
            Kind::Seq(_) | Kind::Scalar(_) => {
                let cause = format!("{} has to be a mapping of names to texts", quoted(key));
                self.report(entry.mark, Code::Shape, &cause, "write `name: text` lines");
                return Vec::new();
            }
        };
        let mut texts = Vec::with_capacity(entries.len());
        for entry in entries {
            match &entry.value.kind {
                Kind::Scalar(scalar) if scalar.value == ScalarValue::Null => texts.push((entry, "")),
                Kind::Scalar(scalar) => texts.push((entry, scalar.text.as_str())),
                Kind::Map(_) | Kind::Seq(_) => {
                    let cause = format!("{} has to be a text", quoted(&entry.key));
                    self.report(entry.mark, Code::Shape, &cause, "write a single value");
                }
            }
        }
        texts
    }
}

/// What to point at for an item of a list: its first key, or itself.
pub(super) fn item_mark(node: &Node) -> Mark {
    match &node.kind {
        Kind::Map(entries) => entries.first().map_or(node.mark, |entry| entry.mark),
        Kind::Seq(_) | Kind::Scalar(_) => node.mark,
    }
}
