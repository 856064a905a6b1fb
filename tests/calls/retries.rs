//! Which failures are tried again, and how often all callers together may.

use crate::case::Case;

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
    case(throttled, calls, FIVE).check("buy rate-limited 5 in 12ms; tried 6");
    let calls = "{far.do: {timeout: 5ms, retry: {wait-duration: 0s, max-attempts: 2, \
                 budget: {aws-standard: {capacity: 10}}}}}";
    case(TRIED, calls, FIVE).check("buy timeout 5 in 6ms; tried 6");
    let calls = "{far.do: {timeout: 5ms, retry: {wait-duration: 0s, max-attempts: 2, \
                 budget: {aws-standard: {capacity: 10, timeout-retry-cost: 2}}}}}";
    case(TRIED, calls, FIVE).check("buy timeout 5 in 10ms; tried 10");
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
