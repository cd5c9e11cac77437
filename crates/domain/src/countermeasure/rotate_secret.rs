use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::right::{lambda, secretsmanager};
use crate::words::ids::Arn;

/// Start the rotation that a secret has configured (`secretsmanager:RotateSecret`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RotateSecret {
    /// Which secret.
    pub secret: Arn,
}

impl RotateSecret {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "The rotation that a secret has configured is started; of a user, the one that holds its key.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "secret", is: "ARN", words: "The secret." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"secret": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:deployer-AbCdEf"}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[secretsmanager::DESCRIBE_SECRET, secretsmanager::ROTATE_SECRET, lambda::INVOKE_ROTATION, lambda::INVOKE_OWN_ROTATION],
        confirm: &[secretsmanager::DESCRIBE_SECRET],
        undo: &[],
    };
}

impl Card for RotateSecret {
    fn describe(&self) -> String {
        let Self { secret } = self;
        format!("start rotation of secret {secret}")
    }

    fn appeared(&self, _again: Appeared) -> String {
        format!("needed once more: {}", self.describe())
    }

    fn undo_words(&self) -> UndoWords {
        let Self { secret } = self;
        UndoWords::access(format!("the old value of secret {secret}"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.secret.as_str()]
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
        Undoing::Never("a rotation cannot be undone; Secrets Manager keeps the value before it as AWSPREVIOUS")
    }

    fn leaves(&self) -> &'static [Residue] {
        &[Residue::OldValue]
    }

    fn spares(&self) -> &'static [Residue] {
        &[]
    }

    fn by_hand(&self, _partition: &str) -> Option<Command> {
        Some(Command::aws("secretsmanager", "rotate-secret").quoted("secret-id", self.secret.as_str()).region_of(&self.secret))
    }

    fn check(&self) -> Option<Command> {
        Some(Command::aws("secretsmanager", "describe-secret").quoted("secret-id", self.secret.as_str()).region_of(&self.secret))
    }
}
