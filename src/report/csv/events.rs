//! First times.

use super::table::{Row, Table};
use crate::experiment::Results;
use crate::report::names::event_names;

/// One row per thing that happened for the first time in some run.
pub fn events_csv(results: &Results) -> Vec<u8> {
    let mut table = Table::new([
        "event",
        "cause",
        "subject",
        "runs",
        "replications",
        "time_s_median",
        "time_s_min",
        "time_s_max",
    ]);
    for event in &results.events {
        let (kind, cause) = event_names(event.kind);
        table.row(
            Row::default()
                .text(kind)
                .text(cause)
                .text(&event.subject)
                .count(u64::from(event.runs))
                .count(u64::from(results.replications))
                .number(event.median_s)
                .number(event.first_s)
                .number(event.last_s),
        );
    }
    table.finish()
}
