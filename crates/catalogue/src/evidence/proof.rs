//! What is proven, and what is not.

use super::field::{Field, field};

pub(super) const FIELDS: &[Field] = &[
    field("proof.state[]", "texts", "What AWS showed when each step was read back.", "computed from the case"),
    field("proof.notProven[]", "texts", "What is not proven, and what may live on.", "computed from the case"),
    field(
        "proof.residual[].what",
        "text",
        "Of that, what can neither be listed nor ended, but ends by itself.",
        "computed from the case",
    ),
    field(
        "proof.residual[].atMostHours",
        "number",
        "The longest that it lives on, in hours after the last step was taken.",
        "AWS's documented maxima",
    ),
];
