//! A process as the queue that its threads are.

use brownout::component::{StationKind, View};
use brownout::record::Cause;
use brownout::scenario::explain;

use crate::case::{Case, Run, near};

/// Two threads that are held for 30 ms on average, and one place to wait; 100 calls a second.
fn run() -> Run {
    let case = Case {
        far: "do: [{delay: {exponential: {mean: 30ms}}}]",
        deployment: "processes:\n  shop: {modules: [shop], cores: 1, style: event-loop}\n  \
                     far: {modules: [far], cores: 1, threads: 2, accept-queue: 1}\n",
        scenario: "load: {shop.buy: {rate: 100/s}}\nduration: 2000s\n",
        ..Case::default()
    };
    case.run()
}

#[test]
fn threads_and_their_accept_queue_are_an_m_m_c_k_queue() {
    // M/M/2/3 with a = 3: weights 1, 3, 3²/2, 3³/4, of which the last is full.
    let call = run().operation("far.do", View::Call);
    let refused = call.failed[Cause::QueueFull as usize];
    near(refused as f64 / call.ended() as f64, 6.75 / (1.0 + 3.0 + 4.5 + 6.75), 0.008);
}

#[test]
fn every_call_of_a_process_takes_a_thread_or_is_refused() {
    let run = run();
    let call = run.operation("far.do", View::Call);
    let stations = run.plan.assembly.stations.iter().zip(&run.record.stations);
    let mut threads = stations.filter(|(it, _)| it.component == "far" && it.kind == StationKind::Threads);
    let (_, segments) = threads.next().expect("it is shown");
    let sum = |count: fn(&brownout::record::StationRecord) -> u64| segments.iter().map(count).sum::<u64>();
    assert_eq!(sum(|it| it.rejected), call.failed[Cause::QueueFull as usize]);
    let (visits, open) = (sum(|it| it.visits), call.offered - call.ended());
    assert!(call.served <= visits && visits <= call.served + open, "{visits} for {} and {open}", call.served);
}

/// A thread and no place to wait: three who come at once and wait for another process.
#[test]
fn who_waits_holds_a_thread_unless_the_style_has_none() {
    macro_rules! shop {
        ($style:literal) => {
            concat!(
                "processes:\n  shop: {modules: [shop], cores: 4, threads: 1, accept-queue: 0, style: ",
                $style,
                "}\n  far: {modules: [far], cores: 4}\n"
            )
        };
    }
    let case = |deployment| Case {
        far: "do: [{delay: 10ms}]",
        deployment,
        at: vec![("buy", &["1s", "1s", "1s"])],
        ..Case::default()
    };
    case(shop!("thread-per-request")).check("buy served 1 in 10ms, queue-full 2 in 0ms");
    case(shop!("event-loop")).check("buy served 3 in 10ms");
    case(shop!("virtual-threads")).check("buy served 3 in 10ms");
    // It is a value of its own where everything is explained.
    let explained = explain(&case(shop!("virtual-threads")).load());
    let style = explained.values.iter().find(|value| value.path == "processes.shop.style");
    assert_eq!(style.map(|style| style.value.as_str()), Some("virtual-threads"));
}
