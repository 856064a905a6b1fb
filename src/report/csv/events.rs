//! First times.

use super::table::{Row, Table};
use crate::experiment::{LinkFact, Results};
use crate::report::names::event_names;

/// One row per thing that happened for the first time in some run, and per symptom or shortage of an incident.
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
    let runs = u64::from(results.replications);
    let mut rows: Vec<(f64, Row)> = Vec::new();
    for event in &results.events {
        let (kind, cause) = event_names(event.kind);
        let row = Row::default().text(kind).text(cause).text(&event.subject).count(u64::from(event.runs));
        let row = row.count(runs).number(event.median_s).number(event.first_s).number(event.last_s);
        rows.push((event.median_s, row));
    }
    for link in &results.chain {
        let Some((kind, cause, subject)) = onset(&link.fact) else { continue };
        let row = Row::default().text(kind).text(cause).text(subject).count(u64::from(link.runs));
        rows.push((link.at_s, row.count(runs).number(link.at_s).number(link.first_s).number(link.last_s)));
    }
    // Stable: first times before beginnings at one time.
    rows.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    rows.into_iter().for_each(|(_, row)| table.row(row));
    table.finish()
}

/// What begins in an incident: its stable name, why, and of what.
fn onset(fact: &LinkFact) -> Option<(&'static str, &'static str, &str)> {
    match fact {
        LinkFact::Happened { .. } => None,
        LinkFact::Evicts { cache, .. } => Some(("evicts", "", cache)),
        LinkFact::Effect { effect, is_loss: true, .. } => Some(("loses", "", effect)),
        LinkFact::Effect { effect, is_loss: false, .. } => Some(("harms", "", effect)),
        LinkFact::Misses { cache, .. } => Some(("misses", "", cache)),
        LinkFact::Saturated { station, .. } => Some(("short", "", station)),
        LinkFact::Fails { operation, cause, .. } => {
            Some(("fails", cause.as_ref().map_or("", |(cause, _)| cause.name()), operation))
        }
        LinkFact::Slow { operation, .. } => Some(("slow", "", operation)),
        LinkFact::Back { operation } => Some(("as-before", "", operation)),
    }
}
