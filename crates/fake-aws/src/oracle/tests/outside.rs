//! Who comes in from outside.

use serde_json::{Value, json};

use super::*;

#[tokio::test(start_paused = true)]
async fn a_trust_that_lets_an_accomplice_in_is_a_access_path_and_one_for_somebody_else_is_none() {
    let evil = format!("arn:aws:iam::{ELSEWHERE}:user/evil");
    let external = json!({ "StringEquals": { "sts:ExternalId": "x" } });
    let tag = json!({ "ArnLike": { "aws:PrincipalArn": format!("arn:aws:iam::{ELSEWHERE}:role/*") } });
    let partner = json!({ "StringEquals": { "aws:PrincipalAccount": "333333333333" } });
    let cases = [
        (json!({ "AWS": ELSEWHERE }), Value::Null, true),
        (json!({ "AWS": evil }), Value::Null, true),
        (json!({ "AWS": format!("arn:aws:sts::{ELSEWHERE}:assumed-role/r/s") }), Value::Null, true),
        (json!({ "AWS": format!("arn:aws:iam::{ELSEWHERE}:root") }), external, true),
        (json!({ "AWS": "*" }), tag, true),
        (json!({ "AWS": "*" }), Value::Null, true),
        (json!({ "AWS": "*" }), partner, false),
        (json!({ "AWS": "333333333333" }), Value::Null, false),
        (json!({ "AWS": ACCOUNT }), Value::Null, false),
        (json!({ "Service": "ec2.amazonaws.com" }), Value::Null, false),
    ];
    for (principal, condition, is_open) in cases {
        let mut stage = stage();
        stage.attacker.accounts.insert(ELSEWHERE.to_owned());
        stage.role("r", &trust(&principal, "sts:AssumeRole", &condition), &allow("s3:*", "*"));
        let found = stage.open();
        assert_eq!(found.len(), usize::from(is_open), "{principal} {condition}: {found:?}");
        assert!(found.iter().all(|open| matches!(open.access_path, AccessPath::Outsider(_)) && open.ends_at.is_none()));
        // Older sessions only: a new one gets in again. All sessions: nothing is left to open.
        stage.put_role(
            "r",
            "cut",
            &deny_all(&json!({ "DateLessThan": { "aws:TokenIssueTime": stage.later(60).to_string() } })),
        );
        assert_eq!(stage.access_paths().len(), usize::from(is_open), "{principal} {condition}");
        stage.put_role("r", "cut", &deny_all(&Value::Null));
        assert_eq!(stage.access_paths(), vec![], "{principal} {condition}");
    }
    let mut stage = stage();
    stage.attacker.principals.insert(evil.clone());
    stage.role("r", &trust(&json!({ "AWS": evil }), "sts:AssumeRole", &Value::Null), &allow("s3:*", "*"));
    assert_eq!(stage.access_paths(), vec![AccessPath::Outsider(evil)]);
}

#[tokio::test(start_paused = true)]
async fn tokens_and_workloads_open_the_roles_that_trust_them() {
    let mut stage = stage();
    let arn = stage.iam(
        "CreateOpenIDConnectProvider",
        json!({ "Url": "https://evil.example", "ClientIDList": ["sts.amazonaws.com"], "ThumbprintList": ["a".repeat(40)] }),
    )["OpenIDConnectProviderArn"]
        .as_str()
        .unwrap()
        .to_owned();
    let condition = json!({ "StringLike": { "evil.example:sub": "repo:a/*" }, "StringEquals": { "evil.example:aud": "sts.amazonaws.com" } });
    stage.role(
        "web",
        &trust(&json!({ "Federated": arn }), "sts:AssumeRoleWithWebIdentity", &condition),
        &allow("s3:*", "*"),
    );
    let tokens = |subject: Option<&str>| Tokens {
        provider: arn.clone(),
        subject: subject.map(str::to_owned),
        audience: "sts.amazonaws.com".to_owned(),
    };
    for (subject, is_open) in [(Some("repo:b/c"), false), (Some("repo:a/c"), true), (None, true)] {
        stage.attacker.tokens = [tokens(subject)].into();
        assert_eq!(stage.access_paths().len(), usize::from(is_open), "{subject:?}: {:?}", stage.open());
    }
    stage.iam("DeleteOpenIDConnectProvider", json!({ "OpenIDConnectProviderArn": arn }));
    assert_eq!(stage.access_paths(), vec![]);

    let ec2 = trust(&json!({ "Service": "ec2.amazonaws.com" }), "sts:AssumeRole", &Value::Null);
    let role = stage.role("runs", &ec2, &allow("s3:*", "*"));
    stage.attacker.workloads.insert(Workload {
        account: ACCOUNT.to_owned(),
        role,
        service: "ec2.amazonaws.com".to_owned(),
    });
    assert_eq!(stage.access_paths(), vec![], "no instance profile holds it");
    stage.iam("CreateInstanceProfile", json!({ "InstanceProfileName": "p" }));
    stage.iam("AddRoleToInstanceProfile", json!({ "InstanceProfileName": "p", "RoleName": "runs" }));
    assert_eq!(stage.access_paths(), vec![AccessPath::Workload("ec2.amazonaws.com".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_and_a_sign_in_open_what_is_enabled_and_assigned() {
    let mut stage = stage();
    let service = trust(
        &json!({ "Service": "rolesanywhere.amazonaws.com" }),
        "sts:AssumeRole",
        &json!({ "StringEquals": { "aws:PrincipalTag/x509Subject/CN": "build" } }),
    );
    stage.role("machines", &service, &allow("s3:GetObject", "*"));
    let ask = |operation: &str, input: Value| {
        stage.aws.stage(ACCOUNT, Request::new("rolesanywhere", operation, input).in_region("eu-west-1")).unwrap()
    };
    let source = json!({ "sourceType": "CERTIFICATE_BUNDLE", "sourceData": { "x509CertificateData": "pem" } });
    let anchor = ask("CreateTrustAnchor", json!({ "name": "a", "source": source, "enabled": true }));
    let roles = [format!("arn:aws:iam::{ACCOUNT}:role/machines")];
    let narrow = allow("s3:GetObject", "arn:aws:s3:::b/*").to_string();
    let profile =
        ask("CreateProfile", json!({ "name": "p", "roleArns": roles, "enabled": true, "sessionPolicy": narrow }));
    let profile = profile["profile"].clone();
    stage.attacker.anchors.insert(anchor["trustAnchor"]["trustAnchorArn"].as_str().unwrap().to_owned());
    let found = stage.open();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].access_path, AccessPath::RolesAnywhere(profile["profileArn"].as_str().unwrap().to_owned()));
    assert_eq!(found[0].can, vec!["s3:GetObject on arn:aws:s3:::b/Zq9".to_owned()]);
    let disable = Request::new("rolesanywhere", "DisableProfile", json!({ "profileId": profile["profileId"] }));
    stage.aws.stage(ACCOUNT, disable.in_region("eu-west-1")).unwrap();
    assert_eq!(stage.access_paths(), vec![]);

    let name = "AWSReservedSSO_Admin_0123456789abcdef";
    let saml = trust(&json!({ "AWS": "333333333333" }), "sts:AssumeRole", &Value::Null);
    let input = json!({
        "RoleName": name,
        "Path": "/aws-reserved/sso.amazonaws.com/",
        "AssumeRolePolicyDocument": saml.to_string(),
    });
    stage.iam("CreateRole", input);
    stage.put_role(name, "own", &allow("*", "*"));
    stage.attacker.people.insert("user-1".to_owned());
    {
        let now = stage.aws.now();
        let mut all = stage.aws.state();
        all.identity_center.users.insert("user-1".to_owned(), "mallory".to_owned());
        all.identity_center.permission_sets.insert("ps-1".to_owned(), "Admin".to_owned());
        all.identity_center.assign(now, ACCOUNT, "USER", "user-1", "ps-1");
    }
    assert_eq!(stage.access_paths(), vec![AccessPath::Person("user-1".to_owned())]);
    stage.put_role(name, "cut", &deny_all(&json!({ "StringEquals": { "identitystore:UserId": "user-1" } })));
    assert_eq!(stage.access_paths(), vec![]);
}

#[tokio::test(start_paused = true)]
async fn a_role_is_open_to_an_accomplice_where_the_call_succeeds_and_nowhere_else() {
    let principals = [
        json!({ "AWS": ELSEWHERE }),
        json!({ "AWS": format!("arn:aws:iam::{ELSEWHERE}:user/evil") }),
        json!({ "AWS": format!("arn:aws:iam::{ELSEWHERE}:user/another") }),
        json!({ "AWS": "*" }),
        json!({ "AWS": ACCOUNT }),
    ];
    let conditions = [
        Value::Null,
        json!({ "StringEquals": { "sts:ExternalId": "known" } }),
        json!({ "ArnLike": { "aws:PrincipalArn": format!("arn:aws:iam::{ELSEWHERE}:user/*") } }),
        json!({ "ArnLike": { "aws:PrincipalArn": format!("arn:aws:iam::{ACCOUNT}:user/*") } }),
        json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }),
    ];
    for principal in &principals {
        for condition in &conditions {
            let mut stage = stage();
            let there = |operation: &str, input: Value| {
                stage.aws.stage(ELSEWHERE, Request::new("iam", operation, input)).unwrap()
            };
            for name in ["evil", "another"] {
                there("CreateUser", json!({ "UserName": name }));
                let document = allow("*", "*").to_string();
                there("PutUserPolicy", json!({ "UserName": name, "PolicyName": "own", "PolicyDocument": document }));
            }
            let keys = ["evil", "another"].map(|name| {
                let key = there("CreateAccessKey", json!({ "UserName": name }));
                Credential { key_id: key["AccessKey"]["AccessKeyId"].as_str().unwrap().to_owned(), token: None }
            });
            stage.role("r", &trust(principal, "sts:AssumeRole", condition), &allow("s3:*", "*"));
            stage.attacker.accounts.insert(ELSEWHERE.to_owned());
            stage.attacker.credentials.extend(keys.clone());
            let input = json!({
                "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/r"),
                "RoleSessionName": "session",
                "ExternalId": "known",
            });
            let gets_in =
                keys.iter().any(|key| stage.aws.call(key, Request::new("sts", "AssumeRole", input.clone())).is_ok());
            assert_eq!(!stage.access_paths().is_empty(), gets_in, "{principal} {condition}: {:?}", stage.open());
        }
    }
}
