//! Tables for spreadsheets and notebooks, one function a file.
//!
//! A header ends with the unit, then the qualifier: `latency_ms_p99_low` is the lower end of the interval of
//! the 99th percentile of the latency in milliseconds. A value that does not exist is an empty field. Numbers
//! carry ten significant digits.

mod alerts;
mod attribution;
mod comparison;
mod events;
mod gateways;
mod operations;
mod outcomes;
mod resources;
mod series;
mod stores;
mod summary;
mod table;

pub use alerts::{alerts_csv, timeline_csv};
pub use attribution::attribution_csv;
pub use comparison::{COMPARISON_CSV_SCHEMA, comparison_csv};
pub use events::events_csv;
pub use gateways::gateways_csv;
pub use operations::{causes_csv, operations_csv};
pub use outcomes::{claims_csv, outcomes_csv};
pub use resources::resources_csv;
pub use series::series_csv;
pub use stores::stores_csv;
pub use summary::summary_csv;
pub use table::{CSV_FILES, CsvFile};
