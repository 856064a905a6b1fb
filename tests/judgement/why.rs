//! Why operations fail, as the chain of an incident says.

use std::path::Path;

use super::{outage, outcomes, phase, run, said};
use brownout::experiment::{Link, LinkFact, Results};
use brownout::record::Cause;
use brownout::report::incident::{About, Language, incident_md};
use brownout::scenario::{Overrides, Phase, load};

/// Why operations fail, by the chain.
fn why_it_fails(results: &Results) -> Vec<Option<Cause>> {
    let of = |link: &Link| match &link.fact {
        LinkFact::Fails { cause, .. } => Some(cause.as_ref().map(|(cause, _)| *cause)),
        _ => None,
    };
    results.chain.iter().filter_map(of).collect()
}

/// What fails in the interval in which a fault begins is of the incident, wherever in it that is.
#[test]
fn a_fault_within_an_interval_hits_whom_it_hits() {
    let short = |at: &str, interval: &str| {
        run(
            &format!(
                "deployment: deployment.yaml\nduration: 300s\ninterval: {interval}\nreplications: 3\n\
                 load: {{shop.buy: {{rate: 20/s}}}}\nslos: {{shop.buy: {{availability: 99.9%}}}}\n\
                 faults: [{{name: away, at: {at}, for: 10s, crash: shop}}]\n"
            ),
            &[],
        )
    };
    for (at, interval) in
        [("120s", "1s"), ("120s", "20s"), ("123s", "20s"), ("129500ms", "20s"), ("143s", "60s")]
    {
        let results = short(at, interval);
        let found = outcomes(&results);
        let (failed, burnt) = (found.blast.requests.mean, found.budgets[0].burnt_s.mean);
        assert!((failed - 200.0).abs() < 40.0, "{at} {interval}: {failed} failed");
        assert!((burnt - 10.0).abs() < 2.0, "{at} {interval}: {burnt} s burnt");
        assert_eq!(found.unaffected, 0, "{at} {interval}");
    }
}

#[test]
fn what_failed_before_people_paused_it_does_not_fail_for_that() {
    let close = "runbook: [{name: close, when: {at: 245s}, do: {pause: shop.buy}}]\n";
    assert_eq!(why_it_fails(&run(&outage(close), &[])), [Some(Cause::Unavailable)]);
}

#[test]
fn why_it_fails_in_calm_is_not_why_it_fails_in_the_incident() {
    // Some are too late in calm. Then it is gone, which no window is of.
    let results = run(
        &outage(
            "clients: {shop.buy: {timeout: 60ms, latency: {lognormal: {mean: 5ms, cv: 1}}}}\n\
             windows: {before: {from: 0s, to: 120s}, late: {from: 250s}}\n\
             runbook: [{name: close, when: {at: 190s}, do: {pause: shop.buy}}]\n",
        ),
        &[],
    );
    let before = &results.windows[0].operations[0];
    assert!(
        before.failed_share.mean > 0.01 && before.causes.iter().any(|(cause, _)| *cause == Cause::Timeout)
    );
    assert_eq!(why_it_fails(&results), [None]);
}

#[test]
fn what_people_pause_fails_for_that() {
    // It is slow from 120 s on, and fails only when people close it.
    let slow = "deployment: deployment.yaml\nduration: 300s\ninterval: 1s\nreplications: 3\nload: {shop.buy: {rate: 20/s}}\n\
                faults: [{name: drag, at: 120s, slow: shop, added: 1s}]\n\
                runbook: [{name: close, when: {at: 200s}, do: {pause: shop.buy}}]\n";
    let results = run(slow, &[]);
    assert_eq!(why_it_fails(&results), [Some(Cause::Paused)]);
    // Nobody is served as before: there is nothing to recover from then on, and nobody to tell without rules.
    let about =
        About { language: Language::English, description: "", command: "", assumed: &[], sourced_of: 0 };
    let report = incident_md(&results, &about);
    assert!(report.contains("**action**: close") && !report.contains("from then on"), "{report}");
    assert!(report.contains("no alert rules are given") && !report.contains("nobody was told"), "{report}");
}

#[test]
fn a_hang_that_is_shorter_than_the_hold_hits_whom_it_hangs() {
    let scenario = |span: &str| {
        format!(
            "deployment: deployment.yaml\nduration: 300s\ninterval: 1s\nreplications: 2\n\
             load: {{shop.buy: {{rate: 20/s}}}}\nfaults: [{{at: 120s, for: {span}, hang: shop}}]\n\
             recovery: {{within: 1m, hold: 60s}}\n"
        )
    };
    for (span, secs) in [("20s", 20.0), ("50s", 50.0)] {
        let results = run(&scenario(span), &[]);
        let (runs, mitigated) = phase(&results, Phase::Mitigate);
        let mitigated = mitigated.expect("users are served as before");
        assert!(runs == 2 && (secs..=secs + 2.0).contains(&mitigated), "{span}: {mitigated}");
        assert_eq!(outcomes(&results).unaffected, 0, "{span}");
        assert!(!said(&results).contains("nobody"), "{}", said(&results));
    }
}

#[test]
fn the_way_to_the_files_changes_nothing() {
    let scenario = outage("alerts: {rules: [rules.yaml], alertmanager: alertmanager.yaml}\n");
    let at = |path: &str| {
        let files = |path: &Path| match path.file_name().and_then(|name| name.to_str()) {
            Some("scenario.yaml") => Ok(scenario.as_bytes().to_vec()),
            Some("deployment.yaml") => Ok(super::DEPLOYMENT.as_bytes().to_vec()),
            Some("operations.yaml") => Ok(super::OPERATIONS.as_bytes().to_vec()),
            Some("rules.yaml") => Ok(super::RULES.as_bytes().to_vec()),
            Some("alertmanager.yaml") => Ok(super::ALERTMANAGER.as_bytes().to_vec()),
            _ => Err("no such file".to_owned()),
        };
        let results = super::results(load(Path::new(path), &Overrides::default(), &files));
        (results.fingerprint, phase(&results, Phase::Detect))
    };
    assert_eq!(at("scenario.yaml"), at("some/where/else/scenario.yaml"));
    assert_eq!(at("scenario.yaml"), at("/tmp/../scenario.yaml"));
}
