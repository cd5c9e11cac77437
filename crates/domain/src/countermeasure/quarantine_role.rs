use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing, DENY_ALL, deny_all};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::ids::{Arn, IamName};
use crate::words::right::{Only, iam};
use crate::words::marks::QUARANTINE_POLICY;

/// Deny a role everything by an inline policy (`iam:PutRolePolicy`), whoever assumes it and when. Where IAM takes no
/// such policy, as when the quota for inline ones is used up, AWS's `AWSDenyAll` is attached (`iam:AttachRolePolicy`), and
/// where that is refused, too, it becomes the permissions boundary (`iam:PutRolePermissionsBoundary`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuarantineRole {
    /// Which role.
    pub role: IamName,
    /// The permissions boundary that it had when this was planned, which comes back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub earlier: Option<Arn>,
    /// Whether it is denied everything in each of these ways, because somebody lifted a denial before.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub every_way: bool,
}

impl QuarantineRole {
    /// The denial of a role that has this permissions boundary.
    pub fn of(role: IamName, boundary: Option<&Arn>) -> Self {
        Self { role, earlier: boundary.cloned(), every_way: false }
    }

    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "A role is denied everything by an inline policy, whoever assumes it; where IAM takes no such policy, by AWS's AWSDenyAll, attached or as the permissions boundary.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "role", is: "text", words: "The role." },
        Field { name: "earlier", is: "ARN, optional", words: "The permissions boundary that it had, if it had one." },
        Field { name: "everyWay", is: "boolean, optional", words: "Whether the denial was written in each way there is, because somebody had lifted it." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"role": "deployer",
        "earlier": "arn:aws:iam::111122223333:policy/developers", "everyWay": true}"#;

    /// What IAM must allow for it. What is attached, detached, set as the boundary and removed is AWS's denial and nothing else;
    /// the boundary that comes back is a policy of the account's own.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[
            iam::PUT_ROLE_POLICY,
            iam::GET_ROLE,
            iam::LIST_ATTACHED_ROLE_POLICIES,
            iam::ATTACH_ROLE_POLICY.only(Only::Attaching(DENY_ALL)),
            iam::PUT_ROLE_PERMISSIONS_BOUNDARY.only(Only::Boundary(DENY_ALL)),
        ],
        confirm: &[iam::GET_ROLE_POLICY, iam::GET_ROLE, iam::LIST_ATTACHED_ROLE_POLICIES],
        undo: &[
            iam::GET_ROLE,
            iam::GET_ROLE_POLICY,
            iam::LIST_ATTACHED_ROLE_POLICIES,
            iam::DELETE_ROLE_POLICY,
            iam::PUT_ROLE_POLICY,
            iam::DETACH_ROLE_POLICY.only(Only::Attaching(DENY_ALL)),
            iam::PUT_ROLE_PERMISSIONS_BOUNDARY.only(Only::OwnBoundary),
            iam::DELETE_ROLE_PERMISSIONS_BOUNDARY.only(Only::Boundary(DENY_ALL)),
        ],
    };
}

impl Card for QuarantineRole {
    fn describe(&self) -> String {
        let Self { role, .. } = self;
        format!("quarantine role {role} with a deny-all policy")
    }

    fn appeared(&self, _again: Appeared) -> String {
        let Self { role, .. } = self;
        format!("the deny-all policy of role {role} was lifted")
    }

    fn undo_words(&self) -> UndoWords {
        let Self { role, .. } = self;
        UndoWords::denial(format!("the deny-all policy of role {role}"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.role.as_str()]
    }

    fn denies(&self) -> Denial {
        Denial::Everything
    }

    fn ends(&self) -> Option<Ended<'_>> {
        None
    }

    fn contains_identity(&self) -> bool {
        true
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn is_irreversible(&self) -> bool {
        false
    }

    fn needs_responder(&self) -> bool {
        false
    }

    fn undoing(&self) -> Undoing {
        Undoing::LiftedKeepingSessionsDenied
    }

    fn leaves(&self) -> &'static [Residue] {
        &[Residue::IdentityTokens, Residue::ChainedSessions]
    }

    fn spares(&self) -> &'static [Residue] {
        &[Residue::LaterSessions]
    }

    fn by_hand(&self, partition: &str) -> Option<Command> {
        Some(Command::aws("iam", "attach-role-policy").role(&self.role).quoted("policy-arn", &deny_all(partition)))
    }

    fn check(&self) -> Option<Command> {
        Some(Command::aws("iam", "get-role-policy").role(&self.role).option("policy-name", QUARANTINE_POLICY))
    }
}
