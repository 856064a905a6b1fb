//! What of each product there is: every configuration key of the real thing and what becomes of it here, and
//! every key of ours.
//!
//! A component's table is one file, as are those of a product with many keys; [`REFERENCES`] is the catalogue. The pages in `docs/reference/` and
//! `brownout explain --reference` are made from it.

mod budgets;
mod cache;
mod call;
mod catalogue;
mod client;
mod database;
mod envoy;
mod external;
mod gateway;
mod hikari;
mod innodb;
mod jvm;
mod kafka;
mod kong;
mod kubernetes;
mod link;
mod log;
mod nginx;
mod overload;
mod page;
mod pool;
mod process;
mod redis;
mod schema;
mod station;
mod table;

pub use catalogue::{REFERENCES, reference};
pub use schema::{Row, Section, sections};
pub use table::{Product, ProductKey, Reference, Settings, Treatment};
