//! Processor sharing against completion times worked out by hand.

use crate::plan::Do::{Delay, Work};
use crate::plan::{attempt, note, within};
use crate::world::{Act, World};

/// Jobs that all arrive at 0.
fn jobs(cores: f64, work: &[u64]) -> World {
    work.iter().fold(World::new().cores(cores), |world, ms| world.at(0, &[Work(0, *ms)]))
}

#[test]
fn jobs_share_equally_and_use_at_most_one_core_each() {
    jobs(1.0, &[10]).check("a served at 10");
    jobs(4.0, &[10, 20]).check("a served at 10, b served at 20");
    jobs(1.0, &[10, 10]).check("a served at 20, b served at 20");
    jobs(1.0, &[5, 10]).check("a served at 10, b served at 15");
    jobs(1.0, &[10, 5, 0]).check("c served at 0, b served at 10, a served at 15");
    jobs(2.0, &[10, 10, 20]).check("a served at 15, b served at 15, c served at 25");
    jobs(1.5, &[6, 9]).check("a served at 8, b served at 11");
}

#[test]
fn less_than_one_core_is_slower_than_one() {
    jobs(0.5, &[10]).check("a served at 20");
    jobs(0.5, &[10, 10]).check("a served at 40, b served at 40");
    jobs(0.25, &[5, 10]).check("a served at 40, b served at 60");
}

#[test]
fn a_late_comer_slows_the_rest() {
    World::new()
        .cores(1.0)
        .at(0, &[Work(0, 10)])
        .at(5, &[Work(0, 10)])
        .check("a served at 15, b served at 20");
}

#[test]
fn a_job_that_leaves_speeds_up_the_rest() {
    World::new()
        .cores(1.0)
        .at(0, &[attempt(vec![within(10, vec![Work(0, 20)])], vec![note("leaves")])])
        .at(0, &[Work(0, 10)])
        .check("a leaves at 10, a served at 10, b served at 15");
    // The one that would have ended first leaves.
    World::new()
        .cores(1.0)
        .at(0, &[within(10, vec![Work(0, 6)])])
        .at(0, &[Work(0, 9)])
        .at(0, &[Work(0, 9)])
        .check("a timeout at 10, b served at 21.333334, c served at 21.333334");
}

#[test]
fn a_job_done_at_the_instant_of_its_time_out_is_done() {
    World::new().cores(1.0).at(0, &[within(10, vec![Work(0, 10)])]).check("a served at 10");
}

#[test]
fn a_change_of_speed_counts_from_its_instant() {
    let ten = || jobs(1.0, &[10]);
    ten().act(4, Act::Speed(0, 0.5)).check("a served at 16");
    ten().act(4, Act::Speed(0, 2.0)).check("a served at 7");
    ten().act(4, Act::Speed(0, 0.0)).act(100, Act::Speed(0, 1.0)).check("a served at 106");
}

#[test]
fn a_change_of_size_counts_from_its_instant() {
    let two = || jobs(1.0, &[10, 10]);
    two().act(10, Act::ResizeCores(0, 2.0)).check("a served at 15, b served at 15");
    two().act(10, Act::ResizeCores(0, 0.5)).check("a served at 30, b served at 30");
    two()
        .act(10, Act::ResizeCores(0, 0.0))
        .act(50, Act::ResizeCores(0, 1.0))
        .check("a served at 60, b served at 60");
}

#[test]
fn a_job_may_work_again_at_the_same_instant() {
    World::new()
        .cores(1.0)
        .at(0, &[Work(0, 5), Work(0, 5), Delay(1)])
        .at(0, &[Work(0, 10)])
        .check("b served at 20, a served at 21");
}

#[test]
fn precision_is_not_used_up_by_work_long_done() {
    // Thirty years of work leave floats of nanoseconds a step of 128 ns.
    let years = 1_000_000_000_000;
    let mut world = World::new().cores(1.0).at(0, &[Work(0, years)]).at(years + 1, &[Work(0, 1)]);
    (world.quiet, world.ends, world.interval) = (true, vec![2 * years], 2 * years);
    let record = world.check("");
    assert_eq!(record.operations[0][0].latency.sum_ns(), 1_000_000 * u128::from(years + 1));
}

#[test]
fn use_of_cores_is_counted_in_thousandths() {
    let record = jobs(1.5, &[6, 9]).check("a served at 8, b served at 11");
    let station = &record.stations[0][0];
    // Both share 1.5 cores for 8 ms, then one uses one core for 3 ms.
    assert_eq!(station.busy_area, 1_000_000 * (1_500 * 8 + 1_000 * 3));
    assert_eq!(station.capacity_area, 1_000_000 * 1_500 * 10_000);
    assert_eq!(station.visits, 2);
}
