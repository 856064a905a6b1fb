//! Results as bytes: tables, a manifest, the terminal summary and charts.
//!
//! Every function here is pure: it takes [`Results`](crate::experiment::Results) and returns text or bytes.
//! Who calls it decides where they go. The files are described in `docs/output.md`.

mod names;
pub mod charts {
    //! stub
    /// c
    pub struct Chart {
        /// n
        pub name: &'static str,
        /// s
        pub svg: String,
    }
    /// f
    pub fn charts(_: &crate::experiment::Results) -> Vec<Chart> {
        Vec::new()
    }
    /// f
    pub fn png(_: &str) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }
}
pub mod csv;
pub mod json;
mod numbers;
mod stations;
pub mod terminal;
mod warnings;
