//! Secrets Manager: secrets with their versions, labels, replicas and rotations.
//!
//! A list is late (API reference, `ListSecrets`: "eventually consistent"), a secret itself is not. A rotation ends by itself when
//! the secret is next described, unless somebody drives it ([`Secret::driven`]).

mod asked;
mod create;
mod lists;
mod refusals;
mod rotation;
mod tables;
mod versions;

use crate::call::{Answer, Call};
use crate::state::State;

pub use tables::{Secret, SecretsManager, Version};

use asked::asked;

pub(crate) fn answer(state: &mut State, call: &Call) -> Answer {
    match call.request.operation.as_str() {
        "ListSecrets" => lists::secrets(state, call),
        "DescribeSecret" => {
            rotation::end(state, call)?;
            let (arn, secret) = asked(state, call)?;
            let mut shown = lists::described(&arn, &secret);
            shown["VersionIdsToStages"] = versions::labels(&secret);
            Ok(shown)
        }
        "CreateSecret" => create::create(state, call),
        "GetSecretValue" => versions::value(state, call),
        "ListSecretVersionIds" => versions::ids(state, call),
        "PutSecretValue" => versions::put(state, call),
        "UpdateSecretVersionStage" => versions::label(state, call),
        "RotateSecret" => rotation::rotate(state, call),
        "TagResource" | "UntagResource" => create::tag(state, call),
        "DeleteSecret" | "RestoreSecret" => create::delete(state, call),
        _ => Err(call.unknown()),
    }
}

#[cfg(test)]
mod tests;
