//! Links with a bandwidth, and external parties with limits.

use brownout::component::{StationKind, View};
use brownout::record::Cause;

use crate::case::{Case, near};

fn bank(deployment: &'static str, at: &'static [&'static str]) -> Case {
    Case { shop: "buy: [{request: bank}]", deployment, at: vec![("buy", at)], ..Case::default() }
}

#[test]
fn an_external_party_refuses_what_exceeds_its_rate_or_lets_it_wait_for_its_turn() {
    let at: &[&str] = &["1s", "1s", "1s", "1s"];
    bank("externals: {bank: {latency: 10ms, rate-limit: {rate: 0.01/s, burst: 1}}}\n", at)
        .check("buy served 1 in 10ms, rate-limited 3 in 0ms");
    // Turns at 0, 100 and 200 ms; the fourth would exceed the burst of two.
    bank("externals: {bank: {latency: 10ms, limit-req: {rate: 10/s, burst: 2}}}\n", at)
        .check("buy served 3 in 110ms, rate-limited 1 in 0ms");
    // Two pass; a second later nothing of them has gone out of sight, another half a second later one of them has.
    let at: &[&str] = &["1s", "1s", "1s", "2s", "2500ms", "2500ms"];
    bank("externals: {bank: {latency: 10ms, sliding-window: {limit: 2, window: 1s}}}\n", at)
        .check("buy served 3 in 10ms, rate-limited 3 in 0ms");
}

#[test]
fn an_external_party_has_a_queue_that_can_be_full() {
    let at: &[&str] = &["1s", "1s", "1s"];
    bank("externals: {bank: {latency: 10ms, concurrency: 1, queue-limit: 1}}\n", at)
        .check("buy served 2 in 15ms, queue-full 1 in 0ms");
    bank("externals: {bank: {latency: 10ms, concurrency: 1}}\n", at).check("buy served 3 in 20ms");
    bank("externals: {bank: {latency: 10ms, errors: 100%}}\n", at).check("buy external-error 3 in 10ms");
    let alone = bank("externals: {bank: {latency: 10ms, queue-limit: 1, limit-req: {rate: 0/s}}}\n", at);
    assert_eq!(alone.mistakes().len(), 2);
}

fn call(deployment: &'static str, at: &'static [&'static str]) -> Case {
    Case { deployment, at: vec![("buy", at)], ..Case::default() }
}

#[test]
fn a_message_takes_its_size_over_the_bandwidth_and_waits_for_those_before_it() {
    let link = "links: {far: {latency: 1ms, bandwidth: 100kB, request-size: 1kB, response-size: 2kB}}\n";
    // 10 ms to send, 1 ms on the way, and back 20 ms to send and 1 ms on the way.
    call(link, &["1s"]).check("buy served 1 in 32ms");
    // Sent by 10, 20 and 30 ms; the answers are sent one after another from 11 ms on: by 31, 51 and 71.
    let run = call(link, &["1s", "1s", "1s"]).check("buy served 3 in 52ms");
    let busy = |kind: StationKind| -> u128 {
        let stations = run.plan.assembly.stations.iter();
        let index = stations.enumerate().find(|(_, it)| it.component == "far" && it.kind == kind);
        let index = index.expect("it is shown").0;
        run.record.stations[index].iter().map(|segment| segment.busy_area).sum()
    };
    assert_eq!((busy(StationKind::LinkThere), busy(StationKind::LinkBack)), (30_000_000, 60_000_000));
    call("links: {far: {latency: 1ms}}\n", &["1s"]).check("buy served 1 in 2ms");
}

#[test]
fn an_operation_has_messages_of_its_own_size_whoever_asks() {
    let link = "links: {default: {latency: 1ms, bandwidth: 100kB}}\n";
    let small = "{far.do: {request-size: 500B, response-size: 0B}, shop.buy: {request-size: 0B, response-size: 300B}}";
    // From the client through the gateway to the shop and back: 1 + 1 + 3 ms; to the other and back: 5 + 1 + 1.
    let both = Case {
        calls: small,
        deployment: "links: {default: {latency: 1ms, bandwidth: 100kB}}\ngateways: {edge: {routes: [all]}}\n",
        ..call("", &["1s"])
    };
    both.check("buy served 1 in 12ms");
    // Unless it is said, a request has 1 kB and an answer 10 kB.
    call(link, &["1s"]).check("buy served 1 in 224ms");
}

#[test]
fn a_link_under_random_messages_is_an_m_d_1_queue() {
    // 10 ms to send, at half of the capacity: the mean wait is ρD ÷ 2(1 − ρ) = 5 ms.
    let case = Case {
        deployment: "links: {far: {latency: 0s, bandwidth: 100kB, request-size: 1kB, response-size: 0B}}\n",
        scenario: "load: {shop.buy: {rate: 50/s}}\nduration: 4000s\n",
        ..Case::default()
    };
    let buy = case.run().operation("shop.buy", View::Client);
    near(buy.latency.mean_secs().unwrap(), 0.015, 0.00025);
}

#[test]
fn a_link_without_any_bandwidth_is_a_mistake() {
    let none = call("links: {far: {latency: 1ms, bandwidth: 0B}}\n", &["1s"]);
    assert_eq!(none.mistakes(), ["0B is out of range: it must be above 0B, in bytes a second"]);
}

#[test]
fn an_external_party_without_a_queue_loses_what_erlang_b_says() {
    // Two erlangs on three servers: B = (2³/3!) ÷ (1 + 2 + 2²/2 + 2³/3!) = 4/19, whatever the law of the time.
    let case = Case {
        scenario: "load: {shop.buy: {rate: 20/s}}\nduration: 4000s\n",
        ..bank(
            "externals: {bank: {latency: {lognormal: {mean: 100ms, cv: 2}}, concurrency: 3, queue-limit: 0}}\n",
            &[],
        )
    };
    let case = Case { at: Vec::new(), ..case };
    let buy = case.run().operation("shop.buy", View::Client);
    let lost = buy.failed[Cause::QueueFull as usize];
    near(lost as f64 / buy.ended() as f64, 4.0 / 19.0, 0.01);
    near(buy.latency.mean_secs().unwrap(), 0.1, 0.004);
    assert_eq!(buy.served + lost, buy.ended());
}

#[test]
fn every_request_to_an_external_party_is_served_refused_or_late() {
    let case = Case {
        scenario: "load: {shop.buy: {rate: 50/s}}\nduration: 1000s\n",
        ..bank(
            "externals: {bank: {latency: {exponential: {mean: 50ms}}, errors: 10%, concurrency: 2, queue-limit: 1,\
             timeout: 200ms, rate-limit: {rate: 40/s, burst: 5}}}\n",
            &[],
        )
    };
    let case = Case { at: Vec::new(), ..case };
    let run = case.run();
    let buy = run.operation("shop.buy", View::Client);
    let kinds = [Cause::ExternalError, Cause::QueueFull, Cause::RateLimited, Cause::Timeout];
    let failed = kinds.map(|cause| buy.failed[cause as usize]);
    assert!(failed.iter().all(|count| *count > 0), "{failed:?}");
    assert_eq!(buy.served + failed.iter().sum::<u64>(), buy.ended());
    assert!(buy.offered - buy.ended() <= run.record.in_flight_end);
    // Who waited in vain is served all the same: nothing of the party is lost.
    let parties = run.plan.assembly.stations.iter().zip(&run.record.stations);
    let (_, segments) = parties.into_iter().find(|(it, _)| it.component == "bank").expect("it is shown");
    let visits: u64 = segments.iter().map(|segment| segment.visits).sum();
    let asked = buy.ended() - failed[1] - failed[2];
    assert!(visits.abs_diff(asked) <= 3, "{visits} of {asked}");
}

#[test]
fn requests_within_the_burst_need_not_wait_for_their_turn() {
    bank(
        "externals: {bank: {latency: 10ms, limit-req: {rate: 10/s, burst: 2, nodelay: true}}}\n",
        &["1s", "1s", "1s", "1s"],
    )
    .check("buy served 3 in 10ms, rate-limited 1 in 0ms");
}

#[test]
fn a_lost_packet_is_sent_again_after_the_retransmission_time_out_and_then_after_twice_that() {
    // Lost twice each way: 20 and 40 ms later.
    call("links: {far: {latency: 1ms, loss: 100%, retransmission: 20ms}}\n", &["1s"])
        .check("buy served 1 in 122ms");
    call("links: {far: {latency: 1ms, loss: 0%, retransmission: 20ms}}\n", &["1s"])
        .check("buy served 1 in 2ms");
}

#[test]
fn the_first_of_a_burst_need_not_wait_where_a_delay_is_set() {
    // Two above the rate at most go at once: the third is one too many, by 100 ms, the fourth by 200 ms.
    bank(
        "externals: {bank: {latency: 10ms, limit-req: {rate: 10/s, burst: 3, delay: 1}}}\n",
        &["1s", "1s", "1s", "1s"],
    )
    .check("buy served 4 in 85ms");
}

/// Calls over a link that loses one packet in five, and everything for ten seconds: TCP sends again, so that what was sent has
/// been delivered or is under way.
#[test]
fn every_message_that_a_link_is_given_is_delivered_or_under_way() {
    let case = Case {
        shop: "buy: [{effect: sent}, {call: far.do}]",
        far: "do: [{effect: came}, {delay: 5ms}, {effect: answered}]",
        calls: "{far.do: {timeout: 300ms}}",
        deployment: "links: {far: {latency: 1ms, loss: 20%, bandwidth: 100kB, request-size: 500B, response-size: 1kB}}\n",
        scenario: "load: {shop.buy: {rate: 60/s}}\nduration: 1000s\n\
                   faults: [{at: 400s, for: 10s, split: [shop, far]}]\n",
        ..Case::default()
    };
    let run = case.run();
    let visits = |kind: StationKind| -> u64 {
        let stations = run.plan.assembly.stations.iter().zip(&run.record.stations);
        let found = stations.into_iter().find(|(it, _)| it.component == "far" && it.kind == kind);
        found.expect("it is shown").1.iter().map(|segment| segment.visits).sum()
    };
    let (sent, came, answered) = (run.effect("sent"), run.effect("came"), run.effect("answered"));
    let (there, back) = (visits(StationKind::LinkThere), visits(StationKind::LinkBack));
    let buy = run.operation("shop.buy", View::Client);
    assert!(buy.failed[Cause::Timeout as usize] > 1_000, "{}", run.told());
    assert_eq!(sent, buy.offered);
    // At the end, few are under way: of 60 a second, each for less than a second.
    assert!(
        sent >= there && there >= came && came >= answered && answered >= back,
        "{sent} {there} {came} {answered} {back}"
    );
    assert!(sent - back <= 60, "{sent} {back}");
}
