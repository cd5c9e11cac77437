use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::right::iam;
use crate::words::ids::{AccessKeyId, IamName};

/// Set an access key to Inactive (`iam:UpdateAccessKey`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeactivateAccessKey {
    /// Whose key.
    pub user: IamName,
    /// Which key.
    pub access_key: AccessKeyId,
}

impl DeactivateAccessKey {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "One access key is set to Inactive.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "user", is: "text", words: "The user." },
        Field { name: "accessKey", is: "access key id", words: "The key." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"user": "deployer", "accessKey": "AKIAIOSFODNN7EXAMPLE"}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[iam::UPDATE_ACCESS_KEY],
        confirm: &[iam::LIST_ACCESS_KEYS, iam::GET_ACCESS_KEY_LAST_USED, iam::GET_USER],
        undo: &[iam::LIST_ACCESS_KEYS, iam::UPDATE_ACCESS_KEY],
    };
}

impl Card for DeactivateAccessKey {
    fn describe(&self) -> String {
        let Self { user, access_key } = self;
        format!("deactivate access key {access_key} of user {user}")
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
        Some(Ended::AccessKey { user: &self.user, id: &self.access_key })
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
        Undoing::UnlessExposed
    }

    fn leaves(&self) -> &'static [Residue] {
        &[Residue::KeySessions]
    }

    fn spares(&self) -> &'static [Residue] {
        &[]
    }

    fn by_hand(&self, _partition: &str) -> Option<Command> {
        Some(Command::aws("iam", "update-access-key").user(&self.user).option("access-key-id", &self.access_key).option("status", "Inactive"))
    }

    fn check(&self) -> Option<Command> {
        Some(Command::aws("iam", "list-access-keys").user(&self.user))
    }
}
