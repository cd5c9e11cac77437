//! What calls of STS need.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::call::Call;
use crate::caller::Caller;
use crate::state::State;
use crate::store::View;

use super::super::principal::role_of;
use super::need::{Need, set};

pub(super) fn needs(state: &State, call: &Call, context: &mut BTreeMap<String, Vec<String>>) -> Vec<Need> {
    let account = call.account();
    let action = call.request.action();
    for (key, member) in [
        ("sts:ExternalId", "ExternalId"),
        ("sts:RoleSessionName", "RoleSessionName"),
        ("sts:SourceIdentity", "SourceIdentity"),
        ("sts:DurationSeconds", "DurationSeconds"),
    ] {
        set(context, key, call.text(member));
    }
    set(context, "sts:TaskPolicyArn", call.request.input["TaskPolicyArn"]["arn"].as_str().unwrap_or_default());
    let role = call.text("RoleArn");
    if let Some((in_account, id)) = role_of(state, View::Settled, role) {
        set(context, "aws:ResourceAccount", &in_account);
        for (key, value) in state.iam.tags.of(View::Settled, &in_account, &id) {
            set(context, &format!("aws:ResourceTag/{key}"), value);
            set(context, &format!("iam:ResourceTag/{key}"), value);
        }
    }
    match call.request.operation.as_str() {
        "AssumeRole" => {
            let inherited = match &call.caller {
                Caller::Session(session) => session.source_identity.as_deref(),
                _ => None,
            };
            // One that is set already has to be allowed along the whole chain (IAM User Guide, "Monitor and control actions taken
            // with assumed roles").
            set(context, "sts:SourceIdentity", inherited.unwrap_or_default());
            let mut needs = vec![Need::new(&action, role, context)];
            if context.contains_key("sts:SourceIdentity") {
                needs.push(Need::new("sts:SetSourceIdentity", role, context));
            }
            if context.contains_key("aws:TagKeys") {
                needs.push(Need::new("sts:TagSession", role, context));
            }
            needs
        }
        "AssumeRoleWithWebIdentity" => {
            let token: Value = serde_json::from_str(call.text("WebIdentityToken")).unwrap_or_default();
            for (key, value) in crate::sts::claims(&token) {
                set(context, &key, &value);
            }
            set(context, "aws:FederatedProvider", &crate::sts::oidc_provider(role, &token));
            vec![Need::new(&action, role, context)]
        }
        "AssumeRoleWithSAML" => {
            let assertion: Value = serde_json::from_str(call.text("SAMLAssertion")).unwrap_or_default();
            for (key, value) in crate::sts::saml_attributes(&assertion) {
                set(context, &key, &value);
            }
            set(context, "aws:FederatedProvider", call.text("PrincipalArn"));
            vec![Need::new(&action, role, context)]
        }
        "GetFederationToken" => {
            vec![Need::new(&action, format!("arn:aws:sts::{account}:federated-user/{}", call.text("Name")), context)]
        }
        "AssumeRoot" => {
            vec![Need::new(&action, format!("arn:aws:iam::{}:root", call.text("TargetPrincipal")), context)]
        }
        _ => vec![Need::new(&action, "*", context)],
    }
}
