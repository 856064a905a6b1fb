//! Why a closed form has no answer.

/// Why a closed form has no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SizingError {
    /// An input outside the range for which the formula holds.
    #[error("{what} is {value}: it must be {required}")]
    OutOfRange {
        /// The input.
        what: &'static str,
        /// Its value, in the unit that `required` names.
        value: f64,
        /// What it must be.
        required: &'static str,
    },
    /// More work arrives than the station can do, so that no steady state exists.
    #[error("there is no steady state: utilisation {utilisation:.4} is not below 1")]
    Unstable {
        /// Offered work over capacity.
        utilisation: f64,
    },
    /// An exact solution would take too much time or memory.
    #[error("{what} is {size}: the exact solution is limited to {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size.
        size: u64,
        /// The largest size that is solved.
        limit: u64,
    },
    /// Lists that belong together have different lengths.
    #[error("{what} has {found} entries: {expected} are needed")]
    LengthMismatch {
        /// Which list.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length that fits the other inputs.
        expected: usize,
    },
    /// An iteration stopped short of its tolerance.
    #[error("{what} did not converge")]
    NoConvergence {
        /// What was being computed.
        what: &'static str,
    },
}
