//! Stations per window.

use super::table::{Row, Table, estimate_headers, times_headers};
use crate::experiment::Results;
use crate::stats::Estimate;

/// One row per window and station: use, queue, waits and what found no room.
pub fn resources_csv(results: &Results) -> Vec<u8> {
    let names = [
        "window",
        "window_s_start",
        "window_s_end",
        "component",
        "kind",
        "replica",
        "replicas",
        "capacity_units",
    ];
    let estimates = [
        "utilisation_ratio",
        "busy_units",
        "lost_units",
        "queue_items",
        "full_ratio",
        "visits_per_s",
        "rejected_per_s",
        "gave_up_per_s",
        "waited_ratio",
    ];
    let headers = names
        .map(str::to_owned)
        .into_iter()
        .chain(["queue_items_max".to_owned()])
        .chain(estimates.into_iter().flat_map(estimate_headers))
        .chain(times_headers("wait"));
    let mut table = Table::new(headers);
    for window in &results.windows {
        for station in &window.stations {
            let name = &station.name;
            // Locks have no capacity of their own: there is one per row.
            // What is not there has no use, which is not a use of nothing.
            let there = |estimate: Estimate| station.is_there.then_some(estimate);
            let capacity = if name.capacity > 0.0 { name.capacity } else { f64::NAN };
            table.row(
                Row::default()
                    .text(&window.name)
                    .number(window.from.as_secs_f64())
                    .number(window.to.as_secs_f64())
                    .text(&name.component)
                    .text(name.kind.name())
                    .count(u64::from(name.replica))
                    .count(u64::from(name.replicas))
                    .number(capacity)
                    .text(if station.is_there { station.longest_queue.to_string() } else { String::new() })
                    .estimate(there(station.utilisation), 1.0)
                    .estimate(there(station.busy), 1.0)
                    .estimate(there(station.lost), 1.0)
                    .estimate(there(station.queue), 1.0)
                    .estimate(there(station.full_share), 1.0)
                    .estimate(there(station.visits_per_s), 1.0)
                    .estimate(there(station.rejected_per_s), 1.0)
                    .estimate(there(station.gave_up_per_s), 1.0)
                    .estimate(station.waited_share, 1.0)
                    .times(station.wait),
            );
        }
    }
    table.finish()
}
