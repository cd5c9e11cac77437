//! What `sever verify` takes.

use std::path::PathBuf;

use severance_domain::case::CaseId;

use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;
use crate::exit::Failure;

const VERIFY_EXAMPLES: &str = "\
Examples:
FILES of evidence, offline: with the public key alone, no AWS account is asked.
  # The public key, from the account that runs Severance, not from whoever hands you files.
  aws kms get-public-key --key-id alias/severance-evidence --query PublicKey --output text \\
    | base64 -d | openssl pkey -pubin -inform DER -out evidence-key.pem

  # One case, with all its revisions.
  aws s3 cp --recursive s3://BUCKET/evidence/ACCOUNT/2026/03/01/CASE/ case/
  sever verify case/ --key evidence-key.pem

  # For a script.
  sever verify case/ --key evidence-key.pem --json | jq -r '.files[] | .file + \" \" + .status'

A CASE, now: the responder reads back what it ended, and states it in a new revision.
  # Is it still dead? No key, but lambda:InvokeFunction on the function STACK-responder.
  sever verify sev-0123456789abcdef0123 --reason \"before the incident is closed, INC-42\"

Without --key, one argument that is a case's name is a case. A file of such a name: ./sev-….

Exit codes of FILES, best to worst; with several files the worst counts:
   0  verified: every file is what the key signed, and every case is whole
   2  wrong usage
  10  unreadable: a file, or no evidence in a directory, or --key is no P-256 public key
  11  malformed: not a DSSE envelope, or not evidence that this version reads
  14  chain_broken: a revision is missing, or does not follow on the one before it
  13  wrong_key: signed with a key that was not given
  15  inconsistent: signed with the key, but the record contradicts itself
  12  altered: not what the key signed

Exit codes of a CASE:
   0  all that was ended is still dead, as AWS shows it
   2  wrong usage
  10  the output could not be written
  21  refused: the responder says why, and what would help
  22  no answer: not reachable, not allowed, or the function itself failed
  24  not all was seen to be dead: held, left alone, failed, or not to be seen
  26  something lives again (verdict reappeared): contain it again

What each means, what evidence proves and what it does not: docs/EVIDENCE.md";

/// The options of `sever verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub(crate) struct VerifyOptions {
    /// Evidence: files, directories (every *.dsse.json below them), or - for standard input. Or one case, sev-….
    #[arg(required = true, value_name = "FILE|CASE")]
    pub(crate) files: Vec<PathBuf>,

    /// The public key in PEM. Give it once for each key that signed: keys are rotated.
    #[arg(long = "key", value_name = "PUB.pem")]
    pub(crate) keys: Vec<PathBuf>,

    /// Accept a case of which earlier revisions are missing. What they would have shown is not checked.
    #[arg(long)]
    pub(crate) allow_partial_chain: bool,

    /// Why a case is read back. Stands in the evidence.
    #[arg(
        long,
        value_name = "TEXT",
        value_parser = values::words,
        conflicts_with_all = ["keys", "allow_partial_chain"],
    )]
    pub(crate) reason: Option<String>,

    #[command(flatten)]
    pub(crate) remote: RemoteOptions,
}

impl VerifyOptions {
    /// The case that is to be read back, if these options mean one and no files.
    pub(crate) fn case(&self) -> Option<CaseId> {
        match self.files.as_slice() {
            [one] if self.keys.is_empty() => values::case(one.to_str()?).ok(),
            _ => None,
        }
    }

    /// Whether there is a key for the files. Not for clap to say: it depends on what the files are called.
    pub(crate) fn is_complete(&self) -> Result<(), Failure> {
        if !self.keys.is_empty() {
            return Ok(());
        }
        let help = "to check files of evidence, give the public key: --key PUB.pem. To read back what a case ended, \
                    name that case alone: sever verify sev-… --reason TEXT";
        Err(Failure::Usage(help.to_owned()))
    }
}
