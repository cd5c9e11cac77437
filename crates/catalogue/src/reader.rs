//! What functions read of identities, each with its calls.

use severance_domain::right::{Right, cloudtrail, iam, identitystore, rolesanywhere, secretsmanager, sso};

/// Something that a function reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reader {
    /// Whose an access key is.
    Keys,
    /// Users and roles: who they are, what they hold, what their policies say.
    Identities,
    /// The profiles of IAM Roles Anywhere, which start sessions of roles.
    RolesAnywhere,
    /// Secrets, without their values.
    Secrets,
    /// What people and workloads own, by tags.
    Owned,
    /// Users in the directory of IAM Identity Center.
    Directory,
    /// What identities did, in CloudTrail's history.
    Trail,
}

impl Reader {
    /// What IAM must allow for it.
    pub fn rights(self) -> &'static [Right] {
        match self {
            Self::Keys => &[iam::GET_ACCESS_KEY_LAST_USED, iam::GET_USER, iam::LIST_ACCESS_KEYS],
            // Findings name identities by unique id (AIDA…, AROA…) as well, which IAM cannot be asked for: hence the lists.
            Self::Identities => &[
                iam::GET_ACCESS_KEY_LAST_USED,
                iam::GET_LOGIN_PROFILE,
                iam::GET_USER,
                iam::GET_USER_POLICY,
                iam::LIST_ACCESS_KEYS,
                iam::LIST_ATTACHED_USER_POLICIES,
                iam::LIST_GROUPS_FOR_USER,
                iam::LIST_SERVICE_SPECIFIC_CREDENTIALS,
                iam::LIST_SIGNING_CERTIFICATES,
                iam::LIST_SSH_PUBLIC_KEYS,
                iam::LIST_USER_POLICIES,
                iam::LIST_USERS,
                iam::GET_GROUP_POLICY,
                iam::LIST_ATTACHED_GROUP_POLICIES,
                iam::LIST_GROUP_POLICIES,
                iam::GET_ROLE,
                iam::GET_ROLE_POLICY,
                iam::LIST_ATTACHED_ROLE_POLICIES,
                iam::LIST_ROLE_POLICIES,
                iam::LIST_ROLES,
                iam::GET_POLICY,
                iam::GET_POLICY_VERSION,
            ],
            Self::RolesAnywhere => &[rolesanywhere::LIST_PROFILES],
            Self::Secrets => &[secretsmanager::DESCRIBE_SECRET],
            // Neither service can list by tag within an ARN.
            Self::Owned => &[iam::GET_ACCOUNT_AUTHORIZATION_DETAILS, secretsmanager::LIST_SECRETS],
            Self::Directory => &[
                identitystore::DESCRIBE_USER,
                identitystore::LIST_GROUP_MEMBERSHIPS_FOR_MEMBER,
                sso::LIST_ACCOUNT_ASSIGNMENTS_FOR_PRINCIPAL,
                sso::LIST_INSTANCES,
            ],
            Self::Trail => &[cloudtrail::LOOKUP_EVENTS],
        }
    }
}
