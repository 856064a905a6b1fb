//! The command line: one file a subcommand. This is the only place that reads files, writes files and prints.

mod arguments;
mod check;
mod claims;
mod command;
mod compare;
mod completions;
mod disk;
mod exit;
mod explain;
mod output;
mod progress;
mod replicated;
mod run;
mod schema;
mod terminal;

pub use command::main;
