//! Access logs of gateways per window.

use super::table::{Row, Table, estimate_headers};
use crate::experiment::Results;

/// One row per window, gateway, route and status that occurred.
pub fn gateways_csv(results: &Results) -> Vec<u8> {
    let names = ["window", "window_s_start", "window_s_end", "gateway", "route", "http_status", "answers"];
    let headers = names.map(str::to_owned).into_iter().chain(estimate_headers("answers_per_s"));
    let mut table = Table::new(headers);
    for window in &results.windows {
        for answers in &window.answers {
            table.row(
                Row::default()
                    .text(&window.name)
                    .number(window.from.as_secs_f64())
                    .number(window.to.as_secs_f64())
                    .text(&answers.gateway)
                    .text(&answers.route)
                    .count(u64::from(answers.status))
                    .count(answers.count)
                    .estimate(Some(answers.per_s), 1.0),
            );
        }
    }
    table.finish()
}
