//! Plan → seeded runs → results: replications on all cores, intervals over runs, recovery, objectives, and
//! what limits the system.

mod aggregate;
mod bottleneck;
mod happenings;
mod observed;
mod replicate;
mod results;
mod summary;

use aggregate::{aggregate, worst_half_width};
pub use replicate::{ExperimentError, Options, Progress, replicate, run_once};
pub use results::{
    AlertResult, AnswerResults, Band, Bottleneck, EventResult, LatencyResults, ObjectiveResult,
    ObservedResults, ObservedSeries, OperationResults, OperationSeries, RecoveryResult, Results, Series,
    StationResults, StationSeries, TimelineResult, Warning, WindowResults,
};
pub use summary::station_label;
