//! Results of a system that is written in the test, for tests that look at windows.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use brownout::experiment::{Options, Results, replicate};
use brownout::scenario::{Overrides, load, render};

/// Runs `scenario.yaml` of these files.
#[track_caller]
pub(crate) fn rehearse(files: &[(&str, &str)]) -> Results {
    let read = |path: &Path| {
        let file = files.iter().find(|(name, _)| Path::new(name) == path);
        file.map(|(_, text)| text.as_bytes().to_vec()).ok_or_else(|| "no such file".to_owned())
    };
    let loaded = load(Path::new("scenario.yaml"), &Overrides::default(), &read);
    let plan = loaded.plan.unwrap_or_else(|| panic!("{}", render(&loaded.diagnostics, false, 100)));
    replicate(&plan, &Options::default(), &|_| {}, &AtomicBool::new(false)).expect("the books balance")
}
