//! What presets stand for, and what is said of it.

use std::path::Path;

use brownout::scenario::{Loaded, Overrides, explain, load, render};

const OPERATIONS: &str = "modules:\n  \
    a: {operations: {x: [{call: b.x}], y: [{call: d.x}]}}\n  \
    b: {operations: {x: [{call: help}], help: [{call: c.x}]}}\n  \
    c: {operations: {x: [{write: {table: t, key: item}}, {get: {cache: ca}}, {request: pg}]}}\n  \
    d: {operations: {x: [{cpu: 1ms}]}}\nschemas: {s: [t]}\nkeys: {item: {count: 10, popularity: uniform}}\n";

/// A chain of two calls to whatever has a time-out, and a call on its own; `first` is the deployment's second line.
fn loaded(first: &str, calls: &str) -> Loaded {
    let deployment = format!(
        "operations: operations.yaml\n{first}\n\
         processes: {{a: {{modules: [a], cores: 1}}, b: {{modules: [b], cores: 1}}, c: {{modules: [c], cores: 1}}, \
         d: {{modules: [d], cores: 1}}}}\n\
         gateways: {{edge: {{routes: [all]}}}}\npools: {{c: {{to: db}}}}\n\
         databases: {{db: {{cores: 1, schemas: [s], statement: 1ms}}}}\ncaches: {{r: {{holds: [ca], command: 10us}}}}\n\
         externals: {{pg: {{latency: 10ms}}}}\ncalls: {calls}\n"
    );
    let scenario = "deployment: deployment.yaml\nduration: 1m\nload: {a.x: {rate: 1/s}, a.y: {rate: 1/s}}\n";
    load(Path::new("scenario.yaml"), &Overrides::default(), &|path: &Path| match path
        .to_string_lossy()
        .as_ref()
    {
        "scenario.yaml" => Ok(scenario.as_bytes().to_vec()),
        "deployment.yaml" => Ok(deployment.clone().into_bytes()),
        "operations.yaml" => Ok(OPERATIONS.as_bytes().to_vec()),
        _ => Err("no such file".to_owned()),
    })
}

/// The value and origin of a setting.
fn shown(loaded: &Loaded, path: &str) -> String {
    let explained = explain(loaded);
    let found = explained.values.iter().find(|value| value.path == path);
    found.map(|found| format!("{} from {}", found.value, found.origin)).unwrap_or_default()
}

fn told(loaded: &Loaded) -> Vec<String> {
    let told = |it: &brownout::scenario::Diagnostic| {
        format!("{}:{} {} {}", it.file, it.line, it.printed_code(), it.cause)
    };
    loaded.diagnostics.iter().map(told).collect()
}

#[test]
fn layered_time_outs_are_the_right_way_round() {
    let loaded = loaded("timeouts: layered", "{}");
    assert!(loaded.diagnostics.is_empty(), "{}", render(&loaded.diagnostics, false, 100));
    let expected = [
        ("clients.a.x.timeout", "30s"),
        ("gateways.edge.timeout", "25s"),
        ("calls.b.x.timeout", "20s"),
        ("calls.c.x.timeout", "17.5s"),
        // Alone in its chain.
        ("calls.d.x.timeout", "20s"),
        ("pools.c.connection-timeout", "15s"),
        ("databases.db.lock-wait-timeout", "15s"),
        ("externals.pg.timeout", "10s"),
        ("caches.r.timeout", "1s"),
    ];
    for (path, value) in expected {
        assert_eq!(shown(&loaded, path), format!("{value} from timeouts layered"), "{path}");
    }
    for path in explain(&loaded).timeouts {
        assert!(path.timeouts.iter().all(|timeout| timeout.warning.is_none()), "{path:?}");
    }
}

/// A written time-out that does not fit is told where the preset is, of which the outer one comes.
#[test]
fn what_is_wrong_with_a_value_of_a_preset_is_shown_at_the_preset() {
    let call = loaded("timeouts: layered", "{c.x: {timeout: 40s}}");
    assert_eq!(
        told(&call),
        [
            "deployment.yaml:2 B0312 the time-out of the call of b.x is 20s, shorter than the 40s of the call of c.x"
        ]
    );
    let class = loaded("timeouts: layered", "{b.x: {class: core}, c.x: {timeout: 16s}}");
    let about = "deployment.yaml:9 B0312 the time-out of the call of b.x is 10s, shorter than the 16s of the call of c.x";
    assert!(told(&class).contains(&about.to_owned()), "{:?}", told(&class));
}

fn loaded_class(class: &str) -> Loaded {
    loaded("timeouts: by-class", &format!("{{b.x: {{class: {class}}}}}"))
}

/// The retries of the matrix of retries, and for the class that it lacks those of the matrix of breakers; the breaker
/// permits as many trial calls as the product does.
#[test]
fn classes_have_the_retries_and_breakers_of_the_matrices() {
    for (class, attempts, base, longest, failures, open) in [
        ("core", "5", "100ms", "5s", "4", "20s"),
        ("general", "3", "500ms", "10s", "8", "45s"),
        ("analytics", "9", "500ms", "10s", "15", "90s"),
        ("external", "2", "1s", "30s", "3", "7.5s"),
    ] {
        let loaded = loaded_class(class);
        let call = |key: &str| shown(&loaded, &format!("calls.b.x.{key}"));
        let from = |value: &str| {
            let value: brownout::units::Span = value.parse().expect("a time");
            format!("{value} from class {class}")
        };
        assert_eq!(call("retry.max-attempts"), format!("{attempts} from class {class}"));
        assert_eq!(call("retry.wait-duration"), from(base));
        assert_eq!(call("retry.backoff.exponential.max"), from(longest));
        assert_eq!(call("circuit-breaker.sliding-window-size"), format!("{failures} from class {class}"));
        assert_eq!(call("circuit-breaker.wait-duration-in-open-state"), from(open));
        let trial = call("circuit-breaker.permitted-number-of-calls-in-half-open-state");
        assert_eq!(trial, format!("10 from class {class}"));
    }
    let none = loaded_class("upload");
    assert_eq!(shown(&none, "calls.b.x.retry.max-attempts"), "");
    assert_eq!(shown(&none, "calls.b.x.timeout"), "2m from class upload");
}

/// Resilience4j's time limiter counts in whole milliseconds.
#[test]
fn a_time_out_is_cut_to_whole_milliseconds_and_that_is_said() {
    let said = |timeout: &str| told(&loaded("", &format!("{{d.x: {{timeout: {timeout}}}}}")));
    assert_eq!(
        said("999us"),
        [
            "deployment.yaml:9 B0309 a call waits whole milliseconds, so that with 999us it waits for nothing and \
             always times out"
        ]
    );
    assert_eq!(
        said("1500us"),
        ["deployment.yaml:9 B0309 a call waits whole milliseconds: with 1.5ms it times out after 1ms"]
    );
    assert!(said("2ms").is_empty());
    assert_eq!(said("0s").len(), 1);
}
