//! What each countermeasure makes of each fault at each of its calls.

mod every_call;
mod in_effect;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use aws_sdk_iam::config::retry::RetryPartition;
use aws_sdk_sts::config::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use severance_aws::countermeasures::{
    About, DeactivateAccessKey, Driver, QuarantineUser, RevokeRoleSessions, RotateSecret,
};
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::digest::Digest;
use severance_domain::ids::{AccessKeyId, AccountId, Arn, IamName, UniqueId};
use severance_domain::subject::{Subject, SubjectKind};
use severance_engine::settings;

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db/main-AbCdEf";
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const USER_ID: &str = "AIDACKCEVSQ6C2EXAMPLE";
const ANOTHER_ID: &str = "AIDADBQP57FF2AEXAMPLE";

/// One answer of AWS.
#[derive(Debug, Clone)]
struct Reply {
    status: u16,
    body: String,
}

/// A status that no service gives: the answer that never arrives.
const NEVER: u16 = 599;

impl Reply {
    fn xml(status: u16, code: &str) -> Self {
        let body = format!(
            "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>because</Message></Error><RequestId>r</RequestId></ErrorResponse>"
        );
        Self { status, body }
    }

    fn json(status: u16, code: &str) -> Self {
        Self { status, body: serde_json::json!({"__type": code, "message": "because"}).to_string() }
    }

    fn ok(body: &str) -> Self {
        Self { status: 200, body: body.to_owned() }
    }

    fn http(&self) -> HttpResponse {
        HttpResponse::new(self.status.try_into().unwrap(), SdkBody::from(self.body.clone()))
    }
}

/// What AWS answers to one operation: these replies in turn, the last one for ever.
#[derive(Debug, Clone)]
struct Rule {
    operation: &'static str,
    replies: Vec<Reply>,
    calls: Arc<AtomicUsize>,
}

impl Rule {
    fn num_calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn next(&self) -> Reply {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        self.replies[call.min(self.replies.len() - 1)].clone()
    }
}

fn always(operation: &'static str, reply: Reply) -> Rule {
    in_turn(operation, vec![reply])
}

fn in_turn(operation: &'static str, replies: Vec<Reply>) -> Rule {
    Rule { operation, replies, calls: Arc::default() }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Apply,
    Confirm,
}

/// One call of one countermeasure, and all that AWS answers up to and with it.
struct Site {
    half: Half,
    /// Calls of the same operation that go well first.
    before: usize,
    action: &'static str,
    step: Countermeasure,
    rules: fn(Reply) -> Vec<Rule>,
}

fn user() -> IamName {
    IamName::try_from("build-bot").unwrap()
}

fn deactivate() -> Countermeasure {
    Countermeasure::DeactivateAccessKey(card::DeactivateAccessKey {
        user: user(),
        access_key: AccessKeyId::try_from(KEY).unwrap(),
    })
}

fn quarantine() -> Countermeasure {
    Countermeasure::QuarantineUser(card::QuarantineUser::of(user(), None))
}

fn revoke() -> Countermeasure {
    let issued_before = "2026-03-01T12:00:00Z".parse().unwrap();
    Countermeasure::RevokeRoleSessions(card::RevokeRoleSessions {
        role: IamName::try_from("app").unwrap(),
        issued_before,
    })
}

fn rotate() -> Countermeasure {
    Countermeasure::RotateSecret(card::RotateSecret { secret: Arn::try_from(SECRET).unwrap() })
}

fn case() -> CaseId {
    serde_json::from_value("sev-0123456789abcdef0123".into()).unwrap()
}

/// The case, about the user that the steps name.
fn about() -> About<'static> {
    static OF: LazyLock<(CaseId, Subject)> = LazyLock::new(|| {
        let subject = Subject {
            kind: SubjectKind::User,
            account: AccountId::try_from("111122223333").unwrap(),
            name: user().to_string(),
            arn: None,
            unique_id: Some(UniqueId::try_from(USER_ID).unwrap()),
        };
        (case(), subject)
    });
    About { case: &OF.0, subject: &OF.1 }
}

/// The answer of `iam:GetUser`, for a user with this unique id.
fn shown(id: &str) -> Reply {
    Reply::ok(&format!(
        "<GetUserResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetUserResult><User><Path>/</Path>\
         <UserName>build-bot</UserName><UserId>{id}</UserId><Arn>arn:aws:iam::111122223333:user/build-bot</Arn>\
         <CreateDate>2026-01-01T00:00:00Z</CreateDate></User></GetUserResult></GetUserResponse>"
    ))
}

fn no_such_entity() -> Reply {
    Reply::xml(404, "NoSuchEntity")
}

fn keys_page(id: &str, status: &str, more: bool) -> Reply {
    Reply::ok(&format!(
        "<ListAccessKeysResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListAccessKeysResult>\
         <AccessKeyMetadata><member><UserName>build-bot</UserName><AccessKeyId>{id}</AccessKeyId>\
         <Status>{status}</Status></member></AccessKeyMetadata><IsTruncated>{more}</IsTruncated>{}\
         </ListAccessKeysResult></ListAccessKeysResponse>",
        if more { "<Marker>2</Marker>" } else { "" }
    ))
}

fn described(version: &str, label: &str) -> Reply {
    Reply::ok(&serde_json::json!({"ARN": SECRET, "VersionIdsToStages": {version: [label]}}).to_string())
}

/// The version that our case makes of the secret.
fn our_version() -> String {
    Digest::of(format!("{} {SECRET}", case()).as_bytes()).as_hex().to_owned()
}

/// The answer of `iam:GetUserPolicy` that shows our denial.
fn denying() -> Reply {
    let deny = "{%22Version%22:%222012-10-17%22,%22Statement%22:[{%22Sid%22:%22SeveranceQuarantine%22,\
                %22Effect%22:%22Deny%22,%22Action%22:%22*%22,%22Resource%22:%22*%22}]}";
    Reply::ok(&format!(
        "<GetUserPolicyResponse><GetUserPolicyResult><PolicyDocument>{deny}</PolicyDocument></GetUserPolicyResult>\
         </GetUserPolicyResponse>"
    ))
}

fn sites() -> Vec<Site> {
    use Half::{Apply, Confirm};
    let site = |half, action, step, rules| Site { half, before: 0, action, step, rules };
    let second_page = Site {
        before: 1,
        ..site(Confirm, "iam:ListAccessKeys", deactivate(), |r| {
            vec![in_turn("ListAccessKeys", vec![keys_page("AKIAI44QH8DHBEXAMPLE", "Inactive", true), r])]
        })
    };
    vec![
        site(Apply, "iam:UpdateAccessKey", deactivate(), |r| vec![always("UpdateAccessKey", r)]),
        site(Confirm, "iam:ListAccessKeys", deactivate(), |r| vec![always("ListAccessKeys", r)]),
        second_page,
        // What is refused for good is tried in another way, which is refused here as well.
        site(Apply, "iam:PutUserPolicy", quarantine(), |r| {
            vec![always("GetUser", r.clone()), always("PutUserPolicy", r)]
        }),
        site(Confirm, "iam:GetUserPolicy", quarantine(), |r| vec![always("GetUserPolicy", r)]),
        site(Confirm, "iam:GetUser", quarantine(), |r| {
            vec![always("GetUserPolicy", no_such_entity()), always("GetUser", r)]
        }),
        site(Confirm, "iam:GetUser", quarantine(), |r| vec![always("GetUserPolicy", denying()), always("GetUser", r)]),
        site(Apply, "iam:GetRolePolicy", revoke(), |r| vec![always("GetRolePolicy", r)]),
        site(Apply, "iam:PutRolePolicy", revoke(), |r| {
            let gone = no_such_entity;
            vec![always("GetRolePolicy", gone()), always("GetRole", gone()), always("PutRolePolicy", r)]
        }),
        site(Confirm, "iam:GetRolePolicy", revoke(), |r| vec![always("GetRolePolicy", r)]),
        site(Confirm, "iam:GetRole", revoke(), |r| {
            vec![always("GetRolePolicy", no_such_entity()), always("GetRole", r)]
        }),
        site(Apply, "secretsmanager:RotateSecret", rotate(), |r| vec![always("RotateSecret", r)]),
        site(Apply, "secretsmanager:DescribeSecret", rotate(), |r| {
            let underway = Reply::json(400, "InvalidRequestException");
            vec![always("RotateSecret", underway), always("DescribeSecret", r)]
        }),
        site(Confirm, "secretsmanager:DescribeSecret", rotate(), |r| vec![always("DescribeSecret", r)]),
    ]
}

/// Answers each call by its rule. A call that no rule is for fails the test.
#[derive(Debug)]
struct Ruled(Vec<Rule>);

impl HttpConnector for Ruled {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let operation = operation(&request);
        let rule = self.0.iter().find(|rule| rule.operation == operation);
        let reply = rule.unwrap_or_else(|| panic!("{operation} was called, and no rule is for it")).next();
        HttpConnectorFuture::new(async move {
            if reply.status == NEVER {
                std::future::pending::<()>().await;
            }
            Ok(reply.http())
        })
    }
}

/// JSON services name the operation in a header, IAM in its form.
fn operation(request: &HttpRequest) -> String {
    if let Some(target) = request.headers().get("x-amz-target") {
        return target.split('.').next_back().unwrap().to_owned();
    }
    let form = std::str::from_utf8(request.body().bytes().unwrap()).unwrap();
    form.split('&').find_map(|field| field.strip_prefix("Action=")).unwrap().to_owned()
}

fn ruled(rules: &[Rule]) -> SharedHttpClient {
    let rules = rules.to_vec();
    http_client_fn(move |_, _| SharedHttpConnector::new(Ruled(rules.clone())))
}

/// As the functions' clients are, but each with its own allowance of retries: the SDK keeps one for a whole process.
macro_rules! client {
    ($sdk:ident, $rules:expr) => {
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .credentials_provider(Credentials::new("ASIAFUNCTION", "s", None, None, "test"))
                .region($sdk::config::Region::new("eu-west-1"))
                .http_client(ruled($rules))
                .retry_partition(RetryPartition::custom("test").build())
                .retry_config(settings::retries())
                .timeout_config(settings::time_outs())
                .build(),
        )
    };
}

fn driver(step: &Countermeasure, rules: &[Rule]) -> Box<dyn Driver> {
    match step {
        Countermeasure::DeactivateAccessKey(_) => Box::new(DeactivateAccessKey::new(client!(aws_sdk_iam, rules))),
        Countermeasure::QuarantineUser(_) => Box::new(QuarantineUser::new(client!(aws_sdk_iam, rules))),
        Countermeasure::RevokeRoleSessions(_) => Box::new(RevokeRoleSessions::new(client!(aws_sdk_iam, rules))),
        Countermeasure::RotateSecret(_) => Box::new(RotateSecret::new(client!(aws_sdk_secretsmanager, rules))),
        other => panic!("{} is tried in countermeasures/each.rs", other.as_str()),
    }
}
