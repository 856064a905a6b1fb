//! What is told of an incident: what people paused, all of its faults, and windows that outlast them.

use brownout::experiment::{ClaimVerdict, LEAST_DIFFERENCE, LinkFact, Results, Warning, compare};
use brownout::record::Cause;
use brownout::report::incident::{About, Language, incident_md};
use brownout::scenario::Phase;

use super::{claim, outage, outcomes, phase, run, said};

/// Why the first operation fails that does.
fn first_cause(results: &Results) -> Option<Cause> {
    results.chain.iter().find_map(|link| match &link.fact {
        LinkFact::Fails { cause, .. } => Some(cause.as_ref().map(|(cause, _)| *cause)),
        _ => None,
    })?
}

#[test]
fn who_is_paused_is_not_served_before_he_is_let_in_again() {
    // Gone from 120 s to 180 s; from 130 s on people let nobody in, and tell all so: for good, or until 240 s.
    let closed = |open: &str| {
        outage(&format!(
            "runbook: [{{name: close, when: {{at: 130s}}, do: {{pause: shop.buy}}}}{open}]\n\
             slos: {{shop.buy: {{availability: 99.95%}}}}\n\
             claims: {{open: {{says: a, expect: 'availability(shop.buy) >= 99%', after: done(close), for: 50s}}}}\n"
        ))
    };
    let for_good = closed("");
    let ends = closed(", {name: open, when: {at: 240s}, do: {resume: shop.buy}}");
    let (for_good, ends) = (run(&for_good, &[]), run(&ends, &[]));
    for (results, hit_s, back) in [(&for_good, 180.0, (0, None)), (&ends, 120.0, (3, Some(120.0)))] {
        let found = outcomes(results);
        assert_eq!((phase(results, Phase::Mitigate), phase(results, Phase::Recover)), (back, back));
        // It does not collapse: all have an answer. But nobody has what he came for.
        assert_eq!((found.collapsed, found.by_itself.mean, found.blast.share.mean), (0, 0.0, 1.0));
        let budget = &found.budgets[0];
        for (found_s, wanted_s) in [
            (budget.burnt_s.mean, hit_s),
            (budget.burnt_by_pause_s.mean, hit_s - 10.0),
            (found.blast.operation_s.mean, hit_s),
        ] {
            assert!((found_s - wanted_s).abs() <= 1.0, "{found_s} of {wanted_s}");
        }
        assert_eq!(claim(results, "open").verdict, ClaimVerdict::Refuted);
        assert_eq!(first_cause(results), Some(Cause::Unavailable), "it fails before it is paused");
        let text = said(results);
        let told = "shop.buy is paused from 2 min 10 s on and not resumed: nobody is served there.";
        assert_eq!(text.contains(told), back.0 == 0, "{text}");
        assert!(text.contains("of it while people had it paused)"), "{text}");
    }
    let since: Vec<(&str, u32, f64)> =
        outcomes(&for_good).paused.iter().map(|it| (it.operation.as_str(), it.runs, it.from_s)).collect();
    assert_eq!(since, [("shop.buy", 3, 130.0)]);
    // Of what it failed before is not known where no window has it: not of the pause, which came later.
    let windows = "windows: {before: {from: 0s, to: 100s}, late: {from: 200s}}\n";
    assert_eq!(first_cause(&run(&format!("{}{windows}", closed("")), &[])), None);
    // Whoever compares it with doing nothing is not told that it is better.
    let open = run(&outage("slos: {shop.buy: {availability: 99.95%}}"), &[]);
    let compared = compare([("open", &open), ("closed", &for_good)], LEAST_DIFFERENCE).expect("an incident");
    for measure in ["blast-radius", "budget-burnt"] {
        let row = compared.rows.iter().find(|row| row.measure == measure).expect("the measure");
        let difference = row.difference.difference.mean;
        assert!((difference - 120.0).abs() <= 1.0, "{measure}: {row:?}");
    }
}

#[test]
fn several_faults_are_all_named() {
    let korean =
        About { language: Language::Korean, description: "", command: "", assumed: &[], sourced_of: 0 };
    let a = "{name: a, at: 120s, for: 30s, crash: shop}";
    let [b, c] = [
        "{name: b, after: a, for: 30s, crash: shop}",
        "{name: c, at: 120s, for: 30s, errors: shop, share: 30%}",
    ];
    let d = "{name: d, at: 200s, for: 1s, crash: shop}";
    for (faults, english, in_korean) in [
        (vec![a], "The fault a hits 1 of 1 operations", "장애 a: 전체"),
        (vec![a, b, c], "The faults a, c and b hit 1 of 1 operations", "장애 a, c, b: 전체"),
        (vec![a, b, c, d], "The fault a and 3 more faults hit 1 of 1 operations", "장애 a 외 3건: 전체"),
    ] {
        let results = run(
            &format!(
                "deployment: deployment.yaml\nduration: 300s\ninterval: 1s\nreplications: 2\n\
                 load: {{shop.buy: {{rate: 20/s}}}}\nfaults: [{}]\n",
                faults.join(", ")
            ),
            &[],
        );
        assert!(said(&results).contains(english), "{}", said(&results));
        let report = incident_md(&results, &korean);
        assert!(report.contains(in_korean), "{report}");
    }
}

#[test]
fn steps_that_wait_for_what_nobody_hears_are_told_as_never_begun() {
    let scenario = |alert: &str| {
        outage(&format!(
            "alerts: {{rules: [rules.yaml], alertmanager: alertmanager.yaml, scrape-interval: 1s}}\n\
             runbook: [{{name: look, when: {{alert: {alert}}}}}, {{name: mend, when: {{alert: {alert}}}, do: {{restart: \
             {{component: shop}}}}}}]\n"
        ))
    };
    let silent = run(&scenario("Never"), &[]);
    let words = "look and mend are never begun: nobody is told of Never.";
    assert!(said(&silent).contains(words), "{}", said(&silent));
    let about =
        About { language: Language::English, description: "", command: "", assumed: &[], sourced_of: 0 };
    assert!(incident_md(&silent, &about).contains(words));
    assert!(!said(&run(&scenario("ShopDown"), &[])).contains("begun"));
    // Told, and no time is left to begin.
    let late = run(&format!("{}people: {{detect: 10m}}\n", scenario("ShopDown")), &[]);
    assert!(!said(&late).contains("begun"), "{}", said(&late));
    assert!(late.timeline.iter().all(|entry| entry.subject != "mend"), "{:?}", late.timeline);
    // Begun, and no time is left to do it.
    let long = run(&scenario("ShopDown").replace("name: look,", "name: look, people: 10m,"), &[]);
    let words = "look is begun and not done when the run ends.";
    assert!(said(&long).contains(words), "{}", said(&long));
    assert!(incident_md(&long, &about).contains(words));
    assert!(!said(&long).contains("mend is"), "{}", said(&long));
}

#[test]
fn steps_that_wait_for_what_does_not_come_are_told_as_never_begun() {
    let scenario = |fault: &str, when: &str| {
        format!(
            "deployment: deployment.yaml\nduration: 300s\ninterval: 1s\nreplications: 2\n\
             load: {{shop.buy: {{rate: 20/s}}}}\nfaults: [{{name: away, at: 120s, {fault}crash: shop}}]\n\
             alerts: {{rules: [rules.yaml], alertmanager: alertmanager.yaml, scrape-interval: 1s}}\n\
             runbook: [{{name: go, when: {{{when}}}}}, {{name: next, when: {{after: go}}}}]\n"
        )
    };
    let ends = "for: 100s, ";
    for (fault, when, words) in [
        ("", "recovered: shop", "go is never begun: shop does not recover."),
        ("", "resolved: ShopDown", "go is never begun: ShopDown is not resolved."),
        (ends, "condition: {expr: up == 5}", "go is never begun: what is waited for does not hold."),
        (ends, "recovered: shop", ""),
        (ends, "resolved: ShopDown", ""),
        (ends, "condition: {expr: up == 0}", ""),
    ] {
        let text = said(&run(&scenario(fault, when), &[]));
        match words {
            "" => assert!(!text.contains("begun"), "{when}: {text}"),
            words => assert!(text.contains(words), "{when}: {text}"),
        }
        assert!(
            !text.contains("next is never") && !text.contains("next is not") && !text.contains("and next"),
            "it follows the other: {text}"
        );
    }
}

#[test]
fn a_window_that_outlasts_its_fault_is_told_of() {
    let scenario = |fault: &str, more: &str| {
        format!(
            "deployment: deployment.yaml\nduration: 300s\ninterval: 1s\nreplications: 2\n\
             load: {{shop.buy: {{rate: 20/s}}}}\nfaults: [{{name: away, at: 120s, {fault}crash: shop}}]\n{more}"
        )
    };
    let restart = "runbook: [{name: restart, when: {at: 200s}, do: {restart: {component: shop}}}]\n";
    let windows =
        "windows: {before: {from: 0s, to: 120s}, fault: {from: 120s, to: 200s}, after: {from: 200s}}\n";
    let told = |text: &str| {
        let results = run(text, &[]);
        let is_it = |it: &&Warning| matches!(it, Warning::FaultWindow { .. });
        (results.warnings.iter().find(is_it).cloned(), said(&results))
    };
    // People end it, and the file does not know when.
    let (warning, text) = told(&scenario("", restart));
    let Some(Warning::FaultWindow { faults, over_s, window_s, runs }) = warning else { panic!("{text}") };
    assert_eq!((faults.as_str(), window_s, runs), ("away", 180.0, 2));
    assert!((over_s - 80.0).abs() < 1.0, "{over_s}");
    let words = "window fault is 3 min long, though away was over after 80.0 s (mean of 2 of";
    assert!(text.contains(words), "{text}");
    // It would end by itself, and people end it before that.
    let (warning, text) = told(&scenario("for: 120s, ", restart));
    let Some(Warning::FaultWindow { over_s, window_s, .. }) = warning else { panic!("{text}") };
    assert_eq!((over_s.round(), window_s), (80.0, 120.0));
    // It ends by itself, nobody ends it, or the windows are the scenario's own.
    for silent in [scenario("for: 80s, ", ""), scenario("", ""), scenario("", &format!("{restart}{windows}"))]
    {
        assert_eq!(told(&silent).0, None, "{silent}");
    }
}
