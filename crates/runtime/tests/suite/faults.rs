//! What each countermeasure makes of each fault at each of its calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_iam::config::retry::RetryPartition;
use aws_sdk_sts::config::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use severance_aws::countermeasures::{
    Applied, DeactivateAccessKey, Driver, QuarantineUser, RevokeRoleSessions, RotateSecret, Seen,
};
use severance_aws::error::AwsError;
use severance_domain::case::CaseId;
use severance_domain::countermeasure::{self as card, Countermeasure};
use severance_domain::digest::Digest;
use severance_domain::ids::{AccessKeyId, Arn, IamName};
use severance_engine::settings;

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db/main-AbCdEf";
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

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
    Countermeasure::QuarantineUser(card::QuarantineUser { user: user() })
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
        site(Apply, "iam:PutUserPolicy", quarantine(), |r| vec![always("PutUserPolicy", r)]),
        site(Confirm, "iam:GetUserPolicy", quarantine(), |r| vec![always("GetUserPolicy", r)]),
        site(Confirm, "iam:GetUser", quarantine(), |r| {
            vec![always("GetUserPolicy", no_such_entity()), always("GetUser", r)]
        }),
        site(Apply, "iam:GetRolePolicy", revoke(), |r| vec![always("GetRolePolicy", r)]),
        site(Apply, "iam:PutRolePolicy", revoke(), |r| {
            vec![always("GetRolePolicy", no_such_entity()), always("PutRolePolicy", r)]
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
        other => panic!("{} is tried in countermeasures.rs", other.as_str()),
    }
}

/// What AWS does, and how it must be told: code, message, whether another delivery may help, attempts.
struct Fault {
    iam: Reply,
    secrets: Reply,
    code: [&'static str; 2],
    message: &'static str,
    retryable: bool,
    attempts: usize,
}

fn faults() -> Vec<Fault> {
    let fault = |status, codes: [&'static str; 2], retryable, attempts| Fault {
        iam: Reply::xml(status, codes[0]),
        secrets: Reply::json(status, codes[1]),
        code: codes,
        message: "because",
        retryable,
        attempts,
    };
    let empty = |status, code, message, attempts| {
        let reply = Reply { status, body: String::new() };
        Fault { iam: reply.clone(), secrets: reply, code: [code, code], message, retryable: true, attempts }
    };
    vec![
        fault(403, ["AccessDenied", "AccessDeniedException"], false, 1),
        fault(400, ["Throttling", "ThrottlingException"], true, 4),
        fault(500, ["ServiceFailure", "InternalServiceError"], true, 4),
        fault(409, ["EntityTemporarilyUnmodifiable", "InternalServiceError"], true, 1),
        empty(429, "429", "no message", 1),
        empty(503, "503", "no message", 4),
        empty(NEVER, "Timeout", "no answer within the time allowed", 3),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_fault_at_every_call_names_the_action_the_code_and_whether_to_try_again() {
    for site in sites() {
        for fault in faults() {
            let of_secrets = site.action.starts_with("secretsmanager");
            let rules = (site.rules)(if of_secrets { fault.secrets.clone() } else { fault.iam.clone() });
            let driver = driver(&site.step, &rules);
            let error = match site.half {
                Half::Apply => driver.apply(&site.step, &case()).await.map(|_| ()).unwrap_err(),
                Half::Confirm => driver.confirm(&site.step, &case()).await.map(|_| ()).unwrap_err(),
            };
            let code = fault.code[usize::from(of_secrets)].to_owned();
            let message = fault.message.to_owned();
            let expected = AwsError { action: site.action, code, message, retryable: fault.retryable };
            assert_eq!(error, expected, "{:?} of {}", site.half, site.step.as_str());
            let mut rights = site.step.kind().unwrap().rights().to_act();
            assert!(rights.any(|right| right.action == site.action), "{} is not among the card's rights", site.action);
            assert_eq!(rules.last().unwrap().num_calls(), site.before + fault.attempts, "{expected:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_quarantine_that_cannot_be_tagged_is_still_one_and_says_so() {
    for fault in faults() {
        let tag = fault.iam.clone();
        let rules = [always("PutUserPolicy", Reply::ok("")), always("TagUser", tag)];
        let applied = driver(&quarantine(), &rules).apply(&quarantine(), &case()).await;
        let note = format!("the user could not be tagged: iam:TagUser answered {}: {}", fault.code[0], fault.message);
        assert_eq!(applied, Ok(Applied::Changed(Some(note))));
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_exist_any_more_is_in_effect_already() {
    let gone = || Reply::json(400, "ResourceNotFoundException");
    let cases: [(Countermeasure, Vec<Rule>, &str); 4] = [
        (deactivate(), vec![always("UpdateAccessKey", no_such_entity())], "the key does not exist any more"),
        (quarantine(), vec![always("PutUserPolicy", no_such_entity())], "the user does not exist any more"),
        (
            revoke(),
            vec![always("GetRolePolicy", no_such_entity()), always("PutRolePolicy", no_such_entity())],
            "the role does not exist any more",
        ),
        (rotate(), vec![always("RotateSecret", gone())], "the secret does not exist any more"),
    ];
    for (step, rules, note) in cases {
        let applied = driver(&step, &rules).apply(&step, &case()).await;
        assert_eq!(applied, Ok(Applied::Already(note.to_owned())), "{}", step.as_str());
    }
}

#[expect(clippy::too_many_lines, reason = "one table, one row a case")]
#[tokio::test(start_paused = true)]
async fn reading_back_tells_the_effect_from_everything_else() {
    let policy = |of: &str, body: &str| {
        Reply::ok(&format!(
            "<Get{of}PolicyResponse><Get{of}PolicyResult><PolicyDocument>{body}</PolicyDocument>\
             </Get{of}PolicyResult></Get{of}PolicyResponse>"
        ))
    };
    let exists = |of: &str| Reply::ok(&format!("<Get{of}Response><Get{of}Result></Get{of}Result></Get{of}Response>"));
    let deny = "{%22Version%22:%222012-10-17%22,%22Statement%22:[{%22Sid%22:%22SeveranceQuarantine%22,\
                %22Effect%22:%22Deny%22,%22Action%22:%22*%22,%22Resource%22:%22*%22}]}";
    let allow = deny.replace("Deny", "Allow");
    let keys = |id, status| vec![always("ListAccessKeys", keys_page(id, status, false))];
    let (key, other) = (KEY, "AKIAI44QH8DHBEXAMPLE");
    let versions = |version: &str, label| vec![always("DescribeSecret", described(version, label))];
    let ours = our_version();
    let gone = Reply::json(400, "ResourceNotFoundException");
    let cases: Vec<(Countermeasure, Vec<Rule>, Result<&str, &str>)> = vec![
        (deactivate(), keys(key, "Inactive"), Ok("iam:ListAccessKeys shows it Inactive")),
        (deactivate(), keys(key, "Active"), Err("iam:ListAccessKeys shows it Active")),
        (deactivate(), keys(key, "Expired"), Ok("iam:ListAccessKeys shows it Expired")),
        (deactivate(), keys(key, "Suspended"), Err("iam:ListAccessKeys shows it Suspended")),
        (
            deactivate(),
            vec![
                always("ListAccessKeys", keys_page(other, "Active", false)),
                always("GetAccessKeyLastUsed", no_such_entity()),
            ],
            Ok("iam:ListAccessKeys does not show it, and iam:GetAccessKeyLastUsed no other holder"),
        ),
        (
            deactivate(),
            vec![
                always("ListAccessKeys", no_such_entity()),
                always(
                    "GetAccessKeyLastUsed",
                    Reply::ok(
                        "<GetAccessKeyLastUsedResponse><GetAccessKeyLastUsedResult><UserName>renamed</UserName>\
                     </GetAccessKeyLastUsedResult></GetAccessKeyLastUsedResponse>",
                    ),
                ),
            ],
            Err("iam:GetAccessKeyLastUsed shows it with user renamed: the user was renamed"),
        ),
        (
            deactivate(),
            vec![in_turn("ListAccessKeys", vec![keys_page(other, "Inactive", true), keys_page(key, "Active", false)])],
            Err("iam:ListAccessKeys shows it Active"),
        ),
        (
            deactivate(),
            vec![always("ListAccessKeys", no_such_entity()), always("GetAccessKeyLastUsed", no_such_entity())],
            Ok("iam:ListAccessKeys does not show it, and iam:GetAccessKeyLastUsed no other holder"),
        ),
        (
            quarantine(),
            vec![always("GetUserPolicy", policy("User", deny))],
            Ok("iam:GetUserPolicy shows the deny-all policy SeveranceQuarantine"),
        ),
        (
            quarantine(),
            vec![always("GetUserPolicy", policy("User", &allow))],
            Err("iam:GetUserPolicy shows another document under SeveranceQuarantine"),
        ),
        (
            quarantine(),
            vec![always("GetUserPolicy", no_such_entity()), always("GetUser", exists("User"))],
            Err("iam:GetUserPolicy shows no policy SeveranceQuarantine"),
        ),
        (
            quarantine(),
            vec![always("GetUserPolicy", no_such_entity()), always("GetUser", no_such_entity())],
            Err("iam:GetUser shows no user of that name: it was deleted, or renamed and lives on"),
        ),
        (
            revoke(),
            vec![always("GetRolePolicy", policy("Role", deny))],
            Err("iam:GetRolePolicy shows another document under SeveranceRevokeOlderSessions"),
        ),
        (
            revoke(),
            vec![always("GetRolePolicy", no_such_entity()), always("GetRole", exists("Role"))],
            Err("iam:GetRolePolicy shows no policy SeveranceRevokeOlderSessions"),
        ),
        (
            revoke(),
            vec![always("GetRolePolicy", no_such_entity()), always("GetRole", no_such_entity())],
            Err("iam:GetRole shows no role of that name: it was deleted, or renamed and lives on"),
        ),
        (
            rotate(),
            versions(&ours, "AWSCURRENT"),
            Ok("secretsmanager:DescribeSecret shows the new version as AWSCURRENT"),
        ),
        (
            rotate(),
            versions(&ours, "AWSPENDING"),
            Err("secretsmanager:DescribeSecret shows the rotation unfinished: the new version is AWSPENDING"),
        ),
        (
            rotate(),
            versions("someone-elses", "AWSCURRENT"),
            Err("secretsmanager:DescribeSecret does not show the new version"),
        ),
        (
            rotate(),
            vec![always("DescribeSecret", gone)],
            Ok("secretsmanager:DescribeSecret shows that the secret does not exist any more"),
        ),
    ];
    for (step, rules, expected) in cases {
        let seen = driver(&step, &rules).confirm(&step, &case()).await.unwrap();
        let expected = match expected {
            Ok(seen) => Seen::InEffect(seen.to_owned()),
            Err(seen) => Seen::NotYet(seen.to_owned()),
        };
        assert_eq!(seen, expected, "{}", step.as_str());
    }
}

#[tokio::test(start_paused = true)]
async fn a_rotation_under_way_is_ours_or_is_refused() {
    let ours = our_version();
    let begun = || Ok(Applied::Already("an earlier delivery of this case began the rotation".to_owned()));
    let refused = || {
        let (code, message) = ("InvalidRequestException".to_owned(), "because".to_owned());
        Err(AwsError { action: "secretsmanager:RotateSecret", code, message, retryable: false })
    };
    let gone = Reply::json(400, "ResourceNotFoundException");
    let cases = [
        (described(&ours, "AWSPENDING"), begun()),
        (described(&ours, "AWSCURRENT"), begun()),
        (described("someone-elses", "AWSPENDING"), refused()),
        (gone, refused()),
    ];
    for (described, expected) in cases {
        let rules =
            [always("RotateSecret", Reply::json(400, "InvalidRequestException")), always("DescribeSecret", described)];
        assert_eq!(driver(&rotate(), &rules).apply(&rotate(), &case()).await, expected);
    }
}

#[tokio::test]
async fn a_step_of_another_kind_is_refused_without_a_call() {
    let steps = [deactivate(), quarantine(), revoke(), rotate()];
    for of in &steps {
        for step in steps.iter().filter(|step| *step != of) {
            let driver = driver(of, &[]);
            assert!(driver.drives(of) && !driver.drives(step));
            assert_eq!(driver.apply(step, &case()).await.unwrap_err().code, "NotDriven");
            assert_eq!(driver.confirm(step, &case()).await.unwrap_err().code, "NotDriven");
        }
    }
}
