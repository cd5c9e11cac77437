//! Who may do what: identity, resource and session policies, boundaries and service control policies, with conditions.
//!
//! Of resource policies, roles' trust policies are known and no others: keys, buckets and topics are open to whoever their account
//! allows.

mod condition;
mod context;
mod document;
mod pattern;
mod principal;
mod probe;
mod question;
mod resources;
mod rights;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::call::{Call, Refusal};
use crate::caller::{Caller, SessionOf};
use crate::state::State;
use crate::store::View;

pub use context::{arn_of, user_id};
pub(crate) use document::is_policy;
pub use probe::may_do_anything;
pub use question::{Decision, Question};

pub(crate) use rights::Rights;

/// The policies' answer to a question, as they are seen from there.
pub fn decide(state: &State, view: View, question: &Question<'_>) -> Decision {
    let rights = Rights::of(state, view, moment_of(view), question.caller);
    let context = rights.context.with(&question.context);
    rights.decide(&question.action, &question.resource, &context)
}

/// Whether a caller may do this, where the request brings no condition keys.
pub fn allows(state: &State, view: View, caller: &Caller, action: &str, resource: &str) -> bool {
    let (action, resource) = (action.to_owned(), resource.to_owned());
    decide(state, view, &Question { caller, action, resource, context: BTreeMap::new() }) == Decision::Allowed
}

/// A role by its ARN, as it is seen from there: account and unique id. Nothing where the path is another one.
pub fn role_by_arn(state: &State, view: View, arn: &str) -> Option<(String, String)> {
    principal::role_of(state, view, arn)
}

/// Whether a call may be made.
///
/// # Errors
/// As AWS refuses it.
pub(crate) fn authorize(state: &State, view: View, call: &Call) -> Result<(), Refusal> {
    if matches!(call.caller, Caller::Stage { .. }) {
        return Ok(());
    }
    let rights = Rights::of(state, view, Some(call.at), &call.caller);
    for need in resources::needs(state, call) {
        let decision = rights.decide(&need.action, &need.resource, &rights.context.with(&need.context));
        if decision != Decision::Allowed {
            return Err(refusal(state, view, call, &need.action, &need.resource, &decision));
        }
    }
    Ok(())
}

fn moment_of(view: View) -> Option<Timestamp> {
    match view {
        View::Settled => None,
        View::Reads(at) | View::Enforced(at) => Some(at),
    }
}

/// AWS's words (IAM User Guide, "Troubleshoot access denied error messages").
fn refusal(state: &State, view: View, call: &Call, action: &str, resource: &str, decision: &Decision) -> Refusal {
    let service = call.request.service.as_str();
    let article = |kind: &str| if kind.starts_with('i') { "an" } else { "a" };
    let why = match decision {
        Decision::Denied(kind) => format!("on resource: {resource} with an explicit deny in {} {kind}", article(kind)),
        Decision::NotAllowed(rights::KIND) => match (service, &call.caller) {
            ("iam", Caller::Session(session)) if session.of != SessionOf::Root => {
                // Credentials of GetSessionToken without MFA and of GetFederationToken are as good as none to IAM.
                return Refusal::new(
                    403,
                    "InvalidClientTokenId",
                    "The security token included in the request is invalid",
                );
            }
            ("sts", Caller::Root { .. }) => {
                return Refusal::new(403, "AccessDenied", "Roles may not be assumed by root accounts.");
            }
            ("sts", Caller::Session(_)) => {
                let operation = &call.request.operation;
                let message = format!("Cannot call {operation} with session credentials");
                return Refusal::new(403, "AccessDenied", message);
            }
            _ => format!("on resource: {resource}"),
        },
        Decision::NotAllowed(kind) => {
            format!("on resource: {resource} because no {kind} allows the {action} action")
        }
        Decision::Allowed => String::new(),
    };
    let unsigned = matches!(call.caller, Caller::Anonymous { .. });
    if unsigned && service == "sts" && action != "sts:GetCallerIdentity" {
        return Refusal::new(403, "AccessDenied", format!("Not authorized to perform {action}"));
    }
    if unsigned {
        return Refusal::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
    }
    let who = format!("User: {}", arn_of(state, view, &call.caller));
    let said = Refusal::denied(&who, action, &why);
    // The query protocol's services and S3 have one name and status for it, those of JSON another.
    let (status, code) = match service {
        "iam" | "sts" | "s3" => (403, "AccessDenied"),
        "sns" => (403, "AuthorizationError"),
        "rolesanywhere" | "lambda" => (403, "AccessDeniedException"),
        "ec2" => (403, "UnauthorizedOperation"),
        _ => (400, "AccessDeniedException"),
    };
    Refusal::new(status, code, said.message)
}
