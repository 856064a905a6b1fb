//! Alerts, and everything else that happened beside requests.

use super::table::{Row, Table, estimate_headers};
use crate::experiment::Results;
use crate::record::HappeningKind;

/// One row per alert of the rules: how soon it fired and somebody was told, and whether and how often it fired for nothing.
pub fn alerts_csv(results: &Results) -> Vec<u8> {
    let first = ["alert", "replications", "fired_runs", "missed_runs"].map(str::to_owned).into_iter();
    let headers = first
        .chain(estimate_headers("fired_s_after_fault"))
        .chain(["notified_runs".to_owned()])
        .chain(estimate_headers("notified_s_after_fault"))
        .chain(["fired_runs_before_fault", "fired_runs_after_incident"].map(str::to_owned))
        .chain(["calm_runs", "fired_runs_calm"].map(str::to_owned))
        .chain(estimate_headers("pages_per_day_calm"))
        .chain(["note".to_owned()]);
    let mut table = Table::new(headers);
    for alert in &results.alerts {
        let is_muted = alert.fired > 0
            && alert.notified == 0
            && results.timeline.iter().any(|it| it.kind == HappeningKind::Muted && it.subject == alert.name);
        table.row(
            Row::default()
                .text(&alert.name)
                .count(u64::from(results.replications))
                .count(u64::from(alert.fired))
                .text(alert.missed.map_or_else(String::new, |missed| missed.to_string()))
                .estimate(alert.firing_s, 1.0)
                .count(u64::from(alert.notified))
                .estimate(alert.notified_s, 1.0)
                .count(u64::from(alert.before))
                .count(u64::from(alert.after))
                .text(results.calm.map_or_else(String::new, |calm| calm.runs.to_string()))
                .text(alert.calm.map_or_else(String::new, |calm| calm.fired.to_string()))
                .estimate(alert.calm.map(|calm| calm.pages_per_day), 1.0)
                .text(match (alert.is_shown, alert.missed, &results.outcomes) {
                    (false, ..) => "no such metric",
                    _ if alert.is_valueless => "a part never has a value",
                    _ if is_muted => "muted by another alert",
                    (true, None, Some(_)) => "not of the incident",
                    (true, ..) => "",
                }),
        );
    }
    table.finish()
}

/// One row per fault, alert and step, with when it first happened.
pub fn timeline_csv(results: &Results) -> Vec<u8> {
    let mut table = Table::new([
        "kind",
        "subject",
        "detail",
        "runs",
        "replications",
        "time_s_median",
        "time_s_min",
        "time_s_max",
        "time_s_told",
    ]);
    for entry in &results.timeline {
        table.row(
            Row::default()
                .text(entry.kind.name())
                .text(&entry.subject)
                .text(&entry.detail)
                .count(u64::from(entry.runs))
                .count(u64::from(results.replications))
                .number(entry.median_s)
                .number(entry.first_s)
                .number(entry.last_s)
                .number(entry.told.map_or(f64::NAN, |(at_s, _)| at_s)),
        );
    }
    table.finish()
}
