//! Long-term credentials of a user that somebody may hold a copy of.

use crate::words::command::Command;
use crate::words::ids::{AccessKeyId, CredentialId, IamName};

/// The credential that a countermeasure ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended<'a> {
    /// An access key.
    AccessKey {
        /// Whose.
        user: &'a IamName,
        /// Which.
        id: &'a AccessKeyId,
    },
    /// A console password.
    Password {
        /// Whose.
        user: &'a IamName,
    },
    /// An SSH public key.
    SshPublicKey {
        /// Whose.
        user: &'a IamName,
        /// Which.
        id: &'a CredentialId,
    },
    /// An X.509 signing certificate.
    SigningCertificate {
        /// Whose.
        user: &'a IamName,
        /// Which.
        id: &'a CredentialId,
    },
    /// A service-specific credential.
    ServiceCredential {
        /// Whose.
        user: &'a IamName,
        /// Which.
        id: &'a CredentialId,
        /// The service that it is for.
        service: &'a str,
    },
}

impl Ended<'_> {
    /// What people call it by.
    pub fn name(&self) -> &str {
        match self {
            Self::AccessKey { id, .. } => id.as_str(),
            Self::Password { .. } => "the console password",
            Self::SshPublicKey { id, .. }
            | Self::SigningCertificate { id, .. }
            | Self::ServiceCredential { id, .. } => id.as_str(),
        }
    }

    /// The command that deletes it.
    pub fn delete(&self) -> Command {
        match self {
            Self::AccessKey { user, id } => {
                Command::aws("iam", "delete-access-key").user(user).option("access-key-id", id)
            }
            Self::Password { user } => Command::aws("iam", "delete-login-profile").user(user),
            Self::SshPublicKey { user, id } => {
                Command::aws("iam", "delete-ssh-public-key").user(user).option("ssh-public-key-id", id)
            }
            Self::SigningCertificate { user, id } => {
                Command::aws("iam", "delete-signing-certificate").user(user).option("certificate-id", id)
            }
            Self::ServiceCredential { user, id, .. } => Command::aws("iam", "delete-service-specific-credential")
                .user(user)
                .option("service-specific-credential-id", id),
        }
    }
}
