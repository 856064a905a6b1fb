//! Results as bytes: tables, a manifest, the terminal summary and charts.
//!
//! Every function here is pure: it takes [`Results`](crate::experiment::Results) and returns text or bytes.
//! Who calls it decides where they go. The files are described in `docs/output.md`.

mod bottleneck;
pub mod charts;
mod compared;
pub mod csv;
mod false_pages;
mod headline;
pub mod incident;
pub mod json;
mod names;
mod numbers;
mod spent;
mod stations;
pub mod terminal;
mod warnings;
