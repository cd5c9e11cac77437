use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::ids::IamName;
use crate::words::right::iam;
use crate::words::marks::REVOKE_SESSIONS_POLICY;

/// Deny a role's sessions that were issued before a moment (`iam:PutRolePolicy`, `aws:TokenIssueTime`). Later sessions
/// work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevokeRoleSessions {
    /// Which role.
    pub role: IamName,
    /// Sessions issued before this are denied.
    pub issued_before: Timestamp,
}

impl RevokeRoleSessions {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "A role's sessions issued before a moment are denied; later ones work.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "role", is: "text", words: "The role." },
        Field { name: "issuedBefore", is: "time", words: "The moment." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"role": "deployer", "issuedBefore": "2026-03-01T12:00:00Z"}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[iam::PUT_ROLE_POLICY, iam::GET_ROLE_POLICY, iam::GET_ROLE, iam::LIST_ATTACHED_ROLE_POLICIES],
        confirm: &[iam::GET_ROLE_POLICY, iam::GET_ROLE, iam::LIST_ATTACHED_ROLE_POLICIES],
        undo: &[iam::GET_ROLE, iam::GET_ROLE_POLICY, iam::DELETE_ROLE_POLICY],
    };
}

impl Card for RevokeRoleSessions {
    fn describe(&self) -> String {
        let Self { role, issued_before } = self;
        format!("revoke sessions of role {role} issued before {issued_before}")
    }

    fn appeared(&self, _again: Appeared) -> String {
        let Self { role, .. } = self;
        format!("the denial of role {role}'s older sessions was lifted")
    }

    fn undo_words(&self) -> UndoWords {
        let Self { role, .. } = self;
        UndoWords::denial(format!("the denial of role {role}'s sessions from before"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.role.as_str()]
    }

    fn denies(&self) -> Denial {
        Denial::SessionsFromBefore
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
        Undoing::StaysInDanger("sessions issued before it may be stolen; later ones work")
    }

    fn leaves(&self) -> &'static [Residue] {
        &[Residue::IdentityTokens, Residue::ChainedSessions, Residue::LaterSessions]
    }

    fn spares(&self) -> &'static [Residue] {
        &[]
    }

    fn by_hand(&self, _partition: &str) -> Option<Command> {
        // The IAM console has a button for it (the role, Revoke sessions), and no single command does it.
        None
    }

    fn check(&self) -> Option<Command> {
        Some(Command::aws("iam", "get-role-policy").role(&self.role).option("policy-name", REVOKE_SESSIONS_POLICY))
    }
}
