//! Batch servers: who shares a batch with whom.

use crate::plan::Do::{Batch, Delay};
use crate::plan::{attempt, note, within};
use crate::world::World;

fn four(limit: Option<u32>) -> World {
    (0..4).fold(World::new().batch(10, limit), |world, at| world.at(at, &[Batch(0)]))
}

#[test]
fn whoever_comes_during_a_batch_shares_the_next() {
    let record = four(None).check("a served at 10, b served at 20, c served at 20, d served at 20");
    let station = &record.stations[0][0];
    assert_eq!((station.visits, station.waited, station.longest_queue), (4, 3, 3));
    assert_eq!(station.busy_area, 20_000_000);
    assert_eq!(station.queue_area, (9 + 8 + 7) * 1_000_000);
}

#[test]
fn a_batch_takes_no_more_than_its_limit() {
    four(Some(2)).check("a served at 10, b served at 20, c served at 20, d served at 30");
    four(Some(1)).check("a served at 10, b served at 20, c served at 30, d served at 40");
}

#[test]
fn an_idle_server_begins_at_once_and_again() {
    World::new()
        .batch(10, None)
        .at(0, &[Batch(0), Batch(0)])
        .at(50, &[Batch(0)])
        .check("a served at 20, b served at 60");
}

#[test]
fn whoever_leaves_the_line_makes_room() {
    let hurried = attempt(vec![within(5, vec![Batch(0)])], vec![note("leaves"), Delay(1)]);
    let record = World::new()
        .batch(10, Some(1))
        .at(0, &[Batch(0)])
        .at(1, &[hurried])
        .at(2, &[Batch(0)])
        .check("b leaves at 6, b served at 7, a served at 10, c served at 20");
    assert_eq!(record.stations[0][0].gave_up, 1);
}

#[test]
fn whoever_leaves_during_a_batch_does_not_stop_it() {
    World::new()
        .batch(10, None)
        .at(0, &[within(5, vec![Batch(0)])])
        .at(6, &[Batch(0)])
        .check("a timeout at 5, b served at 20");
    World::new()
        .batch(10, Some(2))
        .at(0, &[Batch(0)])
        .at(1, &[within(12, vec![Batch(0)])])
        .at(1, &[Batch(0)])
        .check("a served at 10, b timeout at 13, c served at 20");
}
