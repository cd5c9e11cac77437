//! Sessions into member accounts: what STS is asked for, what its refusals come to, and that nothing secret is told.

use crate::common::*;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use serde_json::{Value, json};
use severance_aws::calls::CallCounter;
use severance_aws::error::AwsError;
use severance_aws::sessions::{ExternalId, Member, Scope, Sessions, SourceIdentity};
use severance_domain::ids::{AccountId, Arn};
use severance_domain::right::{Right, iam};
use severance_domain::signal::{Signal, SignalKind};
use severance_engine::settings;

const MEMBER: &str = "444455556666";
const MEMBER_ROLE: &str = "arn:aws:iam::444455556666:role/SeveranceMember";
const HUB_KEY: &str = "ASIAHUB";
const HUB_SECRET: &str = "zYxWvUtSrQpOnMlKjIhGfEdCbA9876543210zzzz";

fn account(id: &str) -> AccountId {
    AccountId::try_from(id).unwrap()
}

fn member(accounts: &[&str]) -> Member {
    Member {
        role_name: "SeveranceMember".to_owned(),
        external_id: ExternalId::try_from(EXTERNAL_ID).unwrap(),
        accounts: accounts.iter().map(|id| account(id)).collect(),
    }
}

/// The hub function's own configuration.
fn hub(aws: &FakeAws) -> SdkConfig {
    let own = Credentials::new(HUB_KEY, HUB_SECRET, Some(HUB_SECRET.to_owned()), None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(own))
        .http_client(aws.http())
        .retry_config(settings::retries())
        .timeout_config(settings::time_outs())
        .build()
}

fn sessions(aws: &FakeAws, calls: &CallCounter, member: Option<Member>) -> Sessions {
    Sessions::new(hub(aws), calls.clone(), account(ACCOUNT), "aws", member)
}

fn found() -> Signal {
    Signal { account: account(MEMBER), ..signal(SignalKind::CredentialExposed) }
}

fn scope() -> Scope {
    let user = Arn::try_from("arn:aws:iam::444455556666:user/ci/build-bot").unwrap();
    Scope::act(&user, [iam::LIST_ACCESS_KEYS, iam::UPDATE_ACCESS_KEY])
}

/// Opens a session into the member account.
async fn open(aws: &FakeAws) -> Result<SdkConfig, AwsError> {
    let sessions = sessions(aws, &CallCounter::default(), Some(member(&[])));
    sessions.open(&account(MEMBER), &SourceIdentity::of_signal(&found()), &scope()).await
}

#[tokio::test(start_paused = true)]
async fn a_member_is_entered_under_the_case_s_name_with_a_policy_for_the_one_subject() {
    let aws = one_user();
    let calls = CallCounter::default();
    let sessions = sessions(&aws, &calls, Some(member(&[])));
    let source = SourceIdentity::try_from("sev-0123456789abcdef0123").unwrap();
    let sdk = sessions.open(&account(MEMBER), &source, &scope()).await.unwrap();
    aws_sdk_iam::Client::new(&sdk).list_access_keys().user_name(USER).send().await.unwrap();

    let state = aws.state();
    let asked = state.sessions[0].as_object().unwrap();
    let policy: Value = serde_json::from_str(asked["Policy"].as_str().unwrap()).unwrap();
    assert_eq!(
        policy,
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow",
            "Action": ["iam:ListAccessKeys", "iam:UpdateAccessKey"],
            "Resource": [
                "arn:aws:iam::444455556666:user/*/build-bot",
                "arn:aws:iam::444455556666:user/build-bot",
            ],
        }]})
    );
    let expected = [
        ("Action", "AssumeRole"),
        ("DurationSeconds", "900"),
        ("ExternalId", EXTERNAL_ID),
        ("RoleArn", MEMBER_ROLE),
        ("RoleSessionName", source.as_str()),
        ("SourceIdentity", source.as_str()),
        ("Version", "2011-06-15"),
    ];
    for (name, value) in expected {
        assert_eq!(asked[name], value);
    }
    assert_eq!(asked.len(), expected.len() + 1, "{asked:?}");
    assert_eq!(state.calls, ["sts:AssumeRole", "iam:ListAccessKeys"]);
    assert_eq!(state.signers, [HUB_KEY, "ASIA444455556666"]);
    assert_eq!(calls.take(), [("STS.AssumeRole".to_owned(), 1)].into());
}

#[tokio::test(start_paused = true)]
async fn all_but_the_credentials_is_the_hub_s() {
    let aws = one_user();
    let ours = hub(&aws).to_builder().endpoint_url("http://sts.eu-west-1.localhost").build();
    let sessions = Sessions::new(ours, CallCounter::default(), account(ACCOUNT), "aws-cn", Some(member(&[])));
    let source = SourceIdentity::of_signal(&found());
    let sdk = sessions.open(&account(MEMBER), &source, &scope()).await.unwrap();
    assert_eq!(sdk.endpoint_url(), Some("http://sts.eu-west-1.localhost"));
    assert_eq!(sdk.region(), hub(&aws).region());
    assert_eq!(sdk.retry_config().unwrap().max_attempts(), u32::try_from(ATTEMPTS).unwrap());
    assert_eq!(sdk.timeout_config(), hub(&aws).timeout_config());
    assert!(sdk.http_client().is_some());
    assert_eq!(aws.state().sessions[0]["RoleArn"], "arn:aws-cn:iam::444455556666:role/SeveranceMember");
}

#[tokio::test(start_paused = true)]
async fn the_hub_s_own_account_takes_no_call() {
    let aws = one_user();
    for member in [None, Some(member(&[])), Some(member(&[MEMBER]))] {
        let sessions = sessions(&aws, &CallCounter::default(), member);
        assert!(sessions.reaches(&account(ACCOUNT)));
        let sdk = sessions.open(&account(ACCOUNT), &SourceIdentity::of_signal(&found()), &scope()).await.unwrap();
        assert!(aws.take_calls().is_empty());
        aws_sdk_iam::Client::new(&sdk).list_access_keys().user_name(USER).send().await.unwrap();
        assert_eq!(aws.take_calls(), ["iam:ListAccessKeys"]);
    }
    assert_eq!(aws.state().signers, [HUB_KEY; 3]);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_not_set_up_is_refused_before_any_call() {
    let aws = one_user();
    let source = SourceIdentity::of_signal(&found());
    for (member, says) in
        [(None, "no MemberRoleName"), (Some(member(&["777788889999"])), "none of this stack's MemberAccounts")]
    {
        let sessions = sessions(&aws, &CallCounter::default(), member);
        assert!(!sessions.reaches(&account(MEMBER)));
        let error = sessions.open(&account(MEMBER), &source, &scope()).await.unwrap_err();
        assert_eq!((error.action, error.code.as_str(), error.retryable), ("sts:AssumeRole", "OutOfReach", false));
        assert!(error.message.contains(says) && error.message.contains(MEMBER), "{error}");
    }
    for accounts in [&[][..], &["777788889999", MEMBER]] {
        let sessions = sessions(&aws, &CallCounter::default(), Some(member(accounts)));
        assert!(sessions.reaches(&account(MEMBER)));
        sessions.open(&account(MEMBER), &source, &scope()).await.unwrap();
    }
    assert_eq!(aws.take_calls(), ["sts:AssumeRole"; 2]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_what_to_do_and_is_not_repeated() {
    let aws = one_user();
    let mut wrong = member(&[]);
    wrong.external_id = ExternalId::try_from("another-one").unwrap();
    let sessions = sessions(&aws, &CallCounter::default(), Some(wrong));
    let error = sessions.open(&account(MEMBER), &SourceIdentity::of_signal(&found()), &scope()).await.unwrap_err();
    assert_eq!((error.action, error.code.as_str(), error.retryable), ("sts:AssumeRole", "AccessDenied", false));
    for part in [MEMBER_ROLE, "infra/member-account.yaml", "external id", "service control policy", "AWS says"] {
        assert!(error.message.contains(part), "{part}: {error}");
    }
    assert!(!error.to_string().contains("another-one"), "{error}");
    assert_eq!(aws.take_calls(), ["sts:AssumeRole"]);

    for (code, part) in
        [("PackedPolicyTooLarge", "fewer actions at once"), ("RegionDisabledException", "activate it there")]
    {
        aws.fault("sts:AssumeRole", Fault::Refuse(400, code), 1);
        let error = open(&aws).await.unwrap_err();
        assert!(!error.retryable && error.message.contains(part), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_again_here_and_by_the_next_delivery() {
    for (fault, code) in [(THROTTLED, "Throttling"), (BROKEN, "InternalFailure"), (Fault::Silence, "Timeout")] {
        let aws = one_user();
        aws.fault("sts:AssumeRole", fault, 1);
        open(&aws).await.unwrap();
        assert_eq!(aws.take_calls().len(), 2, "{fault:?}");
        aws.fault("sts:AssumeRole", fault, ATTEMPTS);
        let error = open(&aws).await.unwrap_err();
        assert_eq!((error.action, error.code.as_str(), error.retryable), ("sts:AssumeRole", code, true));
    }
    // The SDK goes by the code, and STS has none for this status. The next delivery tries again.
    let aws = one_user();
    aws.fault("sts:AssumeRole", Fault::Refuse(429, "TooManyRequests"), 1);
    assert!(open(&aws).await.unwrap_err().retryable);
    open(&aws).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_scope_that_does_not_fit_asks_for_nothing() {
    let aws = one_user();
    let sessions = sessions(&aws, &CallCounter::default(), Some(member(&[])));
    let right = |n| Right { action: format!("iam:AnActionWithARatherLongName{n}").leak(), ..iam::GET_USER };
    let user = Arn::try_from("arn:aws:iam::444455556666:user/build-bot").unwrap();
    let scope = Scope::act(&user, (0..100).map(right));
    let error = sessions.open(&account(MEMBER), &SourceIdentity::of_signal(&found()), &scope).await.unwrap_err();
    assert!(!error.retryable && error.message.contains("take fewer steps in one session"), "{error}");
    assert!(aws.take_calls().is_empty());
    // Nothing to do is no reason to go without a policy.
    sessions.open(&account(MEMBER), &SourceIdentity::of_signal(&found()), &Scope::default()).await.unwrap();
    assert!(aws.state().sessions[0]["Policy"].as_str().unwrap().contains("Deny"));
}

#[tokio::test(start_paused = true)]
async fn nothing_secret_is_shown() {
    let aws = one_user();
    let sessions = sessions(&aws, &CallCounter::default(), Some(member(&[])));
    let sdk = sessions.open(&account(MEMBER), &SourceIdentity::of_signal(&found()), &scope()).await.unwrap();
    let mut shown = format!("{sessions:?} {:?} {:?}", sdk.credentials_provider(), scope());
    for fault in [DENIED, THROTTLED, BROKEN, Fault::Silence, Fault::Refuse(400, "ValidationError")] {
        aws.fault("sts:AssumeRole", fault, ATTEMPTS);
        let error = open(&aws).await.unwrap_err();
        shown = format!("{shown} {error} {error:?}");
        aws.mend();
    }
    for secret in [EXTERNAL_ID, HUB_SECRET, SESSION_SECRET, SESSION_TOKEN] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

#[test]
fn all_deliveries_of_a_claim_read_under_one_name() {
    let (one, two) = (found(), Signal { event_id: "another".to_owned(), ..found() });
    let name = SourceIdentity::of_signal(&one);
    assert_eq!(name, SourceIdentity::of_signal(&two));
    assert_ne!(name, SourceIdentity::of_signal(&Signal { finding_id: "another".to_owned(), ..one }));
    let digits = name.as_str().strip_prefix("sev-read-").unwrap();
    assert!(digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_hexdigit()), "{name}");
    assert!(SourceIdentity::try_from(name.as_str()).is_ok());
}
