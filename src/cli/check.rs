//! `brownout check`: mistakes, all at once.

use std::io::Error;
use std::path::{Path, PathBuf};

use super::exit::Exit;
use super::{disk, terminal};
use crate::scenario::{Loaded, Overrides, load, render, summary, to_json};

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
    load(scenario, overrides, &disk::read)
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
