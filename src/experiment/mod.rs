//! Plan → seeded runs → results.

mod results;

pub use results::{
    Band, Bottleneck, EventResult, LatencyResults, ObjectiveResult, OperationResults, OperationSeries,
    RecoveryResult, Results, Series, StationResults, StationSeries, Warning, WindowResults,
};
