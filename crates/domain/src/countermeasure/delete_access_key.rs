use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::right::{iam, Only};
use crate::words::ids::{AccessKeyId, IamName};

/// Delete an access key (`iam:DeleteAccessKey`) that was replaced and is inactive. It frees the slot that the next
/// rotation needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteAccessKey {
    /// Whose key.
    pub user: IamName,
    /// Which key.
    pub access_key: AccessKeyId,
}

impl DeleteAccessKey {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "An inactive access key that a rotation has replaced is deleted, for good.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "user", is: "text", words: "The user." },
        Field { name: "accessKey", is: "access key id", words: "The key." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"user": "deployer", "accessKey": "AKIAIOSFODNN7EXAMPLE"}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[iam::LIST_ACCESS_KEYS, iam::DELETE_ACCESS_KEY.only(Only::ManagedUsers)],
        confirm: &[iam::LIST_ACCESS_KEYS, iam::GET_USER],
        undo: &[],
    };
}

impl Card for DeleteAccessKey {
    fn describe(&self) -> String {
        let Self { user, access_key } = self;
        format!("delete access key {access_key} of user {user}, which was replaced")
    }

    fn appeared(&self, again: Appeared) -> String {
        let Self { access_key, .. } = self;
        format!("access key {access_key} {}", again.came())
    }

    fn undo_words(&self) -> UndoWords {
        let Self { user, access_key } = self;
        UndoWords::access(format!("access key {access_key} of user {user}"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.user.as_str(), self.access_key.as_str()]
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
        true
    }

    fn needs_responder(&self) -> bool {
        true
    }

    fn undoing(&self) -> Undoing {
        Undoing::Never("a deleted key is gone; what replaced it works")
    }

    fn leaves(&self) -> &'static [Residue] {
        &[]
    }

    fn spares(&self) -> &'static [Residue] {
        &[]
    }

    fn by_hand(&self, _partition: &str) -> Option<Command> {
        Some(Command::aws("iam", "delete-access-key").user(&self.user).option("access-key-id", &self.access_key))
    }

    fn check(&self) -> Option<Command> {
        Some(Command::aws("iam", "list-access-keys").user(&self.user))
    }
}
