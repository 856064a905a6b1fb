//! Limits of concurrency that find their own value.

use brownout::component::View;

use crate::case::Case;

const SLOW: &str = "do: [{effect: tried}, {delay: 100ms}]";

/// Four at once, and a second later four more.
const BURSTS: &[&str] = &["1s", "1s", "1s", "1s", "2s", "2s", "2s", "2s"];

fn case(far: &'static str, calls: &'static str) -> Case {
    Case { far, calls, at: vec![("buy", BURSTS)], ..Case::default() }
}

#[test]
fn a_limit_grows_with_what_is_served_and_shrinks_with_what_is_dropped() {
    // Two of the first four pass; each of them lets it grow by one, up to three.
    let grows = "{far.do: {concurrency-limit: {aimd: {initial-limit: 2, min-limit: 1, max-limit: 3}}}}";
    case(SLOW, grows).check("buy served 5 in 100ms, bulkhead-full 3 in 0ms; tried 5");
    // Both run out of time; nine tenths of two, cut down, is one, and that is the least.
    let shrinks = "{far.do: {timeout: 50ms, concurrency-limit: {aimd: {initial-limit: 2, min-limit: 1, max-limit: 3}}}}";
    let run = case(SLOW, shrinks).run();
    assert_eq!(run.effect("tried"), 3, "{}", run.told());
    // An error says nothing about how busy the other side is.
    let errors = case("do: [{effect: tried}, {delay: 100ms}, {fail: error}]", grows).run();
    assert_eq!(errors.effect("tried"), 4, "{}", errors.told());
}

/// Two calls at once, which is what the least and the most of the limit are; each drop takes one tenth of it, cut down.
#[test]
fn an_answer_that_asks_for_less_is_a_drop_and_no_other_error_is() {
    let calls = "{far.do: {concurrency-limit: {aimd: {initial-limit: 2, min-limit: 1, max-limit: 3}}}}";
    let tried = |far: &'static str, answers_as: &str| {
        let deployment = format!(
            "processes:\n  shop: {{modules: [shop], cores: 64, style: event-loop}}\n  \
             far: {{modules: [far], cores: 64, style: event-loop, answers-as: {answers_as}}}\n"
        );
        Case { deployment: deployment.leak(), ..case(far, calls) }.run().effect("tried")
    };
    // A time-out inside the service is its error, whatever it is called there.
    let inside = "do: [{effect: tried}, {delay: 50ms}, {attempt: {timeout: 50ms, steps: [{delay: 1s}]}}]";
    assert_eq!([tried(inside, "{}"), tried(inside, "{timeout: 504}")], [4, 4]);
    assert_eq!([tried(inside, "{timeout: 429}"), tried(inside, "{timeout: 503}")], [3, 3]);
    let error = "do: [{effect: tried}, {delay: 100ms}, {fail: error}]";
    assert_eq!([tried(error, "{error: 502}"), tried(error, "{error: 503}")], [4, 3]);
}

const ONE_CORE: &str = "processes:\n  shop: {modules: [shop], cores: 64, style: event-loop}\n  far: {modules: [far], cores: 1, \
                        style: event-loop}\n";

/// Twice as many requests as one core can work on, through a limit.
fn overloaded(far: &'static str, calls: &'static str) -> Case {
    let scenario = "load: {shop.buy: {rate: 200/s}}\nduration: 30m\n";
    Case { far, calls, deployment: ONE_CORE, scenario, ..Case::default() }
}

/// Eight calls at once on one core at twice its capacity: the loss of M/M/1/8 at ρ = 2 is ρ⁸(ρ − 1) ÷ (ρ⁹ − 1).
#[test]
fn a_limit_that_cannot_move_is_a_queue_with_a_loss() {
    let calls = "{far.do: {concurrency-limit: {aimd: {initial-limit: 8, min-limit: 8, max-limit: 8}}}}";
    let run = overloaded("do: [{cpu: {exponential: {mean: 10ms}}}]", calls).run();
    let record = run.operation("shop.buy", View::Client);
    let lost = 1.0 - record.served as f64 / record.offered as f64;
    assert!((lost - 256.0 / 511.0).abs() < 0.005, "{lost} of {} lost", record.offered);
}

/// Whatever they learn, limits neither leave an overloaded core idle for long nor let a queue grow without end.
#[test]
fn limits_that_learn_keep_an_overloaded_core_busy_and_its_queue_short() {
    for calls in [
        "{far.do: {concurrency-limit: {vegas: {}}}}",
        "{far.do: {concurrency-limit: {gradient2: {min-limit: 1}}}}",
        "{far.do: {concurrency-limit: {aimd: {min-limit: 1, timeout: 300ms}}}}",
    ] {
        let run = overloaded("do: [{cpu: 10ms}]", calls).run();
        let record = run.operation("shop.buy", View::Client);
        let rate = record.served as f64 / 1800.0;
        assert!((90.0..=101.0).contains(&rate), "{calls}: {rate} a second");
        let mean = record.latency.mean_secs().unwrap_or(f64::NAN);
        assert!(mean < 2.1, "{calls}: {mean} s");
    }
}

#[test]
fn settings_without_a_sense_are_mistakes() {
    let wrong =
        "{far.do: {max-concurrent-calls: 3, concurrency-limit: {aimd: {initial-limit: 30, min-limit: 0}}}}";
    assert_eq!(case(SLOW, wrong).mistakes().len(), 2);
    assert!(!case(SLOW, "{far.do: {concurrency-limit: {vegas: {initial-limit: 0}}}}").mistakes().is_empty());
}

#[test]
fn a_limit_that_learns_stops_at_its_bounds() {
    // Two of the first four pass. Without a queue, Vegas grows by six.
    let vegas = |calls| case(SLOW, calls).run().effect("tried");
    assert_eq!(vegas("{far.do: {concurrency-limit: {vegas: {initial-limit: 2}}}}"), 6);
    assert_eq!(vegas("{far.do: {concurrency-limit: {vegas: {initial-limit: 2, max-concurrency: 3}}}}"), 5);
    // Gradient2 grows by what may queue.
    let gradient = |settings: &'static str| case(SLOW, settings).run().effect("tried");
    let free =
        "{far.do: {concurrency-limit: {gradient2: {initial-limit: 2, min-limit: 1, smoothing: 100%}}}}";
    assert_eq!(gradient(free), 6);
    let most = "{far.do: {concurrency-limit: {gradient2: \
                {initial-limit: 2, min-limit: 1, max-concurrency: 3, smoothing: 100%}}}}";
    assert_eq!(gradient(most), 5);
    let none = "{far.do: {concurrency-limit: {gradient2: \
                {initial-limit: 2, min-limit: 1, queue-size: 0, smoothing: 100%}}}}";
    assert_eq!(gradient(none), 4);
}

#[test]
fn a_drop_leaves_the_ratio_of_the_limit() {
    let passed =
        |calls| Case { at: vec![("buy", &["1s", "1s", "2s", "2s", "2s", "2s"])], ..case(SLOW, calls) };
    // Two drops: four, three, two; or four, two, one.
    let tenth = "{far.do: {timeout: 50ms, concurrency-limit: {aimd: {initial-limit: 4, min-limit: 1, max-limit: 4}}}}";
    assert_eq!(passed(tenth).run().effect("tried"), 4);
    let half = "{far.do: {timeout: 50ms, concurrency-limit: {aimd: \
                {initial-limit: 4, min-limit: 1, max-limit: 4, backoff-ratio: 50%}}}}";
    assert_eq!(passed(half).run().effect("tried"), 3);
}

/// Ten calls of 100 ms, then such as take 200 ms: those at `at`, and ten each at 25 s and 30 s. How many of the last ten pass
/// a limit that was ten at first.
fn passed_when_slow(calls: String, singles: &'static [&'static str]) -> u64 {
    let tens = ["1s", "25s", "30s"].map(|at| [at; 10]).concat();
    let at: Vec<&'static str> = tens.iter().chain(singles).copied().collect();
    let mut at = at;
    at.sort_by_key(|at| at.trim_end_matches('s').parse::<u32>().expect("whole seconds"));
    let all = Case {
        far: "do: [{effect: tried}, {request: bank}]",
        calls: calls.leak(),
        deployment: "externals: {bank: {latency: 100ms}}\n",
        scenario: "faults: [{at: 10s, for: 50s, slow: bank, factor: 2}]\n",
        at: vec![("buy", at.leak())],
        ..Case::default()
    };
    all.run().effect("tried") - 20 - singles.len() as u64
}

fn gradient2(settings: &str) -> String {
    format!(
        "{{far.do: {{concurrency-limit: {{gradient2: {{initial-limit: 10, min-limit: 1, max-concurrency: 10, \
         smoothing: 100%, queue-size: 0, {settings}}}}}}}}}"
    )
}

/// Calls take twice as long as they used to: each of the six samples that had the limit half used leaves half of what is
/// tolerated of it, at most all. Netflix concurrency-limits, `Gradient2Limit`.
#[test]
fn what_a_limit_tolerates_is_how_much_longer_calls_may_take() {
    for tolerance in [1.0, 1.5, 1.8, 1.95, 2.0, 3.0] {
        // Long enough for the long average to stay where it is.
        let calls = gradient2(&format!("rtt-tolerance: {tolerance}, long-window: 1000000000"));
        let left = (10.0 * (tolerance / 2.0_f64).clamp(0.5, 1.0).powi(6)).max(1.0);
        assert_eq!(passed_when_slow(calls, &[]), left as u64, "{tolerance}: {left}");
    }
}

/// Ten calls one by one tell the long average that 200 ms are usual by now, the more of it the shorter its window: after n
/// of them it is 200 ms − 100 ms × (1 − 2/(window + 1))ⁿ. They do not use half of the limit, so that they leave it alone.
#[test]
fn a_limit_forgets_over_its_long_window_how_long_calls_took() {
    const SINGLES: &[&str] = &["11s", "12s", "13s", "14s", "15s", "16s", "17s", "18s", "19s", "20s"];
    let mut seen = Vec::new();
    for window in [9, 19, 39, 79, 999] {
        let calls = gradient2(&format!("rtt-tolerance: 1, long-window: {window}"));
        let keeps = 1.0 - 2.0 / f64::from(window + 1);
        let ratio = |sample: i32| 1.0 - 0.5 * f64::powi(keeps, sample);
        let left = (15..=20).fold(10.0, |limit, sample| (limit * ratio(sample)).max(1.0));
        let passed = passed_when_slow(calls, SINGLES);
        assert_eq!(passed, left as u64, "{window}: {left}");
        seen.push(passed);
    }
    assert_eq!(seen, [9, 6, 2, 1, 1]);
}
