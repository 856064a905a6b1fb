//! Brownout rehearses incidents before they happen: a discrete-event simulator and capacity planner for
//! web back ends.

pub mod cli;
pub mod component;
pub mod engine;
pub mod experiment;
pub mod policy;
pub mod random;
pub mod record;
pub mod report;
pub mod scenario;
pub mod sizing;
pub mod stats;
pub mod timeline;
pub mod units;
pub mod workload;
