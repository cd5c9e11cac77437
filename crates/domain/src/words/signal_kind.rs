//! What a signal claims.

use serde::{Deserialize, Serialize};

/// What a signal claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// A person left, or a workload was retired.
    Offboarding,
    /// A long-term credential was created.
    CredentialCreated,
    /// A credential is known to others than its holder.
    CredentialExposed,
    /// A credential is older than it may be.
    CredentialStale,
    /// A credential has not been used for longer than it may be.
    CredentialUnused,
    /// An identity behaves as if someone else held it.
    IdentityCompromised,
    /// A whole identity has not been used for longer than it may be.
    IdentityDormant,
    /// An identity may do more than it does.
    IdentityOverPrivileged,
    /// Nobody answers for an identity.
    IdentityOwnerless,
    /// A secret has not been rotated in time.
    SecretUnrotated,
    /// The same secret value stands in several places.
    SecretDuplicated,
    /// An access key was replaced by a rotation.
    CredentialSuperseded,
    /// An access key is in use and no secret holds it, so nothing rotates it.
    CredentialUnmanaged,
    /// A role can be assumed from where it should not be.
    TrustExposed,
}

impl SignalKind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::Offboarding,
        Self::CredentialCreated,
        Self::CredentialExposed,
        Self::CredentialStale,
        Self::CredentialUnused,
        Self::IdentityCompromised,
        Self::IdentityDormant,
        Self::IdentityOverPrivileged,
        Self::IdentityOwnerless,
        Self::SecretUnrotated,
        Self::SecretDuplicated,
        Self::CredentialSuperseded,
        Self::CredentialUnmanaged,
        Self::TrustExposed,
    ];

    /// The name as written in evidence, messages and message attributes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Offboarding => "offboarding",
            Self::CredentialCreated => "credential_created",
            Self::CredentialExposed => "credential_exposed",
            Self::CredentialStale => "credential_stale",
            Self::CredentialUnused => "credential_unused",
            Self::IdentityCompromised => "identity_compromised",
            Self::IdentityDormant => "identity_dormant",
            Self::IdentityOverPrivileged => "identity_over_privileged",
            Self::IdentityOwnerless => "identity_ownerless",
            Self::SecretUnrotated => "secret_unrotated",
            Self::SecretDuplicated => "secret_duplicated",
            Self::CredentialSuperseded => "credential_superseded",
            Self::CredentialUnmanaged => "credential_unmanaged",
            Self::TrustExposed => "trust_exposed",
        }
    }

    /// Whether somebody else may be using the credential right now.
    pub fn is_immediate_danger(self) -> bool {
        matches!(self, Self::CredentialExposed | Self::IdentityCompromised)
    }
}
