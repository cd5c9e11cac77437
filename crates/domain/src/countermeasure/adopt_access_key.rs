use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::rotation::SECRET_TAG;
use crate::words::right::{iam, lambda, secretsmanager, Only};
use crate::words::ids::{AccessKeyId, IamName};

/// Put a user's access key under management: a secret is made for it and rotated at once
/// (`secretsmanager:CreateSecret`, `secretsmanager:RotateSecret`, `iam:TagUser`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AdoptAccessKey {
    /// Whose key.
    pub user: IamName,
    /// The key that the secret's first one replaces, once its consumers have moved.
    pub access_key: AccessKeyId,
    /// The name of the secret.
    pub secret: String,
}

impl AdoptAccessKey {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "A secret is made for a user's access key, and rotated at once: its first value is a new key, and the old one works on.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "user", is: "text", words: "The user." },
        Field { name: "accessKey", is: "access key id", words: "The key that is to be replaced." },
        Field { name: "secret", is: "text", words: "The name of the secret that is made." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"user": "deployer",
        "accessKey": "AKIAIOSFODNN7EXAMPLE",
        "secret": "severance/deployer"}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[secretsmanager::CREATE_SECRET.only(Only::NewManagedSecrets), secretsmanager::TAG_RESOURCE.only(Only::NewManagedSecrets), secretsmanager::DESCRIBE_SECRET, secretsmanager::ROTATE_SECRET, lambda::INVOKE_OWN_ROTATION, iam::TAG_USER.only(Only::ThisTag(SECRET_TAG))],
        confirm: &[secretsmanager::DESCRIBE_SECRET],
        undo: &[],
    };
}

impl Card for AdoptAccessKey {
    fn describe(&self) -> String {
        let Self { user, access_key, secret } = self;
        format!("put access key {access_key} of user {user} under management, in secret {secret}")
    }

    fn appeared(&self, _again: Appeared) -> String {
        format!("needed once more: {}", self.describe())
    }

    fn undo_words(&self) -> UndoWords {
        let Self { user, secret, .. } = self;
        UndoWords::denial(format!("secret {secret} with the new key of user {user}"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.user.as_str(), self.access_key.as_str(), self.secret.as_str()]
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
        true
    }

    fn undoing(&self) -> Undoing {
        Undoing::Never(
            "the new key is in use by whoever reads the secret: the old one is given back by restoring its own case",
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
        Some(Command::aws("iam", "list-access-keys").user(&self.user))
    }
}
