//! Plan → seeded runs → results: replications on all cores, intervals over runs, recovery, objectives, and
//! what limits the system.

mod aggregate;
mod arrivals;
mod bottleneck;
mod budget;
mod calm;
mod chain;
mod claims;
mod compare;
mod dating;
mod detection;
mod growth;
mod happenings;
mod harm;
mod impact;
mod incident;
mod judged;
mod losses;
mod measure;
mod memory;
mod observed;
mod onsets;
mod outcomes;
mod recovery;
mod replicate;
mod results;
mod summary;
mod unbegun;

use aggregate::{aggregate, worst_half_width};
pub use budget::{BudgetResult, BudgetState, DeployGate, SloFigures, credit};
pub use calm::{CalmAlert, CalmRuns, watch_calm};
pub use chain::{Link, LinkFact};
pub use claims::{ClaimResult, ClaimVerdict, SweepPoint, condition};
pub use compare::{Advantage, ComparedMeasure, ComparisonResult, LEAST_DIFFERENCE, MeasureUnit, compare};
pub use harm::{Beyond, BeyondCalm};
pub use impact::{Blast, WorstMinute};
pub use incident::{RunOutcomes, has_incident};
pub use losses::LossResult;
pub use outcomes::{BlastResult, Outcomes, PausedResult, PhaseResult, WorstMinuteResult};
pub use replicate::{ExperimentError, Options, Progress, replicate, run_once};
pub use results::{
    AlertResult, AnswerResults, Band, Bottleneck, EffectResult, EventResult, LatencyResults, ObjectiveResult,
    ObservedResults, ObservedSeries, OperationResults, OperationSeries, Pressed, RecoveryResult, Results,
    Series, SpentResults, StationResults, StationSeries, TimelineResult, Warning, WindowResults,
};
pub use summary::station_label;
pub use unbegun::{Awaited, UnbegunSteps, UnfinishedStep};
