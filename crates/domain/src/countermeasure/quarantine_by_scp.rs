use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::right::organizations;
use crate::words::ids::{AccountId, Arn, UniqueId};

/// Deny an identity everything by a service control policy on its account (`organizations:CreatePolicy`,
/// `organizations:UpdatePolicy`, `organizations:AttachPolicy`): nobody in the account can lift it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuarantineByScp {
    /// Whom: a user, a role, or a user of IAM Identity Center.
    pub principal: Arn,
    /// The account that the policy is attached to.
    pub account: AccountId,
    /// The principal's immutable id, which no renaming changes; none where it is not known, or has none that AWS compares.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unique_id: Option<UniqueId>,
}

impl QuarantineByScp {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "An identity is denied everything by a service control policy on its account.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "principal", is: "ARN", words: "The identity." },
        Field { name: "account", is: "account id", words: "The account." },
        Field { name: "uniqueId", is: "text, optional", words: "The identity's immutable id, by which it is denied whatever it is called." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"principal": "arn:aws:iam::111122223333:user/deployer",
        "account": "111122223333", "uniqueId": "AIDACKCEVSQ6C2EXAMPLE"}"#;

    /// What IAM must allow for it.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[organizations::LIST_POLICIES, organizations::DESCRIBE_POLICY, organizations::CREATE_POLICY, organizations::TAG_RESOURCE, organizations::UPDATE_POLICY, organizations::ATTACH_POLICY],
        confirm: &[organizations::LIST_POLICIES_FOR_TARGET, organizations::DESCRIBE_POLICY],
        undo: &[organizations::LIST_POLICIES, organizations::DESCRIBE_POLICY, organizations::LIST_POLICIES_FOR_TARGET, organizations::UPDATE_POLICY, organizations::DETACH_POLICY, organizations::DELETE_POLICY],
    };
}

impl Card for QuarantineByScp {
    fn describe(&self) -> String {
        let Self { principal, account, .. } = self;
        format!("deny {principal} everything by a service control policy on account {account}")
    }

    fn appeared(&self, _again: Appeared) -> String {
        let Self { principal, account, .. } = self;
        format!("the service control policy against {principal} on account {account} was lifted")
    }

    fn undo_words(&self) -> UndoWords {
        let Self { principal, account, .. } = self;
        UndoWords::denial(format!("the service control policy against {principal} on account {account}"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.principal.as_str(), self.account.as_str()]
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
        true
    }

    fn is_irreversible(&self) -> bool {
        false
    }

    fn needs_responder(&self) -> bool {
        true
    }

    fn undoing(&self) -> Undoing {
        Undoing::Undone
    }

    fn leaves(&self) -> &'static [Residue] {
        &[]
    }

    fn spares(&self) -> &'static [Residue] {
        &[Residue::DirectorySessions]
    }

    fn by_hand(&self, _partition: &str) -> Option<Command> {
        // It takes more than one command.
        None
    }

    fn check(&self) -> Option<Command> {
        Some(Command::aws("organizations", "list-policies-for-target").option("target-id", &self.account).option("filter", "SERVICE_CONTROL_POLICY"))
    }
}
