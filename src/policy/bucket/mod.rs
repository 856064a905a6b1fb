//! Rate limits of gateways: buckets and windows.
//!
//! Each stands for one limit on one machine; sharing between machines, and the round trip to a shared
//! store, belong to the component that asks.

mod envoy_local;
mod fixed_window;
mod leaky;
mod second_counts;
mod sliding_window;
mod token_bucket;

pub use envoy_local::{EnvoyLocalRateLimit, EnvoyLocalRateLimitConfig, LocalDecision};
pub use fixed_window::{FixedWindow, FixedWindowConfig};
pub use leaky::{Leak, NginxLimitReq, NginxLimitReqConfig};
pub(super) use second_counts::SecondCounts;
pub use sliding_window::{SlidingWindow, SlidingWindowConfig};
pub use token_bucket::{TokenBucket, TokenBucketConfig};
