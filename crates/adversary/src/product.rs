//! The functions as they are deployed, invoked as Lambda invokes them.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use fake_aws::{Credential, FakeAws};
use serde_json::{Value, json};
use severance_aws::config::Settings;
use severance_aws::function::{Function, Parts, Serve};
use severance_aws::responder::Responder;
use severance_policy::Guardrails;

use crate::stage::{EXTERNAL_ID, HUB, MANAGEMENT, MEMBER, STACK};

/// The Region of the stack. IAM's events stand in us-east-1.
pub const REGION: &str = "eu-west-1";

/// As in the template: an invocation that takes longer is ended.
const TIME_OUT: Duration = Duration::from_mins(3);
const RESPONDER_TIME_OUT: Duration = Duration::from_mins(5);

/// The first delivery of an asynchronous event, and the tries that Lambda makes after it.
const TRIES: usize = 3;

/// The embedded default policies, read once for all runs.
static POLICY: LazyLock<Arc<Guardrails>> =
    LazyLock::new(|| Arc::new(Guardrails::embedded().expect("the default policies are sound")));

/// The deployed stack.
pub struct Product {
    aws: FakeAws,
    sessions: Sessions,
    deliveries: usize,
    /// Events that no try could handle, with what was said last.
    pub dead_letters: Vec<(Value, String)>,
    /// Scheduled runs that said that they failed, or did not end.
    pub failed_runs: Vec<String>,
    tick: Option<Responder>,
}

/// The credentials that Lambda gives each function.
#[derive(Debug, Clone)]
pub struct Sessions {
    /// Of the function for findings.
    pub posture_finding: Credential,
    /// Of the function for new keys.
    pub key_creation: Credential,
    /// Of the responder.
    pub responder: Credential,
}

/// What came of an invocation that a caller waits for.
pub type Answered = Result<Value, String>;

impl Product {
    /// The stack over this AWS, with these credentials.
    pub fn deployed(aws: &FakeAws, sessions: Sessions) -> Self {
        Self { aws: aws.clone(), sessions, deliveries: 0, dead_letters: vec![], failed_runs: vec![], tick: None }
    }

    fn parts(&self, credential: &Credential, behind_url: bool) -> Parts {
        Parts::new(settings(behind_url), sdk(&self.aws, credential), POLICY.clone())
    }

    fn delivery(&mut self) -> String {
        self.deliveries += 1;
        format!("delivery-{}", self.deliveries)
    }

    /// A finding, as EventBridge delivers it: tried again where it fails, then kept in the dead-letter queue.
    pub async fn finding(&mut self, event: &Value) {
        let credential = self.sessions.posture_finding.clone();
        self.deliver(event, |product| {
            let parts = product.parts(&credential, false);
            Function::new(posture_finding::SOURCES, posture_finding::compose(&parts), &parts)
        })
        .await;
    }

    /// A new key, as EventBridge delivers it.
    pub async fn new_key(&mut self, event: &Value) {
        let credential = self.sessions.key_creation.clone();
        self.deliver(event, |product| {
            let parts = product.parts(&credential, false);
            Function::new(key_creation::SOURCES, key_creation::compose(&parts), &parts)
        })
        .await;
    }

    async fn deliver(&mut self, event: &Value, compose: impl Fn(&Self) -> Function) {
        let mut last = String::new();
        for attempt in 0..TRIES {
            if attempt > 0 {
                // Lambda waits a minute before the second try and two before the third.
                tokio::time::sleep(Duration::from_mins(1) * u32::try_from(attempt).unwrap_or(1)).await;
            }
            let delivery = self.delivery();
            let function = compose(self);
            match tokio::time::timeout(TIME_OUT, Box::pin(function.handle(event, &delivery))).await {
                Ok(Ok(_)) => return,
                Ok(Err(failure)) => last = failure.to_string(),
                Err(_) => "the invocation timed out".clone_into(&mut last),
            }
        }
        self.dead_letters.push((event.clone(), last));
    }

    /// What a person asks through the function URL. Asked once: a person sees what came of it.
    pub async fn ask(&mut self, caller: &str, request: &Value) -> Answered {
        let delivery = self.delivery();
        let event = json!({
            "requestContext": {
                "authorizer": { "iam": { "userArn": caller } },
                "http": { "method": "POST" },
            },
            "body": json!({ "request": request }).to_string(),
            "isBase64Encoded": false,
        });
        let credential = self.sessions.responder.clone();
        let responder = responder::compose(&self.parts(&credential, true));
        match tokio::time::timeout(RESPONDER_TIME_OUT, Box::pin(responder.serve(&event, &delivery))).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(failure)) => Err(failure.to_string()),
            Err(_) => Err("the invocation timed out".to_owned()),
        }
    }

    /// One scheduled run.
    pub async fn scheduled_run(&mut self) {
        let delivery = self.delivery();
        let responder = match self.tick.take() {
            Some(warm) => warm,
            None => responder::compose(&self.parts(&self.sessions.responder.clone(), false)),
        };
        let tick = json!({ "request": "tick" });
        let run = Box::pin(responder.serve(&tick, &delivery));
        match tokio::time::timeout(RESPONDER_TIME_OUT, run).await {
            Ok(Ok(answer)) => {
                for failed in answer["ticked"]["failed"].as_array().into_iter().flatten() {
                    self.failed_runs.push(failed.to_string());
                }
                self.tick = Some(responder);
            }
            Ok(Err(failure)) => {
                self.failed_runs.push(failure.to_string());
                self.tick = Some(responder);
            }
            // The worker died; the next run has a new one.
            Err(_) => self.failed_runs.push("the run timed out".to_owned()),
        }
    }
}

fn settings(behind_url: bool) -> Settings {
    Settings::read(|name| {
        let value = match name {
            "SEVERANCE_MODE" => "enforce",
            "SEVERANCE_ACCOUNT" => HUB,
            "SEVERANCE_STACK" => STACK,
            "AWS_REGION" => REGION,
            "SEVERANCE_TABLE" => "cases",
            "SEVERANCE_EVIDENCE_BUCKET" => "evidence",
            "SEVERANCE_SIGNING_KEY" => "arn:aws:kms:eu-west-1:111111111111:key/0",
            "SEVERANCE_TOPIC" => "arn:aws:sns:eu-west-1:111111111111:severance",
            "SEVERANCE_ALARM_TOPIC" => "arn:aws:sns:eu-west-1:111111111111:severance-alarms",
            "SEVERANCE_MEMBER_ROLE" => "SeveranceMember",
            "SEVERANCE_MEMBER_EXTERNAL_ID" => EXTERNAL_ID,
            "SEVERANCE_MEMBER_ACCOUNTS" => MEMBER,
            "SEVERANCE_MANAGEMENT_ACCOUNT" => MANAGEMENT,
            "SEVERANCE_DOOR" if behind_url => "url",
            _ => return None,
        };
        Some(value.to_owned())
    })
    .expect("sound settings")
}

/// Time as the fake has it: a session's end is compared with it.
#[derive(Debug)]
struct Clock(FakeAws);

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        SystemTime::from(self.0.now())
    }
}

/// As the functions' own configuration, over the fake's transport.
fn sdk(aws: &FakeAws, credential: &Credential) -> SdkConfig {
    let keys = Credentials::new(&credential.key_id, "secret", credential.token.clone(), None, "adversary");
    SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new(REGION))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .http_client(aws.http_client())
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(SharedTimeSource::new(Clock(aws.clone())))
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(2))
                .operation_attempt_timeout(Duration::from_secs(5))
                .operation_timeout(Duration::from_secs(15))
                .build(),
        )
        .build()
}
