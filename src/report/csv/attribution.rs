//! What response times went into, by window, operation and part.

use super::operations::{each, start};
use super::table::{Table, estimate_headers};
use crate::experiment::Results;
use crate::record::TimePart;

/// One row per window, operation, outcome and part; none where that was not looked at.
pub fn attribution_csv(results: &Results) -> Vec<u8> {
    let names = ["window", "window_s_start", "window_s_end", "operation", "view", "outcome", "part"];
    let headers = names.map(str::to_owned).into_iter().chain(estimate_headers("spent_ms_mean"));
    let mut table = Table::new(headers.chain(["spent_ratio".to_owned()]));
    for (window, operation) in each(results) {
        let Some(spent) = &operation.spent else { continue };
        for (outcome, means) in [("served", spent.served), ("not-served", spent.not_served)] {
            let Some(means) = means else { continue };
            let total: f64 = means.iter().map(|part| part.mean).sum();
            for (part, mean) in TimePart::ALL.into_iter().zip(means) {
                // Nothing of nothing has no share.
                let share = if total > 0.0 { mean.mean / total } else { f64::NAN };
                let row = start(window, operation).text(outcome).text(part.name());
                table.row(row.estimate(Some(mean), 1e3).number(share));
            }
        }
    }
    table.finish()
}
