use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::right::iam;
use crate::words::ids::IamName;

/// Let nobody start a session of a role any more, by a denial in its trust policy (`iam:UpdateAssumeRolePolicy`). AWS services that
/// it names go on: of such a policy stays what it says of them. What was there is remembered in the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CloseRoleTrust {
    /// Which role.
    pub role: IamName,
    /// When a contained identity itself was last found to have written the trust policy: then nobody knows who should be let in
    /// again. None where it was not found to have.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub written_at: Option<Timestamp>,
}

impl CloseRoleTrust {
    /// Of a role of which nothing more is known.
    pub fn of(role: IamName) -> Self {
        Self { role, written_at: None }
    }
}

impl CloseRoleTrust {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "Nobody but the AWS services that its trust policy names can start a session of a role any more; what it said can be put back.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "role", is: "text", words: "The role." },
        Field { name: "writtenAt", is: "time", words: "When a contained identity wrote the trust policy itself; none where that was not found." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"role": "deployer", "writtenAt": "2026-03-01T12:00:00Z"}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[iam::GET_ROLE, iam::UPDATE_ASSUME_ROLE_POLICY],
        confirm: &[iam::GET_ROLE],
        undo: &[iam::GET_ROLE, iam::UPDATE_ASSUME_ROLE_POLICY],
    };
}

impl Card for CloseRoleTrust {
    fn describe(&self) -> String {
        let Self { role, .. } = self;
        format!("let nobody assume role {role}")
    }

    fn appeared(&self, _again: Appeared) -> String {
        let Self { role, .. } = self;
        format!("the trust policy of role {role} was opened again")
    }

    fn undo_words(&self) -> UndoWords {
        let Self { role, .. } = self;
        UndoWords::denial(format!("the denial in the trust policy of role {role}"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.role.as_str()]
    }

    fn denies(&self) -> Denial {
        Denial::NewSessions
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
        match self.written_at {
            None => Undoing::Undone,
            Some(_) => Undoing::Never(
                "a contained identity wrote the trust policy itself: write the one that is meant to be there, by hand",
            ),
        }
    }

    fn leaves(&self) -> &'static [Residue] {
        &[]
    }

    fn spares(&self) -> &'static [Residue] {
        &[Residue::LaterSessions]
    }

    fn by_hand(&self, _partition: &str) -> Option<Command> {
        // It takes more than one command.
        None
    }

    fn check(&self) -> Option<Command> {
        Some(Command::aws("iam", "get-role").role(&self.role))
    }
}
