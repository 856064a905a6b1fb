//! Text → diagnostics with spans, or a valid [`Plan`]. No clock, no IO.

mod plan;
mod spec;

pub use plan::{Comparison, Measure, Objective, Plan, PlannedWarmUp, Recovery, Window};
pub use spec::{LimitsSpec, ObjectiveSpec, RecoverySpec, ScenarioSpec, WarmUp, WindowSpec};
