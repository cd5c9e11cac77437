//! What roles' trust policies let in.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_trust_that_names_a_principal_needs_nothing_else_and_one_that_names_the_account_does() {
    let stage = Stage::new();
    let ann = stage.user("ann", json!([allow("s3:*")]));
    let bea = stage.user("bea", json!([allow("sts:AssumeRole")]));
    let (arn, id) = (format!("arn:aws:iam::{A}:user/ann"), user_id_of(&ann));
    let named = trust(&json!({ "AWS": arn }));
    for (n, (statements, expected)) in [
        (json!([named]), [true, false]),
        (json!([trust(&json!({ "AWS": id }))]), [true, false]),
        (json!([trust(&json!({ "AWS": A }))]), [false, true]),
        (json!([trust(&json!({ "AWS": format!("arn:aws:iam::{A}:root") }))]), [false, true]),
        (json!([trust(&json!({ "AWS": "*" }))]), [true, true]),
        (json!([trust(&json!("*"))]), [true, true]),
        (json!([trust(&json!({ "Service": "ec2.amazonaws.com" }))]), [false, false]),
        (json!([trust(&json!({ "AWS": B }))]), [false, false]),
        (json!([named, { "Effect": "Deny", "Principal": { "AWS": "*" }, "Action": "sts:*" }]), [false, false]),
        (json!([trust(&json!({ "AWS": "*" })), { "Effect": "Deny", "NotPrincipal": { "AWS": arn }, "Action": "sts:AssumeRole" }]), [true, false]),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("r{n}");
        stage.role_in(A, &name, statements.clone(), allow("*"));
        let resource = format!("arn:aws:iam::{A}:role/{name}");
        let may = [&ann, &bea].map(|caller| stage.may(caller, "sts:AssumeRole", &resource));
        assert_eq!(may, expected, "{statements}");
    }
    let missing = format!("arn:aws:iam::{A}:role/none");
    assert!(!stage.may(&bea, "sts:AssumeRole", &missing));
    assert!(
        !stage.may(&bea, "sts:AssumeRole", &format!("arn:aws:iam::{A}:role/path/r4")),
        "another path is another role"
    );

    // Made again under the same name, a user is somebody else.
    stage.iam("DeleteUserPolicy", json!({ "UserName": "ann", "PolicyName": "p" }));
    let Caller::User { key, .. } = &ann else { unreachable!() };
    stage.iam("DeleteAccessKey", json!({ "UserName": "ann", "AccessKeyId": key }));
    stage.iam("DeleteUser", json!({ "UserName": "ann" }));
    let again = stage.user("ann", allow("s3:*"));
    assert!(!stage.may(&again, "sts:AssumeRole", &format!("arn:aws:iam::{A}:role/r0")));
}

#[tokio::test(start_paused = true)]
async fn across_accounts_both_sides_must_allow() {
    let stage = Stage::new();
    let ann = stage.user("ann", allow("s3:*"));
    let bea = stage.user("bea", allow("sts:AssumeRole"));
    let arns = |name: &str| format!("arn:aws:iam::{A}:user/{name}");
    stage.role_in(B, "named", trust(&json!({ "AWS": [arns("ann"), arns("bea")] })), allow("*"));
    stage.role_in(B, "account", trust(&json!({ "AWS": A })), allow("*"));
    stage.role_in(B, "other", trust(&json!({ "AWS": B })), allow("*"));
    for (role, expected) in [("named", [false, true]), ("account", [false, true]), ("other", [false, false])] {
        let resource = format!("arn:aws:iam::{B}:role/{role}");
        assert_eq!([&ann, &bea].map(|caller| stage.may(caller, "sts:AssumeRole", &resource)), expected, "{role}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_role_that_trusts_itself_needs_no_policy_but_its_boundary_and_session_policies_cut() {
    let stage = Stage::new();
    let role = stage.role_in(A, "r", trust(&json!({ "AWS": A })), allow("s3:*"));
    let arn = format!("arn:aws:iam::{A}:role/r");
    let now = stage.0.now();
    let session = stage.session(SessionOf::Role(role.clone()), now, vec![]);
    assert!(
        !stage.may(&session, "sts:AssumeRole", &arn),
        "the account is trusted, and the role's policies say nothing of it"
    );
    let own = document(json!([trust(&json!({ "AWS": arn }))])).to_string();
    stage.iam("UpdateAssumeRolePolicy", json!({ "RoleName": "r", "PolicyDocument": own }));
    assert!(stage.may(&session, "sts:AssumeRole", &arn));
    let cut = stage.session(SessionOf::Role(role.clone()), now, vec![allow("s3:*")]);
    assert!(!stage.may(&cut, "sts:AssumeRole", &arn));
    // Named as a session, nothing cuts.
    let as_session = json!({ "AWS": format!("arn:aws:sts::{A}:assumed-role/r/ann") });
    let own = document(json!([trust(&as_session)])).to_string();
    stage.iam("UpdateAssumeRolePolicy", json!({ "RoleName": "r", "PolicyDocument": own }));
    assert!(stage.may(&cut, "sts:AssumeRole", &arn));
}
