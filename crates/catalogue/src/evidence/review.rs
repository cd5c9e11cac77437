//! What a person was asked.

use super::field::{Field, field};

pub(super) const FIELDS: &[Field] = &[
    field(
        "case.review.plan",
        "digest",
        "Of what is shown: the identity, the steps to be taken or held, and what they rest on (keys and whether they \
         are active, console password, rotation, owners, class, environment, criticality, privileged). Ages and \
         times are no part of it. Answers name it.",
        "computed",
    ),
    field("case.review.requestedAt", "time", "When it was asked.", "function's clock"),
    field("case.review.escalateAt", "time", "When it is asked again.", "`EscalateHours`"),
    field("case.review.expiresAt", "time", "Until when it can be answered.", "`ReviewHours`"),
    field(
        "case.review.enforceOnSilence",
        "boolean",
        "Whether all held steps are taken if nobody answers: only where the policies say so of each.",
        "policies",
    ),
    field("case.review.escalatedAt", "time, optional", "When it was asked again.", "function's clock"),
    field(
        "case.review.decision.answer",
        "name, optional",
        "`approved`, `denied`, or `lapsed` (nobody answered in time). Left out while it waits.",
        "the answer",
    ),
    field("case.review.decision.by", "ARN", "Who approved or denied.", "`sts:GetCallerIdentity`, signed by the caller"),
    field("case.review.decision.reason", "text", "Why, in their words.", "caller"),
    field("case.review.decision.at", "time", "When.", "function's clock"),
    field(
        "case.review.decision.standing.principalId",
        "text, optional",
        "Their unique id (`AIDA…`, `AROA…:SESSION`), which stays the same under another name. Left out where AWS said none.",
        "as `by`",
    ),
    field(
        "case.review.decision.standing.allowedBy",
        "text, optional",
        "The setting that lets them, and the entry in it. Left out before it was kept.",
        "`ApproverPrincipals`",
    ),
    field(
        "case.review.decision.enforced",
        "boolean",
        "With `lapsed` only: whether silence meant to do it.",
        "policies and `Mode`",
    ),
];
