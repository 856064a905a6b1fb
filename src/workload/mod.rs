//! Arrival processes, load stages, closed users and trace replay.
//!
//! # Three stages
//! An [`ArrivalsSpec`] is the load as typed. Building it gives a valid [`Workload`], which is either
//! [`OpenArrivals`] (customers come whether or not the system keeps up) or closed users (each waits for its
//! answer, thinks, and asks again). They are different things: only open load can overwhelm a system.
//! [`Arrivals`] is an open workload that is running: an iterator over [`Arrival`]s.
//!
//! # Processes
//! | typed | meaning |
//! |---|---|
//! | `{rate: 120/s}`, `{poisson: {rate: 120/s}}` | Poisson: many independent customers |
//! | `{deterministic: {rate: 120/s}}` | evenly spaced, the first after one spacing, without drift |
//! | `{renewal: {interarrival: <law>}}` | independent gaps from any law, the first from the start |
//! | `{mmpp: {states: [{rate: 60/s, mean-stay: 9.5s}, …]}}` | Poisson whose rate jumps at random times |
//! | `{batches: {rate: 8/s, size: <count>}}` | Poisson batches of customers that come at one instant |
//! | `{stages: [{ramp-to: 800/s, over: 2m}, {hold: 58m}]}` | Poisson whose rate follows a curve |
//! | `{trace: {csv: a.csv, column: seconds}}` | recorded instants, replayed |
//! | `{closed: {users: 50, think: <law>}}` | closed users |
//!
//! # Common random numbers
//! A process draws unit exponentials and turns them into instants by inverting its cumulative rate. So with
//! equal streams, more load brings nobody later. What is beside the instants (batch sizes, jumps of the rate)
//! has a stream of its own, and so does not shift with the load.
//!
//! # Example
//! ```
//! use brownout::random::Stream;
//! use brownout::workload::{Arrivals, ArrivalsSpec, Workload};
//!
//! let spec: ArrivalsSpec = serde_json::from_str(
//!     r#"{"stages": [{"ramp-to": "800/s", "over": "2m"}, {"hold": "58m"}]}"#,
//! )?;
//! let Workload::Open(plan) = spec.build(&|path| Err(format!("{path} is not needed")))? else {
//!     return Err("stages are open load".into());
//! };
//! let mut arrivals = Arrivals::start(&plan, Stream::named(42, 0, "bestseller.top", "arrivals"));
//! let first = arrivals.next().ok_or("the load never starts")?;
//! assert_eq!(first.count, 1);
//! assert_eq!(plan.boundaries().len(), 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod build;
mod chain;
mod curve;
mod error;
mod plan;
mod running;
mod spec;
mod stages;

#[cfg(test)]
mod build_test;
#[cfg(test)]
mod running_test;

pub use error::{StageProblem, WorkloadError};
pub use plan::{OpenArrivals, Workload};
pub use running::{Arrival, Arrivals};
pub use spec::{ArrivalsSpec, ClosedSpec, DiurnalSpec, MmppState, StageSpec};
