//! Blast radius: what policies as people write them come to, and what holds of all of them.

use crate::common::{ACCOUNT, KEY, OTHER_KEY, days_ago, key_id, now};
use proptest::prelude::*;
use severance_domain::ids::Arn;
use severance_domain::radius::permissions::{GrantedPolicy, Permissions, PolicyDocument, Via};
use severance_domain::radius::{BlastRadius, Facts, Level, ReasonKind as Kind, assess};
use severance_domain::subject::{AccessKey, Inventory, LastUsed, Subject, SubjectKind};

fn identity(kind: SubjectKind, name: &str) -> Subject {
    let kind_name = if kind == SubjectKind::Role { "role" } else { "user" };
    let arn = Arn::try_from(format!("arn:aws:iam::{ACCOUNT}:{kind_name}/{name}")).ok();
    Subject { kind, account: ACCOUNT.try_into().unwrap(), name: name.to_owned(), arn, unique_id: None }
}

fn user() -> Subject {
    identity(SubjectKind::User, "ci")
}

fn role() -> Subject {
    identity(SubjectKind::Role, "app")
}

fn policy(name: &str, statements: &str) -> GrantedPolicy {
    let document = PolicyDocument::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#));
    GrantedPolicy { name: name.to_owned(), via: Via::Inline, document: document.unwrap() }
}

fn permissions(statements: &str) -> Permissions {
    Permissions { policies: vec![policy("p", statements)], ..Permissions::default() }
}

fn judge(subject: &Subject, permissions: &Permissions) -> BlastRadius {
    assess(&Facts {
        subject,
        inventory: &Inventory::default(),
        permissions: Some(permissions),
        trust: (subject.kind == SubjectKind::Role).then_some(r#"{"Statement":[]}"#),
        now: now(),
    })
}

fn kinds(radius: &BlastRadius) -> Vec<Kind> {
    radius.reasons.iter().map(|reason| reason.kind).collect()
}

fn says(radius: &BlastRadius, kind: Kind) -> &str {
    &radius.reasons.iter().find(|reason| reason.kind == kind).unwrap_or_else(|| panic!("{radius:?}")).says
}

fn allow(actions: &str, resources: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":{resources}}}"#)
}

const POWER_USER: &str = r#"{"Effect":"Allow","NotAction":["iam:*","organizations:*","account:*"],"Resource":"*"},
    {"Effect":"Allow","Action":["iam:CreateServiceLinkedRole","iam:ListRoles"],"Resource":"*"}"#;
const OWN_CREDENTIALS: &str = r#"{"Effect":"Allow","Action":["iam:*AccessKey*","iam:*LoginProfile","iam:GetUser"],
    "Resource":"arn:aws:iam::*:user/${aws:username}"}"#;
const LAMBDA_LOGS: &str = r#"{"Effect":"Allow","Resource":"*",
    "Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"]}"#;
const DEPLOY: &str = r#"{"Effect":"Allow","Action":"cloudformation:*","Resource":"*"},
    {"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/cfn-deploy"}"#;

#[test]
fn policies_as_people_write_them() {
    use Kind::{
        Administrator, AssumesRoles, Blinding, DataAccess, Destruction, Escalation, Persistence, ResourceExposure,
        SecretsAccess, ServiceRole,
    };
    let star = allow(r#""*""#, r#""*""#);
    let cases: Vec<(&str, String, u8, Level, Vec<Kind>)> = vec![
        ("AdministratorAccess", star.clone(), 80, Level::Critical, vec![Administrator]),
        ("action *:*", allow(r#""*:*""#, r#"["*"]"#), 80, Level::Critical, vec![Administrator]),
        (
            "all but billing",
            r#"{"Effect":"Allow","NotAction":"aws-portal:*","Resource":"*"}"#.to_owned(),
            80,
            Level::Critical,
            vec![Administrator],
        ),
        (
            "all but one bucket",
            r#"{"Effect":"Allow","Action":"*","NotResource":"arn:aws:s3:::audit/*"}"#.to_owned(),
            80,
            Level::Critical,
            vec![Administrator],
        ),
        (
            "PowerUserAccess",
            POWER_USER.to_owned(),
            80,
            Level::Critical,
            vec![
                Escalation,
                ServiceRole,
                SecretsAccess,
                DataAccess,
                AssumesRoles,
                Persistence,
                ResourceExposure,
                Destruction,
                Blinding,
            ],
        ),
        (
            "IAMFullAccess",
            allow(r#""iam:*""#, r#""*""#),
            80,
            Level::Critical,
            vec![Escalation, ServiceRole, Persistence],
        ),
        ("a wildcard inside", allow(r#""iam:*UserPolic*""#, r#""*""#), 75, Level::Critical, vec![Escalation]),
        (
            "policies of any user of the account",
            allow(r#""IAM:putuserpolicy""#, r#""arn:aws:iam::111122223333:user/*""#),
            75,
            Level::Critical,
            vec![Escalation],
        ),
        (
            "policies of itself",
            allow(r#""iam:PutUserPolicy""#, r#""arn:aws:iam::*:user/${aws:username}""#),
            75,
            Level::Critical,
            vec![Escalation],
        ),
        (
            "policies of somebody else",
            allow(r#""iam:PutUserPolicy""#, r#""arn:aws:iam::111122223333:user/other""#),
            50,
            Level::High,
            vec![Escalation],
        ),
        ("its own credentials", OWN_CREDENTIALS.to_owned(), 15, Level::Low, vec![Persistence]),
        (
            "everybody's credentials",
            OWN_CREDENTIALS.replace("${aws:username}", "*"),
            80,
            Level::Critical,
            vec![Escalation, Persistence],
        ),
        ("a deployment", DEPLOY.to_owned(), 65, Level::High, vec![ServiceRole, Destruction]),
        (
            "passing a role without a service to pass it to",
            allow(r#"["iam:PassRole","s3:List*"]"#, r#""*""#),
            0,
            Level::Low,
            vec![],
        ),
        (
            "passing a named role to a new function",
            format!(
                "{},{}",
                allow(r#"["lambda:CreateFunction","lambda:InvokeFunction"]"#, r#""*""#),
                allow(r#""iam:PassRole""#, r#""arn:aws:iam::111122223333:role/fn""#)
            ),
            30,
            Level::Moderate,
            vec![ServiceRole],
        ),
        ("logs of a function", LAMBDA_LOGS.to_owned(), 0, Level::Low, vec![]),
        ("AmazonS3ReadOnlyAccess", allow(r#"["s3:Get*","s3:List*"]"#, r#""*""#), 20, Level::Low, vec![DataAccess]),
        ("all buckets", allow(r#""s3:GetObject""#, r#""arn:aws:s3:::*""#), 20, Level::Low, vec![DataAccess]),
        (
            "one bucket",
            allow(r#"["s3:GetObject","s3:ListBucket"]"#, r#"["arn:aws:s3:::b","arn:aws:s3:::b/*"]"#),
            10,
            Level::Low,
            vec![DataAccess],
        ),
        ("the bucket, not what is in it", allow(r#""s3:*Object""#, r#""arn:aws:s3:::b""#), 0, Level::Low, vec![]),
        ("another service's resources", allow(r#""*""#, r#""arn:aws:polly:*:*:lexicon/*""#), 0, Level::Low, vec![]),
        (
            "one secret",
            allow(
                r#""secretsmanager:GetSecretValue""#,
                r#""arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-*""#,
            ),
            15,
            Level::Low,
            vec![SecretsAccess],
        ),
        (
            "ReadOnlyAccess, as far as it matters",
            allow(r#"["s3:Get*","ssm:Get*","dynamodb:Get*","iam:Get*","iam:List*"]"#, r#""*""#),
            45,
            Level::Moderate,
            vec![SecretsAccess, DataAccess],
        ),
        (
            "a role of the own account",
            allow(r#""sts:AssumeRole""#, r#""arn:aws:iam::111122223333:role/x""#),
            8,
            Level::Low,
            vec![AssumesRoles],
        ),
        (
            "a role of any account",
            allow(r#""sts:AssumeRole""#, r#""arn:aws:iam::*:role/x""#),
            12,
            Level::Low,
            vec![AssumesRoles],
        ),
        ("every role", allow(r#""sts:*""#, r#""*""#), 35, Level::Moderate, vec![AssumesRoles, Persistence]),
        (
            "a denial of all",
            format!(r#"{star},{{"Effect":"Deny","Action":"*","Resource":"*"}}"#),
            0,
            Level::Low,
            vec![],
        ),
        (
            "a denial under a condition",
            format!(
                r#"{star},{{"Effect":"Deny","NotAction":"iam:*","Resource":"*","Condition":{{"Bool":{{"a":"b"}}}}}}"#
            ),
            80,
            Level::Critical,
            vec![Administrator],
        ),
        (
            "all but IAM by denial",
            format!(r#"{},{{"Effect":"Deny","NotAction":["s3:*"],"Resource":"*"}}"#, allow(r#""*""#, r#""*""#)),
            50,
            Level::High,
            vec![DataAccess, ResourceExposure, Destruction],
        ),
        (
            "a denial of what is named",
            format!(
                r#"{},{{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::b*"}}"#,
                allow(r#""s3:GetObject""#, r#""arn:aws:s3:::b/*""#)
            ),
            0,
            Level::Low,
            vec![],
        ),
        (
            "a denial of all but what is named",
            format!(
                r#"{},{{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::b/*"}}"#,
                allow(r#""s3:GetObject""#, r#""*""#)
            ),
            10,
            Level::Low,
            vec![DataAccess],
        ),
        (
            "administrator with a second factor",
            star.replace(r#""Resource""#, r#""Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}},"Resource""#),
            80,
            Level::Critical,
            vec![
                Administrator,
                Escalation,
                ServiceRole,
                SecretsAccess,
                AssumesRoles,
                DataAccess,
                Persistence,
                ResourceExposure,
                Destruction,
                Blinding,
            ],
        ),
    ];
    for (name, statements, score, level, expected) in cases {
        let radius = judge(&user(), &permissions(&statements));
        assert_eq!((radius.score, radius.level), (score, level), "{name}: {radius:#?}");
        assert_eq!(kinds(&radius), expected, "{name}: {radius:#?}");
        assert!(radius.unread.is_empty(), "{name}: {radius:#?}");
    }
}

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

const ACTIONS: [&str; 22] = [
    "*",
    "iam:*",
    "iam:*Policy*",
    "iam:PassRole",
    "iam:CreateAccessKey",
    "iam:AttachUserPolicy",
    "iam:PutRolePolicy",
    "lambda:*",
    "lambda:CreateFunction",
    "lambda:InvokeFunction",
    "lambda:UpdateFunctionCode",
    "ec2:RunInstances",
    "s3:*",
    "s3:GetObject",
    "s3:Delete*",
    "secretsmanager:GetSecretValue",
    "ssm:Get*",
    "sts:AssumeRole",
    "sts:*",
    "cloudformation:*",
    "cloudtrail:*",
    "kms:PutKeyPolicy",
];
const RESOURCES: [&str; 14] = [
    "*",
    "arn:aws:iam::111122223333:user/ci",
    "arn:aws:iam::*:user/${aws:username}",
    "arn:aws:iam::*:user/*",
    "arn:aws:iam::111122223333:role/*",
    "arn:aws:iam::111122223333:role/app",
    "arn:aws:iam::444455556666:role/*",
    "arn:aws:iam::*:role/app",
    "arn:aws:s3:::*",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b*",
    "arn:aws:lambda:eu-west-1:111122223333:function:*",
    "arn:aws:iam::111122223333:policy/p*",
    "arn:aws:iam::*:*",
];

const CONDITION: &str = r#","Condition":{"Bool":{"a":"b"}}"#;

/// Effect (`None`: either), actions, resources, whether they are the excepted ones, and whether there is a condition.
fn any_statement(effect: Option<&'static str>) -> impl Strategy<Value = String> {
    let effects = effect.map_or_else(|| vec!["Allow", "Allow", "Deny"], |effect| vec![effect]);
    let some = |of: &'static [&'static str]| prop::sample::subsequence(of, 1..4);
    let not = || prop::sample::select(vec!["", "", "", "Not"]);
    (prop::sample::select(effects), not(), some(&ACTIONS), not(), some(&RESOURCES), any::<bool>()).prop_map(
        |(effect, not_actions, actions, not_resources, resources, conditional)| {
            let condition = if conditional { CONDITION } else { "" };
            format!(
                r#"{{"Effect":"{effect}","{not_actions}Action":{},"{not_resources}Resource":{}{condition}}}"#,
                serde_json::to_string(&actions).unwrap(),
                serde_json::to_string(&resources).unwrap()
            )
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn more_permission_never_lowers_the_score(
        held in prop::collection::vec(any_statement(None), 0..5),
        boundary in prop::option::of(prop::collection::vec(any_statement(None), 0..4)),
        more in any_statement(Some("Allow")),
        less in any_statement(Some("Deny")),
        of_a_role in any::<bool>(),
    ) {
        let subject = if of_a_role { role() } else { user() };
        let judged = |held: &[String], boundary: &Option<Vec<String>>| {
            let policies = held.iter().map(|statement| policy("p", statement)).collect();
            let boundary = boundary.as_ref().map(|statements| policy("b", &statements.join(",")).document);
            judge(&subject, &Permissions { policies, boundary, ..Permissions::default() })
        };
        let with = |more: &String| [held.as_slice(), std::slice::from_ref(more)].concat();
        let bounded_by = |more: &String| {
            boundary.as_ref().map(|held| [held.as_slice(), std::slice::from_ref(more)].concat())
        };
        let radius = judged(&held, &boundary);
        prop_assert!(judged(&with(&more), &boundary).score >= radius.score, "a statement that allows");
        prop_assert!(judged(&held, &bounded_by(&more)).score >= radius.score, "a wider boundary");
        prop_assert!(judged(&held, &None).score >= radius.score, "no boundary");
        prop_assert!(judged(&with(&less), &boundary).score <= radius.score, "a statement that denies");
        prop_assert!(judged(&held, &bounded_by(&less)).score <= radius.score, "a narrower boundary");
        let unconditional = |statement: &String| {
            let gone = if statement.contains("Allow") { "" } else { CONDITION };
            statement.replace(CONDITION, gone)
        };
        let conditions_gone: Vec<String> = held.iter().map(unconditional).collect();
        prop_assert!(judged(&conditions_gone, &boundary).score >= radius.score, "no conditions");
        prop_assert_eq!(Level::of(radius.score), radius.level);
        prop_assert!(radius.reasons.is_sorted_by(|one, other| one.points >= other.points));
        prop_assert_eq!(judged(&held, &boundary), radius, "the same facts give the same");
    }
}
