//! What a gateway writes in its access log, what it tries again, and which replicas it leaves out.

use brownout::component::View;
use brownout::record::{Cause, HappeningKind};
use brownout::sizing::token_bucket_refusals;
use brownout::units::Rate;

use crate::case::{Case, near};

/// Process `shop` behind a gateway with these keys; requests take 10 ms.
macro_rules! behind {
    ($keys:literal, $at:expr) => {
        Case {
            shop: "buy: [{effect: tried}, {delay: 10ms}]",
            deployment: concat!("gateways: {edge: {routes: [all], ", $keys, "}}\n"),
            at: vec![("buy", $at)],
            ..Case::default()
        }
    };
}

/// Two replicas of `shop` behind a gateway with these keys; requests take 10 ms.
macro_rules! behind_two {
    ($keys:literal, $at:expr) => {
        Case {
            deployment: concat!(
                "processes:\n  shop: {modules: [shop], cores: 1, style: event-loop, replicas: 2}\n",
                "  far: {modules: [far], cores: 64, style: event-loop}\n",
                "gateways: {edge: {routes: [all], ",
                $keys,
                "}}\n"
            ),
            ..behind!("", $at)
        }
    };
}

#[track_caller]
pub(crate) fn logs(case: &Case, told: &str, log: &str) {
    let run = case.check(told);
    assert_eq!(run.log("edge", "shop.buy"), log);
    // Every request that came has a line.
    let lines: f64 = log.split(", ").filter_map(|line| line.split_once(' ')?.1.parse::<f64>().ok()).sum();
    assert_eq!(lines, run.operation("shop.buy", View::Client).offered as f64);
}

#[test]
fn a_request_that_is_served_is_a_200() {
    logs(&behind!("", &["1s", "2s"]), "buy served 2 in 10ms; tried 2", "200 2");
}

#[test]
fn a_limiter_that_refuses_is_a_429() {
    let limited = behind!("rate-limit: {rate: 0.01/s, burst: 1}", &["1s", "2s"]);
    logs(&limited, "buy served 1 in 10ms, rate-limited 1 in 0ms; tried 1", "200 1, 429 1");
}

#[test]
fn requests_wait_for_their_turn_before_they_take_a_slot() {
    let at: &[&str] = &["1s", "1s", "1s", "1s"];
    // Turns at 0, 100 and 200 ms; the fourth exceeds the burst. One slot is enough for those who come by turns.
    let turns = behind!("limit-req: {rate: 10/s, burst: 2}, max-requests: 1, max-pending-requests: 0", at);
    logs(&turns, "buy served 3 in 110ms, rate-limited 1 in 0ms; tried 3", "200 3, 429 1");
    let wrong = behind!("limit-req: {rate: 0/s}", at).mistakes();
    assert_eq!(wrong.len(), 1, "{wrong:?}");
}

#[test]
fn a_client_that_leaves_is_a_499_whether_or_not_the_gateway_goes_on() {
    let with = |clients: &'static str| Case { scenario: clients, ..behind!("", &["1s"]) };
    logs(&with("clients: {shop.buy: {timeout: 4ms}}\n"), "buy timeout 1 in 4ms; tried 1", "499 1");
    let cancels = with("clients: {shop.buy: {timeout: 4ms, on-timeout: cancel}}\n");
    logs(&cancels, "buy timeout 1 in 4ms; tried 1", "499 1");
    logs(&with("clients: {shop.buy: {patience: 4ms}}\n"), "buy abandoned 1 in 4ms; tried 1", "499 1");
    let leaves = with("clients: {shop.buy: {patience: 4ms, on-timeout: cancel}}\n");
    logs(&leaves, "buy abandoned 1 in 4ms; tried 1", "499 1");
    logs(&with("clients: {shop.buy: {timeout: 14ms}}\n"), "buy served 1 in 10ms; tried 1", "200 1");
}

#[test]
fn a_line_is_written_when_the_gateway_has_an_answer_and_each_attempt_of_a_client_is_one() {
    let clients = "clients: {shop.buy: {timeout: 4ms, retry: {max-attempts: 2, wait-duration: 0s}}}\n";
    let run = Case { scenario: clients, ..behind!("", &["1s"]) }.check("buy timeout 1 in 8ms; tried 2");
    assert_eq!(run.log("edge", "shop.buy"), "499 2");
}

#[test]
fn what_the_service_answers_is_relayed() {
    let answers = |shop: &'static str| Case { shop, ..behind!("", &["1s"]) };
    logs(&answers("buy: [{fail: declined}]"), "buy declined 1 in 0ms", "409 1");
    logs(&answers("buy: [{fail: error}]"), "buy error 1 in 0ms", "500 1");
    // It answered, so these are no failures of the way to it.
    logs(&answers("buy: [{fail: circuit-open}]"), "buy circuit-open 1 in 0ms", "500 1");
    logs(&answers("buy: [{fail: network-loss}]"), "buy network-loss 1 in 0ms", "500 1");
    logs(&answers("buy: [{fail: timeout}]"), "buy timeout 1 in 0ms", "500 1");
    logs(&answers("buy: [{fail: rate-limited}]"), "buy rate-limited 1 in 0ms", "500 1");
}

#[test]
fn a_crash_of_the_service_is_a_502_and_no_service_a_503() {
    // One is in the service when that crashes; the next finds nobody; afterwards all is well.
    let crash = Case {
        scenario: "faults: [{at: 1005ms, for: 10s, crash: shop}]\nduration: 3m\n",
        ..behind!("", &["1s", "2s", "30s"])
    };
    logs(&crash, "buy served 1 in 10ms, unavailable 2 in 2.5ms; tried 2", "200 1, 502 1, 503 1");
}

#[test]
fn a_full_gateway_is_a_503() {
    let full = behind!("max-requests: 1, max-pending-requests: 1", &["1s", "1s", "1s"]);
    logs(&full, "buy served 2 in 15ms, queue-full 1 in 0ms; tried 2", "200 2, 503 1");
}

#[test]
fn a_time_out_is_a_504() {
    logs(&behind!("timeout: 4ms", &["1s"]), "buy timeout 1 in 4ms; tried 1", "504 1");
    logs(&behind!("timeout: 4ms, on-timeout: cancel", &["1s"]), "buy timeout 1 in 4ms; tried 1", "504 1");
}

#[test]
fn a_gateway_that_is_gone_writes_nothing_and_one_that_fails_does() {
    let crash = Case {
        scenario: "faults: [{at: 1005ms, for: 10s, crash: edge}]\nduration: 3m\n",
        ..behind!("", &["1s", "2s", "30s"])
    };
    let run = crash.check("buy served 1 in 10ms, unavailable 2 in 2.5ms; tried 2");
    assert_eq!(run.log("edge", "shop.buy"), "200 1");
    let errors = Case {
        scenario: "faults: [{at: 500ms, for: 1s, errors: edge, share: 100%}]\nduration: 2m\n",
        ..behind!("", &["1s", "2s"])
    };
    logs(&errors, "buy served 1 in 10ms, error 1 in 0ms; tried 1", "200 1, 500 1");
}

#[test]
fn the_log_is_counted_for_each_gateway_and_route() {
    let two = Case {
        shop: "buy: [{delay: 10ms}], look: [{fail: error}], hear: []",
        deployment: "gateways: {edge: {routes: [shop.buy, shop.look]}, back: {routes: [shop.hear]}}\n",
        at: vec![("buy", &["1s", "2s"]), ("look", &["1s"]), ("hear", &["1s", "2s", "3s"])],
        ..Case::default()
    };
    let run = two.run();
    assert_eq!(run.log("edge", "shop.buy"), "200 2");
    assert_eq!(run.log("edge", "shop.look"), "500 1");
    assert_eq!(run.log("back", "shop.hear"), "200 3");
    let results = two.results();
    let counts: Vec<(&str, u16, u64)> =
        results.windows[0].answers.iter().map(|it| (it.route.as_str(), it.status, it.count)).collect();
    assert_eq!(counts, [("shop.buy", 200, 2), ("shop.look", 500, 1), ("shop.hear", 200, 3)]);
}

#[test]
fn exporters_show_the_log() {
    let fires = |rules: &'static str| {
        let watched = Case {
            rules,
            scenario: "alerts: {rules: [rules.yaml], scrape-interval: 1s, evaluation-interval: 1s}\n",
            ..behind!("timeout: 4ms", &["1s", "2s"])
        };
        watched.run().record.happenings.iter().any(|it| it.kind == HappeningKind::AlertFiring)
    };
    assert!(fires(
        "groups: [{name: edge, rules: [{alert: Late, \
         expr: 'nginx_ingress_controller_requests{ingress=\"edge\", path=\"shop.buy\", status=\"504\"} == 2'}]}]"
    ));
    assert!(fires(
        "groups: [{name: edge, rules: [{alert: Late, \
         expr: 'sum by (code) (kong_http_requests_total{service=\"edge\", code=~\"5..\"}) == 2'}]}]"
    ));
    assert!(!fires(
        "groups: [{name: edge, rules: [{alert: Served, \
         expr: 'kong_http_requests_total{service=\"edge\", code=\"200\"} > 0'}]}]"
    ));
}

const FAILS: &str = "buy: [{effect: tried}, {delay: 10ms}, {fail: error}]";

#[test]
fn a_gateway_tries_again_what_it_is_told_to() {
    let with = |case: Case| {
        let run = Case { shop: FAILS, ..case }.run();
        (run.effect("tried"), run.log("edge", "shop.buy"))
    };
    let once = (1, "500 1".to_owned());
    assert_eq!(with(behind!("", &["1s"])), once);
    assert_eq!(with(behind!("retry: {retry-on: [5xx]}", &["1s"])), (2, once.1.clone()));
    assert_eq!(with(behind!("retry: {retry-on: [5xx], num-retries: 4}", &["1s"])), (5, once.1.clone()));
    assert_eq!(with(behind!("retry: {retry-on: [gateway-error, connect-failure]}", &["1s"])), once);
    // Nobody to send it to is an answer at once.
    let nobody = Case {
        scenario: "faults: [{at: 500ms, for: 10s, crash: shop}]\nduration: 3m\n",
        ..behind!("retry: {retry-on: [5xx], num-retries: 9}", &["1s"])
    };
    nobody.check("buy unavailable 1 in 0ms");
}

#[test]
fn retries_under_way_are_limited_by_number_or_by_share() {
    const TEN: &[&str] = &["1s"; 10];
    let tried = |case: Case| Case { shop: FAILS, ..case }.run().effect("tried");
    assert_eq!(tried(behind!("retry: {retry-on: [5xx]}", TEN)), 13);
    assert_eq!(tried(behind!("retry: {retry-on: [5xx], max-retries: 100}", TEN)), 20);
    let share =
        behind!("retry: {retry-on: [5xx], budget: {budget-percent: 50%, min-retry-concurrency: 0}}", TEN);
    assert_eq!(tried(share), 15);
}

#[test]
fn each_attempt_has_its_time_out_and_all_together_have_one() {
    let slow = |case: Case| Case { shop: "buy: [{effect: tried}, {delay: 100ms}, {effect: done}]", ..case };
    let three = behind!(
        "retry: {retry-on: [gateway-error], num-retries: 2, per-try-timeout: 5ms, base-interval: 1ms, max-interval: 1ms}",
        &["1s"]
    );
    let run = slow(three).run();
    // What was given up goes on.
    assert_eq!((run.effect("tried"), run.effect("done")), (3, 3));
    assert_eq!(run.log("edge", "shop.buy"), "504 1");
    let all = behind!(
        "timeout: 12ms, on-timeout: cancel, \
         retry: {retry-on: [gateway-error], num-retries: 9, per-try-timeout: 5ms, base-interval: 1ms, max-interval: 1ms}",
        &["1s"]
    );
    logs(&slow(all), "buy timeout 1 in 12ms; tried 3", "504 1");
}

#[test]
fn a_retry_can_avoid_the_replicas_that_were_tried() {
    // One of two replicas answers with errors. By chance, a retry goes there again half of the time.
    let case = |retry: Case| Case {
        scenario: "load: {shop.buy: {rate: 100/s}}\nduration: 100s\n\
                   faults: [{at: 0s, for: 100s, errors: shop, share: 100%, replicas: 1}]\n",
        at: vec![],
        ..retry
    };
    let avoids = behind_two!(
        "balance: random, retry: {retry-on: [5xx], max-retries: 100, retry-host-predicate: previous-hosts}",
        &[]
    );
    let run = case(avoids).run();
    assert_eq!(run.operation("shop.buy", View::Client).failures(), 0);
    let anywhere = behind_two!("balance: random, retry: {retry-on: [5xx], max-retries: 100}", &[]);
    let record = case(anywhere).run().operation("shop.buy", View::Client);
    // Two fair choices in a row: a quarter, ± 4 standard deviations of 0.0043.
    crate::case::near(record.failures() as f64 / record.ended() as f64, 0.25, 0.0173);
}

/// Ten requests about the first second, ten about the twentieth.
const TWENTY: &[&str] = &[
    "1s", "1.1s", "1.2s", "1.3s", "1.4s", "1.5s", "1.6s", "1.7s", "1.8s", "1.9s", "20s", "20.1s", "20.2s",
    "20.3s", "20.4s", "20.5s", "20.6s", "20.7s", "20.8s", "20.9s",
];

/// How many requests fail while one replica fails all that it gets.
fn failed(case: Case) -> u64 {
    let faults = "faults: [{at: 0s, for: 60s, errors: shop, share: 100%, replicas: 1}]\n";
    let run = Case { scenario: faults, ..case }.run();
    run.operation("shop.buy", View::Client).failures()
}

#[test]
fn replicas_that_fail_in_a_row_are_left_out_for_a_while() {
    // In turns: the replica that fails has every other request until its fifth failure. Ejected by 10 s, it is back
    // not before 40 s, when 30 s and a look are over.
    assert_eq!(failed(behind_two!("", TWENTY)), 10);
    assert_eq!(failed(behind_two!("outlier-detection: {}", TWENTY)), 5);
    assert_eq!(failed(behind_two!("outlier-detection: {consecutive-5xx: 3}", TWENTY)), 3);
    // Back after a second and a look each second, it fails as often again.
    let soon = behind_two!("outlier-detection: {base-ejection-time: 1s, interval: 1s}", TWENTY);
    assert_eq!(failed(soon), 10);
    // One of two is half: with a larger share to be kept, health is ignored.
    let panic = behind_two!("outlier-detection: {healthy-panic-threshold: 60%}", TWENTY);
    assert_eq!(failed(panic), 10);
}

#[test]
fn time_outs_of_the_gateway_count_against_a_replica_and_clients_that_leave_do_not() {
    let hung = |case: Case| Case {
        scenario: "faults: [{at: 0s, for: 60s, slow: shop, added: 1s, replicas: 1}]\n",
        ..case
    };
    const SIX: &[&str] = &["1s", "3s", "5s", "7s", "9s", "9.1s"];
    let judged = hung(behind_two!("timeout: 100ms, outlier-detection: {consecutive-5xx: 2}", SIX));
    assert_eq!(judged.run().operation("shop.buy", View::Client).failures(), 2);
    let left = Case {
        scenario: "faults: [{at: 0s, for: 60s, slow: shop, added: 1s, replicas: 1}]\n\
                   clients: {shop.buy: {timeout: 100ms, on-timeout: cancel}}\n",
        ..behind_two!("outlier-detection: {consecutive-5xx: 2}", SIX)
    };
    assert_eq!(left.run().operation("shop.buy", View::Client).failures(), 3);
}

#[test]
fn mistakes_of_a_gateway_are_told_together() {
    let wrong = behind!(
        "retry: {retry-on: [], num-retries: 0}, outlier-detection: {consecutive-5xx: 0, interval: 0s}",
        &["1s"]
    );
    assert_eq!(wrong.mistakes().len(), 4);
}

#[test]
fn replicas_that_fail_more_than_others_are_left_out() {
    // One replica fails all: five of ten by 1.9 s, and there is a look before 20 s.
    // By its own share of failures, where enough hosts have answered often enough.
    assert_eq!(
        failed(behind_two!(
            "outlier-detection: {consecutive-5xx: 99, failure-percentage-threshold: 50%, failure-percentage-minimum-hosts: 2, failure-percentage-request-volume: 5}",
            TWENTY
        )),
        5
    );
    assert_eq!(
        failed(behind_two!(
            "outlier-detection: {consecutive-5xx: 99, failure-percentage-threshold: 50%, failure-percentage-minimum-hosts: 2, failure-percentage-request-volume: 6}",
            TWENTY
        )),
        10
    );
    assert_eq!(
        failed(behind_two!(
            "outlier-detection: {consecutive-5xx: 99, failure-percentage-threshold: 50%, failure-percentage-minimum-hosts: 3, failure-percentage-request-volume: 5}",
            TWENTY
        )),
        10
    );
    assert_eq!(
        failed(behind_two!(
            "outlier-detection: {consecutive-5xx: 99, failure-percentage-minimum-hosts: 2, failure-percentage-request-volume: 5}",
            TWENTY
        )),
        10
    );
    // Beside the others: 0 % is below 50 % − 0.5 × 50 %, and not below 50 % − 1.9 × 50 %.
    assert_eq!(
        failed(behind_two!(
            "outlier-detection: {consecutive-5xx: 99, success-rate-stdev-factor: 500, success-rate-minimum-hosts: 2, success-rate-request-volume: 5}",
            TWENTY
        )),
        5
    );
    assert_eq!(
        failed(behind_two!(
            "outlier-detection: {consecutive-5xx: 99, success-rate-minimum-hosts: 2, success-rate-request-volume: 5}",
            TWENTY
        )),
        10
    );
    assert_eq!(
        failed(behind_two!(
            "outlier-detection: {consecutive-5xx: 99, success-rate-stdev-factor: 500, success-rate-minimum-hosts: 2, success-rate-request-volume: 6}",
            TWENTY
        )),
        10
    );
    assert_eq!(
        failed(behind_two!(
            "outlier-detection: {consecutive-5xx: 99, success-rate-stdev-factor: 500, success-rate-minimum-hosts: 3, success-rate-request-volume: 5}",
            TWENTY
        )),
        10
    );
}

#[test]
fn answers_of_the_gateway_itself_can_eject_sooner() {
    // One replica takes a second longer than the gateway waits: 504s, of which two are enough.
    let late = |case: Case| {
        let slow = "faults: [{at: 0s, for: 60s, slow: shop, added: 1s, replicas: 1}]\n";
        Case { scenario: slow, ..case }.run().operation("shop.buy", View::Client).failures()
    };
    const TEN: &[&str] = &["1s", "2s", "3s", "4s", "5s", "6s", "7s", "8s", "9s", "10s"];
    assert_eq!(late(behind_two!("timeout: 500ms, outlier-detection: {consecutive-5xx: 9}", TEN)), 5);
    assert_eq!(
        late(behind_two!(
            "timeout: 500ms, outlier-detection: {consecutive-5xx: 9, consecutive-gateway-failure: 2}",
            TEN
        )),
        2
    );
}

#[test]
fn a_gateway_adds_its_overhead_once() {
    behind!("overhead: 3ms", &["1s"]).check("buy served 1 in 13ms; tried 1");
}

#[test]
fn a_token_bucket_refuses_what_theory_says() {
    // 80 a second, of 100 that are let through with a burst of five: M/D/1 with five places.
    let case = Case {
        scenario: "load: {shop.buy: {rate: 80/s}}\nduration: 2000s\n",
        ..behind!("rate-limit: {rate: 100/s, burst: 5}", &[])
    };
    let buy = Case { at: Vec::new(), ..case }.run().operation("shop.buy", View::Client);
    let refused = buy.failed[Cause::RateLimited as usize] as f64 / buy.ended() as f64;
    let rate = |per_second: f64| Rate::per_second(per_second);
    let theory = token_bucket_refusals(rate(80.0), rate(100.0), 5).unwrap().as_fraction();
    near(refused, theory, 0.003);
}

/// Requests two seconds apart, to two replicas of which one hangs. By turns every other one goes there; with NGINX's
/// balancer, which gives it no weight at the next choice, every third.
#[test]
fn failures_lower_a_replicas_weight_until_it_is_chosen_again() {
    const TWELVE: &[&str] = &["1s", "3s", "5s", "7s", "9s", "11s", "13s", "15s", "17s", "19s", "21s", "23s"];
    let failed = |case: Case| {
        let faults = "faults: [{at: 0s, for: 40s, hang: shop, replicas: 1}]\n";
        Case { scenario: faults, ..case }.run().operation("shop.buy", View::Client).failures()
    };
    assert_eq!(failed(behind_two!("timeout: 500ms", TWELVE)), 6);
    let balance = behind_two!("timeout: 500ms, balance: {smooth-weighted: {max-fails: 1}}", TWELVE);
    assert_eq!(failed(balance), 4);
    // An error is an answer.
    let erring = behind_two!("balance: {smooth-weighted: {max-fails: 1}}", TWELVE);
    let faults = "faults: [{at: 0s, for: 40s, errors: shop, share: 100%, replicas: 1}]\n";
    let run = Case { scenario: faults, ..erring }.run();
    assert_eq!(run.operation("shop.buy", View::Client).failures(), 6);
}

/// All at once: a limiter that refuses, no room, a time-out of the gateway, customers who leave, errors, a crash. Every
/// request that came has one line, with the status of what became of it, and nothing is left.
#[test]
fn every_request_to_a_gateway_has_one_line_that_says_what_became_of_it() {
    let case = Case {
        shop: "buy: [{delay: {exponential: {mean: 20ms}}}, \
               {choose: {branches: [{weight: 90%, steps: []}, {weight: 10%, steps: [{fail: error}]}]}}]",
        scenario: "load: {shop.buy: {stages: [{rate: 250/s, hold: 200s}, {ramp-to: 0/s, over: 0s}, {hold: 10s}]}}\n\
                   duration: 210s\nclients: {shop.buy: {patience: {exponential: {mean: 200ms}}}}\n\
                   faults: [{at: 50s, for: 10s, crash: shop}]\n",
        at: Vec::new(),
        ..behind!(
            "rate-limit: {rate: 240/s, burst: 20}, max-requests: 5, max-pending-requests: 3, timeout: 50ms",
            &[]
        )
    };
    let run = case.run();
    let buy = run.operation("shop.buy", View::Client);
    let log = run.log("edge", "shop.buy");
    let lines = |wanted: &str| -> u64 {
        let all = log.split(", ").filter_map(|line| line.split_once(' '));
        all.filter(|(status, _)| wanted.contains(status))
            .map(|(_, count)| count.parse::<u64>().unwrap_or(0))
            .sum()
    };
    let failed = |cause: Cause| buy.failed[cause as usize];
    let became = [
        ("200", buy.served),
        ("429", failed(Cause::RateLimited)),
        ("499", failed(Cause::Abandoned)),
        ("500", failed(Cause::Error)),
        ("502 503", failed(Cause::QueueFull) + failed(Cause::Unavailable)),
        ("504", failed(Cause::Timeout)),
    ];
    for (status, count) in became {
        assert!(count > 100, "{status}: {count}");
        assert_eq!(lines(status), count, "{status} in {log}");
    }
    assert_eq!(became.iter().map(|(_, count)| count).sum::<u64>(), buy.offered);
    assert_eq!(run.record.in_flight_end, 0);
}
