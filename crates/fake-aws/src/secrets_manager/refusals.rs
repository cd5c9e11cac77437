//! What Secrets Manager does not do.

use crate::call::Refusal;

pub(super) fn refused(code: &str, why: &str) -> Refusal {
    Refusal::new(400, code, why)
}

pub(super) fn gone() -> Refusal {
    refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

pub(super) fn marked_for_deletion() -> Refusal {
    let why = "You can't perform this operation on the secret because it was marked for deletion.";
    refused("InvalidRequestException", why)
}
