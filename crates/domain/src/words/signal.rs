//! Why we act: one closed language for every source of events.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::words::signal_kind::SignalKind;

use crate::words::cutover::CutoverFacts;
use crate::words::digest::Digest;
use crate::words::ids::{AccessKeyId, AccountId, Arn, CredentialId, IamName, ResourceId, UniqueId};
use crate::words::request::Request;

/// One claim of one source about one non-human identity (or about a person who holds some).
///
/// A signal is a claim, not a fact: what is done about it is decided on state read from AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signal {
    /// What is claimed.
    pub kind: SignalKind,
    /// Who claims it.
    pub source: Source,
    /// The id of the EventBridge event that carried the claim.
    pub event_id: String,
    /// What names the claim at its source and stays the same when the source repeats it: a finding id, a CloudTrail event
    /// id, a request id. Part of the case's idempotency key.
    pub finding_id: String,
    /// The source's own name for the kind of claim: a `GuardDuty` type, a control id, an event name.
    pub rule: String,
    /// The account of the identity (not the one that sent the event: administrators send for their members).
    pub account: AccountId,
    /// The Region of the event.
    pub region: String,
    /// How bad the source thinks it is.
    pub severity: Severity,
    /// When the source says it happened or was found.
    pub occurred_at: Timestamp,
    /// Since when the credential has been in other hands, where the source says so and that is earlier: see
    /// [`Signal::exposed_since`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exposed_since: Option<Timestamp>,
    /// Who it is about, as far as the event says.
    pub subject: SubjectHint,
    /// The access key it is about, where the event names one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub access_key: Option<AccessKeyId>,
    /// The further keys that its identity acted with, where the event names several.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub further_keys: Vec<AccessKeyId>,
    /// One line for a reader. Never holds a secret.
    pub title: String,
    /// Digest of the raw event's canonical JSON.
    pub event_digest: Digest,
    /// Who asked for it, where a person did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request: Option<Request>,
    /// The containment that found it, where one did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub follows: Option<Follows>,
    /// What is known of the consumers of a key that was replaced, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cutover: Option<Box<CutoverFacts>>,
}

/// What a containment found beside its own subject: something that the contained identity made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Follows {
    /// The case that found it.
    pub case: crate::words::case_id::CaseId,
    /// How many containments lie between it and the first: 1 for what the first one's subject made.
    pub generation: u8,
    /// The one credential that it is about, where it was put on an identity that others use.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub planted: Option<Planted>,
}

/// A credential that was put on an identity which others use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum Planted {
    /// An access key.
    AccessKey(AccessKeyId),
    /// A console password, new or changed.
    ConsolePassword,
    /// An SSH public key.
    SshPublicKey(CredentialId),
    /// A signing certificate.
    SigningCertificate(CredentialId),
    /// A service-specific credential.
    ServiceCredential(CredentialId),
}

/// What every source says of a claim. What only some say is added to the [`Signal`] that is made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSignal {
    /// See [`Signal::kind`].
    pub kind: SignalKind,
    /// See [`Signal::source`].
    pub source: Source,
    /// See [`Signal::event_id`].
    pub event_id: String,
    /// See [`Signal::finding_id`].
    pub finding_id: String,
    /// See [`Signal::rule`].
    pub rule: String,
    /// See [`Signal::account`].
    pub account: AccountId,
    /// See [`Signal::region`].
    pub region: String,
    /// See [`Signal::severity`].
    pub severity: Severity,
    /// See [`Signal::occurred_at`].
    pub occurred_at: Timestamp,
    /// See [`Signal::subject`].
    pub subject: SubjectHint,
    /// See [`Signal::title`].
    pub title: String,
    /// See [`Signal::event_digest`].
    pub event_digest: Digest,
}

impl Signal {
    /// Of what every source says. A field that only some sources have is added here, and touches no source.
    pub fn new(said: NewSignal) -> Self {
        let NewSignal {
            kind,
            source,
            event_id,
            finding_id,
            rule,
            account,
            region,
            severity,
            occurred_at,
            subject,
            title,
            event_digest,
        } = said;
        Self {
            kind,
            source,
            event_id,
            finding_id,
            rule,
            account,
            region,
            severity,
            occurred_at,
            exposed_since: None,
            subject,
            access_key: None,
            further_keys: vec![],
            title,
            event_digest,
            request: None,
            follows: None,
            cutover: None,
        }
    }

    /// In other hands since then, where the source says so. What is not before [`Signal::occurred_at`] says nothing new, and of an
    /// identity that nobody else is said to hold there is nothing to say.
    #[must_use]
    pub fn with_exposed_since(self, since: Option<Timestamp>) -> Self {
        let in_other_hands = self.kind.is_immediate_danger() || self.kind == SignalKind::TrustExposed;
        Self { exposed_since: since.filter(|since| in_other_hands && *since < self.occurred_at), ..self }
    }

    /// About this key, where the source names one.
    #[must_use]
    pub fn with_access_key(self, access_key: Option<AccessKeyId>) -> Self {
        Self { access_key, ..self }
    }

    /// Beside its key, about these.
    #[must_use]
    pub fn with_further_keys(self, further_keys: Vec<AccessKeyId>) -> Self {
        Self { further_keys, ..self }
    }

    /// Every key that it names.
    pub fn keys(&self) -> impl Iterator<Item = &AccessKeyId> {
        self.access_key.iter().chain(&self.further_keys)
    }

    /// On somebody's word, where a person asks.
    #[must_use]
    pub fn with_request(self, request: Option<Request>) -> Self {
        Self { request, ..self }
    }

    /// Found by a containment.
    #[must_use]
    pub fn with_follows(self, follows: Option<Follows>) -> Self {
        Self { follows, ..self }
    }

    /// About a key that was replaced.
    #[must_use]
    pub fn with_cutover(self, cutover: Option<Box<CutoverFacts>>) -> Self {
        Self { cutover, ..self }
    }

    /// Since when what the identity does is taken for somebody else's work: since a tool first saw it in other hands, or a person
    /// says it was; since the claim where nobody knows.
    ///
    /// What is *last* known of it ([`Signal::occurred_at`]) is another question. A tool sees a thief some time after the theft, and
    /// a person may not know at all, so what was made in the hours before this moment is in doubt: see
    /// [`Rechecking::look_back_hours`](crate::case::Rechecking::look_back_hours).
    pub fn exposed_since(&self) -> Timestamp {
        self.exposed_since.unwrap_or(self.occurred_at)
    }

    /// When it happened, and since when it has been in other hands, in a reader's words.
    pub fn times(&self) -> String {
        let since = self.exposed_since.map(|since| format!(", in other hands since {since:.0}")).unwrap_or_default();
        format!("{:.0}{since}", self.occurred_at)
    }

    /// Whether anybody says since when: a person who asks by hand need not know.
    pub fn is_exposure_known(&self) -> bool {
        self.exposed_since.is_some() || self.source != Source::Responder
    }

    /// The one credential that it is about, where a contained identity put it on somebody who has others.
    pub fn planted(&self) -> Option<&Planted> {
        self.follows.as_ref()?.planted.as_ref()
    }

    /// Whether it is about a console password and no other credential.
    pub fn is_about_password(&self) -> bool {
        matches!(self.rule.as_str(), "UnusedIAMUserPassword" | "iam_user_console_access_unused")
    }
}

/// Who made the claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Amazon `GuardDuty`.
    GuardDuty,
    /// AWS Security Hub (ASFF), with findings of its own or of integrated products.
    SecurityHub,
    /// IAM Access Analyzer.
    AccessAnalyzer,
    /// AWS Health, service `RISK`.
    Health,
    /// An IAM call seen by AWS `CloudTrail`.
    CloudTrail,
    /// Okta's system log, as an `EventBridge` partner event.
    Okta,
    /// IAM Identity Center, as seen by AWS `CloudTrail`.
    IdentityCenter,
    /// Severance's own bus.
    Severance,
    /// A person, by the responder.
    Responder,
    /// Severance's own schedule: a recertification that nobody answered.
    Recertification,
    /// Severance itself: a contained identity had made it.
    Containment,
    /// Severance's own rotation: it replaced a key.
    Rotation,
    /// AWS Secrets Manager, as seen by AWS `CloudTrail`.
    SecretsManager,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 13] = [
        Self::GuardDuty,
        Self::SecurityHub,
        Self::AccessAnalyzer,
        Self::Health,
        Self::CloudTrail,
        Self::Okta,
        Self::IdentityCenter,
        Self::Severance,
        Self::Responder,
        Self::Recertification,
        Self::Containment,
        Self::Rotation,
        Self::SecretsManager,
    ];

    /// The name as written in evidence and policies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GuardDuty => "guard_duty",
            Self::SecurityHub => "security_hub",
            Self::AccessAnalyzer => "access_analyzer",
            Self::Health => "health",
            Self::CloudTrail => "cloud_trail",
            Self::Okta => "okta",
            Self::IdentityCenter => "identity_center",
            Self::Severance => "severance",
            Self::Responder => "responder",
            Self::Recertification => "recertification",
            Self::Containment => "containment",
            Self::Rotation => "rotation",
            Self::SecretsManager => "secrets_manager",
        }
    }
}

/// How bad the source thinks it is. The order is meant: `Critical` is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// For the record.
    Informational,
    /// ASFF normalized 1–39, `GuardDuty` below 4.
    Low,
    /// ASFF normalized 40–69, `GuardDuty` 4 to below 7.
    Medium,
    /// ASFF normalized 70–89, `GuardDuty` 7 to below 9.
    High,
    /// ASFF normalized 90–100, `GuardDuty` 9 and above.
    Critical,
}

impl Severity {
    /// Every severity, the least first.
    pub const ALL: [Self; 5] = [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The name as written in evidence, messages and message attributes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Who a signal is about, as far as its event says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SubjectHint {
    /// An IAM user. At least one of the fields, or the signal's access key, says which.
    User(PrincipalHint),
    /// An IAM role, or a session of one.
    Role(PrincipalHint),
    /// The root user of the signal's account.
    Root,
    /// A secret in Secrets Manager.
    Secret {
        /// Its full ARN.
        arn: Arn,
    },
    /// A person who left: every identity that they own is meant.
    Person {
        /// All the names this person goes by (mail address, login, directory id), compared without regard to case.
        identifiers: Vec<String>,
    },
    /// A workload that was retired: every identity that it owns is meant.
    Workload {
        /// The workload's names, as written in owner or workload tags.
        identifiers: Vec<String>,
    },
    /// A user in the directory of IAM Identity Center, by its id there.
    DirectoryUser {
        /// The id.
        id: ResourceId,
    },
    /// Only the signal's access key is known; AWS says whose it is.
    AccessKeyOnly,
}

impl SubjectHint {
    /// The user, role, secret or directory user under this ARN.
    pub fn of_arn(arn: &Arn) -> Option<Self> {
        let principal = |kind: &str| {
            let name = IamName::try_from(arn.name_of(kind)?).ok()?;
            Some(PrincipalHint { name: Some(name), arn: Some(arn.clone()), unique_id: None })
        };
        match arn.service() {
            "iam" => principal("user").map(Self::User).or_else(|| principal("role").map(Self::Role)),
            "identitystore" => {
                let id = ResourceId::try_from(arn.name_of("user")?).ok()?;
                Some(Self::DirectoryUser { id })
            }
            "secretsmanager" if arn.resource().starts_with("secret:") => Some(Self::Secret { arn: arn.clone() }),
            _ => None,
        }
    }
}

/// What an event says about an IAM user or role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PrincipalHint {
    /// Its name, without path.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<IamName>,
    /// Its ARN.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub arn: Option<Arn>,
    /// Its unique id. Where the event gives one, an identity of the same name but another id is someone else.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unique_id: Option<UniqueId>,
}
