//! An answer on standard output.

use std::io::{self, Write};

use crate::exit::Failure;

/// What was answered, as one JSON document or as text for a reader. A reader such as `head` that has seen enough is no failure.
pub(crate) fn print(
    json: bool,
    answer: &impl serde::Serialize,
    text: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = if json {
        serde_json::to_writer_pretty(&mut out, answer).map_err(io::Error::from).and_then(|()| writeln!(out))
    } else {
        text(&mut out)
    };
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Unreadable(format!("cannot write the output: {error}")))
        }
        _ => Ok(()),
    }
}
