//! No right is too narrow to be found, and no denial too broad to be believed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::caller::Caller;
use crate::evaluate::Decision;
use crate::oracle::rights::{Asked, said};
use crate::state::State;
use crate::store::View;

#[tokio::test(start_paused = true)]
async fn a_hole_in_a_denial_is_a_access_path() {
    let denial = |statement: Value| {
        let mut statement = statement;
        statement["Effect"] = json!("Deny");
        json!({ "Version": "2012-10-17", "Statement": [statement] })
    };
    let holes = [
        // Statement of the denial; whether it leaves something.
        (json!({ "Action": "*", "Resource": "*" }), false),
        (json!({ "Action": ["iam:*", "s3:*", "*"], "Resource": ["*"] }), false),
        (json!({ "NotAction": "s3:GetObject", "Resource": "*" }), true),
        (json!({ "Action": "*", "NotResource": "arn:aws:s3:::secrets/*" }), true),
        (
            json!({ "Action": "*", "Resource": "*", "Condition": { "StringNotEquals": { "aws:RequestedRegion": "eu-west-1" } } }),
            true,
        ),
        (
            json!({ "Action": "*", "Resource": "*", "Condition": { "DateLessThan": { "aws:CurrentTime": "2027-06-01T00:00:00Z" } } }),
            true,
        ),
        (
            json!({ "Action": "*", "Resource": "*", "Condition": { "DateLessThan": { "aws:TokenIssueTime": "2099-01-01T00:00:00Z" } } }),
            true,
        ),
        (
            json!({ "Action": "*", "Resource": "*", "Condition": { "StringEquals": { "aws:username": "mallory" } } }),
            false,
        ),
        (
            json!({ "Action": "*", "Resource": "*", "Condition": { "StringEquals": { "aws:username": "somebody" } } }),
            true,
        ),
    ];
    for (statement, leaves) in holes {
        let mut stage = stage();
        stage.user("mallory", &allow("*", "*"));
        stage.put_user("mallory", "quarantine", &denial(statement.clone()));
        stage.attacker = Attacker::with(stage.key("mallory"));
        assert_eq!(!stage.open().is_empty(), leaves, "{statement}: {:?}", stage.open());
    }
}

#[tokio::test(start_paused = true)]
async fn a_narrow_right_under_its_conditions_is_a_access_path_also_when_it_begins_later() {
    let grants = [
        json!({ "Action": "zoo:Feed*", "Resource": "arn:aws:zoo:eu-west-1:*:animal/l?on" }),
        json!({ "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}/*" }),
        json!({ "Action": "s3:GetObject", "Resource": "*", "Condition": { "StringEquals": { "aws:RequestedRegion": "ap-south-1" } } }),
        json!({ "Action": "s3:GetObject", "Resource": "*", "Condition": { "DateGreaterThan": { "aws:CurrentTime": "2028-01-01T00:00:00Z" } } }),
        json!({ "Action": "iam:AttachUserPolicy", "Resource": "*", "Condition": { "ArnLike": { "iam:PolicyARN": "arn:aws:iam::aws:policy/*" } } }),
        json!({ "NotAction": "iam:*", "Resource": "*" }),
    ];
    for mut grant in grants {
        let mut stage = stage();
        grant["Effect"] = json!("Allow");
        stage.user("mallory", &json!({ "Version": "2012-10-17", "Statement": grant }));
        stage.attacker = Attacker::with(stage.key("mallory"));
        assert_eq!(stage.open().len(), 1, "{grant}");
        // A boundary that leaves nothing of it shuts the access path.
        let boundary = stage.iam(
            "CreatePolicy",
            json!({ "PolicyName": "b", "PolicyDocument": allow("iam:GetGroup", "arn:aws:iam::*:group/q").to_string() }),
        );
        let arn = &boundary["Policy"]["Arn"];
        stage.iam("PutUserPermissionsBoundary", json!({ "UserName": "mallory", "PermissionsBoundary": arn }));
        assert_eq!(stage.access_paths(), vec![], "{grant}");
    }
    let mut stage = stage();
    stage.user("mallory", &allow("sts:*", "*"));
    stage.attacker = Attacker::with(stage.key("mallory"));
    assert_eq!(stage.access_paths(), vec![], "what STS alone allows leads nowhere here");
}

/// Picks by a seed.
struct Dice(u64, u64);

impl Dice {
    fn of<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        self.1 += 1;
        let drawn = crate::draw(self.0, &[&self.1.to_le_bytes()]);
        &from[usize::try_from(drawn % u64::try_from(from.len()).unwrap()).unwrap()]
    }
}

fn any_statement(dice: &mut Dice) -> Value {
    let conditions = [
        json!({}),
        json!({}),
        json!({ "StringEquals": { "aws:RequestedRegion": "eu-west-1" } }),
        json!({ "StringNotEquals": { "aws:RequestedRegion": ["eu-west-1", "us-east-1"] } }),
        json!({ "StringLikeIfExists": { "aws:RequestTag/team": "a*" } }),
        json!({ "Null": { "aws:RequestTag/team": "true" } }),
        json!({ "Null": { "aws:RequestTag/team": "false" } }),
        json!({ "DateLessThan": { "aws:CurrentTime": "2028-01-01T00:00:00Z" } }),
        json!({ "DateGreaterThan": { "aws:CurrentTime": "2028-01-01T00:00:00Z" } }),
        json!({ "StringEquals": { "aws:username": "mallory" } }),
        json!({ "StringNotEquals": { "aws:username": "mallory" } }),
        json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }),
        json!({ "DateLessThan": { "aws:TokenIssueTime": "2028-01-01T00:00:00Z" } }),
    ];
    let actions = [
        json!("*"),
        json!("*"),
        json!("s3:*"),
        json!("s3:Get*"),
        json!(["iam:CreateUser", "sqs:*"]),
        json!("s3:PutObject"),
    ];
    let resources = [
        json!("*"),
        json!("*"),
        json!("arn:aws:s3:::a/*"),
        json!(["arn:aws:s3:::a/x", "arn:aws:sqs:*:*:q?"]),
        json!("arn:aws:s3:::a/${aws:username}/*"),
    ];
    let mut statement = json!({ "Effect": dice.of(&["Allow", "Deny"]) });
    statement[*dice.of(&["Action", "Action", "NotAction"])] = dice.of(&actions).clone();
    statement[*dice.of(&["Resource", "Resource", "NotResource"])] = dice.of(&resources).clone();
    let condition = dice.of(&conditions);
    if *condition != json!({}) {
        statement["Condition"] = condition.clone();
    }
    statement
}

/// Whether a caller may do anything of a small stage, tried out one by one.
fn tried(state: &State, at: Timestamp, caller: &Caller) -> Option<String> {
    let asked = Asked::new(state, at, caller);
    let later: Timestamp = "2028-06-01T00:00:00Z".parse().unwrap();
    for action in ["s3:GetObject", "s3:PutObject", "s3:Zq9", "iam:CreateUser", "sqs:SendMessage", "zoo:Feed"] {
        for resource in [
            "*",
            "arn:aws:s3:::a/x",
            "arn:aws:s3:::a/y",
            "arn:aws:s3:::a/mallory/z",
            "arn:aws:s3:::c/x",
            "arn:aws:sqs:us-east-1:111111111111:q1",
        ] {
            for region in ["us-east-1", "eu-west-1", "ap-south-1"] {
                for team in [None, Some("a-team"), Some("others")] {
                    for moment in [None, Some(later)] {
                        let mut brought = BTreeMap::from([("aws:RequestedRegion".to_owned(), vec![region.to_owned()])]);
                        brought.extend(team.map(|team| ("aws:RequestTag/team".to_owned(), vec![team.to_owned()])));
                        if let Some(moment) = moment {
                            probes::set_time(&mut brought, moment);
                        }
                        if asked.decide(action, resource, &brought) == Decision::Allowed {
                            return Some(said(action, resource, &brought));
                        }
                    }
                }
            }
        }
    }
    None
}

#[tokio::test(start_paused = true)]
async fn whatever_can_be_done_by_trying_everything_the_oracle_finds() {
    let mut shares = [0, 0];
    for seed in 0..100 {
        let stage = stage();
        let dice = &mut Dice(seed, 0);
        let document = |dice: &mut Dice| {
            let statements: Vec<Value> = (0..*dice.of(&[1, 2, 3])).map(|_| any_statement(dice)).collect();
            json!({ "Version": "2012-10-17", "Statement": statements })
        };
        let id = stage.user("mallory", &document(dice));
        stage.put_user("mallory", "more", &document(dice));
        if *dice.of(&[true, false]) {
            let policy = json!({ "PolicyName": "b", "PolicyDocument": document(dice).to_string() });
            let arn = stage.iam("CreatePolicy", policy)["Policy"]["Arn"].clone();
            stage.iam("PutUserPermissionsBoundary", json!({ "UserName": "mallory", "PermissionsBoundary": arn }));
        }
        let caller = Caller::User { account: ACCOUNT.to_owned(), id, key: String::new() };
        let (all, at) = (stage.aws.state(), stage.aws.now());
        let effects = Asked::new(&all, at, &caller).effects(None);
        if let Some(done) = tried(&all, at, &caller) {
            shares[0] += 1;
            let policies = all.iam.identity_policies(View::Settled, ACCOUNT, caller_id(&caller));
            assert!(!effects.is_empty(), "seed {seed}: {done} by {policies:#?}");
        } else if effects.is_empty() {
            shares[1] += 1;
        }
    }
    assert!(shares[0] > 20 && shares[1] > 20, "{shares:?}");
}

fn caller_id(caller: &Caller) -> &str {
    match caller {
        Caller::User { id, .. } => id,
        _ => unreachable!("a user was asked"),
    }
}
