//! Every way to a session, by CloudTrail's record of it.
//!
//! Sources: API references of STS (`AssumeRole`, `AssumeRoleWithSAML`, `AssumeRoleWithWebIdentity`, `AssumeRoot`, `GetSessionToken`,
//! `GetFederationToken`, `GetDelegatedAccessToken`, `GetScopedCredentials`), of IAM Roles Anywhere (`CreateSession`), of Identity
//! Center's portal (`GetRoleCredentials`) and of Cognito identities (`GetCredentialsForIdentity`); `CloudTrail` user guide, "AWS
//! Management Console sign-in events" (`SwitchRole`). CloudTrail counts most of them among the reads.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::words::ids::{AccessKeyId, Arn};

/// How long a session lasts at most: of a role, of a user (`GetSessionToken`, `GetFederationToken`), of a member account's root.
const ROLE_LASTS: SignedDuration = SignedDuration::from_hours(12);
const USER_LASTS: SignedDuration = SignedDuration::from_hours(36);
const ROOT_LASTS: SignedDuration = SignedDuration::from_mins(15);

/// Whose rights a session has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionOf {
    /// Those of whoever started it.
    Starter,
    /// A role's.
    Role(Arn),
    /// Those of an account's root, by the account's id or ARN.
    Root(String),
    /// The record does not say.
    Unsaid,
}

/// A session that somebody started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The id of its key; none where the record does not hold it.
    pub key: Option<AccessKeyId>,
    /// Whose rights it has.
    pub of: SessionOf,
    /// When it ends at the latest.
    pub ends_at: Timestamp,
}

impl Session {
    /// In a reader's words.
    pub fn words(&self) -> String {
        let key = self.key.as_ref().map_or_else(|| "of an unknown key".to_owned(), ToString::to_string);
        match &self.of {
            SessionOf::Starter => format!("session {key}"),
            SessionOf::Role(role) => format!("session {key} of role {role}"),
            SessionOf::Root(account) => format!("session {key} of the root user of {account}"),
            SessionOf::Unsaid => format!("session {key}, nobody knows whose"),
        }
    }
}

/// The session that a call started, if it started one. Of a call that is not listed here, too, where its record holds a key.
pub(super) fn started(service: &str, name: &str, record: &Value, at: Timestamp) -> Option<Session> {
    let text = |path: &str| record.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty());
    let issued = [
        "/responseElements/credentials",
        "/responseElements/credentialSet/0/credentials",
        "/responseElements/roleCredentials",
    ];
    let issued = issued.iter().find_map(|path| record.pointer(path)).filter(|issued| issued.is_object());
    let of_issued = |field: &str| issued.and_then(|issued| issued.get(field));
    let key = of_issued("accessKeyId").and_then(Value::as_str).and_then(|key| AccessKeyId::try_from(key).ok());
    let role = || {
        let assumed =
            ["/responseElements/assumedRoleUser/arn", "/responseElements/credentialSet/0/assumedRoleUser/arn"];
        arn(text("/requestParameters/roleArn"))
            .or_else(|| arn(text("/responseElements/roleArn")))
            .or_else(|| assumed.iter().find_map(|path| text(path)).and_then(role_of_session))
            .map_or(SessionOf::Unsaid, SessionOf::Role)
    };
    let (of, longest) = match (service, name) {
        ("sts", "AssumeRole" | "AssumeRoleWithSAML" | "AssumeRoleWithWebIdentity")
        | ("rolesanywhere", "CreateSession") => (role(), ROLE_LASTS),
        ("signin", "SwitchRole") => (switched_to(record), ROLE_LASTS),
        ("sts", "GetSessionToken" | "GetFederationToken" | "GetScopedCredentials") => (SessionOf::Starter, USER_LASTS),
        ("sts", "AssumeRoot") => {
            let account = text("/requestParameters/targetPrincipal").unwrap_or("another account");
            (SessionOf::Root(account.to_owned()), ROOT_LASTS)
        }
        ("sts", "GetDelegatedAccessToken") => (SessionOf::Unsaid, ROLE_LASTS),
        // Whatever else gives credentials away: those of Identity Center, Cognito, and what nobody has heard of yet.
        _ if key.is_some() => (role(), USER_LASTS),
        _ => return None,
    };
    let said = of_issued("expiration").and_then(moment);
    let asked = record.pointer("/requestParameters/durationSeconds").and_then(Value::as_i64);
    let asked = asked.filter(|seconds| (0..=longest.as_secs()).contains(seconds)).map(SignedDuration::from_secs);
    let ends_at = said.unwrap_or_else(|| at + asked.unwrap_or(longest));
    Some(Session { key, of, ends_at })
}

/// The role that somebody switched to in the console: the record is by the new session, and says what it was switched from.
fn switched_to(record: &Value) -> SessionOf {
    let text = |path: &str| record.pointer(path).and_then(Value::as_str);
    let said = arn(text("/userIdentity/sessionContext/sessionIssuer/arn"))
        .or_else(|| role_of_session(text("/userIdentity/arn")?));
    said.map_or(SessionOf::Unsaid, SessionOf::Role)
}

/// `arn:aws:sts::111122223333:assumed-role/deploy/session`, as the role's own: without its path, which a session's does not say.
fn role_of_session(session: &str) -> Option<Arn> {
    let session = Arn::try_from(session).ok()?;
    let role = session.resource().strip_prefix("assumed-role/")?.split('/').next()?;
    let (partition, account) = (session.partition(), session.account());
    Arn::try_from(format!("arn:{partition}:iam::{account}:role/{role}").as_str()).ok()
}

/// `Oct 5, 2026, 9:13:58 AM`, as STS has it, an ISO date, or seconds.
fn moment(value: &Value) -> Option<Timestamp> {
    if let Some(seconds) = value.as_i64() {
        return Timestamp::from_second(seconds).ok();
    }
    let text = value.as_str()?;
    // Newer records have a narrow space before the half of the day.
    let plain = text.replace('\u{202f}', " ");
    let by_words = || DateTime::strptime("%b %d, %Y, %I:%M:%S %p", &plain).ok()?.to_zoned(TimeZone::UTC).ok();
    text.parse().ok().or_else(|| by_words().map(|moment| moment.timestamp()))
}

pub(super) fn arn(text: Option<&str>) -> Option<Arn> {
    Arn::try_from(text?).ok()
}
