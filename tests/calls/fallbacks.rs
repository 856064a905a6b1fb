//! What a caller answers with when its call has failed, and what that counts as.

use brownout::component::View;

use crate::case::Case;

const FAILS: &str = "do: [{delay: 10ms}, {fail: error}]";

fn case(far: &'static str, calls: &'static str, at: &'static [&'static str]) -> Case {
    Case { far, calls, at: vec![("buy", at)], ..Case::default() }
}

#[test]
fn a_fallback_serves_what_failed_and_the_answer_is_degraded() {
    let run = case(FAILS, "{far.do: {fallback: {answer: default}}}", &["1s", "2s"])
        .check("buy served 2 in 10ms, 2 degraded");
    let call = run.operation("far.do", View::Call);
    assert_eq!((call.served, call.degraded(), call.failures()), (2, 2, 0));
    case(FAILS, "{far.do: {fallback: {answer: cached, takes: 5ms}}}", &["1s"])
        .check("buy served 1 in 15ms, 1 degraded");
}

#[test]
fn an_answer_in_full_is_not_degraded() {
    case("do: [{delay: 10ms}]", "{far.do: {fallback: {answer: partial}}}", &["1s"])
        .check("buy served 1 in 10ms");
}

#[test]
fn a_fallback_answers_for_the_kinds_that_it_lists() {
    let only = "{far.do: {fallback: {answer: default, for: [timeout, circuit-open]}}}";
    case(FAILS, only, &["1s"]).check("buy error 1 in 10ms");
    let timed = "{far.do: {timeout: 4ms, fallback: {answer: default, for: [timeout]}}}";
    case(FAILS, timed, &["1s"]).check("buy served 1 in 4ms, 1 degraded");
    let full = "{far.do: {fallback: {answer: cached, for: [out-of-memory]}}}";
    case("do: [{fail: out-of-memory}]", full, &["1s"]).check("buy served 1 in 0ms, 1 degraded");
    case("do: [{fail: queue-full}]", full, &["1s"]).check("buy queue-full 1 in 0ms");
}

#[test]
fn what_the_business_turns_down_is_an_answer_unless_it_is_listed() {
    let declines = "do: [{fail: declined}]";
    case(declines, "{far.do: {fallback: {answer: default}}}", &["1s"]).check("buy declined 1 in 0ms");
    case(declines, "{far.do: {fallback: {answer: default, for: [declined]}}}", &["1s"])
        .check("buy served 1 in 0ms, 1 degraded");
}

#[test]
fn it_comes_after_the_last_retry() {
    let calls = "{far.do: {retry: {wait-duration: 5ms}, fallback: {answer: default}}}";
    case("do: [{effect: tried}, {delay: 10ms}, {fail: error}]", calls, &["1s"])
        .check("buy served 1 in 40ms, 1 degraded; tried 3");
}

#[test]
fn it_answers_while_the_breaker_is_open_and_when_the_bulkhead_is_full() {
    let breaker = "{far.do: {circuit-breaker: {sliding-window-size: 1}, fallback: {answer: default}}}";
    case("do: [{effect: tried}, {delay: 10ms}, {fail: error}]", breaker, &["1s", "2s"])
        .check("buy served 2 in 5ms, 2 degraded; tried 1");
    let bulkhead = "{far.do: {max-concurrent-calls: 1, fallback: {answer: default}}}";
    case("do: [{delay: 10ms}]", bulkhead, &["1s", "1s"]).check("buy served 2 in 5ms, 1 degraded");
}

#[test]
fn another_operation_answers_with_the_policies_of_its_own_calls() {
    let far =
        "do: [{delay: 10ms}, {fail: error}], lite: [{delay: 3ms}], broken: [{delay: 3ms}, {fail: declined}]";
    case(far, "{far.do: {fallback: {answer: {operation: lite}}}}", &["1s"])
        .check("buy served 1 in 13ms, 1 degraded");
    // It has the last word, also where it fails.
    case(far, "{far.do: {fallback: {answer: {operation: far.broken}}}}", &["1s"])
        .check("buy declined 1 in 13ms");
    let chain = "{far.do: {fallback: {answer: {operation: lite}}}, \
                 far.lite: {timeout: 1ms, fallback: {answer: default, takes: 2ms}}}";
    case(far, chain, &["1s"]).check("buy served 1 in 13ms, 1 degraded");
    // In the caller's own process it is no call.
    let local = Case {
        shop: "buy: [{call: far.do}], guess: [{delay: 1ms}]",
        ..case(far, "{far.do: {fallback: {answer: {operation: shop.guess}}}}", &["1s"])
    };
    local.check("buy served 1 in 11ms, 1 degraded");
}

#[test]
fn fallbacks_in_a_circle_and_of_unknown_operations_are_mistakes() {
    let circle =
        "{far.do: {fallback: {answer: {operation: lite}}}, far.lite: {fallback: {answer: {operation: do}}}}";
    let mistakes = case("do: [{fail: error}], lite: [{fail: error}]", circle, &["1s"]).mistakes();
    assert_eq!(mistakes, ["these operations wait for each other: far.do → far.lite → far.do"]);
    let unknown = "{far.do: {fallback: {answer: {operation: nowhere}}}}";
    assert_eq!(case(FAILS, unknown, &["1s"]).mistakes().len(), 1);
}

#[test]
fn only_the_request_whose_answer_it_is_a_part_of_is_degraded() {
    // A branch that nobody waits for any more says nothing about the answer; one that is needed does.
    let branches = |need: &'static str| Case {
        shop: need,
        ..case(FAILS, "{far.do: {fallback: {answer: default}}}", &["1s"])
    };
    branches("buy: [{parallel: {need: any, branches: [[{delay: 1ms}], [{call: far.do}]]}}]")
        .check("buy served 1 in 1ms");
    branches("buy: [{parallel: {branches: [[{delay: 1ms}], [{call: far.do}]]}}]")
        .check("buy served 1 in 10ms, 1 degraded");
    // The same under a client's time-out, which makes the request a branch of its own.
    let timed = Case {
        scenario: "clients: {shop.buy: {timeout: 1s}}\n",
        ..case(FAILS, "{far.do: {fallback: {answer: default}}}", &["1s"])
    };
    timed.check("buy served 1 in 10ms, 1 degraded");
    // Its other calls are answered in full.
    let two = Case {
        shop: "buy: [{call: far.do}, {call: far.other}]",
        ..case(
            "do: [{fail: error}], other: [{delay: 2ms}]",
            "{far.do: {fallback: {answer: default}}}",
            &["1s"],
        )
    };
    let run = two.check("buy served 1 in 2ms, 1 degraded");
    assert_eq!(run.operation("far.other", View::Call).degraded(), 0);
}

#[test]
fn goodput_leaves_degraded_answers_out() {
    let far = "do: [{choose: {branches: [{weight: 50%, steps: [{fail: error}]}, {weight: 50%, steps: []}]}}]";
    let half = Case {
        far,
        calls: "{far.do: {fallback: {answer: default}}}",
        scenario: "load: {shop.buy: {rate: 200/s}}\nduration: 100s\n",
        ..Case::default()
    };
    let results = half.results();
    let buy = results.windows[0].operations.iter().find(|it| it.name.view == View::Client).unwrap();
    let (served, good) = (buy.served_per_s.mean, buy.goodput_per_s.mean);
    let degraded = buy.degraded_share.mean * served;
    assert!((served - good - degraded).abs() < 1e-9, "{served} {good} {degraded}");
    // 20,000 fair draws: ± 4 standard deviations of 0.0035.
    crate::case::near(buy.degraded_share.mean, 0.5, 0.014);
    assert_eq!(buy.failed_share.mean, 0.0);
}

#[test]
fn what_a_failed_attempt_was_told_is_no_part_of_the_answer() {
    // The fallback answers, but what it is for fails: the answer is another one.
    let shop = "buy: [{on-failure: {try: [{call: far.do}, {fail: error}], then: [{delay: 1ms}]}}]";
    let calls = "{far.do: {fallback: {answer: default}}}";
    Case { shop, ..case(FAILS, calls, &["1s"]) }.check("buy served 1 in 11ms");
    // The handler's own part counts, and so does what came before.
    let handled = "buy: [{on-failure: {try: [{fail: error}], then: [{call: far.do}]}}]";
    Case { shop: handled, ..case(FAILS, calls, &["1s"]) }.check("buy served 1 in 10ms, 1 degraded");
    let before = "buy: [{call: far.do}, {on-failure: {try: [{fail: error}], then: []}}]";
    Case { shop: before, ..case(FAILS, calls, &["1s"]) }.check("buy served 1 in 10ms, 1 degraded");
    // Nobody is there at the first attempt, and all is well at the second.
    let tried = "buy: [{attempt: {retry: {wait-duration: 10ms}, steps: [{call: far.do}, {call: far.more}]}}]";
    let again = Case {
        shop: tried,
        scenario: "faults: [{at: 0s, for: 1005ms, crash: far}]\n",
        ..case("do: [], more: []", calls, &["1s", "2s"])
    };
    again.check("buy served 2 in 5ms");
}
