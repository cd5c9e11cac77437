//! The end of the `--help` of commands that ask the responder.

/// The exit codes of a command that asks the responder, for its `--help`.
macro_rules! remote_help {
    ($examples:literal) => {
        concat!(
            $examples,
            "\n\nExit codes:
   0  done
   2  wrong usage
  10  the output could not be written
  21  refused: the responder says why, and what would help
  22  no answer: not reachable, not allowed, or the function itself failed

You need lambda:InvokeFunction on the function STACK-responder. What changes something is signed with your own
credentials (sts:GetCallerIdentity, which needs no permission), so that the responder hears from AWS who you are."
        )
    };
}
pub(super) use remote_help;
