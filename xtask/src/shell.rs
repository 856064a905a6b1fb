//! Running commands: each is printed, runs at the repository's root, and streams what it says.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::step::Outcome;

/// The repository's root folder.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// Makes a command that runs at the root, without the variables that `cargo run` gave to this process: a
/// cargo further down would take them for its own and build things twice.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    for (name, _) in env::vars_os() {
        let ours =
            name.to_str().is_some_and(|n| n.starts_with("CARGO_PKG_") || n.starts_with("CARGO_MANIFEST_"));
        if ours {
            command.env_remove(name);
        }
    }
    command
}

/// Makes a cargo command.
pub(crate) fn cargo_command<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut cargo = command("cargo");
    cargo.args(arguments);
    cargo
}

/// Runs cargo as a whole step.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<Outcome> {
    run(&mut cargo_command(arguments))?;
    Ok(Outcome::Passed)
}

/// Prints a command and runs it.
///
/// # Errors
/// If it cannot be started or does not exit with 0.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    println!("$ {shown}");
    let status = command.status().with_context(|| format!("`{shown}` did not start"))?;
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(())
}

/// Where a program is on the PATH.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Whether this is a CI run, where nothing may be left out in silence.
pub(crate) fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true" || value == "1")
}

fn show(command: &Command) -> String {
    let set = command.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let variables = set.map(|(name, value)| format!("{}={:?}", name.to_string_lossy(), value));
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(|word| {
        let word = word.to_string_lossy();
        if word.contains([' ', '\n', '"', '\'', '$']) { format!("{word:?}") } else { word.into_owned() }
    });
    variables.chain(words).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut doc = cargo_command(["doc", "--no-deps"]);
        assert_eq!(show(doc.env("FLAGS", "-D warnings")), "FLAGS=\"-D warnings\" cargo doc --no-deps");
        assert_eq!(show(Command::new("bash").args(["-c", "a b"])), "bash -c \"a b\"");
    }

    #[test]
    fn a_command_that_fails_is_an_error_that_names_it() {
        let error = run(command("bash").args(["-c", "exit 7"])).expect_err("exit 7 is a failure");
        assert_eq!(error.to_string(), "`bash -c \"exit 7\"` ended with exit status: 7");
        assert!(run(&mut command("no-such-program")).is_err());
    }
}
