//! How often somebody is paged for nothing, in words: for the terminal's summary and the report.

use super::incident::Language;
use super::numbers::{number, time};
use crate::experiment::{AlertResult, CalmAlert, CalmRuns, Results};

/// The label of [`words`]; `None` where there were no runs in calm.
pub(super) fn label(results: &Results, language: Language) -> Option<&'static str> {
    results.calm.map(|calm| match calm.notifies {
        true => language.of("false pages", "평시 오탐 통보"),
        false => language.of("false alarms", "평시 오탐"),
    })
}

/// Which alerts fire in calm and how often; or how seldom they all do if none was seen to. `None` where there were no runs in
/// calm, or no alert can fire.
pub(super) fn words(results: &Results, language: Language) -> Option<String> {
    let calm = results.calm?;
    let mut fired: Vec<(&AlertResult, CalmAlert)> =
        results.alerts.iter().filter_map(|alert| Some((alert, alert.calm?))).collect();
    let most = fired.iter().map(|(_, calm)| calm.pages_per_day.high).reduce(f64::max)?;
    fired.retain(|(_, of)| of.fired > 0);
    if fired.is_empty() {
        return Some(none(calm, most, language));
    }
    // A sort that keeps the order of the rules where two are told as often.
    fired.sort_by(|(_, a), (_, b)| b.pages_per_day.mean.total_cmp(&a.pages_per_day.mean));
    let listed: Vec<String> = fired.iter().map(|(alert, of)| one(&alert.name, *of, calm, language)).collect();
    Some(listed.join("; "))
}

/// Names of alerts that fire in calm, or fired before the incident.
pub(super) fn names(results: &Results) -> Vec<&str> {
    let fires = |alert: &&AlertResult| alert.before > 0 || alert.calm.is_some_and(|calm| calm.fired > 0);
    results.alerts.iter().filter(fires).map(|alert| alert.name.as_str()).collect()
}

fn none(calm: CalmRuns, most: f64, language: Language) -> String {
    let (runs, long) = (calm.runs, time(calm.looked_at.as_secs_f64()));
    let most = number(most);
    match language {
        Language::English => {
            let s = if runs == 1 { "" } else { "s" };
            format!("none in {runs} calm run{s} of {long} together: at most {most} a day of each alert")
        }
        Language::Korean => {
            let long = super::incident::localised(long, language);
            format!("장애 없는 실행 {runs}회(총 {long})에서 없음: 알림별 하루 최대 {most}회")
        }
    }
}

fn one(name: &str, of: CalmAlert, calm: CalmRuns, language: Language) -> String {
    let (runs, fired, rate) = (calm.runs, of.fired, of.pages_per_day);
    let [mean, low, high] = [rate.mean, rate.low, rate.high].map(number);
    match language {
        Language::English => {
            let s = if runs == 1 { "" } else { "s" };
            format!("{name} {mean} a day ({low}–{high}), fires in {fired} of {runs} calm run{s}")
        }
        Language::Korean => {
            format!("{name} 하루 {mean}회({low}–{high}), 장애 없는 실행 {runs}회 중 {fired}회 발생")
        }
    }
}
