use serde::{Deserialize, Serialize};

use super::card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing, DENY_ALL, deny_all};
use super::residue::Residue;
use crate::words::command::Command;
use crate::words::ended::Ended;
use crate::words::ids::{Arn, IamName};
use crate::words::right::{Only, iam};

/// Deny a user or a role everything by its permissions boundary (`iam:PutUserPermissionsBoundary`,
/// `iam:PutRolePermissionsBoundary`): AWS's own `AWSDenyAll`, whose explicit deny no other policy outweighs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PutBoundaryDenial {
    /// Whom: a user or a role.
    pub principal: Arn,
    /// The boundary that it had when this was planned, which comes back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub earlier: Option<Arn>,
}

impl PutBoundaryDenial {
    /// What it does, for readers.
    pub(super) const WORDS: &'static str =
        "A user or a role is denied everything by its permissions boundary; the one that it had comes back.";

    /// What is recorded of it.
    pub(super) const FIELDS: &'static [Field] = &[
        Field { name: "principal", is: "ARN", words: "The identity." },
        Field { name: "earlier", is: "ARN, optional", words: "The boundary that it had, if it had one." },
    ];

    /// One of them, as it is stored.
    pub(super) const SAMPLE: &'static str = r#"{"principal": "arn:aws:iam::111122223333:user/deployer",
        "earlier": "arn:aws:iam::111122223333:policy/developers"}"#;

    /// What IAM must allow for it. What is put there and taken away is AWS's denial and nothing else. What comes back is a policy of
    /// the account's own: IAM knows no condition on the boundary that is replaced, and with any other of AWS's policies
    /// (`AdministratorAccess`) somebody's bounds could be widened.
    pub(super) const RIGHTS: Rights = Rights {
        apply: &[
            iam::GET_USER,
            iam::GET_ROLE,
            iam::PUT_USER_PERMISSIONS_BOUNDARY.only(DENIAL),
            iam::PUT_ROLE_PERMISSIONS_BOUNDARY.only(DENIAL),
        ],
        confirm: &[iam::GET_USER, iam::GET_ROLE],
        undo: &[
            iam::GET_USER,
            iam::GET_ROLE,
            iam::PUT_USER_PERMISSIONS_BOUNDARY.only(Only::OwnBoundary),
            iam::PUT_ROLE_PERMISSIONS_BOUNDARY.only(Only::OwnBoundary),
            iam::DELETE_USER_PERMISSIONS_BOUNDARY.only(DENIAL),
            iam::DELETE_ROLE_PERMISSIONS_BOUNDARY.only(DENIAL),
        ],
    };

    fn user(&self) -> Option<IamName> {
        IamName::try_from(self.principal.name_of("user")?).ok()
    }

    fn role(&self) -> Option<IamName> {
        IamName::try_from(self.principal.name_of("role")?).ok()
    }

    /// A command about the user or the role.
    fn about(&self, of_user: &'static str, of_role: &'static str) -> Option<Command> {
        let user = self.user().map(|user| Command::aws("iam", of_user).user(&user));
        user.or_else(|| Some(Command::aws("iam", of_role).role(&self.role()?)))
    }
}

const DENIAL: Only = Only::Boundary(DENY_ALL);

impl Card for PutBoundaryDenial {
    fn describe(&self) -> String {
        let Self { principal, .. } = self;
        format!("deny {principal} everything by its permissions boundary")
    }

    fn appeared(&self, _again: Appeared) -> String {
        let Self { principal, .. } = self;
        format!("the permissions boundary that denies {principal} everything was lifted")
    }

    fn undo_words(&self) -> UndoWords {
        let Self { principal, .. } = self;
        UndoWords::denial(format!("the permissions boundary that denies {principal} everything"))
    }

    fn target(&self) -> Vec<&str> {
        vec![self.principal.as_str()]
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
        true
    }

    fn undoing(&self) -> Undoing {
        Undoing::StaysInDanger("it alone holds down the sessions from before; lift it by hand once they have ended")
    }

    fn leaves(&self) -> &'static [Residue] {
        &[Residue::UserChains, Residue::AssumedSessions, Residue::IdentityTokens]
    }

    fn spares(&self) -> &'static [Residue] {
        &[Residue::KeySessions]
    }

    fn by_hand(&self, partition: &str) -> Option<Command> {
        let command = self.about("put-user-permissions-boundary", "put-role-permissions-boundary")?;
        Some(command.quoted("permissions-boundary", &deny_all(partition)))
    }

    fn check(&self) -> Option<Command> {
        self.about("get-user", "get-role")
    }
}
