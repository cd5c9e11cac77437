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
    field(
        "case.rechecking.settleSeconds",
        "number of seconds, optional",
        "The longest that IAM is taken to be inconsistent after a write. Where somebody else may be using a credential, no verdict \
         is final before twice this after the last change. Left out with all of `rechecking`: nothing is rechecked.",
        "stack's parameter `SettleSeconds`",
    ),
    field(
        "case.rechecking.trailMinutes",
        "number of minutes",
        "How long after the access was shut CloudTrail is awaited before a verdict is final; 0 where it is not read. For what \
         follows another case 16 at the most: CloudTrail's delay is 15.",
        "stack's parameter `TrailMinutes`",
    ),
    field(
        "case.rechecking.lookBackHours",
        "number of hours, optional",
        "What was made in so many hours before the identity was known to be in other hands (`case.signal.exposedSince`, or \
         `case.signal.occurredAt`) is held for a person, and does not come back by itself. Not there where CloudTrail is not read.",
        "stack's parameter `TrailHours`",
    ),
    field(
        "case.rechecking.most",
        "number",
        "How many rechecks may find something new before the rest is left to people.",
        "stack's parameter `Rechecks`",
    ),
    field(
        "case.rechecking.nextAt",
        "time, optional",
        "When the next recheck is due. Left out: none is needed, or none is left.",
        "computed",
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
