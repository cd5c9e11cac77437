//! docs/EVIDENCE.md says what the code does: every field, every name, every command.

mod commands;
mod fields;
mod maximal;
mod names;

const DOC: &str = include_str!("../../../../../docs/EVIDENCE.md");
