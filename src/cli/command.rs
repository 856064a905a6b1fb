//! The commands and their help.

use std::io::ErrorKind;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use super::exit::Exit;
use super::{check, claims, compare, completions, explain, run, schema, terminal};

/// Rehearses incidents before they happen: says what breaks, when, and why.
#[derive(Debug, Parser)]
#[command(name = "brownout", version, about, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 all objectives met, 99 an objective missed, 3 too little data to tell, \
    104 invalid files, 2 bad command line, 105 interrupted, 70 internal error, 1 anything else."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look for mistakes in a scenario and the files it names, without running it
    Check(check::Args),
    /// Show every resolved value and its origin, the time-outs, and the compiled steps
    Explain(explain::Args),
    /// Run a scenario: a summary on the terminal, tables and charts in a folder
    Run(run::Args),
    /// Put the claims of a scenario to the test: supported, refuted, or true under a condition
    Claims(claims::Args),
    /// Compare two deployments or scenarios run by run, on common random numbers
    Compare(compare::Args),
    /// Print the JSON Schema of one kind of file
    Schema(schema::Args),
    /// Print the completion script of a shell
    Completions(completions::Args),
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    take_full_files_as_errors();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are asked for; anything else is a bad command line (2).
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            return match error.print() {
                Err(error) if code == 0 && error.kind() != ErrorKind::BrokenPipe => {
                    terminal::complain(&format!("error: cannot write to standard output: {error}"));
                    Exit::Other.into()
                }
                Ok(()) | Err(_) => ExitCode::from(code),
            };
        }
    };
    let exit = match cli.command {
        Command::Check(args) => check::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Claims(args) => claims::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => completions::run(&args, &mut Cli::command()),
    };
    exit.unwrap_or_else(|error| {
        terminal::complain(&format!("error: {error}"));
        Exit::Other
    })
    .into()
}

/// Has a write beyond the limit on the size of files (`ulimit -f`) fail like one on a full disk, where its signal would end the
/// program.
fn take_full_files_as_errors() {
    #[cfg(unix)]
    {
        let beyond = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        // Without a handler the program ends at once, which is what it would do anyway.
        let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, beyond);
    }
}
