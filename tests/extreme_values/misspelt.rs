//! A key or a name that is misspelt is told of, with what was meant, and nothing follows from it.

use rayon::prelude::*;
use serde_json::Value;

use crate::pairs::{base, places};
use crate::{FILES, loaded};

/// A word with its second and third letter exchanged, if that makes it another one.
fn misspelt(word: &str) -> Option<String> {
    let mut letters: Vec<char> = word.chars().collect();
    let differs = letters.len() >= 5 && letters[1] != letters[2];
    let is_word = letters.iter().all(|c| c.is_alphabetic() || "-.".contains(*c));
    (differs && is_word && !"-.".contains(letters[1]) && !"-.".contains(letters[2])).then(|| {
        letters.swap(1, 2);
        letters.into_iter().collect()
    })
}

/// The files with one word misspelt: where, and what was meant.
fn changed(systems: &[Value; 3], file: usize, at: &str, value: &Value) -> Vec<(String, String, [Value; 3])> {
    let mut found = Vec::new();
    let mut add = |what: &str, word: &str, change: &dyn Fn(&mut Value, String)| {
        if let Some(other) = misspelt(word) {
            let mut files = systems.clone();
            let around = if what == "key" { at.rsplit_once('/').unwrap().0 } else { at };
            change(files[file].pointer_mut(around).unwrap(), other);
            found.push((format!("{}{at} ({what})", FILES[file]), word.to_owned(), files));
        }
    };
    let key = at.rsplit('/').next().unwrap().replace("~1", "/");
    add("key", &key, &|map, other| {
        let map = map.as_object_mut().unwrap();
        let value = map.remove(&key).unwrap();
        map.insert(other, value);
    });
    if let Value::String(text) = value {
        add("name", text, &|value, other| *value = Value::from(other));
    }
    found
}

/// What is said of misspelt words that is not just that they are misspelt.
#[test]
fn what_is_misspelt_is_the_only_mistake() {
    let systems = base();
    let mut all = Vec::new();
    for (file, system) in systems.iter().enumerate() {
        let mut found = Vec::new();
        places(system, "", &mut found);
        all.extend(found.iter().flat_map(|(at, value)| changed(&systems, file, at, value)));
    }
    // Whoever defines a name may call it what they like: it is missed where it is used.
    let judged: Vec<(bool, Option<String>)> = all
        .par_iter()
        .map(|(place, word, files)| {
            let errors: Vec<_> = loaded(files).diagnostics.into_iter().filter(|it| it.is_error()).collect();
            let meant = format!("did you mean `{word}`?");
            let is_told = errors.iter().any(|it| it.remedy.contains(&meant));
            let shown = errors.iter().map(|it| format!("  {}: {} ({})", it.file, it.cause, it.remedy));
            let shown = shown.collect::<Vec<_>>().join("\n");
            (is_told, (is_told && errors.len() > 1).then(|| format!("{place} {word}:\n{shown}")))
        })
        .collect();
    let told = judged.iter().filter(|(is_told, _)| *is_told).count();
    let wrong: Vec<String> = judged.into_iter().filter_map(|(_, wrong)| wrong).collect();
    assert!(told > 400, "{told} of {}", all.len());
    assert!(wrong.is_empty(), "{} of {told}:\n{}", wrong.len(), wrong.join("\n"));
}
