use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing, deny_all};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::ids::IamName;
use crate::words::right::iam;
use crate::words::marks::QUARANTINE_POLICY;

/// Deny a role everything by an inline policy (`iam:PutRolePolicy`), whoever assumes it and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuarantineRole {
    /// Which role.
    pub role: IamName,
}

impl QuarantineRole {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "A role is denied everything by an inline policy, whoever assumes it.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "role", is: "text", words: "The role." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"role": "deployer"}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[iam::PUT_ROLE_POLICY],
        confirm: &[iam::GET_ROLE_POLICY, iam::GET_ROLE],
        undo: &[iam::GET_ROLE, iam::GET_ROLE_POLICY, iam::DELETE_ROLE_POLICY, iam::PUT_ROLE_POLICY],
    };
}

impl Card for QuarantineRole {
    fn describe(&self) -> String {
        let Self { role } = self;
        format!("quarantine role {role} with a deny-all policy")
    }

    fn appeared(&self, _again: Appeared) -> String {
        let Self { role } = self;
        format!("the deny-all policy of role {role} was lifted")
    }

    fn undo_words(&self) -> UndoWords {
        let Self { role } = self;
        UndoWords::denial(format!("the deny-all policy of role {role}"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.role.as_str()]
    }

    fn denies(&self) -> Denial {
        Denial::Everything
    }

    fn ends(&self) -> Option<Ended<'_>> {
        None
    }

    fn contains_identity(&self) -> bool {
        true
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn is_irreversible(&self) -> bool {
        false
    }

    fn needs_responder(&self) -> bool {
        false
    }

    fn undoing(&self) -> Undoing {
        Undoing::LiftedKeepingSessionsDenied
    }

    fn leaves(&self) -> &'static [Residue] {
        &[Residue::IdentityTokens, Residue::ChainedSessions]
    }

    fn spares(&self) -> &'static [Residue] {
        &[Residue::LaterSessions]
    }

    fn by_hand(&self, partition: &str) -> Option<Command> {
        Some(Command::aws("iam", "attach-role-policy").role(&self.role).quoted("policy-arn", &deny_all(partition)))
    }

    fn check(&self) -> Option<Command> {
        Some(Command::aws("iam", "get-role-policy").role(&self.role).option("policy-name", QUARANTINE_POLICY))
    }
}
