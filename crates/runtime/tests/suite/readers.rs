//! A role allows its function to read identities exactly as far as its readers do. What countermeasures call is tried with them, what
//! the rotation and the search for copies call with these.

use std::collections::BTreeSet;

use crate::common::*;
use severance_catalogue::function::{FUNCTIONS, Function, KEY_CREATION};
use severance_catalogue::reader::Reader;
use severance_domain::ids::{AccessKeyId, IamName, ResourceId, UniqueId};
use severance_domain::signal::{PrincipalHint, Signal, SignalKind, SubjectHint};
use severance_runtime::composition::Composition;

const ROLE_ID: &str = "AROADBQP57FF2AEXAMPLE";
const GROUP: &str = "ops";

/// A user and a role with policies by every way there is, a secret, and a user of the directory.
fn aws() -> FakeAws {
    let aws = one_user();
    let managed = |name: &str| format!("arn:aws:iam::{ACCOUNT}:policy/{name}");
    let allows = r#"{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}"#;
    let trust = r#"{"Statement": [{"Effect": "Allow", "Principal": {"Service": "rolesanywhere.amazonaws.com"},
        "Action": "sts:AssumeRole"}]}"#
        .to_owned();
    let mut state = aws.state();
    let own = |principal: Principal| Principal {
        attached: vec![managed("own")],
        policies: [("inline".to_owned(), allows.to_owned())].into(),
        ..principal
    };
    let user = state.users.remove(USER).unwrap();
    state.users.insert(USER.to_owned(), Principal { groups: vec![GROUP.to_owned()], ..own(user) });
    state
        .roles
        .insert(ROLE.to_owned(), own(Principal { id: ROLE_ID.to_owned(), trust: Some(trust), ..Principal::default() }));
    state.groups = [(GROUP.to_owned(), own(Principal::default()))].into();
    state.managed = [(managed("own"), allows.to_owned())].into();
    let secrets = one_secret();
    state.secrets = secrets.state().secrets.clone();
    drop(state);
    aws
}

/// Every way in which an event of this function may name somebody.
fn claims(function: &Function) -> Vec<Signal> {
    if function.name == KEY_CREATION.name {
        // The user, and one that goes by another name by now.
        return ["deployer-before", USER]
            .map(|name| Signal {
                kind: SignalKind::CredentialCreated,
                ..about(SubjectHint::User(named(name)), Some(KEY))
            })
            .into();
    }
    let mut claims = about_identities();
    if function.readers.contains(&Reader::Owned) {
        claims.extend(about_leavers());
    }
    claims
}

fn named(name: &str) -> PrincipalHint {
    PrincipalHint { name: IamName::try_from(name).ok(), ..PrincipalHint::default() }
}

fn about(subject: SubjectHint, key: Option<&str>) -> Signal {
    Signal { subject, access_key: key.and_then(|key| AccessKeyId::try_from(key).ok()), ..compromised() }
}

fn about_leavers() -> [Signal; 2] {
    let id = ResourceId::try_from("94482488-3041-7026-18f3-be45837cd0e4").unwrap();
    [leaver(), about(SubjectHint::DirectoryUser { id }, None)]
}

fn about_identities() -> Vec<Signal> {
    let by_id = |id: &str| PrincipalHint { unique_id: UniqueId::try_from(id).ok(), ..PrincipalHint::default() };
    vec![
        about(SubjectHint::User(named(USER)), None),
        about(SubjectHint::User(named(USER)), Some(KEY)),
        about(SubjectHint::User(by_id(USER_ID)), None),
        about(SubjectHint::AccessKeyOnly, Some(KEY)),
        about(SubjectHint::AccessKeyOnly, Some("ASIAIOSFODNN7EXAMPLE")),
        about(SubjectHint::Role(named(ROLE)), None),
        about(SubjectHint::Role(by_id(ROLE_ID)), None),
        about_secret(),
    ]
}

/// What a function's readers call on identities.
async fn called(function: &Function) -> BTreeSet<String> {
    let aws = aws();
    let mut settings = settings("enforce");
    settings.identity_center = true;
    let sdk = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new("eu-west-1"))
        .credentials_provider(aws_sdk_sts::config::SharedCredentialsProvider::new(
            aws_sdk_sts::config::Credentials::new("ASIAFUNCTION", "s", None, None, "test"),
        ))
        .http_client(aws.http())
        .build();
    let access = Composition::new(settings, sdk, policy()).access(function);
    for claim in claims(function) {
        for found in access.identities.resolve(&claim).await.unwrap_or_default() {
            if function.name != KEY_CREATION.name {
                let _ = access.identities.permissions(&found.subject).await;
                let _ = access.identities.again(&found.subject, &claim).await;
            }
        }
    }
    aws.take_calls().into_iter().filter(|call| !call.starts_with("dynamodb:")).collect()
}

#[tokio::test(start_paused = true)]
async fn each_function_reads_exactly_what_its_readers_say() {
    for function in FUNCTIONS.iter().filter(|function| function.keeps_cases) {
        let said = function.readers.iter().flat_map(|reader| reader.rights()).map(|right| right.action.to_owned());
        let (said, called): (BTreeSet<String>, _) = (said.collect(), called(function).await);
        let (more, less): (Vec<_>, Vec<_>) = (called.difference(&said).collect(), said.difference(&called).collect());
        assert!(more.is_empty() && less.is_empty(), "{}: called beyond {more:?}, never called {less:?}", function.name);
    }
}
