//! Expressions ready to be evaluated: names are numbers, and each place that changes labels remembers its answers.

use super::super::labels::{Labels, Relabeling, Slots};
use super::super::store::{Sample, SelectorId};
use super::aggregate::Grouping;
use super::ast::{Cardinality, Operator};
use super::buckets::Histograms;
use super::function::{Elementwise, OverTime};
use super::subquery::Steps;

/// An element of an instant vector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::timeline) struct Element {
    pub(in crate::timeline) labels: Labels,
    pub(in crate::timeline) value: f64,
}

/// Why an expression has no value at a time. A rule whose expression has none keeps its alerts as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// Two elements of a result have the same labels, for example because their names were dropped.
    #[error("two elements of a vector have the same labels")]
    SameLabels,
    /// Several elements of the side that must have one match the same element of the other.
    #[error(
        "several elements of one side match one element of the other: matching labels must be unique there"
    )]
    ManyToMany,
    /// Several elements of one side match one element of the other, without `group_left` or `group_right`.
    #[error("several elements match one element of the other side: write `group_left` or `group_right`")]
    ManyToOne,
    /// `topk` or `bottomk` of a number of elements that is not a number.
    #[error("the number of elements is not a number")]
    NotANumber,
}

/// An expression ready to be evaluated.
#[derive(Clone, Debug)]
pub(in crate::timeline) enum Program {
    Scalar(Scalar),
    Vector(Operand),
}

/// A part that gives a number.
#[derive(Clone, Debug)]
pub(in crate::timeline) enum Scalar {
    Number(f64),
    Time,
    Of(Box<Operand>),
    Negative(Box<Scalar>),
    Binary(Operator, Box<(Scalar, Scalar)>),
}

/// A part that gives a vector, and room for it.
#[derive(Clone, Debug)]
pub(in crate::timeline) struct Operand {
    pub(super) vector: Box<Vector>,
    pub(super) out: Vec<Element>,
}

/// A part that gives a vector.
#[derive(Clone, Debug)]
pub(super) enum Vector {
    Select {
        selector: SelectorId,
        offset: i64,
    },
    Timestamp {
        selector: SelectorId,
        offset: i64,
        names: Naming,
    },
    /// `timestamp` of something calculated.
    Now {
        inner: Operand,
        names: Naming,
    },
    FromScalar(Scalar),
    Over {
        function: OverTime,
        window: Window,
        parameter: Option<Scalar>,
        names: Naming,
    },
    AbsentOver {
        window: Window,
        labels: Labels,
    },
    Absent {
        inner: Operand,
        labels: Labels,
    },
    Each {
        function: Elementwise,
        inner: Operand,
        parameters: Vec<Scalar>,
        names: Naming,
    },
    Negative {
        inner: Operand,
        names: Naming,
    },
    Relabeled {
        inner: Operand,
        names: Naming,
    },
    Buckets {
        quantile: Scalar,
        inner: Operand,
        histograms: Box<Histograms>,
    },
    Aggregate(Box<Grouping>),
    WithScalar {
        operator: Operator,
        as_bool: bool,
        inner: Operand,
        scalar: Scalar,
        swapped: bool,
        names: Option<Naming>,
    },
    Joined(Box<Joined>),
    Set(Box<Set>),
}

/// Samples of series over a time.
#[derive(Clone, Debug)]
pub(super) enum Window {
    /// Of a selector: range and offset \[ns].
    Range { selector: SelectorId, range: i64, offset: i64, room: Vec<Sample> },
    /// Of an expression evaluated again and again.
    Subquery(Box<Steps>),
}

/// A change of labels after which no two elements may have the same.
#[derive(Clone, Debug)]
pub(super) struct Naming {
    pub(super) relabeling: Relabeling,
    pub(super) seen: Slots,
}

/// `and`, `or`, `unless`.
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub(super) operator: Operator,
    pub(super) left: Operand,
    pub(super) right: Operand,
    pub(super) signature: Relabeling,
    pub(super) present: Slots,
    /// Two sides of `or` may have elements of the same labels, if `on` or `ignoring` tells them apart.
    pub(super) seen: Slots,
}

/// Arithmetic or comparison between two vectors.
#[derive(Clone, Debug)]
pub(super) struct Joined {
    pub(super) operator: Operator,
    pub(super) as_bool: bool,
    pub(super) cardinality: Cardinality,
    pub(super) left: Operand,
    pub(super) right: Operand,
    pub(super) signature: Relabeling,
    /// Labels of the result, from those of the side of the many.
    pub(super) result: Relabeling,
    /// Labels taken from the side of the one: their names, and what was worked out.
    pub(super) include: Option<super::binary::Include>,
    /// The element of the side of the one, by signature.
    pub(super) one: Slots,
    /// Signatures that were met on the other side.
    pub(super) met: Slots,
    pub(super) seen: Slots,
}
