//! Limits that find their own value: how many requests to work on, and which to drop from a queue.
//!
//! Each concurrency limit takes one [`LimitSample`] for each finished request.
//!
//! It leaves out Netflix's `WindowedLimit` (one sample for each second) and Envoy's adaptive concurrency and admission control, DAGOR and Zuul's prioritised shedding.

mod aimd;
mod choice;
mod codel;
mod gradient2;
mod sample;
mod vegas;

pub use aimd::{Aimd, AimdConfig};
pub use choice::{ConcurrencyLimit, ConcurrencyLimitConfig, LimitOutcome};
pub use codel::{CoDel, CoDelConfig};
pub use gradient2::{Gradient2, Gradient2Config};
pub use sample::LimitSample;
pub use vegas::{Vegas, VegasConfig};
