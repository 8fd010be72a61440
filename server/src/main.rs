//! The `baton` program; `baton::cli` reads the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    baton::cli::main()
}
