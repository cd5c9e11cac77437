//! A breaker that is open holds everything until it is reset.

use aws_sdk_iam::types::StatusType;
use serde_json::Value;
use severance_tests::{Ran, Stack, unique};

use super::{BEING_RECHECKED, By, Claim, OWNER, WORKLOAD, approve, case};

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
    // Three identities are allowed.
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
        ["revoked_unverified", "revoked_unverified", "revoked_unverified", "awaiting_review", "awaiting_review"]
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
    assert_eq!(ran.code, BEING_RECHECKED, "{ran:?}");
    assert_eq!(stack.status(user, key).await, Some(StatusType::Inactive));

    let reset = person.sever(&["breaker", "reset", "--reason", &reason("a drill")]).await;
    assert_eq!((reset.code, open(&reset)), (0, 0), "{reset:?}");
    // What was held before can be approved as it was shown, and what comes new is contained again.
    assert_eq!(approve(&person, &reactions[4].2).await.code, BEING_RECHECKED);
    let user = unique("wave");
    stack.user(&user, "/", &[OWNER, WORKLOAD]).await;
    let key = stack.key(&user).await;
    assert_eq!(Claim::misused(&stack, by, &user, &key).await.make().await["verdict"], "revoked_unverified");
}
