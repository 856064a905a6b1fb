//! The `brownout` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    brownout::cli::main()
}
