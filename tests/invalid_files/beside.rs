//! What cannot be read, and what stands beside it.

use std::fs;
use std::path::Path;

use brownout::scenario::{self, Overrides};

use crate::{read, shown};

/// Where the single values of a YAML text begin and end, as far as they are plain.
fn plain_values(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let code = line.split(" #").next().unwrap_or(line).trim_end();
        let is_text = code.trim_start().starts_with('#') || code.contains(['"', '\'', '|', '>', '&', '*']);
        let mut from = 0;
        while let Some(at) = code[from..].find([':', '[', ',', '-']).filter(|_| !is_text) {
            let mark = from + at;
            from = mark + 1;
            let rest = &code[from..];
            if !code[mark..].starts_with('[') && !rest.starts_with(' ') {
                continue;
            }
            let begin = from + (rest.len() - rest.trim_start().len());
            let length = code[begin..].find([',', '}', ']', '{', '[']).unwrap_or(code.len() - begin);
            let word = code[begin..begin + length].trim_end();
            if !word.is_empty() && !word.contains(": ") && !word.ends_with(':') {
                found.push(start + begin..start + begin + word.len());
            }
        }
        start += line.len();
    }
    found
}

/// A value that cannot be read, wherever it is, leads to nothing that the user did not write.
#[test]
fn a_value_that_cannot_be_read_is_the_only_mistake() {
    let scenario = Path::new("scenarios/redis-outage.yaml");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in ["scenarios/redis-outage.yaml", "models/shop/msa.yaml", "models/shop/operations.yaml"] {
        let file = Path::new(file);
        let text = fs::read_to_string(file).unwrap();
        for value in plain_values(&text) {
            seen += 1;
            let changed = [&text[..value.start], "[", &text[value.clone()], "]", &text[value.end..]].concat();
            let files = |other: &Path| {
                if other == file { Ok(changed.clone().into_bytes()) } else { read(other) }
            };
            let loaded = scenario::load(scenario, &Overrides::default(), &files);
            if loaded.diagnostics.len() != 1 {
                wrong.push(format!("{} {}: {}", file.display(), &text[value], shown(&loaded)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {seen}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(seen > 300, "{seen}");
}

/// What cannot be read hides nothing that is wrong beside it.
#[test]
fn what_stands_beside_a_value_that_cannot_be_read_is_told_too() {
    let operations = "modules:\n  web: {operations: {page: [{cpu: 2ms}, {call: price.quote}, {get: {cache: seen, key: row}}]}}\n  \
                      price: {operations: {quote: [{read: {table: orders}}, {publish: {topic: sold, key: row}}]}}\n\
                      schemas: {shop: [orders]}\nkeys: {row: {count: 9, popularity: uniform}}\n";
    let deployment = [
        ("processes", "web: {modules: [web], cores: 2}, price: {modules: [price], cores: 2}"),
        ("databases", "db: {cores: 4, schemas: [shop], statement: 1ms}"),
        ("pools", "price: {to: db}"),
        ("caches", "redis: {holds: [seen], memory: 1GiB, command: 20us}"),
        ("logs", "kafka: {append: 1ms, topics: {sold: {partitions: 2}}}"),
    ];
    let scenario =
        "deployment: deployment.yaml\nduration: 1m\nreplications: 2\nload: {web.page: {rate: 9/s}}\n";
    let told = |section: &str, instead: &str, question: &str| {
        let kept = deployment.iter().filter(|(key, _)| *key != section);
        let kept: String = kept.map(|(key, value)| format!("{key}: {{{value}}}\n")).collect();
        let own = if section.is_empty() { String::new() } else { format!("{section}: {{{instead}}}\n") };
        let files = |path: &Path| match path.to_str() {
            Some("operations.yaml") => Ok(operations.as_bytes().to_vec()),
            Some("deployment.yaml") => Ok(format!("operations: operations.yaml\n{kept}{own}").into_bytes()),
            _ => Ok(format!("{scenario}{question}").into_bytes()),
        };
        scenario::load(Path::new("scenario.yaml"), &Overrides::default(), &files)
    };
    let valid = told("", "", "");
    assert!(valid.plan.is_some(), "{}", shown(&valid));
    let mut wrong = Vec::new();
    for (section, instead, question, expected) in [
        ("links", "default: {latency: -3ms, loss: 130%}", "", &["`-3ms`", "130%"] as &[_]),
        (
            "links",
            "default: {loss: 130%, web->prise: {}}",
            "",
            &["`latency` of `default` is missing", "130%", "unknown key `web->prise`"],
        ),
        (
            "processes",
            "web: {modules: [web], cores: many, replicas: 0, threads: 0}, price: {modules: [price, web], cores: 2}",
            "",
            &[
                "`many`",
                "0 is out of range: it must be 1 to",
                "0 is out of range: it must be at least 1",
                "already runs",
            ],
        ),
        (
            "processes",
            "web: {modules: [web], cores: 2}, price: {modules: [price], cores: 2}, web: {cores: 3}, c: {modules: [wep], cores: 1}",
            "",
            &["`web` is written twice", "there is no module `wep`"],
        ),
        (
            "stations",
            "desk: {servers: many, service: 1ms}",
            "faults: [{at: 5s, crash: dbs}]\n",
            &["`many`", "did you mean `db`"],
        ),
        (
            "databases",
            "db: {cores: 0m, schemas: [shop, shops], statement: fast, max-connections: 0}",
            "",
            &["`fast`", "there is no schema `shops`", "it must be 1m or more", "it must be 1 to 100000"],
        ),
        (
            "pools",
            "price: {to: dbs, maximum-pool-size: 0, connection-timeout: soon}",
            "",
            &["there is no database `dbs`", "0 is out of range", "`soon`"],
        ),
        (
            "caches",
            "redis: {holds: [seen], memory: 1GiB, command: -1us, policy: lru, replicas: 99}",
            "",
            &["`-1us` is negative", "`lru` is not one of the choices", "99 is out of range"],
        ),
        (
            "logs",
            "kafka: {append: 1, topics: {sold: {partitions: 0, consumers: {group: g, members: -1, operation: price.qoute}}}}",
            "",
            &[
                "`1` has no unit",
                "it must be 1 to 10000",
                "`-1` is negative",
                "there is no operation `price.qoute`",
            ],
        ),
        (
            "externals",
            "bank: {latency: 200, errors: 150%, concurrency: 0, timeout: 0s}",
            "",
            &[
                "`200` has no unit",
                "150% is out of range",
                "at least 1",
                "is over before anything can happen",
            ],
        ),
        (
            "gateways",
            "edge: {routes: [web.paeg], max-requests: none, rate-limit: {rate: 5/s, burst: 0}}",
            "",
            &["there is no operation `web.paeg`", "`none`", "`burst` is 0"],
        ),
        (
            "calls",
            "price.quoet: {timeout: 0s}, price.quote: {timeout: now, retry: {max-attempts: 0}}",
            "",
            &["there is no operation `price.quoet`", "a `timeout` of 0s", "`now`", "`max-attempts` is 0"],
        ),
        (
            "",
            "",
            "clients: {web.paeg: {timeout: 1s}, web.page: {timeout: x, retry: {max-attempts: 0}}}\n",
            &["there is no load `web.paeg`", "`x` is not", "`max-attempts` is 0"],
        ),
        (
            "",
            "",
            "fualts: []\nclaims: {a: {says: it holds, expect: \"failed(web.page) < 1%\", during: fault}, b: {says: it does not, \
             expect: \"failed(web.paeg) < 1%\"}}\n",
            &[
                "unknown key `fualts`",
                "there is no window `fault`",
                "`web.paeg`",
                "nobody consumes topic `sold`",
            ],
        ),
        (
            "",
            "",
            "windows: {calm: {from: soon}, late: {from: 5m}}\nobjectives: [{operation: web.paeg, p95: \"< 1\"}]\n",
            &["`soon`", "the window starts at 5m", "`web.paeg`", "`< 1`"],
        ),
        (
            "",
            "",
            "faults: [{at: soon, crash: rediss}, {at: 5s, slow: db, factor: -2}]\n",
            &["`soon`", "there is no component `rediss`", "-2"],
        ),
    ] {
        let loaded = told(section, instead, question);
        let shown = shown(&loaded);
        let is_told = expected.iter().all(|words| shown.contains(words));
        if !is_told || loaded.diagnostics.len() != expected.len() {
            wrong.push(format!("{section} {instead} {question}, not {expected:?}:\n{shown}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A question about one operation of the shop is a question; what others would count is counted by nobody.
#[test]
fn a_load_on_one_operation_is_enough() {
    let text = "deployment: msa.yaml\nduration: 1m\nreplications: 2\nload: {product.view: {rate: 10/s}}\n";
    for text in [text.to_owned(), text.replace("product.view", "payment.confirm")] {
        let files = |path: &Path| match path.to_str() {
            Some("models/shop/this.yaml") => Ok(text.clone().into_bytes()),
            _ => read(path),
        };
        let loaded = scenario::load(Path::new("models/shop/this.yaml"), &Overrides::default(), &files);
        assert!(loaded.plan.is_some(), "{}", shown(&loaded));
    }
}
