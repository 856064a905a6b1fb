//! Loading files that are good.

use std::path::Path;

use super::check::WHOLE;
use super::explain::{Origin, explain};
use super::load::{Loaded, Look, Overrides, load, load_with, percent_meant};
use super::plan::{Comparison, Measure, PlannedWarmUp};
use super::render::{render, summary};
use crate::component::{Mistake, Names, Part, Place, Unassembled};
use crate::units::{Instant, Span};

const FILES: [(&str, &str); 4] = [
    ("shop/operations.yaml", include_str!("../../tests/files/valid/shop/operations.yaml")),
    ("shop/msa.yaml", include_str!("../../tests/files/valid/shop/msa.yaml")),
    ("shop/surge.yaml", include_str!("../../tests/files/valid/shop/surge.yaml")),
    ("queue.yaml", include_str!("../../tests/files/valid/queue.yaml")),
];

/// The valid files, with one of them changed.
fn files(changed: &str, change: impl Fn(&str) -> String) -> impl Fn(&Path) -> Result<Vec<u8>, String> {
    move |path| {
        let (name, text) = FILES
            .into_iter()
            .find(|(name, _)| Path::new(name) == path)
            .ok_or_else(|| "no such file".to_owned())?;
        Ok(if name == changed { change(text) } else { text.to_owned() }.into_bytes())
    }
}

fn loaded(scenario: &str, overrides: &Overrides) -> Loaded {
    load(Path::new(scenario), overrides, &files("", str::to_owned))
}

fn at(seconds: u64) -> Instant {
    Instant::START + Span::from_secs(seconds)
}

#[test]
fn a_scenario_becomes_a_plan() {
    let loaded = loaded("shop/surge.yaml", &Overrides::default());
    let plan = loaded.plan.unwrap_or_else(|| panic!("{}", render(&loaded.diagnostics, false, 100)));
    assert_eq!((plan.name.as_str(), plan.deployment.as_str()), ("surge", "msa"));
    assert_eq!(plan.warm_up, PlannedWarmUp::Stated(Span::from_secs(60)));
    assert_eq!(plan.interval, Span::from_secs(5));
    let names: Vec<&str> = plan.windows.iter().map(|window| window.name.as_str()).collect();
    assert_eq!(names, ["before", "surge", "after", WHOLE]);
    assert_eq!((plan.windows[2].to, plan.windows[3].from), (at(600), at(60)));
    assert!(plan.windows[3].implied);
    let said: Vec<&str> = plan.objectives.iter().map(|objective| objective.text.as_str()).collect();
    let expected = [
        "order.place p95 < 200ms during surge",
        "order.place failed < 1%",
        "bestseller.top availability 99.9%",
    ];
    assert_eq!(said, expected);
    let first = &plan.objectives[0];
    assert_eq!((first.measure, first.comparison), (Measure::LatencyQuantile(0.95), Comparison::Below));
    assert_eq!((first.bound, first.window), (0.2, 1));
    assert_eq!(plan.assembly.operations[first.operation].name, "order.place");
    assert_eq!(plan.recovery.map(|recovery| (recovery.baseline, recovery.from)), Some((0, Some(at(360)))));
    assert_eq!(plan.sourced_of, 10);
    assert!(!plan.assumed.contains(&"gateways.edge".to_owned()), "{:?}", plan.assumed);
    assert!(plan.assumed.contains(&"processes.payment".to_owned()), "{:?}", plan.assumed);
}

#[test]
fn plain_stations_need_no_deployment() {
    let loaded = loaded("queue.yaml", &Overrides::default());
    assert_eq!(loaded.diagnostics, []);
    let plan = loaded.plan.unwrap();
    assert_eq!(plan.deployment, "");
    assert_eq!(plan.windows.len(), 1);
    assert_eq!((plan.windows[0].from, plan.windows[0].to), (at(0), at(100)));
    assert_eq!(plan.assumed, [""; 0]);
    assert_eq!(summary(&loaded.diagnostics, loaded.sources.len()), "No mistakes in 1 file.");
}

#[test]
fn the_command_line_has_the_last_word() {
    let overrides = Overrides {
        deployment: Some("msa".to_owned()),
        seed: Some(7),
        replications: Some(2),
        ..Overrides::default()
    };
    let loaded = loaded("shop/surge.yaml", &overrides);
    let plan = loaded.plan.as_ref().unwrap();
    assert_eq!((plan.seed, plan.replications), (7, 2));
    let explained = explain(&loaded);
    let origin =
        |path: &str| explained.values.iter().find(|value| value.path == path).map(|value| &value.origin);
    assert_eq!(origin("seed"), Some(&Origin::CommandLine));
    assert_eq!(origin("deployment"), Some(&Origin::CommandLine));
}

#[test]
fn the_hash_follows_every_file() {
    let hash = |changed: &str| {
        let change = |text: &str| format!("{text}# a remark\n");
        load(Path::new("shop/surge.yaml"), &Overrides::default(), &files(changed, change))
            .plan
            .unwrap()
            .model_hash
    };
    let mut hashes =
        vec![hash(""), hash("shop/operations.yaml"), hash("shop/msa.yaml"), hash("shop/surge.yaml")];
    assert_eq!(hashes[0], hash(""));
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 4);
}

#[test]
fn every_value_has_an_origin() {
    let explained = explain(&loaded("shop/surge.yaml", &Overrides::default()));
    let shown = |part: Part, path: &str| {
        let found = explained.values.iter().find(|value| value.part == part && value.path == path);
        found.map(|found| format!("{} from {}", found.value, found.origin)).unwrap_or_default()
    };
    assert_eq!(shown(Part::Scenario, "duration"), "10m from shop/surge.yaml:3");
    assert_eq!(shown(Part::Scenario, "seed"), "1 from default");
    assert_eq!(shown(Part::Scenario, "interval"), "5s from computed");
    assert_eq!(shown(Part::Scenario, "windows.after.to"), "10m from computed");
    assert_eq!(shown(Part::Deployment, "processes.payment.cores"), "0.5 from shop/msa.yaml:6");
    assert_eq!(shown(Part::Deployment, "processes.payment.accept-queue"), "100 from default");
    assert_eq!(
        shown(Part::Deployment, "databases.orders-db.statement.constant"),
        "300us from shop/msa.yaml:8"
    );
    let first = "modules.order.operations.place[0].cpu.lognormal.mean";
    assert_eq!(shown(Part::Operations, first), "3ms from shop/operations.yaml:6");
    assert!(explained.steps.iter().any(|steps| steps.operation == "payment.pay" && !steps.steps.is_empty()));
    assert!(explained.assumed.contains(&"pools.order".to_owned()));
}

#[test]
fn the_hierarchy_of_time_outs_is_followed() {
    let explained = explain(&loaded("shop/surge.yaml", &Overrides::default()));
    let path = explained.timeouts.iter().find(|path| path.operation == "order.place").unwrap();
    let shown: Vec<String> = path
        .timeouts
        .iter()
        .map(|timeout| {
            let late = if timeout.warning.is_some() { " late" } else { "" };
            format!("{} {} {}{late}", timeout.depth, timeout.what, timeout.longest)
        })
        .collect();
    let expected = [
        "0 client of order.place 30s",
        "1 gateway edge 25s",
        "2 connection wait in pool order 2s",
        "2 lock wait in orders-db 5s",
        "2 call of payment.pay 3.2s",
        "3 request to gateway 800ms",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn mistakes_of_the_system_are_told_at_their_place() {
    let place = Place::default().key("pools").key("order").key("to");
    let beyond = Place::default().key("links").key("default").key("loss").key("more");
    let assemble = |_: &_, _: &dyn Fn(&str) -> Result<String, String>| {
        let told = |part, place: &Place| {
            Mistake::error(part, place.clone(), 301, "wrong".to_owned(), "mend it".to_owned())
        };
        let mistakes = vec![
            told(Part::Deployment, &place),
            told(Part::Deployment, &beyond),
            told(Part::Operations, &place),
        ];
        Err(Unassembled { mistakes, names: Names::default() })
    };
    let files = files("", str::to_owned);
    let loaded =
        load_with(Path::new("shop/surge.yaml"), &Overrides::default(), &files, &assemble, Look::default());
    assert!(loaded.plan.is_none());
    let shown: Vec<String> = loaded
        .diagnostics
        .iter()
        .map(|told| {
            format!("{}:{}:{} {} {}", told.file, told.line, told.column, told.length, told.printed_code())
        })
        .collect();
    let expected =
        ["shop/msa.yaml:10:15 9 B0301", "shop/msa.yaml:21:3 7 B0301", "shop/operations.yaml:1:1 26 B0301"];
    assert_eq!(shown, expected);
}

/// What a class and the layered time-outs fill in is shown with its origin; what is written stays as it is.
#[test]
fn presets_are_shown_with_what_they_stand_for() {
    let change = |text: &str| {
        let calls = "calls:\n  payment.pay:\n    class: external\n    retry: {max-attempts: 4}\n    \
                     permits-for: {peak: 100/s, p99: 500ms}\ntimeouts: layered\n";
        let (before, _) = text.split_once("calls:").expect("the deployment ends with its calls");
        format!("{before}{calls}")
    };
    let loaded = load(Path::new("shop/surge.yaml"), &Overrides::default(), &files("shop/msa.yaml", change));
    assert!(loaded.plan.is_some(), "{}", render(&loaded.diagnostics, false, 100));
    let explained = explain(&loaded);
    let shown = |part: Part, path: &str| {
        let found = explained.values.iter().find(|value| value.part == part && value.path == path);
        found.map(|found| format!("{} from {}", found.value, found.origin)).unwrap_or_default()
    };
    let call = |key: &str| shown(Part::Deployment, &format!("calls.payment.pay.{key}"));
    assert_eq!(call("timeout"), "30s from class external");
    assert_eq!(call("circuit-breaker.sliding-window-size"), "3 from class external");
    assert_eq!(call("circuit-breaker.wait-duration-in-open-state"), "7.5s from class external");
    assert!(
        call("retry.max-attempts").starts_with("4 from shop/msa.yaml:"),
        "{}",
        call("retry.max-attempts")
    );
    assert_eq!(call("retry.wait-duration"), "500ms from default");
    assert_eq!(call("max-concurrent-calls"), "75 from permits-for");
    assert_eq!(shown(Part::Scenario, "clients.bestseller.top.timeout"), "30s from timeouts layered");
}

/// A team's Hystrix, pools of threads by share and permits, each where nothing is written.
#[test]
fn presets_of_breakers_and_bulkheads_are_shown_with_what_they_stand_for() {
    let change = |text: &str| {
        let calls = "calls:\n  payment.pay: {preset: hystrix}\nbulkheads: {thread-shares: [payment.pay], \
                     semaphores: [order.place]}\ntimeouts: by-class-read\n";
        let (before, _) = text.split_once("calls:").expect("the deployment ends with its calls");
        format!("{before}{calls}")
    };
    let loaded = load(Path::new("shop/surge.yaml"), &Overrides::default(), &files("shop/msa.yaml", change));
    assert!(loaded.plan.is_some(), "{}", render(&loaded.diagnostics, false, 100));
    let explained = explain(&loaded);
    let shown = |path: &str| {
        let found =
            explained.values.iter().find(|value| value.part == Part::Deployment && value.path == path);
        found.map(|found| format!("{} from {}", found.value, found.origin)).unwrap_or_default()
    };
    assert_eq!(shown("calls.payment.pay.timeout"), "3s from preset hystrix");
    assert_eq!(shown("calls.payment.pay.hystrix.request-volume-threshold"), "20 from preset hystrix");
    assert_eq!(shown("calls.payment.pay.hystrix.sleep-window"), "5s from preset hystrix");
    let pool = "calls.payment.pay.thread-pool-bulkhead.max-thread-pool-size";
    assert_eq!(shown(pool), "30 from bulkheads thread-shares");
    assert_eq!(shown("calls.order.place.max-concurrent-calls"), "10 from bulkheads semaphores");
    assert_eq!(shown("caches.main.timeout"), "500ms from timeouts by-class-read");
    assert!(shown("pools.order.connection-timeout").starts_with("2s from shop/msa.yaml:"));
}

/// Time-outs by class: 10 s for calls, 1 s for caches, 30 s for external parties, and only where none is written.
#[test]
fn time_outs_by_class_depend_on_who_is_waited_for() {
    let change = |text: &str| {
        let (before, _) = text.split_once("calls:").expect("the deployment ends with its calls");
        format!("{before}timeouts: by-class\n")
    };
    let loaded = load(Path::new("shop/surge.yaml"), &Overrides::default(), &files("shop/msa.yaml", change));
    let explained = explain(&loaded);
    let shown = |path: &str| {
        let found = explained.values.iter().find(|value| value.path == path);
        found.map(|found| format!("{} from {}", found.value, found.origin)).unwrap_or_default()
    };
    assert_eq!(shown("calls.payment.pay.timeout"), "10s from timeouts by-class");
    assert_eq!(shown("caches.main.timeout"), "1s from timeouts by-class");
    assert!(shown("externals.gateway.timeout").starts_with("800ms from shop/msa.yaml:"));
}

/// A page behind a cache with a replica, and what a scenario adds to it.
fn page(scenario: &str, overrides: &Overrides) -> Loaded {
    let scenario = format!(
        "deployment: cache.yaml\nduration: 20m\nreplications: 2\nload: {{web.page: {{rate: 1/s}}}}\n{scenario}"
    );
    let files = move |path: &Path| {
        Ok(match path.to_str() {
            Some("page.yaml") => scenario.clone(),
            Some("cache.yaml") => "operations: web.yaml\nprocesses: {web: {modules: [web], cores: 1}}\n\
                                   caches: {redis: {holds: [pages], command: 1ms, replicas: 1}}\n\
                                   links: {default: {latency: 100us}}\n"
                .to_owned(),
            Some("web.yaml") => "modules: {web: {operations: {page: [{get: {cache: pages}}]}}}\n".to_owned(),
            _ => return Err("no such file".to_owned()),
        }
        .into_bytes())
    };
    load(Path::new("page.yaml"), overrides, &files)
}

const WELL: &str = "says: it is well, expect: \"failed(web.page) < 1%\"";

/// Whatever people do that a replica may take over after, without any fault.
#[test]
fn a_window_after_a_failover_by_people_opens() {
    let after = |action: &str| {
        let step = format!("runbook: [{{name: drill, when: {{at: 1m}}, do: {action}}}]\n");
        page(
            &format!("{step}claims: {{drilled: {{{WELL}, after: failed-over(redis)}}}}\n"),
            &Overrides::default(),
        )
    };
    for action in ["{fail-over: redis}", "{restart: {component: redis}}"] {
        let loaded = after(action);
        assert!(loaded.plan.is_some(), "{action}: {}", render(&loaded.diagnostics, false, 100));
    }
    let nothing = after("{bypass: redis}");
    assert!(render(&nothing.diagnostics, false, 100).contains("nothing happens to `redis`"));
}

/// Faults without names that do the same are told apart as in what comes of the run.
#[test]
fn the_second_of_two_faults_that_do_the_same_has_a_number() {
    let faults = "faults: [{at: 5m, for: 2m, crash: web}, {at: 10m, crash: web}]\n";
    let ended = |fault: &str| {
        let claim = format!("claims: {{over: {{{WELL}, after: ended({fault})}}}}\n");
        let loaded = page(&format!("{faults}{claim}"), &Overrides::default());
        (loaded.plan.is_some(), render(&loaded.diagnostics, false, 100))
    };
    let (first, shown) = ended("crash of web");
    assert!(first, "{shown}");
    let (second, shown) = ended("crash of web (2)");
    assert!(!second && shown.contains("nothing ends `crash of web (2)`"), "{shown}");
    let (third, shown) = ended("crash of web (3)");
    assert!(!third && shown.contains("there is no fault `crash of web (3)`"), "{shown}");
}

/// A sweep may well try what keeps a window shut: that is a result.
#[test]
fn a_value_of_a_sweep_that_keeps_a_window_shut_is_a_warning() {
    let sweep = "sweep: {path: scenario.runbook.0.works, values: [100%, 50%, 0%]}";
    let step = "{name: look, when: {at: 1m}, works: 100%}";
    let text = format!("runbook: [{step}]\nclaims: {{looked: {{{WELL}, after: done(look), {sweep}}}}}\n");
    let as_written = page(&text, &Overrides::default());
    assert!(as_written.plan.is_some(), "{}", render(&as_written.diagnostics, false, 100));
    let set = vec![("scenario.runbook.0.works".to_owned(), "0%".to_owned())];
    let never = page(&text, &Overrides { set, ..Overrides::default() });
    let shown = render(&never.diagnostics, false, 100);
    assert!(never.plan.is_some() && shown.contains("`look` never works"), "{shown}");
    let written = page(&text.replace("works: 100%", "works: 0%"), &Overrides::default());
    assert!(written.plan.is_none());
}

/// When each step begins at the earliest is found out once, in the order in which steps lead to each other.
#[test]
fn steps_begin_after_those_that_lead_to_them() {
    let steps = "runbook:\n  - {name: last, when: {after: middle}}\n  - {name: middle, people: 3m}\n  \
                 - {name: first, when: {at: 5m}, people: 2m, works: 50%, otherwise: middle}\n";
    let late = |delay: &str| {
        let claim = format!("claims: {{late: {{{WELL}, after: started(last), delay: {delay}}}}}\n");
        page(&format!("{steps}{claim}"), &Overrides::default())
    };
    assert!(late("9m").plan.is_some());
    let shown = render(&late("10m").diagnostics, false, 100);
    assert!(shown.contains("it begins at 20m at the earliest, in a run of 20m"), "{shown}");
}

#[test]
fn a_plain_number_may_be_a_percentage() {
    let told = |number: &str, said: &str| {
        percent_meant(number, &format!("{said} is out of range: it must be 0% to 100%"))
    };
    assert_eq!(told("90", "9000%").as_deref(), Some("90%"));
    assert_eq!(told("1.1", "110%").as_deref(), Some("1.1%"));
    // What is a percentage already, is below the whole, or is more than all of it a hundred times, is as it was meant.
    assert_eq!((told("150%", "150%"), told("0.5", "50%"), told("500", "50000%")), (None, None, None));
    assert_eq!(told("90", "90s"), None);
}
