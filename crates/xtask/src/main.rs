//! What is done to the workspace itself, and never ships.

mod attributes;
mod generate;
mod sources;
mod tidy;

use std::process::ExitCode;

use clap::Parser;

/// What is done to the workspace itself.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    after_help = "Examples:
  cargo xtask gen           after a card was changed
  cargo xtask gen --check   what `make lint` checks
  cargo xtask tidy          what `make lint` checks, too
  cargo xtask tidy --help   what it looks for, and what to do about it"
)]
enum Task {
    Gen(generate::Options),
    Tidy(tidy::Options),
}

fn main() -> ExitCode {
    match Task::parse() {
        Task::Gen(options) => generate::main(&options),
        Task::Tidy(options) => tidy::main(&options),
    }
}
