use super::super::matcher::{Comparison, Matcher};
use super::{
    Alertmanager, Channel, Config, GroupBy, InhibitRule, Integration, RESOLVE_TIMEOUT, Receiver, Route, Sent,
};
use crate::units::{Instant, Span};

fn at(second: u64) -> Instant {
    Instant::from_nanos(second * 1_000_000_000)
}

fn config(route: Route, inhibit_rules: Vec<InhibitRule>) -> Config {
    let integration = Integration { channel: Channel::Webhook, send_resolved: true };
    let receiver = Receiver { name: "team".to_owned(), integrations: vec![integration] };
    let route = Route { receiver: Some("team".to_owned()), ..route };
    Config { resolve_timeout: RESOLVE_TIMEOUT, route, receivers: vec![receiver], inhibit_rules }
}

/// A group wait of 10 s, an interval of 60 s, and a repeat of 120 s.
fn quick() -> Route {
    Route {
        group_wait: Some(Span::from_secs(10)),
        group_interval: Some(Span::from_secs(60)),
        repeat_interval: Some(Span::from_secs(120)),
        group_by: Some(GroupBy::Labels(vec!["job".to_owned()])),
        ..Route::default()
    }
}

/// Sends alerts `(second, name, until)` and gives `second reason: firing names/resolved names`.
fn walk(config: &Config, sent: &[(u64, &str, u64, Option<u64>)], until: u64) -> Vec<String> {
    let mut manager = Alertmanager::new(config);
    let mut said = Vec::new();
    for second in 0..=until {
        for (when, name, starts, ends) in sent.iter().filter(|(when, ..)| *when == second) {
            let labels = [("alertname", *name), ("job", "shop")].map(|(a, b)| (a.to_owned(), b.to_owned()));
            let sent = Sent {
                labels: labels.to_vec(),
                annotations: Vec::new(),
                starts_at: at(*starts),
                ends_at: Some(at(ends.unwrap_or(when + 100_000))),
            };
            manager.receive(at(*when), &sent);
        }
        manager.advance(at(second), |notification| {
            let names = |firing| -> Vec<&str> {
                let alerts = notification.alerts.iter().filter(|alert| alert.firing == firing);
                alerts.map(|alert| alert.labels[0].1.as_str()).collect()
            };
            let (firing, resolved) = (names(true).join(" "), names(false).join(" "));
            said.push(format!("{second} {:?}: {firing}/{resolved}", notification.reason));
        });
        let muted = manager.take_muted().into_iter();
        said.extend(muted.map(|it| format!("{second} Muted: {} by {}", it.labels[0].1, it.by[0].1)));
    }
    said
}

#[test]
fn a_group_waits_then_looks_at_intervals_and_repeats_strictly_after() {
    let sent = [(5, "A", 5, None), (20, "B", 20, None), (100, "A", 5, Some(100))];
    let expected =
        ["15 First: A/", "75 NewAlerts: A B/", "135 SomeResolved: B/A", "315 Repeat: B/", "495 Repeat: B/"];
    assert_eq!(walk(&config(quick(), Vec::new()), &sent, 500), expected);
}

#[test]
fn an_alert_that_is_old_already_does_not_wait() {
    assert_eq!(walk(&config(quick(), Vec::new()), &[(50, "A", 5, None)], 60), ["50 First: A/"]);
    assert_eq!(walk(&config(quick(), Vec::new()), &[(50, "A", 40, None)], 65), ["60 First: A/"]);
}

#[test]
fn an_emptied_group_is_gone_and_a_new_firing_waits_again() {
    let sent = [(0, "A", 0, None), (40, "A", 0, Some(40)), (80, "A", 80, None)];
    let expected = ["10 First: A/", "70 AllResolved: /A", "90 First: A/"];
    assert_eq!(walk(&config(quick(), Vec::new()), &sent, 100), expected);
}

#[test]
fn an_alert_that_comes_and_goes_between_looks_is_announced_only_as_over() {
    let sent = [(0, "A", 0, None), (20, "B", 20, None), (40, "B", 20, Some(40))];
    assert_eq!(walk(&config(quick(), Vec::new()), &sent, 100), ["10 First: A/", "70 SomeResolved: A/B"]);
}

#[test]
fn a_source_mutes_from_its_arrival_and_what_ends_muted_is_never_told() {
    let matcher = |name| vec![Matcher::new("alertname", Comparison::Equal, name).unwrap()];
    let rule =
        InhibitRule { source: matcher("Down"), target: matcher("Slow"), equal: vec!["job".to_owned()] };
    let config = config(
        Route { group_by: Some(GroupBy::All), ..quick() },
        vec![InhibitRule { equal: vec!["job".to_owned(), "absent".to_owned()], ..rule }],
    );
    let sent =
        [(0, "Slow", 0, None), (9, "Down", 9, None), (30, "Slow", 0, Some(30)), (90, "Down", 9, Some(90))];
    let expected = ["10 Muted: Slow by Down", "19 First: Down/", "139 AllResolved: /Down"];
    assert_eq!(walk(&config, &sent, 200), expected);
}
