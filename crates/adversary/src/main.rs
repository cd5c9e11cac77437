//! `adversary`: many schedules at once, one at a time, and what is known to fail.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]

use std::process::ExitCode;

fn main() -> ExitCode {
    adversary::command::main()
}
