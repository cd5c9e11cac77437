use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::right::rolesanywhere;
use crate::words::ids::Arn;

/// Take a role out of a profile of IAM Roles Anywhere (`rolesanywhere:UpdateProfile`), or disable a profile that has no
/// other (`rolesanywhere:DisableProfile`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaveRolesAnywhere {
    /// Which role.
    pub role: Arn,
    /// Which profile.
    pub profile: Arn,
}

impl LeaveRolesAnywhere {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "A role is taken out of a profile of IAM Roles Anywhere, or a profile that has no other role is disabled.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "role", is: "ARN", words: "The role." },
        Field { name: "profile", is: "ARN", words: "The profile." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"role": "arn:aws:iam::111122223333:role/deployer",
        "profile": "arn:aws:rolesanywhere:eu-west-1:111122223333:profile/11111111-2222"}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[rolesanywhere::GET_PROFILE, rolesanywhere::UPDATE_PROFILE, rolesanywhere::DISABLE_PROFILE],
        confirm: &[rolesanywhere::GET_PROFILE],
        undo: &[rolesanywhere::GET_PROFILE, rolesanywhere::UPDATE_PROFILE, rolesanywhere::ENABLE_PROFILE],
    };
}

impl Card for LeaveRolesAnywhere {
    fn describe(&self) -> String {
        let Self { role, profile } = self;
        format!("take {role} out of the Roles Anywhere profile {profile}")
    }

    fn appeared(&self, again: Appeared) -> String {
        let Self { role, profile } = self;
        format!("{role} is in the Roles Anywhere profile {profile} {}", again.now())
    }

    fn undo_words(&self) -> UndoWords {
        let Self { role, profile } = self;
        UndoWords::access(format!("{role} in the Roles Anywhere profile {profile}"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.role.as_str(), self.profile.as_str()]
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
        Undoing::Undone
    }

    fn leaves(&self) -> &'static [Residue] {
        &[]
    }

    fn spares(&self) -> &'static [Residue] {
        &[]
    }

    fn by_hand(&self, _partition: &str) -> Option<Command> {
        Some(Command::aws("rolesanywhere", "disable-profile").quoted("profile-id", self.profile.name_of("profile").unwrap_or_default()).region_of(&self.profile))
    }

    fn check(&self) -> Option<Command> {
        Some(Command::aws("rolesanywhere", "get-profile").quoted("profile-id", self.profile.name_of("profile").unwrap_or_default()).region_of(&self.profile))
    }
}
