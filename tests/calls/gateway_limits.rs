//! Limits of gateways that count by steps or by windows.

use brownout::component::View;
use brownout::record::Cause;
use brownout::sizing::fixed_window_refusals;
use brownout::units::{Rate, Span};

use crate::case::{Case, near};
use crate::gateways::logs;

/// Process `shop` behind a gateway with these keys; requests take no time.
macro_rules! behind {
    ($keys:literal) => {
        Case {
            shop: "buy: []",
            deployment: concat!("gateways: {edge: {routes: [all], ", $keys, "}}\n"),
            ..Case::default()
        }
    };
}

/// Share of requests that were answered 429, under such a load.
#[track_caller]
fn refused(case: Case, load: &'static str) -> f64 {
    let run = Case { scenario: load, ..case }.run();
    let buy = run.operation("shop.buy", View::Client);
    let refused = buy.failed[Cause::RateLimited as usize];
    assert_eq!((buy.served + refused, buy.ended()), (buy.offered, buy.offered));
    assert_eq!(run.log("edge", "shop.buy"), format!("200 {}, 429 {refused}", buy.served));
    refused as f64 / buy.offered as f64
}

/// A bucket that each fill makes full lets through what a fixed window of the same length does.
#[test]
fn a_full_bucket_in_steps_refuses_what_a_fixed_window_does() {
    let bucket = behind!("local-rate-limit: {max-tokens: 50, tokens-per-fill: 50, fill-interval: 500ms}");
    let share = refused(bucket, "load: {shop.buy: {rate: 90/s}}\nduration: 4000s\n");
    let theory = fixed_window_refusals(Rate::per_second(90.0), Span::from_millis(500), 50).unwrap();
    near(share, theory.as_fraction(), 0.002);
}

#[test]
fn tokens_come_in_steps_up_to_the_most_there_can_be() {
    let at = |at: &'static [&'static str], case: Case| Case { at: vec![("buy", at)], ..case };
    // Four tokens at first, one more at each second, which is the default.
    let case = behind!("local-rate-limit: {max-tokens: 4}");
    let five: &[&str] = &["999ms", "999ms", "999ms", "999ms", "999ms", "1s", "1s", "1999ms"];
    logs(&at(five, case), "buy served 5 in 0ms, rate-limited 3 in 0ms", "200 5, 429 3");
    // Two at a time, but never more than two.
    let case = behind!("local-rate-limit: {max-tokens: 2, tokens-per-fill: 2, fill-interval: 100ms}");
    let bursts: &[&str] = &["50ms", "50ms", "50ms", "100ms", "100ms", "100ms", "5s", "5s", "5s"];
    logs(&at(bursts, case), "buy served 6 in 0ms, rate-limited 3 in 0ms", "200 6, 429 3");
}

/// All but one of the requests that are looked at find no token; shares of 20,000 have a standard deviation of 0.35 %.
#[test]
fn a_share_is_looked_at_and_a_share_of_what_is_limited_is_turned_away() {
    let load = "load: {shop.buy: {rate: 20/s}}\nduration: 1000s\n";
    let looks = behind!("local-rate-limit: {max-tokens: 1, fill-interval: 1h, filter-enabled: 30%}");
    near(refused(looks, load), 0.3, 0.014);
    let enforces = behind!("local-rate-limit: {max-tokens: 1, fill-interval: 1h, filter-enforced: 60%}");
    near(refused(enforces, load), 0.6, 0.014);
    let both = behind!(
        "local-rate-limit: {max-tokens: 1, fill-interval: 1h, filter-enabled: 50%, filter-enforced: 50%}"
    );
    near(refused(both, load), 0.25, 0.014);
}

/// With p before and c in the present window, of which the part f is over, one more passes while p(1 − f) + c + 1 ≤ 10.
/// Where one comes every hundredth of a window, the first window lets 10 pass; after p of them, the next does for the
/// largest c with c ≤ 10 − p/100, so 9, whether p is 10 or 9.
#[test]
fn a_sliding_window_admits_what_its_estimate_leaves() {
    let window = behind!("sliding-window: {limit: 10, window: 1s}");
    let load = "load: {shop.buy: {deterministic: {rate: 100/s}}}\nduration: 59995ms\n";
    let run = Case { scenario: load, ..window }.run();
    let buy = run.operation("shop.buy", View::Client);
    let refused = buy.failed[Cause::RateLimited as usize];
    assert_eq!((buy.served, buy.served + refused), (10 + 59 * 9, buy.offered));
}

#[test]
fn twice_the_limit_passes_around_the_border_of_fixed_windows_only() {
    let at: &[&str] = &["900ms"; 10];
    let burst = |case: Case| {
        let later: &[&str] = &["1100ms"; 10];
        let both: &'static [&'static str] = [at, later].concat().leak();
        Case { at: vec![("buy", both)], ..case }
    };
    let fixed = burst(behind!("fixed-window: {limit: 10, window: 1s}"));
    logs(&fixed, "buy served 20 in 0ms", "200 20");
    // Nine tenths of the first ten are still in sight.
    let sliding = burst(behind!("sliding-window: {limit: 10}"));
    logs(&sliding, "buy served 11 in 0ms, rate-limited 9 in 0ms", "200 11, 429 9");
}

#[test]
fn limits_without_a_sense_are_mistakes() {
    let wrong = behind!(
        "local-rate-limit: {max-tokens: 0, tokens-per-fill: 0, fill-interval: 49ms, filter-enabled: 101%}, \
         sliding-window: {limit: 1, window: 0s}"
    );
    let mistakes = Case { at: vec![("buy", &["1s"])], ..wrong }.mistakes();
    assert_eq!(mistakes.len(), 5, "{mistakes:?}");
}
