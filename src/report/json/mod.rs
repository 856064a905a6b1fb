//! Results and their origin as JSON.
//!
//! Field names follow the tables: the unit, then the qualifier. Hashes are text of sixteen hexadecimal digits,
//! because readers of JSON lose digits of large numbers. A value that does not exist is `null`.

mod comparison;
mod manifest;
mod outcomes;
mod results;

pub use comparison::{COMPARISON_SCHEMA, comparison_json};
pub use manifest::{MANIFEST_SCHEMA, OutputFile, Provenance, manifest};
pub use results::{RESULTS_SCHEMA, results_json};
