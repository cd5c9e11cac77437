//! A whole reactor over an AWS in memory, and the claims that the tests speak of.

pub(crate) mod dynamo;
pub(crate) mod fake_aws;
mod iam;
pub(crate) mod log;
mod organization;
mod protocol;
mod services;
pub(crate) mod vault;

use std::sync::{Arc, LazyLock};

use aws_sdk_iam::config::retry::RetryPartition;
use aws_sdk_sts::config::Credentials;
use jiff::SignedDuration;
use severance_aws::announce::Announcer;
use severance_aws::cases::Cases;
use severance_aws::countermeasures::{
    AdoptAccessKey, Attachment, CloseRoleTrust, DeactivateAccessKey, DeactivateServiceCredential,
    DeactivateSigningCertificate, DeactivateSshPublicKey, DeleteAccessKey, Driver, LeaveRolesAnywhere,
    NeutralizePolicy, QuarantineByScp, QuarantineRole, QuarantineUser, RemoveAccountAssignment, RemoveConsolePassword,
    RemoveGroupMembership, RevokeRoleSessions, RevokeUserSessions, RotateSecret,
};
use severance_aws::evidence_store::EvidenceStore;
use severance_aws::guardrails::{Guardrails, Limits};
use severance_aws::identity::Identities;
use severance_aws::signer::Signer;
use severance_domain::caller::{Caller, Standing};
use severance_domain::case::Case;
use severance_domain::digest::Digest;
use severance_domain::evidence::{Statement, dsse};
use severance_domain::ids::{AccessKeyId, AccountId, Arn, IamName, UniqueId};
use severance_domain::policy::Policy;
use severance_domain::respond::Reacted as Reaction;
use severance_domain::signal::{NewSignal, PrincipalHint, Severity, Signal, SignalKind, Source, SubjectHint};
use severance_domain::verdict::Verdict;
use severance_engine::access::{AccountAccess, Accounts};
use severance_engine::alarm::Alarms;
use severance_engine::asker::Asker;
use severance_engine::publish::Publisher;
use severance_engine::reactor::{ReactError, Reactor};
use severance_engine::settings::{self, Settings};

pub(crate) use fake_aws::{
    ATTEMPTS, BROKEN, DENIED, FakeAws, Fault, Policy as ManagedPolicy, Principal, Profile, Scp, Secret, THROTTLED,
};
pub(crate) use services::{EXTERNAL_ID, SESSION_SECRET, SESSION_TOKEN};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const CREATED: &str = "2025-06-01T00:00:00Z";
pub(crate) const USER: &str = "build-bot";
pub(crate) const USER_ID: &str = "AIDAJQABLZS4A3QDU576Q";
pub(crate) const ROLE: &str = "app";
pub(crate) const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
pub(crate) const OTHER_KEY: &str = "AKIAI44QH8DHBEXAMPLE";
pub(crate) const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db/main-AbCdEf";
pub(crate) const ALICE: &str = "alice@example.com";

pub(crate) const MUTATING: [&str; 20] = [
    "iam:AttachUserPolicy",
    "iam:AttachRolePolicy",
    "iam:PutUserPermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
    "iam:UpdateAccessKey",
    "iam:PutUserPolicy",
    "iam:TagUser",
    "iam:PutRolePolicy",
    "iam:DeleteLoginProfile",
    "iam:UpdateSSHPublicKey",
    "iam:UpdateSigningCertificate",
    "iam:UpdateServiceSpecificCredential",
    "iam:UpdateAssumeRolePolicy",
    "rolesanywhere:UpdateProfile",
    "rolesanywhere:DisableProfile",
    "sso:DeleteAccountAssignment",
    "identitystore:DeleteGroupMembership",
    "secretsmanager:RotateSecret",
    "secretsmanager:CreateSecret",
    "iam:DeleteAccessKey",
];

/// One user with two active keys.
pub(crate) fn one_user() -> FakeAws {
    let aws = FakeAws::new();
    let keys = [(KEY.to_owned(), true), (OTHER_KEY.to_owned(), true)].into();
    let user = Principal { id: USER_ID.to_owned(), keys, ..Principal::default() };
    aws.state().users.insert(USER.to_owned(), user);
    aws
}

pub(crate) fn settings(mode: &str) -> Settings {
    settings_with(mode, &[])
}

/// The same with these variables too.
pub(crate) fn settings_with(mode: &str, set: &[(&str, &str)]) -> Settings {
    Settings::read(|name| {
        let value = match name {
            name if set.iter().any(|(variable, _)| *variable == name) => {
                return set.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned());
            }
            "SEVERANCE_MODE" => mode,
            "SEVERANCE_ACCOUNT" => ACCOUNT,
            "SEVERANCE_STACK" => "severance",
            "AWS_REGION" => "eu-west-1",
            "SEVERANCE_TABLE" => "cases",
            "SEVERANCE_EVIDENCE_BUCKET" => "evidence-bucket",
            "SEVERANCE_SIGNING_KEY" => "arn:aws:kms:eu-west-1:111122223333:key/0",
            "SEVERANCE_TOPIC" => "arn:aws:sns:eu-west-1:111122223333:severance",
            "SEVERANCE_ALARM_TOPIC" => "arn:aws:sns:eu-west-1:111122223333:severance-alarms",
            _ => return None,
        };
        Some(value.to_owned())
    })
    .unwrap()
}

/// As the functions' clients are, but each with its own allowance of retries: the SDK keeps one for a whole process.
macro_rules! client {
    ($sdk:ident, $aws:expr) => {
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .credentials_provider(credentials())
                .region($sdk::config::Region::new("eu-west-1"))
                .http_client($aws.http())
                .retry_partition(RetryPartition::custom("test").build())
                .retry_config(settings::retries())
                .timeout_config(settings::time_outs())
                .build(),
        )
    };
}

fn credentials() -> Credentials {
    Credentials::new("ASIAFUNCTION", "s", None, None, "test")
}

pub(crate) fn iam(aws: &FakeAws) -> aws_sdk_iam::Client {
    client!(aws_sdk_iam, aws)
}

pub(crate) fn secrets(aws: &FakeAws) -> aws_sdk_secretsmanager::Client {
    client!(aws_sdk_secretsmanager, aws)
}

pub(crate) fn cloudtrail(aws: &FakeAws) -> aws_sdk_cloudtrail::Client {
    client!(aws_sdk_cloudtrail, aws)
}

pub(crate) fn lambda(aws: &FakeAws) -> aws_sdk_lambda::Client {
    let config = aws_sdk_lambda::Config::builder()
        .behavior_version(aws_sdk_lambda::config::BehaviorVersion::latest())
        .region(aws_sdk_lambda::config::Region::new("eu-west-1"))
        .credentials_provider(credentials())
        .http_client(aws.http());
    aws_sdk_lambda::Client::from_conf(config.build())
}

pub(crate) fn rolesanywhere(aws: &FakeAws) -> aws_sdk_rolesanywhere::Client {
    client!(aws_sdk_rolesanywhere, aws)
}

pub(crate) fn sso(aws: &FakeAws) -> aws_sdk_ssoadmin::Client {
    client!(aws_sdk_ssoadmin, aws)
}

pub(crate) fn identitystore(aws: &FakeAws) -> aws_sdk_identitystore::Client {
    client!(aws_sdk_identitystore, aws)
}

pub(crate) fn organizations(aws: &FakeAws) -> aws_sdk_organizations::Client {
    client!(aws_sdk_organizations, aws)
}

pub(crate) fn cases(aws: &FakeAws) -> Cases {
    Cases::new(client!(aws_sdk_dynamodb, aws), "cases".to_owned(), 400)
}

/// The guardrails of this account, with breakers of these limits.
pub(crate) fn guardrails(aws: &FakeAws, account_steps: usize, organization_steps: usize) -> Guardrails {
    guardrails_within(aws, account_steps, organization_steps, SignedDuration::from_hours(1))
}

/// The same, with this window.
pub(crate) fn guardrails_within(
    aws: &FakeAws,
    account_steps: usize,
    organization_steps: usize,
    window: SignedDuration,
) -> Guardrails {
    let account = AccountId::try_from(ACCOUNT).unwrap();
    let limits = Limits {
        account,
        hygiene_account: account_steps,
        hygiene_organization: organization_steps,
        danger_account: 0,
        danger_organization: 0,
        window,
    };
    guardrails_with(aws, limits)
}

/// With the limits that the settings name.
fn guardrails_of(aws: &FakeAws, settings: &Settings) -> Guardrails {
    let limits = Limits {
        account: AccountId::try_from(ACCOUNT).unwrap(),
        hygiene_account: settings.breaker_account_limit,
        hygiene_organization: settings.breaker_organization_limit,
        danger_account: settings.breaker_danger_account_limit,
        danger_organization: settings.breaker_danger_organization_limit,
        window: SignedDuration::from_hours(1),
    };
    guardrails_with(aws, limits)
}

/// The same, with these limits.
pub(crate) fn guardrails_with(aws: &FakeAws, limits: Limits) -> Guardrails {
    Guardrails::new(client!(aws_sdk_dynamodb, aws), "cases".to_owned(), limits)
}

/// The default policies, read once for all tests of a binary.
pub(crate) fn policy() -> Arc<dyn Policy> {
    static POLICY: LazyLock<Arc<severance_policy::Guardrails>> =
        LazyLock::new(|| Arc::new(severance_policy::Guardrails::embedded().unwrap()));
    POLICY.clone()
}

/// Every countermeasure.
pub(crate) fn drivers(aws: &FakeAws) -> Vec<Box<dyn Driver>> {
    vec![
        Box::new(DeactivateAccessKey::new(iam(aws))),
        Box::new(QuarantineUser::new(iam(aws))),
        Box::new(RemoveConsolePassword::new(iam(aws))),
        Box::new(DeactivateSshPublicKey::new(iam(aws))),
        Box::new(DeactivateSigningCertificate::new(iam(aws))),
        Box::new(DeactivateServiceCredential::new(iam(aws))),
        Box::new(RevokeUserSessions::new(iam(aws))),
        Box::new(RevokeRoleSessions::new(iam(aws))),
        Box::new(QuarantineRole::new(iam(aws))),
        Box::new(CloseRoleTrust::new(iam(aws))),
        Box::new(LeaveRolesAnywhere::new(rolesanywhere(aws))),
        Box::new(RemoveAccountAssignment::new(sso(aws))),
        Box::new(RemoveGroupMembership::new(identitystore(aws))),
        Box::new(NeutralizePolicy::new(iam(aws))),
        Box::new(QuarantineByScp::new(organizations(aws), "severance")),
        Box::new(RotateSecret::new(secrets(aws))),
        Box::new(DeleteAccessKey::new(iam(aws))),
        Box::new(AdoptAccessKey::new(iam(aws), secrets(aws), attachment())),
    ]
}

/// What adopted keys are rotated by.
pub(crate) fn attachment() -> Attachment {
    let function = format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:severance-secret-rotation");
    Attachment { function, every_days: 90, kms_key: None }
}

pub(crate) fn identities(aws: &FakeAws, settings: &Settings) -> Identities {
    Identities::new(
        iam(aws),
        settings.account.clone(),
        settings.tags.clone(),
        guardrails_of(aws, settings),
        settings.precedence,
    )
}

/// Somebody of the stack's own account who asks.
pub(crate) fn asker(arn: &str) -> Asker {
    let caller = Caller { arn: Arn::try_from(arn).unwrap(), principal_id: None };
    let allowed_by = format!("ApproverPrincipals: {ACCOUNT}");
    Asker { caller, standing: Standing { principal_id: None, allowed_by } }
}

pub(crate) fn reactor(aws: &FakeAws, mode: &str) -> Reactor {
    let settings = settings(mode);
    let secrets = secrets(aws);
    let guardrails = guardrails_of(aws, &settings);
    let identities = identities(aws, &settings);
    Reactor {
        accounts: Accounts::hub(
            settings.account.clone(),
            AccountAccess::new(identities.with_secrets(secrets), drivers(aws)),
        ),
        policy: policy(),
        guardrails,
        alarms: Alarms::new(
            Announcer::new(client!(aws_sdk_sns, aws), settings.alarm_topic.clone()),
            settings.stack.clone(),
        ),
        cases: cases(aws),
        publisher: Publisher::new(
            Signer::new(client!(aws_sdk_kms, aws), settings.signing_key.clone()),
            EvidenceStore::new(client!(aws_sdk_s3, aws), settings.bucket.clone()),
            Announcer::new(client!(aws_sdk_sns, aws), settings.topic.clone()),
            &settings,
        ),
        rechecks: None,
        copies: None,
        settings,
    }
}

/// What a fresh process makes of a signal about one subject.
pub(crate) async fn deliver(aws: &FakeAws, signal: &Signal, delivery: &str) -> Result<Reaction, ReactError> {
    deliver_in("enforce", aws, signal, delivery).await
}

pub(crate) async fn deliver_in(
    mode: &str,
    aws: &FakeAws,
    signal: &Signal,
    delivery: &str,
) -> Result<Reaction, ReactError> {
    let mut outcomes = reactor(aws, mode).react(signal, delivery).await;
    assert_eq!(outcomes.len(), 1, "one subject");
    outcomes.remove(0)
}

/// What a reaction comes to at first whose every step was taken and seen: about danger the last word comes later.
pub(crate) fn at_first(signal: &Signal) -> Verdict {
    if signal.kind.is_immediate_danger() { Verdict::RevokedUnverified } else { Verdict::VerifiedRevoked }
}

pub(crate) fn mutating(calls: &[String]) -> Vec<&str> {
    calls.iter().map(String::as_str).filter(|call| MUTATING.contains(call)).collect()
}

/// A claim about the user.
pub(crate) fn signal(kind: SignalKind) -> Signal {
    let (name, unique_id) = (IamName::try_from(USER).ok(), UniqueId::try_from(USER_ID).ok());
    Signal::new(NewSignal {
        kind,
        source: Source::GuardDuty,
        event_id: "8e5b1a52-6a3c-4a31-9f0a-1d2c3b4a5f60".to_owned(),
        finding_id: "arn:aws:guardduty:eu-west-1:111122223333:detector/1/finding/1".to_owned(),
        rule: "UnauthorizedAccess:IAMUser/MaliciousIPCaller".to_owned(),
        account: AccountId::try_from(ACCOUNT).unwrap(),
        region: "eu-west-1".to_owned(),
        severity: Severity::High,
        occurred_at: "2026-03-01T11:58:30Z".parse().unwrap(),
        subject: SubjectHint::User(PrincipalHint { name, unique_id, arn: None }),
        title: "The credentials were used from a known bad address".to_owned(),
        event_digest: Digest::of(b"event"),
    })
}

/// One key of the user is stale: a single step.
pub(crate) fn stale_key() -> Signal {
    Signal { access_key: AccessKeyId::try_from(KEY).ok(), ..signal(SignalKind::CredentialStale) }
}

pub(crate) fn compromised() -> Signal {
    signal(SignalKind::IdentityCompromised)
}

pub(crate) fn about_role(kind: SignalKind) -> Signal {
    let hint = PrincipalHint { name: IamName::try_from(ROLE).ok(), ..PrincipalHint::default() };
    Signal { subject: SubjectHint::Role(hint), ..signal(kind) }
}

pub(crate) fn about_secret() -> Signal {
    Signal {
        subject: SubjectHint::Secret { arn: Arn::try_from(SECRET).unwrap() },
        ..signal(SignalKind::SecretUnrotated)
    }
}

pub(crate) fn leaver() -> Signal {
    let subject = SubjectHint::Person { identifiers: vec![ALICE.to_owned()] };
    Signal { subject, source: Source::Okta, ..signal(SignalKind::Offboarding) }
}

/// The statements in the bucket, in the order of their keys, each with the digest of its payload.
pub(crate) fn evidence(aws: &FakeAws) -> Vec<(Statement, Digest)> {
    let state = aws.state();
    let open = |bytes: &Vec<u8>| {
        let envelope: dsse::Envelope = serde_json::from_slice(bytes).unwrap();
        let payload = aws_smithy_types::base64::decode(envelope.payload).unwrap();
        (serde_json::from_slice(&payload).unwrap(), Digest::of(&payload))
    };
    state.objects.values().map(open).collect()
}

/// The only case in the table, and whether it is closed.
pub(crate) fn stored(aws: &FakeAws) -> (Case, bool) {
    let state = aws.state();
    // Beside it lie what the guardrails remember.
    let mut cases = state.table.iter().filter(|(key, _)| key.starts_with("CASE#")).map(|(_, item)| item);
    let item = cases.next().unwrap();
    assert!(cases.next().is_none(), "one case");
    (serde_json::from_str(item["record"]["S"].as_str().unwrap()).unwrap(), item["state"]["S"] == "closed")
}

/// One role without our policy.
pub(crate) fn one_role() -> FakeAws {
    let aws = FakeAws::new();
    let role = Principal { id: "AROADBQP57FF2AEXAMPLE".to_owned(), ..Principal::default() };
    aws.state().roles.insert(ROLE.to_owned(), role);
    aws
}

/// One secret with rotation on.
pub(crate) fn one_secret() -> FakeAws {
    let aws = FakeAws::new();
    let versions = [("first-version".to_owned(), vec!["AWSCURRENT".to_owned()])].into();
    let secret = Secret { name: "db/main".to_owned(), rotation: true, versions, ..Secret::default() };
    aws.state().secrets.insert(SECRET.to_owned(), secret);
    aws
}

/// The ids of the secret's current versions that are not its first.
pub(crate) fn current_versions(aws: &FakeAws) -> Vec<String> {
    let state = aws.state();
    let current = |labels: &[String]| labels.iter().any(|label| label == "AWSCURRENT");
    let versions = state.secrets[SECRET].versions.iter();
    versions.filter(|(id, labels)| *id != "first-version" && current(labels)).map(|(id, _)| id.clone()).collect()
}
