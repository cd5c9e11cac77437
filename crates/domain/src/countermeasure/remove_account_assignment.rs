use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::right::sso;
use crate::words::ids::{AccountId, Arn, ResourceId};

/// Take one account away from a user of IAM Identity Center (`sso:DeleteAccountAssignment`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoveAccountAssignment {
    /// The user's id in the directory.
    pub user: ResourceId,
    /// In which account.
    pub account: AccountId,
    /// With which permission set.
    pub permission_set: Arn,
}

impl RemoveAccountAssignment {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "One account is taken away from a directory user.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "user", is: "text", words: "The id of the directory user." },
        Field { name: "account", is: "account id", words: "The account." },
        Field { name: "permissionSet", is: "ARN", words: "The permission set." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"user": "deployer",
        "account": "111122223333",
        "permissionSet": "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111"}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[sso::LIST_INSTANCES, sso::DELETE_ACCOUNT_ASSIGNMENT],
        confirm: &[sso::LIST_INSTANCES, sso::LIST_ACCOUNT_ASSIGNMENTS_FOR_PRINCIPAL, sso::DESCRIBE_ACCOUNT_ASSIGNMENT_DELETION_STATUS],
        undo: &[sso::LIST_INSTANCES, sso::LIST_ACCOUNT_ASSIGNMENTS_FOR_PRINCIPAL, sso::CREATE_ACCOUNT_ASSIGNMENT, sso::DESCRIBE_ACCOUNT_ASSIGNMENT_CREATION_STATUS],
    };
}

impl Card for RemoveAccountAssignment {
    fn describe(&self) -> String {
        let Self { user, account, permission_set } = self;
        format!("take account {account} with {permission_set} away from directory user {user}")
    }

    fn appeared(&self, again: Appeared) -> String {
        let Self { user, account, permission_set } = self;
        format!("directory user {user} has account {account} with {permission_set} {}", again.now())
    }

    fn undo_words(&self) -> UndoWords {
        let Self { user, account, permission_set } = self;
        UndoWords::access(format!("account {account} with {permission_set} of directory user {user}"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.user.as_str(), self.account.as_str(), self.permission_set.as_str()]
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
        // What lists and removes it wants the Identity Center instance, which no message knows.
        None
    }

    fn check(&self) -> Option<Command> {
        None
    }
}
