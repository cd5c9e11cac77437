//! What a reaction comes to: its verdict, its calls, its evidence.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use common::*;
use severance_domain::case::{Confirmation, Outcome};
use severance_domain::verdict::Verdict;

#[tokio::test(start_paused = true)]
async fn a_compromised_user_is_contained_in_this_order() {
    let world = one_user();
    let reaction = deliver(&world, &compromised(), "first").await.unwrap();
    assert_eq!((reaction.verdict, reaction.revision, reaction.replayed), (Verdict::VerifiedRevoked, 1, false));
    let expected = [
        "iam:GetUser",
        "iam:ListAccessKeys",
        "iam:GetLoginProfile",
        "dynamodb:PutItem",
        "iam:PutUserPolicy",
        "iam:TagUser",
        "dynamodb:UpdateItem",
        "iam:UpdateAccessKey",
        "dynamodb:UpdateItem",
        "iam:UpdateAccessKey",
        "dynamodb:UpdateItem",
        "iam:GetUserPolicy",
        "iam:ListAccessKeys",
        "iam:ListAccessKeys",
        "dynamodb:UpdateItem",
        "kms:GetPublicKey",
        "kms:Sign",
        "s3:PutObject",
        "sns:Publish",
        "dynamodb:UpdateItem",
    ];
    assert_eq!(world.take_calls(), expected);
    let (case, closed) = stored(&world);
    assert!(closed);
    let evidence = evidence(&world);
    assert_eq!(evidence.len(), 1);
    assert_eq!(evidence[0].0.predicate.case, case);
    let state = world.state();
    let user = &state.users[USER];
    assert!(user.keys.values().all(|active| !active) && user.policies.len() == 1);
    assert_eq!(user.tags["severance:quarantined-by"], case.id.as_str());
    assert_eq!(state.messages.len(), 1);
    assert_eq!(state.messages[0].attributes["verdict"], "verified_revoked");
}
