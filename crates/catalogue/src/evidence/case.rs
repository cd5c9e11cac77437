//! The case itself.

use super::field::{Field, field};

pub(super) const FIELDS: &[Field] = &[
    field(
        "case.id",
        "text",
        "`sev-` and 20 hexadecimal digits of the SHA-256 of signal kind, subject and finding id: the same claim \
         about the same identity has the same name.",
        "computed",
    ),
    field("case.revision", "number from 1", "Grows by one with each published state.", "case table"),
    field(
        "case.previous",
        "digest or null",
        "Of the payload of the revision before; null in revision 1.",
        "case table",
    ),
    field("case.openedAt", "time", "When the case was opened.", "function's clock"),
    field("case.concludedAt", "time", "When this revision's verdict was reached.", "function's clock"),
    field(
        "case.mode",
        "name",
        "The most that the stack did by itself. `observe`: nothing is changed, only said. `review`: what a person \
         approves is done. `enforce`: steps are taken.",
        "stack's parameter `Mode`",
    ),
    field("case.verdict", "name", "See [Verdicts](#verdicts).", "computed from `case.steps`"),
    field(
        "case.notes[]",
        "texts, optional",
        "Why there are no more, or no, steps; that the situation changed since a plan was held.",
        "decision",
    ),
    field("case.leftOut.notes", "number, optional", "Notes that were counted and not kept.", "computed"),
    field("case.leftOut.found", "number, optional", "Findings of rechecks that were counted and not kept.", "computed"),
    field("case.leftOut.unread", "number, optional", "What was not read, counted and not kept.", "computed"),
    field(
        "case.leftOut.followed",
        "number, optional",
        "Things that it made and that no case follows, counted and not named. The verdict is `partial`.",
        "computed",
    ),
    field(
        "case.leftOut.steps",
        "number, optional",
        "Steps that would have been taken beyond those of one case. A person is asked, and the verdict is `partial`.",
        "computed",
    ),
];
