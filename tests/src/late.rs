//! The stage of an adversary in a stack whose IAM, CloudTrail and events are late (`scripts/stack.py run --late SEED`), and an oracle
//! that tries every door once all has settled.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use aws_sdk_iam::config::Credentials;
use aws_sdk_iam::types::Tag;
use aws_sdk_sts::error::ProvideErrorMetadata as _;
use serde_json::{Value, json};
use severance_domain::case::Case;
use severance_domain::evidence::Statement;
use severance_domain::verdict::Verdict;

use crate::{ACCOUNT, HeldKey, Inbox, Stack, doors, unique};

/// What fails today, as the adversary of `crates/adversary` lists it.
const KNOWN: &str = include_str!("../../crates/adversary/known-failures.txt");

/// The attacker's own account. It is in no organization of ours.
const OUTSIDE: &str = "666666666666";

/// By what `scripts/emulator.py` has IAM late, where the environment says nothing else.
const LAG_SECONDS: f64 = 4.0;

/// The same for CloudTrail.
const TRAIL_SECONDS: f64 = 6.0;

/// So long after a claim somebody must have been told: rechecks, lateness and a full machine included.
const TOLD_WITHIN: Duration = Duration::from_secs(75);

/// What every identity here may do, so that a door can be tried: it reads nothing of anybody.
const PROBE: &str = "sqs:ListQueues";

/// How AWS refuses.
const REFUSALS: [&str; 4] =
    ["AccessDenied", "AccessDeniedException", "InvalidClientTokenId", "UnrecognizedClientException"];

/// A way in, or a bystander's own.
#[derive(Clone)]
pub enum Door {
    /// An access key.
    Key(HeldKey),
    /// A session of a user.
    UserSession(Credentials),
    /// A session of the role with this ARN, which may start the next one.
    RoleSession(Credentials, String),
    /// The role with this ARN, assumed from the attacker's own account.
    Trust(String),
}

impl Door {
    fn kind(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::UserSession(_) => "session",
            Self::RoleSession(..) => "renewable session",
            Self::Trust(_) => "trust",
        }
    }
}

/// What came of a scenario.
#[derive(Debug)]
pub struct Outcome {
    /// What is wrong, as `known-failures.txt` calls it: none where all is right.
    pub faults: BTreeSet<String>,
    /// What was published, and what was tried.
    pub detail: Vec<String>,
}

/// A scenario: the stack, what it sends, and who is on the stage.
pub struct Scene<'a> {
    /// The stack.
    pub stack: &'a Stack,
    inbox: Inbox<'a>,
    prefix: String,
    claims: Vec<String>,
    /// By case and revision.
    told: BTreeMap<(String, u32), Case>,
    /// What the attacker holds or opened, by what it is.
    pub doors: Vec<(&'static str, Door)>,
    /// What others have, by whose it is. It worked when the stage was set.
    pub bystanders: Vec<(&'static str, Door)>,
}

/// The stack of a late run.
pub async fn late_stack() -> Stack {
    assert!(
        std::env::var("SEVERANCE_LATE_SEED").is_ok(),
        "SEVERANCE_LATE_SEED is not set: tests in `late` need a stack that is late, as `scripts/stack.py run --late \
         SEED` deploys it; leave them out elsewhere: `-E 'not test(/^late::/)'`"
    );
    Stack::enforcing().await
}

fn seconds(variable: &str, default: f64) -> Duration {
    let given = std::env::var(variable).ok().and_then(|value| value.parse().ok());
    Duration::from_secs_f64(given.unwrap_or(default) + 0.2)
}

/// Waits until all that was written to IAM is seen and goes. `OverlaySettle` would do it at once, but for everybody: what the
/// attackers of other tests have just done would not be late any more.
pub async fn settled() {
    let lag = |variable| seconds(variable, LAG_SECONDS);
    tokio::time::sleep(lag("OVERLAY_IAM_LAG_SECONDS").max(lag("OVERLAY_IAM_READ_LAG_SECONDS"))).await;
}

/// Waits until `CloudTrail` tells of all that was called.
pub async fn recorded() {
    tokio::time::sleep(seconds("OVERLAY_TRAIL_DELAY_SECONDS", TRAIL_SECONDS)).await;
}

/// What attackers try again and again until AWS lets them, or does not know them any more. Whether it did.
pub async fn until_it_works<F: Future<Output = Result<(), String>>>(attempt: impl Fn() -> F) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) {
        match attempt().await {
            Ok(()) => return true,
            Err(code) if code == "NoSuchEntity" => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(_) => return false,
        }
    }
    false
}

impl Stack {
    /// Begins a scenario. Delays are drawn by the names in a request, so those are the same in every run: the scenario's, with a
    /// number behind it where it was played in this stack before.
    pub async fn scene(&self, scenario: &str) -> Scene<'_> {
        let mut number = 1;
        let (prefix, honest) = loop {
            let prefix = if number == 1 { format!("late-{scenario}") } else { format!("late-{scenario}-{number}") };
            let honest = format!("{prefix}-honest");
            match self.iam.create_user().user_name(&honest).send().await {
                Ok(_) => break (prefix, honest),
                Err(error) if error.code() == Some("EntityAlreadyExists") => number += 1,
                Err(error) => panic!("{honest} cannot be made: {error:?}"),
            }
        };
        let mut scene = Scene {
            stack: self,
            inbox: self.inbox().await,
            prefix,
            claims: vec![],
            told: BTreeMap::new(),
            doors: vec![],
            bystanders: vec![],
        };
        scene.may_user(&honest, &[]).await;
        let key = self.key(&honest).await;
        scene.bystanders.push(("an honest user's key", Door::Key(key)));
        scene
    }

    /// Puts an event on the default bus, as if AWS had sent it.
    pub async fn put_event(&self, event: &Value) {
        let encode =
            |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let body = format!("Action=OverlayPutEvent&Event={}", encode(&event.to_string()));
        let signed =
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0";
        let headers = [("Authorization", signed), ("Content-Type", "application/x-www-form-urlencoded")];
        let answer = doors::http("POST", "/", &headers, &body).await;
        assert_eq!(answer.status, 200, "the bus does not take the event: {}", answer.body);
    }

    fn sts_with(&self, credentials: Credentials) -> aws_sdk_sts::Client {
        let config = aws_sdk_sts::config::Builder::from(self.sdk()).credentials_provider(credentials).build();
        aws_sdk_sts::Client::from_conf(config)
    }

    /// IAM, as the holder of these credentials.
    pub fn iam_with(&self, credentials: Credentials) -> aws_sdk_iam::Client {
        let config = aws_sdk_iam::config::Builder::from(self.sdk()).credentials_provider(credentials).build();
        aws_sdk_iam::Client::from_conf(config)
    }

    /// Starts a session of a role, if AWS allows it; else the error's code.
    pub async fn assume_as(&self, credentials: Credentials, role: &str, session: &str) -> Result<Credentials, String> {
        let answer = self.sts_with(credentials).assume_role().role_arn(role).role_session_name(session).send().await;
        let answer = answer.map_err(|error| error.code().map_or_else(|| format!("{error:?}"), str::to_owned))?;
        Ok(held(answer.credentials().expect("a session has credentials")))
    }

    /// Starts a session with a user's key (`sts:GetSessionToken`).
    pub async fn session_token(&self, key: &HeldKey) -> Credentials {
        let answer = self.sts_with(key.credentials()).get_session_token().send().await.expect("a session");
        held(answer.credentials().expect("a session has credentials"))
    }

    /// Makes an access key of a user as somebody else, if AWS allows it; else the error's code.
    pub async fn try_key_by(&self, iam: &aws_sdk_iam::Client, user: &str) -> Result<HeldKey, String> {
        let made = iam.create_access_key().user_name(user).send().await;
        let made = made.map_err(|error| error.code().map_or_else(|| format!("{error:?}"), str::to_owned))?;
        let key = made.access_key().expect("the key");
        Ok(HeldKey { id: key.access_key_id().to_owned(), secret: key.secret_access_key().to_owned() })
    }

    async fn probe(&self, credentials: Credentials) -> Result<(), String> {
        let config = aws_sdk_sqs::config::Builder::from(self.sdk()).credentials_provider(credentials).build();
        let answer = aws_sdk_sqs::Client::from_conf(config).list_queues().max_results(1).send().await;
        answer.map(drop).map_err(|error| error.code().map_or_else(|| format!("{error:?}"), str::to_owned))
    }

    /// Whether a door lets somebody in.
    async fn opens(&self, door: &Door) -> bool {
        let tried = match door {
            Door::Key(key) => self.probe(key.credentials()).await,
            Door::UserSession(credentials) => self.probe(credentials.clone()).await,
            Door::RoleSession(credentials, role) => match self.assume_as(credentials.clone(), role, "renewed").await {
                Ok(renewed) => self.probe(renewed).await,
                Err(code) => Err(code),
            },
            Door::Trust(role) => {
                let root = Credentials::new(OUTSIDE, "test", None, None, "test");
                match self.assume_as(root, role, "outsider").await {
                    Ok(session) => self.probe(session).await,
                    Err(code) => Err(code),
                }
            }
        };
        match tried {
            Ok(()) => true,
            Err(code) if REFUSALS.contains(&code.as_str()) => false,
            // What answers in no way that we know is not shut.
            Err(code) => panic!("a {} was neither let in nor refused: {code}", door.kind()),
        }
    }
}

fn held(given: &aws_sdk_sts::types::Credentials) -> Credentials {
    let token = Some(given.session_token().to_owned());
    Credentials::new(given.access_key_id(), given.secret_access_key(), token, None, "test")
}

fn may(actions: &[&str]) -> String {
    let actions: Vec<&str> = actions.iter().copied().chain([PROBE]).collect();
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}).to_string()
}

/// A trust policy: the account, and the attacker's account in a statement under this Sid, if there is one.
fn trust(outsider: Option<&str>) -> String {
    let allow = |account: &str| {
        let principal = format!("arn:aws:iam::{account}:root");
        json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": principal}})
    };
    let mut statements = vec![allow(ACCOUNT)];
    statements.extend(outsider.map(|sid| {
        let mut statement = allow(OUTSIDE);
        statement["Sid"] = json!(sid);
        statement
    }));
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

impl Scene<'_> {
    /// A name of this scenario's own.
    pub fn name(&self, what: &str) -> String {
        format!("{}-{what}", self.prefix)
    }

    async fn may_user(&self, user: &str, actions: &[&str]) {
        let put = self.stack.iam.put_user_policy().user_name(user).policy_name("work").policy_document(may(actions));
        put.send().await.expect("a policy");
    }

    /// Makes a user with these tags, who may do this.
    pub async fn user(&self, what: &str, tags: &[(&str, &str)], actions: &[&str]) -> String {
        let user = self.name(what);
        let tags = tags.iter().map(|(k, v)| Tag::builder().key(*k).value(*v).build().expect("a tag")).collect();
        self.stack.iam.create_user().user_name(&user).set_tags(Some(tags)).send().await.expect("a user");
        self.may_user(&user, actions).await;
        user
    }

    /// Makes a role that everybody in the account may assume, and whose sessions may do this. Returns its ARN and unique id.
    pub async fn role(&self, what: &str, tags: &[(&str, &str)], actions: &[&str]) -> (String, String) {
        let role = self.name(what);
        let tags = tags.iter().map(|(k, v)| Tag::builder().key(*k).value(*v).build().expect("a tag")).collect();
        let create = self.stack.iam.create_role().role_name(&role).assume_role_policy_document(trust(None));
        let made = create.set_tags(Some(tags)).send().await.expect("a role");
        let put = self.stack.iam.put_role_policy().role_name(&role).policy_name("work").policy_document(may(actions));
        put.send().await.expect("a policy");
        let role = made.role().expect("the role");
        (role.arn().to_owned(), role.role_id().to_owned())
    }

    /// Starts a session of a role as the account's root.
    pub async fn session(&self, role: &str, name: &str) -> Credentials {
        let root = Credentials::new("test", "test", None, None, "test");
        self.stack.assume_as(root, role, name).await.unwrap_or_else(|code| panic!("no session of {role}: {code}"))
    }

    /// Lets all that is on the stage settle, and sees that every door opens and every bystander works before anything happens.
    pub async fn set(&self) {
        settled().await;
        for (what, door) in self.doors.iter().chain(&self.bystanders) {
            assert!(self.stack.opens(door).await, "{what} does not work before anything happens");
        }
    }

    /// Lets the attacker's account into a role, as the holder of these credentials.
    pub async fn open_trust(&mut self, by: &aws_sdk_iam::Client, role: &str, sid: &str) {
        let name = role.rsplit('/').next().unwrap_or_default();
        let update = by.update_assume_role_policy().role_name(name).policy_document(trust(Some(sid)));
        update.send().await.expect("the trust is changed");
        self.doors.push(("the role, from outside", Door::Trust(role.to_owned())));
    }

    /// Sends a finding that a user's key is misused, last seen at this moment, through the bus.
    pub async fn key_is_misused(&mut self, user: &str, key: &HeldKey, last_seen: jiff::Timestamp) {
        let replace = [("ci-deployer", user), ("AKIAEXAMPLECIDEPLOY1", key.id.as_str())];
        self.send("guardduty/compromised-access-key.json", &replace, last_seen).await;
    }

    /// The same about a session of a role.
    pub async fn session_is_misused(&mut self, role: &str, role_id: &str, last_seen: jiff::Timestamp) {
        let name = role.rsplit('/').next().unwrap_or_default();
        let principal = format!("{role_id}:i-0a1b2c3d4e5f60718");
        let replace = [("build-runner", name), ("EXAMPLEPRINCIPALID:i-0a1b2c3d4e5f60718", principal.as_str())];
        self.send("guardduty/assumed-role.json", &replace, last_seen).await;
    }

    async fn send(&mut self, file: &str, replace: &[(&str, &str)], last_seen: jiff::Timestamp) {
        let mut event = crate::event(file, replace);
        let finding = unique("finding");
        event["id"] = json!(unique("event"));
        event["detail"]["id"] = json!(finding);
        event["detail"]["service"]["eventLastSeen"] = json!(last_seen.to_string());
        self.claims.push(finding);
        self.stack.put_event(&event).await;
    }

    /// Sends through the bus that AWS found this key in a public place.
    pub async fn key_is_exposed(&mut self, key: &HeldKey) {
        let mut event = crate::event("health/credentials-exposed.json", &[("AKIAEXAMPLECIDEPLOY1", &key.id)]);
        let arn = format!("arn:aws:health:us-east-1::event/RISK/X/{}", unique("event"));
        event["id"] = json!(unique("event"));
        event["detail"]["eventArn"] = json!(arn);
        self.claims.push(format!("{arn}/{}", key.id));
        self.stack.put_event(&event).await;
    }

    /// What this test expects a case about beside its findings: the key that `CloudTrail` tells of.
    pub fn expects(&mut self, key: &HeldKey) {
        self.claims.push(key.id.clone());
    }

    fn is_about(case: &Case, claim: &str) -> bool {
        // What a containment follows up has cases of its own.
        case.signal.follows.is_none()
            && (case.signal.finding_id == claim
                || case.signal.access_key.as_ref().is_some_and(|key| key.as_str() == claim))
    }

    /// Takes in all messages that are there; whether one about each claim has come.
    async fn listen(&mut self) -> bool {
        loop {
            let receive = self.stack.sqs.receive_message().queue_url(&self.inbox.url).max_number_of_messages(10);
            let answer = receive.wait_time_seconds(1).visibility_timeout(600).send().await.expect("the queue answers");
            if answer.messages().is_empty() {
                return self.claims.iter().all(|claim| self.told.values().any(|case| Self::is_about(case, claim)));
            }
            for message in answer.messages() {
                self.take_in(&serde_json::from_str(message.body().unwrap_or_default()).unwrap_or(Value::Null)).await;
            }
        }
    }

    async fn take_in(&mut self, message: &Value) {
        // Messages of all tests come here.
        let body = message["Message"].as_str().unwrap_or_default();
        if !body.contains(&self.prefix) && !self.claims.iter().any(|claim| names(body, claim)) {
            return;
        }
        let Statement { predicate, .. } = self.stack.evidence_of(message).await;
        let case = predicate.case;
        if self.claims.iter().any(|claim| Self::is_about(&case, claim)) {
            self.told.insert((case.id.to_string(), case.revision), case);
        }
    }

    /// Waits until somebody is told of each claim; the latest revisions.
    pub async fn told(&mut self) -> Vec<Case> {
        let begun = Instant::now();
        while !self.listen().await && begun.elapsed() < TOLD_WITHIN {}
        self.latest()
    }

    fn latest(&self) -> Vec<Case> {
        let latest: BTreeMap<&String, &Case> = self.told.iter().map(|((id, _), case)| (id, case)).collect();
        let mut latest: Vec<Case> = latest.into_values().cloned().collect();
        latest.sort_by_key(|case| case.opened_at);
        latest
    }

    /// Waits for the message about each claim, lets everything settle, and tries the doors. `owed`: what the attacker did can be
    /// ended and seen, so `verified_revoked` must be said in the end.
    pub async fn judge(mut self, owed: bool) -> Outcome {
        let mut faults = BTreeSet::new();
        self.told().await;
        settled().await;
        // What was published meanwhile counts.
        if !self.listen().await {
            faults.insert("told nothing".to_owned());
        }
        let latest = self.latest();
        let mut detail: Vec<String> = latest.iter().map(in_words).collect();
        let (mut open, mut harmed) = (BTreeSet::new(), BTreeSet::new());
        for (what, door) in &self.doors {
            if self.stack.opens(door).await {
                open.insert(door.kind());
                detail.push(format!("open: {what}"));
            }
        }
        for (what, door) in &self.bystanders {
            if !self.stack.opens(door).await {
                harmed.insert(door.kind());
                detail.push(format!("harmed: {what}"));
            }
        }
        let joined = |kinds: &BTreeSet<&str>| kinds.iter().copied().collect::<Vec<_>>().join(", ");
        if !open.is_empty() && latest.iter().any(|case| case.verdict == Some(Verdict::VerifiedRevoked)) {
            faults.insert(format!("sound {}", joined(&open)));
        }
        if !harmed.is_empty() {
            faults.insert(format!("no-harm {}", joined(&harmed)));
        }
        for case in latest.iter().filter(|case| owed && case.verdict != Some(Verdict::VerifiedRevoked)) {
            faults.insert(format!("reached {}", case.verdict.map_or("no verdict", Verdict::as_str)));
        }
        Outcome { faults, detail }
    }
}

/// Whether a message's body names what a claim is known by.
fn names(body: &str, claim: &str) -> bool {
    body.contains(claim.rsplit('/').next().unwrap_or(claim))
}

fn in_words(case: &Case) -> String {
    let steps = case.steps.iter().map(|record| {
        let confirmed = record.confirmation.as_ref().map(|of| format!("{of:?}")).unwrap_or_default();
        let outcome = record.outcome.as_ref().map(|of| format!("{of:?}")).unwrap_or_default();
        format!("\n  {} {:?} {outcome} {confirmed}", record.step.countermeasure.describe(), record.step.disposition())
    });
    format!(
        "{} r{} {}: {:?}, opened {}, concluded {:?}{}\n  rounds {:?}\n  notes {:?}\n  followed {:?}",
        case.id,
        case.revision,
        case.subject.name,
        case.verdict,
        case.opened_at,
        case.concluded_at,
        steps.collect::<String>(),
        case.rounds,
        case.notes,
        case.followed,
    )
}

/// Nothing is wrong.
pub fn right(outcome: &Outcome) {
    assert!(outcome.faults.is_empty(), "{:?}\n{}", outcome.faults, outcome.detail.join("\n"));
}

/// This is wrong and nothing else: a fault that the list of the adversary has, by the line that names it there. Fewer kinds of doors
/// are tried here, so some of those that the line names are enough.
pub fn known(line: &str, outcome: &Outcome) {
    assert!(
        KNOWN.lines().any(|known| known == line),
        "`{line}` is not in crates/adversary/known-failures.txt: what was mended there must be right here"
    );
    let detail = outcome.detail.join("\n");
    assert!(!outcome.faults.is_empty(), "unexpected pass: `{line}` does not fail any more, say `right`\n{detail}");
    let is_it = |fault: &String| match (fault.split_once(' '), line.split_once(' ')) {
        (Some((property, what)), Some((listed, rest))) => {
            let listed_kinds: Vec<&str> = rest.split_once(':').map_or(rest, |(kinds, _)| kinds).split(", ").collect();
            property == listed && what.split(", ").all(|kind| listed_kinds.contains(&kind))
        }
        _ => false,
    };
    let others: Vec<&String> = outcome.faults.iter().filter(|fault| !is_it(fault)).collect();
    assert!(others.is_empty(), "it fails in another way than `{line}`: {others:?}\n{detail}");
}
