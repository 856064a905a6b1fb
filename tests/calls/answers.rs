//! Who answered a request that failed, and with what: the service behind a gateway, the gateway, or nobody.

use brownout::component::View;
use brownout::record::{Cause, HappeningKind};

use crate::case::{Case, Run};
use crate::gateways::logs;

/// Process `shop` behind a gateway with these keys, and what it needs; requests come at these instants.
fn behind(deployment: &'static str, at: &'static [&'static str]) -> Case {
    Case { deployment, at: vec![("buy", at)], ..Case::default() }
}

const EDGE: &str = "gateways: {edge: {routes: [all]}}\n";

const FOUR: &[&str] = &["1s", "2s", "3s", "4s"];

/// Requests that read something from Redis.
const READS: &str = "buy: [{effect: tried}, {get: {cache: page}}]";

/// Redis is gone.
const NO_REDIS: &str = "faults: [{at: 0s, for: 59s, crash: redis}]\n";

/// What an operation's requests were answered with that failed for a cause.
#[track_caller]
fn statuses(run: &Run, operation: &str, view: View, cause: Cause) -> String {
    run.operation(operation, view).statuses.text(cause)
}

#[test]
fn a_time_out_inside_the_service_is_its_error_and_not_the_gateway_s() {
    let inside =
        Case { far: "do: [{delay: 10ms}]", calls: "{far.do: {timeout: 4ms}}", ..behind(EDGE, &["1s", "2s"]) };
    logs(&inside, "buy timeout 2 in 4ms", "500 2");
    let run = inside.run();
    assert_eq!(statuses(&run, "shop.buy", View::Client, Cause::Timeout), "500");
    // Nobody has answered the call itself when its caller gives up.
    assert_eq!(statuses(&run, "far.do", View::Call, Cause::Timeout), "");
    let sooner = "gateways: {edge: {routes: [all], timeout: 2ms}}\n";
    let sooner = Case { deployment: sooner, ..inside };
    logs(&sooner, "buy timeout 2 in 2ms", "504 2");
    assert_eq!(statuses(&sooner.run(), "shop.buy", View::Client, Cause::Timeout), "504");
}

#[test]
fn a_service_whose_callee_is_dead_answers_500() {
    let dead = Case { scenario: "faults: [{at: 0s, for: 30s, crash: far}]\n", ..behind(EDGE, FOUR) };
    logs(&dead, "buy unavailable 4 in 0ms", "500 4");
}

#[test]
fn a_breaker_or_limiter_of_the_service_s_own_calls_is_its_error() {
    let far = "do: [{fail: error}]";
    let breaker = "{far.do: {circuit-breaker: {sliding-window-size: 2}}}";
    logs(&Case { far, calls: breaker, ..behind(EDGE, FOUR) }, "buy circuit-open 2, error 2 in 0ms", "500 4");
    let limiter =
        "{far.do: {rate-limiter: {limit-for-period: 1, limit-refresh-period: 10s, timeout-duration: 0s}}}";
    let limited = Case { calls: limiter, ..behind(EDGE, FOUR) };
    logs(&limited, "buy served 1 in 0ms, rate-limited 3 in 0ms", "200 1, 500 3");
    let bulkhead = "{far.do: {max-concurrent-calls: 1}}";
    let full = Case { far: "do: [{delay: 10ms}]", calls: bulkhead, ..behind(EDGE, &["1s", "1s"]) };
    logs(&full, "buy served 1 in 10ms, bulkhead-full 1 in 0ms", "200 1, 500 1");
}

const REDIS: &str = "caches: {redis: {holds: [page], command: 20us}}\ngateways: {edge: {routes: [all]}}\n";

#[test]
fn redis_that_is_gone_is_an_error_of_the_service() {
    let gone = Case { shop: READS, scenario: NO_REDIS, ..behind(REDIS, FOUR) };
    logs(&gone, "buy unavailable 4 in 0ms; tried 4", "500 4");
}

#[test]
fn a_process_says_how_it_answers() {
    let far = "do: [{delay: 10ms}, {fail: error}]";
    let calls = "{far.do: {timeout: 4ms, circuit-breaker: {sliding-window-size: 2}}}";
    let maps = "processes:\n  shop: {modules: [shop], cores: 64, style: event-loop, \
                answers-as: {timeout: 504, circuit-open: 503}}\n  \
                far: {modules: [far], cores: 64, style: event-loop}\n\
                gateways: {edge: {routes: [all]}}\n";
    logs(&Case { far, calls, ..behind(maps, FOUR) }, "buy timeout 2, circuit-open 2 in 2ms", "503 2, 504 2");
    let wrong = "processes:\n  shop: {modules: [shop], cores: 64, answers-as: {time-out: 504, error: 404, declined: 200}}\n  \
                 far: {modules: [far], cores: 64}\n";
    let mistakes = behind(wrong, FOUR).mistakes();
    assert_eq!(mistakes.len(), 3, "{mistakes:?}");
}

#[test]
fn nobody_answers_whose_client_has_left_or_whose_connection_is_refused() {
    let left = Case {
        shop: "buy: [{delay: 10ms}]",
        scenario: "clients: {shop.buy: {timeout: 4ms}}\n",
        ..behind(EDGE, FOUR)
    };
    logs(&left, "buy timeout 4 in 4ms", "499 4");
    assert_eq!(statuses(&left.run(), "shop.buy", View::Client, Cause::Timeout), "");
    let crashed = "faults: [{at: 0s, for: 30s, crash: shop}]\n";
    let gone = Case { shop: "buy: []", scenario: crashed, ..behind(EDGE, FOUR) };
    let answered = |run: &Run| run.operation("shop.buy", View::Client).server_errors;
    let (behind_edge, alone) = (gone.run(), Case { deployment: "", ..gone }.run());
    assert_eq!(statuses(&behind_edge, "shop.buy", View::Client, Cause::Unavailable), "503");
    assert_eq!(statuses(&alone, "shop.buy", View::Client, Cause::Unavailable), "");
    assert_eq!((answered(&behind_edge), answered(&alone)), (4, 0));
    // So is the answer of a gateway that is gone.
    let no_edge = "faults: [{at: 0s, for: 30s, crash: edge}]\n";
    let no_edge = Case { shop: "buy: []", scenario: no_edge, ..behind(EDGE, FOUR) }.run();
    assert_eq!(statuses(&no_edge, "shop.buy", View::Client, Cause::Unavailable), "");
}

#[test]
fn the_cause_of_an_inner_failure_is_kept_with_the_status_of_who_answered() {
    // An error that a handler passes on, one of a branch, and one of a branch that is passed on.
    for shop in [
        "buy: [{on-failure: {of: [timeout], try: [{call: far.do}], then: []}}]",
        "buy: [{parallel: {branches: [[{call: far.do}], []]}}]",
    ] {
        let inner = Case { shop, far: "do: [{fail: deadlock}]", ..behind(EDGE, &["1s"]) };
        logs(&inner, "buy deadlock 1 in 0ms", "500 1");
    }
    let passed_on = Case {
        far: "do: [{fail: deadlock}]",
        calls: "{far.do: {fallback: {answer: default, for: [timeout]}}}",
        ..behind(EDGE, &["1s"])
    };
    logs(&passed_on, "buy deadlock 1 in 0ms", "500 1");
    assert_eq!(statuses(&passed_on.run(), "far.do", View::Call, Cause::Deadlock), "500");
}

/// How often a request of each four is tried while Redis is gone and the service answers, with such a retry.
fn tried_without_redis(deployment: &'static str) -> (u64, String) {
    let run = Case { shop: READS, scenario: NO_REDIS, ..behind(deployment, FOUR) }.run();
    (run.effect("tried"), run.log("edge", "shop.buy"))
}

#[test]
fn a_service_that_answers_is_not_tried_again_for_a_failure_of_the_way_to_it() {
    macro_rules! retried {
        ($on:literal) => {
            tried_without_redis(concat!(
                "caches: {redis: {holds: [page], command: 20us}}\n",
                "gateways: {edge: {routes: [all], retry: {num-retries: 2, retry-on: [",
                $on,
                "]}}}\n"
            ))
        };
    }
    let once = (4, "500 4".to_owned());
    assert_eq!(retried!("connect-failure"), once);
    assert_eq!(retried!("reset"), once);
    assert_eq!(retried!("refused-stream"), once);
    assert_eq!(retried!("gateway-error, retriable-4xx"), once);
    assert_eq!(retried!("5xx"), (12, "500 4".to_owned()));
}

/// `shop` with two replicas of one thread each and no accept queue, behind a gateway that goes round.
macro_rules! narrow {
    ($more:literal) => {
        concat!(
            "processes:\n  shop: {modules: [shop], cores: 1, threads: 1, accept-queue: 0, replicas: 2}\n",
            "  far: {modules: [far], cores: 1}\n",
            "gateways: {edge: {routes: [all], ",
            $more,
            "}}\n"
        )
    };
}

#[test]
fn a_connection_that_is_refused_is_tried_elsewhere() {
    // Three at once for two threads: the third is refused wherever it comes.
    let three = |deployment| Case {
        shop: "buy: [{effect: tried}, {delay: 50ms}]",
        ..behind(deployment, &["1s", "1s", "1s"])
    };
    let said = "buy served 2 in 50ms, queue-full 1 in 0ms; tried 2";
    logs(&three(narrow!("retry: {retry-on: [retriable-4xx]}")), said, "200 2, 503 1");
    // Later there is room.
    for deployment in [
        narrow!(
            "retry: {retry-on: [connect-failure], num-retries: 20, base-interval: 50ms, max-interval: 50ms}"
        ),
        narrow!(
            "retry: {retry-on: [refused-stream], num-retries: 20, base-interval: 50ms, max-interval: 50ms}"
        ),
        narrow!("retry: {retry-on: [5xx], num-retries: 20, base-interval: 50ms, max-interval: 50ms}"),
    ] {
        let run = three(deployment).run();
        assert_eq!(run.log("edge", "shop.buy"), "200 3");
    }
}

#[test]
fn a_request_in_a_replica_that_crashes_is_reset() {
    let crash = |deployment| Case {
        shop: "buy: [{effect: tried}, {delay: 10ms}]",
        scenario: "faults: [{at: 1005ms, for: 10s, crash: shop, replicas: 1}]\nduration: 2m\n",
        ..behind(deployment, &["1s"])
    };
    let tried = |deployment| {
        let run = crash(deployment).run();
        (run.effect("tried"), run.log("edge", "shop.buy"))
    };
    let (lost, served) = ((1, "502 1".to_owned()), (2, "200 1".to_owned()));
    assert_eq!(tried(narrow!("retry: {retry-on: [connect-failure, refused-stream]}")), lost);
    assert_eq!(tried(narrow!("retry: {retry-on: [reset]}")), served);
    assert_eq!(tried(narrow!("retry: {retry-on: [gateway-error]}")), served);
    // A gateway that tells the service of its time-outs does no different.
    assert_eq!(tried(narrow!("on-timeout: cancel, retry: {retry-on: [reset]}")), served);
    assert_eq!(tried(narrow!("on-timeout: cancel, retry: {retry-on: [connect-failure]}")), lost);
}

#[test]
fn replicas_that_answer_are_not_left_out_for_failures_behind_them() {
    macro_rules! ejects {
        ($keys:literal) => {
            tried_without_redis(concat!(
                "processes:\n  shop: {modules: [shop], cores: 1, style: event-loop, replicas: 2}\n",
                "  far: {modules: [far], cores: 1}\n",
                "caches: {redis: {holds: [page], command: 20us}}\n",
                "gateways: {edge: {routes: [all], outlier-detection: {max-ejection-percent: 100%, ",
                "healthy-panic-threshold: 0%, ",
                $keys,
                "}}}\n"
            ))
        };
    }
    let all = (4, "500 4".to_owned());
    assert_eq!(ejects!("consecutive-5xx: 9, consecutive-gateway-failure: 1"), all);
    assert_eq!(ejects!("consecutive-5xx: 1"), (2, "500 2, 503 2".to_owned()));
}

#[test]
fn a_replica_that_refuses_loses_weight_too() {
    // One of two replicas hangs: its only thread is taken by the first request, and all others are refused there.
    const TWELVE: &[&str] = &["1s", "3s", "5s", "7s", "9s", "11s", "13s", "15s", "17s", "19s", "21s", "23s"];
    let faults = "faults: [{at: 0s, for: 40s, hang: shop, replicas: 1}]\n";
    let failed = |deployment| {
        let run = Case { shop: "buy: [{delay: 10ms}]", scenario: faults, ..behind(deployment, TWELVE) }.run();
        run.operation("shop.buy", View::Client).failed
    };
    let round_robin = failed(narrow!("timeout: 500ms"));
    assert_eq!((round_robin[Cause::Timeout as usize], round_robin[Cause::QueueFull as usize]), (1, 5));
    let smooth = failed(narrow!("timeout: 500ms, balance: smooth-weighted"));
    assert_eq!((smooth[Cause::Timeout as usize], smooth[Cause::QueueFull as usize]), (1, 3));
}

#[test]
fn exporters_tell_answers_from_none() {
    let fires = |expr: &'static str, clients: &'static str| {
        let rules: &'static str =
            format!("groups: [{{name: shop, rules: [{{alert: Seen, expr: '{expr}'}}]}}]").leak();
        let watched = "alerts: {rules: [rules.yaml], scrape-interval: 1s, evaluation-interval: 1s}\n";
        let case = Case {
            far: "do: [{delay: 10ms}]",
            calls: "{far.do: {timeout: 8ms}}",
            rules,
            scenario: format!("{clients}{watched}").leak(),
            ..behind(EDGE, &["1s", "2s"])
        };
        case.run().record.happenings.iter().any(|it| it.kind == HappeningKind::AlertFiring)
    };
    let count = |labels: &str| -> &'static str {
        format!("http_server_requests_seconds_count{{uri=\"shop.buy\", {labels}}} == 2").leak()
    };
    let inner = count("status=\"500\", outcome=\"SERVER_ERROR\"");
    assert!(fires(inner, ""));
    assert!(fires("kong_http_requests_total{code=\"500\"} == 2", ""));
    assert!(fires("nginx_ingress_controller_requests{status=\"500\"} == 2", ""));
    assert!(!fires("nginx_ingress_controller_requests{status=\"504\"} > 0", ""));
    // Whoever leaves has the process stop, and nobody is answered.
    let clients = "clients: {shop.buy: {timeout: 4ms, on-timeout: cancel}}\n";
    assert!(fires(count("status=\"UNKNOWN\", outcome=\"UNKNOWN\""), clients));
    assert!(!fires(inner, clients));
}

#[test]
fn nobody_answers_for_work_in_the_background() {
    // A task that was started on the side, a record, and the filling of a cache: each fails, and nobody has asked.
    let background = Case {
        shop: "buy: [{spawn: shop.side}, {publish: {topic: t}}], side: [{fail: error}], record: [{fail: error}], \
               read: [{cached: {cache: page, on-miss: [{fail: error}]}}]",
        deployment: "logs: {kafka: {append: 0s, topics: {t: {partitions: 1, consumers: {group: g, operation: \
                     shop.record}}}}}\ncaches: {redis: {holds: [page], command: 0s}}\n",
        scenario: "runbook: [{name: fill, when: {at: 2s}, do: {warm: {cache: page, rate: 1/s, entries: 1}}}]\n",
        at: vec![("buy", &["1s"]), ("read", &["3s"])],
        ..Case::default()
    };
    let run = background.run();
    let told = |operation, view| {
        let failed = run.operation(operation, view).failed[Cause::Error as usize];
        (failed > 0, statuses(&run, operation, view, Cause::Error))
    };
    assert_eq!(told("shop.side", View::Background), (true, String::new()));
    assert_eq!(told("shop.record", View::Consumer), (true, String::new()));
    assert_eq!(told("warm page", View::Background), (true, String::new()));
    assert_eq!(told("shop.read", View::Client), (true, "500".to_owned()));
}
