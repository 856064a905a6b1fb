//! Which failures are tried again, and how often all callers together may.

use brownout::component::View;
use brownout::record::Cause;

use crate::case::{Case, near};

const TRIED: &str = "do: [{effect: tried}, {delay: 10ms}, {fail: error}]";

fn case(far: &'static str, calls: &'static str, at: &'static [&'static str]) -> Case {
    Case { far, calls, at: vec![("buy", at)], ..Case::default() }
}

#[test]
fn only_listed_kinds_are_tried_again() {
    case(TRIED, "{far.do: {retry: {wait-duration: 1ms}}}", &["1s"]).check("buy error 1 in 32ms; tried 3");
    case(TRIED, "{far.do: {retry: {wait-duration: 1ms, retry-exceptions: [timeout]}}}", &["1s"])
        .check("buy error 1 in 10ms; tried 1");
    case(TRIED, "{far.do: {retry: {wait-duration: 1ms, ignore-exceptions: [error]}}}", &["1s"])
        .check("buy error 1 in 10ms; tried 1");
    // To be ignored is stronger than to be listed.
    let both =
        "{far.do: {retry: {wait-duration: 1ms, retry-exceptions: [error], ignore-exceptions: [error]}}}";
    case(TRIED, both, &["1s"]).check("buy error 1 in 10ms; tried 1");
}

#[test]
fn what_is_declined_is_tried_again_only_where_it_is_listed() {
    let far = "do: [{effect: tried}, {delay: 10ms}, {fail: declined}]";
    case(far, "{far.do: {retry: {wait-duration: 1ms}}}", &["1s"]).check("buy declined 1 in 10ms; tried 1");
    case(far, "{far.do: {retry: {wait-duration: 1ms, retry-exceptions: [declined]}}}", &["1s"])
        .check("buy declined 1 in 32ms; tried 3");
}

#[test]
fn a_kind_that_there_is_not_is_a_mistake() {
    let calls =
        "{far.do: {retry: {retry-exceptions: [time-out]}, circuit-breaker: {ignore-exceptions: [declind]}}}";
    let mistakes = case(TRIED, calls, &["1s"]).mistakes();
    assert_eq!(mistakes, ["there is no kind of failure `time-out`", "there is no kind of failure `declind`"]);
}

const FIVE: &[&str] = &["1s", "2s", "3s", "4s", "5s"];

#[test]
fn a_bucket_of_retries_is_shared_by_all_calls() {
    let empty = "{far.do: {retry: {wait-duration: 0s, \
                 budget: {token-bucket: {fill-per-first-try: 0%, initial: 3}}}}}";
    // The first call has both of its retries, the second one, the others none.
    case(TRIED, empty, FIVE).check("buy error 5 in 16ms; tried 8");
    // Each first try earns half a retry: calls 2 and 4 have one.
    let half = "{far.do: {retry: {wait-duration: 0s, \
                budget: {token-bucket: {fill-per-first-try: 50%, initial: 0}}}}}";
    case(TRIED, half, FIVE).check("buy error 5 in 14ms; tried 7");
}

#[test]
fn a_share_of_a_sliding_window_is_for_retries() {
    // Of 5 requests with 2 retries, 7 tries in all, 2 are at most 30 %: 2/7; a third would be 3/8.
    let calls = "{far.do: {retry: {wait-duration: 0s, budget: {ratio: {ratio: 30%}}}}}";
    case(TRIED, calls, FIVE).check("buy error 5 in 14ms; tried 7");
}

#[test]
fn a_share_of_what_is_under_way_is_for_retries() {
    const TEN: &[&str] = &["1s"; 10];
    let calls = "{far.do: {retry: {wait-duration: 1ms, \
                 budget: {concurrency: {budget-percent: 20%, min-retry-concurrency: 0}}}}}";
    // Ten under way: two of them may be tried again. Those end second and last, when nobody else is under way.
    case(TRIED, calls, TEN).check("buy error 10 in 12.2ms; tried 12");
    // One by one: none is a fifth of one.
    case(TRIED, calls, FIVE).check("buy error 5 in 10ms; tried 5");
}

#[test]
fn the_quota_of_an_aws_sdk_is_spent_by_retries_and_refilled_by_successes() {
    let calls =
        "{far.do: {retry: {wait-duration: 0s, max-attempts: 2, budget: {aws-standard: {capacity: 10}}}}}";
    case(TRIED, calls, FIVE).check("buy error 5 in 14ms; tried 7");
    // Nothing fails and nothing is tried again, whatever is in the bucket.
    case("do: [{effect: tried}]", calls, FIVE).check("buy served 5 in 0ms; tried 5");
}

#[test]
fn each_replica_of_the_caller_has_a_budget_of_its_own() {
    let deployment = "processes:\n  shop: {modules: [shop], cores: 1, style: event-loop, replicas: 2}\n  \
                      far: {modules: [far], cores: 64, style: event-loop}\n";
    let calls = "{far.do: {retry: {wait-duration: 0s, budget: {token-bucket: {fill-per-first-try: 0%, initial: 1}}}}}";
    Case { deployment, ..case(TRIED, calls, FIVE) }.check("buy error 5 in 14ms; tried 7");
}

#[test]
fn a_retry_that_is_cut_short_is_no_longer_under_way() {
    // The second attempt of each request runs from 15 to 25 ms and is cut short at 20; were it still counted, the
    // second request would have one attempt only.
    let shop = "buy: [{on-failure: {try: [{attempt: {timeout: 20ms, steps: [{call: far.do}]}}], then: []}}]";
    let calls = "{far.do: {retry: {wait-duration: 5ms, \
                 budget: {concurrency: {budget-percent: 0%, min-retry-concurrency: 1}}}}}";
    Case { shop, ..case(TRIED, calls, &["1s", "2s"]) }.check("buy served 2 in 20ms; tried 4");
}

#[test]
fn clients_and_attempts_have_the_same_policies() {
    let clients = "clients: {shop.buy: {retry: {wait-duration: 0s, retry-exceptions: [error], \
                   budget: {token-bucket: {fill-per-first-try: 0%, initial: 3}}}}}\n";
    Case { scenario: clients, ..case(TRIED, "", FIVE) }.check("buy error 5 in 16ms; tried 8");
    let shop = "buy: [{attempt: {retry: {wait-duration: 0s, \
                budget: {token-bucket: {fill-per-first-try: 0%, initial: 3}}}, steps: [{call: far.do}]}}]";
    Case { shop, ..case(TRIED, "", FIVE) }.check("buy error 5 in 16ms; tried 8");
}

#[test]
fn the_quota_of_an_aws_sdk_has_a_price_for_each_kind_of_failure() {
    // Of ten tokens: one retry at ten, two at five, five at two.
    let calls = "{far.do: {retry: {wait-duration: 0s, max-attempts: 2, \
                 budget: {aws-standard: {capacity: 10, retry-cost: 10}}}}}";
    case(TRIED, calls, FIVE).check("buy error 5 in 12ms; tried 6");
    let throttled = "do: [{effect: tried}, {delay: 10ms}, {fail: rate-limited}]";
    let calls = "{far.do: {retry: {wait-duration: 0s, max-attempts: 2, \
                 budget: {aws-standard: {capacity: 10, retry-cost: 1, throttling-retry-cost: 10}}}}}";
    let passed_on = "processes:\n  shop: {modules: [shop], cores: 64, style: event-loop}\n  \
                     far: {modules: [far], cores: 64, style: event-loop, answers-as: {rate-limited: 429, timeout: 504}}\n";
    Case { deployment: passed_on, ..case(throttled, calls, FIVE) }
        .check("buy rate-limited 5 in 12ms; tried 6");
    // What limits the service is no matter of its callers: it answers 500.
    case(throttled, calls, FIVE).check("buy rate-limited 5 in 20ms; tried 10");
    // A limit of an external party is its 429.
    let bank = "externals: {bank: {latency: 0s, rate-limit: {rate: 0/s, burst: 1, initial: 0}}}\n";
    let own = "buy: [{attempt: {retry: {wait-duration: 0s, max-attempts: 2, \
               budget: {aws-standard: {capacity: 10, retry-cost: 1, throttling-retry-cost: 10}}}, \
               steps: [{effect: tried}, {request: bank}]}}]";
    Case { shop: own, deployment: bank, ..case("do: []", "{}", FIVE) }
        .check("buy rate-limited 5 in 0ms; tried 6");
    let calls = "{far.do: {timeout: 5ms, retry: {wait-duration: 0s, max-attempts: 2, \
                 budget: {aws-standard: {capacity: 10}}}}}";
    case(TRIED, calls, FIVE).check("buy timeout 5 in 6ms; tried 6");
    let calls = "{far.do: {timeout: 5ms, retry: {wait-duration: 0s, max-attempts: 2, \
                 budget: {aws-standard: {capacity: 10, timeout-retry-cost: 2}}}}}";
    case(TRIED, calls, FIVE).check("buy timeout 5 in 10ms; tried 10");
}

/// A time-out inside the service is an error of it, even where it says 504: it has answered.
#[test]
fn the_quota_of_an_aws_sdk_knows_a_late_answer_from_one_about_lateness() {
    let late = "do: [{effect: tried}, {attempt: {timeout: 10ms, steps: [{delay: 1s}]}}]";
    let calls = "{far.do: {retry: {wait-duration: 0s, max-attempts: 2, \
                 budget: {aws-standard: {capacity: 10, retry-cost: 1, timeout-retry-cost: 10}}}}}";
    case(late, calls, FIVE).check("buy timeout 5 in 20ms; tried 10");
    let says = "processes:\n  shop: {modules: [shop], cores: 64, style: event-loop}\n  \
                far: {modules: [far], cores: 64, style: event-loop, answers-as: {timeout: 504}}\n";
    Case { deployment: says, ..case(late, calls, FIVE) }.check("buy timeout 5 in 20ms; tried 10");
    // The call's own time-out is over before the service has said anything.
    let sooner = "{far.do: {timeout: 5ms, retry: {wait-duration: 0s, max-attempts: 2, \
                  budget: {aws-standard: {capacity: 10, retry-cost: 1, timeout-retry-cost: 10}}}}}";
    case(late, sooner, FIVE).check("buy timeout 5 in 6ms; tried 6");
}

#[test]
fn backoffs_have_the_defaults_of_the_product() {
    let waits = |backoff: &str, expected: &str| {
        let calls: &'static str =
            format!("{{far.do: {{retry: {{wait-duration: 100ms, backoff: {backoff}}}}}}}").leak();
        Case { far: "do: [{fail: error}]", calls, at: vec![("buy", &["1s"])], ..Case::default() }
            .check(expected);
    };
    // 100 ms, and one and a half times as long.
    waits("exponential", "buy error 1 in 250ms");
    waits("{exponential: {}}", "buy error 1 in 250ms");
    waits("{exponential: {max: 120ms}}", "buy error 1 in 220ms");
    waits("{exponential-random: {factor: 0%}}", "buy error 1 in 250ms");
}

/// A time-out of a call counts in whole milliseconds, as that of Resilience4j does.
#[test]
fn a_fraction_of_a_millisecond_is_no_wait() {
    let case = |far: &'static str, calls: &'static str| Case {
        far,
        calls,
        at: vec![("buy", &["1s"])],
        ..Case::default()
    };
    case("do: [{delay: 500us}]", "{far.do: {timeout: 999us}}").check("buy timeout 1 in 0ms");
    case("do: [{delay: 1.2ms}]", "{far.do: {timeout: 1500us}}").check("buy timeout 1 in 1ms");
    case("do: [{delay: 1ms}]", "{far.do: {timeout: 1500us}}").check("buy served 1 in 1ms");
}

#[test]
fn a_share_for_retries_has_a_floor_and_forgets() {
    // No share, but two retries in two minutes: the first call has them.
    let floor = "{far.do: {retry: {wait-duration: 0s, budget: {ratio: {ratio: 0%, min-retries: 2}}}}}";
    case(TRIED, floor, FIVE).check("buy error 5 in 14ms; tried 7");
    // Two in each second: every call has them.
    let second =
        "{far.do: {retry: {wait-duration: 0s, budget: {ratio: {ratio: 0%, min-retries: 2, window: 1s}}}}}";
    case(TRIED, second, FIVE).check("buy error 5 in 30ms; tried 15");
}

#[test]
fn the_quota_of_an_aws_sdk_grows_with_each_success_at_the_first_try() {
    // The first call fails and spends all; the second is served; the third fails and has a retry if that earned enough.
    let faults = "faults: [{at: 0s, for: 1500ms, errors: far, share: 100%}, \
                  {at: 2500ms, for: 9s, errors: far, share: 100%}]\n";
    let three: &[&str] = &["1s", "2s", "3s"];
    let calls = "{far.do: {retry: {wait-duration: 100ms, max-attempts: 2, \
                 budget: {aws-standard: {capacity: 10, retry-cost: 10, no-retry-increment: 10}}}}}";
    Case { scenario: faults, ..case("do: []", calls, three) }.check("buy served 1 in 0ms, error 2 in 100ms");
    let calls = "{far.do: {retry: {wait-duration: 100ms, max-attempts: 2, \
                 budget: {aws-standard: {capacity: 10, retry-cost: 10}}}}}";
    Case { scenario: faults, ..case("do: []", calls, three) }.check("buy served 1 in 0ms, error 2 in 50ms");
}

/// The mean time of two retries, of calls that fail at once, and an interval about it.
#[track_caller]
fn waits(retry: &'static str, mean_ms: f64, within_ms: f64) {
    let scenario = "load: {shop.buy: {rate: 20/s}}\nduration: 1000s\n";
    let case = Case { scenario, at: Vec::new(), ..case("do: [{fail: error}]", retry, &[]) };
    let buy = case.run().operation("shop.buy", View::Client);
    assert!(buy.served == 0 && buy.failures() > 19_000);
    near(buy.failed_latency.mean_secs().unwrap() * 1e3, mean_ms, within_ms);
}

/// Two waits each, of 20,000 calls. The bounds are 4 standard deviations of the mean: of a uniform draw of width w, w ÷ √12.
#[test]
fn backoffs_wait_as_long_as_they_say() {
    waits("{far.do: {retry: {wait-duration: 100ms}}}", 200.0, 0.01);
    waits("{far.do: {retry: {wait-duration: 100ms, backoff: {randomized: {factor: 50%}}}}}", 200.0, 1.2);
    // 100 and 200 ms; each spread by a half; and neither above 50 ms.
    waits("{far.do: {retry: {wait-duration: 100ms, backoff: {exponential: {multiplier: 2}}}}}", 300.0, 0.01);
    waits(
        "{far.do: {retry: {wait-duration: 100ms, backoff: {exponential: {multiplier: 2, max: 150ms}}}}}",
        250.0,
        0.01,
    );
    waits(
        "{far.do: {retry: {wait-duration: 100ms, backoff: {exponential-random: {multiplier: 2, factor: 50%}}}}}",
        300.0,
        1.9,
    );
    waits(
        "{far.do: {retry: {wait-duration: 100ms, backoff: {exponential-random: {multiplier: 2, factor: 50%, max: 50ms}}}}}",
        100.0,
        0.01,
    );
    // Up to 100 and 200 ms; from half of that on; up to 25 and 75 ms.
    waits("{far.do: {retry: {wait-duration: 100ms, backoff: {full-jitter: {max: 10s}}}}}", 150.0, 1.9);
    waits("{far.do: {retry: {wait-duration: 100ms, backoff: {equal-jitter: {max: 10s}}}}}", 225.0, 0.95);
    waits("{far.do: {retry: {wait-duration: 100ms, backoff: {equal-jitter: {max: 100ms}}}}}", 150.0, 0.6);
    waits("{far.do: {retry: {wait-duration: 25ms, backoff: {envoy-jitter: {max: 250ms}}}}}", 50.0, 0.7);
    waits("{far.do: {retry: {wait-duration: 25ms, backoff: {envoy-jitter: {max: 25ms}}}}}", 25.0, 0.3);
    // 100 to 300 ms, 200 on average; then 100 ms to three times that: 350 on average.
    waits(
        "{far.do: {retry: {wait-duration: 100ms, backoff: {decorrelated-jitter: {max: 10s}}}}}",
        550.0,
        6.5,
    );
}

#[test]
fn jitter_spreads_any_backoff() {
    // 80 to 120 ms: cut short at 95 ms, that is 25 of 40.
    let shop = "buy: [{attempt: {timeout: 95ms, steps: [{call: far.do}]}}]";
    let calls = "{far.do: {retry: {wait-duration: 100ms, max-attempts: 2, jitter: 20%}}}";
    let scenario = "load: {shop.buy: {rate: 20/s}}\nduration: 1000s\n";
    let case = Case { shop, scenario, at: Vec::new(), ..case("do: [{fail: error}]", calls, &[]) };
    let buy = case.run().operation("shop.buy", View::Client);
    near(buy.failed[Cause::Timeout as usize] as f64 / buy.ended() as f64, 0.625, 0.014);
}

/// Attempts that are cut short at 30 ms, fail or are answered, and are tried again.
#[test]
fn every_attempt_is_answered_fails_or_is_cut_short() {
    let case = Case {
        shop: "buy: [{attempt: {retry: {wait-duration: 5ms}, steps: [\
               {on-failure: {of: [timeout], try: [{call: far.do}], then: [{effect: cut}], rethrow: true}}]}}]",
        far: "do: [{effect: began}, {delay: {exponential: {mean: 20ms}}}, {choose: {branches: [\
              {weight: 70%, steps: [{effect: answered}]}, {weight: 30%, steps: [{effect: failed}, {fail: error}]}]}}]",
        calls: "{far.do: {timeout: 30ms, on-timeout: cancel}}",
        scenario: "load: {shop.buy: {rate: 100/s}}\nduration: 200s\n",
        ..Case::default()
    };
    let run = case.run();
    let [began, answered, failed, cut] = ["began", "answered", "failed", "cut"].map(|name| run.effect(name));
    let under_way = began - answered - failed - cut;
    assert!(cut > 5_000 && under_way <= run.record.in_flight_end, "{began} {answered} {failed} {cut}");
    // The same as calls are counted.
    let call = run.operation("far.do", View::Call);
    assert_eq!((call.offered, call.served), (began, answered));
    assert_eq!((call.failed[Cause::Error as usize], call.failed[Cause::Timeout as usize]), (failed, cut));
    assert_eq!(call.offered - call.ended(), under_way);
    // Cut is whoever would take longer: e^(−1.5) of all.
    near(cut as f64 / began as f64, (-1.5_f64).exp(), 0.01);
    // Whoever asked was answered, or had three attempts that were not.
    let buy = run.operation("shop.buy", View::Client);
    assert_eq!(buy.served, answered);
    let bad = 1.0 - 0.7 * (1.0 - (-1.5_f64).exp());
    near(buy.failures() as f64 / buy.ended() as f64, bad.powi(3), 0.012);
}

/// What a class of service fills in, where nobody answers for 200 s.
#[test]
fn a_class_of_service_has_its_time_out_and_its_attempts() {
    let scenario = "\nduration: 20m\n";
    let far = "do: [{effect: tried}, {delay: 200s}]";
    Case { scenario, ..case(far, "{far.do: {class: upload}}", &["1s"]) }
        .check("buy timeout 1 in 120000ms; tried 1");
    let run = Case { scenario, ..case(far, "{far.do: {class: async}}", &["1s"]) }.run();
    assert_eq!(run.effect("tried"), 10, "{}", run.told());
    let run = Case { scenario, ..case(far, "{far.do: {class: analytics}}", &["1s"]) }.run();
    assert_eq!(run.effect("tried"), 9, "{}", run.told());
}
