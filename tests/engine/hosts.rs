//! What the host is asked and told: hooks, sleepers, its own scopes, and tasks that it fails.

use brownout::engine::Leftover;
use brownout::record::Cause;

use crate::plan::Do::{self, Batch, Delay, Fail, Fork, Hold, Retry, Scope, Serve, Skip, Transaction, Work};
use crate::plan::{Ask, attempt, note, within, write};
use crate::world::{Act, World, slots};

fn sleep() -> Do {
    Do::Ask(Ask::Sleep(None))
}

#[test]
fn a_hook_may_go_on_jump_fail_or_wait() {
    let skipped = Skip(vec![note("never")]);
    World::new().at(0, &[skipped, note("goes on")]).check("a goes on at 0, a served at 0");
    World::new().at(0, &[Do::Ask(Ask::Delay(5)), note("goes on")]).check("a goes on at 5, a served at 5");
    let failing = Do::Ask(Ask::Fail(Cause::CircuitOpen));
    World::new().at(0, std::slice::from_ref(&failing)).check("a circuit-open at 0");
    World::new()
        .at(0, &[attempt(vec![failing], vec![note("goes on")])])
        .check("a goes on at 0, a served at 0");
}

#[test]
fn a_sleeper_sleeps_until_it_is_woken() {
    World::new()
        .at(0, &[sleep(), Delay(1)])
        .act(5, Act::Wake(0, false))
        .act(6, Act::Wake(0, false))
        .check("a served at 6");
    let record = World::new().at(0, &[sleep()]).check("");
    assert_eq!(record.in_flight_end, 1);
}

#[test]
fn a_sleeper_that_is_asked_again_sleeps_again() {
    // The second sleep is the second sleeper.
    World::new()
        .at(0, &[sleep(), Delay(1)])
        .act(5, Act::Wake(0, true))
        .act(6, Act::Wake(0, false))
        .act(7, Act::Wake(1, false))
        .check("a served at 8");
}

#[test]
fn waking_who_does_not_sleep_any_more_does_nothing() {
    World::new()
        .at(0, &[attempt(vec![within(5, vec![sleep()])], vec![]), Delay(10)])
        .act(7, Act::Wake(0, false))
        .check("a served at 15");
    // Gone, and its place taken by another sleeper.
    World::new()
        .at(0, &[within(5, vec![sleep()])])
        .at(6, &[sleep()])
        .act(7, Act::Wake(0, false))
        .act(9, Act::Wake(1, false))
        .check("a timeout at 5, b served at 9");
}

#[test]
fn whoever_is_failed_by_the_host_frees_what_it_has_and_may_catch_it() {
    let bodies: [Vec<Do>; 8] = [
        vec![Delay(50)],
        vec![sleep()],
        vec![Serve(0, 50)],
        vec![Hold(0, vec![Delay(50)])],
        vec![Work(0, 50)],
        vec![Transaction(vec![write(0), Delay(50)])],
        vec![Batch(0)],
        vec![Fork { branches: vec![vec![Serve(0, 50)]], need: 1, leftover: Leftover::Cancel }],
    ];
    for body in bodies {
        let world = || World::new().slots(slots(1)).cores(1.0).locks().batch(8, None);
        let after = [Serve(0, 1), Work(0, 1), Transaction(vec![write(0)]), Batch(0)];
        world()
            .at(0, &body)
            .at(6, &after)
            .act(5, Act::Condemn(0, Cause::Unavailable))
            .check("a unavailable at 5, b served at 16");
        world()
            .at(0, &[attempt(body, vec![note("goes on"), Delay(20)])])
            .at(6, &after)
            .act(5, Act::Condemn(0, Cause::Unavailable))
            .check("a goes on at 5, b served at 16, a served at 25");
    }
}

#[test]
fn whoever_is_failed_in_line_leaves_it() {
    World::new()
        .slots(slots(1))
        .at(0, &[Serve(0, 10)])
        .at(1, &[attempt(vec![Serve(0, 10)], vec![note("goes on"), Delay(1)])])
        .at(2, &[Serve(0, 10)])
        .act(5, Act::Condemn(1, Cause::Unavailable))
        .check("b goes on at 5, b served at 6, a served at 10, c served at 20");
}

#[test]
fn a_failed_task_may_try_again() {
    World::new()
        .retry(&[3])
        .at(0, &[Retry(0, vec![Delay(10)])])
        .act(5, Act::Condemn(0, Cause::Unavailable))
        .check("policy 0 done in attempt 2 at 18, a served at 18");
}

#[test]
fn a_scope_of_the_host_closes_once_and_says_how() {
    World::new()
        .at(0, &[Scope(1, vec![Scope(2, vec![Delay(5)]), Delay(1)])])
        .check("a closes 2 done after 5 at 5, a closes 1 done after 6 at 6, a served at 6");
    World::new()
        .at(0, &[Scope(1, vec![attempt(vec![Scope(2, vec![Delay(5), Fail(Cause::Declined)])], vec![])])])
        .check("a closes 2 declined after 5 at 5, a closes 1 done after 5 at 5, a served at 5");
    World::new()
        .at(0, &[Scope(1, vec![within(4, vec![Scope(2, vec![Delay(5)])])])])
        .check("a closes 2 timeout after 4 at 4, a closes 1 timeout after 4 at 4, a timeout at 4");
    let branches = vec![vec![Scope(1, vec![Delay(9)])], vec![Scope(2, vec![Delay(4)])]];
    World::new()
        .at(0, &[Fork { branches, need: 1, leftover: Leftover::Cancel }])
        .check("a closes 2 done after 4 at 4, a closes 1 cancelled after 4 at 4, a served at 4");
    World::new()
        .retry(&[1])
        .at(0, &[Retry(0, vec![Scope(1, vec![within(2, vec![Delay(3)])])])])
        .check("a closes 1 timeout after 2 at 2, a closes 1 timeout after 2 at 5, a timeout at 5");
}
