//! Who is harmed.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_bystander_is_harmed_by_what_it_loses_and_by_nothing_else() {
    let mut world = stage();
    world.user("honest", &allow("s3:GetObject", "arn:aws:s3:::b/*"));
    world.user("mallory", &allow("*", "*"));
    let key = world.key("honest");
    let both = trust(&json!({ "AWS": ACCOUNT, "Service": "ec2.amazonaws.com" }), "sts:AssumeRole", &Value::Null);
    world.role("shared", &both, &allow("s3:*", "*"));
    let admin = world.key("mallory");
    let session = world.assume(&admin, "shared");
    let (user, role) = {
        let state = world.aws.state();
        (Honest::user(&state, ACCOUNT, "honest").unwrap(), Honest::role(&state, ACCOUNT, "shared").unwrap())
    };
    let in_use = Honest::Session(session.clone());
    let mut before = watch(&world.aws.state(), world.aws.now(), &[user.clone(), role.clone(), in_use.clone()]);
    let harm = |world: &Stage, before: &Snapshot, seconds: i64| {
        let state = world.aws.state();
        harmed(before, &before.again(&state, world.aws.now() + SignedDuration::from_secs(seconds)))
    };
    assert_eq!(harm(&world, &before, 0), vec![]);
    assert_eq!(harm(&world, &before, 7_200), vec![], "a session that expires by itself is no loss");

    // Gains, tags and what others lose are none.
    world.put_user("honest", "own", &allow("s3:*", "*"));
    world.iam("TagUser", json!({ "UserName": "honest", "Tags": [{ "Key": "a", "Value": "b" }] }));
    world.put_user("mallory", "quarantine", &deny_all(&Value::Null));
    assert_eq!(harm(&world, &before, 0), vec![]);

    // Older sessions of the shared role: its user's session, and not the role's next one.
    let cut = json!({ "DateLessThan": { "aws:TokenIssueTime": (world.aws.now() + SignedDuration::from_millis(1)).to_string() } });
    world.put_role("shared", "cut", &deny_all(&cut));
    let found = harm(&world, &before, 60);
    assert!(
        !found.is_empty() && found.iter().all(|harm| harm.who == in_use && matches!(harm.lost, Lost::Right(_))),
        "{found:?}"
    );
    world.iam("DeleteRolePolicy", json!({ "RoleName": "shared", "PolicyName": "cut" }));

    world.iam("UpdateAccessKey", json!({ "UserName": "honest", "AccessKeyId": key.key_id, "Status": "Inactive" }));
    let narrowed = trust(&json!({ "AWS": ACCOUNT }), "sts:AssumeRole", &Value::Null).to_string();
    world.iam("UpdateAssumeRolePolicy", json!({ "RoleName": "shared", "PolicyDocument": narrowed }));
    let found = harm(&world, &before, 0);
    assert_eq!(
        found,
        vec![
            Harm { who: user.clone(), lost: Lost::Key(key.key_id.clone()) },
            Harm { who: role.clone(), lost: Lost::Trust("Service ec2.amazonaws.com".to_owned()) },
        ]
    );
    // Both were done on purpose by honest people.
    before.renew(&world.aws.state(), world.aws.now(), &user);
    before.renew(&world.aws.state(), world.aws.now(), &role);
    assert_eq!(harm(&world, &before, 0), vec![]);
    world.iam("UpdateUser", json!({ "UserName": "honest", "NewUserName": "renamed" }));
    assert_eq!(
        harm(&world, &before, 0),
        vec![Harm { who: user, lost: Lost::Name(format!("arn:aws:iam::{ACCOUNT}:user/honest")) }]
    );
}
