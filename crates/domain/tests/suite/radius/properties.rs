//! What holds of all policies.

use proptest::prelude::*;
use severance_domain::radius::Level;
use severance_domain::radius::permissions::Permissions;

use super::{judge, policy, role, user};

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
