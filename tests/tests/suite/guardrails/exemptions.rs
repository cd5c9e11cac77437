//! Exemptions, which count until they end.

use aws_sdk_iam::types::StatusType;
use serde_json::{Value, json};
use severance_tests::{Stack, unique};

use super::{By, Claim, OWNER, REFUSED, WORKLOAD, case, on_both_paths, text};

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
