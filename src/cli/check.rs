//! `brownout check`: mistakes, all at once.

use std::io::Error;
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::{disk, terminal};
use crate::scenario::{Code, Diagnostic, Loaded, Overrides, load, render, summary, to_json};

/// Arguments of `check`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The scenarios
    #[arg(required = true)]
    scenarios: Vec<PathBuf>,
    /// Another deployment: a file, or the name of one beside the scenario's own
    #[arg(long, value_name = "DEPLOYMENT")]
    deployment: Option<String>,
    /// Print the diagnostics as JSON
    #[arg(long)]
    json: bool,
}

/// Loads a scenario from disk.
pub(super) fn load_from_disk(scenario: &Path, overrides: &Overrides) -> Loaded {
    let mut loaded = load(scenario, overrides, &disk::read);
    let named = overrides.deployment.as_deref().filter(|name| !name.contains(['/', '\\', '.']));
    if let Some(name) = named {
        let unreadable = |diagnostic: &&mut Diagnostic| {
            diagnostic.code == Code::Unreadable.number()
                && diagnostic.line == 0
                && Path::new(&diagnostic.file).file_stem().is_some_and(|stem| stem == name)
        };
        if let Some(diagnostic) = loaded.diagnostics.iter_mut().find(unreadable) {
            let neighbours = disk::neighbours(Path::new(&diagnostic.file));
            if let Some(meant) = nearest(name, neighbours.iter().map(String::as_str)) {
                diagnostic.remedy = format!("did you mean `{meant}`?");
            } else if !neighbours.is_empty() {
                diagnostic.remedy = format!("files there: {}", neighbours.join(", "));
            }
        }
    }
    loaded
}

/// The name that was most likely meant.
pub(super) fn nearest<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.map(|name| {
        // The beginning of a name is the name for somebody in a hurry.
        let distance = if name.starts_with(written) { 0 } else { strsim::damerau_levenshtein(written, name) };
        (distance, name)
    });
    near.min().filter(|(distance, name)| *distance * 3 <= name.len().max(3)).map(|(_, name)| name)
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let overrides = Overrides { deployment: args.deployment.clone(), ..Overrides::default() };
    let mut diagnostics = Vec::new();
    let mut files = 0;
    let mut valid = true;
    for scenario in &args.scenarios {
        let loaded = load_from_disk(scenario, &overrides);
        files += loaded.sources.len();
        valid &= loaded.plan.is_some();
        diagnostics.extend(loaded.diagnostics);
    }
    if args.json {
        let json = to_json(&diagnostics, files);
        terminal::print(&format!("{json:#}\n"))?;
    } else {
        terminal::print(&render(&diagnostics, terminal::colour_out(), terminal::WIDTH))?;
        terminal::print(&format!("{}\n", summary(&diagnostics, files)))?;
    }
    Ok(if valid { Exit::Success } else { Exit::Invalid })
}
