//! How the commands of `sever` end: the exit codes, with what `--help` and the documents say of each. They are stable.

mod codes;
mod kind;

pub use codes::*;
pub use kind::Exit;
