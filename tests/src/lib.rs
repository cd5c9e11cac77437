//! What the end-to-end tests share: the deployed stack as its users see it from outside.
//!
//! `make test` starts the emulator with enforced IAM, deploys `template.yaml` into it three times (enforcing, observing, and
//! with breakers that open soon) and puts their names into the environment. Every test makes identities of its own, so tests run side by side.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "this library is for tests only: what is not as expected fails the test"
)]

pub mod doors;
pub mod late;
pub mod rotation;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_iam::types::{StatusType, Tag};
use aws_sdk_lambda::primitives::Blob;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use severance_domain::evidence::Statement;
use severance_domain::evidence::verify::{PublicKey, verify};

/// How long anything asynchronous may take before a test gives up. A bound against hanging, not a measure.
const PATIENCE: Duration = Duration::from_secs(90);

/// The account that the emulator gives to its root credentials.
pub const ACCOUNT: &str = "000000000000";

/// One deployed stack, and clients with the emulator's root credentials.
pub struct Stack {
    names: Names,
    sdk: SdkConfig,
    /// IAM, as an administrator.
    pub iam: aws_sdk_iam::Client,
    /// The functions.
    pub lambda: aws_sdk_lambda::Client,
    /// Evidence.
    pub s3: aws_sdk_s3::Client,
    /// Messages and dead letters.
    pub sqs: aws_sdk_sqs::Client,
    /// Secrets.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// Cases.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// Buses and rules.
    pub events: aws_sdk_eventbridge::Client,
    sns: aws_sdk_sns::Client,
    kms: aws_sdk_kms::Client,
}

/// Which of the deployed stacks.
#[derive(Clone, Copy)]
enum Names {
    Enforcing,
    Observing,
    Limited,
}

/// A function of the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// `functions/posture-finding`.
    PostureFinding,
    /// `functions/key-creation`.
    KeyCreation,
    /// `functions/offboarding`.
    Offboarding,
    /// `functions/responder`.
    Responder,
}

impl Function {
    fn as_str(self) -> &'static str {
        match self {
            Self::PostureFinding => "POSTURE_FINDING_FUNCTION",
            Self::KeyCreation => "KEY_CREATION_FUNCTION",
            Self::Offboarding => "OFFBOARDING_FUNCTION",
            Self::Responder => "RESPONDER_FUNCTION",
        }
    }

    /// The output that names its dead-letter queue.
    pub fn dead_letters(self) -> &'static str {
        match self {
            Self::PostureFinding => "POSTURE_FINDING_DEAD_LETTERS",
            Self::KeyCreation => "KEY_CREATION_DEAD_LETTERS",
            Self::Offboarding => "OFFBOARDING_DEAD_LETTERS",
            Self::Responder => "RESPONDER_DEAD_LETTERS",
        }
    }
}

/// An access key with its secret half, as its holder has it.
#[derive(Clone)]
pub struct HeldKey {
    /// The id.
    pub id: String,
    secret: String,
}

impl HeldKey {
    /// The key, for a client that signs with it.
    pub fn credentials(&self) -> aws_sdk_iam::config::Credentials {
        aws_sdk_iam::config::Credentials::new(&self.id, &self.secret, None, None, "test")
    }
}

impl Stack {
    /// The stack that acts.
    pub async fn enforcing() -> Self {
        Self::new(Names::Enforcing).await
    }

    /// The stack that only observes.
    pub async fn observing() -> Self {
        Self::new(Names::Observing).await
    }

    /// The stack whose breakers allow six steps an hour.
    pub async fn limited() -> Self {
        Self::new(Names::Limited).await
    }

    async fn new(names: Names) -> Self {
        let sdk = aws_config::defaults(BehaviorVersion::latest()).load().await;
        let s3 = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build();
        Self {
            names,
            iam: aws_sdk_iam::Client::new(&sdk),
            lambda: aws_sdk_lambda::Client::new(&sdk),
            s3: aws_sdk_s3::Client::from_conf(s3),
            sqs: aws_sdk_sqs::Client::new(&sdk),
            secrets: aws_sdk_secretsmanager::Client::new(&sdk),
            dynamodb: aws_sdk_dynamodb::Client::new(&sdk),
            events: aws_sdk_eventbridge::Client::new(&sdk),
            sns: aws_sdk_sns::Client::new(&sdk),
            kms: aws_sdk_kms::Client::new(&sdk),
            sdk,
        }
    }

    /// A name of this stack, as `scripts/stack.py` exports it: `TABLE`, `BUS`, …
    pub fn name(&self, what: &str) -> String {
        let prefix = match self.names {
            Names::Enforcing => "SEVERANCE",
            Names::Observing => "SEVERANCE_OBSERVE",
            Names::Limited => "SEVERANCE_REVIEW",
        };
        let name = format!("{prefix}_{what}");
        std::env::var(&name)
            .unwrap_or_else(|_| panic!("{name} is not set: these tests need the deployed stack, run `make test`"))
    }

    /// Invokes a function and waits for its answer: the response, or the error that Lambda reports.
    pub async fn invoke(&self, function: Function, event: &Value) -> Result<Value, Value> {
        self.invoke_named(function.as_str(), event).await
    }

    /// The same for a function that reacts to no event, by the output that names it.
    pub async fn invoke_named(&self, output: &str, event: &Value) -> Result<Value, Value> {
        let answer = self
            .lambda
            .invoke()
            .function_name(self.name(output))
            .payload(Blob::new(event.to_string()))
            .send()
            .await
            .expect("Lambda takes the invocation");
        let payload = answer.payload().map(|blob| blob.as_ref().to_vec()).unwrap_or_default();
        let payload: Value = serde_json::from_slice(&payload).unwrap_or(Value::Null);
        if answer.function_error().is_some() { Err(payload) } else { Ok(payload) }
    }

    /// Hands an event to a function as `EventBridge` does: asynchronously.
    pub async fn deliver(&self, function: Function, event: &Value) {
        self.lambda
            .invoke()
            .function_name(self.name(function.as_str()))
            .invocation_type(aws_sdk_lambda::types::InvocationType::Event)
            .payload(Blob::new(event.to_string()))
            .send()
            .await
            .expect("Lambda takes the event");
    }

    /// Makes a user with these tags, who may read itself.
    pub async fn user(&self, name: &str, path: &str, tags: &[(&str, &str)]) {
        let tags = tags.iter().map(|(k, v)| Tag::builder().key(*k).value(*v).build().expect("a tag")).collect();
        self.iam.create_user().user_name(name).path(path).set_tags(Some(tags)).send().await.expect("a new user");
        let allow = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}]});
        self.iam
            .put_user_policy()
            .user_name(name)
            .policy_name("work")
            .policy_document(allow.to_string())
            .send()
            .await
            .expect("a policy");
    }

    /// Makes an access key.
    pub async fn key(&self, user: &str) -> HeldKey {
        let made = self.iam.create_access_key().user_name(user).send().await.expect("a new key");
        let key = made.access_key().expect("the key");
        HeldKey { id: key.access_key_id().to_owned(), secret: key.secret_access_key().to_owned() }
    }

    /// Makes a key look old, and used last so many days ago (never, if none), by an action that only the emulator's overlay
    /// has: no SDK knows it, so it is sent in the place of another call.
    pub async fn age(&self, key: &HeldKey, days_old: i64, last_used_days: Option<i64>) {
        let days_ago = |days: i64| {
            let at = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
            at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().replace(':', "%3A")
        };
        let mut body = format!(
            "Action=OverlaySetKeyDates&Version=2010-05-08&AccessKeyId={}&CreateDate={}",
            key.id,
            days_ago(days_old)
        );
        if let Some(days) = last_used_days {
            body = format!("{body}&LastUsedDate={}", days_ago(days));
        }
        self.iam
            .update_access_key()
            .access_key_id(&key.id)
            .status(StatusType::Active)
            .customize()
            .mutate_request(move |request| {
                request.headers_mut().insert("content-length", body.len().to_string());
                *request.body_mut() = body.clone().into();
            })
            .send()
            .await
            .expect("the overlay sets a key's dates");
    }

    /// The account that the stack may enter beside its own.
    pub fn member_account(&self) -> String {
        std::env::var("SEVERANCE_MEMBER_ACCOUNT").expect("the member account: run `make test`")
    }

    /// IAM of another account, as its root: the emulator takes the account's number for a key.
    pub fn iam_of_account(&self, account: &str) -> aws_sdk_iam::Client {
        let credentials = aws_sdk_iam::config::Credentials::new(account, "test", None, None, "test");
        let config = aws_sdk_iam::config::Builder::from(&self.sdk).credentials_provider(credentials).build();
        aws_sdk_iam::Client::from_conf(config)
    }

    /// CloudTrail's records of a call in another account.
    pub async fn trail_of_account(&self, account: &str, call: &str) -> Vec<Value> {
        use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
        let credentials = aws_sdk_cloudtrail::config::Credentials::new(account, "test", None, None, "test");
        let config = aws_sdk_cloudtrail::config::Builder::from(&self.sdk).credentials_provider(credentials).build();
        let by = LookupAttribute::builder().attribute_key(LookupAttributeKey::EventName).attribute_value(call).build();
        let by = by.expect("an attribute");
        let found = aws_sdk_cloudtrail::Client::from_conf(config).lookup_events().lookup_attributes(by).send().await;
        let found = found.expect("the history");
        let records = found.events().iter().filter_map(|event| event.cloud_trail_event());
        records.filter_map(|record| serde_json::from_str(record).ok()).collect()
    }

    /// Waits until something is so.
    pub async fn until<F: Future<Output = bool>>(&self, what: &str, holds: impl Fn() -> F) {
        let begun = Instant::now();
        while !holds().await {
            assert!(begun.elapsed() < PATIENCE, "{what}: it never was");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The path of the responder's URL.
    pub fn url_path(&self) -> String {
        let url = self.name("RESPONDER_URL");
        let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        rest.split_once('/').map_or_else(|| "/".to_owned(), |(_, path)| format!("/{path}"))
    }

    /// Where the emulator listens.
    pub fn endpoint(&self) -> String {
        self.sdk
            .endpoint_url()
            .map(str::to_owned)
            .or_else(|| std::env::var("AWS_ENDPOINT_URL").ok())
            .expect("an address")
    }

    /// The configuration of the root credentials, for clients of other services.
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// IAM, as the holder of a key.
    pub fn iam_as(&self, key: &HeldKey) -> aws_sdk_iam::Client {
        let config = aws_sdk_iam::config::Builder::from(&self.sdk).credentials_provider(key.credentials()).build();
        aws_sdk_iam::Client::from_conf(config)
    }

    /// Makes an access key of a user, as somebody else than an administrator.
    pub async fn key_by(&self, iam: &aws_sdk_iam::Client, user: &str) -> HeldKey {
        let made = iam.create_access_key().user_name(user).send().await.expect("a new key");
        let key = made.access_key().expect("the key");
        HeldKey { id: key.access_key_id().to_owned(), secret: key.secret_access_key().to_owned() }
    }

    /// Lets a user do more, on everything.
    pub async fn allow(&self, user: &str, actions: &[&str]) {
        let allow = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": "*"}]});
        let put = self.iam.put_user_policy().user_name(user).policy_name("allowed").policy_document(allow.to_string());
        put.send().await.expect("a policy");
    }

    /// Waits until a user is denied everything.
    pub async fn until_quarantined(&self, user: &str) {
        let begun = Instant::now();
        while !self.policies(user).await.contains(&"SeveranceQuarantine".to_owned()) {
            assert!(begun.elapsed() < PATIENCE, "{user} was never quarantined");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A case as it lies in the stack's table.
    pub async fn case(&self, id: &str) -> severance_domain::case::Case {
        let record = self.record(&format!("CASE#{id}"), "CASE").await;
        serde_json::from_value(record).expect("a case")
    }

    /// Whether AWS accepts a key for what its user may do; else the error's code.
    pub async fn accepts(&self, key: &HeldKey) -> Result<(), String> {
        match self.iam_as(key).get_user().send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                use aws_sdk_iam::error::ProvideErrorMetadata as _;
                Err(error.code().unwrap_or("no code").to_owned())
            }
        }
    }

    /// The status of a key, as IAM states it.
    pub async fn status(&self, user: &str, key: &HeldKey) -> Option<StatusType> {
        let keys = self.iam.list_access_keys().user_name(user).send().await.expect("the keys");
        keys.access_key_metadata()
            .iter()
            .find(|found| found.access_key_id() == Some(&key.id))
            .and_then(|found| found.status().cloned())
    }

    /// The names of a user's inline policies.
    pub async fn policies(&self, user: &str) -> Vec<String> {
        self.iam.list_user_policies().user_name(user).send().await.expect("the policies").policy_names().to_vec()
    }

    /// The verified statement that a reaction names.
    pub async fn evidence(&self, reaction: &Value) -> Statement {
        let uri = reaction["evidence"].as_str().expect("the evidence's place");
        let (bucket, key) = uri.strip_prefix("s3://").and_then(|rest| rest.split_once('/')).expect("an S3 URI");
        let object = self.s3.get_object().bucket(bucket).key(key).send().await.expect("the evidence");
        let bytes = object.body.collect().await.expect("the evidence's bytes").into_bytes();
        let keys = [self.public_key().await];
        verify(&bytes, &keys).unwrap_or_else(|failure| panic!("{uri} does not verify: {failure}")).statement
    }

    /// The public half of the signing key.
    pub async fn public_key(&self) -> PublicKey {
        let key = self.name("SIGNING_KEY");
        let answer = self.kms.get_public_key().key_id(key).send().await.expect("the public key");
        let der = STANDARD.encode(answer.public_key().expect("the key"));
        let lines: Vec<&str> = der.as_bytes().chunks(64).filter_map(|line| str::from_utf8(line).ok()).collect();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
        PublicKey::from_pem(&pem).expect("a P-256 key")
    }

    /// A new queue that gets every message of the topic from now on.
    pub async fn inbox(&self) -> Inbox<'_> {
        self.inbox_of("TOPIC").await
    }

    /// A new queue that gets every message of this topic of the stack from now on.
    pub async fn inbox_of(&self, topic: &str) -> Inbox<'_> {
        let queue = self.sqs.create_queue().queue_name(unique("inbox")).send().await.expect("a queue");
        let url = queue.queue_url().expect("its URL").to_owned();
        let attributes = self
            .sqs
            .get_queue_attributes()
            .queue_url(&url)
            .attribute_names(aws_sdk_sqs::types::QueueAttributeName::QueueArn)
            .send()
            .await
            .expect("its attributes");
        let arn = attributes
            .attributes()
            .and_then(|all| all.get(&aws_sdk_sqs::types::QueueAttributeName::QueueArn))
            .expect("its ARN")
            .clone();
        let policy = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage", "Resource": arn}]});
        self.sqs
            .set_queue_attributes()
            .queue_url(&url)
            .attributes(aws_sdk_sqs::types::QueueAttributeName::Policy, policy.to_string())
            .send()
            .await
            .expect("the topic may send to the queue");
        self.sns
            .subscribe()
            .topic_arn(self.name(topic))
            .protocol("sqs")
            .endpoint(arn)
            .send()
            .await
            .expect("a subscription");
        Inbox { stack: self, url }
    }

    /// Waits for a message in a queue that passes.
    pub async fn message(&self, queue: &str, passes: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let answer = self
                .sqs
                .receive_message()
                .queue_url(queue)
                .max_number_of_messages(10)
                .wait_time_seconds(1)
                .visibility_timeout(5)
                .send()
                .await
                .expect("the queue answers");
            for message in answer.messages() {
                let body: Value = serde_json::from_str(message.body().unwrap_or_default()).unwrap_or(Value::Null);
                if passes(&body) {
                    return body;
                }
            }
        }
        panic!("no such message came to {queue}")
    }
}

/// A responder's inbox.
pub struct Inbox<'a> {
    stack: &'a Stack,
    url: String,
}

impl Inbox<'_> {
    /// Waits for the message about this case.
    pub async fn about(&self, case: &str) -> Value {
        self.stack
            .message(&self.url, |body| body["Message"].as_str().is_some_and(|message| message.contains(case)))
            .await
    }
}

impl Inbox<'_> {
    /// All messages that are there within a moment, each once.
    pub async fn all(&self) -> Vec<Value> {
        let mut found = Vec::new();
        let mut quiet = 0;
        while quiet < 2 {
            let receive = self.stack.sqs.receive_message().queue_url(&self.url).max_number_of_messages(10);
            let answer = receive.wait_time_seconds(1).visibility_timeout(60).send().await.expect("the queue answers");
            quiet = if answer.messages().is_empty() { quiet + 1 } else { 0 };
            found.extend(answer.messages().iter().map(|message| {
                serde_json::from_str::<Value>(message.body().unwrap_or_default()).unwrap_or(Value::Null)
            }));
        }
        found
    }
}

/// The day that is so many days from today, as `YYYY-MM-DD`.
pub fn day(from_today: i64) -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * from_today)).strftime("%F").to_string()
}

/// A name that no other test, process or run has.
pub fn unique(prefix: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let nanos = std::time::SystemTime::UNIX_EPOCH.elapsed().map(|age| age.as_nanos()).unwrap_or_default();
    format!("{prefix}-{}-{nanos:x}-{count}", std::process::id())
}

/// Where moto listens, which `scripts/stack.py` starts beside the emulator.
pub fn moto() -> String {
    std::env::var("SEVERANCE_MOTO").expect("SEVERANCE_MOTO is not set: these tests need moto as well, run `make test`")
}

/// A finding of its own that a user's key is misused.
pub fn misused(user: &str, key: &HeldKey) -> Value {
    let mut event =
        event("guardduty/compromised-access-key.json", &[("ci-deployer", user), ("AKIAEXAMPLECIDEPLOY1", &key.id)]);
    event["detail"]["id"] = json!(unique("finding"));
    // What the user holds was made before.
    event["detail"]["service"]["eventLastSeen"] = json!(jiff::Timestamp::now().to_string());
    event
}

/// A finding of its own that an access key of this user is too old.
pub fn stale(user: &str) -> Value {
    let mut event =
        event("securityhub/iam-3-stale-key.json", &[("service/report-batch", user), ("report-batch", user)]);
    event["id"] = json!(unique("event"));
    event["detail"]["findings"][0]["Id"] = json!(unique("finding"));
    event
}

/// An event of `events/`, with these texts replaced by those.
pub fn event(file: &str, replace: &[(&str, &str)]) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../events").join(file);
    let mut text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for (from, to) in replace {
        assert!(text.contains(from), "{file} does not contain {from}");
        text = text.replace(from, to);
    }
    serde_json::from_str(&text).expect("an event is JSON")
}

/// A role that the account's root may assume.
pub struct AssumableRole<'a> {
    stack: &'a Stack,
    /// Its unique id.
    pub role_id: String,
    arn: String,
}

/// One session of a role.
pub struct Session {
    iam: aws_sdk_iam::Client,
    role: String,
}

impl Stack {
    /// Makes a role whose sessions may read itself.
    pub async fn role(&self, name: &str, tags: &[(&str, &str)]) -> AssumableRole<'_> {
        self.role_of(name, tags, &json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")})).await
    }

    /// The same, which an AWS service uses as well.
    pub async fn service_role(&self, name: &str, tags: &[(&str, &str)]) -> AssumableRole<'_> {
        let trusted = json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root"), "Service": "ec2.amazonaws.com"});
        self.role_of(name, tags, &trusted).await
    }

    async fn role_of(&self, name: &str, tags: &[(&str, &str)], trusted: &Value) -> AssumableRole<'_> {
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": trusted}]});
        let tags = tags.iter().map(|(k, v)| Tag::builder().key(*k).value(*v).build().expect("a tag")).collect();
        let made = self
            .iam
            .create_role()
            .role_name(name)
            .assume_role_policy_document(trust.to_string())
            .set_tags(Some(tags))
            .send()
            .await
            .expect("a new role");
        let allow = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "iam:GetRole", "Resource": "*"}]});
        self.iam
            .put_role_policy()
            .role_name(name)
            .policy_name("work")
            .policy_document(allow.to_string())
            .send()
            .await
            .expect("a policy");
        let role = made.role().expect("the role");
        AssumableRole { stack: self, role_id: role.role_id().to_owned(), arn: role.arn().to_owned() }
    }
}

impl AssumableRole<'_> {
    /// Starts a session.
    pub async fn assume(&self) -> Session {
        self.try_assume().await.unwrap_or_else(|code| panic!("no session: {code}"))
    }

    /// Starts a session, if AWS allows it; else the error's code.
    pub async fn try_assume(&self) -> Result<Session, String> {
        use aws_sdk_sts::error::ProvideErrorMetadata as _;
        let sts = aws_sdk_sts::Client::new(&self.stack.sdk);
        let answer = sts.assume_role().role_arn(&self.arn).role_session_name("test").send().await;
        let answer = answer.map_err(|error| error.code().unwrap_or("no code").to_owned())?;
        let given = answer.credentials().expect("its credentials");
        let credentials = aws_sdk_iam::config::Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            None,
            "test",
        );
        let config = aws_sdk_iam::config::Builder::from(&self.stack.sdk).credentials_provider(credentials).build();
        let role = self.arn.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(Session { iam: aws_sdk_iam::Client::from_conf(config), role })
    }
}

impl Session {
    /// Whether AWS lets the session do what its role may do; else the error's code.
    pub async fn works(&self) -> Result<(), String> {
        match self.iam.get_role().role_name(&self.role).send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                use aws_sdk_iam::error::ProvideErrorMetadata as _;
                Err(error.code().unwrap_or("no code").to_owned())
            }
        }
    }
}

/// Somebody who may invoke the responder, and nothing else.
pub struct Person<'a> {
    stack: &'a Stack,
    /// The ARN, as STS states it.
    pub arn: String,
    key: HeldKey,
}

/// What a run of `sever` came to.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// What `--json` printed, or null.
    pub json: Value,
    /// What was printed to standard error.
    pub stderr: String,
}

impl Stack {
    /// Makes somebody who may invoke the responder.
    pub async fn person(&self, name: &str) -> Person<'_> {
        let name = unique(name);
        self.user(&name, "/people/", &[]).await;
        let policy = self.name("INVOKE_POLICY");
        self.iam.attach_user_policy().user_name(&name).policy_arn(policy).send().await.expect("the policy is attached");
        let arn = format!("arn:aws:iam::{ACCOUNT}:user/people/{name}");
        Person { stack: self, arn, key: self.key(&name).await }
    }

    /// The ARN of a user without a path.
    pub fn user_arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{ACCOUNT}:user/{name}")
    }

    /// An item of the stack's table, as JSON text under `record`.
    pub async fn record(&self, pk: &str, sk: &str) -> Value {
        use aws_sdk_dynamodb::types::AttributeValue::S;
        let read = self.dynamodb.get_item().table_name(self.name("TABLE")).consistent_read(true);
        let item = read.key("pk", S(pk.to_owned())).key("sk", S(sk.to_owned())).send().await.expect("the item");
        let item = item.item().unwrap_or_else(|| panic!("there is no item {pk} {sk}")).clone();
        serde_json::from_str(item["record"].as_s().expect("a record")).expect("a record is JSON")
    }

    /// Changes the JSON under `record` of an item: what only time would do.
    pub async fn change_record(&self, pk: &str, sk: &str, change: impl FnOnce(&mut Value)) {
        use aws_sdk_dynamodb::types::AttributeValue::S;
        let mut record = self.record(pk, sk).await;
        change(&mut record);
        self.dynamodb
            .update_item()
            .table_name(self.name("TABLE"))
            .key("pk", S(pk.to_owned()))
            .key("sk", S(sk.to_owned()))
            .update_expression("SET #r = :r")
            .expression_attribute_names("#r", "record")
            .expression_attribute_values(":r", S(record.to_string()))
            .send()
            .await
            .expect("the item is changed");
    }

    /// Lets so many hours pass for a review: its times, and when the schedule looks at it, lie that much earlier.
    pub async fn pass_hours(&self, case: &str, hours: i64) {
        use aws_sdk_dynamodb::types::AttributeValue::{N, S};
        self.change_record(&format!("CASE#{case}"), "CASE", |record| {
            for name in ["requestedAt", "escalateAt", "expiresAt"] {
                let at: jiff::Timestamp = record["review"][name].as_str().expect("a time").parse().expect("a time");
                record["review"][name] = json!(at - jiff::SignedDuration::from_hours(hours));
            }
        })
        .await;
        self.dynamodb
            .update_item()
            .table_name(self.name("TABLE"))
            .key("pk", S("REVIEWS".to_owned()))
            .key("sk", S(case.to_owned()))
            .update_expression("SET due_at = :past")
            .expression_attribute_values(":past", N("0".to_owned()))
            .send()
            .await
            .expect("the review is due");
    }

    /// What the schedule does, now.
    pub async fn tick(&self) -> Value {
        let answer = self.invoke(Function::Responder, &json!({"request": "tick"})).await.expect("the responder ticks");
        answer["ticked"].clone()
    }
}

impl Stack {
    /// Ticks until a case's record passes: other tests tick too, and theirs may be the one that does it.
    pub async fn tick_until(&self, case: &str, passes: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            self.tick().await;
            let record = self.record(&format!("CASE#{case}"), "CASE").await;
            if passes(&record) {
                return record;
            }
            assert!(begun.elapsed() < PATIENCE, "no tick did it: {record}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

impl Person<'_> {
    /// Asks the responder at its URL, signed by this person.
    pub async fn post(&self, ask: &Value) -> doors::Answer {
        use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
        let (url, body) = (self.stack.name("RESPONDER_URL"), ask.to_string());
        let identity = self.key.credentials().into();
        let params = aws_sigv4::sign::v4::SigningParams::builder()
            .identity(&identity)
            .region("us-east-1")
            .name("lambda")
            .time(std::time::SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .expect("parameters");
        let host = url.split_once("://").and_then(|(_, rest)| rest.split('/').next()).unwrap_or_default().to_owned();
        let headers = [("host", host.as_str())];
        let request = SignableRequest::new("POST", &url, headers.into_iter(), SignableBody::Bytes(body.as_bytes()));
        let signed = sign(request.expect("a request"), &params.into()).expect("a signature").into_parts().0;
        let (signed, _) = signed.into_parts();
        let headers: Vec<(&str, &str)> = signed.iter().map(|header| (header.name(), header.value())).collect();
        doors::http("POST", &self.stack.url_path(), &headers, &body).await
    }

    /// Runs `sever` with these words, as this person, on this stack.
    pub async fn sever(&self, words: &[&str]) -> Ran {
        let sever = std::env::var("SEVERANCE_SEVER")
            .expect("SEVERANCE_SEVER is not set: these tests run the command itself, run `make test`");
        let mut command = std::process::Command::new(sever);
        command
            .args(words)
            .args(["--json", "--stack", &self.stack.name("STACK")])
            .env("AWS_ACCESS_KEY_ID", &self.key.id)
            .env("AWS_SECRET_ACCESS_KEY", &self.key.secret)
            .env_remove("AWS_SESSION_TOKEN");
        let output =
            tokio::task::spawn_blocking(move || command.output()).await.expect("a thread").expect("sever runs");
        Ran {
            code: output.status.code().unwrap_or(-1),
            json: serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
