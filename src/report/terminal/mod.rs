//! The summary of a run on a terminal: the answer, the evidence, where to look next.
//!
//! At most as wide as asked, readable without colour.

mod busiest;
mod claims;
mod comparison;
mod headline;
mod judgement;
mod operations;
mod outcomes;
mod plain;
mod spent;
mod story;
mod summary;
mod text;

pub use claims::claims;
pub use comparison::comparison;
pub use summary::{SummaryOptions, summary};
