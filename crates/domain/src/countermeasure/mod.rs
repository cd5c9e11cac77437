//! The countermeasures: each has a card, a file that says all there is to say of it.
//!
//! INVARIANT: what a card is written in (`card.rs`, `residue.rs`) is below the cards, and this list of them above: no card knows
//! of another one, nor of the list.

macro_rules! countermeasures {
    ($($module:ident :: $name:ident),* $(,)?) => {
        $(mod $module; pub use $module::$name;)*

        /// One reversible-first step against one credential or identity.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "type", rename_all = "snake_case")]
        pub enum Countermeasure {
            $(#[doc = concat!("See [`", stringify!($name), "`].")] $name($name),)*
            /// Nothing here fits: a person decides.
            HoldForReview,
        }

        /// A kind of countermeasure that changes something.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $(#[doc = concat!("See [`", stringify!($name), "`].")] $name,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$name),*];

            const COUNT: usize = [$(stringify!($module)),*].len();

            /// The name as written in logs and evidence.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($module),)*
                }
            }

            /// What IAM must allow for it.
            pub fn rights(self) -> Rights {
                match self {
                    $(Self::$name => $name::RIGHTS,)*
                }
            }

            /// What it does, for readers.
            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$name => $name::WORDS,)*
                }
            }

            /// What is recorded of it.
            pub fn fields(self) -> &'static [Field] {
                match self {
                    $(Self::$name => $name::FIELDS,)*
                }
            }

            fn sample(self) -> &'static str {
                match self {
                    $(Self::$name => $name::SAMPLE,)*
                }
            }
        }

        impl Countermeasure {
            /// The names of all that change something.
            pub const NAMES: [&'static str; Kind::COUNT] = [$(stringify!($module)),*];

            /// Its kind; none where nothing is changed.
            pub fn kind(&self) -> Option<Kind> {
                match self {
                    $(Self::$name(_) => Some(Kind::$name),)*
                    Self::HoldForReview => None,
                }
            }

            /// The name as written in logs and evidence.
            pub fn as_str(&self) -> &'static str {
                self.kind().map_or("hold_for_review", Kind::as_str)
            }

            /// All there is to say of it.
            pub fn card(&self) -> &dyn Card {
                match self {
                    $(Self::$name(card) => card,)*
                    Self::HoldForReview => &HoldForReview,
                }
            }
        }
    };
}

use serde::{Deserialize, Serialize};

mod card;
mod hold_for_review;
mod residue;

pub use crate::words::ended::Ended;
use crate::words::ids::{Arn, IamName};
use crate::words::subject::Subject;
pub use card::{Appeared, Card, Denial, Field, Rights, UndoWords, Undoing, deny_all};
pub use hold_for_review::HOLD_FOR_REVIEW;
use hold_for_review::HoldForReview;
pub use residue::{Counts, Residue};

countermeasures! {
    deactivate_access_key::DeactivateAccessKey,
    quarantine_user::QuarantineUser,
    remove_console_password::RemoveConsolePassword,
    deactivate_ssh_public_key::DeactivateSshPublicKey,
    deactivate_signing_certificate::DeactivateSigningCertificate,
    deactivate_service_credential::DeactivateServiceCredential,
    revoke_user_sessions::RevokeUserSessions,
    revoke_role_sessions::RevokeRoleSessions,
    quarantine_role::QuarantineRole,
    close_role_trust::CloseRoleTrust,
    leave_roles_anywhere::LeaveRolesAnywhere,
    remove_account_assignment::RemoveAccountAssignment,
    remove_group_membership::RemoveGroupMembership,
    neutralize_policy::NeutralizePolicy,
    quarantine_by_scp::QuarantineByScp,
    put_boundary_denial::PutBoundaryDenial,
    delete_access_key::DeleteAccessKey,
    adopt_access_key::AdoptAccessKey,
    rotate_secret::RotateSecret,
}

impl Countermeasure {
    /// In a reader's words.
    pub fn describe(&self) -> String {
        self.card().describe()
    }

    /// What it had ended and lives again, in a reader's words.
    pub fn reappeared(&self) -> String {
        self.card().appeared(Appeared::Again)
    }

    /// Names a user as AWS knows it by now, where the step is about this one. A user can be renamed and moved, and nothing else can.
    pub fn rename_user(&mut self, before: &Subject, name: &IamName, arn: &Arn) {
        match self {
            Self::DeactivateAccessKey(DeactivateAccessKey { user, .. })
            | Self::QuarantineUser(QuarantineUser { user, .. })
            | Self::RemoveConsolePassword(RemoveConsolePassword { user })
            | Self::DeactivateSshPublicKey(DeactivateSshPublicKey { user, .. })
            | Self::DeactivateSigningCertificate(DeactivateSigningCertificate { user, .. })
            | Self::DeactivateServiceCredential(DeactivateServiceCredential { user, .. })
            | Self::RevokeUserSessions(RevokeUserSessions { user })
            | Self::DeleteAccessKey(DeleteAccessKey { user, .. })
            | Self::AdoptAccessKey(AdoptAccessKey { user, .. })
                if user.as_str() == before.name =>
            {
                *user = name.clone();
            }
            Self::PutBoundaryDenial(PutBoundaryDenial { principal, .. }) if before.arn.as_ref() == Some(principal) => {
                *principal = arn.clone();
            }
            _ => {}
        }
    }

    /// One of each that changes something. For tests and examples.
    ///
    /// # Errors
    /// Where a card's sample is none.
    pub fn samples() -> Result<Vec<Self>, serde_json::Error> {
        let sample = |kind: Kind| {
            let mut sample: serde_json::Map<String, serde_json::Value> = serde_json::from_str(kind.sample())?;
            sample.insert("type".to_owned(), kind.as_str().into());
            serde_json::from_value(sample.into())
        };
        Kind::ALL.into_iter().map(sample).collect()
    }

    /// Whether the other one is the same step against the same thing, whenever it was planned.
    pub fn is_same_target(&self, other: &Self) -> bool {
        self.as_str() == other.as_str() && self.card().target() == other.card().target()
    }

    /// Whether it is for the responder alone to take, on a person's word.
    pub fn needs_responder(&self) -> bool {
        self.card().needs_responder()
    }

    /// Whether nothing can undo it.
    pub fn is_irreversible(&self) -> bool {
        self.card().is_irreversible()
    }

    /// Whether it holds an identity down as a whole, and is found missing only by reading it back.
    pub fn is_denial(&self) -> bool {
        self.card().denies() != Denial::Nothing
    }

    /// Whether it denies an identity everything, which makes whatever else it holds worthless.
    pub fn is_full_denial(&self) -> bool {
        self.card().denies() == Denial::Everything
    }

    /// The long-term credential that it ends, if it ends one.
    pub fn ends(&self) -> Option<Ended<'_>> {
        self.card().ends()
    }
}
