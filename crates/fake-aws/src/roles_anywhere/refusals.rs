//! What Roles Anywhere does not take.

use crate::call::{Call, Refusal};

pub(super) fn invalid(why: &str) -> Refusal {
    Refusal::new(400, "ValidationException", why)
}

pub(super) fn gone(what: &str) -> Refusal {
    Refusal::new(404, "ResourceNotFoundException", format!("{what} not found"))
}

/// "[ a-zA-Z0-9-_]*", 1 to 255 (API reference, `ResourceName`).
pub(super) fn name_of(call: &Call) -> Result<String, Refusal> {
    let name = call.text("name");
    let is_name = |c: char| c.is_ascii_alphanumeric() || " -_".contains(c);
    if (1..=255).contains(&name.len()) && name.chars().all(is_name) {
        Ok(name.to_owned())
    } else {
        Err(invalid("1 validation error detected: Value at 'name' failed to satisfy constraint"))
    }
}
