//! Stations with slots: order of service, room to wait, patience and size.

use brownout::engine::{Discipline, Patience, SlotsConfig};
use brownout::record::Cause;
use brownout::units::Span;

use crate::plan::Do::{self, Delay, Hold, Serve};
use crate::plan::{attempt, note};
use crate::world::{Act, World, slots};

const EVERY: [Discipline; 4] = [
    Discipline::Fifo,
    Discipline::Lifo,
    Discipline::AdaptiveLifo(Span::from_millis(15)),
    Discipline::Priority,
];

/// Four arrivals at 0, 1, 2 and 3, of priority 0, 2, 1 and 1, that are served for 10 each by one server.
fn four(discipline: Discipline) -> World {
    let world = World::new().slots(SlotsConfig { discipline, ..slots(1) });
    [(0, 0), (1, 2), (2, 1), (3, 1)]
        .into_iter()
        .fold(world, |world, (at, priority)| world.at_with(at, priority, &[Serve(0, 10)]))
}

#[test]
fn the_discipline_orders_those_who_wait() {
    let order = |discipline, seen| four(discipline).check(seen);
    order(Discipline::Fifo, "a served at 10, b served at 20, c served at 30, d served at 40");
    order(Discipline::Lifo, "a served at 10, d served at 20, c served at 30, b served at 40");
    order(Discipline::Priority, "a served at 10, c served at 20, d served at 30, b served at 40");
}

#[test]
fn adaptive_lifo_turns_once_the_queue_has_not_been_empty_for_long_and_turns_back() {
    let adaptive = Discipline::AdaptiveLifo(Span::from_millis(15));
    four(adaptive).at(100, &[Serve(0, 10)]).at(101, &[Serve(0, 10)]).at(102, &[Serve(0, 10)]).check(
        "a served at 10, b served at 20, d served at 30, c served at 40, \
             e served at 110, f served at 120, g served at 130",
    );
}

#[test]
fn adaptive_lifo_turns_at_the_very_instant() {
    let at_nine = Discipline::AdaptiveLifo(Span::from_millis(9));
    four(at_nine).check("a served at 10, d served at 20, c served at 30, b served at 40");
}

#[test]
fn a_full_queue_refuses() {
    let limited = |limit| World::new().slots(SlotsConfig { queue_limit: Some(limit), ..slots(1) });
    let three = |world: World| (0..3).fold(world, |world, at| world.at(at, &[Serve(0, 10)]));
    let record = three(limited(1)).check("c queue-full at 2, a served at 10, b served at 20");
    assert_eq!(record.stations[0][0].rejected, 1);
    let record = three(limited(0)).check("b queue-full at 1, c queue-full at 2, a served at 10");
    assert_eq!(record.stations[0][0].rejected, 2);
}

/// Four who come at 0, 1, 2 and 3; a judge drops who has waited for 15, but for the last in line.
fn judged(patience: Patience) -> World {
    let world = World::new().slots(SlotsConfig { patience, ..slots(1) }).act(0, Act::DropAfter(0, 15));
    (0..4).fold(world, |world, at| world.at(at, &[Serve(0, 10)]))
}

#[test]
fn a_judge_drops_from_the_head_of_the_line_whom_a_slot_is_free_for() {
    let record = judged(Patience::Endless).act(20, Act::Count(0)).check(
        "a served at 10, b served at 20, c queue-full at 20, 1 in use and 0 waiting at 20, d served at 30",
    );
    let station = &record.stations[0][0];
    // Waits of 9, 18 and 17, of which the second was for nothing.
    assert_eq!((station.visits, station.gave_up, station.rejected), (3, 1, 0));
    assert_eq!(station.queue_area, 44_000_000);
}

#[test]
fn who_has_been_dropped_is_seen_to_by_its_handler_and_who_has_left_is_not_judged() {
    let handler = || attempt(vec![Hold(0, vec![Delay(10)])], vec![note("turns away"), Delay(5)]);
    let world = World::new().slots(slots(1)).act(0, Act::DropAfter(0, 15));
    let world = (0..4).fold(world, |world, at| world.at(at, &[handler()]));
    world.check("a served at 10, b served at 20, c turns away at 20, c served at 25, d served at 30");
    // The third leaves at 12, and the fourth is the last in line.
    let world =
        World::new().slots(slots(1)).act(0, Act::DropAfter(0, 15)).act(12, Act::Condemn(2, Cause::Error));
    let world = (0..4).fold(world, |world, at| world.at(at, &[handler()]));
    world.check("a served at 10, c turns away at 12, c served at 17, b served at 20, d served at 30");
}

#[test]
fn a_refusal_can_be_caught() {
    World::new()
        .slots(SlotsConfig { queue_limit: Some(0), ..slots(1) })
        .at(0, &[Serve(0, 10)])
        .at(1, &[attempt(vec![Serve(0, 10)], vec![note("turns away"), Delay(2)])])
        .at(2, &[attempt(vec![Hold(0, vec![])], vec![note("turns away")]), Delay(2)])
        .check("b turns away at 1, c turns away at 2, b served at 3, c served at 4, a served at 10");
}

/// Runs the same world with constant and with drawn patience.
#[track_caller]
fn with_patience(ms: u64, build: impl Fn(SlotsConfig, World) -> World, seen: &str) {
    for drawn in [false, true] {
        let mut world = World::new();
        let patience = if drawn { world.drawn(ms) } else { world.constant(ms) };
        build(SlotsConfig { patience, ..slots(1) }, world).check(seen);
    }
}

#[test]
fn patience_runs_out_in_the_queue_only() {
    with_patience(
        5,
        |config, world| world.slots(config).at(0, &[Serve(0, 10)]).at(1, &[Serve(0, 10)]),
        "b abandoned at 6, a served at 10",
    );
}

#[test]
fn a_grant_comes_before_the_end_of_patience_at_the_same_instant() {
    with_patience(
        10,
        |config, world| {
            // c has waited since 0 for b, whose service began at 5.
            let five = [Serve(0, 5)];
            world.slots(config).at(0, &five).at(0, &five).at(0, &five)
        },
        "a served at 5, b served at 10, c served at 15",
    );
}

#[test]
fn giving_up_can_be_caught() {
    with_patience(
        5,
        |config, world| {
            let patient = attempt(vec![Serve(0, 10)], vec![note("gives up"), Delay(1)]);
            world.slots(config).at(0, &[Serve(0, 10)]).at(1, &[patient, note("goes on")])
        },
        "b gives up at 6, b goes on at 7, b served at 7, a served at 10",
    );
}

#[test]
fn whoever_gave_up_is_passed_over_and_leaves_room() {
    for discipline in EVERY {
        with_patience(
            5,
            |config, world| {
                let config = SlotsConfig { discipline, queue_limit: Some(1), ..config };
                let (ten, world) = ([Serve(0, 10)], world.slots(config));
                world.at(0, &ten).at(1, &ten).at(2, &ten).at(7, &ten)
            },
            "c queue-full at 2, b abandoned at 6, a served at 10, d served at 20",
        );
    }
}

#[test]
fn a_slot_is_held_to_the_end_of_its_scope() {
    World::new()
        .slots(slots(1))
        .slots(slots(1))
        .at(0, &[Hold(0, vec![Serve(1, 5), Delay(5)])])
        .at(0, &[Hold(0, vec![Serve(1, 5)])])
        .act(7, Act::Count(0))
        .act(7, Act::Count(1))
        .check("1 in use and 1 waiting at 7, 0 in use and 0 waiting at 7, a served at 10, b served at 15");
}

#[test]
fn more_slots_serve_those_who_wait_and_fewer_finish_what_they_began() {
    let ten = [Serve(0, 10)];
    let three = || World::new().slots(slots(1)).at(0, &ten).at(1, &ten).at(2, &ten);
    three().act(3, Act::ResizeSlots(0, 3)).check("a served at 10, b served at 13, c served at 13");
    three()
        .act(3, Act::ResizeSlots(0, 0))
        .act(5, Act::Count(0))
        .act(15, Act::Count(0))
        .act(20, Act::ResizeSlots(0, 1))
        .check(
            "1 in use and 2 waiting at 5, a served at 10, 0 in use and 2 waiting at 15, \
             b served at 30, c served at 40",
        );
}

#[test]
fn fewer_slots_than_there_are_may_be_in_use() {
    let two = World::new().slots(slots(2)).act(0, Act::LimitSlots(0, 1)).at(0, &[Serve(0, 10)]);
    two.clone().at(0, &[Serve(0, 10)]).check("a served at 10, b served at 20");
    two.at(0, &[Serve(0, 10)]).act(5, Act::LimitSlots(0, 2)).check("a served at 10, b served at 15");
}

#[test]
fn a_slot_on_its_way_may_be_taken_by_who_comes_now() {
    // a gives its slot back at 10; b and c wait in line; d comes at 11.
    let world = World::new()
        .slots(slots(1))
        .act(9, Act::Withhold(0))
        .act(12, Act::HandOver(0))
        .at(0, &[Serve(0, 10)])
        .at(1, &[Serve(0, 10)])
        .at(2, &[Serve(0, 10)]);
    world.clone().check("a served at 10, b served at 22, c served at 32");
    // Whoever was robbed goes to the end of the line.
    world.at(11, &[Serve(0, 10)]).check("a served at 10, d served at 21, c served at 31, b served at 41");
}

#[test]
fn a_forgotten_slot_is_held_by_a_task_of_its_own() {
    let world = World::new().slots(slots(1)).at(0, &[Do::Forget(0, 30), Delay(5)]).at(1, &[Serve(0, 10)]);
    let record = world.check("a served at 5, b served at 40");
    assert_eq!(record.in_flight_end, 0);
}

#[test]
fn what_is_held_beyond_a_lowered_size_is_capacity_until_it_is_given_back() {
    // Two are in service until 10; from 5 on there is no server.
    let world = World::new().slots(slots(2)).at(0, &[Serve(0, 10)]).at(0, &[Serve(0, 10)]);
    let record = world.act(5, Act::ResizeSlots(0, 0)).check("a served at 10, b served at 10");
    let station = &record.stations[0][0];
    assert_eq!((station.busy_area, station.capacity_area), (20_000_000, 20_000_000));
}
