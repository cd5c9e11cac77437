//! Copies that are brought up to date, and those that are left.

use crate::account::*;
use serde_json::json;
use severance_domain::copies::{CopiesRequest, Updated};

use super::{KEY, NEW_KEY, search, to_update, update, why};

#[tokio::test(start_paused = true)]
async fn copies_that_are_ours_are_written_once_and_the_others_are_left() {
    let account = to_update();
    for (dry, enforce) in [(true, true), (false, false)] {
        assert_eq!(update(&account, dry, enforce).await[0], Updated::WouldBe);
    }
    assert_eq!(account.state().calls.get("secretsmanager:PutSecretValue"), None);

    let before = account.state().secrets.clone();
    let updated = update(&account, false, true).await;
    let Updated::Written { version } = &updated[0] else { panic!("{updated:?}") };
    for (left, expected) in updated[1..].iter().zip([
        "its format is not known",
        "it has a rotation of its own",
        "it is a replica, and follows its secret in us-east-1",
        "it is not ours to write: tag it severance:managed = true",
        "a SSM parameter is not written by us",
    ]) {
        assert!(why(left).starts_with(expected), "{left:?}");
    }
    {
        let state = account.state();
        assert_eq!(state.secrets[0].text.as_deref().unwrap(), before[0].text.as_deref().unwrap().replace(KEY, NEW_KEY));
        assert_eq!(state.secrets[0].versions, ["first".to_owned(), version.clone()]);
        assert!(state.secrets[1..].iter().zip(&before[1..]).all(|(now, then)| now.text == then.text));
        assert_eq!(state.calls["secretsmanager:PutSecretValue"], 1);
    }

    // The listing may still show the old value, as to a search that began before: then nothing is written again.
    account.state().secrets[0].text = before[0].text.clone();
    assert_eq!(update(&account, false, true).await[0], Updated::Already { version: version.clone() });
    account.state().secrets[0].versions.push("somebody's".to_owned());
    assert!(why(&update(&account, false, true).await[0]).contains("somebody has put another version"));
    assert_eq!(account.state().calls["secretsmanager:PutSecretValue"], 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_written_from_a_source_that_is_not_rotated_or_cannot_be_read() {
    let account = to_update();
    account.state().secrets[5].text = Some(json!({"accessKeyId": KEY}).to_string());
    let updated = update(&account, false, true).await;
    assert!(why(&updated[0]).contains("itself still holds the old key"), "{updated:?}");
    let account = to_update();
    account.state().secrets[5].tags.clear();
    assert!(why(&update(&account, false, true).await[0]).contains("none that is rotated"));
    let account = to_update();
    account.state().secrets.pop();
    assert!(why(&update(&account, false, true).await[0]).contains("ResourceNotFoundException"));
    for action in ["secretsmanager:DescribeSecret", "secretsmanager:PutSecretValue"] {
        let account = to_update();
        account.fault(action, 400, "AccessDeniedException", usize::MAX);
        assert!(why(&update(&account, false, true).await[0]).contains(action));
    }
    let request = CopiesRequest::read(&json!({"search": {"accessKey": KEY, "update": {"from": secret_arn("source")}}}));
    let found = search(&to_update()).updating(true).run(&request.unwrap()).await;
    assert!(why(found.copies[0].updated.as_ref().unwrap()).contains("knows no formats"));
}
