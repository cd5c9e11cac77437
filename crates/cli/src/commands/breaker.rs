//! `sever breaker`: how near to stopping itself Severance is, and how it is set going again.

use severance_domain::respond::{Answer, Ask};

use crate::arguments::breaker::BreakerCommand;
use crate::exit::Failure;
use crate::output::answer::print;
use crate::output::breakers;
use crate::remote::unexpected;

/// Shows or resets the breakers.
pub(super) fn run(command: BreakerCommand) -> Result<u8, Failure> {
    let (remote, ask) = match command {
        BreakerCommand::Status(given) => (given.remote, Ask::BreakerStatus),
        BreakerCommand::Reset(given) => (given.remote, Ask::BreakerReset { reason: given.reason }),
    };
    let answer = remote.stack().connect()?.ask(ask)?;
    let Answer::Breakers { breakers } = &answer else { return Err(unexpected()) };
    print(remote.json, &answer, |out| breakers::write(breakers, out))?;
    Ok(0)
}
