//! Queues on their way from one state to another.

use crate::case::{Case, Measure, exponential, plain};

use Measure::{AtInstant, Of};

/// The wait of who comes now to a server of 10 ms each, and finds so many.
fn wait_of_one(found: f64) -> f64 {
    0.01 * found
}

/// The wait of who comes now to ten servers of 100 ms each, and finds so many.
fn wait_of_ten(found: f64) -> f64 {
    0.01 * (found - 9.0).max(0.0)
}

/// Whether who finds so many at ten servers waits.
fn all_ten(found: f64) -> f64 {
    f64::from(found >= 10.0)
}

/// How many of those at ten servers give up in a second, each after 2 s of waiting on average.
fn give_up(present: f64) -> f64 {
    0.5 * (present - 10.0).max(0.0)
}

/// The standard deviation of the number that is there at an instant.
fn deviation(at_s: f64) -> Measure {
    Of(vec![AtInstant(at_s, |n| n * n), AtInstant(at_s, |n| n)], |v| (v[0] - v[1] * v[1]).max(0.0).sqrt())
}

/// Queues on their way from one state to another. Who comes at an instant finds what is there, as Poisson arrivals do,
/// and waits until one server more than are before it is free.
pub(crate) fn cases() -> Vec<Case> {
    let five = ["a", "b", "c", "d", "e"];
    let loads = five.map(|name| format!("{name}: {{rate: 80/s}}")).join(", ");
    let queues = five.map(|name| exponential(name, 1, 0.01)).join(", ");
    let rising = |seconds: u32| {
        let mut rise = plain("TR-MM1-80", (0, 2), "{rate: 1/s}", "{}", "L").without("L");
        rise.scenario = format!(
            "{{duration: {seconds}s, interval: 100ms, replications: 10000, load: {{{loads}}}, stations: {{{queues}}}}}"
        );
        rise
    };
    let surge = |id, times: &str, stages: &str, patience: &str| {
        let mut case = plain(id, (0, 1), "{rate: 1/s}", "{}", "L").without("L");
        case.scenario = format!(
            "{{{times}, load: {{q: {{stages: [{stages}]}}}},
              stations: {{q: {{servers: 10, service: {{exponential: {{mean: 100ms}}}}{patience}}}}}}}"
        );
        case
    };
    let three = |times| {
        surge(
            "SURGE-3X",
            times,
            "{hold: 20s, rate: 60/s}, {hold: 30s, rate: 180/s}, {hold: 180s, rate: 60/s}",
            "",
        )
    };
    let half = |times| {
        surge(
            "SURGE-1.5X",
            times,
            "{hold: 20s, rate: 80/s}, {hold: 60s, rate: 120/s}, {hold: 180s, rate: 80/s}",
            "",
        )
    };
    let tenfold = |times| {
        let patience = ", patience: {exponential: {mean: 2s}}";
        surge(
            "SURGE-10X-ABAND",
            times,
            "{hold: 20s, rate: 50/s}, {hold: 60s, rate: 500/s}, {hold: 60s, rate: 50/s}",
            patience,
        )
    };
    vec![
        rising(2)
            .and("L_t0.1", AtInstant(0.1, |n| n))
            .and("L_t0.5", AtInstant(0.5, |n| n))
            .and("L_t1", AtInstant(1.0, |n| n))
            .and("L_t2", AtInstant(2.0, |n| n))
            .and("p0_t0.1", AtInstant(0.1, |n| f64::from(n == 0.0)))
            .and("p0_t0.5", AtInstant(0.5, |n| f64::from(n == 0.0)))
            .and("p0_t1", AtInstant(1.0, |n| f64::from(n == 0.0)))
            .and("p0_t2", AtInstant(2.0, |n| f64::from(n == 0.0)))
            .and("Ewait_arrival_t0.1", AtInstant(0.1, wait_of_one))
            .and("Ewait_arrival_t0.5", AtInstant(0.5, wait_of_one))
            .and("Ewait_arrival_t1", AtInstant(1.0, wait_of_one))
            .and("Ewait_arrival_t2", AtInstant(2.0, wait_of_one)),
        rising(5)
            .and("L_t5", AtInstant(5.0, |n| n))
            .and("p0_t5", AtInstant(5.0, |n| f64::from(n == 0.0)))
            .and("Ewait_arrival_t5", AtInstant(5.0, wait_of_one))
            .long(),
        three("duration: 80s, interval: 5s, replications: 250")
            .and("L_t5", AtInstant(25.0, |n| n))
            .and("L_t15", AtInstant(35.0, |n| n))
            .and("L_t30", AtInstant(50.0, |n| n))
            .and("L_t60", AtInstant(80.0, |n| n))
            .and("P_wait_t5", AtInstant(25.0, all_ten))
            .and("P_wait_t15", AtInstant(35.0, all_ten))
            .and("P_wait_t30", AtInstant(50.0, all_ten))
            .and("P_wait_t60", AtInstant(80.0, all_ten))
            .and("Ewait_arrival_t5", AtInstant(25.0, wait_of_ten))
            .and("Ewait_arrival_t15", AtInstant(35.0, wait_of_ten))
            .and("Ewait_arrival_t30", AtInstant(50.0, wait_of_ten))
            .and("Ewait_arrival_t60", AtInstant(80.0, wait_of_ten))
            .and("fluid_peak", AtInstant(50.0, |n| n)),
        three("duration: 180s, interval: 5s, replications: 10000")
            .and("sdL_t5", deviation(25.0))
            .and("sdL_t15", deviation(35.0))
            .and("sdL_t30", deviation(50.0))
            .and("sdL_t60", deviation(80.0))
            .and("L_t110", AtInstant(130.0, |n| n))
            .and("P_wait_t110", AtInstant(130.0, all_ten))
            .and("L_t130", AtInstant(150.0, |n| n))
            .and("P_wait_t130", AtInstant(150.0, all_ten))
            .and("L_t160", AtInstant(180.0, |n| n))
            .and("P_wait_t160", AtInstant(180.0, all_ten))
            .long(),
        half("duration: 95s, interval: 5s, replications: 800")
            .and("L_t15", AtInstant(35.0, |n| n))
            .and("L_t30", AtInstant(50.0, |n| n))
            .and("L_t60", AtInstant(80.0, |n| n))
            .and("L_t75", AtInstant(95.0, |n| n))
            .and("P_wait_t15", AtInstant(35.0, all_ten))
            .and("P_wait_t30", AtInstant(50.0, all_ten))
            .and("P_wait_t60", AtInstant(80.0, all_ten))
            .and("P_wait_t75", AtInstant(95.0, all_ten))
            .and("Ewait_arrival_t15", AtInstant(35.0, wait_of_ten))
            .and("Ewait_arrival_t30", AtInstant(50.0, wait_of_ten))
            .and("Ewait_arrival_t60", AtInstant(80.0, wait_of_ten))
            .and("Ewait_arrival_t75", AtInstant(95.0, wait_of_ten))
            .and("fluid_peak", AtInstant(80.0, |n| n)),
        half("duration: 200s, interval: 5s, replications: 10000")
            .and("sdL_t15", deviation(35.0))
            .and("sdL_t30", deviation(50.0))
            .and("sdL_t60", deviation(80.0))
            .and("sdL_t75", deviation(95.0))
            .and("L_t100", AtInstant(120.0, |n| n))
            .and("P_wait_t100", AtInstant(120.0, all_ten))
            .and("Ewait_arrival_t100", AtInstant(120.0, wait_of_ten))
            .and("sdL_t100", deviation(120.0))
            .and("L_t180", AtInstant(200.0, |n| n))
            .long(),
        tenfold("duration: 81s, interval: 1s, replications: 130")
            .and("L_t1", AtInstant(21.0, |n| n))
            .and("L_t5", AtInstant(25.0, |n| n))
            .and("L_t10", AtInstant(30.0, |n| n))
            .and("L_t60", AtInstant(80.0, |n| n))
            .and("L_t61", AtInstant(81.0, |n| n))
            .and("abandon_rate_t1", AtInstant(21.0, give_up))
            .and("abandon_rate_t5", AtInstant(25.0, give_up))
            .and("abandon_rate_t10", AtInstant(30.0, give_up))
            .and("abandon_rate_t60", AtInstant(80.0, give_up))
            .and("abandon_rate_t61", AtInstant(81.0, give_up)),
        tenfold("duration: 100s, interval: 1s, replications: 5500")
            .and("L_t65", AtInstant(85.0, |n| n))
            .and("L_t70", AtInstant(90.0, |n| n))
            .and("L_t80", AtInstant(100.0, |n| n))
            .long(),
    ]
}
