//! Rule files: the state of every alert at every evaluation, and what is said of them.

use std::collections::BTreeMap;
use std::path::Path;

use brownout::scenario;
use brownout::timeline::{Event, Settings, Watch};
use brownout::units::Span;
use serde::Deserialize;

use super::alertmanager::{Said, config, said};
use super::expressions::{Series, millis, samples};

#[derive(Deserialize)]
struct Case {
    series: Vec<Series>,
    rules: String,
    alertmanager: String,
    phases: Vec<u64>,
    evaluations: Vec<Evaluation>,
    said: Vec<Said>,
}

#[derive(Deserialize)]
struct Evaluation {
    at: u64,
    group: usize,
    #[serde(default)]
    failed: Vec<String>,
    active: Vec<Active>,
}

#[derive(Deserialize)]
struct Active {
    labels: BTreeMap<String, String>,
    state: String,
    active_at: u64,
    value: String,
}

/// Labels, state, since when \[ms].
type State = (BTreeMap<String, String>, String, u64);

/// Compares the states of alerts; returns how many evaluations were compared.
pub(crate) fn compare(folder: &Path) -> usize {
    super::lines::<Case>(folder, "rules.jsonl").iter().map(compare_case).sum()
}

fn compare_case(case: &Case) -> usize {
    let files = |_: &Path| Ok(case.rules.clone().into_bytes());
    let read = scenario::read_rules(&[Path::new("rules.yaml")], &files);
    let mut rules = read.value.unwrap_or_else(|| panic!("{:?} in\n{}", read.diagnostics, case.rules));
    for (group, phase) in rules.groups.iter_mut().zip(&case.phases) {
        group.phase = Some(Span::from_millis(*phase));
    }
    let config = config(&case.alertmanager);
    let mut watch = Watch::new(&rules, Some(&config), Settings::default());
    let ids: Vec<_> = case.series.iter().map(|series| watch.series(series.name(), &series.pairs())).collect();
    let samples = samples(&case.series);
    let mut ahead = samples.iter().peekable();
    let mut events = Vec::new();
    for evaluation in &case.evaluations {
        while let Some((time, index, value)) = ahead.next_if(|(time, ..)| *time <= evaluation.at) {
            // Looks at groups before this sample come before it.
            let before = brownout::units::Instant::from_nanos(time * 1_000_000 - 1);
            watch.advance(before);
            match value {
                Some(value) => watch.append(ids[*index], millis(*time), *value),
                None => watch.mark_stale(ids[*index], millis(*time)),
            };
        }
        watch.advance(millis(evaluation.at));
        let new = watch.take_events();
        let failed: Vec<&str> = new
            .iter()
            .filter_map(|event| match event {
                Event::Failed { rule, .. } => Some(rule.as_str()),
                Event::Alert(_) | Event::Notified(_) => None,
            })
            .collect();
        assert_eq!(failed, evaluation.failed, "at {} ms in\n{}", evaluation.at, case.rules);
        compare_states(case, &watch, evaluation);
        events.extend(new);
    }
    let last = case.evaluations.last().expect("there are evaluations").at;
    let ours: Vec<Said> = events
        .iter()
        .filter_map(|event| match event {
            Event::Notified(notification) => Some(said(notification)),
            Event::Alert(_) | Event::Failed { .. } => None,
        })
        .collect();
    let theirs: Vec<&Said> = case.said.iter().filter(|said| said.at <= last).collect();
    super::alertmanager::agree(&ours, &theirs, &case.alertmanager);
    case.evaluations.len()
}

fn compare_states(case: &Case, watch: &Watch, evaluation: &Evaluation) {
    // The groups' alerts are named after them.
    let group = format!("Alert-{}-", evaluation.group);
    let mut ours: Vec<(State, f64)> = watch
        .active()
        .into_iter()
        .filter(|alert| alert.name.starts_with(&group))
        .map(|alert| {
            let state = if alert.firing { "firing" } else { "pending" };
            let state = (
                alert.labels.into_iter().collect(),
                state.to_owned(),
                alert.active_at.as_nanos() / 1_000_000,
            );
            (state, alert.value)
        })
        .collect();
    ours.sort_by(|a, b| a.0.cmp(&b.0));
    let mut theirs: Vec<(State, f64)> = evaluation
        .active
        .iter()
        .map(|alert| {
            ((alert.labels.clone(), alert.state.clone(), alert.active_at), alert.value.parse().unwrap())
        })
        .collect();
    theirs.sort_by(|a, b| a.0.cmp(&b.0));
    let agree = ours.len() == theirs.len()
        && ours.iter().zip(&theirs).all(|(a, b)| a.0 == b.0 && super::expressions::same(a.1, b.1));
    assert!(agree, "at {} ms:\nours   {ours:?}\ntheirs {theirs:?}\nin\n{}", evaluation.at, case.rules);
}
