//! Values that stand in for those that are missing or cannot be read, so that what is beside them is read all the same.
//!
//! What is wrong with such a value is not told: nobody wrote it.

use std::collections::BTreeMap;

use super::diagnostic::Diagnostics;
use super::node::{Entry, Kind, Node, Scalar, ScalarValue};
use super::parse::parse;
use super::source::{Mark, Source};
use super::words;

/// The lowest number of a value that stands in for another; a file has fewer values.
const FIRST: u32 = 1 << 30;

/// A name that nothing has.
const NOBODY: &str = "(what could not be read)";

/// A key whose value is stood in for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StoodIn {
    /// The number of the mapping that has, or lacks, the key.
    pub(super) of: u32,
    /// The key.
    pub(super) key: String,
    /// Whether an empty list or mapping stands in for something that was not written, so that nobody knows which names were
    /// to be there.
    pub(super) hides_names: bool,
}

/// Whether a value is one that stands in.
pub(super) fn stands_in(id: u32) -> bool {
    id >= FIRST
}

/// Whether words are about what stands in.
pub(super) fn is_about_one(words: &str) -> bool {
    words.contains(NOBODY)
}

/// What may stand in, by key: one after the other is tried, since one key may be of several types.
#[derive(Debug)]
pub(super) struct StandIns {
    /// For keys of the whole file.
    whole: Vec<Entry>,
    /// For any other key that has to be there.
    below: BTreeMap<String, Vec<Entry>>,
}

impl StandIns {
    /// Those for keys of the whole file, and the examples of all others.
    pub(super) fn new(whole: Vec<(&str, Kind)>) -> StandIns {
        let mut number = FIRST;
        let mut entry = |key: &str, kind| {
            let mut value = Node { id: 0, mark: Mark::default(), kind };
            renumber(&mut value, &mut number);
            Entry { key: key.to_owned(), mark: Mark::default(), value }
        };
        let whole = whole.into_iter().map(|(key, kind)| entry(key, kind)).collect();
        let mut below = BTreeMap::new();
        for example in words::examples() {
            let source = Source::new("an example".to_owned(), example.to_owned());
            let parsed = parse(&source, &mut Diagnostics::default()).map(|node| node.kind);
            let Some(Kind::Map(entries)) = parsed else { continue };
            for Entry { key, value, .. } in entries {
                let tried = kinds(value.kind).into_iter().map(|kind| entry(&key, kind)).collect();
                below.insert(key, tried);
            }
        }
        StandIns { whole, below }
    }

    /// What stands in for a key in its turn, if there is any left.
    pub(super) fn get(&self, of_whole: bool, key: &str, turn: usize) -> Option<&Entry> {
        if of_whole {
            return self.whole.iter().filter(|entry| entry.key == key).nth(turn);
        }
        self.below.get(key)?.get(turn)
    }
}

/// What is tried in place of a value like that of an example.
fn kinds(example: Kind) -> Vec<Kind> {
    match &example {
        Kind::Map(_) => vec![Kind::Map(Vec::new()), Kind::Seq(Vec::new()), example],
        Kind::Seq(_) => vec![Kind::Seq(Vec::new()), Kind::Map(Vec::new()), example],
        Kind::Scalar(Scalar { text, value: ScalarValue::Text }) if is_name(text) => {
            let nobody = Scalar { text: NOBODY.to_owned(), value: ScalarValue::Text };
            vec![Kind::Scalar(nobody), example]
        }
        Kind::Scalar(_) => vec![example],
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic())
        && text.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.')
}

fn renumber(node: &mut Node, number: &mut u32) {
    node.id = *number;
    *number += 1;
    match &mut node.kind {
        Kind::Map(entries) => entries.iter_mut().for_each(|entry| renumber(&mut entry.value, number)),
        Kind::Seq(items) => items.iter_mut().for_each(|item| renumber(item, number)),
        Kind::Scalar(_) => {}
    }
}

impl Entry {
    /// Whether the value is an empty list or mapping.
    pub(super) fn is_empty(&self) -> bool {
        match &self.value.kind {
            Kind::Map(entries) => entries.is_empty(),
            Kind::Seq(items) => items.is_empty(),
            Kind::Scalar(_) => false,
        }
    }
}
