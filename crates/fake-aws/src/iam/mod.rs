//! IAM: identities, their credentials and policies, with IAM's quotas and refusals.
//!
//! Everything hangs on unique ids, which no rename changes. Reads show [`View::Reads`](crate::View::Reads), writes act on
//! [`View::Settled`](crate::View::Settled).
//!
//! Quotas are those of "IAM and AWS STS quotas" in the IAM User Guide, at their default values, and no account here has had one
//! raised. Refusals have the codes of the IAM API Reference.

mod access_keys;
mod attachments;
mod credentials;
mod details;
mod documents;
mod groups;
mod inline;
mod instance_profiles;
mod lists;
mod managed;
mod names;
mod passwords;
mod policies;
mod providers;
mod rights;
mod roles;
mod tables;
mod tags;
mod trusts;
mod users;

use jiff::SignedDuration;

use crate::call::{Answer, Call};
use crate::caller::{Caller, SessionOf};
use crate::state::State;

pub use managed::managed_document;
pub use names::Kind;
pub use rights::IdentityPolicy;
pub use tables::{
    AccessKey, Iam, Identity, InstanceProfile, LastUse, ManagedPolicy, OtherCredential, PolicyVersion, Provider,
    RoleSettings, Trust, arn,
};
pub use trusts::SHARED_PROVIDERS;

use tables::{id_of, key, of_id};

pub(crate) fn answer(state: &mut State, call: &Call) -> Answer {
    match call.request.operation.as_str() {
        "CreateUser" => users::create(state, call),
        "GetUser" => users::get(state, call),
        "ListUsers" => users::list(state, call),
        "UpdateUser" => users::update(state, call),
        "DeleteUser" => users::delete(state, call),
        "CreateRole" => roles::create(state, call),
        "GetRole" => roles::get(state, call),
        "ListRoles" => roles::list(state, call),
        "UpdateRole" | "UpdateRoleDescription" => roles::update(state, call),
        "UpdateAssumeRolePolicy" => roles::update_trust(state, call),
        "DeleteRole" => roles::delete(state, call),
        "CreateGroup" => groups::create(state, call),
        "GetGroup" => groups::get(state, call),
        "ListGroups" => groups::list(state, call),
        "UpdateGroup" => groups::update(state, call),
        "DeleteGroup" => groups::delete(state, call),
        "AddUserToGroup" => groups::add(state, call),
        "RemoveUserFromGroup" => groups::remove(state, call),
        "ListGroupsForUser" => groups::list_for_user(state, call),
        "GetAccountAuthorizationDetails" => details::get(state, call),
        _ => answer_about_credentials(state, call),
    }
}

fn answer_about_credentials(state: &mut State, call: &Call) -> Answer {
    match call.request.operation.as_str() {
        "CreateAccessKey" => access_keys::create(state, call),
        "UpdateAccessKey" => access_keys::update(state, call),
        "DeleteAccessKey" => access_keys::delete(state, call),
        "ListAccessKeys" => access_keys::list(state, call),
        "GetAccessKeyLastUsed" => access_keys::last_used(state, call),
        "CreateLoginProfile" => passwords::create(state, call),
        "GetLoginProfile" => passwords::get(state, call),
        "UpdateLoginProfile" => passwords::update(state, call),
        "DeleteLoginProfile" => passwords::delete(state, call),
        "ChangePassword" => passwords::change(state, call),
        "UploadSSHPublicKey" => credentials::upload_ssh_key(state, call),
        "UploadSigningCertificate" => credentials::upload_certificate(state, call),
        "CreateServiceSpecificCredential" => credentials::create_service_credential(state, call),
        "ResetServiceSpecificCredential" => credentials::reset_service_credential(state, call),
        "ListServiceSpecificCredentials" => credentials::list_service_credentials(state, call),
        "UpdateSSHPublicKey" => credentials::update(state, call, credentials::SSH_KEY),
        "DeleteSSHPublicKey" => credentials::delete(state, call, credentials::SSH_KEY),
        "ListSSHPublicKeys" => credentials::list(state, call, credentials::SSH_KEY),
        "UpdateSigningCertificate" => credentials::update(state, call, credentials::CERTIFICATE),
        "DeleteSigningCertificate" => credentials::delete(state, call, credentials::CERTIFICATE),
        "ListSigningCertificates" => credentials::list(state, call, credentials::CERTIFICATE),
        "UpdateServiceSpecificCredential" => credentials::update(state, call, credentials::SERVICE_CREDENTIAL),
        "DeleteServiceSpecificCredential" => credentials::delete(state, call, credentials::SERVICE_CREDENTIAL),
        "ListMFADevices" => credentials::list_mfa(state, call),
        _ => answer_about_policies(state, call),
    }
}

fn answer_about_policies(state: &mut State, call: &Call) -> Answer {
    // What users, roles and groups have alike differs by one word: `PutUserPolicy`, `PutRolePolicy`, `PutGroupPolicy`.
    let operation = call.request.operation.as_str();
    let alike = [Kind::User, Kind::Role, Kind::Group].into_iter().find_map(|kind| {
        let (before, after) = operation.split_once(kind.word())?;
        Some((kind, before, after))
    });
    match alike {
        Some((kind, "Put", "Policy")) => return inline::put(state, call, kind),
        Some((kind, "Get", "Policy")) => return inline::get(state, call, kind),
        Some((kind, "Delete", "Policy")) => return inline::delete(state, call, kind),
        Some((kind, "List", "Policies")) => return inline::list(state, call, kind),
        Some((kind, "Attach", "Policy")) => return attachments::attach(state, call, kind),
        Some((kind, "Detach", "Policy")) => return attachments::detach(state, call, kind),
        Some((kind, "ListAttached", "Policies")) => return attachments::list(state, call, kind),
        Some((kind @ (Kind::User | Kind::Role), before, after)) => match (before, after) {
            ("Put", "PermissionsBoundary") => return attachments::put_boundary(state, call, kind),
            ("Delete", "PermissionsBoundary") => return attachments::delete_boundary(state, call, kind),
            ("Tag", "") => return tags::tag(state, call, kind),
            ("Untag", "") => return tags::untag(state, call, kind),
            ("List", "Tags") => return tags::list(state, call, kind),
            _ => {}
        },
        _ => {}
    }
    match operation {
        "CreatePolicy" => policies::create(state, call),
        "DeletePolicy" => policies::delete(state, call),
        "GetPolicy" => policies::get(state, call),
        "ListPolicies" => policies::list(state, call),
        "CreatePolicyVersion" => policies::create_version(state, call),
        "DeletePolicyVersion" => policies::delete_version(state, call),
        "SetDefaultPolicyVersion" => policies::set_default(state, call),
        "GetPolicyVersion" => policies::get_version(state, call),
        "ListPolicyVersions" => policies::list_versions(state, call),
        "ListEntitiesForPolicy" => attachments::list_entities(state, call),
        "CreateOpenIDConnectProvider" => providers::create_oidc(state, call),
        "GetOpenIDConnectProvider" => providers::get_oidc(state, call),
        "DeleteOpenIDConnectProvider" => providers::delete_oidc(state, call),
        "AddClientIDToOpenIDConnectProvider" => providers::add_client(state, call),
        "RemoveClientIDFromOpenIDConnectProvider" => providers::remove_client(state, call),
        "UpdateSAMLProvider" => providers::update_saml(state, call),
        "ListOpenIDConnectProviders" => Ok(providers::list_oidc(state, call)),
        "CreateSAMLProvider" => providers::create_saml(state, call),
        "DeleteSAMLProvider" => providers::delete_saml(state, call),
        "ListSAMLProviders" => Ok(providers::list_saml(state, call)),
        "CreateInstanceProfile" => instance_profiles::create(state, call),
        "DeleteInstanceProfile" => instance_profiles::delete(state, call),
        "GetInstanceProfile" => instance_profiles::get(state, call),
        "AddRoleToInstanceProfile" => instance_profiles::add_role(state, call),
        "RemoveRoleFromInstanceProfile" => instance_profiles::remove_role(state, call),
        "ListInstanceProfiles" => instance_profiles::list(state, call),
        "ListInstanceProfilesForRole" => instance_profiles::list_for_role(state, call),
        _ => Err(call.unknown()),
    }
}

/// Remembers that a key, and a session's role, was used: refused calls count, too.
///
/// Of uses within 15 minutes AWS records the first alone ("Get credential reports for your AWS account", IAM User Guide).
pub(crate) fn used(state: &mut State, call: &Call, _succeeded: bool) {
    const RECORDED_ONCE_IN: SignedDuration = SignedDuration::from_mins(15);
    let role = match &call.caller {
        Caller::Session(session) => match &session.of {
            SessionOf::Role(id) => Some(id.as_str()),
            _ => None,
        },
        _ => None,
    };
    for used in call.caller.key().into_iter().chain(role) {
        let last = state.iam.last_used.get(used);
        if last.is_none_or(|last| last.at + RECORDED_ONCE_IN <= call.at) {
            let (service, region) = (call.request.service.clone(), call.request.region.clone());
            state.iam.last_used.insert(used.to_owned(), LastUse { at: call.at, service, region });
        }
    }
}
