//! `sever`: the responder's and auditor's command.
//!
//! What works offline (`verify` of files, `policy`) loads no AWS configuration; the rest asks the stack's responder.

mod arguments;
mod clock;
mod commands;
mod exit;
mod output;
mod progress;
mod remote;
mod rows;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::Args;

fn main() -> ExitCode {
    let Args { command } = Args::parse();
    let code = commands::run(command).unwrap_or_else(|failure| {
        for line in failure.to_string().lines() {
            terminal::say(line);
        }
        failure.code()
    });
    ExitCode::from(code)
}
