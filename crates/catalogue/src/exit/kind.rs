//! What there is to say of a way to end.

/// A way in which a command ends: an exit code, and what it means of some commands. Others may mean something else by the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// The process's exit code.
    pub code: u8,
    /// The commands, as the documents name them.
    pub of: &'static str,
    /// The name in `--json`; empty where there is none.
    pub name: &'static str,
    /// What it means, in the words of `--help`.
    pub help: &'static str,
    /// What the documents say it means, in whole sentences, where that is more than `--help` has room for; empty where it is not.
    pub fuller: &'static str,
    /// What to do about it, in the documents; empty where nothing is to be done.
    pub then: &'static str,
}

impl Exit {
    /// This code, with these words of `--help` alone.
    pub(super) const fn new(code: u8, of: &'static str, help: &'static str) -> Self {
        Self { code, of, name: "", help, fuller: "", then: "" }
    }

    /// What it means, as the documents say it.
    pub fn meaning(&self) -> String {
        if !self.fuller.is_empty() {
            return self.fuller.to_owned();
        }
        let mut rest = self.help.chars();
        let first = rest.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(rest).chain(['.']).collect()
    }
}
