//! Scopes with a time-out: whatever is cut short in them is freed, and whoever catches it goes on.

use brownout::engine::Leftover;

use crate::plan::Do::{self, Ask, Batch, Delay, Fork, Hold, Retry, Serve, Transaction, Work};
use crate::plan::{attempt, note, within, write};
use crate::world::{World, slots};

/// Does the body for 5 at most, then goes on for 1.
fn hurried(body: Vec<Do>) -> [Do; 1] {
    [attempt(vec![within(5, body)], vec![note("goes on"), Delay(1)])]
}

#[test]
fn in_service_the_slot_is_freed() {
    World::new()
        .slots(slots(1))
        .at(0, &hurried(vec![Serve(0, 20)]))
        .at(1, &[Serve(0, 10)])
        .check("a goes on at 5, a served at 6, b served at 15");
}

#[test]
fn in_a_queue_the_place_and_what_is_held_are_freed() {
    World::new()
        .slots(slots(1))
        .slots(slots(1))
        .at(0, &[Serve(0, 20)])
        .at(1, &hurried(vec![Hold(1, vec![Serve(0, 1)])]))
        .at(2, &[Hold(1, vec![Delay(1)])])
        .at(3, &[Serve(0, 1)])
        .check("b goes on at 6, c served at 7, b served at 7, a served at 20, d served at 21");
}

#[test]
fn at_a_shared_processor_the_share_is_freed() {
    World::new()
        .cores(1.0)
        .at(0, &hurried(vec![Work(0, 100)]))
        .at(1, &[Work(0, 10)])
        .check("a goes on at 5, a served at 6, b served at 13");
}

#[test]
fn in_a_wait_for_a_lock_the_locks_held_are_freed() {
    World::new()
        .locks()
        .locks()
        .at(0, &[Transaction(vec![write(0), Delay(20)])])
        .at(1, &hurried(vec![Transaction(vec![write(1), write(0)])]))
        .at(2, &[Transaction(vec![write(1), Delay(1)])])
        .at(3, &[Transaction(vec![write(0), Delay(1)])])
        .check("b goes on at 6, c served at 7, b served at 7, a served at 20, d served at 21");
}

#[test]
fn in_a_batch_the_rest_goes_on() {
    World::new()
        .batch(10, None)
        .at(0, &hurried(vec![Batch(0)]))
        .at(1, &[Batch(0)])
        .check("a goes on at 5, a served at 6, b served at 20");
}

#[test]
fn in_a_fork_the_children_are_cancelled_or_run_on() {
    let forked = |leftover| {
        let branches = vec![vec![Serve(0, 20)], vec![Delay(1)]];
        let fork = Fork { branches, need: 2, leftover };
        World::new().slots(slots(1)).at(0, &hurried(vec![fork])).at(2, &[Serve(0, 1)])
    };
    forked(Leftover::Cancel).check("a goes on at 5, b served at 6, a served at 6");
    forked(Leftover::KeepServing).check("a goes on at 5, a served at 6, b served at 21");
}

#[test]
fn in_a_delay_a_sleep_or_a_pause_between_attempts_the_scope_ends_all_the_same() {
    for body in [
        Delay(20),
        Ask(crate::plan::Ask::Delay(20)),
        Ask(crate::plan::Ask::Sleep(Some(20))),
        Retry(0, vec![Do::Fail(brownout::record::Cause::Error)]),
    ] {
        let world = World::new().retry(&[20]).at(0, &hurried(vec![body]));
        world.check("a goes on at 5, a served at 6");
    }
}

#[test]
fn scopes_inside_are_closed_from_the_inside_out() {
    World::new()
        .at(0, &hurried(vec![Do::Scope(1, vec![Do::Place(7, vec![Do::Scope(2, vec![Delay(9)])])])]))
        .check(
            "a closes 2 timeout after 5 at 5, replica 0 of 7 left at 5, a closes 1 timeout after 5 at 5, \
             a goes on at 5, a served at 6",
        );
}

#[test]
fn what_ends_at_the_very_instant_has_ended_in_time() {
    World::new()
        .slots(slots(1))
        .cores(1.0)
        .batch(10, None)
        .at(0, &[within(10, vec![Serve(0, 10)])])
        .at(0, &[within(10, vec![Work(0, 10)])])
        .at(0, &[within(10, vec![Batch(0)])])
        .at(0, &[within(10, vec![Delay(10)])])
        .check("a served at 10, d served at 10, b served at 10, c served at 10");
}

#[test]
fn a_scope_that_ended_in_time_is_not_cut_later() {
    World::new()
        .at(0, &[within(5, vec![Delay(4)]), Delay(10)])
        // The same depth of the stack holds another scope by the time the first alarm is due.
        .at(0, &[within(5, vec![Delay(4)]), within(5, vec![Delay(4)]), Delay(10)])
        .check("a served at 14, b served at 18");
}

#[test]
fn no_time_at_all_cuts_what_takes_time() {
    World::new()
        .at(0, &[within(0, vec![Delay(1)])])
        .at(0, &[within(0, vec![note("passes")])])
        .check("b passes at 0, b served at 0, a timeout at 0");
}

#[test]
fn of_nested_scopes_the_first_that_is_due_ends() {
    let nested = |outer, inner| {
        let inner = attempt(vec![within(inner, vec![Delay(30)])], vec![note("inner"), Delay(30)]);
        World::new().at(0, &[attempt(vec![within(outer, vec![inner])], vec![note("outer")])])
    };
    nested(5, 8).check("a outer at 5, a served at 5");
    nested(20, 5).check("a inner at 5, a outer at 20, a served at 20");
    nested(5, 5).check("a outer at 5, a served at 5");
}

#[test]
fn cutting_one_may_serve_another_whose_time_out_is_due_at_the_same_instant() {
    // Both are due at 5; the first gives its slot to the second, which is cut while it has just begun.
    World::new()
        .slots(slots(1))
        .at(0, &hurried(vec![Serve(0, 20)]))
        .at(0, &hurried(vec![Serve(0, 20)]))
        .at(1, &[Serve(0, 1)])
        .check("a goes on at 5, b goes on at 5, a served at 6, c served at 6, b served at 6");
}
