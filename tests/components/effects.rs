//! Effects that are counted by key: what stays without the effect that belongs to it, and what comes again.

use crate::rehearsal::{Rehearsal, Run};

const DEPLOYMENT: &str =
    "{operations: operations.yaml, processes: {p: {modules: [m], cores: 1, style: event-loop}}}";

fn run(operations: &str, load: &str) -> Run {
    let operations = format!(
        "{{keys: {{order: {{count: 1000000000000, popularity: uniform}}}},
          effects: {{
            charged-not-placed: {{good: less, unmatched: {{effect: charged, without: placed, key: order}}}},
            placed-not-charged: {{good: less, unmatched: {{effect: placed, without: charged, key: order}}}},
            charged-again: {{good: less, repeated: {{effect: charged, key: order}}}}}},
          modules: {{m: {{operations: {{{operations}}}}}}}}}"
    );
    let scenario = format!(
        "{{deployment: deployment.yaml, duration: 100s, load: {{{load}}},
          clients: {{m.try: {{retry: {{max-attempts: 3, wait-duration: 1ms}}}}}}}}"
    );
    Rehearsal { operations: &operations, deployment: DEPLOYMENT, scenario: &scenario }.run()
}

#[test]
fn what_one_key_lacks_another_does_not_make_up_for() {
    // As many are charged as are placed; the totals differ by nothing, and half of each is for other orders.
    let run = run(
        "try: [{effect: charged}, {effect: placed}], pay: [{effect: charged}], give: [{effect: placed}]",
        "m.try: {deterministic: {rate: 10/s}}, m.pay: {deterministic: {rate: 10/s}},
         m.give: {deterministic: {rate: 10/s}}",
    );
    assert_eq!(run.effect("charged"), run.effect("placed"));
    assert_eq!(run.effect("charged-not-placed") * 2, run.effect("charged"));
    assert_eq!(run.effect("placed-not-charged") * 2, run.effect("placed"));
    assert_eq!(run.effect("charged-again"), 0);
}

#[test]
fn a_request_that_is_tried_again_has_the_keys_that_it_had() {
    // Everybody is charged three times and never gets the order.
    let run = run(
        "try: [{effect: charged}, {fail: error}, {effect: placed}], pay: [{effect: charged}, {effect: placed}]",
        "m.try: {stages: [{hold: 90s, rate: 10/s}, {hold: 10s, rate: 0/s}]}, m.pay: {deterministic: {rate: 10/s}}",
    );
    let tried = run.effect("charged-not-placed");
    assert!(tried > 800, "{tried}");
    assert_eq!(run.effect("charged-again"), 2 * tried);
    assert_eq!(run.effect("placed-not-charged"), 0);
}
