//! Permits, threads and turns: how many calls are under way at once, and how often.

use crate::case::Case;

const WORKS: &str = "do: [{effect: tried}, {delay: 10ms}]";

fn case(calls: &'static str, at: &'static [&'static str]) -> Case {
    Case { far: WORKS, calls, at: vec![("buy", at)], ..Case::default() }
}

#[test]
fn a_permit_is_waited_for_in_line_and_not_for_ever() {
    let at: &[&str] = &["1s", "1s", "1s"];
    case("{far.do: {max-concurrent-calls: 1}}", at)
        .check("buy served 1 in 10ms, bulkhead-full 2 in 0ms; tried 1");
    // The second waits 10 ms and calls for 10; the third has waited 15 by then.
    case("{far.do: {max-concurrent-calls: 1, max-wait-duration: 15ms}}", at)
        .check("buy served 2 in 15ms, bulkhead-full 1 in 15ms; tried 2");
    case("{far.do: {max-concurrent-calls: 1, max-wait-duration: 999us}}", at)
        .check("buy served 1 in 10ms, bulkhead-full 2 in 0ms; tried 1");
}

#[test]
fn a_pool_of_threads_fills_its_queue_before_it_grows() {
    // The first has the core thread, the second waits, the third makes the pool grow and overtakes it, the fourth
    // finds queue and threads full.
    let calls = "{far.do: {thread-pool-bulkhead: {core-thread-pool-size: 1, max-thread-pool-size: 2, \
                 queue-capacity: 1}}}";
    let run = case(calls, &["1s", "1s", "1s", "1s"])
        .check("buy served 3 in 13.333ms, bulkhead-full 1 in 0ms; tried 3");
    let station = run.plan.assembly.stations.iter().position(|it| it.component == "calls to far.do");
    let busy: f64 =
        run.record.stations[station.expect("it is shown")].iter().map(|it| it.busy_area as f64).sum();
    crate::case::near(busy, 30e6, 1.0);
}

#[test]
fn who_leaves_the_queue_of_a_pool_makes_room_in_it() {
    // The thread is busy until 10 ms. In the one place of the queue somebody waits from 1 to 3 ms, and then somebody
    // else from 4 to 6.
    let one_of_each = Case {
        shop: "buy: [{call: far.do}], brief: [{attempt: {timeout: 2ms, steps: [{call: far.do}]}}]",
        at: vec![("buy", &["1s"]), ("brief", &["1.001s", "1.004s"])],
        ..case(
            "{far.do: {thread-pool-bulkhead: {core-thread-pool-size: 1, max-thread-pool-size: 1, \
             queue-capacity: 1}}}",
            &[],
        )
    };
    one_of_each.check("buy served 1 in 10ms, brief timeout 2 in 2ms; tried 1");
}

#[test]
fn a_thread_that_nobody_waits_for_any_more_works_on() {
    let calls = "{far.do: {timeout: 5ms, thread-pool-bulkhead: {core-thread-pool-size: 1, \
                 max-thread-pool-size: 1, queue-capacity: 1}}}";
    // At 6 ms the first still works and the second, given up as well, still waits: there is no room.
    case(calls, &["1s", "1s", "1.006s"]).check("buy timeout 2, bulkhead-full 1 in 3.333ms; tried 2");
}

#[test]
fn a_rate_limiter_gives_turns_ahead_and_keeps_who_gets_none() {
    // One in 100 ms from the start of the run: at once, after 100 ms; the third would wait 200 ms, is kept for 150
    // and goes without, and so is the fourth.
    let calls = "{far.do: {rate-limiter: {limit-for-period: 1, limit-refresh-period: 100ms, \
                 timeout-duration: 150ms}}}";
    case(calls, &["1s", "1s", "1s", "1s"]).check("buy served 2 in 60ms, rate-limited 2 in 150ms; tried 2");
}

#[test]
fn a_refused_permit_counts_for_the_breaker_around_it() {
    let calls = "{far.do: {circuit-breaker: {sliding-window-size: 2}, max-concurrent-calls: 1}}";
    // Refused at 1.001 s and served at 1.010 s: half of two calls failed, which opens it.
    case(calls, &["1s", "1.001s", "2s"])
        .check("buy served 1 in 10ms, circuit-open 1, bulkhead-full 1 in 0ms; tried 1");
    let ignored = "{far.do: {circuit-breaker: {sliding-window-size: 2, ignore-exceptions: [bulkhead-full]}, \
                   max-concurrent-calls: 1}}";
    case(ignored, &["1s", "1.001s", "2s"]).check("buy served 2 in 10ms, bulkhead-full 1 in 0ms; tried 2");
}

#[test]
fn bulkheads_that_do_not_go_together_are_mistakes() {
    let calls = "{far.do: {max-concurrent-calls: 1, max-wait-duration: 1s, \
                 thread-pool-bulkhead: {core-thread-pool-size: 2, max-thread-pool-size: 1}, \
                 circuit-breaker: {}, hystrix: {}}}";
    let mistakes = case(calls, &["1s"]).mistakes();
    assert_eq!(
        mistakes,
        [
            "a call has `thread-pool-bulkhead` or `max-concurrent-calls`, not both",
            "`core-thread-pool-size` and `max-thread-pool-size` do not go together: the core cannot be larger than the \
             whole pool",
            "a call has `hystrix` or `circuit-breaker`, not both"
        ]
    );
    let alone = "{far.do: {max-wait-duration: 1s}}";
    assert_eq!(case(alone, &["1s"]).mistakes(), ["`max-wait-duration` has nothing to wait for"]);
    let core = "{far.do: {thread-pool-bulkhead: {core-thread-pool-size: 2, max-thread-pool-size: 1}}}";
    assert_eq!(case(core, &["1s"]).mistakes().len(), 1);
}

#[test]
fn a_thread_beyond_the_core_stays_for_as_long_as_it_is_kept_alive() {
    // Of three at once one waits, and finds a thread after 10 ms. Of two 100 ms later, one waits for the only thread,
    // unless the second thread is still there.
    let at: &[&str] = &["1s", "1s", "1s", "1.1s", "1.1s"];
    let gone = "{far.do: {thread-pool-bulkhead: {core-thread-pool-size: 1, max-thread-pool-size: 2, queue-capacity: 1}}}";
    case(gone, at).check("buy served 5 in 14ms; tried 5");
    let kept = "{far.do: {thread-pool-bulkhead: {core-thread-pool-size: 1, max-thread-pool-size: 2, queue-capacity: 1, \
                keep-alive-duration: 1m}}}";
    case(kept, at).check("buy served 5 in 12ms; tried 5");
}

#[test]
fn a_deployment_shares_its_threads_out() {
    // 30 % of ten threads are three: the fourth call waits for one.
    let at: &[&str] = &["1s", "1s", "1s", "1s"];
    let few = "bulkheads: {threads: 10, thread-shares: [far.do]}\n";
    Case { deployment: few, ..case("", at) }.check("buy served 4 in 12.5ms; tried 4");
    let enough = "bulkheads: {threads: 14, thread-shares: [far.do]}\n";
    Case { deployment: enough, ..case("", at) }.check("buy served 4 in 10ms; tried 4");
}

#[test]
fn permits_are_the_peak_times_the_quantile_times_the_safety() {
    let at: &[&str] = &["1s", "1s", "1s", "1s", "1s"];
    case("{far.do: {permits-for: {peak: 100/s, p99: 20ms, safety: 2}}}", at)
        .check("buy served 4 in 10ms, bulkhead-full 1 in 0ms; tried 4");
    case("{far.do: {permits-for: {peak: 100/s, p99: 20ms}}}", at)
        .check("buy served 3 in 10ms, bulkhead-full 2 in 0ms; tried 3");
}

/// The caller goes down at 10 s and is back at 11 s.
const RESTARTED: &str = "\nduration: 3m\nfaults: [{at: 10s, for: 1s, crash: shop}]\n";

#[test]
fn a_caller_that_has_started_again_has_all_its_permits() {
    // What the first gave up waiting for works on from 1 to 101 s. After the crash its permit is nobody's: another call
    // takes it, and gives it back at 120 s and not before.
    let slow = "do: [{effect: tried}, {delay: 100s}]";
    let after = |calls, at| Case { far: slow, scenario: RESTARTED, ..case(calls, at) };
    after("{far.do: {timeout: 5ms, max-concurrent-calls: 1}}", &["1s", "5s", "20s", "110s", "150s"])
        .check("buy timeout 3, bulkhead-full 2 in 3ms; tried 3");
    // Who still waits for a permit at the crash goes with the caller.
    after(
        "{far.do: {timeout: 5ms, max-concurrent-calls: 1, max-wait-duration: 60s}}",
        &["1s", "5s", "20s", "30s"],
    )
    .check("buy timeout 4 in 5ms; tried 2");
}

#[test]
fn a_caller_that_has_started_again_has_all_its_threads() {
    // The thread is busy from 1 s on and the second waits for it; at the crash both are forgotten. The call at 20 s has
    // the new thread until 120 s, and the next waits until then.
    let calls = "{far.do: {timeout: 5ms, thread-pool-bulkhead: {core-thread-pool-size: 1, \
                 max-thread-pool-size: 1, queue-capacity: 1}}}";
    let slow = "do: [{effect: tried}, {delay: 100s}]";
    let at: &[&str] = &["1s", "5s", "6s", "20s", "110s", "115s"];
    Case { far: slow, scenario: RESTARTED, ..case(calls, at) }
        .check("buy timeout 4, bulkhead-full 2 in 3.333ms; tried 3");
}

#[test]
fn a_caller_that_has_started_again_has_its_turns_and_its_budget() {
    let limiter =
        "{far.do: {rate-limiter: {limit-for-period: 1, limit-refresh-period: 10m, timeout-duration: 0s}}}";
    Case { scenario: RESTARTED, ..case(limiter, &["1s", "5s", "20s", "21s"]) }
        .check("buy served 2 in 10ms, rate-limited 2 in 0ms; tried 2");
    // Of a quota of ten a retry takes five, and nothing is given back for a failure: two requests try twice, then none.
    let budget = "{far.do: {retry: {max-attempts: 2, wait-duration: 1ms, \
                  budget: {aws-standard: {capacity: 10}}}}}";
    let fails = "do: [{effect: tried}, {fail: error}]";
    let at: &[&str] = &["1s", "2s", "3s", "20s"];
    Case { far: fails, scenario: RESTARTED, ..case(budget, at) }.check("buy error 4 in 0.75ms; tried 7");
}
