//! What `sever verify` takes.

use std::path::PathBuf;

use severance_catalogue::exit;
use severance_domain::case::CaseId;

use crate::arguments::help;
use crate::arguments::stack::RemoteOptions;
use crate::arguments::values;
use crate::exit::Failure;

const EXAMPLES: &str = "\
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

Without --key, one argument that is a case's name is a case. A file of such a name: ./sev-….";

/// The examples, and how the command ends: with files and with a case in different ways.
fn help() -> String {
    let (of_files, of_a_case) = (help::codes(exit::OF_FILES), help::codes(exit::OF_A_CASE));
    format!(
        "{EXAMPLES}

Exit codes of FILES, best to worst; with several files the worst counts:{of_files}

Exit codes of a CASE:{of_a_case}

What each means, what evidence proves and what it does not: docs/EVIDENCE.md"
    )
}

/// The options of `sever verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = help())]
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
