//! `brownout compare`: two deployments or scenarios, or one with and without steps of its runbook, on common random numbers.

use std::io::Error;
use std::path::PathBuf;

use super::arguments::{Lang, RunArgs, shell_word};
use super::check::load_from_disk;
use super::exit::Exit;
use super::output::{self, OutputFiles};
use super::replicated::replicated;
use super::terminal;
use crate::experiment::{LEAST_DIFFERENCE, Results, compare, has_incident};
use crate::report::incident::{AboutComparison, comparison_html, comparison_md};
use crate::report::{csv, json, terminal as pages};
use crate::scenario::{Diagnostic, Loaded, Overrides, Plan, Without, render, summary};
use crate::units::Ratio;

/// Arguments of `compare`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// One scenario or two, each with a deployment of its own if it is not the scenario's: surge.yaml@monolith
    #[arg(required = true, num_args = 1..=2, value_name = "SCENARIO[@DEPLOYMENT]")]
    sides: Vec<String>,
    /// A deployment of the sides, in their order: with one, the scenario's own is the first side
    #[arg(long, value_name = "DEPLOYMENT")]
    deployment: Vec<String>,
    /// A step of the runbook that does nothing on the first side, though people take their time for it, or `all` for nobody; can
    /// be given several times. What only its failure led to is left out too
    #[arg(long, value_name = "STEP", conflicts_with = "deployment")]
    without: Vec<String>,
    #[command(flatten)]
    runs: RunArgs,
    /// A difference of less than this share of the larger side does not matter, whatever its interval says
    #[arg(long, value_name = "SHARE", default_value = "1%", value_parser = share)]
    least_difference: Ratio,
    /// The language of the report
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    lang: Lang,
    /// The folder for the table and the report [default: output/compare-FIRST-SECOND]
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Print the comparison as JSON instead of the table
    #[arg(long)]
    json: bool,
}

fn share(text: &str) -> Result<Ratio, String> {
    let share: Ratio = text.parse().map_err(|error| format!("{error}"))?;
    match share <= Ratio::ONE {
        true => Ok(share),
        false => Err("it has to be from 0% to 100%".to_owned()),
    }
}

/// A scenario on a deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Side {
    scenario: PathBuf,
    deployment: Option<String>,
    without: Without,
}

/// The two sides.
///
/// # Errors
/// Why there are not two.
fn sides(written: &[String], deployments: &[String], without: &[String]) -> Result<[Side; 2], String> {
    let side = |text: &String| match text.rsplit_once('@') {
        Some((scenario, deployment)) if !deployment.is_empty() => Side {
            scenario: PathBuf::from(scenario),
            deployment: Some(deployment.to_owned()),
            ..Side::default()
        },
        _ => Side { scenario: PathBuf::from(text), ..Side::default() },
    };
    let on = |side: &Side, deployment: &String| Side { deployment: Some(deployment.clone()), ..side.clone() };
    let written: Vec<Side> = written.iter().map(side).collect();
    if !without.is_empty() {
        let without = match without.iter().any(|step| step == "all") {
            true => Without::All,
            false => Without::Steps(without.to_vec()),
        };
        return match written.as_slice() {
            [one] => Ok([Side { without, ..one.clone() }, one.clone()]),
            _ => Err("`--without` compares one scenario with itself: write one".to_owned()),
        };
    }
    match (written.as_slice(), deployments) {
        ([first, second], []) => Ok([first.clone(), second.clone()]),
        ([one], [first, second]) if one.deployment.is_none() => Ok([on(one, first), on(one, second)]),
        ([one], [second]) => Ok([one.clone(), on(one, second)]),
        ([_], []) => {
            Err("one scenario on one deployment has nothing to be compared with: name another scenario, \
                          --deployment, or --without"
                .to_owned())
        }
        _ => Err("write either two scenarios, or one and up to two times --deployment".to_owned()),
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let sides = match sides(&args.sides, &args.deployment, &args.without) {
        Ok(sides) => sides,
        Err(why) => {
            terminal::complain(&format!("error: {why}"));
            return Ok(Exit::Usage);
        }
    };
    let load = |side: &Side, seed, replications| {
        let (deployment, without) = (side.deployment.clone(), side.without.clone());
        load_from_disk(
            &side.scenario,
            &Overrides { deployment, seed, replications, without, ..Overrides::default() },
        )
    };
    let first = load(&sides[0], args.runs.seed, args.runs.replications);
    // The same customers on both sides: seed and number of runs are those of the first.
    let seed = first.plan.as_ref().map(|plan| plan.seed).or(args.runs.seed);
    let replications = first.plan.as_ref().map(|plan| plan.replications).or(args.runs.replications);
    let second = load(&sides[1], seed, replications);
    let (Some(plan), Some(other)) = (&first.plan, &second.plan) else {
        for (index, loaded) in [&first, &second].into_iter().enumerate() {
            // What is wrong with a scenario is wrong without a step too.
            if loaded.plan.is_none() && (index == 0 || args.without.is_empty() || first.plan.is_some()) {
                terminal::complain_of(loaded);
            }
        }
        return Ok(Exit::Invalid);
    };
    let calm = [(plan, &first), (other, &second)].into_iter().filter(|(plan, _)| !has_incident(plan));
    let calm: Vec<&Loaded> = calm.map(|(_, loaded)| loaded).collect();
    if !calm.is_empty() {
        return Ok(nothing_to_compare(&calm));
    }
    let names = names(plan, other, &sides[0].without);
    tell_of_more(&first.left_out, &sides[0].without);
    let folder = args.output.clone().unwrap_or_else(|| {
        PathBuf::from("output")
            .join(format!("compare-{}-{}", names[0], names[1]).replace(['@', '/', ' ', ','], "-"))
    });
    if !args.runs.no_output {
        output::writable(&folder)?;
    }
    let (a, b) = match replicated(plan, None).and_then(|a| Ok((a, replicated(other, None)?))) {
        Ok(both) => both,
        Err(exit) => return Ok(exit),
    };
    let named = [(names[0].as_str(), &a), (names[1].as_str(), &b)];
    let Some(comparison) = compare(named, args.least_difference.as_fraction()) else {
        return Ok(nothing_to_compare(&[&first, &second]));
    };
    if args.json {
        terminal::print(&json::comparison_json(&comparison))?;
    } else {
        terminal::print(&pages::comparison(&comparison, terminal::WIDTH, terminal::colour_out()))?;
    }
    // A disk that is full takes nothing away from what was found.
    if !args.runs.no_output {
        let mut descriptions = vec![plan.description.as_deref().unwrap_or_default()];
        descriptions.extend(other.description.as_deref());
        descriptions.dedup();
        let command = again(args, &a);
        let language = args.lang.into();
        let idle: &[String] = match &sides[0].without {
            Without::Steps(steps) => steps,
            Without::All => &[],
        };
        let about = AboutComparison { language, descriptions: &descriptions, idle, command: &command };
        let mut files: OutputFiles = vec![
            ("comparison.csv".to_owned(), csv::comparison_csv(&comparison)),
            ("comparison.md".to_owned(), comparison_md(&comparison, &about).into_bytes()),
            ("report.html".to_owned(), comparison_html(&comparison, [&a, &b], &about).into_bytes()),
        ];
        let listed: Vec<json::OutputFile> = files
            .iter()
            .map(|(name, _)| json::OutputFile {
                name: name.clone(),
                schema: name.ends_with(".csv").then_some(csv::COMPARISON_CSV_SCHEMA),
            })
            .collect();
        output::add_manifest(&mut files, &listed, (&first, plan), &a);
        output::write(&folder, &files)?;
        if !args.json {
            terminal::print(&format!(
                "\n  {}/   report.html · comparison.md · comparison.csv\n",
                folder.display()
            ))?;
        }
    }
    Ok(Exit::Success)
}

/// Says that these have no incident.
fn nothing_to_compare(calm: &[&Loaded]) -> Exit {
    let mut told: Vec<Diagnostic> = calm.iter().map(|loaded| loaded.no_incident()).collect();
    told.dedup();
    terminal::complain(&render(&told, terminal::colour_err(), terminal::WIDTH));
    terminal::complain(&summary(&told, told.len()));
    Exit::Invalid
}

/// The command that makes this comparison again.
fn again(args: &Args, results: &Results) -> String {
    let mut words: Vec<String> = vec!["brownout compare".to_owned()];
    words.extend(args.sides.iter().map(|side| shell_word(side)));
    words.extend(args.deployment.iter().map(|name| format!("--deployment {}", shell_word(name))));
    words.extend(args.without.iter().map(|step| format!("--without {}", shell_word(step))));
    if args.least_difference.as_fraction() != LEAST_DIFFERENCE {
        words.push(format!("--least-difference {}", args.least_difference));
    }
    words.push(format!(
        "--seed {} --replications {}{}",
        results.seed,
        results.replications,
        args.lang.option()
    ));
    words.join(" ")
}

/// What tells the sides apart: their deployments, their scenarios, or both; or what is left out on the first.
fn names(plan: &Plan, other: &Plan, without: &Without) -> [String; 2] {
    let (scenario, deployment) = (&plan.name, &plan.deployment);
    let (other, other_deployment) = (&other.name, &other.deployment);
    match without {
        Without::All => return [format!("{scenario} without anybody"), other.clone()],
        Without::Steps(steps) if !steps.is_empty() => {
            return [format!("{scenario} without {}", steps.join(",")), other.clone()];
        }
        Without::Steps(_) => {}
    }
    match (scenario == other, deployment == other_deployment) {
        (true, false) => [deployment.clone(), other_deployment.clone()],
        (false, true) => [scenario.clone(), other.clone()],
        _ => [format!("{scenario}@{deployment}"), format!("{other}@{other_deployment}")],
    }
}

/// Says which steps are gone besides those that were named.
fn tell_of_more(gone: &[String], without: &Without) {
    let Without::Steps(asked) = without else { return };
    let more: Vec<String> =
        gone.iter().filter(|step| !asked.contains(step)).map(|step| format!("`{step}`")).collect();
    if !more.is_empty() {
        let more = more.join(", ");
        terminal::complain(&format!(
            "note: only a failure of what is left out leads to {more}: left out too"
        ));
    }
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
            ..Side::default()
        };
        let check = |written: &[&str], deployments: &[&str], expected: Option<[Side; 2]>| {
            assert_eq!(
                sides(&text(written), &text(deployments), &[]).ok(),
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
        let without = |written: &[&str], steps: &[&str]| sides(&text(written), &[], &text(steps)).ok();
        let whole = side("a.yaml", Some("m"));
        let steps = Without::Steps(text(&["warm", "tell"]));
        let less = |without| Side { without, ..whole.clone() };
        assert_eq!(without(&["a.yaml@m"], &["warm", "tell"]), Some([less(steps), whole.clone()]));
        assert_eq!(without(&["a.yaml@m"], &["warm", "all"]), Some([less(Without::All), whole.clone()]));
        assert_eq!(without(&["a.yaml", "b.yaml"], &["warm"]), None);
    }
}
