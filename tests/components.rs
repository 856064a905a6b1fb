//! Components through the front door: files as a user writes them, one run, and what it leaves behind.

#[path = "components/cache.rs"]
mod cache;
#[path = "components/log.rs"]
mod log;
#[path = "components/rehearsal.rs"]
mod rehearsal;
