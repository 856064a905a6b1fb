//! `cargo deny`: the rules on dependencies that need nothing but the lock file, and the advisories, which
//! need a database from the network.

use anyhow::Result;

use crate::shell::{self, cargo_command};
use crate::step::Outcome;

/// Checks banned crates, licences and sources.
pub(crate) fn rules() -> Result<Outcome> {
    shell::cargo(["deny", "--locked", "check", "bans", "licenses", "sources"])
}

/// Checks the RustSec advisories, if their database can be fetched now.
pub(crate) fn advisories() -> Result<Outcome> {
    if let Err(error) = shell::run(&mut cargo_command(["deny", "fetch", "db"])) {
        println!("\n!!!! ADVISORIES WERE NOT CHECKED: their database could not be fetched ({error:#}).");
        println!("!!!! Run `cargo deny check advisories` where the network reaches it.\n");
        return Ok(Outcome::Skipped("NOT CHECKED: the advisory database could not be fetched".to_owned()));
    }
    shell::cargo(["deny", "--locked", "check", "advisories"])
}
