//! What an incident came to and what is said of it: a service that is gone for a minute has outcomes that are known.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use brownout::experiment::{
    BudgetState, ClaimResult, ClaimVerdict, ComparedMeasure, ComparisonResult, DeployGate, LEAST_DIFFERENCE,
    Link, LinkFact, Options, Outcomes, Results, compare, replicate,
};
use brownout::report::incident::{About, Language, incident_md};
use brownout::report::terminal::{SummaryOptions, summary};
use brownout::scenario::{Loaded, Overrides, Phase, Without, load, render};

#[path = "judgement/told.rs"]
mod told;
#[path = "judgement/why.rs"]
mod why;

const OPERATIONS: &str = "
modules:
  shop:
    operations:
      buy: [{delay: 50ms}, {effect: bought}, {effect: counted}, {take: {stock: thing, key: one, checked: false}}]
      look: [{delay: 10ms}]
keys: {one: {count: 1, popularity: uniform}}
stocks: {thing: {amount: 100}}
effects: {bought: {good: more}}
";
const DEPLOYMENT: &str = "
operations: operations.yaml
processes: {shop: {modules: [shop], cores: 1, threads: 200, start-up: 0s}}
";
const RULES: &str = "
groups:
  - name: up
    interval: 1s
    rules:
      - {alert: ShopDown, expr: up == 0, for: 10s, labels: {team: 'shop, till'}}
      - {alert: Never, expr: up == 2}
";
/// Sees for the first time after a minute that it was down.
const LATE_RULES: &str = "
groups:
  - name: late
    interval: 1s
    rules: [{alert: WasDown, expr: 'min_over_time(up[2m]) == 0', for: 1m}]
";
const ALERTMANAGER: &str = "
route: {receiver: team, group_by: [alertname], group_wait: 5s, group_interval: 1m, repeat_interval: 12h}
receivers: [{name: team, webhook_configs: [{url: https://example.org}]}]
";

fn loaded(scenario: &str, set: &[(&str, &str)]) -> Loaded {
    let set = set.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
    loaded_with(scenario, &Overrides { set, ..Overrides::default() })
}

fn loaded_with(scenario: &str, overrides: &Overrides) -> Loaded {
    let files = |path: &Path| {
        let text = match path.to_str() {
            Some("scenario.yaml") => scenario,
            Some("deployment.yaml") => DEPLOYMENT,
            Some("operations.yaml") => OPERATIONS,
            Some("rules.yaml") => RULES,
            Some("late.yaml") => LATE_RULES,
            Some("alertmanager.yaml") => ALERTMANAGER,
            _ => return Err("no such file".to_owned()),
        };
        Ok(text.as_bytes().to_vec())
    };
    load(Path::new("scenario.yaml"), overrides, &files)
}

/// The shop is gone from 120 s to 180 s.
fn outage(more: &str) -> String {
    format!(
        "deployment: deployment.yaml\nduration: 300s\ninterval: 1s\nreplications: 3\nload: {{shop.buy: {{rate: 20/s}}}}\n\
         faults: [{{name: away, at: 120s, for: 60s, crash: shop}}]\n{more}"
    )
}

fn run(scenario: &str, set: &[(&str, &str)]) -> Results {
    results(loaded(scenario, set))
}

fn results(loaded: Loaded) -> Results {
    let told = render(&loaded.diagnostics, false, 100);
    let plan = loaded.plan.unwrap_or_else(|| panic!("{told}"));
    replicate(&plan, &Options::default(), &|_| {}, &AtomicBool::new(false)).expect("the books balance")
}

fn outcomes(results: &Results) -> &Outcomes {
    results.outcomes.as_ref().expect("there is an incident")
}

fn phase(results: &Results, phase: Phase) -> (u32, Option<f64>) {
    let found = &outcomes(results).phases[phase as usize];
    (found.runs, found.time_s.map(|time| time.mean))
}

#[test]
fn a_minute_without_a_service_costs_a_minute() {
    let slos = "slos: {shop.buy: {availability: 99.95%, p95: 60ms, spent: 48%}}";
    let results = run(&outage(slos), &[]);
    assert_eq!(phase(&results, Phase::Mitigate), (3, Some(60.0)));
    assert_eq!(phase(&results, Phase::Recover), (3, Some(60.0)));
    assert_eq!(outcomes(&results).after_cause.time_s.map(|time| time.mean), Some(0.0));
    // Nobody watches.
    assert_eq!(phase(&results, Phase::Detect), (0, None));
    let found = outcomes(&results);
    assert_eq!((found.from_s, found.unaffected, found.by_itself.mean), (120.0, 0, 1.0));
    assert_eq!(found.blast.operation_s.mean, 60.0);
    assert_eq!((found.blast.operations.mean, found.blast.of, found.blast.share.mean), (1.0, 1, 1.0));
    let worst = found.worst.as_ref().expect("a worst minute");
    assert_eq!((worst.operation.as_str(), worst.from_s, worst.failed_share.mean), ("shop.buy", 120.0, 1.0));
    assert!(worst.p95_s.is_none(), "nothing is served in it");
    // 21.6 minutes a month, of which 48 % were gone: 95.4 % − 48 % are left.
    let budget = &found.budgets[0];
    assert!((budget.budget_s - 1296.0).abs() < 1e-6);
    assert!((budget.burnt_s.mean - 60.0).abs() < 1e-9);
    assert!((budget.left.mean - (0.52 - 60.0 / 1296.0)).abs() < 1e-9);
    assert_eq!((budget.state, budget.gate, budget.credit), (BudgetState::Warning, DeployGate::Open, 0.0));
    // A core for five minutes.
    assert!((found.core_hours - 1.0 / 12.0).abs() < 1e-12 && (found.cost - 0.004).abs() < 1e-12);
}

#[test]
fn what_is_late_hits_users_and_burns_nothing() {
    // 50 ms are more than 40 ms: every request is late, and the service level is missed to the end.
    let results = run(&outage("slos: {shop.buy: {availability: 99.95%, p95: 40ms}}"), &[]);
    let found = outcomes(&results);
    assert!((found.budgets[0].burnt_s.mean - 60.0).abs() < 1e-9);
    assert_eq!((found.budgets[0].state, found.budgets[0].gate), (BudgetState::Healthy, DeployGate::Missed));
    assert_eq!(found.blast.share.mean, 1.0);
    let late = found.runs.iter().map(|run| run.blast.late).sum::<u64>();
    assert_eq!(late, 0, "the incident ends when the shop is as before, which was late too");
    assert_eq!(found.worst.as_ref().expect("a worst minute").bad_share.mean, 1.0);
}

/// The shop takes 50 ms for every request, which is late by one promise and in time by another, and is gone for a minute.
#[test]
fn what_is_late_in_calm_is_told_and_not_counted() {
    use brownout::experiment::Warning;
    let late = |results: &Results| {
        let is_it =
            |it: &&Warning| matches!(it, Warning::LateInCalm { operation, .. } if operation == "shop.buy");
        results.warnings.iter().filter(is_it).count()
    };
    let missed = run(&outage("slos: {shop.buy: {availability: 99.95%, p95: 40ms}}"), &[]);
    let met = run(&outage("slos: {shop.buy: {availability: 99.95%, p95: 60ms}}"), &[]);
    assert_eq!((late(&missed), late(&met)), (1, 0));
    // Nothing else tells the two apart: it is gone for a minute in both.
    let lost = |results: &Results| outcomes(results).blast.operation_s.mean;
    assert_eq!((lost(&missed), lost(&met)), (60.0, 60.0));
    let alone = "deployment: deployment.yaml\nduration: 600s\ninterval: 1s\nreplications: 2\n\
                 load: {shop.buy: {rate: 20/s}}\nwindows: {before: {from: 0s, to: 100s}}\n\
                 recovery: {baseline: before, from: 200s}\nslos: {shop.buy: {availability: 99.95%, p95: 40ms}}\n";
    let calm = run(alone, &[]);
    let found = &outcomes(&calm).blast;
    assert_eq!((found.operations.mean, found.requests.mean, found.operation_s.mean), (0.0, 0.0, 0.0));
}

#[test]
fn an_outage_that_never_ends_hits_those_who_use_it() {
    for away in ["{name: away, at: 120s, crash: shop}", "{name: away, at: 120s, errors: shop, share: 100%}"] {
        let results = run(
            &format!(
                "deployment: deployment.yaml\nduration: 300s\ninterval: 1s\nreplications: 3\n\
                 load: {{shop.buy: {{rate: 20/s}}}}\nfaults: [{away}]\n"
            ),
            &[],
        );
        assert!(results.recovery.is_none(), "there is nothing to recover in");
        let found = outcomes(&results);
        assert_eq!((found.unaffected, found.collapsed, found.collapse.mean), (0, 3, 1.0));
        assert_eq!(
            (phase(&results, Phase::Mitigate), phase(&results, Phase::Recover)),
            ((0, None), (0, None))
        );
        let text = summary(&results, &SummaryOptions::default());
        for words in
            ["The fault away hits 1 of 1 operations", "are not served as before", "Collapses in 3 of 3"]
        {
            assert!(text.contains(words), "{words} in {text}");
        }
        assert!(!text.contains("hits nobody") && !text.contains("Nothing is at its limit"), "{text}");
    }
}

#[test]
fn what_fails_for_seconds_hits_somebody_where_nothing_is_said_of_recovery() {
    let results = run(
        "deployment: deployment.yaml\nduration: 20s\ninterval: 100ms\nreplications: 2\n\
         load: {shop.buy: {rate: 20/s}}\nfaults: [{name: away, at: 5s, for: 2s, crash: shop}]\n",
        &[],
    );
    assert!(results.recovery.is_none());
    let found = outcomes(&results);
    assert_eq!((found.unaffected, found.collapsed), (0, 0));
    let (runs, mitigated_s) = phase(&results, Phase::Mitigate);
    let mitigated_s = mitigated_s.expect("it is over");
    assert!(runs == 2 && (1.5..2.2).contains(&mitigated_s), "{mitigated_s}");
}

#[test]
fn the_worst_minute_lies_between_the_beginning_and_recovery() {
    // Half fails for a minute; later, when all is well again, nearly all are turned away.
    let scenario = "deployment: deployment.yaml\nduration: 400s\ninterval: 1s\nreplications: 2\n\
         load: {shop.buy: {rate: 20/s}}\nfaults: [{name: flaky, at: 120s, for: 60s, errors: shop, share: 50%}]\n\
         runbook: [{name: limit, when: {at: 300s}, do: {rate-limit: {at: shop.buy, rate: 1/s, burst: 1}}}]\n";
    let results = run(scenario, &[]);
    let worst = outcomes(&results).worst.as_ref().expect("a worst minute");
    assert!((worst.from_s - 120.0).abs() <= 1.0, "{worst:?}");
    assert!((0.4..0.6).contains(&worst.failed_share.mean), "{worst:?}");
}

#[test]
fn detection_is_the_first_message_and_without_one_the_first_alert() {
    let alerts = "alerts: {rules: [rules.yaml], scrape-interval: 1s}";
    let fires = run(&outage(alerts), &[]);
    let (runs, fired_s) = phase(&fires, Phase::Detect);
    let told = "alerts: {rules: [rules.yaml], alertmanager: alertmanager.yaml, scrape-interval: 1s}";
    let told = run(&outage(told), &[]);
    let (told_runs, told_s) = phase(&told, Phase::Detect);
    let (fired_s, told_s) = (fired_s.expect("it fires"), told_s.expect("somebody is told"));
    assert_eq!((runs, told_runs), (3, 3));
    // The scrape sees it within a second, the rule holds for 10 s, the group waits for 5 s.
    assert!((10.0..=13.0).contains(&fired_s), "{fired_s}");
    assert!((told_s - fired_s - 5.0).abs() < 1.0, "{told_s} after {fired_s}");
    assert_eq!(phase(&told, Phase::Acknowledge), (0, None));
    assert_eq!(outcomes(&told).teams, ["shop, till"]);
    // Nobody is told where there is nobody to tell.
    for (results, words) in [(&fires, "an alert fires after"), (&told, "somebody is told after")] {
        let text = said(results);
        assert!(text.contains(words), "{words} in {text}");
    }
}

/// The summary in one line.
fn said(results: &Results) -> String {
    summary(results, &SummaryOptions::default()).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Gone for five seconds, and recovered when the alert fires that would have told of it.
#[test]
fn what_fires_when_all_is_over_has_detected_nothing() {
    let results = run(
        "deployment: deployment.yaml\nduration: 300s\ninterval: 1s\nreplications: 2\n\
         load: {shop.buy: {rate: 20/s}}\nfaults: [{name: away, at: 120s, for: 5s, crash: shop}]\n\
         alerts: {rules: [late.yaml], scrape-interval: 1s}\n",
        &[],
    );
    let alert = &results.alerts[0];
    assert_eq!((alert.fired, alert.after), (0, 2), "{alert:?}");
    assert_eq!(phase(&results, Phase::Recover), (2, Some(5.0)));
    assert_eq!(phase(&results, Phase::Detect), (0, None));
    assert!(said(&results).contains("no alert fires before it is over"), "{}", said(&results));
}

#[test]
fn who_is_declined_has_not_failed() {
    // Sold out: nobody is served from then on, and nothing is wrong with that.
    let sold = run(&outage(""), &[("operations.modules.shop.operations.buy.3.take.checked", "true")]);
    let fails = |link: &&Link| matches!(link.fact, LinkFact::Fails { .. });
    assert_eq!((outcomes(&sold).collapsed, phase(&sold, Phase::Mitigate)), (3, (3, Some(60.0))));
    assert_eq!(sold.chain.iter().filter(fails).count(), 1);
}

#[test]
fn a_rare_operation_burns_nothing_by_chance() {
    // Two a second that take 300 ms: in many a second some come and none ends.
    let rare = "deployment: deployment.yaml\nduration: 600s\ninterval: 1s\nreplications: 2\n\
                load: {shop.buy: {rate: 2/s}}\nwindows: {before: {from: 0s, to: 100s}}\n\
                recovery: {baseline: before, from: 500s}\nslos: {shop.buy: {availability: 99.95%}}\n";
    let results = run(rare, &[("operations.modules.shop.operations.buy.0.delay", "300ms")]);
    let found = outcomes(&results);
    assert_eq!((found.budgets[0].burnt_s.mean, found.blast.operation_s.mean), (0.0, 0.0));
    assert!(
        !results.chain.iter().any(|link| matches!(link.fact, LinkFact::Fails { .. })),
        "{:?}",
        results.chain
    );
}

#[test]
fn who_is_slow_is_out_of_bounds_and_said_to_be() {
    let results = run(
        "deployment: deployment.yaml\nduration: 600s\ninterval: 1s\nreplications: 2\n\
         load: {shop.buy: {rate: 20/s}}\nfaults: [{name: molasses, at: 120s, for: 120s, slow: shop, added: 200ms}]\n",
        &[],
    );
    let found = outcomes(&results);
    assert_eq!((found.blast.operations.mean, found.blast.out_of_bounds.mean), (0.0, 1.0));
    let text = said(&results);
    assert!(text.contains("The fault molasses pushes 1 of 1 operations out of its bounds"), "{text}");
    // It is back when users are served as before: the two have one measure.
    let back =
        results.chain.iter().find(|link| matches!(link.fact, LinkFact::Back { .. })).expect("it is back");
    let (_, mitigated_s) = phase(&results, Phase::Mitigate);
    assert_eq!(Some(back.at_s - 120.0), mitigated_s);
}

#[test]
fn without_calm_it_is_said_what_is_not_told() {
    use brownout::experiment::Warning;
    use brownout::report::incident::{About, Language, incident_md};
    let early = outage("").replace("at: 120s", "at: 500ms");
    let (early, usual) = (run(&early, &[]), run(&outage(""), &[]));
    let about =
        About { language: Language::English, description: "", command: "", assumed: &[], sourced_of: 0 };
    for (results, is_told) in [(&early, true), (&usual, false)] {
        assert_eq!(results.warnings.contains(&Warning::NoCalm), is_told);
        assert_eq!(incident_md(results, &about).contains("before there is an interval of calm"), is_told);
    }
}

#[test]
fn faults_without_names_are_told_apart() {
    let results = run(
        "deployment: deployment.yaml\nduration: 300s\ninterval: 1s\nreplications: 2\nload: {shop.buy: {rate: 20/s}}\n\
         faults: [{at: 100s, for: 10s, crash: shop}, {at: 200s, for: 10s, crash: shop}]\n",
        &[],
    );
    use brownout::record::HappeningKind::FaultBegan;
    let began = results.timeline.iter().filter(|it| it.kind == FaultBegan);
    let began: Vec<(&str, f64)> = began.map(|it| (it.subject.as_str(), it.median_s)).collect();
    assert_eq!(began, [("crash of shop", 100.0), ("crash of shop (2)", 200.0)]);
}

#[test]
fn without_a_disturbance_there_is_no_incident() {
    let calm =
        "deployment: deployment.yaml\nduration: 60s\nreplications: 2\nload: {shop.buy: {rate: 20/s}}\n";
    assert!(run(calm, &[]).outcomes.is_none());
}

const CLAIMS: &str = "
alerts: {rules: [rules.yaml], scrape-interval: 1s}
claims:
  gone: {says: a, expect: 'availability(shop.buy) <= 0%', after: away, delay: 1s, for: 58s}
  back: {says: a, expect: 'failed(shop.buy) <= 0%', after: ended(away), delay: 1s, for: 100s}
  paged: {says: a, expect: 'failed(shop.buy) >= 100%', after: ShopDown, for: 30s}
  resolved: {says: a, expect: 'failed(shop.buy) <= 0%', after: resolved(ShopDown), for: 60s}
  never: {says: a, expect: 'failed(shop.buy) < 1%', after: Never, for: 1s}
  same: {says: a, expect: 'p(50)(shop.buy) <= 1.01x', during: after, against: before}
  fast: {says: a, expect: 'avg(shop.buy) < 49ms', during: before}
  soon: {says: a, expect: 'time-to(mitigate) <= 60s'}
  told: {says: a, expect: 'time-to(acknowledge) <= 60s'}
  few: {says: a, expect: 'p(99.99)(shop.buy) < 1s', during: before}
";

fn claim<'r>(results: &'r Results, name: &str) -> &'r ClaimResult {
    results.claims.iter().find(|result| result.claim.name == name).expect("the claim")
}

#[test]
fn claims_are_measured_from_what_happens_on() {
    let results = run(&outage(CLAIMS), &[]);
    let (yes, no, unsure) = (ClaimVerdict::Supported, ClaimVerdict::Refuted, ClaimVerdict::Inconclusive);
    for (name, verdict, note) in [
        ("gone", &yes, ""),
        ("back", &yes, ""),
        ("paged", &yes, ""),
        ("resolved", &yes, ""),
        ("never", &unsure, "in 0 of 3 runs"),
        ("same", &yes, ""),
        ("fast", &no, ""),
        ("soon", &yes, ""),
        ("told", &unsure, "not modelled"),
        ("few", &unsure, "too few requests"),
    ] {
        let found = claim(&results, name);
        assert_eq!(found.verdict, *verdict, "{name}: {found:?}");
        assert!(found.note.contains(note), "{name}: {}", found.note);
    }
    // Spans that begin with something cut the record, and nothing else: all that is counted stays the same.
    let plain = run(&outage("alerts: {rules: [rules.yaml], scrape-interval: 1s}"), &[]);
    assert_eq!(plain.requests, results.requests);
    let (a, b) = (&plain.windows[1].operations[0], &results.windows[1].operations[0]);
    assert_eq!((a.count, a.failed_share), (b.count, b.failed_share));
}

#[test]
fn a_span_holds_the_requests_that_arrive_in_it() {
    // Twenty a second for 58 s, in each of three runs.
    let results = run(&outage(CLAIMS), &[]);
    let (count, _) = claim(&results, "gone").count;
    let expected = 3.0 * 58.0 * 20.0;
    assert!((count as f64 - expected).abs() < 4.0 * f64::sqrt(expected), "{count}");
}

#[test]
fn a_setting_can_be_another() {
    let short = run(
        &outage(CLAIMS),
        &[("scenario.faults.0.for", "30s"), ("operations.modules.shop.operations.buy.0.delay", "40ms")],
    );
    assert_eq!(phase(&short, Phase::Mitigate), (3, Some(30.0)));
    assert_eq!(claim(&short, "fast").verdict, ClaimVerdict::Supported);
    let wrong = loaded(&outage(""), &[("scenario.fault.0.for", "30s"), ("faults.0.for", "30s")]);
    let told = render(&wrong.diagnostics, false, 100);
    assert!(
        wrong.plan.is_none()
            && told.contains("did you mean `faults`")
            && told.contains("does not start with"),
        "{told}"
    );
}

#[test]
fn a_step_of_the_runbook_can_begin_a_span_and_ends_a_recovery_by_itself() {
    // Back at 180 s, and for the minute that it takes to say so; paused from 245 s on.
    let steps = "runbook: [{name: close, when: {at: 245s}, do: {pause: shop.buy}}]\nclaims:\n  \
                 closed: {says: a, expect: 'rate(shop.buy) <= 0/s', after: close, delay: 1s, for: 50s}\n  \
                 begun: {says: a, expect: 'rate(shop.buy) <= 0/s', after: started(close), delay: 1s, for: 50s}\n";
    let results = run(&outage(steps), &[]);
    assert_eq!(claim(&results, "closed").verdict, ClaimVerdict::Supported, "{:?}", claim(&results, "closed"));
    assert_eq!(claim(&results, "begun").verdict, ClaimVerdict::Supported);
    assert_eq!(outcomes(&results).by_itself.mean, 1.0, "it had recovered before");
}

/// The shop is gone from 120 s on. From 150 s on somebody looks for 20 s and then restarts it, which takes 30 s.
const RESTARTED: &str = "
deployment: deployment.yaml
duration: 400s
interval: 1s
replications: 3
load: {shop.buy: {rate: 20/s}}
faults: [{name: away, at: 120s, crash: shop}]
runbook:
  - {name: look, when: {at: 150s}, people: 20s, works: 99.9999%, otherwise: shout}
  - {name: shout}
  - {name: restart, when: {after: look}, people: 30s, do: {restart: {component: shop}}}
claims:
  back: {says: a, expect: 'failed(shop.buy) <= 0%', after: restart, delay: 1s, for: 50s}
  seen: {says: a, expect: 'failed(shop.buy) >= 100%', after: done(look), for: 5s}
  loud: {says: a, expect: 'failed(shop.buy) >= 100%', after: started(shout), for: 5s}
  gone: {says: a, expect: 'failed(shop.buy) >= 100%', after: away, delay: 1s, for: 40s}
";

fn steps(names: &[&str]) -> Without {
    Without::Steps(names.iter().map(|name| (*name).to_owned()).collect())
}

/// The whole runbook against what is left of it.
fn against(without: Without) -> (Results, ComparisonResult) {
    let less = results(loaded_with(RESTARTED, &Overrides { without, ..Overrides::default() }));
    let compared = compare([("less", &less), ("whole", &run(RESTARTED, &[]))], LEAST_DIFFERENCE);
    let compared = compared.expect("there is an incident");
    (less, compared)
}

#[track_caller]
fn differs(compared: &ComparisonResult, measure: &str, by: f64) {
    let is_it = |row: &&ComparedMeasure| row.measure == measure;
    let row = compared.rows.iter().find(is_it).expect("the measure");
    let difference = row.difference.difference;
    assert_eq!((difference.low, difference.mean, difference.high), (by, by, by), "{measure}: {row:?}");
}

#[test]
fn a_step_is_worth_what_is_missing_without_it() {
    // To look does nothing, and takes people as long on both sides: the restart begins at 170 s.
    let (less, compared) = against(steps(&["look"]));
    assert_eq!(compared.pairs, 3);
    for measure in ["time-to-mitigate", "time-to-recover", "recover-after-cause", "blast-radius"] {
        differs(&compared, measure, 0.0);
    }
    let looked = less.timeline.iter().find(|entry| entry.subject == "look").map(|entry| entry.runs);
    assert_eq!(looked, Some(3), "they are at it for their time");
    let names: Vec<&str> = less.claims.iter().map(|result| result.claim.name.as_str()).collect();
    assert_eq!(names, ["back", "gone"], "nobody looks, and nobody shouts when that fails");
    assert!(less.claims.iter().all(|result| result.verdict == ClaimVerdict::Supported), "{:?}", less.claims);
}

#[test]
fn nobody_does_anything_without_all() {
    // Nobody restarts it: it is gone to the end, for 280 s instead of 80 s.
    for without in [Without::All, steps(&["restart", "look"]), steps(&["look", "restart"])] {
        let (less, compared) = against(without);
        differs(&compared, "blast-radius", 80.0 - 280.0);
        differs(&compared, "recovers", 1.0);
        assert_eq!(phase(&less, Phase::Mitigate), (0, None));
        // Calm is measured on both sides alike.
        differs(&compared, "calm-p95", 0.0);
        assert_eq!(less.claims.len(), 1);
        assert_eq!(claim(&less, "gone").verdict, ClaimVerdict::Supported);
    }
}

#[test]
fn effects_are_better_at_their_good_end() {
    use brownout::experiment::Advantage;
    // With people more is bought, and more of what there is not enough of.
    let (_, compared) = against(Without::All);
    let verdict = |effect: &str| {
        let is_it = |row: &&ComparedMeasure| row.measure == "effect" && row.subject == effect;
        compared.rows.iter().find(is_it).expect("the effect").verdict
    };
    assert_eq!(verdict("bought"), Advantage::Better);
    assert_eq!(verdict("oversold-thing"), Advantage::Worse);
    assert_eq!(verdict("counted"), Advantage::Differs);
}

#[test]
fn what_is_left_out_has_to_be_there() {
    let loaded = |scenario: &str, without: Without| {
        let loaded = loaded_with(scenario, &Overrides { without, ..Overrides::default() });
        assert!(loaded.plan.is_none());
        render(&loaded.diagnostics, false, 100)
    };
    let told = loaded(RESTARTED, steps(&["loook", "restart", "sing"]));
    assert!(told.contains("no step `loook`") && told.contains("did you mean `look`"), "{told}");
    assert!(told.contains("no step `sing`") && told.contains("--without"), "{told}");
    let told = loaded(&outage(""), Without::All);
    assert!(told.contains("no runbook"), "{told}");
}

#[test]
fn visits_count_those_who_try_again_until_they_are_told() {
    // Everybody fails and tries twice: 20/s are 40/s, and again 20/s when all have been told not to.
    let told = |heeded: u32| {
        run(
            &format!(
                "
deployment: deployment.yaml
duration: 300s
interval: 1s
replications: 3
load: {{shop.buy: {{deterministic: {{rate: 20/s}}}}}}
clients: {{shop.buy: {{retry: {{max-attempts: 2, wait-duration: 1ms}}}}}}
faults: [{{name: broken, at: 100s, errors: shop, share: 100%}}]
runbook: [{{name: tell, when: {{at: 200s}}, do: {{announce: {{heeded: {heeded}%}}}}}}]
claims:
  calm: {{says: a, expect: 'visits(shop threads) < 20.1/s', during: before}}
  many: {{says: a, expect: 'visits(shop threads) > 39.9/s', after: broken, delay: 1s, for: 90s}}
  few: {{says: a, expect: 'visits(shop threads) < 20.1/s', after: tell, delay: 1s, for: 90s}}
  some: {{says: a, expect: 'visits(shop threads) > 19.9/s', after: tell, delay: 1s, for: 90s}}
"
            ),
            &[],
        )
    };
    let results = told(100);
    for name in ["calm", "many", "few", "some"] {
        assert_eq!(claim(&results, name).verdict, ClaimVerdict::Supported, "{:?}", claim(&results, name));
    }
    assert_eq!(claim(&told(0), "few").verdict, ClaimVerdict::Refuted);
}

#[test]
fn a_claim_with_a_sweep_is_not_judged_at_one_value() {
    let claims = "claims: {short: {says: a, expect: 'failed(shop.buy) <= 1%', \
                  sweep: {path: scenario.faults.0.for, values: [1s, 1m]}}}";
    let results = run(&outage(claims), &[]);
    assert_eq!(claim(&results, "short").verdict, ClaimVerdict::Refuted);
    assert!(claim(&results, "short").is_unswept());
    let text = said(&results);
    assert!(
        text.contains("not swept") && text.contains("refuted as it is written, and `brownout claims`"),
        "{text}"
    );
    let about =
        About { language: Language::English, description: "", command: "", assumed: &[], sourced_of: 0 };
    let page = incident_md(&results, &about);
    assert!(page.contains("not swept: refuted as it is written") && !page.contains("| refuted"), "{page}");
}

#[test]
fn only_a_cache_with_a_replica_fails_over() {
    let claims = "claims: {over: {says: a, expect: 'failed(shop.buy) < 1%', after: failed-over(shop)}}";
    let told = render(&loaded(&outage(claims), &[]).diagnostics, false, 100);
    assert!(told.contains("no cache with a replica `shop`"), "{told}");
}
