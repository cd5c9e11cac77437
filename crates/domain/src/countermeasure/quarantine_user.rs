use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing, deny_all};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::ids::IamName;
use crate::words::right::{iam, Only};
use crate::words::marks::{QUARANTINE_POLICY, QUARANTINE_TAG};

/// Deny a user everything by an inline policy (`iam:PutUserPolicy`): its password, keys and sessions stay but are
/// worth nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuarantineUser {
    /// Which user.
    pub user: IamName,
}

impl QuarantineUser {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "A user is denied everything by an inline policy, so that keys, password and sessions are worth nothing.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "user", is: "text", words: "The user." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"user": "deployer"}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[iam::PUT_USER_POLICY, iam::TAG_USER.only(Only::ThisTag(QUARANTINE_TAG))],
        confirm: &[iam::GET_USER_POLICY, iam::GET_USER],
        undo: &[iam::GET_USER, iam::GET_USER_POLICY, iam::DELETE_USER_POLICY, iam::PUT_USER_POLICY, iam::UNTAG_USER.only(Only::ThisTag(QUARANTINE_TAG))],
    };
}

impl Card for QuarantineUser {
    fn describe(&self) -> String {
        let Self { user } = self;
        format!("quarantine user {user} with a deny-all policy")
    }

    fn appeared(&self, _again: Appeared) -> String {
        let Self { user } = self;
        format!("the deny-all policy of user {user} was lifted")
    }

    fn undo_words(&self) -> UndoWords {
        let Self { user } = self;
        UndoWords::denial(format!("the deny-all policy of user {user}"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.user.as_str()]
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
        &[Residue::UserChains, Residue::AssumedSessions, Residue::IdentityTokens]
    }

    fn spares(&self) -> &'static [Residue] {
        &[Residue::KeySessions]
    }

    fn by_hand(&self, partition: &str) -> Option<Command> {
        Some(Command::aws("iam", "attach-user-policy").user(&self.user).quoted("policy-arn", &deny_all(partition)))
    }

    fn check(&self) -> Option<Command> {
        Some(Command::aws("iam", "get-user-policy").user(&self.user).option("policy-name", QUARANTINE_POLICY))
    }
}
