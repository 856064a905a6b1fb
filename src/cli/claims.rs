//! `brownout claims`: what people say of a system, put to the test.

use std::io::Error;
use std::path::PathBuf;

use super::arguments::RunArgs;
use super::check::load_from_disk;
use super::exit::Exit;
use super::output::{self, OutputFiles};
use super::replicated::replicated;
use super::terminal;
use crate::experiment::{ClaimResult, Results, SweepPoint};
use crate::report::{csv, json, terminal as pages};
use crate::scenario::{Loaded, Overrides};

/// Arguments of `claims`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The scenario
    scenario: PathBuf,
    /// Another deployment: a file, or the name of one beside the scenario's own
    #[arg(long, value_name = "DEPLOYMENT")]
    deployment: Option<String>,
    #[command(flatten)]
    runs: RunArgs,
    /// The folder for claims.csv [default: output/SCENARIO-claims]
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Print the results as JSON instead of the table
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let overrides = Overrides {
        deployment: args.deployment.clone(),
        seed: args.runs.seed,
        replications: args.runs.replications,
        ..Overrides::default()
    };
    let loaded = load_from_disk(&args.scenario, &overrides);
    let Some(plan) = &loaded.plan else {
        terminal::complain_of(&loaded);
        return Ok(Exit::Invalid);
    };
    let folder =
        args.output.clone().unwrap_or_else(|| PathBuf::from("output").join(format!("{}-claims", plan.name)));
    if !args.runs.no_output {
        output::writable(&folder)?;
    }
    let mut results = match replicated(plan, None) {
        Ok(results) => results,
        Err(exit) => return Ok(exit),
    };
    // Claims that vary the same setting share their runs.
    let mut varied: Vec<((String, String), Results)> = Vec::new();
    let claims = std::mem::take(&mut results.claims);
    for claim in claims {
        let Some(sweep) = claim.claim.sweep.clone() else {
            results.claims.push(claim);
            continue;
        };
        let mut points = Vec::new();
        for value in &sweep.values {
            let setting = (sweep.path.clone(), value.clone());
            if !varied.iter().any(|(known, _)| *known == setting) {
                let loaded = load_from_disk(
                    &args.scenario,
                    &Overrides { set: vec![setting.clone()], ..overrides.clone() },
                );
                let Some(plan) = &loaded.plan else {
                    terminal::complain(&format!("with {} = {value}:", sweep.path));
                    terminal::complain_of(&loaded);
                    return Ok(Exit::Invalid);
                };
                match replicated(plan, Some(&format!("{} = {value}", sweep.path))) {
                    Ok(results) => varied.push((setting.clone(), results)),
                    Err(exit) => return Ok(exit),
                }
            }
            let of = varied.iter().find(|(known, _)| *known == setting).map(|(_, results)| results);
            points.extend(of.and_then(|results| point(results, &claim, value)));
        }
        results.claims.push(claim.with_sweep(points));
    }
    if args.json {
        terminal::print(&json::results_json(&results))?;
    } else {
        terminal::print(&pages::claims(&results, terminal::WIDTH, terminal::colour_out()))?;
    }
    // A disk that is full takes nothing away from what was found.
    if !args.runs.no_output {
        write_folder(&folder, &loaded, &results)?;
        if !args.json {
            terminal::print(&format!("\n  {}/claims.csv\n", folder.display()))?;
        }
    }
    // A claim is about the world: nobody fails by refuting it.
    Ok(Exit::Success)
}

/// The claim in the results of other settings.
fn point(results: &Results, claim: &ClaimResult, value: &str) -> Option<SweepPoint> {
    let found = results.claims.iter().find(|other| other.claim.name == claim.claim.name)?;
    Some(SweepPoint { value: value.to_owned(), measured: found.measured, verdict: found.verdict.clone() })
}

fn write_folder(folder: &std::path::Path, loaded: &Loaded, results: &Results) -> Result<(), Error> {
    let Some(plan) = &loaded.plan else { return Ok(()) };
    let file = csv::CSV_FILES.into_iter().find(|file| file.name == "claims.csv");
    let mut files: OutputFiles = Vec::new();
    let mut listed = Vec::new();
    if let Some(file) = file {
        files.push((file.name.to_owned(), (file.write)(results)));
        listed.push(json::OutputFile { name: file.name.to_owned(), schema: Some(file.schema) });
    }
    output::add_manifest(&mut files, &listed, (loaded, plan), results);
    output::write(folder, &files)
}
