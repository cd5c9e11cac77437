//! What a rotation calls, and that its card says so.

use std::collections::BTreeSet;

use crate::common::vault::secret_of;
use crate::common::*;
use severance_catalogue::function::SECRET_ROTATION;

use super::{FIRST, TOKEN, ended, managed, rotate, rotate_until_done};

#[tokio::test(start_paused = true)]
async fn a_rotation_replaces_the_key_by_these_calls() {
    let aws = managed();
    rotate(&aws, SECRET, TOKEN).await.unwrap();
    ended(&aws, &[]);
    let mut calls: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for call in aws.take_calls() {
        *calls.entry(call).or_default() += 1;
    }
    let expected = [
        ("dynamodb:GetItem", 2),
        ("dynamodb:PutItem", 6),
        ("iam:CreateAccessKey", 1),
        ("iam:ListAccessKeys", 2),
        ("secretsmanager:DescribeSecret", 4),
        ("secretsmanager:GetSecretValue", 6),
        ("secretsmanager:PutSecretValue", 1),
        ("secretsmanager:UpdateSecretVersionStage", 1),
        ("sts:GetCallerIdentity", 2),
    ];
    let expected = expected.map(|(call, times)| (call.to_owned(), times)).into();
    assert_eq!(calls, expected);
    let state = aws.state();
    assert!(state.secrets[SECRET].values[TOKEN].contains("\"note\":\"kept\""));
}

#[tokio::test(start_paused = true)]
async fn what_is_called_is_what_the_card_says() {
    let aws = managed();
    // One whose key nobody wrote down is followed by another, and that by one which is whole.
    aws.cut(calls_until_a_key_is_made().await, true);
    tokio::select! {
        biased;
        () = aws.until_cut() => {}
        ended = rotate(&aws, SECRET, TOKEN) => panic!("{ended:?}"),
    }
    aws.revive();
    rotate_until_done(&aws, TOKEN).await.unwrap();
    ended(&aws, &[]);
    // A secret that does not say whose its key is.
    let unnamed = managed();
    let value = serde_json::json!({"accessKeyId": KEY, "secretAccessKey": secret_of(KEY)}).to_string();
    unnamed.state().secrets.get_mut(SECRET).unwrap().values.insert(FIRST.to_owned(), value);
    rotate(&unnamed, SECRET, TOKEN).await.unwrap();
    let of_table = |call: &String| call.starts_with("dynamodb:");
    let (table, mut called): (BTreeSet<String>, BTreeSet<String>) =
        [aws.take_calls(), unnamed.take_calls()].concat().into_iter().partition(of_table);
    // With the new key itself, which needs no right for it.
    called.remove("sts:GetCallerIdentity");
    let said = SECRET_ROTATION.rights().into_iter().map(|right| right.action.to_owned());
    assert_eq!(called, said.collect());
    let said = SECRET_ROTATION.table.unwrap().actions.iter().map(ToString::to_string);
    assert_eq!(table, said.collect());
}

/// The place of the call that makes the key.
async fn calls_until_a_key_is_made() -> usize {
    let aws = managed();
    rotate(&aws, SECRET, TOKEN).await.unwrap();
    aws.take_calls().iter().position(|call| call == "iam:CreateAccessKey").unwrap()
}
