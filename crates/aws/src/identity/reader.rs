//! What reads identities: over which services, in which account.

use aws_sdk_iam::Client as Iam;
use aws_sdk_secretsmanager::Client as Secrets;
use severance_domain::ids::AccountId;
use severance_domain::profile::{Precedence, TagKeys};

use super::directory::Directory;
use super::roles_anywhere::RolesAnywhere;
use crate::guardrails::Guardrails;
use crate::trail::Trail;

/// Reads identities from one account.
pub struct Identities {
    pub(super) iam: Iam,
    /// Only a function that acts on secrets may read them.
    pub(super) secrets: Option<Secrets>,
    /// Only a function that ends people's access reads the directory.
    pub(super) directory: Option<Directory>,
    pub(super) roles_anywhere: Option<RolesAnywhere>,
    /// Says whose a session's key is.
    pub(super) trail: Option<Trail>,
    pub(super) account: AccountId,
    pub(super) tags: TagKeys,
    /// What the user's own inventory says of them.
    pub(super) registry: Guardrails,
    pub(super) precedence: Precedence,
}

impl Identities {
    /// Over IAM alone, and the registry.
    pub fn new(iam: Iam, account: AccountId, tags: TagKeys, registry: Guardrails, precedence: Precedence) -> Self {
        Self {
            iam,
            secrets: None,
            directory: None,
            roles_anywhere: None,
            trail: None,
            account,
            tags,
            registry,
            precedence,
        }
    }

    /// Over Secrets Manager as well.
    #[must_use]
    pub fn with_secrets(mut self, secrets: Secrets) -> Self {
        self.secrets = Some(secrets);
        self
    }

    /// Over the directory of IAM Identity Center as well.
    #[must_use]
    pub fn with_directory(mut self, directory: Option<Directory>) -> Self {
        self.directory = directory;
        self
    }

    /// Over IAM Roles Anywhere as well.
    #[must_use]
    pub fn with_roles_anywhere(mut self, roles_anywhere: RolesAnywhere) -> Self {
        self.roles_anywhere = Some(roles_anywhere);
        self
    }

    /// Over CloudTrail's history as well.
    #[must_use]
    pub fn with_trail(mut self, trail: Trail) -> Self {
        self.trail = Some(trail);
        self
    }
}
