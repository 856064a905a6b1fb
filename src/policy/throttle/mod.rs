//! Limits that find their own value: how many requests to work on, and which to drop from a queue.
//!
//! Each concurrency limit takes one [`LimitSample`] for each finished request, or for each window of them
//! (1 s and at least 10 samples in Netflix's `WindowedLimit`, which the component keeps).
//!
//! It leaves out Envoy's adaptive concurrency and admission control, DAGOR and Zuul's prioritised shedding.

mod aimd;
mod codel;
mod gradient2;
mod sample;
mod vegas;

pub use aimd::{Aimd, AimdConfig};
pub use codel::{CoDel, CoDelConfig};
pub use gradient2::{Gradient2, Gradient2Config};
pub use sample::LimitSample;
pub use vegas::{Vegas, VegasConfig};
