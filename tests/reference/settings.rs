//! Every type of the files is on a page, and every key of a component is set where something is proved.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use brownout::component::reference::{REFERENCES, Section, sections};
use serde_json::Value;

/// Types that are of no component: the language of operations, and the questions of scenarios. The manual has them.
const NO_COMPONENT: &[(&str, &[&str])] = &[
    ("deployment", &[]),
    (
        "operations",
        &[
            "BranchSpec",
            "ChooseSpec",
            "EffectSpec",
            "FlagSpec",
            "GoodEnd",
            "InOrderSpec",
            "ModuleSpec",
            "Need",
            "OnFailureSpec",
            "ParallelSpec",
            "RepeatSpec",
            "RepeatedSpec",
            "StepSpec",
            "Switched",
            "UnmatchedSpec",
            "WhenSpec",
        ],
    ),
    (
        "scenario",
        &[
            "ActionSpec",
            "AlertsSpec",
            "AnnounceSpec",
            "ArrivalsSpec",
            "CacheVariant",
            "ClaimSpec",
            "ClaimSweepSpec",
            "ClosedSpec",
            "ConditionSpec",
            "DiurnalSpec",
            "FaultSpec",
            "LimitsSpec",
            "MmppState",
            "ObjectiveSpec",
            "PeopleSpec",
            "Phase",
            "PoolsVariant",
            "PricesSpec",
            "RateLimitSpec",
            "RecoverySpec",
            "ResizePoolSpec",
            "ResizeThreadsSpec",
            "RestartOrder",
            "RestartSpec",
            "RollBackSpec",
            "RunbookStepSpec",
            "ScaleSpec",
            "SloClass",
            "SloSpec",
            "StageSpec",
            "StandbyVariant",
            "SwitchSpec",
            "Switched",
            "TriggerSpec",
            "VariantSpec",
            "WarmSpec",
            "WarmUp",
            "WindowSpec",
        ],
    ),
];

/// Keys that no test sets, and why.
const UNPROVED: &[(&str, &str, &str)] =
    &[("Commits", "auto", DEFAULT), ("SlidingWindowType", "count-based", DEFAULT)];

/// What every test has that does not set the key.
const DEFAULT: &str = "it is the default";

fn tables() -> Vec<Section> {
    REFERENCES.iter().flat_map(|reference| sections(reference.settings)).collect()
}

#[test]
fn every_type_of_a_component_is_on_a_page() {
    let shown: BTreeSet<String> = tables().into_iter().map(|table| table.of).collect();
    for (file, exceptions) in NO_COMPONENT {
        let schema = fs::read_to_string(format!("schemas/{file}.schema.json")).unwrap();
        let schema: Value = serde_json::from_str(&schema).unwrap();
        let types = schema["$defs"].as_object().unwrap().iter();
        let told =
            types.filter(|(_, of)| ["properties", "oneOf", "anyOf"].iter().any(|key| of.get(key).is_some()));
        let told: BTreeSet<&str> = told.map(|(name, _)| name.as_str()).collect();
        let missing: Vec<&&str> =
            told.iter().filter(|name| !shown.contains(**name) && !exceptions.contains(name)).collect();
        assert!(missing.is_empty(), "types of {file} that are on no page: {missing:?}");
        let stale: Vec<&&str> =
            exceptions.iter().filter(|name| shown.contains(**name) || !told.contains(**name)).collect();
        assert!(stale.is_empty(), "exceptions for {file} that are none: {stale:?}");
    }
}

#[test]
fn values_and_nested_keys_are_on_the_pages() {
    let page = |name: &str| fs::read_to_string(format!("docs/reference/{name}.md")).unwrap();
    let on = |name: &str, wanted: &[&str]| {
        let page = page(name);
        let missing: Vec<&&str> = wanted.iter().filter(|text| !page.contains(**text)).collect();
        assert!(missing.is_empty(), "{name}.md has no {missing:?}");
    };
    on(
        "cache",
        &["| `allkeys-lru` |", "| `volatile-ttl` |", "## Keys of `caches.<name>.persistence.rdb.save[]`"],
    );
    on("process", &["| `event-loop` |", "## Keys of `processes.<name>.warm-up`"]);
    on("call", &["| `full-jitter.max` |", "| `operation` |", "| `time-based` |", "| `no-retry-increment` |"]);
    on(
        "client",
        &["retry.budget.token-bucket`", "retry.budget.ratio`", "retry.budget.concurrency`", "aws-standard`"],
    );
    on("gateway", &["| `ring-hash` |", "| `gateway-error` |"]);
    on("log", &["| `heartbeat-interval` | `3s` | above 0s, below the session time-out |"]);
    on("station", &["| `processor-sharing` |", "| `truncated-normal.sd` |"]);
}

/// The texts in which something is proved: tests, test modules and scenarios; without what is drawn at random, what is
/// meant to be wrong, and comments.
fn proofs() -> Vec<String> {
    let mut texts = Vec::new();
    for root in ["tests", "src", "scenarios"] {
        read_below(Path::new(root), &mut texts);
    }
    texts
}

fn read_below(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_string_lossy().replace('\\', "/");
        if ["random_models", "/invalid", "tests/reference"].iter().any(|part| name.contains(part)) {
            continue;
        }
        if path.is_dir() {
            read_below(&path, texts);
            continue;
        }
        if ![".rs", ".yaml"].iter().any(|end| name.ends_with(end)) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let whole =
            !name.starts_with("src") || ["tests.rs", "_test.rs"].iter().any(|end| name.ends_with(end));
        let proved = match text.split_once("#[cfg(test)]") {
            Some((_, tests)) if !whole => tests,
            None if !whole => "",
            _ => text.as_str(),
        };
        let lines = proved.lines().filter(|line| !line.trim_start().starts_with("//"));
        texts.push(lines.collect::<Vec<_>>().join("\n"));
    }
}

/// Where a name stands by itself, and what stands after it.
fn places<'a>(text: &'a str, name: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    text.match_indices(name).filter_map(move |(at, _)| {
        let before = text[..at].chars().next_back();
        let alone = before.is_none_or(|c| !c.is_alphanumeric() && !['_', '-', '.'].contains(&c));
        let after = &text[at + name.len()..];
        let ends = after.chars().next().is_none_or(|c| !c.is_alphanumeric() && !['_', '-'].contains(&c));
        (alone && ends).then_some((at, after))
    })
}

/// How far before a key the one is looked for that it belongs to \[bytes].
const NEAR: usize = 600;

/// Whether a key is set in a text, where there are others of its name below one of `parents`.
fn is_set(text: &str, name: &str, parents: &[String]) -> bool {
    let snake = name.replace('-', "_");
    [name, snake.as_str()].iter().any(|name| {
        let set = |after: &str| after.trim_start_matches('"').starts_with(':');
        places(text, name).any(|(at, after)| {
            let before = String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(NEAR)..at]);
            let below = || parents.iter().any(|parent| places(&before, parent).any(|(_, after)| set(after)));
            set(after) && (parents.is_empty() || below())
        })
    })
}

/// What a table's keys stand below; nothing where that is the component or the key's name says it.
fn parents(table: &Section) -> Vec<String> {
    let (at, inside) = match table.at.split_once(" (") {
        Some((at, rest)) => (at, rest.split_once(").").map(|(_, inside)| inside)),
        None => (table.at.as_str(), None),
    };
    let last = inside.unwrap_or(at).rsplit('.').next().unwrap_or_default().trim_end_matches("[]");
    if last.starts_with('<') { Vec::new() } else { last.split(" and ").map(str::to_owned).collect() }
}

/// The keys of components that no text sets.
fn unset(texts: &[String]) -> Vec<(String, String)> {
    let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for table in tables() {
        for row in &table.rows {
            owners.entry(row.name.clone()).or_default().insert(table.of.clone());
        }
    }
    let mut missing = BTreeSet::new();
    for table in tables() {
        for row in &table.rows {
            let found = match row.name.split_once('.') {
                Some((value, key)) if table.values => {
                    texts.iter().any(|text| is_set(text, key, &[value.to_owned()]))
                }
                _ if table.values => texts.iter().any(|text| places(text, &row.name).next().is_some()),
                _ => {
                    let shared = owners[&row.name].len() > 1;
                    let parents = if shared { parents(&table) } else { Vec::new() };
                    texts.iter().any(|text| is_set(text, &row.name, &parents))
                }
            };
            if !found {
                missing.insert((table.of.clone(), row.name.clone()));
            }
        }
    }
    missing.into_iter().collect()
}

#[test]
fn every_key_of_a_component_is_set_in_a_test() {
    let missing = unset(&proofs());
    let known = |(of, key): &(String, String)| UNPROVED.iter().any(|it| it.0 == of && it.1 == key);
    let new: Vec<&(String, String)> = missing.iter().filter(|it| !known(it)).collect();
    assert!(new.is_empty(), "keys that no test sets: {new:#?}");
    for (of, key, why) in UNPROVED {
        assert!(missing.iter().any(|it| it.0 == *of && it.1 == *key), "{of}.{key} is set by now");
        assert!(!why.is_empty());
    }
}

#[test]
fn a_key_is_set_only_by_its_own_name_below_its_own_parent() {
    let text = "{ratio: {ratio: 30%, window: 2s}}, adaptive-throttling: {}";
    let below = |parent: &str| [parent.to_owned()];
    assert!(is_set(text, "window", &below("ratio")) && !is_set(text, "window", &below("vegas")));
    assert!(!is_set("max-window: 3", "window", &[]) && !is_set("windows: 3", "window", &[]));
    assert!(is_set(r#"{"window": "1s"}"#, "window", &[]) && is_set("min_retries: 2", "min-retries", &[]));
    assert!(unset(&[]).iter().any(|(of, key)| of == "VegasConfig" && key == "probe-multiplier"));
}
