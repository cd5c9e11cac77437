//! What an attacker holds.

use serde_json::{Value, json};

use super::*;
use crate::caller::{Caller, SessionOf};
use crate::store::View;

#[tokio::test(start_paused = true)]
async fn a_key_is_a_access_path_while_it_is_active_and_its_user_may_do_something() {
    let mut stage = stage();
    stage.user("mallory", &allow("ec2:StopInstances", "*"));
    let key = stage.key("mallory");
    stage.attacker = Attacker::with(key.clone());
    let open = stage.open();
    assert_eq!(open[0].access_path, AccessPath::AccessKey(key.key_id.clone()));
    assert_eq!((open.len(), open[0].ends_at), (1, None), "{open:?}");
    assert!(open[0].can[0].starts_with("ec2:StopInstances on "), "{open:?}");

    stage.put_user("mallory", "quarantine", &deny_all(&Value::Null));
    assert_eq!(stage.access_paths(), vec![]);
    stage.iam("DeleteUserPolicy", json!({ "UserName": "mallory", "PolicyName": "quarantine" }));
    assert_eq!(stage.access_paths().len(), 1);
    let inactive = json!({ "UserName": "mallory", "AccessKeyId": key.key_id, "Status": "Inactive" });
    stage.iam("UpdateAccessKey", inactive);
    assert_eq!(stage.access_paths(), vec![]);
}

#[tokio::test(start_paused = true)]
async fn a_session_ends_by_itself_unless_it_can_become_another_one() {
    let mut stage = stage();
    stage.user("mallory", &allow("*", "*"));
    let key = stage.key("mallory");
    let root = json!({ "AWS": ACCOUNT });
    let role = stage.role("reader", &trust(&root, "sts:AssumeRole", &Value::Null), &allow("s3:GetObject", "*"));
    let session = stage.assume(&key, "reader");
    let open = stage.open();
    assert_eq!(open.len(), 1, "the attacker holds the session alone: {open:?}");
    assert_eq!(open[0].access_path, AccessPath::Session(session.key_id.clone()));
    assert_eq!(open[0].ends_at, Some(stage.later(3_600)));
    assert_eq!(open[0].holder.id, role);
    assert_eq!(stage.open_at(stage.later(3_600)), vec![]);

    // The role trusts itself: an hour becomes a life.
    let both = json!({ "AWS": [ACCOUNT, format!("arn:aws:iam::{ACCOUNT}:role/reader")] });
    let document = trust(&both, "sts:AssumeRole", &Value::Null).to_string();
    stage.iam("UpdateAssumeRolePolicy", json!({ "RoleName": "reader", "PolicyDocument": document }));
    let open = stage.open();
    assert_eq!((open[0].ends_at, open[0].renews.len()), (None, 1), "{open:?}");

    // A denial of sessions that are older than this moment ends it, and what comes after is another session.
    stage.put_role(
        "reader",
        "cut",
        &deny_all(&json!({ "DateLessThan": { "aws:TokenIssueTime": stage.later(1).to_string() } })),
    );
    assert_eq!(stage.access_paths(), vec![]);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_can_make_a_credential_or_reach_rights_through_others_does_not_end() {
    let mut stage = stage();
    stage.user("mallory", &allow("*", "*"));
    let key = stage.key("mallory");
    let root = json!({ "AWS": ACCOUNT });
    let open = trust(&root, "sts:AssumeRole", &Value::Null);
    stage.role("minter", &open, &allow("iam:CreateAccessKey", &format!("arn:aws:iam::{ACCOUNT}:user/mallory")));
    stage.role("first", &open, &allow("sts:AssumeRole", &format!("arn:aws:iam::{ACCOUNT}:role/second")));
    stage.role("second", &open, &allow("sts:AssumeRole", "*"));
    let minter = stage.assume(&key, "minter");
    assert_eq!(stage.open()[0].ends_at, None);
    stage.attacker.credentials.remove(&minter);
    stage.iam("DeleteRolePolicy", json!({ "RoleName": "minter", "PolicyName": "own" }));

    // Two roles that lead to each other and to nothing are no access path; once the second leads to rights, both are.
    stage.assume(&key, "first");
    assert_eq!(stage.access_paths(), vec![]);
    stage.role("third", &open, &allow("s3:*", "*"));
    let found = stage.open();
    assert_eq!((found.len(), found[0].ends_at), (1, None), "{found:?}");
    assert_eq!(found[0].can, vec![format!("sts:AssumeRole on arn:aws:iam::{ACCOUNT}:role/third")]);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_or_recreated_holder_shuts_its_access_paths() {
    let mut stage = stage();
    stage.user("mallory", &allow("*", "*"));
    let key = stage.key("mallory");
    stage.attacker = Attacker::with(key.clone());
    stage.act(&key, "sts", "GetSessionToken", json!({}));
    assert_eq!(stage.access_paths().len(), 2);
    stage.iam("DeleteUserPolicy", json!({ "UserName": "mallory", "PolicyName": "own" }));
    stage.iam("DeleteAccessKey", json!({ "UserName": "mallory", "AccessKeyId": key.key_id }));
    stage.iam("DeleteUser", json!({ "UserName": "mallory" }));
    stage.user("mallory", &allow("*", "*"));
    assert_eq!(stage.access_paths(), vec![]);
}

#[tokio::test(start_paused = true)]
async fn a_password_opens_new_sessions_that_denials_of_older_ones_do_not_meet_until_another_is_set() {
    let mut stage = stage();
    let id = stage.user("mallory", &allow("s3:*", "*"));
    stage.iam("CreateLoginProfile", json!({ "UserName": "mallory", "Password": "correct-Horse-1" }));
    stage.attacker.learn_password(&stage.aws.state(), ACCOUNT, &id);
    stage.put_user(
        "mallory",
        "cut",
        &deny_all(&json!({ "DateLessThan": { "aws:TokenIssueTime": stage.later(60).to_string() } })),
    );
    assert_eq!(stage.access_paths(), vec![AccessPath::Password]);
    stage.put_user("mallory", "keys", &deny_all(&Value::Null));
    assert_eq!(stage.access_paths(), vec![]);
    stage.iam("DeleteUserPolicy", json!({ "UserName": "mallory", "PolicyName": "keys" }));
    stage.iam("DeleteLoginProfile", json!({ "UserName": "mallory" }));
    assert_eq!(stage.access_paths(), vec![]);
    let again =
        Request::new("iam", "CreateLoginProfile", json!({ "UserName": "mallory", "Password": "correct-Horse-2" }));
    stage.aws.stage_at(stage.later(5), ACCOUNT, again).unwrap();
    assert_eq!(stage.access_paths(), vec![], "that password the attacker does not know");
}

#[tokio::test(start_paused = true)]
async fn other_credentials_open_what_their_service_is_allowed() {
    let mut stage = stage();
    stage.user("mallory", &allow("*", "*"));
    let key = stage.key("mallory");
    stage.act(
        &key,
        "iam",
        "CreateServiceSpecificCredential",
        json!({ "UserName": "mallory", "ServiceName": "bedrock.amazonaws.com" }),
    );
    stage.act(
        &key,
        "iam",
        "UploadSSHPublicKey",
        json!({ "UserName": "mallory", "SSHPublicKeyBody": "ssh-rsa AAAAB3NzaC1yc2E" }),
    );
    assert_eq!(stage.access_paths().len(), 2, "{:?}", stage.open());
    stage.put_user("mallory", "own", &allow("bedrock:InvokeModel", "*"));
    let [AccessPath::ServiceCredential(id)] = &stage.access_paths()[..] else { panic!("{:?}", stage.open()) };
    stage.iam(
        "UpdateServiceSpecificCredential",
        json!({ "UserName": "mallory", "ServiceSpecificCredentialId": id, "Status": "Inactive" }),
    );
    assert_eq!(stage.access_paths(), vec![]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_teaches_what_it_holds() {
    let mut stage = stage();
    let id = stage.user("mallory", &allow("*", "*"));
    let key = stage.key("mallory");
    stage.act(&key, "iam", "CreateAccessKey", json!({}));
    stage.act(&key, "sts", "GetFederationToken", json!({ "Name": "fed", "Policy": allow("s3:*", "*").to_string() }));
    stage.act(&key, "iam", "CreateLoginProfile", json!({ "UserName": "mallory", "Password": "correct-Horse-1" }));
    assert_eq!((stage.attacker.credentials.len(), stage.attacker.passwords.len()), (2, 1));
    let open = stage.open();
    assert_eq!(open.len(), 3, "{open:?}");
    assert!(open.iter().all(|open| open.holder.id == id), "{open:?}");
    let federated = open.iter().find(|open| matches!(open.access_path, AccessPath::Session(_))).unwrap();
    assert!(federated.ends_at.is_some(), "it calls neither IAM nor STS: {federated:?}");
    let all = stage.aws.state();
    assert!(all.sessions.values().all(|session| matches!(session.of, SessionOf::Federated(_))));
    assert!(matches!(all.caller_in(View::Settled, &key, stage.aws.now()), Ok(Caller::User { .. })));
}

#[tokio::test(start_paused = true)]
async fn what_is_understood_is_named_as_policies_name_it() {
    assert!(understands("iam:CreateAccessKey") && !understands("s3:PutBucketPolicy"));
    assert!(MODELLED.iter().all(|action| action.split_once(':').is_some_and(|(service, name)| {
        service.chars().all(char::is_lowercase) && name.starts_with(char::is_uppercase)
    })));
}

#[tokio::test(start_paused = true)]
async fn a_new_session_takes_the_name_that_a_policy_asks_for() {
    let mut stage = stage();
    let named = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": { "StringLike": { "aws:userid": "*:deploy-*" } },
    }] });
    stage.attacker.accounts.insert(ELSEWHERE.to_owned());
    stage.role("r", &trust(&json!({ "AWS": ELSEWHERE }), "sts:AssumeRole", &Value::Null), &named);
    assert_eq!(stage.access_paths().len(), 1);
    // And it does not keep one that is denied.
    stage.put_role("r", "own", &allow("s3:*", "*"));
    stage.put_role("r", "cut", &deny_all(&json!({ "StringLike": { "aws:userid": "*:deploy-*" } })));
    assert_eq!(stage.access_paths().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_no_access_path_understands_is_told() {
    let stage = stage();
    let id = stage.user("mallory", &allow("*", "*"));
    let key = stage.key("mallory");
    let begun = stage.aws.now();
    for (service, operation) in [("iam", "CreateUser"), ("ec2", "RunInstances"), ("ec2", "DescribeInstances")] {
        stage.aws.call(&key, Request::new(service, operation, json!({ "UserName": "new" }))).unwrap();
    }
    let found = not_understood(&stage.aws.state(), &id, begun);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), vec!["ec2:RunInstances"]);
}
