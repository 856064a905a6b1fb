//! Queues that drop from their head: CoDel on the accept queue of a process and on the queue of a gateway.

use brownout::component::{StationKind, View};
use brownout::record::{Cause, StationRecord};

use crate::case::{Case, Run, near};
use crate::gateways::logs;

/// Process `far` of one thread, which each call holds for 10 ms, with these keys.
macro_rules! one_thread {
    ($keys:literal) => {
        Case {
            far: "do: [{delay: 10ms}]",
            deployment: concat!(
                "processes:\n  shop: {modules: [shop], cores: 64, style: event-loop}\n  ",
                "far: {modules: [far], cores: 64, threads: 1, accept-queue: 1000, ",
                $keys,
                "}\n"
            ),
            ..Case::default()
        }
    };
}

/// One request at an instant \[ms], and then for half a second twice as many as can be served, two milliseconds later on.
fn overload(from: u64) -> impl Iterator<Item = u64> {
    std::iter::once(from).chain((0..100).map(move |n| from + 2 + 5 * n))
}

/// As a case takes instants.
fn instants(at: impl Iterator<Item = u64>) -> &'static [&'static str] {
    at.map(|ms| &*format!("{ms}ms").leak()).collect::<Vec<&str>>().leak()
}

/// What came of the visits of the threads of `far`.
fn threads(run: &Run) -> StationRecord {
    let stations = run.plan.assembly.stations.iter().zip(&run.record.stations);
    let mut threads = stations.filter(|(it, _)| it.component == "far" && it.kind == StationKind::Threads);
    let (_, segments) = threads.next().expect("it is shown");
    assert_eq!(segments.len(), 1);
    segments[0].clone()
}

/// Drops until `until` \[ms] if waits are above the target from 10 ms on: the first an interval later, the n-th an
/// interval ÷ √(n − 1) after the one before. RFC 8289, 3.3.
fn drops(until: f64, interval: f64) -> u64 {
    let (mut next, mut count) = (10.0 + interval, 0_u32);
    while next <= until {
        count += 1;
        next += interval / f64::from(count).sqrt();
    }
    u64::from(count)
}

/// One is served each 10 ms, so that each drop comes with the first thread that is free at its time.
#[test]
fn drops_come_faster_with_the_square_root_of_their_number() {
    let at = || vec![("buy", instants(overload(0)))];
    for (case, wanted) in [
        (one_thread!("codel: {}"), drops(500.0, 100.0)),
        (one_thread!("codel: {interval: 40ms}"), drops(500.0, 40.0)),
        // Waits grow by 10 ms with every second request, so that they are longer than 95 ms after about 200 ms.
        (one_thread!("codel: {target: 95ms, interval: 200ms}"), 1),
        (one_thread!("codel: {target: 1s}"), 0),
    ] {
        let run = Case { at: at(), scenario: "\nduration: 505ms\n", ..case }.run();
        let buy = run.operation("shop.buy", View::Client);
        let dropped = buy.failed[Cause::QueueFull as usize];
        assert_eq!((dropped, buy.served, buy.ended()), (wanted, 50, 50 + wanted));
        assert_eq!((threads(&run).gave_up, threads(&run).rejected), (wanted, 0));
    }
    assert_eq!((drops(500.0, 100.0), drops(500.0, 40.0)), (7, 40));
}

/// Half as many again as one thread can serve, for a long time, with room for a thousand to wait.
#[test]
fn an_overloaded_thread_stays_busy_and_its_queue_gets_short() {
    let load = "load: {shop.buy: {rate: 150/s}}\nduration: 30m\n";
    let run = |case: Case| Case { scenario: load, ..case }.run();
    let (with, without) = (run(one_thread!("codel: {}")), run(one_thread!("codel: {target: 1h}")));
    let rate = |run: &Run| run.operation("shop.buy", View::Client).served as f64 / 1800.0;
    near(rate(&without), 100.0, 0.1);
    // Who drops until a wait is shorter than the target lets the thread be idle now and then.
    assert!((98.0..100.0).contains(&rate(&with)), "{} a second", rate(&with));
    for run in [&with, &without] {
        let buy = run.operation("shop.buy", View::Client);
        // Whoever comes is served, refused at the door, dropped, or still there.
        let (refused, threads) = (buy.failed[Cause::QueueFull as usize], threads(run));
        assert_eq!(refused, threads.rejected + threads.gave_up);
        assert_eq!(buy.offered, buy.served + refused + run.record.in_flight_end);
        assert!(threads.visits == buy.served || threads.visits == buy.served + 1);
    }
    let wait = |run: &Run| run.operation("shop.buy", View::Client).latency.mean_secs().unwrap_or(f64::NAN);
    near(wait(&without), 10.0, 0.1);
    assert!(wait(&with) < 0.5, "{} s", wait(&with));
    assert_eq!((threads(&without).gave_up, threads(&with).rejected), (0, 0));
}

/// Who comes first and who comes after a second find nobody; the second waits for 99 ms with somebody behind, who leaves.
#[test]
fn a_queue_that_was_empty_is_given_an_interval_again() {
    let case = Case {
        shop: "buy: [{call: far.do}], hurry: [{call: far.do}]",
        far: "do: [{delay: 100ms}]",
        scenario: "clients: {shop.hurry: {timeout: 150ms, on-timeout: cancel}}\n",
        at: vec![("buy", &["0ms", "1ms", "1s", "1001ms", "1002ms"]), ("hurry", &["2ms"])],
        ..one_thread!("codel: {}")
    };
    let run = case.run();
    assert_eq!(run.operation("shop.buy", View::Client).served, 5, "{}", run.told());
    assert_eq!(run.operation("shop.hurry", View::Client).failed[Cause::Timeout as usize], 1);
}

#[test]
fn a_replica_that_has_started_again_knows_nothing_of_its_drops() {
    let case = Case {
        scenario: "faults: [{at: 505ms, for: 50ms, crash: far}]\n\nduration: 1205ms\n",
        at: vec![("buy", instants(overload(0).chain(overload(700))))],
        ..one_thread!("codel: {}")
    };
    let buy = case.run().operation("shop.buy", View::Client);
    assert_eq!(buy.failed[Cause::QueueFull as usize], 2 * drops(500.0, 100.0));
}

/// Ten at once, of 10 ms each: the fourth is dropped at 30 ms, an interval of 20 ms after the second has waited for longer than
/// the target; the seventh 20 ms later; the last never is.
#[test]
fn a_gateway_that_drops_from_its_line_answers_503() {
    let ten: &[&str] = &["1s"; 10];
    let case = |deployment| Case {
        shop: "buy: [{effect: tried}, {delay: 10ms}]",
        deployment,
        at: vec![("buy", ten)],
        ..Case::default()
    };
    let told = "buy served 8 in 45ms, queue-full 2 in 40ms; tried 8";
    let own = "gateways: {edge: {routes: [all], max-requests: 1, codel: {interval: 20ms}}}\n";
    logs(&case(own), told, "200 8, 503 2");
    // So is who is dropped by the process behind it, which has not answered.
    macro_rules! behind {
        ($keys:literal) => {
            concat!(
                "processes:\n  shop: {modules: [shop], cores: 64, threads: 1, codel: {interval: 20ms}}\n",
                "  far: {modules: [far], cores: 1}\n",
                "gateways: {edge: {routes: [all]",
                $keys,
                "}}\n"
            )
        };
    }
    logs(&case(behind!("")), told, "200 8, 503 2");
    let run =
        case(behind!(", retry: {retry-on: [connect-failure], base-interval: 1s, max-interval: 1s}")).run();
    assert_eq!(run.log("edge", "shop.buy"), "200 10");
}

#[test]
fn who_never_waits_for_a_thread_cannot_be_dropped() {
    let mistakes = |case: Case| Case { at: vec![("buy", &["1s"])], ..case }.mistakes();
    let told = mistakes(one_thread!("style: event-loop, codel: {}"));
    assert_eq!(told, ["nobody waits for a thread in this style"]);
    assert_eq!(mistakes(one_thread!("codel: {target: 0s, interval: 0s}")).len(), 2);
}
