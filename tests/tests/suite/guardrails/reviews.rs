//! Plans that wait for a person: approved, denied, left unanswered or overtaken.

use aws_sdk_iam::types::StatusType;
use serde_json::json;
use severance_domain::plan::Disposition;
use severance_domain::review::Decision;
use severance_tests::{Function, Stack, unique};

use super::{
    BEING_RECHECKED, By, Claim, NOT_CONTAINED, OWNER, REFUSED, WORKLOAD, approve, case, held, on_both_paths, reacted,
    text,
};

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
    assert_eq!(ran.code, BEING_RECHECKED, "{ran:?}");
    assert!(ran.stderr.contains("BEING RECHECKED until"), "{ran:?}");
    assert_eq!(stack.last_word(reacted(&ran)).await["verdict"], "verified_revoked");
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
