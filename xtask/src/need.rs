//! What a step needs on the machine, and how it gets there.

use std::os::unix::fs::MetadataExt;
use std::process::Stdio;
use std::sync::OnceLock;

use anyhow::{Result, bail};

use crate::shell;

/// Something that a step needs before it can run.
pub(crate) enum Need {
    /// A program that a Debian package brings.
    Debian {
        /// The program, found on the PATH.
        program: &'static str,
        /// The package that has it.
        package: &'static str,
    },
    /// A program that a crate brings.
    Crate {
        /// The program, found on the PATH.
        program: &'static str,
        /// The crate that has it.
        package: &'static str,
    },
    /// A cargo subcommand that a component of the Rust toolchain brings.
    Component {
        /// The subcommand.
        subcommand: &'static str,
        /// The component that has it.
        component: &'static str,
    },
}

impl Need {
    pub(crate) const CC: Need = Need::Debian { program: "cc", package: "build-essential" };
    pub(crate) const CXX: Need = Need::Debian { program: "c++", package: "build-essential" };
    pub(crate) const JAVA: Need = Need::Debian { program: "javac", package: "default-jdk-headless" };
    pub(crate) const REDIS: Need = Need::Debian { program: "redis-server", package: "redis-server" };
    pub(crate) const MAVEN: Need = Need::Debian { program: "mvn", package: "maven" };
    pub(crate) const MARIADB_SERVER: Need =
        Need::Debian { program: "mariadbd", package: "mariadb-server-core" };
    pub(crate) const MARIADB_CLIENT: Need =
        Need::Debian { program: "mariadb", package: "mariadb-client-core" };
    /// An older Go fetches by itself the one that a module asks for.
    pub(crate) const GO: Need = Need::Debian { program: "go", package: "golang-go" };
    pub(crate) const VALGRIND: Need = Need::Debian { program: "valgrind", package: "valgrind" };
    pub(crate) const CARGO_DENY: Need = Need::Crate { program: "cargo-deny", package: "cargo-deny" };
    pub(crate) const RUSTFMT: Need = Need::Component { subcommand: "fmt", component: "rustfmt" };
    pub(crate) const CLIPPY: Need = Need::Component { subcommand: "clippy", component: "clippy" };

    /// Installs what is missing.
    ///
    /// # Errors
    /// If it is missing and cannot be installed.
    pub(crate) fn meet(&self) -> Result<()> {
        match *self {
            Need::Debian { program, package } => by_installing(program, || debian(package)),
            Need::Crate { program, package } => by_installing(program, || {
                shell::run(&mut shell::cargo_command(["install", "--locked", package]))
            }),
            Need::Component { subcommand, component } => {
                let mut asked = shell::cargo_command([subcommand, "--version"]);
                let asked = asked.stdout(Stdio::null()).stderr(Stdio::null()).status();
                if asked.is_ok_and(|status| status.success()) {
                    return Ok(());
                }
                shell::run(shell::command("rustup").args(["component", "add", component]))
            }
        }
    }
}

fn by_installing(program: &str, install: impl FnOnce() -> Result<()>) -> Result<()> {
    if shell::find(program).is_some() {
        return Ok(());
    }
    println!("`{program}` is missing: installing it");
    install()?;
    if shell::find(program).is_none() {
        bail!("`{program}` was installed, but it is not on the PATH");
    }
    Ok(())
}

fn debian(package: &str) -> Result<()> {
    if shell::find("apt-get").is_none() {
        bail!("only Debian's packages can be installed from here: install {package} yourself");
    }
    static LIST_IS_FRESH: OnceLock<bool> = OnceLock::new();
    LIST_IS_FRESH.get_or_init(|| apt(&["update"]).is_ok());
    apt(&["install", "--yes", "--no-install-recommends", package])
}

fn apt(arguments: &[&str]) -> Result<()> {
    let root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let mut apt = if root { shell::command("apt-get") } else { shell::command("sudo") };
    if !root {
        apt.args(["--non-interactive", "apt-get"]);
    }
    shell::run(apt.args(arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_not_installed_again() {
        let installed = by_installing("cargo", || bail!("must not be called"));
        assert!(installed.is_ok(), "{installed:?}");
    }

    #[test]
    fn an_installation_that_brings_no_program_is_an_error() {
        let error = by_installing("no-such-program", || Ok(())).expect_err("it is still missing");
        assert_eq!(error.to_string(), "`no-such-program` was installed, but it is not on the PATH");
    }
}
