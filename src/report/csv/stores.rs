//! Stores and topics per window.

use super::table::{Row, Table, estimate_headers};
use crate::experiment::Results;

/// One row per window and quantity of a cache server or topic, its name ending with its unit.
pub fn stores_csv(results: &Results) -> Vec<u8> {
    let names = ["window", "window_s_start", "window_s_end", "component", "part", "metric"];
    let headers = names.map(str::to_owned).into_iter().chain(estimate_headers("value"));
    let mut table = Table::new(headers.chain(["value_max".to_owned()]));
    for window in &results.windows {
        for observed in &window.observed {
            table.row(
                Row::default()
                    .text(&window.name)
                    .number(window.from.as_secs_f64())
                    .number(window.to.as_secs_f64())
                    .text(&observed.component)
                    .text(&observed.part)
                    .text(observed.metric)
                    .estimate(Some(observed.value), 1.0)
                    .number(observed.max.unwrap_or(f64::NAN)),
            );
        }
    }
    table.finish()
}
