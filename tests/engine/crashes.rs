//! What breaks is given back, and whoever depended on it is told, whatever it was doing.

use brownout::engine::{Leftover, SlotsConfig};
use brownout::record::Cause;

use crate::plan::Do::{self, Delay, Fork, Hold, Lock, Place, Retry, Serve, Spawn, Transaction, Work};
use crate::plan::{attempt, note, within};
use crate::world::{Act, World, slots};

/// Who is in the replica holds slot 0 and a row there while it does something.
fn in_replica(doing: Do) -> Do {
    let lock = Lock { table: 0, key: 0, shared: false };
    Place(0, vec![Hold(0, vec![Transaction(vec![lock, doing])])])
}

#[track_caller]
fn crashes_in(doing: Do) {
    World::new()
        .slots(slots(1))
        .slots(slots(1))
        .cores(1.0)
        .locks()
        .batch(50, None)
        .at(0, &[attempt(vec![in_replica(doing)], vec![note("is told")])])
        .act(10, Act::BreakReplica(0, Cause::Unavailable))
        .act(10, Act::Count(0))
        .at(11, &[in_replica(Delay(1))])
        .check(
            "replica 0 of 0 left at 10, a is told at 10, a served at 10, 0 in use and 0 waiting at 10, \
             replica 0 of 0 left at 12, b served at 12",
        );
}

#[test]
fn a_crash_frees_everything_whatever_the_holder_was_doing() {
    crashes_in(Delay(100));
    crashes_in(Work(0, 100));
    crashes_in(Serve(1, 100));
    crashes_in(Do::Batch(0));
    crashes_in(within(50, vec![Delay(100)]));
    crashes_in(Fork {
        branches: vec![vec![Delay(100)], vec![Work(0, 100)]],
        need: 2,
        leftover: Leftover::KeepServing,
    });
    crashes_in(attempt(vec![Delay(100)], vec![note("must not see it: its own process is gone")]));
}

#[test]
fn those_who_wait_inside_are_told_and_those_outside_go_on() {
    // b waits for the slot inside the replica, c for another one.
    World::new()
        .slots(slots(1))
        .slots(slots(1))
        .locks()
        .at(0, &[in_replica(Delay(100))])
        .at(1, &[in_replica(Delay(100))])
        .at(2, &[Hold(1, vec![Delay(20)])])
        .act(10, Act::BreakReplica(0, Cause::Unavailable))
        .check(
            "replica 0 of 0 left at 10, b unavailable at 10, replica 0 of 0 left at 10, a unavailable at 10, \
             c served at 22",
        );
}

#[test]
fn a_caller_may_try_another_replica() {
    let mut world = World::new().slots(slots(1)).locks().retry(&[5]);
    world.replicas = vec![Some(0), Some(1)];
    world
        .at(0, &[Retry(0, vec![in_replica(Delay(100))])])
        .act(10, Act::BreakReplica(0, Cause::Unavailable))
        .check(
            "replica 0 of 0 left at 10, replica 1 of 0 left at 115, policy 0 done in attempt 2 at 115, \
             a served at 115",
        );
}

#[test]
fn branches_in_the_replica_die_with_it_and_calls_to_elsewhere_go_on() {
    let mut world = World::new().slots(slots(1)).slots(slots(1));
    world.replicas = vec![Some(0), Some(1)];
    let branches = vec![vec![Hold(0, vec![Delay(100)])], vec![Place(0, vec![Hold(1, vec![Delay(100)])])]];
    let fork = Fork { branches, need: 2, leftover: Leftover::KeepServing };
    world
        .at(0, &[Place(0, vec![fork])])
        .act(10, Act::BreakReplica(0, Cause::Unavailable))
        .act(20, Act::Count(0))
        .act(20, Act::Count(1))
        .act(120, Act::Count(1))
        .check(
            "replica 0 of 0 left at 10, a unavailable at 10, 0 in use and 0 waiting at 20, \
             1 in use and 0 waiting at 20, replica 1 of 0 left at 100, 0 in use and 0 waiting at 120",
        );
}

#[test]
fn what_was_spawned_in_the_replica_is_in_a_place_of_its_own() {
    World::new()
        .slots(slots(1))
        .at(0, &[Place(0, vec![Spawn(1, vec![Place(0, vec![Hold(0, vec![Delay(100)])])])])])
        .act(10, Act::BreakReplica(0, Cause::Unavailable))
        .act(20, Act::Count(0))
        .check("replica 0 of 0 left at 0, a served at 0, replica 0 of 0 left at 10, 0 in use and 0 waiting at 20");
}

#[test]
fn a_broken_connection_is_told_to_whoever_holds_it() {
    World::new()
        .slots(slots(1))
        .at(0, &[attempt(vec![Hold(0, vec![Delay(100)])], vec![note("is told")])])
        .at(0, &[Hold(0, vec![Delay(5)])])
        .act(10, Act::BreakSlots(0, Cause::Unavailable))
        .check("a is told at 10, a served at 10, b served at 15");
}

#[test]
fn commands_at_a_station_are_lost_in_service_and_in_line() {
    World::new()
        .slots(slots(1))
        .at(0, &[Serve(0, 100)])
        .at(1, &[Serve(0, 100)])
        .at(11, &[Serve(0, 3)])
        .act(10, Act::BreakServed(0, Cause::Unavailable))
        .check("b unavailable at 10, a unavailable at 10, c served at 14");
}

#[test]
fn a_slow_station_serves_longer_and_not_whom_it_serves_already() {
    World::new()
        .slots(SlotsConfig { capacity: 1, ..slots(1) })
        .at(0, &[Serve(0, 10)])
        .at(0, &[Serve(0, 10)])
        .act(5, Act::Slowness(0, 3.0))
        .act(15, Act::Slowness(0, 1.0))
        .at(16, &[Serve(0, 10)])
        .check("a served at 10, b served at 40, c served at 50");
}
