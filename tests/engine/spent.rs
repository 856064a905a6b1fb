//! What response times go into, against sums worked out by hand. Slots 0 are threads, slots 1 connections; the rest counts
//! as the engine has it.

use brownout::engine::Leftover;
use brownout::record::Cause;

use crate::plan::Do::{self, Batch, Delay, Fail, Fork, Hold, Record, Retry, Serve, Transaction, Work};
use crate::plan::{attempt, within, write};
use crate::world::{World, slots};

/// Parts \[ms]: queue, thread, pool, lock, network, service, retry wait.
type Parts = [u64; 7];

const NOTHING: Parts = [0; 7];

/// Runs a world and compares what the requests of an operation spent: those that were served, and the others.
#[track_caller]
fn check(world: World, operation: usize, served: Parts, failed: Parts) {
    let (record, _) = world.run();
    let record = record.unwrap_or_else(|broken| panic!("{broken}"));
    let parts = record.operations[operation][0].parts;
    let ns = |ms: Parts| ms.map(|ms| u128::from(ms) * 1_000_000);
    assert_eq!((parts.served_ns, parts.failed_ns), (ns(served), ns(failed)));
}

fn fork(need: u32, leftover: Leftover, branches: &[&[Do]]) -> Do {
    Fork { branches: branches.iter().map(|branch| branch.to_vec()).collect(), need, leftover }
}

#[test]
fn waits_count_as_what_is_waited_for() {
    let two = |world: World, body: &[Do]| world.at(0, body).at(0, body);
    let threads = World::new().slots(slots(1));
    check(two(threads.clone(), &[Serve(0, 10)]), 0, [0, 10, 0, 0, 0, 20, 0], NOTHING);
    let connections = threads.slots(slots(1));
    check(two(connections, &[Hold(1, vec![Delay(10)])]), 0, [0, 0, 10, 0, 0, 20, 0], NOTHING);
    let locks = World::new().locks();
    check(two(locks, &[Transaction(vec![write(0), Delay(10)])]), 0, [0, 0, 0, 10, 0, 20, 0], NOTHING);
    // Two jobs of 10 ms on one core: both stay for 20 ms.
    check(two(World::new().cores(1.0), &[Work(0, 10)]), 0, [20, 0, 0, 0, 0, 20, 0], NOTHING);
    // The second comes while the batch of the first is served.
    let batches = World::new().batch(10, None).at(0, &[Batch(0)]).at(4, &[Batch(0)]);
    check(batches, 0, [6, 0, 0, 0, 0, 20, 0], NOTHING);
}

#[test]
fn pauses_between_attempts_are_waits_of_their_own() {
    let fails = || vec![Delay(1), Fail(Cause::Error)];
    let world = World::new().retry(&[10, 20]).at(0, &[Retry(0, fails())]);
    check(world, 0, NOTHING, [0, 0, 0, 0, 0, 3, 30]);
    let caught = attempt(vec![Retry(0, fails())], vec![Delay(5)]);
    check(World::new().retry(&[10]).at(0, &[caught]), 0, [0, 0, 0, 0, 0, 7, 10], NOTHING);
}

#[test]
fn of_branches_the_one_counts_that_ended_the_wait() {
    let threads = || World::new().slots(slots(1)).at(0, &[Hold(0, vec![Delay(30)])]);
    let branches: [&[Do]; 3] = [&[Delay(5)], &[Delay(10)], &[Serve(0, 10)]];
    // The first request holds the thread for 30 ms, the branch that wants it takes 40.
    let all = fork(3, Leftover::Cancel, &branches);
    check(threads().at(0, &[all, Delay(1)]), 0, [0, 30, 0, 0, 0, 30 + 11, 0], NOTHING);
    let some = fork(2, Leftover::Cancel, &branches);
    check(threads().at(0, &[some, Delay(1)]), 0, [0, 0, 0, 0, 0, 30 + 11, 0], NOTHING);
    let first: [&[Do]; 2] = [&[Delay(3), Fail(Cause::Error)], &[Delay(9)]];
    check(World::new().at(0, &[fork(2, Leftover::Cancel, &first)]), 0, NOTHING, [0, 0, 0, 0, 0, 3, 0]);
}

#[test]
fn a_wait_for_branches_that_is_cut_short_counts_as_that_of_the_first_still_under_way() {
    for leftover in [Leftover::Cancel, Leftover::KeepServing] {
        let branches: [&[Do]; 3] = [&[Delay(2)], &[Delay(4), Serve(0, 10)], &[Delay(50)]];
        let cut = within(20, vec![fork(3, leftover, &branches)]);
        let world = World::new().slots(slots(1)).at(0, &[Hold(0, vec![Delay(40)])]).at(0, &[cut]);
        check(world, 0, [0, 0, 0, 0, 0, 40, 0], [0, 16, 0, 0, 0, 4, 0]);
    }
}

#[test]
fn a_branch_that_goes_on_after_the_cut_keeps_its_own_books() {
    let inner = fork(1, Leftover::KeepServing, &[&[Delay(30)]]);
    let cut = within(20, vec![fork(1, Leftover::KeepServing, &[&[Record(1, vec![inner])]])]);
    check(World::new().at(0, std::slice::from_ref(&cut)), 0, NOTHING, [0, 0, 0, 0, 0, 20, 0]);
    check(World::new().at(0, &[cut]), 1, [0, 0, 0, 0, 0, 30, 0], NOTHING);
}

#[test]
fn an_inner_call_has_parts_of_its_own_and_is_part_of_the_outer_one() {
    let inner = || Record(1, vec![Serve(0, 10)]);
    let world = || World::new().slots(slots(1)).at(0, &[Delay(1), inner()]).at(0, &[Delay(1), inner()]);
    check(world(), 1, [0, 10, 0, 0, 0, 20, 0], NOTHING);
    check(world(), 0, [0, 10, 0, 0, 0, 22, 0], NOTHING);
    // Cut short, it has failed, and what catches the failure is not in it.
    let caught = attempt(vec![within(4, vec![inner()])], vec![Delay(5)]);
    let world = || World::new().slots(slots(1)).at(0, std::slice::from_ref(&caught));
    check(world(), 1, NOTHING, [0, 0, 0, 0, 0, 4, 0]);
    check(world(), 0, [0, 0, 0, 0, 0, 9, 0], NOTHING);
}
