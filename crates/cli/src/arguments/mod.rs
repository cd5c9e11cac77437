//! The command line, as clap parses it: the list of commands here, and a file for what each group of them takes.

pub(crate) mod breaker;
pub(crate) mod claim;
pub(crate) mod contain;
pub(crate) mod copies;
pub(crate) mod cutovers;
pub(crate) mod exempt;
mod help;
pub(crate) mod plan;
pub(crate) mod policy;
pub(crate) mod registry;
pub(crate) mod restore;
pub(crate) mod review;
pub(crate) mod rotate;
pub(crate) mod stack;
pub(crate) mod values;
pub(crate) mod verify;

use clap::{Parser, Subcommand};

use crate::arguments::breaker::BreakerCommand;
use crate::arguments::contain::{ContainOptions, StatusOptions};
use crate::arguments::copies::CopiesOptions;
use crate::arguments::cutovers::{CutOptions, CutoversOptions};
use crate::arguments::exempt::ExemptCommand;
use crate::arguments::plan::PlanOptions;
use crate::arguments::policy::PolicyCommand;
use crate::arguments::registry::RegistryCommand;
use crate::arguments::restore::RestoreOptions;
use crate::arguments::review::{ApproveOptions, DenyOptions, RecertifyOptions, ReviewsOptions};
use crate::arguments::rotate::{AdoptOptions, RotateOptions};
use crate::arguments::verify::VerifyOptions;

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
    /// Show what would be done about an identity, and what it would hit. Changes nothing.
    Plan(Box<PlanOptions>),
    /// End the access of an identity, as far as the policies allow it.
    Contain(Box<ContainOptions>),
    /// Show a case as it stands.
    Status(StatusOptions),
    /// Check evidence offline with the public key alone; or read back now whether what a case ended is still dead.
    Verify(Box<VerifyOptions>),
    /// Give back what a case ended, as far as it may be.
    Restore(RestoreOptions),
    /// Replace the access key that a secret holds. The old one works on until its consumers have moved.
    Rotate(Box<RotateOptions>),
    /// Put a user's access key into a secret of its own, and replace it from then on.
    Adopt(Box<AdoptOptions>),
    /// List keys that were replaced and live on.
    Cutovers(CutoversOptions),
    /// End a key that was replaced now, whoever still uses it.
    Cut(CutOptions),
    /// Find out where an access key is kept.
    Copies(CopiesOptions),
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
    /// Check and explain the guardrails' policies. Offline.
    #[command(subcommand)]
    Policy(PolicyCommand),
}
