//! Why an expression is not taken, and where.

/// A part of an expression \[bytes from its start].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Extent {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Extent {
    pub(super) const fn new(start: usize, end: usize) -> Extent {
        Extent { start, end }
    }

    pub(super) fn to(self, other: Extent) -> Extent {
        Extent::new(self.start, other.end.max(self.end))
    }
}

/// Why an expression is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromqlErrorKind {
    /// It is not PromQL.
    Syntax,
    /// It is PromQL, but a value of one kind stands where another is needed.
    Type,
    /// It is PromQL that Prometheus takes and that is not evaluated here.
    Unsupported,
}

/// Why an expression is not taken, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct PromqlError {
    /// The part it is about.
    pub extent: Extent,
    /// The kind of mistake.
    pub kind: PromqlErrorKind,
    /// What is wrong, without a full stop.
    pub cause: String,
    /// What to do about it.
    pub remedy: String,
}

impl PromqlError {
    pub(super) fn syntax(extent: Extent, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        PromqlError { extent, kind: PromqlErrorKind::Syntax, cause: cause.into(), remedy: remedy.into() }
    }

    /// What is wrong with `group_left` and `group_right` where an operand begins: they follow labels to match by.
    pub(super) fn without_on(extent: Extent, word: &str) -> Option<Self> {
        let is_one = ["group_left", "group_right"].iter().any(|known| word.eq_ignore_ascii_case(known));
        is_one.then(|| {
            let cause = format!("`{word}` needs the labels to match by before it");
            PromqlError::syntax(extent, cause, format!("write `on (job) {word}` or `ignoring (job) {word}`"))
        })
    }

    pub(super) fn of_type(extent: Extent, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        PromqlError { extent, kind: PromqlErrorKind::Type, cause: cause.into(), remedy: remedy.into() }
    }

    pub(super) fn unsupported(extent: Extent, cause: impl Into<String>, remedy: impl Into<String>) -> Self {
        PromqlError { extent, kind: PromqlErrorKind::Unsupported, cause: cause.into(), remedy: remedy.into() }
    }
}
