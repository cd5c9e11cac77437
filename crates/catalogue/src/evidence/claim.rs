//! What was claimed, and by whom.

use super::field::{Field, field};

pub(super) const FIELDS: &[Field] = &[
    field("case.signal.kind", "name", "What is claimed, see below.", "event"),
    field("case.signal.source", "name", "Who claims it, see below.", "event"),
    field("case.signal.eventId", "text", "The id of the EventBridge event.", "event"),
    field(
        "case.signal.findingId",
        "text",
        "What names the claim at its source and stays the same when it is repeated.",
        "event",
    ),
    field("case.signal.rule", "text", "The source's own name for it: finding type, control id, event name.", "event"),
    field("case.signal.account", "account id", "Of the identity, not of the sender.", "event"),
    field("case.signal.region", "Region", "Of the event.", "event"),
    field(
        "case.signal.severity",
        "name",
        "`informational`, `low`, `medium`, `high` or `critical`, as the source sees it.",
        "event",
    ),
    field("case.signal.occurredAt", "time", "When it happened or was found.", "event"),
    field(
        "case.signal.exposedSince",
        "time, optional",
        "Since when it has been in other hands, where the source says so and that is earlier.",
        "event",
    ),
    field(
        "case.signal.subject.type",
        "name",
        "Whom the event names: `user`, `role`, `root`, `secret`, `directory_user` (of IAM Identity Center), `person` \
         (all identities that a person owns), `workload` (all that a workload owns), `access_key_only` (only \
         `case.signal.accessKey` is known).",
        "event",
    ),
    field("case.signal.subject.name", "text, optional", "Name of the user or role.", "event"),
    field("case.signal.subject.arn", "ARN, optional", "Of the user, role or secret.", "event"),
    field("case.signal.subject.uniqueId", "text, optional", "`AIDA…` or `AROA…`.", "event"),
    field("case.signal.subject.id", "text, optional", "Of a `directory_user`: the id in the directory.", "event"),
    field("case.signal.subject.identifiers[]", "texts, optional", "All names of the person or workload.", "event"),
    field("case.signal.accessKey", "access key id, optional", "The key in question.", "event"),
    field(
        "case.signal.furtherKeys[]",
        "list of access key ids, optional",
        "Further keys that the identity acted with, where the event names several.",
        "event",
    ),
    field("case.signal.title", "text", "One line for a reader.", "event"),
    field(
        "case.signal.request.by",
        "ARN, optional",
        "Who asked by hand. Left out where an event or the schedule did.",
        "`sts:GetCallerIdentity`, signed by the caller",
    ),
    field("case.signal.request.reason", "text", "Why, in their words.", "caller"),
    field("case.signal.request.ticket", "text, optional", "The ticket that they named.", "caller"),
    field(
        "case.signal.request.standing.principalId",
        "text, optional",
        "Their unique id (`AIDA…`, `AROA…:SESSION`), which stays the same under another name. Left out where AWS said none.",
        "as `by`",
    ),
    field(
        "case.signal.request.standing.allowedBy",
        "text, optional",
        "The setting that lets them, and the entry in it. Left out before it was kept.",
        "`AskerPrincipals`",
    ),
    field(
        "case.signal.follows.case",
        "text, optional",
        "The containment that found it. Left out where no containment did.",
        "computed",
    ),
    field(
        "case.signal.follows.generation",
        "number from 1",
        "How many containments lie between it and the first.",
        "computed",
    ),
    field(
        "case.signal.follows.planted.type",
        "name, optional",
        "The one credential that a contained identity put on an identity which others use: `access_key`, \
         `console_password`, `ssh_public_key`, `signing_certificate` or `service_credential`. Left out where the \
         contained identity made all of it.",
        "CloudTrail",
    ),
    field("case.signal.follows.planted.id", "text, optional", "Its id; a password has none.", "CloudTrail"),
    field(
        "case.signal.cutover.stage",
        "name, optional",
        "Of a key that a rotation replaced, what its cutover asks for. `quiet`: nobody uses it any more, so it is \
         deactivated. `deadline`: it is still used at its deadline, or nobody can say that it is not, or somebody \
         asked for its end. `deletion`: it has been inactive long enough. Left out with all of `cutover` where no \
         replaced key is in question.",
        "computed",
    ),
    field("case.signal.cutover.secret", "ARN", "The secret whose current version holds the new key.", "case table"),
    field(
        "case.signal.cutover.replacedBy",
        "access key id",
        "The new key. The old one is `case.signal.accessKey`.",
        "case table",
    ),
    field(
        "case.signal.cutover.openedAt",
        "time",
        "When the new key was about to become the current one. Who used the old one since has not moved.",
        "function's clock",
    ),
    field(
        "case.signal.cutover.quietFor",
        "duration, ISO 8601",
        "How long nobody may have used it, such as `PT30M`.",
        "`CutoverQuiet`, tag `severance:quiet-window`",
    ),
    field("case.signal.cutover.deadline", "time", "When people are asked about it.", "`CutoverDeadline`"),
    field(
        "case.signal.cutover.lastUsedAt",
        "time, optional",
        "Its last use, before or after it was replaced. AWS moves it every 15 minutes. Left out: IAM knows of none, \
         or was not asked.",
        "`iam:GetAccessKeyLastUsed`",
    ),
    field(
        "case.signal.cutover.consumers[].sourceIp",
        "text, optional",
        "Who used it since it was replaced: the address, or the AWS service that called for it.",
        "`cloudtrail:LookupEvents`",
    ),
    field(
        "case.signal.cutover.consumers[].userAgent",
        "text",
        "What it calls itself. Its own words, which may be anything.",
        "same",
    ),
    field("case.signal.cutover.consumers[].service", "text", "The service that it called.", "same"),
    field("case.signal.cutover.consumers[].region", "Region", "Where.", "same"),
    field(
        "case.signal.cutover.consumers[].lastSeen",
        "time",
        "The last of its calls that was read. CloudTrail shows a call about five minutes late.",
        "same",
    ),
    field("case.signal.cutover.consumers[].calls", "number", "How many of its calls were read.", "same"),
    field(
        "case.signal.cutover.copies.found[].place",
        "name, optional",
        "Where a copy of the old key stands: `secret`, `parameter` (SSM), `function_environment` (Lambda), \
         `build_project` (CodeBuild), `task_definition` (ECS). Left out: none was found.",
        "copies search",
    ),
    field("case.signal.cutover.copies.found[].arn", "ARN", "Which one.", "same"),
    field("case.signal.cutover.copies.found[].region", "Region", "Where it is.", "same"),
    field(
        "case.signal.cutover.copies.found[].field",
        "text, optional",
        "The name of the variable or field. Never a value.",
        "same",
    ),
    field(
        "case.signal.cutover.copies.found[].how",
        "name",
        "What makes it a copy: `names_key`, it holds the key's id.",
        "same",
    ),
    field(
        "case.signal.cutover.copies.found[].updated.written.version",
        "text, optional",
        "It holds the new key since that search, in this version. In the place of `updated` stands `would_be` where \
         it would have been written, and nothing where nothing was asked for.",
        "same",
    ),
    field(
        "case.signal.cutover.copies.found[].updated.already.version",
        "text, optional",
        "An earlier search had written it.",
        "same",
    ),
    field(
        "case.signal.cutover.copies.found[].updated.left.why",
        "text, optional",
        "It still holds the old key, and why.",
        "same",
    ),
    field(
        "case.signal.cutover.copies.unread[]",
        "texts, optional",
        "What was not searched, and why. There may be copies that nobody knows of.",
        "same",
    ),
    field(
        "case.signal.cutover.unread[]",
        "texts, optional",
        "What could not be read about its use, and why. While there is any, the key does not count as unused.",
        "errors",
    ),
    field("case.signal.eventDigest", "digest", "Of the canonical JSON of the raw event.", "computed"),
];
