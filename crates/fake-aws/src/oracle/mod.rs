//! The oracle: which access paths are open to an attacker once everything has settled, and which bystanders were harmed.
//!
//! It asks this crate's own evaluation about each credential and grant. It believes no mark, name or tag, and knows nothing of what
//! was meant to be done: an access path is shut if its use does nothing.
//!
//! # The modelled access paths
//!
//! | access path | open while |
//! |---|---|
//! | access key | it is active, its user is there, and the user may do something |
//! | session | it has not expired, its holder is there, and it may do something, directly or by roles that it can assume |
//! | console password | the user still has the password that the attacker knows, and may do something by a new sign-in |
//! | SSH key | it is active, and its user may do something in `CodeCommit` |
//! | signing certificate | it is active, and its user may do something |
//! | service-specific credential | it is active and not expired, and its user may do something in its service |
//! | role that trusts an outsider | an accomplice's principal, or anybody's, can assume it, and its new session may do something |
//! | role that trusts an identity provider | the same, for tokens or assertions that the attacker can have |
//! | role of a Roles Anywhere profile | the same, for a certificate that an enabled trust anchor takes |
//! | role that runs a workload | the same, for an instance or a function of the attacker's |
//! | permission set | the same, for a person of Identity Center whose sign-in the attacker has |
//!
//! "Something" is any action on any resource in any request that the caller's own policies speak of, now or at a later moment that
//! they name, beside a list of actions of consequence. STS's own actions are nothing by themselves. Policies of groups, boundaries,
//! session policies and service control policies are in the evaluation. Of a cycle of roles none is open that does nothing.
//!
//! An access path of which [`Open::ends_at`] is None does not end by itself. A session does not, either, if it can become another one:
//! where it can assume a role with rights (its own, too), or make itself a credential that outlives it.
//!
//! An inactive key that the attacker knows is shut: whoever could activate it has another open access path.
//!
//! # Not modelled
//!
//! What these access paths do not understand is not among [`MODELLED`], and a verdict must not survive such a write by the contained
//! principal: resource policies other than trusts (buckets, keys, secrets, functions), grants of KMS, shared snapshots and images,
//! programs that run on (instances that were started, functions whose code was changed) unless the test writes them down as
//! [`Workload`]s, tags on sessions, and root's own credentials. That a session may hand a role to a service does not make it last.
//! Of two passwords that one user had without a deletion between them, the attacker knows both.

mod access_paths;
mod attacker;
mod held;
mod outside;
mod probes;
mod rights;
mod witness;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::state::State;

pub use access_paths::{AccessPath, Holder, Open};
pub use attacker::{Attacker, Held, Password, Tokens, Workload};
pub use witness::{Harm, Honest, Lost, Snapshot, harmed, watch};

/// The access paths that are open to an attacker, once everything that was written by now has settled.
pub fn open_access_paths(state: &State, at: Timestamp, attacker: &Attacker) -> Vec<Open> {
    let mut found = held::open(state, at, attacker);
    found.extend(outside::open(state, at, attacker));
    found
}

/// The writes that the access paths understand: whatever they do to anybody's access, [`open_access_paths`] sees.
pub const MODELLED: &[&str] = &[
    // Identities.
    "iam:CreateUser",
    "iam:UpdateUser",
    "iam:DeleteUser",
    "iam:CreateRole",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
    "iam:DeleteRole",
    "iam:CreateGroup",
    "iam:UpdateGroup",
    "iam:DeleteGroup",
    "iam:AddUserToGroup",
    "iam:RemoveUserFromGroup",
    "iam:TagUser",
    "iam:UntagUser",
    "iam:TagRole",
    "iam:UntagRole",
    // Credentials.
    "iam:CreateAccessKey",
    "iam:UpdateAccessKey",
    "iam:DeleteAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:DeleteLoginProfile",
    "iam:UploadSSHPublicKey",
    "iam:UpdateSSHPublicKey",
    "iam:DeleteSSHPublicKey",
    "iam:UploadSigningCertificate",
    "iam:UpdateSigningCertificate",
    "iam:DeleteSigningCertificate",
    "iam:CreateServiceSpecificCredential",
    "iam:UpdateServiceSpecificCredential",
    "iam:ResetServiceSpecificCredential",
    "iam:DeleteServiceSpecificCredential",
    // Policies.
    "iam:PutUserPolicy",
    "iam:DeleteUserPolicy",
    "iam:PutRolePolicy",
    "iam:DeleteRolePolicy",
    "iam:PutGroupPolicy",
    "iam:DeleteGroupPolicy",
    "iam:AttachUserPolicy",
    "iam:DetachUserPolicy",
    "iam:AttachRolePolicy",
    "iam:DetachRolePolicy",
    "iam:AttachGroupPolicy",
    "iam:DetachGroupPolicy",
    "iam:PutUserPermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
    "iam:DeleteRolePermissionsBoundary",
    "iam:CreatePolicy",
    "iam:DeletePolicy",
    "iam:CreatePolicyVersion",
    "iam:DeletePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    // Trust.
    "iam:UpdateAssumeRolePolicy",
    "iam:CreateOpenIDConnectProvider",
    "iam:DeleteOpenIDConnectProvider",
    "iam:CreateSAMLProvider",
    "iam:DeleteSAMLProvider",
    "iam:CreateInstanceProfile",
    "iam:DeleteInstanceProfile",
    "iam:AddRoleToInstanceProfile",
    "iam:RemoveRoleFromInstanceProfile",
    "rolesanywhere:CreateTrustAnchor",
    "rolesanywhere:EnableTrustAnchor",
    "rolesanywhere:DisableTrustAnchor",
    "rolesanywhere:CreateProfile",
    "rolesanywhere:UpdateProfile",
    "rolesanywhere:EnableProfile",
    "rolesanywhere:DisableProfile",
    "rolesanywhere:DeleteProfile",
    "sso:CreateAccountAssignment",
    "sso:DeleteAccountAssignment",
    "identitystore:CreateGroupMembership",
    "identitystore:DeleteGroupMembership",
    // Sessions.
    "sts:AssumeRole",
    "sts:AssumeRoleWithWebIdentity",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoot",
    "sts:GetSessionToken",
    "sts:GetFederationToken",
    // The organization.
    "organizations:CreatePolicy",
    "organizations:UpdatePolicy",
    "organizations:DeletePolicy",
    "organizations:AttachPolicy",
    "organizations:DetachPolicy",
];

/// Whether the access paths understand what a write does: `iam:CreateUser`.
pub fn understands(action: &str) -> bool {
    MODELLED.iter().any(|modelled| modelled.eq_ignore_ascii_case(action))
}

/// The actions by which a principal (a unique id, or the account for root) changed since then what no access path understands. Each of
/// them must cost the verdict.
pub fn not_understood(state: &State, principal: &str, since: Timestamp) -> BTreeSet<String> {
    let writes = state.cloudtrail.writes_by(principal).filter(|record| record.at >= since);
    writes.map(|record| record.action.clone()).filter(|action| !understands(action)).collect()
}
