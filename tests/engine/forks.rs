//! Children: all, any or some of them, and what becomes of the rest.

use brownout::engine::Leftover;
use brownout::record::Cause;

use crate::plan::Do::{self, Delay, Fail, Fork, Record, Serve, Spawn, Transaction};
use crate::plan::{attempt, note, write};
use crate::world::{World, slots};

fn fork(need: u32, leftover: Leftover, branches: &[&[Do]]) -> Do {
    Fork { branches: branches.iter().map(|branch| branch.to_vec()).collect(), need, leftover }
}

#[test]
fn as_many_as_needed_are_waited_for() {
    let delays: [&[Do]; 3] = [&[Delay(20)], &[Delay(5)], &[Delay(10)]];
    for leftover in [Leftover::Cancel, Leftover::KeepServing] {
        for (need, seen) in [(1, "a served at 5"), (2, "a served at 10"), (3, "a served at 20")] {
            let record = World::new().at(0, &[fork(need, leftover, &delays)]).check(seen);
            assert_eq!(record.in_flight_end, 0);
        }
    }
}

#[test]
fn a_fork_fails_as_soon_as_too_few_can_succeed() {
    let some: [&[Do]; 3] = [&[Delay(3), Fail(Cause::Error)], &[Delay(5), Fail(Cause::Declined)], &[Delay(9)]];
    let world = |need| World::new().at(0, &[fork(need, Leftover::Cancel, &some)]);
    world(3).check("a error at 3");
    world(2).check("a declined at 5");
    world(1).check("a served at 9");
    let caught = attempt(vec![fork(3, Leftover::Cancel, &some)], vec![note("goes on"), Delay(1)]);
    World::new().at(0, &[caught]).check("a goes on at 3, a served at 4");
}

#[test]
fn children_in_no_time_are_waited_for_too() {
    let all: [&[Do]; 3] = [&[], &[], &[]];
    World::new().at(0, &[fork(3, Leftover::Cancel, &all), Delay(1)]).check("a served at 1");
    World::new().at(0, &[fork(1, Leftover::Cancel, &all), Delay(1)]).check("a served at 1");
    World::new().at(0, &[fork(1, Leftover::KeepServing, &all), Delay(1)]).check("a served at 1");
}

#[test]
fn those_left_over_hold_what_they_hold_or_free_it() {
    let world = |leftover| {
        let holds = [Do::Hold(0, vec![Serve(1, 20)]), Transaction(vec![write(0), Delay(20)])];
        World::new()
            .slots(slots(1))
            .slots(slots(1))
            .locks()
            .at(0, &[fork(1, leftover, &[&[Delay(5)], &holds[..1], &holds[1..]])])
            .at(6, &[Serve(0, 1)])
            .at(6, &[Serve(1, 1)])
            .at(6, &[Transaction(vec![write(0), Delay(1)])])
    };
    world(Leftover::Cancel).check("a served at 5, b served at 7, c served at 7, d served at 7");
    world(Leftover::KeepServing).check("a served at 5, c served at 21, b served at 21, d served at 21");
}

#[test]
fn the_failure_of_a_fork_cancels_the_other_children() {
    let record = World::new()
        .slots(slots(1))
        .at(
            0,
            &[fork(
                2,
                Leftover::Cancel,
                &[&[Record(1, vec![Serve(0, 20)])], &[Delay(5), Fail(Cause::Error)]],
            )],
        )
        .at(1, &[Serve(0, 1)])
        .check("a error at 5, b served at 6");
    assert_eq!(record.operations[1][0].failed[Cause::Abandoned as usize], 1);
}

#[test]
fn a_grant_to_a_child_that_is_cancelled_at_the_same_instant_goes_to_the_next() {
    World::new()
        .slots(slots(1))
        .at(0, &[fork(1, Leftover::Cancel, &[&[Serve(0, 5)], &[Serve(0, 5)]])])
        .at(1, &[Serve(0, 5)])
        .check("a served at 5, b served at 10");
}

#[test]
fn a_cancelled_child_cancels_its_own_children() {
    let grandchild: &[Do] = &[Serve(0, 50)];
    let child: &[Do] = &[fork(1, Leftover::Cancel, &[grandchild])];
    World::new()
        .slots(slots(1))
        .at(0, &[fork(1, Leftover::Cancel, &[child, &[Delay(5)]])])
        .at(1, &[Serve(0, 1)])
        .check("a served at 5, b served at 6");
}

#[test]
fn a_hedge_sends_a_second_when_the_first_is_late() {
    let hedge = |first| fork(1, Leftover::Cancel, &[&[Delay(first)], &[Delay(5), note("hedges"), Delay(3)]]);
    World::new().at(0, &[hedge(4)]).check("a served at 4");
    World::new().at(0, &[hedge(7)]).check("a hedges at 5, a served at 7");
    World::new().at(0, &[hedge(20)]).check("a hedges at 5, a served at 8");
}

#[test]
fn whoever_is_spawned_goes_its_own_way() {
    let record = World::new()
        .slots(slots(1))
        .at(0, &[Spawn(1, vec![Serve(0, 5)]), Spawn(1, vec![Serve(0, 5), Fail(Cause::Error)]), Delay(1)])
        .at(0, &[Spawn(2, vec![Delay(1)]), Fail(Cause::Declined)])
        .check("b declined at 0, a served at 1");
    let spawned = &record.operations[1][0];
    assert_eq!((spawned.offered, spawned.served, spawned.failures()), (2, 1, 1));
    assert_eq!((spawned.latency.sum_ns(), spawned.failed_latency.sum_ns()), (5_000_000, 10_000_000));
    assert_eq!(record.operations[2][0].served, 1);
    assert_eq!(record.requests, 2);
}
