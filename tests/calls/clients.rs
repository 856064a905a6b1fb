//! Customers who leave.

use brownout::component::View;
use brownout::record::Cause;

use crate::case::{Case, near};

fn case(far: &'static str, scenario: &'static str) -> Case {
    Case { far, scenario, at: vec![("buy", &["1s"])], ..Case::default() }
}

const SLOW: &str = "do: [{effect: tried}, {delay: 100ms}, {effect: done}]";

#[test]
fn a_customer_who_leaves_abandons_the_request_and_the_system_is_not_told() {
    case(SLOW, "clients: {shop.buy: {patience: 30ms}}\n").check("buy abandoned 1 in 30ms; tried 1; done 1");
    case(SLOW, "clients: {shop.buy: {patience: 30ms, on-timeout: cancel}}\n")
        .check("buy abandoned 1 in 30ms; tried 1");
    case(SLOW, "clients: {shop.buy: {patience: 130ms}}\n").check("buy served 1 in 100ms; tried 1; done 1");
}

#[test]
fn patience_is_for_all_attempts_together() {
    // Attempts from 0, 20 and 40 ms on; at 50 ms there is no more patience.
    let clients =
        "clients: {shop.buy: {patience: 50ms, timeout: 20ms, retry: {max-attempts: 9, wait-duration: 0s}}}\n";
    case(SLOW, clients).check("buy abandoned 1 in 50ms; tried 3; done 3");
    // It also ends in a pause.
    let clients = "clients: {shop.buy: {patience: 50ms, timeout: 20ms, retry: {wait-duration: 1s}}}\n";
    case(SLOW, clients).check("buy abandoned 1 in 50ms; tried 1; done 1");
}

#[test]
fn patience_is_drawn_for_each_customer() {
    // Exponential patience of mean 300 ms against exponential work of mean 100 ms: who leaves first is decided in the
    // ratio of the rates, a quarter leaves.
    let case = Case {
        far: "do: [{delay: {exponential: {mean: 100ms}}}]",
        scenario: "load: {shop.buy: {rate: 200/s}}\nduration: 200s\n\
                   clients: {shop.buy: {patience: {exponential: {mean: 300ms}}}}\n",
        ..Case::default()
    };
    let buy = case.run().operation("shop.buy", View::Client);
    let left = buy.failed[Cause::Abandoned as usize];
    let ended = buy.ended() as f64;
    // 40,000 customers: 4 standard deviations are 4 × sqrt(0.25 × 0.75 / 40,000).
    near(left as f64 / ended, 0.25, 0.0087);
    // Whichever comes first is exponential too, of mean 75 ms.
    let all = buy.latency.mean_secs().unwrap() * buy.served as f64
        + buy.failed_latency.mean_secs().unwrap() * left as f64;
    near(all / ended, 0.075, 0.0015);
}

#[test]
fn every_customer_has_one_outcome_whatever_was_tried() {
    // Some are served, some leave, some give up after their attempts; what was tried is more than the customers.
    let case = Case {
        far: "do: [{effect: tried}, {delay: {exponential: {mean: 50ms}}}, {effect: done}]",
        scenario: "load: {shop.buy: {stages: [{hold: 100s, rate: 100/s}, {hold: 10s, rate: 0/s}]}}\nduration: 110s\n\
                   clients: {shop.buy: {timeout: 40ms, patience: {exponential: {mean: 200ms}}, \
                   retry: {max-attempts: 3, wait-duration: 20ms}}}\n",
        ..Case::default()
    };
    let run = case.run();
    let buy = run.operation("shop.buy", View::Client);
    let failed = [Cause::Abandoned, Cause::Timeout].map(|cause| buy.failed[cause as usize]);
    assert!(buy.served > 0 && failed.iter().all(|count| *count > 0), "{} {failed:?}", buy.served);
    assert_eq!(buy.offered, buy.served + failed.iter().sum::<u64>());
    // Nobody is told that a customer has left: what was begun is done, and all of it has ended.
    assert_eq!((run.effect("tried"), run.record.in_flight_end), (run.effect("done"), 0));
    assert!(run.effect("tried") > buy.offered);
}
