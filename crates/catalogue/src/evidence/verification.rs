//! What somebody had read back once more.

use super::field::{Field, field};

pub(super) const FIELDS: &[Field] = &[
    field("case.verification.request.by", "ARN", "Who asked.", "`sts:GetCallerIdentity`, signed by the caller"),
    field("case.verification.request.reason", "text", "Why, in their words.", "caller"),
    field("case.verification.request.ticket", "text, optional", "The ticket that they named.", "caller"),
    field(
        "case.verification.request.standing.principalId",
        "text, optional",
        "Their unique id (`AIDA…`, `AROA…:SESSION`), which stays the same under another name. Left out where AWS said none.",
        "as `by`",
    ),
    field(
        "case.verification.request.standing.allowedBy",
        "text, optional",
        "The setting that lets them, and the entry in it. Left out before it was kept.",
        "`AskerPrincipals`",
    ),
    field("case.verification.at", "time", "When.", "function's clock"),
    field(
        "case.verification.alive[]",
        "texts, optional",
        "What this case had ended and AWS showed not to be in effect. Left out: nothing.",
        "read back",
    ),
];
