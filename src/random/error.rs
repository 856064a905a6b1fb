//! What can be wrong with a law as typed.

use super::column::ColumnError;
use crate::units::Span;

/// Why a law as typed cannot be built, and what to write instead.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LawError {
    /// Parameters that are too few, too many, or do not go together.
    #[error("`{law}` is given {given}, but needs {wanted}")]
    Parameters {
        /// The law's tag.
        law: &'static str,
        /// The parameters it has.
        given: String,
        /// The parameters it can have.
        wanted: &'static str,
    },
    /// A time that must not be zero.
    #[error("the {field} of `{law}` is 0s: give it a length, or write `{{constant: 0s}}`")]
    ZeroTime {
        /// The law's tag.
        law: &'static str,
        /// The parameter.
        field: &'static str,
    },
    /// A number outside its range, or not a number.
    #[error("the {field} of `{law}` is {value}: it must be from {low} to {high}")]
    OutOfRange {
        /// The law's tag.
        law: &'static str,
        /// The parameter.
        field: &'static str,
        /// Its value as typed.
        value: f64,
        /// The least that is allowed.
        low: f64,
        /// The most that is allowed.
        high: f64,
    },
    /// Bounds in the wrong order.
    #[error("`uniform` runs from {from} to {to}: swap them, so that `from` is not above `to`")]
    Bounds {
        /// The lower bound as typed.
        from: Span,
        /// The upper bound as typed.
        to: Span,
    },
    /// Percentiles that do not rise.
    #[error("{lower} is {lower_value} and {upper} is {upper_value}: {upper} must be above {lower}")]
    Percentiles {
        /// The lower percentile's name.
        lower: &'static str,
        /// Its value.
        lower_value: Span,
        /// The upper percentile's name.
        upper: &'static str,
        /// Its value.
        upper_value: Span,
    },
    /// A Pareto law that is given a mean that it cannot have.
    #[error(
        "`pareto` with shape {shape} has no finite mean: raise the shape above 1, \
         or give `minimum` instead of `mean`"
    )]
    InfiniteMean {
        /// The shape as typed.
        shape: f64,
    },
    /// A hyperexponential that should vary less than an exponential.
    #[error(
        "`hyperexponential` with cv {cv} varies less than an exponential: \
         use `erlang` or `gamma` for a cv below 1"
    )]
    TooRegular {
        /// The coefficient of variation as typed.
        cv: f64,
    },
    /// Weights that are not a distribution.
    #[error("the weights of `{law}` sum to {sum}: they must sum to 1")]
    Weights {
        /// The law's tag.
        law: &'static str,
        /// Their sum.
        sum: f64,
    },
    /// A list of nothing.
    #[error("`{law}` has an empty list: give it at least one entry")]
    Empty {
        /// The law's tag.
        law: &'static str,
    },
    /// A law inside a mixture that is wrong.
    #[error("entry {entry} of `mixture`: {problem}")]
    Entry {
        /// Which entry, counted from 1.
        entry: usize,
        /// What is wrong with it.
        problem: Box<LawError>,
    },
    /// Measured values that cannot be used.
    #[error(transparent)]
    Values(#[from] ColumnError),
}

impl LawError {
    /// The law's tag and its field that is out of range, if it is a field.
    pub fn field(&self) -> Option<(&'static str, &'static str)> {
        match self {
            LawError::OutOfRange { law, field, .. } | LawError::ZeroTime { law, field } => Some((law, field)),
            _ => None,
        }
    }

    /// What is wrong with a CSV, if that is what is wrong.
    pub fn in_csv(&self) -> Option<&ColumnError> {
        match self {
            LawError::Values(error) => Some(error),
            LawError::Entry { problem, .. } => problem.in_csv(),
            _ => None,
        }
    }
}
