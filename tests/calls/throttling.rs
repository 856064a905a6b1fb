//! Callers that hold back while too few of their calls are accepted.

use brownout::component::View;

use crate::case::Case;

/// Calls of `far.do`, which asks a bank, and passes its 429 on.
fn asking(bank: &str, calls: &'static str, scenario: &'static str) -> Case {
    let deployment = passing_on(bank, "{rate-limited: 429}");
    Case { far: "do: [{effect: sent}, {request: bank}]", calls, deployment, scenario, ..Case::default() }
}

/// A bank with these limits, and how `far` answers its failures.
fn passing_on(bank: &str, answers_as: &str) -> &'static str {
    format!(
        "processes:\n  shop: {{modules: [shop], cores: 64, style: event-loop}}\n  \
         far: {{modules: [far], cores: 64, style: event-loop, answers-as: {answers_as}}}\n\
         externals: {{bank: {{latency: 1ms, {bank}}}}}\n"
    )
    .leak()
}

/// A bank that takes nothing.
const NOTHING: &str = "rate-limit: {rate: 0/s, burst: 1, initial: 0}";

const THROTTLED: &str = "{far.do: {adaptive-throttling: {window: 10s}}}";

/// In the long run `sent = K × accepted`, whatever is offered: P = (requests − K × accepts) ÷ (requests + 1) of the
/// requests are rejected. Google SRE book, "Handling Overload".
#[test]
fn callers_send_k_times_what_is_accepted() {
    let bank = "rate-limit: {rate: 20/s, burst: 20}";
    let load = "load: {shop.buy: {rate: 100/s}}\nduration: 30m\n";
    let run = asking(bank, THROTTLED, load).run();
    let record = run.operation("shop.buy", View::Client);
    let (offered, accepted) = (record.offered as f64, record.served as f64);
    let sent = run.effect("sent") as f64;
    assert!((accepted / (20.0 * 1800.0) - 1.0).abs() < 0.01, "{accepted} accepted");
    // Rejections are drawn: 180,000 with a probability of 0.6 have a standard deviation of 0.2 % of their number.
    let rejected = offered - sent;
    assert!((rejected / (offered - 2.0 * accepted) - 1.0).abs() < 0.01, "{rejected} of {offered} rejected");
}

/// While at least one in K is accepted, nothing is rejected by the caller.
#[test]
fn nothing_is_rejected_while_enough_is_accepted() {
    let bank = "rate-limit: {rate: 60/s, burst: 60}";
    let run =
        asking(bank, THROTTLED, "load: {shop.buy: {deterministic: {rate: 100/s}}}\nduration: 10m\n").run();
    let offered = run.operation("shop.buy", View::Client).offered as f64;
    assert_eq!(run.effect("sent") as f64, offered);
}

#[test]
fn an_error_of_the_other_side_is_an_answer_and_a_time_out_is_none() {
    let at: &[&str] = &["1s", "2s", "3s", "4s", "5s", "6s", "7s", "8s", "9s", "10s"];
    let case = |far: &'static str, calls: &'static str| Case {
        far,
        calls,
        at: vec![("buy", at)],
        ..Case::default()
    };
    case("do: [{effect: tried}, {fail: error}]", "{far.do: {adaptive-throttling: {}}}")
        .check("buy error 10 in 0ms; tried 10");
    let late =
        case("do: [{effect: tried}, {delay: 20ms}]", "{far.do: {timeout: 10ms, adaptive-throttling: {}}}")
            .run();
    assert!(late.effect("tried") < 10, "{}", late.told());
}

/// What the service answers decides, and not what went wrong inside it.
#[test]
fn only_an_answer_that_asks_for_less_is_no_accept() {
    let sent = |far: &'static str, answers_as: &str| {
        let deployment = passing_on(NOTHING, answers_as);
        let load = "load: {shop.buy: {deterministic: {rate: 10/s}}}\nduration: 2m\n";
        let case = Case { far, calls: THROTTLED, deployment, scenario: load, ..Case::default() };
        (case.run().effect("sent"), case.run().operation("shop.buy", View::Client).offered)
    };
    // The bank's limit, and a time-out of the service's own, are errors of the service: 500, or what it says.
    for far in [
        "do: [{effect: sent}, {request: bank}]",
        "do: [{effect: sent}, {attempt: {timeout: 5ms, steps: [{delay: 10ms}]}}]",
    ] {
        for answers_as in ["{}", "{rate-limited: 502, timeout: 504}"] {
            let (sent, offered) = sent(far, answers_as);
            assert_eq!(sent, offered, "{far} {answers_as}");
        }
        for answers_as in ["{rate-limited: 429, timeout: 429}", "{rate-limited: 503, timeout: 503}"] {
            let (sent, offered) = sent(far, answers_as);
            assert!(sent < offered / 5, "{far} {answers_as}: {sent} of {offered} sent");
        }
    }
}

#[test]
fn a_rejection_is_no_failure_for_the_breaker_and_may_be_tried_again() {
    let bank = NOTHING;
    let calls = "{far.do: {adaptive-throttling: {window: 1h}, retry: {max-attempts: 2, wait-duration: 0s}, \
                 circuit-breaker: {sliding-window-size: 1000, minimum-number-of-calls: 1000}}}";
    let run = asking(bank, calls, "load: {shop.buy: {rate: 10/s}}\nduration: 2m\n").run();
    // Nothing is accepted: the n-th attempt is sent with probability 1 ÷ n, so about ln(2400) + 0.6 of 2,400 are.
    let sent = run.effect("sent");
    assert!((3..=20).contains(&sent), "{sent} sent");
}

#[test]
fn settings_without_a_sense_are_mistakes() {
    let wrong = "{far.do: {adaptive-throttling: {multiplier: 0.5, window: 2h}}}";
    assert_eq!(Case { calls: wrong, at: vec![("buy", &["1s"])], ..Case::default() }.mistakes().len(), 2);
}
