//! How policies of several kinds join.

use super::*;

#[tokio::test(start_paused = true)]
async fn sessions_older_than_a_moment_are_denied_and_long_term_keys_are_not() {
    let stage = Stage::new();
    let now = stage.0.now();
    let cut = now + SignedDuration::from_mins(5);
    let user = stage.user("ann", json!([allow("s3:*"), deny_before(cut)]));
    let role = stage.role_in(A, "r", trust(&json!({ "AWS": A })), json!([allow("*"), deny_before(cut)]));
    let after = cut + SignedDuration::from_secs(1);
    let own = SessionOf::User(user_id_of(&user));
    let federated = SessionOf::Federated(user_id_of(&user));
    let everything = || vec![allow("*")];
    for (caller, may) in [
        (user.clone(), true),
        (stage.session(own.clone(), now, vec![]), false),
        (stage.session(own.clone(), cut, vec![]), true),
        (stage.session(own, after, vec![]), true),
        (stage.session(federated.clone(), now, everything()), false),
        (stage.session(federated, after, everything()), true),
        (stage.session(SessionOf::Role(role.clone()), now, vec![]), false),
        (stage.session(SessionOf::Role(role), after, vec![]), true),
    ] {
        assert_eq!(stage.may(&caller, "s3:GetObject", "*"), may, "{caller:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_denial_anywhere_denies_and_a_marked_allow_does_not_hide_it() {
    let stage = Stage::new();
    // A Sid is a name and nothing else: what allows under the Sid of a denial still allows.
    let mut marked = allow("*");
    marked["Sid"] = json!("SeveranceQuarantine");
    let user = stage.user("ann", json!([marked]));
    assert_eq!(stage.decision(&user, "iam:CreateUser", &[]), Decision::Allowed);

    stage.iam("CreateGroup", json!({ "GroupName": "g" }));
    stage.iam("AddUserToGroup", json!({ "GroupName": "g", "UserName": "ann" }));
    stage.inline("Group", "g", json!([deny("iam:*")]));
    assert_eq!(stage.decision(&user, "iam:CreateUser", &[]), Decision::Denied("identity-based policy"));
    assert_eq!(stage.decision(&user, "s3:GetObject", &[]), Decision::Allowed);

    let boundary = stage.policy("boundary", json!([allow("*"), deny("s3:*")]));
    stage.iam("PutUserPermissionsBoundary", json!({ "UserName": "ann", "PermissionsBoundary": boundary }));
    assert_eq!(stage.decision(&user, "s3:GetObject", &[]), Decision::Denied("permissions boundary"));
    assert_eq!(stage.decision(&user, "ec2:RunInstances", &[]), Decision::Allowed);
}

#[tokio::test(start_paused = true)]
async fn boundary_session_policy_and_identity_policy_must_all_allow() {
    let stage = Stage::new();
    let boundary = stage.policy("boundary", json!([allow("s3:*"), allow("sqs:*")]));
    let user = stage.user("ann", json!([allow("s3:*"), allow("ec2:*")]));
    stage.iam("PutUserPermissionsBoundary", json!({ "UserName": "ann", "PermissionsBoundary": boundary }));
    assert_eq!(stage.decision(&user, "s3:GetObject", &[]), Decision::Allowed);
    assert_eq!(stage.decision(&user, "ec2:RunInstances", &[]), Decision::NotAllowed("permissions boundary"));
    assert_eq!(stage.decision(&user, "sqs:SendMessage", &[]), Decision::NotAllowed("identity-based policy"));

    let role =
        SessionOf::Role(stage.role_in(A, "r", trust(&json!({ "AWS": A })), json!([allow("s3:*"), allow("ec2:*")])));
    let now = stage.0.now();
    let cut =
        stage.session(role.clone(), now, vec![json!([allow("s3:Get*"), allow("sqs:*"), deny("s3:GetBucketAcl")])]);
    assert_eq!(stage.decision(&cut, "s3:GetObject", &[]), Decision::Allowed);
    assert_eq!(stage.decision(&cut, "s3:PutObject", &[]), Decision::NotAllowed("session policy"));
    assert_eq!(stage.decision(&cut, "sqs:SendMessage", &[]), Decision::NotAllowed("identity-based policy"));
    assert_eq!(stage.decision(&cut, "s3:GetBucketAcl", &[]), Decision::Denied("session policy"));
    assert_eq!(stage.decision(&stage.session(role, now, vec![]), "s3:PutObject", &[]), Decision::Allowed);

    // A federated user without a session policy may do nothing, and with one only what the user may.
    let federated = SessionOf::Federated(user_id_of(&user));
    assert_eq!(
        stage.decision(&stage.session(federated.clone(), now, vec![]), "s3:GetObject", &[]),
        Decision::NotAllowed("session policy")
    );
    let all = stage.session(federated, now, vec![allow("*")]);
    assert_eq!(stage.decision(&all, "s3:GetObject", &[]), Decision::Allowed);
    assert_eq!(stage.decision(&all, "sqs:SendMessage", &[]), Decision::NotAllowed("identity-based policy"));
}

#[tokio::test(start_paused = true)]
async fn some_credentials_may_call_neither_iam_nor_sts() {
    let stage = Stage::new();
    let user = stage.user("ann", json!([allow("*")]));
    let now = stage.0.now();
    let own = stage.session(SessionOf::User(user_id_of(&user)), now, vec![]);
    let federated = stage.session(SessionOf::Federated(user_id_of(&user)), now, vec![allow("*")]);
    let root = Caller::Root { account: A.to_owned() };
    let trusted = "arn:aws:iam::111111111111:role/r";
    let role = stage.role_in(A, "r", trust(&json!({ "AWS": A })), allow("*"));
    let assumed = stage.session(SessionOf::Role(role), now, vec![]);
    for (action, resource, expected) in [
        ("s3:GetObject", "*", [true, true, true, true, true]),
        ("iam:CreateUser", "*", [true, false, false, true, true]),
        ("sts:GetCallerIdentity", "*", [true; 5]),
        ("sts:GetSessionToken", "*", [true, false, false, true, false]),
        ("sts:GetFederationToken", "*", [true, false, false, true, false]),
        ("sts:AssumeRole", trusted, [true, true, false, false, true]),
    ] {
        let callers = [&user, &own, &federated, &root, &assumed];
        assert_eq!(callers.map(|caller| stage.may(caller, action, resource)), expected, "{action}");
    }
    // Nobody can be denied their own identity, nor a session token.
    stage.inline("User", "ann", json!([allow("*"), deny("*")]));
    assert!(stage.may(&user, "sts:GetCallerIdentity", "*") && stage.may(&user, "sts:GetSessionToken", "*"));
    assert!(!stage.may(&user, "sts:GetFederationToken", "*"));
}

#[tokio::test(start_paused = true)]
async fn service_control_policies_bind_everybody_but_the_management_account() {
    let stage = Stage::new();
    stage.0.state().organizations.join(M, &[A]);
    let ann = stage.user("ann", allow("*"));
    let bea = stage.user("bea", allow("*"));
    let condition = json!({ "ArnEquals": { "aws:PrincipalArn": format!("arn:aws:iam::{A}:user/ann") } });
    let scp = json!({ "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition });
    stage.0.state().organizations.plant("p-quarantine", A, &document(scp).to_string());
    stage.0.state().organizations.plant("p-regions", A, &document(deny("ec2:*")).to_string());
    let root = Caller::Root { account: A.to_owned() };
    let management = Caller::Root { account: M.to_owned() };
    stage.0.state().organizations.plant("p-management", M, &document(deny("*")).to_string());
    for (action, expected) in
        [("s3:GetObject", [false, true, true, true]), ("ec2:RunInstances", [false, false, false, true])]
    {
        assert_eq!([&ann, &bea, &root, &management].map(|caller| stage.may(caller, action, "*")), expected, "{action}");
    }
    assert_eq!(stage.decision(&root, "ec2:RunInstances", &[]), Decision::Denied("service control policy"));
}

#[tokio::test(start_paused = true)]
async fn conditions_see_who_calls_and_how() {
    let stage = Stage::new();
    let when = |operator: &str, key: &str, values: Value| json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": { operator: { key: values } } });
    let user = stage.user("ann", allow("sqs:*"));
    stage.iam("TagUser", json!({ "UserName": "ann", "Tags": [{ "Key": "Team", "Value": "red" }] }));
    let id = user_id_of(&user);
    let role = stage.role_in(A, "r", trust(&json!({ "AWS": A })), allow("sqs:*"));
    let now = stage.0.now();
    let own = stage.session(SessionOf::User(id.clone()), now, vec![]);
    let assumed = stage.session(SessionOf::Role(role.clone()), now, vec![]);
    for (operator, key, value, expected) in [
        ("StringEquals", "aws:username", json!("ann"), [true, true, false]),
        ("StringEquals", "aws:userid", json!(id), [true, true, false]),
        ("StringLike", "aws:userid", json!(format!("{role}:*")), [false, false, true]),
        ("StringEquals", "aws:userid", json!(format!("{role}:ann")), [false, false, true]),
        ("ArnEquals", "aws:PrincipalArn", json!(format!("arn:aws:iam::{A}:role/r")), [false, false, true]),
        ("ArnLike", "aws:PrincipalArn", json!(format!("arn:aws:iam::{A}:user/*")), [true, true, false]),
        ("StringEquals", "aws:PrincipalTag/team", json!("red"), [true, true, false]),
        ("StringEquals", "aws:PrincipalType", json!("AssumedRole"), [false, false, true]),
        ("Null", "aws:TokenIssueTime", json!("true"), [true, false, false]),
        ("Bool", "aws:MultiFactorAuthPresent", json!(false), [false, true, true]),
        ("BoolIfExists", "aws:MultiFactorAuthPresent", json!("true"), [true, false, false]),
        ("StringEquals", "aws:PrincipalAccount", json!([B, A]), [true, true, true]),
        ("ForAllValues:StringEquals", "aws:TagKeys", json!(["a"]), [true, true, true]),
        ("ForAnyValue:StringEquals", "aws:TagKeys", json!(["a"]), [false, false, false]),
        ("StringNotEquals", "aws:SourceIdentity", json!("x"), [true, true, true]),
    ] {
        stage.inline("User", "ann", when(operator, key, value.clone()));
        stage.iam(
            "PutRolePolicy",
            json!({ "RoleName": "r", "PolicyName": "p", "PolicyDocument": document(when(operator, key, value.clone())).to_string() }),
        );
        let may = [&user, &own, &assumed].map(|caller| stage.may(caller, "s3:GetObject", "*"));
        assert_eq!(may, expected, "{operator} {key} {value}");
    }
    stage.inline(
        "User",
        "ann",
        json!({ "Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::*:user/${aws:username}" }),
    );
    assert!(stage.may(&user, "iam:CreateAccessKey", &format!("arn:aws:iam::{A}:user/ann")));
    assert!(!stage.may(&user, "iam:CreateAccessKey", &format!("arn:aws:iam::{A}:user/bea")));
}
