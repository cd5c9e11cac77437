//! What was seen when a contained identity was read again.

use super::field::{Field, field};

pub(super) const FIELDS: &[Field] = &[
    field(
        "case.radius.score",
        "number 0 to 100, optional",
        "What the identity could do before anything was done about it ([BLAST-RADIUS.md](BLAST-RADIUS.md)). Left \
         out: not judged, as where one key is in question.",
        "computed",
    ),
    field("case.radius.level", "`low`, `moderate`, `high`, `critical`", "The same, in a word.", "computed"),
    field(
        "case.radius.reasons[].kind",
        "name",
        "What kind of reason ([BLAST-RADIUS.md](BLAST-RADIUS.md)).",
        "computed",
    ),
    field("case.radius.reasons[].points", "number", "What it adds to the score.", "computed"),
    field("case.radius.reasons[].says", "text", "The reason in words.", "`iam:GetPolicyVersion` and its like"),
    field(
        "case.radius.unread[]",
        "texts, optional",
        "What could not be read, so that the score is at least this.",
        "errors",
    ),
    field("case.rounds[].number", "number from 1", "Which recheck.", "computed"),
    field("case.rounds[].at", "time", "When AWS was asked.", "function's clock"),
    field(
        "case.rounds[].found[]",
        "texts, optional",
        "What had appeared, or was gone that should hold it down. Left out: nothing new.",
        "AWS's answer",
    ),
    field("case.rounds[].unread[]", "texts, optional", "What could not be looked at, and why.", "errors"),
    field("case.followed[].what", "text", "Something that the contained identity had made elsewhere.", "CloudTrail"),
    field("case.followed[].case", "text, optional", "Its own case. Left out: none could be opened.", "case table"),
    field(
        "case.followed[].verdict",
        "name, optional",
        "How that case stood when this one was concluded.",
        "case table",
    ),
];
