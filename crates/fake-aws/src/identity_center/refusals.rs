//! What Identity Center says of what it does not have.

use crate::call::Refusal;

pub(super) fn gone(what: &str) -> Refusal {
    Refusal::new(400, "ResourceNotFoundException", format!("{what} not found"))
}
