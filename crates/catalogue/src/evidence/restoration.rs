//! What was given back.

use super::field::{Field, field};

pub(super) const FIELDS: &[Field] = &[
    field("case.restoration.request.by", "ARN", "Who asked.", "`sts:GetCallerIdentity`, signed by the caller"),
    field("case.restoration.request.reason", "text", "Why, in their words.", "caller"),
    field("case.restoration.request.ticket", "text, optional", "The ticket that they named.", "caller"),
    field(
        "case.restoration.request.standing.principalId",
        "text, optional",
        "Their unique id (`AIDA…`, `AROA…:SESSION`), which stays the same under another name. Left out where AWS said none.",
        "as `by`",
    ),
    field(
        "case.restoration.request.standing.allowedBy",
        "text, optional",
        "The setting that lets them, and the entry in it. Left out before it was kept.",
        "`ApproverPrincipals`",
    ),
    field("case.restoration.at", "time", "When.", "function's clock"),
    field(
        "case.restoration.sessionsBefore",
        "time, optional",
        "Sessions issued before it stay denied. Left out where the identity was never in other hands, and before it was kept.",
        "computed",
    ),
    field(
        "case.restoration.beside[]",
        "names, optional",
        "The other cases about the identity, by which it was decided what stays.",
        "table",
    ),
    field(
        "case.restoration.steps[].step",
        "number from 0",
        "Which of `case.steps`. The last one comes first.",
        "computed",
    ),
    field(
        "case.restoration.steps[].countermeasure",
        "object",
        "As in `case.steps[]`: what was done then.",
        "`case.steps`",
    ),
    field(
        "case.restoration.steps[].answer.do",
        "name",
        "`undo`. `undo_keeping_sessions_denied`: lifted, but sessions issued before stay denied. `rotate`: stays, \
         because others may know the credential; a new one takes its place. `keep`: stays. `held`: stays for as long \
         as other cases about the identity hold it, and is undone with the last of them.",
        "computed",
    ),
    field("case.restoration.steps[].answer.why", "text", "Why, with `rotate` and `keep`.", "computed"),
    field("case.restoration.steps[].answer.by[]", "names", "The cases that hold it, with `held`.", "computed"),
    field(
        "case.restoration.steps[].outcome",
        "object, optional",
        "As in `case.steps[]`, of undoing it. Left out: not tried, or nothing to do.",
        "the step's call",
    ),
    field(
        "case.restoration.steps[].confirmation",
        "object, optional",
        "As in `case.steps[]`, of its being undone.",
        "read back",
    ),
];
