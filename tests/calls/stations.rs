//! Plain stations: the order of service, batches, and books that balance.

use brownout::component::View;
use brownout::record::{Cause, StationRecord};

use crate::case::{Case, Run, near};

fn visit(deployment: &'static str, at: &'static [&'static str]) -> Case {
    Case { shop: "buy: [{visit: press}]", deployment, at: vec![("buy", at)], ..Case::default() }
}

#[test]
fn a_batch_takes_who_waits_up_to_its_limit() {
    // The first is served alone; three wait for it, and are served together, or two and then one.
    let at: &[&str] = &["1s", "1.5s", "1.5s", "1.5s"];
    visit("stations: {press: {servers: 1, service: 1s, batch: {}}}\n", at).check("buy served 4 in 1375ms");
    visit("stations: {press: {servers: 1, service: 1s, batch: {limit: 2}}}\n", at)
        .check("buy served 4 in 1625ms");
}

#[test]
fn the_discipline_says_who_is_next() {
    // One each second; who waits for more than 3 s in all gives up asking, and is served all the same.
    let at: &[&str] = &["1s", "1.1s", "1.2s", "1.3s", "1.4s"];
    let told = |deployment, expected| {
        let clients = "clients: {shop.buy: {timeout: 3s}}\n";
        Case { scenario: clients, ..visit(deployment, at) }.check(expected);
    };
    // 1, 1.9 and 2.8 s.
    told(
        "stations: {press: {servers: 1, service: 1s, discipline: fifo}}\n",
        "buy served 3 in 1900ms, timeout 2 in 3000ms",
    );
    // 1 s, then the last one, 1.6 s, and the one before, 2.7 s.
    told(
        "stations: {press: {servers: 1, service: 1s, discipline: lifo}}\n",
        "buy served 3 in 1766.667ms, timeout 2 in 3000ms",
    );
    // 1 and 1.9 s; at 3 s somebody has been waiting for 1.5 s and more, and the last one is next: 2.6 s.
    told(
        "stations: {press: {servers: 1, service: 1s, discipline: {adaptive-lifo: 1500ms}}}\n",
        "buy served 3 in 1833.333ms, timeout 2 in 3000ms",
    );
}

/// The press over the whole run.
fn press(run: &Run) -> StationRecord {
    let stations = run.plan.assembly.stations.iter().zip(&run.record.stations);
    let (_, segments) =
        stations.into_iter().find(|(name, _)| name.component == "press").expect("it is shown");
    let mut whole = StationRecord::default();
    for segment in segments {
        whole.visits += segment.visits;
        whole.rejected += segment.rejected;
        whole.gave_up += segment.gave_up;
        whole.busy_area += segment.busy_area;
    }
    whole
}

/// Erlang C for 2.5 erlangs on three servers: 15.625 ÷ (6.625 + 15.625) wait, for C ÷ (cμ − λ) on average.
#[test]
fn a_plain_station_is_an_m_m_c_queue() {
    let scenario = "load: {shop.buy: {rate: 25/s}}\nduration: 20000s\n";
    let deployment = "stations: {press: {servers: 3, service: {exponential: {mean: 100ms}}}}\n";
    let run = Case { scenario, at: Vec::new(), ..visit(deployment, &[]) }.run();
    let buy = run.operation("shop.buy", View::Client);
    let waiting = 15.625 / 22.25;
    near(buy.latency.mean_secs().unwrap(), 0.1 + waiting / 5.0, 0.006);
    near(press(&run).busy_area as f64 / 2e13, 2.5, 0.02);
}

#[test]
fn whoever_comes_to_a_station_is_served_refused_gives_up_or_is_there() {
    let scenario = "load: {shop.buy: {rate: 120/s}}\nduration: 1000s\n";
    let deployment = "stations: {press: {servers: 2, capacity: 5, service: {exponential: {mean: 20ms}}, \
                      patience: {exponential: {mean: 50ms}}}}\n";
    let case = Case { shop: "buy: [{effect: came}, {visit: press}]", ..visit(deployment, &[]) };
    let run = Case { scenario, at: Vec::new(), ..case }.run();
    let (press, buy) = (press(&run), run.operation("shop.buy", View::Client));
    let there = run.effect("came") - press.visits - press.rejected - press.gave_up;
    assert!(there <= 3, "{there} wait: there are three places to wait");
    assert!(press.visits > 60_000 && press.rejected > 5_000 && press.gave_up > 5_000, "{press:?}");
    // The same by what their requests came to.
    assert_eq!(buy.failed[Cause::QueueFull as usize], press.rejected);
    assert_eq!(buy.failed[Cause::Abandoned as usize] + buy.failed[Cause::Timeout as usize], press.gave_up);
    assert!(press.visits - buy.served <= 2, "{} are being served", press.visits - buy.served);
}
