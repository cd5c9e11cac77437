//! An AWS that lives in memory and speaks each service's own protocol, so that the real clients, with their retries and
//! time-outs, stand between the tests and it. It refuses, stays silent, lags and cuts a worker off when it is told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::protocol::{Call, blank, read, response};
use super::{dynamo, iam, organization, services, vault};

/// A user or a role.
#[derive(Debug, Clone, Default)]
pub(crate) struct Principal {
    pub(crate) id: String,
    pub(crate) tags: BTreeMap<String, String>,
    /// Key id to whether it is active.
    pub(crate) keys: BTreeMap<String, bool>,
    pub(crate) policies: BTreeMap<String, String>,
    pub(crate) password: bool,
    /// Id to status.
    pub(crate) ssh_keys: BTreeMap<String, String>,
    pub(crate) certificates: BTreeMap<String, String>,
    pub(crate) service_credentials: BTreeMap<String, String>,
    /// A role's trust policy; none where a test does not care.
    pub(crate) trust: Option<String>,
    /// Attached managed policies, by ARN.
    pub(crate) attached: Vec<String>,
    /// A user's groups.
    pub(crate) groups: Vec<String>,
    /// A managed policy's ARN.
    pub(crate) boundary: Option<String>,
}

/// A customer managed policy.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policy {
    pub(crate) default: u64,
    /// Number to document.
    pub(crate) versions: BTreeMap<u64, String>,
}

/// A profile of Roles Anywhere.
#[derive(Debug, Clone, Default)]
pub(crate) struct Profile {
    pub(crate) enabled: bool,
    pub(crate) roles: Vec<String>,
}

/// A service control policy.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scp {
    pub(crate) name: String,
    pub(crate) content: String,
    pub(crate) targets: std::collections::BTreeSet<String>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Secret {
    pub(crate) name: String,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) rotation: bool,
    /// Version id to its labels.
    pub(crate) versions: BTreeMap<String, Vec<String>>,
    /// Version id to its value.
    pub(crate) values: BTreeMap<String, String>,
    /// Whether the test drives its rotation. Else the next read of it finds the rotation ended.
    pub(crate) driven: bool,
    /// Whether it waits for its deletion.
    pub(crate) deleted: bool,
    /// The Region that it is replicated from.
    pub(crate) primary: Option<String>,
    /// The Regions that it is replicated to, and how that went.
    pub(crate) replicas: Vec<(String, &'static str)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) subject: String,
    pub(crate) body: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

/// What AWS does instead of what it was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    Refuse(u16, &'static str),
    /// Never answers, and does nothing.
    Silence,
    /// Answers without anything in it, and does nothing.
    Blank,
    /// Does it, and answers late.
    Late(Duration),
    /// Does it late, and answers.
    Delay(Duration),
}

pub(crate) const DENIED: Fault = Fault::Refuse(403, "AccessDenied");
pub(crate) const THROTTLED: Fault = Fault::Refuse(400, "Throttling");
pub(crate) const BROKEN: Fault = Fault::Refuse(500, "InternalFailure");

/// The attempts of one call, with which the SDK gives up.
pub(crate) const ATTEMPTS: usize = 4;

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) users: BTreeMap<String, Principal>,
    pub(crate) roles: BTreeMap<String, Principal>,
    pub(crate) groups: BTreeMap<String, Principal>,
    /// Managed policies: ARN to the text of the default version.
    pub(crate) managed: BTreeMap<String, String>,
    pub(crate) secrets: BTreeMap<String, Secret>,
    /// By ARN.
    pub(crate) policies: BTreeMap<String, Policy>,
    /// By Region and id: `eu-west-1/…`.
    pub(crate) profiles: BTreeMap<String, Profile>,
    /// User, account, permission set, and the group that it comes by.
    pub(crate) assignments: std::collections::BTreeSet<(String, String, String, Option<String>)>,
    /// Why assignments are not changed after all, once that was asked for.
    pub(crate) assignments_fail: Option<String>,
    /// Id to user and group.
    pub(crate) memberships: BTreeMap<String, (String, String)>,
    /// By id.
    pub(crate) scps: BTreeMap<String, Scp>,
    /// The users and groups that the directory does not know any more.
    pub(crate) deleted: std::collections::BTreeSet<String>,
    pub(crate) table: BTreeMap<String, Map<String, Value>>,
    /// When keys were last used; never, if they are not here.
    pub(crate) last_used: BTreeMap<String, String>,
    /// Keys that IAM made while the test ran, and who asked: their secrets are `secret of <id>`.
    pub(crate) made: Vec<(String, String)>,
    /// How many times CloudTrail is asked before it knows of the keys that were made.
    pub(crate) trail_lag: usize,
    /// Calls by a key that CloudTrail knows of: key id and record.
    pub(crate) used: Vec<(String, Value)>,
    /// Who asks IAM for keys: the rotation function, unless a test says otherwise.
    pub(crate) asker: Option<String>,
    pub(crate) objects: BTreeMap<String, Vec<u8>>,
    pub(crate) messages: Vec<Message>,
    /// Every attempt, in order, by IAM action.
    pub(crate) calls: Vec<String>,
    /// Things on one page of a list.
    pub(crate) page: usize,
    /// How many times what was just written is not seen when it is read.
    pub(crate) lag: usize,
    pub(crate) stale: BTreeMap<&'static str, usize>,
    pub(crate) signatures: usize,
    /// What STS was asked for sessions with.
    pub(crate) sessions: Vec<Value>,
    /// The access key that each request was signed with, in order; empty where it was not signed.
    pub(crate) signers: Vec<String>,
    /// How many of the next writes in batches DynamoDB hands back.
    pub(crate) unprocessed: usize,
    /// Every update of an item that is no case, by key, as it left the item.
    pub(crate) log: Vec<(String, Map<String, Value>)>,
    faults: Vec<(String, Fault, usize)>,
    latency: Latency,
    cut: Option<Cut>,
}

#[derive(Debug, Default)]
enum Latency {
    #[default]
    None,
    /// Up to so many milliseconds, from this seed.
    Random(u64, u64),
}

#[derive(Debug, Clone, Copy)]
struct Cut {
    at: usize,
    takes_effect: bool,
    reached: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct FakeAws {
    state: Arc<Mutex<State>>,
    cut: Arc<tokio::sync::Notify>,
}

impl FakeAws {
    pub(crate) fn new() -> Self {
        let state = State { page: 100, ..State::default() };
        Self { state: Arc::new(Mutex::new(state)), cut: Arc::default() }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn http(&self) -> SharedHttpClient {
        let aws = self.clone();
        http_client_fn(move |_, _| SharedHttpConnector::new(aws.clone()))
    }

    /// From now on, so many attempts at an action meet this fault.
    pub(crate) fn fault(&self, action: &str, fault: Fault, times: usize) {
        self.state().faults.push((action.to_owned(), fault, times));
    }

    /// The same, after so many attempts that meet none.
    pub(crate) fn fault_after(&self, action: &str, after: usize, fault: Fault, times: usize) {
        self.fault(action, Fault::Delay(Duration::ZERO), after);
        self.fault(action, fault, times);
    }

    pub(crate) fn mend(&self) {
        self.state().faults.clear();
    }

    pub(crate) fn random_latency(&self, seed: u64) {
        self.random_latency_below(100, seed);
    }

    pub(crate) fn random_latency_below(&self, milliseconds: u64, seed: u64) {
        self.state().latency = Latency::Random(seed.wrapping_mul(2).wrapping_add(1), milliseconds);
    }

    /// How many objects and messages there are.
    pub(crate) fn published(&self) -> (usize, usize) {
        let state = self.state();
        (state.objects.len(), state.messages.len())
    }

    /// The calls since this was last asked.
    pub(crate) fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state().calls)
    }

    /// Cuts the worker off at its call number `at` (from 0), before or after it takes effect: nothing is answered any more.
    pub(crate) fn cut(&self, at: usize, takes_effect: bool) {
        let mut state = self.state();
        state.calls.clear();
        state.cut = Some(Cut { at, takes_effect, reached: false });
    }

    pub(crate) async fn until_cut(&self) {
        self.cut.notified().await;
    }

    /// The dead worker's calls are over; its lease is not.
    pub(crate) fn revive(&self) {
        let mut state = self.state();
        state.cut = None;
        state.calls.clear();
    }

    /// Half a minute has passed, and with it every lease.
    pub(crate) fn after_the_lease(&self) {
        let mut state = self.state();
        state.cut = None;
        for (_, item) in state.table.iter_mut().filter(|(key, _)| key.starts_with("CASE#")) {
            item.insert("lease_until".to_owned(), json!({"N": "1"}));
        }
        for (_, item) in state.table.iter_mut().filter(|(key, _)| key.starts_with("DUE")) {
            item.insert("due_at".to_owned(), json!({"N": "1"}));
        }
    }

    /// The time to answer a case's review is over.
    pub(crate) fn pass_review(&self, case: &str) {
        let past = "2020-01-01T00:00:00Z";
        let mut state = self.state();
        for (key, item) in &mut state.table {
            if key.starts_with("REVIEWS") {
                item.insert("due_at".to_owned(), json!({"N": "0"}));
            } else if key.starts_with("CASE#") && key.contains(case) {
                let mut record: Value = serde_json::from_str(item["record"]["S"].as_str().unwrap()).unwrap();
                for name in ["escalateAt", "expiresAt"] {
                    record["review"][name] = json!(past);
                }
                item.insert("record".to_owned(), json!({"S": record.to_string()}));
            }
        }
    }

    async fn answer(self, call: Call) -> HttpResponse {
        let pause = self.state().latency.next();
        tokio::time::sleep(pause).await;
        let step = self.state().begin(&call.action);
        let response = match step {
            Step::Perform => self.state().perform(&call),
            Step::Fault(Fault::Refuse(status, code)) => response(&call, Err((status, code.to_owned()))),
            Step::Fault(Fault::Blank) => response(&call, Ok(blank(&call.action))),
            Step::Fault(Fault::Late(by)) => {
                let response = self.state().perform(&call);
                tokio::time::sleep(by).await;
                response
            }
            Step::Fault(Fault::Delay(by)) => {
                tokio::time::sleep(by).await;
                self.state().perform(&call)
            }
            Step::Fault(Fault::Silence) => std::future::pending().await,
            Step::Cut { takes_effect } => {
                if takes_effect {
                    let _ = self.state().perform(&call);
                }
                self.cut.notify_one();
                std::future::pending().await
            }
        };
        // The way back is as long as the way there.
        tokio::time::sleep(pause).await;
        response
    }
}

impl Latency {
    fn next(&mut self) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::Random(seed, below) => {
                *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                Duration::from_millis((*seed >> 33) % *below)
            }
        }
    }
}

enum Step {
    Perform,
    Fault(Fault),
    Cut { takes_effect: bool },
}

impl State {
    fn begin(&mut self, action: &str) -> Step {
        let number = self.calls.len();
        match &mut self.cut {
            Some(cut) if cut.reached => return Step::Cut { takes_effect: false },
            Some(cut) if cut.at == number => {
                cut.reached = true;
                return Step::Cut { takes_effect: cut.takes_effect };
            }
            _ => {}
        }
        self.calls.push(action.to_owned());
        match self.faults.iter_mut().find(|(of, _, times)| of == action && *times > 0) {
            Some((_, fault, times)) => {
                *times -= 1;
                Step::Fault(*fault)
            }
            None => Step::Perform,
        }
    }

    fn perform(&mut self, call: &Call) -> HttpResponse {
        let (service, operation) = call.action.split_once(':').unwrap();
        let answer = match service {
            "iam" => iam::answer(self, operation, &call.input),
            "dynamodb" if is_of_a_case(&call.input) => services::table(self, operation, &call.input),
            "dynamodb" => dynamo::answer(self, operation, &call.input),
            "secretsmanager" => services::secrets(self, operation, &call.input),
            "rolesanywhere" => organization::profiles(self, operation, &call.input),
            "sso" => organization::assignments(self, operation, &call.input),
            "identitystore" => organization::directory(self, operation, &call.input),
            "organizations" => organization::policies(self, operation, &call.input),
            "kms" => Ok(services::kms(self, operation)),
            "s3" => services::bucket(self, operation, &call.input, &call.body),
            "sns" => Ok(services::topic(self, &call.input)),
            "sts" => services::sts(self, operation, &call.input),
            "lambda" => Ok(String::new()),
            "cloudtrail" => Ok(vault::trail(self, operation, &call.input)),
            other => panic!("no such service: {other}"),
        };
        response(call, answer)
    }
}

/// Cases are written under few conditions, each recognised; for all else there is an evaluator.
fn is_of_a_case(input: &Value) -> bool {
    let pk = input["Key"]["pk"]["S"].as_str().or(input["Item"]["pk"]["S"].as_str());
    pk.is_some_and(|pk| pk.starts_with("CASE#"))
}

impl HttpConnector for FakeAws {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = read(&request);
        let authorization = request.headers().get("authorization").unwrap_or_default();
        let signer = authorization.split("Credential=").nth(1).and_then(|rest| rest.split('/').next());
        self.state().signers.push(signer.unwrap_or_default().to_owned());
        let aws = self.clone();
        HttpConnectorFuture::new(async move { Ok(aws.answer(call).await) })
    }
}
