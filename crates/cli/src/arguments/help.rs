//! The end of the `--help` of commands: how they end, in the catalogue's words.

use std::fmt::Write as _;

use severance_catalogue::exit::{Exit, OF_THE_RESPONDER};

/// How wide the lines of a help may be.
const WIDTH: usize = 124;

/// These ways to end, a line for each.
pub(super) fn codes(exits: &[Exit]) -> String {
    let mut text = String::new();
    for exit in exits {
        let _ = write!(text, "\n  {:>2}  {}", exit.code, exit.help);
    }
    text
}

/// The help's end of a command that asks the responder: its examples, how it may end beside what all may, and what it needs.
pub(super) fn remote(examples: &str, besides: &[&Exit]) -> String {
    let mut text = examples.to_owned();
    for exit in besides {
        text += "\n\n";
        text += &wrapped(&format!("Besides the codes below, {}: {}.", exit.code, exit.help));
    }
    let codes = codes(OF_THE_RESPONDER);
    text + &format!(
        "\n\nExit codes:{codes}

You need lambda:InvokeFunction on the function STACK-responder. What changes something is signed with your own
credentials (sts:GetCallerIdentity, which needs no permission), so that the responder hears from AWS who you are. The
stack's AskerPrincipals and ApproverPrincipals say whose word counts; anybody else's is refused."
    )
}

/// The text in lines that are not too wide.
fn wrapped(text: &str) -> String {
    let mut lines = String::new();
    let mut width = 0;
    for word in text.split(' ') {
        if width > 0 && width + 1 + word.len() > WIDTH {
            lines.push('\n');
            width = 0;
        } else if width > 0 {
            lines.push(' ');
            width += 1;
        }
        lines += word;
        width += word.len();
    }
    lines
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use severance_catalogue::exit;

    use super::*;
    use crate::arguments::Args;

    /// The help of a command, and of all below it.
    fn helps(command: &mut clap::Command, found: &mut Vec<String>) {
        if command.has_subcommands() {
            command.get_subcommands_mut().for_each(|command| helps(command, found));
        } else {
            found.push(command.render_help().to_string());
        }
    }

    #[test]
    fn each_command_says_how_it_ends() {
        let mut all = Vec::new();
        helps(&mut Args::command(), &mut all);
        assert!(all.len() > 20, "{}", all.len());
        for help in &all {
            assert!(help.contains(&codes(&[exit::OF_COPIES[1]])), "{help}");
        }
        let words: String = all.concat().split_whitespace().collect();
        for exit in exit::all().chain(exit::OF_FILES) {
            let said: String = exit.help.split_whitespace().collect();
            assert!(words.contains(&said), "{exit:?}");
        }
    }

    #[test]
    fn a_line_breaks_where_it_would_be_too_wide() {
        let text = format!("{} b c", "a".repeat(WIDTH - 2));
        assert_eq!(wrapped(&text), format!("{} b\nc", "a".repeat(WIDTH - 2)));
        assert_eq!(wrapped("a b"), "a b");
    }
}
