//! A YAML text as a tree in which every key and value knows its place.

use super::source::Mark;
use crate::component::PlaceStep;

/// A value of a file.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Different for each value of a file, the copies made by aliases included.
    pub(super) id: u32,
    /// Where it is written.
    pub(super) mark: Mark,
    /// What it is.
    pub(super) kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Keys with values, in the order written.
    Map(Vec<Entry>),
    /// Values in order.
    Seq(Vec<Node>),
    /// A single value.
    Scalar(Scalar),
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: String,
    /// Where it is written.
    pub(super) mark: Mark,
    /// The value.
    pub(super) value: Node,
}

/// A single value.
#[derive(Clone, Debug)]
pub(super) struct Scalar {
    /// As it is written, without quotes.
    pub(super) text: String,
    /// As YAML reads it.
    pub(super) value: ScalarValue,
}

/// A single value as YAML reads it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ScalarValue {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number from 0 on.
    Unsigned(u64),
    /// A whole number below 0.
    Signed(i64),
    /// Any other number.
    Float(f64),
    /// A text.
    Text,
}

impl Node {
    /// The entry below `key`, if this is a mapping that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|entry| entry.key == key),
            Kind::Seq(_) | Kind::Scalar(_) => None,
        }
    }

    /// Follows `steps` as far as they are written.
    pub(super) fn follow(&self, steps: &[PlaceStep]) -> Followed<'_> {
        let mut found = Followed { node: self, key: None, taken: 0 };
        for step in steps {
            let next = match (step, &found.node.kind) {
                (PlaceStep::Key(key), Kind::Map(_)) => {
                    found.node.get(key).map(|entry| (&entry.value, Some(entry.mark)))
                }
                (PlaceStep::Index(index), Kind::Seq(items)) => items.get(*index).map(|item| (item, None)),
                _ => None,
            };
            let Some((node, key)) = next else { break };
            found = Followed { node, key, taken: found.taken + 1 };
        }
        found
    }

    /// Its single value as written, if it is one.
    pub(super) fn scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            Kind::Map(_) | Kind::Seq(_) => None,
        }
    }
}

/// Where a walk down the tree ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Followed<'a> {
    /// The value.
    pub(super) node: &'a Node,
    /// Where its key is written, if it has one.
    pub(super) key: Option<Mark>,
    /// How many steps were taken.
    pub(super) taken: usize,
}

impl Followed<'_> {
    /// What to point at: a single value itself, or the key above a mapping or list.
    pub(super) fn mark(&self) -> Mark {
        match (&self.node.kind, self.key) {
            (Kind::Scalar(scalar), Some(key)) if scalar.value == ScalarValue::Null => key,
            (Kind::Scalar(_), _) | (_, None) => self.node.mark,
            (Kind::Map(_) | Kind::Seq(_), Some(key)) => key,
        }
    }
}
