//! Which calls change access in a way that no step ends, and which change none: one card for each group.
//!
//! Sources: service authorization reference, "Permissions management" and "Write" actions of each service; `CloudTrail` user guide
//! on `readOnly`. What stands on no card and is no read is a write that nobody here understands.

use serde_json::Value;

/// Calls that are told in the same words.
struct Group {
    /// The service, as policies name it.
    service: &'static str,
    /// The calls. One that ends in `*` stands for all that begin so.
    calls: &'static [&'static str],
    /// What the call does, in words that follow "which".
    words: &'static str,
}

/// Doors: what lets somebody in, or on, beside the identities that are ended, and does not end by itself.
const DOORS: &[Group] = &[
    Group {
        service: "iam",
        calls: &[
            "CreateSAMLProvider",
            "UpdateSAMLProvider",
            "CreateOpenIDConnectProvider",
            "AddClientIDToOpenIDConnectProvider",
            "UpdateOpenIDConnectProviderThumbprint",
        ],
        words: "lets in whoever an identity provider vouches for, by each role that trusts it",
    },
    Group {
        service: "iam",
        calls: &["UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy", "SetSecurityTokenServicePreferences"],
        words: "changes how everybody in the account signs in",
    },
    Group {
        service: "rolesanywhere",
        calls: &["*TrustAnchor", "*Profile", "*Crl", "PutAttributeMapping", "DeleteAttributeMapping"],
        words: "decides which certificates start sessions, and of which roles",
    },
    Group { service: "sso", calls: &["*"], words: "changes who enters which account by IAM Identity Center" },
    Group { service: "sso-directory", calls: &["*"], words: "changes who is in the directory of IAM Identity Center" },
    Group { service: "identitystore", calls: &["*"], words: "changes who is in the directory of IAM Identity Center" },
    Group {
        service: "organizations",
        calls: &["*"],
        words: "changes the organization, and with it what binds its accounts",
    },
    Group {
        service: "account",
        calls: &["*"],
        words: "changes the account itself: its Regions, or whom AWS writes to",
    },
    Group {
        service: "signin",
        calls: &["PutResourcePermissionStatement", "PutConsoleAuthorizationConfiguration"],
        words: "changes who may sign in to the console",
    },
    Group { service: "cloudtrail", calls: &["*"], words: "changes what is recorded of anybody's calls" },
    Group { service: "guardduty", calls: &["*"], words: "changes what is watched for" },
    Group {
        service: "ec2",
        calls: &[
            "RunInstances",
            "AssociateIamInstanceProfile",
            "ReplaceIamInstanceProfileAssociation",
            "CreateLaunchTemplate*",
            "ModifyInstanceAttribute",
            "RequestSpotInstances",
            "RequestSpotFleet",
            "CreateFleet",
        ],
        words: "runs a program, with the sessions of a role for as long as it runs",
    },
    Group {
        service: "lambda",
        calls: &["AddPermission", "AddLayerVersionPermission", "CreateFunctionUrlConfig", "UpdateFunctionUrlConfig"],
        words: "lets others call a function, which has a role of its own",
    },
    Group {
        service: "lambda",
        calls: &["CreateFunction", "UpdateFunctionCode", "UpdateFunctionConfiguration", "CreateEventSourceMapping"],
        words: "runs a program, with the sessions of a role for as long as it is there",
    },
    Group {
        service: "ecs",
        calls: &["RegisterTaskDefinition", "RunTask", "StartTask", "CreateService", "UpdateService"],
        words: "runs a program, with the sessions of a role for as long as it runs",
    },
    Group {
        service: "cloudformation",
        calls: &["*"],
        words: "has resources made or changed, by a role if one was handed over",
    },
    Group {
        service: "ssm",
        calls: &[
            "SendCommand",
            "StartSession",
            "StartAutomationExecution",
            "CreateAssociation",
            "ModifyDocumentPermission",
        ],
        words: "runs commands on instances, with the sessions of their roles",
    },
    Group {
        service: "s3",
        calls: &["PutBucketPolicy", "PutBucketAcl", "*AccessPoint*", "*PublicAccessBlock", "PutBucketReplication"],
        words: "lets others reach a bucket",
    },
    Group {
        service: "kms",
        calls: &["PutKeyPolicy", "CreateGrant", "ScheduleKeyDeletion", "DisableKey", "ReplicateKey"],
        words: "decides who may use a key, and for how long it is there",
    },
    Group {
        service: "secretsmanager",
        calls: &["PutResourcePolicy", "ReplicateSecretToRegions", "RotateSecret"],
        words: "lets others read a secret, or has it written",
    },
    Group {
        service: "sns",
        calls: &["AddPermission", "SetTopicAttributes", "Subscribe"],
        words: "lets others hear or speak by a topic",
    },
    Group {
        service: "sqs",
        calls: &["AddPermission", "SetQueueAttributes"],
        words: "lets others hear or speak by a queue",
    },
    Group {
        service: "ecr",
        calls: &["SetRepositoryPolicy", "PutRegistryPolicy", "PutReplicationConfiguration"],
        words: "lets others reach images",
    },
    Group { service: "ram", calls: &["*"], words: "shares resources with other accounts" },
    Group { service: "cognito-identity", calls: &["*"], words: "decides who gets sessions by an identity pool" },
];

/// What changes nobody's access, or only takes it away, or is seen by listing the identity itself.
const HARMLESS: &[Group] = &[
    Group {
        service: "iam",
        calls: &[
            // Credentials that end; what is set active again is read as made.
            "DeleteAccessKey",
            "UpdateAccessKey",
            "DeleteLoginProfile",
            "DeleteSSHPublicKey",
            "UpdateSSHPublicKey",
            "DeleteSigningCertificate",
            "UpdateSigningCertificate",
            "DeleteServiceSpecificCredential",
            "UpdateServiceSpecificCredential",
            "ChangePassword",
            // Whoever is gone has nothing. Policies are deleted only once nobody has them.
            "DeleteUser",
            "DeleteRole",
            "DeleteGroup",
            "DeletePolicy",
            "DeletePolicyVersion",
            "DeleteInstanceProfile",
            "RemoveRoleFromInstanceProfile",
            "DeleteSAMLProvider",
            "DeleteOpenIDConnectProvider",
            "RemoveClientIDFromOpenIDConnectProvider",
            "DeleteVirtualMFADevice",
            // An empty group, an empty profile, a device of nobody: what is put into them has records of its own.
            "CreateGroup",
            "UpdateGroup",
            "CreateInstanceProfile",
            "CreateVirtualMFADevice",
            "ResyncMFADevice",
            "UpdateRole",
            "UpdateRoleDescription",
            "TagPolicy",
            "UntagPolicy",
            "GenerateCredentialReport",
            "GenerateServiceLastAccessedDetails",
        ],
        words: "",
    },
    // Not those of lists of revoked certificates, which are good again without one.
    Group {
        service: "rolesanywhere",
        calls: &["DeleteProfile", "DisableProfile", "DeleteTrustAnchor", "DisableTrustAnchor"],
        words: "",
    },
    // Sessions of their own, which a denial ends.
    Group {
        service: "signin",
        calls: &[
            "ConsoleLogin",
            "CheckMfa",
            "CredentialVerification",
            "CredentialChallenge",
            "UserAuthentication",
            "GetSigninToken",
            "ExitRole",
            "RenewRole",
            "Logout",
            "CreateOAuth2Token*",
        ],
        words: "",
    },
    Group { service: "kms", calls: &["RetireGrant", "RevokeGrant"], words: "" },
];

/// A call in the words of its group; none where nobody here understands it.
pub(super) fn door(service: &str, name: &str) -> Option<&'static str> {
    of(DOORS, service, name).map(|group| group.words)
}

/// Whether a call that is no read leaves everybody's access as it is, or takes it away.
pub(super) fn is_harmless(service: &str, name: &str) -> bool {
    of(HARMLESS, service, name).is_some()
}

/// Whether CloudTrail counts a call among the reads; where it does not say, as the call is named.
pub(super) fn is_read(record: &Value, name: &str) -> bool {
    match record.get("readOnly") {
        Some(Value::Bool(read)) => *read,
        Some(Value::String(read)) => read == "true",
        _ => ["Get", "List", "Describe", "Head", "Lookup", "Search"].iter().any(|read| name.starts_with(read)),
    }
}

/// A call without the version that some services put behind it: `AddPermission20150331v2`.
pub(super) fn plain(name: &str) -> &str {
    let is_version = |rest: &str| {
        let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'_').count();
        let rest = rest.get(digits..).unwrap_or_default();
        digits >= 8 && (rest.is_empty() || rest.starts_with('v'))
    };
    let at = name.find("20").filter(|at| *at > 0 && name.get(*at..).is_some_and(is_version));
    at.and_then(|at| name.get(..at)).unwrap_or(name)
}

fn of(groups: &'static [Group], service: &str, name: &str) -> Option<&'static Group> {
    groups.iter().find(|group| group.service == service && group.calls.iter().any(|call| is_like(call, name)))
}

fn is_like(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(""), _) => true,
        (Some(rest), Some(_)) => name.contains(rest.trim_end_matches('*')),
        (Some(end), None) => name.ends_with(end),
        (None, Some(begin)) => name.starts_with(begin),
        (None, None) => name == pattern,
    }
}
