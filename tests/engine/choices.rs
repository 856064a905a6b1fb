//! Choices, repetitions, replicas and draws: by chance, but the same chance every time.

use std::collections::{BTreeMap, BTreeSet};

use brownout::engine::{Station, Step};
use brownout::record::Cause;

use crate::plan::Do::{self, Call, Choose, Delay, Fail, Place, Record, Repeat, Serve, ServeInReplica};
use crate::plan::{Ask, attempt, key_space, note};
use crate::world::{Act, World, slots};

/// The rows that are written down by one arrival, of a million rows.
fn rows(body: &[Do]) -> Vec<String> {
    let mut world = World::new();
    world.writer.program.keys.push(key_space(5, 1_000_000));
    let (record, notes) = world.at(0, body).run();
    assert!(record.is_ok(), "{record:?}");
    notes.lines.into_iter().filter(|line| line.parse::<u64>().is_ok()).collect()
}

#[test]
fn each_repetition_is_about_another_row_and_then_about_the_first_again() {
    let row = || Do::Ask(Ask::Row(1));
    let seen = rows(&[row(), Repeat(4, vec![row(), Delay(1), row()]), row()]);
    assert_eq!(seen.len(), 10);
    assert!((0..4).all(|i| seen[2 * i + 1] == seen[2 * i + 2]), "{seen:?}");
    let distinct: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(distinct.len(), 4, "{seen:?}");
    assert_eq!((&seen[0], &seen[1]), (&seen[9], &seen[9]), "{seen:?}");
    let grid = rows(&[Repeat(3, vec![Repeat(3, vec![row()])]), row()]);
    assert_eq!(grid.iter().collect::<BTreeSet<_>>().len(), 9, "{grid:?}");
    assert_eq!(grid[0], grid[9]);
}

#[test]
fn a_failure_out_of_a_repetition_restores_the_row() {
    let row = || Do::Ask(Ask::Row(1));
    let never_again = Do::Within(3, Cause::Timeout, vec![Repeat(9, vec![Delay(2), row()])]);
    let seen = rows(&[attempt(vec![never_again], vec![]), row(), Repeat(2, vec![row()])]);
    // The first repetition is at 2; the second is cut at 3.
    assert_eq!(seen.len(), 4);
    assert_eq!((&seen[1], &seen[2]), (&seen[0], &seen[0]), "{seen:?}");
    assert_ne!(seen[3], seen[0]);
}

#[test]
fn no_repetitions_are_none() {
    World::new()
        .at(0, &[Repeat(0, vec![note("never")]), note("goes on")])
        .check("a goes on at 0, a served at 0");
}

#[test]
fn choices_follow_their_weights() {
    let branches = vec![vec![Record(1, vec![])], vec![Record(2, vec![])], vec![Record(3, vec![])]];
    let body = [Choose { weights: vec![1.0, 0.0, 3.0], key: None, branches }];
    let mut world = World::new().at(0, &body);
    (world.arrivals, world.quiet) = (vec![world.arrivals[0]; 10_000], true);
    let record = world.check("");
    let [first, none, last] = [1, 2, 3].map(|operation| record.operations[operation][0].served);
    assert_eq!((none, first + last), (0, 10_000));
    // Four standard deviations of a binomial of 10,000 by a quarter.
    assert!(first.abs_diff(2_500) <= 173, "{first}");
}

#[test]
fn a_choice_by_key_is_the_same_for_the_same_row() {
    let branches = vec![vec![note("left")], vec![note("right")]];
    let body = [Do::Ask(Ask::Row(1)), Choose { weights: vec![1.0, 1.0], key: Some(1), branches }];
    let mut world = World::new();
    world.writer.program.keys.push(key_space(5, 20));
    let mut world = world.at(0, &body);
    world.arrivals = (0..500).map(|at| crate::world::Arrival { at, ..world.arrivals[0] }).collect();
    let (record, notes) = world.run();
    assert!(record.is_ok(), "{record:?}");
    let mut taken: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for lines in notes.lines.chunks(3) {
        let way = lines[1].split(' ').nth(1).expect("a way");
        taken.entry(&lines[0]).or_default().insert(way);
    }
    assert_eq!(taken.len(), 20);
    assert!(taken.values().all(|ways| ways.len() == 1), "{taken:?}");
    let ways: BTreeSet<_> = taken.values().flatten().collect();
    assert_eq!(ways.len(), 2);
}

/// A world with a station in each of three replicas.
fn replicas(chosen: &[Option<u16>], body: &[Do]) -> World {
    let stations = World::new().slots(slots(1)).slots(slots(1)).slots(slots(1));
    let world = World { replicas: chosen.to_vec(), ..stations };
    let counted = (0..3).fold(world, |world, station| world.act(6, Act::Count(station)));
    counted.at(0, body)
}

fn used(counts: [u32; 3]) -> String {
    counts.map(|count| format!("{count} in use and 0 waiting at 6")).join(", ")
}

#[test]
fn work_is_done_in_the_replica_that_was_chosen() {
    let there = [Place(4, vec![ServeInReplica(0, 10)])];
    replicas(&[Some(1)], &there)
        .check(&format!("{}, replica 1 of 4 left at 10, a served at 10", used([0, 1, 0])));
    replicas(&[None], &there).check(&format!("a unavailable at 0, {}", used([0, 0, 0])));
}

#[test]
fn leaving_in_any_way_brings_the_replica_before_back() {
    let inner = |body| Place(5, vec![Place(6, body), ServeInReplica(0, 10)]);
    let done = used([0, 1, 0]);
    replicas(&[Some(1), Some(2)], &[inner(vec![Delay(1)])])
        .check(&format!("replica 2 of 6 left at 1, {done}, replica 1 of 5 left at 11, a served at 11"));
    let failing = Place(6, vec![Delay(1), Fail(Cause::Error)]);
    let caught = Place(5, vec![attempt(vec![failing], vec![]), ServeInReplica(0, 10)]);
    replicas(&[Some(1), Some(2)], &[caught])
        .check(&format!("replica 2 of 6 left at 1, {done}, replica 1 of 5 left at 11, a served at 11"));
    // Cut in service at the inner replica: that replica's slot is freed, not another's.
    let cut = Do::Within(3, Cause::Timeout, vec![Place(6, vec![ServeInReplica(0, 9)])]);
    let caught = Place(5, vec![attempt(vec![cut], vec![]), ServeInReplica(0, 10)]);
    replicas(&[Some(1), Some(2)], &[caught])
        .check(&format!("replica 2 of 6 left at 3, {done}, replica 1 of 5 left at 13, a served at 13"));
}

/// The sum of all times of a thousand requests whose last step draws at site 123.
fn time_of(build: impl Fn(&mut World, Step) -> Vec<Step>) -> u128 {
    let mut world = World::new().slots(slots(100_000)).cores(100_000.0);
    world.writer.random = true;
    let demand = world.writer.demand_at(5, 123);
    world.writer.program.steps = build(&mut world, Step::Delay { demand });
    world.arrivals = (0..1_000).map(|at| crate::world::Arrival { at, pc: 0, priority: 0 }).collect();
    world.quiet = true;
    let record = world.check("");
    assert_eq!(record.operations[1][0].served, 1_000);
    record.operations[1][0].latency.sum_ns()
}

#[test]
fn the_same_request_has_the_same_demands_in_two_designs() {
    let slots = Station::fixed(0);
    let span = Step::Span { operation: 1 };
    let delay = |_: &mut World, step: Step| vec![span, step, Step::EndSpan, Step::Finish];
    let service = |world: &mut World, step: Step| {
        let Step::Delay { demand } = step else { panic!("{step:?}") };
        let other = world.writer.demand(3);
        let before = [Step::Serve { slots, demand: other }, Step::Delay { demand: other }];
        let there = [span, Step::Serve { slots, demand }, Step::EndSpan, Step::Finish];
        [&before[..], &there[..]].concat()
    };
    assert_eq!(time_of(delay), time_of(service));
    // The same step in a call is drawn anew, as it is another piece of work.
    let called = |_: &mut World, step: Step| {
        vec![span, Step::Call { pc: 4, site: 9 }, Step::EndSpan, Step::Finish, step, Step::Return]
    };
    assert_ne!(time_of(delay), time_of(called));
}

#[test]
fn a_call_comes_back_to_its_own_draws() {
    let row = || Do::Ask(Ask::Row(1));
    let seen = rows(&[row(), Call(3, vec![row(), Call(4, vec![row()])]), row()]);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 1, "a call is about the same row: {seen:?}");
    let times = |body: &[Do]| {
        let mut world = World::new().slots(slots(1));
        world.writer.random = true;
        let record = world.at(0, body).run().0.expect("balanced books");
        record.operations[0][0].latency.sum_ns()
    };
    // The first demand of a program is drawn at the same site; a call before it, or a failed one, is over.
    let failed = attempt(vec![Call(3, vec![Fail(Cause::Error)])], vec![]);
    assert_eq!(times(&[Serve(0, 9)]), times(&[Call(3, vec![]), Serve(0, 9)]));
    assert_eq!(times(&[Serve(0, 9)]), times(&[failed, Serve(0, 9)]));
    assert_ne!(times(&[Serve(0, 9)]), times(&[Call(3, vec![Serve(0, 9)])]));
}
