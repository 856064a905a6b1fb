//! Rule files: the state of every alert at every evaluation, and what is said of them.

use std::collections::BTreeMap;
use std::path::Path;

use brownout::scenario;
use brownout::timeline::{Event, Settings, Watch};
use brownout::units::{Instant, Span};
use serde::Deserialize;

use super::alertmanager::Send;
use super::expressions::{Series, millis, samples};

#[derive(Deserialize)]
struct Case {
    series: Vec<Series>,
    rules: String,
    phases: Vec<u64>,
    evaluations: Vec<Evaluation>,
    sends: Vec<Send>,
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
    let mut watch = Watch::new(&rules, None, Settings::default());
    let ids: Vec<_> = case.series.iter().map(|series| watch.series(series.name(), &series.pairs())).collect();
    let samples = samples(&case.series);
    let mut ahead = samples.iter().peekable();
    let mut sends = Vec::new();
    for evaluation in &case.evaluations {
        while let Some((time, index, value)) = ahead.next_if(|(time, ..)| *time <= evaluation.at) {
            match value {
                Some(value) => watch.append(ids[*index], millis(*time), *value),
                None => watch.mark_stale(ids[*index], millis(*time)),
            };
        }
        watch.advance_telling(millis(evaluation.at), |at, sent| {
            let ms = |at: Instant| at.as_nanos() / 1_000_000;
            sends.push(Send {
                at: ms(at),
                labels: sent.labels.iter().cloned().collect(),
                annotations: sent.annotations.iter().cloned().collect(),
                starts_at: ms(sent.starts_at),
                ends_at: sent.ends_at.map_or(0, ms),
            });
        });
        let new = watch.take_events();
        let failed: Vec<&str> = new
            .iter()
            .filter_map(|event| match event {
                Event::Failed { rule, .. } => Some(rule.as_str()),
                Event::Alert(_) | Event::Notified(_) | Event::Muted(_) | Event::Holds { .. } => None,
            })
            .collect();
        assert_eq!(failed, evaluation.failed, "at {} ms in\n{}", evaluation.at, case.rules);
        compare_states(case, &watch, evaluation);
    }
    let mut theirs = case.sends.clone();
    sends.sort();
    theirs.sort();
    let differ = sends.iter().zip(&theirs).find(|(ours, theirs)| ours != theirs);
    assert_eq!((differ, sends.len()), (None, theirs.len()), "in\n{}", case.rules);
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
