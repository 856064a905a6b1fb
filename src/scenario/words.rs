//! Words for diagnostics: what a thing is called, which name was meant, an example of a key.

use serde::de::Unexpected;

use super::source::quoted;
use crate::units::{Rate, Span};

/// Names in back quotes, parted by commas.
pub(super) fn listed<T: AsRef<str>>(names: &[T]) -> String {
    const MOST: usize = 30;
    let mut list: Vec<String> = names.iter().take(MOST).map(|name| quoted(name.as_ref())).collect();
    if names.len() > MOST {
        list.push(format!("and {} more", names.len() - MOST));
    }
    list.join(", ")
}

/// The name that was probably meant.
pub(super) fn nearest<'a, T: AsRef<str>>(written: &str, known: &'a [T]) -> Option<&'a str> {
    // Long texts are no typing mistakes, and comparing them takes quadratic time.
    const LONGEST: usize = 60;
    // A list of names may have many thousands.
    const MOST: usize = 500;
    if written.len() > LONGEST {
        return None;
    }
    let written = written.to_lowercase().replace('_', "-");
    let similarity = |name: &str| {
        let name = name.to_lowercase();
        let contained =
            written.len() >= 3 && (name.contains(&written) || written.contains(&name) && name.len() >= 3);
        let alike = strsim::normalized_damerau_levenshtein(&written, &name).max(parts(&written, &name));
        if contained { alike.max(0.6) } else { alike }
    };
    known
        .iter()
        .take(MOST)
        .map(AsRef::as_ref)
        .filter(|name| name.len() <= LONGEST)
        .map(|name| (similarity(name), name))
        .filter(|(similarity, _)| *similarity >= 0.55)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// The key and the value of what is written as one, if all that is missing is the colon.
pub(super) fn without_colon<'a>(written: &'a str, known: &[&str]) -> Option<(&'a str, &'a str)> {
    written.split_once(' ').filter(|(key, value)| known.contains(key) && !value.trim().is_empty())
}

/// The choice that a bare quantity was probably meant for: a rate, or a time.
pub(super) fn tag_for<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let fits = |tag: &&&str| match **tag {
        "rate" => written.parse::<Rate>().is_ok(),
        "for" | "constant" => written.parse::<Span>().is_ok(),
        _ => false,
    };
    known.iter().find(fits).copied()
}

/// How many parts of two hyphenated names agree: `max-pool-size` is near `maximum-pool-size`.
fn parts(written: &str, name: &str) -> f64 {
    let name: Vec<&str> = name.split(['-', '.']).collect();
    let written: Vec<&str> = written.split(['-', '.']).collect();
    let agree = written.iter().filter(|part| name.contains(part)).count();
    agree as f64 / name.len().max(written.len()).max(2) as f64
}

/// What a setting is called, with its article, by the name of its type.
pub(super) fn thing(type_name: &str) -> String {
    match type_name {
        "" => return "this tag".to_owned(),
        "OperationsSpec" => return "an operations file".to_owned(),
        "KeySpec" => return "a key space".to_owned(),
        "OnceSpec" | "InOrderSpec" | "OnFailureSpec" | "HoldSpec" | "RepeatSpec" | "ChooseSpec"
        | "ParallelSpec" | "CachedSpec" | "GetSpec" | "SetSpec" | "IncrementSpec" | "RankUpdateSpec"
        | "RankReadSpec" | "LockKeySpec" | "PublishSpec" | "TakeSpec" | "CheckSpec" | "AttemptSpec"
        | "WhenSpec" => {
            return format!("a step `{}`", hyphenated(type_name.trim_end_matches("Spec")));
        }
        "RestartSpec" | "RollBackSpec" | "ResizePoolSpec" | "ResizeThreadsSpec" | "ScaleSpec"
        | "RateLimitSpec" | "AnnounceSpec" | "WarmSpec" => {
            return format!("an action `{}`", hyphenated(type_name.trim_end_matches("Spec")));
        }
        "PeopleSpec" => return "the times of people".to_owned(),
        "LimitsSpec" => return "the limits".to_owned(),
        "ConsumersSpec" => return "a consumer group".to_owned(),
        "CallSpec" => return "a call's policies".to_owned(),
        "LockSpec" => return "a row lock".to_owned(),
        _ => {}
    }
    let name = hyphenated(type_name.trim_end_matches("Spec").trim_end_matches("Config")).replace('-', " ");
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {name}")
}

fn hyphenated(camel: &str) -> String {
    let mut out = String::new();
    for c in camel.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// A value that serde did not expect.
pub(super) fn found(unexpected: Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Str(text) => quoted(text),
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(number) => format!("`{number}`"),
        Unexpected::Signed(number) => format!("`{number}`"),
        Unexpected::Float(number) => format!("`{number}`"),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a mapping".to_owned(),
        Unexpected::Unit | Unexpected::Option => "no value".to_owned(),
        other => other.to_string(),
    }
}

/// What serde expects, without Rust's words.
pub(super) fn plain(expected: &str) -> String {
    for word in ["struct variant ", "tuple variant ", "struct ", "enum ", "internally tagged enum "] {
        if let Some(name) = expected.strip_prefix(word) {
            return thing(name.rsplit("::").next().unwrap_or(name));
        }
    }
    match expected {
        "a sequence" => "a list".to_owned(),
        "a map" => "a mapping".to_owned(),
        "a string" => "a text".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        other => other.to_owned(),
    }
}

/// A line that shows a required key.
pub(super) fn example(key: &str) -> Option<&'static str> {
    EXAMPLES.iter().copied().find(|line| line.split(':').next() == Some(key))
}

/// The lines that show the required keys.
pub(super) fn examples() -> impl Iterator<Item = &'static str> {
    EXAMPLES.iter().copied()
}

/// One line for each key that is required somewhere. A test compares it with the schemas.
const EXAMPLES: &[&str] = &[
    "after: 5m",
    "amount: 1000",
    "answer: cached",
    "append: 2ms",
    "apply: 10ms",
    "at: edge",
    "branches: [{weight: 100%, steps: []}]",
    "burst: 500",
    "by: user",
    "cache: ranking",
    "changes: 100",
    "column: latency_ms",
    "command: 20us",
    "component: redis",
    "connections: 20",
    "core-thread-pool-size: 10",
    "cores: 2",
    "count: 10000",
    "csv: latencies.csv",
    "cv: 0.7",
    "duration: 60m",
    "effect: payment-charged",
    "expect: \"failed(order.place) < 1%\"",
    "expr: up == 0",
    "flag: orders-from-database",
    "from: 10m",
    "group: mailers",
    "heeded: 70%",
    "high: 400/s",
    "holds: [ranking]",
    "in: shop",
    "interarrival: {exponential: {mean: 8ms}}",
    "key: product",
    "keys: 20%",
    "latency: 300us",
    "limit: 100",
    "load: {order.place: {rate: 120/s}}",
    "low: 50/s",
    "masters: 3",
    "max: 10s",
    "max-thread-pool-size: 10",
    "max-tokens: 100",
    "mean: 3ms",
    "mean-stay: 10s",
    "member: product",
    "modules: [order]",
    "name: bypass",
    "of: 3ms",
    "on-miss: [{read: {table: orders}}]",
    "operation: order.place",
    "operations: {place: [{cpu: 3ms}]}",
    "over: 1m",
    "p99: 500ms",
    "partitions: 6",
    "path: deployment.pools.order.maximum-pool-size",
    "peak: 100/s",
    "period: 24h",
    "pool: order",
    "popularity: {zipf: 0.9}",
    "process: order",
    "rate: 120/s",
    "replicas: 6",
    "requests: 80%",
    "retry-on: [5xx]",
    "routes: [all]",
    "rules: [../rules/shop.yaml]",
    "says: answers within a second with the cache bypassed",
    "schemas: [shop]",
    "sd: 1ms",
    "shape: 2.5",
    "size: {geometric: {mean: 10}}",
    "slowness: 4",
    "stages: 4",
    "statement: 300us",
    "states: [{rate: 60/s, mean-stay: 10s}, {rate: 300/s, mean-stay: 1s}]",
    "station: desk",
    "steps: [{cpu: 3ms}]",
    "stock: coupon",
    "table: orders",
    "then: [{fail: error}]",
    "think: {exponential: {mean: 7s}}",
    "threads: 400",
    "time: 20us",
    "times: 3",
    "to: orders-db",
    "topic: order-completed",
    "topics: {order-completed: {partitions: 6}}",
    "try: [{call: payment.pay}]",
    "ttl: 5s",
    "users: 50",
    "values: [\"10\", \"20\"]",
    "weight: 50%",
    "without: order-placed",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::schema::{Draft, schema};
    use super::*;
    use crate::component::Part;

    #[test]
    fn the_name_that_was_meant_is_found() {
        let keys = ["of", "to", "maximum-pool-size", "connection-timeout", "source"];
        assert_eq!(nearest("max-pool-size", &keys), Some("maximum-pool-size"));
        assert_eq!(nearest("conection_timeout", &keys), Some("connection-timeout"));
        assert_eq!(nearest("timeout", &keys), Some("connection-timeout"));
        assert_eq!(nearest("colour", &keys), None);
        assert_eq!(nearest(&"x".repeat(1000), &keys), None);
    }

    #[test]
    fn things_have_names() {
        assert_eq!(thing("PoolSpec"), "a pool");
        assert_eq!(thing("ExternalSpec"), "an external");
        assert_eq!(thing("CircuitBreakerConfig"), "a circuit breaker");
        assert_eq!(thing("OnFailureSpec"), "a step `on-failure`");
    }

    /// Adds the names that are required anywhere in a schema, those of tags apart.
    fn required(schema: &Value, keys: &mut BTreeSet<String>, tags: &mut BTreeSet<String>) {
        match schema {
            Value::Object(object) => {
                let single =
                    object.get("properties").and_then(Value::as_object).is_some_and(|keys| keys.len() == 1);
                let found = if single { &mut *tags } else { &mut *keys };
                let names = object.get("required").and_then(Value::as_array).into_iter().flatten();
                found.extend(names.filter_map(Value::as_str).map(str::to_owned));
                object.values().for_each(|value| required(value, keys, tags));
            }
            Value::Array(values) => values.iter().for_each(|value| required(value, keys, tags)),
            _ => {}
        }
    }

    #[test]
    fn every_required_key_has_an_example() {
        let (mut keys, mut tags) = (BTreeSet::new(), BTreeSet::new());
        for part in [Part::Operations, Part::Deployment, Part::Scenario] {
            required(&schema(part, Draft::Draft2020), &mut keys, &mut tags);
        }
        let without: Vec<&String> = keys.iter().filter(|key| example(key).is_none()).collect();
        assert!(without.is_empty(), "{without:?}");
        let needed =
            |line: &str| line.split(':').next().is_some_and(|key| keys.contains(key) || tags.contains(key));
        let needless: Vec<&&str> = EXAMPLES.iter().filter(|line| !needed(line)).collect();
        assert!(needless.is_empty(), "{needless:?}");
    }
}
