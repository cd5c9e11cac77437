use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::right::iam;
use crate::words::ids::{CredentialId, IamName};

/// Set an SSH public key to Inactive (`iam:UpdateSSHPublicKey`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeactivateSshPublicKey {
    /// Whose key.
    pub user: IamName,
    /// Which key.
    pub key: CredentialId,
}

impl DeactivateSshPublicKey {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "One SSH public key is set to Inactive.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "user", is: "text", words: "The user." },
        Field { name: "key", is: "credential id", words: "The key." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"user": "deployer", "key": "APKAEXAMPLE"}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[iam::UPDATE_SSH_PUBLIC_KEY],
        confirm: &[iam::LIST_SSH_PUBLIC_KEYS, iam::GET_USER],
        undo: &[iam::LIST_SSH_PUBLIC_KEYS, iam::UPDATE_SSH_PUBLIC_KEY],
    };
}

impl Card for DeactivateSshPublicKey {
    fn describe(&self) -> String {
        let Self { user, key } = self;
        format!("deactivate SSH public key {key} of user {user}")
    }

    fn appeared(&self, again: Appeared) -> String {
        let Self { key, .. } = self;
        format!("SSH public key {key} {}", again.came())
    }

    fn undo_words(&self) -> UndoWords {
        let Self { user, key } = self;
        UndoWords::access(format!("SSH public key {key} of user {user}"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.user.as_str(), self.key.as_str()]
    }

    fn denies(&self) -> Denial {
        Denial::Nothing
    }

    fn ends(&self) -> Option<Ended<'_>> {
        Some(Ended::SshPublicKey { user: &self.user, id: &self.key })
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
        &[]
    }

    fn spares(&self) -> &'static [Residue] {
        &[]
    }

    fn by_hand(&self, _partition: &str) -> Option<Command> {
        Some(Command::aws("iam", "update-ssh-public-key").user(&self.user).option("ssh-public-key-id", &self.key).option("status", "Inactive"))
    }

    fn check(&self) -> Option<Command> {
        Some(Command::aws("iam", "list-ssh-public-keys").user(&self.user))
    }
}
