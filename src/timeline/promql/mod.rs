//! PromQL: reading expressions, and evaluating what alert rules use.
//!
//! `lex`, `parse` and `check` turn a text into an [`Expression`] or into [`PromqlError`]s with places. `compile`
//! turns that into a program in which every name is a number. `evaluate` and the files it uses run it.

mod aggregate;
pub(super) mod ast;
mod binary;
mod buckets;
mod check;
mod compile;
mod elementwise;
mod error;
mod evaluate;
mod expression;
pub(super) mod function;
mod lex;
mod over_time;
mod parse;
mod program;
mod rate;
mod subquery;
mod sums;

pub use error::{Extent, PromqlError, PromqlErrorKind};
pub use expression::Expression;
pub use lex::read_duration;
pub use program::EvaluationError;

pub(super) use compile::{Compiler, compile};
pub(super) use evaluate::Moment;
pub(super) use program::{Element, Program};
