//! Random scenarios: customers for two seconds, faults, alerts, and people who do something about it.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::deployment::Layout;
use crate::policies::clients;

/// One of several, by an index that does not depend on how many there are.
fn pick(from: &[String], index: Index) -> String {
    from[index.index(from.len())].clone()
}

fn names(layout: &Layout) -> Vec<String> {
    layout.processes.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// Targets of a kind of fault, with the settings that it needs.
fn targets(layout: &Layout) -> Vec<(&'static str, Vec<String>, &'static str)> {
    let and = |more: &[&str], gateway: bool| {
        let more = more.iter().map(|name| (*name).to_owned());
        let edge = (gateway && layout.gateway).then(|| "edge".to_owned());
        names(layout).into_iter().chain(more).chain(edge).collect::<Vec<_>>()
    };
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut cut = and(&["db", "party"], true);
    cut.extend(layout.processes.iter().map(|(name, _)| format!("pool-{name}")));
    let everybody = and(&["db", "redis", "kafka"], true);
    let pairs = |with: &str| everybody.iter().map(|name| format!("[{with}, {name}]")).collect::<Vec<_>>();
    let first = layout.processes[0].0;
    let mut between = pairs("clients");
    between.extend(pairs(first).into_iter().filter(|pair| *pair != format!("[{first}, {first}]")));
    vec![
        ("crash", and(&["db", "redis", "kafka", "party"], true), ""),
        ("crash", names(layout), ", replicas: 1"),
        ("crash", list(&["redis"]), ", host: true"),
        ("hang", and(&["db", "redis", "kafka", "party"], true), ""),
        ("slow", and(&["db", "redis", "party"], false), ", factor: 5"),
        ("slow", and(&["db", "redis", "kafka", "party"], false), ", added: {exponential: {mean: 30ms}}"),
        ("errors", and(&["db", "redis", "party"], true), ", share: 40%"),
        ("loss", between.clone(), ", share: 20%"),
        ("split", between, ""),
        ("flush", list(&["redis"]), ""),
        ("pressure", list(&["redis"]), ", share: 60%"),
        ("surge", list(&["all", "a.go"]), ", factor: 3"),
        ("cut", cut.clone(), ", share: 40%"),
        ("cut", cut, ", share: 0%"),
    ]
}

fn fault(layout: &Layout) -> impl Strategy<Value = String> + use<> {
    let times = (0u32..3000, prop_oneof![3 => 1u32..1000, 1 => 1000u32..20_000]);
    (select(targets(layout)), any::<Index>(), times).prop_map(
        |((kind, names, settings), index, (at, lasts))| {
            let lasts = if kind == "flush" { String::new() } else { format!(", for: {lasts}ms") };
            format!("{{at: {at}ms{lasts}, {kind}: {}{settings}}}", pick(&names, index))
        },
    )
}

/// What people can do in any of the deployments.
fn actions(layout: &Layout) -> Vec<String> {
    let (first, replicas) = (layout.processes[0].0, layout.replicas);
    let mut actions: Vec<String> = [
        "bypass: redis",
        "bypass: page",
        "restore: redis",
        "restart: {component: redis, takes: 200ms}",
        "restart: {component: db, takes: 200ms}",
        "restart: {component: kafka}",
        "pause: a.go",
        "resume: a.go",
        "read-only: db",
        "read-write: db",
        "rate-limit: {at: b.go, rate: 10/s, burst: 2}",
        "lift-limit: b.go",
        "announce: {heeded: 70%}",
        "withdraw: all",
        "warm: {cache: redis, rate: 100/s, entries: 50}",
        "fail-over: redis",
        "set-flags: {spare: on}",
        "set-flags: {spare: off}",
    ]
    .map(str::to_owned)
    .to_vec();
    for name in names(layout) {
        actions.extend([
            format!("restart: {{component: {name}}}"),
            format!("restart: {{component: {name}, order: one-by-one, drain: 100ms}}"),
            format!("roll-back: {{component: {name}, drain: 50ms}}"),
            format!("resize-pool: {{pool: pool-{name}, connections: 1}}"),
            format!("resize-pool: {{pool: pool-{name}, connections: 8}}"),
            format!("scale: {{process: {name}, replicas: 1}}"),
        ]);
    }
    for threads in [1, 20] {
        actions.push(format!("resize-threads: {{process: {first}, threads: {threads}}}"));
    }
    for more in [0, 2] {
        actions.push(format!("scale: {{process: {first}, replicas: {}}}", replicas + more));
    }
    if layout.gateway {
        actions.push("rate-limit: {at: edge, rate: 15/s, burst: 3}".to_owned());
        actions.push("restart: {component: edge, takes: 100ms}".to_owned());
    }
    actions
}

/// Steps at any time, on an alert, or after each other.
fn runbook(layout: &Layout) -> impl Strategy<Value = String> + use<> {
    let first = layout.processes[0].0;
    let when = prop_oneof![
        4 => (0u32..4000).prop_map(|ms| format!("{{at: {ms}ms}}")),
        2 => select(vec!["{alert: CacheDown}".to_owned(), "{resolved: CacheDown}".to_owned(),
            "{recovered: redis}".to_owned(), format!("{{recovered: {first}}}")]),
        1 => Just("after".to_owned()),
    ];
    let step =
        (when, any::<Index>(), select(vec!["", ", people: 100ms", ", phase: isolate", ", works: 50%"]));
    let actions = actions(layout);
    prop::collection::vec(step, 0..5).prop_map(move |steps| {
        let each = steps.into_iter().enumerate().map(|(index, (when, action, more))| {
            let when = match (when.as_str(), index) {
                ("after", 0) => "{at: 1s}".to_owned(),
                ("after", _) => format!("{{after: step-{}}}", index - 1),
                _ => when,
            };
            format!("{{name: step-{index}, when: {when}, do: {{{}}}{more}}}", pick(&actions, action))
        });
        format!("runbook: [{}], ", each.collect::<Vec<_>>().join(", "))
    })
}

/// The rules that watch.
pub(crate) const RULES: &str = "groups: [{name: all, rules: [
  {alert: CacheDown, expr: redis_up == 0, labels: {severity: critical}},
  {alert: Errors, expr: 'sum(rate(http_server_requests_seconds_count{outcome=\"SERVER_ERROR\"}[30s])) > 0.1'}]}]";

/// Who is told.
pub(crate) const ALERTMANAGER: &str = "{route: {receiver: people, group_wait: 0s},
  receivers: [{name: people, webhook_configs: [{url: 'https://sms.example.org/send'}]}]}";

/// Customers for two seconds, and time for everything to end.
pub(crate) fn scenario(layout: &Layout) -> impl Strategy<Value = String> + use<> {
    let load = || {
        (1u32..60, 1u32..60).prop_map(|(first, second)| {
            format!("{{stages: [{{hold: 1s, rate: {first}/s}}, {{ramp-to: {second}/s, over: 1s}}, {{ramp-to: 0/s, over: 1ms}}]}}")
        })
    };
    // Whatever a runbook waits for has to be disturbed, so two faults are always there.
    let first = layout.processes[0].0;
    let always =
        format!("{{at: 1900ms, for: 6s, crash: redis}}, {{at: 1s, for: 100ms, crash: {first}, replicas: 1}}");
    let faults = prop::collection::vec(fault(layout), 0..4);
    let clients = prop_oneof![1 => Just(String::new()), 3 => clients()];
    let announced = "clients: {a.go: {retry: {max-attempts: 2}}}, ";
    (load(), load(), clients, faults, runbook(layout), 0u64..1000).prop_map(
        move |(a, b, clients, faults, runbook, seed)| {
            let faults = [vec![always.clone()], faults].concat().join(", ");
            let clients = if clients.is_empty() && (runbook.contains("announce") || runbook.contains("withdraw")) {
                announced.to_owned()
            } else {
                clients
            };
            format!(
                "{{deployment: deployment.yaml, duration: 2000s, interval: 20s, replications: 3, seed: {seed}, {clients}{runbook}
                  faults: [{faults}], people: {{detect: 200ms, isolate: {{exponential: {{mean: 1s}}}}}},
                  alerts: {{rules: [rules.yaml], alertmanager: alertmanager.yaml, scrape-interval: 2s, evaluation-interval: 2s}},
                  load: {{a.go: {a}, b.go: {b}}}}}"
            )
        },
    )
}
