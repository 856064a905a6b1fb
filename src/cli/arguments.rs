//! Arguments that several commands have.

/// How often a plan is run, and whether anything is written.
#[derive(Debug, clap::Args)]
pub(super) struct RunArgs {
    /// Another seed
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// Another number of runs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) replications: Option<u32>,
    /// Write no folder
    #[arg(long, conflicts_with = "output")]
    pub(super) no_output: bool,
}
