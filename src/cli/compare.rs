//! `brownout compare`: two deployments or scenarios on common random numbers.

use std::io::Error;
use std::path::PathBuf;

use super::check::load_from_disk;
use super::exit::Exit;
use super::output::{self, OutputFiles};
use super::replicated::replicated;
use super::terminal;
use crate::experiment::compare;
use crate::report::{csv, json, terminal as pages};
use crate::scenario::{Loaded, Overrides, explain, render, summary};

/// Arguments of `compare`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// One scenario or two, each with a deployment of its own if it is not the scenario's: surge.yaml@monolith
    #[arg(required = true, num_args = 1..=2, value_name = "SCENARIO[@DEPLOYMENT]")]
    sides: Vec<String>,
    /// A deployment of the sides, in their order: with one, the scenario's own is the first side
    #[arg(long, value_name = "DEPLOYMENT")]
    deployment: Vec<String>,
    /// Another seed
    #[arg(long)]
    seed: Option<u64>,
    /// Another number of runs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    replications: Option<u32>,
    /// The folder for comparison.csv [default: output/compare-FIRST-SECOND]
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Write no folder
    #[arg(long, conflicts_with = "output")]
    no_output: bool,
    /// Print the comparison as JSON instead of the table
    #[arg(long)]
    json: bool,
}

/// A scenario on a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Side {
    scenario: PathBuf,
    deployment: Option<String>,
}

/// The two sides.
///
/// # Errors
/// Why there are not two.
fn sides(written: &[String], deployments: &[String]) -> Result<[Side; 2], String> {
    let side = |text: &String| match text.rsplit_once('@') {
        Some((scenario, deployment)) if !deployment.is_empty() => {
            Side { scenario: PathBuf::from(scenario), deployment: Some(deployment.to_owned()) }
        }
        _ => Side { scenario: PathBuf::from(text), deployment: None },
    };
    let on = |side: &Side, deployment: &String| Side { deployment: Some(deployment.clone()), ..side.clone() };
    let written: Vec<Side> = written.iter().map(side).collect();
    match (written.as_slice(), deployments) {
        ([first, second], []) => Ok([first.clone(), second.clone()]),
        ([one], [first, second]) if one.deployment.is_none() => Ok([on(one, first), on(one, second)]),
        ([one], [second]) => Ok([one.clone(), on(one, second)]),
        ([_], []) => {
            Err("one scenario on one deployment has nothing to be compared with: name another scenario, or \
                          --deployment"
                .to_owned())
        }
        _ => Err("write either two scenarios, or one and up to two times --deployment".to_owned()),
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let sides = match sides(&args.sides, &args.deployment) {
        Ok(sides) => sides,
        Err(why) => {
            terminal::complain(&format!("error: {why}"));
            return Ok(Exit::Usage);
        }
    };
    let load = |side: &Side, seed, replications| {
        let deployment = side.deployment.clone();
        load_from_disk(&side.scenario, &Overrides { deployment, seed, replications, ..Overrides::default() })
    };
    let first = load(&sides[0], args.seed, args.replications);
    // The same customers on both sides: seed and number of runs are those of the first.
    let seed = first.plan.as_ref().map(|plan| plan.seed).or(args.seed);
    let replications = first.plan.as_ref().map(|plan| plan.replications).or(args.replications);
    let second = load(&sides[1], seed, replications);
    let (Some(plan), Some(other)) = (&first.plan, &second.plan) else {
        for loaded in [&first, &second].into_iter().filter(|loaded| loaded.plan.is_none()) {
            complain(loaded);
        }
        return Ok(Exit::Invalid);
    };
    let names = names(plan.name.as_str(), &plan.deployment, other.name.as_str(), &other.deployment);
    let folder = args.output.clone().unwrap_or_else(|| {
        PathBuf::from("output").join(format!("compare-{}-{}", names[0], names[1]).replace(['@', '/'], "-"))
    });
    if !args.no_output {
        output::replaceable(&folder)?;
    }
    let (a, b) = match replicated(plan, None).and_then(|a| Ok((a, replicated(other, None)?))) {
        Ok(both) => both,
        Err(exit) => return Ok(exit),
    };
    let Some(comparison) = compare([(&names[0], &a), (&names[1], &b)]) else {
        terminal::complain(
            "error: nothing to compare: a comparison needs an incident, a fault or `recovery`, on both sides",
        );
        return Ok(Exit::Invalid);
    };
    if !args.no_output {
        let table = "comparison.csv".to_owned();
        let mut files: OutputFiles = vec![(table.clone(), csv::comparison_csv(&comparison))];
        let listed = [json::OutputFile { name: table, schema: Some(csv::COMPARISON_CSV_SCHEMA) }];
        let resolved: Vec<(String, String)> =
            explain(&first).values.into_iter().map(|value| (value.path, value.value)).collect();
        let provenance = json::Provenance {
            program_version: env!("CARGO_PKG_VERSION"),
            model_hash: plan.model_hash,
            options: &resolved,
            assumed: &plan.assumed,
            sourced_of: plan.sourced_of,
            files: &listed,
        };
        files.push(("manifest.json".to_owned(), json::manifest(&a, &provenance).into_bytes()));
        output::write(&folder, &files)?;
    }
    if args.json {
        terminal::print(&json::comparison_json(&comparison))?;
    } else {
        terminal::print(&pages::comparison(&comparison, terminal::WIDTH, terminal::colour_out()))?;
        if !args.no_output {
            terminal::print(&format!("\n  {}/comparison.csv\n", folder.display()))?;
        }
    }
    Ok(Exit::Success)
}

/// What tells the sides apart: their deployments, their scenarios, or both.
fn names(scenario: &str, deployment: &str, other: &str, other_deployment: &str) -> [String; 2] {
    match (scenario == other, deployment == other_deployment) {
        (true, false) => [deployment.to_owned(), other_deployment.to_owned()],
        (false, true) => [scenario.to_owned(), other.to_owned()],
        _ => [format!("{scenario}@{deployment}"), format!("{other}@{other_deployment}")],
    }
}

fn complain(loaded: &Loaded) {
    terminal::complain(&render(&loaded.diagnostics, terminal::colour_err(), terminal::WIDTH));
    terminal::complain(&summary(&loaded.diagnostics, loaded.sources.len()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_two() {
        let text = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let side = |scenario: &str, deployment: Option<&str>| Side {
            scenario: PathBuf::from(scenario),
            deployment: deployment.map(str::to_owned),
        };
        let check = |written: &[&str], deployments: &[&str], expected: Option<[Side; 2]>| {
            assert_eq!(
                sides(&text(written), &text(deployments)).ok(),
                expected,
                "{written:?} {deployments:?}"
            );
        };
        check(&["a.yaml", "b.yaml@d"], &[], Some([side("a.yaml", None), side("b.yaml", Some("d"))]));
        check(&["a.yaml"], &["m", "n"], Some([side("a.yaml", Some("m")), side("a.yaml", Some("n"))]));
        check(&["a.yaml"], &["n"], Some([side("a.yaml", None), side("a.yaml", Some("n"))]));
        check(&["a.yaml@m"], &["n"], Some([side("a.yaml", Some("m")), side("a.yaml", Some("n"))]));
        check(&["a.yaml"], &[], None);
        check(&["a.yaml", "b.yaml"], &["n"], None);
        check(&["a.yaml"], &["l", "m", "n"], None);
    }
}
