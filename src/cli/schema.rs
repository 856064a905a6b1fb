//! `brownout schema`: JSON Schemas of the three kinds of file.

use std::io::Error;

use clap::ValueEnum;

use super::exit::Exit;
use super::terminal;
use crate::component::Part;
use crate::scenario::{Draft, schema};

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The kind of file
    kind: Kind,
    /// The draft of JSON Schema
    #[arg(long, value_name = "DRAFT", default_value = "2020-12")]
    draft: DraftName,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Operations,
    Deployment,
    Scenario,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DraftName {
    #[value(name = "2020-12")]
    Draft2020,
    #[value(name = "07")]
    Draft07,
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let part = match args.kind {
        Kind::Operations => Part::Operations,
        Kind::Deployment => Part::Deployment,
        Kind::Scenario => Part::Scenario,
    };
    let draft = match args.draft {
        DraftName::Draft2020 => Draft::Draft2020,
        DraftName::Draft07 => Draft::Draft07,
    };
    terminal::print(&format!("{:#}\n", schema(part, draft)))?;
    Ok(Exit::Success)
}
