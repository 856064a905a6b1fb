//! What stores and topics showed, cut into segments and intervals.

use super::World;
use crate::component::cache::Store;
use crate::component::observe::Reading;
use crate::record::{ObservedRecord, ObservedSegment};
use crate::units::Instant;

/// The records of all quantities while they are filled, in the order of the assembly's observables.
#[derive(Debug, Default)]
pub(super) struct Observations {
    records: Vec<ObservedRecord>,
    interval: Since,
    segment: Since,
    /// The largest values so far in this segment.
    max: Vec<f64>,
}

/// The totals at an instant.
#[derive(Debug, Default)]
struct Since {
    at: Instant,
    totals: Vec<f64>,
}

impl Since {
    /// What was added since then, and over how many seconds; starts anew.
    fn cut(&mut self, now: Instant, readings: &[Reading]) -> (f64, Vec<f64>) {
        let secs = now.since(self.at).as_secs_f64();
        self.totals.resize(readings.len(), 0.0);
        let added = readings.iter().zip(&mut self.totals).map(|(reading, before)| {
            let added = reading.total - *before;
            *before = reading.total;
            added
        });
        let added = added.collect();
        self.at = now;
        (secs, added)
    }
}

impl World<'_> {
    /// What stores and topics show at this instant, in the order of the assembly's observables.
    pub fn observe(&mut self, now: Instant) -> Vec<f64> {
        let readings = self.readings(now);
        readings.into_iter().map(|reading| reading.value).collect()
    }

    fn readings(&mut self, now: Instant) -> Vec<Reading> {
        let mut readings = Vec::new();
        let mut whole = 0;
        for (index, (store, survival)) in self.stores.iter_mut().zip(&self.parts.survivals).enumerate() {
            let Some(cluster) = survival.cluster else {
                store.read(now, &mut readings);
                continue;
            };
            // Of all masters together, and then of each.
            if usize::from(self.parts.clusters[usize::from(cluster)].first) == index {
                whole = readings.len();
                readings.extend(Store::METRICS.map(|_| Reading::count(0)));
            }
            let own = readings.len();
            store.read(now, &mut readings);
            for metric in 0..Store::METRICS.len() {
                let reading = readings[own + metric];
                readings[whole + metric].add(reading);
            }
        }
        for topic in &mut self.topics {
            topic.read(now, &mut readings);
        }
        self.gateways.read(&mut readings);
        // Reading a gauge forgets its maximum, which belongs to the segment whoever asks.
        self.observations.max.resize(readings.len(), 0.0);
        for (max, reading) in self.observations.max.iter_mut().zip(&readings) {
            *max = max.max(reading.max);
        }
        readings
    }

    /// Closes an interval of the series, a segment, or both.
    pub(super) fn sample_observables(&mut self, now: Instant, interval: bool, segment: bool) {
        let readings = self.readings(now);
        let observations = &mut self.observations;
        observations.records.resize_with(readings.len(), ObservedRecord::default);
        if interval {
            let (secs, added) = observations.interval.cut(now, &readings);
            for (record, added) in observations.records.iter_mut().zip(added) {
                record.series.push(if secs > 0.0 { added / secs } else { f64::NAN });
            }
        }
        if segment {
            let (span_s, added) = observations.segment.cut(now, &readings);
            let max = std::mem::take(&mut observations.max);
            for ((record, total), max) in observations.records.iter_mut().zip(added).zip(max) {
                record.segments.push(ObservedSegment { span_s, total, max });
            }
        }
    }

    /// The records; a segment that is still open is closed.
    pub(super) fn take_observations(&mut self, now: Instant) -> Vec<ObservedRecord> {
        if now > self.observations.segment.at {
            self.sample_observables(now, false, true);
        }
        std::mem::take(&mut self.observations.records)
    }
}
