//! How many retries a client may make, whatever each single request would like.
//!
//! Each budget stands for one product or book: the retry budget of Envoy, the standard mode of the AWS
//! SDKs, the 10 % rule and the adaptive throttling of the Google SRE book, and a plain bucket that first
//! tries fill.
//!
//! It leaves out how long a retry waits (see [`Retry`](super::Retry)) and the adaptive mode of the AWS
//! SDKs.

mod adaptive;
mod aws;
mod choice;
mod envoy;
mod fill;
mod ratio;

pub use adaptive::{AdaptiveThrottle, AdaptiveThrottleConfig};
pub use aws::{AwsAttempt, AwsRetryQuota, AwsRetryQuotaConfig, Cost};
pub use choice::{Exhausted, RetryBudget, RetryBudgetConfig};
pub use envoy::{EnvoyRetryBudget, EnvoyRetryBudgetConfig};
pub use fill::{FillBudget, FillBudgetConfig};
pub use ratio::{RatioBudget, RatioBudgetConfig};
