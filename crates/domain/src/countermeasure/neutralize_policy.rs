use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::right::iam;
use crate::words::ids::Arn;

/// Put a version of a customer managed policy that is older than the exposure and that the contained identity did not write, or one
/// that allows nothing, in the place of what it wrote (`iam:SetDefaultPolicyVersion`, `iam:CreatePolicyVersion`; where five versions
/// are kept, one that it wrote is deleted first, `iam:DeletePolicyVersion`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NeutralizePolicy {
    /// Which policy.
    pub policy: Arn,
    /// The version that the contained identity wrote, or put in force, last.
    pub version: String,
    /// Only a version that was written before this moment is put back. None in records of earlier versions of Severance: then a
    /// version with a lower number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<Timestamp>,
    /// Every version that the contained identity wrote or put in force, by `CloudTrail`'s record: none of these is put back.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub distrusted: Vec<String>,
}

impl NeutralizePolicy {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "A customer managed policy that a contained identity wrote is put out of force by a version from before the exposure that the identity did not write, or by one that allows nothing.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "policy", is: "ARN", words: "The policy." },
        Field { name: "version", is: "text", words: "The version that the identity wrote, or put in force, last." },
        Field { name: "before", is: "time", words: "Only a version that was written before this is put back. Missing in records of earlier versions of Severance." },
        Field { name: "distrusted[]", is: "texts", words: "Every version that the identity wrote or put in force: none of these is put back. Left out where it is empty." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"policy": "arn:aws:iam::111122223333:policy/wide", "version": "v2", "before": "2026-03-01T12:00:00Z", "distrusted": ["v2"]}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[
            iam::GET_POLICY,
            iam::GET_POLICY_VERSION,
            iam::LIST_POLICY_VERSIONS,
            iam::SET_DEFAULT_POLICY_VERSION,
            iam::CREATE_POLICY_VERSION,
            iam::DELETE_POLICY_VERSION,
        ],
        confirm: &[iam::GET_POLICY, iam::GET_POLICY_VERSION, iam::LIST_POLICY_VERSIONS],
        undo: &[],
    };
}

impl Card for NeutralizePolicy {
    fn describe(&self) -> String {
        let Self { policy, version, .. } = self;
        format!("put {policy} {version} out of force")
    }

    fn appeared(&self, again: Appeared) -> String {
        let Self { policy, version, .. } = self;
        format!("{policy} {version} is in force {}", again.now())
    }

    fn undo_words(&self) -> UndoWords {
        let Self { policy, version, .. } = self;
        UndoWords::access(format!("{policy} {version}"))
    }

    fn target(&self) -> Vec<&str> {
        // What it is about is what counts of the policy, whichever version that is: a later step says how that stands.
        vec![self.policy.as_str()]
    }

    fn denies(&self) -> Denial {
        Denial::Nothing
    }

    fn ends(&self) -> Option<Ended<'_>> {
        None
    }

    fn contains_identity(&self) -> bool {
        false
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn is_irreversible(&self) -> bool {
        false
    }

    fn needs_responder(&self) -> bool {
        false
    }

    fn undoing(&self) -> Undoing {
        Undoing::Never(
            "a contained identity wrote it: read it, and set it as the default version by hand if it is meant to be",
        )
    }

    fn leaves(&self) -> &'static [Residue] {
        &[]
    }

    fn spares(&self) -> &'static [Residue] {
        &[]
    }

    fn by_hand(&self, _partition: &str) -> Option<Command> {
        // It takes more than one command.
        None
    }

    fn check(&self) -> Option<Command> {
        Some(Command::aws("iam", "list-policy-versions").quoted("policy-arn", self.policy.as_str()))
    }
}
