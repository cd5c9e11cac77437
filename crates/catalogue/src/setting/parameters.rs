//! The list of parameters, by what they are about.

use super::kind::{Setting, Takes};

settings! {
    "What Severance may do" {
        MODE = Setting {
            parameter: "Mode",
            variable: Some("SEVERANCE_MODE"),
            default: "observe",
            takes: Takes::OneOf(&["observe", "review", "enforce"]),
            words: "The most that may be done, whatever the policies say. observe takes the same path up to the first \
                  mutating call and signs what it would have done. review holds every step until a person approves it. \
                  enforce acts.",
        };
        STALE_KEY_DAYS = Setting {
            parameter: "StaleKeyDays",
            variable: Some("SEVERANCE_STALE_DAYS"),
            default: "90",
            takes: Takes::Number(1, 3650),
            words: "From this age on an access key is stale (Security Hub IAM.3 says 90).",
        };
        UNUSED_KEY_DAYS = Setting {
            parameter: "UnusedKeyDays",
            variable: Some("SEVERANCE_UNUSED_DAYS"),
            default: "45",
            takes: Takes::Number(1, 400),
            words: "A credential not used for this long is unused (Security Hub IAM.22 says 45). IAM itself remembers 400 \
                  days.",
        };
        ROTATION_FUNCTION_ARNS = Setting {
            parameter: "RotationFunctionArns",
            variable: None,
            default: "",
            takes: Takes::List,
            words: "ARNs (wildcards allowed) of the functions that rotate the secrets which Severance may have rotated. \
                  RotateSecret demands that its caller may invoke them. Empty leaves it to the names that Secrets Manager \
                  itself gives (SecretsManager*) and to this stack's own functions.",
        };
    }
    "How much of it at once" {
        BREAKER_ACCOUNT_LIMIT = Setting {
            parameter: "BreakerAccountLimit",
            variable: Some("SEVERANCE_BREAKER_ACCOUNT_LIMIT"),
            default: "50",
            takes: Takes::Number(0, 1000),
            words: "Identities that are changed in one account within the window, where no danger is immediate. Past it, \
                  whatever is new of that kind becomes a review, until a person resets the breaker. 0: no limit. An identity \
                  is a slot of one DynamoDB item, which holds some thousand.",
        };
        BREAKER_ORGANIZATION_LIMIT = Setting {
            parameter: "BreakerOrganizationLimit",
            variable: Some("SEVERANCE_BREAKER_ORGANIZATION_LIMIT"),
            default: "200",
            takes: Takes::Number(0, 1000),
            words: "The same over all accounts together. 0 sets no limit.",
        };
        BREAKER_DANGER_ACCOUNT_LIMIT = Setting {
            parameter: "BreakerDangerAccountLimit",
            variable: Some("SEVERANCE_BREAKER_DANGER_ACCOUNT_LIMIT"),
            default: "50",
            takes: Takes::Number(0, 1000),
            words: "The same in one account where danger is immediate, or a person has asked: counted apart, so that hygiene \
                  cannot fill it. What a containment leads to counts with it.",
        };
        BREAKER_DANGER_ORGANIZATION_LIMIT = Setting {
            parameter: "BreakerDangerOrganizationLimit",
            variable: Some("SEVERANCE_BREAKER_DANGER_ORGANIZATION_LIMIT"),
            default: "200",
            takes: Takes::Number(0, 1000),
            words: "The same over all accounts together. 0 sets no limit.",
        };
        BREAKER_WINDOW_MINUTES = Setting {
            parameter: "BreakerWindowMinutes",
            variable: Some("SEVERANCE_BREAKER_MINUTES"),
            default: "60",
            takes: Takes::Number(1, 1440),
            words: "The breakers' sliding window.",
        };
    }
    "How far it looks after containment" {
        SETTLE_SECONDS = Setting {
            parameter: "SettleSeconds",
            variable: Some("SEVERANCE_SETTLE_SECONDS"),
            default: "15",
            takes: Takes::Number(0, 60),
            words: "The longest that IAM is taken to be inconsistent after a change. Where somebody else may be using a \
                  credential, a verdict is final at the earliest twice this after the last change. Others measured 3 to 4 \
                  seconds until a change is seen everywhere.",
        };
        TRAIL_MINUTES = Setting {
            parameter: "TrailMinutes",
            variable: Some("SEVERANCE_TRAIL_MINUTES"),
            default: "20",
            takes: Takes::Number(0, 60),
            words: "How long CloudTrail is awaited, in minutes, before a verdict is final where somebody else may be using a \
                  credential: it tells what an identity did up to 15 minutes late. People are told at once, and again if \
                  anything was found.",
        };
        RECHECKS = Setting {
            parameter: "Rechecks",
            variable: Some("SEVERANCE_RECHECKS"),
            default: "10",
            takes: Takes::Number(0, 20),
            words: "How many rechecks of a contained identity may find something new before the rest is left to people. With 0 \
                  nothing is rechecked, and a verdict about danger is never final.",
        };
        TRAIL_HOURS = Setting {
            parameter: "TrailHours",
            variable: Some("SEVERANCE_TRAIL_HOURS"),
            default: "24",
            takes: Takes::Number(0, 2000),
            words: "How many hours before an identity was known to be in other hands CloudTrail's history is searched for users, roles, \
                  policies and credentials that it made. What it made in these hours waits for a person, and its own credentials of \
                  these hours do not come back by a restoration. 0 reads nothing of CloudTrail, so that no key that was \
                  replaced is ever known to be unused.",
        };
        ROLES_ANYWHERE_REGIONS = Setting {
            parameter: "RolesAnywhereRegions",
            variable: Some("SEVERANCE_REGIONS"),
            default: "",
            takes: Takes::Matching(r"([a-z0-9-]+(,[a-z0-9-]+)*)?"),
            words: "Regions in which profiles of IAM Roles Anywhere are looked for, and the use and copies of keys that were \
                  replaced, comma separated. Empty is this one.",
        };
    }
    "How keys are rotated" {
        ROTATE_DAYS = Setting {
            parameter: "RotateDays",
            variable: Some("SEVERANCE_ROTATE_DAYS"),
            default: "90",
            takes: Takes::Number(1, 1000),
            words: "The rotation of a key that is put under management runs every so many days. Those that have their \
                  rotation already keep theirs.",
        };
        SECRETS_KEY_ARN = Setting {
            parameter: "SecretsKeyArn",
            variable: Some("SEVERANCE_SECRETS_KEY"),
            default: "",
            takes: Takes::Matching(r"(arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]+)?"),
            words: "ARN of the KMS key that encrypts the secrets which Severance makes. Its policy must let IAM decide. \
                  Empty: the account's own (aws/secretsmanager), which other accounts cannot read.",
        };
        CUTOVER_QUIET = Setting {
            parameter: "CutoverQuiet",
            variable: Some("SEVERANCE_CUTOVER_QUIET"),
            default: "workload=30m,agent=30m,pipeline=26h,*=168h",
            takes: Takes::Matching(r"((human|workload|pipeline|agent|third-party|break-glass)=[0-9]{1,5}[hms],)*\*=[0-9]{1,5}[hms]"),
            words: "How long nobody may have used a key that was replaced before it is deactivated, by class; * for all \
                  others, last. AWS moves a key's last use only every 15 minutes. The tag severance:quiet-window on a user \
                  lengthens it.",
        };
        CUTOVER_DEADLINE = Setting {
            parameter: "CutoverDeadline",
            variable: Some("SEVERANCE_CUTOVER_DEADLINE"),
            default: "workload=168h,agent=168h,*=720h",
            takes: Takes::Matching(r"((human|workload|pipeline|agent|third-party|break-glass)=[0-9]{1,5}[hms],)*\*=[0-9]{1,5}[hms]"),
            words: "So long after its rotation people are asked about a key that is still used, by class; * for all others, \
                  last.",
        };
        CUTOVER_DELETION = Setting {
            parameter: "CutoverDeletion",
            variable: Some("SEVERANCE_CUTOVER_DELETION"),
            default: "168h",
            takes: Takes::Matching(r"[0-9]{1,5}[hms]"),
            words: "How long a key that was replaced is inactive before it is deleted, for good.",
        };
        COPIES_SEARCH = Setting {
            parameter: "CopiesSearch",
            variable: None,
            default: "false",
            takes: Takes::OneOf(&["true", "false"]),
            words: "Whether copies of a key are searched for in the account's secrets, parameters, functions, build projects \
                  and task definitions. The function that does so may read all of them.",
        };
    }
    "Who answers for an identity" {
        OWNER_TAG_KEYS = Setting {
            parameter: "OwnerTagKeys",
            variable: Some("SEVERANCE_OWNER_TAGS"),
            default: "severance:owner,owner,Owner",
            takes: Takes::Text,
            words: "Tag keys that name an identity's owners, comma separated. All that are set count together.",
        };
        CLASS_TAG_KEYS = Setting {
            parameter: "ClassTagKeys",
            variable: Some("SEVERANCE_CLASS_TAGS"),
            default: "severance:class,class",
            takes: Takes::Text,
            words: "Tag keys that name an identity's class (human, workload, pipeline, agent, third-party, break-glass).",
        };
        ENVIRONMENT_TAG_KEYS = Setting {
            parameter: "EnvironmentTagKeys",
            variable: Some("SEVERANCE_ENVIRONMENT_TAGS"),
            default: "severance:environment,environment,env,Environment",
            takes: Takes::Text,
            words: "Tag keys that name an identity's environment (prod, staging, ...), comma separated. The first one set \
                  counts.",
        };
        CRITICALITY_TAG_KEYS = Setting {
            parameter: "CriticalityTagKeys",
            variable: Some("SEVERANCE_CRITICALITY_TAGS"),
            default: "severance:criticality,criticality",
            takes: Takes::Text,
            words: "Tag keys that say how much depends on an identity (low, medium, high, critical). The first one set \
                  counts.",
        };
        EXPIRY_TAG_KEYS = Setting {
            parameter: "ExpiryTagKeys",
            variable: Some("SEVERANCE_EXPIRY_TAGS"),
            default: "severance:expires-on,expires-on",
            takes: Takes::Text,
            words: "Tag keys with the day after which an identity is no longer needed, as 2030-12-31. The first one set \
                  counts.",
        };
        REVIEW_BY_TAG_KEYS = Setting {
            parameter: "ReviewByTagKeys",
            variable: Some("SEVERANCE_REVIEW_BY_TAGS"),
            default: "severance:review-by",
            takes: Takes::Text,
            words: "Tag keys with the day by which its owner must confirm an identity, as 2030-12-31. The first one set \
                  counts.",
        };
        PROFILE_PRECEDENCE = Setting {
            parameter: "ProfilePrecedence",
            variable: Some("SEVERANCE_PRECEDENCE"),
            default: "tags",
            takes: Takes::OneOf(&["tags", "registry"]),
            words: "Whose word counts where an identity's tags and its row in the registry differ. Who may tag is decided by \
                  IAM, who may write the registry by ResponderInvokePolicy.",
        };
        ORGANIZATIONAL_UNITS = Setting {
            parameter: "OrganizationalUnits",
            variable: Some("SEVERANCE_ORGANIZATIONAL_UNITS"),
            default: "",
            takes: Takes::Matching(r"(ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}(,ou-[0-9a-z]{4,32}-[0-9a-z]{8,32})*)?"),
            words: "Ids of the organizational units that the account is in, the innermost first, comma separated. Policies \
                  can refer to them. Empty: to none.",
        };
    }
    "How long people have" {
        ESCALATE_HOURS = Setting {
            parameter: "EscalateHours",
            variable: Some("SEVERANCE_ESCALATE_HOURS"),
            default: "24",
            takes: Takes::Number(1, 720),
            words: "A review that nobody answered for so long is announced once more. Less than ReviewHours.",
        };
        REVIEW_HOURS = Setting {
            parameter: "ReviewHours",
            variable: Some("SEVERANCE_REVIEW_HOURS"),
            default: "72",
            takes: Takes::Number(1, 720),
            words: "A review that nobody answered for so long ends as the policies say about silence.",
        };
        EXEMPTION_MAX_DAYS = Setting {
            parameter: "ExemptionMaxDays",
            variable: Some("SEVERANCE_EXEMPTION_MAX_DAYS"),
            default: "90",
            takes: Takes::Number(1, 3650),
            words: "The longest time that an exemption may be given for. It is never without end.",
        };
        RECERTIFY_DAYS = Setting {
            parameter: "RecertifyDays",
            variable: Some("SEVERANCE_RECERTIFY_DAYS"),
            default: "365",
            takes: Takes::Number(1, 3650),
            words: "The longest time that a recertification is good for.",
        };
        WATCH_SCHEDULE = Setting {
            parameter: "WatchSchedule",
            variable: None,
            default: "rate(15 minutes)",
            takes: Takes::Matching(r"(rate|cron)\([^()]+\)"),
            words: "How often reviews, exemptions, recertifications, rotations and replaced keys are looked through (an \
                  EventBridge schedule expression). What is due is late by as much.",
        };
    }
    "How long things are kept" {
        EVIDENCE_RETENTION_DAYS = Setting {
            parameter: "EvidenceRetentionDays",
            variable: None,
            default: "400",
            takes: Takes::Number(1, 36500),
            words: "How long an evidence object cannot be deleted.",
        };
        EVIDENCE_RETENTION_MODE = Setting {
            parameter: "EvidenceRetentionMode",
            variable: None,
            default: "GOVERNANCE",
            takes: Takes::OneOf(&["GOVERNANCE", "COMPLIANCE"]),
            words: "S3 Object Lock mode. COMPLIANCE holds against everybody, root included, for the whole time: choose it \
                  once sure.",
        };
        CASE_RETENTION_DAYS = Setting {
            parameter: "CaseRetentionDays",
            variable: Some("SEVERANCE_CASE_DAYS"),
            default: "400",
            takes: Takes::Number(30, 3650),
            words: "How long a case stays in the table, and with it the memory that an event was dealt with.",
        };
        LOG_RETENTION_DAYS = Setting {
            parameter: "LogRetentionDays",
            variable: None,
            default: "400",
            takes: Takes::NumberOf(&[30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]),
            words: "Retention of the functions' logs.",
        };
    }
    "Who hears of it and who may ask" {
        ALARM_EMAIL = Setting {
            parameter: "AlarmEmail",
            variable: None,
            default: "",
            takes: Takes::Text,
            words: "Address that gets the alarms. Empty subscribes nobody.",
        };
        BUS_NAME = Setting {
            parameter: "BusName",
            variable: None,
            default: "severance",
            takes: Takes::Matching(r"[A-Za-z0-9._-]{1,256}"),
            words: "Name of the event bus that takes offboarding requests. One per account and Region.",
        };
        OKTA_EVENT_BUS_NAME = Setting {
            parameter: "OktaEventBusName",
            variable: None,
            default: "",
            takes: Takes::Text,
            words: "Name of the event bus associated with Okta's partner event source (aws.partner/okta.com/...). Empty: no \
                  Okta rule.",
        };
        SECURITY_HUB_ACTION_ID = Setting {
            parameter: "SecurityHubActionId",
            variable: None,
            default: "Sever",
            takes: Takes::Matching(r"[A-Za-z0-9]{1,20}"),
            words: "Id of the Security Hub custom action by which a person hands findings to Severance. Other custom actions \
                  of the account are not ours and start nothing. CloudFormation cannot create it, so see infra/README.md.",
        };
        ASKER_PRINCIPALS = Setting {
            parameter: "AskerPrincipals",
            variable: Some("SEVERANCE_ASKERS"),
            default: "",
            takes: Takes::Text,
            words: "Who may ask by hand for a containment, a rotation or a verification: account ids, ARNs of roles and users \
                  (* and ? in names), unique ids (AROA..., AIDA...), comma separated. Sessions of a role count as the role. \
                  Empty: the users and roles of this account.",
        };
        APPROVER_PRINCIPALS = Setting {
            parameter: "ApproverPrincipals",
            variable: Some("SEVERANCE_APPROVERS"),
            default: "",
            takes: Takes::Text,
            words: "Who may approve, deny, restore, cut, exempt, end an exemption, reset breakers, recertify, and write the \
                  registry. As AskerPrincipals, and not contained in it. Empty: the users and roles of this account.",
        };
        NAMED_SESSION_ROLES = Setting {
            parameter: "NamedSessionRoles",
            variable: Some("SEVERANCE_NAMED_SESSIONS"),
            default: "",
            takes: Takes::Text,
            words: "Roles whose trust policy sets the name of each session (sts:RoleSessionName), as AskerPrincipals names \
                  them: their sessions under two names are two people. Those of IAM Identity Center always are. Of any other \
                  role all sessions count as one person, because a caller may choose the name.",
        };
        RESPONDER_URL = Setting {
            parameter: "ResponderUrl",
            variable: None,
            default: "false",
            takes: Takes::OneOf(&["true", "false"]),
            words: "Whether the responder can be asked at a Function URL as well (AuthType AWS_IAM), for tools that sign \
                  HTTP requests and do not speak to Lambda.",
        };
    }
    "Other accounts and the organization" {
        MEMBER_ROLE_NAME = Setting {
            parameter: "MemberRoleName",
            variable: Some("SEVERANCE_MEMBER_ROLE"),
            default: "",
            takes: Takes::Matching(r"[A-Za-z0-9_+=,.@-]{0,64}"),
            words: "Name of the role by which Severance acts in other accounts of the organization: infra/member-account.yaml makes it there, and calls it SeveranceMember. Empty: Severance acts in this account only.",
        };
        MEMBER_EXTERNAL_ID = Setting {
            parameter: "MemberExternalId",
            variable: Some("SEVERANCE_MEMBER_EXTERNAL_ID"),
            default: "",
            takes: Takes::Matching(r"([A-Za-z0-9_+=,.@:/-]{2,1224})?"),
            words: "What the member role's trust expects to hear: the ExternalId that infra/member-account.yaml was deployed \
                  with. Needed with MemberRoleName. Not a secret, but nobody's business: choose 30 random characters.",
        };
        MEMBER_ACCOUNTS = Setting {
            parameter: "MemberAccounts",
            variable: Some("SEVERANCE_MEMBER_ACCOUNTS"),
            default: "",
            takes: Takes::Matching(r"([0-9]{12}(,[0-9]{12})*)?"),
            words: "Ids of the accounts that Severance may act in besides its own, comma separated. Empty: all in which the \
                  role trusts this stack.",
        };
        IDENTITY_CENTER = Setting {
            parameter: "IdentityCenter",
            variable: Some("SEVERANCE_IDENTITY_CENTER"),
            default: "false",
            takes: Takes::OneOf(&["true", "false"]),
            words: "Whether groups and accounts are taken from users of IAM Identity Center. Only in the organization's \
                  management account: AWS lets no other ask for the accounts of a user.",
        };
        SCP_QUARANTINE = Setting {
            parameter: "ScpQuarantine",
            variable: Some("SEVERANCE_SCP_QUARANTINE"),
            default: "false",
            takes: Takes::OneOf(&["true", "false"]),
            words: "Whether the responder may deny an identity everything by a service control policy, on a person's word, \
                  where somebody in its account lifts what IAM denies. Only in the management account, or one to which \
                  policies are delegated.",
        };
        MANAGEMENT_ACCOUNT = Setting {
            parameter: "ManagementAccount",
            variable: Some("SEVERANCE_MANAGEMENT_ACCOUNT"),
            default: "",
            takes: Takes::Matching(r"([0-9]{12})?"),
            words: "Id of the organization's management account, which no service control policy binds.",
        };
    }
    "How it runs" {
        ARCHITECTURE = Setting {
            parameter: "Architecture",
            variable: None,
            default: "arm64",
            takes: Takes::OneOf(&["arm64", "x86_64"]),
            words: "arm64 costs a fifth less. The emulator runs the functions on the host, so there it is the host's.",
        };
        RESERVED_CONCURRENCY = Setting {
            parameter: "ReservedConcurrency",
            variable: None,
            default: "0",
            takes: Takes::Number(0, 1000),
            words: "Concurrency set aside for each function: nobody else's load can starve containment, and it cannot flood \
                  IAM, whose request quota is one per account. 0 sets none aside, as accounts with Lambda's initial quota \
                  of 10 must.",
        };
        ENDPOINT_URL = Setting {
            parameter: "EndpointUrl",
            variable: None,
            default: "",
            takes: Takes::Text,
            words: "Endpoint of an emulator for every AWS call of the functions. Empty in AWS.",
        };
    }
}
