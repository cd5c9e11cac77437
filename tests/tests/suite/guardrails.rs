//! The guardrails from outside: events and `sever` in; AWS's state, the evidence and the messages out.

use aws_sdk_iam::types::StatusType;
use serde_json::{Value, json};
use severance_domain::case::Case;
use severance_domain::plan::Disposition;
use severance_domain::profile::Origin;
use severance_domain::review::Decision;
use severance_tests::{Function, HeldKey, Person, Ran, Stack, misused, stale, unique};

const OWNER: (&str, &str) = ("severance:owner", "platform@example.com");
const WORKLOAD: (&str, &str) = ("severance:class", "workload");

/// The exit codes of `sever`: refused, and not seen to end.
const REFUSED: i32 = 21;
const NOT_CONTAINED: i32 = 24;

fn only(reactions: &Value) -> &Value {
    let reactions = reactions.as_array().unwrap_or_else(|| panic!("no reactions in {reactions}"));
    assert_eq!(reactions.len(), 1, "{reactions:?}");
    &reactions[0]
}

fn reacted(ran: &Ran) -> &Value {
    assert!(!ran.json.is_null(), "{ran:?}");
    only(&ran.json["reacted"]["reactions"])
}

async fn react(stack: &Stack, event: &Value) -> Value {
    let response = stack.invoke(Function::PostureFinding, event).await.expect("an answer");
    only(&response["reactions"]).clone()
}

async fn case(stack: &Stack, reaction: &Value) -> Case {
    stack.evidence(reaction).await.predicate.case
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no text {name} in {value}"))
}

/// How a claim comes: each scenario holds on both paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// As an event that AWS sends.
    Event,
    /// By `sever contain`, on a person's word.
    Hand,
}

/// One claim about a user, which can be made again: by a later event of the same finding, or in the same words.
struct Claim<'a> {
    stack: &'a Stack,
    event: Value,
    by_hand: Option<(Person<'a>, String, &'static str)>,
}

impl<'a> Claim<'a> {
    /// A key of this user is too old.
    async fn stale(stack: &'a Stack, by: By, user: &str) -> Self {
        Self::new(stack, by, user, stale(user), "credential_stale").await
    }

    /// This key of this user is misused.
    async fn misused(stack: &'a Stack, by: By, user: &str, key: &HeldKey) -> Self {
        Self::new(stack, by, user, misused(user, key), "identity_compromised").await
    }

    async fn new(stack: &'a Stack, by: By, user: &str, event: Value, signal: &'static str) -> Self {
        let by_hand = match by {
            By::Event => None,
            By::Hand => Some((stack.person("requester").await, stack.user_arn(user), signal)),
        };
        Self { stack, event, by_hand }
    }

    async fn make(&mut self) -> Value {
        if let Some((person, arn, signal)) = &self.by_hand {
            let ran = person.sever(&["contain", arn, "--signal", signal, "--reason", "as the scan says"]).await;
            return reacted(&ran).clone();
        }
        self.event["id"] = json!(unique("event"));
        react(self.stack, &self.event).await
    }

    /// The same once more. Signatures have whole seconds, and a proof counts once.
    async fn make_again(&mut self) -> Value {
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        self.make().await
    }
}

/// Runs a scenario on both paths.
macro_rules! on_both_paths {
    ($scenario:ident, $by_event:ident, $by_hand:ident) => {
        #[tokio::test]
        async fn $by_event() {
            $scenario(By::Event).await;
        }

        #[tokio::test]
        async fn $by_hand() {
            $scenario(By::Hand).await;
        }
    };
}

/// A workload with a key that is too old and was used two days ago, and what the claim about it came to.
async fn held<'a>(stack: &'a Stack, by: By, tags: &[(&str, &str)]) -> (String, HeldKey, Claim<'a>, Value) {
    let user = unique("report");
    stack.user(&user, "/", tags).await;
    let key = stack.key(&user).await;
    stack.age(&key, 400, Some(2)).await;
    let mut claim = Claim::stale(stack, by, &user).await;
    let reaction = claim.make().await;
    assert_eq!(reaction["verdict"], "awaiting_review", "{reaction}");
    assert_eq!(stack.status(&user, &key).await, Some(StatusType::Active));
    (user, key, claim, reaction)
}

async fn approve(person: &Person<'_>, reaction: &Value) -> Ran {
    let (case, plan) = (text(reaction, "case"), text(reaction, "plan"));
    person.sever(&["approve", case, "--plan", plan, "--reason", "the owner agreed"]).await
}

on_both_paths!(a_key_in_use_waits_for_a_person_and_dies_on_their_word, approved_by_event, approved_by_hand);

async fn a_key_in_use_waits_for_a_person_and_dies_on_their_word(by: By) {
    let stack = Stack::enforcing().await;
    let inbox = stack.inbox().await;
    let (user, key, mut claim, reaction) = held(&stack, by, &[OWNER, WORKLOAD]).await;

    // The message holds what, why, what it would hit, and the commands.
    let message = inbox.about(text(&reaction, "case")).await;
    let body = text(&message, "Message");
    let command = format!("sever approve {} --plan {}", text(&reaction, "case"), text(&reaction, "plan"));
    for part in [command.as_str(), "sever deny", "What it would hit", "2 days ago", "policy says ask"] {
        assert!(body.contains(part), "no {part:?} in {body}");
    }
    assert_eq!(message["MessageAttributes"]["review"]["Value"], "requested");

    let person = stack.person("responder").await;
    let ran = approve(&person, &reaction).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let approved = reacted(&ran);
    assert_eq!((approved["verdict"].clone(), approved["revision"].clone()), (json!("verified_revoked"), json!(2)));
    assert_eq!(stack.status(&user, &key).await, Some(StatusType::Inactive));

    // Who said so is in the signed record, and the revision follows on the one before.
    let case = case(&stack, approved).await;
    let Some(Decision::Approved { by, reason, .. }) = case.review.expect("a review").decision else {
        panic!("not approved")
    };
    assert_eq!((by.as_str(), reason.as_str()), (person.arn.as_str(), "the owner agreed"));
    assert!(case.previous.is_some());

    // Once is enough, for approvals and for the event. Signatures have whole seconds, and a proof counts once.
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let again = approve(&person, &reaction).await;
    assert_eq!(again.code, REFUSED, "{again:?}");
    assert!(again.stderr.contains("approved by"), "{again:?}");
    assert_eq!(claim.make_again().await["replayed"], true);
}

#[tokio::test]
async fn whoever_asked_cannot_approve_and_somebody_else_can() {
    let stack = Stack::enforcing().await;
    let user = unique("report");
    stack.user(&user, "/", &[OWNER, WORKLOAD]).await;
    let key = stack.key(&user).await;
    stack.age(&key, 400, Some(2)).await;
    let (requester, other) = (stack.person("requester").await, stack.person("approver").await);
    let arn = stack.user_arn(&user);
    let words = ["contain", &arn, "--signal", "credential_stale", "--reason", "it is old", "--ticket", "OPS-7"];
    let ran = requester.sever(&words).await;
    assert_eq!(ran.code, NOT_CONTAINED, "{ran:?}");
    let reaction = reacted(&ran).clone();
    assert_eq!(reaction["verdict"], "awaiting_review");
    let request = case(&stack, &reaction).await.signal.request.expect("who asked");
    assert_eq!((request.by.as_str(), request.ticket.as_deref()), (requester.arn.as_str(), Some("OPS-7")));

    let own = approve(&requester, &reaction).await;
    assert_eq!(own.code, REFUSED, "{own:?}");
    assert!(own.stderr.contains("somebody else must approve"), "{own:?}");
    assert_eq!(stack.status(&user, &key).await, Some(StatusType::Active));
    assert_eq!(approve(&other, &reaction).await.code, 0);
    assert_eq!(stack.status(&user, &key).await, Some(StatusType::Inactive));
}

#[tokio::test]
async fn on_demand_danger_is_contained_at_once_and_nobody_acts_without_a_name() {
    let stack = Stack::enforcing().await;
    let user = unique("leak");
    stack.user(&user, "/", &[OWNER, WORKLOAD]).await;
    let key = stack.key(&user).await;
    let arn = stack.user_arn(&user);
    let ask = json!({"request": {"contain": {
        "claim": {"subject": arn, "signal": "credential_exposed"}, "reason": "seen in a paste"}}});
    let refused = stack.invoke(Function::Responder, &ask).await.expect("an answer");
    assert!(text(&refused["refused"], "why").contains("proof of who asks"), "{refused}");
    assert_eq!(stack.accepts(&key).await, Ok(()));

    let person = stack.person("responder").await;
    let words = ["contain", &arn, "--signal", "credential_exposed", "--reason", "seen in a paste"];
    let dry = person.sever(&[&words[..], &["--dry-run"]].concat()).await;
    assert_eq!(dry.code, 0, "{dry:?}");
    let steps = dry.json["explained"][0]["plan"]["steps"].as_array().expect("steps");
    assert!(
        steps.iter().all(|step| step["disposition"] == "enforce" && step["ruling"]["policies"][0]["id"].is_string())
    );
    assert_eq!(stack.accepts(&key).await, Ok(()), "a dry run changes nothing");

    let ran = person.sever(&words).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(reacted(&ran)["verdict"], "verified_revoked");
    assert_eq!(stack.accepts(&key).await, Err("InvalidClientTokenId".to_owned()));
}

on_both_paths!(what_is_denied_stays_and_is_not_asked_about_again, denied_by_event, denied_by_hand);

async fn what_is_denied_stays_and_is_not_asked_about_again(by: By) {
    let stack = Stack::enforcing().await;
    let inbox = stack.inbox().await;
    let (user, key, mut claim, reaction) = held(&stack, by, &[OWNER, WORKLOAD]).await;
    let person = stack.person("owner").await;
    let (id, plan) = (text(&reaction, "case"), text(&reaction, "plan"));
    let other = person.sever(&["deny", id, "--plan", "0123456789abcdef", "--reason", "no"]).await;
    assert_eq!(other.code, REFUSED, "another plan's digest: {other:?}");
    let ran = person.sever(&["deny", id, "--plan", plan, "--reason", "month end, see OPS-9"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(reacted(&ran)["verdict"], "observed");
    assert_eq!(stack.status(&user, &key).await, Some(StatusType::Active));
    let denied = case(&stack, reacted(&ran)).await;
    assert!(denied.steps.iter().all(|record| record.step.disposition() == Disposition::Decline));
    let told =
        inbox.all().await.into_iter().any(|message| {
            message["Message"].as_str().is_some_and(|body| body.contains("denied by") && body.contains(id))
        });
    assert!(told, "the denial is announced");
    // The tool, or the person, says the same the next day.
    assert_eq!(claim.make_again().await["replayed"], true);
    assert_eq!(approve(&person, &reaction).await.code, REFUSED);
}

on_both_paths!(silence_is_asked_again_and_ends_as_the_policy_says, silence_by_event, silence_by_hand);

async fn silence_is_asked_again_and_ends_as_the_policy_says(by: By) {
    let stack = Stack::enforcing().await;
    let inbox = stack.inbox().await;
    let (user, key, _, reaction) = held(&stack, by, &[OWNER, WORKLOAD]).await;
    let id = text(&reaction, "case");
    stack.pass_hours(id, 25).await;
    stack.run_schedule_until(id, |record| record["review"]["escalatedAt"].is_string()).await;
    let message = inbox
        .all()
        .await
        .into_iter()
        .find(|message| {
            message["MessageAttributes"]["review"]["Value"] == "escalated"
                && message["Message"].as_str().is_some_and(|body| body.contains(id))
        })
        .expect("it is asked again");
    assert!(text(&message, "Subject").contains("STILL NO ANSWER"), "{message}");
    stack.pass_hours(id, 72).await;
    let record = stack.run_schedule_until(id, |record| record["review"]["decision"].is_object()).await;
    assert_eq!(stack.status(&user, &key).await, Some(StatusType::Active), "a key in use is not cut by silence");
    assert_eq!((&record["verdict"], &record["review"]["decision"]["enforced"]), (&json!("observed"), &json!(false)));

    // Of a key that nobody has used for half a year the policy says otherwise.
    let user = unique("archive");
    stack.user(&user, "/", &[OWNER, WORKLOAD, ("environment", "prod")]).await;
    let key = stack.key(&user).await;
    stack.age(&key, 400, Some(200)).await;
    let reaction = Claim::stale(&stack, by, &user).await.make().await;
    assert_eq!(reaction["verdict"], "awaiting_review", "{reaction}");
    let id = text(&reaction, "case");
    stack.pass_hours(id, 73).await;
    let record = stack.run_schedule_until(id, |record| record["verdict"].is_string() && record["revision"] == 2).await;
    if by == By::Hand {
        // What a person asked for another person approves, and silence does not.
        assert_eq!(stack.status(&user, &key).await, Some(StatusType::Active));
        assert_eq!(record["review"]["decision"]["enforced"], json!(false));
        return;
    }
    assert_eq!(stack.status(&user, &key).await, Some(StatusType::Inactive));
    assert_eq!(
        (&record["verdict"], &record["review"]["decision"]["enforced"]),
        (&json!("verified_revoked"), &json!(true))
    );
}

on_both_paths!(an_answer_does_not_count_for_a_plan_that_has_changed, changed_by_event, changed_by_hand);

async fn an_answer_does_not_count_for_a_plan_that_has_changed(by: By) {
    let stack = Stack::enforcing().await;
    let (user, key, _, reaction) = held(&stack, by, &[OWNER, WORKLOAD]).await;
    let person = stack.person("approver").await;
    let new = stack.key(&user).await;
    let ran = approve(&person, &reaction).await;
    assert_eq!(ran.code, REFUSED, "{ran:?}");
    assert!(ran.stderr.contains("the situation changed"), "{ran:?}");
    assert_eq!(stack.status(&user, &key).await, Some(StatusType::Active), "nothing of the old plan was done");
    let record = stack.record(&format!("CASE#{}", text(&reaction, "case")), "CASE").await;
    let plan = text(&record["review"], "plan");
    assert!(!plan.starts_with(text(&reaction, "plan")) && ran.stderr.contains(&plan[..16]), "{ran:?}");
    assert_eq!(record["revision"], 2);
    let ran =
        person.sever(&["approve", text(&reaction, "case"), "--plan", &plan[..16], "--reason", "still right"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(stack.status(&user, &key).await, Some(StatusType::Inactive));
    assert_eq!(stack.status(&user, &new).await, Some(StatusType::Active), "the new key was not claimed to be old");
}

on_both_paths!(an_exemption_counts_until_it_ends_and_each_use_is_evidence, exempted_by_event, exempted_by_hand);

async fn an_exemption_counts_until_it_ends_and_each_use_is_evidence(by: By) {
    let stack = Stack::enforcing().await;
    let inbox = stack.inbox().await;
    let person = stack.person("owner").await;
    let user = unique("batch");
    stack.user(&user, "/", &[OWNER, WORKLOAD]).await;
    let key = stack.key(&user).await;
    stack.age(&key, 400, Some(300)).await;
    let pattern = format!("{}*", stack.user_arn(&user));
    let mut words =
        vec!["exempt", "add", &pattern, "--countermeasure", "deactivate_access_key", "--owner", "pay@example.com"];
    words.extend(["--reason", "yearly closing", "--ticket", "OPS-1", "--way-out", "move to a role"]);
    let long = person.sever(&[&words[..], &["--days", "400"]].concat()).await;
    assert_eq!(long.code, REFUSED, "{long:?}");
    assert!(long.stderr.contains("within 90 days"), "{long:?}");
    let ran = person.sever(&[&words[..], &["--days", "5"]].concat()).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let exemption = text(&ran.json["exemptions"]["exemptions"][0], "id").to_owned();

    let mut claim = Claim::stale(&stack, by, &user).await;
    let reaction = claim.make().await;
    assert_eq!(reaction["verdict"], "observed", "{reaction}");
    assert_eq!(stack.status(&user, &key).await, Some(StatusType::Active));
    let exemptions = case(&stack, &reaction).await.exemptions;
    assert_eq!((exemptions[0].id.as_str(), exemptions[0].way_out.as_str()), (exemption.as_str(), "move to a role"));

    // Its owner hears of its end beforehand. Two runs at once may both say so, a later one does not.
    let ending = |messages: Vec<Value>| {
        let about = |body: &str| body.contains("An exemption ends") && body.contains(&exemption);
        messages.iter().filter(|message| message["Message"].as_str().is_some_and(about)).count()
    };
    stack.run_schedule().await;
    assert!(ending(inbox.all().await) >= 1);
    stack.run_schedule().await;
    assert_eq!(ending(inbox.all().await), 0);

    stack
        .change_record("GUARDRAILS", &format!("EXEMPTION#{exemption}"), |record| {
            record["expiresAt"] = json!("2026-01-01T00:00:00Z");
        })
        .await;
    let reaction = claim.make_again().await;
    assert_eq!(reaction["verdict"], "verified_revoked", "an expired exemption covers nothing: {reaction}");
    assert!(case(&stack, &reaction).await.exemptions.is_empty());
    assert_eq!(person.sever(&["exempt", "end", &exemption]).await.code, 0);
    assert_eq!(person.sever(&["exempt", "end", &exemption]).await.code, REFUSED);
}

/// One after the other: it is one breaker.
#[tokio::test]
async fn an_open_breaker_holds_everything_until_it_is_reset() {
    for by in [By::Event, By::Hand] {
        breaker(by).await;
    }
}

async fn breaker(by: By) {
    let stack = Stack::limited().await;
    let alarms = stack.inbox_of("ALARM_TOPIC").await;
    let person = stack.person("responder").await;
    let reason = |why: &str| format!("{why}, {by:?}");
    assert_eq!(person.sever(&["breaker", "reset", "--reason", &reason("to begin with")]).await.code, 0);
    // Two steps each, and six are allowed.
    let mut reactions = Vec::new();
    for _ in 0..5 {
        let user = unique("wave");
        stack.user(&user, "/", &[OWNER, WORKLOAD]).await;
        let key = stack.key(&user).await;
        let reaction = Claim::misused(&stack, by, &user, &key).await.make().await;
        reactions.push((user, key, reaction));
    }
    let verdicts: Vec<&Value> = reactions.iter().map(|(_, _, reaction)| &reaction["verdict"]).collect();
    assert_eq!(
        verdicts,
        ["verified_revoked", "verified_revoked", "verified_revoked", "awaiting_review", "awaiting_review"]
    );
    let raised = alarms.all().await;
    let raised = raised.iter().filter(|m| m["Subject"].as_str().is_some_and(|s| s.contains("BREAKER OPEN")));
    assert_eq!(raised.count(), 1, "one alarm");
    let status = person.sever(&["breaker", "status"]).await;
    let open = |ran: &Ran| {
        let breakers = ran.json["breakers"]["breakers"].as_array().expect("breakers").clone();
        breakers.iter().filter(|breaker| breaker["openSince"].is_string()).count()
    };
    assert_eq!(open(&status), 1, "{status:?}");

    // A person is the way through.
    let (user, key, reaction) = &reactions[3];
    let held = case(&stack, reaction).await;
    let lowered =
        held.steps[0].step.ruling.as_ref().and_then(|ruling| ruling.lowered_by.clone()).expect("what lowered it");
    assert!(lowered.contains("breaker is open"), "{lowered}");
    assert_eq!(stack.accepts(key).await, Ok(()));
    let ran = approve(&person, reaction).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(stack.status(user, key).await, Some(StatusType::Inactive));

    let reset = person.sever(&["breaker", "reset", "--reason", &reason("a drill")]).await;
    assert_eq!((reset.code, open(&reset)), (0, 0), "{reset:?}");
    // What was held before can be approved as it was shown, and what comes new is contained again.
    assert_eq!(approve(&person, &reactions[4].2).await.code, 0);
    let user = unique("wave");
    stack.user(&user, "/", &[OWNER, WORKLOAD]).await;
    let key = stack.key(&user).await;
    assert_eq!(Claim::misused(&stack, by, &user, &key).await.make().await["verdict"], "verified_revoked");
}

#[tokio::test]
async fn the_registry_speaks_where_tags_are_silent_and_asks_its_owners() {
    let stack = Stack::enforcing().await;
    let inbox = stack.inbox().await;
    let person = stack.person("cmdb").await;
    let user = unique("erp");
    stack.user(&user, "/", &[]).await;
    let key = stack.key(&user).await;
    stack.age(&key, 400, Some(300)).await;
    let arn = stack.user_arn(&user);
    let day = severance_tests::day;
    let owner = format!("{}@example.com", unique("team"));
    let row = |review_by: &str| {
        format!(
            "arn,owners,class,environment,criticality,privileged,expires_on,review_by\n{arn},{owner},workload,prod,high,,,{review_by}\n"
        )
    };
    let file = std::env::temp_dir().join(format!("{user}.csv"));
    let path = file.to_str().expect("a path");
    std::fs::write(&file, row(&day(3))).expect("a file");
    let ran = person.sever(&["registry", "import", path]).await;
    assert_eq!(ran.code, 0, "{ran:?}");

    // Critical, says the registry: so a person decides.
    let reaction = react(&stack, &stale(&user)).await;
    assert_eq!(reaction["verdict"], "awaiting_review", "{reaction}");
    let profile = case(&stack, &reaction).await.profile;
    assert_eq!(profile.owners, std::slice::from_ref(&owner));
    assert!(profile.basis.values().all(|basis| basis.origin == Origin::Registry), "{profile:?}");

    // Its owner is asked once whether it is still needed.
    stack.run_schedule().await;
    stack.run_schedule().await;
    let command = format!("sever recertify '{arn}'");
    inbox.about(&command).await;
    let told = inbox.all().await;
    let again = told.iter().filter(|m| m["Message"].as_str().is_some_and(|body| body.contains(&command))).count();
    // The one that was seen above comes once more if its time in the queue is over.
    assert!(again <= 1, "{told:?}");
    let until = day(100);
    let ran = person.sever(&["recertify", &arn, "--until", &until, "--reason", "yearly closing"]).await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let exported = person.sever(&["registry", "export", "--format", "json"]).await;
    let rows = exported.json.as_array().or_else(|| exported.json["entries"].as_array()).expect("rows").clone();
    let row_of = rows.iter().find(|row| row["arn"] == json!(arn)).expect("our row");
    assert_eq!((&row_of["reviewBy"], &row_of["class"]), (&json!(until), &json!("workload")));

    // Nobody confirmed this one: the policy asks a person.
    std::fs::write(&file, row(&day(-30))).expect("a file");
    assert_eq!(person.sever(&["registry", "import", path]).await.code, 0);
    stack.run_schedule().await;
    assert_eq!(stack.status(&user, &key).await, Some(StatusType::Active));
    let ran = person.sever(&["reviews"]).await;
    let cases = ran.json["reviews"]["cases"].as_array().expect("cases");
    let asked = cases
        .iter()
        .find(|case| case["subject"]["arn"] == json!(arn) && case["signal"]["kind"] == "identity_ownerless");
    assert!(asked.is_some(), "{ran:?}");
    assert_eq!(person.sever(&["registry", "remove", &arn]).await.code, 0);
    let _ = std::fs::remove_file(&file);
}
