//! What was planned, decided, done and seen.

use super::field::{Field, field};

pub(super) const FIELDS: &[Field] = &[
    field("case.steps[].countermeasure.type", "name", "See [Countermeasures](#countermeasures).", "decision"),
    field(
        "case.steps[].round",
        "number, optional",
        "The recheck after which it was planned, see [Rechecks](#rechecks). Left out for the first plan.",
        "computed",
    ),
    field(
        "case.steps[].disposition",
        "name",
        "What was decided in the end. `enforce`: do it. `observe`: only say it. `review`: a person decides. \
         `refuse`: never done by Severance. `decline`: a person decided against it, or nobody decided in time.",
        "decision",
    ),
    field("case.steps[].reason", "text", "Why the step fits: the claim, and what AWS says of it.", "decision"),
    field(
        "case.steps[].doubt",
        "name, optional",
        "Of what somebody did and a person must judge: `open`, or `judged` once a person has answered. What is judged costs the \
         verdict no more; what silence answered does.",
        "decision",
    ),
    field(
        "case.steps[].ruling.answer",
        "name",
        "What the policies alone answered: `enforce`, `review` or `observe`.",
        "policies",
    ),
    field(
        "case.steps[].ruling.policies[].id",
        "text",
        "A policy that led to it, by its `@id`. `no-policy-permits-enforce` and `policies-not-asked` are no \
         policies, but say that there was none, or that they could not be asked.",
        "policies",
    ),
    field("case.steps[].ruling.policies[].says", "text, optional", "Its `@reason`; or how it failed.", "policies"),
    field(
        "case.steps[].ruling.enforceOnSilence",
        "boolean",
        "Whether the policies let it be done if nobody answers.",
        "policies",
    ),
    field(
        "case.steps[].ruling.loweredBy",
        "text, optional",
        "What lowered the answer to `disposition`: a refusal, the open breaker, the stack's mode, a denial, silence.",
        "decision",
    ),
    field(
        "case.steps[].intentAt",
        "time or null",
        "When it was stored that the step would be taken, which is before it is; null if it is not to be.",
        "function's clock",
    ),
    field("case.steps[].outcome", "object or null", "null: not taken (yet).", ""),
    field(
        "case.steps[].outcome.result",
        "name",
        "`applied`: AWS accepted the call. `already_in_effect`: there was nothing to change. `failed`: refused or \
         not answered.",
        "the step's call",
    ),
    field("case.steps[].outcome.at", "time", "", "function's clock"),
    field(
        "case.steps[].outcome.note",
        "text, optional",
        "What a reader should know beside it; how it was, for `already_in_effect`.",
        "the step's call",
    ),
    field("case.steps[].outcome.action", "text", "The IAM action that `failed`.", "the step's call"),
    field("case.steps[].outcome.code", "text", "AWS's error code, such as `AccessDenied`.", "the step's call"),
    field("case.steps[].outcome.message", "text", "AWS's own words.", "the step's call"),
    field(
        "case.steps[].outcome.retryable",
        "boolean",
        "Whether it will be tried again; a later revision then follows.",
        "the step's call",
    ),
    field("case.steps[].confirmation", "object or null", "null: not read back, because not taken or failed.", ""),
    field(
        "case.steps[].confirmation.state",
        "name",
        "`confirmed`: AWS shows the effect. `unconfirmed`: the wait ended without it.",
        "read back, see [Countermeasures](#countermeasures)",
    ),
    field("case.steps[].confirmation.at", "time", "When it was seen, or when the wait ended.", "function's clock"),
    field("case.steps[].confirmation.observed", "text", "What was seen, and by which call.", "read back"),
    field("case.steps[].confirmation.reason", "text", "What was seen instead.", "read back"),
    field(
        "case.steps[].confirmation.contradicted",
        "boolean, optional",
        "true: AWS showed that the step is not in effect. Left out: it showed nothing.",
        "read back",
    ),
];
