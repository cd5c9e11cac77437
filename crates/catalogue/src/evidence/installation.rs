//! The stack that states it.

use super::field::{Field, field};

pub(super) const FIELDS: &[Field] = &[
    field("stack.name", "text", "The CloudFormation stack.", "configuration"),
    field("stack.account", "account id, 12 digits", "Where it runs.", "configuration"),
    field("stack.region", "Region", "Where it runs.", "configuration"),
    field("stack.version", "version", "Of Severance, when it wrote the record.", "build"),
    field("stack.signingKey.arn", "ARN", "The KMS key that signs, not an alias of it.", "configuration"),
    field(
        "stack.signingKey.fingerprint",
        "text",
        "The fingerprint of its public key.",
        "`kms:GetPublicKey`, once per process",
    ),
];
