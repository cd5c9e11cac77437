//! What exempted the identity.

use super::field::{Field, field};

pub(super) const FIELDS: &[Field] = &[
    field("case.exemptions[].id", "text", "Its name, `exm-…`.", "table"),
    field("case.exemptions[].owner", "text", "Who answers for it.", "who made it"),
    field("case.exemptions[].reason", "text", "Why it is needed.", "who made it"),
    field("case.exemptions[].ticket", "text", "Where it is followed up.", "who made it"),
    field("case.exemptions[].wayOut", "text", "What will be done so that it is not needed any more.", "who made it"),
    field(
        "case.exemptions[].createdBy",
        "ARN",
        "Who made it.",
        "`sts:GetCallerIdentity`, called with the maker's own signature",
    ),
    field("case.exemptions[].expiresAt", "time", "When it stops counting.", "who made it"),
    field("case.exemptions[].covered[]", "names", "The countermeasures of this plan that it covered.", "computed"),
    field(
        "case.exemptions[].standing.principalId",
        "text, optional",
        "Their unique id (`AIDA…`, `AROA…:SESSION`), which stays the same under another name. Left out where AWS said none.",
        "as `createdBy`",
    ),
    field(
        "case.exemptions[].standing.allowedBy",
        "text, optional",
        "The setting that lets them, and the entry in it. Left out before it was kept.",
        "`ApproverPrincipals`",
    ),
];
