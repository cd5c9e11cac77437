//! Telling somebody who waits that the command does too.

use std::io::{self, IsTerminal as _, Write};
use std::time::Duration;

use crate::terminal::clean;

/// What is told beside the output of a command that waits. A terminal is told again and again, on one line that goes
/// away with the wait; a file is told once.
pub(crate) struct Progress<W: Write> {
    out: W,
    live: bool,
    what: String,
    at_most: Duration,
    /// How wide the line is that stands on the terminal.
    width: usize,
    told: bool,
}

impl Progress<io::Stderr> {
    /// On standard error.
    pub(crate) fn on_stderr(what: &str, at_most: Duration) -> Self {
        let out = io::stderr();
        let live = out.is_terminal();
        Self::new(out, live, what, at_most)
    }
}

impl<W: Write> Progress<W> {
    fn new(out: W, live: bool, what: &str, at_most: Duration) -> Self {
        Self { out, live, what: clean(what), at_most, width: 0, told: false }
    }

    /// Says for how long it has been waited. There is nothing to do where even that cannot be written.
    pub(crate) fn tell(&mut self, waited: Duration) {
        if self.live {
            let line = format!(
                "sever: waiting for {}: {} s, {} at most …",
                self.what,
                waited.as_secs(),
                self.at_most.as_secs()
            );
            let _ = write!(self.out, "\r{line}").and_then(|()| self.out.flush());
            self.width = line.chars().count();
        } else if !self.told {
            let at_most = self.at_most.as_secs();
            let _ = writeln!(self.out, "sever: waiting for {}, {at_most} s at most …", self.what);
        }
        self.told = true;
    }
}

impl<W: Write> Drop for Progress<W> {
    fn drop(&mut self) {
        if self.width > 0 {
            let _ = write!(self.out, "\r{:width$}\r", "", width = self.width).and_then(|()| self.out.flush());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(live: bool) -> String {
        let mut out = Vec::new();
        let mut progress = Progress::new(&mut out, live, "the \u{1b}[2Jresponder", Duration::from_secs(330));
        for seconds in [2, 7, 12] {
            progress.tell(Duration::from_secs(seconds));
        }
        drop(progress);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_terminal_is_told_on_one_line_that_goes_away() {
        let text = told(true);
        let line = |seconds: u8| format!(r"sever: waiting for the \u{{1b}}[2Jresponder: {seconds} s, 330 at most …");
        let blank = " ".repeat(line(12).chars().count());
        assert_eq!(text, format!("\r{}\r{}\r{}\r{blank}\r", line(2), line(7), line(12)));
    }

    #[test]
    fn a_file_is_told_once() {
        assert_eq!(told(false), "sever: waiting for the \\u{1b}[2Jresponder, 330 s at most …\n");
    }

    #[test]
    fn who_need_not_wait_is_told_nothing() {
        let mut out = Vec::new();
        drop(Progress::new(&mut out, true, "it", Duration::from_secs(330)));
        assert!(out.is_empty());
    }
}
