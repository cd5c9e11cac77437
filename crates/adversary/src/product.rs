//! The functions as they are deployed, invoked as Lambda invokes them.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use fake_aws::lambda::Invocation;
use fake_aws::{Credential, FakeAws};
use serde_json::{Value, json};
use severance_domain::intake::EventSource;
use severance_engine::reactor::Reactor;
use severance_engine::requests::Responder;
use severance_engine::settings::{self, Settings};
use severance_policy::Guardrails;
use severance_runtime::composition::Composition;
use severance_runtime::function::{Function, Response};
use severance_runtime::serve::{Failure, Serve};
use tokio::sync::Notify;

use crate::stage::{EXTERNAL_ID, FUNCTIONS, HUB, MANAGEMENT, MEMBER, REGION, STACK};

/// As in the template: an invocation that takes longer is ended.
const TIME_OUT: Duration = Duration::from_mins(3);
const RESPONDER_TIME_OUT: Duration = Duration::from_mins(5);

/// The first delivery of an asynchronous event, and the tries that Lambda makes after it.
const TRIES: usize = 3;

/// The embedded default policies, read once for all runs.
static POLICY: LazyLock<Arc<Guardrails>> =
    LazyLock::new(|| Arc::new(Guardrails::embedded().expect("the default policies are sound")));

/// A function that events start.
#[derive(Clone, Copy)]
pub struct Reacting {
    /// As its folder is called.
    pub name: &'static str,
    sources: &'static [EventSource],
    compose: fn(&Composition) -> Reactor,
}

/// Findings of posture tools and threat detectors.
pub const POSTURE_FINDING: Reacting =
    Reacting { name: "posture-finding", sources: posture_finding::CARD.sources, compose: posture_finding::compose };

/// All of them.
pub const REACTING: [Reacting; 3] = [
    POSTURE_FINDING,
    Reacting { name: "key-creation", sources: key_creation::CARD.sources, compose: key_creation::compose },
    Reacting { name: "offboarding", sources: offboarding::CARD.sources, compose: offboarding::compose },
];

/// What people and the schedule ask.
pub const RESPONDER: &str = "responder";

/// The credentials that Lambda gives each function, by the function's name.
pub type Sessions = BTreeMap<&'static str, Credential>;

/// The deployed stack.
pub struct Product {
    aws: FakeAws,
    /// What its deliveries are called, so that workers side by side can be told apart.
    worker: &'static str,
    /// Told when whatever works now dies.
    dies: Arc<Notify>,
    /// Settings that are not as in [`settings()`].
    set: BTreeMap<&'static str, &'static str>,
    sessions: Sessions,
    deliveries: usize,
    /// Events that no try could handle, with what was said last.
    pub dead_letters: Vec<(Value, String)>,
    /// Why requests by hand failed or were refused: whoever asked knows, and asks again.
    pub failed_requests: Vec<String>,
    /// Scheduled runs that said that they failed, or did not end.
    pub failed_runs: Vec<String>,
    responder: Option<Responder>,
}

/// What came of an invocation that a caller waits for.
pub type Answered = Result<Value, String>;

impl Product {
    /// The stack over this AWS, with these credentials.
    pub fn deployed(aws: &FakeAws, sessions: Sessions) -> Self {
        let (aws, set) = (aws.clone(), BTreeMap::new());
        let (worker, dies) = ("delivery", Arc::default());
        let (dead_letters, failed_requests, failed_runs) = (vec![], vec![], vec![]);
        Self {
            aws,
            worker,
            dies,
            set,
            sessions,
            deliveries: 0,
            dead_letters,
            failed_requests,
            failed_runs,
            responder: None,
        }
    }

    /// The same stack, with workers of this name, which die when they are told to.
    #[must_use]
    pub fn mortal(self, worker: &'static str, dies: &Arc<Notify>) -> Self {
        Self { worker, dies: Arc::clone(dies), ..self }
    }

    /// What comes of an invocation that neither dies nor takes longer than it may.
    async fn alive<T>(&self, limit: Duration, work: impl Future<Output = Result<T, Failure>>) -> Result<T, String> {
        tokio::select! {
            biased;
            () = self.dies.notified() => Err("the worker died".to_owned()),
            done = tokio::time::timeout(limit, work) => match done {
                Ok(done) => done.map_err(|failure| failure.to_string()),
                Err(_) => Err("the invocation timed out".to_owned()),
            },
        }
    }

    /// The same with another setting.
    #[must_use]
    pub fn with(mut self, setting: &'static str, value: &'static str) -> Self {
        self.set.insert(setting, value);
        self
    }

    fn composition(&self, function: &str, behind_url: bool) -> Composition {
        let credential = self.sessions.get(function).expect("every function that is asked has a session");
        Composition::new(settings(&self.set, behind_url), sdk(&self.aws, credential), POLICY.clone())
    }

    fn delivery(&mut self) -> String {
        self.deliveries += 1;
        format!("{}-{}", self.worker, self.deliveries)
    }

    /// An event, as EventBridge delivers it: tried again where that fails, then kept in the dead-letter queue. Says what came of it.
    pub async fn deliver(&mut self, function: Reacting, event: &Value) -> Option<Response> {
        let mut last = String::new();
        for attempt in 0..TRIES {
            if attempt > 0 {
                // Lambda waits a minute before the second try and two before the third.
                tokio::time::sleep(Duration::from_mins(1) * u32::try_from(attempt).unwrap_or(1)).await;
            }
            let delivery = self.delivery();
            let composition = self.composition(function.name, false);
            let composed = Function::new(function.sources, (function.compose)(&composition), &composition);
            match self.alive(TIME_OUT, Box::pin(composed.handle(event, &delivery))).await {
                Ok(response) => return Some(response),
                Err(why) => last = why,
            }
        }
        self.dead_letters.push((event.clone(), last));
        None
    }

    /// What somebody who may invoke the responder asks by that, without a proof of who they are.
    pub async fn invoke(&mut self, payload: &Value) -> Answered {
        self.serve(payload, false).await
    }

    /// What a person asks through the function URL. Asked once: whoever asks sees what came of it.
    pub async fn ask(&mut self, caller: &str, request: &Value) -> Answered {
        let event = json!({
            "requestContext": {
                "authorizer": { "iam": { "userArn": caller } },
                "http": { "method": "POST" },
            },
            "body": json!({ "request": request }).to_string(),
            "isBase64Encoded": false,
        });
        let answer = self.serve(&event, true).await.and_then(|response| {
            let body: Value = serde_json::from_str(response["body"].as_str().unwrap_or_default()).unwrap_or_default();
            if response["statusCode"] == 200 && body["refused"].is_null() { Ok(body) } else { Err(body.to_string()) }
        });
        self.failed_requests.extend(answer.as_ref().err().cloned());
        answer
    }

    async fn serve(&mut self, payload: &Value, behind_url: bool) -> Answered {
        let delivery = self.delivery();
        let responder = responder::compose(&self.composition(RESPONDER, behind_url));
        self.alive(RESPONDER_TIME_OUT, Box::pin(responder.serve(payload, &delivery))).await
    }

    /// What a function asked of another without waiting for it: tried again where it fails, as Lambda does.
    pub async fn invoked(&mut self, invocation: &Invocation) {
        let mut last = String::new();
        for attempt in 0..TRIES {
            tokio::time::sleep(Duration::from_mins(1) * u32::try_from(attempt).unwrap_or(1)).await;
            match self.invoke(&invocation.payload).await {
                Ok(_) => return,
                Err(why) => last = why,
            }
        }
        self.failed_runs.push(format!("{} was not dealt with: {last}", invocation.payload));
    }

    /// Deals with all that functions have asked of each other so far, one after the other.
    pub async fn deal_with_invocations(&mut self) {
        loop {
            let next = self.aws.state().lambda.take();
            let Some(invocation) = next else { return };
            self.invoked(&invocation).await;
        }
    }

    /// The run of every minute.
    pub async fn recheck_run(&mut self) {
        self.run(&json!({ "request": "recheck_due" })).await;
    }

    /// One scheduled run.
    pub async fn scheduled_run(&mut self) {
        self.run(&json!({ "request": "scheduled_run" })).await;
    }

    async fn run(&mut self, run: &Value) {
        let delivery = self.delivery();
        let responder = match self.responder.take() {
            Some(warm) => warm,
            None => responder::compose(&self.composition(RESPONDER, false)),
        };
        match self.alive(RESPONDER_TIME_OUT, Box::pin(responder.serve(run, &delivery))).await {
            Ok(answer) => {
                for failed in answer["scheduled_run"]["failed"].as_array().into_iter().flatten() {
                    self.failed_runs.push(failed.to_string());
                }
                self.responder = Some(responder);
            }
            // The next run has a new worker.
            Err(why) => self.failed_runs.push(why),
        }
    }
}

fn settings(set: &BTreeMap<&str, &str>, behind_url: bool) -> Settings {
    Settings::read(|name| {
        let value = match name {
            set_so if set.contains_key(set_so) => set[set_so],
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
            "SEVERANCE_FUNCTIONS" => return Some(FUNCTIONS.join(",")),
            "SEVERANCE_MANAGEMENT_ACCOUNT" => MANAGEMENT,
            "SEVERANCE_RESPONDER_FUNCTION" => "arn:aws:lambda:eu-west-1:111111111111:function:severance-responder",
            "SEVERANCE_FUNCTION_URL" if behind_url => "true",
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
        .retry_config(settings::retries())
        .timeout_config(settings::time_outs())
        .build()
}
