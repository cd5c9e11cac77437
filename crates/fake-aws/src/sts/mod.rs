//! STS: all ways to a session.
//!
//! Who may start one has been decided by [`crate::evaluate`] before a handler runs. Tokens of identity providers are not signed here:
//! a web identity token is the JSON text of its claims (`iss`, `sub`, `aud`), a SAML assertion that of its subject.

mod federation;
mod names;
mod sessions;
mod tokens;

#[cfg(test)]
mod tests;

use jiff::SignedDuration;
use serde_json::json;

use crate::call::{Answer, Call, Refusal};
use crate::caller::{Caller, SessionOf, StartedBy};
use crate::evaluate::{arn_of, user_id};
use crate::state::State;
use crate::store::View;

pub use sessions::{Start, start, start_service_session};

pub(crate) use tokens::{claims, oidc_provider, saml_attributes};

use names::{assumed, named, role, seen_by};
use sessions::{credentials, duration, session_policies, tags};

pub(crate) fn answer(state: &mut State, call: &Call) -> Answer {
    match call.request.operation.as_str() {
        "AssumeRole" => assume_role(state, call),
        "AssumeRoleWithWebIdentity" => federation::with_web_identity(state, call),
        "AssumeRoleWithSAML" => federation::with_saml(state, call),
        "AssumeRoot" => assume_root(state, call),
        "GetSessionToken" => get_session_token(state, call),
        "GetFederationToken" => get_federation_token(state, call),
        "GetCallerIdentity" => Ok(json!({
            "UserId": user_id(&call.caller),
            "Account": call.account(),
            "Arn": arn_of(state, seen_by(call), &call.caller),
        })),
        "GetAccessKeyInfo" => get_access_key_info(state, call),
        _ => Err(call.unknown()),
    }
}

fn assume_role(state: &mut State, call: &Call) -> Answer {
    let (account, id) = role(state, call)?;
    let name = named(call, "RoleSessionName", 64)?;
    let longest = state.iam.max_session_seconds(seen_by(call), &account, &id);
    let from = match &call.caller {
        Caller::Session(session) => Some(session),
        _ => None,
    };
    let chained = from.is_some_and(|session| matches!(session.of, SessionOf::Role(_)));
    let lasts = duration(call, 3_600, longest, "the MaxSessionDuration set for this role.")?;
    if chained && lasts > SignedDuration::from_hours(1) {
        // IAM User Guide, "Role chaining".
        let message =
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
        return Err(Refusal::new(400, "ValidationError", message));
    }
    let said = Some(call.text("SourceIdentity")).filter(|text| !text.is_empty());
    if said.is_some() {
        named(call, "SourceIdentity", 64)?;
    }
    let inherited = from.and_then(|session| session.source_identity.clone());
    if let (Some(said), Some(inherited)) = (said, &inherited)
        && said != inherited
    {
        // "This value cannot be changed in a role chain" (IAM User Guide, "Monitor and control actions taken with assumed roles").
        let who = format!("User: {}", arn_of(state, seen_by(call), &call.caller));
        return Err(Refusal::denied(&who, "sts:SetSourceIdentity", "because the source identity is set already"));
    }
    let policies = session_policies(state, call, &account)?;
    let session = start(
        state,
        call.at,
        Start {
            policies,
            source_identity: inherited.or_else(|| said.map(str::to_owned)),
            tags: tags(call),
            ..Start::new(&account, SessionOf::Role(id), name, lasts, StartedBy::Key(own_key(call)))
        },
    );
    Ok(json!({
        "Credentials": credentials(&session),
        "AssumedRoleUser": assumed(state, &session),
        "SourceIdentity": session.source_identity,
        "PackedPolicySize": (!session.policies.is_empty()).then_some(10),
    }))
}

fn own_key(call: &Call) -> String {
    call.caller.key().unwrap_or_default().to_owned()
}

/// Up to 36 hours for a user, an hour for root (STS API Reference, `GetSessionToken`).
fn get_session_token(state: &mut State, call: &Call) -> Answer {
    let (of, longest) = match &call.caller {
        Caller::User { id, .. } => (SessionOf::User(id.clone()), 129_600),
        Caller::Root { .. } => (SessionOf::Root, 3_600),
        _ => return Err(Refusal::new(403, "AccessDenied", "Cannot call GetSessionToken with session credentials")),
    };
    if !call.text("SerialNumber").is_empty() || !call.text("TokenCode").is_empty() {
        // Nobody here has an MFA device.
        let message = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
        return Err(Refusal::new(403, "AccessDenied", message));
    }
    let lasts = duration(call, 43_200.min(longest), longest, "the longest session.")?;
    let name = user_id(&call.caller);
    let session = start(state, call.at, Start::new(call.account(), of, &name, lasts, StartedBy::Key(own_key(call))));
    Ok(json!({ "Credentials": credentials(&session) }))
}

/// The user's rights cut by the session policies, up to 36 hours (STS API Reference, `GetFederationToken`).
fn get_federation_token(state: &mut State, call: &Call) -> Answer {
    let (of, longest) = match &call.caller {
        Caller::User { id, .. } => (SessionOf::Federated(id.clone()), 129_600),
        Caller::Root { .. } => (SessionOf::Root, 3_600),
        _ => return Err(Refusal::new(403, "AccessDenied", "Cannot call GetFederationToken with session credentials")),
    };
    let name = named(call, "Name", 32)?;
    let lasts = duration(call, 43_200.min(longest), longest, "the longest session.")?;
    let policies = session_policies(state, call, call.account())?;
    let start_of = Start {
        policies,
        tags: tags(call),
        ..Start::new(call.account(), of, name, lasts, StartedBy::Key(own_key(call)))
    };
    let session = start(state, call.at, start_of);
    let account = call.account();
    Ok(json!({
        "Credentials": credentials(&session),
        "FederatedUser": {
            "FederatedUserId": format!("{account}:{name}"),
            "Arn": format!("arn:aws:sts::{account}:federated-user/{name}"),
        },
        "PackedPolicySize": (!session.policies.is_empty()).then_some(10),
    }))
}

/// Root of a member account for fifteen minutes, for one task (STS API Reference, `AssumeRoot`).
fn assume_root(state: &mut State, call: &Call) -> Answer {
    let target = call.required("TargetPrincipal")?;
    let target = target.strip_prefix("arn:aws:iam::").and_then(|rest| rest.strip_suffix(":root")).unwrap_or(target);
    let task = call.request.input["TaskPolicyArn"]["arn"].as_str().unwrap_or_default();
    let may = state.organizations.administers(call.account()) && state.organizations.is_member(target);
    if !may {
        let who = format!("User: {}", arn_of(state, seen_by(call), &call.caller));
        return Err(Refusal::denied(&who, "sts:AssumeRoot", &format!("on resource: arn:aws:iam::{target}:root")));
    }
    let actions: &[&str] = match task.strip_prefix("arn:aws:iam::aws:policy/root-task/").unwrap_or_default() {
        "IAMAuditRootUserCredentials" => &[
            "iam:ListAccessKeys",
            "iam:ListSigningCertificates",
            "iam:GetLoginProfile",
            "iam:ListMFADevices",
            "iam:GetAccountSummary",
            "iam:GetUser",
            "iam:GetAccessKeyLastUsed",
        ],
        "IAMDeleteRootUserCredentials" => &[
            "iam:DeleteAccessKey",
            "iam:DeleteSigningCertificate",
            "iam:DeleteLoginProfile",
            "iam:DeactivateMFADevice",
            "iam:DeleteVirtualMFADevice",
            "iam:ListAccessKeys",
            "iam:ListSigningCertificates",
            "iam:GetLoginProfile",
            "iam:ListMFADevices",
            "iam:GetUser",
        ],
        "IAMCreateRootUserPassword" => &["iam:CreateLoginProfile", "iam:GetLoginProfile"],
        "S3UnlockBucketPolicy" => {
            &["s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:ListAllMyBuckets"]
        }
        "SQSUnlockQueuePolicy" => &["sqs:GetQueueAttributes", "sqs:ListQueues", "sqs:SetQueueAttributes"],
        _ => return Err(Refusal::new(400, "ValidationError", "TaskPolicyArn must be a root task's policy")),
    };
    let policy = json!({
        "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": actions, "Resource": "*" }]
    });
    let lasts = duration(call, 900, 900, "900 seconds.")?;
    let (target, name) = (target.to_owned(), user_id(&call.caller));
    let start_of = Start {
        policies: vec![policy],
        source_identity: match &call.caller {
            Caller::Session(session) => session.source_identity.clone(),
            _ => None,
        },
        ..Start::new(&target, SessionOf::Root, &name, lasts, StartedBy::Key(own_key(call)))
    };
    let session = start(state, call.at, start_of);
    Ok(json!({ "Credentials": credentials(&session), "SourceIdentity": session.source_identity }))
}

fn get_access_key_info(state: &State, call: &Call) -> Answer {
    let key = call.required("AccessKeyId")?;
    let of_session = state.sessions.get(key).map(|session| session.account.clone());
    let of_user = || {
        let keys = &state.iam.access_keys;
        let holds = |account: &&str| keys.in_account(View::Settled, account).any(|(_, id, _)| id == key);
        keys.accounts().into_iter().find(holds).map(str::to_owned)
    };
    match of_session.or_else(of_user) {
        Some(account) => Ok(json!({ "Account": account })),
        None => Err(Refusal::new(400, "ValidationError", "The access key ID is not valid")),
    }
}
