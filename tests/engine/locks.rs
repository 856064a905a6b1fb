//! Locks: who may share, who waits for whom, and how circles of waits are broken.

use brownout::engine::{LocksConfig, Patience};
use brownout::record::Cause;

use crate::plan::Ask::Watch;
use crate::plan::Do::{self, Ask, Change, Delay, Fail, Lock, Transaction, Undone};
use crate::plan::{attempt, key_space, note, read, within, write};
use crate::world::World;

/// Takes the locks in turn, then works for 10.
fn ten(locks: &[Do]) -> [Do; 1] {
    let mut body = locks.to_vec();
    body.push(Delay(10));
    [Transaction(body)]
}

#[test]
fn readers_share_and_a_writer_excludes() {
    let two = |a, b| World::new().locks().at(0, &ten(&[a])).at(0, &ten(&[b]));
    two(read(0), read(0)).check("a served at 10, b served at 10");
    two(read(0), write(0)).check("a served at 10, b served at 20");
    two(write(0), read(0)).check("a served at 10, b served at 20");
    two(write(0), write(0)).check("a served at 10, b served at 20");
}

#[test]
fn other_rows_are_free() {
    let row = |key| Lock { table: 0, key, shared: false };
    let mut world = World::new().locks();
    // A second key space, whose single row is numbered like that of the first: the same row.
    world.writer.program.keys.push(key_space(5, 1));
    world.clone().at(0, &ten(&[row(0)])).at(0, &ten(&[row(1)])).check("a served at 10, b served at 20");
    world.locks().at(0, &ten(&[write(0)])).at(0, &ten(&[write(1)])).check("a served at 10, b served at 10");
}

#[test]
fn nobody_overtakes_a_writer_that_waits() {
    let three =
        |writer: &[Do]| World::new().locks().at(0, &ten(&[read(0)])).at(1, writer).at(2, &ten(&[read(0)]));
    three(&ten(&[write(0)])).check("a served at 10, b served at 20, c served at 30");
    // When the writer goes, those behind it go on.
    three(&[within(4, ten(&[write(0)]).to_vec())]).check("b timeout at 5, a served at 10, c served at 15");
}

#[test]
fn a_waiting_line_is_granted_as_far_as_it_goes() {
    World::new()
        .locks()
        .at(0, &ten(&[write(0)]))
        .at(1, &ten(&[read(0)]))
        .at(2, &ten(&[read(0)]))
        .at(3, &ten(&[write(0)]))
        .at(4, &ten(&[read(0)]))
        .check("a served at 10, b served at 20, c served at 20, d served at 30, e served at 40");
}

#[test]
fn the_only_reader_may_write_at_once() {
    World::new()
        .locks()
        .at(0, &ten(&[read(0), write(0)]))
        .at(1, &ten(&[read(0)]))
        .check("a served at 10, b served at 20");
}

#[test]
fn a_reader_that_wants_to_write_waits_for_other_readers_before_everybody_else() {
    World::new()
        .locks()
        .at(0, &[Transaction(vec![read(0), Delay(5), write(0), Delay(5)])])
        .at(0, &ten(&[read(0)]))
        .at(1, &ten(&[write(0)]))
        .check("b served at 10, a served at 15, c served at 25");
}

#[test]
fn a_lock_may_be_taken_again() {
    World::new()
        .locks()
        .at(0, &[Transaction(vec![write(0), read(0), write(0), Delay(10)])])
        .at(1, &ten(&[write(0)]))
        .check("a served at 10, b served at 20");
}

#[test]
fn an_inner_transaction_waits_for_its_own_outer_one() {
    // It is another session, and no circle that a database could see: only the time-out ends it.
    let mut world = World::new().locks();
    world.writer.program.locks[0].patience = world.constant(5);
    let inner = Transaction(vec![write(0), Delay(5)]);
    world
        .at(0, &[Transaction(vec![write(0), attempt(vec![inner], vec![note("gives up")]), Delay(2)])])
        .at(6, &ten(&[write(0)]))
        .check("a gives up at 5, a served at 7, b served at 17");
}

#[test]
fn locks_are_released_at_the_commit() {
    World::new()
        .locks()
        .at(0, &[Transaction(vec![write(0), Delay(5)]), Delay(20)])
        .at(1, &ten(&[write(0)]))
        .check("b served at 15, a served at 25");
}

/// Takes the first locks, waits for 5, takes the last, waits for 5.
fn crossing(first: &[u32], last: u32) -> [Do; 1] {
    let mut body: Vec<Do> = first.iter().map(|table| write(*table)).collect();
    body.extend([Delay(5), write(last), Delay(5)]);
    [Transaction(body)]
}

#[test]
fn of_a_circle_the_one_with_the_fewest_locks_fails_and_of_equals_the_last() {
    let two = |a: &[u32], b: &[u32]| {
        World::new().locks().locks().locks().at(0, &crossing(a, 1)).at(0, &crossing(b, 0))
    };
    two(&[0], &[1]).check("b deadlock at 5, a served at 10");
    two(&[0], &[1, 2]).check("a deadlock at 5, b served at 10");
    two(&[0, 2], &[1]).check("b deadlock at 5, a served at 10");
}

#[test]
fn changed_rows_count_for_the_victim() {
    let changing =
        |rows, first, last| [Transaction(vec![write(first), Change(rows), Delay(5), write(last), Delay(5)])];
    let two = |a, b| World::new().locks().locks().at(0, &changing(a, 0, 1)).at(0, &changing(b, 1, 0));
    two(0, 3).check("a deadlock at 5, b served at 10");
    two(3, 0).check("b deadlock at 5, a served at 10");
}

#[test]
fn a_victim_loses_its_transaction_at_once_and_a_time_out_only_the_step() {
    let catching = |body: Vec<Do>| {
        let body = [vec![Ask(Watch), write(0), Delay(5)], vec![attempt(body, vec![Delay(10)])]].concat();
        [Transaction(body)]
    };
    // b is the victim: its row is free at 5, though it goes on until 15.
    World::new()
        .locks()
        .locks()
        .at(0, &[Transaction(vec![write(1), Change(9), Delay(5), write(0), Delay(5)])])
        .at(0, &catching(vec![write(1)]))
        .check("undone at 5, a served at 10, b served at 15");
    // Out of patience, it keeps what it has.
    let mut world = World::new().locks().locks();
    let patience = world.constant(3);
    world.writer.program.locks[1].patience = patience;
    let timed = |world: World| {
        world.at(0, &ten(&[write(1)])).at(0, &catching(vec![write(1)])).at(6, &ten(&[write(0)]))
    };
    timed(world.clone()).check("a served at 10, committed at 18, b served at 18, c served at 28");
    world.writer.program.locks[1].timeout_undoes = true;
    timed(world).check("undone at 8, a served at 10, c served at 18, b served at 18");
}

#[test]
fn how_a_watched_transaction_ends_is_told() {
    let watched = |rest: Vec<Do>| [vec![Ask(Watch), write(0), Delay(1)], rest].concat();
    World::new().locks().at(0, &[Transaction(watched(vec![]))]).check("committed at 1, a served at 1");
    World::new().locks().at(0, &[Undone(watched(vec![]))]).check("undone at 1, a served at 1");
    let failing = Transaction(watched(vec![Fail(Cause::Error)]));
    World::new().locks().at(0, &[failing]).check("undone at 1, a error at 1");
}

#[test]
fn a_circle_of_three_is_broken_once() {
    World::new()
        .locks()
        .locks()
        .locks()
        .at(0, &crossing(&[0], 1))
        .at(0, &crossing(&[1], 2))
        .at(0, &crossing(&[2], 0))
        .check("c deadlock at 5, b served at 10, a served at 15");
}

#[test]
fn two_readers_that_both_want_to_write_are_a_circle() {
    let both = [Transaction(vec![read(0), Delay(5), write(0), Delay(5)])];
    World::new().locks().at(0, &both).at(0, &both).check("b deadlock at 5, a served at 10");
}

#[test]
fn a_wait_that_closes_two_circles_has_both_broken() {
    let reader = |ms| [Transaction(vec![read(1), Delay(ms), write(0), Delay(5)])];
    World::new()
        .locks()
        .locks()
        .locks()
        .locks()
        .at(0, &[Transaction(vec![write(0), write(2), write(3), Delay(10), write(1), Delay(5)])])
        .at(0, &reader(5))
        .at(0, &reader(6))
        .check("c deadlock at 10, b deadlock at 10, a served at 15");
}

#[test]
fn a_bystander_in_line_is_not_the_victim() {
    // c holds nothing, but stands in the line between b and a.
    World::new()
        .locks()
        .locks()
        .at(0, &[Transaction(vec![write(0), Delay(10), write(1), Delay(5)])])
        .at(0, &crossing(&[1], 0))
        .at(1, &[Transaction(vec![write(0), Delay(5)])])
        .check("a deadlock at 10, c served at 15, b served at 20");
}

#[test]
fn a_waiter_in_line_is_the_victim_if_it_is_what_the_others_wait_for() {
    // b wants to write what a and c read; c stands in line behind it, and holds what a wants.
    World::new()
        .locks()
        .locks()
        .locks()
        .at(0, &[Transaction(vec![read(0), write(2), Delay(10), write(1), Delay(5)])])
        .at(0, &[Transaction(vec![write(0), Delay(5)])])
        .at(0, &[Transaction(vec![write(1), Delay(5), read(0), Delay(5)])])
        .check("b deadlock at 10, c served at 15, a served at 20");
}

#[test]
fn a_victim_may_catch_and_try_again() {
    let world = World::new().locks().locks().retry(&[1]).at(0, &crossing(&[0], 1));
    world
        .at(0, &[Do::Retry(0, crossing(&[1], 0).to_vec())])
        .check("a served at 10, policy 0 done in attempt 2 at 20, b served at 20");
    let caught = attempt(crossing(&[1], 0).to_vec(), vec![note("yields"), Delay(1)]);
    World::new()
        .locks()
        .locks()
        .at(0, &crossing(&[0], 1))
        .at(0, &[caught])
        .check("b yields at 5, b served at 6, a served at 10");
}

#[test]
fn a_wait_for_a_lock_has_its_time_out() {
    for drawn in [false, true] {
        let mut world = World::new();
        let patience = if drawn { world.drawn(5) } else { world.constant(5) };
        world.writer.program.locks.push(LocksConfig {
            patience,
            detect_deadlocks: false,
            timeout_undoes: false,
            group: 0,
        });
        world.writer.program.locks.push(LocksConfig {
            patience,
            detect_deadlocks: false,
            timeout_undoes: false,
            group: 0,
        });
        world
            .clone()
            .at(0, &ten(&[write(0)]))
            .at(1, &ten(&[write(0)]))
            .at(5, &ten(&[write(0)]))
            .check("b lock-timeout at 6, a served at 10, c served at 20");
        world
            .clone()
            .at(0, &ten(&[write(0)]))
            .at(1, &[attempt(ten(&[write(0)]).to_vec(), vec![note("gives up"), Delay(1)])])
            .check("b gives up at 6, b served at 7, a served at 10");
        // Without detection a circle is broken by the time-out.
        world
            .at(0, &crossing(&[0], 1))
            .at(1, &crossing(&[1], 0))
            .check("a lock-timeout at 10, b served at 15");
    }
}

#[test]
fn an_endless_wait_without_detection_is_in_flight_at_the_end() {
    let mut world = World::new();
    let config =
        LocksConfig { patience: Patience::Endless, detect_deadlocks: false, timeout_undoes: false, group: 0 };
    world.writer.program.locks.extend([config.clone(), config]);
    let record = world.at(0, &crossing(&[0], 1)).at(1, &crossing(&[1], 0)).check("");
    assert_eq!(record.in_flight_end, 2);
    assert_eq!(record.operations[0][0].failed[Cause::Deadlock as usize], 0);
}
