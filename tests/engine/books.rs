//! The books: areas and counts by segment and by interval, however time is cut.

use brownout::record::RunRecord;

use crate::plan::Do::{Batch, Serve, Transaction, Work};
use crate::plan::write;
use crate::world::{Act, World, slots};

/// Three customers of one server, one of whom waits across a boundary.
fn cut(ends: &[u64], interval: u64) -> RunRecord {
    let mut world =
        World::new().slots(slots(1)).at(5, &[Serve(0, 20)]).at(10, &[Serve(0, 20)]).at(100, &[Serve(0, 50)]);
    (world.ends, world.interval) = (ends.to_vec(), interval);
    world.check("a served at 25, b served at 45, c served at 150")
}

const MS: u128 = 1_000_000;

#[test]
fn areas_are_cut_at_the_ends_of_segments() {
    let record = cut(&[15, 37, 160], 7);
    let stations = &record.stations[0];
    let of = |f: fn(&brownout::record::StationRecord) -> u128| stations.iter().map(f).collect::<Vec<_>>();
    assert_eq!(of(|s| u128::from(s.span_ns)), [15 * MS, 22 * MS, 123 * MS]);
    // Busy from 5 to 45 and from 100 to 150; one waits from 10 to 25.
    assert_eq!(of(|s| s.busy_area), [10 * MS, 22 * MS, 58 * MS]);
    assert_eq!(of(|s| s.full_area), [10 * MS, 22 * MS, 58 * MS]);
    assert_eq!(of(|s| s.queue_area), [5 * MS, 10 * MS, 0]);
    assert_eq!(of(|s| s.capacity_area), [15 * MS, 22 * MS, 123 * MS]);
    assert_eq!(of(|s| u128::from(s.visits)), [1, 1, 1]);
    assert_eq!(of(|s| u128::from(s.longest_queue)), [1, 1, 0]);
    // A request belongs to the segment that it arrives in.
    let operations = &record.operations[0];
    assert_eq!(
        operations.iter().map(|r| (r.offered, r.served)).collect::<Vec<_>>(),
        [(2, 2), (0, 0), (1, 1)]
    );
    assert_eq!(operations.iter().map(|r| r.latency.sum_ns()).collect::<Vec<_>>(), [55 * MS, 0, 50 * MS]);
}

#[test]
fn whatever_happens_at_the_end_of_a_segment_belongs_to_it() {
    let record = cut(&[5, 25, 100, 150], 1_000);
    let stations = &record.stations[0];
    assert_eq!(stations.iter().map(|s| s.visits).collect::<Vec<_>>(), [1, 1, 1, 0]);
    assert_eq!(stations.iter().map(|s| s.busy_area).collect::<Vec<_>>(), [0, 20 * MS, 20 * MS, 50 * MS]);
    let offered: Vec<u64> = record.operations[0].iter().map(|r| r.offered).collect();
    assert_eq!(offered, [1, 1, 1, 0]);
}

/// Integrals of use and queue from the series, which is cut every `interval` and at the end.
fn integrals(record: &RunRecord, interval: u64, end: u64) -> (f64, f64) {
    let points = &record.series.stations[0];
    let lengths = (0..points.len() as u64).map(|i| (end - i * interval).min(interval) as f64);
    let sums = points.iter().zip(lengths);
    sums.fold((0.0, 0.0), |(busy, queue), (point, ms)| {
        (busy + point.utilisation * ms, queue + point.queue * ms)
    })
}

#[test]
fn intervals_add_up_to_the_same_areas_wherever_segments_end() {
    for ends in [&[160][..], &[15, 37, 160], &[7, 14, 160], &[1, 2, 3, 159, 160]] {
        for interval in [1, 7, 20, 159, 160, 1_000] {
            let record = cut(ends, interval);
            let points = 160u64.div_ceil(interval) as usize;
            assert_eq!(record.series.stations[0].len(), points, "{ends:?} by {interval}");
            assert_eq!(record.series.operations[0].len(), points);
            assert_eq!(record.series.in_flight.len(), points);
            let (busy, queue) = integrals(&record, interval, 160);
            assert!((busy - 90.0).abs() < 1e-9 && (queue - 15.0).abs() < 1e-9, "{ends:?} by {interval}");
            let arrivals: u64 = record.series.operations[0].iter().map(|point| point.offered).sum();
            assert_eq!(arrivals, 3);
        }
    }
}

#[test]
fn the_series_shows_each_interval_for_itself() {
    let record = cut(&[15, 160], 20);
    let used: Vec<f64> = record.series.stations[0].iter().map(|point| point.utilisation).collect();
    assert_eq!(used, [0.75, 1.0, 0.25, 0.0, 0.0, 1.0, 1.0, 0.5]);
    let served: Vec<u64> = record.series.operations[0].iter().map(|point| point.served).collect();
    assert_eq!(served, [0, 1, 1, 0, 0, 0, 0, 1]);
    assert_eq!(record.series.in_flight, [2, 1, 0, 0, 1, 1, 1, 0]);
}

#[test]
fn how_time_is_cut_changes_no_outcome() {
    let whole = |record: &RunRecord| record.operations[0].iter().map(|r| r.latency.sum_ns()).sum::<u128>();
    let records = [cut(&[160], 160), cut(&[15, 37, 160], 7), cut(&[1, 2, 160], 1)];
    assert!(records.iter().all(|record| whole(record) == 105 * MS));
}

#[test]
fn requests_still_in_flight_at_the_end_are_in_the_books() {
    let world = World::new().slots(slots(1)).cores(1.0).locks().batch(50, None);
    let mut world = [0, 0, 1, 1]
        .into_iter()
        .fold(world, |world, at| world.at(at, &[Serve(0, 50)]).at(at, &[Work(0, 50)]))
        .at(1, &[Transaction(vec![write(0), Serve(0, 50)])])
        .at(2, &[Transaction(vec![write(0)])])
        .at(3, &[Batch(0)])
        .at(4, &[Batch(0)]);
    world.ends = vec![3, 20];
    let record = world.check("");
    assert_eq!(record.in_flight_end, 12);
    let offered: u64 = record.operations[0].iter().map(|r| r.offered).sum();
    assert_eq!(offered, 12);
    let queued: Vec<u128> = (0..4).map(|s| record.stations[s].iter().map(|r| r.queue_area).sum()).collect();
    // One of four waits from 0, two from 1, one more in a transaction from 1; one for its lock from 2.
    assert_eq!(queued[0], (20 + 3 * 19) * MS);
    assert_eq!((queued[2], queued[3]), (18 * MS, 16 * MS));
}

#[test]
fn a_change_of_capacity_is_in_the_areas() {
    let mut world = World::new().slots(slots(1)).at(0, &[Serve(0, 10)]).at(0, &[Serve(0, 10)]);
    (world.ends, world.interval) = (vec![20], 5);
    let record = world.act(5, Act::ResizeSlots(0, 3)).check("a served at 10, b served at 15");
    let station = &record.stations[0][0];
    assert_eq!(station.capacity_area, (5 + 45) * MS);
    assert_eq!(station.busy_area, 20 * MS);
    assert_eq!(station.full_area, 5 * MS);
}
