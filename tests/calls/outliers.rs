//! How long, and how many, replicas are left out that fail.

use brownout::component::View;

use crate::case::Case;

/// A gateway before replicas of a shop of which some fail all that they get, with 20 requests a second in turns: how many
/// requests fail.
fn failures(deployment: &'static str, failing: &'static str) -> u64 {
    let case = Case { shop: "buy: []", deployment, scenario: failing, ..Case::default() };
    case.run().operation("shop.buy", View::Client).failures()
}

macro_rules! behind {
    ($replicas:literal, $outliers:literal) => {
        concat!(
            "processes:\n  shop: {modules: [shop], cores: 64, style: event-loop, replicas: ",
            $replicas,
            "}\n  far: {modules: [far], cores: 1}\n",
            "gateways: {edge: {routes: [all], outlier-detection: {",
            $outliers,
            "}}}\n"
        )
    };
}

/// One of two fails five requests in half a second and is out for 10 s, 20 s, 30 s and so on, to the next look: it is back at
/// 11, 32, 63, 104, 155, 216 and 287 s. With 10 s at most, it is back each 11 s.
#[test]
fn a_replica_is_never_left_out_for_longer_than_the_longest_time() {
    let scenario = "load: {shop.buy: {deterministic: {rate: 20/s}}}\nduration: 300s\n\
                    faults: [{at: 0s, for: 300s, errors: shop, share: 100%, replicas: 1}]\n";
    let growing = behind!("2", "interval: 1s, base-ejection-time: 10s");
    assert_eq!(failures(growing, scenario), 8 * 5);
    let longest = behind!("2", "interval: 1s, base-ejection-time: 10s, max-ejection-time: 10s");
    assert_eq!(failures(longest, scenario), 28 * 5);
}

/// Two of four fail. One may always be left out; the second only below the share.
#[test]
fn no_more_replicas_are_left_out_than_the_share_allows() {
    let scenario = "load: {shop.buy: {deterministic: {rate: 20/s}}}\nduration: 20s\n\
                    faults: [{at: 0s, for: 20s, errors: shop, share: 100%, replicas: 2}]\n";
    assert_eq!(failures(behind!("4", "max-ejection-percent: 50%"), scenario), 2 * 5);
    let one = failures(behind!("4", "max-ejection-percent: 25%"), scenario);
    // Five of the first, and a third of what comes after the first 20.
    assert!(one.abs_diff(10 + (400 - 20) / 3) <= 2, "{one}");
}

/// How often a gateway that tries once more on a condition has a request worked on.
fn tried(shop: &'static str, gateway: &'static str) -> u64 {
    let case = Case { shop, deployment: gateway, at: vec![("buy", &["1s"])], ..Case::default() };
    case.run().effect("tried")
}

macro_rules! retrying {
    ($on:literal) => {
        concat!("gateways: {edge: {routes: [all], retry: {per-try-timeout: 50ms, retry-on: [", $on, "]}}}\n")
    };
}

#[test]
fn a_gateway_tries_again_on_its_conditions_only() {
    let late = "buy: [{effect: tried}, {delay: 100ms}]";
    assert_eq!(tried(late, retrying!("reset")), 2);
    assert_eq!(tried(late, retrying!("refused-stream, retriable-4xx")), 1);
    let declined = "buy: [{effect: tried}, {fail: declined}]";
    assert_eq!(tried(declined, retrying!("retriable-4xx")), 2);
    assert_eq!(tried(declined, retrying!("reset, refused-stream")), 1);
}
