//! Every setting that is a number or a time, at values that nobody means: each is refused, or it is listed why it may be.

#[path = "extreme_values/misspelt.rs"]
mod misspelt;
#[path = "extreme_values/pairs.rs"]
mod pairs;
#[path = "extreme_values/systems.rs"]
mod systems;
#[path = "extreme_values/walk.rs"]
mod walk;

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use brownout::experiment::run_once;
use brownout::scenario::{Loaded, Overrides, load};
use brownout::units::Span;
use rayon::prelude::*;
use serde_json::{Value, json};
use walk::{Kind, Setting, Walk, declared};

const FILES: [&str; 3] = ["operations", "deployment", "scenario"];

/// What is written for a number that is none.
const NAN: &str = "@NaN@";

fn systems() -> [Value; 3] {
    [systems::OPERATIONS, systems::DEPLOYMENT, systems::SCENARIO]
        .map(|text| serde_saphyr::from_str(text).unwrap())
}

fn loaded(files: &[Value; 3]) -> Loaded {
    let texts = [0, 1, 2].map(|at| files[at].to_string().replace(&format!("\"{NAN}\""), ".nan"));
    load(Path::new("scenario.yaml"), &Overrides::default(), &|path: &Path| {
        let text = match path.to_string_lossy().as_ref() {
            "operations.yaml" => &texts[0],
            "deployment.yaml" => &texts[1],
            "scenario.yaml" => &texts[2],
            "rules.yaml" => systems::RULES,
            "alertmanager.yaml" => systems::ALERTMANAGER,
            _ => return Err("no such file".to_owned()),
        };
        Ok(text.as_bytes().to_vec())
    })
}

fn schema(file: &str) -> Value {
    let text = fs::read_to_string(format!("schemas/{file}.schema.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The settings of a file, in the order of its schema.
fn settings(file: usize, systems: &[Value; 3]) -> Vec<Setting> {
    let schema = schema(FILES[file]);
    let mut walk = Walk::new(&schema);
    walk.visit((FILES[file], &schema), &systems[file], "");
    walk.found
}

/// Zero, and more than anybody has.
fn extremes(kind: Kind) -> [Value; 2] {
    let text = |zero: &str, huge: &str| [Value::from(zero), Value::from(huge)];
    match kind {
        Kind::Span | Kind::Law => text("0s", "36500d"),
        Kind::Rate => text("0/s", "1e300/s"),
        Kind::Ratio => text("0%", "1000000%"),
        Kind::Bytes => text("0B", "1000000TB"),
        Kind::Cores => [Value::from(0), Value::from(1e12)],
        Kind::Number => [Value::from(0), Value::from(1e300)],
        Kind::Whole(bits) => [Value::from(0), Value::from(u64::MAX >> (64 - bits))],
        Kind::CountLaw => [Value::from(0), Value::from(u32::MAX)],
    }
}

/// What is no such number at all.
fn nonsense(kind: Kind) -> [Value; 2] {
    let text = |unit: &str| [Value::from(format!("-1{unit}")), Value::from(format!("NaN{unit}"))];
    match kind {
        Kind::Span | Kind::Law => text("s"),
        Kind::Rate => text("/s"),
        Kind::Ratio => text("%"),
        Kind::Bytes => text("B"),
        Kind::Cores | Kind::Number | Kind::Whole(_) | Kind::CountLaw => [Value::from(-1), Value::from(NAN)],
    }
}

#[test]
fn the_system_is_as_it_should_be() {
    let loaded = loaded(&systems());
    let told: Vec<String> =
        loaded.diagnostics.iter().map(|it| format!("{}:{}: {}", it.file, it.column, it.cause)).collect();
    assert!(told.is_empty(), "{told:#?}");
}

#[test]
fn every_setting_is_in_the_system() {
    let systems = systems();
    let mut wanted = Vec::new();
    let mut found = BTreeSet::new();
    for (file, name) in FILES.into_iter().enumerate() {
        let schema = schema(name);
        declared(&schema, name, &schema, &mut wanted);
        for (of, schema_of) in schema["$defs"].as_object().unwrap() {
            declared(&schema, of, schema_of, &mut wanted);
        }
        found.extend(settings(file, &systems).into_iter().map(|setting| setting.name));
    }
    let missing: BTreeSet<&String> = wanted.iter().filter(|name| !found.contains(*name)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Every setting with each of some values: its name and place, the value, and what came of it.
fn with_each<const N: usize>(
    systems: &[Value; 3],
    values: fn(Kind) -> [Value; N],
) -> Vec<(String, String, Loaded)> {
    let cases = (0..3).flat_map(|file| settings(file, systems).into_iter().map(move |it| (file, it)));
    let cases = cases.flat_map(|(file, it)| values(it.kind).map(|value| (file, it.clone(), value)));
    let cases: Vec<(usize, Setting, Value)> = cases.collect();
    let each = cases.into_par_iter().map(|(file, setting, value)| {
        let mut changed = systems.clone();
        if file != 2 {
            // It takes the place of what stands in the deployment.
            changed[2].as_object_mut().unwrap().remove("variant");
        }
        let shown = value.to_string().replace('"', "");
        *changed[file].pointer_mut(&setting.at).unwrap() = value;
        (setting.name, shown, loaded(&changed))
    });
    each.collect()
}

#[test]
fn a_negative_number_and_none_at_all_are_refused_everywhere() {
    let taken: Vec<(String, String)> = with_each(&systems(), nonsense)
        .into_iter()
        .filter(|it| it.2.plan.is_some())
        .map(|it| (it.0, it.1))
        .collect();
    assert!(taken.is_empty(), "{taken:#?}");
}

/// Values of each kind that some settings refuse.
fn odd(kind: Kind) -> [Value; 3] {
    let [zero, huge] = extremes(kind);
    // A law that cannot be, whatever it is of.
    let third =
        if kind == Kind::Law { json!({"pareto": {"mean": "1ms", "shape": 0}}) } else { Value::from(NAN) };
    [zero, huge, third]
}

/// The settings of a deployment that are refused, by place and value.
fn refused(systems: &[Value; 3]) -> BTreeSet<(String, String)> {
    let cases =
        settings(1, systems).into_iter().flat_map(|it| odd(it.kind).map(|value| (it.at.clone(), value)));
    let cases: Vec<(String, Value)> = cases.collect();
    let each = cases.into_par_iter().filter_map(|(at, value)| {
        let mut changed = systems.clone();
        changed[2].as_object_mut().unwrap().remove("variant");
        let shown = value.to_string();
        *changed[1].pointer_mut(&at).unwrap() = value;
        loaded(&changed).plan.is_none().then_some((at, shown))
    });
    each.collect()
}

/// The same deployment, of operations that use nothing of it.
#[test]
fn what_nobody_uses_is_refused_as_well() {
    let used = systems();
    let mut unused = used.clone();
    for module in unused[0]["modules"].as_object_mut().unwrap().values_mut() {
        for steps in module["operations"].as_object_mut().unwrap().values_mut() {
            *steps = json!([{"delay": "1ms"}]);
        }
    }
    // They are about what is used.
    unused[2]["runbook"].as_array_mut().unwrap().retain(|step| step["do"].get("warm").is_none());
    unused[2].as_object_mut().unwrap().remove("variant");
    let base = loaded(&unused);
    assert!(base.plan.is_some(), "{:?}", base.diagnostics.iter().map(|it| &it.cause).collect::<Vec<_>>());
    let (used, unused) = (refused(&used), refused(&unused));
    let let_through: Vec<_> = used.difference(&unused).collect();
    assert!(used.len() > 300 && let_through.is_empty(), "{}: {let_through:#?}", used.len());
}

const TAKEN: &str = "tests/files/extreme_values.txt";

/// What is listed as taken without a word, by name and value.
fn listed() -> BTreeSet<(String, String)> {
    let text = fs::read_to_string(TAKEN).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap()).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}

#[test]
fn what_is_taken_without_a_word_is_listed_with_the_reason_and_runs() {
    let silent = |loaded: &Loaded| loaded.plan.is_some() && loaded.diagnostics.is_empty();
    let taken: Vec<_> =
        with_each(&systems(), extremes).into_iter().filter(|(.., loaded)| silent(loaded)).collect();
    let broken: Vec<String> = taken
        .par_iter()
        .filter_map(|(name, value, loaded)| {
            let plan = loaded.plan.as_ref()?;
            // A panic would not say with which value.
            match catch_unwind(|| run_once(plan, Span::ZERO, 0)) {
                Ok(Ok(_)) => None,
                Ok(Err(error)) => Some(format!("{name} {value}: {error}")),
                Err(_) => Some(format!("{name} {value}: a panic")),
            }
        })
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
    let taken: BTreeSet<(String, String)> = taken.into_iter().map(|(name, value, _)| (name, value)).collect();
    let listed = listed();
    let lines = |of: BTreeSet<&(String, String)>| {
        of.into_iter().map(|(name, value)| format!("{name} {value}\n")).collect::<String>()
    };
    let new = lines(taken.difference(&listed).collect());
    let gone = lines(listed.difference(&taken).collect());
    assert!(new.is_empty(), "taken without a word, and not in {TAKEN}:\n{new}");
    assert!(gone.is_empty(), "in {TAKEN}, and told by now:\n{gone}");
}
