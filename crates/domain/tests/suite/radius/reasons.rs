//! What adds to a score, what does not, and in which words.

use crate::common::{KEY, OTHER_KEY, days_ago, key_id, now};
use severance_domain::radius::permissions::{GrantedPolicy, Permissions, Via};
use severance_domain::radius::{BlastRadius, Facts, ReasonKind as Kind, assess};
use severance_domain::subject::{AccessKey, Inventory, LastUsed, Subject, SubjectKind};

use super::{DEPLOY, LAMBDA_LOGS, POWER_USER, allow, identity, judge, kinds, permissions, policy, role, says, user};

#[test]
fn it_says_by_what_and_by_which_policy() {
    let held = Permissions {
        policies: vec![
            GrantedPolicy { via: Via::Attached, ..policy("logs", LAMBDA_LOGS) },
            GrantedPolicy {
                via: Via::Group("ops".to_owned()),
                ..policy("attach", &allow(r#""iam:Attach*""#, r#""*""#))
            },
            policy("data", &allow(r#""s3:GetObject""#, r#"["arn:aws:s3:::b/*"]"#)),
        ],
        ..Permissions::default()
    };
    assert_eq!(
        judge(&user(), &held).lines(),
        [
            "blast radius 80 of 100 (critical)",
            "+75 can make itself administrator: iam:AttachUserPolicy on itself (method AttachUserPolicy, by policy \
             attach of group ops); iam:AttachGroupPolicy (method AttachGroupPolicy, by policy attach of group ops); \
             iam:AttachRolePolicy (method AttachRolePolicy, by policy attach of group ops)",
            "+10 can read data: s3:GetObject on arn:aws:s3:::b/* (by policy data)",
        ]
    );
    let radius = judge(&role(), &held);
    assert!(says(&radius, Kind::Escalation).starts_with(
        "can make itself administrator: iam:AttachRolePolicy on itself (method AttachRolePolicy, by policy attach"
    ));
    let radius = judge(
        &user(),
        &permissions(&format!(
            r#"{},{{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{{"a":{{"b":"c"}}}}}}"#,
            allow(r#"["lambda:CreateFunction","lambda:InvokeFunction"]"#, r#""*""#)
        )),
    );
    assert_eq!(
        says(&radius, Kind::ServiceRole),
        "can act as a role that a service holds: iam:PassRole under a condition + lambda:CreateFunction + \
         lambda:InvokeFunction (method PassExistingRoleToNewLambdaThenInvoke, by policy p)"
    );
}

#[test]
fn another_of_the_same_name_is_not_itself() {
    let assumed =
        judge(&role(), &permissions(&allow(r#""sts:AssumeRole""#, r#""arn:aws:iam::444455556666:role/app""#)));
    assert_eq!(says(&assumed, Kind::AssumesRoles), "can assume arn:aws:iam::444455556666:role/app (policy p)");
    let own = allow(r#""sts:AssumeRole""#, r#""arn:aws:iam::111122223333:role/app""#);
    assert_eq!(judge(&role(), &permissions(&own)).score, 0, "it gains nothing");
    let group = judge(&user(), &permissions(&allow(r#""iam:AddUserToGroup""#, r#""arn:aws:iam::*:group/ci""#)));
    assert!(says(&group, Kind::Escalation).contains("iam:AddUserToGroup on arn:aws:iam::*:group/ci"), "{group:#?}");
}

#[test]
fn a_boundary_bounds_and_what_contains_an_identity_does_not_count() {
    let administrator = policy("AdministratorAccess", &allow(r#""*""#, r#""*""#));
    let bounded = |boundary: &str| Permissions {
        policies: vec![administrator.clone()],
        boundary: Some(policy("b", boundary).document),
        ..Permissions::default()
    };
    let radius =
        judge(&user(), &bounded(&allow(r#"["s3:Get*","s3:List*"]"#, r#"["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#)));
    assert_eq!((radius.score, kinds(&radius)), (10, vec![Kind::DataAccess]));
    let radius = judge(&user(), &bounded(POWER_USER));
    assert!(!kinds(&radius).contains(&Kind::Administrator), "{radius:#?}");
    assert_eq!(judge(&user(), &bounded(&allow(r#""*""#, r#""*""#))).reasons[0].kind, Kind::Administrator);

    let deny = r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#;
    for name in ["SeveranceQuarantine", "SeveranceRevokeOlderSessions", "AWSCompromisedKeyQuarantineV3"] {
        let policies = vec![administrator.clone(), policy(name, deny)];
        assert_eq!(judge(&user(), &Permissions { policies, ..Permissions::default() }).score, 80, "{name}");
        let policies = vec![policy(name, &allow(r#""*""#, r#""*""#))];
        assert_eq!(
            judge(&user(), &Permissions { policies, ..Permissions::default() }).score,
            80,
            "{name} hides nothing"
        );
    }
    let policies = vec![administrator, policy("MySeveranceQuarantine", deny)];
    assert_eq!(judge(&user(), &Permissions { policies, ..Permissions::default() }).score, 0);
}

#[test]
fn whom_a_role_trusts_adds_to_what_it_can_do() {
    let condition = r#","Condition":{"StringEquals":{"a":"b"}}"#;
    for (principal, condition, points, kind, words) in [
        (r#""*""#, "", 25, Kind::PublicTrust, "anybody, from any account, may assume it"),
        (
            r#"{"AWS":"*"}"#,
            condition,
            10,
            Kind::PublicTrust,
            "anybody, from any account, may assume it, under a condition",
        ),
        (
            r#"{"AWS":"arn:aws:iam::444455556666:root"}"#,
            "",
            12,
            Kind::CrossAccountTrust,
            "can be assumed from outside account 111122223333: by 444455556666",
        ),
        (
            r#"{"Federated":"accounts.google.com"}"#,
            "",
            15,
            Kind::FederatedTrust,
            "can be assumed by whom an identity provider vouches for: accounts.google.com",
        ),
        (
            r#"{"Service":"ec2.amazonaws.com"}"#,
            "",
            2,
            Kind::ServiceTrust,
            "is assumed for whoever may run something in ec2.amazonaws.com",
        ),
    ] {
        let trust = format!(
            r#"{{"Statement":[{{"Effect":"Allow","Principal":{principal},"Action":["sts:AssumeRole",
               "sts:AssumeRoleWithWebIdentity"]{condition}}}]}}"#
        );
        let facts = Facts {
            subject: &role(),
            inventory: &Inventory::default(),
            permissions: Some(&Permissions::default()),
            trust: Some(&trust),
            now: now(),
        };
        let radius = assess(&facts);
        assert_eq!((radius.score, says(&radius, kind)), (points, words));
    }
}

fn key(id: &str, active: bool, last_used: LastUsed) -> AccessKey {
    AccessKey { id: key_id(id), active, created_at: Some(days_ago(400)), last_used }
}

#[test]
fn credentials_that_work_and_their_use_count() {
    let judge = |access_keys: Vec<AccessKey>, console_password| {
        let inventory = Inventory { access_keys, console_password, ..Inventory::default() };
        assess(&Facts {
            subject: &user(),
            inventory: &inventory,
            permissions: Some(&Permissions::default()),
            trust: None,
            now: now(),
        })
        .lines()
    };
    let used = |days| LastUsed::At(days_ago(days));
    assert_eq!(judge(vec![key(KEY, false, used(1))], Some(false)), ["blast radius 0 of 100 (low)"]);
    assert_eq!(
        judge(vec![key(KEY, true, used(200)), key(OTHER_KEY, true, used(12))], Some(true)),
        [
            "blast radius 13 of 100 (low)",
            "+10 holds 2 access keys and 1 console password that work",
            "+3 an access key was last used 12 days ago",
        ]
    );
    assert_eq!(judge(vec![key(KEY, true, LastUsed::NotAsked)], None).len(), 2);
    assert_eq!(judge(vec![key(KEY, true, LastUsed::Never)], None)[2], "+0 no access key was ever used");
    assert_eq!(judge(vec![key(KEY, true, used(0))], None)[1], "+5 an access key was used within the last two days");
}

#[test]
fn what_was_not_read_is_said_and_what_nobody_should_see_is_not_shown() {
    fn facts(subject: &Subject, permissions: Option<&Permissions>, trust: Option<&str>) -> BlastRadius {
        assess(&Facts { subject, inventory: &Inventory::default(), permissions, trust, now: now() })
    }
    assert_eq!(facts(&user(), None, None).lines(), ["blast radius at least 0 of 100 (low)", "not read: its policies"]);
    let none = Permissions::default();
    assert_eq!(facts(&role(), Some(&none), None).unread, ["its trust policy"]);
    assert_eq!(facts(&role(), Some(&none), Some("{")).unread.len(), 1);
    let held = Permissions { unread: vec!["iam:ListGroupsForUser answered AccessDenied".to_owned()], ..none };
    assert_eq!(facts(&user(), Some(&held), None).unread, held.unread);
    for kind in [SubjectKind::Secret, SubjectKind::Person, SubjectKind::Unresolved] {
        assert_eq!(facts(&identity(kind, "x"), None, None).unread.len(), 1);
    }
    let root = facts(&identity(SubjectKind::Root, "root"), None, None);
    assert_eq!((root.score, kinds(&root)), (80, vec![Kind::Administrator]));

    let held = Permissions {
        policies: vec![policy(
            "p\u{202e}",
            &allow(r#""s3:GetObject""#, &format!(r#""arn:aws:s3:::{}\n/*""#, "b".repeat(300))),
        )],
        ..Permissions::default()
    };
    let radius = judge(&user(), &held);
    let words = says(&radius, Kind::DataAccess);
    assert!(words.len() < 250 && words.ends_with("b… (by policy p\u{fffd})"), "{words}");
}

#[test]
fn it_is_stored_as_it_is_read() {
    let radius = judge(&user(), &permissions(DEPLOY));
    let json = serde_json::to_value(&radius).unwrap();
    assert_eq!((&json["level"], &json["reasons"][0]["kind"]), (&"high".into(), &"service_role".into()));
    assert_eq!(serde_json::from_value::<BlastRadius>(json).unwrap(), radius);
}
