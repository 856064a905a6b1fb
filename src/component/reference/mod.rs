//! What of each product there is: every configuration key of the real thing and what becomes of it here, and
//! every key of ours.
//!
//! A component's table is one file; [`REFERENCES`] is the catalogue. The pages in `docs/reference/` and
//! `brownout explain --reference` are made from it.

mod cache;
mod call;
mod catalogue;
mod client;
mod database;
mod external;
mod gateway;
mod link;
mod log;
mod page;
mod pool;
mod process;
mod station;
mod table;

pub use catalogue::{REFERENCES, reference};
pub use table::{ProductKey, Reference, Settings, Treatment};
