//! What each command does, a file for each. A command takes its arguments and hands what came of it to output; it imports no
//! other command.

// What several commands do in the same way. None of these imports a command.
mod case;
mod claim;
mod explanation;
mod rotation;

mod adopt;
mod approve;
mod breaker;
mod contain;
mod copies;
mod cut;
mod cutovers;
mod deny;
mod exempt;
mod plan;
mod policy;
mod recertify;
mod registry;
mod restore;
mod reviews;
mod rotate;
mod status;
mod verify;

use crate::arguments::Command;
use crate::exit::Failure;

/// Carries a command out, and says with which code the process ends.
pub(crate) fn run(command: Command) -> Result<u8, Failure> {
    match command {
        Command::Verify(given) => verify::run(*given),
        Command::Policy(command) => policy::run(command),
        Command::Plan(given) => plan::run(*given),
        Command::Contain(given) => contain::run(*given),
        Command::Status(given) => status::run(given),
        Command::Restore(given) => restore::run(given),
        Command::Rotate(given) => rotate::run(*given),
        Command::Adopt(given) => adopt::run(*given),
        Command::Cutovers(given) => cutovers::run(&given),
        Command::Cut(given) => cut::run(given),
        Command::Copies(given) => copies::run(given),
        Command::Reviews(given) => reviews::run(&given),
        Command::Approve(given) => approve::run(given),
        Command::Deny(given) => deny::run(given),
        Command::Exempt(command) => exempt::run(command),
        Command::Breaker(command) => breaker::run(command),
        Command::Registry(command) => registry::run(command),
        Command::Recertify(given) => recertify::run(given),
    }
}
