//! `brownout explain`: every resolved value and its origin, the time-outs, the compiled steps.

use std::fmt::Write;
use std::io::Error;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;

use super::check::{load_from_disk, nearest};
use super::exit::Exit;
use super::terminal;
use crate::component::reference::{REFERENCES, reference};
use crate::scenario::{Explanation, Overrides, explain, render, summary};

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The scenario
    #[arg(required_unless_present = "reference")]
    scenario: Option<PathBuf>,
    /// Another deployment: a file, or the name of one beside the scenario's own
    #[arg(long, value_name = "DEPLOYMENT")]
    deployment: Option<String>,
    /// Only values whose place contains this
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// The compiled steps of an operation, such as `order.place`
    #[arg(long, value_name = "OPERATION", conflicts_with_all = ["assumed", "timeouts", "only"])]
    steps: Option<String>,
    /// Only the parameters without a source
    #[arg(long, conflicts_with_all = ["timeouts", "only"])]
    assumed: bool,
    /// Only the hierarchy of time-outs
    #[arg(long, conflicts_with = "only")]
    timeouts: bool,
    /// A component instead of a scenario: every key of the real product and of ours
    #[arg(long, value_name = "COMPONENT", value_parser = component_names(), conflicts_with_all = ["scenario", "deployment", "steps", "assumed", "timeouts", "only"])]
    reference: Option<String>,
}

fn component_names() -> PossibleValuesParser {
    PossibleValuesParser::new(REFERENCES.iter().map(|reference| reference.name))
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    if let Some(found) = args.reference.as_deref().and_then(reference) {
        terminal::print(&found.page())?;
        return Ok(Exit::Success);
    }
    let Some(scenario) = &args.scenario else { return Ok(Exit::Other) };
    let overrides = Overrides { deployment: args.deployment.clone(), ..Overrides::default() };
    let loaded = load_from_disk(scenario, &overrides);
    if loaded.plan.is_none() {
        terminal::complain(&render(&loaded.diagnostics, terminal::colour_err(), terminal::WIDTH));
        terminal::complain(&summary(&loaded.diagnostics, loaded.sources.len()));
        return Ok(Exit::Invalid);
    }
    let explanation = explain(&loaded);
    if let Some(operation) = &args.steps {
        let Some(found) = explanation.steps.iter().find(|steps| steps.operation == *operation) else {
            let known: Vec<&str> = explanation.steps.iter().map(|s| s.operation.as_str()).collect();
            let meant = nearest(operation, known.iter().copied());
            let meant = meant.map_or_else(String::new, |meant| format!("did you mean `{meant}`? "));
            terminal::complain(&format!(
                "error: no operation `{operation}` is used by this scenario; {meant}there are {}",
                known.join(", ")
            ));
            return Ok(Exit::Other);
        };
        terminal::print(&format!("{}\n", found.steps.join("\n")))?;
    } else if args.assumed {
        terminal::print(&assumed(&explanation))?;
    } else if args.timeouts {
        terminal::print(&timeouts(&explanation))?;
    } else {
        terminal::print(&values(&explanation, args.only.as_deref()))?;
        if args.only.is_none() {
            terminal::print(&format!("\n{}\n", timeouts(&explanation)))?;
            terminal::print(&format!("{}{}", runbook(&explanation), assumed(&explanation)))?;
        }
    }
    Ok(Exit::Success)
}

fn values(explanation: &Explanation, only: Option<&str>) -> String {
    let shown: Vec<_> =
        explanation.values.iter().filter(|value| only.is_none_or(|text| value.path.contains(text))).collect();
    let longest = |length: &dyn Fn(&crate::scenario::Resolved) -> usize, most: usize| {
        shown.iter().map(|value| length(value)).max().unwrap_or(0).min(most)
    };
    let path = longest(&|value| value.path.chars().count(), 56);
    let width = longest(&|value| value.value.chars().count(), 28);
    let mut text = String::new();
    for value in shown {
        let _ = writeln!(text, "{:path$}  {:width$}  {}", value.path, value.value, value.origin);
    }
    text
}

fn timeouts(explanation: &Explanation) -> String {
    let mut text = String::from("time-outs, outer to inner\n");
    for path in &explanation.timeouts {
        let _ = writeln!(text, "  {}", path.operation);
        for timeout in &path.timeouts {
            let indent = "  ".repeat(timeout.depth + 2);
            let tries = if timeout.attempts > 1 {
                format!(" × {} attempts, {} in all", timeout.attempts, timeout.longest)
            } else {
                String::new()
            };
            let _ = writeln!(text, "{indent}{} {}{tries}", timeout.what, timeout.timeout);
            if let Some(warning) = &timeout.warning {
                let _ = writeln!(text, "{indent}  ! {warning}");
            }
        }
    }
    text
}

fn runbook(explanation: &Explanation) -> String {
    if explanation.runbook.is_empty() {
        return String::new();
    }
    let lines: String = explanation.runbook.iter().map(|step| format!("  {step}\n")).collect();
    format!("runbook\n{lines}\n")
}

fn assumed(explanation: &Explanation) -> String {
    let mut text = format!("assumed: {} parameters have no source\n", explanation.assumed.len());
    for place in &explanation.assumed {
        let _ = writeln!(text, "  {place}");
    }
    text
}
