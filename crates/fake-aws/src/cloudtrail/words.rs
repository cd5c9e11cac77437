//! A call's input and result as CloudTrail writes them, and what they name.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::call::Request;

/// What no record holds. A session's token is left out too, though CloudTrail shows it: here a token opens an access path without its
/// secret key.
const SECRETS: [&str; 14] = [
    "Password",
    "OldPassword",
    "NewPassword",
    "SecretString",
    "SecretBinary",
    "SecretAccessKey",
    "SessionToken",
    "ServicePassword",
    "ServiceCredentialSecret",
    "Base32StringSeed",
    "QRCodePNG",
    "WebIdentityToken",
    "SAMLAssertion",
    "PrivateKey",
];

/// The input; null where nothing was given.
pub(super) fn parameters(request: &Request) -> Value {
    let is_form = matches!(request.service.as_str(), "iam" | "sts" | "sns");
    or_null(written("", &request.input, is_form))
}

/// The result; null where nothing is returned.
pub(super) fn elements(result: &Value) -> Value {
    or_null(written("", result, false))
}

/// IAM's errors have longer names in CloudTrail than on the wire.
pub(super) fn error_code(service: &str, code: &str) -> String {
    const LONGER: [&str; 8] = [
        "NoSuchEntity",
        "EntityAlreadyExists",
        "LimitExceeded",
        "DeleteConflict",
        "MalformedPolicyDocument",
        "InvalidInput",
        "UnmodifiableEntity",
        "ConcurrentModification",
    ];
    if service == "iam" && LONGER.contains(&code) { format!("{code}Exception") } else { code.to_owned() }
}

fn or_null(value: Value) -> Value {
    match value {
        Value::Object(members) if members.is_empty() => Value::Null,
        value => value,
    }
}

fn written(name: &str, value: &Value, is_form: bool) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(name, value)| !SECRETS.contains(&name.as_str()) && !value.is_null());
            Value::Object(
                members.map(|(name, value)| (lower(name), written(name, value, is_form))).collect::<Map<_, _>>(),
            )
        }
        Value::Array(list) => list.iter().map(|item| written(name, item, is_form)).collect(),
        Value::String(text) => of_text(name, text, is_form),
        Value::Number(seconds) if name.ends_with("Date") || name == "Expiration" => seconds
            .as_f64()
            .and_then(|seconds| Timestamp::from_millisecond(millis(seconds)).ok())
            .map_or_else(|| value.clone(), |at| us_text(at).into()),
        other => other.clone(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a date of this century")]
fn millis(seconds: f64) -> i64 {
    (seconds * 1_000.0).round() as i64
}

/// The query protocol knows texts only; CloudTrail knows what they mean.
fn of_text(name: &str, text: &str, is_form: bool) -> Value {
    if is_form && !matches!(name, "Key" | "Value") {
        match text {
            "true" => return true.into(),
            "false" => return false.into(),
            _ => {}
        }
        if matches!(name, "DurationSeconds" | "MaxItems" | "MaxSessionDuration")
            && let Ok(number) = text.parse::<u64>()
        {
            return number.into();
        }
    }
    if (name.ends_with("Date") || name == "Expiration")
        && let Ok(at) = text.parse::<Timestamp>()
    {
        return us_text(at).into();
    }
    text.into()
}

/// `Oct 5, 2026, 9:13:58 AM`
fn us_text(at: Timestamp) -> String {
    at.strftime("%b %-d, %Y, %-I:%M:%S %p").to_string()
}

/// Only the first letter: `sSHPublicKeyId`.
fn lower(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// Types and names of what a call was about, each once, in the order of the documents.
pub(super) fn resources(service: &str, documents: [&Value; 2]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for document in documents {
        collect(service, document, &mut found);
    }
    found
}

fn collect(service: &str, document: &Value, found: &mut Vec<(String, String)>) {
    match document {
        Value::Object(members) => {
            for (name, value) in members {
                match value.as_str() {
                    Some(text) => {
                        let resource = kind_of(service, name, text).map(|kind| (kind.to_owned(), text.to_owned()));
                        found.extend(
                            resource.filter(|resource| !found.contains(resource)).into_iter().collect::<Vec<_>>(),
                        );
                    }
                    None => collect(service, value, found),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|item| collect(service, item, found)),
        _ => {}
    }
}

fn kind_of(service: &str, name: &str, text: &str) -> Option<&'static str> {
    Some(match (service, name) {
        ("secretsmanager", "secretId" | "name" | "aRN") => "AWS::SecretsManager::Secret",
        ("rolesanywhere", "profileId" | "profileArn") => "AWS::RolesAnywhere::Profile",
        ("rolesanywhere", "trustAnchorId" | "trustAnchorArn") => "AWS::RolesAnywhere::TrustAnchor",
        ("iam" | "sts", "accessKeyId") => "AWS::IAM::AccessKey",
        ("iam" | "sts", "userName" | "userId" | "newUserName") => "AWS::IAM::User",
        ("iam" | "sts", "roleName" | "roleId" | "roleArn") => "AWS::IAM::Role",
        ("iam", "groupName" | "groupId") => "AWS::IAM::Group",
        ("iam", "policyArn" | "policyId" | "policyName") => "AWS::IAM::Policy",
        ("iam", "instanceProfileName" | "instanceProfileId") => "AWS::IAM::InstanceProfile",
        ("iam", "sSHPublicKeyId") => "AWS::IAM::SSHPublicKey",
        ("iam", "certificateId") => "AWS::IAM::SigningCertificate",
        ("iam", "serviceSpecificCredentialId") => "AWS::IAM::ServiceSpecificCredential",
        ("iam", "openIDConnectProviderArn") => "AWS::IAM::OIDCProvider",
        ("iam", "sAMLProviderArn") => "AWS::IAM::SAMLProvider",
        ("sts", "assumedRoleId") => "AWS::STS::AssumedRole",
        ("sts", "federatedUserId") => "AWS::STS::FederatedUser",
        ("iam" | "sts", "arn") => {
            let resource = text.split(':').nth(5).unwrap_or_default();
            match resource.split('/').next().unwrap_or_default() {
                "user" => "AWS::IAM::User",
                "role" => "AWS::IAM::Role",
                "group" => "AWS::IAM::Group",
                "policy" => "AWS::IAM::Policy",
                "instance-profile" => "AWS::IAM::InstanceProfile",
                "assumed-role" => "AWS::STS::AssumedRole",
                "federated-user" => "AWS::STS::FederatedUser",
                _ => return None,
            }
        }
        _ => return None,
    })
}
