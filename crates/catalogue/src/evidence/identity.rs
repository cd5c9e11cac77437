//! Whom it is about, and what is known of it.

use super::field::{Field, field};

pub(super) const FIELDS: &[Field] = &[
    field(
        "case.subject.kind",
        "name",
        "`user` (IAM), `role` (IAM), `root`, `secret` (Secrets Manager), `directory_user` (IAM Identity Center), \
         `person` (a person or workload that left and owns nothing in this account), `unresolved` (not found or not \
         readable).",
        "AWS's answer",
    ),
    field("case.subject.account", "account id", "Where it lives.", "AWS's answer"),
    field(
        "case.subject.name",
        "text",
        "User, role or secret name, or `root`. Of a `person` the first identifier that the event gave.",
        "`iam:GetUser`, `iam:GetRole`, `secretsmanager:DescribeSecret`",
    ),
    field("case.subject.arn", "ARN, optional", "Left out if AWS does not know it.", "same"),
    field(
        "case.subject.uniqueId",
        "text, optional",
        "The immutable id of a user or role. Names are reused, ids are not.",
        "`iam:GetUser`, `iam:GetRole`",
    ),
    field(
        "case.renamed.name",
        "text, optional",
        "Its name by now, where it was renamed since: AWS was asked with it. `case.subject` and the steps keep the name of before.",
        "`iam:GetAccessKeyLastUsed`, `iam:ListUsers`",
    ),
    field("case.renamed.arn", "ARN, optional", "Its ARN by now.", "`iam:GetUser`, `iam:ListUsers`"),
    field("case.renamed.at", "time, optional", "When it was found under this name.", "us"),
    field(
        "case.profile.owners[]",
        "texts",
        "All who are named, in lower case, sorted. An empty list: nobody.",
        "see `basis`",
    ),
    field(
        "case.profile.class",
        "name, optional",
        "`human`, `workload`, `pipeline`, `agent`, `third-party` or `break-glass`.",
        "see `basis`",
    ),
    field(
        "case.profile.environment",
        "text, optional",
        "Where it runs, as its owner writes it, in lower case.",
        "see `basis`",
    ),
    field(
        "case.profile.criticality",
        "name, optional",
        "What would break without it: `low`, `medium`, `high` or `critical`.",
        "see `basis`",
    ),
    field(
        "case.profile.privileged",
        "boolean, optional",
        "Whether it may administer the account. Left out: not known, which is not no.",
        "see `basis`",
    ),
    field("case.profile.expiresOn", "day, optional", "The day after which nobody means it to exist.", "see `basis`"),
    field("case.profile.reviewBy", "day, optional", "The day until which its owner must confirm it.", "see `basis`"),
    field("case.profile.basis.*.origin", "name", "Who says so: `tag`, `registry`, or `inferred` (nobody).", "computed"),
    field("case.profile.basis.*.detail", "text", "The tag keys, `registry`, or what it was inferred from.", "computed"),
    field(
        "case.profile.basis.*.confidence",
        "name",
        "`stated` for tags and the registry; for what was inferred `high` (AWS's configuration leaves little else), \
         `medium` (likely, by how it is used) or `low` (a guess by a name).",
        "computed",
    ),
];
