//! Text → diagnostics with spans, or a valid [`Plan`]. No clock, no IO.
//!
//! A scenario's three files go through four stages: text → tree with places (`parse`, `node`) → settings as
//! typed (`decode`, `value`) → what makes sense by itself (`check`) → the system put together and the plan
//! (`load`). Each stage reports all of its mistakes, and later stages run on whatever could be read.

mod bound;
mod check;
mod claims;
mod code;
mod decode;
mod diagnostic;
mod edit;
mod explain;
mod files;
mod follows;
mod gaps;
mod leave_out;
mod load;
#[cfg(test)]
mod load_test;
mod mend;
mod node;
mod parse;
mod plan;
mod render;
mod salvage;
mod schema;
mod slip;
#[cfg(test)]
mod slip_test;
mod slos;
mod source;
mod sourced;
mod spec;
mod stand_in;
mod strays;
mod tag;
mod timeouts;
mod value;
mod variant;
mod watching;
mod words;

pub use claims::{
    Chance, Claim, ClaimMeasure, ClaimSpan, ClaimSpec, ClaimSweep, ClaimSweepSpec, Phase, Unit,
};
pub use code::{Code, reference};
pub use diagnostic::{Diagnostic, Related, to_json};
pub use explain::{CompiledSteps, Explanation, Origin, Resolved, explain};
pub use files::{Files, MOST_CSV_BYTES, MOST_FILE_BYTES};
pub use leave_out::Without;
pub use load::{Loaded, Overrides, load};
pub use plan::{Comparison, Measure, Objective, Plan, PlannedWarmUp, Recovery, Window, in_time};
pub use render::{render, summary};
pub use schema::{Draft, schema, schema_file};
pub use slos::{Prices, PricesSpec, Slo, SloClass, SloSpec};
pub use source::Source;
pub use spec::{LimitsSpec, ObjectiveSpec, RecoverySpec, ScenarioSpec, WarmUp, WindowSpec};
pub use timeouts::{Timeout, TimeoutPath, timeout_paths};
pub use watching::{ReadFiles, read_alertmanager, read_rules};
