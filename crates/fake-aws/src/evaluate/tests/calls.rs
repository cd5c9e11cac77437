//! Calls that are refused, and callers that are asked about.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_refused_call_says_who_what_and_why() {
    let stage = Stage::new();
    let ann = stage.user("ann", json!([allow("iam:*"), deny("iam:DeleteUser"), allow("sts:*")]));
    stage.user("bea", allow("s3:*"));
    let ask = |caller: &Caller, service: &str, operation: &str, input: Value| {
        stage.0.call_as(stage.0.now(), caller.clone(), Request::new(service, operation, input))
    };
    let refused = ask(&ann, "iam", "DeleteUser", json!({ "UserName": "BEA" })).unwrap_err();
    assert_eq!((refused.status, &*refused.code), (403, "AccessDenied"));
    assert_eq!(
        refused.message,
        format!(
            "User: arn:aws:iam::{A}:user/ann is not authorized to perform: iam:DeleteUser on resource: \
             arn:aws:iam::{A}:user/bea with an explicit deny in an identity-based policy"
        )
    );
    let refused = ask(&ann, "secretsmanager", "ListSecrets", json!({})).unwrap_err();
    assert_eq!((refused.status, &*refused.code), (400, "AccessDeniedException"));
    assert!(refused.message.ends_with("because no identity-based policy allows the secretsmanager:ListSecrets action"));
    let own = stage.session(SessionOf::User(user_id_of(&ann)), stage.0.now(), vec![]);
    assert_eq!(ask(&own, "iam", "ListUsers", json!({})).unwrap_err().code, "InvalidClientTokenId");
    let refused = ask(&own, "sts", "GetSessionToken", json!({})).unwrap_err();
    assert_eq!(refused.message, "Cannot call GetSessionToken with session credentials");

    // Renaming needs both names, tagging at creation the tag's action, handing out a role that role.
    let only = |action: &str, resource: &str| json!({ "Effect": "Allow", "Action": action, "Resource": format!("arn:aws:iam::{A}:{resource}") });
    stage.inline(
        "User",
        "ann",
        json!([only("iam:*", "user/bea"), only("iam:CreateUser", "user/*"), only("iam:*", "instance-profile/*")]),
    );
    let rename = json!({ "UserName": "bea", "NewUserName": "cat" });
    assert!(ask(&ann, "iam", "UpdateUser", rename).unwrap_err().message.contains("user/cat"));
    let tagged = json!({ "UserName": "dan", "Tags": [{ "Key": "a", "Value": "b" }] });
    assert!(ask(&ann, "iam", "CreateUser", tagged).unwrap_err().message.contains("iam:TagUser"));
    ask(&ann, "iam", "CreateUser", json!({ "UserName": "dan" })).unwrap();
    stage.role_in(A, "r", trust(&json!({ "Service": "ec2.amazonaws.com" })), allow("*"));
    ask(&ann, "iam", "CreateInstanceProfile", json!({ "InstanceProfileName": "i" })).unwrap();
    let add = json!({ "InstanceProfileName": "i", "RoleName": "r" });
    assert!(
        ask(&ann, "iam", "AddRoleToInstanceProfile", add).unwrap_err().message.contains("iam:PassRole on resource")
    );

    // Enabling a profile of Roles Anywhere hands out its roles, disabling it does not.
    let input = json!({ "name": "p", "roleArns": [format!("arn:aws:iam::{A}:role/r")] });
    let made = stage.0.stage(A, Request::new("rolesanywhere", "CreateProfile", input)).unwrap();
    let id = json!({ "profileId": made["profile"]["profileId"] });
    stage.inline("User", "ann", allow("rolesanywhere:*"));
    ask(&ann, "rolesanywhere", "DisableProfile", id.clone()).unwrap();
    assert!(ask(&ann, "rolesanywhere", "EnableProfile", id).unwrap_err().message.contains("iam:PassRole on resource"));
}

#[tokio::test(start_paused = true)]
async fn a_caller_may_do_something_if_a_door_is_ajar_anywhere() {
    let stage = Stage::new();
    let probes = ["iam:CreateUser", "s3:GetObject", "sts:GetCallerIdentity", "sts:GetSessionToken"];
    let now = stage.0.now();
    let soon = (now + SignedDuration::from_hours(1)).to_string();
    let long_ago = (now - SignedDuration::from_hours(1)).to_string();
    let when = |condition: Value| json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": condition });
    let user = stage.user("ann", allow("sqs:*"));
    let can = |statements: Value| {
        stage.inline("User", "ann", statements);
        may_do_anything(&stage.0.state(), View::Settled, now, &user, &probes)
    };
    assert_eq!(can(json!([deny("*"), allow("*")])), Vec::<String>::new());
    assert_eq!(can(json!([allow("s3:*")])), ["s3:GetObject on *"]);
    assert_eq!(can(json!([allow("dynamodb:Get*")])), ["dynamodb:Getx on *"]);
    assert_eq!(
        can(json!([{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" }])),
        ["s3:GetObject on arn:aws:s3:::b/x"]
    );
    // What a denial leaves out.
    let but = json!({ "Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::gap/*" });
    assert_eq!(can(json!([allow("s3:*"), but])), ["s3:GetObject on arn:aws:s3:::gap/x"]);
    let elsewhere = json!({ "StringEquals": { "aws:RequestedRegion": "eu-west-1" } });
    assert_eq!(can(json!([when(elsewhere)])).len(), 1);
    assert_eq!(
        can(json!([when(json!({ "DateGreaterThan": { "aws:CurrentTime": soon } }))])).len(),
        1,
        "a right that begins later"
    );
    assert_eq!(can(json!([when(json!({ "DateLessThan": { "aws:CurrentTime": long_ago } }))])).len(), 0);
    assert_eq!(can(json!([allow("s3:*"), deny_before(now)])).len(), 1);
    let session = stage.session(SessionOf::User(user_id_of(&user)), now - SignedDuration::from_secs(1), vec![]);
    assert_eq!(may_do_anything(&stage.0.state(), View::Settled, now, &session, &probes), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn enforcement_is_late_and_a_settled_view_is_not() {
    let lag = crate::Lag { seed: 3, enforcement: SignedDuration::from_secs(15), ..crate::Lag::NONE };
    let stage = Stage(FakeAws::new(Setup { lag, ..Setup::default() }));
    let user = stage.user("ann", allow("*"));
    let root = Caller::Root { account: A.to_owned() };
    let put = json!({ "UserName": "ann", "PolicyName": "q", "PolicyDocument": document(deny("*")).to_string() });
    let now = stage.0.now();
    stage.0.call_as(now, root, Request::new("iam", "PutUserPolicy", put)).unwrap();
    let may = |view| allows(&stage.0.state(), view, &user, "s3:GetObject", "*");
    assert!(!may(View::Settled));
    assert!(may(View::Enforced(now)));
    assert!(!may(View::Enforced(now + SignedDuration::from_secs(15))));
}
