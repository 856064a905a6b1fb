//! Failing, catching, failing on, and trying again.

use std::collections::BTreeSet;

use brownout::record::Cause;

use crate::plan::Do::{self, Call, Delay, Fail, Hold, Record, Retry, Serve, Try};
use crate::plan::{attempt, note, within};
use crate::world::{Act, World, slots};
use brownout::engine::SlotsConfig;

fn fails() -> Vec<Do> {
    vec![note("tries"), Fail(Cause::Error)]
}

#[test]
fn a_failed_attempt_is_followed_by_another_after_a_pause() {
    let world = World::new().retry(&[10, 20]).at(0, &[Retry(0, fails())]);
    world.check("a tries at 0, a tries at 10, a tries at 30, a error at 30");
    let world = World::new().retry(&[0, 0]).at(0, &[Retry(0, fails())]);
    world.check("a tries at 0, a tries at 0, a tries at 0, a error at 0");
    let world = World::new().retry(&[]).at(0, &[Retry(0, fails())]);
    world.check("a tries at 0, a error at 0");
}

#[test]
fn an_attempt_that_is_good_ends_the_tries() {
    let refusing = || World::new().slots(SlotsConfig { queue_limit: Some(0), ..slots(1) });
    refusing()
        .retry(&[4, 0, 4, 4, 4])
        .at(0, &[Serve(0, 10)])
        .at(0, &[Retry(0, vec![Serve(0, 1)])])
        .check("a served at 10, policy 0 done in attempt 5 at 13, b served at 13");
}

#[test]
fn each_attempt_has_its_own_time_out() {
    World::new()
        .retry(&[1])
        .at(0, &[Retry(0, vec![note("tries"), within(5, vec![Delay(6)])])])
        .check("a tries at 0, a tries at 6, a timeout at 11");
}

#[test]
fn attempts_in_attempts_multiply() {
    let world = World::new().retry(&[0]).retry(&[0, 0]);
    let tries = ["a tries at 0"; 6].join(", ");
    world.at(0, &[Retry(0, vec![Retry(1, fails())])]).check(&format!("{tries}, a error at 0"));
}

/// The demands of six attempts in a row, two outer by three inner, written down by their time.
fn six_demands(inner: impl Fn(Vec<Do>) -> Do) -> Vec<u64> {
    let mut world = World::new().retry(&[0]).retry(&[0, 0]);
    world.writer.random = true;
    let body = vec![Delay(5), note("is here"), Fail(Cause::Error)];
    let world = world.at(0, &[Retry(0, vec![inner(body)])]);
    let (record, notes) = world.run();
    assert!(record.is_ok(), "{record:?}");
    let at = |line: &String| {
        let (_, ms) = line.rsplit_once(' ').expect("a line ends in its time");
        (ms.parse::<f64>().expect("a time") * 1e6).round() as u64
    };
    let times: Vec<u64> = notes.lines[..6].iter().map(at).collect();
    (0..6).map(|i| if i == 0 { times[0] } else { times[i] - times[i - 1] }).collect()
}

#[test]
fn every_attempt_draws_anew_whatever_it_is_nested_in() {
    let nested = six_demands(|body| Retry(1, body));
    assert_eq!(nested.iter().collect::<BTreeSet<_>>().len(), 6, "{nested:?}");
    let called = six_demands(|body| Call(9, vec![Retry(1, body)]));
    assert_eq!(called.iter().collect::<BTreeSet<_>>().len(), 6, "{called:?}");
}

#[test]
fn a_handler_handles_the_causes_it_lists() {
    let handling = |cause, rethrow| {
        let (body, handler) = (vec![Fail(cause)], vec![note("cleans"), Delay(1)]);
        let causes = vec![Cause::Timeout, Cause::QueueFull];
        World::new().at(0, &[Try { body, causes, handler, rethrow }, note("goes on")])
    };
    handling(Cause::Timeout, false).check("a cleans at 0, a goes on at 1, a served at 1");
    handling(Cause::QueueFull, true).check("a cleans at 0, a queue-full at 1");
    handling(Cause::Error, false).check("a error at 0");
}

#[test]
fn a_failure_goes_to_the_innermost_handler_and_from_there_to_the_next() {
    let inner = |rethrow| Try {
        body: vec![Fail(Cause::Error)],
        causes: vec![Cause::Error],
        handler: vec![note("inner")],
        rethrow,
    };
    let outer = |rethrow| World::new().at(0, &[attempt(vec![inner(rethrow)], vec![note("outer")])]);
    outer(false).check("a inner at 0, a served at 0");
    outer(true).check("a inner at 0, a outer at 0, a served at 0");
    // A failure in a handler is outside of its own scope.
    let body = vec![attempt(fails(), vec![note("inner"), Fail(Cause::Declined)])];
    World::new()
        .at(0, &[attempt(body, vec![note("outer")])])
        .check("a tries at 0, a inner at 0, a outer at 0, a served at 0");
}

#[test]
fn a_handler_that_catches_something_itself_still_fails_with_its_own_cause() {
    let inner = attempt(vec![Fail(Cause::Declined)], vec![note("inner")]);
    let outer = Try {
        body: vec![Fail(Cause::Timeout)],
        causes: vec![Cause::Timeout],
        handler: vec![inner, Delay(2)],
        rethrow: true,
    };
    World::new().at(0, &[outer]).check("a inner at 0, a timeout at 2");
}

#[test]
fn what_was_held_is_free_before_the_handler_runs() {
    World::new()
        .slots(slots(1))
        .at(0, &[attempt(vec![Hold(0, vec![Delay(5), Fail(Cause::Error)])], vec![Hold(0, vec![Delay(5)])])])
        .act(7, Act::Count(0))
        .check("1 in use and 0 waiting at 7, a served at 10");
}

#[test]
fn an_inner_operation_is_recorded_with_its_own_outcome() {
    let body = vec![Record(1, vec![Delay(5), Fail(Cause::Declined)])];
    let world = World::new().at(0, &[attempt(body, vec![]), Record(1, vec![Delay(3)])]);
    let record = world.check("a served at 8");
    let inner = &record.operations[1][0];
    assert_eq!((inner.offered, inner.served), (2, 1));
    assert_eq!(inner.failed[Cause::Declined as usize], 1);
    assert_eq!(inner.latency.sum_ns(), 3_000_000);
    assert_eq!(inner.failed_latency.sum_ns(), 5_000_000);
}
