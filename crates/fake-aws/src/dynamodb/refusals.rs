//! What DynamoDB says of what it does not take.

use crate::call::Refusal;

/// A request that is not well formed.
pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(400, "ValidationException", message)
}
