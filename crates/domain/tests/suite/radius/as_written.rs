//! Policies as people write them, one row each.

use severance_domain::radius::{Level, ReasonKind as Kind};

use super::{DEPLOY, LAMBDA_LOGS, OWN_CREDENTIALS, POWER_USER, allow, judge, kinds, permissions, user};

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
