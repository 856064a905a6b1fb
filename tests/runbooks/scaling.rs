//! Scaling beyond the deployment: replicas that are added do what deployed ones do, from when they have started.

use brownout::component::StationKind;
use brownout::experiment::{AlertResult, Results, StationResults, StationSeries};

use crate::rehearse::rehearse;
use crate::system::{happened, is_about, operation};

const OPERATIONS: &str = "
modules:
  web:
    operations:
      page: [{cpu: {exponential: {mean: 10ms}}}]
      row: [{cpu: 1ms}, {read: {table: rows}}]
      note: [{cpu: 1ms}, {publish: {topic: news}}]
      ask: [{call: far.answer}]
      fork: [{parallel: {branches: [[{fail: unavailable}], [{cpu: 150ms}]]}}]
  work:
    operations:
      news: [{delay: 100ms}]
  far:
    operations:
      answer: [{delay: 20ms}]
schemas: {main: [rows]}
";

/// Runs a scenario of `web` with so many replicas; `settings` are more of its keys, `about` the rest of the scenario.
#[track_caller]
fn run(replicas: u16, settings: &str, about: &str) -> Results {
    run_with(&deployment(replicas, settings), about, "groups: []\n")
}

fn deployment(replicas: u16, settings: &str) -> String {
    format!(
        "operations: operations.yaml\n\
         gateways: {{edge: {{routes: [web.page, web.row, web.note, web.ask], balance: random}}}}\n\
         processes:\n\
         \x20 web: {{modules: [web], cores: 1, replicas: {replicas}, balance: random{settings}}}\n\
         \x20 work: {{modules: [work], cores: 4, replicas: 2, start-up: 5s}}\n\
         \x20 far: {{modules: [far], cores: 4}}\n\
         databases: {{mysql: {{cores: 8, schemas: [main], statement: 5ms, max-connections: 45}}}}\n\
         pools: {{web: {{to: mysql, connection-timeout: 1s}}}}\n\
         logs: {{kafka: {{append: 2ms, topics: {{news: {{partitions: 8, consumers: {{group: readers, operation: work.news, members: 2}}}}}}}}}}\n\
         calls: {{far.answer: {{timeout: 1s, max-concurrent-calls: 2}}}}\n\
         links: {{default: {{latency: 0s}}}}\n"
    )
}

#[track_caller]
fn run_with(deployment: &str, about: &str, rules: &str) -> Results {
    let scenario = format!("deployment: deployment.yaml\nreplications: 4\n{about}\n");
    rehearse(&[
        ("scenario.yaml", scenario.as_str()),
        ("deployment.yaml", deployment),
        ("operations.yaml", OPERATIONS),
        ("rules.yaml", rules),
    ])
}

fn of<'r>(results: &'r Results, window: &str, component: &str, kind: StationKind) -> Vec<&'r StationResults> {
    let window = results.windows.iter().find(|it| it.name == window).expect("the window is there");
    let stations = window.stations.iter();
    stations.filter(|it| it.name.component == component && it.name.kind == kind).collect()
}

fn alert<'r>(results: &'r Results, name: &str) -> &'r AlertResult {
    results.alerts.iter().find(|alert| alert.name == name).expect("the rule is there")
}

fn rules(alerts: &[(&str, &str)]) -> String {
    let lines = alerts.iter().map(|(name, expr)| format!("      - {{alert: {name}, expr: '{expr}'}}\n"));
    format!("groups:\n  - name: all\n    interval: 5s\n    rules:\n{}", lines.collect::<String>())
}

/// Of a random choice among four, each is an M/M/1 with processor sharing: 75 customers a second of 10 ms each take
/// 10 ms / (1 − 0.75) in the mean. Two of them could not even serve them.
#[test]
fn two_replicas_that_are_scaled_to_four_do_what_four_do() {
    let about = |runbook: &str| {
        format!(
            "duration: 40m\nload: {{web.page: {{rate: 300/s}}}}\nwindows: {{settled: {{from: 4m}}}}\nrunbook: [{runbook}]"
        )
    };
    let scaled = run(
        2,
        ", threads: 10000, accept-queue: 10000",
        &about("{name: up, when: {at: 2s}, do: {scale: {process: web, replicas: 4}}}"),
    );
    let deployed = run(4, ", threads: 10000, accept-queue: 10000", &about(""));
    for (results, name) in [(&scaled, "scaled"), (&deployed, "deployed")] {
        let page = operation(results, "settled", "web.page");
        let mean = page.latency.expect("it is served").mean_s;
        assert!(mean.low <= 0.04 && mean.high >= 0.04, "{name}: {mean}");
        is_about(mean.mean, 0.04, 0.002);
        is_about(page.served_per_s.mean, 300.0, 2.0);
        let cores = of(results, "settled", "web", StationKind::Cores);
        assert_eq!(cores.len(), 4, "{name}");
        for of in cores {
            is_about(of.utilisation.mean, 0.75, 0.02);
        }
    }
}

/// Replicas come with their start-up, are measured while they are there, and cost what they are there for.
#[test]
fn what_is_added_is_there_from_its_start_to_its_end() {
    let results = run(
        1,
        ", start-up: 30s",
        "duration: 20m\nload: {web.page: {rate: 60/s}}\n\
         windows: {before: {to: 5m, from: 0s}, start: {from: 5m, to: 5m 30s}, more: {from: 6m, to: 15m}, \
         half: {from: 10m, to: 20m}, after: {from: 15m, to: 20m}}\n\
         faults: [{at: 1m, for: 1s, slow: web, factor: 1.1}]\n\
         runbook: [{name: up, when: {at: 5m}, do: {scale: {process: web, replicas: 3}}},\n\
         {name: down, when: {at: 15m}, do: {scale: {process: web, replicas: 1}}}]",
    );
    let used = |window: &str, replica: usize| {
        of(&results, window, "web", StationKind::Cores)[replica].utilisation.mean
    };
    let visits = |window: &str, replica: usize| {
        of(&results, window, "web", StationKind::Threads)[replica].visits_per_s.mean
    };
    for (window, first, others) in
        [("before", 60.0, 0.0), ("start", 60.0, 0.0), ("more", 20.0, 20.0), ("after", 60.0, 0.0)]
    {
        is_about(visits(window, 0), first, 2.0);
        is_about(visits(window, 1), others, if others == 0.0 { 0.0 } else { 1.0 });
        is_about(visits(window, 2), others, if others == 0.0 { 0.0 } else { 1.0 });
    }
    // A fifth of what there is, for the half of the time that it is there.
    is_about(used("more", 2), 0.2, 0.01);
    is_about(used("half", 2), 0.2, 0.01);
    is_about(used("after", 2), 0.0, 0.0);
    let is_there = |window: &str| of(&results, window, "web", StationKind::Cores)[2].is_there;
    assert_eq!(["before", "start", "more", "half", "after"].map(is_there), [false, true, true, true, false]);
    // Before and after it has no use at all, not one of nothing.
    let stations = &results.series.stations;
    let is_it = |kind, replica| {
        move |it: &&StationSeries| {
            (it.name.component.as_str(), it.name.kind, it.name.replica) == ("web", kind, replica)
        }
    };
    for kind in [StationKind::Cores, StationKind::Threads] {
        let there = |replica: u16, at_s: f64| {
            let series = stations.iter().find(is_it(kind, replica)).expect("it has a series");
            let at = results.series.times_s.iter().position(|end| *end >= at_s).expect("it is in the run");
            !series.utilisation[at].mean.is_nan()
        };
        assert_eq!([100.0, 600.0, 1100.0].map(|at_s| there(2, at_s)), [false, true, false], "{kind:?}");
        assert!([100.0, 600.0, 1100.0].iter().all(|at_s| there(0, *at_s)), "{kind:?}");
    }
    // Four cores of `work` twice, four of `far`, eight of the database, one of `web`; and two more for ten minutes.
    let outcomes = results.outcomes.as_ref().expect("there is a fault");
    is_about(outcomes.core_hours, 21.0 / 3.0 + 2.0 / 6.0, 1e-9);
}

/// Three replicas have 30 connections, of which the database takes 45: of six only half of the others get theirs.
#[test]
fn pools_of_added_replicas_open_connections_until_the_database_takes_no_more() {
    let connected = "mysql_global_status_threads_connected";
    let alerts = rules(&[
        ("Thirty", &format!("{connected} == 30")),
        ("Full", &format!("{connected} == 45")),
        ("TooFull", &format!("{connected} > 45")),
        ("Refused", "rate(mysql_global_status_connection_errors_total[30s]) > 0"),
        ("Six", "count(hikaricp_connections_max) == 6"),
        ("Down", "up == 0"),
        ("SixUp", "sum(up{job=\"web\"}) == 6"),
        ("Two", "count(up{job=\"web\"}) == 2"),
    ]);
    let about = "duration: 12m\nload: {web.row: {rate: 100/s}}\nwindows: {before: {from: 1m, to: 4m}}\n\
                 alerts: {rules: [rules.yaml], scrape-interval: 5s, evaluation-interval: 5s}\n\
                 faults: [{name: mark, at: 4m, for: 1s, slow: far, factor: 1.1}]\n\
                 runbook: [{name: up, when: {at: 4m}, do: {scale: {process: web, replicas: 6}}},\n\
                 {name: down, when: {at: 8m}, do: {scale: {process: web, replicas: 3}}}]";
    let results = run_with(&deployment(3, ""), about, &alerts);
    // The mark is over at once, so all of it counts as after the incident.
    let fired = |name: &str| {
        let alert = alert(&results, name);
        (alert.before, alert.fired + alert.after)
    };
    assert_eq!(fired("Full"), (0, 4));
    assert_eq!(fired("TooFull"), (0, 0));
    assert_eq!(fired("Refused"), (0, 4));
    assert_eq!(fired("Six"), (0, 4));
    // Who looks for replicas finds those that are there, and none that is missing.
    assert_eq!((fired("SixUp"), fired("Down"), fired("Two")), ((0, 4), (0, 0), (0, 0)));
    // Thirty at first, and thirty again when those three are gone with theirs.
    let thirty = alert(&results, "Thirty");
    assert_eq!(thirty.before, 4);
    let again = results.timeline.iter().filter(|it| it.subject == "Thirty" && it.first_s > 480.0);
    assert!(again.count() > 0, "{:?}", results.timeline);
}

#[test]
fn the_database_is_warned_of_the_most_replicas() {
    let scenario = |replicas: u16| {
        format!(
            "deployment: deployment.yaml\nduration: 1m\nload: {{web.row: {{rate: 1/s}}}}\n\
             runbook: [{{name: up, when: {{at: 30s}}, do: {{scale: {{process: web, replicas: {replicas}}}}}}}]\n"
        )
    };
    let told = |replicas: u16| {
        let scenario = scenario(replicas);
        let deployment = deployment(3, "");
        let read = |path: &std::path::Path| match path.to_string_lossy().as_ref() {
            "scenario.yaml" => Ok(scenario.as_bytes().to_vec()),
            "deployment.yaml" => Ok(deployment.as_bytes().to_vec()),
            "operations.yaml" => Ok(OPERATIONS.as_bytes().to_vec()),
            _ => Err("no such file".to_owned()),
        };
        let path = std::path::Path::new("scenario.yaml");
        let loaded = brownout::scenario::load(path, &Default::default(), &read);
        let causes: Vec<String> = loaded.diagnostics.iter().map(|it| it.cause.clone()).collect();
        (loaded.plan.is_some(), causes.join("\n"))
    };
    assert!(!told(4).1.contains("may open"), "{}", told(4).1);
    assert!(told(5).0 && told(5).1.contains("may open 50 connections, it takes 45"), "{}", told(5).1);
    for replicas in [0, 1001, u16::MAX] {
        let (is_plan, told) = told(replicas);
        assert!(!is_plan && told.contains(&format!("{replicas}")), "{told}");
    }
}

/// Two members work through 20 records a second; 30 a second are published. With two replicas more there are four.
#[test]
fn consumers_of_added_replicas_join_their_group() {
    let about = |replicas: u16| {
        format!(
            "duration: 10m\nload: {{web.note: {{deterministic: {{rate: 30/s}}}}}}\n\
             windows: {{before: {{from: 10s, to: 1m}}, after: {{from: 6m}}}}\n\
             runbook: [{{name: up, when: {{at: 1m}}, do: {{scale: {{process: work, replicas: {replicas}}}}}}}]"
        )
    };
    let lag = |results: &Results| {
        let after = results.windows.iter().find(|it| it.name == "after").expect("the window");
        let lag = after.observed.iter().find(|it| it.metric == "lag_records" && it.part.is_empty());
        lag.expect("the group has a lag").value.mean
    };
    let (two, four) = (run(2, "", &about(2)), run(2, "", &about(4)));
    assert!(lag(&two) > 3_000.0 && lag(&four) < 400.0, "{} {}", lag(&two), lag(&four));
    let members = of(&four, "after", "news", StationKind::Consumer);
    assert_eq!(members.len(), 4);
    for member in &members {
        is_about(member.visits_per_s.mean, 30.0 / 4.0, 0.8);
        is_about(member.utilisation.mean, 0.75, 0.08);
    }
    assert!(
        of(&four, "before", "news", StationKind::Consumer)[2..].iter().all(|it| it.visits_per_s.mean == 0.0)
    );
}

/// Up beyond the deployment, the same again, below it, and up again, with crashes of replicas that are there, start, and
/// are not there: the books balance, and each ends as it was asked for.
#[test]
fn nothing_is_lost_by_scaling_up_and_down_while_replicas_crash() {
    let scale = |name: &str, at: &str, replicas: u16| {
        format!("{{name: {name}, when: {{at: {at}}}, do: {{scale: {{process: web, replicas: {replicas}}}}}}}")
    };
    let steps = [
        scale("up", "1m", 5),
        scale("same", "90s", 5),
        scale("below", "3m", 1),
        "{name: threads, when: {at: 200s}, do: {resize-threads: {process: web, threads: 7}}}".to_owned(),
        "{name: again, when: {at: 210s}, do: {restart: {component: web, drain: 2s}}}".to_owned(),
        scale("more", "4m", 4),
        scale("fewer", "242s", 3),
        scale("most", "5m", 5),
        "{name: whole, when: {recovered: web}, do: {pause: web.ask}}".to_owned(),
    ];
    let results = run(
        2,
        ", start-up: 10s, threads: 5, warm-up: {slowness: 2, over: 10s}",
        &format!(
            "duration: 8m\nload: {{web.page: {{rate: 100/s}}, web.row: {{rate: 50/s}}, web.ask: {{rate: 50/s}}}}\n\
             windows: {{low: {{from: 3m, to: 200s}}, again: {{from: 225s, to: 4m}}, end: {{from: 6m}}}}\n\
             faults: [{{at: 65s, for: 20s, crash: web, replicas: 4}}, {{at: 185s, for: 5s, crash: web}},\n\
             {{at: 305s, for: 2s, crash: web, replicas: 5}}, {{at: 100s, for: 40s, cut: mysql, share: 50%}}]\n\
             runbook: [{}]",
            steps.join(",\n")
        ),
    );
    let visits = |window: &str| -> Vec<f64> {
        of(&results, window, "web", StationKind::Threads).iter().map(|it| it.visits_per_s.mean).collect()
    };
    let low = visits("low");
    assert!(low[0] > 10.0 && low[1..].iter().all(|it| *it == 0.0), "{low:?}");
    // A restart starts those that are there, as deployed, and nobody else.
    let again = visits("again");
    assert!(again[0] > 10.0 && again[2..].iter().all(|it| *it == 0.0), "{again:?}");
    let end = visits("end");
    assert!(end.len() == 5 && end.iter().all(|it| *it > 10.0), "{end:?}");
    let threads = of(&results, "end", "web", StationKind::Threads);
    // Threads that were given while a replica was away are what it comes with.
    let sizes = threads.iter().map(|it| it.busy.mean / it.utilisation.mean);
    sizes.for_each(|size| is_about(size, 7.0, 1e-6));
    // Who waits for the process waits for those that are there.
    let done = happened(&results, brownout::record::HappeningKind::StepDone, "whole");
    assert_eq!(done.runs, 4);
}

/// Branches that run on while nobody waits for them are work of their replica like any other: what is scaled away takes
/// them with it.
#[test]
fn branches_that_run_on_go_with_their_replica() {
    let results = run(
        2,
        "",
        "duration: 1m\ninterval: 1s\n\
         load: {web.fork: {stages: [{hold: 10s, rate: 20/s}, {ramp-to: 0/s, over: 1ms}]}}\n\
         runbook: [{name: fewer, when: {at: 5s}, do: {scale: {process: web, replicas: 1}}}]",
    );
    let series = &results.series;
    let in_flight = |second: usize| series.in_flight[second].mean;
    assert!(in_flight(4) > 1.0, "{:?}", series.in_flight[4]);
    assert_eq!(in_flight(59), 0.0, "{:?}", series.in_flight[59]);
}
