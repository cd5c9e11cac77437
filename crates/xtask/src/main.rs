//! What is done to the workspace itself, and never ships.

mod r#gen;

use std::process::ExitCode;

use clap::Parser;

/// What is done to the workspace itself.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    after_help = "Examples:
  cargo xtask gen           after a card was changed
  cargo xtask gen --check   what `make lint` checks"
)]
enum Task {
    Gen(r#gen::Options),
}

fn main() -> ExitCode {
    match Task::parse() {
        Task::Gen(options) => r#gen::main(&options),
    }
}
