//! Who is harmed.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_bystander_is_harmed_by_what_it_loses_and_by_nothing_else() {
    let mut stage = stage();
    stage.user("honest", &allow("s3:GetObject", "arn:aws:s3:::b/*"));
    stage.user("mallory", &allow("*", "*"));
    let key = stage.key("honest");
    let both = trust(&json!({ "AWS": ACCOUNT, "Service": "ec2.amazonaws.com" }), "sts:AssumeRole", &Value::Null);
    stage.role("shared", &both, &allow("s3:*", "*"));
    let admin = stage.key("mallory");
    let session = stage.assume(&admin, "shared");
    let (user, role) = {
        let all = stage.aws.state();
        (Honest::user(&all, ACCOUNT, "honest").unwrap(), Honest::role(&all, ACCOUNT, "shared").unwrap())
    };
    let in_use = Honest::Session(session.clone());
    let mut before = watch(&stage.aws.state(), stage.aws.now(), &[user.clone(), role.clone(), in_use.clone()]);
    let harm = |stage: &Stage, before: &Snapshot, seconds: i64| {
        let all = stage.aws.state();
        harmed(before, &before.again(&all, stage.aws.now() + SignedDuration::from_secs(seconds)))
    };
    assert_eq!(harm(&stage, &before, 0), vec![]);
    assert_eq!(harm(&stage, &before, 7_200), vec![], "a session that expires by itself is no loss");

    // Gains, tags and what others lose are none.
    stage.put_user("honest", "own", &allow("s3:*", "*"));
    stage.iam("TagUser", json!({ "UserName": "honest", "Tags": [{ "Key": "a", "Value": "b" }] }));
    stage.put_user("mallory", "quarantine", &deny_all(&Value::Null));
    assert_eq!(harm(&stage, &before, 0), vec![]);

    // Older sessions of the shared role: its user's session, and not the role's next one.
    let cut = json!({ "DateLessThan": { "aws:TokenIssueTime": (stage.aws.now() + SignedDuration::from_millis(1)).to_string() } });
    stage.put_role("shared", "cut", &deny_all(&cut));
    let found = harm(&stage, &before, 60);
    assert!(
        !found.is_empty() && found.iter().all(|harm| harm.who == in_use && matches!(harm.lost, Lost::Right(_))),
        "{found:?}"
    );
    stage.iam("DeleteRolePolicy", json!({ "RoleName": "shared", "PolicyName": "cut" }));

    stage.iam("UpdateAccessKey", json!({ "UserName": "honest", "AccessKeyId": key.key_id, "Status": "Inactive" }));
    let narrowed = trust(&json!({ "AWS": ACCOUNT }), "sts:AssumeRole", &Value::Null).to_string();
    stage.iam("UpdateAssumeRolePolicy", json!({ "RoleName": "shared", "PolicyDocument": narrowed }));
    let found = harm(&stage, &before, 0);
    assert_eq!(
        found,
        vec![
            Harm { who: user.clone(), lost: Lost::Key(key.key_id.clone()) },
            Harm { who: role.clone(), lost: Lost::Trust("Service ec2.amazonaws.com".to_owned()) },
        ]
    );
    // Both were done on purpose by honest people.
    before.renew(&stage.aws.state(), stage.aws.now(), &user);
    before.renew(&stage.aws.state(), stage.aws.now(), &role);
    assert_eq!(harm(&stage, &before, 0), vec![]);
    stage.iam("UpdateUser", json!({ "UserName": "honest", "NewUserName": "renamed" }));
    assert_eq!(
        harm(&stage, &before, 0),
        vec![Harm { who: user, lost: Lost::Name(format!("arn:aws:iam::{ACCOUNT}:user/honest")) }]
    );
}
