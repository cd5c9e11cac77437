//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::breaker::BreakerCommand;
use crate::contain::{ContainOptions, StatusOptions};
use crate::exempt::ExemptCommand;
use crate::policy::PolicyCommand;
use crate::registry::RegistryCommand;
use crate::review::{ApproveOptions, DenyOptions, RecertifyOptions, ReviewsOptions};

const VERIFY_EXAMPLES: &str = "\
Examples:
  # The public key, from the account that runs Severance, not from whoever hands you files.
  aws kms get-public-key --key-id alias/severance-evidence --query PublicKey --output text \\
    | base64 -d | openssl pkey -pubin -inform DER -out evidence-key.pem

  # One case, with all its revisions.
  aws s3 cp --recursive s3://BUCKET/evidence/ACCOUNT/2026/03/01/CASE/ case/
  sever verify case/ --key evidence-key.pem

  # For a script.
  sever verify case/ --key evidence-key.pem --json | jq -r '.files[] | .file + \" \" + .status'

Exit codes, best to worst; with several files the worst counts:
   0  verified: every file is what the key signed, and every case is whole
   2  wrong usage
  10  unreadable: a file, or no evidence in a directory, or --key is no P-256 public key
  11  malformed: not a DSSE envelope, or not evidence that this version reads
  14  chain_broken: a revision is missing, or does not follow on the one before it
  13  wrong_key: signed with a key that was not given
  15  inconsistent: signed with the key, but the record contradicts itself
  12  altered: not what the key signed

What each means, what evidence proves and what it does not: docs/EVIDENCE.md";

/// Severs the access of non-human identities on AWS, and proves it.
#[derive(Debug, Parser)]
#[command(name = "sever", version, about, propagate_version = true)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check evidence offline, with the public key alone, and say what it states.
    Verify(VerifyOptions),
    /// Check and explain the guardrails' policies. Offline.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// End the access of an identity, as far as the policies allow it.
    Contain(Box<ContainOptions>),
    /// Show a case as it stands.
    Status(StatusOptions),
    /// List what waits for a person.
    Reviews(ReviewsOptions),
    /// Carry a held plan out.
    Approve(ApproveOptions),
    /// Close a held plan without carrying it out.
    Deny(DenyOptions),
    /// Add, list or end exemptions.
    #[command(subcommand)]
    Exempt(ExemptCommand),
    /// Show or reset the breakers.
    #[command(subcommand)]
    Breaker(BreakerCommand),
    /// Import, export or remove rows of the registry.
    #[command(subcommand)]
    Registry(RegistryCommand),
    /// Say that an identity is still needed.
    Recertify(RecertifyOptions),
}

/// The options of `sever verify`.
#[derive(Debug, clap::Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub(crate) struct VerifyOptions {
    /// Evidence: files, directories (every *.dsse.json below them), or - for standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// The public key in PEM. Give it once for each key that signed: keys are rotated.
    #[arg(long = "key", required = true, value_name = "PUB.pem")]
    pub(crate) keys: Vec<PathBuf>,

    /// Accept a case of which earlier revisions are missing. What they would have shown is not checked.
    #[arg(long)]
    pub(crate) allow_partial_chain: bool,

    /// Print one JSON document instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}
