//! What a run leaves behind: outcomes of requests, use of stations, series over time, and milestones.
//!
//! Both runtimes fill the same records, so statistics and reports cannot tell which of them ran. A record
//! holds counts, sums and histograms, never a list that grows with simulated time.

mod anchor;
mod cause;
mod gathered;
mod happening;
mod histogram;
mod observed;
mod operation;
mod part;
mod run;
mod station;
mod status;

pub use anchor::Anchor;
pub use cause::{Cause, Outcome};
pub(crate) use gathered::Gathered;
pub use happening::{Happening, HappeningKind};
pub use histogram::Histogram;
pub use observed::{ObservedRecord, ObservedSegment};
pub use operation::OperationRecord;
pub use part::{TimePart, TimeParts};
pub use run::{Ending, Milestone, MilestoneKind, RunRecord, Segments, SeriesPoint, SeriesRecord};
pub use station::{StationPoint, StationRecord};
pub use status::{AccessStatus, Statuses};
