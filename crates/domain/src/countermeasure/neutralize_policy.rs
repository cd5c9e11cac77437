use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::right::iam;
use crate::words::ids::Arn;

/// Put an older version of a customer managed policy, or one that allows nothing, in the place of this one
/// (`iam:SetDefaultPolicyVersion`, `iam:CreatePolicyVersion`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NeutralizePolicy {
    /// Which policy.
    pub policy: Arn,
    /// The version that counts until then.
    pub version: String,
}

impl NeutralizePolicy {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "A customer managed policy that a contained identity wrote is put out of force by an older version of it, or by one that allows nothing.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "policy", is: "ARN", words: "The policy." },
        Field { name: "version", is: "text", words: "The version that counted until then." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"policy": "arn:aws:iam::111122223333:policy/wide", "version": "v2"}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[iam::GET_POLICY, iam::LIST_POLICY_VERSIONS, iam::SET_DEFAULT_POLICY_VERSION, iam::CREATE_POLICY_VERSION],
        confirm: &[iam::GET_POLICY],
        undo: &[],
    };
}

impl Card for NeutralizePolicy {
    fn describe(&self) -> String {
        let Self { policy, version } = self;
        format!("put {policy} {version} out of force")
    }

    fn appeared(&self, again: Appeared) -> String {
        let Self { policy, version } = self;
        format!("{policy} {version} is in force {}", again.now())
    }

    fn undo_words(&self) -> UndoWords {
        let Self { policy, version } = self;
        UndoWords::access(format!("{policy} {version}"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.policy.as_str(), self.version.as_str()]
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
