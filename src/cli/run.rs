//! `brownout run`: a scenario, replicated, summarised and written down.

use std::io::Error;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant as Clock;

use super::arguments::{Lang, RunArgs, shell_word};
use super::check::load_from_disk;
use super::exit::Exit;
use super::output::{self, OutputFiles};
use super::progress::{Bar, stop_flag};
use super::terminal;
use crate::experiment::{ExperimentError, Options, Results, Warning, replicate, watch_calm};
use crate::report::incident::{self, About, Language};
use crate::report::{charts, csv, json, terminal as summary_text};
use crate::scenario::{Loaded, Overrides, Plan};
use crate::stats::Verdict;
use crate::units::{Ratio, Span};

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The scenario
    scenario: PathBuf,
    /// Another deployment: a file, or the name of one beside the scenario's own
    #[arg(long, value_name = "DEPLOYMENT")]
    deployment: Option<String>,
    #[command(flatten)]
    runs: RunArgs,
    /// Add runs until the 95 % intervals of mean response times are within this share, such as 5%
    #[arg(long, value_name = "SHARE", value_parser = half_width)]
    until_half_width: Option<f64>,
    /// Runs without the faults and without people, which tell which alerts fire for nothing; 0 for none [default: one for each
    /// four runs]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=10_000))]
    calm: Option<u32>,
    /// The folder for tables and charts [default: output/SCENARIO]
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// The language of the report
    #[arg(long, value_name = "LANGUAGE", default_value = "en")]
    lang: Lang,
    /// Print the results as JSON instead of the summary
    #[arg(long)]
    json: bool,
    /// Threads to use [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

fn half_width(text: &str) -> Result<f64, String> {
    let share: Ratio = text.parse().map_err(|error| format!("{error}"))?;
    match share.as_fraction() {
        fraction if fraction > 0.0 && fraction < 1.0 => Ok(fraction),
        _ => Err("it has to be above 0% and below 100%".to_owned()),
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let overrides = Overrides {
        deployment: args.deployment.clone(),
        seed: args.runs.seed,
        replications: args.runs.replications,
        calm: args.calm,
        ..Overrides::default()
    };
    let loaded = load_from_disk(&args.scenario, &overrides);
    let Some(plan) = &loaded.plan else {
        terminal::complain_of(&loaded);
        return Ok(Exit::Invalid);
    };
    let folder = args.output.clone().unwrap_or_else(|| default_folder(args, plan));
    if !args.runs.no_output {
        output::writable(&folder)?;
    }
    if let Some(threads) = args.threads {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads));
        // A pool that exists already was made by an earlier call in this process; its size does not matter.
        let _ = pool.build_global();
    }
    let options = Options { until_half_width: args.until_half_width, ..Options::default() };
    let stop = stop_flag();
    let label = if plan.deployment.is_empty() {
        plan.name.clone()
    } else {
        format!("{} · {}", plan.name, plan.deployment)
    };
    let bar = Bar::new(&label, plan.replications);
    #[expect(clippy::disallowed_methods, reason = "the summary says how long the run took")]
    let began = Clock::now();
    let results =
        replicate(plan, &options, &|progress| bar.update(progress), &stop).and_then(|mut results| {
            bar.finish();
            calmly(plan, &label, &mut results, &stop)?;
            Ok(results)
        });
    let elapsed = Span::from_secs_f64(began.elapsed().as_secs_f64());
    bar.finish();
    let mut results = match results {
        Ok(results) => results,
        Err(error @ ExperimentError::Broken { .. }) => {
            terminal::complain(&format!("{error}\nThis is a bug of Brownout; please report it."));
            return Ok(Exit::Internal);
        }
        Err(error @ ExperimentError::Interrupted) => {
            terminal::complain(&error.to_string());
            return Ok(Exit::Interrupted);
        }
    };
    let interrupted = results
        .warnings
        .iter()
        .any(|warning| matches!(warning, Warning::Interrupted { .. } | Warning::CalmInterrupted { .. }));
    results.warnings.extend(file_warnings(&loaded));
    // A disk that is full takes nothing away from what was found.
    let (written, unwritten) = match args.runs.no_output {
        true => (None, None),
        false => match write_folder(&folder, &loaded, plan, &results, args) {
            Ok(written) => (Some(written), None),
            Err(error) => (None, Some(error)),
        },
    };
    if args.json {
        terminal::print(&json::results_json(&results))?;
    } else {
        let options = summary_text::SummaryOptions {
            width: terminal::WIDTH,
            colour: terminal::colour_out(),
            elapsed: Some(elapsed),
            output_folder: written.as_ref().map(|_| format!("{}/", folder.display())),
            outputs: written.unwrap_or_default(),
            assumed: Some((plan.assumed.len() as u32, plan.sourced_of)),
            next: Some(format!("brownout explain {}", shell_word(&args.scenario.to_string_lossy()))),
        };
        terminal::print(&summary_text::summary(&results, &options))?;
    }
    match unwritten {
        Some(error) => Err(error),
        None => Ok(if interrupted { Exit::Interrupted } else { verdict(&results) }),
    }
}

/// The runs in calm, where there are to be any. Who stops them keeps the results of the others.
fn calmly(plan: &Plan, label: &str, results: &mut Results, stop: &AtomicBool) -> Result<(), ExperimentError> {
    if plan.calm == 0 {
        return Ok(());
    }
    let bar = Bar::new(&format!("{label} · calm"), plan.calm);
    let watched = watch_calm(plan, results, &|progress| bar.update(progress), stop);
    bar.finish();
    if stop.load(Ordering::Relaxed) && results.calm.is_none_or(|calm| calm.runs < calm.planned) {
        let done = results.calm.map_or(0, |calm| calm.runs);
        results.warnings.push(Warning::CalmInterrupted { done, planned: plan.calm });
    }
    match watched {
        Err(ExperimentError::Interrupted) => Ok(()),
        watched => watched,
    }
}

fn default_folder(args: &Args, plan: &Plan) -> PathBuf {
    let name = match &args.deployment {
        Some(_) => format!("{}-{}", plan.name, plan.deployment),
        None => plan.name.clone(),
    };
    PathBuf::from("output").join(name)
}

fn file_warnings(loaded: &Loaded) -> Vec<Warning> {
    let diagnostics = loaded.diagnostics.iter();
    diagnostics.map(|d| Warning::File { code: d.printed_code(), text: d.sentence() }).collect()
}

fn verdict(results: &Results) -> Exit {
    let recovery = results.recovery.as_ref().and_then(|recovery| recovery.within);
    let any = |verdict| {
        results.objectives.iter().any(|objective| objective.verdict == verdict)
            || recovery.is_some_and(|(_, _, of)| of == verdict)
    };
    if any(Verdict::Missed) {
        Exit::Missed
    } else if any(Verdict::Inconclusive) {
        Exit::Inconclusive
    } else {
        Exit::Success
    }
}

/// The command that makes these results again.
fn again(args: &Args, results: &Results) -> String {
    let deployment = args
        .deployment
        .as_ref()
        .map_or_else(String::new, |name| format!(" --deployment {}", shell_word(name)));
    // How many there are without being asked for follows from the number of runs.
    let calm = args.calm.or(results.calm.map(|calm| calm.planned));
    let calm = calm.map_or_else(String::new, |calm| format!(" --calm {calm}"));
    format!(
        "brownout run {}{deployment} --seed {} --replications {}{calm}{}",
        shell_word(&args.scenario.to_string_lossy()),
        results.seed,
        results.replications,
        args.lang.option()
    )
}

/// Writes the folder and says what is in it, for the summary.
fn write_folder(
    folder: &std::path::Path,
    loaded: &Loaded,
    plan: &Plan,
    results: &Results,
    args: &Args,
) -> Result<Vec<String>, Error> {
    let mut files: OutputFiles = Vec::new();
    let mut listed: Vec<json::OutputFile> = Vec::new();
    for file in csv::CSV_FILES {
        files.push((file.name.to_owned(), (file.write)(results)));
        listed.push(json::OutputFile { name: file.name.to_owned(), schema: Some(file.schema) });
    }
    let mut drawn = charts::charts(results);
    let command = again(args, results);
    let about = About {
        language: args.lang.into(),
        description: plan.description.as_deref().unwrap_or_default(),
        command: &command,
        assumed: &plan.assumed,
        sourced_of: plan.sourced_of,
    };
    let pages = [
        ("incident.md", incident::incident_md(results, &about)),
        ("report.html", incident::report_html(results, &about)),
    ];
    for (name, page) in pages {
        listed.push(json::OutputFile { name: name.to_owned(), schema: None });
        files.push((name.to_owned(), page.into_bytes()));
    }
    // In pictures without a browser there is one font, which has no Hangul.
    drawn.push(charts::Chart { name: "timeline", svg: incident::timeline_svg(results, Language::English) });
    drawn.extend(
        incident::attribution_svg(results, Language::English)
            .map(|svg| charts::Chart { name: "attribution", svg }),
    );
    for chart in &drawn {
        let png = charts::png(&chart.svg).map_err(|error| Error::other(error.to_string()))?;
        for (extension, bytes) in [("svg", chart.svg.clone().into_bytes()), ("png", png)] {
            let name = format!("charts/{}.{extension}", chart.name);
            listed.push(json::OutputFile { name: name.clone(), schema: None });
            files.push((name, bytes));
        }
    }
    output::add_manifest(&mut files, &listed, (loaded, plan), results);
    output::write(folder, &files)?;
    Ok(vec![
        "report.html".to_owned(),
        "incident.md".to_owned(),
        format!("{} csv", csv::CSV_FILES.len()),
        format!("{} charts", drawn.len()),
    ])
}
