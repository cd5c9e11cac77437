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

use arguments::verify::VerifyOptions;
use arguments::{Args, Command};
use commands::verify::{case, evidence};
use commands::{breaker, contain, copies, cutovers, exempt, plan, policy, registry, restore, review, rotate};
use exit::Failure;

fn main() -> ExitCode {
    let Args { command } = Args::parse();
    let code = run(command).unwrap_or_else(|failure| {
        for line in failure.to_string().lines() {
            terminal::say(line);
        }
        failure.code()
    });
    ExitCode::from(code)
}

fn run(command: Command) -> Result<u8, Failure> {
    match command {
        Command::Verify(given) => verify(*given),
        Command::Policy(command) => policy::run(command),
        Command::Plan(given) => plan::run(*given),
        Command::Contain(given) => contain::contain(*given),
        Command::Status(given) => contain::status(given),
        Command::Restore(given) => restore::run(given),
        Command::Rotate(given) => rotate::rotate(*given),
        Command::Adopt(given) => rotate::adopt(*given),
        Command::Cutovers(given) => cutovers::list(&given),
        Command::Cut(given) => cutovers::cut(given),
        Command::Copies(given) => copies::run(given),
        Command::Reviews(given) => review::list(&given),
        Command::Approve(given) => review::approve(given),
        Command::Deny(given) => review::deny(given),
        Command::Exempt(command) => exempt::run(command),
        Command::Breaker(command) => breaker::run(command),
        Command::Registry(command) => registry::run(command),
        Command::Recertify(given) => review::recertify(given),
    }
}

fn verify(given: VerifyOptions) -> Result<u8, Failure> {
    if let Some(case) = given.case() {
        return case::run(&case, given);
    }
    given.is_complete()?;
    let (stdin, stdout, stderr) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
    let status = evidence::run(&given, &mut stdin.lock(), &mut stdout.lock(), &mut stderr.lock());
    status.map(exit::Status::code).map_err(|error| Failure::Unreadable(error.to_string()))
}
