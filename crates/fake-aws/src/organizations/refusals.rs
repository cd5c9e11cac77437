//! What Organizations does not take.

use serde_json::json;

use crate::call::Refusal;

pub(super) fn refused(code: &str, message: impl Into<String>) -> Refusal {
    Refusal::new(400, code, message)
}

/// A quota or rule of the service, by its reason (Organizations API Reference, `ConstraintViolationException`).
pub(super) fn constraint(reason: &str) -> Refusal {
    let mut refusal = refused("ConstraintViolationException", format!("You have violated a constraint: {reason}"));
    *refusal.extra = json!({ "Reason": reason });
    refusal
}
