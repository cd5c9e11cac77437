use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing, DENY_ALL, deny_all};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::ids::{Arn, IamName};
use crate::words::right::{Only, iam};
use crate::words::marks::{QUARANTINE_POLICY, QUARANTINE_TAG};

/// Deny a user everything by an inline policy (`iam:PutUserPolicy`): its password, keys and sessions stay but are
/// worth nothing. Where IAM takes no
/// such policy, as when the quota for inline ones is used up, AWS's `AWSDenyAll` is attached (`iam:AttachUserPolicy`), and
/// where that is refused, too, it becomes the permissions boundary (`iam:PutUserPermissionsBoundary`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuarantineUser {
    /// Which user.
    pub user: IamName,
    /// The permissions boundary that it had when this was planned, which comes back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub earlier: Option<Arn>,
    /// Whether it is denied everything in each of these ways, because somebody lifted a denial before.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub every_way: bool,
}

impl QuarantineUser {
    /// The denial of a user that has this permissions boundary.
    pub fn of(user: IamName, boundary: Option<&Arn>) -> Self {
        Self { user, earlier: boundary.cloned(), every_way: false }
    }

    /// What it does, for readers.
    pub(super) const WORDS: &'static str = "A user is denied everything by an inline policy, so that keys, password and sessions are worth nothing; where IAM takes no such policy, by AWS's AWSDenyAll, attached or as the permissions boundary.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "user", is: "text", words: "The user." },
        Field { name: "earlier", is: "ARN, optional", words: "The permissions boundary that it had, if it had one." },
        Field { name: "everyWay", is: "boolean, optional", words: "Whether the denial was written in each way there is, because somebody had lifted it." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"user": "deployer",
        "earlier": "arn:aws:iam::111122223333:policy/developers", "everyWay": true}"#;

    /// What IAM must allow for it. What is attached, detached, set as the boundary and removed is AWS's denial and nothing else;
    /// the boundary that comes back is a policy of the account's own.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[
            iam::PUT_USER_POLICY,
            iam::GET_USER,
            iam::LIST_ATTACHED_USER_POLICIES,
            iam::ATTACH_USER_POLICY.only(Only::Attaching(DENY_ALL)),
            iam::PUT_USER_PERMISSIONS_BOUNDARY.only(Only::Boundary(DENY_ALL)),
            iam::TAG_USER.only(Only::ThisTag(QUARANTINE_TAG)),
        ],
        confirm: &[iam::GET_USER_POLICY, iam::GET_USER, iam::LIST_ATTACHED_USER_POLICIES],
        undo: &[
            iam::GET_USER,
            iam::GET_USER_POLICY,
            iam::LIST_ATTACHED_USER_POLICIES,
            iam::DELETE_USER_POLICY,
            iam::PUT_USER_POLICY,
            iam::DETACH_USER_POLICY.only(Only::Attaching(DENY_ALL)),
            iam::PUT_USER_PERMISSIONS_BOUNDARY.only(Only::OwnBoundary),
            iam::DELETE_USER_PERMISSIONS_BOUNDARY.only(Only::Boundary(DENY_ALL)),
            iam::UNTAG_USER.only(Only::ThisTag(QUARANTINE_TAG)),
        ],
    };
}

impl Card for QuarantineUser {
    fn describe(&self) -> String {
        let Self { user, .. } = self;
        format!("quarantine user {user} with a deny-all policy")
    }

    fn appeared(&self, _again: Appeared) -> String {
        let Self { user, .. } = self;
        format!("the deny-all policy of user {user} was lifted")
    }

    fn undo_words(&self) -> UndoWords {
        let Self { user, .. } = self;
        UndoWords::denial(format!("the deny-all policy of user {user}"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.user.as_str()]
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
        &[Residue::UserChains, Residue::AssumedSessions, Residue::IdentityTokens]
    }

    fn spares(&self) -> &'static [Residue] {
        &[Residue::KeySessions]
    }

    fn by_hand(&self, partition: &str) -> Option<Command> {
        Some(Command::aws("iam", "attach-user-policy").user(&self.user).quoted("policy-arn", &deny_all(partition)))
    }

    fn check(&self) -> Option<Command> {
        Some(Command::aws("iam", "get-user-policy").user(&self.user).option("policy-name", QUARANTINE_POLICY))
    }
}
