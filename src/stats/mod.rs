//! From samples to statements: warm-up, intervals, comparisons, and verdicts.
//!
//! No number leaves without its interval. Where there is too little data the interval is infinite and the
//! verdict inconclusive; nothing here panics on short, constant or NaN data.

mod batches;
mod distribution;
mod estimate;
mod paired;
mod proportion;
mod quantile;
mod rate;
mod selection;
#[cfg(test)]
mod testing;
mod verdict;
mod warmup;

pub use batches::{BatchMeans, batch_means};
pub use estimate::{Estimate, needed_replications, t_interval};
pub use paired::{PairedDifference, paired_difference};
pub use proportion::{exact_proportion_interval, proportion_interval};
pub use quantile::{median_of, quantile_interval, quantile_of};
pub use rate::rate_interval;
pub use selection::{Best, possible_best};
pub use verdict::{Comparison, Verdict};
pub use warmup::{Truncation, mser5};
