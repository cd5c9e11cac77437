//! The registry, which speaks where tags are silent.

use aws_sdk_iam::types::StatusType;
use serde_json::json;
use severance_domain::profile::Origin;
use severance_tests::{Stack, stale, unique};

use super::{case, react};

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
