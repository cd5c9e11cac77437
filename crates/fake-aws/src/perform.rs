//! A call from end to end: the policies, the service, the record.

use crate::call::{Answer, Call, Refusal};
use crate::caller::Caller;
use crate::evaluate;
use crate::state::State;
use crate::store::View;
use crate::{
    cloudtrail, dynamodb, iam, identity_center, lambda, organizations, publishing, roles_anywhere, secrets_manager, sts,
};

/// Does what is asked, if the caller may, and records it.
pub(crate) fn perform(state: &mut State, call: &Call) -> Answer {
    // "You can't use a Region until you enable it": its endpoints know no key of the account (Account Management reference guide,
    // "Enable or disable AWS Regions in your account").
    if state.disabled_regions.contains(&call.request.region) {
        let code = if call.request.service == "sts" { "InvalidClientTokenId" } else { "UnrecognizedClientException" };
        return Err(Refusal::new(403, code, "The security token included in the request is invalid."));
    }
    let answer = match evaluate::authorize(state, View::Enforced(call.at), call) {
        Ok(()) => dispatch(state, call),
        Err(refusal) => Err(refusal),
    };
    if !matches!(call.caller, Caller::Stage { .. }) {
        iam::used(state, call, answer.is_ok());
        cloudtrail::record(state, call, &answer);
    }
    answer
}

fn dispatch(state: &mut State, call: &Call) -> Answer {
    match call.request.service.as_str() {
        "iam" => iam::answer(state, call),
        "sts" => sts::answer(state, call),
        "organizations" => organizations::answer(state, call),
        "cloudtrail" => cloudtrail::answer(state, call),
        "dynamodb" => dynamodb::answer(state, call),
        "secretsmanager" => secrets_manager::answer(state, call),
        "kms" | "s3" | "sns" => publishing::answer(state, call),
        "rolesanywhere" => roles_anywhere::answer(state, call),
        "lambda" => lambda::answer(state, call),
        "sso" | "identitystore" => identity_center::answer(state, call),
        // Anything else succeeds and does nothing: what an identity does with its rights.
        _ => Ok(serde_json::json!({})),
    }
}
