//! The envelope of what is stated.

use super::field::{Field, field};

pub(super) const FIELDS: &[Field] = &[
    field("_type", "text", "Always `https://in-toto.io/Statement/v1`.", ""),
    field(
        "subject[].name",
        "text",
        "The identity's ARN, or name and account if there is none. Exactly one subject.",
        "`case.subject`",
    ),
    field(
        "subject[].digest.sha256",
        "digest",
        "Of the canonical JSON of `case.subject`: an identity is no file with bytes of its own.",
        "computed",
    ),
    field("predicateType", "text", "Always `urn:severance:evidence:v1`.", ""),
];
