//! The summary of a run on a terminal: the answer, the evidence, where to look next.
//!
//! At most as wide as asked, readable without colour.

mod busiest;
mod headline;
mod judgement;
mod operations;
mod plain;
mod story;
mod summary;
mod text;

pub use summary::{SummaryOptions, summary};
