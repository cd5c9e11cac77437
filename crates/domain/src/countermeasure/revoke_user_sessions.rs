use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::ids::IamName;
use crate::words::right::iam;
use crate::words::marks::REVOKE_SESSIONS_POLICY;

/// Deny a user's sessions that were issued before the step is taken (`iam:PutUserPolicy`, `aws:TokenIssueTime`). Its
/// long-term credentials work on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevokeUserSessions {
    /// Which user.
    pub user: IamName,
}

impl RevokeUserSessions {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "A user's sessions issued until now are denied; its long-term credentials work on.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "user", is: "text", words: "The user." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"user": "deployer"}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[iam::PUT_USER_POLICY, iam::GET_USER_POLICY, iam::GET_USER, iam::LIST_ATTACHED_USER_POLICIES],
        confirm: &[iam::GET_USER_POLICY, iam::GET_USER, iam::LIST_ATTACHED_USER_POLICIES],
        undo: &[iam::GET_USER, iam::GET_USER_POLICY, iam::DELETE_USER_POLICY],
    };
}

impl Card for RevokeUserSessions {
    fn describe(&self) -> String {
        let Self { user } = self;
        format!("revoke sessions of user {user} issued until now")
    }

    fn appeared(&self, _again: Appeared) -> String {
        let Self { user } = self;
        format!("the denial of user {user}'s older sessions was lifted")
    }

    fn undo_words(&self) -> UndoWords {
        let Self { user } = self;
        UndoWords::denial(format!("the denial of user {user}'s sessions from before"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.user.as_str()]
    }

    fn denies(&self) -> Denial {
        Denial::SessionsFromBefore
    }

    fn ends(&self) -> Option<Ended<'_>> {
        None
    }

    fn contains_identity(&self) -> bool {
        false
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
        &[Residue::AssumedSessions]
    }

    fn spares(&self) -> &'static [Residue] {
        &[Residue::KeySessions]
    }

    fn by_hand(&self, _partition: &str) -> Option<Command> {
        // The IAM console has a button for it (Revoke sessions), and no single command does it.
        None
    }

    fn check(&self) -> Option<Command> {
        Some(Command::aws("iam", "get-user-policy").user(&self.user).option("policy-name", REVOKE_SESSIONS_POLICY))
    }
}
