//! `sever`: the responder's and auditor's command.

mod args;
mod exit;
mod files;
mod text;
mod verify;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use args::{Args, Command};

fn main() -> ExitCode {
    let Args { command } = Args::parse();
    let (stdin, stdout, stderr) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
    let result = match command {
        Command::Verify(options) => verify::run(&options, &mut stdin.lock(), &mut stdout.lock(), &mut stderr.lock()),
    };
    match result {
        Ok(status) => ExitCode::from(status.code()),
        Err(error) => {
            // Nothing is left to do if even this cannot be written.
            let _ = writeln!(stderr.lock(), "sever: {}", text::clean(&error.to_string()));
            ExitCode::from(exit::Status::Unreadable.code())
        }
    }
}
