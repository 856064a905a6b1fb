//! An expression as a tree in which every part knows its place.

use super::super::matcher::Matcher;
use super::error::Extent;
use super::function::Function;

/// A part of an expression.
#[derive(Clone, Debug)]
pub(in crate::timeline) struct Part {
    pub(in crate::timeline) extent: Extent,
    pub(in crate::timeline) kind: Kind,
}

/// What a part is.
#[derive(Clone, Debug)]
pub(in crate::timeline) enum Kind {
    /// A number.
    Number(f64),
    /// A text, which only functions take.
    Text(String),
    /// The newest samples of some series.
    Select(Selection),
    /// The samples of some series over a time \[ns].
    Range(Selection, i64),
    /// The values of an expression over a time.
    Subquery(Box<Subquery>),
    /// A function of other parts.
    Call(Function, Vec<Part>),
    /// Many elements into few.
    Aggregate(Box<Aggregation>),
    /// Two parts joined by an operator.
    Binary(Box<Binary>),
    /// The negative of a part.
    Negative(Box<Part>),
}

/// Some series.
#[derive(Clone, Debug)]
pub(in crate::timeline) struct Selection {
    pub(in crate::timeline) matchers: Vec<Matcher>,
    /// How far before the time of evaluation it looks \[ns]; negative looks after it.
    pub(in crate::timeline) offset: i64,
}

/// The values of an expression over a time.
#[derive(Clone, Debug)]
pub(in crate::timeline) struct Subquery {
    pub(in crate::timeline) inner: Part,
    /// \[ns]
    pub(in crate::timeline) range: i64,
    /// \[ns]; none for the evaluation interval.
    pub(in crate::timeline) step: Option<i64>,
    /// \[ns]
    pub(in crate::timeline) offset: i64,
}

/// How many elements become few.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::timeline) enum Aggregator {
    Sum,
    Avg,
    Min,
    Max,
    Count,
    Group,
    Stddev,
    Stdvar,
    Quantile,
    Topk,
    Bottomk,
}

/// Many elements into few.
#[derive(Clone, Debug)]
pub(in crate::timeline) struct Aggregation {
    pub(in crate::timeline) aggregator: Aggregator,
    /// `without` instead of `by`.
    pub(in crate::timeline) without: bool,
    pub(in crate::timeline) labels: Vec<String>,
    pub(in crate::timeline) parameter: Option<Part>,
    pub(in crate::timeline) inner: Part,
}

/// An operator between two parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::timeline) enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Atan2,
    Eq,
    Ne,
    Gt,
    Lt,
    Ge,
    Le,
    And,
    Or,
    Unless,
}

impl Operator {
    pub(in crate::timeline) const fn is_comparison(self) -> bool {
        matches!(
            self,
            Operator::Eq | Operator::Ne | Operator::Gt | Operator::Lt | Operator::Ge | Operator::Le
        )
    }

    pub(in crate::timeline) const fn is_set(self) -> bool {
        matches!(self, Operator::And | Operator::Or | Operator::Unless)
    }

    /// How tightly it binds.
    pub(super) const fn strength(self) -> u8 {
        match self {
            Operator::Or => 1,
            Operator::And | Operator::Unless => 2,
            Operator::Eq | Operator::Ne | Operator::Gt | Operator::Lt | Operator::Ge | Operator::Le => 3,
            Operator::Add | Operator::Sub => 4,
            Operator::Mul | Operator::Div | Operator::Mod | Operator::Atan2 => 5,
            Operator::Pow => 6,
        }
    }
}

/// How many elements of either side one element of the other may meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::timeline) enum Cardinality {
    OneToOne,
    /// `group_left`: many on the left.
    ManyToOne,
    /// `group_right`: many on the right.
    OneToMany,
}

/// Which elements of two sides belong together.
#[derive(Clone, Debug)]
pub(in crate::timeline) struct Matching {
    /// `on` instead of `ignoring`.
    pub(in crate::timeline) on: bool,
    pub(in crate::timeline) labels: Vec<String>,
    pub(in crate::timeline) cardinality: Cardinality,
    /// Labels taken from the side of the one.
    pub(in crate::timeline) include: Vec<String>,
}

impl Default for Matching {
    fn default() -> Self {
        Matching { on: false, labels: Vec::new(), cardinality: Cardinality::OneToOne, include: Vec::new() }
    }
}

/// Two parts joined by an operator.
#[derive(Clone, Debug)]
pub(in crate::timeline) struct Binary {
    pub(in crate::timeline) operator: Operator,
    pub(in crate::timeline) operator_extent: Extent,
    /// 0 and 1 instead of leaving elements out.
    pub(in crate::timeline) as_bool: bool,
    /// As written, if it is.
    pub(in crate::timeline) matching: Option<Matching>,
    pub(in crate::timeline) left: Part,
    pub(in crate::timeline) right: Part,
}
