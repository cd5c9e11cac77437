use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::right::identitystore;
use crate::words::ids::ResourceId;

/// Take a user of IAM Identity Center out of a group (`identitystore:DeleteGroupMembership`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoveGroupMembership {
    /// The user's id in the directory.
    pub user: ResourceId,
    /// The directory.
    pub store: ResourceId,
    /// Out of which group.
    pub group: ResourceId,
    /// The membership's own id.
    pub membership: ResourceId,
}

impl RemoveGroupMembership {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "A directory user is taken out of one group.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "user", is: "text", words: "The id of the directory user." },
        Field { name: "store", is: "text", words: "The directory." },
        Field { name: "group", is: "text", words: "The group." },
        Field { name: "membership", is: "text", words: "The membership." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"user": "deployer",
        "store": "d-1234567890",
        "group": "admins",
        "membership": "m-1"}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[identitystore::DELETE_GROUP_MEMBERSHIP],
        confirm: &[identitystore::LIST_GROUP_MEMBERSHIPS_FOR_MEMBER],
        undo: &[identitystore::CREATE_GROUP_MEMBERSHIP, identitystore::LIST_GROUP_MEMBERSHIPS_FOR_MEMBER],
    };
}

impl Card for RemoveGroupMembership {
    fn describe(&self) -> String {
        let Self { user, group, .. } = self;
        format!("take directory user {user} out of group {group}")
    }

    fn appeared(&self, again: Appeared) -> String {
        let Self { user, group, .. } = self;
        format!("directory user {user} is in group {group} {}", again.now())
    }

    fn undo_words(&self) -> UndoWords {
        let Self { user, group, .. } = self;
        UndoWords::access(format!("directory user {user} in group {group}"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.user.as_str(), self.group.as_str()]
    }

    fn denies(&self) -> Denial {
        Denial::Nothing
    }

    fn ends(&self) -> Option<Ended<'_>> {
        None
    }

    fn contains_identity(&self) -> bool {
        true
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
        &[Residue::DirectorySessions]
    }

    fn spares(&self) -> &'static [Residue] {
        &[]
    }

    fn by_hand(&self, _partition: &str) -> Option<Command> {
        Some(Command::aws("identitystore", "delete-group-membership").option("identity-store-id", &self.store).option("membership-id", &self.membership))
    }

    fn check(&self) -> Option<Command> {
        None
    }
}
