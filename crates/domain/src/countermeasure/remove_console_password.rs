use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::right::iam;
use crate::words::ids::IamName;

/// Delete a console password (`iam:DeleteLoginProfile`). It has no inactive state, so only a new one can follow it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoveConsolePassword {
    /// Whose.
    pub user: IamName,
}

impl RemoveConsolePassword {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "A user's console password is deleted, as it has no inactive state; only a new one can follow it.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "user", is: "text", words: "The user." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"user": "deployer"}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[iam::DELETE_LOGIN_PROFILE],
        confirm: &[iam::GET_LOGIN_PROFILE, iam::GET_USER],
        undo: &[],
    };
}

impl Card for RemoveConsolePassword {
    fn describe(&self) -> String {
        let Self { user } = self;
        format!("remove the console password of user {user}")
    }

    fn appeared(&self, again: Appeared) -> String {
        let Self { user } = self;
        format!("a console password of user {user} {}", again.came())
    }

    fn undo_words(&self) -> UndoWords {
        let Self { user } = self;
        UndoWords::access(format!("the console password of user {user}"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.user.as_str()]
    }

    fn denies(&self) -> Denial {
        Denial::Nothing
    }

    fn ends(&self) -> Option<Ended<'_>> {
        Some(Ended::Password { user: &self.user })
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
        false
    }

    fn undoing(&self) -> Undoing {
        Undoing::Never("nobody has a copy of a password: set a new one by aws iam create-login-profile")
    }

    fn leaves(&self) -> &'static [Residue] {
        &[]
    }

    fn spares(&self) -> &'static [Residue] {
        &[]
    }

    fn by_hand(&self, _partition: &str) -> Option<Command> {
        Some(Command::aws("iam", "delete-login-profile").user(&self.user))
    }

    fn check(&self) -> Option<Command> {
        Some(Command::aws("iam", "get-login-profile").user(&self.user))
    }
}
