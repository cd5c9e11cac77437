//! Sessions into the accounts that identities live in.
//!
//! The functions run in the hub account. In a member account they assume one role, for fifteen minutes, under a name
//! that says which case it is for, and with a session policy that leaves of the role's permissions what this one
//! subject and plan need. In the hub's own account there is no role to assume: the same code gets the function's own
//! configuration, whose permissions are those of its role.

mod scope;

use std::fmt;
use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_sdk_sts::config::retry::RetryPartition;
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use severance_domain::case::CaseId;
use severance_domain::digest::Digest;
use severance_domain::ids::{AccountId, InvalidId};
use severance_domain::signal::Signal;

use crate::calls::CallCounter;
use crate::error::AwsError;

pub use scope::{POLICY_LIMIT, Scope, ScopeError, resources};

const ACTION: &str = "sts:AssumeRole";

/// The shortest that AWS gives. An invocation lasts a minute.
const SECONDS: i32 = 900;

/// What the role in every member account is called, and what its trust demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The role's name, without a path.
    pub role_name: String,
    /// What its trust policy expects to hear.
    pub external_id: ExternalId,
    /// The accounts that may be entered; empty for all in which the role trusts this stack.
    pub accounts: Vec<AccountId>,
}

impl Member {
    /// Whether a role can be called that, by IAM's own rule.
    pub fn is_role_name(text: &str) -> bool {
        (1..=64).contains(&text.len()) && text.bytes().all(is_plain)
    }
}

/// The external id of the members' trust. AWS does not count it among secrets, but it is nobody's business: it is shown
/// nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalId(String);

impl ExternalId {
    /// What a text must be to be accepted: AWS's own rule.
    pub const EXPECTED: &'static str = "2 to 1224 letters, digits and _+=,.@:/-";
}

impl TryFrom<&str> for ExternalId {
    type Error = InvalidId;

    fn try_from(text: &str) -> Result<Self, InvalidId> {
        if (2..=1224).contains(&text.len()) && text.bytes().all(|b| is_word(b) || b"+=,.@:/-".contains(&b)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId { expected: Self::EXPECTED })
        }
    }
}

impl fmt::Debug for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExternalId(not shown)")
    }
}

/// Who acts, as `CloudTrail` of the member account shows it in each call of a session: `sev-…`. The members' trust
/// demands it, and nothing can change it within the session.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceIdentity(String);

impl SourceIdentity {
    /// What a text must be to be accepted: AWS's own rule, and what the members' trust expects.
    pub const EXPECTED: &'static str = "sev- and more, at most 64 letters, digits and _+=,.@-";

    /// For what is done for a case: the case's name. The slash before a revision's number is none of the characters
    /// that STS takes.
    pub fn of_case(case: &CaseId) -> Self {
        let id = case.as_str();
        let written = |id: &str| id.bytes().take(60).map(|b| if is_plain(b) { char::from(b) } else { '-' }).collect();
        let rest: String = written(id.strip_prefix(PREFIX).unwrap_or(id));
        Self(format!("{PREFIX}{rest}"))
    }

    /// For what is read before there is a case: a digest of the source's name for the claim, so that all deliveries of
    /// a claim read under one name.
    pub fn of_signal(signal: &Signal) -> Self {
        let digest = Digest::of(signal.finding_id.as_bytes());
        Self(format!("{PREFIX}read-{}", digest.as_hex().get(..20).unwrap_or_default()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How every source identity begins. The members' trust policy demands it (`infra/member-account.yaml`).
const PREFIX: &str = "sev-";

impl TryFrom<&str> for SourceIdentity {
    type Error = InvalidId;

    fn try_from(text: &str) -> Result<Self, InvalidId> {
        if text.starts_with(PREFIX) && (5..=64).contains(&text.len()) && text.bytes().all(is_plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId { expected: Self::EXPECTED })
        }
    }
}

impl fmt::Display for SourceIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SourceIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// What STS takes in a session's name and source identity.
fn is_plain(byte: u8) -> bool {
    is_word(byte) || b"+=,.@-".contains(&byte)
}

/// Opens sessions into the accounts that this stack reaches.
#[derive(Clone)]
pub struct Sessions {
    sdk: SdkConfig,
    sts: aws_sdk_sts::Client,
    hub: AccountId,
    partition: String,
    member: Option<Member>,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hub, partition, member, .. } = self;
        f.debug_struct("Sessions")
            .field("hub", hub)
            .field("partition", partition)
            .field("member", member)
            .finish_non_exhaustive()
    }
}

impl Sessions {
    /// Over the hub's configuration, whose credentials assume the role. Every attempt of `sts:AssumeRole` is counted in
    /// `calls`.
    pub fn new(
        sdk: SdkConfig,
        calls: CallCounter,
        hub: AccountId,
        partition: impl Into<String>,
        member: Option<Member>,
    ) -> Self {
        let own_retries = RetryPartition::custom("member sessions").build();
        let config = aws_sdk_sts::config::Builder::from(&sdk).interceptor(calls).retry_partition(own_retries).build();
        Self { sts: aws_sdk_sts::Client::from_conf(config), sdk, hub, partition: partition.into(), member }
    }

    /// The partition that all accounts are in. No role of another one can be assumed.
    pub fn partition(&self) -> &str {
        &self.partition
    }

    /// Whether this stack may act in an account: in the hub always, in others as it is set up. Whether the role is
    /// there, only a session tells.
    pub fn reaches(&self, account: &AccountId) -> bool {
        *account == self.hub || self.member_of(account).is_some()
    }

    fn member_of(&self, account: &AccountId) -> Option<&Member> {
        self.member.as_ref().filter(|member| member.accounts.is_empty() || member.accounts.contains(account))
    }

    /// A configuration whose clients act in this account. All but the credentials is the hub's: endpoint, Region,
    /// time-outs, retries, HTTP client. They end after fifteen minutes and are not renewed.
    ///
    /// INVARIANT: in a member account never without a session policy, so a scope that allows nothing denies everything.
    ///
    /// # Errors
    /// Where the account is out of reach, the scope does not fit into a session policy, or STS refuses or does not answer.
    /// The message says what to do; it never holds the external id.
    pub async fn open(
        &self,
        account: &AccountId,
        source_identity: &SourceIdentity,
        scope: &Scope,
    ) -> Result<SdkConfig, AwsError> {
        if *account == self.hub {
            return Ok(self.sdk.clone());
        }
        let Some(member) = self.member_of(account) else {
            return Err(out_of_reach(account, self.member.is_some()));
        };
        let policy = scope.policy().map_err(|error| AwsError {
            action: ACTION,
            code: "SessionPolicy".to_owned(),
            message: error.to_string(),
            retryable: false,
        })?;
        let role = format!("arn:{}:iam::{account}:role/{}", self.partition, member.role_name);
        let answer = self
            .sts
            .assume_role()
            .role_arn(&role)
            .role_session_name(source_identity.as_str())
            .source_identity(source_identity.as_str())
            .external_id(&member.external_id.0)
            .policy(policy)
            .duration_seconds(SECONDS)
            .send()
            .await
            .map_err(|error| explained(AwsError::of(ACTION, &error), &role, &member.external_id))?;
        let issued = answer.credentials().ok_or_else(|| AwsError {
            action: ACTION,
            code: "InvalidResponse".to_owned(),
            message: "the answer holds no credentials".to_owned(),
            retryable: true,
        })?;
        let credentials = Credentials::new(
            issued.access_key_id(),
            issued.secret_access_key(),
            Some(issued.session_token().to_owned()),
            SystemTime::try_from(*issued.expiration()).ok(),
            "member session",
        );
        // Without the hub's cache: there is nothing to renew, and it would keep an entry for each session as long as
        // the process lives.
        let session = self
            .sdk
            .to_builder()
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .identity_cache(IdentityCache::no_cache());
        Ok(session.build())
    }
}

fn out_of_reach(account: &AccountId, has_member_role: bool) -> AwsError {
    let message = if has_member_role {
        format!("account {account} is none of this stack's MemberAccounts")
    } else {
        format!("account {account} is another than this stack's, which has no MemberRoleName (infra/README.md)")
    };
    AwsError { action: ACTION, code: "OutOfReach".to_owned(), message, retryable: false }
}

/// Says beside AWS's words what to do. AWS quotes what it does not like, so the external id is taken out.
fn explained(error: AwsError, role: &str, external_id: &ExternalId) -> AwsError {
    let said = error.message.replace(&external_id.0, "…");
    let message = match error.code.as_str() {
        "AccessDenied" | "AccessDeniedException" => format!(
            "{role} does not let this function in: the role is not there (deploy infra/member-account.yaml), its trust \
             names another hub or external id than this stack's, or a service control policy forbids it; AWS says: {said}"
        ),
        "PackedPolicyTooLarge" | "PackedPolicyTooLargeException" => {
            format!(
                "the session policy for {role} is too large as AWS packs it: fewer actions at once; AWS says: {said}"
            )
        }
        "RegionDisabledException" => format!(
            "STS is switched off for this Region in the account of {role}: activate it there, in IAM's account settings; \
             AWS says: {said}"
        ),
        _ => said,
    };
    AwsError { message, ..error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use severance_domain::signal::SignalKind;
    use severance_domain::subject::{Subject, SubjectKind};

    #[test]
    fn a_source_identity_is_what_sts_and_the_members_trust_take() {
        let subject = Subject {
            kind: SubjectKind::User,
            account: AccountId::try_from("111122223333").unwrap(),
            name: "build-bot".to_owned(),
            arn: None,
            unique_id: None,
        };
        let case = CaseId::of(SignalKind::CredentialExposed, &subject, "finding");
        assert_eq!(SourceIdentity::of_case(&case).as_str(), case.as_str());
        let revision = SourceIdentity::of_case(&case.at_revision(2));
        assert_eq!(revision.as_str(), format!("{case}-r2"));
        assert!(SourceIdentity::try_from(revision.as_str()).is_ok());
        for strange in ["", "x", "sev-ä b/c", &"y".repeat(200)] {
            let case: CaseId = serde_json::from_value(strange.into()).unwrap();
            let made = SourceIdentity::of_case(&case);
            assert!(made.as_str().len() <= 64 && made.as_str().bytes().all(is_plain), "{made}");
        }
    }

    #[test]
    fn what_sts_would_not_take_is_refused() {
        for text in ["", "sev-", "alice", "sev-a b", "sev-a/b", "sev-a:b", "sev-ä", &format!("sev-{}", "x".repeat(61))]
        {
            assert!(SourceIdentity::try_from(text).is_err(), "{text}");
        }
        assert!(SourceIdentity::try_from("sev-Az09_+=,.@-").is_ok());
        for text in ["", "x", "a b", "ä!", "a\nb", &"x".repeat(1225)] {
            assert!(ExternalId::try_from(text).is_err(), "{text}");
        }
        assert!(ExternalId::try_from("Az09_+=,.@:/-").is_ok());
        assert_eq!(format!("{:?}", ExternalId::try_from("hush-hush").unwrap()), "ExternalId(not shown)");
    }

    #[test]
    fn what_aws_quotes_of_the_external_id_is_taken_out() {
        let id = ExternalId::try_from("hush-hush").unwrap();
        let error = |code: &str| AwsError {
            action: ACTION,
            code: code.to_owned(),
            message: "Value 'hush-hush' at 'externalId' failed to satisfy constraint".to_owned(),
            retryable: false,
        };
        for code in ["ValidationError", "AccessDenied", "PackedPolicyTooLarge", "RegionDisabledException"] {
            let shown = explained(error(code), "arn:aws:iam::444455556666:role/R", &id).to_string();
            assert!(!shown.contains("hush") && shown.contains("failed to satisfy"), "{shown}");
        }
    }
}
