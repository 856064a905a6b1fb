//! Runs of a plan with a progress bar, and what to do when they fail.

use super::exit::Exit;
use super::progress::{Bar, stop_flag};
use super::terminal;
use crate::experiment::{ExperimentError, Options, Results, replicate};
use crate::scenario::Plan;

/// The results of a plan's runs; `about` says more than its name, where there are several.
///
/// # Errors
/// How to end: a bug, which has been told, or an interruption. Half a comparison is none, so that one ends it too.
pub(super) fn replicated(plan: &Plan, about: Option<&str>) -> Result<Results, Exit> {
    let label = [&plan.name, &plan.deployment, about.unwrap_or_default()];
    let label: Vec<&str> = label.into_iter().filter(|part| !part.is_empty()).map(AsRef::as_ref).collect();
    let bar = Bar::new(&label.join(" · "), plan.replications);
    let results = replicate(plan, &Options::default(), &|progress| bar.update(progress), &stop_flag());
    bar.finish();
    match results {
        Ok(results) if results.replications < plan.replications => {
            terminal::complain(&ExperimentError::Interrupted.to_string());
            Err(Exit::Interrupted)
        }
        Ok(results) => Ok(results),
        Err(error @ ExperimentError::Broken { .. }) => {
            terminal::complain(&format!("{error}\nThis is a bug of Brownout; please report it."));
            Err(Exit::Internal)
        }
        Err(error @ ExperimentError::Interrupted) => {
            terminal::complain(&error.to_string());
            Err(Exit::Interrupted)
        }
    }
}
