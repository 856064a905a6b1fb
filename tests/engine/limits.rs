//! What ends a run early, and what keeps memory in proportion to what is in flight.

use brownout::engine::{Limits, SlotsConfig};
use brownout::record::{Cause, Ending, RunRecord};
use brownout::units::{Instant, Span};

use crate::plan::Do::{self, Batch, Delay, Hold, Retry, Serve, Transaction, Work};
use crate::plan::{within, write};
use crate::world::{Arrival, World, slots};

fn at(ms: u64) -> Instant {
    Instant::START + Span::from_millis(ms)
}

/// An arrival every millisecond, each doing the body.
fn crowd(mut world: World, count: u64, body: &[Do]) -> World {
    let pc = world.writer.task(body);
    world.arrivals = (0..count).map(|at| Arrival { at, pc, priority: 0 }).collect();
    (world.quiet, world.ends) = (true, vec![count / 2, count + 1_000]);
    world.interval = count / 7 + 1;
    world
}

fn totals(record: &RunRecord) -> (u64, u64) {
    let records = &record.operations[0];
    (records.iter().map(|r| r.offered).sum(), records.iter().map(|r| r.ended()).sum())
}

#[test]
fn too_many_in_flight_end_the_run() {
    let mut world = crowd(World::new().slots(slots(1)), 1_000, &[Serve(0, 60_000)]);
    world.limits = Limits { in_flight: 100, ..Limits::default() };
    let record = world.check("");
    assert_eq!(record.ending, Ending::InFlightLimit(at(100)));
    assert_eq!((record.in_flight_max, record.in_flight_end), (100, 100));
    assert_eq!(totals(&record), (101, 1));
    assert_eq!(record.operations[0][0].failed[Cause::Limit as usize], 1);
    assert_eq!(record.stations[0][0].span_ns, 100_000_000);
}

#[test]
fn children_and_spawned_tasks_count_as_in_flight() {
    let fork = |branches| Do::Fork { branches, need: 1, leftover: brownout::engine::Leftover::Cancel };
    for body in [fork(vec![vec![Delay(9)]; 10]), Do::Repeat(10, vec![Do::Spawn(1, vec![Delay(9)])])] {
        let mut world = World::new().at(0, &[Delay(3), body]);
        world.limits = Limits { in_flight: 10, ..Limits::default() };
        let (record, _) = world.run();
        let record = record.expect("balanced books");
        assert_eq!(record.ending, Ending::InFlightLimit(at(3)));
        assert_eq!(record.in_flight_max, 10);
    }
}

#[test]
fn too_many_events_end_the_run_in_the_middle_of_a_segment() {
    let mut world = crowd(World::new().slots(slots(2)), 1_000, &[Serve(0, 2)]);
    world.limits = Limits { events: 1_500, ..Limits::default() };
    let record = world.check("");
    let Ending::EventLimit(end) = record.ending else { panic!("{:?}", record.ending) };
    assert_eq!(record.events, 1_500);
    let spans: u64 = record.stations[0].iter().map(|station| station.span_ns).sum();
    assert_eq!(spans, end.as_nanos());
    let (offered, ended) = totals(&record);
    assert_eq!(offered, ended + record.in_flight_end);
}

#[test]
fn a_loop_that_takes_no_time_ends_at_the_limit() {
    // Sixty thousand times sixty thousand attempts at one instant.
    let refused = SlotsConfig { queue_limit: Some(0), ..slots(0) };
    let tries = vec![Do::Repeat(60_000, vec![crate::plan::attempt(vec![Serve(0, 1)], vec![])])];
    let mut world = World::new().slots(refused).at(0, &[Do::Repeat(60_000, tries)]);
    world.limits = Limits { events: 10_000, ..Limits::default() };
    let record = world.check("");
    assert_eq!(record.ending, Ending::EventLimit(at(0)));
}

#[test]
fn too_much_at_one_instant_ends_the_run_whatever_may_come_later() {
    let refused = SlotsConfig { queue_limit: Some(0), ..slots(0) };
    let tries = vec![Do::Repeat(60_000, vec![crate::plan::attempt(vec![Serve(0, 1)], vec![])])];
    let mut world = World::new().slots(refused).at(3, &[Do::Repeat(60_000, tries)]);
    world.limits = Limits { at_once: 10_000, ..Limits::default() };
    let record = world.check("");
    assert_eq!(record.ending, Ending::InstantLimit(at(3)));
    // What is spread over time is no concern of this limit.
    let mut world = crowd(World::new().slots(slots(2)), 5_000, &[Serve(0, 1)]);
    world.limits = Limits { at_once: 10, ..Limits::default() };
    assert_eq!(world.check("").ending, Ending::Completed);
}

#[test]
fn a_run_is_asked_whether_it_goes_on_within_an_instant_too() {
    let refused = SlotsConfig { queue_limit: Some(0), ..slots(0) };
    let tries = vec![Do::Repeat(60_000, vec![crate::plan::attempt(vec![Serve(0, 1)], vec![])])];
    let world = World::new().slots(refused).at(0, &[Do::Repeat(60_000, tries)]);
    let asked = std::cell::Cell::new(0);
    let goes_on = |_| {
        asked.set(asked.get() + 1);
        asked.get() < 20
    };
    let (record, _) = world.run_while(&goes_on);
    assert!(record.expect("the books balance").is_none());
    assert_eq!(asked.get(), 20);
}

/// A million requests that all time out after 50 ms at something that hangs.
#[track_caller]
fn all_time_out(world: World, body: Vec<Do>) {
    let count = 1_000_000;
    let record = crowd(world, count, &[within(50, body)]).check("");
    assert_eq!(totals(&record), (count, count));
    let failed: u64 = record.operations[0].iter().map(|r| r.failed[Cause::Timeout as usize]).sum();
    assert_eq!(failed, count);
    assert_eq!(record.in_flight_max, 50);
    assert_eq!(record.in_flight_end, 0);
}

const HOUR: u64 = 3_600_000;

#[test]
fn a_queue_that_hangs_costs_no_more_than_what_is_in_it() {
    all_time_out(World::new().slots(slots(1)), vec![Serve(0, HOUR)]);
}

#[test]
fn a_processor_that_hangs_costs_no_more_than_what_is_in_it() {
    all_time_out(World::new().cores(1.0), vec![Work(0, HOUR)]);
}

#[test]
fn locks_that_hang_cost_no_more_than_what_waits() {
    all_time_out(World::new().locks(), vec![Transaction(vec![write(0), Delay(HOUR)])]);
}

#[test]
fn a_batch_that_hangs_costs_no_more_than_what_waits() {
    all_time_out(World::new().batch(HOUR, None), vec![Batch(0)]);
}

#[test]
fn time_outs_that_never_come_cost_no_more_than_what_is_in_flight() {
    let mut world = World::new().slots(slots(1)).retry(&[1]);
    let patience = world.constant(HOUR);
    world.writer.program.slots[0].patience = patience;
    let body = vec![within(HOUR, vec![Retry(0, vec![within(HOUR, vec![Hold(0, vec![])])])]), Delay(2)];
    let count = 1_000_000;
    let record = crowd(world, count, &body).check("");
    assert_eq!(totals(&record), (count, count));
    assert_eq!(record.in_flight_max, 2);
}
